/* SPDX-License-Identifier: Apache-2.0 */
#include "model/inventory.h"

#include "base/deb822.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/hoststate.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define FORMAT    "patchline-inventory 1"
#define LINES_MAX 100000 /* of one field: deleted libraries of a large host */

struct inventory {
	struct facts facts; /* its strings are owned by `texts`, its arrays by themselves */
	struct deleted_library *deleted_libraries;
	struct updater *updaters;
	struct disk *disks;
	char **texts; /* owned */
	size_t text_count, text_capacity;
	struct str state;
	char digest[DIGEST_HEX_SIZE];
};

/* A copy that lives as long as the inventory. */
static char *keep_copy(struct inventory *i, const char *text)
{
	i->texts = mem_room(i->texts, i->text_count, &i->text_capacity, sizeof *i->texts);
	i->texts[i->text_count] = mem_strdup(text);
	return i->texts[i->text_count++];
}

static const char *keep_field(struct inventory *i, const struct deb822 *d, const char *name)
{
	const char *value = deb822_get(d, name);

	if (!value)
		return "";
	return keep_copy(i, *value == '\n' ? value + 1 : value);
}

/* ---- values ---- */

static int parse_integer(const char *word, int64_t *out, struct error *err)
{
	char *end = NULL;

	errno = 0;

	intmax_t value = word ? strtoimax(word, &end, 10) : 0;

	if (!word || end == word || *end || errno || value < 0)
		return error_set(err, ERR_CORRUPT, "'%s' is not a number", word ? word : "");
	*out = (int64_t)value;
	return 0;
}

static int parse_flag(
	const char *word, const char *yes, const char *no, bool *out, struct error *err)
{
	if (!word || (strcmp(word, yes) != 0 && strcmp(word, no) != 0))
		return error_set(err, ERR_CORRUPT, "'%s' is neither '%s' nor '%s'",
			word ? word : "", yes, no);
	*out = strcmp(word, yes) == 0;
	return 0;
}

/* "UNIT PID PATH", the path with all its blanks. */
static int parse_deleted_library(void *row, char *line, struct error *err)
{
	struct deleted_library *l = row;

	l->unit = strsep(&line, " ");
	if (parse_integer(strsep(&line, " "), &l->pid, err) < 0)
		return -1;
	if (!line || *line != '/')
		return error_set(err, ERR_CORRUPT, "want 'unit pid path'");
	l->path = line;
	return 0;
}

/* "NAME enabled|disabled active|inactive" */
static int parse_updater(void *row, char *line, struct error *err)
{
	struct updater *u = row;

	u->name = strsep(&line, " ");
	if (parse_flag(strsep(&line, " "), "enabled", "disabled", &u->is_enabled, err) < 0)
		return -1;
	return parse_flag(line, "active", "inactive", &u->is_active, err);
}

/* "PATH MOUNT SIZE FREE" */
static int parse_disk(void *row, char *line, struct error *err)
{
	struct disk *d = row;
	int64_t size = 0, free_bytes = 0;

	d->path = strsep(&line, " ");
	d->mount = strsep(&line, " ");
	if (parse_integer(strsep(&line, " "), &size, err) < 0 ||
		parse_integer(line, &free_bytes, err) < 0)
		return -1;
	d->size = (uint64_t)size;
	d->free = (uint64_t)free_bytes;
	return 0;
}

/* A field with a row a line. */
struct table {
	const char *field;
	size_t row_size;
	int (*parse)(void *row, char *line, struct error *err);
};

static int parse_table(struct inventory *i, const struct deb822 *d, const struct table *t,
	void **rows, size_t *count, struct error *err)
{
	char *rest = NULL, *line = NULL;
	size_t capacity = 0;

	if (!deb822_get(d, t->field))
		return 0;
	rest = keep_copy(i, deb822_get(d, t->field));
	while ((line = strsep(&rest, "\n"))) {
		if (!*line)
			continue;
		if (*count == LINES_MAX)
			return error_set(
				err, ERR_CORRUPT, "%s: more than %d lines", t->field, LINES_MAX);
		*rows = mem_room(*rows, *count, &capacity, t->row_size);
		if (t->parse((char *)*rows + *count * t->row_size, line, err) < 0)
			return error_wrap(err, "%s", t->field);
		++*count;
	}
	return 0;
}

/* ---- paragraphs ---- */

static int read_tables(struct inventory *i, const struct deb822 *d, struct error *err)
{
	static const struct table libraries = { "Deleted-Libraries", sizeof(struct deleted_library),
		parse_deleted_library };
	static const struct table updaters = { "Updaters", sizeof(struct updater), parse_updater };
	static const struct table disks = { "Disks", sizeof(struct disk), parse_disk };
	struct facts *f = &i->facts;
	void *rows[3] = { NULL };
	int result = 0;

	if (parse_table(i, d, &libraries, &rows[0], &f->deleted_library_count, err) < 0 ||
		parse_table(i, d, &updaters, &rows[1], &f->updater_count, err) < 0 ||
		parse_table(i, d, &disks, &rows[2], &f->disk_count, err) < 0)
		result = -1;
	f->deleted_libraries = i->deleted_libraries = rows[0];
	f->updaters = i->updaters = rows[1];
	f->disks = i->disks = rows[2];
	return result;
}

static int read_release(struct inventory *i, const struct deb822 *d, struct error *err)
{
	int64_t status = 0;

	i->facts.release = keep_field(i, d, "Release");
	i->facts.release_status = -1;
	if (!deb822_get(d, "Release-Status"))
		return 0;
	if (parse_integer(deb822_get(d, "Release-Status"), &status, err) < 0 || status > 255)
		return error_set(err, ERR_CORRUPT, "Release-Status: want 0 to 255");
	i->facts.release_status = (int)status;
	return 0;
}

