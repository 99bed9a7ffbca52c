/* SPDX-License-Identifier: Apache-2.0 */
/* Windows on old states: order, bounds, and that none comes back. */
#include "lag/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct shelf {
    struct arena *arena;
    struct store *store;
    int64_t now_ms;
};

static const struct json *input_of(struct arena *arena, const char *name)
{
    struct json *input = json_new(arena, JSON_OBJECT);
    json_set(arena, input, STR("Name"), json_new_text(arena, name));
    return input;
}

static struct read read_of(struct arena *arena, const char *name)
{
    return (struct read){STR("ssm"), STR("eu-west-1"), STR("GetParameter"),
                         input_of(arena, name)};
}

static struct shelf open_shelf(const struct store_limits *limits)
{
    struct shelf s = {arena_new(), NULL, 1000};
    s.store = store_new(limits != NULL ? limits : &store_usual_limits);
    return s;
}

static void close_shelf(struct shelf *s)
{
    store_free(s->store);
    arena_free(s->arena);
}

/* A change of this read; `looked_at` 0: just before it. */
static uint64_t begin(struct shelf *s, const char *name, const char *old,
                      uint64_t looked_at, double flap)
{
    const struct http_response response = {.status = 200, .body = str_of(old)};
    uint64_t before = store_turn(s->store);
    const struct opening opening = {
        .read = read_of(s->arena, name),
        .old = &response,
        .write = store_begin(s->store),
        .looked_at = looked_at > 0 ? looked_at : before,
        .flap = flap,
        .seed = 5,
        .resource = str_of(name),
    };
    (void)store_open(s->store, &opening, s->now_ms);
    return opening.write;
}

static void end(struct shelf *s, uint64_t write, const char *name,
                int64_t lag_ms)
{
    const int64_t until[LAG_CLOCK_COUNT] = {
        s->now_ms + lag_ms, s->now_ms + lag_ms, s->now_ms + lag_ms};
    struct read read = read_of(s->arena, name);
    store_settle(s->store, write, until);
    (void)store_next_turn(s->store);
    store_touch(s->store, &read);
}

static const char *see(struct shelf *s, const char *name)
{
    struct read read = read_of(s->arena, name);
    struct sight sight = store_see(s->store, &read, s->now_ms);
    return sight.stale == NULL ? "now"
                               : arena_str(s->arena, sight.stale->old.body).ptr;
}

static void a_change_under_way_is_not_seen(void **state)
{
    struct shelf s = open_shelf(NULL);
    (void)state;
    uint64_t write = begin(&s, "/a", "old", 0, 0);
    s.now_ms += 1000000;
    assert_string_equal(see(&s, "/a"), "old");
    assert_string_equal(see(&s, "/b"), "now");
    end(&s, write, "/a", 10);
    assert_string_equal(see(&s, "/a"), "old");
    s.now_ms += 10;
    assert_string_equal(see(&s, "/a"), "now");
    close_shelf(&s);
}

static void a_refused_change_leaves_nothing(void **state)
{
    struct shelf s = open_shelf(NULL);
    (void)state;
    store_drop(s.store, begin(&s, "/a", "old", 0, 0), NULL);
    assert_string_equal(see(&s, "/a"), "now");
    assert_int_equal(store_open_count(s.store, s.now_ms), 0);
    assert_int_equal(store_bytes(s.store), 0);
    close_shelf(&s);
}

static void only_one_of_its_reads_may_be_dropped(void **state)
{
    struct shelf s = open_shelf(NULL);
    (void)state;
    uint64_t write = begin(&s, "/a", "old a", 0, 0);
    struct read other = read_of(s.arena, "/b");
    store_drop(s.store, write, &other);
    assert_string_equal(see(&s, "/a"), "old a");
    other = read_of(s.arena, "/a");
    store_drop(s.store, write, &other);
    assert_string_equal(see(&s, "/a"), "now");
    close_shelf(&s);
}

