/* SPDX-License-Identifier: Apache-2.0 */
/* The index of services. */
#include "given.h"

static void every_service_is_there_in_order(void **state)
{
    struct given *given = *state;
    size_t count = aws_service_count(given->registry);
    assert_true(count > 400);
    for (size_t i = 0; i < count; i++) {
        const struct aws_service *service = aws_service_at(given->registry, i);
        assert_ptr_equal(aws_service_find(given->registry, service->name),
                         service);
        assert_true(service->title.len > 0);
        assert_true(service->signing_name.len > 0);
        assert_true(service->endpoint_prefix.len > 0);
        if (i > 0) {
            assert_true(
                str_compare(aws_service_at(given->registry, i - 1)->name,
                            service->name) < 0);
        }
    }
}

static void names_differ_as_aws_has_them(void **state)
{
    struct given *given = *state;
    static const struct {
        const char *name, *signing, *endpoint, *target, *version;
        enum aws_protocol protocol;
    } rows[] = {
        {"ssm", "ssm", "ssm", "AmazonSSM", "2014-11-06", AWS_JSON_1_1},
        {"resourcegroupstaggingapi", "tagging", "tagging",
         "ResourceGroupsTaggingAPI_20170126", "2017-01-26", AWS_JSON_1_1},
        {"stepfunctions", "states", "states", "AWSStepFunctions", "2016-11-23",
         AWS_JSON_1_0},
        /* it offers CBOR first, but no SDK takes it by default */
        {"cloudwatch", "monitoring", "monitoring",
         "GraniteServiceVersion20100801", "2010-08-01", AWS_JSON_1_0},
        {"elbv2", "elasticloadbalancing", "elasticloadbalancing", "",
         "2015-12-01", AWS_QUERY},
        {"ecr", "ecr", "api.ecr", "AmazonEC2ContainerRegistry_V20150921",
         "2015-09-21", AWS_JSON_1_1},
        {"ec2", "ec2", "ec2", "", "2016-11-15", AWS_EC2},
        {"s3control", "s3", "s3-control", "", "2018-08-20", AWS_REST_XML},
        {"sesv2", "ses", "email", "", "2019-09-27", AWS_REST_JSON},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct aws_service *service =
            aws_service_find(given->registry, str_of(rows[i].name));
        assert_non_null(service);
        assert_str(service->signing_name, rows[i].signing);
        assert_str(service->endpoint_prefix, rows[i].endpoint);
        assert_str(service->target_prefix, rows[i].target);
        assert_str(service->api_version, rows[i].version);
        assert_int_equal(service->protocol, rows[i].protocol);
        assert_true(service->has_model);
    }
}

static void an_unknown_service_is_not_found(void **state)
{
    struct given *given = *state;
    assert_null(aws_service_find(given->registry, STR("teleport")));
    assert_null(aws_service_find(given->registry, STR_NONE));
    assert_null(aws_service_find(given->registry, STR("zzz")));
}

static void protocols_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < AWS_PROTOCOL_COUNT; i++) {
        assert_non_null(aws_protocol_name((enum aws_protocol)i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(every_service_is_there_in_order),
        GIVEN_TEST(names_differ_as_aws_has_them),
        GIVEN_TEST(an_unknown_service_is_not_found),
        cmocka_unit_test(protocols_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
