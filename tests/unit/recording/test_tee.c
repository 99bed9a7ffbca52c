/* SPDX-License-Identifier: Apache-2.0 */
/* A source passes through a tee unchanged, and leaves a copy. Start at main().
 */
#include "scene.h"

static void count_up(void *ctx)
{
    (*(int *)ctx)++;
}

static void expect_copy(size_t size, size_t limit, size_t step)
{
    struct http_pipe pipe;
    struct tee tee;
    char bytes[64];
    int ends = 0;
    size_t got = 0;
    size_t total = 0;
    http_pipe_init(&pipe, 100000);
    for (size_t i = 0; i < size; i++) {
        char c = (char)('a' + i % 26);
        (void)http_pipe_put(&pipe, str_make(&c, 1));
    }
    http_pipe_end(&pipe);
    struct http_source *source =
        recording_tee_init(&tee, &pipe.source, limit, count_up, &ends);
    while (http_source_read(source, bytes, step, &got) == HTTP_READ_SOME) {
        for (size_t i = 0; i < got; i++) {
            assert_int_equal(bytes[i], 'a' + (total + i) % 26);
        }
        total += got;
    }
    assert_int_equal(total, size);
    assert_int_equal(tee.seen, size);
    assert_true(tee.ended);
    assert_int_equal(ends, 1);
    assert_int_equal(tee.copy.len, size <= limit ? size : 0);
    for (size_t i = 0; i < tee.copy.len; i++) {
        assert_int_equal(tee.copy.bytes[i], 'a' + i % 26);
    }
    recording_tee_done(&tee);
    http_pipe_free(&pipe);
}

static void what_passes_is_copied_up_to_the_limit(void **state)
{
    (void)state;
    for (size_t size = 0; size < 70; size += 7) {
        for (size_t step = 1; step < 40; step += 13) {
            expect_copy(size, 35, step);
        }
    }
}

static void a_fault_is_passed_on(void **state)
{
    static const struct http_fault fault = {400, "Code", "message"};
    struct http_pipe pipe;
    struct tee tee;
    char bytes[8];
    size_t got = 0;
    (void)state;
    http_pipe_init(&pipe, 10);
    http_pipe_break(&pipe, &fault);
    struct http_source *source =
        recording_tee_init(&tee, &pipe.source, 10, NULL, NULL);
    assert_int_equal(http_source_read(source, bytes, 8, &got),
                     HTTP_READ_BROKEN);
    assert_ptr_equal(source->fault, &fault);
    assert_true(tee.broken);
    recording_tee_done(&tee);
    http_pipe_free(&pipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(what_passes_is_copied_up_to_the_limit),
        SCENE_TEST(a_fault_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
