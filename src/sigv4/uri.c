/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical forms of path and query.
 * Apart from canon.c because S3 and all other services differ just here.
 * Start at sigv4_canonical_path() and sigv4_canonical_query(). */
#include "sigv4/private.h"

#include "base/buf.h"
#include "base/hex.h"

#include <stdlib.h>

/* Parameters of a signed query that say how it was signed. */
static const char *const signing_names[] = {
    "X-Amz-Algorithm",     "X-Amz-Credential",     "X-Amz-Date",
    "X-Amz-Expires",       "X-Amz-Security-Token", "X-Amz-Signature",
    "X-Amz-SignedHeaders",
};

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

static bool is_escape(struct str text, size_t at)
{
    return text.ptr[at] == '%' && text.len - at > 2 &&
           hex_value(text.ptr[at + 1]) >= 0 && hex_value(text.ptr[at + 2]) >= 0;
}

static struct str take(struct arena *arena, struct buf *text)
{
    struct str copy = arena_str(arena, buf_str(text));
    buf_free(text);
    return copy;
}

/* ---- path ---- */

/* Segments kept so far end in `out`; "..": the last one goes. */
static void drop_segment(struct buf *out)
{
    while (out->len > 0) {
        out->len--;
        if (out->bytes[out->len] == '/') {
            return;
        }
    }
}

/* RFC 3986 section 5.2.4, and empty segments go as well, as AWS wants. A final
 * slash stays, but "/a/.." has none. */
static struct str normalize_path(struct arena *arena, struct str path)
{
    struct buf out = {0};
    struct str rest = path;
    while (rest.ptr != NULL) {
        struct str segment = str_cut(&rest, '/');
        if (segment.len == 0 || str_eq(segment, STR("."))) {
            continue;
        }
        if (str_eq(segment, STR(".."))) {
            drop_segment(&out);
            continue;
        }
        buf_add_char(&out, '/');
        buf_add(&out, segment);
    }
    if (out.len == 0 || str_ends(path, STR("/"))) {
        buf_add_char(&out, '/');
    }
    return take(arena, &out);
}

static bool is_path_plain(struct str path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (!is_unreserved(path.ptr[i]) && path.ptr[i] != '/') {
            return false;
        }
    }
    return true;
}

/* S3: escapes stand as they were sent; what should have been escaped is. */
static struct str encode_once(struct arena *arena, struct str path)
{
    static const char digits[] = "0123456789ABCDEF";
    struct buf out = {0};
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        if (is_unreserved(c) || c == '/' || is_escape(path, i)) {
            buf_add_char(&out, c);
            continue;
        }
        buf_add_char(&out, '%');
        buf_add_char(&out, digits[(unsigned char)c >> 4]);
        buf_add_char(&out, digits[(unsigned char)c & 15]);
    }
    return take(arena, &out);
}

struct str sigv4_canonical_path(struct arena *arena, struct str path,
                                const struct sigv4_rules *rules)
{
    if (path.len == 0) {
        return STR("/");
    }
    if (rules->normalize_path) {
        path = normalize_path(arena, path);
    }
    if (is_path_plain(path)) {
        return path;
    }
    return rules->encode_twice ? http_encode(arena, path, true)
                               : encode_once(arena, path);
}

/* ---- query ---- */

struct parameter {
    struct str name; /* in canonical form */
    struct str value;
};

/* One spelling for each text: "%e1", raw bytes, "+" for a blank. */
static struct str canonical_text(struct arena *arena, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_unreserved(text.ptr[i])) {
            return http_encode(arena, http_decode(arena, text, true), false);
        }
    }
    return text;
}

/* By name, then by value: "Param" stands before "Param-3", which a comparison
 * of the joined texts would turn round. */
static int compare_parameters(const void *a, const void *b)
{
    const struct parameter *left = a;
    const struct parameter *right = b;
    int order = str_compare(left->name, right->name);
    return order != 0 ? order : str_compare(left->value, right->value);
}

static bool is_left_out(struct str name, const struct sigv4_rules *rules)
{
    return str_eq(name, STR("X-Amz-Signature")) ||
           (rules->omit_session_token &&
            str_eq(name, STR("X-Amz-Security-Token")));
}

static size_t count_pieces(struct str query)
{
    size_t count = 1;
    for (size_t i = 0; i < query.len; i++) {
        count += query.ptr[i] == '&';
    }
    return count;
}

struct str sigv4_canonical_query(struct arena *arena, struct str query,
                                 const struct sigv4_rules *rules)
{
    if (query.len == 0) {
        return STR("");
    }
    struct parameter *all =
        ARENA_ARRAY(arena, struct parameter, count_pieces(query));
    size_t count = 0;
    struct str rest = query;
    while (rest.ptr != NULL) {
        struct str value = str_cut(&rest, '&');
        if (value.len == 0) {
            continue;
        }
        struct str name = canonical_text(arena, str_cut(&value, '='));
        if (!is_left_out(name, rules)) {
            all[count++] =
                (struct parameter){name, canonical_text(arena, value)};
        }
    }
    if (count > 1) {
        qsort(all, count, sizeof(*all), compare_parameters);
    }
    struct buf out = {0};
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buf_add_char(&out, '&');
        }
        buf_add(&out, all[i].name);
        buf_add_char(&out, '=');
        buf_add(&out, all[i].value);
    }
    return take(arena, &out);
}

static bool is_signing_name(struct arena *arena, struct str name)
{
    name = canonical_text(arena, name);
    for (size_t i = 0; i < sizeof(signing_names) / sizeof(*signing_names);
         i++) {
        if (str_eq(name, str_of(signing_names[i]))) {
            return true;
        }
    }
    return false;
}

struct str sigv4_unsigned_target(struct arena *arena, struct str target)
{
    size_t mark = str_find(target, '?');
    if (mark == STR_NOT_FOUND) {
        return target;
    }
    struct buf out = {0};
    buf_add(&out, str_first(target, mark));
    char before = '?';
    struct str rest = str_from(target, mark + 1);
    while (rest.ptr != NULL) {
        struct str piece = str_cut(&rest, '&');
        struct str value = piece;
        if (!is_signing_name(arena, str_cut(&value, '='))) {
            buf_add_char(&out, before);
            buf_add(&out, piece);
            before = '&';
        }
    }
    return take(arena, &out);
}
