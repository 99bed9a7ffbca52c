/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fuzz targets have in common.
 *
 * Purpose:   a target turns bytes into what its room reads, and asserts what
 *            must hold of the result, whatever the bytes were.
 * Ownership: what is made lives in the arena given; fuzz_request() and
 *            fuzz_fields() borrow the bytes.
 * Errors:    assert(), which libFuzzer and ctest both see.
 */
#ifndef TESTS_FUZZ_SUPPORT_H
#define TESTS_FUZZ_SUPPORT_H

#include "base/diag.h"
#include "http/message.h"
#include "http/stream.h"
#include "json/json.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline struct str fuzz_text(const uint8_t *data, size_t size)
{
    return str_make((const char *)data, size);
}

/* The first byte as a number, which is cut off; 0 when there is none. */
unsigned fuzz_byte(struct str *rest);
/* The first line, which is cut off; STR_NONE becomes an empty text. */
struct str fuzz_line(struct str *rest);

/* Every complaint lies in its text, and can be printed. */
void fuzz_diag_check(const struct diag *diag);
/* NULL when it is no JSON; complaints are checked. */
const struct json *fuzz_json(struct arena *arena, struct str text);
struct str fuzz_canonical(struct arena *arena, const struct json *value);

/* "GET /path HTTP/1.1", header lines, an empty line, the body. Takes anything;
 * of a line that is no header the whole is the name. */
struct http_request fuzz_request(struct arena *arena, struct str text);
/* Only letters, digits and what else RFC 9110 allows in a token. */
bool fuzz_is_token(struct str text);
/* Some byte below a blank, but a tab, or 127. */
bool fuzz_has_control(struct str text);

/* Gives `rest` in portions whose lengths come from `cuts`, over and over, with
 * a WAIT where a cut is 0. Without cuts all at once. */
struct fuzz_source {
    struct http_source source; /* first, so that it can be cast */
    struct str rest;
    struct str cuts;
    size_t turn;
};
void fuzz_source_init(struct fuzz_source *source, struct str text,
                      struct str cuts);
/* Reads to the end, in portions of `size` at most. */
enum http_read fuzz_drain(struct http_source *source, size_t size,
                          struct buf *out);

#endif
