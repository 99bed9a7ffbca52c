/* SPDX-License-Identifier: Apache-2.0 */
/* Derived keys kept for the next call: a key is good for a whole day, and
 * deriving it costs as much as all the rest of a signature.
 * Start at sigv4_keys_get(). */
#include "sigv4/private.h"

#include "base/mem.h"

enum { SLOTS = 64, DATE_MAX = 8, NAME_MAX_LEN = 40, SECRET_MAX = 128 };

struct slot {
    char secret[SECRET_MAX];
    char date[DATE_MAX];
    char region[NAME_MAX_LEN];
    char service[NAME_MAX_LEN];
    size_t secret_len;
    size_t date_len;
    size_t region_len;
    size_t service_len;
    struct sigv4_key key;
};

struct sigv4_keys {
    struct slot slots[SLOTS];
};

struct sigv4_keys *sigv4_keys_new(void)
{
    return mem_new(sizeof(struct sigv4_keys));
}

void sigv4_keys_free(struct sigv4_keys *keys)
{
    if (keys != NULL) {
        mem_wipe(keys, sizeof(*keys));
        mem_free(keys);
    }
}

static bool fits(struct str secret, const struct sigv4_scope *scope)
{
    return secret.len <= SECRET_MAX && scope->date.len <= DATE_MAX &&
           scope->region.len <= NAME_MAX_LEN &&
           scope->service.len <= NAME_MAX_LEN;
}

static bool holds(const struct slot *slot, struct str secret,
                  const struct sigv4_scope *scope)
{
    return sigv4_equal_constant_time(str_make(slot->secret, slot->secret_len),
                                     secret) &&
           str_eq(str_make(slot->date, slot->date_len), scope->date) &&
           str_eq(str_make(slot->region, slot->region_len), scope->region) &&
           str_eq(str_make(slot->service, slot->service_len), scope->service);
}

static size_t keep(char *room, struct str text)
{
    if (text.len > 0) {
        memcpy(room, text.ptr, text.len);
    }
    return text.len;
}

static void fill(struct slot *slot, struct str secret,
                 const struct sigv4_scope *scope)
{
    mem_wipe(slot, sizeof(*slot));
    slot->secret_len = keep(slot->secret, secret);
    slot->date_len = keep(slot->date, scope->date);
    slot->region_len = keep(slot->region, scope->region);
    slot->service_len = keep(slot->service, scope->service);
    sigv4_derive_key(secret, scope, &slot->key);
}

void sigv4_keys_get(struct sigv4_keys *keys, struct str secret,
                    const struct sigv4_scope *scope, struct sigv4_key *ret_key)
{
    if (keys == NULL || !fits(secret, scope)) {
        sigv4_derive_key(secret, scope, ret_key);
        return;
    }
    /* Of two scopes that meet in a slot the later one stays. A secret differs
     * from another one in its last letters too. */
    struct str last = str_from(secret, secret.len > 8 ? secret.len - 8 : 0);
    uint64_t hash = str_hash(last) ^ str_hash(scope->region) * 3 ^
                    str_hash(scope->service) * 7;
    struct slot *slot = &keys->slots[hash % SLOTS];
    if (slot->secret_len == 0 || !holds(slot, secret, scope)) {
        fill(slot, secret, scope);
    }
    *ret_key = slot->key;
}

void sigv4_keys_forget(struct sigv4_keys *keys, struct str secret)
{
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &keys->slots[i];
        struct str held = str_make(slot->secret, slot->secret_len);
        if (held.len > 0 && sigv4_equal_constant_time(held, secret)) {
            mem_wipe(slot, sizeof(*slot));
        }
    }
}
