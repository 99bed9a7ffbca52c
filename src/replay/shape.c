/* SPDX-License-Identifier: Apache-2.0 */
/* A number for what a call asks, equal for all that may be the same: without
 * ignored members, and with variables made equal. Here because it finds at once
 * what comparing one by one would find. Start at replay_shape_hash(). */
#include "replay/private.h"

struct shaping {
    const struct replay *replay;
    const struct operation *operation;
    struct arena *arena;
    enum texts texts;
    struct buf path;
};

static struct json *shape_of(struct shaping *s, const struct json *value);

static struct str shape_text(struct shaping *s, struct str text)
{
    return replay_variables_rewrite(&s->replay->variables, s->arena, text,
                                    s->texts);
}

static void add_shape(struct shaping *s, struct json *shape,
                      const struct json *value, size_t i)
{
    const struct json_member *from = &value->members[i];
    size_t before = s->path.len;
    if (value->type == JSON_OBJECT) {
        buf_printf(&s->path, "%s%.*s", before > 0 ? "." : "",
                   STR_ARG(from->key));
    } else {
        buf_printf(&s->path, "[%zu]", i);
    }
    if (!replay_ignored_has(&s->replay->ignored, s->operation->service,
                            s->operation->name, buf_str(&s->path))) {
        struct json_member *to = &shape->members[shape->count++];
        to->key = shape_text(s, from->key);
        to->value = shape_of(s, from->value);
    }
    s->path.len = before;
}

static struct json *shape_of(struct shaping *s, const struct json *value)
{
    struct json *shape = json_new(s->arena, value->type);
    if (value->type != JSON_ARRAY && value->type != JSON_OBJECT) {
        *shape = *value;
        shape->text = shape_text(s, value->text);
        /* A number with a variable in it is a name. */
        if (shape->type == JSON_NUMBER && shape->text.ptr != value->text.ptr) {
            shape->type = JSON_STRING;
        }
        return shape;
    }
    shape->members = ARENA_ARRAY(s->arena, struct json_member, value->count);
    for (size_t i = 0; i < value->count; i++) {
        add_shape(s, shape, value, i);
    }
    return shape;
}

uint64_t replay_shape_hash(const struct replay *replay, struct arena *arena,
                           const struct operation *operation,
                           const struct json *input, enum texts texts)
{
    struct shaping s = {
        .replay = replay,
        .operation = operation,
        .arena = arena,
        .texts = texts,
    };
    struct buf text = {0};
    uint64_t hash = 0;
    if (input != NULL) {
        if (replay->variables.count > 0 || replay->ignored.count > 0) {
            input = shape_of(&s, input);
        }
        json_write_canonical(input, &text);
        hash = str_hash(buf_str(&text));
    }
    buf_free(&text);
    buf_free(&s.path);
    return hash;
}
