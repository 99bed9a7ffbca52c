/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two clocks. Everything else is handed its time as an argument or through
 * struct timers, so that tests can turn the clock by hand.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/arena.h"

#include <stdint.h>

/* Never steps back; its zero means nothing. `unused` fits struct timers. */
int64_t clock_monotonic_ms(void *unused);
/* Since 1970, UTC. */
int64_t clock_wall_ms(void);

/* "20150830T123600Z", as SigV4 writes it. */
struct str clock_amz_date(struct arena *arena, int64_t wall_ms);
/* "2015-08-30T12:36:00.123Z" */
struct str clock_iso(struct arena *arena, int64_t wall_ms);
enum { CLOCK_ISO_LEN = 24 };
/* The same without a zero byte behind it. */
void clock_iso_write(int64_t wall_ms, char out[CLOCK_ISO_LEN]);
/* "Sun, 30 Aug 2015 12:36:00 GMT", the form of the Date header. */
struct str clock_http_date(struct arena *arena, int64_t wall_ms);
/* Reads any of the three; false when it is none of them. */
bool clock_parse(struct str text, int64_t *ret_wall_ms);

#endif
