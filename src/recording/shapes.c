/* SPDX-License-Identifier: Apache-2.0 */
/* What must not be in a recording, found in three ways: by the shapes of
 * well-known secrets in the raw lines, by redacting each message once more
 * (where that changes anything, something was not redacted), and account ids
 * by the ARNs that they stand in. Start at recording_find_secrets(). */
#include "recording/private.h"

#include "base/mem.h"

struct search {
    const struct loaded *loaded;
    struct aws_registry *registry;
    struct diag *diag;
    struct arena *scratch;                 /* reset after each line */
    struct table accounts;                 /* told already, or placeholders */
    struct arena *arena;                   /* of the table */
    struct recording_redactor **redactors; /* by session */
    /* of the line that is looked at */
    size_t start;
    struct source source;
    struct buf found; /* struct span, in the line */
};

static void report(struct search *s, size_t start, size_t end, const char *what)
{
    struct span span = {start, end};
    buf_add(&s->found, str_make((const char *)&span, sizeof(span)));
    span.start += s->start;
    span.end += s->start;
    diag_add(s->diag, &s->loaded->source, span, "%s", what);
}

/* Whether something in there has been told. */
static bool is_told(const struct search *s, struct span where)
{
    for (size_t i = 0; i < s->found.len; i += sizeof(struct span)) {
        struct span told;
        memcpy(&told, s->found.bytes + i, sizeof(told));
        if (told.start < where.end && told.end > where.start) {
            return true;
        }
    }
    return false;
}

/* ---- raw lines ---- */

static void search_accounts(struct search *s, size_t at)
{
    struct str text = s->source.text;
    struct str account = str_first(str_from(text, at), ACCOUNT_LEN);
    if (!recording_account_is_at(text, at) ||
        !recording_account_is_in_arn(text, at) ||
        recording_table_find(&s->accounts, account) != NULL) {
        return;
    }
    (void)recording_table_put(&s->accounts, account, STR_NONE);
    report(s, at, at + ACCOUNT_LEN, "an account id");
}

static void search_raw(struct search *s)
{
    struct str text = s->source.text;
    size_t at = 0;
    while (at < text.len) {
        const char *what = NULL;
        size_t len = recording_token_at(text, at, &what);
        if (len > 0) {
            report(s, at, at + len, what);
        } else if (text.ptr[at] >= '0' && text.ptr[at] <= '9') {
            search_accounts(s, at);
        }
        at += len > 0 ? len : 1;
    }
}

/* ---- members ---- */

static const char secret_words[] =
    "a secret: this member holds no placeholder, or a known secret";

/* Where the two trees differ. */
static void compare_trees(struct search *s, const struct json *from,
                          const struct json *to)
{
    if (from == to || from == NULL) {
        return;
    }
    if (from->type != JSON_OBJECT && from->type != JSON_ARRAY) {
        if (!is_told(s, from->span)) {
            report(s, from->span.start, from->span.end, secret_words);
        }
        return;
    }
    for (size_t i = 0; i < from->count; i++) {
        compare_trees(s, from->members[i].value, to->members[i].value);
    }
}

/* A text inside of a string: the caret stands where the two begin to differ. */
static void compare_text(struct search *s, const struct json *string,
                         struct str clean)
{
    if (string == NULL || str_eq(string->text, clean) ||
        is_told(s, string->span)) {
        return;
    }
    size_t same = 0;
    while (same < clean.len && same < string->text.len &&
           clean.ptr[same] == string->text.ptr[same]) {
        same++;
    }
    size_t at = json_string_offset(string, &s->source, same);
    report(s, at, at + 1, secret_words);
}

static void search_headers(struct search *s, const struct json *headers,
                           const struct http_headers *as_read)
{
    struct http_headers allowed =
        recording_headers_allowed(s->scratch, as_read);
    size_t kept = 0;
    for (size_t i = 0; headers != NULL && i < headers->count; i++) {
        const struct json *pair = headers->members[i].value;
        struct str name = json_text(pair->members[0].value);
        if (kept < allowed.count && str_eq(name, allowed.at[kept].name)) {
            kept++;
        } else {
            report(s, pair->span.start, pair->span.end,
                   "a header that may hold a secret");
        }
    }
}

/* ---- lines ---- */

