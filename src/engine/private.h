/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the engine share. Nobody else includes this. */
#ifndef ENGINE_PRIVATE_H
#define ENGINE_PRIVATE_H

#include "base/rng.h"
#include "engine/engine.h"

/* ---- bucket.c: a token bucket for each service and region ---- */

struct probe;
struct bucket {
    struct bucket *next;
    struct str service;
    struct str region;
    double nominal; /* tokens a second, by the rule file */
    double rate;    /* now; halved by throttling, regained by success */
    double tokens;
    int64_t filled_ms;
    int64_t slowed_ms; /* when it was halved last */
    double usual_ms;   /* half of the reads take no longer */
    unsigned timed;    /* reads that this rests on */
    /* probe.c: */
    size_t flying;                  /* reads that wait for an answer */
    struct probe *line, **line_end; /* those that wait for one of them */
};
/* Takes a token; the milliseconds until it may be used. */
int64_t bucket_take_ms(struct bucket *bucket, int64_t now_ms);
/* A token was taken and will not be used. */
void bucket_give_back(struct bucket *bucket);
/* `sent_ms`: when what was throttled had been sent. */
void bucket_throttled(struct bucket *bucket, int64_t sent_ms, int64_t now_ms);
void bucket_succeeded(struct bucket *bucket);
/* A token that is there now; false: there is none to spare. */
bool bucket_take_now(struct bucket *bucket, int64_t now_ms);
/* An answer took so long, or longer. */
void bucket_timed(struct bucket *bucket, int64_t took_ms);
/* Twice the usual time; 0: that is not known yet. */
int64_t bucket_patience_ms(const struct bucket *bucket);
/* The rules say another rate now. */
void bucket_set_nominal(struct bucket *bucket, double nominal);

/* ---- backoff.c: when the next read-back is due ---- */

struct backoff {
    unsigned misses;       /* read-backs so far that did not hold */
    unsigned silences;     /* in a row that said nothing */
    unsigned run;          /* how often in a row it has held */
    int64_t run_since_ms;  /* when this run began */
    int64_t settle_for_ms; /* grows when replicas are seen to disagree */
    bool flapped;
};
/* Counts one that held; true when that confirms. */
bool backoff_hit(struct backoff *backoff, const struct rules_schedule *schedule,
                 int64_t now_ms);
/* Counts one that did not; `age_ms` is how old the change is. */
void backoff_miss(struct backoff *backoff,
                  const struct rules_schedule *schedule, int64_t age_ms);
int64_t backoff_delay_ms(const struct backoff *backoff,
                         const struct rules_schedule *schedule, int64_t now_ms,
                         struct rng *rng);
/* Until the first that holds, where the schedule is learned: `delay_ms` within
 * what the rule and what was not answered allow. */
int64_t backoff_learned_ms(const struct backoff *backoff,
                           const struct rules_schedule *schedule,
                           int64_t delay_ms);

/* ---- probe.c: one read-back, shared by all who ask the same ---- */

enum probe_kind {
    PROBE_ANSWERED,   /* output is there */
    PROBE_REFUSED,    /* AWS named an error: code and message */
    PROBE_DENIED,     /* access denied */
    PROBE_THROTTLED,  /* or 5xx: try again, more slowly */
    PROBE_LOST,       /* no answer */
    PROBE_UNRECORDED, /* a replay, and nobody looked when it was recorded */
};

struct probe_result {
    enum probe_kind kind;
    const struct json *output; /* PROBE_ANSWERED */
    int status;
    struct str code;
    struct str message;
};

struct probe_ask {
    struct str exchange; /* whose read-back it is; of who asked first */
    const struct http_identity *as;
    struct str access_key;
    struct str service;
    struct str region;
    const struct aws_operation *operation;
    const struct json *input;
    bool fresh_connection;
};

/* When something was sent or heard: the time, and the turn, which tells what
 * came first where the time is the same. */
