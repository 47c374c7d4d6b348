/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - which process this is, told so that any other can find out whether it still runs.
 *
 * A number alone says little: it is given again, other containers have the same ones, and two machines may share a host
 * name. The kernel's boot id and the process namespace say whose numbers they are; the moment of its start tells two
 * processes of one number apart. Layer: base. Threads: any.
 */
#pragma once

#include <stdint.h>

#define IDENTITY_SIZE 80

struct identity {
	char machine[IDENTITY_SIZE]; /* host name, for people: others may have the same */
	char boot[IDENTITY_SIZE];    /* of the kernel that it runs on; "": cannot be known */
	char space[IDENTITY_SIZE];   /* where its number counts: "pid:[4026531836]"; "" likewise */
	int64_t process;
	int64_t started; /* ticks after that boot; 0: cannot be known */
};

enum life {
	LIFE_UNKNOWN, /* of another machine or container, or hidden from us */
	LIFE_GONE,
	LIFE_STOPPED, /* by a signal, or a debugger; it may go on */
	LIFE_RUNNING,
};

/* Of this process. */
void identity_own(struct identity *out);

/* What became of a process, as far as this one can know. */
enum life identity_life(const struct identity *whose);
