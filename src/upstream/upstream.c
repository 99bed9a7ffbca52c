/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl's multi interface on our loop, the only user of curl. Here because
 * connections, TLS and name resolution are its craft and not ours. Start at
 * send_fetch(); curl's callbacks only record, pull, push and wake. */
#include "upstream/upstream.h"

#include "base/mem.h"
#include "upstream/private.h"

#include <assert.h>
#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RECEIVE_BUFFER = 64 * 1024,
    CONNECTIONS = 256,
    CONNECT_MS = 10000,
    /* curl's own clock for connecting only spreads the time over several
     * addresses; ours rings first. */
    CONNECT_GRACE_MS = 1000,
    /* No retry here: better not to reuse what may be about to be closed. */
    IDLE_MAX_S = 30,
};

/* None of these can fail but by memory, which curl reports when it sends. */
#define SET(easy, option, value)                                               \
    ((void)curl_easy_setopt((easy), CURLOPT_##option, (value)))
#define SET_MULTI(multi, option, value)                                        \
    ((void)curl_multi_setopt((multi), CURLMOPT_##option, (value)))

static_assert(sizeof(((struct transfer *)0)->error) >= CURL_ERROR_SIZE,
              "curl's sentence fits");

struct upstream {
    struct http_client client; /* first, so it can be cast */
    struct timers *timers;
    struct upstream_config config;
    struct arena *arena; /* of the text in config */
    CURLM *multi;
    struct timer curl_timer;
    struct sockets sockets;
    struct transfer_list transfers;
};

/* ---- Curl's callbacks ---- */

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    size_t len = size * count;
    return transfer_take_head(ctx, str_make(data, len)) ? len : 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    size_t len = size * count;
    switch (transfer_take_body(ctx, str_make(data, len))) {
    case TAKEN_ALL:
        return len;
    case TAKEN_PAUSED:
        return CURL_WRITEFUNC_PAUSE;
    case TAKEN_STOP:
        break;
    }
    return 0;
}

static size_t on_upload(char *data, size_t size, size_t count, void *ctx)
{
    size_t len;
    switch (transfer_give_upload(ctx, data, size * count, &len)) {
    case HTTP_READ_SOME:
        return len;
    case HTTP_READ_WAIT:
        return CURL_READFUNC_PAUSE;
    case HTTP_READ_END:
        return 0;
    case HTTP_READ_BROKEN:
        break;
    }
    return CURL_READFUNC_ABORT;
}

static int on_request(void *ctx, char *ip, char *local_ip, int port,
                      int local_port)
{
    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    return transfer_may_request(ctx) ? CURL_PREREQFUNC_OK
                                     : CURL_PREREQFUNC_ABORT;
}

static int on_resolve(void *resolver, void *reserved, void *ctx)
{
    struct transfer *t = ctx;
    (void)resolver;
    (void)reserved;
    t->resolving = true;
    return 0;
}

static curl_socket_t on_open(void *ctx, curlsocktype purpose,
                             struct curl_sockaddr *address)
{
    struct transfer *t = ctx;
    (void)purpose;
    if (!transfer_may_connect(t)) {
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
                    address->protocol);
    if (fd >= 0) {
        sockets_opened(&t->upstream->sockets, fd);
    }
    return fd;
}

static int on_close(void *ctx, curl_socket_t fd)
{
    struct upstream *upstream = ctx;
    sockets_closing(&upstream->sockets, fd);
    return close(fd);
}

static int on_watch(CURL *easy, curl_socket_t fd, int what, void *ctx,
                    void *unused)
{
    struct upstream *upstream = ctx;
    uint32_t events = 0;
    (void)easy;
    (void)unused;
    if (what != CURL_POLL_REMOVE) {
        events |= (what & CURL_POLL_IN) != 0 ? (uint32_t)EPOLLIN : 0;
        events |= (what & CURL_POLL_OUT) != 0 ? (uint32_t)EPOLLOUT : 0;
    }
    sockets_want(&upstream->sockets, fd, events);
    return 0;
}

static int on_timeout(CURLM *multi, long timeout_ms, void *ctx)
{
    struct upstream *upstream = ctx;
    (void)multi;
    if (timeout_ms < 0) {
        timer_cancel(upstream->timers, &upstream->curl_timer);
    } else {
        timer_arm(upstream->timers, &upstream->curl_timer, timeout_ms);
    }
    return 0;
}

/* ---- The end of a transfer ---- */

static void free_transfer(struct transfer *t)
{
    curl_easy_cleanup(t->easy);
    buf_free(&t->body);
    mem_free(t);
}

static void release(struct transfer *t)
{
    struct upstream *upstream = t->upstream;
    (void)curl_multi_remove_handle(upstream->multi, t->easy);
    if (!transfers_retire(&upstream->transfers, t)) {
        free_transfer(t);
    }
}

/* Parts the fetch from its transfer. While a name is being resolved, curl
 * could only let go by waiting for its thread, and the loop with it: such a
 * transfer is left to end by itself, at the latest in on_open(). */
static void detach(struct transfer *t)
{
    transfer_end(t);
    if (t->resolving) {
        /* These point into the arena of the fetch. */
        SET(t->easy, HTTPHEADER, NULL);
        SET(t->easy, POSTFIELDS, NULL);
        SET(t->easy, CONNECTTIMEOUT_MS, 3600000L);
        return;
    }
    release(t);
}

static void finish(struct transfer *t, CURLcode code)
{
    const char *why = t->stop_why;
    t->resolving = false;
    if (t->fetch == NULL) {
        release(t);
        return;
    }
    if (why == NULL && t->stop == HTTP_PENDING) {
        why = t->error[0] != 0 ? t->error : curl_easy_strerror(code);
    }
    transfer_settle(t, transfer_judge(t, code == CURLE_OK), str_of(why));
    detach(t);
}

static void finish_all(struct upstream *upstream)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(upstream->multi, &left)) != NULL) {
        char *t = NULL;
        CURLcode code = message->data.result;
        assert(message->msg == CURLMSG_DONE);
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
        finish((struct transfer *)(void *)t, code);
    }
}