struct moment {
    int64_t ms;
    uint64_t turn; /* 0: not yet */
};

struct probe; /* counted: each asker has one reference */
/* Joins an equal one that has not been sent yet or was sent later than
 * `since_ms`: what was sent before a change was acknowledged shows nothing of
 * it. `done` is woken when there is a result. */
struct probe *probe_ask(struct engine *engine, const struct probe_ask *ask,
                        int64_t since_ms, struct timer *done);
/* Still waiting for its token: whatever it finds will be of later than now. */
bool probe_is_queued(const struct probe *probe);
/* When its first page was sent. */
struct moment probe_sent(const struct probe *probe);
/* NULL while it is under way. */
const struct probe_result *probe_get(const struct probe *probe);
/* Without waiting any longer; the last one cancels it. */
void probe_drop(struct probe *probe, struct timer *done);

/* ---- page.c: what came back for one page of a read ---- */

/* What an answer of an error status says, whoever asked for it. */
struct probe_result probe_refusal(struct arena *arena,
                                  enum aws_protocol protocol,
                                  const struct http_response *response);
/* Of an answer that could not be read: damaged it may come whole the next
 * time; too large it always is. */
struct probe_result page_unread(const struct aws_registry *registry,
                                enum aws_protocol protocol,
                                const struct http_response *response,
                                struct str why);
/* The page behind those `before`, whose lists it continues; NULL: it is the
 * first. */
struct json *page_join(struct arena *arena, const struct aws_operation *op,
                       const struct json *before, const struct json *page);
/* What the next page is asked by; NULL: this was the last. */
const struct json *page_token(const struct aws_operation *op,
                              const struct json *page);

/* ---- judge.c: what a read-back shows ---- */

enum verdict {
    VERDICT_HOLDS,
    VERDICT_NOT_YET,
    VERDICT_NEVER,        /* failure */
    VERDICT_TRY_AGAIN,    /* throttled or lost: says nothing */
    VERDICT_UNVERIFIABLE, /* denied, or an error the rule does not name */
    VERDICT_ASSUMED,      /* a replay in which nothing tells otherwise */
};
const char *engine_verdict_name(enum verdict verdict);
/* `document` has `read` and `read_error` set. */
enum verdict engine_judge(struct arena *arena,
                          const struct rules_confirmation *confirmation,
                          const struct probe_result *result,
                          const struct json *document, struct str *ret_why);
/* Whether an expression is true of a document; false when it fails, and why. */
bool engine_judge_expression(struct arena *arena,
                             const struct rules_expression *expression,
                             const struct json *document, struct str *ret_why);

/* Whether it shows the change itself, not only a later one. */
bool engine_judge_shows_success(struct arena *arena,
                                const struct rules_confirmation *confirmation,
                                const struct probe_result *result,
                                const struct json *document);

/* ---- evidence.c: what was seen, for people: never a secret ---- */

/* What a read said, and `why` it could not be judged; cut off. */
void engine_evidence_write(const struct engine *engine,
                           const struct rules_read *read,
                           const struct probe_result *result, struct str why,
                           struct buf *out);
/* What a confirmation wants to see. */
struct str engine_evidence_wanted(const struct rules_confirmation *rule);

/* ---- confirm.c: one confirmation of one exchange ---- */

struct confirmation {
    struct exchange *exchange;
    const struct rules_confirmation *rule;
    const struct json *item;
    const struct json *input;
    struct rules_schedule schedule;
    struct timer wake;
    struct timer deadline;
    struct backoff backoff;
    struct schedule_walk walk; /* where the schedule is learned */
    bool learns;
    struct probe *probe;
    int64_t since_ms; /* only what was sent later counts */
    bool late;        /* the deadline has come */
    bool last_read;   /* this read-back was sent at the deadline or later */
    bool ended;
    bool overtaken; /* the same was changed again before it was seen */
    enum outcome outcome;
    int64_t visible_ms;  /* settled: first seen so long after AWS's answer */
    struct moment stale; /* the last read, also a client's, that was */
    struct str trouble;  /* the rule cannot be applied: why */
    struct str evidence; /* what the last read-back said; no secrets */
    size_t evidence_room;
};
void confirmation_start(struct confirmation *confirmation);
void confirmation_stop(struct confirmation *confirmation);
/* The waiting is over: unsettled, if it has not ended. */
void confirmation_give_up(struct confirmation *confirmation);

