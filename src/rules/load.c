/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the built-in files and those of folders into one counted rule set.
 * Later layers replace rules by operation. Start at rules_load(). */
#include "rules/private.h"

#include "assets/assets.h"
#include "base/file.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

enum { FILE_MAX = 4 * 1024 * 1024 };

struct layered {
    struct rule rule;
    size_t layer;     /* 0: built in; then the folders */
    struct span span; /* of the operation, for complaints */
};

struct layered_read {
    struct rules_known_read read;
    size_t layer;
};

struct rate {
    struct str service;
    double per_second;
};

struct rules {
    struct arena *arena;
    unsigned count_refs;
    struct layered **rules;
    size_t count;
    size_t capacity;
    struct layered_read **reads;
    size_t read_count;
    size_t read_capacity;
    struct rate *rates;
    size_t rate_count;
    size_t rate_capacity;
};

static const double rate_default = 20;

struct load {
    struct rules *set;
    struct aws_registry *registry;
    struct diag *diag;
    size_t layer;
};

/* ---- growing, in the arena ---- */

static void *grow(struct arena *arena, const void *old, size_t count,
                  size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return NULL;
    }
    *capacity = *capacity == 0 ? 32 : *capacity * 2;
    void *more = arena_alloc_array(arena, *capacity, size);
    if (count > 0) {
        memcpy(more, old, count * size);
    }
    return more;
}

static struct layered *find_layered(const struct rules *set, struct str service,
                                    struct str operation)
{
    for (size_t i = 0; i < set->count; i++) {
        if (str_eq(set->rules[i]->rule.operation, operation) &&
            str_eq(set->rules[i]->rule.service, service)) {
            return set->rules[i];
        }
    }
    return NULL;
}

static void append_rule(struct rules *set, const struct layered *layered)
{
    struct layered **more = grow(set->arena, set->rules, set->count,
                                 &set->capacity, sizeof(*set->rules));
    set->rules = more != NULL ? more : set->rules;
    set->rules[set->count] = ARENA_NEW(set->arena, struct layered);
    *set->rules[set->count++] = *layered;
}

static void add_rule(const struct load *load, const struct compiler *c,
                     const struct layered *layered)
{
    const struct rule *rule = &layered->rule;
    struct layered *old =
        find_layered(load->set, rule->service, rule->operation);
    if (old == NULL) {
        append_rule(load->set, layered);
    } else if (old->layer < layered->layer) {
        *old = *layered;
    } else {
        diag_add(c->diag, c->source, layered->span,
                 "%.*s %.*s has a rule in %.*s already", STR_ARG(rule->service),
                 STR_ARG(rule->operation), STR_ARG(old->rule.file));
    }
}

static struct layered_read *find_layered_read(const struct rules *set,
                                              struct str service,
                                              struct str operation)
{
    for (size_t i = 0; i < set->read_count; i++) {
        if (str_eq(set->reads[i]->read.operation, operation) &&
            str_eq(set->reads[i]->read.service, service)) {
            return set->reads[i];
        }
    }
    return NULL;
}

static void add_read(const struct load *load, const struct compiler *c,
                     const struct json *at, const struct rules_known_read *read)
{
    struct rules *set = load->set;
    struct layered_read *old =
        find_layered_read(set, read->service, read->operation);
    const struct layered_read fresh = {*read, load->layer};
    if (old != NULL && old->layer == load->layer) {
        rules_complain(c, at, "%.*s %.*s is a known read in %.*s already",
                       STR_ARG(read->service), STR_ARG(read->operation),
                       STR_ARG(old->read.file));
    } else if (old != NULL) {
        *old = fresh;
    } else {
        struct layered_read **more =
            grow(set->arena, set->reads, set->read_count, &set->read_capacity,
                 sizeof(*set->reads));
        set->reads = more != NULL ? more : set->reads;
        set->reads[set->read_count] =
            ARENA_NEW(set->arena, struct layered_read);
        *set->reads[set->read_count++] = fresh;
    }
}

static void set_rate(struct rules *set, struct str service, double per_second)
{
    for (size_t i = 0; i < set->rate_count; i++) {
        if (str_eq(set->rates[i].service, service)) {
            set->rates[i].per_second = per_second;
            return;
        }
    }
    struct rate *more = grow(set->arena, set->rates, set->rate_count,
                             &set->rate_capacity, sizeof(*set->rates));
    set->rates = more != NULL ? more : set->rates;
    set->rates[set->rate_count++] = (struct rate){service, per_second};
}

/* ---- one file ---- */

