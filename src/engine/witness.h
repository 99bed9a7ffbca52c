/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes and the reads that can show them: what witness.c, desk.c, reads.c,
 * observe.c and regret.c share.
 *
 * Purpose:   tell of each client's read which change it should have seen.
 * Ownership: a write lives in its exchange's arena until that has settled, then
 *            in one of its own; its views and claims live as long as it does.
 * Never:     included outside src/engine.
 */
#ifndef ENGINE_WITNESS_H
#define ENGINE_WITNESS_H

#include "engine/private.h"

struct write;

/* ---- desk.c: where reads find the views ---- */

/* The first member of what hangs in a row. */
struct peg {
    struct peg *beside, **link;
};

static inline void peg_hang(struct peg **head, struct peg *peg)
{
    *peg = (struct peg){*head, head};
    if (peg->beside != NULL) {
        peg->beside->link = &peg->beside;
    }
    *head = peg;
}

static inline void peg_take(struct peg *peg)
{
    *peg->link = peg->beside;
    if (peg->beside != NULL) {
        peg->beside->link = peg->link;
    }
}

/* A copy hangs where its original did. */
static inline void peg_replace(struct peg *copy)
{
    *copy->link = copy;
    if (copy->beside != NULL) {
        copy->beside->link = &copy->beside;
    }
}

/* One kind of read by which one confirmation of a write can be judged. */
struct view {
    struct peg peg;    /* where reads find it */
    struct view *next; /* of the same write */
    struct write *write;
    struct desk *desk;
    const struct rules_confirmation *rule;
    const struct rules_confirmation *by; /* the same, or a witness of it */
    const struct json *item;
    struct confirmation *confirmation; /* NULL: above the level, or ended */
    struct event_number needed_ms;     /* once settled: how long it took */
    uint64_t key;                      /* 0: looked through */
};

struct desks *desks_new(void);
void desks_free(struct desks *desks);
/* Lets a confirmation's view be found by what it asks: a copy of `like` in the
 * exchange's arena. */
void desk_add(struct exchange *x, const struct view *like,
              const struct json *input);
/* And a witness's by the names it asks for, where those are known: those of
 * what was changed, and those that its confirmation asks for (or NULL). */
void desk_add_witness(struct exchange *x, const struct view *like,
                      const struct json *asked);
void desk_take(struct engine *engine, struct view *view);
/* A name, or each name of a list. */
size_t engine_names_count(const struct json *names);
struct str engine_names_at(const struct json *names, size_t index);

/* A read: what was asked, and the resources that it names. */
struct question {
    struct str service, region, operation, access_key;
    const struct json *input;
    const struct json *resource; /* a name, a list of names, or NULL */
    bool looks_through;          /* also those views that have no key */
};
/* Whether any read of this operation could be judged. */
bool witness_is_asked_for(struct engine *engine, struct str service,
                          struct str region, struct str operation);
/* The views that may apply: at most so many. */
size_t witness_find(struct engine *engine, const struct question *question,
                    struct view **ret_views, size_t most);

/* A read that was answered. */
struct sight {
    const struct json *asked;
    const struct probe_result *result;
    bool complete; /* there is no other page */
};
/* HOLDS, NOT_YET, or anything else: it says nothing. */
enum verdict engine_view_judge(const struct view *view, struct arena *arena,
                               const struct sight *sight);
/* The same confirmation of the same write. */
static inline bool view_is_same(const struct view *a, const struct view *b)
{
    return a->write == b->write && a->rule == b->rule && a->item == b->item;
}

/* ---- witness.c: changes, and how long they are remembered ---- */

/* A change of which reads can be judged: from when its call is sent until ten
 * minutes after it has settled, or the same is changed again. */
struct write {
    struct write *earlier, *later; /* in the order of settling */
    struct arena *arena;           /* its own, once settled */
    struct exchange *x;            /* NULL once settled */
    struct rules *rules;           /* a reference, once settled */
    struct str id, group, part, resource;
    const struct json *resources;
    struct change change;
    const struct http_identity *as;
    struct moment heard, settled;
    bool entangled; /* with one under way: which came last cannot be told */
    bool observed;  /* its client was answered before it had settled */
    struct view *views;
    struct claim *claims;
    struct note *notes, **notes_end; /* see observe.c */
    size_t note_count;
};

struct witnesses *engine_witnesses_new(void);
void engine_witnesses_free(struct engine *engine);
/* The call goes out. */
void witness_sent(struct exchange *x);
/* AWS has accepted it, and its confirmations are planned: what showed earlier
 * changes of the same is worth nothing any more. */
void witness_heard(struct exchange *x);
/* Whether a later change of the same is under way: what reads show may be that
 * one's. */
bool witness_is_clouded(const struct engine *engine, const struct view *view);
/* It has settled: kept for regrets. Otherwise forgotten. */
void witness_end(struct exchange *x);
/* Gives back what is too old, or too much. */
void witness_forget_expired(struct engine *engine);
/* One that has settled is not true any more. */
void witness_forget(struct engine *engine, struct write *write);

/* ---- reads.c: what clients' reads see ---- */

/* Whether this read is to be judged. */
void engine_read_begin(struct exchange *x);
/* It was answered. */
void engine_read_end(struct exchange *x);
bool engine_read_wants_body(struct engine *engine, const struct aws_call *call);
/* What a read asks for, by its input alone; NULL: nobody can tell. */
const struct json *engine_read_resource(struct arena *arena,
                                        const struct rules_known_read *known,
                                        const struct json *input);
/* What the rule says was written, as JSON without secrets; STR_NONE: that is
 * not known. */
struct str engine_read_value_written(const struct exchange *x,
                                     struct arena *arena);
/* The call's input, as JSON without secrets; STR_NONE: it is too long. */
struct str engine_read_request_text(const struct exchange *x,
                                    struct arena *arena);

/* ---- observe.c ---- */

/* A client's read of something that has not settled yet. */
struct note {
    struct note *next;
    struct engine *engine;
    struct str id, client, group, read, resource, detail;
    struct moment sent;
    enum verdict verdict;
    const struct rules_confirmation *rule;
    struct confirmation *confirmation; /* NULL: not awaited */
};
void observe_note(const struct view *view, const struct note *note);
/* How long a client would have had to wait for it. */
struct event_number observe_needed_ms(const struct confirmation *confirmation);
/* The exchange has ended: tells the races. */
void observe_tell(const struct exchange *x);
/* What must not be confirmed behind the client's back, and why; STR_NONE. */
struct str observe_hinders(const struct rules_confirmation *rule);

/* ---- regret.c ---- */

/* A read showed the old state after it was said to be settled. */
struct suspicion {
    struct view *view;
    struct str id; /* of the read */
    struct str client, group;
    struct str read;
    struct str detail;
    struct moment sent;
};
void regret_suspect(struct engine *engine, const struct suspicion *suspicion);
/* A read-back of some exchange: does it show that another was not settled? */
void regret_look(const struct confirmation *confirmation,
                 const struct probe_result *result, struct moment sent);
/* Ends the inquiries into one write, or all. */
void regret_stop(struct engine *engine, const struct write *write);
void regret_stop_all(struct engine *engine);

#endif
