/* SPDX-License-Identifier: Apache-2.0 */
/* From a YAML text to the tree that JSON becomes, event by event. The only file
 * that knows libyaml. Start at yaml_read(). */
#include "yaml/private.h"

#include "base/base64.h"
#include "base/mem.h"

#include <yaml.h>

/* Trees are walked by recursion, so no limit asked for goes beyond this. */
enum { DEEPEST = 1024 };

/* One sequence or mapping that is open: its members grow beside the arena until
 * it ends. */
struct level {
    struct json *node;
    struct buf members;
    bool has_key; /* the next value belongs to it */
    struct str key;
    struct span key_span;
    size_t values_before;
    size_t height; /* of its highest member */
    struct yaml_anchor *anchor;
};

struct reader {
    struct arena *arena;
    const struct source *source;
    struct diag *diag;
    yaml_parser_t parser;
    struct json_limits limits;
    struct level *levels;
    size_t depth;
    size_t values; /* aliases counted each time they are used */
    struct yaml_anchors anchors;
    struct json *root;
    /* Where the cursor stands: libyaml's marks count characters. */
    size_t characters;
    size_t bytes;
    bool refused;
};

static void refuse(struct reader *r, struct span span, const char *why)
{
    if (!r->refused) {
        diag_add(r->diag, r->source, span, "%s", why);
        r->refused = true;
    }
}

static bool is_inside_character(struct str text, size_t at)
{
    return at < text.len && ((unsigned char)text.ptr[at] & 0xC0U) == 0x80U;
}

/* Marks nearly always go forward, so the way to each is short. */
static size_t byte_of(struct reader *r, size_t character)
{
    struct str text = r->source->text;
    while (r->characters < character && r->bytes < text.len) {
        do {
            r->bytes++;
        } while (is_inside_character(text, r->bytes));
        r->characters++;
    }
    while (r->characters > character) {
        do {
            r->bytes--;
        } while (is_inside_character(text, r->bytes));
        r->characters--;
    }
    return r->bytes;
}

static struct span span_of(struct reader *r, const yaml_event_t *event)
{
    size_t start = byte_of(r, event->start_mark.index);
    return (struct span){start, byte_of(r, event->end_mark.index)};
}

/* ---- values into the open level ---- */

static bool count_values(struct reader *r, size_t more, struct span span)
{
    if (more > r->limits.nodes - r->values) {
        refuse(r, span,
               arena_printf(r->diag->arena,
                            "more than %zu values, those behind aliases "
                            "counted each time",
                            r->limits.nodes)
                   .ptr);
        return false;
    }
    r->values += more;
    return true;
}

static void set_key(struct reader *r, struct level *level,
                    const struct json *value)
{
    if (value->type == JSON_ARRAY || value->type == JSON_OBJECT) {
        refuse(r, value->span, "a key must be a text");
        return;
    }
    level->has_key = true;
    level->key = value->text;
    level->key_span = value->span;
}

static bool is_key(const struct reader *r)
{
    const struct level *level = r->depth > 0 ? &r->levels[r->depth - 1] : NULL;
    return level != NULL && level->node->type == JSON_OBJECT && !level->has_key;
}

static void place_value(struct reader *r, struct json *value, size_t height)
{
    if (r->depth == 0) {
        r->root = value;
        return;
    }
    struct level *level = &r->levels[r->depth - 1];
    if (is_key(r)) {
        set_key(r, level, value);
        return;
    }
    struct json_member member = {.value = value};
    if (level->has_key) {
        member.key = level->key;
        member.key_span = level->key_span;
        level->has_key = false;
    }
    level->height = height > level->height ? height : level->height;
    buf_add(&level->members, str_make((const char *)&member, sizeof(member)));
}

static struct yaml_anchor *set_anchor(struct reader *r, const yaml_char_t *name,
                                      struct json *value)
{
    if (name == NULL) {
        return NULL;
    }
    struct yaml_anchor *anchor = ARENA_NEW(r->arena, struct yaml_anchor);
    anchor->name = arena_str(r->arena, str_of((const char *)name));
    anchor->value = value;
    anchor->nodes = 1;
    if (!yaml_anchors_set(&r->anchors, anchor)) {
        refuse(r, value->span, "there are more than 65536 anchors");
    }
    return anchor;
}

/* ---- scalars ---- */

enum reading { AS_PLAIN, AS_TEXT, AS_BINARY };

struct tag {
    const char *name;
    enum reading reading;
};