static void read_rate(const struct load *load, const struct compiler *c,
                      const struct json *rate)
{
    if (!json_is(rate, JSON_OBJECT) ||
        !rules_shape_check(c, rate, &rules_shape_rate)) {
        return;
    }
    const struct json *number = json_get(rate, STR("per_second"));
    if (number->number < 0.01 || number->number > 10000) {
        rules_complain(c, number,
                       "`per_second` must be a number from 0.01 to 10000");
        return;
    }
    set_rate(load->set, c->service, number->number);
}

static void read_rules(const struct load *load, struct compiler *c,
                       const struct json *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct json *value = list->members[i].value;
        struct layered layered = {.layer = load->layer, .span = value->span};
        (void)rule_read(c, value, &layered.rule);
        const struct json *operation = json_get(value, STR("operation"));
        if (json_is(operation, JSON_STRING)) {
            layered.span = operation->span;
            add_rule(load, c, &layered);
        }
    }
}

static void read_reads(const struct load *load, struct compiler *c,
                       const struct json *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct json *value = list->members[i].value;
        struct rules_known_read read;
        rules_known_read(c, value, &read);
        if (read.operation.len > 0) {
            add_read(load, c, json_get(value, STR("operation")), &read);
        }
    }
}

static void read_whole(const struct load *load, struct compiler *c,
                       const struct json *file)
{
    (void)rules_shape_check(c, file, &rules_shape_file);
    if (file->type != JSON_OBJECT) {
        return;
    }
    const struct json *service = json_get(file, STR("service"));
    if (json_is(service, JSON_STRING)) {
        c->service = service->text;
        rules_service_check(c, service);
    }
    read_rate(load, c, json_get(file, STR("rate")));
    const struct json *defaults = json_get(file, STR("defaults"));
    if (json_is(defaults, JSON_OBJECT)) {
        (void)rules_shape_check(c, defaults, &rules_shape_defaults);
        c->defaults = rules_schedule_read(c, defaults, &rules_schedule_default);
    }
    const struct json *rules = json_get(file, STR("rules"));
    if (json_is(rules, JSON_ARRAY)) {
        read_rules(load, c, rules);
    }
    const struct json *reads = json_get(file, STR("reads"));
    if (json_is(reads, JSON_ARRAY)) {
        read_reads(load, c, reads);
    }
}

static void append(struct diag *diag, const struct diag *found)
{
    if (found->count == 0) {
        return;
    }
    *(diag->last != NULL ? &diag->last->next : &diag->first) = found->first;
    diag->last = found->last;
    diag->count += found->count;
}

/* In the order of the text; equal places stay as they were. */
static void sort_items(struct diag *diag)
{
    struct diag_item *sorted = NULL;
    for (struct diag_item *i = diag->first, *next; i != NULL; i = next) {
        next = i->next;
        struct diag_item **at = &sorted;
        while (*at != NULL && (*at)->span.start <= i->span.start) {
            at = &(*at)->next;
        }
        i->next = *at;
        *at = i;
    }
    diag->first = sorted;
    for (; sorted != NULL; sorted = sorted->next) {
        diag->last = sorted;
    }
}

static void read_file(const struct load *load, const struct source *source)
{
    struct diag found;
    diag_init(&found, load->diag->arena);
    struct compiler c = {
        .arena = load->set->arena,
        .registry = load->registry,
        .source = source,
        .diag = &found,
        .defaults = rules_schedule_default,
    };
    const struct json *file = NULL;
    if (json_parse(c.arena, source, &json_default_limits, &file, &found)) {
        read_whole(load, &c, file);
    }
    sort_items(&found);
    append(load->diag, &found);
}

/* ---- many files ---- */

static struct source *source_new(struct arena *arena, struct str name,
                                 struct str text)
{
    struct source *source = ARENA_NEW(arena, struct source);
    *source = (struct source){name, text};
    return source;
}

static void load_builtin(const struct load *load)
{
    for (size_t i = 0; i < assets_total(); i++) {
        struct asset asset = assets_at(i);
        if (str_starts(asset.name, STR("models/"))) {
            continue;
        }
        struct arena *arena = load->set->arena;
        read_file(load, source_new(arena,
                                   arena_join(arena, STR("rules/"), asset.name),
                                   asset.text));
    }
}

static void say(struct diag *diag, struct str sentence)
{
    diag_add(diag, NULL, (struct span){0, 0}, "%.*s", STR_ARG(sentence));
}

static void load_folder(const struct load *load, struct str folder)
{
    struct arena *arena = load->set->arena;
    struct str *names = NULL;
    size_t count = 0;
    struct str why = STR_NONE;
    if (!file_list(arena, folder, STR(".json"), &names, &count, &why)) {
        say(load->diag, why);
        return;
    }
    if (count == 0) {
        diag_add(load->diag, NULL, (struct span){0, 0},
                 "%.*s: holds no .json file", STR_ARG(folder));
    }
    for (size_t i = 0; i < count; i++) {
        const char *slash = str_ends(folder, STR("/")) ? "" : "/";
        struct str path = arena_printf(arena, "%.*s%s%.*s", STR_ARG(folder),
                                       slash, STR_ARG(names[i]));
        struct str text = STR_NONE;
        if (!file_read(arena, path, FILE_MAX, &text, &why)) {
            say(load->diag, why);
            continue;
        }
        read_file(load, source_new(arena, path, text));
    }
}

