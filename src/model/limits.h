/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h - how much of a kind indexes and hosts may tell: far above what Debian's largest have, far below what makes
 * a library run out of stack or a table out of numbers. What tells more is refused where it stands.
 * Layer: model.
 */
#pragma once

#define LIMIT_ALTERNATIVES                                                                         \
	1000 /* of one relation, "a | b"; in Debian 12: 14. libsolv calls itself for each */
#define LIMIT_RELATIONS           20000 /* terms of one stanza, in all its fields; in Debian 12: 1,605 */
#define LIMIT_STATE_ARCHITECTURES 16 /* of one host, the native one included */
#define LIMIT_ARCHITECTURES       32 /* that the indexes of a platform and its hosts name, one and all */
