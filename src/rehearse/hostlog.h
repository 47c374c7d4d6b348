/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostlog.h - what hosts had to say when something failed on them, kept as evidence.
 *
 * Warnings and errors of this boot from each host's journal, in a file a host; the audit record has their SHA-256.
 * Layer: rehearse. Threads: one.
 */
#pragma once

#include "base/own.h"
#include "model/subject.h"

#include <stddef.h>

struct config;
struct error;
struct host;
struct store;

/* All borrowed. */
struct hostlog_request {
	const struct config *config;
	struct store *store;
	const struct host *const *hosts; /* ended by NULL */
	const char *folder;              /* is made; files HOST.log are written into it */
	enum subject subject;            /* what the event hosts.logged is about */
	const char *subject_id;
	const char *actor;
};

/**
 * Fetch and keep. A host that cannot be asked is passed over: its file says why.
 * @return 0, or -1 with err: ERR_SYSTEM (the folder cannot be written), what the store says.
 */
NODISCARD int hostlog_keep(const struct hostlog_request *request, struct error *err);
