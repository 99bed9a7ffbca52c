/* SPDX-License-Identifier: Apache-2.0 */
/* The page on standard output, from data on standard input or, as
 * `writer --live PATH`, live. Here so that the tests in a browser look at what
 * the program would write. */
#include "page/page.h"

#include <stdio.h>

static void read_all(FILE *file, struct buf *out)
{
    size_t got = 1;
    while (got > 0) {
        buf_reserve(out, 65536);
        got = fread(out->bytes + out->len, 1, 65536, file);
        out->len += got;
    }
}

int main(int argc, char **argv)
{
    struct buf data = {0};
    struct buf out = {0};
    if (argc == 3 && str_eq(str_of(argv[1]), STR("--live"))) {
        page_write_live(str_of(argv[2]), &out);
    } else {
        read_all(stdin, &data);
        page_write(buf_str(&data), &out);
    }
    size_t written = fwrite(out.bytes, 1, out.len, stdout);
    bool whole = written == out.len;
    buf_free(&data);
    buf_free(&out);
    return whole ? 0 : 1;
}
