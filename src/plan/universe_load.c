/* SPDX-License-Identifier: Apache-2.0 */
/* universe_load.c - the universe of some indexes: mapped where it is there, read once where it is not. */
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/version.h"
#include "plan/universe.h"
#include "plan/universe_form_private.h"
#include "plan/universe_private.h"

static void make_key(
	const char *platform, const struct feed *feeds, size_t count, uint8_t key[DIGEST_RAW_SIZE])
{
	CLEANUP(str_done) struct str text = { 0 };

	str_addf(&text, "%s\n", platform);
	for (size_t i = 0; i < count; i++)
		str_addf(&text, "%s %s %d %d\n", feeds[i].name, feeds[i].sha256,
			feeds[i].is_security, feeds[i].priority);
	digest_raw(str_text(&text), text.size, key);
}

static int map(const struct universe_request *r, const uint8_t key[DIGEST_RAW_SIZE],
	struct universe **out, struct error *err)
{
	CLEANUP(universe_free) struct universe *u = mem_new(1, sizeof *u);

	u->order = version_order_of(r->platform);
	for (size_t i = 0; i < r->feed_count; i++) {
		if (universe_add_feed(u, &r->feeds[i], err) < 0)
			return -1;
	}
	if (form_map(u, key, r->form, err) < 0)
		return -1;
	*out = STEAL(&u);
	return 0;
}

static int read_feeds(const struct universe_request *r, struct universe **out, struct error *err)
{
	CLEANUP(universe_free) struct universe *u = universe_new(r->platform);

	for (size_t i = 0; i < r->feed_count; i++) {
		if (universe_read(u, &r->feeds[i], err) < 0)
			return error_wrap(err, "an index of '%s'", r->feeds[i].name);
	}
	universe_finish(u);
	*out = STEAL(&u);
	return 0;
}

int universe_load(const struct universe_request *request, struct universe **out,
	struct error *trouble, struct error *err)
{
	uint8_t key[DIGEST_RAW_SIZE];
	struct error missed;

	*trouble = (struct error){ 0 };
	make_key(request->platform, request->feeds, request->feed_count, key);
	if (map(request, key, out, &missed) == 0)
		return 0;
	if (missed.kind == ERR_CORRUPT || missed.kind == ERR_SYSTEM)
		*trouble = missed;
	if (read_feeds(request, out, err) < 0)
		return -1;
	if (form_write(*out, key, request->form, &missed) < 0)
		*trouble = missed;
	return 0;
}
