/* SPDX-License-Identifier: Apache-2.0 */
/* What was learned, written and read again. */
#include "schedule/schedule.h"
#include "support/texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct schedule_key put = {
    {"ssm", 3}, {"PutParameter", 12}, {"value", 5}};
static const struct schedule_key tags = {
    {"ssm", 3}, {"PutParameter", 12}, {"tags", 4}};

static void see(struct schedule *schedule, const struct schedule_key *key,
                int64_t no_ms, int64_t yes_ms)
{
    const struct schedule_walk walk = {1, 1, no_ms, yes_ms};
    schedule_learn(schedule, key, &walk);
}

static struct schedule *fresh(void)
{
    return schedule_new(&(struct schedule_config){0});
}

/* True when all of it was taken. */
static bool read_text(struct schedule *schedule, struct str text)
{
    struct arena *arena = arena_new();
    const struct source source = {STR("schedule.json"), text};
    struct diag diag;
    diag_init(&diag, arena);
    bool good = schedule_read(schedule, &source, &diag);
    assert_int_equal(good, diag.count == 0);
    arena_free(arena);
    return good;
}

static void a_text_is_read_as_it_was_written(void **state)
{
    struct schedule *one = fresh();
    struct schedule *two = fresh();
    struct buf text = {0};
    struct buf again = {0};
    (void)state;
    for (int i = 0; i < 300; i++) {
        see(one, &put, i, i + 100);
    }
    see(one, &tags, 5000, SCHEDULE_NEVER);
    schedule_write(one, &text);
    assert_true(read_text(two, buf_str(&text)));
    schedule_write(two, &again);
    assert_int_equal(text.len, again.len);
    assert_memory_equal(text.bytes, again.bytes, text.len);
    assert_int_equal(schedule_summary(two, &put).seen, 300);
    assert_int_equal(schedule_summary(two, &put).p50_ms,
                     schedule_summary(one, &put).p50_ms);
    assert_false(schedule_has_news(two));
    buf_free(&text);
    buf_free(&again);
    schedule_free(one);
    schedule_free(two);
}

/* As two processes do that share a folder. */
static void save(struct schedule *schedule, struct buf *file)
{
    if (file->len > 0) {
        assert_true(read_text(schedule, buf_str(file)));
    }
    buf_clear(file);
    schedule_write(schedule, file);
    schedule_saved(schedule);
}

static void two_that_save_in_turn_lose_nothing(void **state)
{
    struct schedule *one = fresh();
    struct schedule *two = fresh();
    struct buf file = {0};
    (void)state;
    for (int round = 0; round < 5; round++) {
        see(one, &put, 100, 200);
        see(two, &put, 300, 400);
        see(two, &tags, 1, 2);
        save(one, &file);
        save(two, &file);
    }
    save(one, &file);
    assert_int_equal(schedule_summary(one, &put).seen, 10);
    assert_int_equal(schedule_summary(one, &tags).seen, 5);
    assert_int_equal(schedule_summary(two, &put).seen, 10);
    assert_false(schedule_has_news(one));
    buf_free(&file);
    schedule_free(one);
    schedule_free(two);
}

static void what_could_not_be_saved_is_not_counted_twice(void **state)
{
    struct schedule *one = fresh();
    struct buf file = {0};
    struct buf lost = {0};
    (void)state;
    see(one, &put, 100, 200);
    save(one, &file);
    see(one, &put, 100, 200);
    assert_true(read_text(one, buf_str(&file)));
    schedule_write(one, &lost); /* and the disk was full */
    assert_true(schedule_has_news(one));
    save(one, &file);
    assert_int_equal(schedule_summary(one, &put).seen, 2);
    buf_free(&file);
    buf_free(&lost);
    schedule_free(one);
}

static void more_than_there_is_room_for_is_left_out(void **state)
{
    struct schedule *many = fresh();
    struct schedule *small =
        schedule_new(&(struct schedule_config){.limit = 2});
    struct schedule_key own = {STR("s3"), STR("PutBucketTagging"), STR("tags")};
    struct buf text = {0};
    (void)state;
    see(many, &tags, 1, 2);
    see(many, &put, 1, 2); /* the one used last */
    schedule_write(many, &text);
    see(small, &own, 1, 2);
    assert_true(read_text(small, buf_str(&text)));
    assert_int_equal(schedule_count(small), 2);
    assert_int_equal(schedule_summary(small, &own).seen, 1);
    assert_int_equal(schedule_summary(small, &put).seen, 1);
    buf_free(&text);
    schedule_free(many);
    schedule_free(small);
}

