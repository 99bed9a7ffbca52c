/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share with each other and with nobody else.
 *
 * Ownership: all lives in replay->arena, as long as the replay; a question
 *            lives in an arena of its own, as long as it is being matched.
 */
#ifndef REPLAY_PRIVATE_H
#define REPLAY_PRIVATE_H

#include "base/timer.h"
#include "replay/replay.h"

/* ---- variable.c: texts that each run makes afresh ---- */

struct binding {
    size_t variable;
    struct str recorded;
    struct str live;
    struct binding *next_recorded; /* in their buckets */
    struct binding *next_live;
    struct binding *before; /* the one made before this one */
};

struct variable; /* a compiled expression */
enum { BINDING_BUCKETS = 4096 };

struct variables {
    struct arena *arena;
    struct variable *at;
    size_t count;
    struct binding *last;
    size_t bound;
    struct binding *by_recorded[BINDING_BUCKETS];
    struct binding *by_live[BINDING_BUCKETS];
};
bool replay_variables_init(struct variables *variables, struct arena *arena,
                           const struct str *expressions, size_t count,
                           struct diag *errors);
void replay_variables_done(struct variables *variables);
/* Whether two texts differ at most by what variables stand for. What is seen
 * for the first time is bound; replay_variables_undo() takes that back. */
bool replay_variables_allow(struct variables *variables, struct str recorded,
                            struct str live);
/* Back to when so many were bound. */
void replay_variables_undo(struct variables *variables, size_t bound);
/* How a text is written anew where variables stand in it. */
enum texts {
    TEXTS_BLANK, /* a sign for each: equal for all that may be allowed */
    TEXTS_AS_IS,
    TEXTS_RECORDED, /* a live one, in the words of the recording */
};
/* The same text, at the same place, where there is none. */
struct str replay_variables_rewrite(const struct variables *variables,
                                    struct arena *arena, struct str text,
                                    enum texts texts);
/* Where the next bound text stands at or after `from`, and what is to take its
 * place; false: nowhere. */
struct hit {
    size_t start;
    size_t end;
    struct str put;
};
bool replay_variables_find(const struct variables *variables, struct str text,
                           size_t from, struct hit *ret_hit);

/* ---- swap.c: recorded texts become live ones in an answer ---- */

enum { SWAP_SHORTEST = 4 };

struct swap;
struct swaps {
    struct arena *arena;
    struct swap **buckets; /* made with the first */
    size_t bucket_count;
    size_t count;
};
/* Copies; what is there already stays. Short ones are not taken. */
void replay_swaps_add(struct swaps *swaps, struct str recorded,
                      struct str live);
struct swapping {
    const struct variables *variables;
    const struct swaps *all; /* for the whole run */
    const struct swaps *own; /* for this answer; may be NULL */
    bool xml;                /* what is put in must be escaped */
};
bool replay_swapping_has_any(const struct swapping *swapping);
/* The same text where nothing is to be replaced. */
struct str replay_swap_text(const struct swapping *swapping,
                            struct arena *arena, struct str text);
/* The same value where nothing is to be replaced. */
const struct json *replay_swap_json(const struct swapping *swapping,
                                    struct arena *arena,
                                    const struct json *value);

/* ---- ignored.c: members that are not compared ---- */

struct ignored {
    struct str service; /* "*" for all; so is `operation` */
    struct str operation;
    struct str member;
};
struct ignored_list {
    struct ignored *at;
    size_t count;
};
void replay_ignored_init(struct ignored_list *list, struct arena *arena,
                         const struct str *texts, size_t count);
/* `path` as "Tags[0].Value"; what lies below an ignored member is too. */
bool replay_ignored_has(const struct ignored_list *list, struct str service,
                        struct str operation, struct str path);

/* ---- index.c: the recording, put in order for looking things up ---- */

enum shelf_kind {
    SHELF_ALIKE, /* equal but for variables */
    SHELF_EQUAL,
    SHELF_KIND_COUNT
};

/* A line that is a call, a resend or a read-back. */
struct recorded {
    const struct recording_entry *entry;
    struct operation *operation;
    struct past *past; /* NULL: its exchange was not written down */
    bool used;
    bool seen;  /* by a change that shares it */
    bool hides; /* a placeholder is in its input */
    uint64_t shapes[SHELF_KIND_COUNT];
    struct recorded *older, *newer; /* unused calls of its operation */
    struct recorded *next_on[SHELF_KIND_COUNT];
};

