/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded texts become live ones in an answer: what variables stand for, and
 * what the client sent where the recording has a placeholder. Here because a
 * client, and the rules, compare what is read with what was written. Start at
 * replay_swap_text(). */
#include "replay/private.h"

enum {
    HEAD = 4,       /* characters by which a place is looked up */
    LONG_HEAD = 16, /* placeholders begin alike */
};

struct swap {
    struct swap *next;
    uint64_t head;
    struct str recorded;
    struct str live;
};

static uint64_t head_of(struct str text)
{
    return str_hash(str_first(text, text.len < LONG_HEAD ? HEAD : LONG_HEAD));
}

void replay_swaps_add(struct swaps *swaps, struct str recorded, struct str live)
{
    if (recorded.len < SWAP_SHORTEST || str_eq(recorded, live)) {
        return;
    }
    if (swaps->buckets == NULL) {
        swaps->buckets =
            ARENA_ARRAY(swaps->arena, struct swap *, swaps->bucket_count);
    }
    uint64_t head = head_of(recorded);
    struct swap **bucket = &swaps->buckets[head % swaps->bucket_count];
    for (struct swap *s = *bucket; s != NULL; s = s->next) {
        if (str_eq(s->recorded, recorded)) {
            return;
        }
    }
    struct swap *made = ARENA_NEW(swaps->arena, struct swap);
    *made = (struct swap){
        .next = *bucket,
        .head = head,
        .recorded = arena_str(swaps->arena, recorded),
        .live = arena_str(swaps->arena, live),
    };
    *bucket = made;
    swaps->count++;
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
}

/* Whether a word may begin, or has ended, between the two beside `at`. */
static bool is_edge(struct str text, size_t at)
{
    return at == 0 || at >= text.len || !is_word(text.ptr[at - 1]) ||
           !is_word(text.ptr[at]);
}

/* The longest of those with such a head that stands here. */
static const struct swap *find_by_head(const struct swaps *swaps,
                                       struct str text, size_t at, size_t head)
{
    const struct swap *best = NULL;
    struct str here = str_from(text, at);
    if (here.len < head) {
        return NULL;
    }
    uint64_t hash = str_hash(str_first(here, head));
    const struct swap *s = swaps->buckets[hash % swaps->bucket_count];
    for (; s != NULL; s = s->next) {
        if (s->head == hash && str_starts(here, s->recorded) &&
            is_edge(text, at + s->recorded.len) &&
            (best == NULL || s->recorded.len > best->recorded.len)) {
            best = s;
        }
    }
    return best;
}

static const struct swap *find_at(const struct swaps *swaps, struct str text,
                                  size_t at)
{
    if (swaps == NULL || swaps->count == 0) {
        return NULL;
    }
    const struct swap *found = find_by_head(swaps, text, at, LONG_HEAD);
    return found != NULL ? found : find_by_head(swaps, text, at, HEAD);
}

/* The next place in [from, until) at which something is to be replaced. */
static bool find_swap(const struct swapping *swapping, struct str text,
                      size_t from, size_t until, struct hit *ret_hit)
{
    for (size_t at = from; at < until; at++) {
        if (!is_edge(text, at)) {
            continue;
        }
        const struct swap *found = find_at(swapping->own, text, at);
        found = found != NULL ? found : find_at(swapping->all, text, at);
        if (found != NULL && at + found->recorded.len <= until) {
            *ret_hit = (struct hit){at, at + found->recorded.len, found->live};
            return true;
        }
    }
    return false;
}

bool replay_swapping_has_any(const struct swapping *swapping)
{
    return swapping->variables->bound > 0 || swapping->all->count > 0 ||
           (swapping->own != NULL && swapping->own->count > 0);
}

