/* SPDX-License-Identifier: Apache-2.0 */
/* The members that lines have, as rows, and the check of a line against them.
 * Here because a recording may have been edited, damaged, or written by a
 * program that is not this one. Start at recording_line_check_shape(). */
#include "recording/private.h"

#include "base/base64.h"

const struct json_limits recording_line_limits = {.depth = 192,
                                                  .nodes = 4000000};

enum type { TEXT, NUMBER, FLAG, OBJECT, ARRAY, ANY };

struct row {
    const char *name;
    enum type type;
    unsigned kinds; /* bits */
    bool required;
};

#define BIT(kind) (1U << (kind))
#define EVERY     (BIT(RECORDING_KIND_COUNT) - 1U)
#define SESSION   BIT(RECORDING_SESSION)
#define SENT                                                                   \
    (BIT(RECORDING_CALL) | BIT(RECORDING_RESEND) | BIT(RECORDING_READ_BACK))
#define OUTCOME BIT(RECORDING_OUTCOME)
#define TIMED   (SENT | OUTCOME | BIT(RECORDING_JOINED))

static const struct row rows[] = {
    {"kind", TEXT, EVERY, true},
    {"session", TEXT, EVERY, true},
    {"n", NUMBER, EVERY, true},
    {"crc", TEXT, EVERY, true},
    {"format", TEXT, SESSION, true},
    {"version", NUMBER, SESSION, true},
    {"at", TEXT, SESSION, true},
    {"settled", TEXT, SESSION, false},
    {"source", TEXT, SESSION, false},
    {"redaction", OBJECT, SESSION, true},
    {"settings", OBJECT, SESSION, false},
    {"exchange", TEXT, TIMED, true},
    {"at_ms", NUMBER, TIMED, true},
    {"client", TEXT, SENT, false},
    {"took_ms", NUMBER, SENT, true},
    {"service", TEXT, SENT | OUTCOME, false},
    {"operation", TEXT, SENT | OUTCOME, false},
    {"region", TEXT, SENT | OUTCOME, false},
    {"protocol", TEXT, SENT, true},
    {"group", TEXT, SENT, false},
    {"input", ANY, SENT, false},
    {"request", OBJECT, SENT, true},
    {"error", TEXT, SENT, false},
    {"response", OBJECT, SENT, false},
    {"output", ANY, SENT, false},
    {"outcome", TEXT, OUTCOME, true},
    {"outcome", TEXT, SENT, false},
    {"resource", TEXT, OUTCOME, false},
    {"reads", NUMBER, OUTCOME, true},
    {"waited_ms", NUMBER, OUTCOME, true},
};

/* Members of members; `kinds` has no meaning. */
static const struct row body_rows[] = {
    {"method", TEXT, BIT(0), true},
    {"target", TEXT, BIT(0), true},
    {"status", NUMBER, BIT(1), true},
    {"headers", ARRAY, BIT(0) | BIT(1), true},
    {"body", TEXT, BIT(0) | BIT(1), false},
    {"body_base64", TEXT, BIT(0) | BIT(1), false},
    {"spaced", FLAG, BIT(0) | BIT(1), false},
    {"left_out", NUMBER, BIT(0) | BIT(1), false},
};
static const struct row redaction_rows[] = {
    {"key", TEXT, 1, false},
    {"check", TEXT, 1, false},
    {"off", FLAG, 1, false},
};
static const struct row settings_rows[] = {
    {"timeout_ms", NUMBER, 1, true}, {"max_hold_ms", NUMBER, 1, true},
    {"level", NUMBER, 1, true},      {"on_unsettled", TEXT, 1, true},
    {"on_failed", TEXT, 1, true},    {"on_unverifiable", TEXT, 1, true},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void recording_line_error(const struct line_check *check, struct span span,
                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str message = arena_vprintf(check->arena, format, args);
    va_end(args);
    span.start += check->start;
    span.end += check->start;
    diag_add(check->errors, check->file, span, "%.*s", STR_ARG(message));
}

int64_t recording_line_get_number(const struct json *line, const char *name)
{
    const struct json *value = json_get(line, str_of(name));
    uint64_t number = 0;
    if (value == NULL || !str_to_u64(value->text, &number)) {
        return 0;
    }
    return (int64_t)number;
}

static const char *const type_words[] = {
    [TEXT] = "a string",      [NUMBER] = "a whole number",
    [FLAG] = "true or false", [OBJECT] = "an object",
    [ARRAY] = "an array",     [ANY] = "anything",
};

static bool is_of_type(const struct json *value, enum type type)
{
    uint64_t number = 0;
    switch (type) {
    case TEXT:
        return value->type == JSON_STRING;
    case NUMBER:
        return value->type == JSON_NUMBER && str_to_u64(value->text, &number) &&
               number < INT64_MAX;
    case FLAG:
        return value->type == JSON_TRUE || value->type == JSON_FALSE;
    case OBJECT:
        return value->type == JSON_OBJECT;
    case ARRAY:
        return value->type == JSON_ARRAY;
    case ANY:
        break;
    }
    return true;
}

static const struct row *find_row(const struct row *table, size_t count,
                                  unsigned kind, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if ((table[i].kinds & kind) != 0 &&
            str_eq(name, str_of(table[i].name))) {
            return &table[i];
        }
    }
    return NULL;
}

