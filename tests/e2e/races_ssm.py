# SPDX-License-Identifier: Apache-2.0
"""Scenarios of the SSM Parameter Store. Each is called with a races.Scene."""

from harness import check, in_parallel


def put(s, name, value, **more):
    more.setdefault("Type", "String")
    return s.write(s.ssm.put_parameter, Name=name, Value=value, **more)


def overwrite(s, name, value, **more):
    return put(s, name, value, Overwrite=True, **more)


def value(s, name):
    return lambda: s.ssm.get_parameter(
        Name=name, WithDecryption=True)["Parameter"]["Value"]


def version(s, name):
    return lambda: s.ssm.get_parameter(Name=name)["Parameter"]["Version"]


def values(s, *names):
    def read():
        got = s.ssm.get_parameters(Names=list(names), WithDecryption=True)
        return ({p["Name"]: p["Value"] for p in got["Parameters"]},
                sorted(got["InvalidParameters"]))
    return read


def by_path(s, path="", **more):
    def read():
        pages = s.ssm.get_paginator("get_parameters_by_path").paginate(
            Path=s.name(path).rstrip("/"), WithDecryption=True, **more)
        return {p["Name"]: p["Value"] for page in pages
                for p in page["Parameters"]}
    return read


def history(s, name):
    def read():
        pages = s.ssm.get_paginator("get_parameter_history").paginate(
            Name=name, WithDecryption=True)
        return [p["Value"] for page in pages for p in page["Parameters"]]
    return read


def labels(s, name):
    def read():
        got = s.ssm.get_parameter_history(Name=name)["Parameters"]
        return {p["Version"]: sorted(p.get("Labels", [])) for p in got}
    return read


def described(s, key, *wanted, member="Name"):
    def read():
        got = s.ssm.describe_parameters(
            ParameterFilters=[{"Key": key, "Values": list(wanted)}])
        return sorted(p.get(member) for p in got["Parameters"])
    return read


def tags(s, name):
    return lambda: {t["Key"]: t["Value"] for t in s.ssm.list_tags_for_resource(
        ResourceType="Parameter", ResourceId=name)["TagList"]}


def tag_list(**pairs):
    return [{"Key": key, "Value": text} for key, text in pairs.items()]


def add_tags(s, name, **pairs):
    s.write(s.ssm.add_tags_to_resource, ResourceType="Parameter",
            ResourceId=name, Tags=tag_list(**pairs))


def remove_tags(s, name, *keys):
    s.write(s.ssm.remove_tags_from_resource, ResourceType="Parameter",
            ResourceId=name, TagKeys=list(keys))


def labelled(s, name, word):
    """AWS has two codes for a label that is not there, moto only one."""
    def read():
        try:
            return bool(value(s, f"{name}:{word}")())
        except s.ssm.exceptions.ClientError as error:
            check("NotFound" in error.response["Error"]["Code"], error)
            return False
    return read


def label(s, name, number, *words):
    return s.write(s.ssm.label_parameter_version, Name=name, Labels=list(words),
                   **({"ParameterVersion": number} if number else {}))


# ---- create, overwrite ----

def race_create(s):
    name = s.name()
    put(s, name, "one")
    s.sees(value(s, name), "one")
    s.sees(values(s, name), ({name: "one"}, []))
    s.sees(by_path(s), {name: "one"})
    s.sees(history(s, name), ["one"])
    s.sees(described(s, "Name", name), [name])


def race_overwrite(s):
    name = s.name()
    put(s, name, "one")
    overwrite(s, name, "two")
    s.sees(value(s, name), "two")
    s.sees(version(s, name), 2)
    s.sees(by_path(s), {name: "two"})
    s.sees(history(s, name), ["one", "two"])


def race_overwrite_again_and_again(s):
    name = s.name()
    put(s, name, "v1")
    for number in range(2, 6):
        overwrite(s, name, f"v{number}")
        s.sees(version(s, name), number)
        s.sees(value(s, name), f"v{number}")


