/* SPDX-License-Identifier: Apache-2.0 */
/* What processes of one service say to each other. */
#include "app/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

static void messages_come_whole_and_in_order(void **state)
{
    static const struct {
        enum channel_kind kind;
        const char *text;
    } rows[] = {
        {CHANNEL_READY, "eu-west-1"},
        {CHANNEL_RELOAD, ""},
        {CHANNEL_END, "30000"},
        {CHANNEL_SUMMARY, "a\nb"},
    };
    enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
    struct channel a, b;
    enum channel_kind kind;
    struct str text = STR_NONE;
    (void)state;
    assert_true(channel_pair(&a, &b));
    assert_true(channel_read(&b, false)); /* nothing has come */
    assert_false(channel_next(&b, &kind, &text));
    for (size_t i = 0; i < ROWS; i++) {
        channel_send(&a, rows[i].kind, str_of(rows[i].text));
    }
    assert_true(channel_read(&b, true));
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(channel_next(&b, &kind, &text));
        assert_int_equal(kind, rows[i].kind);
        assert_true(str_eq(text, str_of(rows[i].text)));
        channel_drop(&b);
    }
    assert_false(channel_next(&b, &kind, &text));
    channel_close(&a);
    channel_close(&b);
}

static void a_long_message_is_waited_for(void **state)
{
    enum { LEN = 100 * 1000 };
    struct arena *arena = arena_new();
    char *bytes = arena_alloc(arena, LEN);
    struct channel a, b;
    enum channel_kind kind;
    struct str text = STR_NONE;
    (void)state;
    memset(bytes, 'x', LEN);
    assert_true(channel_pair(&a, &b));
    channel_send(&a, CHANNEL_SUMMARY, str_make(bytes, LEN));
    /* Byte by byte the beginning of it is none yet. */
    char byte = 0;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(recv(b.fd, &byte, 1, 0), 1);
        buf_add_char(&b.in, byte);
        assert_false(channel_next(&b, &kind, &text));
    }
    assert_true(channel_read(&b, false));
    assert_true(channel_next(&b, &kind, &text));
    assert_true(str_eq(text, str_make(bytes, LEN)));
    channel_close(&a);
    channel_close(&b);
    arena_free(arena);
}

static void the_end_of_the_other_is_seen(void **state)
{
    struct channel a, b;
    enum channel_kind kind;
    struct str text = STR_NONE;
    (void)state;
    assert_true(channel_pair(&a, &b));
    channel_send(&a, CHANNEL_READY, STR("last words"));
    channel_close(&a);
    channel_send(&a, CHANNEL_READY, STR("to nobody")); /* nothing happens */
    bool there = channel_read(&b, false) && channel_read(&b, false);
    assert_false(there);
    assert_true(channel_next(&b, &kind, &text));
    assert_true(str_eq(text, STR("last words")));
    channel_send(&b, CHANNEL_READY, STR("to nobody"));
    channel_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_whole_and_in_order),
        cmocka_unit_test(a_long_message_is_waited_for),
        cmocka_unit_test(the_end_of_the_other_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
