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
