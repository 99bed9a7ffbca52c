/* SPDX-License-Identifier: Apache-2.0 */
/* Two engines that serve the same clients: a retry that comes to the one whose
 * call the other has. */
#include "world.h"

#include "base/mem.h"

#define BODY   "{\"Name\":\"/a\",\"Value\":\"1\"}"
#define OTHER  "{\"Name\":\"/a\",\"Value\":\"2\"}"
#define ORIGIN "http://127.0.0.1:1"

enum { CALLS_MAX = 64 };

/* One of the two, and its way to the other. */
struct half {
    struct engine_elsewhere port; /* first, so that it can be cast */
    struct world w;
    struct fake_client line;
    struct half *other;
    uint64_t had[CALLS_MAX]; /* by this one, as it has told */
    size_t had_count;
    size_t forgotten;
    bool loses_found; /* forgets a call once it has been found */
};

static void begin(struct engine_elsewhere *self, uint64_t call, uint32_t whom)
{
    struct half *half = (struct half *)self;
    assert_true(half->had_count < CALLS_MAX);
    half->had[half->had_count++] = call;
    engine_hear_begin(half->other->w.engine, call, whom);
}

static void forget(struct engine_elsewhere *self, uint64_t call)
{
    struct half *half = (struct half *)self;
    size_t at = 0;
    while (at < half->had_count && half->had[at] != call) {
        at++;
    }
    assert_true(at < half->had_count); /* nothing is forgotten twice */
    half->had[at] = half->had[--half->had_count];
    half->forgotten++;
}

static struct str find(struct engine_elsewhere *self, uint64_t call)
{
    struct half *other = ((struct half *)self)->other;
    for (size_t i = 0; i < other->had_count; i++) {
        if (other->had[i] == call) {
            other->had[i] = other->loses_found ? 0 : call;
            return STR(ORIGIN);
        }
    }
    return STR_NONE;
}

static void open_half(struct half *half, struct half *other)
{
    half->other = other;
    half->port =
        (struct engine_elsewhere){begin, forget, find, &half->line.client};
    world_open(&half->w, &(struct engine_config){.elsewhere = &half->port});
    fake_client_init(&half->line, half->w.arena, CALLS_MAX);
}

static int open_both(void **state)
{
    struct half *halves = mem_new(2 * sizeof(struct half));
    open_half(&halves[0], &halves[1]);
    open_half(&halves[1], &halves[0]);
    *state = halves;
    return 0;
}

static int close_both(void **state)
{
    struct half *halves = *state;
    for (int i = 0; i < 2; i++) {
        size_t had = halves[i].had_count;
        world_close(&halves[i].w);
        assert_int_equal(halves[i].line.sent_count, 0);
        assert_true(halves[i].had_count <= had);
    }
    mem_free(halves);
    return 0;
}

static struct world_call *put(struct half *half, const char *id,
                              const char *body)
{
    return world_call(&half->w, "PutParameter", id, str_of(body));
}

static void leave(struct half *half, struct world_call *call)
{
    call->call.gone = true;
    if (call->call.on_gone != NULL) {
        timer_wake(&half->w.clock.timers, call->call.on_gone);
        world_run(&half->w);
    }
}

/* As the other one's server makes it out of what was led there. */
static struct world_call *arrive(struct half *half,
                                 const struct http_fetch *led)
{
    struct arena *arena = arena_new();
    struct world_call *c = ARENA_NEW(arena, struct world_call);
    struct http_handler *handler = engine_inner_handler(half->w.engine);
    c->arena = arena;
    c->holds = 1;
    http_pipe_init(&c->pipe, 1024);
    http_pipe_end(&c->pipe);
    c->call = (struct http_call){
        .arena = arena,
        .request = http_request_copy(arena, &led->request),
        .body_length = (int64_t)led->request.body.len,
        .body = &c->pipe.source,
        .access_key = STR("AKIAIOSFODNN7EXAMPLE"),
        .sign_service = STR("ssm"),
        .sign_region = STR("eu-west-1"),
        .ops = &world_ops,
    };
    handler->handle(handler, &c->call);
    world_run(&half->w);
    return c;
}

