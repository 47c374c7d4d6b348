/* SPDX-License-Identifier: Apache-2.0 */
/* show.h - `patchline show`: one function for each kind of thing. Layer: cli. Threads: one. */
#pragma once

#include "base/own.h"

struct error;
struct invocation;

/* Print what is known of the thing of that id. */
NODISCARD int show_candidate(struct invocation *inv, const char *id, struct error *err);
NODISCARD int show_clone(struct invocation *inv, const char *name, struct error *err);
/* Here it is the beginning of a SHA-256. */
NODISCARD int show_configuration(struct invocation *inv, const char *prefix, struct error *err);
NODISCARD int show_environment(struct invocation *inv, const char *id, struct error *err);
NODISCARD int show_host(struct invocation *inv, const char *id, struct error *err);
NODISCARD int show_rehearsal(struct invocation *inv, const char *id, struct error *err);
NODISCARD int show_rollout(struct invocation *inv, const char *id, struct error *err);
NODISCARD int show_set(struct invocation *inv, const char *id, struct error *err);
NODISCARD int show_source(struct invocation *inv, const char *id, struct error *err);

/* Print what the steps of a rollout printed on one host. */
NODISCARD int show_rollout_log(
	struct invocation *inv, const char *id, const char *host, struct error *err);
