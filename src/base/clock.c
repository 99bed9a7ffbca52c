/* SPDX-License-Identifier: Apache-2.0 */
/* The only caller of clock_gettime(), and the date formats of HTTP and AWS.
 * Start at clock_parse(). */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_monotonic_ms(void *unused)
{
    (void)unused;
    return read_ms(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

static struct tm broken_down(int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    (void)gmtime_r(&seconds, &tm);
    return tm;
}

struct str clock_amz_date(struct arena *arena, int64_t wall_ms)
{
    struct tm tm = broken_down(wall_ms);
    return arena_printf(arena, "%04d%02d%02dT%02d%02d%02dZ", tm.tm_year + 1900,
                        tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                        tm.tm_sec);
}

struct str clock_iso(struct arena *arena, int64_t wall_ms)
{
    struct tm tm = broken_down(wall_ms);
    return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                        tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                        tm.tm_hour, tm.tm_min, tm.tm_sec,
                        (int)(wall_ms % 1000));
}

static const char *const days[] = {"Sun", "Mon", "Tue", "Wed",
                                   "Thu", "Fri", "Sat"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct str clock_http_date(struct arena *arena, int64_t wall_ms)
{
    struct tm tm = broken_down(wall_ms);
    return arena_printf(arena, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                        days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
                        tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static int month_number(const char *name)
{
    for (int i = 0; i < 12; i++) {
        if (strcmp(name, months[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static bool scan(const char *text, struct tm *tm, int *ms)
{
    char month[4] = "";
    int used = 0;
    *tm = (struct tm){0};
    *ms = 0;
    if (sscanf(text, "%4d%2d%2dT%2d%2d%2dZ%n", &tm->tm_year, &tm->tm_mon,
               &tm->tm_mday, &tm->tm_hour, &tm->tm_min, &tm->tm_sec,
               &used) == 6 &&
        used == 16) {
        tm->tm_mon--;
        return text[used] == '\0';
    }
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm->tm_year, &tm->tm_mon,
               &tm->tm_mday, &tm->tm_hour, &tm->tm_min, &tm->tm_sec,
               &used) == 6 &&
        used == 19) {
        tm->tm_mon--;
        double fraction = 0;
        int more = 0;
        if (text[used] == '.' &&
            sscanf(text + used, "%lf%n", &fraction, &more) == 1) {
            *ms = (int)(fraction * 1000);
            used += more;
        }
        return strcmp(text + used, "Z") == 0 ||
               strcmp(text + used, "+00:00") == 0;
    }
    if (sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT%n", &tm->tm_mday, month,
               &tm->tm_year, &tm->tm_hour, &tm->tm_min, &tm->tm_sec,
               &used) == 6 &&
        used > 0) {
        tm->tm_mon = month_number(month);
        return tm->tm_mon >= 0 && text[used] == '\0';
    }
    return false;
}

bool clock_parse(struct str text, int64_t *ret_wall_ms)
{
    char copy[48];
    struct tm tm;
    int ms = 0;
    if (text.len >= sizeof(copy)) {
        return false;
    }
    if (text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    copy[text.len] = '\0';
    if (!scan(copy, &tm, &ms) || tm.tm_mon < 0 || tm.tm_mon > 11 ||
        tm.tm_mday < 1 || tm.tm_mday > 31) {
        return false;
    }
    tm.tm_year -= 1900;
    time_t seconds = timegm(&tm);
    *ret_wall_ms = (int64_t)seconds * 1000 + ms;
    return true;
}
