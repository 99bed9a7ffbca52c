/* SPDX-License-Identifier: Apache-2.0 */
/* The only caller of clock_gettime(), and the date formats of HTTP and AWS.
 * Start at clock_parse(). */
#include "base/clock.h"

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

static int ms_part(int64_t wall_ms)
{
    return (int)((wall_ms % 1000 + 1000) % 1000);
}

/* As gmtime_r() does, which asks for the time zone each time and costs more
 * than writing the date. A year begins in March here, so that the day that may
 * not be is its last; 400 of them have 146,097 days. */
static struct tm broken_down(int64_t wall_ms)
{
    enum { DAY = 86400, ERA = 146097, CENTURY = 36524, FOUR = 1461 };
    enum { TO_MARCH_OF_0 = 719468, THURSDAY = 4 };
    /* Downwards, before 1970 too. */
    int64_t seconds = (wall_ms - ms_part(wall_ms)) / 1000;
    int of_day = (int)((seconds % DAY + DAY) % DAY);
    int64_t days = (seconds - of_day) / DAY;
    int64_t since = days + TO_MARCH_OF_0;
    int64_t era = (since >= 0 ? since : since - (ERA - 1)) / ERA;
    int of_era = (int)(since - era * ERA);
    int year =
        (of_era - of_era / (FOUR - 1) + of_era / CENTURY - of_era / (ERA - 1)) /
        365;
    int of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (5 * of_year + 2) / 153; /* five months have 153 days */
    bool next = month >= 10;             /* January and February */
    return (struct tm){
        .tm_year = (int)(era * 400) + year + next - 1900,
        .tm_mon = next ? month - 10 : month + 2,
        .tm_mday = of_year - (153 * month + 2) / 5 + 1,
        .tm_hour = of_day / 3600,
        .tm_min = of_day / 60 % 60,
        .tm_sec = of_day % 60,
        .tm_wday = (int)(((days + THURSDAY) % 7 + 7) % 7),
    };
}

/* Each takes the place to write to and returns the place behind. Formatting
 * these would cost more than all else that a call does with its time. */
