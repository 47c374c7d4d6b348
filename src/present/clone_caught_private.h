/* SPDX-License-Identifier: Apache-2.0 */
/* clone_caught_private.h - what a clone's fence answered, in a line. Layer: present, private to it. Threads: any. */
#pragma once

#include "present/clone_card.h"

/* An entry of its record; its texts are borrowed but those that are owned. */
struct clone_caught clone_caught_of(const struct jvalue *entry);
