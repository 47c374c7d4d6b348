/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wave.h - in which wave a host of a group is patched.
 *
 * Pure: facts in, verdict out. Layer: policy. Threads: any.
 */
#pragma once

#include <stddef.h>

struct group;

/**
 * The wave of the group's host at `index`, from 0: first the canaries, then wave by wave.
 *
 * A share ("25%") is of all hosts of the group, rounded up, and at least one.
 * @param hosts  In the group; index is below it.
 */
size_t wave_of(const struct group *group, size_t hosts, size_t index);
