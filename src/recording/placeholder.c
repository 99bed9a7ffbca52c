/* SPDX-License-Identifier: Apache-2.0 */
/* What stands for a secret: how placeholders are made, and known again by
 * their shape. Here because redactor, reader and the search for secrets must
 * agree on it. Start at recording_placeholder_make(). */
#include "recording/private.h"

#include "base/base64.h"

#define WORD       "redacted-"
#define KEY_WORD   "REDACTED"
#define WORD_LEN   (sizeof(WORD) - 1)
#define KEY_LEN    (sizeof(KEY_WORD) - 1)
#define WORD_IN_64 "cmVkYWN0ZWQt"

enum { NUMBER_VALUES = 100000, NUMBER_PROOFS = 10000, NUMBER_LEN = 10 };

struct str recording_placeholder_make(struct arena *arena, uint64_t hash)
{
    return arena_printf(arena, WORD "%016llx", (unsigned long long)hash);
}

/* Must not look like a key: no scanner shall find one in a recording. */
struct str recording_placeholder_access_key(struct arena *arena, uint64_t hash)
{
    return arena_printf(arena, KEY_WORD "%012llX",
                        (unsigned long long)(hash >> 16));
}

struct str recording_placeholder_account(struct arena *arena, uint64_t hash)
{
    return arena_printf(arena, "0000%08u", (unsigned)(hash % 100000000U));
}

/* ---- numbers ---- */

static unsigned number_proof(const unsigned char key[RECORDING_KEY_SIZE],
                             struct str value)
{
    return (unsigned)(recording_key_hash(key, "proof", value) % NUMBER_PROOFS);
}

/* "1", five digits of the hash, four of a hash of these: an int32, for there
 * are clients that read nothing larger. */
struct str
recording_placeholder_number(struct arena *arena,
                             const unsigned char key[RECORDING_KEY_SIZE],
                             struct str number)
{
    unsigned value =
        (unsigned)(recording_key_hash(key, "number", number) % NUMBER_VALUES);
    struct str digits = arena_printf(arena, "1%05u", value);
    return arena_printf(arena, "%.*s%04u", STR_ARG(digits),
                        number_proof(key, digits));
}

bool recording_placeholder_may_be_number(struct str number)
{
    uint64_t value = 0;
    return number.len == NUMBER_LEN && number.ptr[0] == '1' &&
           str_to_u64(number, &value);
}

bool recording_placeholder_is_number(
    const unsigned char key[RECORDING_KEY_SIZE], struct str number)
{
    uint64_t proof = 0;
    return recording_placeholder_may_be_number(number) &&
           str_to_u64(str_from(number, 6), &proof) &&
           proof == number_proof(key, str_first(number, 6));
}

/* ---- shapes ---- */

static bool all_hex(struct str text, char first_letter)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!str_is_digit(c) && !(c >= first_letter && c <= first_letter + 5)) {
            return false;
        }
    }
    return true;
}

struct str recording_placeholder_at(struct str text)
{
    if (text.len >= PLACEHOLDER_LEN && str_starts(text, STR(WORD))) {
        struct str whole = str_first(text, PLACEHOLDER_LEN);
        return all_hex(str_from(whole, WORD_LEN), 'a') ? whole : STR_NONE;
    }
    if (text.len >= ACCESS_KEY_LEN && str_starts(text, STR(KEY_WORD))) {
        struct str whole = str_first(text, ACCESS_KEY_LEN);
        return all_hex(str_from(whole, KEY_LEN), 'A') ? whole : STR_NONE;
    }
    return STR_NONE;
}

bool recording_placeholder_is(struct str text)
{
    struct str found = recording_placeholder_at(text);
    return found.ptr != NULL && found.len == text.len;
}

bool recording_placeholder_is_base64(struct str text)
{
    if (!str_starts(text, STR(WORD_IN_64))) {
        return false;
    }
    struct arena *arena = arena_new();
    struct str bytes = STR_NONE;
    bool is =
        base64_read(arena, text, &bytes) && recording_placeholder_is(bytes);
    arena_free(arena);
    return is;
}

bool recording_account_is_at(struct str text, size_t at)
{
    if (text.len < ACCOUNT_LEN || at > text.len - ACCOUNT_LEN ||
        (at > 0 && str_is_digit(text.ptr[at - 1]))) {
        return false;
    }
    size_t len = 0;
    while (at + len < text.len && len <= ACCOUNT_LEN &&
           str_is_digit(text.ptr[at + len])) {
        len++;
    }
    return len == ACCOUNT_LEN;
}
