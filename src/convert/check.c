/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into a tree from outside, and saying what is wrong with it and where.
 * Here because every reader asks the same way. Start at convert_wrong(). */
#include "convert/private.h"

void convert_wrong(struct convert_job *job, struct span span,
                   const char *format, ...)
{
    if (convert_is_enough(job)) {
        return;
    }
    va_list args;
    va_start(args, format);
    struct str message = arena_vprintf(job->arena, format, args);
    va_end(args);
    diag_add(job->errors, job->source, span, "%.*s", STR_ARG(message));
}

void convert_warn(struct convert_job *job, struct span span, const char *format,
                  ...)
{
    if (job->warnings->count >= CONVERT_ERRORS_MAX) {
        job->unheard++;
        return;
    }
    va_list args;
    va_start(args, format);
    struct str message = arena_vprintf(job->arena, format, args);
    va_end(args);
    diag_add(job->warnings, job->source, span, "%.*s", STR_ARG(message));
}

struct span convert_first_byte(const struct json *value)
{
    struct span span = value->span;
    /* An empty value has none. */
    span.end = span.end > span.start ? span.start + 1 : span.start;
    return span;
}

bool convert_is_enough(const struct convert_job *job)
{
    return job->errors->count >= CONVERT_ERRORS_MAX;
}

/* ---- lines without their values ---- */

/* Bytes of the character that begins here; 1 where it is no UTF-8. */
static size_t character_len(struct str text)
{
    unsigned char c = (unsigned char)text.ptr[0];
    size_t len = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    for (size_t i = 1; i < len; i++) {
        if (i == text.len || ((unsigned char)text.ptr[i] & 0xC0U) != 0x80U) {
            return 1;
        }
    }
    return len;
}

/* What stands behind the first colon, or all: shapes stay, so that one sees
 * where one is. As many characters as before, or columns would be wrong. */
static void veil_line(char *bytes, size_t start, size_t end)
{
    static const char *const veils[] = {"", ".", "\xC2\xB7", "\xE2\x80\xA6",
                                        "\xF0\x9F\x82\xA0"};
    const struct str shapes = STR(" \t\r:{}[]\",'");
    struct str line = str_make(bytes + start, end - start);
    size_t colon = str_find(line, ':');
    size_t at = colon == STR_NOT_FOUND ? 0 : colon;
    while (at < line.len) {
        size_t len = character_len(str_from(line, at));
        if (len > 1 || str_find(shapes, line.ptr[at]) == STR_NOT_FOUND) {
            memcpy(bytes + start + at, veils[len], len);
        }
        at += len;
    }
}

static void veil_item(struct str text, char *bytes, struct span span)
{
    size_t start = span.start < text.len ? span.start : text.len;
    size_t end = start;
    while (start > 0 && bytes[start - 1] != '\n') {
        start--;
    }
    while (end < text.len && bytes[end] != '\n') {
        end++;
    }
    veil_line(bytes, start, end);
}

static void veil_all(struct convert_job *job, struct diag *diag, char *bytes,
                     const struct source *veiled)
{
    for (struct diag_item *i = diag->first; i != NULL; i = i->next) {
        if (i->source == job->source) {
            veil_item(veiled->text, bytes, i->span);
            i->source = veiled;
        }
    }
}

void convert_veil(struct convert_job *job)
{
    if (job->errors->count + job->warnings->count == 0 ||
        job->source->text.len == 0) {
        return;
    }
    struct str text = job->source->text;
    char *bytes = arena_alloc(job->arena, text.len);
    memcpy(bytes, text.ptr, text.len);
    struct source *veiled = ARENA_NEW(job->arena, struct source);
    *veiled = (struct source){job->source->name, str_make(bytes, text.len)};
    veil_all(job, job->errors, bytes, veiled);
    veil_all(job, job->warnings, bytes, veiled);
}

/* ---- views ---- */

struct convert_view convert_view(struct convert_job *job,
                                 const struct json *object, const char *format,
                                 ...)
{
    va_list args;
    va_start(args, format);
    struct str name = arena_vprintf(job->arena, format, args);
    va_end(args);
    return (struct convert_view){job, name, object};
}

/* Speaks of one line at most. */
static void complain(const struct convert_view *view, const char *name,
                     const struct json *value, const char *wanted)
{
    if (view->object == NULL) {
        return; /* said already */
    }
    if (value == NULL) {
        convert_wrong(view->job, convert_first_byte(view->object),
                      "%.*s has no %s, which must be %s", STR_ARG(view->name),
                      name, wanted);
    } else {
        convert_wrong(view->job, convert_first_byte(value),
                      "%.*s.%s must be %s", STR_ARG(view->name), name, wanted);
    }
}

/* NULL, after a complaint where that is due. */
static const struct json *find(const struct convert_view *view,
                               const char *name, enum json_type type,
                               const char *wanted, bool required)
{
    const struct json *value = json_get(view->object, str_of(name));
    bool absent = value == NULL || (value->type == JSON_NULL && !required);
    if (json_is(value, type)) {
        return value;
    }
    if (!absent || required) {
        complain(view, name, value, wanted);
    }
    return NULL;
}

struct convert_view convert_view_object(const struct convert_view *view,
                                        const char *name, bool required)
{
    struct convert_view inner = {.job = view->job};
    inner.object = find(view, name, JSON_OBJECT, "an object", required);
    inner.name = arena_printf(view->job->arena, "%.*s%s%s", STR_ARG(view->name),
                              view->name.len > 0 ? "." : "", name);
    return inner;
}

const struct json *convert_view_array(const struct convert_view *view,
                                      const char *name, bool required)
{
    return find(view, name, JSON_ARRAY, "a list", required);
}

struct str convert_view_text(const struct convert_view *view, const char *name,
                             bool required)
{
    return json_text(find(view, name, JSON_STRING, "a text", required));
}

bool convert_view_int(const struct convert_view *view, const char *name,
                      int64_t least, int64_t most, bool required,
                      int64_t *ret_value)
{
    const struct json *value =
        find(view, name, JSON_NUMBER, "a number", required);
    if (value == NULL) {
        return false;
    }
    if (!(value->number >= (double)least && value->number <= (double)most)) {
        complain(view, name, value,
                 arena_printf(view->job->arena, "a number from %lld to %lld",
                              (long long)least, (long long)most)
                     .ptr);
        return false;
    }
    *ret_value = (int64_t)value->number;
    return true;
}

bool convert_scalar(struct convert_job *job, const struct json *value,
                    struct str *ret_text)
{
    struct buf text = {0};
    switch (value->type) {
    case JSON_STRING:
        *ret_text = value->text;
        return true;
    case JSON_NULL:
        *ret_text = STR("");
        return true;
    case JSON_ARRAY:
    case JSON_OBJECT:
        return false;
    default:
        json_write(value, &text);
        *ret_text = arena_str(job->arena, buf_str(&text));
        buf_free(&text);
        return true;
    }
}
