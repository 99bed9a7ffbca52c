/* SPDX-License-Identifier: Apache-2.0 */
/* What became of changes, held against what was recorded of them. Here because
 * a replay that ends otherwise is no replay. Start at replay_outcome_hear(). */
#include "replay/private.h"

void replay_outcome_hear(struct event_sink *self, const struct event *event)
{
    struct replay *replay =
        (struct replay *)((char *)self - offsetof(struct replay, sink));
    bool ends =
        event->kind == EVENT_SETTLED ||
        (event->kind == EVENT_CALL_REFUSED && event->outcome != OUTCOME_NONE);
    struct bond *bond = ends ? replay_bond_find(replay, event->exchange) : NULL;
    if (bond == NULL || bond->past == NULL) {
        return;
    }
    bond->past->heard = true;
    bond->past->now = event->outcome;
    bond->past->reads_now = event->reads.there ? event->reads.value : 0;
}

bool replay_outcome_differs(const struct past *past)
{
    return past->bound && past->outcome != NULL &&
           (!past->heard || past->now != past->outcome->outcome);
}

static void add_past(const struct past *past, struct drift *drift)
{
    if (!past->bound) {
        return;
    }
    for (size_t i = 0; i < past->read_count; i++) {
        const struct recorded *r = past->reads[i];
        drift->not_asked += !r->used && !r->seen ? 1 : 0;
    }
    if (past->outcome != NULL && past->heard &&
        (uint64_t)past->reads_now != past->outcome->reads) {
        drift->other_count++;
    }
}

struct drift replay_outcome_drift(const struct replay *replay)
{
    struct drift drift = {0};
    const struct past *past = replay->index.first_past;
    for (; past != NULL; past = past->newer) {
        add_past(past, &drift);
    }
    const struct operation *o = replay->index.first_operation;
    for (; o != NULL; o = o->newer) {
        for (const struct recorded *r = o->oldest_unused; r != NULL;
             r = r->newer) {
            drift.resends += r->entry->kind == RECORDING_RESEND ? 1 : 0;
        }
    }
    return drift;
}
