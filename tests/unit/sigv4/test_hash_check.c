/* SPDX-License-Identifier: Apache-2.0 */
#include "given.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const size_t sizes[] = {1, 2, 3, 7, 4096};
enum { SIZES = sizeof(sizes) / sizeof(*sizes) };

static void a_right_body_passes_whole_in_any_portions(void **state)
{
    (void)state;
    const struct str bodies[] = {STR(""), STR("x"), STR("xy"),
                                 STR("a longer body, of some bytes")};
    for (size_t b = 0; b < 4; b++) {
        struct str hash = sigv4_sha256_hex(arena, bodies[b]);
        for (size_t i = 0; i < SIZES * SIZES; i++) {
            struct given_source given =
                given_source(bodies[b], sizes[i / SIZES]);
            given.waits = i % 2 == 0;
            struct buf out = {0};
            struct http_source *check =
                sigv4_hash_check(arena, &given.source, hash);
            assert_int_equal(given_drain(check, sizes[i % SIZES], &out),
                             HTTP_READ_END);
            assert_str(buf_str(&out), bodies[b]);
            sigv4_hash_check_free(check);
            buf_free(&out);
        }
    }
}

static void a_wrong_body_is_never_whole(void **state)
{
    (void)state;
    const struct str body = STR("transfer 100 to me");
    struct str hash = sigv4_sha256_hex(arena, STR("transfer 100 to you"));
    for (size_t i = 0; i < SIZES * SIZES; i++) {
        struct given_source given = given_source(body, sizes[i / SIZES]);
        struct buf out = {0};
        struct http_source *check =
            sigv4_hash_check(arena, &given.source, hash);
        assert_int_equal(given_drain(check, sizes[i % SIZES], &out),
                         HTTP_READ_BROKEN);
        assert_string_equal(check->fault->code, "XAmzContentSHA256Mismatch");
        assert_int_equal(check->fault->status, 400);
        assert_true(out.len < body.len);
        sigv4_hash_check_free(check);
        buf_free(&out);
    }
}

static void an_empty_body_with_a_hash_of_bytes_breaks(void **state)
{
    (void)state;
    struct given_source given = given_source(STR(""), 1);
    struct buf out = {0};
    struct http_source *check = sigv4_hash_check(
        arena, &given.source, sigv4_sha256_hex(arena, STR("x")));
    assert_int_equal(given_drain(check, 10, &out), HTTP_READ_BROKEN);
    assert_int_equal(out.len, 0);
    sigv4_hash_check_free(check);
}

static void a_break_below_passes_with_its_fault(void **state)
{
    (void)state;
    static const struct http_fault fault = {400, "Below", "Something."};
    struct given_source given = given_source(STR("abc"), 3);
    struct buf out = {0};
    given.last = HTTP_READ_BROKEN;
    given.source.fault = &fault;
    struct http_source *check = sigv4_hash_check(
        arena, &given.source, sigv4_sha256_hex(arena, STR("abc")));
    assert_int_equal(given_drain(check, 10, &out), HTTP_READ_BROKEN);
    assert_ptr_equal(check->fault, &fault);
    assert_str(buf_str(&out), STR("ab"));
    sigv4_hash_check_free(check);
    buf_free(&out);
}

static void the_watcher_is_passed_down(void **state)
{
    (void)state;
    struct timer timer;
    struct given_source given = given_source(STR(""), 1);
    struct http_source *check =
        sigv4_hash_check(arena, &given.source, GIVEN_EMPTY);
    http_source_watch(check, NULL, &timer);
    assert_ptr_equal(given.watcher, &timer);
    sigv4_hash_check_free(check);
    sigv4_hash_check_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_body_passes_whole_in_any_portions),
        cmocka_unit_test(a_wrong_body_is_never_whole),
        cmocka_unit_test(an_empty_body_with_a_hash_of_bytes_breaks),
        cmocka_unit_test(a_break_below_passes_with_its_fault),
        cmocka_unit_test(the_watcher_is_passed_down),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
