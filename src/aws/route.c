/* SPDX-License-Identifier: Apache-2.0 */
/* Which operation a REST request is: its method and path against the URI
 * templates of a service, then the constants in the query ("?tagging"), then
 * the members that an operation cannot do without.
 * Several may fit (PutObject, UploadPart, CopyObject): the most specific one
 * wins. Start at route_find(). */
#include "aws/private.h"

enum {
    MAX_SEGMENTS = 64, /* the rest of a longer path is one segment */
    SCORE_BASE = 1,
    SCORE_LITERAL = 4,
    SCORE_LABEL = 2,
    SCORE_TOLD_APART = 100, /* a constant or a needed member is there */
};

void route_request_read(struct arena *arena, const struct http_request *request,
                        struct route_request *ret_route)
{
    struct str path = http_target_path(request->target);
    *ret_route = (struct route_request){
        .arena = arena,
        .request = request,
        .query = http_target_query(request->target),
        .segments = ARENA_ARRAY(arena, struct str, MAX_SEGMENTS),
    };
    struct str rest = str_starts(path, STR("/")) ? str_from(path, 1) : path;
    if (rest.ptr == NULL) {
        rest = STR("");
    }
    while (ret_route->count + 1 < MAX_SEGMENTS && rest.ptr != NULL) {
        ret_route->segments[ret_route->count++] = str_cut(&rest, '/');
    }
    if (rest.ptr != NULL) {
        ret_route->segments[ret_route->count++] = rest;
    }
}

static bool is_label(struct str segment)
{
    return str_starts(segment, STR("{")) && str_ends(segment, STR("}"));
}

static bool is_greedy(struct str segment)
{
    return is_label(segment) && str_ends(segment, STR("+}"));
}

static bool match_one(struct str template, struct str segment, int *score)
{
    if (is_label(template)) {
        *score += SCORE_LABEL;
        return segment.len > 0;
    }
    *score += SCORE_LITERAL;
    return str_eq(template, segment);
}

static size_t cut_template(struct str path, struct str *ret_segments)
{
    size_t count = 0;
    struct str rest = str_from(path, 1);
    if (rest.ptr == NULL) {
        rest = STR("");
    }
    while (rest.ptr != NULL && count < MAX_SEGMENTS) {
        ret_segments[count++] = str_cut(&rest, '/');
    }
    return count;
}

/* A greedy label takes one segment or more, all but those that follow it. */
static bool match_path(struct str path, const struct str *segments,
                       size_t count, int *score)
{
    struct str want[MAX_SEGMENTS];
    size_t wanted = cut_template(path, want);
    size_t greedy = 0;
    while (greedy < wanted && !is_greedy(want[greedy])) {
        greedy++;
    }
    bool open = greedy < wanted;
    /* "/bucket/" is how one SDK writes "/bucket", and how some models write
     * what others write without the last slash. */
    if (!open) {
        count -= count > 1 && segments[count - 1].len == 0 ? 1 : 0;
        wanted -= wanted > 1 && want[wanted - 1].len == 0 ? 1 : 0;
        greedy = wanted;
    }
    if (open ? count < wanted : count != wanted) {
        return false;
    }
    for (size_t i = 0; i < greedy; i++) {
        if (!match_one(want[i], segments[i], score)) {
            return false;
        }
    }
    if (!open) {
        return true;
    }
    size_t taken = count - (wanted - 1);
    if (taken == 1 && segments[greedy].len == 0) {
        return false;
    }
    for (size_t i = greedy + 1; i < wanted; i++) {
        if (!match_one(want[i], segments[i + taken - 1], score)) {
            return false;
        }
    }
    *score += 1;
    return true;
}

/* "list-type=2" or "tagging", all of them. */
static bool match_constants(const struct route_request *route,
                            struct str constants, int *score)
{
    struct str rest = constants;
    while (rest.ptr != NULL && rest.len > 0) {
        struct str value = str_cut(&rest, '&');
        struct str name = str_cut(&value, '=');
        struct str found;
        if (!http_query_get(route->arena, route->query, name, &found)) {
            return false;
        }
        if (value.ptr != NULL && value.len > 0 && !str_eq(value, found)) {
            return false;
        }
        *score += SCORE_TOLD_APART;
    }
    return true;
}

static bool match_needs(const struct route_request *route,
                        const struct model_operation *operation, int *score)
{
    for (size_t i = 0; i < operation->need_query.count; i++) {
        struct str found;
        if (!http_query_get(route->arena, route->query,
                            operation->need_query.at[i], &found)) {
            return false;
        }
        *score += SCORE_TOLD_APART;
    }
    for (size_t i = 0; i < operation->need_headers.count; i++) {
        /* arena_str() put a zero byte behind it */
        if (http_headers_count(&route->request->headers,
                               operation->need_headers.at[i].ptr) == 0) {
            return false;
        }
        *score += SCORE_TOLD_APART;
    }
    return true;
}

static bool has_constant(struct str constants, struct str name)
{
    struct str rest = constants;
    while (rest.ptr != NULL && rest.len > 0) {
        struct str constant = str_cut(&rest, '&');
        if (str_eq(str_cut(&constant, '='), name)) {
            return true;
        }
    }
    return false;
}

/*
 * A name without a value is another operation ("PUT /bucket?newfeature"). A
 * change must not be taken for one that it is not; for a read it is harmless,
 * and SDKs do send empty parameters there ("?prefix=").
 */
static bool has_stray_flag(const struct route_request *route,
                           const struct model_operation *operation)
{
    struct str rest = route->query;
    while (rest.ptr != NULL && rest.len > 0) {
        struct str value = str_cut(&rest, '&');
        struct str name = str_cut(&value, '=');
        if (value.len == 0 && name.len > 0 &&
            !has_constant(operation->query, name) &&
            !aws_text_list_has(&operation->need_query, name)) {
            return true;
        }
    }
    return false;
}

static bool may_change(const struct model_operation *operation)
{
    return !operation->facts.reads && !str_eq(operation->method, STR("GET")) &&
           !str_eq(operation->method, STR("HEAD"));
}

static int rank_operation(const struct route_request *route,
                          const struct model_operation *operation, size_t skip)
{
    int score = operation->old ? SCORE_BASE : SCORE_BASE + 1;
    if (!str_eq(operation->method, route->request->method) ||
        !match_path(operation->path, route->segments + skip,
                    route->count - skip, &score) ||
        !match_constants(route, operation->query, &score) ||
        !match_needs(route, operation, &score) ||
        (may_change(operation) && has_stray_flag(route, operation))) {
        return 0;
    }
    return score;
}

const struct model_operation *route_find(const struct route_request *route,
                                         const struct model *model, size_t skip,
                                         int *score)
{
    const struct model_operation *best = NULL;
    if (skip >= route->count || (skip > 0 && model->open_start)) {
        return NULL;
    }
    for (size_t i = 0; i < model->count; i++) {
        struct arena_mark mark = arena_mark(route->arena);
        int rank = rank_operation(route, &model->operations[i], skip);
        arena_reset(route->arena, mark);
        if (rank > *score) {
            *score = rank;
            best = &model->operations[i];
        }
    }
    return best;
}
