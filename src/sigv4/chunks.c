/* SPDX-License-Identifier: Apache-2.0 */
/* aws-chunked bodies whose chunks are signed, each over the one before it.
 * A signature always has 64 digits, so re-signing writes over it where it
 * stands and all other bytes of the framing pass as they came.
 * Start at read_chunks(), at the end; the steps stand above it in their order.
 */
#include "sigv4/private.h"

#include "base/buf.h"
#include "base/hex.h"
#include "base/mem.h"

enum {
    MAX_HEAD_LEN = 256,
    MAX_TRAILER_LEN = 16 * 1024,
    READ_LEAST = 512,
    READ_MOST = 64 * 1024,
};

/* One side's chain, as far as it has come. */
struct link {
    struct sigv4_key key;
    struct str amz_date;
    struct str scope;
    char previous[SIGV4_HEX_LEN];
};

enum step {
    STEP_HEAD,    /* the line "10000;chunk-signature=..." */
    STEP_CHUNK,   /* its bytes and the line end after them */
    STEP_TRAILER, /* what follows the chunk of size 0 */
    STEP_CLOSE,   /* nothing more may come */
    STEP_ENDED,
    STEP_BROKEN,
};

struct chunks {
    struct http_source source; /* first, so that it can be cast */
    struct http_source *inner;
    struct link from;
    struct link to;
    bool re_sign;
    size_t limit;
    enum step step;
    struct buf bytes; /* what was read and has not been given on */
    struct buf text;  /* the string to sign; kept for its memory */
    size_t ready;     /* bytes at the front that may be given on */
    size_t given;     /* of these */
    size_t head_len;  /* of the chunk at the front, line end included */
    size_t chunk_len;
    size_t wanted;      /* how many bytes `bytes` must hold for the next step */
    struct buf trailer; /* its lines so far, as they are signed */
    size_t line_at;     /* where its next line begins */
    size_t signature_at; /* where its signature stands; 0: not come yet */
};

static const struct http_fault mismatch_fault = {
    403, "SignatureDoesNotMatch",
    "The signature of a chunk of the body is not the one that the key of this "
    "request gives."};
static const struct http_fault incomplete_fault = {
    400, "IncompleteBody", "The body ended before its last chunk."};
static const struct http_fault framing_fault = {
    400, "InvalidChunkSizeError",
    "The body is not a row of signed chunks as its head says."};
static const struct http_fault too_large_fault = {
    400, "InvalidChunkSizeError",
    "A signed chunk of the body is larger than this proxy keeps at once "
    "(--chunk-limit)."};

static bool break_with(struct chunks *chunks, const struct http_fault *fault)
{
    chunks->source.fault = fault;
    chunks->step = STEP_BROKEN;
    buf_free(&chunks->bytes);
    chunks->ready = 0;
    chunks->given = 0;
    return false;
}

/* ---- signatures ---- */

static void add_line(struct buf *text, struct str line)
{
    buf_add(text, line);
    buf_add_char(text, '\n');
}

/* The next signature of a chain. For a chunk the hash of nothing stands before
 * that of the content: a place for chunk headers, which do not exist yet. */
static void sign_next(struct link *link, struct buf *text, bool is_trailer,
                      struct str content)
{
    unsigned char hash[SIGV4_HASH_LEN];
    char hex[SIGV4_HEX_LEN];
    buf_clear(text);
    add_line(text, is_trailer ? STR("AWS4-HMAC-SHA256-TRAILER")
                              : STR("AWS4-HMAC-SHA256-PAYLOAD"));
    add_line(text, link->amz_date);
    add_line(text, link->scope);
    add_line(text, str_make(link->previous, SIGV4_HEX_LEN));
    if (!is_trailer) {
        add_line(text, STR(SIGV4_EMPTY_HASH));
    }
    sigv4_sha256(content, hash);
    sigv4_hex(hash, hex);
    buf_add(text, str_make(hex, SIGV4_HEX_LEN));
    sigv4_key_mac(&link->key, buf_str(text), hash);
    sigv4_hex(hash, link->previous);
}

/* Compares the signature that stands in the bytes, then writes ours over it. */
static bool pass_signature(struct chunks *chunks, size_t at, bool is_trailer,
                           struct str content)
{
    char *place = chunks->bytes.bytes + at;
    sign_next(&chunks->from, &chunks->text, is_trailer, content);
    if (!sigv4_equal_constant_time(
            str_make(place, SIGV4_HEX_LEN),
            str_make(chunks->from.previous, SIGV4_HEX_LEN))) {
        return break_with(chunks, &mismatch_fault);
    }
    if (chunks->re_sign) {
        sign_next(&chunks->to, &chunks->text, is_trailer, content);
        memcpy(place, chunks->to.previous, SIGV4_HEX_LEN);
    }
    return true;
}

/* ---- steps: true when there may be more to do without reading ---- */

static const char signature_key[] = "chunk-signature=";
enum { SIGNATURE_KEY_LEN = sizeof(signature_key) - 1 };

