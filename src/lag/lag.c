/* SPDX-License-Identifier: Apache-2.0 */
/* Making, feeding and ending the lag. What happens to a call is in visit.c. */
#include "lag/private.h"

#include "base/mem.h"

#include <assert.h>

static void handle(struct http_handler *self, struct http_call *call)
{
    struct lag *lag =
        (struct lag *)((char *)self - offsetof(struct lag, handler));
    visit_start(lag, call);
}

struct lag *lag_new(const struct lag_config *config)
{
    struct lag *lag = mem_new(sizeof(*lag));
    lag->config = *config;
    lag->config.clocks.own[LAG_DIRECT] = true;
    lag->handler.handle = handle;
    lag->store = store_new(&store_usual_limits);
    lag->recall = recall_new();
    lag->families = lag_families_new();
    lag->counts = lag_counts_new();
    lag->tally = lag_tally_new();
    lag->rows = mem_new((config->schedule.count + 1) * sizeof(*lag->rows));
    (void)rules_ref(config->rules);
    return lag;
}

void lag_free(struct lag *lag)
{
    if (lag != NULL) {
        assert(lag->active == 0);
        store_free(lag->store);
        recall_free(lag->recall);
        lag_families_free(lag->families);
        lag_counts_free(lag->counts);
        lag_tally_free(lag->tally);
        mem_free(lag->rows);
        rules_unref(lag->config.rules);
        mem_free(lag);
    }
}

struct http_handler *lag_handler(struct lag *lag)
{
    return &lag->handler;
}

size_t lag_active(const struct lag *lag)
{
    return lag->active;
}

void lag_finish(struct lag *lag)
{
    lag->stopping = true;
    visit_wake_all(lag);
}