/* A variable where one stands; between two of them what else is known. */
static bool find_next(const struct swapping *swapping, struct str text,
                      size_t from, struct hit *variable, struct hit *ret_hit)
{
    bool known = variable->end > variable->start;
    if (known && variable->start < from) {
        known =
            replay_variables_find(swapping->variables, text, from, variable);
        if (!known) {
            *variable = (struct hit){0};
        }
    }
    size_t until = known ? variable->start : text.len;
    if (find_swap(swapping, text, from, until, ret_hit)) {
        return true;
    }
    if (known) {
        *ret_hit = *variable;
    }
    return known;
}

static void put(const struct swapping *swapping, struct buf *out,
                struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (swapping->xml && (c == '<' || c == '>' || c == '&')) {
            buf_add(out, c == '<'   ? STR("&lt;")
                         : c == '>' ? STR("&gt;")
                                    : STR("&amp;"));
        } else {
            buf_add_char(out, c);
        }
    }
}

struct str replay_swap_text(const struct swapping *swapping,
                            struct arena *arena, struct str text)
{
    struct hit hit = {0};
    struct hit variable = {0};
    struct buf out = {0};
    size_t from = 0;
    if (!replay_swapping_has_any(swapping)) {
        return text;
    }
    if (swapping->variables->bound > 0) {
        /* Expressions want a zero byte at the end. */
        text = arena_str(arena, text);
        if (!replay_variables_find(swapping->variables, text, 0, &variable)) {
            variable = (struct hit){0};
        }
    }
    while (find_next(swapping, text, from, &variable, &hit)) {
        buf_add(&out, str_make(text.ptr + from, hit.start - from));
        put(swapping, &out, hit.put);
        from = hit.end;
    }
    if (from == 0) {
        return text;
    }
    buf_add(&out, str_from(text, from));
    struct str swapped = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return swapped;
}

/* ---- values ---- */

/* A number only as a whole, and by another one. */
static struct str swap_number(const struct swapping *swapping, struct str text)
{
    struct hit hit = {0};
    uint64_t value = 0;
    bool whole = find_swap(swapping, text, 0, text.len, &hit) &&
                 hit.end - hit.start == text.len && str_to_u64(hit.put, &value);
    return whole ? hit.put : text;
}

static const struct json *swap_leaf(const struct swapping *swapping,
                                    struct arena *arena,
                                    const struct json *leaf)
{
    struct str text = leaf->type == JSON_NUMBER
                          ? swap_number(swapping, leaf->text)
                          : replay_swap_text(swapping, arena, leaf->text);
    if (str_eq(text, leaf->text)) {
        return leaf;
    }
    struct json *copy = json_new(arena, leaf->type);
    copy->text = text;
    return copy;
}

static const struct json *swap_members(const struct swapping *swapping,
                                       struct arena *arena,
                                       const struct json *value)
{
    struct json *copy = NULL;
    for (size_t i = 0; i < value->count; i++) {
        struct json_member member = value->members[i];
        const struct json *one =
            replay_swap_json(swapping, arena, member.value);
        struct str key = value->type == JSON_OBJECT
                             ? replay_swap_text(swapping, arena, member.key)
                             : member.key;
        if (one == member.value && str_eq(key, member.key)) {
            continue;
        }
        if (copy == NULL) {
            copy = json_new(arena, value->type);
            copy->count = value->count;
            copy->members =
                ARENA_ARRAY(arena, struct json_member, value->count);
            memcpy(copy->members, value->members,
                   value->count * sizeof(value->members[0]));
        }
        copy->members[i].key = key;
        copy->members[i].value = (struct json *)one;
    }
    return copy != NULL ? copy : value;
}

const struct json *replay_swap_json(const struct swapping *swapping,
                                    struct arena *arena,
                                    const struct json *value)
{
    switch (value->type) {
    case JSON_STRING:
    case JSON_NUMBER:
        return swap_leaf(swapping, arena, value);
    case JSON_ARRAY:
    case JSON_OBJECT:
        return swap_members(swapping, arena, value);
    default:
        return value;
    }
}