static bool read_size(struct str text, size_t *ret_value)
{
    size_t value = 0;
    if (text.len == 0 || text.len > 15) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        int digit = hex_value(text.ptr[i]);
        if (digit < 0) {
            return false;
        }
        value = value * 16 + (size_t)digit;
    }
    *ret_value = value;
    return true;
}

/* "10000;chunk-signature=<64 digits>", without its line end. */
static bool parse_head(struct str line, size_t *ret_len)
{
    struct str rest = line;
    struct str size = str_cut(&rest, ';');
    return read_size(size, ret_len) &&
           rest.len == SIGNATURE_KEY_LEN + SIGV4_HEX_LEN &&
           str_starts(rest, str_of(signature_key)) &&
           sigv4_is_hex64(str_from(rest, SIGNATURE_KEY_LEN), false);
}

static bool step_head(struct chunks *chunks)
{
    struct str all = buf_str(&chunks->bytes);
    size_t end = str_find_str(all, STR("\r\n"));
    if (end == STR_NOT_FOUND) {
        chunks->wanted = all.len + 1;
        return all.len <= MAX_HEAD_LEN || break_with(chunks, &framing_fault);
    }
    if (!parse_head(str_first(all, end), &chunks->chunk_len)) {
        return break_with(chunks, &framing_fault);
    }
    if (chunks->chunk_len > chunks->limit) {
        return break_with(chunks, &too_large_fault);
    }
    chunks->head_len = end + 2;
    if (chunks->chunk_len > 0) {
        chunks->wanted = chunks->head_len + chunks->chunk_len + 2;
        chunks->step = STEP_CHUNK;
        return true;
    }
    chunks->wanted = chunks->head_len + 2;
    chunks->line_at = chunks->head_len;
    chunks->step = STEP_TRAILER;
    return pass_signature(chunks, end - SIGV4_HEX_LEN, false, STR(""));
}

static bool step_chunk(struct chunks *chunks)
{
    struct str all = buf_str(&chunks->bytes);
    struct str content =
        str_make(all.ptr + chunks->head_len, chunks->chunk_len);
    size_t end = chunks->head_len + chunks->chunk_len;
    if (!str_eq(str_make(all.ptr + end, 2), STR("\r\n"))) {
        return break_with(chunks, &framing_fault);
    }
    chunks->ready = chunks->wanted;
    chunks->wanted = chunks->ready + 1;
    chunks->step = STEP_HEAD;
    return pass_signature(chunks, chunks->head_len - 2 - SIGV4_HEX_LEN, false,
                          content);
}

static bool close_at(struct chunks *chunks, size_t len)
{
    if (chunks->bytes.len != len) {
        return break_with(chunks, &framing_fault);
    }
    chunks->wanted = len + 1;
    chunks->step = STEP_CLOSE;
    return true;
}