/* ---- What the loop calls ---- */

static void on_curl_timer(void *ctx)
{
    struct upstream *upstream = ctx;
    int running;
    (void)curl_multi_socket_action(upstream->multi, CURL_SOCKET_TIMEOUT, 0,
                                   &running);
    finish_all(upstream);
}

static void on_socket(void *ctx, int fd, uint32_t events)
{
    struct upstream *upstream = ctx;
    int running;
    int bits = 0;
    /* An error also reads: an answer may stand before it. */
    bits |=
        (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 ? CURL_CSELECT_IN : 0;
    bits |= (events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
    bits |= (events & EPOLLERR) != 0 ? CURL_CSELECT_ERR : 0;
    (void)curl_multi_socket_action(upstream->multi, fd, bits, &running);
    finish_all(upstream);
}

/* Rings at the earliest possible time and looks then; what moves a transfer
 * on only notes the time. */
static void on_deadline(void *ctx)
{
    struct transfer *t = ctx;
    int64_t left = transfer_left_ms(t);
    if (left > 0) {
        timer_arm(t->timers, &t->deadline, left);
        return;
    }
    transfer_settle_late(t);
    detach(t);
}

static void unpause(struct transfer *t, bool *paused)
{
    if (!*paused) {
        return;
    }
    *paused = false;
    t->moved_ms = timers_now_ms(t->timers);
    int still = (t->receiving_paused ? CURLPAUSE_RECV : 0) |
                (t->sending_paused ? CURLPAUSE_SEND : 0);
    CURLcode code = curl_easy_pause(t->easy, still);
    if (code != CURLE_OK) {
        finish(t, code);
    }
}

static void on_room(void *ctx)
{
    struct transfer *t = ctx;
    unpause(t, &t->receiving_paused);
}

static void on_supplied(void *ctx)
{
    struct transfer *t = ctx;
    unpause(t, &t->sending_paused);
}

/* ---- The beginning of a transfer ---- */

static void set_callbacks(struct transfer *t)
{
    CURL *easy = t->easy;
    SET(easy, PRIVATE, t);
    SET(easy, ERRORBUFFER, t->error);
    SET(easy, HEADERFUNCTION, on_header);
    SET(easy, HEADERDATA, t);
    SET(easy, WRITEFUNCTION, on_body);
    SET(easy, WRITEDATA, t);
    SET(easy, READFUNCTION, on_upload);
    SET(easy, READDATA, t);
    SET(easy, PREREQFUNCTION, on_request);
    SET(easy, PREREQDATA, t);
    SET(easy, RESOLVER_START_FUNCTION, on_resolve);
    SET(easy, RESOLVER_START_DATA, t);
    SET(easy, OPENSOCKETFUNCTION, on_open);
    SET(easy, OPENSOCKETDATA, t);
    SET(easy, CLOSESOCKETFUNCTION, on_close);
    SET(easy, CLOSESOCKETDATA, t->upstream);
}

/* What is the same for every request. */
static void set_constants(CURL *easy, const struct upstream_config *config)
{
    static const struct {
        CURLoption option;
        long value;
    } rows[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_PATH_AS_IS, 1},
        {CURLOPT_HTTP_CONTENT_DECODING, 0},
        {CURLOPT_HTTP09_ALLOWED, 0},
        {CURLOPT_TCP_NODELAY, 1},
        {CURLOPT_BUFFERSIZE, RECEIVE_BUFFER},
        {CURLOPT_MAXAGE_CONN, IDLE_MAX_S},
        {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CURLcode code = curl_easy_setopt(easy, rows[i].option, rows[i].value);
        assert(code == CURLE_OK);
    }
    SET(easy, PROTOCOLS_STR, "http,https");
    if (config->use_proxy_environment) {
        /* A tunnel: an exact target cannot also be an absolute one. */
        SET(easy, HTTPPROXYTUNNEL, 1L);
    } else {
        SET(easy, PROXY, "");
    }
}

static void set_trust(CURL *easy, struct str bundle)
{
    char *built_in = NULL;
    (void)curl_easy_getinfo(easy, CURLINFO_CAINFO, &built_in);
    if (bundle.len > 0) {
        SET(easy, CAINFO, bundle.ptr);
    }
    /* With a folder curl reads all certificates anew for each connection, and
     * it would trust them besides the bundle. */
    if (bundle.len > 0 || built_in != NULL) {
        SET(easy, CAPATH, NULL);
    }
}

static struct transfer *new_transfer(struct upstream *upstream)
{
    struct transfer *t = mem_new(sizeof(*t));
    t->upstream = upstream;
    t->timers = upstream->timers;
    t->connect_ms = upstream->config.connect_timeout_ms;
    t->easy = curl_easy_init();
    assert(t->easy != NULL);
    timer_init(&t->deadline, on_deadline, t);
    timer_init(&t->room, on_room, t);
    timer_init(&t->supplied, on_supplied, t);
    set_callbacks(t);
    set_constants(t->easy, &upstream->config);
    set_trust(t->easy, upstream->config.ca_bundle);
    return t;
}

static struct transfer *take_transfer(struct upstream *upstream,
                                      struct http_fetch *fetch)
{
    struct transfer *t = transfers_take_idle(&upstream->transfers);
    t = t != NULL ? t : new_transfer(upstream);
    transfers_add(&upstream->transfers, t);
    transfer_begin(t, fetch);
    return t;
}

/* The order matters: some of these options reset others. */
static void set_method(struct transfer *t)
{
    struct http_fetch *fetch = t->fetch;
    struct str body = fetch->request.body;
    CURL *easy = t->easy;
    struct str method = arena_str(fetch->arena, fetch->request.method);
    SET(easy, UPLOAD, 0L);
    SET(easy, POSTFIELDS, NULL);
    SET(easy, HTTPGET, 1L);
    SET(easy, CUSTOMREQUEST, method.ptr);
    if (str_eq(method, STR("HEAD"))) {
        SET(easy, NOBODY, 1L);
    } else if (request_has_upload(fetch)) {
        SET(easy, UPLOAD, 1L);
        SET(easy, INFILESIZE_LARGE, (curl_off_t)fetch->upload_length);
    } else if (fetch->upload == NULL && body.len > 0) {
        SET(easy, POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
        SET(easy, POSTFIELDS, body.ptr);
    }
}

/* The nodes live in the arena, not in curl's heap. */
static void set_headers(struct transfer *t)
{
    const char **lines;
    size_t count = request_lines(t->fetch, &lines);
    struct curl_slist *nodes =
        ARENA_ARRAY(t->fetch->arena, struct curl_slist, count);
    for (size_t i = 0; i < count; i++) {
        nodes[i].data = (char *)(uintptr_t)lines[i];
        nodes[i].next = i + 1 < count ? &nodes[i + 1] : NULL;
    }
    SET(t->easy, HTTPHEADER, nodes);
}

static void set_request(struct transfer *t)
{
    struct http_fetch *fetch = t->fetch;
    CURL *easy = t->easy;
    struct str origin = arena_str(fetch->arena, fetch->origin);
    struct str target = arena_str(fetch->arena, fetch->request.target);
    SET(easy, URL, origin.ptr);
    SET(easy, REQUEST_TARGET, target.ptr);
    SET(easy, FRESH_CONNECT, fetch->fresh_connection ? 1L : 0L);
    SET(easy, CONNECTTIMEOUT_MS, (long)t->connect_ms + CONNECT_GRACE_MS);
    set_method(t);
    set_headers(t);
}

static void send_fetch(struct http_client *self, struct http_fetch *fetch)
{
    struct upstream *upstream = (struct upstream *)self;
    struct carried *carried = carried_begin(fetch);
    if (carried == NULL) {
        return;
    }
    struct transfer *t = take_transfer(upstream, fetch);
    carried->transfer = t;
    set_request(t);
    timer_arm(upstream->timers, &t->deadline, transfer_allowed_ms(t));
    if (request_has_upload(fetch)) {
        http_source_watch(fetch->upload, upstream->timers, &t->supplied);
    }
    CURLMcode code = curl_multi_add_handle(upstream->multi, t->easy);
    assert(code == CURLM_OK);
}

static void cancel_fetch(struct http_client *self, struct http_fetch *fetch)
{
    struct carried *carried = fetch->state;
    (void)self;
    if (carried == NULL) {
        return;
    }
    if (carried->transfer != NULL) {
        detach(carried->transfer);
    }
    carried_end(fetch);
}

/* ---- The client as a whole ---- */

struct upstream *upstream_new(struct loop *loop,
                              const struct upstream_config *config)
{
    struct upstream *upstream = mem_new(sizeof(*upstream));
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    assert(code == CURLE_OK);
    upstream->client = (struct http_client){send_fetch, cancel_fetch};
    upstream->timers = loop_timers(loop);
    upstream->config = *config;
    upstream->arena = arena_new();
    upstream->config.ca_bundle = arena_str(upstream->arena, config->ca_bundle);
    if (config->connect_timeout_ms <= 0) {
        upstream->config.connect_timeout_ms = CONNECT_MS;
    }
    upstream->sockets =
        (struct sockets){.loop = loop, .ready = on_socket, .ctx = upstream};
    timer_init(&upstream->curl_timer, on_curl_timer, upstream);
    size_t connections =
        config->connection_limit > 0 ? config->connection_limit : CONNECTIONS;
    upstream->multi = curl_multi_init();
    assert(upstream->multi != NULL);
    SET_MULTI(upstream->multi, SOCKETFUNCTION, on_watch);
    SET_MULTI(upstream->multi, SOCKETDATA, upstream);
    SET_MULTI(upstream->multi, TIMERFUNCTION, on_timeout);
    SET_MULTI(upstream->multi, TIMERDATA, upstream);
    SET_MULTI(upstream->multi, MAXCONNECTS, (long)connections);
    return upstream;
}

void upstream_free(struct upstream *upstream)
{
    if (upstream == NULL) {
        return;
    }
    struct transfer *t;
    while ((t = upstream->transfers.active) != NULL) {
        /* Only what waits for a name is left; here we wait for it too. */
        assert(t->fetch == NULL);
        release(t);
    }
    while ((t = transfers_take_idle(&upstream->transfers)) != NULL) {
        free_transfer(t);
    }
    (void)curl_multi_cleanup(upstream->multi);
    timer_cancel(upstream->timers, &upstream->curl_timer);
    sockets_free(&upstream->sockets);
    curl_global_cleanup();
    arena_free(upstream->arena);
    mem_free(upstream);
}

struct http_client *upstream_client(struct upstream *upstream)
{
    return &upstream->client;
}
