/* SPDX-License-Identifier: Apache-2.0 */
#include "content/signature.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <gpgme.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BITS_LEAST      2048 /* of a key of RSA or DSA */
#define KEY_NAME        "Patchline repository key"
#define KEY_FILE        "patchline.gpg"
#define SOCKET_ROOM     80 /* longest home in which the name of a socket (107 bytes) finds room */
#define KILL_TIMEOUT_MS 10000
#define GNUPG_ROOM      ((uint64_t)128 * 1024) /* with less, it is the room that GnuPG lacks */

/* Keys are believed because they stand in the keyring; nothing is asked of any server or agent. */
static const char verify_conf[] = "trust-model always\nno-auto-key-retrieve\nno-auto-key-locate\n"
				  "no-auto-check-trustdb\nno-autostart\nweak-digest SHA1\n";
static const char sign_conf[] = "trust-model always\nno-auto-key-retrieve\nno-auto-key-locate\n"
				"no-auto-check-trustdb\ndigest-algo SHA512\n";

static const char agent_conf[] = "disable-scdaemon\n"; /* the key is on no card */

static void context_free(gpgme_ctx_t ctx)
{
	if (ctx)
		gpgme_release(ctx);
}
CLEANUP_FUNC(gpgme_ctx_t, context_free)

static void bytes_free(gpgme_data_t bytes)
{
	if (bytes)
		gpgme_data_release(bytes);
}
CLEANUP_FUNC(gpgme_data_t, bytes_free)

/* GnuPG has many words for a disk that is full, and removes what it could not finish. */
static bool is_full(const char *home)
{
	struct statvfs disk;

	return statvfs(home, &disk) == 0 &&
	       ((uint64_t)disk.f_bavail * disk.f_frsize < GNUPG_ROOM || !disk.f_favail);
}

static int gnupg_error(struct error *err, const char *home, const char *what, gpgme_error_t cause)
{
	char text[200];

	gpgme_strerror_r(cause, text, sizeof text);
	if (gpgme_err_code(cause) == GPG_ERR_ENOSPC || is_full(home))
		return error_set(err, ERR_SYSTEM,
			"%s: no space left on the disk of '%s'; make room there, then do it again"
			" (GnuPG says: %s)",
			what, home, text);
	return error_set(err, ERR_SYSTEM, "%s: GnuPG says: %s", what, text);
}

/* By a file, or a directory. */
static int lock_gnupg(const char *path, int flags, int *fd, struct error *err)
{
	*fd = open(path, flags | O_CLOEXEC, 0600);
	if (*fd < 0 || flock(*fd, LOCK_EX) < 0)
		return error_set(err, ERR_SYSTEM, "locking '%s': %s", path, strerror(errno));
	/* gpgme wants this first, and from one thread at a time; it would start six programs to learn where gpg is. */
	if (gpgme_set_global_flag("disable-gpgconf", "1") != 0)
		return error_set(err, ERR_SYSTEM, "gpgme does not take 'disable-gpgconf'");
	gpgme_check_version(NULL);
	return 0;
}

/* One at a time on a state directory: GnuPG's own locks do not cover making keys and ending agents. */
static int lock_state(const char *state, int *fd, struct error *err)
{
	CLEANUP(free) char *path = mem_printf("%s/gnupg.lock", state);

	return dir_make(state, 0755, err) < 0 ? -1 : lock_gnupg(path, O_RDWR | O_CREAT, fd, err);
}

/* Set for all contexts that are made from now on: gpg is run for its version once a home, not once a context. */
static gpgme_error_t use_home(const char *home)
{
	gpgme_engine_info_t engine = NULL;
	gpgme_error_t cause = gpgme_get_engine_info(&engine);

	while (engine && engine->protocol != GPGME_PROTOCOL_OpenPGP)
		engine = engine->next;
	if (cause || (engine && str_equal(engine->home_dir, home)))
		return cause;
	return gpgme_set_engine_info(GPGME_PROTOCOL_OpenPGP, NULL, home);
}

