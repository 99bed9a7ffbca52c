/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of one service, from rules/models/SERVICE.json or, for those
 * that have no file, from the method and URI rows of routes.json.
 * A client uses a handful of services, so each is parsed when first asked for.
 * Start at model_of(). */
#include "aws/private.h"

#include <assert.h>

static struct text_list copy_list(struct arena *arena, const struct json *row,
                                  const char *key)
{
    return aws_text_list_read(arena, json_get(row, str_of(key)));
}

static void read_uri(struct model_operation *operation, struct str uri)
{
    struct str rest = uri;
    operation->path = str_cut(&rest, '?');
    operation->query = rest;
}

static void read_operation(struct arena *arena, const struct json *row,
                           struct model_operation *operation)
{
    const struct json *page = json_get(row, STR("page"));
    struct text_list inputs = copy_list(arena, row, "inputs");
    struct text_list required = copy_list(arena, row, "required");
    struct text_list outputs = copy_list(arena, row, "outputs");
    struct text_list joins = copy_list(arena, page, "join");
    operation->facts = (struct aws_operation){
        .name = aws_row_text(arena, row, "name"),
        .reads = aws_row_flag(row, "reads"),
        .unsigned_call = aws_row_flag(row, "unsigned"),
        .inputs = inputs.at,
        .input_count = inputs.count,
        .required = required.at,
        .required_count = required.count,
        .outputs = outputs.at,
        .output_count = outputs.count,
        .idempotency_token = aws_row_text(arena, row, "token"),
        .page_input = aws_row_text(arena, page, "in"),
        .page_output = aws_row_text(arena, page, "out"),
        .page_results = joins.at,
        .page_result_count = joins.count,
        .host_prefix = aws_row_text(arena, row, "host"),
    };
    operation->method = aws_row_text(arena, row, "method");
    read_uri(operation, aws_row_text(arena, row, "uri"));
    operation->need_query = copy_list(arena, row, "need_query");
    operation->need_headers = copy_list(arena, row, "need_headers");
    operation->old = aws_row_flag(row, "old");
    operation->sensitive = copy_list(arena, row, "sensitive");
}

/* ["eks", "GetThing", "GET", "/things/{id}"] */
static void read_route(struct arena *arena, const struct json *row,
                       struct model_operation *operation)
{
    struct text_list texts = aws_text_list_read(arena, row);
    assert(texts.count == 4);
    operation->facts.name = texts.at[1];
    operation->method = texts.at[2];
    read_uri(operation, texts.at[3]);
}

typedef void read_row_fn(struct arena *arena, const struct json *row,
                         struct model_operation *operation);

static struct model *read_rows(struct arena *arena,
                               const struct json_member *rows, size_t count,
                               read_row_fn *read)
{
    struct model *model = ARENA_NEW(arena, struct model);
    model->count = count;
    model->operations = ARENA_ARRAY(arena, struct model_operation, count);
    for (size_t i = 0; i < count; i++) {
        read(arena, rows[i].value, &model->operations[i]);
        if (str_starts(model->operations[i].path, STR("/{"))) {
            model->open_start = true;
        }
    }
    return model;
}

struct model *model_of(struct aws_registry *registry, struct service *service)
{
    if (!service->facts.has_model || service->model != NULL) {
        return service->facts.has_model ? service->model : NULL;
    }
    struct arena *scratch = arena_new();
    struct str file =
        arena_printf(scratch, "models/%.*s.json", STR_ARG(service->facts.name));
    const struct json *whole = aws_asset_parse(scratch, file);
    const struct json *rows = json_get(whole, STR("operations"));
    assert(json_is(rows, JSON_ARRAY));
    service->model =
        read_rows(registry->arena, rows->members, rows->count, read_operation);
    arena_free(scratch);
    return service->model;
}

static struct str service_of(const struct json_member *row)
{
    assert(json_is(row->value, JSON_ARRAY) && row->value->count > 0);
    return json_text(row->value->members[0].value);
}

/* The rows of one service stand together. */
static void read_routes(struct aws_registry *registry)
{
    struct arena *scratch = arena_new();
    const struct json *whole =
        aws_asset_parse(scratch, STR("models/routes.json"));
    const struct json *rows = json_get(whole, STR("routes"));
    assert(json_is(rows, JSON_ARRAY));
    size_t end = 0;
    for (size_t first = 0; first < rows->count; first = end) {
        struct str name = service_of(&rows->members[first]);
        end = first + 1;
        while (end < rows->count &&
               str_eq(service_of(&rows->members[end]), name)) {
            end++;
        }
        struct service *service = service_find(registry, name);
        if (service != NULL && !service->facts.has_model) {
            service->model = read_rows(registry->arena, &rows->members[first],
                                       end - first, read_route);
        }
    }
    arena_free(scratch);
}

struct model *routes_of(struct aws_registry *registry, struct service *service)
{
    if (service->facts.has_model) {
        return model_of(registry, service);
    }
    if (!registry->routes_read) {
        read_routes(registry);
        registry->routes_read = true;
    }
    return service->model;
}

const struct model_operation *model_find(const struct model *model,
                                         struct str name)
{
    size_t low = 0;
    size_t high = model->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct model_operation *row = &model->operations[middle];
        int order = str_compare(name, row->facts.name);
        if (order == 0) {
            return row;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

static struct model *find_model(struct aws_registry *registry, struct str name)
{
    struct service *service = service_find(registry, name);
    return service != NULL ? model_of(registry, service) : NULL;
}

const struct aws_operation *aws_operation_find(struct aws_registry *registry,
                                               struct str service,
                                               struct str operation)
{
    const struct model *model = find_model(registry, service);
    const struct model_operation *row =
        model != NULL ? model_find(model, operation) : NULL;
    return row != NULL ? &row->facts : NULL;
}

size_t aws_operation_count(struct aws_registry *registry, struct str service)
{
    const struct model *model = find_model(registry, service);
    return model != NULL ? model->count : 0;
}

const struct aws_operation *aws_operation_at(struct aws_registry *registry,
                                             struct str service, size_t index)
{
    const struct model *model = find_model(registry, service);
    assert(model != NULL && index < model->count);
    return &model->operations[index].facts;
}
