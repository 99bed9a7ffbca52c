/* SPDX-License-Identifier: Apache-2.0 */
/* Appending lines to a recording, each of them redacted and in one write().
 * How a file is opened is in open.c. Start at recording_write_interaction().
 */
#include "recording/private.h"

#include "base/base64.h"
#include "base/file.h"
#include "base/mem.h"

/* The first line after a cut one begins a line of its own. */
bool recording_writer_put(struct recording_writer *writer)
{
    recording_line_end(&writer->line);
    bool good =
        !writer->failed && file_write(writer->fd, buf_str(&writer->line));
    writer->failed = !good;
    writer->n++;
    buf_clear(&writer->line);
    return good;
}

void recording_writer_begin(struct recording_writer *writer,
                            enum recording_kind kind)
{
    recording_line_begin(&writer->line, kind, writer->session, writer->n);
}

/* ---- calls, resends, read-backs ---- */

/* Of one interaction, everything as it goes into the file. */
struct clean {
    struct arena *arena;
    const struct recording_interaction *what;
    struct aws_call call;
    struct http_request request;
    int64_t request_left_out;
    const struct json *input;
    struct http_response response;
    int64_t response_left_out;
    const struct json *output; /* NULL: none that can be read */
};

static bool answers_json(enum aws_protocol protocol)
{
    return aws_protocol_is_json(protocol) || protocol == AWS_REST_JSON;
}

static void clean_request(struct clean *c, struct recording_writer *writer)
{
    const struct recording_interaction *what = c->what;
    c->request = recording_redact_request(writer->redactor, c->arena, &c->call,
                                          &what->request, &c->request_left_out);
    if (what->request_left_out > 0) {
        c->request_left_out = what->request_left_out;
    }
    if (c->request_left_out > 0) {
        c->request.body = STR_NONE;
        return;
    }
    const struct json *input =
        recording_input(c->arena, writer->registry, &c->call, &what->request);
    c->input =
        recording_redactor_json(writer->redactor, c->arena, &c->call, input);
}

static void clean_response(struct clean *c, struct recording_writer *writer)
{
    const struct recording_interaction *what = c->what;
    if (what->outcome != HTTP_ANSWERED) {
        return;
    }
    c->response =
        recording_redact_response(writer->redactor, c->arena, &c->call,
                                  &what->response, &c->response_left_out);
    if (what->response_left_out > 0) {
        c->response_left_out = what->response_left_out;
    }
    if (c->response_left_out > 0) {
        c->response.body = STR_NONE;
    } else if (answers_json(c->call.protocol)) {
        c->output = json_read(c->arena, c->response.body, &json_default_limits);
    }
}

static bool is_written_by(void (*write)(const struct json *, struct buf *),
                          const struct json *tree, struct str body)
{
    struct buf written = {0};
    write(tree, &written);
    bool same = str_eq(buf_str(&written), body);
    buf_free(&written);
    return same;
}

/* The body is not written where it is what `tree` would be written as. */
static void write_body(struct buf *line, struct arena *arena, struct str body,
                       int64_t left_out, const struct json *tree)
{
    if (left_out > 0) {
        recording_line_number(line, "left_out", left_out);
        return;
    }
    if (tree == NULL ? body.len == 0 : is_written_by(json_write, tree, body)) {
        return;
    }
    if (tree != NULL && is_written_by(recording_spaced_write, tree, body)) {
        recording_line_flag(line, "spaced", true);
        return;
    }
    if (str_is_utf8(body)) {
        recording_line_text(line, "body", body);
    } else {
        recording_line_text(line, "body_base64", base64_write(arena, body));
    }
}

