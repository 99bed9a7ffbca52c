/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a response, line by line. Here because interim heads, trailers
 * and folded lines are a matter of their own. Start at head_take(). */
#include "upstream/private.h"

#include <assert.h>

/* The server could not pass on a longer one; AWS's have some hundred bytes, and
 * hardly 8 KB with all metadata that S3 allows. */
enum { HEAD_LIMIT = 12 * 1024 };

void head_init(struct head *head)
{
    *head = (struct head){.length = -1};
}

/* "HTTP/1.1 200 OK": a new head begins, what an interim one held goes. */
static enum head_step take_status(struct head *head, struct str line)
{
    const struct str version = STR("HTTP/1.");
    const size_t code = sizeof("HTTP/1.1 ") - 1;
    uint64_t status;
    struct str rest = str_from(line, code);
    if (!str_starts(line, version) || line.len < code + 3 ||
        !str_is_digit(line.ptr[version.len]) || line.ptr[code - 1] != ' ' ||
        !str_to_u64(str_first(rest, 3), &status) || status < 100 ||
        (rest.len > 3 && rest.ptr[3] != ' ')) {
        return HEAD_BAD;
    }
    head->headers.count = 0;
    *head = (struct head){
        .status = (int)status,
        .bytes = head->bytes,
        .begun = true,
        .lasts = line.ptr[version.len] != '0',
        .old = line.ptr[version.len] == '0',
        .length = -1,
        .headers = head->headers,
    };
    return HEAD_MORE;
}

static enum head_step take_end(struct head *head)
{
    enum { SWITCHING = 101 };
    /* Nobody asked for another protocol. */
    if (head->status == SWITCHING) {
        return HEAD_BAD;
    }
    if (head->status < 200) {
        head->begun = false;
        return HEAD_INTERIM;
    }
    head->whole = true;
    /* RFC 9112, 6.1: one that is too old for chunks may not mean them. */
    head->lasts &= !head->closes && !(head->old && head->chunked);
    if (head->hops) {
        http_headers_drop_hop_by_hop(&head->headers);
    }
    return HEAD_WHOLE;
}

/* ---- What the headers say of the connection and the body ---- */

enum note {
    NOTE_KEEP,
    NOTE_DROP, /* of this hop only */
    NOTE_BAD,  /* it contradicts itself, or what came before */
};

/* Headers that it names are of this hop too: rare, so it is kept till the end
 * for http_headers_drop_hop_by_hop(). */
static enum note note_connection(struct head *head, struct str value)
{
    enum note note = NOTE_DROP;
    bool close = false;
    while (value.len > 0) {
        struct str word = str_trim(str_cut(&value, ','));
        if (str_eq_nocase(word, STR("close"))) {
            close = true;
        } else if (str_eq_nocase(word, STR("keep-alive"))) {
            head->lasts = true;
        } else {
            head->hops = true;
            note = NOTE_KEEP;
        }
    }
    head->closes |= close;
    return note;
}

/* Other codings were not asked for (there is no TE), and none is known. */
static enum note note_coding(struct head *head, struct str value)
{
    bool again = head->chunked;
    head->chunked = true;
    return !again && str_eq_nocase(value, STR("chunked")) ? NOTE_DROP
                                                          : NOTE_BAD;
}

static enum note note_length(struct head *head, struct str value)
{
    uint64_t length;
    bool again = head->length >= 0;
    if (!str_to_u64(value, &length) || length > INT64_MAX ||
        (again && (uint64_t)head->length != length)) {
        return NOTE_BAD;
    }
    head->length = (int64_t)length;
    return again ? NOTE_DROP : NOTE_KEEP;
}

static enum note note_hop(struct head *head, struct str value)
{
    (void)head;
    (void)value;
    return NOTE_DROP;
}

