/* SPDX-License-Identifier: Apache-2.0 */
#include "content/fetch.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/url.h"
#include "content/apt_credentials.h"
#include "content/part.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define PARALLEL          8
#define CONNECT_TIMEOUT   15
#define STALL_TIMEOUT     30
#define RETRIES           3
#define BACK_OFF_MS       500 /* doubled with each attempt */
#define REDIRECTS_MAX     5
#define POLL_MS           200
#define VERSION_MAX       ((size_t)4096)
#define HTTP_NOT_CHANGED  304
#define HTTP_UNAUTHORIZED 401
#define LOW_SPEED         1000 /* bytes a second */

/* What a job does next. */
enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE };

struct job {
	struct fetch_file *file;
	enum job_state state;
	CURL *easy;                 /* owned; NULL unless running */
	struct part *part;          /* owned; NULL before the first attempt and when done */
	struct curl_slist *headers; /* owned */
	struct error sink_error;    /* what writing said; ERR_NONE */
	char told[CURL_ERROR_SIZE];
	unsigned attempts;
	uint64_t resumed_at;
	int64_t not_before;
	bool is_fresh; /* begin at the first byte: going on failed */
};

struct fetch {
	struct job *jobs; /* owned */
	size_t count, running, done;
	struct fetch_options options; /* without zeros */
	struct credential_files credentials;
	CURLM *multi;
};

/* What became of a transfer, by curl's code. */
static const struct outcome {
	int code;
	enum error_kind kind;
	bool is_passing; /* worth another try */
	const char *what;
} outcomes[] = {
	/* clang-format off */
	{ CURLE_COULDNT_RESOLVE_HOST,     ERR_UNREACHABLE, false, "host name is not known" },
	{ CURLE_COULDNT_RESOLVE_PROXY,    ERR_UNREACHABLE, false, "host name of the proxy is not known" },
	{ CURLE_COULDNT_CONNECT,          ERR_UNREACHABLE, false, "no connection" },
	{ CURLE_OPERATION_TIMEDOUT,       ERR_UNREACHABLE, true,  "timed out" },
	{ CURLE_PARTIAL_FILE,             ERR_UNREACHABLE, true,  "connection lost in the middle" },
	{ CURLE_GOT_NOTHING,              ERR_UNREACHABLE, true,  "connection closed without an answer" },
	{ CURLE_RECV_ERROR,               ERR_UNREACHABLE, true,  "connection lost" },
	{ CURLE_SEND_ERROR,               ERR_UNREACHABLE, true,  "connection lost" },
	{ CURLE_SSL_CONNECT_ERROR,        ERR_UNREACHABLE, false, "TLS failed" },
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_UNREACHABLE, false, "TLS certificate is not trusted" },
	{ CURLE_SSL_CACERT_BADFILE,       ERR_UNREACHABLE, false, "TLS certificates cannot be read" },
	{ CURLE_TOO_MANY_REDIRECTS,       ERR_UNREACHABLE, false, "redirected too often" },
	{ CURLE_FILE_COULDNT_READ_FILE,   ERR_NOT_FOUND,   false, "no such file" },
	{ CURLE_UNSUPPORTED_PROTOCOL,     ERR_CORRUPT,     false, "leads to a protocol that is not allowed; want http, https or file, and no way back from https" },
	{ CURLE_URL_MALFORMAT,            ERR_CORRUPT,     false, "not a URL" },
	{ CURLE_FILESIZE_EXCEEDED,        ERR_CORRUPT,     false, "longer than wanted" },
	/* clang-format on */
};

static const struct outcome http_outcomes[] = {
	/* clang-format off */
	{ 401, ERR_DENIED,      false, "access denied (401)" },
	{ 403, ERR_DENIED,      false, "access denied (403)" },
	{ 404, ERR_NOT_FOUND,   false, "not found (404)" },
	{ 407, ERR_DENIED,      false, "the proxy wants a password (407)" },
	{ 408, ERR_UNREACHABLE, true,  "timed out (408)" },
	{ 410, ERR_NOT_FOUND,   false, "gone (410)" },
	{ 429, ERR_UNREACHABLE, true,  "too many requests (429)" },
	/* clang-format on */
};

static void job_stop(struct fetch *f, struct job *job)
{
	if (job->easy) {
		curl_multi_remove_handle(f->multi, job->easy);
		curl_easy_cleanup(STEAL(&job->easy));
		f->running--;
	}
	curl_slist_free_all(STEAL(&job->headers));
}

