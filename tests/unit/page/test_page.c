/* SPDX-License-Identifier: Apache-2.0 */
/* The page put together: every marker filled, the data harmless, nothing
 * fetched from anywhere. How it behaves is for tests/page, in a browser. Start
 * at data_cannot_leave_its_element(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "page/page.h"

#define DATA_BEGIN STR("<script type=\"application/json\" id=\"data\">")
#define LINE_SEP   "\xE2\x80\xA8"
#define PARA_SEP   "\xE2\x80\xA9"

static struct buf page_of(struct str data)
{
    struct buf out = {0};
    page_write(data, &out);
    return out;
}

static struct buf live_page_of(struct str path)
{
    struct buf out = {0};
    page_write_live(path, &out);
    return out;
}

/* What stands between `begin` and the next `end`. */
static struct str part_of(const struct buf *page, struct str begin,
                          struct str end)
{
    struct str text = buf_str(page);
    size_t at = str_find_str(text, begin);
    assert_int_not_equal(at, STR_NOT_FOUND);
    struct str rest = str_from(text, at + begin.len);
    size_t len = str_find_str(rest, end);
    assert_int_not_equal(len, STR_NOT_FOUND);
    return str_first(rest, len);
}

static size_t count_of(struct str text, struct str what)
{
    size_t n = 0;
    for (;;) {
        size_t at = str_find_str(text, what);
        if (at == STR_NOT_FOUND) {
            return n;
        }
        n++;
        text = str_from(text, at + what.len);
    }
}

static void assert_text(struct str got, struct str wanted)
{
    if (!str_eq(got, wanted)) {
        fail_msg("got %.*s, wanted %.*s", STR_ARG(got), STR_ARG(wanted));
    }
}

static void assert_has(const struct buf *page, struct str what)
{
    if (!str_contains(buf_str(page), what)) {
        fail_msg("the page does not hold %.*s", STR_ARG(what));
    }
}

static void data_cannot_leave_its_element(void **state)
{
    (void)state;
    static const struct {
        struct str data;
        struct str written;
    } rows[] = {
        {{"{}", 2}, {"{}", 2}},
        {{"", 0}, {"", 0}},
#define ROW(a, b)                                                              \
    {                                                                          \
        {a, sizeof(a) - 1},                                                    \
        {                                                                      \
            b, sizeof(b) - 1                                                   \
        }                                                                      \
    }
        ROW("{\"a\":\"</script><img src=x>\"}",
            "{\"a\":\"\\u003c/script>\\u003cimg src=x>\"}"),
        ROW("\"<!--<script>\"", "\"\\u003c!--\\u003cscript>\""),
        ROW("\"<<\"", "\"\\u003c\\u003c\""),
        ROW("\"a" LINE_SEP "b" PARA_SEP "\"", "\"a\\u2028b\\u2029\""),
        ROW("\"\xE2\x80\"", "\"\xE2\x80\""),
        ROW("\"\xE2\x82\xAC\"", "\"\xE2\x82\xAC\""),
        ROW("\"{{script}} {{data}} {{none}}\"",
            "\"{{script}} {{data}} {{none}}\""),
        ROW("\"\\u003c \\\\\"", "\"\\u003c \\\\\""),
#undef ROW
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf page = page_of(rows[i].data);
        assert_text(part_of(&page, DATA_BEGIN, STR("</script>")),
                    rows[i].written);
        buf_free(&page);
    }
}

static void every_marker_is_filled(void **state)
{
    (void)state;
    struct buf pages[] = {page_of(STR("{}")), live_page_of(STR("/x"))};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(count_of(buf_str(&pages[i]), STR("{{")), 0);
        assert_has(&pages[i], STR("<style>:root"));
        assert_has(&pages[i], STR("<script>// SPDX"));
        assert_has(&pages[i], STR("\nstart();\n</script>"));
        buf_free(&pages[i]);
    }
}

