/* SPDX-License-Identifier: Apache-2.0 */
/* By which clock a read comes to see a change, and how far each clock is
 * behind after one change. Start at lag_clock_of_confirmation(). */
#include "lag/private.h"

const char *lag_clock_name(enum lag_clock clock)
{
    static const char *const names[LAG_CLOCK_COUNT] = {
        [LAG_DIRECT] = "direct",
        [LAG_TAGS] = "tags",
        [LAG_LISTED] = "listed",
    };
    return names[clock];
}

/* ---- drawing ---- */

/* A generator for each clock, so that none depends on how many numbers
 * another one takes. */
static int64_t draw(const struct lag_distribution *distribution, uint64_t seed,
                    uint64_t stream)
{
    struct rng mixer = {seed + stream};
    struct rng rng = {rng_next(&mixer)};
    return lag_distribution_draw_ms(distribution, &rng);
}

void lag_clocks_draw(const struct lag_clocks *clocks, uint64_t seed,
                     int64_t ret_ms[LAG_CLOCK_COUNT])
{
    const struct lag_distribution *direct = &clocks->at[LAG_DIRECT];
    for (int c = 0; c < LAG_CLOCK_COUNT; c++) {
        ret_ms[c] =
            draw(clocks->own[c] ? &clocks->at[c] : direct, seed, (uint64_t)c);
    }
    if (!clocks->own[LAG_LISTED]) {
        ret_ms[LAG_LISTED] += ret_ms[LAG_DIRECT];
    }
}

/* ---- which read is on which ---- */

enum lag_clock lag_clock_of_operation(const struct aws_operation *operation)
{
    if (str_contains(operation->name, STR("Tag"))) {
        return LAG_TAGS;
    }
    return operation->page_output.len > 0 ||
                   str_starts(operation->name, STR("List"))
               ? LAG_LISTED
               : LAG_DIRECT;
}

static bool is_named_tags(const struct rules_confirmation *confirmation)
{
    return str_eq(confirmation->name, STR("tags"));
}

/* Whether some rule finds something else than tags in this read. */
static bool shows_more(const struct rules *rules, const struct rules_read *read)
{
    for (size_t i = 0; i < rules_count(rules); i++) {
        const struct rule *rule = rules_at(rules, i);
        for (size_t k = 0; k < rule->confirmation_count; k++) {
            const struct rules_confirmation *c = &rule->confirmations[k];
            if (!is_named_tags(c) &&
                str_eq(c->read.operation, read->operation) &&
                str_eq(c->read.service, read->service)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether a rule takes this read for a proof that a change is visible. */
static bool is_proof(const struct rules *rules, const struct read *read)
{
    for (size_t i = 0; i < rules_count(rules); i++) {
        const struct rule *rule = rules_at(rules, i);
        for (size_t k = 0; k < rule->confirmation_count; k++) {
            const struct rules_confirmation *c = &rule->confirmations[k];
            for (size_t w = 0;
                 c->level == LEVEL_VISIBLE && w < c->witness_count; w++) {
                const struct rules_read *by = &c->witnesses[w].read;
                if (str_eq(by->operation, read->operation) &&
                    str_eq(by->service, read->service)) {
                    return true;
                }
            }
        }
    }
    return false;
}

enum lag_clock lag_clock_of_read(const struct rules *rules,
                                 const struct aws_operation *operation,
                                 const struct read *read)
{
    enum lag_clock clock = lag_clock_of_operation(operation);
    return clock == LAG_LISTED && is_proof(rules, read) ? LAG_DIRECT : clock;
}

enum lag_clock lag_clock_of_confirmation(const struct rules *rules,
                                         const struct rules_confirmation *c)
{
    if (c->level == LEVEL_LISTED) {
        return LAG_LISTED;
    }
    if (str_contains(c->read.operation, STR("Tag")) ||
        (is_named_tags(c) && !shows_more(rules, &c->read))) {
        return LAG_TAGS;
    }
    return LAG_DIRECT;
}
