/* SPDX-License-Identifier: Apache-2.0 */
/* Events as they are written. */
#include "events/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void what_is_absent_is_not_written(void **state)
{
    const struct event event = {.kind = EVENT_CALL_SENT, .service = STR("ssm")};
    struct buf text = {0};
    (void)state;
    event_write(&event, &text);
    assert_true(str_eq(buf_str(&text), STR("\"event\":\"call-sent\","
                                           "\"service\":\"ssm\"")));
    buf_free(&text);
}

static void a_whole_event_is_one_json_object(void **state)
{
    const struct event event = {.kind = EVENT_SETTLED,
                                .exchange = STR("r-1"),
                                .resource = STR("/a\"b"),
                                .outcome = OUTCOME_UNSETTLED,
                                .waited_ms = event_number(0),
                                .reads = event_number(3),
                                .detail = STR("line\nline"),
                                .status = 200};
    struct arena *arena = arena_new();
    struct source source = {.name = STR("event")};
    struct diag diag;
    struct buf text = {0};
    const struct json *value = NULL;
    (void)state;
    diag_init(&diag, arena);
    buf_add(&text, STR("{"));
    event_write(&event, &text);
    buf_add(&text, STR("}"));
    source.text = buf_str(&text);
    assert_true(
        json_parse(arena, &source, &json_default_limits, &value, &diag));
    assert_true(str_eq(json_get_text(value, "resource"), STR("/a\"b")));
    assert_true(str_eq(json_get_text(value, "outcome"), STR("unsettled")));
    assert_true(json_get(value, STR("waited_ms")) != NULL);
    buf_free(&text);
    arena_free(arena);
}

static void every_kind_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < EVENT_KIND_COUNT; i++) {
        assert_non_null(event_kind_name((enum event_kind)i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_absent_is_not_written),
        cmocka_unit_test(a_whole_event_is_one_json_object),
        cmocka_unit_test(every_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
