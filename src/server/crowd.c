/* SPDX-License-Identifier: Apache-2.0 */
/* After a crowd has left, what it had in memory goes back to the system: it
 * need not be kept for the next. Start at crowd_shrank(). */
#include "server/private.h"

#include "base/mem.h"

enum { CROWD = 1000, FEW = 16, TIDY_MS = 1000 };

/* It may take a tenth of a second, for which the last of it shall not wait. */
static void tidy_up(void *ctx)
{
    struct server *server = ctx;
    if (server->active > FEW) {
        timer_arm(loop_timers(server->loop), &server->tidy, TIDY_MS);
        return;
    }
    server->most_clients = crowd_size(server);
    mem_give_back();
}

void crowd_init(struct server *server)
{
    timer_init(&server->tidy, tidy_up, server);
}

void crowd_stop(struct server *server)
{
    timer_cancel(loop_timers(server->loop), &server->tidy);
}

size_t crowd_size(const struct server *server)
{
    return server->clients + server->away;
}

void crowd_grew(struct server *server)
{
    if (crowd_size(server) > server->most_clients) {
        server->most_clients = crowd_size(server);
    }
}

/* Once: the timer is armed until memory was given back. */
void crowd_shrank(struct server *server)
{
    if (server->most_clients >= CROWD &&
        crowd_size(server) < server->most_clients / 2 && !server->stopping &&
        !timer_is_armed(&server->tidy)) {
        timer_arm(loop_timers(server->loop), &server->tidy, TIDY_MS);
    }
}
