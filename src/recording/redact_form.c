/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of the query protocols, and request targets: what is replaced is
 * decoded and encoded again, all else stays as it was written. Start at
 * recording_redactor_form() and recording_redactor_target(). */
#include "recording/private.h"

enum signing { SIGNING_NONE, SIGNING_CREDENTIAL, SIGNING_SIGNATURE };

/* Parameters by which a URL is signed. The token is a secret by its name. */
static const struct {
    const char *name;
    enum signing signing;
} signing_rows[] = {
    {"X-Amz-Credential", SIGNING_CREDENTIAL},
    {"X-Amz-Signature", SIGNING_SIGNATURE},
    {"Signature", SIGNING_SIGNATURE},
};

static enum signing signing_of(struct str name)
{
    for (size_t i = 0; i < sizeof(signing_rows) / sizeof(signing_rows[0]);
         i++) {
        if (str_eq_nocase(name, str_of(signing_rows[i].name))) {
            return signing_rows[i].signing;
        }
    }
    return SIGNING_NONE;
}

struct form {
    struct recording_redactor *redactor;
    struct arena *arena;
    const struct aws_call *call;
    bool target; /* the query of a target, where signatures may stand */
};

/* "KEY/20150830/eu-west-1/ssm/aws4_request" */
static struct str without_key(const struct form *form, struct str credential)
{
    struct str scope = credential;
    struct str key = str_cut(&scope, '/');
    key = recording_redactor_access_key(form->redactor, form->arena, key);
    return scope.ptr == NULL ? key
                             : arena_printf(form->arena, "%.*s/%.*s",
                                            STR_ARG(key), STR_ARG(scope));
}

static struct str redact_value(const struct form *form, struct str name,
                               struct str value)
{
    enum signing signing = form->target ? signing_of(name) : SIGNING_NONE;
    if (signing == SIGNING_CREDENTIAL) {
        return without_key(form, value);
    }
    if (signing == SIGNING_SIGNATURE) {
        return STR("redacted");
    }
    struct member_path path = {{0}};
    (void)recording_member_path_enter(&path, form->call, name);
    enum member_kind kind =
        recording_member_kind_of(form->redactor->registry, form->call, &path);
    buf_free(&path.text);
    if (kind == MEMBER_PLAIN) {
        value = recording_redactor_document(form->redactor, form->arena, NULL,
                                            1, value);
    }
    return recording_redactor_member(form->redactor, form->arena, kind, value);
}

static void redact_pair(const struct form *form, struct str pair,
                        struct buf *out)
{
    struct str value = pair;
    struct str raw_name = str_cut(&value, '=');
    struct str name = http_decode(form->arena, raw_name, true);
    struct str decoded = http_decode(form->arena, value, true);
    struct str clean = redact_value(form, name, decoded);
    struct str clean_name =
        recording_redactor_text(form->redactor, form->arena, name);
    buf_add(out, str_eq(clean_name, name)
                     ? raw_name
                     : http_encode(form->arena, clean_name, false));
    if (value.ptr != NULL) {
        buf_add_char(out, '=');
        buf_add(out, str_eq(clean, decoded)
                         ? value
                         : http_encode(form->arena, clean, false));
    }
}

static struct str redact_pairs(const struct form *form, struct str text)
{
    struct buf out = {0};
    struct str rest = text;
    for (bool first = true; rest.ptr != NULL; first = false) {
        struct str pair = str_cut(&rest, '&');
        if (!first) {
            buf_add_char(&out, '&');
        }
        redact_pair(form, pair, &out);
    }
    struct str result = arena_str(form->arena, buf_str(&out));
    buf_free(&out);
    return result;
}

/* Twice where the first pass met a new secret, as for a tree. */
static struct str redact_form(const struct form *form, struct str text)
{
    uint64_t learned = form->redactor->learned;
    struct str result = redact_pairs(form, text);
    return form->redactor->learned == learned ? result
                                              : redact_pairs(form, text);
}

struct str recording_redactor_form(struct recording_redactor *redactor,
                                   struct arena *arena,
                                   const struct aws_call *call, struct str form)
{
    struct form f = {.redactor = redactor, .arena = arena, .call = call};
    return redactor->off || form.len == 0 ? form : redact_form(&f, form);
}

/* ---- targets ---- */

static void redact_segment(struct recording_redactor *redactor,
                           struct arena *arena, struct str raw, bool inner,
                           struct buf *out)
{
    struct str plain = http_decode(arena, raw, false);
    struct str clean =
        inner ? recording_redactor_account(redactor, arena, plain) : plain;
    clean = recording_redactor_text(redactor, arena, clean);
    buf_add(out, str_eq(clean, plain) ? raw : http_encode(arena, clean, false));
}

/* Segment by segment: a slash that is written %2F stays one. */
static struct str redact_path(struct recording_redactor *redactor,
                              struct arena *arena, struct str path)
{
    struct buf out = {0};
    struct str rest = path;
    for (bool first = true; rest.ptr != NULL; first = false) {
        struct str segment = str_cut(&rest, '/');
        if (!first) {
            buf_add_char(&out, '/');
        }
        redact_segment(redactor, arena, segment, !first, &out);
    }
    struct str result = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return result;
}

struct str recording_redactor_target(struct recording_redactor *redactor,
                                     struct arena *arena,
                                     const struct aws_call *call,
                                     struct str target)
{
    if (redactor->off || target.len == 0) {
        return target;
    }
    struct form form = {
        .redactor = redactor, .arena = arena, .call = call, .target = true};
    struct str query = target;
    struct str path = str_cut(&query, '?');
    path = redact_path(redactor, arena, path);
    if (query.ptr == NULL) {
        return path;
    }
    query = redact_form(&form, query);
    return arena_printf(arena, "%.*s?%.*s", STR_ARG(path), STR_ARG(query));
}
