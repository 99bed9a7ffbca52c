/* SPDX-License-Identifier: Apache-2.0 */
/* What a plain scalar means (YAML 1.1's types, in the forms that PyYAML takes).
 * Here because it is all rules of text. Start at yaml_plain_resolve(). */
#include "yaml/private.h"

#include "base/hex.h"

#include <inttypes.h>

struct word {
    const char *text;
    enum json_type type;
};

static const struct word words[] = {
    {"", JSON_NULL},       {"~", JSON_NULL},      {"null", JSON_NULL},
    {"Null", JSON_NULL},   {"NULL", JSON_NULL},   {"true", JSON_TRUE},
    {"True", JSON_TRUE},   {"TRUE", JSON_TRUE},   {"yes", JSON_TRUE},
    {"Yes", JSON_TRUE},    {"YES", JSON_TRUE},    {"on", JSON_TRUE},
    {"On", JSON_TRUE},     {"ON", JSON_TRUE},     {"false", JSON_FALSE},
    {"False", JSON_FALSE}, {"FALSE", JSON_FALSE}, {"no", JSON_FALSE},
    {"No", JSON_FALSE},    {"NO", JSON_FALSE},    {"off", JSON_FALSE},
    {"Off", JSON_FALSE},   {"OFF", JSON_FALSE},
};

static const char decimal[] = "0123456789";
static const char decimal_spaced[] = "0123456789_";

static bool starts_with_one_of(struct str text, const char *set)
{
    return text.len > 0 && str_find(str_of(set), text.ptr[0]) != STR_NOT_FOUND;
}

/* Cuts off the longest start that is made of `set`. */
static struct str take_run(struct str *text, const char *set)
{
    size_t len = 0;
    while (len < text->len &&
           str_find(str_of(set), text->ptr[len]) != STR_NOT_FOUND) {
        len++;
    }
    struct str run = str_first(*text, len);
    *text = str_from(*text, len);
    return run;
}

static struct str without_spacers(struct arena *arena, struct str digits)
{
    char *out = arena_alloc(arena, digits.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] != '_') {
            out[len++] = digits.ptr[i];
        }
    }
    return str_make(out, len);
}

/* The JSON reader knows how to make a number of a text. */
static bool set_number(struct arena *arena, struct str text, struct json *node)
{
    const struct json_limits limits = {.depth = 1, .nodes = 1};
    const struct json *number = json_read(arena, text, &limits);
    if (!json_is(number, JSON_NUMBER)) {
        return false;
    }
    node->type = JSON_NUMBER;
    node->text = number->text;
    node->number = number->number;
    return true;
}

/* Digits of another base; false when 64 bits are too few, or without digit. */
static bool set_based(struct arena *arena, const char *sign, struct str digits,
                      unsigned base, struct json *node)
{
    uint64_t value = 0;
    digits = without_spacers(arena, digits);
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = (unsigned)hex_value(digits.ptr[i]);
        if (value > (UINT64_MAX - digit) / base) {
            return false;
        }
        value = value * base + digit;
    }
    return digits.len > 0 &&
           set_number(arena, arena_printf(arena, "%s%" PRIu64, sign, value),
                      node);
}

static const char *take_sign(struct str *text)
{
    const char *sign = str_starts(*text, STR("-")) ? "-" : "";
    if (starts_with_one_of(*text, "+-")) {
        *text = str_from(*text, 1);
    }
    return sign;
}

/* ":MM" as often as it comes, each below 60; adds them to *value. */
static bool take_sixtieths(struct str *text, double *value)
{
    bool any = false;
    while (str_starts(*text, STR(":"))) {
        *text = str_from(*text, 1);
        struct str part = take_run(text, decimal);
        uint64_t sixtieths = 0;
        if (part.len > 2 || !str_to_u64(part, &sixtieths) || sixtieths > 59) {
            return false;
        }
        *value = *value * 60 + (double)sixtieths;
        any = true;
    }
    return any;
}

static double read_double(struct arena *arena, struct str digits)
{
    struct json number = {0};
    digits = without_spacers(arena, digits);
    while (digits.len > 1 && digits.ptr[0] == '0' && digits.ptr[1] != '.') {
        digits = str_from(digits, 1);
    }
    return set_number(arena, digits, &number) ? number.number : 0;
}

