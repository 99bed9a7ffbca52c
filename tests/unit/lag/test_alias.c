/* SPDX-License-Identifier: Apache-2.0 */
/* A thing with two names lags under both. */
#include "world.h"

#define ARN "arn:aws:secretsmanager:r:1:secret:s-AbCdEf"

static struct visitor *secret(struct world *w, const char *operation,
                              const char *body)
{
    return visit_of(w, "secretsmanager", operation, body);
}

/* Answers the change with `answer`, and every read with `read`. */
static void answer_all(struct world *w, const char *change, const char *answer,
                       int status, const char *read)
{
    while (w->upstream.sent_count > 0) {
        bool it = str_eq(fetch_operation(w->upstream.sent[0]), str_of(change));
        answer_fetch(w, w->upstream.sent[0], it ? 200 : status,
                     str_of(it ? answer : read));
    }
}

/* What a read says while the emulator says "now". */
static const char *look(struct world *w, const char *operation,
                        const char *body)
{
    struct visitor *v = secret(w, operation, body);
    while (w->upstream.sent_count > 0) {
        answer_fetch(w, w->upstream.sent[0], 200, STR("now"));
    }
    leave(v);
    return v->body.ptr;
}

static void what_only_the_answer_names_was_not_there(void **state)
{
    static const char missing[] = "{\"__type\":\"ResourceNotFoundException\"}";
    struct world w;
    (void)state;
    open_world(&w, "fixed:300ms", NULL);
    struct visitor *v = secret(&w, "CreateSecret", "{\"Name\":\"s\"}");
    answer_all(&w, "CreateSecret", "{\"ARN\":\"" ARN "\",\"Name\":\"s\"}", 400,
               missing);
    leave(v);
    static const char *const names[] = {"{\"SecretId\":\"s\"}",
                                        "{\"SecretId\":\"" ARN "\"}"};
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(look(&w, "DescribeSecret", names[i]), missing);
        assert_string_equal(look(&w, "GetSecretValue", names[i]), missing);
        assert_string_equal(look(&w, "ListSecretVersionIds", names[i]),
                            missing);
    }
    w.clock.now_ms += 300;
    assert_string_equal(look(&w, "GetSecretValue", names[1]), "now");
    close_world(&w);
}

static void what_has_two_names_shows_its_old_state_by_both(void **state)
{
    static const char old[] =
        "{\"ARN\":\"" ARN "\",\"Name\":\"s\",\"v\":\"old\"}";
    static const struct {
        const char *change;
        const char *answer;
    } rows[] = {
        {"{\"SecretId\":\"s\"}", "{\"ARN\":\"" ARN "\",\"Name\":\"s\"}"},
        {"{\"SecretId\":\"s\"}", "{}"},
        {"{\"SecretId\":\"" ARN "\"}", "{}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w;
        open_world(&w, "fixed:300ms", NULL);
        struct visitor *v = secret(&w, "PutSecretValue", rows[i].change);
        answer_all(&w, "PutSecretValue", rows[i].answer, 200, old);
        leave(v);
        assert_string_equal(look(&w, "GetSecretValue", "{\"SecretId\":\"s\"}"),
                            old);
        assert_string_equal(
            look(&w, "DescribeSecret", "{\"SecretId\":\"" ARN "\"}"), old);
        assert_string_equal(
            look(&w, "GetSecretValue", "{\"SecretId\":\"other\"}"), "now");
        close_world(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_only_the_answer_names_was_not_there),
        cmocka_unit_test(what_has_two_names_shows_its_old_state_by_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
