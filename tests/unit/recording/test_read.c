/* SPDX-License-Identifier: Apache-2.0 */
/* A recording that is read believes nothing: every single change of a sample
 * is told of, and none brings the reader down. Start at main(). */
#include "scene.h"

#include "base/clock.h"

struct loading {
    struct diag errors;
    struct diag warnings;
    struct recording *recording;
};

static struct loading load(struct scene *scene, struct str text, bool edited)
{
    struct loading l = {.recording = NULL};
    const struct recording_read_options options = {.edited = edited};
    scene_put(scene, text);
    diag_init(&l.errors, scene->arena);
    diag_init(&l.warnings, scene->arena);
    l.recording = recording_load(scene->path, &options, &l.errors, &l.warnings);
    assert_true((l.recording == NULL) == (l.errors.count > 0));
    return l;
}

/* Sessions in a file, each with a line of every kind. */
static struct str sample_of(struct scene *scene, int runs)
{
    struct recording_session_facts facts = scene_facts();
    facts.has_settings = true;
    facts.settings = (struct recording_settings){
        .timeout_ms = 45000, .level = 2, .on_failed = 1};
    (void)unlink(scene->path.ptr);
    for (int run = 0; run < runs; run++) {
        struct recording_writer *writer = scene_writer(scene, &facts);
        struct recording_interaction what = scene_json(
            scene, "ssm", "AmazonSSM.PutParameter",
            "{\"Name\": \"/app\", \"Value\": \"caf\\u00e9 hunter2\"}",
            "{\"Version\":1}");
        what.at_ms = 10 * run;
        assert_true(recording_write_interaction(writer, &what));
        what.kind = RECORDING_READ_BACK;
        what.outcome = HTTP_LOST;
        what.error = STR("gone");
        assert_true(recording_write_interaction(writer, &what));
        assert_true(recording_write_joined(writer, STR("x1"), 11));
        const struct event event = {.exchange = STR("x1"),
                                    .outcome = OUTCOME_SETTLED,
                                    .reads = event_number(2)};
        assert_true(recording_write_outcome(writer, &event, 12));
        assert_true(recording_writer_close(writer));
    }
    return scene_text(scene);
}

static struct str sample(struct scene *scene)
{
    return sample_of(scene, 2);
}

static void nothing_wrong_is_told_of_nothing(void **state)
{
    struct scene *scene = *state;
    struct loading l = load(scene, sample(scene), false);
    assert_int_equal(l.warnings.count, 0);
    assert_non_null(l.recording);
    assert_int_equal(l.recording->session_count, 2);
    assert_int_equal(l.recording->entry_count, 8);
    const struct recording_session *session = &l.recording->sessions[1];
    assert_true(session->ended);
    assert_true(session->keyed);
    assert_true(session->facts.redact);
    assert_int_equal(session->index, 1);
    assert_int_equal(session->facts.at_ms, 1700000000000);
    assert_true(session->facts.has_settings);
    assert_int_equal(session->facts.settings.timeout_ms, 45000);
    assert_int_equal(session->facts.settings.level, 2);
    assert_int_equal(session->facts.settings.on_unsettled, 0);
    assert_int_equal(session->facts.settings.on_failed, 1);
    recording_free(l.recording);
}

static void expect_told(struct scene *scene, struct str text, const char *what,
                        size_t where)
{
    struct arena *outside = scene->arena;
    struct arena *inside = arena_new();
    scene->arena = inside;
    struct loading l = load(scene, text, false);
    if (l.errors.count + l.warnings.count == 0) {
        fail_msg("%s at %zu is not told of", what, where);
    }
    recording_free(l.recording);
    if (where % 4 == 0) {
        /* By hand it may be as it likes, but nothing may break. */
        l = load(scene, text, true);
        recording_free(l.recording);
    }
    scene->arena = outside;
    arena_free(inside);
}

static void every_flipped_bit_is_found(void **state)
{
    struct scene *scene = *state;
    struct str text = sample_of(scene, 1);
    char *bytes = (char *)(uintptr_t)text.ptr;
    for (size_t i = 0; i < text.len; i++) {
        char mask = (char)(1U << (i % 7));
        bytes[i] = (char)(bytes[i] ^ mask);
        expect_told(scene, text, "a flipped bit", i);
        bytes[i] = (char)(bytes[i] ^ mask);
    }
}