static void job_finish(struct fetch *f, struct job *job)
{
	job_stop(f, job);
	part_free(STEAL(&job->part));
	job->state = JOB_DONE;
	f->done++;
}

static void job_fail(struct fetch *f, struct job *job, const struct error *cause)
{
	CLEANUP(free) char *url = url_public(job->file->url);

	job->file->error = *cause;
	if (error_wrap(&job->file->error, "%s", url) < 0)
		job_finish(f, job);
}

static size_t on_bytes(char *bytes, size_t one, size_t size, void *context)
{
	struct job *job = context;
	const struct fetch_file *file = job->file;

	(void)one;
	if (part_write(job->part, bytes, size, file->size ? file->size : file->size_limit,
		    &job->sink_error) < 0)
		return 0;
	return size;
}

/* Where the answer's ETag and Last-Modified are kept, as headers of the next request. */
static char *version_path(const struct fetch_file *file)
{
	return mem_printf("%s.version", file->path);
}

/* Ask only for what changed since the copy that is there. */
static void add_conditions(struct job *job)
{
	CLEANUP(free) char *path = version_path(job->file);
	CLEANUP(free) char *headers = NULL;
	struct error ignored;

	if (!job->file->is_conditional || !str_starts(job->file->url, "http"))
		return;
	job->headers = curl_slist_append(job->headers, "Cache-Control: max-age=0");
	if (!file_exists(job->file->path) ||
		file_read(path, VERSION_MAX, &headers, NULL, &ignored) < 0)
		return;
	for (char *rest = headers; rest && *rest;)
		job->headers = curl_slist_append(job->headers, strsep(&rest, "\n"));
}

#define SET(option, value) (result = result ? result : curl_easy_setopt(e, option, value))

/* A transfer that does not move is ended: each may take LOW_SPEED bytes a second and no less, measured over the stall time. */
static CURLcode set_limits(const struct fetch *f, const struct job *job)
{
	CURL *e = job->easy;
	CURLcode result = CURLE_OK;

	SET(CURLOPT_CONNECTTIMEOUT, (long)f->options.connect_timeout);
	SET(CURLOPT_LOW_SPEED_LIMIT, (long)LOW_SPEED);
	SET(CURLOPT_LOW_SPEED_TIME, (long)f->options.stall_timeout);
	SET(CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
	SET(CURLOPT_PROTOCOLS_STR, "http,https,file");
	SET(CURLOPT_REDIR_PROTOCOLS_STR,
		str_starts(job->file->url, "https:") ? "https" : "http,https");
	return result;
}

/* Who signs in, where the URL does not say. libcurl tells it to no other host that it is redirected to. */
static CURLcode set_credentials(const struct fetch *f, const struct job *job)
{
	CLEANUP(credentials_done) struct credentials c = { 0 };
	CURL *e = job->easy;
	CURLcode result = CURLE_OK;

	if (!credentials_find(&f->credentials, job->file->url, &c))
		return result;
	SET(CURLOPT_USERNAME, c.login ? c.login : "");
	SET(CURLOPT_PASSWORD, c.password ? c.password : "");
	return result;
}

static CURLcode set_options(const struct fetch *f, struct job *job)
{
	CURL *e = job->easy;
	CURLcode result = set_limits(f, job);

	*job->told = '\0';
	add_conditions(job);
	SET(CURLOPT_URL, job->file->url);
	SET(CURLOPT_PRIVATE, job);
	SET(CURLOPT_ERRORBUFFER, job->told);
	SET(CURLOPT_WRITEFUNCTION, on_bytes);
	SET(CURLOPT_WRITEDATA, job);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FAILONERROR, 1L);
	SET(CURLOPT_FOLLOWLOCATION, 1L);
	SET(CURLOPT_USERAGENT, "patchline");
	SET(CURLOPT_RESUME_FROM_LARGE, (curl_off_t)job->resumed_at);
	SET(CURLOPT_HTTPHEADER, job->headers);
	return result ? result : set_credentials(f, job);
}

static void end_good(struct fetch *f, struct job *job);

/* The first attempt opens the part, which keeps it locked; later ones go on with it or begin anew. */
static int job_open_part(struct job *job, bool may_resume, struct error *err)
{
	if (!job->part)
		return part_open(job->file->path, may_resume, &job->part, err);
	return may_resume ? 0 : part_restart(job->part, err);
}

