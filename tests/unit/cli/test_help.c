/* SPDX-License-Identifier: Apache-2.0 */
/* The help page, letter by letter. Here because people read it. Start at
 * the_page_is_grouped_aligned_and_wrapped(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/options.h"

static const struct option rows[] = {
    {"listen", OPTION_TEXT, 0, "HOST:PORT", NULL, "127.0.0.1:0",
     "where to accept connections; port 0 picks a free one, which is printed "
     "when the proxy is ready",
     "Listening"},
    {"interim", OPTION_FLAG, 0, NULL, NULL, "true", "send 100 Continue", NULL},
    {"on-failed", OPTION_CHOICE, 0, NULL, "fail|pass", "fail",
     "what a client gets\nwhen it failed", "Outcomes"},
    {"a-name-that-is-much-too-long", OPTION_TEXTS, 0, "DIR", NULL, NULL,
     "rules besides the built-in ones", NULL},
};

static void the_page_is_grouped_aligned_and_wrapped(void **state)
{
    (void)state;
    const struct options options = {rows, 4, NULL};
    struct buf out = {0};
    options_help(&options, &out);
    buf_add_char(&out, '\0');
    assert_string_equal(
        out.bytes,
        "Listening:\n"
        "  --listen HOST:PORT     where to accept connections; port 0 picks a "
        "free one,\n"
        "                         which is printed when the proxy is ready\n"
        "                         (default: 127.0.0.1:0)\n"
        "  --[no-]interim         send 100 Continue\n"
        "\n"
        "Outcomes:\n"
        "  --on-failed fail|pass  what a client gets\n"
        "                         when it failed (default: fail)\n"
        "  --a-name-that-is-much-too-long DIR\n"
        "                         rules besides the built-in ones "
        "(repeatable)\n"
        "\n"
        "  -h, --help             show this page\n");
    buf_free(&out);
}

static void no_line_is_wider_than_80(void **state)
{
    (void)state;
    const struct options options = {rows, 4, NULL};
    struct buf out = {0};
    options_help(&options, &out);
    struct str rest = buf_str(&out);
    while (rest.ptr != NULL) {
        struct str line = str_cut(&rest, '\n');
        assert_true(line.len <= 80);
        assert_false(str_ends(line, STR(" ")));
    }
    buf_free(&out);
}

static void a_command_without_options_still_has_help(void **state)
{
    (void)state;
    const struct options options = {rows, 0, NULL};
    struct buf out = {0};
    options_help(&options, &out);
    assert_true(str_eq(buf_str(&out), STR("  -h, --help  show this page\n")));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_grouped_aligned_and_wrapped),
        cmocka_unit_test(no_line_is_wider_than_80),
        cmocka_unit_test(a_command_without_options_still_has_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
