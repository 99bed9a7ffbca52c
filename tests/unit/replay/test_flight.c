/* SPDX-License-Identifier: Apache-2.0 */
/* The promises of http/client.h: streams, uploads, cancelling, and time that
 * jumps. Start at main(). */
#include "scene.h"

#define PUT "ssm:PutParameter"
#define A   "{\"Name\":\"/a\"}"

static void record_one(struct scene *scene, const char *input)
{
    record(scene, &(struct line){.kind = RECORDING_CALL,
                                 .exchange = "x1",
                                 .took_ms = 60000,
                                 .operation = PUT,
                                 .input = input,
                                 .output = "{\"Version\":1}"});
}

static void turn_until_quiet(struct scene *scene)
{
    int turns = 0;
    while (replay_turn(scene->replay) == 0) {
        assert_true(turns++ < 10000);
    }
}

/* A fetch that is not sent yet. */
static void prepare(struct scene *scene, struct asked_for *a, const char *input)
{
    *a = (struct asked_for){.arena = arena_new()};
    timer_init(&a->done, note_woken, &a->woken);
    a->fetch = (struct http_fetch){
        .arena = a->arena,
        .timers = replay_timers(scene->replay),
        .purpose = HTTP_FOR_CLIENT,
        .call = &a->call,
        .exchange = STR("y1"),
        .done = &a->done,
    };
    make_request(scene, PUT, input, &a->fetch.request, &a->call);
}

static void a_streamed_answer_is_pulled(void **state)
{
    struct scene *scene = *state;
    struct asked_for a;
    struct timer head;
    int heads = 0;
    char text[64];
    size_t len = 0;
    size_t all = 0;
    record_one(scene, A);
    open_replay(scene);
    prepare(scene, &a, A);
    timer_init(&head, note_woken, &heads);
    a.fetch.streams = true;
    a.fetch.head = &head;
    http_fetch_send(replay_client(scene->replay), &a.fetch);
    assert_int_equal(a.fetch.outcome, HTTP_PENDING);
    turn_until_quiet(scene);
    assert_int_equal(heads, 1);
    assert_int_equal(a.woken, 1);
    assert_true(a.fetch.head_ready);
    assert_int_equal(a.fetch.response.status, 200);
    assert_int_equal(http_response_length(&a.fetch.response), 13);
    while (http_source_read(a.fetch.download, text + all, 5, &len) ==
           HTTP_READ_SOME) {
        all += len;
    }
    assert_text(str_make(text, all), "{\"Version\":1}");
    forget(scene, &a);
    assert_null(a.fetch.state);
}

static void an_upload_is_read_to_its_end(void **state)
{
    struct scene *scene = *state;
    struct asked_for a;
    struct http_pipe pipe;
    record_one(scene, A);
    open_replay(scene);
    prepare(scene, &a, A);
    http_pipe_init(&pipe, 8);
    a.fetch.request.body = STR_NONE;
    a.fetch.upload = &pipe.source;
    a.fetch.upload_length = (int64_t)strlen(A);
    http_fetch_send(replay_client(scene->replay), &a.fetch);
    for (size_t at = 0; at < strlen(A);) {
        at += http_pipe_put(&pipe, str_from(STR(A), at));
        turn_until_quiet(scene);
    }
    assert_int_equal(a.woken, 1);
    assert_int_equal(a.fetch.outcome, HTTP_ANSWERED);
    forget(scene, &a);
    http_pipe_free(&pipe);
}

