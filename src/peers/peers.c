/* SPDX-License-Identifier: Apache-2.0 */
/* One process among the others: what it tells, and what it has been told. Start
 * at tell_all() and peers_hear(). */
#include "peers/private.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>

enum { RETRY_MS = 5, READ_BYTES = 64 * 1024 };

struct peers {
    struct peers_config config;
    struct peers_mail *mail;
    struct loop_watch watch;
    struct timer flush;
    struct outbox outboxes[PEERS_MAX];
    struct directory *directory;
    char bytes[READ_BYTES];
};

/* ---- telling ---- */

static void send_all(struct peers *peers)
{
    bool through = true;
    for (size_t i = 0; i < peers->mail->count; i++) {
        if (i != peers->config.self) {
            through = outbox_send(&peers->outboxes[i], peers->mail->out[i]) &&
                      through;
        }
    }
    if (!through) {
        timer_arm(loop_timers(peers->config.loop), &peers->flush, RETRY_MS);
    }
}

static void on_flush(void *ctx)
{
    send_all(ctx);
}

static void add_for_all(struct peers *peers, enum record_kind kind,
                        uint64_t call, uint32_t whom, struct str text)
{
    struct record record = {.call = call,
                            .whom = whom,
                            .from = (uint16_t)peers->config.self,
                            .kind = (uint8_t)kind,
                            .text_len = (uint32_t)text.len};
    for (size_t i = 0; i < peers->mail->count; i++) {
        if (i != peers->config.self) {
            outbox_add(&peers->outboxes[i], &record, text);
        }
    }
}

void peers_begin(struct peers *peers, uint64_t call, uint32_t whom)
{
    add_for_all(peers, RECORD_BEGIN, call, whom, STR_NONE);
    send_all(peers);
}

/* There is no hurry: together with others. */
void peers_forget(struct peers *peers, uint64_t call)
{
    add_for_all(peers, RECORD_FORGET, call, 0, STR_NONE);
    if (!timer_is_armed(&peers->flush)) {
        timer_arm(loop_timers(peers->config.loop), &peers->flush, RETRY_MS);
    }
}

void peers_tell(struct peers *peers, struct str text)
{
    assert(text.len <= PEERS_TEXT_MAX);
    add_for_all(peers, RECORD_TEXT, 0, 0, text);
    send_all(peers);
}

/* ---- hearing ---- */

static void take(struct peers *peers, const struct record *record,
                 struct str text)
{
    const struct peers_config *config = &peers->config;
    switch ((enum record_kind)record->kind) {
    case RECORD_BEGIN:
        directory_add(peers->directory, record->call, record->from);
        config->begun(config->ctx, record->call, record->whom);
        break;
    case RECORD_FORGET:
        directory_remove(peers->directory, record->call, record->from);
        break;
    case RECORD_TEXT:
        config->heard(config->ctx, text);
        break;
    }
}

static void take_message(struct peers *peers, struct str message)
{
    while (message.len >= sizeof(struct record)) {
        struct record record;
        memcpy(&record, message.ptr, sizeof(record));
        message = str_from(message, sizeof(record));
        struct str text = str_first(message, record.text_len);
        message = str_from(message, text.len);
        take(peers, &record, text);
    }
}

void peers_hear(struct peers *peers)
{
    int in = peers->mail->in[peers->config.self];
    ssize_t got = 0;
    while ((got = recv(in, peers->bytes, sizeof(peers->bytes), 0)) > 0 ||
           (got < 0 && errno == EINTR)) {
        if (got > 0) {
            take_message(peers, str_make(peers->bytes, (size_t)got));
            mem_wipe(peers->bytes, (size_t)got);
        }
    }
}

static void on_mail(void *ctx, uint32_t events)
{
    (void)events;
    peers_hear(ctx);
}

int peers_find(struct peers *peers, uint64_t call)
{
    peers_hear(peers);
    return directory_find(peers->directory, call);
}

/* ---- making and ending it ---- */

struct peers *peers_open(const struct peers_config *config,
                         struct peers_mail *mail)
{
    struct peers *peers = mem_new(sizeof(*peers));
    mail_take(mail, config->self);
    peers->config = *config;
    peers->mail = mail;
    peers->directory = directory_new();
    timer_init(&peers->flush, on_flush, peers);
    peers->watch = (struct loop_watch){mail->in[config->self], on_mail, peers};
    loop_watch(config->loop, &peers->watch, EPOLLIN);
    return peers;
}

void peers_free(struct peers *peers)
{
    if (peers == NULL) {
        return;
    }
    timer_cancel(loop_timers(peers->config.loop), &peers->flush);
    loop_unwatch(peers->config.loop, &peers->watch);
    for (size_t i = 0; i < peers->mail->count; i++) {
        outbox_free(&peers->outboxes[i]);
    }
    directory_free(peers->directory);
    peers_mail_free(peers->mail);
    mem_free(peers);
}
