/* SPDX-License-Identifier: Apache-2.0 */
/* Finding elements and escaping text. Here because faults are read this way.
 * Start at elements_are_found_by_name(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "xml/xml.h"

static void elements_are_found_by_name(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct source source = {STR("t"),
                            STR("<R><E><Code>A</Code></E><E><Code>B</Code>"
                                "<Id>7</Id></E><Empty/></R>")};
    const struct xml *root = NULL;
    struct diag diag;
    diag_init(&diag, arena);
    assert_true(xml_read(arena, &source, &root, &diag));
    assert_true(xml_find(root, "R") == root);
    assert_true(str_eq(xml_find(root, "Code")->text, STR("A")));
    assert_true(str_eq(xml_find(root, "Id")->text, STR("7")));
    assert_true(str_eq(xml_child_text(xml_child(root, "E"), "Code"), STR("A")));
    assert_int_equal(xml_child_text(root, "Empty").len, 0);
    assert_non_null(xml_child_text(root, "Empty").ptr);
    assert_null(xml_child(root, "Code"));
    assert_null(xml_child_text(root, "Nope").ptr);
    assert_null(xml_find(root, "Nope"));
    assert_null(xml_child(NULL, "E"));
    assert_null(xml_find(NULL, "E"));
    arena_free(arena);
}

static void text_is_escaped(void **state)
{
    (void)state;
    struct buf out = {0};
    xml_write_text(STR("a&b<c>d\"e'f\xC3\xA9"), &out);
    assert_true(
        str_eq(buf_str(&out), STR("a&amp;b&lt;c&gt;d&quot;e&apos;f\xC3\xA9")));
    buf_free(&out);
}

/* What is written can be read, whatever the text was. */
static void text_that_xml_cannot_hold_is_replaced(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        const char *written;
    } rows[] = {
        {{"a\rb\tc\nd", 7}, "a&#13;b\tc\nd"},
        {{"\0\x01\x1B[0m", 6}, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD[0m"},
        {{"\xFFz", 2}, "\xEF\xBF\xBDz"},
        {{"\xE2\x82", 2}, "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {{"\xEF\xBF\xBE\xEF\xBF\xBC", 6}, "\xEF\xBF\xBD\xEF\xBF\xBC"},
        {{"\xF0\x9F\x98\x80", 4}, "\xF0\x9F\x98\x80"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out = {0};
        xml_write_text(rows[i].text, &out);
        if (!str_eq(buf_str(&out), str_of(rows[i].written))) {
            fail_msg("row %zu: got %.*s", i, STR_ARG(buf_str(&out)));
        }
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_found_by_name),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(text_that_xml_cannot_hold_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