static void a_broken_upload_is_told(void **state)
{
    struct scene *scene = *state;
    record_one(scene, A);
    open_replay(scene);
    for (int i = 0; i < 2; i++) {
        struct asked_for a;
        struct http_pipe pipe;
        prepare(scene, &a, A);
        http_pipe_init(&pipe, 100);
        a.fetch.request.body = STR_NONE;
        a.fetch.upload = &pipe.source;
        a.fetch.upload_length = (int64_t)strlen(A);
        http_fetch_send(replay_client(scene->replay), &a.fetch);
        turn_until_quiet(scene);
        (void)http_pipe_put(&pipe, STR("{\"Na"));
        if (i == 0) {
            http_pipe_break(&pipe, NULL);
        } else {
            http_pipe_end(&pipe);
        }
        turn_until_quiet(scene);
        assert_int_equal(a.fetch.outcome, HTTP_UPLOAD_BROKEN);
        forget(scene, &a);
        http_pipe_free(&pipe);
    }
    /* It has used up nothing. */
    assert_answer(call(scene, "y2", PUT, A), "{\"Version\":1}");
}

/* What is longer than all that was recorded is not kept, and is a miss. */
static void a_long_upload_needs_little_memory(void **state)
{
    struct scene *scene = *state;
    struct asked_for a;
    struct http_pipe pipe;
    static const char piece[4096] = {'x'};
    record_one(scene, A);
    open_replay(scene);
    prepare(scene, &a, A);
    http_pipe_init(&pipe, sizeof(piece));
    a.fetch.request.body = STR_NONE;
    a.fetch.upload = &pipe.source;
    a.fetch.upload_length = -1;
    http_fetch_send(replay_client(scene->replay), &a.fetch);
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(http_pipe_put(&pipe, str_make(piece, sizeof(piece))),
                         sizeof(piece));
        turn_until_quiet(scene);
    }
    assert_int_equal(a.woken, 0);
    http_pipe_end(&pipe);
    turn_until_quiet(scene);
    assert_int_equal(a.fetch.outcome, HTTP_UNRECORDED);
    assert_holds(a.fetch.error, "now \"(8192000 bytes)\"");
    forget(scene, &a);
    http_pipe_free(&pipe);
}

/* Recorded without its body, and asked without it: by length. */
static void a_body_that_was_left_out_is_known_by_its_length(void **state)
{
    struct scene *scene = *state;
    static const struct {
        int64_t length;
        bool same;
    } rows[] = {{2000000, true}, {2000001, false}};
    struct aws_call recorded;
    struct recording_interaction what = {
        .kind = RECORDING_CALL,
        .exchange = STR("x1"),
        .call = &recorded,
        .request_left_out = 2000000,
        .outcome = HTTP_ANSWERED,
        .response = {.status = 200},
    };
    make_request(scene, PUT, A, &what.request, &recorded);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct asked_for a;
        struct http_pipe pipe;
        struct str body = {arena_alloc(scene->arena, (size_t)rows[i].length),
                           (size_t)rows[i].length};
        (void)unlink(scene->path.ptr);
        begin_session(scene, "run", "settled", true);
        assert_true(recording_write_interaction(scene->writer, &what));
        open_replay(scene);
        prepare(scene, &a, A);
        http_pipe_init(&pipe, body.len);
        (void)http_pipe_put(&pipe, body);
        http_pipe_end(&pipe);
        a.fetch.request.body = STR_NONE;
        a.fetch.upload = &pipe.source;
        a.fetch.upload_length = rows[i].length;
        http_fetch_send(replay_client(scene->replay), &a.fetch);
        turn_until_quiet(scene);
        assert_int_equal(a.fetch.outcome == HTTP_ANSWERED, rows[i].same);
        forget(scene, &a);
        http_pipe_free(&pipe);
        replay_close(scene->replay);
        scene->replay = NULL;
    }
}

static void a_cancelled_fetch_wakes_nobody(void **state)
{
    struct scene *scene = *state;
    enum { MANY = 50 };
    struct asked_for a[MANY];
    for (int i = 0; i < MANY; i++) {
        record_one(scene, A);
    }
    open_replay(scene);
    for (int i = 0; i < MANY; i++) {
        prepare(scene, &a[i], A);
        http_fetch_send(replay_client(scene->replay), &a[i].fetch);
    }
    for (int i = 0; i < MANY; i += 2) {
        http_fetch_cancel(replay_client(scene->replay), &a[i].fetch);
    }
    turn_until_quiet(scene);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(a[i].woken, i % 2);
        forget(scene, &a[i]);
    }
}

