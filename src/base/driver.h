/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver.h - is a struct of functions complete? Asked where a driver is taken into use, before the first call.
 *
 * Layer: base. Threads: any.
 */
#pragma once

#include <stddef.h>

/* A function that a driver must have: DRIVER_FUNCTION(db_driver, open). A list ends with a NULL name. */
struct driver_function {
	const char *name;
	size_t offset;
};

#define DRIVER_FUNCTION(type, member)                                                              \
	{                                                                                          \
#		member, offsetof(struct type, member)                                             \
	}

/* The name of the first function of the list that the driver lacks; NULL when it has all. Borrowed from the list. */
const char *driver_lacks(const void *driver, const struct driver_function *wanted);
