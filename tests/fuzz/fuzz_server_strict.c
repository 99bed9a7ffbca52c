/* SPDX-License-Identifier: Apache-2.0 */
/* A request head cut up as leniently as libmicrohttpd does it. What the strict
 * check lets pass, read again line by line, leaves no room for another reading.
 * Start at LLVMFuzzerTestOneInput(). */
#include "server/private.h"
#include "support.h"

static void split_line(struct str line, struct strict_head *head)
{
    struct str rest = line;
    head->method = str_cut(&rest, ' ');
    while (str_starts(rest, STR(" "))) {
        rest = str_from(rest, 1);
    }
    size_t blank = str_find_last(rest, ' ');
    head->target = str_first(rest, blank);
    head->version = blank == STR_NOT_FOUND ? str_from(line, line.len)
                                           : str_from(rest, blank + 1);
}

static void split_field(struct arena *arena, struct strict_head *head,
                        struct str line)
{
    struct http_headers *headers = &head->headers;
    struct str value = line;
    struct str name = str_cut(&value, ':');
    value = value.ptr != NULL ? value : str_from(line, line.len);
    while (value.len > 0 && (value.ptr[0] == ' ' || value.ptr[0] == '\t')) {
        value = str_from(value, 1);
    }
    /* For its room; the texts must stay where they are. */
    http_headers_add(arena, headers, name, value);
    headers->at[headers->count - 1] = (struct http_header){name, value};
}

/* Bytes up to behind the empty line; 0 when there is none. */
static size_t split_head(struct arena *arena, struct str text,
                         struct strict_head *head)
{
    struct str rest = text;
    bool first = true;
    while (rest.ptr != NULL) {
        struct str line = str_cut(&rest, '\n');
        line.len -= str_ends(line, STR("\r")) ? 1 : 0;
        if (rest.ptr == NULL) {
            return 0;
        }
        if (line.len == 0 && !first) {
            return text.len - rest.len;
        }
        if (first) {
            split_line(line, head);
        } else {
            split_field(arena, head, line);
        }
        first = false;
    }
    return 0;
}

static size_t count_named(struct str head, struct str name)
{
    size_t count = 0;
    while (head.ptr != NULL) {
        struct str line = str_cut(&head, '\n');
        count += str_eq_nocase(str_cut(&line, ':'), name) ? 1 : 0;
    }
    return count;
}

/* Knows nothing of how the head was cut up. */
static void check_strict(struct str head, int64_t body_length)
{
    size_t lengths = count_named(head, STR("Content-Length"));
    size_t codings = count_named(head, STR("Transfer-Encoding"));
    assert(str_ends(head, STR("\r\n\r\n")));
    assert(lengths + codings <= 1);
    assert(body_length == -1 ? codings == 1 : body_length >= 0 && codings == 0);
    assert(count_named(head, STR("Host")) <= 1);
    for (struct str rest = head; rest.len > 0;) {
        struct str line = str_cut(&rest, '\n');
        assert(str_ends(line, STR("\r")));
        line.len--;
        assert(!fuzz_has_control(line));
        assert(line.len > 0 || rest.len == 0);
        assert(line.len == 0 || (line.ptr[0] != ' ' && line.ptr[0] != '\t'));
    }
    struct str line = str_first(head, str_find(head, '\r'));
    assert(fuzz_is_token(str_cut(&line, ' ')));
    assert(str_starts(line, STR("/")));
    (void)str_cut(&line, ' ');
    assert(str_eq(line, STR("HTTP/1.1")) || str_eq(line, STR("HTTP/1.0")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str text = fuzz_text(data, size);
    struct strict_head head = {0};
    int64_t length = 0;
    size_t head_size = split_head(arena, text, &head);
    if (head_size > 0) {
        struct strict_refusal one = strict_check(&head, &length);
        struct strict_refusal two =
            strict_check_space(&head, head_size, 64 * 1024, true);
        assert((one.sentence == NULL) == (one.status == 0));
        if (one.sentence == NULL && two.sentence == NULL) {
            check_strict(str_first(text, head_size), length);
        }
    }
    arena_free(arena);
    return 0;
}