static void every_cut_is_found(void **state)
{
    struct scene *scene = *state;
    struct str text = sample_of(scene, 1);
    for (size_t len = 0; len < text.len; len++) {
        expect_told(scene, str_first(text, len), "a cut", len);
    }
}

static void every_lost_or_doubled_byte_is_found(void **state)
{
    struct scene *scene = *state;
    struct str text = sample_of(scene, 1);
    for (size_t i = 0; i < text.len; i += 3) {
        struct str head = str_first(text, i);
        struct str lost = arena_join(scene->arena, head, str_from(text, i + 1));
        struct str doubled =
            arena_join(scene->arena, str_first(text, i + 1), str_from(text, i));
        expect_told(scene, lost, "a lost byte", i);
        expect_told(scene, doubled, "a doubled byte", i);
    }
}

enum { LINES = 12 };

static void cut_lines(struct str text, struct str lines[LINES])
{
    for (size_t i = 0; i < LINES; i++) {
        size_t end = str_find(text, '\n') + 1;
        lines[i] = str_first(text, end);
        text = str_from(text, end);
    }
    assert_int_equal(text.len, 0);
}

static struct str join_lines(struct scene *scene, const struct str *lines,
                             const size_t *order, size_t count)
{
    struct str text = STR("");
    for (size_t i = 0; i < count; i++) {
        text = arena_join(scene->arena, text, lines[order[i]]);
    }
    return text;
}

static void every_lost_doubled_or_moved_line_is_found(void **state)
{
    struct scene *scene = *state;
    struct str lines[LINES];
    cut_lines(sample(scene), lines);
    for (size_t i = 0; i < LINES; i++) {
        size_t order[LINES + 1];
        size_t count = 0;
        for (size_t j = 0; j < LINES; j++) {
            if (j != i) {
                order[count++] = j;
            }
        }
        expect_told(scene, join_lines(scene, lines, order, count),
                    "a lost line", i);
        for (size_t at = 0; at <= LINES; at++) {
            count = 0;
            for (size_t j = 0; j <= LINES; j++) {
                if (j == at) {
                    order[count++] = i;
                }
                if (j < LINES) {
                    order[count++] = j;
                }
            }
            expect_told(scene, join_lines(scene, lines, order, count),
                        "a doubled line", i * 100 + at);
        }
        for (size_t j = i + 1; j < LINES; j++) {
            if (i / 6 != j / 6) {
                continue; /* sessions may be mixed */
            }
            for (size_t k = 0; k < LINES; k++) {
                order[k] = k == i ? j : k == j ? i : k;
            }
            expect_told(scene, join_lines(scene, lines, order, LINES),
                        "a moved line", i * 100 + j);
        }
    }
}

static void sessions_may_be_mixed(void **state)
{
    struct scene *scene = *state;
    struct str lines[LINES];
    cut_lines(sample(scene), lines);
    const size_t order[LINES] = {0, 6, 7, 1, 2, 8, 9, 3, 4, 5, 10, 11};
    struct loading l =
        load(scene, join_lines(scene, lines, order, LINES), false);
    assert_int_equal(l.errors.count + l.warnings.count, 0);
    assert_int_equal(l.recording->entry_count, 8);
    /* By time; of equal times, by line. */
    for (size_t i = 1; i < 8; i++) {
        const struct recording_entry *a = &l.recording->entries[i - 1];
        const struct recording_entry *b = &l.recording->entries[i];
        assert_true(a->at_ms < b->at_ms ||
                    (a->at_ms == b->at_ms && a->line < b->line));
    }
    recording_free(l.recording);
}