/* ---- the set ---- */

static struct rules *set_new(void)
{
    struct arena *arena = arena_new();
    struct rules *set = ARENA_NEW(arena, struct rules);
    set->arena = arena;
    set->count_refs = 1;
    return set;
}

static int compare_rules(const void *a, const void *b)
{
    const struct rule *left = &(*(struct layered *const *)a)->rule;
    const struct rule *right = &(*(struct layered *const *)b)->rule;
    int order = str_compare(left->service, right->service);
    return order != 0 ? order : str_compare(left->operation, right->operation);
}

static int compare_reads(const void *a, const void *b)
{
    const struct rules_known_read *left =
        &(*(struct layered_read *const *)a)->read;
    const struct rules_known_read *right =
        &(*(struct layered_read *const *)b)->read;
    int order = str_compare(left->service, right->service);
    return order != 0 ? order : str_compare(left->operation, right->operation);
}

/* The diag outlives a set that is not made: its sources move over. */
static void keep_sources(struct diag *diag)
{
    const struct source *from = NULL;
    const struct source *to = NULL;
    for (struct diag_item *i = diag->first; i != NULL; i = i->next) {
        if (i->source != NULL && i->source != from) {
            from = i->source;
            to = source_new(diag->arena, arena_str(diag->arena, from->name),
                            arena_str(diag->arena, from->text));
        }
        i->source = i->source != NULL ? to : NULL;
    }
}

struct rules *rules_load(const struct rules_load_in *in, struct diag *diag)
{
    struct diag found;
    diag_init(&found, diag->arena);
    struct load load = {set_new(), in->registry, &found, 0};
    if (!in->without_builtin) {
        load_builtin(&load);
    }
    for (size_t i = 0; i < in->folder_count; i++) {
        load.layer = i + 1;
        load_folder(&load, in->folders[i]);
    }
    if (found.count > 0) {
        keep_sources(&found);
        append(diag, &found);
        rules_unref(load.set);
        return NULL;
    }
    if (load.set->count > 0) {
        qsort(load.set->rules, load.set->count, sizeof(*load.set->rules),
              compare_rules);
    }
    if (load.set->read_count > 0) {
        qsort(load.set->reads, load.set->read_count, sizeof(*load.set->reads),
              compare_reads);
    }
    return load.set;
}

bool rules_check(struct aws_registry *registry, struct arena *arena,
                 const struct source *source, size_t *ret_count,
                 struct diag *diag)
{
    (void)arena;
    size_t before = diag->count;
    struct load load = {set_new(), registry, diag, 0};
    read_file(&load, source);
    *ret_count = load.set->count;
    rules_unref(load.set);
    return diag->count == before;
}

struct rules *rules_ref(struct rules *rules)
{
    rules->count_refs++;
    return rules;
}

void rules_unref(struct rules *rules)
{
    if (rules == NULL) {
        return;
    }
    assert(rules->count_refs > 0);
    if (--rules->count_refs == 0) {
        arena_free(rules->arena);
    }
}

const struct rule *rules_find(const struct rules *rules, struct str service,
                              struct str operation)
{
    size_t low = 0;
    size_t high = rules->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct rule *rule = &rules->rules[middle]->rule;
        int order = str_compare(service, rule->service);
        order = order != 0 ? order : str_compare(operation, rule->operation);
        if (order == 0) {
            return rule;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

/* There are few, of few services. */
const struct rules_known_read *rules_find_read(const struct rules *rules,
                                               struct str service,
                                               struct str operation)
{
    const struct layered_read *found =
        find_layered_read(rules, service, operation);
    return found != NULL ? &found->read : NULL;
}

size_t rules_read_count(const struct rules *rules)
{
    return rules->read_count;
}

const struct rules_known_read *rules_read_at(const struct rules *rules,
                                             size_t index)
{
    assert(index < rules->read_count);
    return &rules->reads[index]->read;
}

size_t rules_count(const struct rules *rules)
{
    return rules->count;
}

const struct rule *rules_at(const struct rules *rules, size_t index)
{
    assert(index < rules->count);
    return &rules->rules[index]->rule;
}

double rules_rate(const struct rules *rules, struct str service)
{
    for (size_t i = 0; i < rules->rate_count; i++) {
        if (str_eq(rules->rates[i].service, service)) {
            return rules->rates[i].per_second;
        }
    }
    return rate_default;
}