static struct recording_redactor *
redactor_of(struct search *s, const struct recording_session *session)
{
    struct recording_redactor **at = &s->redactors[session->index];
    if (*at == NULL) {
        *at = recording_redactor_new(s->registry, session->key);
        (*at)->leave_accounts = true;
        (*at)->any_number = !session->keyed;
    }
    return *at;
}

static void search_messages(struct search *s, size_t index,
                            const struct json *line)
{
    const struct recording_entry *entry = &s->loaded->open.entries[index];
    struct recording_redactor *redactor = redactor_of(s, entry->session);
    const struct json *request = json_get(line, STR("request"));
    const struct json *response = json_get(line, STR("response"));
    const struct json *client = json_get(line, STR("client"));
    struct recording_interaction what;
    struct aws_call call;
    recording_get(&s->loaded->open, index, s->scratch, &what, &call);
    struct http_request clean =
        recording_redactor_request(redactor, s->scratch, &call, &what.request);
    struct http_response clean_response = recording_redactor_response(
        redactor, s->scratch, &call, &what.response);
    const struct json *input = json_get(line, STR("input"));
    const struct json *output = json_get(line, STR("output"));
    compare_trees(s, input,
                  recording_redactor_json(redactor, s->scratch, &call, input));
    compare_trees(s, output,
                  recording_redactor_json(redactor, s->scratch, &call, output));
    compare_text(s, json_get(request, STR("body")), clean.body);
    compare_text(s, json_get(response, STR("body")), clean_response.body);
    compare_text(s, json_get(request, STR("target")), clean.target);
    compare_text(
        s, client,
        recording_redactor_access_key(redactor, s->scratch, json_text(client)));
    search_headers(s, json_get(request, STR("headers")), &what.request.headers);
    search_headers(s, json_get(response, STR("headers")),
                   &what.response.headers);
}

static bool has_messages(enum recording_kind kind)
{
    return kind == RECORDING_CALL || kind == RECORDING_RESEND ||
           kind == RECORDING_READ_BACK;
}

static void look_at(struct search *s, size_t line)
{
    s->start = s->loaded->starts[line - 1];
    s->source = (struct source){s->loaded->source.name,
                                recording_loaded_line(s->loaded, line)};
    buf_clear(&s->found);
}

static const struct json *parse_line(struct search *s)
{
    return json_read(s->scratch, s->source.text, &recording_line_limits);
}

/* Entries stand by time: which one each line became, from 1; 0: none. */
static size_t *index_lines(struct search *s)
{
    const struct recording *open = &s->loaded->open;
    size_t *index = ARENA_ARRAY(s->arena, size_t, s->loaded->line_count + 1);
    for (size_t i = 0; i < open->entry_count; i++) {
        index[open->entries[i].line] = i + 1;
    }
    return index;
}

static void search_all(struct search *s)
{
    const size_t *index = index_lines(s);
    struct arena_mark mark = arena_mark(s->scratch);
    for (size_t line = 1; line <= s->loaded->line_count; line++) {
        look_at(s, line);
        search_raw(s);
        size_t entry = index[line];
        if (entry > 0 &&
            has_messages(s->loaded->open.entries[entry - 1].kind)) {
            search_messages(s, entry - 1, parse_line(s));
        }
        arena_reset(s->scratch, mark);
    }
}

size_t recording_find_secrets(const struct recording *recording,
                              struct aws_registry *registry, struct diag *diag)
{
    size_t before = diag->count;
    struct search s = {
        .loaded = (const struct loaded *)recording,
        .registry = registry,
        .diag = diag,
        .scratch = arena_new(),
        .arena = arena_new(),
    };
    recording_table_init(&s.accounts, s.arena);
    for (size_t i = 0; i < recording->placeholder_count; i++) {
        (void)recording_table_put(&s.accounts, recording->placeholders[i],
                                  STR_NONE);
    }
    s.redactors = ARENA_ARRAY(s.arena, struct recording_redactor *,
                              recording->session_count);
    search_all(&s);
    for (size_t i = 0; i < recording->session_count; i++) {
        recording_redactor_free(s.redactors[i]);
    }
    buf_free(&s.found);
    arena_free(s.scratch);
    arena_free(s.arena);
    return diag->count - before;
}
