/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that touches libmicrohttpd: several of its daemons, driven from
 * our loop, each asked to run when it has something to do. Start at
 * on_request(), then run_all(). */
#include "server/server.h"

#include "base/mem.h"
#include "server/private.h"

#include <microhttpd.h>

#include <assert.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BLOCK = 32 * 1024,
    DEFAULT_HEADER_LIMIT = 32 * 1024,
    DEFAULT_CONNECTIONS = 10000,
    DEFAULT_IDLE_MS = 75000,
    DEFAULT_HEAD_MS = 120000,
    /* Most calls are answered by then, and need not pay for leaving. */
    DEFAULT_AWAY_MS = 500,
    /* Few clients share one daemon, for fewer system calls; many spread. */
    CLIENTS_TO_FILL = 128,
};

/* What GnuTLS calls normal has versions that everybody else gave up. */
static const char TLS_PRIORITIES[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

/* ---- suspended connections ---- */

void server_suspend(struct exchange *exchange)
{
    MHD_suspend_connection(exchange->link);
}

const char *server_reason(int status)
{
    return MHD_get_reason_phrase_for((unsigned)status);
}

/* libmicrohttpd only marks it: without an MHD_run() nothing would happen. */
void server_resume(struct exchange *exchange)
{
    exchange->client->shard->due = true;
    MHD_resume_connection(exchange->link);
}

/* ---- the answer ---- */

static ssize_t pull(void *ctx, uint64_t position, char *dst, size_t size)
{
    struct exchange *exchange = ctx;
    size_t len = 0;
    (void)position;
    switch (server_exchange_pull(exchange, dst, size, &len)) {
    case HTTP_READ_SOME:
        return (ssize_t)len;
    case HTTP_READ_WAIT:
        return 0;
    case HTTP_READ_END:
        if (exchange->length < 0) {
            return MHD_CONTENT_READER_END_OF_STREAM;
        }
        break; /* too early: a length was announced */
    case HTTP_READ_BROKEN:
        break;
    }
    /* It closes in its next turn only, and the socket may have no more news. */
    exchange->client->shard->due = true;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *make_bodiless(struct exchange *exchange)
{
    int64_t length = server_exchange_announced_length(exchange);
    struct MHD_Response *response = MHD_create_response_from_callback(
        length < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)length, BLOCK, pull, exchange,
        NULL);
    if (response != NULL && length < 0) {
        /* Else libmicrohttpd sends the last chunk of a body that is not. */
        (void)MHD_set_response_options(
            response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    }
    return response;
}

static struct MHD_Response *make_body(struct exchange *exchange)
{
    struct str body = exchange->answer.body;
    if (str_eq(exchange->call.request.method, STR("HEAD")) ||
        exchange->answer.status == 304) {
        return make_bodiless(exchange);
    }
    if (exchange->streams) {
        return MHD_create_response_from_callback(
            exchange->length < 0 ? MHD_SIZE_UNKNOWN
                                 : (uint64_t)exchange->length,
            BLOCK, pull, exchange, NULL);
    }
    /* The exchange outlives it, so nothing is copied. */
    return MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_PERSISTENT);
}

static void add_header(struct MHD_Response *response,
                       const struct http_header *field)
{
    /* It refuses an empty value; a blank one means the same. */
    const char *value = field->value.len > 0 ? field->value.ptr : " ";
    if (!server_owns_header(field->name)) {
        (void)MHD_add_response_header(response, field->name.ptr, value);
    }
}

static enum MHD_Result queue_answer(struct exchange *exchange)
{
    struct MHD_Response *response = make_body(exchange);
    if (response == NULL) {
        return MHD_NO;
    }
    for (size_t i = 0; i < exchange->answer.headers.count; i++) {
        add_header(response, &exchange->answer.headers.at[i]);
    }
    enum MHD_Result queued = MHD_queue_response(
        exchange->link, (unsigned)exchange->answer.status, response);
    MHD_destroy_response(response);
    return queued;
}

/* ---- the request ---- */

static void *on_target(void *ctx, const char *target,
                       struct MHD_Connection *link)
{
    /* Read at once: the next question may overwrite the answer. */
    int fd = MHD_get_connection_info(link, MHD_CONNECTION_INFO_CONNECTION_FD)
                 ->connect_fd;
    struct client *client =
        MHD_get_connection_info(link, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
            ->socket_context;
    return server_exchange_new(ctx, client, link, fd,
                               str_of(target != NULL ? target : ""));
}

/* We read the raw target; decoding it would only cost. */
static size_t leave_encoded(void *ctx, struct MHD_Connection *link, char *text)
{
    (void)ctx;
    (void)link;
    return strlen(text);
}

struct gathering {
    struct arena *arena;
    struct http_headers *headers;
};

static enum MHD_Result gather(void *ctx, enum MHD_ValueKind kind,
                              const char *name, size_t name_len,
                              const char *value, size_t value_len)
{
    struct gathering *gathering = ctx;
    (void)kind;
    /* Not copied: the gap check wants to know where each stands. */
    http_headers_borrow(gathering->arena, gathering->headers,
                        str_make(name, name_len), str_make(value, value_len));
    return MHD_YES;
}

static void count_request(struct client *client, size_t head, int64_t body)
{
    client->taken += head + (body > 0 ? (uint64_t)body : 0);
    client->uncounted |= body < 0;
}

static struct strict_refusal check_head(struct exchange *exchange,
                                        struct strict_head *head,
                                        int64_t *ret_body_length)
{
    const struct server *server = exchange->server;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        exchange->link, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    size_t size = info != NULL ? info->header_size : 0;
    *ret_body_length = 0;
    struct strict_refusal refusal = strict_check_space(
        head, size, server->config.header_limit, server->has_known_layout);
    if (refusal.sentence != NULL) {
        return refusal;
    }
    /* Where it stood the target has been cut up by now. */
    head->target = exchange->call.request.target;
    refusal = strict_check(head, ret_body_length);
    count_request(exchange->client, size, *ret_body_length);
    return refusal;
}

static enum next take_head(struct exchange *exchange, const char *method,
                           const char *version)
{
    struct strict_head head = {
        .method = str_of(method),
        .target = exchange->raw_target,
        .version = str_of(version),
    };
    struct arena *scratch = arena_new();
    struct gathering gathering = {scratch, &head.headers};
    int64_t body_length;
    (void)MHD_get_connection_values_n(exchange->link, MHD_HEADER_KIND, gather,
                                      &gathering);
    struct strict_refusal refusal = check_head(exchange, &head, &body_length);
    enum next next = refusal.sentence != NULL
                         ? server_exchange_refuse(exchange, refusal)
                         : server_exchange_open(exchange, &head, body_length);
    arena_free(scratch);
    return next;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *link,
                                  const char *url, const char *method,
                                  const char *version, const char *data,
                                  size_t *size, void **request)
{
    struct server *server = ctx;
    struct exchange *exchange = *request;
    enum next next;
    (void)link;
    (void)url;
    if (exchange == NULL || server->stopping) {
        return MHD_NO;
    }
    if (exchange->doomed) {
        (void)shutdown(exchange->fd, SHUT_RDWR);
        return MHD_NO;
    }
    if (exchange->stage == STAGE_HEAD) {
        next = take_head(exchange, method, version);
    } else if (*size > 0) {
        next = server_exchange_take_body(exchange, data, size);
    } else {
        next = server_exchange_go_on(exchange);
    }
    if (next == NEXT_ANSWER) {
        return queue_answer(exchange);
    }
    return next == NEXT_GO_ON ? MHD_YES : MHD_NO;
}

static void on_completed(void *ctx, struct MHD_Connection *link, void **request,
                         enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = *request;
    (void)ctx;
    (void)link;
    if (exchange != NULL) {
        bool sent = exchange->stage == STAGE_ANSWERED && !exchange->doomed &&
                    code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
        *request = NULL;
        if (exchange->stage == STAGE_AWAY) {
            away_left(exchange);
            return;
        }
        server_exchange_over(exchange,
                             sent || exchange->stage == STAGE_FAREWELL);
    }
}

static void on_connection(void *ctx, struct MHD_Connection *link,
                          void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct shard *shard = ctx;
    struct server *server = shard->server;
    struct client *client = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        client = mem_new(sizeof(*client));
        client->shard = shard;
        client->taken = server->taken_before;
        client->whole = server->taken_before > 0;
        client->fd =
            MHD_get_connection_info(link, MHD_CONNECTION_INFO_CONNECTION_FD)
                ->connect_fd;
        overdue_add(server, client);
        *socket_context = client;
        shard->clients++;
        server->clients++;
        crowd_grew(server);
        return;
    }
    if (client == NULL) {
        return;
    }
    if (!client->whole && !server->stopping) {
        linger_start(&server->lingerers, client->fd);
    }
    overdue_remove(server, client);
    mem_free(client);
    *socket_context = NULL;
    shard->clients--;
    server->clients--;
    crowd_shrank(server);
    listener_make_room(&server->listener);
}

/* ---- the daemons ---- */

static void epoll_ready(void *ctx, uint32_t events)
{
    struct shard *shard = ctx;
    (void)events;
    shard->due = true;
}

static unsigned daemon_flags(const struct server *server)
{
    unsigned flags =
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET;
    /* Turbo leaves out the shutdown before a close, which linger.c does where
     * it matters; TLS needs its own farewell. */
    return flags |
           (server->tls ? (unsigned)MHD_USE_TLS : (unsigned)MHD_USE_TURBO);
}

static bool start_daemon(struct shard *shard)
{
    struct server *server = shard->server;
    const struct server_config *config = &server->config;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)server->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)server->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    /* Room for the head, for its table of fields, and for an answer's head.
     * libmicrohttpd zeroes it one and a half times for each request, and more
     * than 32 KB would be pages of its own, of which a held call touches two.
     */
    size_t memory = config->header_limit + (size_t)8 * 1024;
    shard->daemon = MHD_start_daemon(
        daemon_flags(server), 0, NULL, NULL, on_request, server,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)config->connection_limit + 1,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
        MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)((config->idle_ms + 999) / 1000), MHD_OPTION_URI_LOG_CALLBACK,
        on_target, server, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, shard,
