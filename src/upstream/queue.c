/* SPDX-License-Identifier: Apache-2.0 */
/* Who dials an origin, and who waits for a place there. Here because a burst
 * of calls must not become a burst of handshakes: no listener has room for all
 * of them at once. Start at queue_join(). */
#include "base/mem.h"
#include "upstream/private.h"

#include <assert.h>

static struct queue *find(const struct dialer *dialer, uint64_t hash,
                          struct str origin)
{
    struct queue *queue = dialer->queues;
    while (queue != NULL &&
           (queue->hash != hash || !str_eq(queue->origin, origin))) {
        queue = queue->next;
    }
    return queue;
}

static struct queue *new_queue(struct dialer *dialer,
                               const struct connection *c)
{
    struct str origin = c->peer.origin;
    struct queue *queue = mem_new(sizeof(*queue) + origin.len);
    memcpy(queue->text, origin.ptr, origin.len);
    queue->origin = str_make(queue->text, origin.len);
    queue->hash = c->hash;
    queue->next = dialer->queues;
    dialer->queues = queue;
    return queue;
}

static void link_out(struct queue *queue, struct connection *c)
{
    if (queue->reuser == c) {
        do {
            queue->reuser = queue->reuser->next;
        } while (queue->reuser != NULL && queue->reuser->fresh);
    }
    if (c->before != NULL) {
        c->before->next = c->next;
    } else {
        queue->first = c->next;
    }
    if (c->next != NULL) {
        c->next->before = c->before;
    } else {
        queue->last = c->before;
    }
}

void queue_join(struct connection *c)
{
    struct dialer *dialer = c->dialer;
    struct queue *queue = find(dialer, c->hash, c->peer.origin);
    if (queue == NULL) {
        queue = new_queue(dialer, c);
    }
    c->queue = queue;
    c->next = NULL;
    c->before = queue->last;
    if (c->before != NULL) {
        c->before->next = c;
    } else {
        queue->first = c;
    }
    queue->last = c;
    if (queue->reuser == NULL && !c->fresh) {
        queue->reuser = c;
    }
    timer_wake(dialer->timers, &dialer->serve);
}

void queue_dial(struct connection *c)
{
    struct queue *queue = c->queue;
    assert(queue->looking == NULL);
    link_out(queue, c);
    queue->looking = c;
    queue->dials++;
    c->dials = true;
}

void queue_end_look(struct connection *c)
{
    if (c->queue != NULL && c->queue->looking == c) {
        c->queue->looking = NULL;
        timer_wake(c->dialer->timers, &c->dialer->serve);
    }
}

void queue_leave(struct connection *c)
{
    struct queue *queue = c->queue;
    if (queue == NULL) {
        return;
    }
    if (c->dials) {
        queue_end_look(c);
        queue->dials--;
        c->dials = false;
    } else {
        link_out(queue, c);
    }
    c->queue = NULL;
    timer_wake(c->dialer->timers, &c->dialer->serve);
}

bool queue_wants_idle(const struct dialer *dialer, struct str origin)
{
    if (dialer->queues == NULL) {
        return false;
    }
    const struct queue *queue = find(dialer, str_hash(origin), origin);
    return queue != NULL && queue->reuser != NULL;
}

void queue_sweep(struct dialer *dialer)
{
    struct queue **link = &dialer->queues;
    while (*link != NULL) {
        struct queue *queue = *link;
        if (queue->dials > 0 || queue->first != NULL) {
            link = &queue->next;
            continue;
        }
        *link = queue->next;
        mem_free(queue);
    }
}