def race_overwrite_with_the_same_value(s):
    name = s.name()
    put(s, name, "same")
    overwrite(s, name, "same")
    s.sees(version(s, name), 2)
    s.sees(described(s, "Name", name, member="Version"), [2])


def race_read_a_version(s):
    name = s.name()
    put(s, name, "one")
    overwrite(s, name, "two")
    s.sees(value(s, f"{name}:2"), "two")
    s.sees(value(s, f"{name}:1"), "one")


def race_secure_string(s):
    name = s.name()
    put(s, name, "hidden", Type="SecureString")
    s.sees(value(s, name), "hidden")
    overwrite(s, name, "hidden too", Type="SecureString")
    s.sees(value(s, name), "hidden too")
    s.sees(by_path(s), {name: "hidden too"})


def race_string_list(s):
    name = s.name()
    put(s, name, "a,b", Type="StringList")
    s.sees(value(s, name), "a,b")
    overwrite(s, name, "a,b,c", Type="StringList")
    s.sees(value(s, name), "a,b,c")


def race_flat_name(s):
    name = s.name()[1:].replace("/", ".")
    put(s, name, "flat")
    s.sees(value(s, name), "flat")
    add_tags(s, name, a="1")
    s.sees(tags(s, name), {"a": "1"})
    s.write(s.ssm.delete_parameter, Name=name)
    s.sees(value(s, name), "ParameterNotFound")


def race_unusual_value(s):
    name = s.name("dots.and-dashes_")
    text = "line\nä €  \U0001f511 \"quoted\" \\ {{x}} 'y'"
    put(s, name, text)
    s.sees(value(s, name), text)


def race_description_and_tier(s):
    name = s.name()
    put(s, name, "one", Description="first")
    s.sees(described(s, "Name", name, member="Description"), ["first"])
    overwrite(s, name, "two", Description="second", Tier="Advanced")
    s.sees(described(s, "Name", name, member="Description"), ["second"])
    s.sees(described(s, "Name", name, member="Tier"), ["Advanced"])


def race_many_under_a_path(s):
    names = [s.name(f"many/{letter}") for letter in "abcdefghijkl"]
    in_parallel(*[lambda n=name: put(s, n, n[-1]) for name in names])
    s.sees(by_path(s, "many"), {name: name[-1] for name in names})


def race_deep_path(s):
    put(s, s.name("x/y/z"), "deep")
    put(s, s.name("x/y"), "less deep")
    s.sees(by_path(s, "x", Recursive=True),
           {s.name("x/y/z"): "deep", s.name("x/y"): "less deep"})
    s.sees(by_path(s, "x"), {s.name("x/y"): "less deep"})


def race_read_by_arn(s):
    name = s.name()
    put(s, name, "one")
    arn = s.ssm.get_parameter(Name=name)["Parameter"]["ARN"]
    overwrite(s, name, "two")
    s.sees(value(s, arn), "two")


def race_two_writers(s):
    name = s.name()
    put(s, name, "start")
    answers = in_parallel(*[lambda v=v: (overwrite(s, name, v)["Version"], v)
                            for v in ("left", "middle", "right")])
    last = max(answers)
    check(last[0] == 4, f"versions {answers}")
    s.sees(value(s, name), last[1])


# ---- delete, create again ----

def race_delete(s):
    name = s.name()
    put(s, name, "one")
    s.arrived(values(s, name), ({name: "one"}, []))
    s.write(s.ssm.delete_parameter, Name=name)
    s.sees(value(s, name), "ParameterNotFound")
    s.sees(values(s, name), ({}, [name]))
    s.sees(by_path(s), {})
    s.sees(history(s, name), "ParameterNotFound")
    s.sees(described(s, "Name", name), [])


def race_delete_and_create_again(s):
    name = s.name()
    put(s, name, "old")
    s.write(s.ssm.delete_parameter, Name=name)
    put(s, name, "new")
    s.sees(value(s, name), "new")
    s.sees(version(s, name), 1)
    s.sees(history(s, name), ["new"])