/* libcurl would wait for a FIFO's writer, with all other transfers. That nothing is there it tells itself. */
static int check_local(const char *url, struct error *err)
{
	static const char scheme[] = "file://";
	const char *place = strncasecmp(url, scheme, strlen(scheme)) == 0
				    ? strchr(url + strlen(scheme), '/')
				    : NULL;
	char *path = place ? curl_easy_unescape(NULL, place, 0, NULL) : NULL;
	int result = path ? file_check(path, err) : 0;

	curl_free(path);
	return result < 0 && err->kind == ERR_CORRUPT ? -1 : 0;
}

static void job_start(struct fetch *f, struct job *job)
{
	const struct fetch_file *file = job->file;
	bool may_resume = file->sha256 && file->size && !job->is_fresh;
	struct error err = { 0 };

	job->state = JOB_RUNNING;
	job->attempts++;
	job->sink_error = (struct error){ 0 };
	if (check_local(file->url, &err) < 0 || job_open_part(job, may_resume, &err) < 0) {
		job_fail(f, job, &err);
		return;
	}
	job->resumed_at = part_size(job->part);
	if (may_resume && job->resumed_at >= file->size) {
		end_good(f, job); /* all there, only not yet checked */
		return;
	}
	job->easy = curl_easy_init();
	if (!job->easy)
		abort();

	f->running++;

	CURLcode refused = set_options(f, job);

	if (refused) {
		(void)!error_set(&err, ERR_SYSTEM, "libcurl does not take a setting: %s",
			curl_easy_strerror(refused));
		job_fail(f, job, &err);
		return;
	}
	curl_multi_add_handle(f->multi, job->easy);
}

/* Try again: now from the first byte, or after a pause what passes by itself. */
static void job_again(struct fetch *f, struct job *job, bool is_fresh)
{
	job_stop(f, job);
	if (is_fresh)
		part_free(STEAL(&job->part));
	job->is_fresh = is_fresh;
	job->not_before =
		is_fresh ? 0 : clock_monotonic_ms() + (BACK_OFF_MS << (job->attempts - 1));
	job->state = JOB_WAITING;
}

/* Keep what the next conditional request needs. Without it the file is only fetched once more. */
static void note_version(struct job *job)
{
	static const struct {
		const char *answered, *asked;
	} headers[] = {
		{ "ETag", "If-None-Match" },
		{ "Last-Modified", "If-Modified-Since" },
	};
	CLEANUP(free) char *path = version_path(job->file);
	CLEANUP(str_done) struct str text = { 0 };
	struct error ignored;

	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct curl_header *header = NULL;

		if (curl_easy_header(job->easy, headers[i].answered, 0, CURLH_HEADER, -1,
			    &header) == CURLHE_OK)
			str_addf(&text, "%s: %s\n", headers[i].asked, header->value);
	}
	if (text.size && file_write(path, text.text, text.size, 0644, &ignored) < 0)
		unlink(path);
}

static void end_good(struct fetch *f, struct job *job)
{
	CLEANUP(free) char *version = version_path(job->file);
	struct error err = { 0 };
	long answer = 0;

	if (job->easy)
		curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &answer);
	if (answer == HTTP_NOT_CHANGED) {
		part_discard(job->part);
		job->file->is_unchanged = true;
		job_finish(f, job);
		return;
	}
	/* Of an old tag and a new file the next request would make "unchanged": the tag goes first. */
	if (job->file->is_conditional)
		unlink(version);
	if (part_finish(job->part, job->file->sha256, job->file->size, &err) < 0) {
		if (err.kind == ERR_CORRUPT && job->resumed_at)
			job_again(f, job, true);
		else
			job_fail(f, job, &err);
		return;
	}
	if (job->file->is_conditional && job->easy)
		note_version(job);
	job_finish(f, job);
}

static const struct outcome *find_http(long answer)
{
	static const struct outcome broken = { 0, ERR_UNREACHABLE, true, "the server failed" };
	static const struct outcome other = { 0, ERR_UNREACHABLE, false, "unexpected answer" };

	for (size_t i = 0; i < sizeof http_outcomes / sizeof *http_outcomes; i++) {
		if (http_outcomes[i].code == answer)
			return &http_outcomes[i];
	}
	return answer >= 500 ? &broken : &other;
}