/* Appends "name:value\n" as the trailer's signature covers it. */
static bool add_trailer_line(struct buf *signed_text, struct str line)
{
    struct str value = line;
    struct str name = str_trim(str_cut(&value, ':'));
    if (name.len == 0 || value.ptr == NULL) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        buf_add_char(signed_text,
                     c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    buf_add_char(signed_text, ':');
    add_line(signed_text, str_trim(value));
    return true;
}

/* One line of the trailer, its end cut off; false when it is damaged. */
static bool take_trailer_line(struct chunks *chunks, struct str line)
{
    struct str value = line;
    struct str name = str_cut(&value, ':');
    if (!str_eq_nocase(name, STR("x-amz-trailer-signature"))) {
        return line.len == 0 || add_trailer_line(&chunks->trailer, line);
    }
    value = str_trim(value);
    chunks->signature_at = (size_t)(value.ptr - chunks->bytes.bytes);
    return sigv4_is_hex64(value, false);
}

/*
 * Lines "name:value", then "x-amz-trailer-signature:<64 digits>" and an empty
 * one. Some clients end lines with LF alone and put an empty line before the
 * signature. Each line is looked at once, however slowly they come.
 */
static bool step_trailer(struct chunks *chunks)
{
    struct str all = buf_str(&chunks->bytes);
    if (str_starts(str_from(all, chunks->head_len), STR("\r\n"))) {
        return close_at(chunks, chunks->head_len + 2);
    }
    if (all.len - chunks->head_len > MAX_TRAILER_LEN) {
        return break_with(chunks, &framing_fault);
    }
    for (;;) {
        size_t at = chunks->line_at;
        size_t end = str_find(str_from(all, at), '\n');
        if (end == STR_NOT_FOUND) {
            chunks->wanted = all.len + 1;
            return true;
        }
        struct str line = str_trim(str_make(all.ptr + at, end));
        chunks->line_at = at + end + 1;
        if (chunks->signature_at > 0) {
            return line.len == 0
                       ? pass_signature(chunks, chunks->signature_at, true,
                                        buf_str(&chunks->trailer)) &&
                             close_at(chunks, chunks->line_at)
                       : break_with(chunks, &framing_fault);
        }
        if (!take_trailer_line(chunks, line)) {
            return break_with(chunks, &framing_fault);
        }
    }
}

/* A byte after the end. */
static bool step_close(struct chunks *chunks)
{
    return break_with(chunks, &framing_fault);
}

static bool (*const steps[])(struct chunks *) = {
    [STEP_HEAD] = step_head,
    [STEP_CHUNK] = step_chunk,
    [STEP_TRAILER] = step_trailer,
    [STEP_CLOSE] = step_close,
};

/* ---- the source ---- */

static enum http_read give_ready(struct chunks *chunks, char *dst, size_t size,
                                 size_t *ret_len)
{
    size_t len = chunks->ready - chunks->given;
    len = len < size ? len : size;
    memcpy(dst, chunks->bytes.bytes + chunks->given, len);
    chunks->given += len;
    *ret_len = len;
    if (chunks->given == chunks->ready) {
        buf_drop_front(&chunks->bytes, chunks->ready);
        chunks->wanted -= chunks->ready;
        chunks->ready = 0;
        chunks->given = 0;
    }
    return HTTP_READ_SOME;
}

/* The last bytes are released only here, so that what is cut short or followed
 * by more is never whole upstream. */
static void end_inner(struct chunks *chunks)
{
    if (chunks->step != STEP_CLOSE) {
        (void)break_with(chunks, &incomplete_fault);
        return;
    }
    chunks->step = STEP_ENDED;
    chunks->ready = chunks->bytes.len;
    chunks->wanted = chunks->ready;
}

static enum http_read pull(struct chunks *chunks)
{
    size_t len = chunks->wanted - chunks->bytes.len;
    len = len < READ_LEAST ? READ_LEAST : len;
    len = len < READ_MOST ? len : READ_MOST;
    buf_reserve(&chunks->bytes, len);
    size_t got = 0;
    enum http_read result = http_source_read(
        chunks->inner, chunks->bytes.bytes + chunks->bytes.len, len, &got);
    if (result == HTTP_READ_SOME) {
        chunks->bytes.len += got;
    } else if (result == HTTP_READ_END) {
        end_inner(chunks);
    } else if (result == HTTP_READ_BROKEN) {
        (void)break_with(chunks, chunks->inner->fault);
    }
    return result;
}

static enum http_read read_chunks(struct http_source *self, char *dst,
                                  size_t size, size_t *ret_len)
{
    struct chunks *chunks = (struct chunks *)self;
    *ret_len = 0;
    for (;;) {
        if (chunks->ready > 0) {
            return give_ready(chunks, dst, size, ret_len);
        }
        if (chunks->step == STEP_BROKEN) {
            return HTTP_READ_BROKEN;
        }
        if (chunks->step == STEP_ENDED) {
            return HTTP_READ_END;
        }
        if (chunks->bytes.len >= chunks->wanted) {
            (void)steps[chunks->step](chunks);
        } else if (pull(chunks) == HTTP_READ_WAIT) {
            return HTTP_READ_WAIT;
        }
    }
}

static void watch_inner(struct http_source *self, struct timers *timers,
                        struct timer *watcher)
{
    struct chunks *chunks = (struct chunks *)self;
    http_source_watch(chunks->inner, timers, watcher);
}

static void init_link(struct arena *arena, struct link *link,
                      const struct sigv4_chain *chain)
{
    link->key = chain->key;
    link->amz_date = arena_str(arena, chain->amz_date);
    link->scope = sigv4_scope_text(arena, &chain->scope);
    if (chain->seed.len == SIGV4_HEX_LEN) {
        memcpy(link->previous, chain->seed.ptr, SIGV4_HEX_LEN);
    }
}

struct http_source *sigv4_chunks(struct arena *arena, struct http_source *inner,
                                 const struct sigv4_chain *from,
                                 const struct sigv4_chain *to,
                                 size_t chunk_limit)
{
    struct chunks *chunks = ARENA_NEW(arena, struct chunks);
    chunks->source.read = read_chunks;
    chunks->source.watch = watch_inner;
    chunks->inner = inner;
    chunks->limit = chunk_limit;
    chunks->wanted = 1;
    init_link(arena, &chunks->from, from);
    if (to != NULL) {
        init_link(arena, &chunks->to, to);
        chunks->re_sign = true;
    }
    return &chunks->source;
}

void sigv4_chunks_free(struct http_source *source)
{
    if (source == NULL) {
        return;
    }
    struct chunks *chunks = (struct chunks *)source;
    buf_free(&chunks->bytes);
    buf_free(&chunks->text);
    buf_free(&chunks->trailer);
    mem_wipe(&chunks->from.key, sizeof(chunks->from.key));
    mem_wipe(&chunks->to.key, sizeof(chunks->to.key));
    chunks->step = STEP_BROKEN;
}
