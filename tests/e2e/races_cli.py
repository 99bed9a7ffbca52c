# SPDX-License-Identifier: Apache-2.0
"""Scenarios by the AWS CLI, as shell scripts write them. Each is called with a
races.Scene."""


def put(s, name, value, *more):
    return s.aws("ssm", "put-parameter", "--name", name, "--type", "String",
                 "--value", value, *more)


def get(name, what="Parameter.Value"):
    return "ssm", "get-parameter", "--name", name, "--query", what


def race_cli_create_and_overwrite(s):
    name = s.name()
    put(s, name, "one")
    s.aws_sees("one", *get(name))
    put(s, name, "two", "--overwrite")
    s.aws_sees("two", *get(name))


def race_cli_delete_and_create_again(s):
    name = s.name()
    put(s, name, "old")
    s.aws("ssm", "delete-parameter", "--name", name)
    s.aws_sees("ParameterNotFound", *get(name))
    put(s, name, "new")
    s.aws_sees("new\t1", *get(name, "Parameter.[Value,Version]"))


def race_cli_by_path(s):
    put(s, s.name("p/a"), "1")
    put(s, s.name("p/b"), "2")
    s.aws_sees("1 2", "ssm", "get-parameters-by-path", "--path", s.name("p"),
               "--query", "Parameters[].Value")
    s.aws("ssm", "delete-parameters", "--names", s.name("p/a"), s.name("p/b"))
    s.aws_sees("", "ssm", "get-parameters-by-path", "--path", s.name("p"),
               "--query", "Parameters[].Value")


def race_cli_tags(s):
    name = s.name()
    put(s, name, "one", "--tags", "Key=a,Value=1")
    tags = ("ssm", "list-tags-for-resource", "--resource-type", "Parameter",
            "--resource-id", name, "--query", "TagList[].[Key,Value]")
    s.aws_sees("a 1", *tags)
    s.aws("ssm", "add-tags-to-resource", "--resource-type", "Parameter",
          "--resource-id", name, "--tags", "Key=a,Value=2")
    s.aws_sees("a 2", *tags)
    s.aws("ssm", "remove-tags-from-resource", "--resource-type", "Parameter",
          "--resource-id", name, "--tag-keys", "a")
    s.aws_sees("", *tags)


def race_cli_label(s):
    name = s.name()
    put(s, name, "one")
    put(s, name, "two", "--overwrite")
    s.aws("ssm", "label-parameter-version", "--name", name,
          "--parameter-version", "1", "--labels", "live")
    s.aws_sees("one", *get(f"{name}:live"))


def secret(name, what="SecretString"):
    return ("secretsmanager", "get-secret-value", "--secret-id", name,
            "--query", what)


def race_cli_secret(s):
    name = s.name()
    s.aws("secretsmanager", "create-secret", "--name", name,
          "--secret-string", "one")
    s.aws_sees("one", *secret(name))
    s.aws("secretsmanager", "put-secret-value", "--secret-id", name,
          "--secret-string", "two")
    s.aws_sees("two", *secret(name))


def race_cli_secret_delete_and_restore(s):
    name = s.name()
    s.aws("secretsmanager", "create-secret", "--name", name,
          "--secret-string", "one")
    s.aws("secretsmanager", "delete-secret", "--secret-id", name)
    s.aws_sees("InvalidRequestException", *secret(name))
    s.aws("secretsmanager", "restore-secret", "--secret-id", name)
    s.aws_sees("one", *secret(name))


def race_cli_tagging(s):
    name = s.name()
    put(s, name, "one", "--tags", f"Key=k{s.run},Value=v")
    s.aws_sees("v", "resourcegroupstaggingapi", "get-resources",
               "--tag-filters", f"Key=k{s.run},Values=v", "--query",
               "ResourceTagMappingList[].Tags[].Value")
