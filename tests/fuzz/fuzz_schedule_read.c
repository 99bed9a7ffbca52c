/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is read as a saved schedule is written so that it reads to the same
 * again, and gives moments that lie one behind the other; what is not read
 * changes nothing. Start at LLVMFuzzerTestOneInput(). */
#include "schedule/schedule.h"
#include "support.h"

static bool read_text(struct schedule *schedule, struct str text)
{
    struct arena *arena = arena_new();
    const struct source source = {STR("fuzz"), text};
    struct diag diag;
    diag_init(&diag, arena);
    bool good = schedule_read(schedule, &source, &diag);
    assert(good == (diag.count == 0));
    fuzz_diag_check(&diag);
    arena_free(arena);
    return good;
}

static void check_written(const struct schedule *schedule)
{
    struct schedule *again = schedule_new(&(struct schedule_config){0});
    struct buf one = {0};
    struct buf two = {0};
    schedule_write(schedule, &one);
    assert(read_text(again, buf_str(&one)));
    schedule_write(again, &two);
    assert(str_eq(buf_str(&one), buf_str(&two)));
    assert(!schedule_has_news(again));
    buf_free(&one);
    buf_free(&two);
    schedule_free(again);
}

static void check_moments(struct schedule *schedule, struct str text)
{
    enum { MOMENTS = 40 };
    int64_t at_ms[MOMENTS];
    const struct json *all = NULL;
    struct arena *arena = arena_new();
    all = fuzz_json(arena, text);
    const struct json *learned = json_get(all, STR("learned"));
    for (size_t i = 0; i < learned->count; i++) {
        const struct json *one = learned->members[i].value;
        const struct schedule_key key = {json_get_text(one, "service"),
                                         json_get_text(one, "operation"),
                                         json_get_text(one, "confirmation")};
        struct schedule_summary known = schedule_summary(schedule, &key);
        assert(known.p50_ms <= known.p90_ms && known.p90_ms <= known.p99_ms);
        schedule_moments(schedule, &key, at_ms, MOMENTS);
        for (size_t k = 1; k < MOMENTS; k++) {
            assert(at_ms[k] > at_ms[k - 1]);
        }
    }
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = fuzz_text(data, size);
    struct schedule *schedule = schedule_new(&(struct schedule_config){0});
    if (read_text(schedule, text)) {
        check_written(schedule);
        check_moments(schedule, text);
    } else {
        assert(schedule_count(schedule) == 0);
    }
    schedule_free(schedule);
    return 0;
}