/* All that was recorded of one operation. */
struct operation {
    struct operation *next; /* in its bucket */
    struct operation *newer;
    struct str service;
    struct str name; /* empty: not known; the input has the method then */
    bool reads;      /* changes nothing */
    bool hides;      /* an input has a placeholder, or was not kept */
    struct recorded **at;
    size_t count;
    size_t capacity;
    size_t calls;
    size_t ahead_from; /* in `at`: see read_back.c */
    struct recorded *oldest_unused, *newest_unused;
};

/* An exchange as it was recorded. */
struct past {
    struct past *next; /* in its bucket */
    struct past *newer;
    const struct recording_session *session;
    struct str exchange;
    const struct recorded *call; /* its first; NULL: none */
    struct recorded **reads;
    size_t read_count;
    size_t read_capacity;
    const struct recording_entry *outcome; /* NULL: none */
    bool bound;                            /* a live one repeats it */
    bool heard;
    enum outcome now; /* what became of the live one */
    int64_t reads_now;
};

/* Unused calls of one operation and shape, in recorded order. */
struct shelf {
    struct shelf *next;
    const struct operation *operation;
    enum shelf_kind kind;
    uint64_t shape;
    struct recorded *first;
    struct recorded **end;
};

struct index {
    struct recorded *recorded; /* by the number of the entry */
    struct operation **operations;
    struct operation *first_operation, *last_operation;
    struct past **pasts;
    struct past *first_past, *last_past;
    struct shelf **shelves;
    size_t bucket_count; /* of each of the three */
    size_t call_count;
    bool regions_differ;
};
void replay_index_build(struct replay *replay);
/* NULL: nothing of it was recorded. */
struct operation *replay_index_operation(const struct replay *replay,
                                         struct str service,
                                         struct str operation);
struct shelf *replay_index_shelf(const struct replay *replay,
                                 const struct operation *operation,
                                 enum shelf_kind kind, uint64_t shape);
/* It is not to be found again. */
void replay_index_use(struct replay *replay, struct recorded *recorded);
/* Whether it repeats a call of a client, in any way. */
static inline bool recorded_is_call(const struct recorded *recorded)
{
    return recorded->entry->kind == RECORDING_CALL ||
           recorded->entry->kind == RECORDING_RESEND;
}
static inline bool recorded_is_read_back(const struct recorded *recorded)
{
    return recorded->entry->kind == RECORDING_READ_BACK;
}

/* ---- shape.c: a number for what is asked ---- */

/* Without ignored members. */
uint64_t replay_shape_hash(const struct replay *replay, struct arena *arena,
                           const struct operation *operation,
                           const struct json *input, enum texts texts);

/* ---- question.c: what a live request asks ---- */

struct question {
    struct arena *arena;
    struct arena *scratch; /* emptied after each comparison */
    const struct aws_call *call;
    const struct http_request *request;
    struct operation *operation; /* NULL: nothing of it was recorded */
    struct str exchange;
    int64_t length;             /* of the body, also where it was not kept */
    const struct json *input;   /* as it came; NULL: not kept */
    const struct json **hidden; /* redacted, by redactor */
    uint64_t *shapes;           /* of these */
    bool hides;                 /* a redactor has replaced something */
};

/* `body`: STR_NONE when it was too long to be kept. */
void replay_question_init(struct replay *replay, struct question *question,
                          const struct http_fetch *fetch, struct str body,
                          int64_t length);
void replay_question_done(struct question *question);
/* What the client sent in place of placeholders comes back in answers: secrets
 * for the rest of the run, account ids in those of this exchange. */
void replay_question_learn(struct replay *replay,
                           const struct question *question,
                           const struct recorded *recorded,
                           struct swaps *accounts);

/* ---- alike.c: a live request held against recorded ones ---- */

struct difference {
    struct difference *next;
    struct str path;
    const struct json *recorded; /* NULL: it is not there */
    const struct json *live;     /* redacted */
    bool secret;                 /* the live one may not be told */
};
struct differences {
    struct arena *arena;
    struct difference *first, *last;
    size_t count;
};
/*
 * Whether the same is asked. Variables seen for the first time are bound when
 * it is. With `differences` all are found and nothing is bound.
 */
