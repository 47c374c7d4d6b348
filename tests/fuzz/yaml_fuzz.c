/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/yaml.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Whatever comes in: a tree, or an error that says something. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(yaml_tree_free) struct yaml *y = NULL;
	struct error err = { 0 };

	if (yaml_parse((const char *)bytes, size, &y, &err) < 0) {
		assert(!y && err.kind == ERR_USAGE && err.text[0]);
		return 0;
	}

	const struct ynode *root = yaml_root(y);

	for (size_t i = 0; i < ynode_count(root); i++) {
		assert(ynode_line(ynode_at(root, i)) > 0);
		if (ynode_kind(root) == YNODE_MAP)
			assert(ynode_get(root, ynode_text(ynode_key_at(root, i))) ==
				ynode_at(root, i));
	}
	return 0;
}