static void the_oldest_open_state_is_shown(void **state)
{
    /* lag of each of three changes, 10 ms apart; what is seen when. */
    static const struct {
        int64_t lags[3];
        const char *seen[6]; /* at 0, 20, 40 ... after the last */
    } rows[] = {
        {{100, 100, 100}, {"s0", "s0", "s0", "s0", "s1", "now"}},
        {{30, 100, 10}, {"s0", "s1", "s1", "s1", "s1", "now"}},
        {{100, 10, 10}, {"s0", "s0", "s0", "s0", "now", "now"}},
        {{10, 10, 60}, {"s2", "s2", "s2", "now", "now", "now"}},
        {{15, 35, 65}, {"s1", "s1", "s2", "s2", "now", "now"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct shelf s = open_shelf(NULL);
        static const char *const olds[] = {"s0", "s1", "s2"};
        for (size_t k = 0; k < 3; k++) {
            end(&s, begin(&s, "/a", olds[k], 0, 0), "/a", rows[i].lags[k]);
            s.now_ms += k < 2 ? 10 : 0;
        }
        for (size_t k = 0; k < 6; k++) {
            assert_string_equal(see(&s, "/a"), rows[i].seen[k]);
            s.now_ms += 20;
        }
        close_shelf(&s);
    }
}

static void what_was_looked_at_too_early_is_not_shown(void **state)
{
    struct shelf s = open_shelf(NULL);
    (void)state;
    end(&s, begin(&s, "/a", "s0", 0, 0), "/a", 10);
    uint64_t early = store_turn(s.store);
    uint64_t other = begin(&s, "/a", "s1", 0, 0);
    end(&s, other, "/a", 10);
    s.now_ms += 10; /* a client may have seen s2 */
    (void)begin(&s, "/a", "s1", early, 0);
    assert_string_equal(see(&s, "/a"), "now");
    close_shelf(&s);
}

static void beside_another_change_its_state_lasts(void **state)
{
    struct shelf s = open_shelf(NULL);
    (void)state;
    uint64_t early = store_next_turn(s.store);
    uint64_t first = begin(&s, "/a", "s1", 0, 0);
    uint64_t second = begin(&s, "/a", "s0", early, 0);
    end(&s, first, "/a", 10);
    s.now_ms += 10;
    assert_string_equal(see(&s, "/a"), "s1");
    end(&s, second, "/a", 10);
    s.now_ms += 10;
    assert_string_equal(see(&s, "/a"), "now");
    close_shelf(&s);
}

static void clear_ends_changes_under_way_too(void **state)
{
    struct shelf s = open_shelf(NULL);
    const struct http_response old = {.status = 200, .body = STR("old")};
    (void)state;
    uint64_t write = begin(&s, "/a", "old", 0, 0);
    store_clear(s.store);
    const struct opening late = {.read = read_of(s.arena, "/b"),
                                 .old = &old,
                                 .write = write,
                                 .looked_at = store_turn(s.store)};
    assert_false(store_open(s.store, &late, s.now_ms));
    end(&s, write, "/a", 1000);
    assert_string_equal(see(&s, "/a"), "now");
    assert_string_equal(see(&s, "/b"), "now");
    (void)begin(&s, "/a", "old", 0, 0);
    assert_string_equal(see(&s, "/a"), "old");
    close_shelf(&s);
}

static void flapping_goes_on_to_the_next_state(void **state)
{
    struct shelf s = open_shelf(NULL);
    unsigned seen[3] = {0};
    (void)state;
    (void)begin(&s, "/a", "s0", 0, 0.5);
    (void)begin(&s, "/a", "s1", 0, 0.5);
    for (int i = 0; i < 400; i++) {
        const char *text = see(&s, "/a");
        seen[text[0] == 'n' ? 2 : text[1] - '0']++;
    }
    assert_in_range(seen[0], 150, 250);
    assert_in_range(seen[1], 60, 140);
    assert_in_range(seen[2], 60, 140);
    close_shelf(&s);
}

static void beyond_a_limit_the_oldest_goes(void **state)
{
    static const struct store_limits limits = {
        .views = 3, .windows = 2, .bytes = 64 * 1024};
    struct shelf s = open_shelf(&limits);
    (void)state;
    (void)begin(&s, "/a", "s0", 0, 0);
    (void)begin(&s, "/a", "s1", 0, 0);
    (void)begin(&s, "/a", "s2", 0, 0);
    assert_string_equal(see(&s, "/a"), "s1");
    (void)begin(&s, "/b", "b", 0, 0);
    (void)begin(&s, "/c", "c", 0, 0);
    (void)begin(&s, "/d", "d", 0, 0);
    assert_string_equal(see(&s, "/a"), "now");
    assert_string_equal(see(&s, "/b"), "b");
    for (int i = 0; i < 50; i++) {
        struct buf big = {0};
        for (int k = 0; k < 1000; k++) {
            buf_printf(&big, "0123456789");
        }
        buf_add_char(&big, '\0');
        (void)begin(&s, i % 2 == 0 ? "/b" : "/c", big.bytes, 0, 0);
        buf_free(&big);
        assert_true(store_bytes(s.store) <= limits.bytes);
    }
    assert_string_not_equal(see(&s, "/b"), "now");
    close_shelf(&s);
}

static void what_nobody_asks_for_is_forgotten(void **state)
{
    struct shelf s = open_shelf(NULL);
    (void)state;
    for (int i = 0; i < 4000; i++) {
        struct arena_mark mark = arena_mark(s.arena);
        const char *name = arena_printf(s.arena, "/%d", i).ptr;
        end(&s, begin(&s, name, "old", 0, 0), name, 10);
        s.now_ms += 100;
        arena_reset(s.arena, mark);
    }
    assert_in_range(store_open_count(s.store, s.now_ms), 0, 1);
    assert_in_range(store_bytes(s.store), 0, 100000);
    close_shelf(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_under_way_is_not_seen),
        cmocka_unit_test(a_refused_change_leaves_nothing),
        cmocka_unit_test(only_one_of_its_reads_may_be_dropped),
        cmocka_unit_test(the_oldest_open_state_is_shown),
        cmocka_unit_test(what_was_looked_at_too_early_is_not_shown),
        cmocka_unit_test(beside_another_change_its_state_lasts),
        cmocka_unit_test(clear_ends_changes_under_way_too),
        cmocka_unit_test(flapping_goes_on_to_the_next_state),
        cmocka_unit_test(beyond_a_limit_the_oldest_goes),
        cmocka_unit_test(what_nobody_asks_for_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
