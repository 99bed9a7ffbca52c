/* SPDX-License-Identifier: Apache-2.0 */
/* Reads that answer from the past, on a clock turned by hand. */
#include "lag/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SENT_MAX = 8 };

struct world {
    int64_t now_ms;
    struct timers timers;
    struct arena *arena;
    struct aws_registry *registry;
    struct rules *rules;
    struct http_client client;
    struct http_fetch *sent[SENT_MAX]; /* under way, the oldest first */
    size_t sent_count;
    struct lag *lag;
};

struct visitor {
    struct http_call call; /* first, so that it can be cast */
    struct world *world;
    struct http_pipe pipe;
    unsigned holds;
    bool aborted;
    int status;
    struct str body;
};

static int64_t world_now(void *clock)
{
    return ((struct world *)clock)->now_ms;
}

static int64_t wall(void)
{
    return 1440938160000;
}

static void send(struct http_client *self, struct http_fetch *fetch)
{
    struct world *w =
        (struct world *)((char *)self - offsetof(struct world, client));
    assert_true(w->sent_count < SENT_MAX);
    fetch->outcome = HTTP_PENDING;
    w->sent[w->sent_count++] = fetch;
}

static void cancel(struct http_client *self, struct http_fetch *fetch)
{
    struct world *w =
        (struct world *)((char *)self - offsetof(struct world, client));
    for (size_t i = 0; i < w->sent_count; i++) {
        if (w->sent[i] == fetch) {
            memmove(&w->sent[i], &w->sent[i + 1],
                    (w->sent_count - i - 1) * sizeof(w->sent[0]));
            w->sent_count--;
        }
    }
}

static void run(struct world *w)
{
    while (timers_run_due(&w->timers) > 0) {
    }
}

static void reply(struct http_call *call, const struct http_response *answer)
{
    struct visitor *v = (struct visitor *)call;
    assert_int_equal(v->status, 0);
    v->status = answer->status;
    v->body = arena_str(v->world->arena, answer->body);
}

static void reply_stream(struct http_call *call,
                         const struct http_response *head, int64_t length,
                         struct http_source *body, struct timers *timers,
                         struct timer *sent)
{
    (void)length;
    (void)body;
    reply(call, head);
    timer_wake(timers, sent);
}

static void abort_call(struct http_call *call)
{
    ((struct visitor *)call)->aborted = true;
}

static void release(struct http_call *call)
{
    ((struct visitor *)call)->holds--;
}

static const struct http_call_ops ops = {
    .reply = reply,
    .reply_stream = reply_stream,
    .abort = abort_call,
    .release = release,
};

static void open_world(struct world *w, const char *lag, double flap)
{
    struct diag diag;
    struct str why = STR_NONE;
    *w = (struct world){.now_ms = 1000, .arena = arena_new()};
    timers_init(&w->timers, world_now, w);
    w->registry = aws_registry_new();
    w->client = (struct http_client){send, cancel};
    diag_init(&diag, w->arena);
    const struct rules_load_in in = {.registry = w->registry};
    w->rules = rules_load(&in, &diag);
    assert_non_null(w->rules);
    struct lag_config config = {
        .timers = &w->timers,
        .wall_ms = wall,
        .registry = w->registry,
        .client = &w->client,
        .rules = w->rules,
        .upstream_url = STR("http://127.0.0.1:5000"),
        .flap = flap,
        .seed = 1,
        .body_limit = 1024,
    };
    assert_true(lag_distribution_parse(w->arena, str_of(lag),
                                       &config.distribution, &why));
    w->lag = lag_new(&config);
}

static void close_world(struct world *w)
{
    assert_int_equal(lag_active(w->lag), 0);
    assert_int_equal(w->sent_count, 0);
    lag_free(w->lag);
    rules_unref(w->rules);
    aws_registry_free(w->registry);
    timers_done(&w->timers);
    arena_free(w->arena);
}

static struct visitor *visit(struct world *w, const char *operation,
                             const char *body)
{
    struct visitor *v = ARENA_NEW(w->arena, struct visitor);
    struct http_handler *handler = lag_handler(w->lag);
    v->world = w;
    v->holds = 1;
    http_pipe_init(&v->pipe, 4096);
    assert_int_equal(http_pipe_put(&v->pipe, str_of(body)), strlen(body));
    http_pipe_end(&v->pipe);
    v->call = (struct http_call){.arena = w->arena,
                                 .body = &v->pipe.source,
                                 .body_length = (int64_t)strlen(body),
                                 .ops = &ops};
    v->call.request.method = STR("POST");
    v->call.request.target = STR("/");
    http_headers_add(w->arena, &v->call.request.headers, STR("X-Amz-Target"),
                     arena_printf(w->arena, "AmazonSSM.%s", operation));
    http_headers_add(w->arena, &v->call.request.headers, STR("Content-Type"),
                     STR("application/x-amz-json-1.1"));
    handler->handle(handler, &v->call);
    run(w);
    return v;
}

