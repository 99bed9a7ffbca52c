/* SPDX-License-Identifier: Apache-2.0 */
/* A read showed the old state after its change was said to be settled. Either
 * that was said too early, a regret, or somebody has changed it since: some
 * more read-backs tell which. Start at regret_suspect(). */
#include "engine/witness.h"

enum {
    INQUIRIES_MAX = 64,
    SUSPICIONS_MAX = 64,   /* of one inquiry */
    MORE_READS_ABOVE = 30, /* of what was not awaited: about a minute */
};

/* Pauses before each read-back: about five seconds in all. The last one is for
 * all that follow. */
static const int64_t pauses_ms[] = {0, 100, 200, 300, 500, 900, 1300, 1700};
enum { READS = sizeof(pauses_ms) / sizeof(pauses_ms[0]) };

/* Into all the reads that one confirmation of a write makes suspicious. */
struct inquiry {
    struct inquiry *next, **link; /* of the engine */
    struct engine *engine;
    struct arena *arena;
    struct write *write;
    const struct view *view; /* stays for as long as the write's others do */
    const struct json *input;
    struct suspicion *suspicions;
    size_t suspicion_count;
    struct timer wake;
    struct probe *probe;
    size_t reads;
    size_t agreed; /* with the suspicious ones */
};

/* What it shows was not promised: no regret, but perhaps a race. */
static bool is_above(const struct engine *engine, const struct view *view)
{
    return view->rule->level > engine->config.level;
}

/* ---- beginning and end ---- */

static void end(struct inquiry *inquiry)
{
    struct engine *engine = inquiry->engine;
    timer_cancel(engine->config.timers, &inquiry->wake);
    probe_drop(inquiry->probe, &inquiry->wake);
    *inquiry->link = inquiry->next;
    if (inquiry->next != NULL) {
        inquiry->next->link = inquiry->link;
    }
    engine->inquiry_count--;
    arena_free(inquiry->arena);
}

void regret_stop(struct engine *engine, const struct write *write)
{
    struct inquiry *next = engine->inquiries;
    while (next != NULL) {
        struct inquiry *inquiry = next;
        next = inquiry->next;
        if (inquiry->write == write) {
            end(inquiry);
        }
    }
}

void regret_stop_all(struct engine *engine)
{
    while (engine->inquiries != NULL) {
        end(engine->inquiries);
    }
}

static void say(const struct inquiry *inquiry,
                const struct suspicion *suspicion, enum event_kind kind,
                struct str wanted)
{
    const struct write *write = inquiry->write;
    bool race = kind == EVENT_RACE;
    struct event event = {
        .kind = kind,
        .exchange = suspicion->id,
        .client = suspicion->client,
        .group = suspicion->group,
        .service = write->change.service,
        .operation = write->change.operation,
        .region = write->change.region,
        .resource = write->resource,
        .confirmation = inquiry->view->rule->name,
        .read = suspicion->read,
        .write = write->id,
        .verdict = race ? "stale" : NULL,
        .gap_ms = event_number(suspicion->sent.ms -
                               (race ? write->heard.ms : write->settled.ms)),
        .detail = suspicion->detail,
        .wanted = wanted,
    };
    if (race) {
        event.needed_ms =
            event_number(engine_now_ms(inquiry->engine) - write->heard.ms);
    }
    events_say(inquiry->engine->config.events, &event);
}

/* Of the reads that were sent before that moment; false: none is left. */
static bool conclude(struct inquiry *inquiry, enum event_kind kind,
                     struct str wanted, struct moment before)
{
    size_t left = 0;
    for (size_t i = 0; i < inquiry->suspicion_count; i++) {
        struct suspicion *suspicion = &inquiry->suspicions[i];
        if (suspicion->sent.turn < before.turn) {
            say(inquiry, suspicion, kind, wanted);
        } else {
            inquiry->suspicions[left++] = *suspicion;
        }
    }
    inquiry->suspicion_count = left;
    return left > 0;
}

/* ---- reading again ---- */

