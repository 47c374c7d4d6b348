/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "model/inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FACTS                                                                                      \
	"Format: patchline-inventory 1\nPlatform: debian-12-amd64\nHostname: web1\n"               \
	"Boot-Id: 0f\nReboot-Required: no\nTime: 1795476192\n"
#define HEAD    "\nPlatform: debian-12-amd64\nArchitectures: amd64\n"
#define PACKAGE "\nPackage: dash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
#define END     "\nEnd: yes\n"

static void test_inventory__keeps_every_fact(void **state)
{
	static const char text[] = FACTS
		"Reboot-Reasons: libc6 kernel-6.1.0-56-amd64\n"
		"Deleted-Libraries:\n nginx.service 71 /usr/lib/libssl.so.3\n - 9 /opt/a b/c.so\n"
		"Updaters:\n apt-daily.timer enabled active\n packagekit.service disabled inactive\n"
		"Disks:\n / / 1000 900\n /var /var 70 0\n"
		"Audit:\n half configured:\n x\nKept-Files:\n /etc/a is kept\n -b\n +c\nLock-Owner: 12 apt-get -y upgrade\n"
		"Release:\n shop 2.1\n built today\nRelease-Status: 0\n" HEAD PACKAGE END;
	CLEANUP(inventory_free) struct inventory *i = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, inventory_read(text, sizeof text - 1, &i, &err));

	const struct facts *f = inventory_facts(i);

	assert_string_equal("debian-12-amd64", f->platform);
	assert_string_equal("web1", f->hostname);
	assert_string_equal("", f->kernel_newest);
	assert_false(f->is_reboot_required);
	assert_string_equal("libc6 kernel-6.1.0-56-amd64", f->reboot_reasons);
	assert_int_equal(2, f->deleted_library_count);
	assert_string_equal("nginx.service", f->deleted_libraries[0].unit);
	assert_int_equal(71, f->deleted_libraries[0].pid);
	assert_string_equal("/opt/a b/c.so", f->deleted_libraries[1].path);
	assert_int_equal(2, f->updater_count);
	assert_true(f->updaters[0].is_enabled && f->updaters[0].is_active);
	assert_false(f->updaters[1].is_enabled || f->updaters[1].is_active);
	assert_int_equal(2, f->disk_count);
	assert_string_equal("/var", f->disks[1].mount);
	assert_int_equal(900, f->disks[0].free);
	assert_string_equal("half configured:\nx", f->audit);
	assert_string_equal("/etc/a is kept\n-b\n+c", f->kept_files);
	assert_string_equal("12 apt-get -y upgrade", f->lock_owner);
	assert_string_equal("shop 2.1\nbuilt today", f->release);
	assert_int_equal(0, f->release_status);
	assert_int_equal(1795476192, f->time);
}

/* Whatever the facts say, equal packages are an equal state. */
static void test_inventory__names_the_state_by_its_own_bytes(void **state)
{
	static const char expected[] = "Platform: debian-12-amd64\nArchitectures: amd64\n" PACKAGE;
	static const char *const texts[] = { FACTS HEAD PACKAGE END,
		FACTS "Lock-Owner: 1 apt\n" HEAD "\n" PACKAGE "\n" END };
	char digest[DIGEST_HEX_SIZE];

	(void)state;
	for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) {
		CLEANUP(inventory_free) struct inventory *i = NULL;
		struct error err = { 0 };
		size_t size = 0;

		assert_int_equal(0, inventory_read(texts[n], strlen(texts[n]), &i, &err));
		assert_string_equal(expected, inventory_state(i, &size));
		assert_int_equal(sizeof expected - 1, size);
		assert_string_equal(
			digest_bytes(expected, size, digest), inventory_state_digest(i));
		assert_int_equal(-1, inventory_facts(i)->release_status);
	}
}

static void test_inventory__refuses_and_says_where(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "", "cut off" },
		{ "hello\n", "line 1" },
		{ "Format: patchline-inventory 2\n",
			"line 1: want 'Format: patchline-inventory 1'" },
		{ FACTS, "cut off: no 'End: yes'" },
		{ FACTS HEAD, "cut off: no 'End: yes'" },
		{ FACTS HEAD PACKAGE, "cut off: no 'End: yes'" },
		{ FACTS HEAD END, "line 11: package without Package" },
		{ FACTS PACKAGE END, "line 8: want the state's 'Platform: debian-12-amd64'" },
		{ FACTS "\nPlatform: debian-13-amd64\nArchitectures: amd64\n" PACKAGE END,
			"line 8: want the state's 'Platform: debian-12-amd64'" },
		{ FACTS HEAD PACKAGE END "\n" FACTS HEAD PACKAGE END, "line 18: something after" },
		{ FACTS HEAD PACKAGE END FACTS, "line 16: package without Package" },
		{ FACTS HEAD "\nPackage: a\nStatus: x\nVersion: 1\n" END,
			"line 11: package without Architecture" },
		{ FACTS "Time: 3\n" HEAD PACKAGE END, "field 'Time' is there twice" },
		{ FACTS "Disks:\n / / 5 many\n" HEAD PACKAGE END, "Disks: 'many' is not a number" },
		{ FACTS "Disks:\n / /\n" HEAD PACKAGE END, "Disks: '' is not a number" },
		{ FACTS "Updaters:\n cron-apt on active\n" HEAD PACKAGE END,
			"Updaters: 'on' is neither 'enabled' nor 'disabled'" },
		{ FACTS "Deleted-Libraries:\n - 4\n" HEAD PACKAGE END,
			"Deleted-Libraries: want 'unit pid path'" },
		{ FACTS "Release-Status: 999\n" HEAD PACKAGE END, "Release-Status: want 0 to 255" },
		{ "Format: patchline-inventory 1\nPlatform: x\nBoot-Id: 1\nReboot-Required: maybe\n",
			"Reboot-Required: 'maybe' is neither" },
		{ "Format: patchline-inventory 1\nPlatform: x\nBoot-Id: 1\nReboot-Required: no\n"
		  "Time: -4\n",
			"Time: '-4' is not a number" },
		{ "Format: patchline-inventory 1\nPlatform: x\n",
			"facts without Platform or Boot-Id" },
	};

	(void)state;
	for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
		struct inventory *i = NULL;
		struct error err = { 0 };

		assert_int_equal(
			-1, inventory_read(cases[n].text, strlen(cases[n].text), &i, &err));
		assert_null(i);
		assert_int_equal(ERR_CORRUPT, err.kind);
		if (!strstr(err.text, cases[n].told))
			fail_msg("case %zu: '%s' not in '%s'", n, cases[n].told, err.text);
	}
}

static void test_inventory__refuses_what_is_huge_before_it_reads(void **state)
{
	CLEANUP(free) char *text = mem_new(1, INVENTORY_SIZE_MAX + 1);
	struct inventory *i = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(-1, inventory_read(text, INVENTORY_SIZE_MAX + 1, &i, &err));
	assert_non_null(strstr(err.text, "larger than"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inventory__keeps_every_fact),
		cmocka_unit_test(test_inventory__names_the_state_by_its_own_bytes),
		cmocka_unit_test(test_inventory__refuses_and_says_where),
		cmocka_unit_test(test_inventory__refuses_what_is_huge_before_it_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
