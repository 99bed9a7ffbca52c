/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hexadecimal digits.
 *
 * Purpose:   keys, hashes and percent escapes as text, and back.
 * Ownership: the caller brings the memory.
 * Callbacks: none.
 * Errors:    -1 or false.
 * Never:     writes a zero byte behind its digits.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/str.h"

/* 0 to 15, in either case; -1: not a digit. */
int hex_value(char c);
/* Two small digits a byte, so 2 * `len` characters. */
void hex_write(const unsigned char *bytes, size_t len, char *out);
/* False unless `text` is exactly the digits of `len` bytes. */
bool hex_read(struct str text, unsigned char *ret_bytes, size_t len);

#endif
