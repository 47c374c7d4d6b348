/* SPDX-License-Identifier: Apache-2.0 */
/* finding.h - what is told of what checks found: of the configuration, of hosts, of what is kept. Layer: present. */
#pragma once

#include "base/own.h"
#include "present/view.h"

struct finding;

enum check_status { CHECK_GOOD, CHECK_WARNING, CHECK_WRONG, CHECK_STATUS_COUNT };

/* One result of `check`; what to do about it is "" when it is good. The texts are owned in a list, as those below. */
struct check_item {
	enum check_status status;
	const char *area, *name; /* "source", "debian" */
	const char *what, *todo;
};
extern const struct view check_item_view;

/* What speaks against patching a host now. */
struct host_finding {
	const char *host;              /* borrowed */
	const struct finding *finding; /* borrowed */
};
extern const struct view host_finding_view;

/* Something that is kept and not as it was. */
struct damage_item {
	const char *kind, *name, *problem;
	bool is_mended;
};

/* What `verify` looked at, and what is wrong with it. */
struct verify_card {
	int64_t events;
	size_t sets, files;
	uint64_t bytes;
	bool is_good;             /* nothing is wrong that was not mended */
	struct view_rows damages; /* of struct damage_item */
};
extern const struct view damage_item_view, verify_card_view;

void verify_card_done(struct verify_card *c);
CLEANUP_DONE(struct verify_card, verify_card_done)
