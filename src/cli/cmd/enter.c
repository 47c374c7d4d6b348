/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/ask/clone_choice.h"
#include "cli/commands.h"
#include "fleet/session.h"
#include "model/topology.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SSH_PORT 22

/* The words of a command; those that were made here are owned. */
struct call {
	char **words;
	size_t count, capacity;
};

static void call_done(struct call *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->words[i]);
	free(c->words);
}
CLEANUP_DONE(struct call, call_done)

/* Takes the word; NULL ends the call. */
static void add_word(struct call *c, char *word)
{
	c->words = mem_room(c->words, c->count, &c->capacity, sizeof *c->words);
	c->words[c->count] = word;
	c->count += word != NULL;
}

static void add_option(struct call *c, const char *name, const char *value)
{
	add_word(c, mem_strdup("-o"));
	add_word(c, mem_printf("%s=%s", name, value));
}

/* The name under which the original's key is known: the copy has the same. */
static char *key_name(const struct host *original)
{
	if (!original->port || original->port == SSH_PORT)
		return mem_strdup(original->address);
	return mem_printf("[%s]:%d", original->address, original->port);
}

static void add_settings(struct call *c, const struct ssh_settings *ssh, const struct host *host)
{
	const struct host *original = host->original ? host->original : host;
	CLEANUP(free) char *alias = key_name(original);
	CLEANUP(free) char *user = session_ssh_user(host, ssh);
	CLEANUP(free) char *port = mem_printf("%d", host->port ? host->port : SSH_PORT);

	if (*ssh->config) {
		add_word(c, mem_strdup("-F"));
		add_word(c, mem_strdup(ssh->config));
	}
	add_option(c, "HostName", host->address);
	add_option(c, "Port", port);
	add_option(c, "User", user);
	add_option(c, "HostKeyAlias", alias);
	add_option(c, "CheckHostIP", "no");
	add_option(c, "StrictHostKeyChecking", "yes");
	add_option(c, "ControlPath", "none");
	if (*ssh->known_hosts)
		add_option(c, "UserKnownHostsFile", ssh->known_hosts);
	for (const char *const *i = ssh->identities; i && *i; i++) {
		add_word(c, mem_strdup("-i"));
		add_word(c, mem_strdup(*i));
	}
	add_word(c, mem_strdup(original->name));
}

static const struct host *find_host(const struct environment *e, const char *name)
{
	for (struct place at = { 0 }; environment_next_host(e, &at);) {
		if (str_equal(at.host->name, name) || str_equal(host_plain_name(at.host), name))
			return at.host;
	}
	return NULL;
}

static int need_host(struct invocation *inv, const struct clone_choice *choice, const char *name,
	const struct host **out, struct error *err)
{
	const struct topology *topology = NULL;
	const struct environment *e = NULL;
	const struct host *host = NULL;

	if (need_topology(inv, &topology, err) < 0)
		return -1;
	e = topology_environment(topology, choice->row.name);
	host = e ? find_host(e, name) : NULL;
	if (!e)
		return error_set(err, ERR_REFUSED, "%s is %s: there is nothing to enter",
			choice->row.name, clone_state_name(choice->row.state));
	if (!host)
		return error_set(
			err, ERR_NOT_FOUND, "%s has no host '%.60s'", choice->row.name, name);
	if (!*host->address)
		return error_set(err, ERR_REFUSED,
			"%s is %s, so %s does not run; 'patchline clone start %s' starts it",
			choice->row.name, clone_state_name(choice->row.state), name,
			choice->row.name);
	*out = host;
	return 0;
}

int cmd_enter(struct invocation *inv, struct error *err)
{
	CLEANUP(clone_choice_done) struct clone_choice choice = { 0 };
	CLEANUP(call_done) struct call call = { 0 };
	const struct host *host = NULL;

	if (need_clone(inv, arg_at(inv, 0), &choice, err) < 0 ||
		need_host(inv, &choice, arg_at(inv, 1), &host, err) < 0)
		return -1;
	add_word(&call, mem_strdup("ssh"));
	add_settings(&call, &choice.cloning.config->ssh, host);
	for (size_t i = 2; arg_at(inv, i); i++)
		add_word(&call, mem_strdup(arg_at(inv, i)));
	add_word(&call, NULL);
	execvp(call.words[0], call.words);
	return error_set(err, ERR_SYSTEM, "running ssh: %s", strerror(errno));
}