/* The same was changed again: no read shows this change any more. */
void confirmation_overtake(struct confirmation *confirmation);

/* ---- recent.c: the last confirmed change of a resource ---- */

struct recent;
struct recent *engine_recent_new(void);
void engine_recent_free(struct recent *recent);
/* `resource` is a text or a list of texts. */
void engine_recent_add(struct recent *recent, const struct exchange *x);
/* {operation, request, seconds_ago, outcome}, or NULL. */
const struct json *engine_recent_find(struct recent *recent,
                                      const struct exchange *x,
                                      struct arena *arena);

/* ---- join.c: retries meet the call they repeat ---- */

struct joins;
/* `elsewhere` is told what is here; NULL: there is nobody to tell. */
struct joins *joins_new(struct engine_elsewhere *elsewhere);
void joins_free(struct joins *joins);
/* The exchange that this call repeats; NULL when it is a call of its own. */
struct exchange *joins_find(struct joins *joins, struct exchange *call);
/* Borrowed until the next call of a function of this file. */
const struct http_response *
joins_find_answer(struct joins *joins, struct exchange *call, int64_t now_ms);
/* The origin of another engine that may have this call, after hearing what all
 * of them have told; STR_NONE. Borrowed as engine.h says. */
struct str joins_find_elsewhere(struct joins *joins, struct exchange *call);
/* Another engine has such a call from now on. */
void joins_hear_begin(struct joins *joins, uint64_t hash, uint32_t epoch);
void joins_add(struct joins *joins, struct exchange *exchange);
void joins_remove(struct joins *joins, struct exchange *exchange);
/* Keeps that no answer came: a retry is a call of its own, and is told so.
 * Before joins_remove(). */
void joins_keep_lost(struct joins *joins, struct exchange *x, int64_t now_ms);
/* The id of the exchange that this call repeats and whose answer was lost;
 * STR_NONE: there is none. Borrowed like an answer. */
struct str joins_find_lost(struct joins *joins, struct exchange *call,
                           int64_t now_ms);
/* Keeps the answer for retries that come after it; before joins_remove(). */
void joins_keep(struct joins *joins, struct exchange *x,
                const struct http_response *answer, int64_t now_ms);

/* ---- exchange.c and the files of its longer steps ---- */

#define ENGINE_STEPS(X)                                                        \
    X(identify)  /* which call is it, is there a rule */                       \
    X(join)      /* is it a retry of one under way */                          \
    X(elsewhere) /* another process has it: it is led there */                 \
    X(before)    /* the rule's pre-read goes out */                            \
    X(relay)     /* the client's call goes out */                              \
    X(hear)      /* AWS's answer */                                            \
    X(doubt)     /* refused because an earlier change has not arrived? */      \
    X(observe)   /* --observe: answered at once, the rest goes on behind */    \
    X(plan)      /* which confirmations, with what input */                    \
    X(settle)    /* until all have ended */                                    \
    X(answer)    /* to everyone who waits */                                   \
    X(pass)      /* a call without a rule: its answer streams through */       \
    X(finish)

enum step {
#define ENGINE_STEP(name) STEP_##name,
    ENGINE_STEPS(ENGINE_STEP)
#undef ENGINE_STEP
        STEP_COUNT
};

enum progress { MORE, PARKED, DONE };

/* A client that waits for the answer of an exchange. */
struct waiter {
    struct waiter *next;
    struct exchange *exchange;
    struct http_call *call;
    struct timer gone;
    unsigned interims;
    bool left;
};

