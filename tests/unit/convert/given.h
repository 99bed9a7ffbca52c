/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of its own for each test, conversions in it, and what came out as
 * text.
 */
#ifndef GIVEN_H
#define GIVEN_H

#include "support/texts.h"

#include "base/file.h"
#include "convert/convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLES PROJECT_ROOT "/tests/data/convert/"

struct given {
    struct arena *arena;
    struct aws_registry *registry;
    struct str folder;
    struct convert_options options;
    struct convert_counts counts;
    struct diag errors;
    struct diag warnings;
};

static inline struct given given_new(void)
{
    char folder[] = "/tmp/settled-convert-XXXXXX";
    struct given g = {.arena = arena_new(), .registry = aws_registry_new()};
    assert_non_null(mkdtemp(folder));
    g.folder = arena_str(g.arena, str_of(folder));
    g.options = (struct convert_options){
        .registry = g.registry,
        .redact = true,
        .key_text = STR("000102030405060708090a0b0c0d0e0f")};
    return g;
}

static inline void given_free(struct given *g)
{
    struct str *names = NULL;
    size_t count = 0;
    struct str why;
    assert_true(file_list(g->arena, g->folder, STR(""), &names, &count, &why));
    for (size_t i = 0; i < count; i++) {
        file_remove(
            arena_printf(g->arena, "%s/%s", g->folder.ptr, names[i].ptr));
    }
    assert_int_equal(rmdir(g->folder.ptr), 0);
    aws_registry_free(g->registry);
    arena_free(g->arena);
}

static inline struct str given_path(struct given *g, const char *name)
{
    return name[0] == '/'
               ? str_of(name)
               : arena_printf(g->arena, "%s/%s", g->folder.ptr, name);
}

static inline void given_file(struct given *g, const char *name,
                              struct str text)
{
    struct str why = STR_NONE;
    if (!file_replace(g->arena, given_path(g, name), text, &why)) {
        fail_msg("%s", why.ptr);
    }
}

static inline struct str given_text(struct given *g, const char *name)
{
    struct str text = STR_NONE;
    struct str why = STR_NONE;
    if (!file_read(g->arena, given_path(g, name), 1 << 24, &text, &why)) {
        fail_msg("%s", why.ptr);
    }
    return arena_str(g->arena, text);
}

static inline bool given_is_there(struct given *g, const char *name)
{
    return access(given_path(g, name).ptr, F_OK) == 0;
}

static inline bool given_convert(struct given *g, const char *in,
                                 const char *out)
{
    diag_init(&g->errors, g->arena);
    diag_init(&g->warnings, g->arena);
    g->warnings.word = "warning";
    return convert_file(given_path(g, in), given_path(g, out), &g->options,
                        g->arena, &g->counts, &g->errors, &g->warnings);
}

/* What was said, without the folder in front of names. */
static inline const char *given_said(struct given *g, const struct diag *diag)
{
    struct buf said = {0};
    struct buf out = {0};
    diag_print(diag, &said);
    struct str rest = buf_str(&said);
    struct str prefix = arena_printf(g->arena, "%s/", g->folder.ptr);
    while (rest.len > 0) {
        if (str_starts(rest, prefix)) {
            rest = str_from(rest, prefix.len);
        }
        buf_add_char(&out, rest.ptr[0]);
        rest = str_from(rest, 1);
    }
    struct str text = arena_str(g->arena, buf_str(&out));
    buf_free(&said);
    buf_free(&out);
    return text.ptr;
}

static inline void given_converts(struct given *g, const char *in,
                                  const char *out)
{
    if (!given_convert(g, in, out)) {
        fail_msg("%s", given_said(g, &g->errors));
    }
    assert_int_equal(g->errors.count, 0);
}

static inline void given_outline_entry(const struct recording *recording,
                                       size_t index, struct arena *arena,
                                       struct buf *out)
{
    const struct recording_entry *e = &recording->entries[index];
    struct recording_interaction what;
    struct aws_call call;
    buf_printf(out, "%s %.*s @%lld", recording_kind_name(e->kind),
               STR_ARG(e->exchange), (long long)e->at_ms);
    if (e->kind == RECORDING_OUTCOME) {
        buf_printf(out, " %s %llu %lld", event_outcome_name(e->outcome),
                   (unsigned long long)e->reads, (long long)e->waited_ms);
    } else if (e->kind != RECORDING_JOINED) {
        recording_get(recording, index, arena, &what, &call);
        buf_printf(out, "+%lld %.*s %.*s %.*s ", (long long)e->took_ms,
                   STR_ARG(e->service), STR_ARG(e->operation),
                   STR_ARG(e->region));
        if (e->input != NULL) {
            json_write(e->input, out);
        }
        buf_printf(out, " -> %d %s", e->status,
                   http_outcome_name(what.outcome));
    }
    buf_add_char(out, '\n');
}

/* One line an entry. */
static inline const char *given_outline(struct given *g, const char *name)
{
    struct recording_read_options options = {.key_text = g->options.key_text};
    struct buf out = {0};
    struct diag diag;
    diag_init(&diag, g->arena);
    struct recording *recording =
        recording_load(given_path(g, name), &options, &diag, &diag);
    if (recording == NULL || diag.count > 0) {
        fail_msg("%s", given_said(g, &diag));
    }
    for (size_t i = 0; i < recording->entry_count; i++) {
        given_outline_entry(recording, i, g->arena, &out);
    }
    struct str text = arena_str(g->arena, buf_str(&out));
    recording_free(recording);
    buf_free(&out);
    return text.ptr;
}

static inline size_t given_run_of(struct str text, const char *set)
{
    size_t len = 0;
    while (len < text.len &&
           str_find(str_of(set), text.ptr[len]) != STR_NOT_FOUND) {
        len++;
    }
    return len;
}

/* Without what hangs on the sample's bytes and on the key: the session's id
 * becomes S, a placeholder "redacted-*", an account 0*. */
static inline const char *given_plain(struct given *g, const char *in,
                                      const char *outline)
{
    struct str id = arena_printf(
        g->arena, "%016llx", (unsigned long long)str_hash(given_text(g, in)));
    struct str rest = str_of(outline);
    struct buf out = {0};
    while (rest.len > 0) {
        struct str put = str_first(rest, 1);
        size_t len = 1;
        if (str_starts(rest, id)) {
            put = STR("S");
            len = id.len;
        } else if (str_starts(rest, STR("redacted-"))) {
            put = STR("redacted-*");
            len = 9 + given_run_of(str_from(rest, 9), "0123456789abcdef");
        } else if (str_starts(rest, STR("0000")) &&
                   given_run_of(rest, "0123456789") == 12) {
            put = STR("0*");
            len = 12;
        }
        buf_add(&out, put);
        rest = str_from(rest, len);
    }
    struct str text = arena_str(g->arena, buf_str(&out));
    buf_free(&out);
    return text.ptr;
}

#endif
