/* SPDX-License-Identifier: Apache-2.0 */
/* The index of all services, read from the built-in services.json.
 * One registry for the process; models are added to it as they are asked for.
 * Start at aws_registry_new(). */
#include "aws/private.h"

#include "assets/assets.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

static const char *const protocol_names[AWS_PROTOCOL_COUNT] = {
    [AWS_JSON_1_0] = "json-1.0",   [AWS_JSON_1_1] = "json-1.1",
    [AWS_QUERY] = "query",         [AWS_EC2] = "ec2",
    [AWS_REST_JSON] = "rest-json", [AWS_REST_XML] = "rest-xml",
    [AWS_CBOR] = "cbor",
};

const char *aws_protocol_name(enum aws_protocol protocol)
{
    assert(protocol < AWS_PROTOCOL_COUNT);
    return protocol_names[protocol];
}

bool aws_protocol_is_json(enum aws_protocol protocol)
{
    return protocol == AWS_JSON_1_0 || protocol == AWS_JSON_1_1;
}

static enum aws_protocol protocol_of(struct str name)
{
    int i = 0;
    while (i < AWS_PROTOCOL_COUNT && !str_eq(name, str_of(protocol_names[i]))) {
        i++;
    }
    assert(i < AWS_PROTOCOL_COUNT);
    return (enum aws_protocol)i;
}

const struct json *aws_asset_parse(struct arena *arena, struct str name)
{
    struct str text = STR_NONE;
    bool found = assets_find(name, &text);
    assert(found);
    const struct json *value = json_read(arena, text, &json_default_limits);
    assert(value != NULL);
    return value;
}

struct text_list aws_text_list_read(struct arena *arena,
                                    const struct json *array)
{
    struct text_list list = {0};
    if (!json_is(array, JSON_ARRAY) || array->count == 0) {
        return list;
    }
    list.at = ARENA_ARRAY(arena, struct str, array->count);
    for (size_t i = 0; i < array->count; i++) {
        list.at[i] = arena_str(arena, json_text(array->members[i].value));
    }
    list.count = array->count;
    return list;
}

bool aws_text_list_has(const struct text_list *list, struct str text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (str_eq(list->at[i], text)) {
            return true;
        }
    }
    return false;
}

struct str aws_row_text(struct arena *arena, const struct json *row,
                        const char *key)
{
    struct str text = json_get_text(row, key);
    return text.ptr != NULL ? arena_str(arena, text) : STR_NONE;
}

bool aws_row_flag(const struct json *row, const char *key)
{
    return json_is(json_get(row, str_of(key)), JSON_TRUE);
}

static void read_sites(struct arena *arena, const struct json *rows,
                       struct service *service)
{
    if (!json_is(rows, JSON_ARRAY) || rows->count == 0) {
        return;
    }
    service->sites = ARENA_ARRAY(arena, struct site, rows->count);
    service->site_count = rows->count;
    for (size_t i = 0; i < rows->count; i++) {
        struct text_list row =
            aws_text_list_read(arena, rows->members[i].value);
        assert(row.count == 3);
        service->sites[i] = (struct site){row.at[0], row.at[1], row.at[2]};
    }
}

static void read_service(struct arena *arena, const struct json *row,
                         struct service *service)
{
    service->facts = (struct aws_service){
        .name = aws_row_text(arena, row, "name"),
        .title = aws_row_text(arena, row, "title"),
        .signing_name = aws_row_text(arena, row, "signing"),
        .endpoint_prefix = aws_row_text(arena, row, "endpoint"),
        .target_prefix = aws_row_text(arena, row, "target"),
        .api_version = aws_row_text(arena, row, "version"),
        .xml_namespace = aws_row_text(arena, row, "xmlns"),
        .protocol = protocol_of(json_get_text(row, "protocol")),
        .has_model = aws_row_flag(row, "model"),
        .query_errors = aws_row_flag(row, "query_errors"),
        .bare_errors = aws_row_flag(row, "bare_errors"),
    };
    service->speaks = 1U << service->facts.protocol;
    const struct json *others = json_get(row, STR("others"));
    for (size_t i = 0; others != NULL && i < others->count; i++) {
        service->speaks |= 1U
                           << protocol_of(json_text(others->members[i].value));
    }
    service->only = aws_text_list_read(arena, json_get(row, STR("only")));
    read_sites(arena, json_get(row, STR("at")), service);
}

static int compare_targets(const void *a, const void *b)
{
    const struct service *const *left = a;
    const struct service *const *right = b;
    int order = str_compare((*left)->facts.target_prefix,
                            (*right)->facts.target_prefix);
    return order != 0 ? order
                      : str_compare((*left)->facts.name, (*right)->facts.name);
}

static void sort_targets(struct aws_registry *registry)
{
    registry->targets =
        ARENA_ARRAY(registry->arena, const struct service *, registry->count);
    for (size_t i = 0; i < registry->count; i++) {
        if (registry->services[i].facts.target_prefix.len > 0) {
            registry->targets[registry->target_count++] =
                &registry->services[i];
        }
    }
    qsort(registry->targets, registry->target_count,
          sizeof(registry->targets[0]), compare_targets);
}

struct aws_registry *aws_registry_new(void)
{
    struct aws_registry *registry = mem_new(sizeof *registry);
    registry->arena = arena_new();
    registry->limits = json_default_limits;
    struct arena *scratch = arena_new();
    const struct json *index =
        aws_asset_parse(scratch, STR("models/services.json"));
    const struct json *rows = json_get(index, STR("services"));
    assert(json_is(rows, JSON_ARRAY) && rows->count > 0);
    registry->count = rows->count;
    registry->services =
        ARENA_ARRAY(registry->arena, struct service, rows->count);
    for (size_t i = 0; i < rows->count; i++) {
        read_service(registry->arena, rows->members[i].value,
                     &registry->services[i]);
    }
    sort_targets(registry);
    arena_free(scratch);
    return registry;
}

void aws_registry_free(struct aws_registry *registry)
{
    if (registry == NULL) {
        return;
    }
    arena_free(registry->arena);
    mem_free(registry);
}

void aws_registry_limit_json(struct aws_registry *registry,
                             const struct json_limits *limits)
{
    registry->limits = *limits;
}

struct service *service_find(const struct aws_registry *registry,
                             struct str name)
{
    size_t low = 0;
    size_t high = registry->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(name, registry->services[middle].facts.name);
        if (order == 0) {
            return &registry->services[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

size_t service_first_target(const struct aws_registry *registry,
                            struct str prefix)
{
    size_t low = 0;
    size_t high = registry->target_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct str here = registry->targets[middle]->facts.target_prefix;
        if (str_compare(here, prefix) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool service_speaks(const struct service *service, enum aws_protocol protocol)
{
    return (service->speaks & (1U << protocol)) != 0;
}

const struct aws_service *aws_service_find(const struct aws_registry *registry,
                                           struct str name)
{
    const struct service *service = service_find(registry, name);
    return service != NULL ? &service->facts : NULL;
}

size_t aws_service_count(const struct aws_registry *registry)
{
    return registry->count;
}

const struct aws_service *aws_service_at(const struct aws_registry *registry,
                                         size_t index)
{
    assert(index < registry->count);
    return &registry->services[index].facts;
}