struct exchange {
    struct engine *engine;
    struct exchange *newer, *older; /* all that are under way */
    struct arena *arena;
    enum step step;
    struct timer wake;
    struct str id;

    struct waiter first;
    struct waiter *waiters;
    struct http_call *call; /* the first waiter's: the request */
    struct str body;        /* decoded */
    struct aws_call aws;
    struct aws_endpoint endpoint;
    struct str invocation_id;
    bool inner; /* another engine has led it here */
    bool listed_for_joins;
    bool told; /* the other engines know that it is here */
    struct exchange *joins_next;
    uint64_t join_hash; /* 0: not worked out yet */
    uint64_t join_turn; /* see join.c */
    size_t join_epoch;

    struct rules *rules;
    const struct rule *rule;      /* NULL: passes through */
    struct str resource;          /* for people */
    const struct json *resources; /* as the rule gives it */
    enum rules_policy policy;     /* x-settled-policy */

    /* A client's read that is judged: see reads.c. */
    const struct rules_known_read *known; /* NULL: not understood */
    bool watched;                         /* its answer is read whole */
    struct write *write;                  /* of a rule's call; see witness.c */

    int64_t received_ms;
    unsigned sends;
    struct moment sent_at;
    struct moment lost_at; /* when that was sent whose answer was lost; turn 0:
                              none was */
    struct str repeats;    /* the client's own call whose answer was lost */
    struct moment heard_at;
    int64_t started_ms; /* wall clock: see step_hear() */
    struct http_fetch fetch;
    struct arena *sending;    /* of the fetch; NULL: nothing of it is left */
    struct http_client *line; /* that carries it */
    bool fetching;
    struct str led_to;    /* the engine that has this call; STR_NONE: none */
    int64_t led_until_ms; /* 0: as long as it takes; see elsewhere.c */
    struct timer sent;    /* the streamed answer is through */
    bool replying;
    bool reply_sent;

    const struct json *response; /* output of the mutation */
    const struct json *before;
    struct str request_id;
    struct str error_code, error_message;

    struct probe *probe; /* pre-read, or the read of a resend */
    const struct rules_resend *resend;
    struct backoff resend_backoff;
    int64_t resend_until_ms;
    int64_t resend_at_ms; /* 0: not waiting for it */

    struct confirmation *confirmations;
    size_t confirmation_count;
    uint64_t reads;
    struct timer deadline; /* max_hold */
    struct timer interim;
    bool gave_up; /* the longest hold is over, or settled stops */
    bool counted; /* among engine->held */
    enum outcome outcome;
    struct http_response reply;
};

/* Takes over the handler's hold on the call. */
void engine_exchange_start(struct engine *engine, struct http_call *call,
                           bool inner);
/* Fills in what every event of an exchange says. */
void engine_exchange_say(const struct exchange *x, struct event *event);
/* Lets go of the call upstream. */
void engine_exchange_end_fetch(struct exchange *x);
/* And of all that it said. */
void engine_exchange_forget_fetch(struct exchange *x);
/* As the client would have met it without us: its SDK knows what to do about a
 * lost connection, and no error of ours would be true. */
enum progress engine_exchange_drop(struct exchange *x, const char *code,
                                   struct str detail);
/* An error of ours is the answer. */
enum progress engine_exchange_fault(struct exchange *x, int status,
                                    const char *code, struct str message);
/* A read of a rule outside a confirmation; wakes the exchange. */
struct probe *engine_exchange_ask(struct exchange *x,
                                  const struct rules_read *read);
/* Gives the answer to everyone who waits, and keeps it for a late retry. */
void engine_exchange_answer(struct exchange *x);
/* Counts it among those held, or observed, unless there are too many. */
bool engine_exchange_may_be_held(struct exchange *x);
/* Works out whom it changes, where the rule and what is known can tell. */
void engine_exchange_name_resource(struct exchange *x);

