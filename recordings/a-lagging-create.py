#!/usr/bin/env python3
"""A parameter is made and read at once. Without settled the read says
ParameterNotFound: each change is hidden for two seconds here.

lag: --lag fixed:2s
"""
import boto3

ssm = boto3.client("ssm")
ssm.put_parameter(Name="/story/colour", Value="green", Type="String")
found = ssm.get_parameter(Name="/story/colour")["Parameter"]
assert found["Version"] == 1, found
