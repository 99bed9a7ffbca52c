/* SPDX-License-Identifier: Apache-2.0 */
/* A token bucket that slows down when AWS throttles. Here because read-backs
 * eat the account's quota. Start at bucket_take_ms(). */
#include "engine/private.h"

/* A second's worth may be taken at once. */
static double burst(const struct bucket *bucket)
{
    return bucket->nominal > 1 ? bucket->nominal : 1;
}

static void fill(struct bucket *bucket, int64_t now_ms)
{
    double passed_s = (double)(now_ms - bucket->filled_ms) / 1000;
    bucket->tokens += passed_s * bucket->rate;
    if (bucket->tokens > burst(bucket)) {
        bucket->tokens = burst(bucket);
    }
    bucket->filled_ms = now_ms;
}

int64_t bucket_take_ms(struct bucket *bucket, int64_t now_ms)
{
    fill(bucket, now_ms);
    bucket->tokens -= 1;
    if (bucket->tokens >= 0) {
        return 0;
    }
    /* Below zero is a queue: each taker waits behind the ones before. */
    return (int64_t)(-bucket->tokens / bucket->rate * 1000) + 1;
}

bool bucket_take_now(struct bucket *bucket, int64_t now_ms)
{
    fill(bucket, now_ms);
    if (bucket->tokens < 1) {
        return false;
    }
    bucket->tokens -= 1;
    return true;
}

/* Steps towards each time by a part of itself, so that half of them stay above
 * it: a few that take for ever move it no further than others do. */
void bucket_timed(struct bucket *bucket, int64_t took_ms)
{
    const double least_ms = 1;
    const double part = 0.1;
    double took = (double)took_ms > least_ms ? (double)took_ms : least_ms;
    if (bucket->timed == 0) {
        bucket->usual_ms = took;
    } else if (took > bucket->usual_ms) {
        bucket->usual_ms *= 1 + part;
    } else if (took < bucket->usual_ms) {
        bucket->usual_ms /= 1 + part;
    }
    bucket->timed++;
}

int64_t bucket_patience_ms(const struct bucket *bucket)
{
    enum { ENOUGH = 8, SHORTEST_MS = 20 };
    int64_t twice = (int64_t)(2 * bucket->usual_ms) + 1;
    if (bucket->timed < ENOUGH) {
        return 0;
    }
    return twice > SHORTEST_MS ? twice : SHORTEST_MS;
}

/* Else a crowd that gave up would keep its places in the queue. */
void bucket_give_back(struct bucket *bucket)
{
    bucket->tokens += 1;
}

/* Once for all that were on their way when AWS had enough. */
void bucket_throttled(struct bucket *bucket, int64_t sent_ms, int64_t now_ms)
{
    const double slowest = 0.5;
    if (bucket->slowed_ms > 0 && sent_ms <= bucket->slowed_ms) {
        return;
    }
    bucket->slowed_ms = now_ms;
    bucket->rate /= 2;
    if (bucket->rate < slowest) {
        bucket->rate = slowest;
    }
}

void bucket_succeeded(struct bucket *bucket)
{
    if (bucket->rate < bucket->nominal) {
        bucket->rate += bucket->nominal / 50;
    }
    if (bucket->rate > bucket->nominal) {
        bucket->rate = bucket->nominal;
    }
}

void bucket_set_nominal(struct bucket *bucket, double nominal)
{
    if (bucket->nominal != nominal) {
        bucket->nominal = nominal;
        bucket->rate = nominal;
    }
}
