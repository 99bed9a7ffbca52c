/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles an expression of a rule and checks the names it reads: those of the
 * document, and the members behind them by the service's model. Here so that a
 * misspelt member is found when rules are loaded, not when a deadline passes.
 * Start at expression_read(). */
#include "rules/private.h"

#include "base/nearest.h"

/* The first-level names; `members` when they are the same for every call. */
static const struct name_row {
    const char *name;
    const char *members[7];
} name_rows[NAME_COUNT] = {
    [NAME_REQUEST] = {"request", {NULL}},
    [NAME_RESPONSE] = {"response", {NULL}},
    [NAME_READ] = {"read", {NULL}},
    [NAME_READ_ERROR] = {"read_error", {"code", "message", "status"}},
    [NAME_BEFORE] = {"before", {NULL}},
    [NAME_CALL] = {"call",
                   {"service", "operation", "region", "account", "access_key",
                    "started"}},
    [NAME_ITEM] = {"item", {NULL}},
    [NAME_ERROR] = {"error", {"code", "message", "status"}},
    [NAME_PREVIOUS] = {"previous",
                       {"operation", "request", "seconds_ago", "outcome"}},
    [NAME_ASKED] = {"asked", {NULL}},
    [NAME_COMPLETE] = {"complete", {NULL}},
};

struct reader {
    const struct compiler *c;
    const struct json *string;
    struct view view;
};

/* A span of the decoded text, as one of the file. */
static struct span in_file(const struct reader *r, struct span span)
{
    return (struct span){
        json_string_offset(r->string, r->c->source, span.start),
        json_string_offset(r->string, r->c->source, span.end)};
}

/* ---- first-level names ---- */

static struct str names_seen(const struct reader *r)
{
    struct buf list = {0};
    for (int i = 0; i < NAME_COUNT; i++) {
        if ((r->view.names & SEES(i)) != 0) {
            buf_printf(&list, "%s%s", list.len > 0 ? ", " : "",
                       name_rows[i].name);
        }
    }
    struct str text = arena_str(r->c->diag->arena, buf_str(&list));
    buf_free(&list);
    return text;
}

static int find_name(struct str name)
{
    for (int i = 0; i < NAME_COUNT; i++) {
        if (str_eq(name, str_of(name_rows[i].name))) {
            return i;
        }
    }
    return NAME_COUNT;
}

static void complain_of_name(const struct reader *r, struct str name,
                             struct span span)
{
    struct nearest nearest = nearest_to(name);
    for (int i = 0; i < NAME_COUNT; i++) {
        if ((r->view.names & SEES(i)) != 0) {
            nearest_try(&nearest, str_of(name_rows[i].name));
        }
    }
    if (str_eq(name, STR("null")) || str_eq(name, STR("true")) ||
        str_eq(name, STR("false"))) {
        diag_add(r->c->diag, r->c->source, in_file(r, span),
                 "`%.*s` is a name here; the literal stands in backquotes",
                 STR_ARG(name));
    } else if (find_name(name) != NAME_COUNT) {
        diag_add(r->c->diag, r->c->source, in_file(r, span),
                 "`%.*s` cannot be seen here, only %.*s", STR_ARG(name),
                 STR_ARG(names_seen(r)));
    } else if (nearest.best.len > 0) {
        diag_add(r->c->diag, r->c->source, in_file(r, span),
                 "there is no `%.*s` here%.*s", STR_ARG(name),
                 STR_ARG(nearest_hint(r->c->diag->arena, &nearest)));
    } else {
        diag_add(r->c->diag, r->c->source, in_file(r, span),
                 "there is no `%.*s` here, only %.*s", STR_ARG(name),
                 STR_ARG(names_seen(r)));
    }
}

/* ---- members ---- */

struct members {
    const struct str *names;
    size_t count;
    const struct aws_operation *of; /* NULL: not an operation's */
    const char *part;               /* "input" or "output" */
};

static struct members members_of(const struct reader *r, int name,
                                 struct str *room)
{
    const struct aws_operation *op = name == NAME_READ || name == NAME_ASKED
                                         ? r->view.read
                                     : name == NAME_BEFORE ? r->c->before
                                                           : r->c->operation;
    switch (name) {
    case NAME_REQUEST:
    case NAME_ASKED:
        return op == NULL
                   ? (struct members){0}
                   : (struct members){op->inputs, op->input_count, op, "input"};
    case NAME_RESPONSE:
    case NAME_READ:
    case NAME_BEFORE:
        return op == NULL ? (struct members){0}
                          : (struct members){op->outputs, op->output_count, op,
                                             "output"};
    default:
        break;
    }
    size_t count = 0;
    while (name_rows[name].members[count] != NULL) {
        room[count] = str_of(name_rows[name].members[count]);
        count++;
    }
    return (struct members){room, count, NULL, NULL};
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_';
}

/* The plain member behind a name: `.Parameter`; empty when none follows. */
static struct span member_behind(struct str text, size_t from)
{
    if (from >= text.len || text.ptr[from] != '.') {
        return (struct span){from, from};
    }
    struct span span = {from + 1, from + 1};
    while (span.end < text.len && is_name_char(text.ptr[span.end])) {
        span.end++;
    }
    return span;
}

static void check_member(const struct reader *r, int name, struct span span)
{
    struct str member =
        str_make(r->string->text.ptr + span.start, span.end - span.start);
    struct str room[7];
    struct members known = members_of(r, name, room);
    if (member.len == 0 || (known.of == NULL && known.count == 0)) {
        return;
    }
    struct nearest nearest = nearest_to(member);
    for (size_t i = 0; i < known.count; i++) {
        if (str_eq(known.names[i], member)) {
            return;
        }
        nearest_try(&nearest, known.names[i]);
    }
    struct str hint = nearest_hint(r->c->diag->arena, &nearest);
    if (known.of != NULL) {
        diag_add(r->c->diag, r->c->source, in_file(r, span),
                 "the %s of %.*s has no member `%.*s`%.*s", known.part,
                 STR_ARG(known.of->name), STR_ARG(member), STR_ARG(hint));
    } else {
        diag_add(r->c->diag, r->c->source, in_file(r, span),
                 "`%s` has no member `%.*s`%.*s", name_rows[name].name,
                 STR_ARG(member), STR_ARG(hint));
    }
}

static void check_root(void *ctx, struct str name, struct span span)
{
    const struct reader *r = ctx;
    int index = find_name(name);
    if (index == NAME_COUNT || (r->view.names & SEES(index)) == 0) {
        complain_of_name(r, name, span);
        return;
    }
    check_member(r, index, member_behind(r->string->text, span.end));
}

/* ---- compiling ---- */

struct rules_expression expression_read(const struct compiler *c,
                                        const struct json *value,
                                        struct view view)
{
    if (!json_is(value, JSON_STRING)) {
        return (struct rules_expression){0};
    }
    const struct jmespath_compile_in in = {
        .text = value->text,
        .source = c->source,
        .string = value,
        .functions = rules_functions,
        .function_count = rules_function_count,
    };
    struct rules_expression expression = {.text = value->text};
    enum jmespath_error error = JMESPATH_OK;
    if (!jmespath_compile(c->arena, &in, &expression.compiled, &error,
                          c->diag)) {
        return (struct rules_expression){0};
    }
    struct reader reader = {c, value, view};
    jmespath_roots(expression.compiled, check_root, &reader);
    return expression;
}
