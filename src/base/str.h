/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A borrowed piece of text.
 *
 * Purpose:   pass text around without copying it or looking for a zero byte.
 * Ownership: a str owns nothing; whoever made the bytes keeps them alive.
 * Callbacks: none.
 * Errors:    none; an absent text is STR_NONE, whose ptr is NULL.
 * Never:     allocates.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *ptr;
    size_t len;
};

#define STR_NONE     ((struct str){NULL, 0})
#define STR(literal) ((struct str){"" literal "", sizeof(literal) - 1})
/* Two arguments for the format "%.*s". */
#define STR_ARG(s) (int)(s).len, ((s).ptr != NULL ? (s).ptr : "")

static inline struct str str_of(const char *zero_terminated)
{
    return (struct str){zero_terminated,
                        zero_terminated != NULL ? strlen(zero_terminated) : 0};
}

static inline struct str str_make(const char *ptr, size_t len)
{
    return (struct str){ptr, len};
}

static inline bool str_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What str_trim() takes off. */
static inline bool str_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* How many bytes from the start are ASCII, not below `least`, and neither `a`
 * nor `b`: eight at a time, so that some before the first other one may be left
 * over. */
static inline size_t str_skip_plain(struct str text, unsigned char least,
                                    unsigned char a, unsigned char b)
{
    const uint64_t each = 0x0101010101010101U;
    size_t len = 0;
    while (text.len - len >= sizeof(uint64_t)) {
        uint64_t bytes;
        memcpy(&bytes, text.ptr + len, sizeof(bytes));
        /* A byte's highest bit is set, or taking away sets it: by `least` from
         * what is less, by one from what is zero. */
        uint64_t odd = bytes | (bytes - each * least) |
                       ((bytes ^ each * a) - each) |
                       ((bytes ^ each * b) - each);
        if ((odd & each * 0x80) != 0) {
            break;
        }
        len += sizeof(bytes);
    }
    return len;
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Of two texts of one length. */
bool str_has_same_letters(struct str a, struct str b);
/* Equal but for the case of ASCII letters, which differ in one bit. Most texts
 * that are compared differ in their first or last letter: that is seen here. */
static inline bool str_eq_nocase(struct str a, struct str b)
{
    enum { CASE = 0x20 };
    return a.len == b.len &&
           (a.len == 0 ||
            ((a.ptr[0] | CASE) == (b.ptr[0] | CASE) &&
             (a.ptr[a.len - 1] | CASE) == (b.ptr[b.len - 1] | CASE) &&
             str_has_same_letters(a, b)));
}
/* Byte order, like strcmp. */
int str_compare(struct str a, struct str b);
/* The same of two struct str *, for qsort(). */
int str_compare_at(const void *a, const void *b);
bool str_starts(struct str text, struct str prefix);
bool str_ends(struct str text, struct str suffix);
bool str_contains(struct str text, struct str part);

#define STR_NOT_FOUND ((size_t)-1)
size_t str_find(struct str text, char c);
size_t str_find_last(struct str text, char c);
size_t str_find_str(struct str text, struct str part);

/* From byte `from` on; empty when that is past the end. */
struct str str_from(struct str text, size_t from);
/* The first `len` bytes, or all when there are fewer. */
struct str str_first(struct str text, size_t len);
/* Without blanks, tabs, CR and LF at both ends. */
struct str str_trim(struct str text);
/*
 * Cuts `*rest` at the first `c`: what stands before it is returned and `*rest`
 * becomes what follows. Without a `c` all is returned and `*rest` is STR_NONE.
 */
struct str str_cut(struct str *rest, char c);

/* A whole decimal number without sign; false when it is anything else. */
bool str_to_u64(struct str text, uint64_t *ret_value);
/* "1500ms", "2s", "1.5m", "1h", or bare seconds; false when malformed. */
bool str_to_duration_ms(struct str text, int64_t *ret_ms);
/* How many single-character edits lead from a to b ("did you mean"). */
size_t str_distance(struct str a, struct str b);
/* Bytes of the UTF-8 character at the start of `text`; 0 when it is none. */
size_t str_utf8_len(struct str text);
/* All of it, to the last byte. */
bool str_is_utf8(struct str text);
/* FNV-1a: for tables in memory, not for anything an attacker may choose. */
uint64_t str_hash(struct str text);

#endif