static void settle(struct half *half)
{
    for (int i = 0; i < 200; i++) {
        while (half->w.upstream.sent_count > 0) {
            struct http_fetch *fetch = half->w.upstream.sent[0];
            bool is_put = str_contains(
                http_headers_get(&fetch->request.headers, "X-Amz-Target"),
                STR("PutParameter"));
            world_answer(&half->w, fetch, 200,
                         is_put ? "{\"Version\":1}"
                                : "{\"Parameter\":{\"Version\":1,\"Value\":"
                                  "\"1\",\"LastModifiedDate\":1440938160}}");
        }
        world_turn(&half->w, 50);
    }
}

static void a_retry_is_led_to_who_has_its_call(void **state)
{
    struct half *a = *state;
    struct half *b = &a[1];
    struct world_call *first = put(b, "one", BODY);
    struct world_call *again = put(a, "one", BODY);
    assert_int_equal(a->w.upstream.sent_count, 0);
    assert_int_equal(a->line.sent_count, 1);
    struct http_fetch *led = a->line.sent[0];
    assert_true(str_eq(led->origin, STR(ORIGIN)));
    assert_null(led->as); /* nobody signs it anew */
    assert_true(str_eq(led->request.body, STR(BODY)));
    for (size_t i = 0; i < again->call.request.headers.count; i++) {
        const struct http_header *h = &again->call.request.headers.at[i];
        assert_true(str_eq(http_headers_get(&led->request.headers, h->name.ptr),
                           h->value));
    }
    struct world_call *there = arrive(b, led);
    assert_int_equal(b->w.upstream.sent_count, 1);
    settle(b);
    assert_int_equal(first->status, 200);
    assert_int_equal(there->status, 200);
    assert_int_equal(again->status, 0);
    world_answer(&a->w, led, 200, "{\"Version\":1}");
    assert_int_equal(again->status, 200);
    /* The answer is kept there, and so is the way to it. */
    struct world_call *late = put(a, "one", BODY);
    assert_int_equal(a->line.sent_count, 1);
    assert_int_equal(late->status, 0);
    leave(a, late);
    assert_int_equal(a->line.sent_count, 0);
    world_forget(first);
    world_forget(again);
    world_forget(there);
    world_forget(late);
}

static void what_was_led_here_stays(void **state)
{
    struct half *a = *state;
    struct half *b = &a[1];
    struct world_call *first = put(b, "one", BODY);
    struct world_call *again = put(a, "one", BODY);
    /* It comes back, as if both took it for the other's. */
    struct world_call *back = arrive(a, a->line.sent[0]);
    assert_int_equal(a->line.sent_count, 1);
    assert_int_equal(a->w.upstream.sent_count, 1);
    settle(a);
    assert_int_equal(back->status, 200);
    leave(a, again);
    settle(b);
    world_forget(first);
    world_forget(again);
    world_forget(back);
}

/* What was refused there is forgotten at any moment: then it is sent there. */
static void where_to_is_asked_once(void **state)
{
    struct half *a = *state;
    struct world_call *first = put(&a[1], "one", BODY);
    uint64_t call = a[1].had[0];
    a[1].loses_found = true;
    struct world_call *again = put(a, "one", BODY);
    assert_int_equal(a->line.sent_count, 1);
    assert_true(str_eq(a->line.sent[0]->origin, STR(ORIGIN)));
    a[1].had[0] = call;
    leave(a, again);
    settle(&a[1]);
    world_forget(first);
    world_forget(again);
}

static void one_that_is_gone_may_have_sent_it(void **state)
{
    static const enum http_outcome rows[] = {HTTP_REFUSED, HTTP_LOST,
                                             HTTP_TIMED_OUT};
    struct half *a = *state;
    struct world_call *first = put(&a[1], "one", BODY);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world_call *again = put(a, "one", BODY);
        fake_client_end(&a->line, a->line.sent[0], rows[i]);
        world_run(&a->w);
        assert_int_equal(again->status, 0);
        assert_true(again->dropped);
        assert_int_equal(a->w.upstream.asked, 0);
        world_forget(again);
    }
    settle(&a[1]);
    world_forget(first);
}

