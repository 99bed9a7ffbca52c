/* SPDX-License-Identifier: Apache-2.0 */
/* XML without secrets, byte for byte but for the texts of the elements
 * concerned. A scanner of its own over the raw text, because the tree knows no
 * places; whether the text is well-formed is found out first, by expat. Start
 * at recording_redactor_xml(). */
#include "recording/private.h"

#include "xml/xml.h"

enum { DEEPEST = 80 };

struct scan {
    struct recording_redactor *redactor;
    struct arena *arena;
    const struct aws_call *call;
    struct str text;
    size_t at;
    struct member_path path;
    size_t before[DEEPEST]; /* the path's length outside of each element */
    size_t depth;
    struct buf out;
};

/* ---- names ---- */

static bool ends_name(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '/' ||
           c == '>';
}

/* Of "<ns:Value xsi:type=...>" the word Value. */
static struct str tag_name(struct str tag)
{
    struct str name = str_from(tag, tag.len > 1 && tag.ptr[1] == '/' ? 2 : 1);
    size_t len = 0;
    while (len < name.len && !ends_name(name.ptr[len])) {
        len++;
    }
    name = str_first(name, len);
    size_t colon = str_find(name, ':');
    return colon == STR_NOT_FOUND ? name : str_from(name, colon + 1);
}

/* In ec2's answers the members of the model begin with a small letter. */
static struct str model_name(struct scan *scan, struct str name)
{
    bool small = scan->call != NULL && scan->call->protocol == AWS_EC2 &&
                 name.len > 0 && name.ptr[0] >= 'a' && name.ptr[0] <= 'z';
    if (!small) {
        return name;
    }
    char *copy = (char *)(uintptr_t)arena_str(scan->arena, name).ptr;
    copy[0] = (char)(copy[0] - 'a' + 'A');
    return str_make(copy, name.len);
}

static void open_element(struct scan *scan, struct str name)
{
    if (scan->depth < DEEPEST) {
        size_t len = scan->path.text.len;
        scan->before[scan->depth] = len;
        /* <GetThingResponse><GetThingResult> is what the model begins in. */
        bool frame = scan->depth == 0 ||
                     (scan->depth == 1 && str_ends(name, STR("Result")));
        if (!frame) {
            (void)recording_member_path_enter(&scan->path, scan->call,
                                              model_name(scan, name));
        }
    }
    scan->depth++;
}

static void close_element(struct scan *scan)
{
    if (scan->depth > 0) {
        scan->depth--;
        if (scan->depth < DEEPEST) {
            recording_member_path_leave(&scan->path, scan->before[scan->depth]);
        }
    }
}

/* ---- texts ---- */

static uint32_t read_code(struct str entity)
{
    bool hex = entity.len > 1 && (entity.ptr[1] == 'x' || entity.ptr[1] == 'X');
    uint32_t code = 0;
    for (size_t i = hex ? 2 : 1; i < entity.len && code < 0x110000; i++) {
        char c = entity.ptr[i];
        uint32_t digit = c <= '9'   ? (uint32_t)(c - '0')
                         : c <= 'F' ? (uint32_t)(c - 'A') + 10
                                    : (uint32_t)(c - 'a') + 10;
        code = code * (hex ? 16 : 10) + digit;
    }
    return code;
}

static void add_utf8(uint32_t code, struct buf *out)
{
    if (code < 0x80) {
        buf_add_char(out, (char)code);
        return;
    }
    unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char marks[] = {0, 0xC0, 0xE0, 0xF0};
    buf_add_char(out, (char)(marks[more] | code >> (6 * more)));
    while (more-- > 0) {
        buf_add_char(out, (char)(0x80U | (code >> (6 * more) & 0x3FU)));
    }
}

/* "amp", "#39", "#x27" */
static void add_entity(struct str entity, struct buf *out)
{
    static const struct {
        const char *name;
        char meaning;
    } rows[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (str_eq(entity, str_of(rows[i].name))) {
            buf_add_char(out, rows[i].meaning);
            return;
        }
    }
    if (entity.len > 1 && entity.ptr[0] == '#') {
        add_utf8(read_code(entity), out);
    }
}

static struct str decode(struct scan *scan, struct str raw)
{
    if (str_find(raw, '&') == STR_NOT_FOUND) {
        return raw;
    }
    struct buf out = {0};
    struct str rest = raw;
    while (rest.ptr != NULL) {
        buf_add(&out, str_cut(&rest, '&'));
        if (rest.ptr != NULL) {
            add_entity(str_cut(&rest, ';'), &out);
        }
    }
    struct str text = arena_str(scan->arena, buf_str(&out));
    buf_free(&out);
    return text;
}