/* Armed by its owner for something else meanwhile. */
static void a_timer_of_the_callers_is_left_alone(void **state)
{
    struct scene *scene = *state;
    struct asked_for a;
    record_one(scene, A);
    open_replay(scene);
    prepare(scene, &a, A);
    http_fetch_send(replay_client(scene->replay), &a.fetch);
    turn_until_quiet(scene);
    assert_int_equal(a.woken, 1);
    timer_arm(replay_timers(scene->replay), &a.done, 100);
    http_fetch_cancel(replay_client(scene->replay), &a.fetch);
    turn_until_quiet(scene);
    assert_int_equal(a.woken, 2);
    forget(scene, &a);
}

static void nothing_is_sent_for_ourselves(void **state)
{
    struct scene *scene = *state;
    struct asked_for a;
    record_one(scene, A);
    open_replay(scene);
    prepare(scene, &a, A);
    a.fetch.purpose = HTTP_FOR_US;
    a.fetch.call = NULL;
    http_fetch_send(replay_client(scene->replay), &a.fetch);
    turn_until_quiet(scene);
    assert_int_equal(a.fetch.outcome, HTTP_UNRECORDED);
    forget(scene, &a);
}

struct ticking {
    struct timers *timers;
    struct timer timer;
    int left;
};

static void tick(void *ctx)
{
    struct ticking *t = ctx;
    if (t->left-- > 0) {
        timer_arm(t->timers, &t->timer, 60000);
    }
}

static void the_clock_jumps_to_the_next_timer(void **state)
{
    struct scene *scene = *state;
    struct ticking t = {.left = 100};
    record_one(scene, A);
    open_replay(scene);
    t.timers = replay_timers(scene->replay);
    timer_init(&t.timer, tick, &t);
    assert_int_equal(timers_now_ms(t.timers), 1);
    assert_int_equal(replay_turn(scene->replay), -1);
    timer_arm(t.timers, &t.timer, 60000);
    for (int i = 1; i <= 101; i++) {
        assert_int_equal(replay_turn(scene->replay), 0);
        assert_int_equal(timers_now_ms(t.timers), 1 + 60000 * i);
    }
    assert_int_equal(replay_turn(scene->replay), -1);
}

static int64_t hand_ms;

static int64_t hand(void *clock)
{
    (void)clock;
    return hand_ms;
}

static void in_real_time_nothing_jumps(void **state)
{
    struct scene *scene = *state;
    struct asked_for a;
    record_one(scene, A);
    scene->config.real_time = true;
    scene->config.now_ms = hand;
    hand_ms = 1000;
    open_replay(scene);
    prepare(scene, &a, A);
    http_fetch_send(replay_client(scene->replay), &a.fetch);
    assert_int_equal(replay_turn(scene->replay), 60000);
    hand_ms += 59000;
    assert_int_equal(replay_turn(scene->replay), 1000);
    assert_int_equal(a.woken, 0);
    hand_ms += 1000;
    /* Whoever was woken may have left work for the caller. */
    assert_int_equal(replay_turn(scene->replay), 0);
    assert_int_equal(replay_turn(scene->replay), -1);
    assert_int_equal(a.woken, 1);
    forget(scene, &a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_streamed_answer_is_pulled),
        SCENE_TEST(an_upload_is_read_to_its_end),
        SCENE_TEST(a_broken_upload_is_told),
        SCENE_TEST(a_long_upload_needs_little_memory),
        SCENE_TEST(a_body_that_was_left_out_is_known_by_its_length),
        SCENE_TEST(a_cancelled_fetch_wakes_nobody),
        SCENE_TEST(a_timer_of_the_callers_is_left_alone),
        SCENE_TEST(nothing_is_sent_for_ourselves),
        SCENE_TEST(the_clock_jumps_to_the_next_timer),
        SCENE_TEST(in_real_time_nothing_jumps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
