/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (RFC 4648), with padding.
 *
 * Purpose:   bytes as text, and back.
 * Ownership: results live in the caller's arena.
 * Callbacks: none.
 * Errors:    false; `*ret_bytes` is then as it was.
 * Never:     the alphabet of URLs.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/arena.h"

struct str base64_write(struct arena *arena, struct str bytes);
/* Only what base64_write() gives: so a text that is kept comes back the same.
 */
bool base64_read(struct arena *arena, struct str text, struct str *ret_bytes);
/* As others write it (RFC 2045): blanks and line breaks may stand anywhere, and
 * bits behind the last byte may be set. False: `*ret_wrong` is the byte that
 * cannot stand there, or the length of the text when its end comes too early.
 */
bool base64_read_loose(struct arena *arena, struct str text,
                       struct str *ret_bytes, size_t *ret_wrong);

#endif
