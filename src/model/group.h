/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group.h - hosts with one role, and how they are patched, as patchline.yaml has them.
 *
 * Plain data, as config.h says: strings are borrowed from the config and never NULL unless said. Lists of
 * strings end with NULL. Layer: model. Threads: any number may read.
 */
#pragma once

#include "model/failure.h"
#include "model/portion.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host {
	const char *name; /* of a clone's host: "production/clone-3/prod-web1" */
	const char
		*address; /* the name when not given; "" for a clone's host that is not running */
	const char *user; /* "" when not given: ssh.user */
	int port;         /* 0 when not given */
	const char *
		identity; /* path of a private key, tried before ssh.identities; "" when not given */
	/* Leads there instead of ssh, as ssh.command does and before it. NULL or empty when not given. */
	const char *const *command;
	/* The host that it is a copy of, keys and all: ssh's configuration and the known hosts are
	   asked about that one. NULL unless it is a clone's. */
	const struct host *original;
};

/* How many hosts may fail with each type; of[FAILURE_NONE] is not used. */
struct budgets {
	struct portion of[FAILURE_COUNT];
};

enum way_back_policy { WAY_BACK_AUTO, WAY_BACK_SNAPSHOT, WAY_BACK_DOWNGRADE };
enum on_failure { ON_FAILURE_STOP, ON_FAILURE_HOST, ON_FAILURE_WAVE, ON_FAILURE_ALL };
enum restart_policy { RESTART_AUTO, RESTART_NEVER };
enum reboot_policy { REBOOT_NEVER, REBOOT_IF_NEEDED, REBOOT_ALWAYS };

enum drain_driver { DRAIN_NONE, DRAIN_HAPROXY, DRAIN_COMMAND };
enum after_timeout { AFTER_TIMEOUT_GO_ON, AFTER_TIMEOUT_FAIL };

/* How load leaves a host before it is touched, and returns to it. */
struct drain_policy {
	enum drain_driver driver;
	int64_t timeout;                  /* seconds that its sessions may take to end */
	enum after_timeout after_timeout; /* what sessions that did not end mean */
	int64_t settle; /* seconds, after the last session ended or load returned */
	/* DRAIN_HAPROXY */
	const char *const *on;       /* names of the hosts that run it */
	const char *socket;          /* on each of them: the runtime socket */
	const char *const *backends; /* in which the host is a server */
	const char *server; /* its name or address there; {host} and {address} stand for those */
	/* DRAIN_COMMAND: for sh, on the controller; "" for none */
	const char *out, *in;
};

/* Hosts with one role, patched together. */
struct group {
	const char *name;
	struct host *hosts;
	size_t host_count;
	const char *
		ansible_group; /* hosts come from the inventory's group of that name; "" for none */
	unsigned canary;       /* hosts in the first wave; 0 for no canary */
	struct portion wave;   /* size of each later wave */
	struct portion failure_budget; /* more failed hosts of the group stop the rollout */
	struct portion wave_budget;    /* more failed hosts of one wave stop it */
	struct budgets budgets;        /* more hosts of the group that failed so stop it */
	const char *const *services;   /* units that must be active after patching */
	const char *const *health;     /* commands on the host that must exit 0 after patching */
	const char *release_check; /* command on the host that prints its release; "" for none */
	int64_t patience;     /* seconds a host waits for a lock, a service, a health command */
	int64_t step_timeout; /* seconds that a step may take on a host */
	unsigned min_healthy; /* hosts of it that must stay in service */
	struct drain_policy drain;
	enum way_back_policy way_back;
	enum on_failure on_failure;           /* what goes back by itself */
	const char *const *wave_tests;        /* suites to run after each wave */
	enum restart_policy restart;          /* of services that still run on replaced files */
	const char *const *restart_except;    /* units that people restart */
	const char *const *restart_by_reload; /* units that take new files by a reload */
	enum reboot_policy reboot;
	const char *const *reboot_except; /* its hosts that people reboot; plain names */
	const char *reboot_command;       /* on the host; "" for systemctl reboot */
	int64_t reboot_timeout;           /* seconds in which a host must be back */
	unsigned reboot_at_once;          /* hosts of a wave that may be down together */
	bool is_stateful;                 /* keeps what customers write */
	const char *const *data; /* folders on the host that hold it, volumes of their own */
	const char *const
		*files; /* files and folders on the host that count as its configuration */
	const char *const *sanitize; /* sh programs for the stopped copy, in this order; paths */
	const char *quiesce; /* command on the original: holds its writing still; "" for none */
};
