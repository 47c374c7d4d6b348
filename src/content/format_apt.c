/* SPDX-License-Identifier: Apache-2.0 */
/* format_apt.c - a flat apt repository: Packages in the pool; Release, and InRelease with its signature, beside it. */
#include "base/deb822.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/archive.h"
#include "content/format.h"
#include "content/signature.h"
#include "model/patchset.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RELEASE_MAX ((size_t)1024 * 1024)

/* The file must be what the set says it is: an index can promise anything. */
static int check_control(const struct deb822 *d, const struct package *p, struct error *err)
{
	const struct {
		const char *field, *want;
	} checks[] = {
		{ "Package", p->name },
		{ "Version", p->version },
		{ "Architecture", p->architecture },
	};
	static const char *const ours[] = { "Filename", "Size", "SHA256" };

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		const char *got = deb822_get(d, checks[i].field);

		if (!str_equal(got, checks[i].want))
			return error_set(err, ERR_CORRUPT,
				"the file holds %s '%.80s'; the index it came from promised '%s'",
				checks[i].field, got ? got : "", checks[i].want);
	}
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
		if (deb822_get(d, ours[i]))
			return error_set(err, ERR_CORRUPT,
				"its control file has a field '%s', which only an index has",
				ours[i]);
	}
	return 0;
}

static int apt_describe(
	const char *path, const struct package *p, struct str *out, struct error *err)
{
	CLEANUP(free) char *control = NULL;
	CLEANUP(deb822_free) struct deb822 *d = NULL;
	size_t size = 0;
	int found;

	if (archive_deb_control(path, &control, &size, err) < 0)
		return -1;
	d = deb822_new_text(control, size);
	found = deb822_next(d, err);
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERR_CORRUPT, "its control file is empty");
	if (check_control(d, p, err) < 0)
		return -1;

	const char *raw = deb822_raw(d, &size);

	str_add_bytes(out, raw, size);
	str_addf(out, "\nFilename: pool/%s.deb\nSize: %llu\nSHA256: %s\n", p->sha256,
		(unsigned long long)p->size, p->sha256);
	return 0;
}

/* As Release files want it, in English whatever the locale. */
static void add_date(struct str *out, int64_t at)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	time_t when = (time_t)at;
	struct tm t = { 0 };

	gmtime_r(&when, &t);
	str_addf(out, "Date: %s, %02d %s %d %02d:%02d:%02d UTC\n", days[t.tm_wday], t.tm_mday,
		months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* All of it follows from the set: anyone can write it again and compare. */
static char *release_text(const struct patchset *set, const struct repository *r)
{
	CLEANUP(str_done) struct str out = { 0 };

	str_addf(&out, "Origin: Patchline\nLabel: Patchline\nSuite: %s\nCodename: %s\n",
		r->platform, r->platform);
	add_date(&out, patchset_created_at(set));
	str_addf(&out, "Description: patch set %s of release %s\n", patchset_digest(set),
		patchset_release(set));
	str_addf(&out, "SHA256:\n %s %llu Packages\n", r->packages_sha256,
		(unsigned long long)r->packages_size);
	return str_take(&out);
}

static int apt_publish(const char *state, const char *folder, const struct patchset *set,
	const struct repository *r, struct error *err)
{
	CLEANUP(free) char *release_path = mem_printf("%s/Release", folder);
	CLEANUP(free) char *signed_path = mem_printf("%s/InRelease", folder);
	CLEANUP(free) char *text = release_text(set, r);
	CLEANUP(free) char *signed_text = NULL;

	if (signature_clearsign(state, text, &signed_text, err) < 0)
		return -1;
	if (file_write(release_path, text, strlen(text), 0644, err) < 0)
		return -1;
	return file_write(signed_path, signed_text, strlen(signed_text), 0644, err);
}

/* A clearsigned text loses the line ends at its end. */
static bool is_same_text(const char *a, const char *b)
{
	size_t size_a = strlen(a), size_b = strlen(b);

	while (size_a && a[size_a - 1] == '\n')
		size_a--;
	while (size_b && b[size_b - 1] == '\n')
		size_b--;
	return size_a == size_b && memcmp(a, b, size_a) == 0;
}

static int check_signed(const char *state, const char *dir, const char *want, struct error *err)
{
	CLEANUP(free) char *path = mem_printf("%s/InRelease", dir);
	CLEANUP(free) char *text = NULL;
	CLEANUP(free) char *content = NULL;
	CLEANUP(free) char *key = NULL;
	size_t size = 0;

	if (file_read(path, RELEASE_MAX, &text, &size, err) < 0 ||
		signature_public_key(state, &key, err) < 0)
		return -1;
	if (signature_verify(state, key, text, size, &content, err) < 0)
		return error_wrap(err, "'%s'", path);
	if (!is_same_text(content, want))
		return error_set(err, ERR_CORRUPT, "'%s' was changed", path);
	return 0;
}

static int apt_check(const char *state, const char *folder, const struct patchset *set,
	const struct repository *r, struct error *err)
{
	CLEANUP(free) char *path = mem_printf("%s/Release", folder);
	CLEANUP(free) char *want = release_text(set, r);
	CLEANUP(free) char *text = NULL;

	if (file_read(path, RELEASE_MAX, &text, NULL, err) < 0)
		return -1;
	if (strcmp(text, want) != 0)
		return error_set(err, ERR_CORRUPT, "'%s' was changed", path);
	return check_signed(state, folder, want, err);
}

const struct repository_format repository_format_apt = {
	.manager = "apt",
	.suffix = "deb",
	.index = "Packages",
	.proof = "InRelease",
	.describe = apt_describe,
	.publish = apt_publish,
	.check = apt_check,
};