/* "190:20:30", and with a fraction "190:20:30.15". */
static bool resolve_base_60(struct arena *arena, struct str text,
                            struct json *node)
{
    const char *sign = take_sign(&text);
    bool leads_with_zero = str_starts(text, STR("0"));
    if (!starts_with_one_of(text, decimal)) {
        return false;
    }
    double value = read_double(arena, take_run(&text, decimal_spaced));
    if (!take_sixtieths(&text, &value)) {
        return false;
    }
    if (str_starts(text, STR("."))) {
        struct str fraction = str_from(text, 1);
        (void)take_run(&fraction, decimal_spaced);
        if (fraction.len > 0) {
            return false;
        }
        struct str digits = without_spacers(arena, str_from(text, 1));
        value +=
            read_double(arena, arena_printf(arena, "0.%.*s0", STR_ARG(digits)));
    } else if (text.len > 0 || leads_with_zero) {
        return false;
    }
    struct json *number =
        json_new_number(arena, sign[0] == '-' ? -value : value);
    node->type = JSON_NUMBER;
    node->text = number->text;
    node->number = number->number;
    return true;
}

static bool resolve_int(struct arena *arena, struct str text, struct json *node)
{
    static const struct {
        const char *prefix;
        const char *digits;
        unsigned base;
    } bases[] = {
        {"0b", "01_", 2},
        {"0x", "0123456789abcdefABCDEF_", 16},
        {"0", "01234567_", 8},
    };
    const char *sign = take_sign(&text);
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        struct str rest = str_from(text, strlen(bases[i].prefix));
        struct str digits = take_run(&rest, bases[i].digits);
        if (str_starts(text, str_of(bases[i].prefix)) && digits.len > 0 &&
            rest.len == 0) {
            /* "0_" is zero, "0x_" is nothing. */
            return set_based(arena, sign, bases[i].base == 8 ? text : digits,
                             bases[i].base, node);
        }
    }
    struct str rest = text;
    struct str digits = take_run(&rest, decimal_spaced);
    bool leads = digits.len > 0 && (digits.ptr[0] != '0' || digits.len == 1) &&
                 digits.ptr[0] != '_';
    if (rest.len > 0 || !leads) {
        return false;
    }
    digits = without_spacers(arena, digits);
    return set_number(
        arena, arena_printf(arena, "%s%.*s", sign, STR_ARG(digits)), node);
}

/* "e+5"; YAML 1.1 wants the sign. */
static bool take_exponent(struct str *text)
{
    struct str rest = str_from(*text, 2);
    if (text->len == 0) {
        return true;
    }
    if (!starts_with_one_of(*text, "eE") ||
        !starts_with_one_of(str_from(*text, 1), "+-")) {
        return false;
    }
    struct str digits = take_run(&rest, decimal);
    *text = rest;
    return digits.len > 0 && rest.len == 0;
}

/* With a point; .inf and .nan stay text, for JSON has no such numbers. */
static bool resolve_float(struct arena *arena, struct str text,
                          struct json *node)
{
    bool bare = str_starts(text, STR("."));
    const char *sign = take_sign(&text);
    struct str whole =
        str_starts(text, STR("_")) ? STR("") : take_run(&text, decimal_spaced);
    if (!str_starts(text, STR(".")) || (whole.len == 0 && !bare)) {
        return false;
    }
    text = str_from(text, 1);
    if (bare && !starts_with_one_of(text, decimal)) {
        return false;
    }
    struct str fraction = take_run(&text, decimal_spaced);
    struct str exponent = text;
    if (!take_exponent(&text)) {
        return false;
    }
    whole = without_spacers(arena, whole);
    while (whole.len > 0 && whole.ptr[0] == '0') {
        whole = str_from(whole, 1);
    }
    fraction = without_spacers(arena, fraction);
    return set_number(arena,
                      arena_printf(arena, "%s%s%.*s.%.*s%s%.*s", sign,
                                   whole.len == 0 ? "0" : "", STR_ARG(whole),
                                   STR_ARG(fraction),
                                   fraction.len == 0 ? "0" : "",
                                   STR_ARG(exponent)),
                      node);
}

void yaml_plain_resolve(struct arena *arena, struct str text, struct json *node)
{
    static bool (*const ways[])(struct arena *, struct str, struct json *) = {
        resolve_int, resolve_float, resolve_base_60};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq(text, str_of(words[i].text))) {
            node->type = words[i].type;
            return;
        }
    }
    if (starts_with_one_of(text, "+-.0123456789")) {
        for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
            if (ways[i](arena, text, node)) {
                return;
            }
        }
    }
    node->type = JSON_STRING;
    node->text = text;
}
