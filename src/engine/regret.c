/* SPDX-License-Identifier: Apache-2.0 */
/* A read showed the old state after its change was said to be settled. Either
 * that was said too early, a regret, or somebody has changed it since: some
 * more read-backs tell which. Start at regret_suspect(). */
#include "engine/witness.h"

enum { INQUIRIES_MAX = 64 };

/* Pauses before each read-back: about five seconds in all. */
static const int64_t pauses_ms[] = {0, 100, 200, 300, 500, 900, 1300, 1700};
enum { READS = sizeof(pauses_ms) / sizeof(pauses_ms[0]) };

struct inquiry {
    struct inquiry *next, **link; /* of the engine */
    struct engine *engine;
    struct arena *arena;
    struct write *write;
    const struct view *view; /* stays for as long as the write's others do */
    const struct json *input;
    struct suspicion suspicion;
    struct timer wake;
    struct probe *probe;
    size_t reads;
    size_t agreed; /* with the suspicious one */
};

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
    inquiry->write->inquiry = NULL;
    arena_free(inquiry->arena);
}

void regret_stop(struct write *write)
{
    if (write->inquiry != NULL) {
        end(write->inquiry);
    }
}

void regret_stop_all(struct engine *engine)
{
    while (engine->inquiries != NULL) {
        end(engine->inquiries);
    }
}

static void conclude(struct inquiry *inquiry, enum event_kind kind,
                     struct str wanted)
{
    const struct write *write = inquiry->write;
    const struct suspicion *suspicion = &inquiry->suspicion;
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
        .gap_ms = event_number(suspicion->sent.ms - write->settled.ms),
        .detail = suspicion->detail,
        .wanted = wanted,
    };
    events_say(inquiry->engine->config.events, &event);
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

static void wait_or_conclude(struct inquiry *inquiry, struct str evidence)
{
    if (inquiry->reads < READS) {
        timer_arm(inquiry->engine->config.timers, &inquiry->wake,
                  pauses_ms[inquiry->reads]);
        return;
    }
    struct engine *engine = inquiry->engine;
    struct write *write = inquiry->write;
    if (inquiry->agreed == 0) {
        end(inquiry); /* nothing could be read */
        return;
    }
    conclude(inquiry, EVENT_CHANGED_SINCE, evidence);
    end(inquiry);
    witness_forget(engine, write); /* it is not true any more */
}

static void judge_again(struct inquiry *inquiry,
                        const struct probe_result *result)
{
    struct engine *engine = inquiry->engine;
    struct write *write = inquiry->write;
    const struct rules_confirmation *rule = inquiry->view->rule;
    struct arena *scratch = arena_new();
    struct str why = STR_NONE;
    struct buf evidence = {0};
    const struct json *document = document_of_change(
        scratch, &write->change, inquiry->view->item, result);
    enum verdict verdict = judge(scratch, rule, result, document, &why);
    bool shows = verdict == VERDICT_HOLDS &&
                 judge_shows_success(scratch, rule, result, document);
    evidence_write(engine, &rule->read, result, why, &evidence);
    probe_drop(inquiry->probe, &inquiry->wake);
    inquiry->probe = NULL;
    if (verdict == VERDICT_NOT_YET || verdict == VERDICT_TRY_AGAIN) {
        inquiry->agreed += verdict == VERDICT_NOT_YET ? 1 : 0;
        wait_or_conclude(inquiry, buf_str(&evidence));
    } else if (verdict == VERDICT_HOLDS) {
        conclude(inquiry, shows ? EVENT_REGRET : EVENT_CHANGED_SINCE,
                 buf_str(&evidence));
        end(inquiry);
        if (!shows) {
            witness_forget(engine, write);
        }
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
    return !engine->stopping && engine->inquiry_count < INQUIRIES_MAX &&
           write->inquiry == NULL && write->settled.turn > 0 &&
           write->settled.turn < suspicion->sent.turn &&
           suspicion->view->rule->level <= engine->config.level;
}

void regret_suspect(struct engine *engine, const struct suspicion *suspicion)
{
    struct write *write = suspicion->view->write;
    if (!is_worth_asking(engine, suspicion)) {
        return;
    }
    struct arena *arena = arena_new();
    struct inquiry *inquiry = ARENA_NEW(arena, struct inquiry);
    inquiry->engine = engine;
    inquiry->arena = arena;
    inquiry->write = write;
    inquiry->view = suspicion->view;
    inquiry->input = rules_input(
        arena, &suspicion->view->rule->read,
        document_of_change(arena, &write->change, suspicion->view->item, NULL));
    inquiry->suspicion = (struct suspicion){
        .view = suspicion->view,
        .id = arena_str(arena, suspicion->id),
        .client = arena_str(arena, suspicion->client),
        .group = arena_str(arena, suspicion->group),
        .read = arena_str(arena, suspicion->read),
        .detail = arena_str(arena, suspicion->detail),
        .sent = suspicion->sent,
    };
    timer_init(&inquiry->wake, on_wake, inquiry);
    inquiry->next = engine->inquiries;
    inquiry->link = &engine->inquiries;
    if (inquiry->next != NULL) {
        inquiry->next->link = &inquiry->next;
    }
    engine->inquiries = inquiry;
    engine->inquiry_count++;
    write->inquiry = inquiry;
    timer_arm(engine->config.timers, &inquiry->wake, pauses_ms[0]);
}

/* ---- read-backs of others ---- */

static void suspect(const struct confirmation *c, struct view *view,
                    const struct probe_result *result, struct moment sent)
{
    struct engine *engine = c->exchange->engine;
    struct buf words = {0};
    evidence_write(engine, &c->rule->read, result, STR_NONE, &words);
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
            write->inquiry != NULL) {
            continue;
        }
        struct arena *scratch = arena_new();
        if (view_judge(views[i], scratch, &sight) == VERDICT_NOT_YET) {
            suspect(c, views[i], result, sent);
        }
        arena_free(scratch);
    }
}