static int new_context(const char *home, gpgme_ctx_t *out, struct error *err)
{
	CLEANUP(context_free) gpgme_ctx_t ctx = NULL;
	gpgme_error_t cause = use_home(home);

	if (!cause)
		cause = gpgme_new(&ctx);
	if (!cause)
		cause = gpgme_set_protocol(ctx, GPGME_PROTOCOL_OpenPGP);
	if (cause)
		return gnupg_error(err, home, "starting GnuPG", cause);
	gpgme_set_offline(ctx, 1);
	*out = STEAL(&ctx);
	return 0;
}

static gpgme_data_t borrow_bytes(const char *bytes, size_t size)
{
	gpgme_data_t data = NULL;

	if (gpgme_data_new_from_mem(&data, bytes, size, 0))
		abort();
	return data;
}

static gpgme_data_t empty_bytes(void)
{
	gpgme_data_t data = NULL;

	if (gpgme_data_new(&data))
		abort();
	return data;
}

/* What a data object holds as a text of ours; takes the object. */
static char *take_bytes(gpgme_data_t *data, size_t *size)
{
	char *held = gpgme_data_release_and_get_mem(STEAL(data), size);
	char *text = mem_strndup(held ? held : "", held ? *size : 0);

	/* mem_strndup() stops at a NUL byte; a text that has one ends there for every reader. */
	*size = strlen(text);
	gpgme_free(held);
	return text;
}

static int make_home(const char *home, const char *conf, size_t conf_size, struct error *err)
{
	CLEANUP(free) char *path = mem_printf("%s/gpg.conf", home);

	if (file_remove_all(home, err) < 0 || dir_make(home, 0700, err) < 0)
		return -1;
	return file_write(path, conf, conf_size, 0600, err);
}

static int import_keys(
	const char *home, const char *keyring, const char *keys, size_t size, struct error *err)
{
	CLEANUP(context_free) gpgme_ctx_t ctx = NULL;
	CLEANUP(bytes_free) gpgme_data_t data = borrow_bytes(keys, size);
	gpgme_import_result_t result;
	gpgme_error_t cause;

	if (new_context(home, &ctx, err) < 0)
		return -1;
	cause = gpgme_op_import(ctx, data);
	result = gpgme_op_import_result(ctx);
	if ((gpgme_err_code(cause) == GPG_ERR_NO_DATA || !result || !result->imported) &&
		!is_full(home))
		return error_set(err, ERR_CORRUPT, "keyring '%s' holds no OpenPGP keys", keyring);
	if (cause || !result || !result->imported)
		return gnupg_error(err, home, "importing keys", cause);
	return 0;
}

/* A private home that holds the keys of a keyring; made once per content of the keyring. */
static int open_keyring(const char *state, const char *keyring, char **out, struct error *err)
{
	CLEANUP(free) char *keys = NULL;
	char digest[DIGEST_HEX_SIZE];
	size_t size = 0;

	if (file_read(keyring, SIGNATURE_KEYRING_MAX, &keys, &size, err) < 0)
		return error_wrap(err, "reading the keyring");

	CLEANUP(free)
	char *home = mem_printf("%s/keyrings/%s", state, digest_bytes(keys, size, digest));
	CLEANUP(free) char *ready = mem_printf("%s/ready", home);

	if (!file_exists(ready) && (make_home(home, verify_conf, sizeof verify_conf - 1, err) < 0 ||
					   import_keys(home, keyring, keys, size, err) < 0 ||
					   file_write(ready, "", 0, 0600, err) < 0))
		return -1;
	*out = STEAL(&home);
	return 0;
}

/* Where a signature is looked at. */
struct verifying {
	int lock;
	char *home, *scratch; /* owned; scratch: made for this signature alone, or NULL */
};

static void verifying_done(struct verifying *v)
{
	struct error ignored;

	if (v->scratch)
		(void)!file_remove_all(v->scratch, &ignored);
	fd_close(v->lock);
	free(v->home);
	free(v->scratch);
}
CLEANUP_DONE(struct verifying, verifying_done)

/* A state directory that takes nothing, full or read-only, can be verified all the same: the keys go elsewhere for that. */
static int open_scratch(
	struct verifying *v, const char *state, const char *keyring, struct error *err)
{
	const char *temporary = getenv("TMPDIR");
	CLEANUP(free)
	char *dir = mem_printf("%s/patchline-XXXXXX", temporary ? temporary : "/tmp");

