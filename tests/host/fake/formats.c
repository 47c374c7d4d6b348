/* SPDX-License-Identifier: Apache-2.0 */
/* The table of src/content/formats.c with the fake's repository besides: INDEX, and PROOF with the digest of that. */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/format.h"
#include "model/patchset.h"

#include <string.h>

static int fake_describe(
	const char *path, const struct package *p, struct str *out, struct error *err)
{
	CLEANUP(free) char *text = NULL, *wanted = mem_printf("%s %s\n", p->name, p->version);

	if (file_read(path, 100, &text, NULL, err) < 0)
		return -1;
	if (!str_equal(text, wanted))
		return error_set(err, ERR_CORRUPT, "the file holds '%s'", text);
	str_addf(out, "%s %s pool/%s.fake\n", p->name, p->version, p->sha256);
	return 0;
}

static int fake_publish(const char *state, const char *folder, const struct patchset *set,
	const struct repository *r, struct error *err)
{
	CLEANUP(free) char *path = path_join(folder, "PROOF");

	(void)state;
	(void)set;
	return file_write(path, r->packages_sha256, strlen(r->packages_sha256), 0644, err);
}

static int fake_check(const char *state, const char *folder, const struct patchset *set,
	const struct repository *r, struct error *err)
{
	CLEANUP(free) char *path = path_join(folder, "PROOF"), *text = NULL;

	(void)state;
	(void)set;
	if (file_read(path, 100, &text, NULL, err) < 0)
		return -1;
	return str_equal(text, r->packages_sha256)
		       ? 0
		       : error_set(err, ERR_CORRUPT, "'%s' was changed", path);
}

static const struct repository_format fake = { "fake", "fake", "INDEX", "PROOF", fake_describe,
	fake_publish, fake_check };

const struct repository_format *const repository_formats[] = { &repository_format_apt, &fake };

const size_t repository_formats_count = sizeof repository_formats / sizeof *repository_formats;