#if MHD_VERSION >= 0x01000000
        MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1,
#endif
        MHD_OPTION_ARRAY, server->tls ? tls : tls + 3, MHD_OPTION_END);
    if (shard->daemon == NULL) {
        return false;
    }
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(shard->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    shard->watch = (struct loop_watch){info->epoll_fd, epoll_ready, shard};
    loop_watch(server->loop, &shard->watch, EPOLLIN);
    return true;
}

/* The first with room to fill, else the one with the fewest clients. */
static struct shard *choose_shard(struct server *server)
{
    struct shard *best = &server->shards[0];
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &server->shards[i];
        if (shard->daemon == NULL && !start_daemon(shard)) {
            break;
        }
        if (shard->clients < CLIENTS_TO_FILL) {
            return shard;
        }
        if (shard->clients < best->clients) {
            best = shard;
        }
    }
    return best;
}

static bool accepted(void *ctx, int fd, const struct sockaddr *address,
                     unsigned address_len)
{
    struct server *server = ctx;
    struct shard *shard = choose_shard(server);
    size_t before = shard->clients;
    shard->due = true;
    /* On failure it has closed the socket. Version 1.0 takes a connection in
     * only when it runs: count it from now on. */
    if (MHD_add_connection(shard->daemon, fd, address, address_len) ==
            MHD_YES &&
        shard->clients == before) {
        shard->coming++;
        server->coming++;
    }
    return true;
}

