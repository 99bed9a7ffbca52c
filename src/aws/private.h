/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share: the registry's insides and how a REST
 * request is matched. Ownership: all of it lives in the registry's arena. */
#ifndef AWS_PRIVATE_H
#define AWS_PRIVATE_H

#include "aws/aws.h"

struct text_list {
    struct str *at;
    size_t count;
};

/* An operation with the facts that only this room needs. */
struct model_operation {
    struct aws_operation facts; /* first: a facts pointer is one of these */
    struct str method;          /* REST; STR_NONE else */
    struct str path;            /* "/{Bucket}/{Key+}" */
    struct str query;           /* "tagging", "list-type=2"; constants only */
    struct text_list need_query;
    struct text_list need_headers;
    bool old; /* a newer operation has the same URI */
    struct text_list sensitive;
};

struct model {
    struct model_operation *operations; /* by name, sorted */
    size_t count;
    /* A URI may begin with anything ("/{Bucket}"), so that no part of a path
     * can be told to be a prefix. */
    bool open_start;
};

/* Where a service differs from PREFIX.REGION.SUFFIX. */
struct site {
    struct str where;  /* a partition or a region */
    struct str host;   /* may hold {region} */
    struct str region; /* signing region; empty: the caller's */
};

struct service {
    struct aws_service facts; /* first, as above */
    unsigned speaks;          /* bit by enum aws_protocol */
    struct text_list only;    /* operations, where a target prefix is shared */
    struct site *sites;
    size_t site_count;
    struct model *model; /* NULL: not asked for yet, or has none */
};

struct aws_registry {
    struct arena *arena;
    struct service *services; /* by name, sorted */
    size_t count;
    /* Those with a target prefix, by it and then by name. */
    const struct service **targets;
    size_t target_count;
    bool routes_read;
    struct json_limits limits; /* of bodies, both ways */
};

/* ---- request.c ---- */

/* STR_NONE, or that the text goes beyond the limits, and which options set
 * them. */
struct str aws_beyond(const struct aws_registry *registry, struct arena *arena,
                      struct str text);

/* ---- service.c ---- */

struct service *service_find(const struct aws_registry *registry,
                             struct str name);
/* Where in `targets` those of a prefix begin. */
size_t service_first_target(const struct aws_registry *registry,
                            struct str prefix);
bool service_speaks(const struct service *service, enum aws_protocol protocol);
/* Parses a built-in file; damage is a bug of the build, not of the world. */
const struct json *aws_asset_parse(struct arena *arena, struct str name);
/* A list of strings, copied. */
struct text_list aws_text_list_read(struct arena *arena,
                                    const struct json *array);
/* A text of a row of a generated file, copied; STR_NONE when absent. */
struct str aws_row_text(struct arena *arena, const struct json *row,
                        const char *key);
bool aws_row_flag(const struct json *row, const char *key);
bool aws_text_list_has(const struct text_list *list, struct str text);

/* ---- model.c ---- */

/* The operations, parsed when first asked; NULL when there is no model. */
struct model *model_of(struct aws_registry *registry, struct service *service);
/* Method and URI only, for services without a model; NULL when unknown. */
struct model *routes_of(struct aws_registry *registry, struct service *service);
const struct model_operation *model_find(const struct model *model,
                                         struct str name);

/* ---- route.c ---- */

/* A REST request, cut up once. */
struct route_request {
    struct arena *arena;
    const struct http_request *request;
    struct str query;
    struct str *segments; /* of the raw path, between slashes */
    size_t count;
};
void route_request_read(struct arena *arena, const struct http_request *request,
                        struct route_request *ret_route);
/* The operation that fits best when `skip` segments are taken for a prefix;
 * NULL: none. `*score` is raised to its rank; lower ranks are ignored. */
const struct model_operation *route_find(const struct route_request *route,
                                         const struct model *model, size_t skip,
                                         int *score);

/* ---- cbor.c ---- */

void cbor_write_text(struct str text, struct buf *out);
void cbor_write_map(size_t members, struct buf *out);
/* A text member of a map; false when absent or the bytes are damaged. */
bool cbor_get_text(struct arena *arena, struct str bytes, struct str key,
                   struct str *ret_text);

#endif
