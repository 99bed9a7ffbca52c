/* SPDX-License-Identifier: Apache-2.0 */
/* JSON without secrets: as a tree, and as a text that stays byte for byte what
 * it was but for the strings and numbers concerned. The text is made from the
 * tree, so that both always say the same. Start at recording_redactor_json().
 */
#include "recording/private.h"

/* A document in a string in a document ... */
enum { DEEPEST_TEXT = 3 };

struct walk {
    struct recording_redactor *redactor;
    struct arena *arena;
    const struct aws_call *call;
    struct member_path path;
    bool all;  /* every leaf is a secret */
    int depth; /* of strings that are documents */
};

static const struct json *walk_value(struct walk *walk, enum member_kind kind,
                                     const struct json *value);

static bool is_container(const struct json *value)
{
    return value->type == JSON_OBJECT || value->type == JSON_ARRAY;
}

/* Whether a plain string may be a document of its own. */
static bool may_be_document(struct str text)
{
    return text.len > 1 && (text.ptr[0] == '{' || text.ptr[0] == '[');
}

static struct str walk_text(struct walk *walk, enum member_kind kind,
                            struct str text)
{
    struct recording_redactor *redactor = walk->redactor;
    if (walk->all) {
        return recording_redactor_secret(redactor, walk->arena, text);
    }
    if (kind == MEMBER_PLAIN && walk->depth < DEEPEST_TEXT) {
        text = recording_redactor_document(redactor, walk->arena, walk->call,
                                           walk->depth + 1, text);
    }
    return recording_redactor_member(redactor, walk->arena, kind, text);
}

static const struct json *walk_number(struct walk *walk, enum member_kind kind,
                                      const struct json *value)
{
    const struct recording_redactor *redactor = walk->redactor;
    bool secret = walk->all || kind == MEMBER_SECRET;
    if (kind == MEMBER_ACCOUNT) {
        struct str account = recording_redactor_account(
            walk->redactor, walk->arena, value->text);
        if (!str_eq(account, value->text)) {
            /* A number may not begin with a zero. */
            secret = true;
        }
    }
    if (!secret || recording_redactor_keeps_number(redactor, value->text)) {
        return value;
    }
    struct json *copy = json_new(walk->arena, JSON_NUMBER);
    copy->text =
        recording_placeholder_number(walk->arena, redactor->key, value->text);
    uint64_t number = 0;
    (void)str_to_u64(copy->text, &number);
    copy->number = (double)number;
    return copy;
}

static struct json *start_copy(struct walk *walk, const struct json *value)
{
    struct json *copy = json_new(walk->arena, value->type);
    copy->count = value->count;
    copy->members = ARENA_ARRAY(walk->arena, struct json_member, value->count);
    for (size_t i = 0; i < value->count; i++) {
        copy->members[i] = value->members[i];
    }
    return copy;
}

/* The same tree where nothing in it is replaced. */
static const struct json *walk_container(struct walk *walk,
                                         enum member_kind kind,
                                         const struct json *value)
{
    struct json *copy = NULL;
    bool named = value->type == JSON_OBJECT;
    for (size_t i = 0; i < value->count; i++) {
        const struct json_member *from = &value->members[i];
        enum member_kind inner = kind;
        struct str key = from->key;
        size_t before = 0;
        if (named && !walk->all) {
            before = recording_member_path_enter(&walk->path, walk->call, key);
            /* What is within a secret is one, whatever it is called. */
            inner = kind == MEMBER_SECRET
                        ? kind
                        : recording_member_kind_of(walk->redactor->registry,
                                                   walk->call, &walk->path);
            key = recording_redactor_text(walk->redactor, walk->arena, key);
        }
        const struct json *to = walk_value(walk, inner, from->value);
        if (named && !walk->all) {
            recording_member_path_leave(&walk->path, before);
        }
        if (to != from->value || key.ptr != from->key.ptr) {
            copy = copy != NULL ? copy : start_copy(walk, value);
            copy->members[i].key = key;
            copy->members[i].value = (struct json *)(uintptr_t)to;
        }
    }
    return copy != NULL ? copy : value;
}