static inline enum progress exchange_go(struct exchange *x, enum step next)
{
    x->step = next;
    return MORE;
}

static inline enum progress exchange_park(struct exchange *x, enum step next)
{
    x->step = next;
    return PARKED;
}

/* elsewhere.c */
enum progress step_elsewhere(struct exchange *x);
/* Whether another engine could verify the call once more, as it came. */
bool engine_elsewhere_can_take(const struct exchange *x);
/* The id that the engine which led this call here has given it, or STR_NONE. */
struct str engine_elsewhere_id(const struct http_call *call);
/* relay.c */
enum progress step_relay(struct exchange *x);
enum progress step_hear(struct exchange *x);
enum progress step_pass(struct exchange *x);
/* doubt.c */
enum progress step_doubt(struct exchange *x);
/* observe.c */
enum progress step_observe(struct exchange *x);
/* plan.c */
enum progress step_plan(struct exchange *x);
enum progress step_settle(struct exchange *x);
/* The confirmations above the level that is awaited, in `arena`. */
struct confirmation *engine_plan_above(struct exchange *x, struct arena *arena,
                                       size_t *ret_count);

/* ---- document.c: what a rule's expressions see ---- */

/* What is known of a change; borrowed. */
struct change {
    struct str service, operation, region, access_key;
    int64_t started_ms;
    const struct json *request, *response, *before; /* NULL: none */
};
struct change engine_change_of(const struct exchange *x);
struct json *engine_document_of_change(struct arena *arena,
                                       const struct change *change,
                                       const struct json *item,
                                       const struct probe_result *result);
/* A fresh {request, response, before, call, read, read_error}, and {item} where
 * there is one. */
struct json *engine_document_with_read(struct arena *arena,
                                       const struct exchange *x,
                                       const struct json *item,
                                       const struct probe_result *result);
/* {code, message, status} */
const struct json *engine_document_error(struct arena *arena, struct str code,
                                         struct str message, int status);

/* ---- answer.c ---- */

/* Sets x->reply: AWS's answer with our headers, or the 424. */
void engine_answer_settled(struct exchange *x);
/* Sets x->reply to an error of ours in the caller's protocol. */
void engine_answer_fault(struct exchange *x, int status, const char *code,
                         struct str message);

/* ---- digest.c ---- */

/* A copy in which each digest(x) is a short text that tells nothing. */
const struct json *engine_digest_seal(const struct engine *engine,
                                      struct arena *arena,
                                      const struct json *value);
/* Nobody outside can work it out, nor make two alike. */
uint64_t engine_digest_hash(const struct engine *engine, struct str text);

enum { PROBE_BUCKETS = 1024 };

struct engine {
    struct engine_config config;
    struct http_handler handler;
    struct http_handler inner; /* for what other engines lead here */
    struct arena *arena;       /* buckets */
    struct bucket *buckets;
    struct probe *probes[PROBE_BUCKETS]; /* that can be joined, by key */
    size_t probe_count;                  /* all, finished ones too */
    bool stopping;
    struct joins *joins;
    struct recent *recent;
    struct desks *desks;         /* see witness.h */
    struct witnesses *witnesses; /* there too */
    struct inquiry *inquiries;
    size_t inquiry_count;
    uint64_t turn;          /* of what was sent and heard */
    uint64_t digest_key[2]; /* of this process */
    struct exchange *newest;
    size_t active;
    size_t held;
    uint64_t count;
    struct rng rng;
};

/* Read-backs a second that a service may be asked in a region. */
double engine_read_rate(const struct engine *engine, struct str service);

static inline int64_t engine_now_ms(const struct engine *engine)
{
    return timers_now_ms(engine->config.timers);
}

static inline struct moment engine_moment(struct engine *engine)
{
    return (struct moment){engine_now_ms(engine), ++engine->turn};
}

#endif
