/* SPDX-License-Identifier: Apache-2.0 */
/* The heap's count, by which new calls are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"

static void what_is_given_is_counted_until_it_is_taken_back(void **state)
{
    (void)state;
    size_t before = mem_in_use();
    void *block = mem_new(1000);
    assert_in_range(mem_in_use() - before, 1000, 1100);
    block = mem_resize(block, 50000);
    assert_in_range(mem_in_use() - before, 50000, 51000);
    block = mem_resize(block, 10);
    assert_in_range(mem_in_use() - before, 10, 1100);
    mem_free(block);
    assert_int_equal(mem_in_use(), before);
    mem_free(NULL);
    assert_int_equal(mem_in_use(), before);
    block = mem_resize(NULL, 100);
    assert_true(mem_in_use() >= before + 100);
    mem_free(block);
    assert_int_equal(mem_in_use(), before);
}

static void arenas_and_buffers_are_counted_too(void **state)
{
    (void)state;
    size_t before = mem_in_use();
    struct arena *arena = arena_new();
    struct buf buf = {0};
    (void)arena_alloc(arena, 100000);
    buf_reserve(&buf, 100000);
    assert_true(mem_in_use() >= before + 200000);
    arena_free(arena);
    buf_free(&buf);
    assert_int_equal(mem_in_use(), before);
}

static void blocks_that_lie_ready_are_not_counted(void **state)
{
    enum { MANY = 3000 }; /* more than are kept */
    static void *blocks[MANY];
    (void)state;
    size_t before = mem_in_use();
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < MANY; i++) {
            blocks[i] = mem_block_new();
            memset(blocks[i], 0xff, MEM_BLOCK);
        }
        assert_int_equal(mem_in_use() - before, (size_t)MANY * MEM_BLOCK);
        for (size_t i = 0; i < MANY; i++) {
            mem_block_free(blocks[i]);
        }
        assert_int_equal(mem_in_use(), before);
        mem_give_back();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_is_counted_until_it_is_taken_back),
        cmocka_unit_test(arenas_and_buffers_are_counted_too),
        cmocka_unit_test(blocks_that_lie_ready_are_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
