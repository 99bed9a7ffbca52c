/* SPDX-License-Identifier: Apache-2.0 */
/* A body whose last byte is given only once its hash is known to be right.
 * So a body of any length is checked without being kept.
 * Start at read_checked(). */
#include "sigv4/private.h"

struct hash_check {
    struct http_source source; /* first, so that it can be cast */
    struct http_source *inner;
    struct sigv4_hasher *hasher;
    struct str expected;
    bool holds;
    char held;
    enum http_read state; /* SOME until the inner source ended or broke */
};

static const struct http_fault mismatch_fault = {
    400, "XAmzContentSHA256Mismatch",
    "The provided 'x-amz-content-sha256' header does not match what was "
    "computed."};

static enum http_read break_with(struct hash_check *check,
                                 const struct http_fault *fault)
{
    check->source.fault = fault;
    check->state = HTTP_READ_BROKEN;
    check->holds = false;
    return HTTP_READ_BROKEN;
}

static enum http_read end_checked(struct hash_check *check, char *dst,
                                  size_t *ret_len)
{
    char hex[SIGV4_HEX_LEN + 1];
    sigv4_hasher_hex(check->hasher, hex);
    if (!str_eq_nocase(str_of(hex), check->expected)) {
        return break_with(check, &mismatch_fault);
    }
    check->state = HTTP_READ_END;
    if (!check->holds) {
        return HTTP_READ_END;
    }
    check->holds = false;
    *dst = check->held;
    *ret_len = 1;
    return HTTP_READ_SOME;
}

/* Gives the byte held before in front of the new ones and holds the last. */
static size_t shift_in(struct hash_check *check, char *dst, size_t len)
{
    char last = dst[len - 1];
    memmove(dst + check->holds, dst, len - 1);
    size_t given = len - 1 + check->holds;
    if (check->holds) {
        dst[0] = check->held;
    }
    check->held = last;
    check->holds = true;
    return given;
}

static enum http_read read_checked(struct http_source *self, char *dst,
                                   size_t size, size_t *ret_len)
{
    struct hash_check *check = (struct hash_check *)self;
    *ret_len = 0;
    while (check->state == HTTP_READ_SOME) {
        size_t len = 0;
        enum http_read got = http_source_read(check->inner, dst, size, &len);
        if (got == HTTP_READ_WAIT) {
            return got;
        }
        if (got == HTTP_READ_BROKEN) {
            return break_with(check, check->inner->fault);
        }
        if (got == HTTP_READ_END) {
            return end_checked(check, dst, ret_len);
        }
        sigv4_hasher_add(check->hasher, str_make(dst, len));
        *ret_len = shift_in(check, dst, len);
        if (*ret_len > 0) {
            return HTTP_READ_SOME;
        }
    }
    return check->state;
}

static void watch_inner(struct http_source *self, struct timers *timers,
                        struct timer *watcher)
{
    struct hash_check *check = (struct hash_check *)self;
    http_source_watch(check->inner, timers, watcher);
}

struct http_source *sigv4_hash_check(struct arena *arena,
                                     struct http_source *inner,
                                     struct str expected_hex)
{
    struct hash_check *check = ARENA_NEW(arena, struct hash_check);
    check->source.read = read_checked;
    check->source.watch = watch_inner;
    check->inner = inner;
    check->hasher = sigv4_hasher_new();
    check->expected = arena_str(arena, expected_hex);
    check->state = HTTP_READ_SOME;
    return &check->source;
}

void sigv4_hash_check_free(struct http_source *source)
{
    if (source == NULL) {
        return;
    }
    struct hash_check *check = (struct hash_check *)source;
    sigv4_hasher_free(check->hasher);
    check->hasher = NULL;
    check->state = HTTP_READ_BROKEN;
}