static void write_messages(struct recording_writer *writer,
                           const struct clean *c)
{
    struct buf *line = &writer->line;
    const struct recording_interaction *what = c->what;
    if (c->input != NULL) {
        recording_line_json(line, "input", c->input);
    }
    recording_line_open(line, "request");
    recording_line_text(line, "method", c->request.method);
    recording_line_text(line, "target", c->request.target);
    recording_line_headers(line, "headers", &c->request.headers);
    write_body(line, c->arena, c->request.body, c->request_left_out, c->input);
    recording_line_close(line);
    if (what->outcome != HTTP_ANSWERED) {
        recording_line_text(line, "outcome",
                            str_of(http_outcome_name(what->outcome)));
        recording_line_text_if(
            line, "error",
            recording_redactor_text(writer->redactor, c->arena, what->error));
        return;
    }
    recording_line_open(line, "response");
    recording_line_number(line, "status", c->response.status);
    recording_line_headers(line, "headers", &c->response.headers);
    write_body(line, c->arena, c->response.body, c->response_left_out,
               c->output);
    recording_line_close(line);
    if (c->output != NULL) {
        recording_line_json(line, "output", c->output);
    }
}

static struct aws_call call_of(const struct recording_interaction *what)
{
    return what->call != NULL ? *what->call
                              : (struct aws_call){.protocol = AWS_REST_JSON};
}

bool recording_write_interaction(struct recording_writer *writer,
                                 const struct recording_interaction *what)
{
    if (writer->failed) {
        return false;
    }
    struct clean c = {
        .arena = arena_new(), .what = what, .call = call_of(what)};
    struct recording_redactor *redactor = writer->redactor;
    struct str client =
        recording_redactor_access_key(redactor, c.arena, what->access_key);
    clean_request(&c, writer);
    clean_response(&c, writer);
    struct buf *line = &writer->line;
    recording_writer_begin(writer, what->kind);
    recording_line_text(line, "exchange", what->exchange);
    recording_line_text_if(line, "client", client);
    recording_line_number(line, "at_ms", what->at_ms);
    recording_line_number(line, "took_ms", what->took_ms);
    recording_line_text_if(line, "service", c.call.service);
    recording_line_text_if(line, "operation", c.call.operation);
    recording_line_text(line, "protocol",
                        str_of(aws_protocol_name(c.call.protocol)));
    recording_line_text_if(line, "region", c.call.region);
    recording_line_text_if(
        line, "group",
        recording_redactor_text(redactor, c.arena, c.call.prefix));
    write_messages(writer, &c);
    bool good = recording_writer_put(writer);
    arena_free(c.arena);
    return good;
}

/* ---- what the engine tells ---- */

bool recording_write_joined(struct recording_writer *writer,
                            struct str exchange, int64_t at_ms)
{
    if (writer->failed) {
        return false;
    }
    recording_writer_begin(writer, RECORDING_JOINED);
    recording_line_text(&writer->line, "exchange", exchange);
    recording_line_number(&writer->line, "at_ms", at_ms);
    return recording_writer_put(writer);
}

bool recording_write_outcome(struct recording_writer *writer,
                             const struct event *event, int64_t at_ms)
{
    if (writer->failed) {
        return false;
    }
    struct arena *arena = arena_new();
    struct buf *line = &writer->line;
    recording_writer_begin(writer, RECORDING_OUTCOME);
    recording_line_text(line, "exchange", event->exchange);
    recording_line_number(line, "at_ms", at_ms);
    recording_line_text_if(line, "service", event->service);
    recording_line_text_if(line, "operation", event->operation);
    recording_line_text_if(line, "region", event->region);
    recording_line_text_if(
        line, "resource",
        recording_redactor_text(writer->redactor, arena, event->resource));
    recording_line_text(line, "outcome",
                        str_of(event_outcome_name(event->outcome)));
    recording_line_number(line, "reads", event->reads.value);
    recording_line_number(line, "waited_ms", event->waited_ms.value);
    bool good = recording_writer_put(writer);
    arena_free(arena);
    return good;
}

/* ---- the end ---- */

struct recording_redactor *
recording_writer_redactor(struct recording_writer *writer)
{
    return writer->redactor;
}

bool recording_writer_close(struct recording_writer *writer)
{
    if (writer == NULL) {
        return true;
    }
    if (!writer->failed) {
        recording_writer_begin(writer, RECORDING_END);
        (void)recording_writer_put(writer);
    }
    bool good = !writer->failed;
    file_close(writer->fd);
    recording_redactor_free(writer->redactor);
    buf_free(&writer->line);
    arena_free(writer->arena);
    mem_free(writer);
    return good;
}
