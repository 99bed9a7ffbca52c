/* SPDX-License-Identifier: Apache-2.0 */
/* What stands for what: secrets, access keys and account ids get placeholders
 * here and are remembered, and plain text is searched for all of them. Members
 * and messages are taken apart in the files redact_*.c.
 * Start at recording_redactor_text(). */
#include "recording/private.h"

#include "base/base64.h"
#include "base/mem.h"

/* Beyond this many a secret is replaced in its own member only. */
enum {
    SECRETS_MAX = 20000,
    PLACEHOLDERS_MAX = 1000000,
    SECRET_LONGEST = 16 * 1024,
    MEMORY_MOST = 256 * 1024 * 1024,
};

struct recording_redactor *recording_redactor_new(struct aws_registry *registry,
                                                  const unsigned char *key)
{
    struct recording_redactor *redactor = mem_new(sizeof(*redactor));
    redactor->registry = registry;
    redactor->off = key == NULL;
    redactor->arena = arena_new();
    if (key != NULL) {
        memcpy(redactor->key, key, RECORDING_KEY_SIZE);
    }
    recording_table_init(&redactor->placeholders, redactor->arena);
    recording_table_init(&redactor->secrets, redactor->arena);
    recording_table_init(&redactor->accounts, redactor->arena);
    recording_known_init(&redactor->known, redactor->arena);
    return redactor;
}

void recording_redactor_free(struct recording_redactor *redactor)
{
    if (redactor == NULL) {
        return;
    }
    arena_free(redactor->arena);
    mem_wipe(redactor, sizeof(*redactor));
    mem_free(redactor);
}

void recording_redactor_keep(struct recording_redactor *redactor,
                             struct str placeholder)
{
    if (redactor->placeholders.count < PLACEHOLDERS_MAX) {
        (void)recording_table_put(&redactor->placeholders, placeholder,
                                  STR_NONE);
    }
}

static bool is_kept(const struct recording_redactor *redactor, struct str text)
{
    return recording_placeholder_is(text) ||
           recording_table_find(&redactor->placeholders, text) != NULL;
}

/* ---- secrets ---- */

/* Words that stand everywhere: that one of them is also a secret somewhere
 * cannot be seen from its other places, and a recording without them would fit
 * no other run. */
static const char *const common_words[] = {
    "aurora-mysql", "aurora-postgresql", "default",
    "development",  "disabled",          "enabled",
    "localhost",    "mariadb",           "mysql",
    "oracle",       "password",          "postgres",
    "postgresql",   "production",        "secret",
    "sqlserver",    "staging",           "string",
    "username",
};

/* "eu-west-1", "us-gov-east-1" */
static bool is_region(struct str text)
{
    size_t dashes = 0;
    for (size_t i = 0; i + 1 < text.len; i++) {
        char c = text.ptr[i];
        dashes += c == '-';
        if (c != '-' && !(c >= 'a' && c <= 'z')) {
            return false;
        }
    }
    return dashes >= 2 && dashes <= 3 && text.len >= 9 && text.len <= 16 &&
           text.ptr[text.len - 1] >= '1' && text.ptr[text.len - 1] <= '9' &&
           text.ptr[text.len - 2] == '-';
}

static bool is_common(struct str text)
{
    size_t count = sizeof(common_words) / sizeof(common_words[0]);
    for (size_t i = 0; i < count; i++) {
        if (str_eq_nocase(text, str_of(common_words[i]))) {
            return true;
        }
    }
    return is_region(text);
}

static void remember(struct recording_redactor *redactor, struct str secret,
                     struct str placeholder)
{
    if (secret.len < KNOWN_SHORTEST || secret.len > SECRET_LONGEST ||
        redactor->secrets.count >= SECRETS_MAX ||
        arena_size(redactor->arena) > MEMORY_MOST ||
        str_eq(secret, placeholder) ||
        recording_table_find(&redactor->secrets, secret) != NULL) {
        return;
    }
    (void)recording_table_put(&redactor->secrets, secret, placeholder);
    redactor->learned++;
    if (!is_common(secret)) {
        recording_known_add(&redactor->known, secret, placeholder);
    }
}

/* What is hashed has known secrets replaced already: a URL that holds a
 * password is the same one in a replay, where the client only ever saw the
 * password's placeholder. */
static struct str hide(struct recording_redactor *redactor, struct arena *arena,
                       struct str secret)
{
    if (secret.len == 0 || is_kept(redactor, secret)) {
        return secret;
    }
    const struct table_row *row =
        recording_table_find(&redactor->secrets, secret);
    if (row != NULL) {
        return arena_str(arena, row->value);
    }
    struct str clean = recording_redactor_text(redactor, arena, secret);
    if (is_kept(redactor, clean)) {
        return clean;
    }
    uint64_t hash = recording_key_hash(redactor->key, "", clean);
    struct str placeholder = recording_placeholder_make(arena, hash);
    remember(redactor, secret, placeholder);
    return placeholder;
}