static bool has_room(void *ctx)
{
    const struct server *server = ctx;
    return crowd_size(server) + server->coming <
           server->config.connection_limit;
}

void server_take_back(struct server *server, int fd, uint64_t taken)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    if (getpeername(fd, (struct sockaddr *)&address, &len) != 0) {
        (void)close(fd); /* it has left by now */
        return;
    }
    server->taken_before = taken;
    (void)accepted(server, fd, (struct sockaddr *)&address, len);
    server->taken_before = 0;
}

/* Until it must run again; -1: its descriptor will tell. */
static int64_t time_left(struct shard *shard, int64_t now_ms)
{
    MHD_UNSIGNED_LONG_LONG wait = 0;
    int64_t wait_ms = -1;
    shard->deadline_ms = -1;
    if (MHD_get_timeout(shard->daemon, &wait) == MHD_YES) {
        wait_ms = wait < 60000 ? (int64_t)wait : 60000;
        shard->deadline_ms = now_ms + wait_ms;
    }
    shard->due = shard->due || wait_ms == 0;
    return shard->due ? 0 : wait_ms;
}

/* An answer that is sent, the end of its request and the head of the next one
 * are a run each, and not worth a turn of the loop each. */
static int64_t run_shard(struct shard *shard, int64_t now_ms)
{
    enum { ROUNDS = 3 };
    if (shard->deadline_ms >= 0 && now_ms >= shard->deadline_ms) {
        shard->due = true;
    }
    int64_t wait_ms = time_left(shard, now_ms);
    for (int round = 0; round < ROUNDS && shard->due; round++) {
        shard->due = false;
        (void)MHD_run(shard->daemon);
        shard->server->coming -= shard->coming;
        shard->coming = 0;
        wait_ms = time_left(shard, now_ms);
    }
    return wait_ms;
}

