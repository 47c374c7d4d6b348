/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper.h - a process that stands between this one and a program, and ends with the program all that it leaves running.
 *
 * What the program started becomes the keeper's child when its own parent is gone, whatever session or group it made for
 * itself: none gets away but by asking a service to run something.
 * Layer: base. Threads: it is a process of its own.
 */
#pragma once

#include <signal.h>

/* Ends all at once; SIGTERM is handed on to the program first, which then has some seconds. */
#define KEEPER_END SIGUSR1

/**
 * Be the keeper, in a fresh fork. Comes back in the program's process, in a group of its own, where it is to be executed;
 * and in the keeper only when there is none, with errno. Else the keeper ends itself as the program did, with 128 and the
 * number of a signal.
 *
 * @param kept_fd  Stays open; all others are closed.
 * @return 0 in the program, -1 when there is none.
 */
int keeper_begin(int kept_fd);