/* An object keeps its keys; both the whole and its leaves are remembered. */
struct str recording_redactor_secret(struct recording_redactor *redactor,
                                     struct arena *arena, struct str secret)
{
    struct str result = STR_NONE;
    if (redactor->off) {
        return secret;
    }
    if (recording_redactor_json_text(redactor, arena, NULL, true, 0, secret,
                                     &result)) {
        remember(redactor, secret, result);
        return result;
    }
    return hide(redactor, arena, secret);
}

/* Base64 of bytes stays base64, of what stands for the bytes. */
static struct str secret_base64(struct recording_redactor *redactor,
                                struct arena *arena, struct str text)
{
    struct str bytes = STR_NONE;
    if (text.len == 0 || recording_placeholder_is_base64(text)) {
        return text;
    }
    if (!base64_read(arena, text, &bytes)) {
        return hide(redactor, arena, text);
    }
    struct str inner = hide(redactor, arena, bytes);
    struct str result = base64_write(arena, inner);
    remember(redactor, text, result);
    return result;
}

/* ---- access keys and accounts ---- */

struct str recording_redactor_access_key(struct recording_redactor *redactor,
                                         struct arena *arena, struct str key)
{
    if (redactor->off || key.len == 0 || is_kept(redactor, key)) {
        return key;
    }
    uint64_t hash = recording_key_hash(redactor->key, "access key", key);
    struct str placeholder = recording_placeholder_access_key(arena, hash);
    remember(redactor, key, placeholder);
    return placeholder;
}

static bool is_account(struct str text)
{
    return text.len == ACCOUNT_LEN && recording_account_is_at(text, 0);
}

struct str recording_redactor_account(struct recording_redactor *redactor,
                                      struct arena *arena, struct str account)
{
    if (redactor->off || redactor->leave_accounts || !is_account(account) ||
        recording_table_find(&redactor->placeholders, account) != NULL) {
        return account;
    }
    const struct table_row *row =
        recording_table_find(&redactor->accounts, account);
    if (row != NULL) {
        return arena_str(arena, row->value);
    }
    uint64_t hash = recording_key_hash(redactor->key, "account", account);
    struct str placeholder = recording_placeholder_account(arena, hash);
    (void)recording_table_put(&redactor->accounts, account, placeholder);
    recording_redactor_keep(redactor, placeholder);
    redactor->learned++;
    return placeholder;
}

/* ---- plain text ---- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_';
}

/* "arn:aws:ssm:eu-west-1:" before, "123456789012:parameter/x" from `at` on. In
 * a target the colons may be written %3A. */
bool recording_account_is_in_arn(struct str text, size_t at)
{
    size_t colons = 0;
    size_t from = at;
    while (from > 0 && at - from < 120) {
        char c = text.ptr[from - 1];
        if (!is_word(c) && c != '-' && c != ':' && c != '%') {
            break;
        }
        from--;
    }
    struct str before = str_from(str_first(text, at), from);
    struct str colon = str_contains(before, STR("%3A"))   ? STR("%3A")
                       : str_contains(before, STR("%3a")) ? STR("%3a")
                                                          : STR(":");
    if (!str_ends(before, colon)) {
        return false;
    }
    for (size_t i = before.len; i >= colon.len && colons <= 4; i--) {
        struct str head = str_first(before, i);
        if (!str_ends(head, colon)) {
            continue;
        }
        colons++;
        head = str_first(head, head.len - colon.len);
        if (colons == 4) {
            return str_ends(head, STR("arn"));
        }
    }
    return false;
}

/* "/123456789012/queue" */
static bool is_in_path(struct str text, size_t at)
{
    size_t end = at + ACCOUNT_LEN;
    return at > 0 && text.ptr[at - 1] == '/' &&
           (end == text.len || text.ptr[end] == '/' || text.ptr[end] == '?');
}

/* A live text of a replay may name an account that this redactor has not met:
 * then what stands for it is one of the placeholders that are kept. */
static bool is_recorded_account(const struct recording_redactor *redactor,
                                struct arena *arena, struct str account)
{
    if (redactor->placeholders.count == 0) {
        return false;
    }
    struct str placeholder = recording_placeholder_account(
        arena, recording_key_hash(redactor->key, "account", account));
    return recording_table_find(&redactor->placeholders, placeholder) != NULL;
}