	fd_close(v->lock);
	if (lock_gnupg(state, O_RDONLY | O_DIRECTORY, &v->lock, err) < 0)
		return -1;
	if (!mkdtemp(dir))
		return error_set(err, ERR_SYSTEM, "making '%s': %s", dir, strerror(errno));
	v->scratch = STEAL(&dir);
	return open_keyring(v->scratch, keyring, &v->home, err);
}

static int open_verifying(
	struct verifying *v, const char *state, const char *keyring, struct error *err)
{
	struct error cause = { 0 };

	if (lock_state(state, &v->lock, err) == 0 &&
		open_keyring(state, keyring, &v->home, err) == 0)
		return 0;
	return err->kind == ERR_SYSTEM ? open_scratch(v, state, keyring, &cause) : -1;
}

/* What a signature that is not good means; the first that is seen is told. */
static const struct flaw {
	gpg_err_code_t code;
	const char *what;
} flaws[] = {
	{ GPG_ERR_BAD_SIGNATURE, "is bad: the text was changed after signing" },
	{ GPG_ERR_NO_PUBKEY, "is by a key that is not in the keyring" },
	{ GPG_ERR_KEY_EXPIRED, "is by a key that has expired" },
	{ GPG_ERR_SIG_EXPIRED, "has expired" },
	{ GPG_ERR_CERT_REVOKED, "is by a key that was revoked" },
	{ GPG_ERR_DIGEST_ALGO, "uses a digest that is too weak" },
};

static const char *flaw_of(gpgme_error_t status)
{
	for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++) {
		if (flaws[i].code == gpgme_err_code(status))
			return flaws[i].what;
	}
	return "cannot be checked";
}

static bool has_factors(gpgme_pubkey_algo_t algorithm)
{
	return algorithm == GPGME_PK_RSA || algorithm == GPGME_PK_RSA_S ||
	       algorithm == GPGME_PK_RSA_E || algorithm == GPGME_PK_DSA;
}

/* Bits of the key that made a signature, where few of them are a danger; else UINT_MAX. */
static unsigned bits_of(gpgme_ctx_t ctx, const struct _gpgme_signature *s)
{
	gpgme_key_t key = NULL;
	unsigned bits = 0;

	if (!has_factors(s->pubkey_algo))
		return UINT_MAX;
	if (gpgme_get_key(ctx, s->fpr, &key, 0))
		return 0;
	for (const struct _gpgme_subkey *k = key->subkeys; k; k = k->next) {
		if (k->fpr && strcmp(k->fpr, s->fpr) == 0)
			bits = k->length;
	}
	gpgme_key_unref(key);
	return bits;
}

/* Of a signature that GnuPG takes: what is too weak all the same. NULL: nothing. */
static const char *weakness_of(gpgme_ctx_t ctx, const struct _gpgme_signature *s)
{
	switch (s->hash_algo) {
	case GPGME_MD_SHA256:
	case GPGME_MD_SHA384:
	case GPGME_MD_SHA512:
		break;
	default:
		return "uses a digest that is too weak: want SHA-256, SHA-384 or SHA-512";
	}
	return bits_of(ctx, s) < BITS_LEAST ? "is by a key that is too weak: want 2048 bits" : NULL;
}

/* Why it is not believed; NULL: it is. */
static const char *judge_signature(gpgme_ctx_t ctx, const struct _gpgme_signature *s)
{
	return gpgme_err_code(s->status) == GPG_ERR_NO_ERROR ? weakness_of(ctx, s)
							     : flaw_of(s->status);
}

/* Several keys may sign: one that we know must be good, and none may be bad. */
static int judge_signatures(gpgme_ctx_t ctx, const char *keyring, struct error *err)
{
	gpgme_verify_result_t result = gpgme_op_verify_result(ctx);
	const char *key = NULL, *why = NULL; /* of the worst one that is not believed */
	bool is_good = false, has_forged = false;

	if (!result || !result->signatures)
		return error_set(err, ERR_CORRUPT, "it is not signed");
	gpgme_result_ref(result);
	for (const struct _gpgme_signature *s = result->signatures; s; s = s->next) {
		const char *flaw = judge_signature(ctx, s);
		bool is_forged = gpgme_err_code(s->status) == GPG_ERR_BAD_SIGNATURE;

		is_good |= !flaw;
		if (flaw && (!why || (is_forged && !has_forged))) {
			key = s->fpr;
			why = flaw;
		}
		has_forged |= is_forged;
	}

	int answer = is_good && !has_forged ? 0
					    : error_set(err, ERR_CORRUPT,
						      "the signature by key %s %s (keyring '%s')",
						      key ? key : "unknown", why, keyring);

	gpgme_result_unref(result);
	return answer;
}

