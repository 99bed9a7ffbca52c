/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of a test's world, in place of the system's resolver: curl's
 * threads come here. "none..." is no name, "both..." has an address of IPv6
 * and one of IPv4, any other has 127.0.0.1. Nobody hears of one before
 * names_open(). Include in one file of a program.
 */
#ifndef NAMES_H
#define NAMES_H

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t names_gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_int names_asked;

static inline void names_close(void)
{
    atomic_store(&names_asked, 0);
    (void)pthread_mutex_lock(&names_gate);
}

static inline void names_open(void)
{
    (void)pthread_mutex_unlock(&names_gate);
}

struct named {
    struct addrinfo info;
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address;
};

static struct addrinfo *name_one(int family, uint16_t port,
                                 struct addrinfo *next)
{
    struct named *named = calloc(1, sizeof(*named));
    assert(named != NULL);
    named->info = (struct addrinfo){
        .ai_family = family,
        .ai_socktype = SOCK_STREAM,
        .ai_protocol = IPPROTO_TCP,
        .ai_addrlen = family == AF_INET ? sizeof(named->address.four)
                                        : sizeof(named->address.six),
        .ai_addr = &named->address.any,
        .ai_next = next,
    };
    if (family == AF_INET) {
        named->address.four.sin_family = AF_INET;
        named->address.four.sin_port = htons(port);
        named->address.four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
        named->address.six.sin6_family = AF_INET6;
        named->address.six.sin6_port = htons(port);
        named->address.six.sin6_addr = in6addr_loopback;
    }
    return &named->info;
}

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **ret_list)
{
    (void)hints;
    uint16_t port = (uint16_t)strtoul(service, NULL, 10);
    atomic_fetch_add(&names_asked, 1);
    (void)pthread_mutex_lock(&names_gate);
    (void)pthread_mutex_unlock(&names_gate);
    if (strncmp(node, "none", 4) == 0) {
        return EAI_NONAME;
    }
    *ret_list = name_one(AF_INET, port, NULL);
    if (strncmp(node, "both", 4) == 0) {
        *ret_list = name_one(AF_INET6, port, *ret_list);
    }
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

#endif
