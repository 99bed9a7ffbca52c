/* SPDX-License-Identifier: Apache-2.0 */
/* Who may look at what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "console/console.h"

enum { PORT = 4711 };
#define TOKEN "0123456789abcdef"

struct look {
    struct http_call call;
    struct http_response answer;
    bool released;
};

static void reply(struct http_call *call, const struct http_response *response)
{
    struct look *look = (struct look *)call;
    look->answer = http_response_copy(call->arena, response);
}

static void release(struct http_call *call)
{
    ((struct look *)call)->released = true;
}

static const struct http_call_ops ops = {.reply = reply, .release = release};

static int64_t wall_ms(void)
{
    return 1000;
}

static struct console *make(bool metrics, bool dashboard)
{
    const struct console_config config = {
        .wall_ms = wall_ms,
        .metrics = metrics,
        .token = dashboard ? STR(TOKEN) : STR_NONE,
        .run_id = STR("run"),
        .version = STR("1"),
    };
    struct console *console = console_new(&config);
    console_set_port(console, PORT);
    return console;
}

/* `headers`: pairs, ended by NULL. */
static struct look ask(struct console *console, struct arena *arena,
                       const char *method, const char *target,
                       const char *const *headers)
{
    struct look look = {.call = {.arena = arena, .ops = &ops}};
    look.call.request.method = str_of(method);
    look.call.request.target = str_of(target);
    for (; *headers != NULL; headers += 2) {
        http_headers_add(arena, &look.call.request.headers, str_of(headers[0]),
                         str_of(headers[1]));
    }
    struct http_handler *handler = console_handler(console);
    handler->handle(handler, &look.call);
    assert_true(look.released);
    return look;
}

static const char *const from_here[] = {"Host", "127.0.0.1:4711", NULL};

static void each_route_has_its_door(void **state)
{
    (void)state;
    static const char *const foreign[] = {"Host", "evil.example:4711", NULL};
    static const char *const other_port[] = {"Host", "127.0.0.1:80", NULL};
    static const char *const origin[] = {"Host", "127.0.0.1:4711", "Origin",
                                         "https://evil.example", NULL};
    static const char *const cross[] = {"Host", "127.0.0.1:4711",
                                        "Sec-Fetch-Site", "cross-site", NULL};
    static const struct {
        bool dashboard;
        const char *method;
        const char *target;
        const char *const *headers;
        int status;
    } rows[] = {
        {false, "GET", "/healthz", from_here, 200},
        {false, "GET", "/metrics", from_here, 200},
        {false, "GET", "/metrics", foreign, 200},
        {false, "POST", "/metrics", from_here, 405},
        {false, "GET", "/", from_here, 404},
        {false, "GET", "/?token=" TOKEN, from_here, 404},
        {true, "GET", "/metrics", from_here, 404},
        {true, "GET", "/?token=" TOKEN, from_here, 200},
        {true, "GET", "/events?token=" TOKEN, from_here, 200},
        {true, "GET", "/", from_here, 403},
        {true, "GET", "/?token=", from_here, 403},
        {true, "GET", "/?token=0123456789abcdee", from_here, 403},
        {true, "GET", "/?token=" TOKEN "0", from_here, 403},
        {true, "GET", "/?token=" TOKEN, foreign, 403},
        {true, "GET", "/?token=" TOKEN, other_port, 403},
        {true, "GET", "/events?token=" TOKEN, origin, 403},
        {true, "GET", "/events?token=" TOKEN, cross, 403},
        {true, "GET", "/nothing?token=" TOKEN, from_here, 404},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        struct console *console = make(!rows[i].dashboard, rows[i].dashboard);
        struct look look = ask(console, arena, rows[i].method, rows[i].target,
                               rows[i].headers);
        if (look.answer.status != rows[i].status) {
            print_message("%s %s: %d\n", rows[i].method, rows[i].target,
                          look.answer.status);
        }
        assert_int_equal(look.answer.status, rows[i].status);
        console_free(console);
        arena_free(arena);
    }
}

static void the_data_has_an_edition(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct console *console = make(false, true);
    struct look first =
        ask(console, arena, "GET", "/events?token=" TOKEN, from_here);
    struct str edition = http_headers_get(&first.answer.headers, "ETag");
    assert_true(edition.len > 2);
    const char *const again[] = {"Host", "127.0.0.1:4711", "If-None-Match",
                                 arena_str(arena, edition).ptr, NULL};
    struct look same =
        ask(console, arena, "GET", "/events?token=" TOKEN, again);
    assert_int_equal(same.answer.status, 304);
    assert_int_equal(same.answer.body.len, 0);
    const struct event event = {.kind = EVENT_CALL_RECEIVED,
                                .exchange = STR("run-1"),
                                .service = STR("ssm"),
                                .operation = STR("PutParameter")};
    console_sink(console)->hear(console_sink(console), &event);
    struct look more =
        ask(console, arena, "GET", "/events?token=" TOKEN, again);
    assert_int_equal(more.answer.status, 200);
    console_free(console);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_route_has_its_door),
        cmocka_unit_test(the_data_has_an_edition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
