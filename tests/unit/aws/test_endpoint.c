/* SPDX-License-Identifier: Apache-2.0 */
/* Where services live. */
#include "given.h"

static const struct {
    const char *service, *region, *origin, *signing_region;
} rows[] = {
    {"ssm", "eu-west-1", "https://ssm.eu-west-1.amazonaws.com", "eu-west-1"},
    {"resourcegroupstaggingapi", "us-east-1",
     "https://tagging.us-east-1.amazonaws.com", "us-east-1"},
    {"ecr", "eu-west-1", "https://api.ecr.eu-west-1.amazonaws.com",
     "eu-west-1"},
    {"s3", "us-east-1", "https://s3.us-east-1.amazonaws.com", "us-east-1"},
    {"sts", "eu-central-1", "https://sts.eu-central-1.amazonaws.com",
     "eu-central-1"},
    {"ssm", "cn-north-1", "https://ssm.cn-north-1.amazonaws.com.cn",
     "cn-north-1"},
    {"ssm", "us-gov-west-1", "https://ssm.us-gov-west-1.amazonaws.com",
     "us-gov-west-1"},
    {"ssm", "us-iso-east-1", "https://ssm.us-iso-east-1.c2s.ic.gov",
     "us-iso-east-1"},
    {"ssm", "us-isob-east-1", "https://ssm.us-isob-east-1.sc2s.sgov.gov",
     "us-isob-east-1"},
    {"ssm", "eusc-de-east-1", "https://ssm.eusc-de-east-1.amazonaws.eu",
     "eusc-de-east-1"},
    /* a region of tomorrow */
    {"ssm", "mx-north-7", "https://ssm.mx-north-7.amazonaws.com", "mx-north-7"},
    /* one place for all */
    {"iam", "eu-west-1", "https://iam.amazonaws.com", "us-east-1"},
    {"iam", "", "https://iam.amazonaws.com", "us-east-1"},
    {"iam", "cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn",
     "cn-north-1"},
    {"iam", "us-gov-east-1", "https://iam.us-gov.amazonaws.com",
     "us-gov-west-1"},
    {"route53", "eu-west-1", "https://route53.amazonaws.com", "us-east-1"},
    {"cloudfront", "eu-west-1", "https://cloudfront.amazonaws.com",
     "us-east-1"},
    {"organizations", "eu-west-1",
     "https://organizations.us-east-1.amazonaws.com", "us-east-1"},
    {"ce", "eu-west-1", "https://ce.us-east-1.amazonaws.com", "us-east-1"},
    {"globalaccelerator", "eu-west-1",
     "https://globalaccelerator.us-west-2.amazonaws.com", "us-west-2"},
    {"networkmanager", "eu-west-1",
     "https://networkmanager.us-west-2.amazonaws.com", "us-west-2"},
    {"support", "eu-west-1", "https://support.us-east-1.amazonaws.com",
     "us-east-1"},
    {"shield", "eu-west-1", "https://shield.us-east-1.amazonaws.com",
     "us-east-1"},
    {"budgets", "eu-west-1", "https://budgets.amazonaws.com", "us-east-1"},
    {"account", "eu-west-1", "https://account.us-east-1.amazonaws.com",
     "us-east-1"},
    {"route53domains", "eu-west-1",
     "https://route53domains.us-east-1.amazonaws.com", "us-east-1"},
    /* a host or a signing region of its own here and there */
    {"transcribe", "cn-north-1",
     "https://cn.transcribe.cn-north-1.amazonaws.com.cn", "cn-north-1"},
    {"dsql", "us-east-1", "https://dsql.us-east-1.api.aws", "us-east-1"},
    {"sdb", "us-east-1", "https://sdb.amazonaws.com", "us-east-1"},
    {"sdb", "eu-west-1", "https://sdb.eu-west-1.amazonaws.com", "eu-west-1"},
};

static void each_service_has_its_place(void **state)
{
    struct given *given = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct aws_endpoint endpoint;
        struct str error = STR_NONE;
        if (!aws_endpoint_find(given->registry, given->arena,
                               str_of(rows[i].service), STR_NONE,
                               str_of(rows[i].region), &endpoint, &error)) {
            fail_msg("%s: %.*s", rows[i].service, STR_ARG(error));
        }
        assert_str(endpoint.origin, rows[i].origin);
        assert_str(endpoint.signing_region, rows[i].signing_region);
        assert_str(endpoint.signing_name,
                   aws_service_find(given->registry, str_of(rows[i].service))
                       ->signing_name.ptr);
    }
}

static void the_signing_name_finds_a_service_too(void **state)
{
    struct given *given = *state;
    struct aws_endpoint endpoint;
    struct str error;
    assert_true(aws_endpoint_find(given->registry, given->arena, STR_NONE,
                                  STR("states"), STR("eu-west-1"), &endpoint,
                                  &error));
    assert_str(endpoint.origin, "https://states.eu-west-1.amazonaws.com");
    assert_false(aws_endpoint_find(given->registry, given->arena, STR_NONE,
                                   STR("bedrock"), STR("eu-west-1"), &endpoint,
                                   &error));
}

static void a_malformed_region_is_refused(void **state)
{
    struct given *given = *state;
    static const char *const regions[] = {
        "",
        "-",
        "eu-west-1.evil.example",
        "eu-west-1/",
        "EU-WEST-1",
        "-eu",
        "eu-",
        "eu west",
        "evil.example#",
        "a@b",
        "abcdefghijklmnopqrstuvwxyz0123456",
    };
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        struct aws_endpoint endpoint;
        struct str error = STR_NONE;
        assert_false(aws_endpoint_find(given->registry, given->arena,
                                       STR("ssm"), STR_NONE, str_of(regions[i]),
                                       &endpoint, &error));
        assert_true(error.len > 0);
    }
}

static void an_unknown_service_is_refused(void **state)
{
    struct given *given = *state;
    struct aws_endpoint endpoint;
    struct str error = STR_NONE;
    assert_false(aws_endpoint_find(given->registry, given->arena,
                                   STR("teleport"), STR_NONE, STR("eu-west-1"),
                                   &endpoint, &error));
    assert_true(str_contains(error, STR("teleport")));
    assert_false(aws_endpoint_find(given->registry, given->arena, STR_NONE,
                                   STR_NONE, STR("eu-west-1"), &endpoint,
                                   &error));
}

static void regions_belong_to_partitions(void **state)
{
    (void)state;
    static const struct {
        const char *region, *partition;
    } cases[] = {
        {"eu-west-1", "aws"},
        {"us-east-1", "aws"},
        {"cn-north-1", "aws-cn"},
        {"us-gov-west-1", "aws-us-gov"},
        {"us-iso-east-1", "aws-iso"},
        {"us-isob-east-1", "aws-iso-b"},
        {"eu-isoe-west-1", "aws-iso-e"},
        {"us-isof-east-1", "aws-iso-f"},
        {"eusc-de-east-1", "aws-eusc"},
        {"", "aws"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_str(aws_partition(str_of(cases[i].region)), cases[i].partition);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(each_service_has_its_place),
        GIVEN_TEST(the_signing_name_finds_a_service_too),
        GIVEN_TEST(a_malformed_region_is_refused),
        GIVEN_TEST(an_unknown_service_is_refused),
        cmocka_unit_test(regions_belong_to_partitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