static void without_an_id_only_who_left_is_repeated(void **state)
{
    struct half *a = *state;
    struct half *b = &a[1];
    struct world_call *first = put(b, NULL, BODY);
    struct world_call *second = put(a, NULL, BODY);
    struct world_call *there = arrive(b, a->line.sent[0]);
    assert_int_equal(b->w.upstream.sent_count, 2); /* both are there */
    leave(b, first);
    leave(a, second);
    leave(b, there);
    struct world_call *third = put(a, NULL, BODY);
    struct world_call *joins = arrive(b, a->line.sent[0]);
    assert_int_equal(b->w.upstream.sent_count, 2);
    settle(b);
    assert_int_equal(joins->status, 200);
    leave(a, third);
    world_forget(first);
    world_forget(second);
    world_forget(there);
    world_forget(third);
    world_forget(joins);
}

static void a_change_elsewhere_undoes_what_came_before(void **state)
{
    struct half *a = *state;
    struct half *b = &a[1];
    struct world_call *first = put(a, NULL, BODY);
    leave(a, first);
    settle(a);
    struct world_call *other = put(b, NULL, OTHER);
    settle(b);
    struct world_call *again = put(a, NULL, BODY);
    assert_int_equal(a->w.upstream.sent_count, 1);
    for (int i = 0; i < 2; i++) {
        engine_finish(a[i].w.engine);
        world_run(&a[i].w);
    }
    world_forget(first);
    world_forget(other);
    world_forget(again);
}

static void what_is_neither_here_nor_kept_is_forgotten(void **state)
{
    struct half *a = *state;
    struct world_call *refused = put(a, "one", BODY);
    assert_int_equal(a->had_count, 1);
    world_answer(&a->w, a->w.upstream.sent[0], 500, "{}");
    assert_int_equal(a->had_count, 0); /* a refusal may be tried anew */
    struct world_call *kept = put(a, "two", BODY);
    settle(a);
    assert_int_equal(kept->status, 200);
    assert_int_equal(a->had_count, 1);
    world_turn(&a->w, 6 * 60 * 1000);
    struct world_call *later = put(a, "three", BODY);
    settle(a);
    assert_int_equal(a->had_count, 1);
    assert_int_equal(a->forgotten, 2);
    world_forget(refused);
    world_forget(kept);
    world_forget(later);
}

static void a_stop_waits_a_little_for_the_other(void **state)
{
    struct half *a = *state;
    struct world_call *first = put(&a[1], "one", BODY);
    struct world_call *again = put(a, "one", BODY);
    struct world_call *lost = put(a, "one", BODY);
    engine_finish(a->w.engine);
    world_run(&a->w);
    assert_int_equal(again->status, 0);
    world_answer(&a->w, a->line.sent[0], 424, "{}");
    assert_int_equal(again->status, 424);
    assert_false(lost->dropped);
    engine_finish(a->w.engine); /* as app does it, again and again */
    world_turn(&a->w, 6000);
    assert_int_equal(lost->status, 0);
    assert_true(lost->dropped);
    assert_int_equal(engine_active(a->w.engine), 0);
    settle(&a[1]);
    world_forget(first);
    world_forget(again);
    world_forget(lost);
}

static void the_rates_of_reading_are_shared(void **state)
{
    struct world alone, shared;
    (void)state;
    world_open(&alone, &(struct engine_config){0});
    world_open(&shared, &(struct engine_config){.sharers = 4});
    double rate = engine_read_rate(alone.engine, STR("ssm"));
    assert_true(rate > 0);
    assert_true(engine_read_rate(shared.engine, STR("ssm")) == rate / 4);
    world_close(&alone);
    world_close(&shared);
}

int main(void)
{
#define PAIR(test) cmocka_unit_test_setup_teardown(test, open_both, close_both)
    const struct CMUnitTest tests[] = {
        PAIR(a_retry_is_led_to_who_has_its_call),
        PAIR(what_was_led_here_stays),
        PAIR(where_to_is_asked_once),
        PAIR(one_that_is_gone_may_have_sent_it),
        PAIR(without_an_id_only_who_left_is_repeated),
        PAIR(a_change_elsewhere_undoes_what_came_before),
        PAIR(what_is_neither_here_nor_kept_is_forgotten),
        PAIR(a_stop_waits_a_little_for_the_other),
        cmocka_unit_test(the_rates_of_reading_are_shared),
    };
#undef PAIR
    return cmocka_run_group_tests(tests, NULL, NULL);
}
