/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to the text that is signed.
 * Each stage is a function of its own, so that each can be shown and compared.
 * Start at sigv4_canonical_request(). */
#include "sigv4/private.h"

#include "base/buf.h"

static size_t find_blank(struct str text)
{
    size_t at = str_skip_plain(text, ' ' + 1, ' ', ' ');
    while (at < text.len && !str_is_blank(text.ptr[at])) {
        at++;
    }
    return at;
}

/* Trimmed, and each run of blanks becomes one, inside quotes too. */
static void add_value(struct buf *out, struct str value)
{
    value = str_trim(value);
    size_t blank;
    while ((blank = find_blank(value)) < value.len) {
        buf_add(out, str_first(value, blank));
        buf_add_char(out, ' ');
        value = str_trim(str_from(value, blank));
    }
    buf_add(out, value);
}

/* All values of one name on one line, in the order they were sent. */
static void add_header(struct buf *out, const struct http_headers *headers,
                       struct str name)
{
    bool first = true;
    buf_add(out, name);
    buf_add_char(out, ':');
    for (size_t i = 0; i < headers->count; i++) {
        if (!str_eq_nocase(headers->at[i].name, name)) {
            continue;
        }
        if (!first) {
            buf_add_char(out, ',');
        }
        add_value(out, headers->at[i].value);
        first = false;
    }
    buf_add_char(out, '\n');
}

static void add_line(struct buf *out, struct str line)
{
    buf_add(out, line);
    buf_add_char(out, '\n');
}

struct str sigv4_canonical_request(struct arena *arena,
                                   const struct http_request *request,
                                   const struct sigv4_rules *rules,
                                   struct str signed_headers,
                                   struct str payload_hash)
{
    struct buf out = {0};
    buf_reserve(&out, 1024);
    add_line(&out, request->method);
    add_line(&out, sigv4_canonical_path(
                       arena, http_target_path(request->target), rules));
    add_line(&out, sigv4_canonical_query(
                       arena, http_target_query(request->target), rules));
    struct str rest = signed_headers;
    while (rest.ptr != NULL) {
        add_header(&out, &request->headers, str_cut(&rest, ';'));
    }
    buf_add_char(&out, '\n');
    add_line(&out, signed_headers);
    buf_add(&out, payload_hash);
    struct str text = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

struct str sigv4_concat(struct arena *arena, const struct str *parts,
                        size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        len += parts[i].len;
    }
    char *text = arena_alloc(arena, len + 1);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0) {
            memcpy(text + at, parts[i].ptr, parts[i].len);
            at += parts[i].len;
        }
    }
    return str_make(text, len);
}

struct str sigv4_scope_text(struct arena *arena,
                            const struct sigv4_scope *scope)
{
    return SIGV4_CONCAT(arena, scope->date, STR("/"), scope->region, STR("/"),
                        scope->service, STR("/" SIGV4_TERMINATOR));
}

struct str sigv4_string_to_sign(struct arena *arena, struct str amz_date,
                                const struct sigv4_scope *scope,
                                struct str canonical_request)
{
    unsigned char hash[SIGV4_HASH_LEN];
    char hex[SIGV4_HEX_LEN];
    sigv4_sha256(canonical_request, hash);
    sigv4_hex(hash, hex);
    return SIGV4_CONCAT(arena, STR(SIGV4_ALGORITHM "\n"), amz_date, STR("\n"),
                        sigv4_scope_text(arena, scope), STR("\n"),
                        str_make(hex, SIGV4_HEX_LEN));
}
