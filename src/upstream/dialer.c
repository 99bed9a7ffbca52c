/* SPDX-License-Identifier: Apache-2.0 */
/* Making and closing connections by curl, which resolves, connects, does TLS
 * and asks proxies. Here because that is its craft and not ours. Start at
 * connection_dial(), then finish(). */
#include "base/mem.h"
#include "upstream/private.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <sys/socket.h>

enum {
    /* curl's own clock for connecting only spreads the time over several
     * addresses; ours rings first. */
    CONNECT_GRACE_MS = 1000,
    /* For one that nobody waits for: at its end curl would wait for a name. */
    ABANDONED_MS = 3600000,
};

/* None of these can fail but by memory, which curl reports when it connects. */
#define SET(easy, option, value)                                               \
    ((void)curl_easy_setopt((easy), CURLOPT_##option, (value)))
#define SET_MULTI(multi, option, value)                                        \
    ((void)curl_multi_setopt((multi), CURLMOPT_##option, (value)))

static_assert(sizeof(((struct connection *)0)->error) >= CURL_ERROR_SIZE,
              "curl's sentence fits");

/* Its name is known, or never will be. */
static void end_look(struct connection *c)
{
    c->resolving = false;
    queue_end_look(c);
}

/* ---- Curl's callbacks, until it is connected ---- */

/* A descriptor that curl waits for. */
struct curl_watch {
    struct loop_watch watch;
    struct dialer *dialer;
};

static void finish_all(struct dialer *dialer);

static void on_curl_socket(void *ctx, uint32_t events)
{
    struct curl_watch *watch = ctx;
    struct dialer *dialer = watch->dialer;
    int running;
    int bits = 0;
    bits |=
        (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 ? CURL_CSELECT_IN : 0;
    bits |= (events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
    bits |= (events & EPOLLERR) != 0 ? CURL_CSELECT_ERR : 0;
    /* From here on the watch may be gone. */
    (void)curl_multi_socket_action(dialer->multi, watch->watch.fd, bits,
                                   &running);
    finish_all(dialer);
}

static void on_curl_timer(void *ctx)
{
    struct dialer *dialer = ctx;
    int running;
    (void)curl_multi_socket_action(dialer->multi, CURL_SOCKET_TIMEOUT, 0,
                                   &running);
    finish_all(dialer);
}

static int on_watch(CURL *easy, curl_socket_t fd, int what, void *ctx,
                    void *assigned)
{
    struct dialer *dialer = ctx;
    struct curl_watch *watch = assigned;
    uint32_t events = 0;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL) {
            loop_unwatch(dialer->loop, &watch->watch);
            mem_free(watch);
            (void)curl_multi_assign(dialer->multi, fd, NULL);
        }
        return 0;
    }
    if (watch == NULL) {
        watch = mem_new(sizeof(*watch));
        watch->watch = (struct loop_watch){fd, on_curl_socket, watch};
        watch->dialer = dialer;
        (void)curl_multi_assign(dialer->multi, fd, watch);
    }
    events |= (what & CURL_POLL_IN) != 0 ? (uint32_t)EPOLLIN : 0;
    events |= (what & CURL_POLL_OUT) != 0 ? (uint32_t)EPOLLOUT : 0;
    loop_watch(dialer->loop, &watch->watch, events);
    return 0;
}

static int on_timeout(CURLM *multi, long timeout_ms, void *ctx)
{
    struct dialer *dialer = ctx;
    (void)multi;
    if (timeout_ms < 0) {
        timer_cancel(dialer->timers, &dialer->timer);
    } else {
        timer_arm(dialer->timers, &dialer->timer, timeout_ms);
    }
    return 0;
}

static int on_resolve(void *resolver, void *reserved, void *ctx)
{
    struct connection *c = ctx;
    (void)resolver;
    (void)reserved;
    c->resolving = true;
    return 0;
}

/* Not when nobody waits for it any more. */
static curl_socket_t on_open(void *ctx, curlsocktype purpose,
                             struct curl_sockaddr *address)
{
    struct connection *c = ctx;
    (void)purpose;
    end_look(c);
    if (c->user == NULL) {
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
}

/* What a proxy says besides is nobody's. */
static size_t on_bytes(char *data, size_t size, size_t count, void *ctx)
{
    (void)data;
    (void)ctx;
    return size * count;
}

/* ---- Options ---- */

static void set_callbacks(struct connection *c)
{
    CURL *easy = c->easy;
    SET(easy, PRIVATE, c);
    SET(easy, ERRORBUFFER, c->error);
    SET(easy, HEADERFUNCTION, on_bytes);
    SET(easy, WRITEFUNCTION, on_bytes);
    SET(easy, RESOLVER_START_FUNCTION, on_resolve);
    SET(easy, RESOLVER_START_DATA, c);
    SET(easy, OPENSOCKETFUNCTION, on_open);
    SET(easy, OPENSOCKETDATA, c);
}

static void set_constants(CURL *easy, const struct upstream_config *config)
{
    static const struct {
        CURLoption option;
        long value;
    } rows[] = {
        {CURLOPT_CONNECT_ONLY, 1},
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_TCP_NODELAY, 1},
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
    SET(easy, CONNECTTIMEOUT_MS,
        (long)config->connect_timeout_ms + CONNECT_GRACE_MS);
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

/* ---- From dialling to closing ---- */

static void on_ready(void *ctx, uint32_t events)
{
    struct connection *c = ctx;
    c->dialer->ready(c, events);
}

static struct connection *new_connection(struct dialer *dialer,
                                         const struct peer *peer)
{
    size_t origin = peer->origin.len;
    size_t authority = peer->authority.len;
    struct connection *c = mem_new(sizeof(*c) + origin + 1 + authority + 1);
    memcpy(c->text, peer->origin.ptr, origin);
    memcpy(c->text + origin + 1, peer->authority.ptr, authority);
    c->peer.origin = str_make(c->text, origin);
    c->peer.authority = str_make(c->text + origin + 1, authority);
    c->peer.plain = peer->plain;
    c->plain = peer->plain && !dialer->config.use_proxy_environment;
    c->hash = str_hash(peer->origin);
    c->dialer = dialer;
    c->watch = (struct loop_watch){-1, on_ready, c};
    c->fd = -1;
    return c;
}

/* Until on_open() it counts as one that looks for its name. */
static void start(struct connection *c)
{
    struct dialer *dialer = c->dialer;
    queue_dial(c);
    c->easy = curl_easy_init();
    assert(c->easy != NULL);
    set_callbacks(c);
    set_constants(c->easy, &dialer->config);
    set_trust(c->easy, dialer->config.ca_bundle);
    SET(c->easy, URL, c->peer.origin.ptr);
    CURLMcode code = curl_multi_add_handle(dialer->multi, c->easy);
    assert(code == CURLM_OK);
}

struct connection *connection_dial(struct dialer *dialer,
                                   const struct peer *peer, bool fresh)
{
    struct connection *c = new_connection(dialer, peer);
    c->fresh = fresh;
    queue_join(c);
    return c;
}

/* Idle ones first. Of those who dial, one at a time looks for the name: the
 * next is served when curl has kept what was found. */
static void serve(struct dialer *dialer, struct queue *queue)
{
    struct connection *idle;
    while (queue->reuser != NULL &&
           (idle = pool_take(dialer->pool, queue->origin)) != NULL) {
        dialer->spared(queue->reuser, idle);
    }
    if (queue->first != NULL && queue->looking == NULL &&
        queue->dials < dialer->config.dial_limit) {
        start(queue->first);
    }
}

static void on_serve(void *ctx)
{
    struct dialer *dialer = ctx;
    for (struct queue *q = dialer->queues; q != NULL; q = q->next) {
        serve(dialer, q);
    }
    queue_sweep(dialer);
}

void dialer_note_idle(struct dialer *dialer)
{
    if (dialer->queues != NULL) {
        timer_wake(dialer->timers, &dialer->serve);
    }
}

/* curl closes the descriptor as the handle leaves. */
static void free_connection(struct connection *c)
{
    queue_leave(c);
    loop_unwatch(c->dialer->loop, &c->watch);
    if (c->easy != NULL) {
        (void)curl_multi_remove_handle(c->dialer->multi, c->easy);
        curl_easy_cleanup(c->easy);
    }
    mem_free(c);
}

/* While a name is being resolved, curl could only let go by waiting for its
 * thread, and the loop with it: such a one is left to end by itself, at the
 * latest in on_open(). */
void connection_close(struct connection *c)
{
    if (!c->resolving) {
        free_connection(c);
        return;
    }
    c->user = NULL;
    SET(c->easy, CONNECTTIMEOUT_MS, (long)ABANDONED_MS);
}

/* Until a first call for its bytes, curl takes it for one of its own that is
 * idle, and would close it once it is old or seems dead. */
static bool take_over(struct connection *c)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    char byte;
    size_t len = 0;
    CURLcode code = curl_easy_getinfo(c->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (code != CURLE_OK || fd == CURL_SOCKET_BAD) {
        return false;
    }
    code = curl_easy_recv(c->easy, &byte, c->plain ? 0 : 1, &len);
    if (code != CURLE_AGAIN && !(c->plain && code == CURLE_OK)) {
        (void)snprintf(c->error, sizeof(c->error), "%s",
                       "it was closed at once, or spoke first");
        return false;
    }
    c->fd = fd;
    c->error[0] = 0;
    connection_want(c, EPOLLIN);
    return true;
}

/* What has no address for one has none for those behind it. */
static void fail_waiting(struct queue *queue, struct str why)
{
    while (queue->first != NULL) {
        queue->first->dialer->failed(queue->first, why);
    }
}

/* Of a proxy that it does not understand curl tells all, a password too: that
 * is before there is a name to look for. */
static struct str say_why(const struct connection *c, CURLcode code,
                          bool looking)
{
    if (looking && !c->resolving && c->dialer->config.use_proxy_environment) {
        return STR("the proxy of the environment is none that can be used");
    }
    return str_of(c->error[0] != 0 ? c->error : curl_easy_strerror(code));
}

static void finish(struct connection *c, CURLcode code)
{
    struct queue *queue = c->queue;
    bool looking = queue->looking == c;
    queue_leave(c);
    if (code == CURLE_OK && c->user != NULL && take_over(c)) {
        c->dialer->connected(c);
        return;
    }
    struct str why = say_why(c, code, looking);
    if (looking) {
        fail_waiting(queue, why);
    }
    c->resolving = false;
    if (c->user != NULL) {
        c->dialer->failed(c, why);
    } else {
        free_connection(c);
    }
}

static void finish_all(struct dialer *dialer)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(dialer->multi, &left)) != NULL) {
        char *c = NULL;
        CURLcode code = message->data.result;
        assert(message->msg == CURLMSG_DONE);
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &c);
        finish((struct connection *)(void *)c, code);
    }
}

/* ---- All of them ---- */

void dialer_init(struct dialer *dialer, struct loop *loop,
                 const struct upstream_config *config)
{
    dialer->loop = loop;
    dialer->timers = loop_timers(loop);
    dialer->config = *config;
    timer_init(&dialer->timer, on_curl_timer, dialer);
    timer_init(&dialer->serve, on_serve, dialer);
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    assert(code == CURLE_OK);
    dialer->multi = curl_multi_init();
    assert(dialer->multi != NULL);
    SET_MULTI(dialer->multi, SOCKETFUNCTION, on_watch);
    SET_MULTI(dialer->multi, SOCKETDATA, dialer);
    SET_MULTI(dialer->multi, TIMERFUNCTION, on_timeout);
    SET_MULTI(dialer->multi, TIMERDATA, dialer);
}

void dialer_done(struct dialer *dialer)
{
    for (struct queue *q = dialer->queues; q != NULL; q = q->next) {
        if (q->looking != NULL) {
            /* Nobody waits for it; here we do. */
            assert(q->looking->user == NULL);
            free_connection(q->looking);
        }
    }
    queue_sweep(dialer);
    assert(dialer->queues == NULL);
    (void)curl_multi_cleanup(dialer->multi);
    timer_cancel(dialer->timers, &dialer->timer);
    timer_cancel(dialer->timers, &dialer->serve);
    curl_global_cleanup();
}
