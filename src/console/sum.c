/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus texts of several processes as one: equal lines are added up, for
 * all that metrics.c writes can be. Start at console_sum_metrics(). */
#include "console/console.h"

enum { BUCKETS = 4096 };

struct sample {
    struct sample *next; /* of the same family */
    struct sample *beside;
    struct str name; /* with its labels */
    uint64_t whole;
    uint64_t thousandths;
    bool broken; /* into thousandths: a time */
};

struct family {
    struct family *next;
    struct str name;
    struct str help, type; /* the lines before its samples */
    struct sample *first, **end;
};

struct sum {
    struct arena *arena;
    struct family *first, **end;
    struct sample *buckets[BUCKETS];
};

static struct family *family_of(struct sum *sum, struct str name)
{
    struct family *family = sum->first;
    while (family != NULL && !str_eq(family->name, name)) {
        family = family->next;
    }
    if (family == NULL) {
        family = ARENA_NEW(sum->arena, struct family);
        family->name = name;
        family->end = &family->first;
        *sum->end = family;
        sum->end = &family->next;
    }
    return family;
}

static void add_sample(struct sum *sum, struct family *family, struct str line)
{
    size_t blank = str_find_last(line, ' ');
    if (blank == STR_NOT_FOUND) {
        return;
    }
    struct str name = str_first(line, blank);
    struct str parts = str_from(line, blank + 1);
    uint64_t whole = 0;
    uint64_t thousandths = 0;
    bool good = str_to_u64(str_cut(&parts, '.'), &whole);
    bool broken = good && str_to_u64(parts, &thousandths);
    struct sample **at = &sum->buckets[str_hash(name) % BUCKETS];
    while (*at != NULL && !str_eq((*at)->name, name)) {
        at = &(*at)->beside;
    }
    if (*at == NULL) {
        *at = ARENA_NEW(sum->arena, struct sample);
        (*at)->name = name;
        (*at)->broken = broken;
        *family->end = *at;
        family->end = &(*at)->next;
    }
    bool counts = !str_eq(family->name, STR("settled_build_info"));
    (*at)->thousandths += thousandths;
    (*at)->whole = counts ? (*at)->whole + whole : whole;
}

static void add_text(struct sum *sum, struct str text)
{
    struct family *family = NULL;
    while (text.len > 0) {
        struct str line = str_cut(&text, '\n');
        struct str rest = line;
        if (!str_starts(line, STR("# "))) {
            if (family != NULL && line.len > 0) {
                add_sample(sum, family, line);
            }
            continue;
        }
        (void)str_cut(&rest, ' ');
        if (str_eq(str_cut(&rest, ' '), STR("HELP"))) {
            family = family_of(sum, str_cut(&rest, ' '));
            family->help = line;
        } else if (family != NULL) {
            family->type = line;
        }
    }
}

static void write_sample(const struct sample *s, struct buf *out)
{
    unsigned long long whole = s->whole + s->thousandths / 1000;
    buf_printf(out, "%.*s %llu", STR_ARG(s->name), whole);
    if (s->broken) {
        buf_printf(out, ".%03llu", (unsigned long long)(s->thousandths % 1000));
    }
    buf_add_char(out, '\n');
}

void console_sum_metrics(const struct str *texts, size_t count, struct buf *out)
{
    struct sum *sum;
    struct arena *arena = arena_new();
    sum = ARENA_NEW(arena, struct sum);
    sum->arena = arena;
    sum->end = &sum->first;
    for (size_t i = 0; i < count; i++) {
        add_text(sum, texts[i]);
    }
    for (const struct family *f = sum->first; f != NULL; f = f->next) {
        buf_printf(out, "%.*s\n%.*s\n", STR_ARG(f->help), STR_ARG(f->type));
        for (const struct sample *s = f->first; s != NULL; s = s->next) {
            write_sample(s, out);
        }
    }
    arena_free(arena);
}
