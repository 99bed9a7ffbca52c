/* SPDX-License-Identifier: Apache-2.0 */
/* Other names of what was glimpsed: a secret has a name and an ARN, and some
 * are told by the answer to the change only. Start at glimpse_aliases(). */
#include "lag/private.h"

static void add_alias(struct visit *v, const struct glimpse *of, struct str key,
                      const struct json *input)
{
    struct glimpse alias = *of;
    alias.key = key;
    alias.read.input = input;
    alias.opened = false;
    (void)glimpse_add(v, &alias);
}

/* A rule that names its read by the answer to the change asks for the same
 * thing as it did before; what could not be asked before was not there. */
static void add_named_by_response(struct visit *v, const struct glimpse *like)
{
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (g->rule == like->rule && g->item == like->item) {
            if (g->known) {
                add_alias(v, g, g->key, like->read.input);
            }
            return;
        }
    }
    struct glimpse *added = like->rule->retry.error_count > 0 &&
                                    like->rule->for_each.compiled == NULL
                                ? glimpse_add(v, like)
                                : NULL;
    if (added != NULL) {
        const struct aws_service *service =
            aws_service_find(v->lag->config.registry, like->read.service);
        const struct aws_call as = {.service = service->name,
                                    .protocol = service->protocol};
        added->old = aws_fault(v->arena, &as, 400, like->rule->retry.errors[0],
                               STR("not there yet"), STR("settled-lag"));
        added->known = true;
    }
}

static void add_family_aliases(struct visit *v, const struct glimpse *first,
                               const struct json *names)
{
    for (size_t i = 0; i < names->count; i++) {
        struct str name = json_text(names->members[i].value);
        for (struct glimpse *g = v->glimpses;
             name.len > 0 && !str_eq(name, first->key) && g != NULL;
             g = g->next) {
            if (g->family != first->family || !str_eq(g->key, first->key) ||
                !g->known || !g->sure) {
                continue;
            }
            const struct json *input =
                kin_input(v->lag->families, v->arena, g->kin, name);
            if (input != NULL) {
                add_alias(v, g, name, input);
            }
        }
    }
}

/* The glimpse may stand for a rule's own read too: by its input alone it is
 * known to be the first kin. */
static void give_key(struct visit *v, struct glimpse *g)
{
    const struct family *family =
        lag_family_of(g->read.service, g->read.operation);
    if (g->rule == NULL || family == NULL || g->family != NULL) {
        return;
    }
    const struct json *keys =
        lag_family_keys(v->arena, family, g->read.operation, g->read.input);
    if (keys->count != 1) {
        return;
    }
    struct str key = json_text(keys->members[0].value);
    for (size_t k = 0; k < family->count; k++) {
        const struct json *input =
            kin_input(v->lag->families, v->arena, &family->kin[k], key);
        if (str_eq(g->read.operation, str_of(family->kin[k].operation)) &&
            input != NULL && json_equal(input, g->read.input)) {
            g->family = family;
            g->kin = &family->kin[k];
            g->key = key;
            return;
        }
    }
}

/* Of a label only that label is known; an ARN is a name like others. */
static bool is_named(const struct glimpse *g)
{
    return g->family != NULL && g->kin == &g->family->kin[0] &&
           (str_find(g->key, ':') == STR_NOT_FOUND ||
            str_starts(g->key, STR("arn:")));
}

void glimpse_aliases(struct visit *v, const struct json *response)
{
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        give_key(v, g);
    }
    if (response != NULL) {
        glimpse_each_input(v, response, add_named_by_response);
    }
    for (struct glimpse *g = v->glimpses; g != NULL; g = g->next) {
        if (is_named(g)) {
            add_family_aliases(v, g,
                               lag_family_names(v->lag->families, v->arena,
                                                g->family, glimpse_output(v, g),
                                                response));
        }
    }
}
