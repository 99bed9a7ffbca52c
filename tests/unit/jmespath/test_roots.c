/* SPDX-License-Identifier: Apache-2.0 */
/* Which names of the document an expression reads. Start at the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "helpers.h"

static const struct {
    const char *expression;
    const char *roots; /* name@offset, in the order of the text */
} cases[] = {
    {"request", "request@0"},
    {"request.Name", "request@0"},
    {"\"request\".Name", "request@0"},
    {"read.a == response.b", "read@0 response@10"},
    {"$.read.a", "read@2"},
    {"@.read.a", "read@2"},
    {"@ | read", "read@4"},
    {"$ | @ | read", "read@8"},
    {"request | read", "request@0"},
    {"request.read", "request@0"},
    {"request[0].read", "request@0"},
    {"request[*].read", "request@0"},
    {"request[].read", "request@0"},
    {"request[1:].read", "request@0"},
    {"request.*.read", "request@0"},
    {"request[?read == before]", "request@0"},
    {"request[?Name == $.read.Name].x", "request@0 read@19"},
    {"request[*].{a: b, c: $.call.d}", "request@0 call@23"},
    {"{a: request, b: read.x}", "request@4 read@16"},
    {"[request, read]", "request@1 read@10"},
    {"request.{a: read}", "request@0"},
    {"contains(read.Tags, request.Tag)", "read@9 request@20"},
    {"sort_by(read.List, &request)", "read@8"},
    {"sort_by(read.List, &$.request)", "read@8 request@22"},
    {"!read && request || call", "read@1 request@9 call@20"},
    {"(request).a", "request@1"},
    {"let $r = request in $r.read", "request@9"},
    {"let $d = @ in $d.read", "read@17"},
    {"let $d = $ in request[*].[$d.read]", "request@14 read@29"},
    {"request[*].[let $x = a in $.read]", "request@0 read@28"},
    {"(a || @).read", "a@1 read@9"},
    {"`{\"a\": 1}`.a", ""},
    {"'read'", ""},
    {"@", ""},
};

static void note_root(void *ctx, struct str name, struct span span)
{
    struct buf *out = ctx;
    buf_printf(out, "%s%.*s@%zu", out->len > 0 ? " " : "", STR_ARG(name),
               span.start);
}

static void only_fields_of_the_document_are_roots(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct jmespath *compiled =
            compile_text(bench, cases[i].expression);
        assert_non_null(compiled);
        struct buf out = {0};
        jmespath_roots(compiled, note_root, &out);
        struct str found = arena_str(bench->arena, buf_str(&out));
        buf_free(&out);
        if (strcmp(found.ptr, cases[i].roots) != 0) {
            print_error("%s\n", cases[i].expression);
        }
        assert_string_equal(found.ptr, cases[i].roots);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_fields_of_the_document_are_roots,
                                        bench_open, bench_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