#define HEAD  "{\"format\":\"settled schedule\",\"version\":1,\"learned\":["
#define NAMES "{\"service\":\"s\",\"operation\":\"o\",\"confirmation\":\"c\","

static const struct {
    const char *text;
    const char *says; /* the first line of the diagnosis */
} faults[] = {
    {"", "schedule.json:1:1: "},
    {"{\"format\":", "schedule.json:1:"},
    {"[]", "schedule.json:1:1: error: is no schedule that settled has written"},
    {"{\"format\":\"other\"}",
     "schedule.json:1:1: error: is no schedule that settled has written"},
    {"{\"format\":\"settled schedule\",\n \"version\":2,\"learned\":[]}",
     "schedule.json:2:12: error: is of another version"},
    {"{\"format\":\"settled schedule\",\"version\":1}",
     "schedule.json:1:1: error: `learned` must be a list"},
    {HEAD "7]}", "error: what was learned must be an object"},
    {HEAD "{\"service\":\"s\"}]}", "error: `operation` must be a name"},
    {HEAD NAMES "\"seen\":1}]}", "error: `lags` must be a list"},
    {HEAD NAMES "\"lags\":[[1,2]]}]}", "error: `seen` must say"},
    {HEAD NAMES "\"seen\":1,\"lags\":[[1,2],[3,4]]}]}",
     "error: `seen` must say"},
    {HEAD NAMES "\"seen\":1.5,\"lags\":[[1,2]]}]}", "error: `seen` must say"},
    {HEAD NAMES "\"seen\":-1,\"lags\":[]}]}", "error: `seen` must say"},
    {HEAD NAMES "\"seen\":1,\"lags\":[7]}]}", "error: a lag must be"},
    {HEAD NAMES "\"seen\":1,\"lags\":[[1]]}]}", "error: a lag must be"},
    {HEAD NAMES "\"seen\":1,\"lags\":[[2,1]]}]}", "error: a lag must be"},
    {HEAD NAMES "\"seen\":1,\"lags\":[[-1,1]]}]}", "error: a lag must be"},
    {HEAD NAMES "\"seen\":1,\"lags\":[[1,1e99]]}]}", "error: a lag must be"},
    {HEAD NAMES "\"seen\":1,\"lags\":[[1,\"2\"]]}]}", "error: a lag must be"},
    {HEAD NAMES "\"seen\":1,\"lags\":[[null,2]]}]}", "error: a lag must be"},
};

static void a_damaged_text_is_told_and_nothing_of_it_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct arena *arena = arena_new();
        struct schedule *schedule = fresh();
        const struct source source = {STR("schedule.json"),
                                      str_of(faults[i].text)};
        struct diag diag;
        struct buf said = {0};
        diag_init(&diag, arena);
        assert_false(schedule_read(schedule, &source, &diag));
        diag_print(&diag, &said);
        assert_true(str_contains(buf_str(&said), STR("schedule.json:")));
        assert_true(str_contains(buf_str(&said), str_of(faults[i].says)));
        assert_int_equal(schedule_count(schedule), 0);
        buf_free(&said);
        schedule_free(schedule);
        arena_free(arena);
    }
}

static void a_good_part_of_a_damaged_text_is_not_taken_either(void **state)
{
    struct schedule *schedule = fresh();
    (void)state;
    assert_false(
        read_text(schedule, STR(HEAD NAMES "\"seen\":1,\"lags\":[[1,2]]}," NAMES
                                           "\"seen\":1,\"lags\":[[2,1]]}]}")));
    assert_int_equal(schedule_count(schedule), 0);
    schedule_free(schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_read_as_it_was_written),
        cmocka_unit_test(two_that_save_in_turn_lose_nothing),
        cmocka_unit_test(what_could_not_be_saved_is_not_counted_twice),
        cmocka_unit_test(more_than_there_is_room_for_is_left_out),
        cmocka_unit_test(a_damaged_text_is_told_and_nothing_of_it_taken),
        cmocka_unit_test(a_good_part_of_a_damaged_text_is_not_taken_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