/* The oldest call under way must be this one. */
static void answer(struct world *w, const char *operation, int status,
                   const char *body)
{
    assert_true(w->sent_count > 0);
    struct http_fetch *fetch = w->sent[0];
    struct str target =
        http_headers_get(&fetch->request.headers, "X-Amz-Target");
    assert_true(str_ends(target, str_of(operation)));
    cancel(&w->client, fetch);
    fetch->outcome = HTTP_ANSWERED;
    fetch->head_ready = true;
    fetch->response.status = status;
    fetch->response.body = arena_str(fetch->arena, str_of(body));
    timer_wake(fetch->timers, fetch->done);
    run(w);
}

static void leave(struct visitor *v)
{
    assert_int_equal(v->holds, 0);
    http_pipe_free(&v->pipe);
}

/* A write of `version`; before it, reads answer with `before`. */
static void put(struct world *w, const char *before, int status)
{
    struct visitor *v =
        visit(w, "PutParameter", "{\"Name\":\"/a\",\"Value\":\"v\"}");
    while (w->sent_count > 0) {
        struct str target =
            http_headers_get(&w->sent[0]->request.headers, "X-Amz-Target");
        if (str_ends(target, STR("PutParameter"))) {
            answer(w, "PutParameter", status, "{\"Version\":1}");
        } else if (str_ends(target, STR("GetParameter"))) {
            answer(w, "GetParameter", 200, before);
        } else {
            answer(w, "", 200, "{}");
        }
    }
    assert_int_equal(v->status, status);
    leave(v);
}

/* What a read sees; "now" is what the emulator has. */
static void expect(struct world *w, const char *wanted)
{
    struct visitor *v =
        visit(w, "GetParameter", "{\"Name\":\"/a\",\"WithDecryption\":true}");
    if (w->sent_count > 0) {
        answer(w, "GetParameter", 200, "now");
    }
    /* The fake server does not read what streams. */
    assert_string_equal(v->body.ptr, wanted);
    leave(v);
}

static void a_read_answers_as_before_until_the_lag_has_passed(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", 0);
    expect(&w, "now");
    put(&w, "old", 200);
    expect(&w, "old");
    w.now_ms += 299;
    expect(&w, "old");
    w.now_ms += 1;
    expect(&w, "now");
    close_world(&w);
}

static void changes_come_to_light_one_after_the_other(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", 0);
    put(&w, "none", 200);
    w.now_ms += 100;
    put(&w, "one", 200);
    expect(&w, "none");
    w.now_ms += 200;
    expect(&w, "one");
    w.now_ms += 100;
    expect(&w, "now");
    close_world(&w);
}

static void a_refused_change_does_not_lag(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", 0);
    put(&w, "old", 400);
    expect(&w, "now");
    close_world(&w);
}

static void another_resource_is_seen_as_it_is(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", 0);
    put(&w, "old", 200);
    struct visitor *v = visit(&w, "GetParameter", "{\"Name\":\"/b\"}");
    answer(&w, "GetParameter", 200, "now");
    assert_string_equal(v->body.ptr, "now");
    leave(v);
    close_world(&w);
}

static void flapping_replicas_answer_with_both(void **state)
{
    struct world w;
    unsigned old = 0;
    (void)state;
    open_world(&w, "fixed:300ms", 0.5);
    put(&w, "old", 200);
    for (int i = 0; i < 100; i++) {
        struct visitor *v = visit(&w, "GetParameter", "{\"Name\":\"/a\"}");
        old += w.sent_count == 0;
        if (w.sent_count > 0) {
            answer(&w, "GetParameter", 200, "now");
        }
        leave(v);
    }
    assert_in_range(old, 30, 70);
    close_world(&w);
}

static void the_end_does_not_wait_for_the_emulator(void **state)
{
    static const char *const operations[] = {"PutParameter", "GetParameter"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct world w;
        open_world(&w, "fixed:300ms", 0);
        struct visitor *v =
            visit(&w, operations[i], "{\"Name\":\"/a\",\"Value\":\"v\"}");
        assert_true(w.sent_count > 0);
        lag_finish(w.lag);
        run(&w);
        assert_true(v->aborted);
        assert_int_equal(v->status, 0);
        leave(v);
        close_world(&w);
    }
}

static void a_client_that_leaves_takes_its_read_along(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", 0);
    struct visitor *v = visit(&w, "GetParameter", "{\"Name\":\"/a\"}");
    assert_int_equal(w.sent_count, 1);
    v->call.gone = true;
    timer_wake(&w.timers, v->call.on_gone);
    run(&w);
    leave(v);
    close_world(&w);
}

static void a_body_over_the_limit_is_refused(void **state)
{
    struct world w;
    char body[2048];
    (void)state;
    open_world(&w, "fixed:300ms", 0);
    memset(body, 'x', sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    struct visitor *v = visit(&w, "GetParameter", body);
    assert_int_equal(v->status, 413);
    leave(v);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_answers_as_before_until_the_lag_has_passed),
        cmocka_unit_test(changes_come_to_light_one_after_the_other),
        cmocka_unit_test(a_refused_change_does_not_lag),
        cmocka_unit_test(another_resource_is_seen_as_it_is),
        cmocka_unit_test(flapping_replicas_answer_with_both),
        cmocka_unit_test(the_end_does_not_wait_for_the_emulator),
        cmocka_unit_test(a_client_that_leaves_takes_its_read_along),
        cmocka_unit_test(a_body_over_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