/* Those of Python name strings of two kinds; any other tag means nothing. */
static const struct tag tags[] = {
    {"str", AS_TEXT},        {"timestamp", AS_TEXT},
    {"python/str", AS_TEXT}, {"python/unicode", AS_TEXT},
    {"binary", AS_BINARY},   {"python/bytes", AS_BINARY},
    {"null", AS_PLAIN},      {"bool", AS_PLAIN},
    {"int", AS_PLAIN},       {"float", AS_PLAIN},
};

static enum reading reading_of(const yaml_event_t *event)
{
    const struct str common = STR("tag:yaml.org,2002:");
    struct str tag = str_of((const char *)event->data.scalar.tag);
    if (event->data.scalar.plain_implicit) {
        return AS_PLAIN;
    }
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        if (str_starts(tag, common) &&
            str_eq(str_from(tag, common.len), str_of(tags[i].name))) {
            return tags[i].reading;
        }
    }
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return plain ? AS_PLAIN : AS_TEXT;
}

static void decode_binary(struct reader *r, struct json *node)
{
    size_t wrong = 0;
    struct str text = node->text;
    if (!base64_read_loose(r->arena, text, &node->text, &wrong)) {
        refuse(r, node->span,
               wrong < text.len
                   ? "this !!binary holds a character that is no base64"
                   : "this !!binary ends in the middle of a group of base64");
    }
}

static void resolve(struct reader *r, const yaml_event_t *event, bool key,
                    struct json *node)
{
    enum reading reading = reading_of(event);
    node->type = JSON_STRING;
    node->text =
        arena_str(r->arena, str_make((const char *)event->data.scalar.value,
                                     event->data.scalar.length));
    if (reading == AS_BINARY) {
        decode_binary(r, node);
    } else if (key && event->data.scalar.plain_implicit &&
               str_eq(node->text, STR("<<"))) {
        refuse(r, node->span, "merge keys (<<) are not read");
    } else if (!key && reading == AS_PLAIN) {
        yaml_plain_resolve(r->arena, node->text, node);
    }
}

static void take_scalar(struct reader *r, const yaml_event_t *event)
{
    struct json *node = json_new(r->arena, JSON_NULL);
    node->span = span_of(r, event);
    if (!count_values(r, 1, node->span)) {
        return;
    }
    resolve(r, event, is_key(r), node);
    struct yaml_anchor *anchor = set_anchor(r, event->data.scalar.anchor, node);
    if (anchor != NULL) {
        anchor->whole = true;
    }
    place_value(r, node, 0);
}

/* ---- sequences, mappings and aliases ---- */

static bool fits_depth(struct reader *r, size_t height, struct span span)
{
    if (height > r->limits.depth - r->depth) {
        refuse(r, span,
               arena_printf(r->diag->arena, "nested deeper than %zu levels",
                            r->limits.depth)
                   .ptr);
        return false;
    }
    return true;
}

static void open_level(struct reader *r, const yaml_event_t *event,
                       enum json_type type, const yaml_char_t *anchor)
{
    struct span span = span_of(r, event);
    if (!fits_depth(r, 1, span)) {
        return;
    }
    struct json *node = json_new(r->arena, type);
    node->span = span;
    struct level *level = &r->levels[r->depth];
    struct buf members = level->members;
    buf_clear(&members);
    *level = (struct level){
        .node = node, .members = members, .values_before = r->values};
    if (count_values(r, 1, span)) {
        level->anchor = set_anchor(r, anchor, node);
        r->depth++;
    }
}

static void take_sequence(struct reader *r, const yaml_event_t *event)
{
    open_level(r, event, JSON_ARRAY, event->data.sequence_start.anchor);
}

static void take_mapping(struct reader *r, const yaml_event_t *event)
{
    open_level(r, event, JSON_OBJECT, event->data.mapping_start.anchor);
}

static void close_level(struct reader *r, const yaml_event_t *event)
{
    struct level *level = &r->levels[--r->depth];
    struct json *node = level->node;
    size_t count = level->members.len / sizeof(struct json_member);
    node->span.end = span_of(r, event).end;
    node->count = count;
    if (count > 0) {
        node->members = ARENA_ARRAY(r->arena, struct json_member, count);
        memcpy(node->members, level->members.bytes, level->members.len);
    }
    if (level->anchor != NULL) {
        level->anchor->nodes = r->values - level->values_before;
        level->anchor->height = level->height + 1;
        level->anchor->whole = true;
    }
    place_value(r, node, level->height + 1);
}

