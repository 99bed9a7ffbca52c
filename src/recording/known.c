/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that were seen, found again as part of any text: one look at the
 * first six bytes from each place on tells nearly always that there is none.
 * Start at recording_known_at(). */
#include "recording/private.h"

#include "base/base64.h"

enum { FIRST_BUCKETS = 256 };

void recording_known_init(struct known *known, struct arena *arena)
{
    *known = (struct known){
        .arena = arena,
        .buckets = ARENA_ARRAY(arena, struct known_group *, FIRST_BUCKETS),
        .bucket_count = FIRST_BUCKETS,
    };
    recording_table_init(&known->texts, arena);
}

/* The first six bytes as a number. */
static uint64_t head_of(const char *at)
{
    uint64_t head = 0;
    memcpy(&head, at, KNOWN_SHORTEST);
    return head;
}

static size_t bucket_of(const struct known *known, uint64_t head)
{
    uint64_t mixed = head * 0x9E3779B97F4A7C15U; /* 2^64 by the golden ratio */
    return (size_t)(mixed >> 32) & (known->bucket_count - 1);
}

static void grow(struct known *known)
{
    struct known old = *known;
    known->bucket_count *= 2;
    known->buckets =
        ARENA_ARRAY(known->arena, struct known_group *, known->bucket_count);
    for (size_t i = 0; i < old.bucket_count; i++) {
        struct known_group *group = old.buckets[i];
        while (group != NULL) {
            struct known_group *next = group->next;
            size_t to = bucket_of(known, group->head);
            group->next = known->buckets[to];
            known->buckets[to] = group;
            group = next;
        }
    }
}

static struct known_group *find_group(const struct known *known, uint64_t head)
{
    struct known_group *group = known->buckets[bucket_of(known, head)];
    while (group != NULL && group->head != head) {
        group = group->next;
    }
    return group;
}

static struct known_group *make_group(struct known *known, uint64_t head)
{
    if (known->group_count >= known->bucket_count) {
        grow(known);
    }
    struct known_group *group = ARENA_NEW(known->arena, struct known_group);
    size_t to = bucket_of(known, head);
    *group = (struct known_group){.next = known->buckets[to], .head = head};
    known->buckets[to] = group;
    known->group_count++;
    return group;
}

static void note_length(struct known *known, struct known_group *group,
                        size_t len)
{
    size_t at = 0;
    while (at < group->count && group->lengths[at] > len) {
        at++;
    }
    if (at < group->count && group->lengths[at] == len) {
        return;
    }
    if (group->count == group->capacity) {
        size_t *old = group->lengths;
        group->capacity = group->capacity == 0 ? 4 : group->capacity * 2;
        group->lengths = ARENA_ARRAY(known->arena, size_t, group->capacity);
        for (size_t i = 0; i < group->count; i++) {
            group->lengths[i] = old[i];
        }
    }
    for (size_t i = group->count; i > at; i--) {
        group->lengths[i] = group->lengths[i - 1];
    }
    group->lengths[at] = len;
    group->count++;
}

/* One form of a secret, and what stands for it in that form. */
static void add_form(struct known *known, struct str find, struct str put)
{
    if (find.len < KNOWN_SHORTEST ||
        recording_table_find(&known->texts, find) != NULL) {
        return;
    }
    uint64_t head = head_of(find.ptr);
    struct known_group *group = find_group(known, head);
    if (group == NULL) {
        group = make_group(known, head);
    }
    note_length(known, group, find.len);
    (void)recording_table_put(&known->texts, find, put);
}

/* As it stands between the quotes of a JSON string. */
static struct str json_form(struct arena *arena, struct str text)
{
    struct buf out = {0};
    json_write_string(text, &out);
    struct str inner = str_make(out.bytes + 1, out.len - 2);
    struct str copy = arena_str(arena, inner);
    buf_free(&out);
    return copy;
}

/* Within a longer text, `ahead` bytes after a whole group: without the letters
 * at both ends, which depend on what stands beside. */
static struct str base64_form(struct arena *arena, struct str text,
                              size_t ahead)
{
    static const char pad[2];
    struct str bytes = arena_join(arena, str_make(pad, ahead), text);
    struct str letters = base64_write(arena, bytes);
    letters = str_first(letters, bytes.len * 8 / 6);
    return str_from(letters, (ahead * 8 + 5) / 6);
}

void recording_known_add(struct known *known, struct str secret,
                         struct str placeholder)
{
    if (secret.len < KNOWN_SHORTEST) {
        return;
    }
    struct arena *scratch = arena_new();
    struct str json = json_form(scratch, secret);
    struct str put = json_form(scratch, placeholder);
    add_form(known, secret, placeholder);
    add_form(known, json, put);
    /* A string in a string: documents that hold documents. */
    add_form(known, json_form(scratch, json), json_form(scratch, put));
    add_form(known, http_encode(scratch, secret, false),
             http_encode(scratch, placeholder, false));
    add_form(known, base64_write(scratch, secret),
             base64_write(scratch, placeholder));
    for (size_t ahead = 0; ahead < 3; ahead++) {
        add_form(known, base64_form(scratch, secret, ahead),
                 base64_form(scratch, placeholder, ahead));
    }
    arena_free(scratch);
}

const struct table_row *recording_known_at(const struct known *known,
                                           struct str text, size_t at)
{
    if (known->group_count == 0 || text.len < KNOWN_SHORTEST ||
        at > text.len - KNOWN_SHORTEST) {
        return NULL;
    }
    const struct known_group *group = find_group(known, head_of(text.ptr + at));
    struct str rest = str_from(text, at);
    for (size_t i = 0; group != NULL && i < group->count; i++) {
        size_t len = group->lengths[i];
        if (len <= rest.len) {
            const struct table_row *row =
                recording_table_find(&known->texts, str_first(rest, len));
            if (row != NULL) {
                return row;
            }
        }
    }
    return NULL;
}