static void a_run_that_was_killed_leaves_its_lines(void **state)
{
    struct scene *scene = *state;
    struct str text = sample(scene);
    struct str lines[LINES];
    cut_lines(text, lines);
    /* The first run dies in the middle of its third line ... */
    size_t dead = (size_t)(lines[2].ptr - text.ptr) + 100;
    scene_put(scene, str_first(text, dead));
    /* ... and another one appends. */
    struct recording_session_facts facts = scene_facts();
    struct recording_writer *writer = scene_writer(scene, &facts);
    assert_true(recording_write_joined(writer, STR("x9"), 1));
    assert_true(recording_writer_close(writer));
    struct loading l = load(scene, scene_text(scene), false);
    assert_int_equal(l.errors.count, 0);
    struct str told = diag_text(scene->arena, &l.warnings);
    assert_holds(told, "run.jsonl:3:1: ");
    assert_holds(told, "cut short");
    assert_holds(told, "has no end");
    assert_int_equal(l.recording->session_count, 2);
    assert_false(l.recording->sessions[0].ended);
    assert_true(l.recording->sessions[1].ended);
    assert_int_equal(l.recording->entry_count, 2);
    recording_free(l.recording);
}

/* ---- what is said of it ---- */

static struct str replace(struct scene *scene, struct str text,
                          const char *from, const char *to)
{
    size_t at = str_find_str(text, str_of(from));
    assert_true(at != STR_NOT_FOUND);
    struct str head = arena_join(scene->arena, str_first(text, at), str_of(to));
    return arena_join(scene->arena, head, str_from(text, at + strlen(from)));
}

static void errors_say_where_and_what(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *from;
        const char *to;
        const char *want;
        bool edited;
    } rows[] = {
        {"\"version\":1", "\"version\":2", "run.jsonl:1:", true},
        {"\"version\":1", "\"version\":2",
         "version 2; this settled reads version 1: a newer one is needed",
         true},
        {"\"version\":1", "\"version\":0",
         "version 0; this settled reads version 1", true},
        {"Version", "version", "checksum does not fit", false},
        {"\"took_ms\":0", "\"took_ms\":-1", "run.jsonl:2:", true},
        {"\"took_ms\":0", "\"took_ms\":-1",
         "\"took_ms\" must be a whole number", true},
        {"\"took_ms\":0", "\"tookms\":0",
         "\"tookms\" is no member of such a line", true},
        {"\"took_ms\":0", "\"tookms\":0", "\"took_ms\" is missing", true},
        {"\"took_ms\":0", "\"took_ms\":", "expected a value", true},
        {"\"kind\":\"call\"", "\"kind\":\"cal\"",
         "there is no such kind of line", true},
        {"\"status\":200", "\"status\":20", "there is no such status", true},
        {"\"outcome\":\"lost\"", "\"outcome\":\"lots\"",
         "nothing that was sent ends like this", true},
        {"\"outcome\":\"settled\"", "\"outcome\":\"setled\"",
         "there is no such outcome", true},
        {"\"protocol\":\"json-1.1\"", "\"protocol\":\"json\"",
         "there is no such protocol", true},
        {"[\"Content-Type\",", "[", "a header must be", true},
        {"\"at\":\"2023", "\"at\":\"then", "this is no time", true},
        {"{\"kind\":\"call\"", "[]{\"kind\":\"call\"",
         "nothing more after the value", true},
        {"\"format\":\"settled-recording\"", "\"format\":\"har\"",
         ":1:1: error: this is no recording", true},
    };
    struct str text = sample(scene);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str bad = replace(scene, text, rows[i].from, rows[i].to);
        struct loading l = load(scene, bad, rows[i].edited);
        assert_null(l.recording);
        assert_holds(diag_text(scene->arena, &l.errors), rows[i].want);
    }
}

static void an_edited_line_is_taken_when_asked(void **state)
{
    struct scene *scene = *state;
    struct str text = replace(scene, sample(scene), "\"/app\"", "\"/other\"");
    assert_null(load(scene, text, false).recording);
    struct loading l = load(scene, text, true);
    assert_non_null(l.recording);
    assert_text(json_get_text(l.recording->entries[0].input, "Name"), "/other");
    recording_free(l.recording);
}