def race_versions_start_again(s):
    name = s.name()
    put(s, name, "v1")
    for number in (2, 3):
        overwrite(s, name, f"v{number}")
    s.write(s.ssm.delete_parameter, Name=name)
    put(s, name, "second life")
    s.sees(value(s, name), "second life")
    overwrite(s, name, "and on")
    s.sees(version(s, name), 2)
    s.sees(value(s, name), "and on")


def race_delete_create_delete(s):
    name = s.name()
    put(s, name, "a")
    s.write(s.ssm.delete_parameter, Name=name)
    put(s, name, "b")
    s.arrived(values(s, name), ({name: "b"}, []))
    s.write(s.ssm.delete_parameter, Name=name)
    s.sees(value(s, name), "ParameterNotFound")
    s.sees(by_path(s), {})


def race_delete_many(s):
    names = [s.name(letter) for letter in "abcd"]
    in_parallel(*[lambda n=name: put(s, n, "x") for name in names])
    got = s.write(s.ssm.delete_parameters, Names=[*names[:3], s.name("none")])
    check(sorted(got["DeletedParameters"]) == names[:3], got)
    s.sees(values(s, *names), ({names[3]: "x"}, names[:3]))
    s.sees(by_path(s), {names[3]: "x"})


def race_tags_do_not_outlive(s):
    name = s.name()
    put(s, name, "one", Tags=tag_list(life="first"))
    s.write(s.ssm.delete_parameter, Name=name)
    put(s, name, "two", Tags=tag_list(other="second"))
    s.sees(tags(s, name), {"other": "second"})


# ---- tags ----

def race_create_with_tags(s):
    name = s.name()
    put(s, name, "one", Tags=tag_list(team="a", run=s.run))
    s.sees(tags(s, name), {"team": "a", "run": s.run})
    s.sees(described(s, "tag:run", s.run), [name])


def race_add_tags(s):
    name = s.name()
    put(s, name, "one")
    add_tags(s, name, stage="dev", added=s.run)
    s.sees(tags(s, name), {"stage": "dev", "added": s.run})
    s.sees(described(s, "tag:added", s.run), [name])


def race_change_a_tag(s):
    name = s.name()
    put(s, name, "one", Tags=tag_list(colour="red", size="s"))
    add_tags(s, name, colour="blue")
    s.sees(tags(s, name), {"colour": "blue", "size": "s"})


def race_remove_tags(s):
    name = s.name()
    put(s, name, "one", Tags=tag_list(a="1", b="2", gone=s.run))
    remove_tags(s, name, "a", "gone")
    s.sees(tags(s, name), {"b": "2"})
    s.sees(described(s, "tag:gone", s.run), [])


def race_remove_and_add_a_tag(s):
    name = s.name()
    put(s, name, "one", Tags=tag_list(a="1"))
    remove_tags(s, name, "a")
    s.sees(tags(s, name), {})
    add_tags(s, name, a="2")
    s.sees(tags(s, name), {"a": "2"})


# ---- labels ----

def race_label(s):
    name = s.name()
    put(s, name, "one")
    overwrite(s, name, "two")
    label(s, name, 1, "stable", "old")
    s.sees(labels(s, name), {1: ["old", "stable"], 2: []})
    s.sees(value(s, f"{name}:stable"), "one")


def race_label_the_latest(s):
    name = s.name()
    put(s, name, "one")
    overwrite(s, name, "two")
    label(s, name, None, "latest")
    s.sees(value(s, f"{name}:latest"), "two")


def race_move_a_label(s):
    name = s.name()
    put(s, name, "one")
    overwrite(s, name, "two")
    label(s, name, 1, "live")
    s.sees(value(s, f"{name}:live"), "one")
    label(s, name, 2, "live")
    s.sees(value(s, f"{name}:live"), "two")
    s.sees(labels(s, name), {1: [], 2: ["live"]})


def race_unlabel(s):
    name = s.name()
    put(s, name, "one")
    label(s, name, 1, "a", "b")
    s.write(s.ssm.unlabel_parameter_version, Name=name, ParameterVersion=1,
            Labels=["a"])
    s.sees(labels(s, name), {1: ["b"]})
    s.sees(labelled(s, name, "a"), False)
    s.sees(labelled(s, name, "b"), True)