/* A clearsigned text when detached is NULL; its content goes into *plain. */
static int verify_in(const char *home, const char *keyring, gpgme_data_t signature,
	gpgme_data_t detached, gpgme_data_t plain, struct error *err)
{
	CLEANUP(context_free) gpgme_ctx_t ctx = NULL;
	gpgme_error_t cause;

	if (new_context(home, &ctx, err) < 0)
		return -1;
	cause = gpgme_op_verify(ctx, signature, detached, plain);
	if (gpgme_err_code(cause) == GPG_ERR_NO_DATA)
		return error_set(err, ERR_CORRUPT, "it is not signed");
	if (gpgme_err_code(cause) == GPG_ERR_BAD_DATA)
		return error_set(err, ERR_CORRUPT, "its signature is damaged");
	if (cause)
		return gnupg_error(err, home, "verifying a signature", cause);
	return judge_signatures(ctx, keyring, err);
}

int signature_verify(const char *state, const char *keyring, const char *text, size_t size,
	char **content, struct error *err)
{
	static const char armor[] = "-----BEGIN PGP SIGNED MESSAGE-----";
	CLEANUP(verifying_done) struct verifying v = { .lock = -1 };
	CLEANUP(bytes_free) gpgme_data_t signature = NULL;
	CLEANUP(bytes_free) gpgme_data_t plain = NULL;
	size_t content_size = 0;

	if (size > SIGNATURE_TEXT_MAX)
		return error_set(err, ERR_CORRUPT, "a signed text of %zu bytes is too large", size);
	/* GnuPG would also take a binary message; a Release file is never one. */
	if (size < sizeof armor - 1 || memcmp(text, armor, sizeof armor - 1) != 0)
		return error_set(err, ERR_CORRUPT, "it is not signed");
	if (open_verifying(&v, state, keyring, err) < 0)
		return -1;
	signature = borrow_bytes(text, size);
	plain = empty_bytes();
	if (verify_in(v.home, keyring, signature, NULL, plain, err) < 0)
		return -1;
	*content = take_bytes(&plain, &content_size);
	return 0;
}

int signature_verify_detached(
	const char *state, const char *keyring, const struct detached *detached, struct error *err)
{
	CLEANUP(verifying_done) struct verifying v = { .lock = -1 };
	CLEANUP(bytes_free) gpgme_data_t text = NULL;
	CLEANUP(bytes_free) gpgme_data_t signature = NULL;

	if (open_verifying(&v, state, keyring, err) < 0)
		return -1;
	text = borrow_bytes(detached->text, detached->text_size);
	signature = borrow_bytes(detached->signature, detached->signature_size);
	return verify_in(v.home, keyring, signature, text, NULL, err);
}

/* The home of our own key. Where its path is too long for a socket, `home` goes through a short link. */
struct own_home {
	char *path, *link_dir, *home; /* owned; link_dir: NULL when not needed */
};

static void own_home_done(struct own_home *own)
{
	const char *const argv[] = { "gpg-connect-agent", "--homedir", own->home ? own->home : "",
		"--no-autostart", "KILLAGENT", "/bye", NULL };
	struct process_options options = { .argv = argv, .timeout_ms = KILL_TIMEOUT_MS };
	CLEANUP(process_result_done) struct process_result result = { 0 };
	struct error ignored;

	/* Signing started an agent. Without a key in use it would wait for ever. */
	if (own->home && process_run(&options, &result, &ignored) == 0 && own->link_dir)
		unlink(own->home);
	if (own->link_dir)
		rmdir(own->link_dir);
	free(own->path);
	free(own->link_dir);
	free(own->home);
}
CLEANUP_DONE(struct own_home, own_home_done)