static void take_alias(struct reader *r, const yaml_event_t *event)
{
    struct span span = span_of(r, event);
    const struct yaml_anchor *anchor = yaml_anchors_find(
        &r->anchors, str_of((const char *)event->data.alias.anchor));
    if (anchor == NULL) {
        refuse(r, span, "no anchor of that name stands before this alias");
    } else if (!anchor->whole) {
        refuse(r, span, "this alias stands inside of what it names");
    } else if (count_values(r, anchor->nodes, span) &&
               fits_depth(r, anchor->height, span)) {
        place_value(r, anchor->value, anchor->height);
    }
}

/* ---- documents ---- */

static void take_document(struct reader *r, const yaml_event_t *event)
{
    if (r->root != NULL) {
        refuse(r, span_of(r, event), "there is more than one document");
    }
}

static void take_end(struct reader *r, const yaml_event_t *event)
{
    if (r->root == NULL) {
        refuse(r, span_of(r, event), "there is no document");
    }
}

static bool take_event(struct reader *r, const yaml_event_t *event)
{
    static void (*const takers[])(struct reader *, const yaml_event_t *) = {
        [YAML_DOCUMENT_START_EVENT] = take_document,
        [YAML_STREAM_END_EVENT] = take_end,
        [YAML_SCALAR_EVENT] = take_scalar,
        [YAML_SEQUENCE_START_EVENT] = take_sequence,
        [YAML_MAPPING_START_EVENT] = take_mapping,
        [YAML_SEQUENCE_END_EVENT] = close_level,
        [YAML_MAPPING_END_EVENT] = close_level,
        [YAML_ALIAS_EVENT] = take_alias,
    };
    size_t type = (size_t)event->type;
    if (type < sizeof(takers) / sizeof(takers[0]) && takers[type] != NULL) {
        takers[type](r, event);
    }
    return !r->refused && event->type != YAML_STREAM_END_EVENT;
}

/* libyaml knows what it was at and what went wrong, in two halves. */
static void refuse_syntax(struct reader *r, size_t skipped)
{
    const yaml_parser_t *parser = &r->parser;
    bool reading = parser->error == YAML_READER_ERROR;
    size_t at = reading ? skipped + parser->problem_offset
                        : byte_of(r, parser->problem_mark.index);
    size_t len = r->source->text.len;
    at = at < len ? at : len;
    struct span span = {at, at < len ? at + 1 : len};
    const char *problem =
        parser->problem != NULL ? parser->problem : "out of memory";
    const char *context = reading ? NULL : parser->context;
    refuse(r, span,
           arena_printf(r->diag->arena, "%s%s%s",
                        context != NULL ? context : "",
                        context != NULL ? ", " : "", problem)
               .ptr);
}

static void read_events(struct reader *r, size_t skipped)
{
    bool more = true;
    while (more) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->parser, &event)) {
            refuse_syntax(r, skipped);
            return;
        }
        more = take_event(r, &event);
        yaml_event_delete(&event);
    }
}

static void done(struct reader *r)
{
    for (size_t i = 0; i < r->limits.depth; i++) {
        buf_free(&r->levels[i].members);
    }
    mem_free(r->levels);
    yaml_anchors_free(&r->anchors);
}

bool yaml_read(struct arena *arena, const struct source *source,
               const struct json_limits *limits, const struct json **ret_value,
               struct diag *diag)
{
    const struct str mark = STR("\xEF\xBB\xBF");
    size_t skipped = str_starts(source->text, mark) ? mark.len : 0;
    struct str text = str_from(source->text, skipped);
    struct reader *r = mem_new(sizeof(*r));
    *r = (struct reader){.arena = arena,
                         .source = source,
                         .diag = diag,
                         .limits = *limits,
                         .bytes = skipped};
    r->limits.depth = limits->depth < DEEPEST ? limits->depth : DEEPEST;
    r->levels = mem_new((r->limits.depth + 1) * sizeof(struct level));
    if (yaml_parser_initialize(&r->parser)) {
        yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(
            &r->parser,
            (const unsigned char *)(text.ptr != NULL ? text.ptr : ""),
            text.len);
        read_events(r, skipped);
        yaml_parser_delete(&r->parser);
    } else {
        refuse(r, (struct span){0, 0}, "out of memory");
    }
    bool good = !r->refused;
    if (good) {
        *ret_value = r->root;
    }
    done(r);
    mem_free(r);
    return good;
}
