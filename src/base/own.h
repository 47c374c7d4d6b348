/* SPDX-License-Identifier: Apache-2.0 */
/* own.h - ownership by scope: who declares it frees it, unless it is given away with STEAL(). */
#pragma once

#include <stdlib.h>

#define NODISCARD    __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

/* CLEANUP(store_close) struct store *store = NULL;  closes the store on every way out. */
#define CLEANUP(fn) __attribute__((cleanup(fn##_p)))

/* Written once, under the declaration of `fn`, in the header that declares it. */
#define CLEANUP_FUNC(type, fn)                                                                     \
	static inline void fn##_p(type *p)                                                         \
	{                                                                                          \
		fn(*p);                                                                            \
	}

/* The same for what the caller stores itself and `fn` only empties: CLEANUP(str_done) struct str s. */
#define CLEANUP_DONE(type, fn)                                                                     \
	static inline void fn##_p(type *p)                                                         \
	{                                                                                          \
		fn(p);                                                                             \
	}

/* The value of *p, a pointer or a struct, leaving NULL or all zero behind: the scope no longer owns it. */
#define STEAL(p)                                                                                   \
	__extension__({                                                                            \
		__typeof__(*(p)) stolen_ = *(p);                                                   \
		*(p) = (__typeof__(*(p))){ 0 };                                                    \
		stolen_;                                                                           \
	})

static inline void free_p(void *p)
{
	free(*(void **)p);
}
