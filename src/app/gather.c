/* SPDX-License-Identifier: Apache-2.0 */
/* --metrics of several processes: whoever asks is told the sum of what each of
 * them counted. Start at handle(). */
#include "app/private.h"

#include "base/mem.h"

enum { PATIENCE_MS = 2000 };

struct asker {
    struct asker *next;
    struct http_call *call;
};

struct gather {
    struct http_handler handler; /* first, so that it can be cast */
    struct loops *loops;
    struct timers *timers;
    struct asker *askers;
    struct arena *arena; /* of what was told; NULL: nobody is asked now */
    struct str told[PEERS_MAX]; /* by each; empty: not yet */
    struct timer patience;
};

static void reply(struct http_call *call, int status, struct str type,
                  struct str body)
{
    struct http_response answer = {.status = status, .body = body};
    http_headers_add(call->arena, &answer.headers, STR("Content-Type"), type);
    http_headers_add(call->arena, &answer.headers, STR("Cache-Control"),
                     STR("no-store"));
    http_call_reply(call, &answer);
    http_call_release(call);
}

static void reply_sentence(struct http_call *call, int status,
                           const char *sentence)
{
    reply(call, status, STR("text/plain; charset=utf-8"), str_of(sentence));
}

/* STR_NONE: there is no sum. */
static void end_round(struct gather *g, struct str sum)
{
    timer_cancel(g->timers, &g->patience);
    while (g->askers != NULL) {
        struct http_call *call = g->askers->call;
        g->askers = g->askers->next;
        if (sum.len > 0) {
            reply(call, 200, STR("text/plain; version=0.0.4; charset=utf-8"),
                  sum);
        } else {
            reply_sentence(call, 503, "a process does not answer\n");
        }
    }
    arena_free(g->arena);
    g->arena = NULL;
    memset(g->told, 0, sizeof(g->told));
}

static void lose_patience(void *ctx)
{
    end_round(ctx, STR_NONE);
}

static void ask(struct gather *g, struct http_call *call)
{
    struct asker *asker = ARENA_NEW(call->arena, struct asker);
    *asker = (struct asker){g->askers, call};
    g->askers = asker;
    if (g->arena == NULL) {
        g->arena = arena_new();
        timer_arm(g->timers, &g->patience, PATIENCE_MS);
        loops_ask_metrics(g->loops);
    }
}

static bool have_all_told(const struct gather *g)
{
    for (size_t i = 0; i < loops_count(g->loops); i++) {
        if (g->told[i].len == 0) {
            return false;
        }
    }
    return true;
}

/* One that was slow may still answer who asked before: each counts once. */
void gather_hear(struct gather *g, size_t whose, struct str text)
{
    struct buf sum = {0};
    if (g->arena == NULL) {
        return; /* too late */
    }
    g->told[whose] = arena_str(g->arena, text);
    if (have_all_told(g)) {
        console_sum_metrics(g->told, loops_count(g->loops), &sum);
        end_round(g, buf_str(&sum));
        buf_free(&sum);
    }
}

static void handle(struct http_handler *self, struct http_call *call)
{
    struct gather *g = (struct gather *)self;
    struct str path = http_target_path(call->request.target);
    bool metrics = str_eq(path, STR("/metrics"));
    if (!metrics && !str_eq(path, STR("/healthz"))) {
        reply_sentence(call, 404, "there is nothing here\n");
    } else if (!str_eq(call->request.method, STR("GET"))) {
        reply_sentence(call, 405, "only GET is understood here\n");
    } else if (!loops_are_well(g->loops)) {
        reply_sentence(call, 503, "ending\n");
    } else if (metrics) {
        ask(g, call);
    } else {
        reply_sentence(call, 200, "ok\n");
    }
}

static bool wants_body(struct http_handler *self, const struct http_call *call)
{
    (void)self;
    (void)call;
    return false;
}

struct gather *gather_new(struct loops *loops, struct timers *timers)
{
    struct gather *g = mem_new(sizeof(*g));
    g->handler =
        (struct http_handler){.handle = handle, .wants_body = wants_body};
    g->loops = loops;
    g->timers = timers;
    timer_init(&g->patience, lose_patience, g);
    return g;
}

struct http_handler *gather_handler(struct gather *g)
{
    return &g->handler;
}

void gather_free(struct gather *g)
{
    if (g != NULL) {
        end_round(g, STR_NONE);
        mem_free(g);
    }
}