static int own_home_open(struct own_home *own, const char *state, struct error *err)
{
	CLEANUP(free) char *dir = mem_strdup("/tmp/patchline-XXXXXX");

	own->path = mem_printf("%s/gnupg", state);
	if (strlen(own->path) <= SOCKET_ROOM) {
		own->home = mem_strdup(own->path);
		return 0;
	}
	if (!mkdtemp(dir))
		return error_set(err, ERR_SYSTEM, "making '%s': %s", dir, strerror(errno));
	own->link_dir = STEAL(&dir);
	own->home = mem_printf("%s/home", own->link_dir);
	if (symlink(own->path, own->home) < 0)
		return error_set(err, ERR_SYSTEM, "making '%s': %s", own->home, strerror(errno));
	return 0;
}

static int export_key(gpgme_ctx_t ctx, const char *home, const char *path, struct error *err)
{
	CLEANUP(bytes_free) gpgme_data_t data = empty_bytes();
	gpgme_error_t cause = gpgme_op_export(ctx, NULL, 0, data);
	size_t size = 0;

	if (cause)
		return gnupg_error(err, home, "exporting the repository key", cause);

	char *held = gpgme_data_release_and_get_mem(STEAL(&data), &size);
	int result = file_write(path, held, size, 0644, err);

	gpgme_free(held);
	return result;
}

/* The file with the public key is written last: when it is there, the key is whole. */
static int make_key(const struct own_home *own, const char *file, struct error *err)
{
	CLEANUP(free) char *agent = path_join(own->path, "gpg-agent.conf");
	CLEANUP(context_free) gpgme_ctx_t ctx = NULL;
	gpgme_error_t cause;

	if (file_exists(file))
		return 0;
	if (make_home(own->path, sign_conf, sizeof sign_conf - 1, err) < 0 ||
		file_write(agent, agent_conf, sizeof agent_conf - 1, 0600, err) < 0 ||
		new_context(own->home, &ctx, err) < 0)
		return -1;
	cause = gpgme_op_createkey(ctx, KEY_NAME, "ed25519", 0, 0, NULL,
		GPGME_CREATE_SIGN | GPGME_CREATE_NOPASSWD | GPGME_CREATE_NOEXPIRE);
	if (cause)
		return gnupg_error(err, own->home, "making the repository key", cause);
	return export_key(ctx, own->home, file, err);
}

int signature_clearsign(const char *state, const char *text, char **out, struct error *err)
{
	CLEANUP(fd_close) int lock = -1;
	CLEANUP(free) char *file = mem_printf("%s/gnupg/" KEY_FILE, state);
	CLEANUP(own_home_done) struct own_home own = { 0 };
	CLEANUP(context_free) gpgme_ctx_t ctx = NULL;
	CLEANUP(bytes_free) gpgme_data_t plain = NULL;
	CLEANUP(bytes_free) gpgme_data_t signed_text = NULL;
	gpgme_error_t cause;
	size_t size = 0;

	if (lock_state(state, &lock, err) < 0 || own_home_open(&own, state, err) < 0 ||
		make_key(&own, file, err) < 0 || new_context(own.home, &ctx, err) < 0)
		return -1;
	plain = borrow_bytes(text, strlen(text));
	signed_text = empty_bytes();
	cause = gpgme_op_sign(ctx, plain, signed_text, GPGME_SIG_MODE_CLEAR);
	if (cause)
		return gnupg_error(err, own.home, "signing with the repository key", cause);
	*out = take_bytes(&signed_text, &size);
	return 0;
}

int signature_public_key(const char *state, char **path, struct error *err)
{
	CLEANUP(free) char *file = mem_printf("%s/gnupg/" KEY_FILE, state);
	CLEANUP(fd_close) int lock = -1;
	CLEANUP(own_home_done) struct own_home own = { 0 };

	/* It appears whole; who only reads it wants no lock. Another may have made it meanwhile. */
	if (!file_exists(file) &&
		(lock_state(state, &lock, err) < 0 ||
			(!file_exists(file) && (own_home_open(&own, state, err) < 0 ||
						       make_key(&own, file, err) < 0))))
		return -1;
	*path = STEAL(&file);
	return 0;
}
