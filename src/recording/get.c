/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of one line, byte for byte as they were written down. The line
 * is parsed again: a recording keeps no trees of what is rarely asked for.
 * Start at recording_get(). */
#include "recording/private.h"

#include "base/base64.h"

#include <assert.h>

static struct http_headers read_headers(struct arena *arena,
                                        const struct json *array)
{
    struct http_headers headers = {0};
    for (size_t i = 0; array != NULL && i < array->count; i++) {
        const struct json *pair = array->members[i].value;
        http_headers_add(arena, &headers, json_text(pair->members[0].value),
                         json_text(pair->members[1].value));
    }
    return headers;
}

/* A body that is not there is what `tree` is written as. */
static struct str read_body(struct arena *arena, const struct json *message,
                            const struct json *tree, int64_t *ret_left_out)
{
    const struct json *text = json_get(message, STR("body"));
    const struct json *base64 = json_get(message, STR("body_base64"));
    struct str body = STR_NONE;
    *ret_left_out = recording_line_get_number(message, "left_out");
    if (text != NULL) {
        return text->text;
    }
    if (base64 != NULL) {
        (void)base64_read(arena, base64->text, &body);
    } else if (tree != NULL && *ret_left_out == 0) {
        struct buf written = {0};
        if (json_get(message, STR("spaced")) != NULL) {
            recording_spaced_write(tree, &written);
        } else {
            json_write(tree, &written);
        }
        body = arena_str(arena, buf_str(&written));
        buf_free(&written);
    }
    return body;
}

static const struct json *parse_again(const struct loaded *loaded, size_t line,
                                      struct arena *arena)
{
    const struct json *value = json_read(
        arena, recording_loaded_line(loaded, line), &recording_line_limits);
    assert(value != NULL);
    return value;
}

static void fill_call(const struct recording_entry *entry,
                      const struct json *line, struct aws_call *ret_call)
{
    *ret_call = (struct aws_call){
        .service = entry->service,
        .operation = entry->operation,
        .region = entry->region,
        .protocol = recording_protocol(json_get_text(line, "protocol")),
        .prefix = json_get_text(line, "group"),
        .input = entry->input,
    };
}

void recording_get(const struct recording *recording, size_t index,
                   struct arena *arena,
                   struct recording_interaction *ret_interaction,
                   struct aws_call *ret_call)
{
    const struct recording_entry *entry = &recording->entries[index];
    assert(index < recording->entry_count && entry->kind != RECORDING_OUTCOME &&
           entry->kind != RECORDING_JOINED);
    const struct json *line =
        parse_again((const struct loaded *)recording, entry->line, arena);
    const struct json *request = json_get(line, STR("request"));
    const struct json *response = json_get(line, STR("response"));
    fill_call(entry, line, ret_call);
    *ret_interaction = (struct recording_interaction){
        .kind = entry->kind,
        .exchange = entry->exchange,
        .access_key = entry->access_key,
        .call = ret_call,
        .at_ms = entry->at_ms,
        .took_ms = entry->took_ms,
        .request = {.method = json_get_text(request, "method"),
                    .target = json_get_text(request, "target")},
        .outcome = HTTP_ANSWERED,
        .error = json_get_text(line, "error"),
    };
    ret_interaction->request.headers =
        read_headers(arena, json_get(request, STR("headers")));
    ret_interaction->request.body =
        read_body(arena, request, json_get(line, STR("input")),
                  &ret_interaction->request_left_out);
    if (response == NULL) {
        ret_interaction->outcome =
            recording_http_outcome(json_get_text(line, "outcome"));
        return;
    }
    ret_interaction->response.status = entry->status;
    ret_interaction->response.headers =
        read_headers(arena, json_get(response, STR("headers")));
    ret_interaction->response.body =
        read_body(arena, response, json_get(line, STR("output")),
                  &ret_interaction->response_left_out);
}