static const struct json *walk_value(struct walk *walk, enum member_kind kind,
                                     const struct json *value)
{
    if (is_container(value)) {
        return walk_container(walk, kind, value);
    }
    if (value->type == JSON_NUMBER) {
        return walk_number(walk, kind, value);
    }
    if (value->type != JSON_STRING) {
        return value;
    }
    struct str text = walk_text(walk, kind, value->text);
    return str_eq(text, value->text) ? value
                                     : json_new_string(walk->arena, text);
}

/* Twice where the first pass met a new secret: it may stand before the member
 * that tells of it, too. */
static const struct json *walk_tree(struct walk *walk, const struct json *value)
{
    uint64_t learned = walk->redactor->learned;
    const struct json *result = walk_value(walk, MEMBER_PLAIN, value);
    if (walk->redactor->learned != learned) {
        walk->path.text.len = 0;
        result = walk_value(walk, MEMBER_PLAIN, value);
    }
    buf_free(&walk->path.text);
    return result;
}

const struct json *recording_redactor_json(struct recording_redactor *redactor,
                                           struct arena *arena,
                                           const struct aws_call *call,
                                           const struct json *value)
{
    if (value == NULL || redactor->off) {
        return value;
    }
    struct walk walk = {.redactor = redactor, .arena = arena, .call = call};
    return walk_tree(&walk, value);
}

/* ---- the text ---- */

struct edit {
    struct str text;
    size_t copied; /* of the source */
    struct buf out;
};

static void edit_span(struct edit *edit, struct span span)
{
    buf_add(&edit->out,
            str_from(str_first(edit->text, span.start), edit->copied));
    edit->copied = span.end;
}

/* Where the two trees differ, the source is written anew. */
static void edit_value(struct edit *edit, const struct json *from,
                       const struct json *to)
{
    if (from == to) {
        return;
    }
    if (!is_container(from)) {
        edit_span(edit, from->span);
        json_write(to, &edit->out);
        return;
    }
    for (size_t i = 0; i < from->count; i++) {
        const struct json_member *a = &from->members[i];
        const struct json_member *b = &to->members[i];
        if (from->type == JSON_OBJECT && a->key.ptr != b->key.ptr) {
            edit_span(edit, a->key_span);
            json_write_string(b->key, &edit->out);
        }
        edit_value(edit, a->value, b->value);
    }
}

bool recording_redactor_json_text(struct recording_redactor *redactor,
                                  struct arena *arena,
                                  const struct aws_call *call, bool all,
                                  int depth, struct str text,
                                  struct str *ret_text)
{
    const struct json *from = NULL;
    if (may_be_document(str_trim(text))) {
        from = json_read(arena, text, &json_default_limits);
    }
    if (from == NULL || !is_container(from)) {
        return false;
    }
    struct walk walk = {.redactor = redactor,
                        .arena = arena,
                        .call = call,
                        .all = all,
                        .depth = depth};
    const struct json *to = walk_tree(&walk, from);
    *ret_text = text;
    if (to != from) {
        struct edit edit = {.text = text};
        edit_value(&edit, from, to);
        buf_add(&edit.out, str_from(text, edit.copied));
        *ret_text = arena_str(arena, buf_str(&edit.out));
        buf_free(&edit.out);
    }
    return true;
}

/* The body of a REST call is one of these; so are policies and templates. */
struct str recording_redactor_document(struct recording_redactor *redactor,
                                       struct arena *arena,
                                       const struct aws_call *call, int depth,
                                       struct str text)
{
    struct str result = STR_NONE;
    bool done = false;
    if (may_be_document(text)) {
        done = recording_redactor_json_text(redactor, arena, NULL, false, depth,
                                            text, &result);
    } else if (text.len > 2 && text.ptr[0] == '<') {
        done = recording_redactor_xml(redactor, arena, call, text, &result);
    }
    return done && !str_eq(result, text) ? result : text;
}
