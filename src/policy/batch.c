/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/batch.h"

#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "policy/wave.h"

#include <stdlib.h>

static bool is_chosen(const struct group *group, const char *const *groups)
{
	for (; groups && *groups; groups++) {
		if (str_equal(*groups, group->name))
			return true;
	}
	return !groups;
}

static struct batch *add_batch(struct batches *b)
{
	b->items = mem_room(b->items, b->count, &b->capacity, sizeof *b->items);
	b->items[b->count] = (struct batch){ .hosts = mem_new(1, sizeof(char *)) };
	return &b->items[b->count++];
}

static void add_batch_host(struct batch *b, const struct host *host)
{
	const char **hosts = mem_new(b->count + 2, sizeof *hosts);

	for (size_t i = 0; i < b->count; i++)
		hosts[i] = b->hosts[i];
	hosts[b->count++] = host_plain_name(host);
	free(b->hosts);
	b->hosts = hosts;
}

/* Its hosts wave by wave; a batch that is open takes a group that goes at once. The open batch, or NULL. */
static struct batch *add_group_batches(
	struct batches *b, const struct group *group, struct batch *open)
{
	size_t last = wave_of(group, group->host_count, group->host_count - 1);
	struct batch *batch = last ? NULL : open;

	for (size_t i = 0, wave = 0; i < group->host_count; i++) {
		size_t own = wave_of(group, group->host_count, i);

		if (!batch || own != wave)
			batch = add_batch(b);
		wave = own;
		batch->interrupts = batch->interrupts || !last;
		add_batch_host(batch, &group->hosts[i]);
	}
	return last ? NULL : batch;
}

void batches_make(
	const struct environment *environment, const char *const *groups, struct batches *out)
{
	struct batch *open = NULL;

	*out = (struct batches){ 0 };
	for (size_t i = 0; i < environment->group_count; i++) {
		const struct group *group = &environment->groups[i];

		if (group->host_count && is_chosen(group, groups))
			open = add_group_batches(out, group, open);
	}
}

void batches_done(struct batches *b)
{
	for (size_t i = 0; i < b->count; i++)
		free(b->items[i].hosts);
	free(b->items);
	*b = (struct batches){ 0 };
}