static void read_again(struct inquiry *inquiry)
{
    const struct write *write = inquiry->write;
    const struct rules_read *read = &inquiry->view->rule->read;
    const struct probe_ask ask = {
        .exchange = write->id,
        .as = write->as,
        .access_key = write->change.access_key,
        .service = read->service,
        .region = write->change.region,
        .operation = read->model,
        .input = inquiry->input,
        .fresh_connection = true, /* another replica, perhaps */
    };
    inquiry->reads++;
    inquiry->probe = probe_ask(inquiry->engine, &ask,
                               engine_now_ms(inquiry->engine), &inquiry->wake);
}

static void wait_on(struct inquiry *inquiry)
{
    size_t next = inquiry->reads < READS ? inquiry->reads : READS - 1;
    timer_arm(inquiry->engine->config.timers, &inquiry->wake, pauses_ms[next]);
}

/* It is not true any more; that ends every inquiry into it. */
static void changed_since(struct inquiry *inquiry, struct str evidence)
{
    struct engine *engine = inquiry->engine;
    (void)conclude(inquiry, EVENT_CHANGED_SINCE, evidence,
                   engine_moment(engine));
    witness_forget(engine, inquiry->write);
}

static void wait_or_conclude(struct inquiry *inquiry, struct str evidence)
{
    bool above = is_above(inquiry->engine, inquiry->view);
    if (inquiry->reads < READS + (above ? MORE_READS_ABOVE : 0U)) {
        wait_on(inquiry);
    } else if (inquiry->agreed == 0) {
        end(inquiry); /* nothing could be read */
    } else {
        changed_since(inquiry, evidence);
    }
}

/* The change was there all the while. */
static void regret(struct inquiry *inquiry, struct str evidence,
                   struct moment sent)
{
    enum event_kind kind =
        is_above(inquiry->engine, inquiry->view) ? EVENT_RACE : EVENT_REGRET;
    if (!conclude(inquiry, kind, evidence, sent)) {
        end(inquiry);
        return;
    }
    inquiry->reads = 0;
    inquiry->agreed = 0;
    wait_on(inquiry);
}

static void judge_again(struct inquiry *inquiry,
                        const struct probe_result *result)
{
    const struct rules_confirmation *rule = inquiry->view->rule;
    struct moment sent = probe_sent(inquiry->probe);
    struct arena *scratch = arena_new();
    struct str why = STR_NONE;
    struct buf evidence = {0};
    const struct json *document = engine_document_of_change(
        scratch, &inquiry->write->change, inquiry->view->item, result);
    enum verdict verdict = engine_judge(scratch, rule, result, document, &why);
    bool shows = verdict == VERDICT_HOLDS &&
                 engine_judge_shows_success(scratch, rule, result, document);
    engine_evidence_write(inquiry->engine, &rule->read, result, why, &evidence);
    probe_drop(inquiry->probe, &inquiry->wake);
    inquiry->probe = NULL;
    if (verdict == VERDICT_NOT_YET || verdict == VERDICT_TRY_AGAIN) {
        inquiry->agreed += verdict == VERDICT_NOT_YET ? 1 : 0;
        wait_or_conclude(inquiry, buf_str(&evidence));
    } else if (shows) {
        regret(inquiry, buf_str(&evidence), sent);
    } else if (verdict == VERDICT_HOLDS) {
        changed_since(inquiry, buf_str(&evidence));
    } else {
        end(inquiry); /* it may not be read, so nothing can be said */
    }
    buf_free(&evidence);
    arena_free(scratch);
}

static void on_wake(void *ctx)
{
    struct inquiry *inquiry = ctx;
    if (inquiry->probe == NULL) {
        read_again(inquiry);
        return;
    }
    const struct probe_result *result = probe_get(inquiry->probe);
    if (result != NULL) {
        judge_again(inquiry, result);
    }
}

/* ---- suspicions ---- */

static bool is_worth_asking(const struct engine *engine,
                            const struct suspicion *suspicion)
{
    const struct write *write = suspicion->view->write;
    bool may_be_race =
        write->observed && str_eq(write->group, suspicion->group);
    return !engine->stopping && write->settled.turn > 0 &&
           write->settled.turn < suspicion->sent.turn &&
           (may_be_race || !is_above(engine, suspicion->view));
}