static const struct outcome *find_outcome(CURLcode code, long answer)
{
	static const struct outcome other = { 0, ERR_UNREACHABLE, false, "failed" };

	if (code == CURLE_HTTP_RETURNED_ERROR)
		return find_http(answer);
	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		if (outcomes[i].code == (int)code)
			return &outcomes[i];
	}
	return &other;
}

static void end_bad(struct fetch *f, struct job *job, CURLcode code)
{
	long answer = 0, number = 0;
	struct error err = { 0 };

	curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &answer);
	curl_easy_getinfo(job->easy, CURLINFO_OS_ERRNO, &number);
	if (job->sink_error.kind != ERR_NONE) {
		if (job->sink_error.kind == ERR_CORRUPT)
			part_discard(job->part);
		job_fail(f, job, &job->sink_error);
		return;
	}
	/* The server cannot go on where we stopped, or has less than we have. */
	if (job->resumed_at &&
		(code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME || answer == 416)) {
		job_again(f, job, true);
		return;
	}

	const struct outcome *o = find_outcome(code, answer);

	if (o->is_passing && job->attempts <= f->options.retries) {
		job_again(f, job, false);
		return;
	}
	if (!job->file->sha256)
		part_discard(job->part);
	if (error_set(&err, o->kind, "%s: %s", o->what,
		    code == CURLE_COULDNT_CONNECT && number ? strerror((int)number) : job->told) <
		0) {
		if (answer == HTTP_UNAUTHORIZED)
			credentials_explain(&f->credentials, &err);
		job_fail(f, job, &err);
	}
}

static void start_waiting(struct fetch *f)
{
	int64_t now = clock_monotonic_ms();

	for (size_t i = 0; i < f->count && f->running < f->options.parallel; i++) {
		if (f->jobs[i].state == JOB_WAITING && f->jobs[i].not_before <= now)
			job_start(f, &f->jobs[i]);
	}
}

static void end_finished(struct fetch *f)
{
	const CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(f->multi, &left))) {
		CURLcode code = message->data.result;
		struct job *job = NULL;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job);
		if (code == CURLE_OK)
			end_good(f, job);
		else
			end_bad(f, job, code);
	}
}

static void report_progress(const struct fetch *f)
{
	struct fetch_progress p = { .files = f->count, .files_done = f->done };

	if (!f->options.on_progress)
		return;
	for (size_t i = 0; i < f->count; i++) {
		const struct job *job = &f->jobs[i];

		p.bytes += job->file->size;
		if (job->state == JOB_DONE)
			p.bytes_done += job->file->size;
		else if (job->part && job->file->size)
			p.bytes_done += part_size(job->part);
	}
	f->options.on_progress(f->options.context, &p);
}

static struct fetch_options complete(const struct fetch_options *given)
{
	struct fetch_options o = given ? *given : (struct fetch_options){ 0 };

	o.parallel = o.parallel ? o.parallel : PARALLEL;
	o.connect_timeout = o.connect_timeout ? o.connect_timeout : CONNECT_TIMEOUT;
	o.stall_timeout = o.stall_timeout ? o.stall_timeout : STALL_TIMEOUT;
	o.retries = o.retries ? o.retries : RETRIES;
	return o;
}

bool fetch_is_absent(const struct fetch_file *file)
{
	return file->error.kind == ERR_NOT_FOUND || file->error.kind == ERR_DENIED;
}

int fetch_files(struct fetch_file *files, size_t count, const struct fetch_options *options,
	struct error *err)
{
	struct fetch f = { .count = count, .options = complete(options) };
	CLEANUP(free) struct job *jobs = f.jobs = mem_new(count, sizeof *f.jobs);

	credential_files_read(&f.credentials);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(f.multi = curl_multi_init()))
		abort();
	for (size_t i = 0; i < count; i++) {
		files[i].error = (struct error){ 0 };
		files[i].is_unchanged = false;
		jobs[i].file = &files[i];
	}
	for (int running; f.done < count;) {
		start_waiting(&f);
		curl_multi_perform(f.multi, &running);
		end_finished(&f);
		report_progress(&f);
		if (f.done < count)
			curl_multi_poll(f.multi, NULL, 0, POLL_MS, NULL);
	}
	curl_multi_cleanup(f.multi);
	curl_global_cleanup();
	credential_files_done(&f.credentials);
	for (size_t i = 0; i < count; i++) {
		if (files[i].error.kind != ERR_NONE) {
			*err = files[i].error;
			return -1;
		}
	}
	return 0;
}