static bool check_members(const struct line_check *check,
                          const struct json *object, const struct row *table,
                          size_t count, unsigned kind)
{
    size_t before = check->errors->count;
    for (size_t i = 0; i < object->count; i++) {
        const struct json_member *member = &object->members[i];
        const struct row *row = find_row(table, count, kind, member->key);
        if (row == NULL) {
            recording_line_error(check, member->key_span,
                                 "\"%.*s\" is no member of such a line",
                                 STR_ARG(member->key));
        } else if (!is_of_type(member->value, row->type)) {
            recording_line_error(check, member->value->span,
                                 "\"%s\" must be %s", row->name,
                                 type_words[row->type]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        bool needed = table[i].required && (table[i].kinds & kind) != 0;
        if (check->edited && (str_eq(str_of(table[i].name), STR("crc")) ||
                              str_eq(str_of(table[i].name), STR("n")))) {
            needed = false;
        }
        if (needed && json_get(object, str_of(table[i].name)) == NULL) {
            recording_line_error(check, object->span, "\"%s\" is missing",
                                 table[i].name);
        }
    }
    return check->errors->count == before;
}

/* ---- inside of members ---- */

static bool check_headers(const struct line_check *check,
                          const struct json *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        const struct json *pair = headers->members[i].value;
        if (!json_is(pair, JSON_ARRAY) || pair->count != 2 ||
            !json_is(pair->members[0].value, JSON_STRING) ||
            !json_is(pair->members[1].value, JSON_STRING)) {
            recording_line_error(check, pair->span,
                                 "a header must be [\"name\", \"value\"]");
            return false;
        }
    }
    return true;
}

static bool check_message(const struct line_check *check,
                          const struct json *message, unsigned kind)
{
    if (message == NULL) {
        return true;
    }
    if (!check_members(check, message, body_rows, COUNT(body_rows), kind) ||
        !check_headers(check, json_get(message, STR("headers")))) {
        return false;
    }
    const struct json *base64 = json_get(message, STR("body_base64"));
    const struct json *status = json_get(message, STR("status"));
    struct str bytes = STR_NONE;
    if (base64 != NULL && !base64_read(check->arena, base64->text, &bytes)) {
        recording_line_error(check, base64->span, "this is not base64");
        return false;
    }
    if (status != NULL && (status->number < 100 || status->number > 999)) {
        recording_line_error(check, status->span, "there is no such status");
        return false;
    }
    return true;
}

static bool check_words(const struct line_check *check, const struct json *line)
{
    const struct json *outcome = json_get(line, STR("outcome"));
    const struct json *response = json_get(line, STR("response"));
    const struct json *protocol = json_get(line, STR("protocol"));
    if (recording_protocol(json_text(protocol)) == AWS_PROTOCOL_COUNT) {
        recording_line_error(check, protocol->span,
                             "there is no such protocol");
        return false;
    }
    if ((outcome == NULL) == (response == NULL)) {
        recording_line_error(
            check, line->span,
            "there must be either \"response\" or \"outcome\"");
        return false;
    }
    if (outcome != NULL) {
        enum http_outcome word = recording_http_outcome(outcome->text);
        if (word == HTTP_OUTCOME_COUNT || word == HTTP_PENDING ||
            word == HTTP_ANSWERED) {
            recording_line_error(check, outcome->span,
                                 "nothing that was sent ends like this");
            return false;
        }
    }
    return true;
}

static bool check_sent(const struct line_check *check, const struct json *line)
{
    return check_message(check, json_get(line, STR("request")), BIT(0)) &&
           check_message(check, json_get(line, STR("response")), BIT(1)) &&
           check_words(check, line);
}

static bool check_outcome(const struct line_check *check,
                          const struct json *line)
{
    const struct json *outcome = json_get(line, STR("outcome"));
    if (recording_outcome(outcome->text) == OUTCOME_COUNT) {
        recording_line_error(check, outcome->span, "there is no such outcome");
        return false;
    }
    return true;
}

static bool check_session(const struct line_check *check,
                          const struct json *line)
{
    const struct json *settings = json_get(line, STR("settings"));
    return check_members(check, json_get(line, STR("redaction")),
                         redaction_rows, COUNT(redaction_rows), 1) &&
           (settings == NULL || check_members(check, settings, settings_rows,
                                              COUNT(settings_rows), 1));
}

bool recording_line_check_shape(const struct line_check *check,
                                const struct json *line,
                                enum recording_kind *ret_kind)
{
    const struct json *kind = json_get(line, STR("kind"));
    if (!json_is(line, JSON_OBJECT)) {
        recording_line_error(check, line->span, "a line must be an object");
        return false;
    }
    *ret_kind = recording_kind_find(json_text(kind));
    if (*ret_kind == RECORDING_KIND_COUNT) {
        recording_line_error(check, kind != NULL ? kind->span : line->span,
                             "there is no such kind of line");
        return false;
    }
    if (!check_members(check, line, rows, COUNT(rows), BIT(*ret_kind))) {
        return false;
    }
    switch (*ret_kind) {
    case RECORDING_SESSION:
        return check_session(check, line);
    case RECORDING_OUTCOME:
        return check_outcome(check, line);
    case RECORDING_JOINED:
    case RECORDING_END:
    case RECORDING_KIND_COUNT:
        return true;
    case RECORDING_CALL:
    case RECORDING_RESEND:
    case RECORDING_READ_BACK:
        break;
    }
    return check_sent(check, line);
}
