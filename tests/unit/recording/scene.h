/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of recordings share: a registry, a folder of their own, calls
 * of several protocols and a look at the file. Start at scene_begin(). */
#ifndef TESTS_RECORDING_SCENE_H
#define TESTS_RECORDING_SCENE_H

#include "support/texts.h"

#include "base/file.h"
#include "recording/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_TEXT "000102030405060708090a0b0c0d0e0f"

struct scene {
    struct arena *arena;
    struct aws_registry *registry;
    char folder[64];
    struct str path; /* of a recording in it */
};

static inline int scene_begin(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    assert_non_null(scene);
    scene->arena = arena_new();
    scene->registry = aws_registry_new();
    (void)snprintf(scene->folder, sizeof(scene->folder),
                   "/tmp/settled-recording-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    scene->path = arena_printf(scene->arena, "%s/run.jsonl", scene->folder);
    *state = scene;
    return 0;
}

static inline int scene_end(void **state)
{
    struct scene *scene = *state;
    (void)unlink(scene->path.ptr);
    assert_int_equal(rmdir(scene->folder), 0);
    aws_registry_free(scene->registry);
    arena_free(scene->arena);
    free(scene);
    return 0;
}

#define SCENE_TEST(function)                                                   \
    cmocka_unit_test_setup_teardown(function, scene_begin, scene_end)

/* ---- calls ---- */

struct words {
    const char *service; /* signing name */
    const char *method;
    const char *target;
    const char *amz_target; /* X-Amz-Target; NULL: none */
    const char *type;
    const char *body;
};

static inline void scene_request(struct scene *scene, const struct words *words,
                                 struct http_request *request,
                                 struct aws_call *call)
{
    *request = (struct http_request){
        .method = str_of(words->method),
        .target = str_of(words->target),
        .body = str_of(words->body),
    };
    http_headers_add(scene->arena, &request->headers, STR("Content-Type"),
                     str_of(words->type));
    if (words->amz_target != NULL) {
        http_headers_add(scene->arena, &request->headers, STR("X-Amz-Target"),
                         str_of(words->amz_target));
    }
    aws_identify(scene->registry, scene->arena, request, str_of(words->service),
                 STR("eu-west-1"), request->body, call);
}

static inline struct recording_redactor *scene_redactor(struct scene *scene)
{
    unsigned char key[RECORDING_KEY_SIZE];
    assert_true(recording_key_from_hex(STR(KEY_TEXT), key));
    return recording_redactor_new(scene->registry, key);
}

/* A call in a JSON protocol, answered. */
static inline struct recording_interaction
scene_json(struct scene *scene, const char *service, const char *target,
           const char *input, const char *output)
{
    struct recording_interaction what = {
        .kind = RECORDING_CALL,
        .exchange = STR("x1"),
        .access_key = STR("AKIAIOSFODNN7EXAMPLE"),
        .outcome = HTTP_ANSWERED,
        .response = {.status = 200, .body = str_of(output)},
    };
    const struct words words = {
        service, "POST", "/", target, "application/x-amz-json-1.1", input};
    struct aws_call *call = ARENA_NEW(scene->arena, struct aws_call);
    scene_request(scene, &words, &what.request, call);
    http_headers_add(scene->arena, &what.response.headers, STR("Content-Type"),
                     STR("application/x-amz-json-1.1"));
    what.call = call;
    return what;
}

/* ---- files ---- */

static inline struct recording_session_facts scene_facts(void)
{
    return (struct recording_session_facts){.id = STR("run"),
                                            .at_ms = 1700000000000,
                                            .source = "settled",
                                            .redact = true};
}

static inline struct recording_writer *
scene_writer(struct scene *scene, const struct recording_session_facts *facts)
{
    struct str why = STR_NONE;
    struct recording_writer *writer = recording_writer_open(
        scene->path, scene->registry, facts, &why, scene->arena);
    if (writer == NULL) {
        fail_msg("%.*s", STR_ARG(why));
    }
    return writer;
}

static inline struct str scene_text(struct scene *scene)
{
    struct str text = STR_NONE;
    struct str why = STR_NONE;
    if (!file_read(scene->arena, scene->path, 100000000, &text, &why)) {
        fail_msg("%.*s", STR_ARG(why));
    }
    return text;
}

static inline void scene_put(struct scene *scene, struct str text)
{
    (void)unlink(scene->path.ptr); /* truncating would flush it, each time */
    FILE *file = fopen(scene->path.ptr, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

static inline struct recording *
scene_load_with(struct scene *scene,
                const struct recording_read_options *options)
{
    struct diag errors;
    struct diag warnings;
    diag_init(&errors, scene->arena);
    diag_init(&warnings, scene->arena);
    struct recording *recording =
        recording_load(scene->path, options, &errors, &warnings);
    if (recording == NULL || warnings.count > 0) {
        fail_msg("%s%s", diag_text(scene->arena, &errors).ptr,
                 diag_text(scene->arena, &warnings).ptr);
    }
    return recording;
}

static inline struct recording *scene_load(struct scene *scene)
{
    const struct recording_read_options options = {.session = STR_NONE};
    return scene_load_with(scene, &options);
}

#endif
