/* SPDX-License-Identifier: Apache-2.0 */
/* Which recorded exchange a live one repeats, and when it began. Here because
 * read-backs are answered within their own exchange. Start at
 * replay_bond_make(). */
#include "replay/private.h"

enum { ACCOUNT_BUCKETS = 4 };

static struct bond **bucket_of(const struct replay *replay, struct str exchange)
{
    return (struct bond **)&replay->bonds[str_hash(exchange) % BOND_BUCKETS];
}

struct bond *replay_bond_find(const struct replay *replay, struct str exchange)
{
    struct bond *bond = *bucket_of(replay, exchange);
    while (bond != NULL && !str_eq(bond->exchange, exchange)) {
        bond = bond->next;
    }
    return bond;
}

struct bond *replay_bond_make(struct replay *replay, struct str exchange,
                              struct recorded *call)
{
    struct bond *bond = replay_bond_find(replay, exchange);
    if (bond == NULL) {
        struct bond **bucket = bucket_of(replay, exchange);
        bond = ARENA_NEW(replay->arena, struct bond);
        bond->exchange = arena_str(replay->arena, exchange);
        bond->accounts = (struct swaps){.arena = replay->arena,
                                        .bucket_count = ACCOUNT_BUCKETS};
        bond->next = *bucket;
        *bucket = bond;
    }
    bond->call = call;
    /* A call sent again belongs to what its first sending belonged to. */
    if (bond->past == NULL) {
        bond->past = call->past;
    }
    if (call->past != NULL) {
        call->past->bound = true;
    }
    bond->start_ms = replay_now_ms(replay);
    return bond;
}
