/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/environment.h"

#include "base/error.h"
#include "base/str.h"
#include "cli/command.h"
#include "model/config.h"
#include "model/topology.h"

int find_environment(
	struct invocation *inv, const char *name, const struct environment **out, struct error *err)
{
	CLEANUP(str_done) struct str known = { 0 };
	const struct topology *topology = NULL;
	const struct environment *e = NULL;
	const struct config *config = NULL;

	if (need_config(inv, &config, err) < 0 ||
		(is_clone_name(name) && need_topology(inv, &topology, err) < 0))
		return -1;
	e = topology ? topology_environment(topology, name) : config_environment(config, name);
	if (e) {
		*out = e;
		return 0;
	}
	if (is_clone_name(name))
		return error_set(err, ERR_USAGE,
			"there is no clone '%s'; 'patchline clones' lists them", name);
	for (size_t i = 0; i < config->environment_count; i++)
		str_addf(&known, "%s%s", i ? ", " : "", config->environments[i].name);
	return error_set(err, ERR_USAGE, "there is no environment '%s'; there are %s", name,
		str_text(&known));
}

int need_environment(struct invocation *inv, const char *option, const struct config **config,
	const struct environment **out, struct error *err)
{
	const char *name = option_value(inv, option);

	if (!name)
		name = option_value(inv, "in"); /* the same where an environment is spoken of */
	if (!name)
		return error_set(err, ERR_USAGE, "--%s is missing: name the environment", option);
	if (need_config(inv, config, err) < 0)
		return -1;
	return find_environment(inv, name, out, err);
}
