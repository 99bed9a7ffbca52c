/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share. Nobody else includes this. */
#ifndef PEERS_PRIVATE_H
#define PEERS_PRIVATE_H

#include "base/buf.h"
#include "peers/peers.h"

/* ---- directory.c: which calls the others have ---- */

struct directory;
struct directory *directory_new(void);
void directory_free(struct directory *directory);
/* As often as it is added it must be removed. */
void directory_add(struct directory *directory, uint64_t call, size_t whose);
void directory_remove(struct directory *directory, uint64_t call, size_t whose);
int directory_find(const struct directory *directory, uint64_t call);

/* ---- mail.c: the mailboxes ---- */

struct peers_mail {
    size_t count;
    int in[PEERS_MAX];  /* each process reads its own; -1: closed */
    int out[PEERS_MAX]; /* all others write to it */
};
/* Closes what `self` has no use for. */
void mail_take(struct peers_mail *mail, size_t self);

/* What was not yet sent to one other process: whole records, in order. */
struct outbox {
    struct buf bytes;
    bool deaf; /* gone, or has not read for long */
};

enum record_kind { RECORD_BEGIN, RECORD_FORGET, RECORD_TEXT };

/* Stands before each record; in memory's own order, as both ends are one
 * program on one machine. */
struct record {
    uint64_t call;
    uint32_t whom;
    uint16_t from;
    uint8_t kind;
    uint8_t spare;
    uint32_t text_len; /* of the text behind it */
    uint32_t spare_too;
};

void outbox_add(struct outbox *outbox, const struct record *record,
                struct str text);
/* False when the mailbox is full for now. */
bool outbox_send(struct outbox *outbox, int out);
void outbox_free(struct outbox *outbox);

#endif
