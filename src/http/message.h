/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP message as plain data (RFC 9110).
 *
 * Ownership: all text lives in the arena of whoever made the message.
 * Errors:    none.
 * Never:     a socket; who signs; who answers.
 */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include "base/arena.h"

struct http_header {
    struct str name; /* as it was written */
    struct str value;
};

/* More in one head are refused where it comes in, since some of what is done
 * with headers takes their number times itself. */
enum { HTTP_HEADERS_MAX = 1000 };

struct http_headers {
    struct http_header *at;
    size_t count;
    size_t capacity;
};

struct http_request {
    struct str method;
    struct str target; /* raw bytes of the request line: path and query */
    struct http_headers headers;
    struct str body;
};

struct http_response {
    int status;
    struct http_headers headers;
    struct str body;
};

/* Name and value are copied. */
void http_headers_add(struct arena *arena, struct http_headers *headers,
                      struct str name, struct str value);
/* The same without a copy: both texts must outlive the list. */
void http_headers_borrow(struct arena *arena, struct http_headers *headers,
                         struct str name, struct str value);
/* Removes all of that name, then adds one. */
void http_headers_set(struct arena *arena, struct http_headers *headers,
                      struct str name, struct str value);
void http_headers_remove(struct http_headers *headers, struct str name);
/* The first of that name, in any case; STR_NONE when absent. */
struct str http_headers_get(const struct http_headers *headers,
                            const char *name);
size_t http_headers_count(const struct http_headers *headers, const char *name);
struct http_headers http_headers_copy(struct arena *arena,
                                      const struct http_headers *headers);
/* A list of its own, whose texts are still the other's. */
struct http_headers http_headers_share(struct arena *arena,
                                       const struct http_headers *headers);
struct http_request http_request_copy(struct arena *arena,
                                      const struct http_request *request);
struct http_response http_response_copy(struct arena *arena,
                                        const struct http_response *response);

/* Connection, Keep-Alive, TE, Transfer-Encoding, Upgrade, Proxy-*, Trailer,
 * and what Connection names: these end at each hop. */
void http_headers_drop_hop_by_hop(struct http_headers *headers);
/* The bytes of body that a response announces; -1 when it does not say. */
int64_t http_response_length(const struct http_response *response);

/* RFC 9110, 5.6.2: a method, or the name of a header. */
bool http_is_token(struct str text);
/* Path and query of a raw target; the query without its '?'. */
struct str http_target_path(struct str target);
struct str http_target_query(struct str target);
/* %XX decoded; `plus` says whether '+' means a blank. */
struct str http_decode(struct arena *arena, struct str text, bool plus);
/* RFC 3986 unreserved characters stay; '/' too when keep_slash. */
struct str http_encode(struct arena *arena, struct str text, bool keep_slash);
/* The decoded value of one query (or form) parameter. */
bool http_query_get(struct arena *arena, struct str query, struct str name,
                    struct str *ret_value);

struct http_url {
    struct str scheme;    /* "http" or "https" */
    struct str host;      /* without brackets or port */
    uint16_t port;        /* the scheme's own when not given */
    struct str path;      /* "" or from '/' on, its query included */
    struct str authority; /* host[:port] as it goes into a Host header */
};
bool http_url_parse(struct arena *arena, struct str text,
                    struct http_url *ret_url, struct str *reterr);
/* 127.0.0.0/8, ::1 or localhost (and names below it). */
bool http_host_is_loopback(struct str host);

/* A body with Content-Encoding gzip, decoded; false when damaged or larger
 * than max_bytes. */
bool http_gunzip(struct arena *arena, struct str body, size_t max_bytes,
                 struct str *ret_body);
/* Whether it is that: larger. */
bool http_gunzip_is_beyond(struct str body, size_t max_bytes);
/* CRC-32 as gzip, zlib and x-amz-crc32 have it (polynomial 0x04C11DB7). */
uint32_t http_crc32(struct str bytes);

#endif
