/* SPDX-License-Identifier: Apache-2.0 */
/* Time that jumps: when nothing is due, it is the next timer's time. Here
 * because a wait of minutes is to be replayed at once. Start at replay_turn().
 */
#include "replay/private.h"

struct timers *replay_timers(struct replay *replay)
{
    return &replay->timers;
}

int64_t replay_now_ms(const struct replay *replay)
{
    return timers_now_ms(&replay->timers);
}

int64_t replay_turn(struct replay *replay)
{
    struct timers *timers = &replay->timers;
    size_t ran = timers_run_due(timers);
    if (replay->config.real_time) {
        /* What ran may have given others something to do. */
        return ran > 0 ? 0 : timers_next_ms(timers);
    }
    if (ran == 0 && timers->count > 0) {
        replay->now_ms += timers_next_ms(timers);
        ran = timers_run_due(timers);
    }
    return ran > 0 || timers->count > 0 ? 0 : -1;
}
