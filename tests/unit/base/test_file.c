/* SPDX-License-Identifier: Apache-2.0 */
/* Opening files that nobody else may read, and writing to them. Start at
 * main(). */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct folder {
    struct arena *arena;
    char name[32];
    struct str path;
};

static int begin(void **state)
{
    struct folder *folder = calloc(1, sizeof(*folder));
    assert_non_null(folder);
    folder->arena = arena_new();
    (void)snprintf(folder->name, sizeof(folder->name),
                   "/tmp/settled-file-XXXXXX");
    assert_non_null(mkdtemp(folder->name));
    folder->path = arena_printf(folder->arena, "%s/a", folder->name);
    *state = folder;
    return 0;
}

static int end(void **state)
{
    struct folder *folder = *state;
    (void)unlink(folder->path.ptr);
    assert_int_equal(rmdir(folder->name), 0);
    arena_free(folder->arena);
    free(folder);
    return 0;
}

static int mode_of(const struct folder *folder)
{
    struct stat st;
    assert_int_equal(stat(folder->path.ptr, &st), 0);
    return (int)(st.st_mode & 0777);
}

static void a_private_file_is_for_its_owner_alone(void **state)
{
    struct folder *folder = *state;
    struct str why = STR_NONE;
    struct str text = STR_NONE;
    mode_t mask = umask(0);
    for (int i = 0; i < 2; i++) {
        int fd = file_open_append(folder->arena, folder->path, &why);
        assert_true(fd >= 0);
        file_lock(fd);
        assert_true(file_make_private(fd));
        file_unlock(fd);
        assert_int_equal(mode_of(folder), 0600);
        assert_true(file_write(fd, STR("line\n")));
        assert_true(file_write(fd, STR("")));
        file_close(fd);
        assert_int_equal(chmod(folder->path.ptr, 0644), 0);
    }
    (void)umask(mask);
    assert_true(file_read(folder->arena, folder->path, 100, &text, &why));
    assert_true(str_eq(text, STR("line\nline\n")));
}

static void a_device_keeps_its_rights(void **state)
{
    struct folder *folder = *state;
    struct str why = STR_NONE;
    struct stat before;
    struct stat after;
    assert_int_equal(stat("/dev/full", &before), 0);
    int fd = file_open_append(folder->arena, STR("/dev/full"), &why);
    assert_true(fd >= 0);
    assert_true(file_make_private(fd));
    assert_false(file_write(fd, STR("x")));
    assert_int_equal(errno, ENOSPC);
    file_close(fd);
    assert_int_equal(stat("/dev/full", &after), 0);
    assert_int_equal(before.st_mode, after.st_mode);
}

static void a_new_file_must_be_new(void **state)
{
    struct folder *folder = *state;
    struct str why = STR_NONE;
    int fd = file_open_new(folder->arena, folder->path, &why);
    assert_true(fd >= 0);
    assert_int_equal(mode_of(folder), 0600);
    file_close(fd);
    assert_int_equal(file_open_new(folder->arena, folder->path, &why), -1);
    assert_true(str_contains(why, folder->path));
    assert_int_equal(file_open_new(folder->arena, STR("/nowhere/at/all"), &why),
                     -1);
    assert_true(str_starts(why, STR("/nowhere/at/all")));
    file_close(-1);
}

static void regular_files_are_told_from_others(void **state)
{
    struct folder *folder = *state;
    struct str why = STR_NONE;
    assert_false(file_is_regular(folder->path));
    file_close(file_open_new(folder->arena, folder->path, &why));
    assert_true(file_is_regular(folder->path));
    assert_false(file_is_regular(str_of(folder->name)));
    assert_false(file_is_regular(STR("/dev/null")));
}

static void a_swap_gives_all_of_the_new_text_or_leaves_the_old(void **state)
{
    struct folder *folder = *state;
    struct arena *arena = folder->arena;
    struct str why = STR_NONE;
    struct str text = STR_NONE;
    struct str fresh = arena_join(arena, folder->path, STR(".new"));
    struct stat st;
    assert_true(file_swap(arena, folder->path, STR("old"), &why));
    assert_true(file_swap(arena, folder->path, STR("new"), &why));
    assert_true(file_read(arena, folder->path, 100, &text, &why));
    assert_true(str_eq(text, STR("new")));
    assert_int_equal(stat(folder->path.ptr, &st), 0);
    assert_int_equal(st.st_mode & 0777U, 0600);
    assert_false(file_is_regular(fresh));
    assert_true(file_make_folder(arena, fresh, &why)); /* in the way */
    assert_false(file_swap(arena, folder->path, STR("newer"), &why));
    assert_true(str_contains(why, fresh));
    assert_true(file_read(arena, folder->path, 100, &text, &why));
    assert_true(str_eq(text, STR("new")));
    assert_int_equal(rmdir(fresh.ptr), 0);
}

static void a_folder_is_made_or_found(void **state)
{
    struct folder *folder = *state;
    struct str why = STR_NONE;
    assert_true(file_make_folder(folder->arena, folder->path, &why));
    assert_true(file_make_folder(folder->arena, folder->path, &why));
    assert_true(file_is_folder(folder->path));
    assert_int_equal(rmdir(folder->path.ptr), 0);
    file_close(file_open_new(folder->arena, folder->path, &why));
    assert_false(file_make_folder(folder->arena, folder->path, &why));
    assert_true(str_starts(why, folder->path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_private_file_is_for_its_owner_alone,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_device_keeps_its_rights, begin, end),
        cmocka_unit_test_setup_teardown(a_new_file_must_be_new, begin, end),
        cmocka_unit_test_setup_teardown(regular_files_are_told_from_others,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            a_swap_gives_all_of_the_new_text_or_leaves_the_old, begin, end),
        cmocka_unit_test_setup_teardown(a_folder_is_made_or_found, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