static void scripts_hold_nothing_that_would_end_them(void **state)
{
    (void)state;
    struct buf page = page_of(STR("{}"));
    struct str script = part_of(&page, STR("<script>"), STR("start();\n"));
    assert_int_equal(count_of(script, STR("</script")), 0);
    assert_int_equal(count_of(buf_str(&page), STR("<!--")), 0);
    assert_int_equal(count_of(buf_str(&page), STR("</script")), 2);
    assert_int_equal(count_of(buf_str(&page), STR("</style")), 1);
    buf_free(&page);
}

static void the_page_names_no_other_place(void **state)
{
    (void)state;
    static const struct str foreign[] = {
        {"http://", 7}, {"https://", 8},  {"//cdn", 5},      {" src=", 5},
        {"url(", 4},    {"@import", 7},   {"<link", 5},      {"eval(", 5},
        {"import(", 7}, {"innerHTML", 9}, {"<img", 4},       {"<iframe", 7},
        {" style=", 7}, {"Function(", 9}, {"document.w", 10}};
    struct buf page = page_of(STR("{}"));
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        if (str_contains(buf_str(&page), foreign[i])) {
            fail_msg("the page holds %.*s", STR_ARG(foreign[i]));
        }
    }
    buf_free(&page);
}

/* One of the policy's rules, without its name. */
static struct str policy_of(const struct buf *page, struct str name)
{
    struct str rest =
        part_of(page, STR("Content-Security-Policy\" content=\""), STR("\">"));
    while (rest.ptr != NULL) {
        struct str rule = str_trim(str_cut(&rest, ';'));
        struct str word = str_cut(&rule, ' ');
        if (str_eq(word, name)) {
            return rule;
        }
    }
    return STR_NONE;
}

static void the_policy_lets_in_two_hashes_and_nothing_else(void **state)
{
    (void)state;
    struct buf page = page_of(STR("{}"));
    static const struct str hashed[] = {{"script-src", 10}, {"style-src", 9}};
    for (size_t i = 0; i < 2; i++) {
        struct str rule = policy_of(&page, hashed[i]);
        assert_int_equal(rule.len, sizeof("'sha256-'") - 1 + 44);
        assert_true(str_starts(rule, STR("'sha256-")));
        assert_true(str_ends(rule, STR("='")));
    }
    assert_text(policy_of(&page, STR("default-src")), STR("'none'"));
    assert_text(policy_of(&page, STR("connect-src")), STR("'none'"));
    assert_text(policy_of(&page, STR("base-uri")), STR("'none'"));
    assert_text(policy_of(&page, STR("form-action")), STR("'none'"));
    assert_false(str_contains(buf_str(&page), STR("unsafe")));
    buf_free(&page);
}

static void a_live_page_may_ask_its_own_origin(void **state)
{
    (void)state;
    struct buf page = live_page_of(STR("/report?token=\"a\"&b=<c>"));
    assert_text(policy_of(&page, STR("connect-src")), STR("'self'"));
    assert_text(part_of(&page, STR("<body data-events=\""), STR("\"")),
                STR("/report?token=&quot;a&quot;&amp;b=&lt;c>"));
    assert_text(part_of(&page, DATA_BEGIN, STR("</script>")), STR(""));
    buf_free(&page);
}

static void a_page_with_data_has_no_path(void **state)
{
    (void)state;
    struct buf page = page_of(STR("{}"));
    assert_text(part_of(&page, STR("<body data-events=\""), STR("\"")),
                STR(""));
    buf_free(&page);
}

static void what_was_there_before_stays(void **state)
{
    (void)state;
    struct buf out = {0};
    buf_add(&out, STR("before"));
    page_write(STR("{}"), &out);
    assert_true(str_starts(buf_str(&out), STR("before<!doctype html>")));
    assert_true(str_ends(buf_str(&out), STR("</html>\n")));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_cannot_leave_its_element),
        cmocka_unit_test(every_marker_is_filled),
        cmocka_unit_test(scripts_hold_nothing_that_would_end_them),
        cmocka_unit_test(the_page_names_no_other_place),
        cmocka_unit_test(the_policy_lets_in_two_hashes_and_nothing_else),
        cmocka_unit_test(a_live_page_may_ask_its_own_origin),
        cmocka_unit_test(a_page_with_data_has_no_path),
        cmocka_unit_test(what_was_there_before_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
