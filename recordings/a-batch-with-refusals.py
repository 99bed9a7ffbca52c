#!/usr/bin/env python3
"""Calls that take many names at once answer 200 although they refuse some of
them. What was refused is not waited for.

lag: --lag fixed:1s
"""
import boto3

ssm = boto3.client("ssm")
for name in ("/story/one", "/story/two"):
    ssm.put_parameter(Name=name, Value="green", Type="String")
answer = ssm.delete_parameters(Names=["/story/one", "/story/two",
                                      "/story/never"])
assert answer["InvalidParameters"] == ["/story/never"], answer
answer = ssm.get_parameters(Names=["/story/one", "/story/two"])
assert answer["Parameters"] == [], answer
assert sorted(answer["InvalidParameters"]) == ["/story/one", "/story/two"]