bool replay_alike(struct replay *replay, const struct question *question,
                  const struct recorded *recorded,
                  struct differences *differences);

/* ---- bond.c: a live exchange repeats a recorded one ---- */

/* How far a read-back that is asked again and again has come. */
struct asked {
    struct asked *next;
    uint64_t key;
    size_t shared_from; /* in operation->at; so below */
    size_t clients_from;
    struct recorded *shared_last;
    struct recorded *clients_last;
    unsigned clients_repeats;
    bool ended;
};

struct bond {
    struct bond *next;
    struct str exchange;
    const struct recorded *call; /* matched last */
    struct past *past;           /* may be NULL */
    int64_t start_ms;            /* when that was sent, by our clock */
    struct asked *asked;
    struct swaps accounts;
};
enum { BOND_BUCKETS = 4096 };
struct bond *replay_bond_find(const struct replay *replay, struct str exchange);
/* Makes it, or moves it on to this call. */
struct bond *replay_bond_make(struct replay *replay, struct str exchange,
                              struct recorded *call);

/* ---- match.c, read_back.c: what answers a question ---- */

struct found {
    const struct recorded *recorded; /* NULL: nothing does */
    const struct bond *bond;         /* may be NULL */
    int64_t delay_ms;                /* until the answer is there */
    struct str error;                /* a sentence, when nothing does */
};
/* `error` lives in the question's arena. */
struct found replay_match_call(struct replay *replay, struct question *question,
                               enum http_purpose purpose);
struct found replay_match_read_back(struct replay *replay,
                                    struct question *question);
/* What was bound since then holds, in answers too. */
void replay_match_keep(struct replay *replay, size_t bound);

/* ---- answer.c: what was recorded becomes a live answer ---- */

/* Sets outcome, error and response of the fetch, in its arena. */
void replay_answer_make(struct replay *replay, const struct found *found,
                        struct http_fetch *fetch);

/* ---- miss.c: nothing answers ---- */

struct miss {
    struct miss *next;
    struct str text; /* for the verdict: lines, indented */
    size_t times;
};
/* Remembers it for the verdict; returns a sentence for the client, in the
 * question's arena. */
struct str replay_miss_add(struct replay *replay, struct question *question);
/* One line, not too long. */
void replay_miss_write_value(const struct json *value, struct buf *out);

/* ---- flight.c: the client ---- */

struct flight;
extern const struct http_client flight_client;

/* ---- outcome.c ---- */

void replay_outcome_hear(struct event_sink *self, const struct event *event);
/* Whether something else became of it than was recorded. */
bool replay_outcome_differs(const struct past *past);
/* Read-backs otherwise than recorded. */
struct drift {
    size_t not_asked;   /* recorded, and not asked for */
    size_t resends;     /* so of calls sent once more */
    size_t other_count; /* changes with another number of read-backs */
};
struct drift replay_outcome_drift(const struct replay *replay);

/* ---- replay.c ---- */

struct replay {
    struct http_client client; /* first, so that it can be cast */
    struct event_sink sink;
    struct replay_config config;
    struct arena *arena;
    struct timers timers;
    int64_t now_ms; /* virtual */
    struct recording *recording;
    struct recording_redactor **redactors;
    size_t redactor_count;
    size_t *redactor_of; /* by session */
    struct variables variables;
    struct swaps swaps;
    struct ignored_list ignored;
    struct index index;
    struct bond *bonds[BOND_BUCKETS];
    size_t body_kept; /* no recorded body is longer */
    struct flight *flights;
    struct str *placeholders; /* sorted */

    size_t reads_answered;
    size_t reads_repeated; /* more were asked than recorded */
    size_t reads_unknown;  /* none was recorded */
    size_t calls_repeated;
    struct miss *first_miss, *last_miss;
    size_t miss_count;
    size_t misses_kept;
};
int64_t replay_now_ms(const struct replay *replay);
struct recording_redactor *
replay_redactor(const struct replay *replay,
                const struct recording_session *session);
size_t replay_redactor_index(const struct replay *replay,
                             const struct recording_session *session);
bool replay_is_placeholder(const struct replay *replay, struct str text);
/* "ssm PutParameter" */
struct str replay_name(struct arena *arena, struct str service,
                       struct str operation);

#endif