static int read_facts(struct inventory *i, const struct deb822 *d, struct error *err)
{
	struct facts *f = &i->facts;
	const char *format = deb822_get(d, "Format");

	if (!str_equal(format, FORMAT))
		return error_set(err, ERR_CORRUPT, "want 'Format: " FORMAT "', not '%s'",
			format ? format : "");
	f->platform = keep_field(i, d, "Platform");
	f->hostname = keep_field(i, d, "Hostname");
	f->kernel_running = keep_field(i, d, "Kernel-Running");
	f->kernel_newest = keep_field(i, d, "Kernel-Newest");
	f->boot_id = keep_field(i, d, "Boot-Id");
	f->reboot_reasons = keep_field(i, d, "Reboot-Reasons");
	f->audit = keep_field(i, d, "Audit");
	f->kept_files = keep_field(i, d, "Kept-Files");
	f->lock_owner = keep_field(i, d, "Lock-Owner");
	if (!*f->platform || !*f->boot_id)
		return error_set(err, ERR_CORRUPT, "facts without Platform or Boot-Id");
	if (parse_flag(deb822_get(d, "Reboot-Required"), "yes", "no", &f->is_reboot_required, err) <
		0)
		return error_wrap(err, "Reboot-Required");
	if (parse_integer(deb822_get(d, "Time"), &f->time, err) < 0)
		return error_wrap(err, "Time");
	return read_tables(i, d, err) < 0 || read_release(i, d, err) < 0 ? -1 : 0;
}

/* Paragraphs are put together as they came, one empty line between them. */
static void add_paragraph(struct inventory *i, const struct deb822 *d)
{
	size_t size = 0;
	const char *raw = deb822_raw(d, &size);

	if (i->state.size > 0)
		str_add(&i->state, "\n");
	str_add_bytes(&i->state, raw, size);
	if (size == 0 || raw[size - 1] != '\n')
		str_add(&i->state, "\n");
}

static int read_state_head(struct inventory *i, const struct deb822 *d, struct error *err)
{
	const char *platform = deb822_get(d, "Platform");

	if (!str_equal(platform, i->facts.platform) || !deb822_get(d, "Architectures"))
		return error_set(err, ERR_CORRUPT,
			"want the state's 'Platform: %s' and its Architectures", i->facts.platform);
	add_paragraph(i, d);
	return 0;
}

static int read_package(struct inventory *i, const struct deb822 *d, struct error *err)
{
	static const char *const needed[] = { "Package", "Status", "Architecture", "Version" };

	for (size_t n = 0; n < sizeof needed / sizeof *needed; n++) {
		if (!deb822_get(d, needed[n]))
			return error_set(err, ERR_CORRUPT, "package without %s", needed[n]);
	}
	add_paragraph(i, d);
	return 0;
}

/* Facts, state head, packages, end; 1 when the end was there. */
static int read_paragraph(
	struct inventory *i, const struct deb822 *d, size_t index, struct error *err)
{
	if (index == 0)
		return read_facts(i, d, err);
	if (index == 1)
		return read_state_head(i, d, err);
	if (index > 2 && deb822_count(d) == 1 && deb822_get(d, "End"))
		return 1;
	return read_package(i, d, err);
}

/* What is kept is what is planned from, for all hosts at once: the strict reader looks at it here, where one host alone fails. */
static int check_state(const struct inventory *i, struct error *err)
{
	CLEANUP(hoststate_free) struct hoststate *state = NULL;

	return hoststate_read(str_text(&i->state), i->state.size, &state, err);
}

int inventory_read(const char *text, size_t size, struct inventory **out, struct error *err)
{
	CLEANUP(deb822_free) struct deb822 *d = NULL;
	CLEANUP(inventory_free) struct inventory *i = mem_new(1, sizeof *i);
	bool has_ended = false;
	int got = 0;

	if (size > INVENTORY_SIZE_MAX)
		return error_set(
			err, ERR_CORRUPT, "inventory: larger than %zu bytes", INVENTORY_SIZE_MAX);
	d = deb822_new_text(text, size);
	for (size_t index = 0; (got = deb822_next(d, err)) > 0; index++) {
		int answer = has_ended ? error_set(err, ERR_CORRUPT, "something after 'End: yes'")
				       : read_paragraph(i, d, index, err);

		if (answer < 0)
			return error_wrap(err, "inventory: line %zu", deb822_line(d));
		has_ended = answer > 0;
	}
	if (got < 0)
		return error_wrap(err, "inventory");
	if (!has_ended)
		return error_set(err, ERR_CORRUPT, "inventory: cut off: no 'End: yes'");
	if (check_state(i, err) < 0)
		return error_wrap(err, "inventory");
	digest_bytes(str_text(&i->state), i->state.size, i->digest);
	*out = STEAL(&i);
	return 0;
}

const struct facts *inventory_facts(const struct inventory *i)
{
	return &i->facts;
}

const char *inventory_state(const struct inventory *i, size_t *size)
{
	if (size)
		*size = i->state.size;
	return str_text(&i->state);
}

const char *inventory_state_digest(const struct inventory *i)
{
	return i->digest;
}

void inventory_free(struct inventory *i)
{
	if (!i)
		return;
	for (size_t n = 0; n < i->text_count; n++)
		free(i->texts[n]);
	free(i->texts);
	free(i->deleted_libraries);
	free(i->updaters);
	free(i->disks);
	str_done(&i->state);
	free(i);
}
