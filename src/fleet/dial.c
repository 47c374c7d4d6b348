/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/dial.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Wait until a socket that is connecting has done so. 0, or the errno that it failed with. */
static int await(int fd, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int cause = 0, ready = 0;
	socklen_t size = sizeof cause;

	do {
		int64_t left = deadline - clock_monotonic_ms();

		ready = left > 0 ? poll(&p, 1, left < INT_MAX ? (int)left : INT_MAX) : 0;
	} while (ready < 0 && errno == EINTR);
	if (ready == 0)
		return ETIMEDOUT;
	if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &size) < 0)
		return errno;
	return cause;
}

/* Connect to one address. 0 with the socket in *fd, or the errno that it failed with. */
static int try_one(const struct addrinfo *a, int64_t deadline, int *fd)
{
	CLEANUP(fd_close)
	int s = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
	int cause = 0;

	if (s < 0)
		return errno;
	if (connect(s, a->ai_addr, a->ai_addrlen) < 0)
		cause = errno == EINPROGRESS ? await(s, deadline) : errno;
	if (cause)
		return cause;
	*fd = s;
	s = -1;
	return 0;
}

int dial(const char *address, int port, int64_t seconds, int *fd, struct error *err)
{
	const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	int64_t deadline = clock_monotonic_ms() + seconds * 1000;
	char service[16];
	int cause = ETIMEDOUT;

	snprintf(service, sizeof service, "%d", port);

	int answer = getaddrinfo(address, service, &wanted, &found);

	if (answer != 0)
		return error_set(
			err, ERR_UNREACHABLE, "%s:%d: %s", address, port, gai_strerror(answer));
	for (const struct addrinfo *a = found; a; a = a->ai_next) {
		cause = try_one(a, deadline, fd);
		if (cause == 0)
			break;
	}
	freeaddrinfo(found);
	if (cause != 0)
		return error_set(err, ERR_UNREACHABLE, "%s:%d: %s", address, port, strerror(cause));
	return 0;
}
