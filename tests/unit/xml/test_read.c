/* SPDX-License-Identifier: Apache-2.0 */
/* What the XML reader makes of a document, and what it refuses. Here because
 * answers come from outside. Start at the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "xml/xml.h"

struct
try {
    struct arena *arena;
    struct source source;
    struct diag diag;
    const struct xml *root;
    bool good;
};

static struct try read_text(struct str text)
{
    struct try t = {.arena = arena_new()};
    t.source = (struct source){STR("t.xml"), text};
    diag_init(&t.diag, t.arena);
    t.good = xml_read(t.arena, &t.source, &t.root, &t.diag);
    return t;
}

static void assert_refused(const struct try *t)
{
    assert_false(t->good);
    assert_int_equal(t->diag.count, 1);
    assert_true(t->diag.first->span.start <= t->diag.first->span.end);
    assert_true(t->diag.first->span.end <= t->source.text.len);
}

/* "name(text)[children]" */
static void outline(const struct xml *node, struct buf *out)
{
    buf_printf(out, "%.*s(%.*s)", STR_ARG(node->name), STR_ARG(node->text));
    if (node->first_child == NULL) {
        return;
    }
    buf_add_char(out, '[');
    for (const struct xml *c = node->first_child; c != NULL; c = c->next) {
        outline(c, out);
    }
    buf_add_char(out, ']');
}

static void a_document_becomes_names_and_texts(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"<a/>", "a()"},
        {"<a>x</a>", "a(x)"},
        {"<a><b>1</b><b>2</b><c/></a>", "a()[b(1)b(2)c()]"},
        {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>x</a>\n", "a(x)"},
        {"<n:a xmlns:n=\"http://x/\"><n:b k=\"v\">1</n:b></n:a>", "a()[b(1)]"},
        {"<a xmlns=\"http://x/\"><b/></a>", "a()[b()]"},
        {"<a>&amp;&lt;&gt;&quot;&apos;&#65;&#x20AC;</a>",
         "a(&<>\"'A\xE2\x82\xAC)"},
        {"<a>x<b>y</b>z</a>", "a(xz)[b(y)]"},
        {"<a>x<![CDATA[<y>&]]>z<!-- c -->!<?p i?></a>", "a(x<y>&z!)"},
        {"<a> x </a>", "a( x )"},
        {"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9</a>",
         "a(\xC3\xA9)"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct try t = read_text(str_of(rows[i][0]));
        struct buf out = {0};
        assert_true(t.good);
        assert_int_equal(t.diag.count, 0);
        outline(t.root, &out);
        buf_add_char(&out, '\0');
        assert_string_equal(out.bytes, rows[i][1]);
        buf_free(&out);
        arena_free(t.arena);
    }
}

static void a_refusal_points_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t start;
        const char *message;
    } rows[] = {
        {"", 0, "no element found"},
        {"plain", 0, "syntax error"},
        {"<a>", 3, "no element found"},
        {"<a></b>", 5, "mismatched tag"},
        {"<a/><b/>", 4, "junk after document element"},
        {"<a>&nbsp;</a>", 3, "undefined entity"},
        {"<a>\xFF</a>", 3, "not well-formed (invalid token)"},
        {"<!DOCTYPE a><a/>", 0, "a document type declaration is not allowed"},
        {"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", 0,
         "a document type declaration is not allowed"},
        {"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", 0,
         "a document type declaration is not allowed"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct try t = read_text(str_of(rows[i].text));
        assert_refused(&t);
        assert_string_equal(t.diag.first->message.ptr, rows[i].message);
        assert_int_equal(t.diag.first->span.start, rows[i].start);
        arena_free(t.arena);
    }
}

static struct str nested(struct buf *out, int depth)
{
    for (int i = 0; i < depth; i++) {
        buf_add(out, STR("<a>"));
    }
    for (int i = 0; i < depth; i++) {
        buf_add(out, STR("</a>"));
    }
    return buf_str(out);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    static const int depths[] = {64, 65, 100000};
    for (size_t i = 0; i < 3; i++) {
        struct buf text = {0};
        struct try t = read_text(nested(&text, depths[i]));
        if (depths[i] <= 64) {
            assert_true(t.good);
            assert_null(xml_find(t.root, "b"));
        } else {
            assert_refused(&t);
            assert_string_equal(t.diag.first->message.ptr,
                                "elements are nested deeper than 64 levels");
            assert_int_equal(t.diag.first->span.start, 3 * 64);
        }
        arena_free(t.arena);
        buf_free(&text);
    }
}

static void elements_are_bounded(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_add(&text, STR("<a>"));
    for (int i = 0; i < 100000; i++) {
        buf_add(&text, STR("<b/>"));
    }
    buf_add(&text, STR("</a>"));
    struct try t = read_text(buf_str(&text));
    assert_refused(&t);
    assert_string_equal(t.diag.first->message.ptr,
                        "there are more than 100000 elements");
    arena_free(t.arena);
    buf_free(&text);
}

static void a_long_text_arrives_whole(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_add(&text, STR("<a>"));
    for (int i = 0; i < 100000; i++) {
        buf_add(&text, STR("line\n"));
    }
    buf_add(&text, STR("</a>"));
    struct try t = read_text(buf_str(&text));
    assert_true(t.good);
    assert_int_equal(t.root->text.len, 500000);
    arena_free(t.arena);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_becomes_names_and_texts),
        cmocka_unit_test(a_refusal_points_at_its_place),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(elements_are_bounded),
        cmocka_unit_test(a_long_text_arrives_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