static const struct noted {
    struct str name;
    enum note (*note)(struct head *head, struct str value);
} noted[] = {
    {{"connection", 10}, note_connection},
    {{"content-length", 14}, note_length},
    {{"transfer-encoding", 17}, note_coding},
    {{"keep-alive", 10}, note_hop},
    {{"te", 2}, note_hop},
    {{"trailer", 7}, note_hop},
    {{"upgrade", 7}, note_hop},
};

static const struct noted *find_noted(struct str name)
{
    static const struct noted proxys = {{"proxy-", 6}, note_hop};
    for (size_t i = 0; i < sizeof(noted) / sizeof(noted[0]); i++) {
        if (noted[i].name.len == name.len &&
            str_eq_nocase(noted[i].name, name)) {
            return &noted[i];
        }
    }
    bool proxy = (name.ptr[0] == 'p' || name.ptr[0] == 'P') &&
                 str_eq_nocase(str_first(name, proxys.name.len), proxys.name);
    return proxy ? &proxys : NULL;
}

/* ---- Lines ---- */

/* RFC 9112, 5.2: a fold is read as one blank; none is taken where the value has
 * been acted upon. The value is given room to grow,
 * or a head of nothing but folds would take its length times their number. */
static enum head_step take_fold(struct head *head, struct arena *arena,
                                struct str line)
{
    if (!head->folds) {
        return HEAD_BAD;
    }
    struct str *value = &head->headers.at[head->headers.count - 1].value;
    struct str more = str_trim(line);
    size_t len = value->len + 1 + more.len;
    if (len >= head->fold_room) {
        head->fold_room = 2 * len + 1;
        char *bytes = arena_alloc(arena, head->fold_room);
        memcpy(bytes, value->ptr, value->len);
        head->fold = bytes;
    }
    head->fold[value->len] = ' ';
    memcpy(head->fold + value->len + 1, more.ptr, more.len);
    *value = str_make(head->fold, len);
    return HEAD_MORE;
}

/* A copy without its end. RFC 9112, 2.2: a CR elsewhere is read as a blank, or
 * it could be the end of a line to whoever reads it next. */
static struct str take_line(struct arena *arena, struct str line)
{
    line.len -= str_ends(line, STR("\n")) ? 1 : 0;
    line.len -= str_ends(line, STR("\r")) ? 1 : 0;
    char *bytes = arena_alloc(arena, line.len + 1);
    if (line.len > 0) {
        memcpy(bytes, line.ptr, line.len);
    }
    char *odd = bytes;
    while ((odd = memchr(odd, '\r', line.len - (size_t)(odd - bytes))) !=
           NULL) {
        *odd = ' ';
    }
    return str_make(bytes, line.len);
}

static enum head_step take_header(struct head *head, struct arena *arena,
                                  struct str line)
{
    size_t colon = str_find(line, ':');
    if (colon == STR_NOT_FOUND) {
        return HEAD_BAD;
    }
    struct str name = str_trim(str_first(line, colon));
    struct str value = str_trim(str_from(line, colon + 1));
    if (!http_is_token(name) || head->headers.count == HTTP_HEADERS_MAX) {
        return HEAD_BAD;
    }
    const struct noted *row = find_noted(name);
    enum note note = row != NULL ? row->note(head, value) : NOTE_KEEP;
    if (note == NOTE_KEEP) {
        /* Both lie in one copy of the line. */
        http_headers_borrow(arena, &head->headers, name, value);
    }
    head->fold_room = 0;
    head->folds = row == NULL;
    return note == NOTE_BAD ? HEAD_BAD : HEAD_MORE;
}

enum head_step head_take(struct head *head, struct arena *arena,
                         struct str line)
{
    assert(!head->whole);
    head->bytes += line.len;
    if (head->bytes > HEAD_LIMIT || str_find(line, '\0') != STR_NOT_FOUND) {
        return HEAD_BAD;
    }
    line = take_line(arena, line);
    if (!head->begun) {
        return take_status(head, line);
    }
    if (line.len == 0) {
        return take_end(head);
    }
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
        return take_fold(head, arena, line);
    }
    return take_header(head, arena, line);
}