static struct str find_account(struct recording_redactor *redactor,
                               struct arena *arena, struct str text, size_t at)
{
    if (!recording_account_is_at(text, at)) {
        return STR_NONE;
    }
    struct str account = str_first(str_from(text, at), ACCOUNT_LEN);
    if (recording_table_find(&redactor->accounts, account) == NULL &&
        !recording_account_is_in_arn(text, at) && !is_in_path(text, at) &&
        !is_recorded_account(redactor, arena, account)) {
        return STR_NONE;
    }
    return recording_redactor_account(redactor, arena, account);
}

static struct str find_access_key(struct recording_redactor *redactor,
                                  struct arena *arena, struct str text,
                                  size_t at)
{
    struct str rest = str_from(text, at);
    if (rest.len < ACCESS_KEY_LEN || rest.ptr[0] != 'A' ||
        (!str_starts(rest, STR("AKIA")) && !str_starts(rest, STR("ASIA"))) ||
        (at > 0 && is_word(text.ptr[at - 1])) ||
        (rest.len > ACCESS_KEY_LEN && is_word(rest.ptr[ACCESS_KEY_LEN]))) {
        return STR_NONE;
    }
    for (size_t i = 0; i < ACCESS_KEY_LEN; i++) {
        char c = rest.ptr[i];
        if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')) {
            return STR_NONE;
        }
    }
    return recording_redactor_access_key(redactor, arena,
                                         str_first(rest, ACCESS_KEY_LEN));
}

/* The shape alone tells that it is a secret, wherever it stands. */
static struct str token_placeholder(struct recording_redactor *redactor,
                                    struct arena *arena, struct str token)
{
    struct str placeholder = recording_placeholder_make(
        arena, recording_key_hash(redactor->key, "", token));
    remember(redactor, token, placeholder);
    return placeholder;
}

/* What begins at `at`: how long it is, and what is to stand there. */
static size_t find_any(struct recording_redactor *redactor, struct arena *arena,
                       struct str text, size_t at, struct str *ret_put)
{
    char c = text.ptr[at];
    if (c == 'r' || c == 'R') {
        *ret_put = recording_placeholder_at(str_from(text, at));
        if (ret_put->ptr != NULL) {
            return ret_put->len;
        }
    }
    const struct table_row *row =
        recording_known_at(&redactor->known, text, at);
    if (row != NULL) {
        *ret_put = row->value;
        return row->key.len;
    }
    if (c >= '0' && c <= '9') {
        *ret_put = find_account(redactor, arena, text, at);
        return ret_put->ptr != NULL ? ACCOUNT_LEN : 0;
    }
    if (c == 'A') {
        *ret_put = find_access_key(redactor, arena, text, at);
        if (ret_put->ptr != NULL) {
            return ACCESS_KEY_LEN;
        }
    }
    size_t len = recording_token_surely_at(text, at);
    if (len > 0) {
        struct str token = str_first(str_from(text, at), len);
        *ret_put = token_placeholder(redactor, arena, token);
    }
    return len;
}

struct str recording_redactor_text(struct recording_redactor *redactor,
                                   struct arena *arena, struct str text)
{
    struct buf out = {0};
    size_t copied = 0;
    size_t at = 0;
    while (!redactor->off && at < text.len) {
        struct str put = STR_NONE;
        size_t len = find_any(redactor, arena, text, at, &put);
        if (len > 0) {
            buf_add(&out, str_from(str_first(text, at), copied));
            buf_add(&out, put);
            copied = at + len;
        }
        at += len > 0 ? len : 1;
    }
    if (copied == 0) {
        return text;
    }
    buf_add(&out, str_from(text, copied));
    struct str result = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return result;
}

/* ---- members ---- */

bool recording_redactor_keeps_number(const struct recording_redactor *redactor,
                                     struct str number)
{
    return redactor->any_number
               ? recording_placeholder_may_be_number(number)
               : recording_placeholder_is_number(redactor->key, number);
}

struct str recording_redactor_member(struct recording_redactor *redactor,
                                     struct arena *arena, enum member_kind kind,
                                     struct str text)
{
    if (redactor->off) {
        return text;
    }
    switch (kind) {
    case MEMBER_SECRET:
        return recording_redactor_secret(redactor, arena, text);
    case MEMBER_SECRET_BASE64:
        return secret_base64(redactor, arena, text);
    case MEMBER_ACCESS_KEY:
        return recording_redactor_access_key(redactor, arena, text);
    case MEMBER_ACCOUNT:
        if (is_account(text)) {
            return recording_redactor_account(redactor, arena, text);
        }
        break;
    case MEMBER_PLAIN:
        break;
    }
    return recording_redactor_text(redactor, arena, text);
}
