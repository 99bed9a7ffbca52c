/* SPDX-License-Identifier: Apache-2.0 */
/* The only writer to stdout and stderr besides the log. Start at
 * print_text(). */
#include "app/private.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void put(int fd, struct str text)
{
    while (text.len > 0) {
        ssize_t done = write(fd, text.ptr, text.len);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return;
        }
        text = str_from(text, (size_t)done);
    }
}

void print_text(struct str text)
{
    put(STDOUT_FILENO, text);
}

void print_error_text(struct str text)
{
    put(STDERR_FILENO, text);
}

void print_sentence(struct str sentence)
{
    print_note("%.*s", STR_ARG(sentence));
}

void print_note(const char *format, ...)
{
    struct arena *scratch = arena_new();
    va_list args;
    va_start(args, format);
    struct str text = arena_vprintf(scratch, format, args);
    va_end(args);
    text = arena_printf(scratch, "settled: %.*s\n", STR_ARG(text));
    print_error_text(text);
    arena_free(scratch);
}

void print_diag(const struct diag *diag)
{
    struct buf text = {0};
    diag_print(diag, &text);
    print_error_text(buf_str(&text));
    buf_free(&text);
}

bool stderr_is_terminal(void)
{
    return isatty(STDERR_FILENO) == 1;
}

size_t stderr_width(void)
{
    enum { USUAL = 80 };
    struct winsize size = {0};
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
    return known && size.ws_col > 1 ? size.ws_col : USUAL;
}
