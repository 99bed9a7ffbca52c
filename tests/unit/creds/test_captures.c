/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as real clients sent them: each passes the gate, goes out signed
 * anew, and is refused once a byte of its body has changed. Start at
 * check_request(). */
#include "scene.h"

#include "base/base64.h"
#include "base/file.h"
#include "json/json.h"

#define KEY    "AKIAIOSFODNN7EXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

static struct str decode_base64(struct arena *arena, struct str text)
{
    struct str bytes = STR_NONE;
    assert_true(base64_read(arena, text, &bytes));
    return bytes;
}

static void read_request(struct scene *scene, const struct json *json)
{
    struct arena *arena = scene->world->arena;
    const struct json *headers = json_get(json, STR("headers"));
    scene->request = (struct http_request){
        .method = json_get_text(json, "method"),
        .target = json_get_text(json, "target"),
        .body = decode_base64(arena, json_get_text(json, "body_b64")),
    };
    for (size_t i = 0; i < headers->count; i++) {
        const struct json *pair = headers->members[i].value;
        http_headers_add(arena, &scene->request.headers,
                         json_text(pair->members[0].value),
                         json_text(pair->members[1].value));
    }
}

static void expect_signed_anew(struct scene *scene)
{
    struct arena *arena = scene->world->arena;
    struct http_fetch fetch;
    struct sigv4_claim claim = {0};
    struct sigv4_stages stages;
    struct str error = STR_NONE;
    send_on(scene, &fetch);
    struct http_fetch *sent = world_fetch(scene->world);
    assert_int_equal(sigv4_claim_parse(arena, &sent->request, &claim, &error),
                     SIGV4_GOOD);
    struct str declared = claim.payload_hash;
    bool hashed = sigv4_payload_of(declared) == SIGV4_PAYLOAD_NONE ||
                  sigv4_payload_of(declared) == SIGV4_PAYLOAD_HASH;
    struct sigv4_verify_in in = {
        .secret_key = STR(SECRET),
        .payload_hash =
            hashed ? sigv4_sha256_hex(arena, sent->request.body) : declared,
        .rules = sigv4_rules_for(claim.scope.service),
        .wall_ms = world_wall,
        .tolerance_ms = 1000,
    };
    if (sigv4_verify(arena, &sent->request, &claim, &in, &stages, &error) !=
        SIGV4_GOOD) {
        fail_msg("%.*s", STR_ARG(error));
    }
    http_fetch_cancel(creds_signing_client(scene->world->creds), &fetch);
    scene->world->upstream.count = 0;
}

static void check_request(struct world *world, struct str name,
                          const struct json *json)
{
    struct scene scene;
    begin_open(&scene, world);
    read_request(&scene, json);
    struct str date = http_headers_get(&scene.request.headers, "x-amz-date");
    assert_true(clock_parse(date, &world_wall));
    arrive(&scene);
    if (scene.next.count != 1) {
        fail_msg("%.*s: %.*s", STR_ARG(name), STR_ARG(reply_of(&scene)));
    }
    assert_int_equal(scene.next.got->identity->kind, IDENTITY_OWN);
    expect_signed_anew(&scene);
    leave(&scene);
    struct str hash =
        http_headers_get(&scene.request.headers, "x-amz-content-sha256");
    bool covered = sigv4_payload_of(hash) == SIGV4_PAYLOAD_NONE ||
                   sigv4_payload_of(hash) == SIGV4_PAYLOAD_HASH;
    if (scene.request.body.len > 0 && covered) {
        begin_open(&scene, world);
        read_request(&scene, json);
        ((char *)(uintptr_t)scene.request.body.ptr)[0] ^= 1;
        arrive(&scene);
        assert_int_equal(scene.next.count, 0);
        assert_true(scene.fake.response.status >= 400);
        http_pipe_free(&scene.fake.pipe);
    }
}

/* Returns how many requests were checked. */
static size_t check_file(struct world *world, struct str name)
{
    struct arena *arena = world->arena;
    struct source source = {name, STR_NONE};
    struct str error = STR_NONE;
    struct str path =
        arena_printf(arena, TEST_DATA "/captures/%.*s", STR_ARG(name));
    const struct json *json = NULL;
    struct diag diag;
    size_t checked = 0;
    diag_init(&diag, arena);
    assert_true(file_read(arena, path, 16 << 20, &source.text, &error));
    assert_true(json_parse(arena, &source, &json_default_limits, &json, &diag));
    const struct json *requests = json_get(json, STR("requests"));
    for (size_t i = 0; i < requests->count; i++) {
        const struct json *request = requests->members[i].value;
        if (!json_is(json_get(request, STR("body_truncated")), JSON_TRUE)) {
            check_request(world, name, request);
            checked++;
        }
    }
    return checked;
}

static void real_clients_pass_and_are_signed_anew(void **state)
{
    struct world *world = *state;
    struct str *names = NULL;
    size_t count = 0;
    size_t checked = 0;
    struct str error = STR_NONE;
    if (!file_is_folder(STR(TEST_DATA "/captures"))) {
        print_message("no folder " TEST_DATA "/captures\n");
        skip();
    }
    world_env(world, "AWS_ACCESS_KEY_ID", KEY);
    world_env(world, "AWS_SECRET_ACCESS_KEY", SECRET);
    (void)world_begin(world);
    assert_true(file_list(world->arena, STR(TEST_DATA "/captures"),
                          STR(".json"), &names, &count, &error));
    for (size_t i = 0; i < count; i++) {
        checked += check_file(world, names[i]);
    }
    print_message("%zu requests of %zu files\n", checked, count);
    assert_true(checked > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(real_clients_pass_and_are_signed_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
