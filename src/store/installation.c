/* SPDX-License-Identifier: Apache-2.0 */
#include "store/installation.h"

#include "base/error.h"
#include "store/store_private.h"

int store_installation(struct store *store, char **out, struct error *err)
{
	int found = store_text(store, "SELECT id FROM installation", NULL, out, err);

	if (found < 0)
		return error_wrap(err, "reading the installation's id");
	if (!found)
		return error_set(err, ERR_CORRUPT, "the database has no id of its installation");
	return 0;
}
