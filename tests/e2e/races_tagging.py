# SPDX-License-Identifier: Apache-2.0
"""Scenarios of the Resource Groups Tagging API. Each is called with a
races.Scene."""

from races_secrets import create, tags as secret_tags
from races_ssm import add_tags, put, remove_tags, tag_list, tags


def parameter(s, text="a", **more):
    put(s, s.name(text), "one", **more)
    return s.ssm.get_parameter(Name=s.name(text))["Parameter"]["ARN"]


def found(s, key, *values, **more):
    """The ARNs that a filter by tag finds."""
    def read():
        pages = s.tagging.get_paginator("get_resources").paginate(
            TagFilters=[{"Key": key, "Values": list(values)}], **more)
        return sorted(m["ResourceARN"] for page in pages
                      for m in page["ResourceTagMappingList"])
    return read


def race_tagging_finds_a_new_parameter(s):
    arn = parameter(s, Tags=tag_list(**{f"k{s.run}": "v"}))
    s.sees(found(s, f"k{s.run}", "v"), [arn])


def race_tagging_finds_added_tags(s):
    arn = parameter(s)
    add_tags(s, s.name(), **{f"k{s.run}": "v"})
    s.sees(found(s, f"k{s.run}"), [arn])
    add_tags(s, s.name(), **{f"k{s.run}": "w"})
    s.sees(found(s, f"k{s.run}", "w"), [arn])
    remove_tags(s, s.name(), f"k{s.run}")
    s.sees(found(s, f"k{s.run}"), [])


def race_tagging_finds_a_secret(s):
    arn = create(s, s.name())["ARN"]
    s.write(s.secrets.tag_resource, SecretId=arn,
            Tags=tag_list(**{f"k{s.run}": "v"}))
    s.sees(found(s, f"k{s.run}", ResourceTypeFilters=["secretsmanager"]),
           [arn])


def race_tagging_forgets_what_is_deleted(s):
    arn = create(s, s.name(), Tags=tag_list(**{f"k{s.run}": "v"}))["ARN"]
    s.sees(found(s, f"k{s.run}"), [arn])
    s.write(s.secrets.delete_secret, SecretId=arn,
            ForceDeleteWithoutRecovery=True)
    s.sees(found(s, f"k{s.run}"), [])


def race_tagging_several(s):
    arns = sorted([parameter(s, "a"), parameter(s, "b"),
                   create(s, s.name("secret"))["ARN"]])
    s.write(s.tagging.tag_resources, ResourceARNList=arns,
            Tags={f"k{s.run}": "v", "other": "w"})
    s.sees(found(s, f"k{s.run}"), arns)
    s.sees(tags(s, s.name("a")), {f"k{s.run}": "v", "other": "w"})
    s.sees(secret_tags(s, s.name("secret")), {f"k{s.run}": "v", "other": "w"})


def race_tagging_untag(s):
    arns = sorted([parameter(s, "a", Tags=tag_list(**{f"k{s.run}": "v"})),
                   create(s, s.name("secret"),
                          Tags=tag_list(**{f"k{s.run}": "v"}))["ARN"]])
    s.write(s.tagging.untag_resources, ResourceARNList=arns,
            TagKeys=[f"k{s.run}"])
    s.sees(found(s, f"k{s.run}"), [])
    s.sees(tags(s, s.name("a")), {})
    s.sees(secret_tags(s, s.name("secret")), {})


def race_tagging_retag(s):
    arn = parameter(s, Tags=tag_list(**{f"k{s.run}": "v"}))
    s.write(s.tagging.tag_resources, ResourceARNList=[arn],
            Tags={f"k{s.run}": "w"})
    s.sees(found(s, f"k{s.run}", "v"), [])
    s.sees(found(s, f"k{s.run}", "w"), [arn])


def race_tagging_flat_name(s):
    name = s.name()[1:].replace("/", "-")
    put(s, name, "one")
    arn = s.ssm.get_parameter(Name=name)["Parameter"]["ARN"]
    s.write(s.tagging.tag_resources, ResourceARNList=[arn],
            Tags={f"k{s.run}": "v"})
    s.sees(tags(s, name), {f"k{s.run}": "v"})


def table(s):
    """Of a service that has no rules of its own."""
    return s.client("dynamodb").create_table(
        TableName=s.name()[1:].replace("/", "-"),
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
    )["TableDescription"]["TableArn"]


def race_tagging_table(s):
    arn = table(s)
    s.write(s.tagging.tag_resources, ResourceARNList=[arn],
            Tags={f"k{s.run}": "v"})
    s.sees(found(s, f"k{s.run}"), [arn])
    s.write(s.tagging.tag_resources, ResourceARNList=[arn],
            Tags={f"k{s.run}": "w"})
    s.sees(found(s, f"k{s.run}", "w"), [arn])


def race_tagging_table_and_parameter(s):
    arns = sorted([table(s), parameter(s)])
    s.write(s.tagging.tag_resources, ResourceARNList=arns,
            Tags={f"k{s.run}": "v"})
    s.sees(found(s, f"k{s.run}"), arns)
    s.sees(tags(s, s.name()), {f"k{s.run}": "v"})
