/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share. Nobody else includes this. */
#ifndef LAG_PRIVATE_H
#define LAG_PRIVATE_H

#include "lag/lag.h"
#include "sigv4/sigv4.h"

/* A read: what is asked of whom. Borrowed text. */
struct read {
    struct str service;
    struct str region;
    struct str operation;
    const struct json *input;
};

/* ---- clocks.c ---- */

enum lag_clock lag_clock_of_operation(const struct aws_operation *operation);
/* The same, but direct where a rule takes the read for a proof. */
enum lag_clock lag_clock_of_read(const struct rules *rules,
                                 const struct aws_operation *operation,
                                 const struct read *read);
enum lag_clock lag_clock_of_confirmation(const struct rules *rules,
                                         const struct rules_confirmation *c);

/* ---- schedule.c ---- */

struct row_use {
    uint64_t calls; /* that match */
    uint64_t taken; /* that it was chosen for */
};
/* The first row that is for this call; NULL: none. Counts the call. */
const struct lag_schedule_row *
lag_schedule_choose(const struct lag_schedule *schedule, struct row_use *use,
                    struct str service, struct str operation,
                    const struct json *resource);
struct lag_clocks lag_schedule_apply(const struct lag_clocks *usual,
                                     const struct lag_schedule_row *row);
bool lag_glob_matches(struct str pattern, struct str text);

/* ---- match.c: whether two inputs ask the same ---- */

/* 0: they do not; else the more, the closer. Numbers (page sizes) and flags
 * (WithDecryption) may differ, but for flags that choose what is shown. */
unsigned lag_match_inputs(const struct json *have, const struct json *asked);

/* ---- store.c: what reads still answer as before ---- */

/* An old state of one read, and until when it is shown. */
struct window {
    struct window *next; /* of the same read, newer */
    struct arena *arena;
    struct http_response old;
    size_t bytes;
    int64_t until_ms; /* INT64_MAX: the change is under way */
    uint64_t write;   /* the number of the change */
    enum lag_clock clock;
    double flap;
    struct rng rng; /* for flapping; its own, so that other reads do not
                       change what this one sees */
    struct str resource;
};

/* How to open one. */
struct opening {
    struct read read;
    const struct http_response *old;
    uint64_t write;
    uint64_t looked_at; /* store_turn() when `old` was asked for */
    enum lag_clock clock;
    double flap;
    uint64_t seed;
    struct str resource;
};

struct store_limits {
    size_t views;
    size_t windows; /* of one view */
    size_t bytes;   /* of all old answers */
};
extern const struct store_limits store_usual_limits;

struct store;
struct store *store_new(const struct store_limits *limits);
void store_free(struct store *store);
/* The number of the next change, from 1 on. */
uint64_t store_begin(struct store *store);
/* Changes begun so far. */
uint64_t store_writes(const struct store *store);
/* Moments are counted in turns: by each a client may have seen more. */
uint64_t store_turn(const struct store *store);
uint64_t store_next_turn(struct store *store);
/* Copies. False when it would show a client an older state than it may have
 * seen. */
bool store_open(struct store *store, const struct opening *opening,
                int64_t now_ms);
/* A change of this read has ended in this turn. */
void store_touch(struct store *store, const struct read *read);
/* The change was answered: from now on its windows have an end. */
void store_settle(struct store *store, uint64_t write,
                  const int64_t until_ms[LAG_CLOCK_COUNT]);
/* Without its windows on one read, or (NULL) on all. */
void store_drop(struct store *store, uint64_t write, const struct read *read);
void store_clear(struct store *store);

struct sight {
    const struct window *stale; /* what to answer; NULL: the truth */
    const struct window
        *fresh; /* NULL, or a window that flapping let through */
};
/* The oldest state that this read may still see. */
struct sight store_see(struct store *store, const struct read *read,
                       int64_t now_ms);
/* All windows that are open now. */
void store_each(struct store *store, int64_t now_ms,
                void (*fn)(void *ctx, const struct read *read,
                           const struct window *window),
                void *ctx);
size_t store_open_count(struct store *store, int64_t now_ms);
size_t store_bytes(const struct store *store);

/* ---- recall.c: reads that clients made lately ---- */

enum { RECALL_PER_SERVICE = 12, RECALL_MAX = 384, RECALL_INPUT_BYTES = 4096 };
struct recall;
struct recall *recall_new(void);
void recall_free(struct recall *recall);
/* A client saw the truth of this read in that turn. */
void recall_note(struct recall *recall, const struct read *read, uint64_t turn);
/* Those of one service and region. */
void recall_each(const struct recall *recall, struct str service,
                 struct str region,
                 void (*fn)(void *ctx, const struct read *read), void *ctx);

/* ---- kin.c: reads that show the same thing as a rule's read ---- */

/* One row: an operation, and its input made from the key of the thing. */
struct kin {
    const char *operation;
    const char *input; /* JMESPath over key, bare and parent */
    enum lag_clock clock;
    bool sure; /* of this thing alone: its answer will change */
};
struct family {
    const char *service;
    struct {
        const char *operation;
        const char *member; /* a key, or a list of keys */
    } keys[3];
    const struct kin *kin;
    size_t count;
    const char *names; /* JMESPath over read (the first kin's answer) and
                          response: other keys of the same thing */
};
struct families;
struct families *lag_families_new(void);
void lag_families_free(struct families *families);
/* NULL: nothing is known of such reads. */
const struct family *lag_family_of(struct str service, struct str operation);
/* The keys in the input of a family's read, as a list. */
const struct json *lag_family_keys(struct arena *arena,
                                   const struct family *family,
                                   struct str operation,
                                   const struct json *input);
