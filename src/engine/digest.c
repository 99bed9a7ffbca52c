/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes under a key that each process makes for itself: SipHash-2-4 (Aumasson
 * and Bernstein 2012). Here because a log may say that two values are equal,
 * but not let anybody try what they are. Start at engine_digest_seal(). */
#include "engine/private.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotated(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static void mix(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotated(s->v1, 13) ^ s->v0;
    s->v0 = rotated(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotated(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotated(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotated(s->v1, 17) ^ s->v2;
    s->v2 = rotated(s->v2, 32);
}

static void absorb(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    mix(s);
    mix(s);
    s->v0 ^= word;
}

uint64_t engine_digest_hash(const struct engine *engine, struct str text)
{
    const uint64_t *key = engine->digest_key;
    struct sip s = {
        key[0] ^ UINT64_C(0x736f6d6570736575),
        key[1] ^ UINT64_C(0x646f72616e646f6d),
        key[0] ^ UINT64_C(0x6c7967656e657261),
        key[1] ^ UINT64_C(0x7465646279746573),
    };
    uint64_t word = 0;
    for (size_t i = 0; i < text.len; i++) {
        word |= (uint64_t)(unsigned char)text.ptr[i] << (i % 8 * 8);
        if (i % 8 == 7) {
            absorb(&s, word);
            word = 0;
        }
    }
    absorb(&s, word | (uint64_t)text.len << 56);
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++) {
        mix(&s);
    }
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static const struct json *sealed(const struct engine *engine,
                                 struct arena *arena, const struct json *value)
{
    struct buf text = {0};
    json_write_canonical(value, &text);
    unsigned long long hash = engine_digest_hash(engine, buf_str(&text));
    buf_free(&text);
    return json_new_string(arena, arena_printf(arena, "~%016llx", hash));
}

const struct json *engine_digest_seal(const struct engine *engine,
                                      struct arena *arena,
                                      const struct json *value)
{
    const struct json *hidden = json_get(value, RULES_DIGEST);
    if (hidden != NULL) {
        return sealed(engine, arena, hidden);
    }
    if (value->type != JSON_ARRAY && value->type != JSON_OBJECT) {
        return value;
    }
    struct json *copy = json_new(arena, value->type);
    for (size_t i = 0; i < value->count; i++) {
        const struct json_member *member = &value->members[i];
        const struct json *inner =
            engine_digest_seal(engine, arena, member->value);
        if (value->type == JSON_ARRAY) {
            json_push(arena, copy, inner);
        } else {
            json_set(arena, copy, member->key, inner);
        }
    }
    return copy;
}