static struct str clean_text(struct scan *scan, struct str text)
{
    enum member_kind kind = recording_member_kind_of(scan->redactor->registry,
                                                     scan->call, &scan->path);
    if (kind == MEMBER_PLAIN) {
        text = recording_redactor_document(scan->redactor, scan->arena, NULL, 1,
                                           text);
    }
    return recording_redactor_member(scan->redactor, scan->arena, kind, text);
}

/* Blanks between elements are no member. */
static void put_text(struct scan *scan, struct str raw)
{
    if (str_trim(raw).len == 0) {
        buf_add(&scan->out, raw);
        return;
    }
    struct str text = decode(scan, raw);
    struct str clean = clean_text(scan, text);
    if (str_eq(clean, text)) {
        buf_add(&scan->out, raw);
    } else {
        xml_write_text(clean, &scan->out);
    }
}

/* ---- the scan ---- */

/* Up to and with `end`, or all. */
static struct str take_until(struct scan *scan, struct str end)
{
    struct str rest = str_from(scan->text, scan->at);
    size_t found = str_find_str(rest, end);
    struct str taken =
        found == STR_NOT_FOUND ? rest : str_first(rest, found + end.len);
    scan->at += taken.len;
    return taken;
}

/* A '>' in quotes ends no tag. */
static struct str take_tag(struct scan *scan)
{
    size_t start = scan->at;
    char quote = '\0';
    while (scan->at < scan->text.len) {
        char c = scan->text.ptr[scan->at++];
        if (quote != '\0') {
            quote = c == quote ? '\0' : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '>') {
            break;
        }
    }
    return str_from(str_first(scan->text, scan->at), start);
}

static void put_plain(struct scan *scan, struct str raw)
{
    buf_add(&scan->out,
            recording_redactor_text(scan->redactor, scan->arena, raw));
}

static void scan_cdata(struct scan *scan)
{
    static const struct str open = {"<![CDATA[", 9};
    static const struct str close = {"]]>", 3};
    struct str raw = take_until(scan, close);
    struct str text = str_from(str_first(raw, raw.len - close.len), open.len);
    buf_add(&scan->out, open);
    buf_add(&scan->out, clean_text(scan, text));
    buf_add(&scan->out, close);
}

static void scan_tag(struct scan *scan)
{
    struct str tag = take_tag(scan);
    struct str name = tag_name(tag);
    if (tag.ptr[1] == '/') {
        close_element(scan);
    } else {
        open_element(scan, name);
    }
    put_plain(scan, tag);
    if (tag.len > 2 && tag.ptr[tag.len - 2] == '/') {
        close_element(scan);
    }
}

static void scan_step(struct scan *scan)
{
    struct str rest = str_from(scan->text, scan->at);
    if (str_starts(rest, STR("<!--"))) {
        put_plain(scan, take_until(scan, STR("-->")));
    } else if (str_starts(rest, STR("<![CDATA["))) {
        scan_cdata(scan);
    } else if (str_starts(rest, STR("<?"))) {
        put_plain(scan, take_until(scan, STR("?>")));
    } else if (rest.ptr[0] == '<') {
        scan_tag(scan);
    } else {
        size_t len = str_find(rest, '<');
        len = len == STR_NOT_FOUND ? rest.len : len;
        scan->at += len;
        put_text(scan, str_first(rest, len));
    }
}

static void scan_all(struct scan *scan)
{
    scan->at = 0;
    scan->depth = 0;
    scan->path.text.len = 0;
    buf_clear(&scan->out);
    while (scan->at < scan->text.len) {
        scan_step(scan);
    }
}

bool recording_redactor_xml(struct recording_redactor *redactor,
                            struct arena *arena, const struct aws_call *call,
                            struct str text, struct str *ret_text)
{
    struct source source = {STR("answer"), text};
    struct diag diag;
    const struct xml *root = NULL;
    diag_init(&diag, arena);
    if (!xml_read(arena, &source, &root, &diag)) {
        return false;
    }
    struct scan scan = {
        .redactor = redactor, .arena = arena, .call = call, .text = text};
    uint64_t learned = redactor->learned;
    scan_all(&scan);
    if (redactor->learned != learned) {
        scan_all(&scan);
    }
    *ret_text = arena_str(arena, buf_str(&scan.out));
    buf_free(&scan.out);
    buf_free(&scan.path.text);
    return true;
}