static int64_t run_all(void *ctx)
{
    struct server *server = ctx;
    int64_t now_ms = timers_now_ms(loop_timers(server->loop));
    int64_t wait_ms = -1;
    /* They are started in this order. */
    for (size_t i = 0; i < SHARDS && server->shards[i].daemon != NULL; i++) {
        int64_t one_ms = run_shard(&server->shards[i], now_ms);
        if (one_ms >= 0 && (wait_ms < 0 || one_ms < wait_ms)) {
            wait_ms = one_ms;
        }
    }
    return wait_ms;
}

/* ---- the front door ---- */

static void set_defaults(struct server_config *config)
{
    config->header_limit =
        config->header_limit > 0 ? config->header_limit : DEFAULT_HEADER_LIMIT;
    config->connection_limit = config->connection_limit > 0
                                   ? config->connection_limit
                                   : DEFAULT_CONNECTIONS;
    config->idle_ms = config->idle_ms > 0 ? config->idle_ms : DEFAULT_IDLE_MS;
    config->head_ms = config->head_ms > 0 ? config->head_ms : DEFAULT_HEAD_MS;
    config->away_ms = config->away_ms > 0 ? config->away_ms : DEFAULT_AWAY_MS;
}

struct server *server_new(struct loop *loop, const struct server_config *config,
                          struct http_handler *handler, struct arena *arena,
                          struct str *reterr)
{
    struct server *server = ARENA_NEW(arena, struct server);
    server->loop = loop;
    server->config = *config;
    server->handler = handler;
    server->lingerers.loop = loop;
    overdue_init(server);
    crowd_init(server);
    set_defaults(&server->config);
    server->tls = config->tls_certificate.ptr != NULL;
    server->certificate = arena_str(arena, config->tls_certificate).ptr;
    server->key = arena_str(arena, config->tls_key).ptr;
    /* Later versions are strict by themselves and lay a head out otherwise. */
    server->has_known_layout = MHD_get_version()[0] == '0';
    for (size_t i = 0; i < SHARDS; i++) {
        server->shards[i].server = server;
        server->shards[i].deadline_ms = -1;
        server->shards[i].watch.fd = -1;
    }
    if (!start_daemon(&server->shards[0])) {
        *reterr = server->tls ? STR("the TLS certificate or key is not usable: "
                                    "both must be PEM, and fit each other")
                              : STR("the HTTP server does not start");
        return NULL;
    }
    server->listener.accepted = accepted;
    server->listener.has_room = has_room;
    server->listener.ctx = server;
    if (!listener_open(&server->listener, loop, config, arena, reterr)) {
        server_free(server);
        return NULL;
    }
    server->hook = (struct loop_hook){run_all, server, NULL};
    loop_add_hook(loop, &server->hook);
    return server;
}

uint16_t server_port(const struct server *server)
{
    return server->listener.port;
}

void server_stop_accepting(struct server *server)
{
    listener_close(&server->listener);
}

size_t server_active(const struct server *server)
{
    return server->active;
}

static void stop_shard(struct shard *shard)
{
    if (shard->daemon == NULL) {
        return;
    }
    /* One run moves what was resumed back among the living: stopping with a
     * suspended connection ends the process. */
    (void)MHD_run(shard->daemon);
    loop_unwatch(shard->server->loop, &shard->watch);
    MHD_stop_daemon(shard->daemon);
    shard->daemon = NULL;
}

void server_free(struct server *server)
{
    if (server == NULL) {
        return;
    }
    server->stopping = true;
    listener_close(&server->listener);
    crowd_stop(server);
    struct exchange *next;
    for (struct exchange *e = server->first; e != NULL; e = next) {
        next = e->next; /* one that is away ends at once */
        server_exchange_doom(e);
    }
    for (size_t i = 0; i < SHARDS; i++) {
        stop_shard(&server->shards[i]);
    }
    assert(server->first == NULL);
    linger_stop_all(&server->lingerers);
    overdue_stop(server);
}
