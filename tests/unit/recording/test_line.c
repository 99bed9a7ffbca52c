/* SPDX-License-Identifier: Apache-2.0 */
/* One line, written and looked at. Start at main(). */
#include "scene.h"

static void a_line_ends_in_its_checksum(void **state)
{
    struct scene *scene = *state;
    struct buf line = {0};
    struct http_headers headers = {0};
    http_headers_add(scene->arena, &headers, STR("A"), STR("\"b\""));
    http_headers_add(scene->arena, &headers, STR("C"), STR(""));
    recording_line_begin(&line, RECORDING_READ_BACK, STR("s"), 7);
    recording_line_text(&line, "text", STR("q\"\n"));
    recording_line_text_if(&line, "none", STR(""));
    recording_line_open(&line, "inner");
    recording_line_flag(&line, "yes", true);
    recording_line_number(&line, "number", -5);
    recording_line_close(&line);
    recording_line_headers(&line, "headers", &headers);
    recording_line_json(&line, "json", good_json(scene->arena, "[1, {}]"));
    recording_line_end(&line);
    struct str want =
        STR("{\"kind\":\"read-back\",\"session\":\"s\",\"n\":7,\"text\":"
            "\"q\\\"\\n\",\"inner\":{\"yes\":true,\"number\":-5},\"headers\":[["
            "\"A\",\"\\\"b\\\"\"],[\"C\",\"\"]],\"json\":[1,{}]");
    struct str got = buf_str(&line);
    assert_text(str_first(got, want.len), want.ptr);
    struct str crc = STR_NONE;
    assert_int_equal(got.ptr[got.len - 1], '\n');
    got = str_first(got, got.len - 1);
    assert_true(recording_line_has_crc(got, &crc));
    assert_text(
        crc,
        arena_printf(scene->arena, "%08x", (unsigned)http_crc32(want)).ptr);
    assert_true(recording_line_crc_fits(got));
    line.bytes[3] = 'K';
    assert_false(recording_line_crc_fits(got));
    assert_false(recording_line_crc_fits(str_first(got, got.len - 1)));
    assert_false(recording_line_has_crc(STR(""), &crc));
    buf_free(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_line_ends_in_its_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
