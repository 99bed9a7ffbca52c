/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, listing, opening and appending. Start at file_read(). */
#include "base/file.h"

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(struct arena *arena, struct str path, struct str *reterr)
{
    *reterr = arena_printf(arena, "%.*s: %s", STR_ARG(path), strerror(errno));
    return false;
}

static bool read_all(int fd, size_t max_bytes, struct buf *out)
{
    for (;;) {
        buf_reserve(out, 16384);
        ssize_t got = read(fd, out->bytes + out->len, 16384);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return false;
        }
        if (got == 0) {
            return true;
        }
        out->len += (size_t)got;
        if (out->len > max_bytes) {
            errno = EFBIG;
            return false;
        }
    }
}

bool file_read(struct arena *arena, struct str path, size_t max_bytes,
               struct str *ret_text, struct str *reterr)
{
    int fd = open(arena_str(arena, path).ptr, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail(arena, path, reterr);
    }
    struct buf text = {0};
    bool ok = read_all(fd, max_bytes, &text);
    int error = errno;
    (void)close(fd);
    if (ok) {
        *ret_text = arena_str(arena, buf_str(&text));
    }
    buf_free(&text);
    errno = error;
    return ok || fail(arena, path, reterr);
}

bool file_read_head(struct arena *arena, struct str path, size_t max_bytes,
                    struct str *ret_text)
{
    int fd = open(arena_str(arena, path).ptr, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    char *bytes = arena_alloc(arena, max_bytes);
    ssize_t got = 0;
    do {
        got = read(fd, bytes, max_bytes);
    } while (got < 0 && errno == EINTR);
    (void)close(fd);
    *ret_text = str_make(bytes, got > 0 ? (size_t)got : 0);
    return got >= 0;
}

bool file_list(struct arena *arena, struct str folder, struct str suffix,
               struct str **ret_names, size_t *ret_count, struct str *reterr)
{
    DIR *dir = opendir(arena_str(arena, folder).ptr);
    if (dir == NULL) {
        return fail(arena, folder, reterr);
    }
    struct buf names = {0};
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        struct str name = str_of(e->d_name);
        if (str_ends(name, suffix) && name.ptr[0] != '.') {
            name = arena_str(arena, name);
            buf_add(&names, str_make((const char *)&name, sizeof(name)));
        }
    }
    (void)closedir(dir);
    *ret_count = names.len / sizeof(struct str);
    *ret_names = ARENA_ARRAY(arena, struct str, *ret_count);
    if (names.len > 0) {
        memcpy(*ret_names, names.bytes, names.len);
        qsort(*ret_names, *ret_count, sizeof(struct str), str_compare_at);
    }
    buf_free(&names);
    return true;
}

bool file_is_folder(struct str path)
{
    struct arena *arena = arena_new();
    struct stat st;
    bool is = stat(arena_str(arena, path).ptr, &st) == 0 && S_ISDIR(st.st_mode);
    arena_free(arena);
    return is;
}

bool file_make_folder(struct arena *arena, struct str path, struct str *reterr)
{
    if (mkdir(arena_str(arena, path).ptr, 0700) == 0 || file_is_folder(path)) {
        return true;
    }
    return fail(arena, path, reterr);
}

int file_open_append(struct arena *arena, struct str path, struct str *reterr)
{
    int fd = open(arena_str(arena, path).ptr,
                  O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        (void)fail(arena, path, reterr);
    }
    return fd;
}

bool file_make_private(int fd)
{
    struct stat st;
    bool open_to_others =
        fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0077U) != 0;
    return !open_to_others || fchmod(fd, 0600) == 0;
}

void file_lock(int fd)
{
    while (flock(fd, LOCK_EX) != 0 && errno == EINTR) {
    }
}

void file_unlock(int fd)
{
    (void)flock(fd, LOCK_UN);
}

int file_open_new(struct arena *arena, struct str path, struct str *reterr)
{
    int fd = open(arena_str(arena, path).ptr,
                  O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        (void)fail(arena, path, reterr);
    }
    return fd;
}

bool file_is_regular(struct str path)
{
    struct arena *arena = arena_new();
    struct stat st;
    bool is = stat(arena_str(arena, path).ptr, &st) == 0 && S_ISREG(st.st_mode);
    arena_free(arena);
    return is;
}

bool file_write(int fd, struct str text)
{
    while (text.len > 0) {
        ssize_t put = write(fd, text.ptr, text.len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        text = str_from(text, (size_t)put);
    }
    return true;
}

void file_close(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

void file_remove(struct str path)
{
    struct arena *arena = arena_new();
    (void)unlink(arena_str(arena, path).ptr);
    arena_free(arena);
}

bool file_replace(struct arena *arena, struct str path, struct str text,
                  struct str *reterr)
{
    struct stat st;
    const char *name = arena_str(arena, path).ptr;
    if (stat(name, &st) == 0 && !S_ISREG(st.st_mode)) {
        *reterr = arena_printf(arena,
                               "%.*s: is no regular file and is left "
                               "as it is",
                               STR_ARG(path));
        return false;
    }
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail(arena, path, reterr);
    }
    bool written = file_write(fd, text);
    int error = errno;
    bool closed = close(fd) == 0;
    errno = written ? errno : error;
    return (written && closed) || fail(arena, path, reterr);
}

bool file_rename(struct arena *arena, struct str from, struct str to,
                 struct str *reterr)
{
    return rename(arena_str(arena, from).ptr, arena_str(arena, to).ptr) == 0 ||
           fail(arena, to, reterr);
}

bool file_swap(struct arena *arena, struct str path, struct str text,
               struct str *reterr)
{
    struct str fresh = arena_join(arena, path, STR(".new"));
    const char *name = fresh.ptr;
    int fd =
        open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return fail(arena, fresh, reterr);
    }
    /* On the disk before it has the name, or a crash leaves an empty file. */
    bool written = file_write(fd, text) && fsync(fd) == 0;
    int error = errno;
    bool closed = close(fd) == 0;
    errno = written ? errno : error;
    bool good = (written && closed) || fail(arena, fresh, reterr);
    good = good && file_rename(arena, fresh, path, reterr);
    if (!good) {
        (void)unlink(name);
    }
    return good;
}
