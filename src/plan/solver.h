/* SPDX-License-Identifier: Apache-2.0 */
/*
 * solver.h - the door to libsolv, for what the direct way cannot settle.
 *
 * libsolv sees only what is installed and what may come in, under names and versions that are numbers of
 * ours: who meets a dependency and who conflicts was found before, so its own rules about versions and
 * architectures play no part. It may not remove anything. Layer: plan, private. Threads: any; each call
 * has a pool of its own.
 */
#pragma once

struct planner;

/**
 * Choose for the state on the planner's table, from what is installed.
 * @param reasons  By seat: why a wanted version stays out, each owned by the caller; filled where it does.
 */
void solver_choose(struct planner *p, char **reasons);
