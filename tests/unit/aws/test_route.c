/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation of every modelled REST service is found again from a request
 * made of its own URI template. */
#include "given.h"

#include "aws/private.h"

/* "/{Bucket}/{Key+}" -> "/bucket/some/key" */
static void fill_labels(struct str template, struct buf *out)
{
    struct str rest = template;
    while (rest.ptr != NULL) {
        struct str text = str_cut(&rest, '{');
        buf_add(out, text);
        if (rest.ptr != NULL) {
            struct str label = str_cut(&rest, '}');
            buf_add(out,
                    str_ends(label, STR("+")) ? STR("some/key") : STR("thing"));
        }
    }
}

static struct http_request make_request(struct given *given,
                                        const struct model_operation *operation,
                                        struct buf *target)
{
    struct http_request request = {.method = operation->method};
    fill_labels(operation->path, target);
    const char *joint = "?";
    if (operation->query.len > 0) {
        buf_printf(target, "?%.*s", STR_ARG(operation->query));
        joint = "&";
    }
    for (size_t i = 0; i < operation->need_query.count; i++) {
        buf_printf(target, "%s%.*s=1", joint,
                   STR_ARG(operation->need_query.at[i]));
        joint = "&";
    }
    for (size_t i = 0; i < operation->need_headers.count; i++) {
        http_headers_add(given->arena, &request.headers,
                         operation->need_headers.at[i], STR("x"));
    }
    request.target = buf_str(target);
    return request;
}

/* Told apart by host alone, or the older of two with one URI. */
static bool has_a_twin(const struct model_operation *operation)
{
    return operation->old ||
           str_eq(operation->facts.name, STR("ListDirectoryBuckets"));
}

static size_t check_service(struct given *given, struct service *service)
{
    const struct model *model = model_of(given->registry, service);
    size_t checked = 0;
    for (size_t i = 0; i < model->count; i++) {
        const struct model_operation *operation = &model->operations[i];
        struct buf target = {0};
        struct http_request request = make_request(given, operation, &target);
        struct aws_call call;
        aws_identify(given->registry, given->arena, &request,
                     service->facts.signing_name, STR("eu-west-1"), STR_NONE,
                     &call);
        if (!has_a_twin(operation) &&
            (!str_eq(call.operation, operation->facts.name) ||
             !str_eq(call.service, service->facts.name))) {
            fail_msg("%.*s %.*s: got %.*s %.*s, wanted %.*s %.*s",
                     STR_ARG(request.method), STR_ARG(request.target),
                     STR_ARG(call.service), STR_ARG(call.operation),
                     STR_ARG(service->facts.name),
                     STR_ARG(operation->facts.name));
        }
        buf_free(&target);
        checked++;
    }
    return checked;
}

static void every_rest_operation_is_found_by_its_uri(void **state)
{
    struct given *given = *state;
    size_t checked = 0;
    for (size_t i = 0; i < given->registry->count; i++) {
        struct service *service = &given->registry->services[i];
        if (service->facts.has_model &&
            (service_speaks(service, AWS_REST_JSON) ||
             service_speaks(service, AWS_REST_XML))) {
            checked += check_service(given, service);
        }
    }
    print_message("%zu operations\n", checked);
    assert_true(checked > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(every_rest_operation_is_found_by_its_uri),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
