/* SPDX-License-Identifier: Apache-2.0 */
/* What a live request asks, fit to be held against the recording, and what is
 * learned from one that was matched. Start at replay_question_init(). */
#include "replay/private.h"

enum { ACCOUNT_LEN = 12 };

void replay_question_init(struct replay *replay, struct question *question,
                          const struct http_fetch *fetch, struct str body,
                          int64_t length)
{
    struct arena *arena = arena_new();
    struct http_request *request = ARENA_NEW(arena, struct http_request);
    *request = fetch->request;
    request->body = body;
    *question = (struct question){
        .arena = arena,
        .scratch = arena_new(),
        .call = fetch->call,
        .request = request,
        .operation = replay_index_operation(replay, fetch->call->service,
                                            fetch->call->operation),
        .exchange = fetch->exchange,
        .length = length,
        .hidden =
            ARENA_ARRAY(arena, const struct json *, replay->redactor_count),
        .shapes = ARENA_ARRAY(arena, uint64_t, replay->redactor_count),
    };
    if (length > 0 && body.len == 0) {
        return;
    }
    question->input =
        recording_input(arena, replay->config.registry, fetch->call, request);
    for (size_t i = 0; question->input != NULL && i < replay->redactor_count;
         i++) {
        const struct json *hidden = recording_redactor_json(
            replay->redactors[i], arena, fetch->call, question->input);
        question->hidden[i] = hidden;
        question->hides =
            question->hides || !json_equal(question->input, hidden);
        if (question->operation != NULL) {
            question->shapes[i] =
                replay_shape_hash(replay, question->scratch,
                                  question->operation, hidden, TEXTS_BLANK);
        }
    }
}

void replay_question_done(struct question *question)
{
    arena_free(question->arena);
    arena_free(question->scratch);
}

/* ---- learning ---- */

struct lesson {
    const struct replay *replay;
    struct swaps *secrets;
    struct swaps *accounts; /* NULL: nowhere to keep them */
};

/* Twelve digits, and no part of a longer run. */
static bool is_account(struct str text, size_t at)
{
    size_t len = 0;
    if (at > 0 && str_is_digit(text.ptr[at - 1])) {
        return false;
    }
    while (at + len < text.len && str_is_digit(text.ptr[at + len])) {
        len++;
    }
    return len == ACCOUNT_LEN;
}

/* An account id keeps its length, so that both texts run side by side. */
static void learn_accounts(struct swaps *accounts, struct str hidden,
                           struct str plain)
{
    for (size_t at = 0; at + ACCOUNT_LEN <= hidden.len; at++) {
        if (is_account(hidden, at) && is_account(plain, at)) {
            replay_swaps_add(accounts, str_make(hidden.ptr + at, ACCOUNT_LEN),
                             str_make(plain.ptr + at, ACCOUNT_LEN));
        }
    }
}

static void learn(const struct lesson *lesson, const struct json *hidden,
                  const struct json *plain)
{
    if (hidden == NULL || plain == NULL || hidden == plain ||
        hidden->type != plain->type) {
        return;
    }
    bool leaf = hidden->type == JSON_STRING || hidden->type == JSON_NUMBER;
    if (leaf && str_eq(hidden->text, plain->text)) {
        return;
    }
    if (leaf && (hidden->text.len != plain->text.len ||
                 replay_is_placeholder(lesson->replay, hidden->text))) {
        replay_swaps_add(lesson->secrets, hidden->text, plain->text);
    } else if (leaf && lesson->accounts != NULL) {
        learn_accounts(lesson->accounts, hidden->text, plain->text);
    }
    for (size_t i = 0; i < hidden->count && i < plain->count; i++) {
        learn(lesson, hidden->members[i].value, plain->members[i].value);
    }
}

/* Where the recording hides what this run has not seen as a secret yet. */
static void learn_hidden(const struct lesson *lesson,
                         const struct json *recorded, const struct json *plain)
{
    if (recorded == NULL || plain == NULL || recorded->type != plain->type) {
        return;
    }
    if (recorded->type == JSON_STRING &&
        replay_is_placeholder(lesson->replay, recorded->text)) {
        replay_swaps_add(lesson->secrets, recorded->text, plain->text);
    }
    for (size_t i = 0; i < recorded->count; i++) {
        const struct json_member *m = &recorded->members[i];
        const struct json *other = NULL;
        if (recorded->type == JSON_OBJECT) {
            other = json_get(plain, m->key);
        } else if (i < plain->count) {
            other = plain->members[i].value;
        }
        learn_hidden(lesson, m->value, other);
    }
}

void replay_question_learn(struct replay *replay,
                           const struct question *question,
                           const struct recorded *recorded,
                           struct swaps *accounts)
{
    const struct lesson lesson = {replay, &replay->swaps, accounts};
    size_t by = replay_redactor_index(replay, recorded->entry->session);
    if (recorded->hides) {
        learn_hidden(&lesson, recorded->entry->input, question->input);
    }
    if (question->hides) {
        learn(&lesson, question->hidden[by], question->input);
    }
}
