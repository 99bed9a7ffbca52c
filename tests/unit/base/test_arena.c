/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas: zeroed, aligned, reset to a mark. Here because a wrong arena is a
 * wrong everything. Start at what_is_given_is_zeroed_and_aligned(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static bool is_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void what_is_given_is_zeroed_and_aligned(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,    1,    3,     16, 17,    100, 2047,
                                   2048, 2049, 70000, 1,  65536, 5};
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        unsigned char *block = arena_alloc(arena, sizes[i]);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
        assert_true(is_zero(block, sizes[i]));
        memset(block, 0xAA, sizes[i]);
    }
    arena_free(arena);
}

static void blocks_do_not_overlap_or_move(void **state)
{
    (void)state;
    enum { MANY = 2000 };
    size_t *all[MANY];
    struct arena *arena = arena_new();
    for (size_t i = 0; i < MANY; i++) {
        all[i] = ARENA_NEW(arena, size_t);
        *all[i] = i;
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(*all[i], i);
    }
    arena_free(arena);
}

static void texts_are_copied_and_ended(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    char text[] = "Abc";
    struct str copy = arena_str(arena, str_of(text));
    text[0] = 'x';
    assert_string_equal(copy.ptr, "Abc");
    assert_string_equal(arena_str(arena, STR_NONE).ptr, "");
    assert_string_equal(arena_printf(arena, "%s-%d", "a", 7).ptr, "a-7");
    assert_int_equal(arena_printf(arena, "%3000d", 1).len, 3000);
    assert_string_equal(arena_join(arena, copy, STR("d")).ptr, "Abcd");
    assert_string_equal(arena_join(arena, STR_NONE, STR_NONE).ptr, "");
    assert_string_equal(arena_lower(arena, STR("aZ@[\xC3")).ptr, "az@[\xC3");
    arena_free(arena);
}

static void a_reset_gives_back_and_wipes(void **state)
{
    (void)state;
    static const size_t sizes[] = {10, 3000, 100000};
    struct arena *arena = arena_new();
    char *kept = arena_alloc(arena, 8);
    memcpy(kept, "kept", 5);
    struct arena_mark mark = arena_mark(arena);
    size_t size = arena_size(arena);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            unsigned char *block = arena_alloc(arena, sizes[i]);
            assert_true(is_zero(block, sizes[i]));
            memset(block, 0xAA, sizes[i]);
        }
        arena_reset(arena, mark);
        assert_int_equal(arena_size(arena), size);
        assert_string_equal(kept, "kept");
    }
    arena_free(arena);
}

static void a_mark_of_an_empty_arena_empties_it(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct arena_mark mark = arena_mark(arena);
    size_t empty = arena_size(arena);
    (void)arena_alloc(arena, 3000);
    assert_true(arena_size(arena) >= empty + 3000);
    arena_reset(arena, mark);
    assert_int_equal(arena_size(arena), empty);
    assert_non_null(arena_alloc(arena, 1));
    arena_free(arena);
}

static void nothing_may_be_freed(void **state)
{
    (void)state;
    arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_is_zeroed_and_aligned),
        cmocka_unit_test(blocks_do_not_overlap_or_move),
        cmocka_unit_test(texts_are_copied_and_ended),
        cmocka_unit_test(a_reset_gives_back_and_wipes),
        cmocka_unit_test(a_mark_of_an_empty_arena_empties_it),
        cmocka_unit_test(nothing_may_be_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