static void the_session_that_is_asked_for_is_read(void **state)
{
    struct scene *scene = *state;
    struct loading l = load(scene, sample(scene), false);
    struct recording_read_options options = {
        .session = arena_str(scene->arena, l.recording->sessions[1].facts.id)};
    recording_free(l.recording);
    struct recording *recording = scene_load_with(scene, &options);
    assert_int_equal(recording->session_count, 1);
    assert_int_equal(recording->entry_count, 4);
    assert_int_equal(recording->sessions[0].index, 0);
    assert_ptr_equal(recording->entries[0].session, &recording->sessions[0]);
    recording_free(recording);
    /* By the run's own id: both. */
    options.session = STR("run");
    recording = scene_load_with(scene, &options);
    assert_int_equal(recording->session_count, 2);
    recording_free(recording);
    options.session = STR("other");
    struct diag errors;
    diag_init(&errors, scene->arena);
    assert_null(recording_load(scene->path, &options, &errors, &errors));
    assert_holds(diag_text(scene->arena, &errors), "has no session \"other\"");
}

static void a_key_of_ones_own_must_be_the_right_one(void **state)
{
    struct scene *scene = *state;
    struct recording_session_facts facts = scene_facts();
    facts.key_text = STR("correct horse battery staple");
    assert_true(recording_writer_close(scene_writer(scene, &facts)));
    assert_lacks(scene_text(scene), "correct horse");
    struct recording_read_options options = {.key_text = facts.key_text};
    struct recording *recording = scene_load_with(scene, &options);
    assert_true(recording->sessions[0].keyed);
    recording_free(recording);
    options.key_text = STR_NONE;
    recording = scene_load_with(scene, &options);
    assert_false(recording->sessions[0].keyed);
    recording_free(recording);
    options.key_text = STR("incorrect horse battery");
    struct diag errors;
    diag_init(&errors, scene->arena);
    assert_null(recording_load(scene->path, &options, &errors, &errors));
    assert_holds(diag_text(scene->arena, &errors), "is not the key");
}

static void what_begins_as_a_recording_is_one(void **state)
{
    static const struct {
        const char *text;
        bool is;
    } rows[] = {
        {"", false},
        {"{}", false},
        {"{\"format\":\"settled-recording\"}", true},
        {" { \"kind\": \"session\", \"format\" : \"settled-recording\" }\n{",
         true},
        {"{\"log\":{\"version\":\"1.2\"}}", false},
        {"interactions:\n- request:", false},
        {"{\n\"format\":\"settled-recording\"}", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(recording_is(str_of(rows[i].text)) == rows[i].is);
    }
}

static void a_large_one_is_read_in_little_memory(void **state)
{
    struct scene *scene = *state;
    enum { CALLS = 2000 };
    struct recording_session_facts facts = scene_facts();
    struct recording_writer *writer = scene_writer(scene, &facts);
    struct str filler = arena_printf(scene->arena, "{\"Text\":\"%01500d\"}", 7);
    struct recording_interaction what =
        scene_json(scene, "ssm", "AmazonSSM.GetParameter",
                   "{\"Name\":\"/a/name/of/some/length\"}", filler.ptr);
    for (int i = 0; i < CALLS; i++) {
        what.at_ms = CALLS - i;
        assert_true(recording_write_interaction(writer, &what));
    }
    assert_true(recording_writer_close(writer));
    struct recording *recording = scene_load(scene);
    assert_int_equal(recording->entry_count, CALLS);
    for (int i = 0; i < CALLS; i++) {
        assert_int_equal(recording->entries[i].at_ms, i + 1);
    }
    size_t taken = arena_size(((const struct loaded *)recording)->arena);
    assert_true(taken < 2 * recording->source->text.len);
    recording_free(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(nothing_wrong_is_told_of_nothing),
        SCENE_TEST(every_flipped_bit_is_found),
        SCENE_TEST(every_cut_is_found),
        SCENE_TEST(every_lost_or_doubled_byte_is_found),
        SCENE_TEST(every_lost_doubled_or_moved_line_is_found),
        SCENE_TEST(sessions_may_be_mixed),
        SCENE_TEST(a_run_that_was_killed_leaves_its_lines),
        SCENE_TEST(errors_say_where_and_what),
        SCENE_TEST(an_edited_line_is_taken_when_asked),
        SCENE_TEST(the_session_that_is_asked_for_is_read),
        SCENE_TEST(a_key_of_ones_own_must_be_the_right_one),
        SCENE_TEST(what_begins_as_a_recording_is_one),
        SCENE_TEST(a_large_one_is_read_in_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