/* NULL: there is no such read of this thing. */
const struct json *kin_input(const struct families *families,
                             struct arena *arena, const struct kin *kin,
                             struct str key);
/* Names besides `key`; a list. */
const struct json *lag_family_names(const struct families *families,
                                    struct arena *arena,
                                    const struct family *family,
                                    const struct json *read,
                                    const struct json *response);
/* The member that lists what a batch read asks for; STR_NONE: it is none. */
struct str lag_batch_member(struct str service, struct str operation);

/* ---- counts.c ---- */

enum count { COUNT_MUTATION, COUNT_STALE, COUNT_FRESH, COUNT_KINDS };
struct counts;
struct counts *lag_counts_new(void);
void lag_counts_free(struct counts *counts);
void lag_counts_add(struct counts *counts, struct str service,
                    struct str operation, enum count what);
/* The object of GET /_settled/lag. */
struct json *lag_counts_write(const struct counts *counts, struct arena *arena,
                              size_t open);

/* The n of a thing's n-th change, from 1 on. */
struct tally;
struct tally *lag_tally_new(void);
void lag_tally_free(struct tally *tally);
uint64_t lag_tally_next(struct tally *tally, struct str key);

/* ---- visit.c: one call ---- */

enum progress { MORE, PARKED, DONE };

/* A read whose answer is about to change. */
struct glimpse {
    struct glimpse *next;
    const struct rules_confirmation *rule; /* NULL: not a rule's */
    size_t item;                           /* of its for_each */
    const struct family *family;
    const struct kin *kin;
    struct str key; /* of the family's thing */
    struct read read;
    enum lag_clock clock;
    bool sure; /* false: it lags only if its answer did change */
    unsigned page;
    struct http_fetch fetch;
    bool fetching;
    struct http_response old;
    bool known;
    bool opened;
};

struct visit {
    struct lag *lag;
    struct visit *newer, *older; /* all that are under way */
    struct arena *arena;
    struct http_call *call;
    enum progress (*step)(struct visit *);
    struct timer wake;
    struct timer sent;
    struct sigv4_claim claim;
    struct aws_call aws;
    const struct aws_operation *operation;
    struct buf body;

    /* A change. */
    const struct rule *rule;
    const struct json *resource;
    struct str resource_text;
    struct glimpse *glimpses; /* the newest first */
    size_t glimpse_count;
    uint64_t looked_at;
    uint64_t write; /* 0: none */
    int64_t lag_ms[LAG_CLOCK_COUNT];
    double flap;
    uint64_t seed;

    /* A batch read: what is stale of it. */
    const struct json *parts;
    const struct json *rest; /* what is still asked of the emulator */
    unsigned resplits;

    struct http_fetch fetch;
    bool fetching;
    bool replying; /* a stream */
    bool replied;  /* whole */
    bool through;
    bool flapped; /* this read is to see the truth */
};

void visit_start(struct lag *lag, struct http_call *call);
/* Wakes all visits; each sees that the lag is stopping. */
void visit_wake_all(struct lag *lag);
struct read visit_read(const struct visit *v);
void visit_say_read(struct visit *v, enum event_kind kind,
                    const struct window *window);

/* ---- mutation.c: what a change hides, from its sending on ---- */

void mutation_open(struct visit *v);
void mutation_settle(struct visit *v, const struct json *response);
void mutation_drop(struct visit *v);

/* ---- glimpse.c: asking for what a change will hide ---- */

/* The rule's reads, their kin, and what clients read lately. */
void glimpse_all(struct visit *v);
/* Whether all that was asked has ended. */
bool glimpses_seen(struct visit *v);
/* A copy; NULL: it is known already, or there is no room for more. */
struct glimpse *glimpse_add(struct visit *v, const struct glimpse *like);
/* What the rule's confirmations ask for, before (NULL) and after the answer. */
void glimpse_each_input(struct visit *v, const struct json *response,
                        void (*fn)(struct visit *, const struct glimpse *));
/* The old answer; NULL when it is unknown or an error. */
const struct json *glimpse_output(const struct visit *v,
                                  const struct glimpse *g);
/* After the change: asks again for what is not sure; false: there is none. */
bool glimpse_again(struct visit *v);
/* Takes the windows back whose answer is as before. */
void glimpses_compare(struct visit *v);
void glimpses_cancel(struct visit *v);
/* A call of ours in the caller's name. */
bool glimpse_send(struct visit *v, const struct read *read,
                  struct http_fetch *fetch);
/* A rule's expression that does not hang on the answer, which is not known
 * yet; true where it does. */
bool lag_applies(struct visit *v, const struct rules_expression *when,
                 const struct json *item);
const struct json *lag_document(const struct visit *v,
                                const struct json *response,
                                const struct json *item);

/* ---- alias.c ---- */

/* Other names of the same things, shown by the old answers or (not NULL) the
 * change's response: those reads are glimpses too, with the same old answer. */
void glimpse_aliases(struct visit *v, const struct json *response);

/* ---- batch.c: one read of many things ---- */

/* False: it is none, or nothing of it is stale. */
bool lag_batch_split(struct visit *v);
/* The old parts with the answer to the rest (NULL: there was no rest). */
struct http_response lag_batch_join(struct visit *v,
                                    const struct http_response *rest);

/* ---- control.c: our own paths ---- */

bool lag_control_is_ours(const struct http_call *call);
struct http_response lag_control_answer(struct lag *lag, struct arena *arena,
                                        const struct http_request *request);

struct lag {
    struct lag_config config;
    struct http_handler handler;
    struct store *store;
    struct recall *recall;
    struct families *families;
    struct counts *counts;
    struct tally *tally;
    struct row_use *rows;
    struct visit *newest;
    size_t active;
    bool stopping;
};

#endif
