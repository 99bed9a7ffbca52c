/* SPDX-License-Identifier: Apache-2.0 */
/* Files in and out: what is written over, what is left behind, and that nothing
 * that was mutilated does harm. Start at no_mutilation_does_harm(). */
#include "support/texts.h"

#include "base/rng.h"
#include "convert/private.h"
#include "given.h"

static void nothing_is_written_over(void **state)
{
    (void)state;
    static const char *const outs[] = {"out.jsonl", "out.har"};
    struct given g = given_new();
    for (size_t i = 0; i < 2; i++) {
        given_file(&g, outs[i], STR("mine\n"));
        assert_false(given_convert(&g, SAMPLES "ssm.yaml", outs[i]));
        assert_int_equal(g.errors.count, 1);
        assert_string_equal(given_text(&g, outs[i]).ptr, "mine\n");
    }
    given_free(&g);
}

static void nobody_else_may_read_what_is_written(void **state)
{
    (void)state;
    static const char *const outs[] = {"out.jsonl", "out.har"};
    struct given g = given_new();
    for (size_t i = 0; i < 2; i++) {
        struct stat st;
        given_converts(&g, SAMPLES "ssm.yaml", outs[i]);
        assert_int_equal(stat(given_path(&g, outs[i]).ptr, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    given_free(&g);
}

static void what_cannot_be_read_or_written_is_said(void **state)
{
    (void)state;
    struct given g = given_new();
    assert_false(given_convert(&g, "absent.yaml", "out.jsonl"));
    assert_non_null(strstr(given_said(&g, &g.errors), "absent.yaml"));
    assert_false(given_convert(&g, SAMPLES "ssm.yaml", "no/out.jsonl"));
    assert_non_null(strstr(given_said(&g, &g.errors), "no/out.jsonl"));
    g.options.key_text = STR("short");
    assert_false(given_convert(&g, SAMPLES "ssm.yaml", "out.jsonl"));
    assert_non_null(strstr(given_said(&g, &g.errors), RECORDING_KEY_VARIABLE));
    assert_false(given_is_there(&g, "out.jsonl"));
    given_free(&g);
}

static void the_same_file_gives_the_same_recording(void **state)
{
    (void)state;
    struct given g = given_new();
    given_converts(&g, SAMPLES "ssm.yaml", "a.jsonl");
    given_converts(&g, SAMPLES "ssm.yaml", "b.jsonl");
    assert_string_equal(given_text(&g, "a.jsonl").ptr,
                        given_text(&g, "b.jsonl").ptr);
    given_free(&g);
}

static void a_damaged_recording_is_not_taken(void **state)
{
    (void)state;
    struct given g = given_new();
    given_converts(&g, SAMPLES "ssm.yaml", "a.jsonl");
    struct str text = given_text(&g, "a.jsonl");
    size_t at = str_find_str(text, STR("/app/color"));
    struct str changed = arena_printf(g.arena, "%.*s/app/shade%.*s",
                                      STR_ARG(str_first(text, at)),
                                      STR_ARG(str_from(text, at + 10)));
    given_file(&g, "b.jsonl", changed);
    assert_false(given_convert(&g, "b.jsonl", "c.jsonl"));
    assert_false(given_is_there(&g, "c.jsonl"));
    g.options.edited = true;
    given_converts(&g, "b.jsonl", "c.jsonl");
    assert_true(str_contains(given_text(&g, "c.jsonl"), STR("/app/shade")));
    g.options.edited = false;
    given_converts(&g, "c.jsonl", "d.jsonl");
    given_free(&g);
}

/* ---- mutilations ---- */

enum { MUTATIONS_EACH = 60 };

static void remove_bytes(struct buf *text, size_t start, size_t end)
{
    memmove(text->bytes + start, text->bytes + end, text->len - end);
    text->len -= end - start;
}

static size_t line_end(const struct buf *text, size_t at)
{
    size_t len = str_find(str_from(buf_str(text), at), '\n');
    return len == STR_NOT_FOUND ? text->len : at + len + 1;
}

/* Cut off, one byte changed, a line or some bytes taken out, two swapped. */
static void mutilate(struct buf *text, struct rng *rng)
{
    static const char odd[] = {'\0', '\n', '"', '\'', ':', '{', '[', '\xFF',
                               '-',  '9',  ' ', '!',  '&', '*', '=', '|'};
    size_t at = rng_next(rng) % text->len;
    size_t other = rng_next(rng) % text->len;
    char kept = text->bytes[at];
    switch (rng_next(rng) % 6) {
    case 0:
        text->len = at;
        break;
    case 1:
        remove_bytes(text, at, line_end(text, at));
        break;
    case 2:
        remove_bytes(text, at, at + (text->len - at < 7 ? 1 : 7));
        break;
    case 3:
        text->bytes[at] = text->bytes[other];
        text->bytes[other] = kept;
        break;
    default:
        text->bytes[at] = odd[rng_next(rng) % sizeof(odd)];
    }
}

static void try_one(struct given *g, struct str text, const char *out)
{
    given_file(g, "in", text);
    bool good = given_convert(g, "in", out);
    assert_int_equal(good, g->errors.count == 0);
    assert_int_equal(given_is_there(g, out), good);
    assert_true(g->errors.count <= 101);
    (void)given_said(g, &g->errors);
    (void)given_said(g, &g->warnings);
    if (good && str_ends(str_of(out), STR(".jsonl"))) {
        (void)given_outline(g, out);
    }
    file_remove(given_path(g, out));
}

static void mutilate_sample(struct given *g, const char *path, uint64_t seed)
{
    struct rng rng = {seed};
    struct str whole = given_text(g, path);
    for (int i = 0; i < MUTATIONS_EACH; i++) {
        struct arena_mark mark = arena_mark(g->arena);
        struct buf text = {0};
        buf_add(&text, whole);
        mutilate(&text, &rng);
        if (text.len > 0 && i % 3 == 0) {
            mutilate(&text, &rng);
        }
        try_one(g, buf_str(&text), i % 2 == 0 ? "out.jsonl" : "out.har");
        buf_free(&text);
        arena_reset(g->arena, mark);
    }
}

static void no_mutilation_does_harm(void **state)
{
    (void)state;
    static const char *const samples[] = {
        "ssm.yaml",     "queue-and-table.json", "gzip.yaml",
        "secrets.yaml", "before-1.0.yaml",      "browser.har",
    };
    struct given g = given_new();
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct str path = arena_printf(g.arena, SAMPLES "%s", samples[i]);
        mutilate_sample(&g, path.ptr, i);
    }
    given_converts(&g, SAMPLES "ssm.yaml", "ours.jsonl");
    given_converts(&g, SAMPLES "ssm.yaml", "ours.har");
    mutilate_sample(&g, "ours.jsonl", 100);
    mutilate_sample(&g, "ours.har", 101);
    g.options.edited = true;
    mutilate_sample(&g, "ours.jsonl", 102);
    given_free(&g);
}

static void laughs_end_quickly(void **state)
{
    (void)state;
    struct given g = given_new();
    struct buf text = {0};
    buf_add(&text, STR("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"));
    for (int level = 1; level < 12; level++) {
        buf_printf(&text, "a%d: &a%d [", level, level);
        for (int i = 0; i < 10; i++) {
            buf_printf(&text, "%s*a%d", i > 0 ? "," : "", level - 1);
        }
        buf_add(&text, STR("]\n"));
    }
    buf_add(&text, STR("interactions: *a11\n"));
    given_file(&g, "in", buf_str(&text));
    assert_false(given_convert(&g, "in", "out.jsonl"));
    assert_non_null(strstr(given_said(&g, &g.errors), "behind aliases"));
    buf_free(&text);
    given_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_written_over),
        cmocka_unit_test(nobody_else_may_read_what_is_written),
        cmocka_unit_test(what_cannot_be_read_or_written_is_said),
        cmocka_unit_test(the_same_file_gives_the_same_recording),
        cmocka_unit_test(a_damaged_recording_is_not_taken),
        cmocka_unit_test(no_mutilation_does_harm),
        cmocka_unit_test(laughs_end_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
