#!/usr/bin/env python3
"""A value is overwritten twice and read after each. Reads that see only that
the name exists would be content with the old value; version and value tell.

lag: --lag uniform:500ms,3s --seed 7
"""
import boto3

ssm = boto3.client("ssm")
for version, colour in enumerate(("green", "amber", "red"), start=1):
    ssm.put_parameter(Name="/story/light", Value=colour, Type="SecureString",
                      Overwrite=version > 1)
    found = ssm.get_parameter(Name="/story/light", WithDecryption=True)
    assert found["Parameter"]["Version"] == version, found
