/* SPDX-License-Identifier: Apache-2.0 */
/* What fuzz targets have in common. Here so that each of them stays a page.
 * Start at fuzz_request(). */
#include "support.h"

unsigned fuzz_byte(struct str *rest)
{
    if (rest->len == 0) {
        return 0;
    }
    unsigned byte = (unsigned char)rest->ptr[0];
    *rest = str_from(*rest, 1);
    return byte;
}

struct str fuzz_line(struct str *rest)
{
    struct str line = str_cut(rest, '\n');
    return line.ptr != NULL ? line : STR("");
}

void fuzz_diag_check(const struct diag *diag)
{
    struct buf out = {0};
    size_t count = 0;
    for (const struct diag_item *i = diag->first; i != NULL; i = i->next) {
        assert(i->message.len > 0);
        assert(i->span.start <= i->span.end);
        assert(i->source == NULL || i->span.end <= i->source->text.len);
        count++;
    }
    assert(count == diag->count);
    diag_print(diag, &out);
    assert((out.len > 0) == (count > 0));
    buf_free(&out);
}

const struct json *fuzz_json(struct arena *arena, struct str text)
{
    static const struct json_limits limits = {.depth = 1024, .nodes = 1000000};
    struct source *source = ARENA_NEW(arena, struct source);
    *source = (struct source){STR("fuzz"), text};
    struct diag diag;
    diag_init(&diag, arena);
    const struct json *value = NULL;
    bool good = json_parse(arena, source, &limits, &value, &diag);
    assert(good == (diag.count == 0));
    fuzz_diag_check(&diag);
    return good ? value : NULL;
}

struct str fuzz_canonical(struct arena *arena, const struct json *value)
{
    struct buf out = {0};
    json_write_canonical(value, &out);
    struct str text = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return text;
}

static struct str without_cr(struct str line)
{
    return str_ends(line, STR("\r")) ? str_first(line, line.len - 1) : line;
}

static struct str skip_blanks(struct str text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text = str_from(text, 1);
    }
    return text;
}

struct http_request fuzz_request(struct arena *arena, struct str text)
{
    struct http_request request = {.target = STR("/"), .body = STR("")};
    struct str line = without_cr(fuzz_line(&text));
    request.method = str_cut(&line, ' ');
    if (line.len > 0) {
        request.target = str_first(line, str_find_last(line, ' '));
    }
    while (text.ptr != NULL) {
        line = without_cr(fuzz_line(&text));
        if (line.len == 0) {
            request.body = text.ptr != NULL ? text : STR("");
            break;
        }
        struct str value = line;
        struct str name = str_cut(&value, ':');
        http_headers_add(arena, &request.headers, name, skip_blanks(value));
    }
    return request;
}

bool fuzz_is_token(struct str text)
{
    const struct str odd = STR("!#$%&'*+-.^_`|~");
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                     (c >= 'A' && c <= 'Z');
        if (!alnum && str_find(odd, c) == STR_NOT_FOUND) {
            return false;
        }
    }
    return text.len > 0;
}

bool fuzz_has_control(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < ' ' && c != '\t') || c == 127) {
            return true;
        }
    }
    return false;
}

static enum http_read read_piece(struct http_source *self, char *dst,
                                 size_t size, size_t *ret_len)
{
    struct fuzz_source *source = (struct fuzz_source *)self;
    size_t cut = size;
    *ret_len = 0;
    if (source->rest.len == 0) {
        return HTTP_READ_END;
    }
    if (source->cuts.len > 0) {
        size_t turn = source->turn++;
        size_t lap = turn / source->cuts.len;
        cut = (unsigned char)source->cuts.ptr[turn % source->cuts.len];
        /* Later laps have no waits, so that each text comes to its end. */
        if (cut == 0 && lap == 0) {
            return HTTP_READ_WAIT;
        }
        cut = cut == 0 ? size : cut;
    }
    struct str piece = str_first(source->rest, cut < size ? cut : size);
    memcpy(dst, piece.ptr, piece.len);
    source->rest = str_from(source->rest, piece.len);
    *ret_len = piece.len;
    return HTTP_READ_SOME;
}

static void watch_nothing(struct http_source *self, struct timers *timers,
                          struct timer *watcher)
{
    (void)self;
    (void)timers;
    (void)watcher;
}

void fuzz_source_init(struct fuzz_source *source, struct str text,
                      struct str cuts)
{
    *source = (struct fuzz_source){
        .source = {.read = read_piece, .watch = watch_nothing},
        .rest = text,
        .cuts = cuts,
    };
}

enum http_read fuzz_drain(struct http_source *source, size_t size,
                          struct buf *out)
{
    char space[4096];
    size = size == 0 || size > sizeof(space) ? sizeof(space) : size;
    for (;;) {
        size_t len = 0;
        enum http_read result = http_source_read(source, space, size, &len);
        if (result == HTTP_READ_SOME) {
            assert(len > 0 && len <= size);
            buf_add(out, str_make(space, len));
        } else if (result != HTTP_READ_WAIT) {
            size_t more = 0;
            assert(http_source_read(source, space, size, &more) == result);
            return result;
        }
    }
}
