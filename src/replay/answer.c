/* SPDX-License-Identifier: Apache-2.0 */
/* What was recorded becomes a live answer: whole, dated, and in the words of
 * this run. Start at replay_answer_make(). */
#include "replay/private.h"

#include "base/clock.h"

enum { BODY_LIMIT = 64 * 1024 * 1024 };

/* ---- the words of this run ---- */

static struct str swap_body(const struct swapping *swapping,
                            struct arena *arena, struct str body)
{
    const struct json *value = json_read(arena, body, &json_default_limits);
    if (value == NULL) {
        struct swapping as_text = *swapping;
        as_text.xml = str_starts(str_trim(body), STR("<"));
        return replay_swap_text(&as_text, arena, body);
    }
    const struct json *swapped = replay_swap_json(swapping, arena, value);
    if (swapped == value) {
        return body;
    }
    struct buf out = {0};
    json_write(swapped, &out);
    struct str text = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

/* These speak of the bytes that were there. */
static void drop_checksums(struct http_headers *headers)
{
    size_t kept = 0;
    for (size_t i = 0; i < headers->count; i++) {
        struct str name = headers->at[i].name;
        if (!str_eq_nocase(str_first(name, 14), STR("x-amz-checksum")) &&
            !str_eq_nocase(name, STR("x-amz-crc32")) &&
            !str_eq_nocase(name, STR("Content-MD5"))) {
            headers->at[kept++] = headers->at[i];
        }
    }
    headers->count = kept;
}

static void set_body(struct arena *arena, struct http_response *response,
                     struct str body)
{
    response->body = body;
    drop_checksums(&response->headers);
    http_headers_remove(&response->headers, STR("Content-Encoding"));
    if (http_headers_get(&response->headers, "Content-Length").len > 0) {
        http_headers_set(arena, &response->headers, STR("Content-Length"),
                         arena_printf(arena, "%zu", body.len));
    }
}

static void swap_response(const struct swapping *swapping, struct arena *arena,
                          struct http_response *response)
{
    struct http_headers *headers = &response->headers;
    struct str plain = response->body;
    if (!replay_swapping_has_any(swapping)) {
        return;
    }
    for (size_t i = 0; i < headers->count; i++) {
        struct str name = headers->at[i].name;
        /* Numbers and dates are not names. */
        if (!str_eq_nocase(name, STR("Date")) &&
            !str_eq_nocase(str_first(name, 8), STR("Content-"))) {
            headers->at[i].value =
                replay_swap_text(swapping, arena, headers->at[i].value);
        }
    }
    if (str_eq_nocase(http_headers_get(headers, "Content-Encoding"),
                      STR("gzip")) &&
        !http_gunzip(arena, response->body, BODY_LIMIT, &plain)) {
        return;
    }
    struct str swapped = swap_body(swapping, arena, plain);
    if (!str_eq(swapped, plain)) {
        set_body(arena, response, swapped);
    }
}

/* ---- the answer ---- */

/* The engine tells AWS's clock by it. */
static void add_date(struct arena *arena, const struct recording_entry *entry,
                     struct http_headers *headers)
{
    if (http_headers_get(headers, "Date").len == 0) {
        int64_t at_ms = entry->session->facts.at_ms + entry->at_ms;
        http_headers_add(arena, headers, STR("Date"),
                         clock_http_date(arena, at_ms));
    }
}

/* A recording may have been edited by hand. */
static void fit_length(struct arena *arena, struct http_response *response)
{
    int64_t told = http_response_length(response);
    if (response->body.len > 0 && told != (int64_t)response->body.len) {
        set_body(arena, response, response->body);
    }
}

static void give_response(struct replay *replay, const struct found *found,
                          struct arena *scratch, struct http_fetch *fetch,
                          const struct http_response *was)
{
    struct http_response response = http_response_copy(scratch, was);
    const struct swapping swapping = {
        .variables = &replay->variables,
        .all = &replay->swaps,
        .own = found->bond != NULL ? &found->bond->accounts : NULL,
    };
    http_headers_drop_hop_by_hop(&response.headers);
    add_date(scratch, found->recorded->entry, &response.headers);
    swap_response(&swapping, scratch, &response);
    fit_length(scratch, &response);
    fetch->response = http_response_copy(fetch->arena, &response);
    fetch->head_ready = true;
    fetch->outcome = HTTP_ANSWERED;
}

static void give_nothing(struct http_fetch *fetch, enum http_outcome outcome,
                         struct str why)
{
    fetch->outcome = outcome;
    fetch->error = arena_str(fetch->arena, why);
}

void replay_answer_make(struct replay *replay, const struct found *found,
                        struct http_fetch *fetch)
{
    const struct recorded *r = found->recorded;
    struct recording_interaction was;
    struct aws_call call;
    if (r == NULL) {
        give_nothing(fetch, HTTP_UNRECORDED, found->error);
        return;
    }
    struct arena *scratch = arena_new();
    recording_get(replay->recording, (size_t)(r - replay->index.recorded),
                  scratch, &was, &call);
    if (was.outcome != HTTP_ANSWERED) {
        give_nothing(fetch, was.outcome,
                     was.error.len > 0 ? was.error
                                       : STR("no answer was recorded"));
    } else if (was.response_left_out > 0) {
        struct str why = arena_printf(
            scratch,
            "the answer in line %zu of %.*s was too long to be recorded "
            "(%lld bytes); --record-limit keeps longer ones",
            r->entry->line, STR_ARG(replay->config.path),
            (long long)was.response_left_out);
        give_nothing(fetch, HTTP_UNRECORDED, why);
    } else {
        give_response(replay, found, scratch, fetch, &was.response);
    }
    arena_free(scratch);
}