static char *put_number(char *at, int number, size_t digits)
{
    for (size_t i = digits; i-- > 0;) {
        at[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return at + digits;
}

static char *put_text(char *at, const char *text, size_t len)
{
    return (char *)memcpy(at, text, len) + len;
}

static char *put_day(char *at, const struct tm *tm, struct str between)
{
    at = put_number(at, tm->tm_year + 1900, 4);
    at = put_text(at, between.ptr, between.len);
    at = put_number(at, tm->tm_mon + 1, 2);
    at = put_text(at, between.ptr, between.len);
    return put_number(at, tm->tm_mday, 2);
}

static char *put_time(char *at, const struct tm *tm, struct str between)
{
    at = put_number(at, tm->tm_hour, 2);
    at = put_text(at, between.ptr, between.len);
    at = put_number(at, tm->tm_min, 2);
    at = put_text(at, between.ptr, between.len);
    return put_number(at, tm->tm_sec, 2);
}

struct str clock_amz_date(struct arena *arena, int64_t wall_ms)
{
    struct tm tm = broken_down(wall_ms);
    char text[16];
    char *at = put_day(text, &tm, STR(""));
    at = put_text(at, "T", 1);
    at = put_time(at, &tm, STR(""));
    (void)put_text(at, "Z", 1);
    return arena_str(arena, str_make(text, sizeof(text)));
}

void clock_iso_write(int64_t wall_ms, char out[CLOCK_ISO_LEN])
{
    struct tm tm = broken_down(wall_ms);
    char *at = put_day(out, &tm, STR("-"));
    at = put_text(at, "T", 1);
    at = put_time(at, &tm, STR(":"));
    at = put_text(at, ".", 1);
    at = put_number(at, ms_part(wall_ms), 3);
    (void)put_text(at, "Z", 1);
}

struct str clock_iso(struct arena *arena, int64_t wall_ms)
{
    char text[CLOCK_ISO_LEN];
    clock_iso_write(wall_ms, text);
    return arena_str(arena, str_make(text, sizeof(text)));
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

/* Exactly `count` digits; scanf() would take signs and blanks as well. */
static bool take_number(struct str *text, size_t count, int *ret_number)
{
    uint64_t number = 0;
    if (text->len < count || !str_to_u64(str_first(*text, count), &number)) {
        return false;
    }
    *ret_number = (int)number;
    *text = str_from(*text, count);
    return true;
}

static bool take_name(struct str *text, const char *const *names, int count,
                      int *ret_index)
{
    for (int i = 0; i < count; i++) {
        if (str_starts(*text, str_of(names[i]))) {
            *ret_index = i;
            *text = str_from(*text, 3);
            return true;
        }
    }
    return false;
}

static bool take_field(struct str *text, char field, struct tm *tm)
{
    switch (field) {
    case 'Y':
        return take_number(text, 4, &tm->tm_year);
    case 'm':
        return take_number(text, 2, &tm->tm_mon) && tm->tm_mon-- > 0;
    case 'b':
        return take_name(text, months, 12, &tm->tm_mon);
    case 'a':
        return take_name(text, days, 7, &tm->tm_wday);
    case 'd':
        return take_number(text, 2, &tm->tm_mday);
    case 'H':
        return take_number(text, 2, &tm->tm_hour);
    case 'M':
        return take_number(text, 2, &tm->tm_min);
    default:
        return take_number(text, 2, &tm->tm_sec);
    }
}

/* The start of `*text` against a pattern in strftime()'s letters. */
static bool take_pattern(struct str *text, const char *pattern, struct tm *tm)
{
    *tm = (struct tm){0};
    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p == '%') {
            if (!take_field(text, *++p, tm)) {
                return false;
            }
        } else {
            if (text->len == 0 || text->ptr[0] != *p) {
                return false;
            }
            *text = str_from(*text, 1);
        }
    }
    return true;
}

/* ".123", of which digits beyond the third are dropped; may be absent. */
static bool take_fraction(struct str *text, int *ret_ms)
{
    int weight = 100;
    size_t at = 1;
    *ret_ms = 0;
    if (text->len == 0 || text->ptr[0] != '.') {
        return true;
    }
    for (; at < text->len && text->ptr[at] >= '0' && text->ptr[at] <= '9';
         at++) {
        *ret_ms += (text->ptr[at] - '0') * weight;
        weight /= 10;
    }
    *text = str_from(*text, at);
    return at > 1;
}

static bool scan(struct str text, struct tm *tm, int *ret_ms)
{
    static const char *const whole[] = {"%Y%m%dT%H%M%SZ",
                                        "%a, %d %b %Y %H:%M:%S GMT"};
    *ret_ms = 0;
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        struct str rest = text;
        if (take_pattern(&rest, whole[i], tm) && rest.len == 0) {
            return true;
        }
    }
    return take_pattern(&text, "%Y-%m-%dT%H:%M:%S", tm) &&
           take_fraction(&text, ret_ms) &&
           (str_eq(text, STR("Z")) || str_eq(text, STR("+00:00")));
}

/* The calendar knows best: 31 February comes back as 3 March. */
static bool is_real(const struct tm *tm)
{
    struct tm day = {
        .tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday};
    (void)timegm(&day);
    return day.tm_mday == tm->tm_mday && day.tm_mon == tm->tm_mon &&
           tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec <= 60;
}

bool clock_parse(struct str text, int64_t *ret_wall_ms)
{
    struct tm tm;
    int ms = 0;
    if (!scan(text, &tm, &ms)) {
        return false;
    }
    tm.tm_year -= 1900;
    if (!is_real(&tm)) {
        return false;
    }
    *ret_wall_ms = (int64_t)timegm(&tm) * 1000 + ms;
    return true;
}