static struct inquiry *find(const struct engine *engine,
                            const struct view *view)
{
    struct inquiry *inquiry = engine->inquiries;
    while (inquiry != NULL && !view_is_same(inquiry->view, view)) {
        inquiry = inquiry->next;
    }
    return inquiry;
}

static struct inquiry *open_inquiry(struct engine *engine,
                                    const struct view *view)
{
    struct arena *arena = arena_new();
    struct inquiry *inquiry = ARENA_NEW(arena, struct inquiry);
    inquiry->engine = engine;
    inquiry->arena = arena;
    inquiry->write = view->write;
    inquiry->view = view;
    inquiry->input =
        rules_input(arena, &view->rule->read,
                    engine_document_of_change(arena, &view->write->change,
                                              view->item, NULL));
    inquiry->suspicions = ARENA_ARRAY(arena, struct suspicion, SUSPICIONS_MAX);
    timer_init(&inquiry->wake, on_wake, inquiry);
    inquiry->next = engine->inquiries;
    inquiry->link = &engine->inquiries;
    if (inquiry->next != NULL) {
        inquiry->next->link = &inquiry->next;
    }
    engine->inquiries = inquiry;
    engine->inquiry_count++;
    timer_arm(engine->config.timers, &inquiry->wake, pauses_ms[0]);
    return inquiry;
}

void regret_suspect(struct engine *engine, const struct suspicion *suspicion)
{
    struct inquiry *inquiry = find(engine, suspicion->view);
    if (!is_worth_asking(engine, suspicion) ||
        (inquiry == NULL && engine->inquiry_count == INQUIRIES_MAX) ||
        (inquiry != NULL && inquiry->suspicion_count == SUSPICIONS_MAX)) {
        return;
    }
    if (inquiry == NULL) {
        inquiry = open_inquiry(engine, suspicion->view);
    }
    struct arena *arena = inquiry->arena;
    inquiry->suspicions[inquiry->suspicion_count++] = (struct suspicion){
        .view = suspicion->view,
        .id = arena_str(arena, suspicion->id),
        .client = arena_str(arena, suspicion->client),
        .group = arena_str(arena, suspicion->group),
        .read = arena_str(arena, suspicion->read),
        .detail = arena_str(arena, suspicion->detail),
        .sent = suspicion->sent,
    };
}

/* ---- read-backs of others ---- */

static void suspect(const struct confirmation *c, struct view *view,
                    const struct probe_result *result, struct moment sent)
{
    struct engine *engine = c->exchange->engine;
    struct buf words = {0};
    engine_evidence_write(engine, &c->rule->read, result, STR_NONE, &words);
    const struct suspicion suspicion = {
        .view = view,
        .id = view->write->id,
        .client = view->write->change.access_key,
        .group = view->write->group,
        .read = c->rule->read.operation,
        .detail = buf_str(&words),
        .sent = sent,
    };
    regret_suspect(engine, &suspicion);
    buf_free(&words);
}

void regret_look(const struct confirmation *c,
                 const struct probe_result *result, struct moment sent)
{
    enum { VIEWS_MAX = 32 };
    struct exchange *x = c->exchange;
    struct view *views[VIEWS_MAX];
    const struct question question = {
        .service = c->rule->read.service,
        .region = x->aws.region,
        .operation = c->rule->read.operation,
        .access_key = x->call->access_key,
        .input = c->input,
    };
    const struct sight sight = {c->input, result, true};
    size_t count = witness_find(x->engine, &question, views, VIEWS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct write *write = views[i]->write;
        if (write->x != NULL || write->settled.turn > sent.turn ||
            find(x->engine, views[i]) != NULL ||
            witness_is_clouded(x->engine, views[i])) {
            continue;
        }
        struct arena *scratch = arena_new();
        if (engine_view_judge(views[i], scratch, &sight) == VERDICT_NOT_YET) {
            suspect(c, views[i], result, sent);
        }
        arena_free(scratch);
    }
}
