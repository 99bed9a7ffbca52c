#!/usr/bin/env python3
"""Replicas disagree: while a change is on its way every other read sees it. One
good read proves nothing, so settled asks several times in a row.

lag: --lag fixed:1200ms --flap 0.5 --seed 3
"""
import boto3

ssm = boto3.client("ssm")
for count in range(1, 4):
    ssm.put_parameter(Name="/story/flag", Value=f"pole {count}", Type="String",
                      Overwrite=True)
    for _ in range(5):
        found = ssm.get_parameter(Name="/story/flag")["Parameter"]
        assert found["Version"] == count, found
