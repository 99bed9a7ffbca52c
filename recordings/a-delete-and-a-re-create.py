#!/usr/bin/env python3
"""A secret and a parameter are deleted and made again under the same name. A
read that comes too early finds the one that is gone, whose version looks just
like the new one's.

lag: --lag fixed:1500ms
"""
import boto3

secrets = boto3.client("secretsmanager")
ssm = boto3.client("ssm")

secrets.create_secret(Name="story/door", SecretString="knock twice")
secrets.delete_secret(SecretId="story/door", ForceDeleteWithoutRecovery=True)
made = secrets.create_secret(Name="story/door", SecretString="knock thrice")
found = secrets.get_secret_value(SecretId="story/door")
assert found["VersionId"] == made["VersionId"], found

ssm.put_parameter(Name="/story/door", Value="open", Type="String")
ssm.delete_parameter(Name="/story/door")
try:
    ssm.get_parameter(Name="/story/door")
    raise AssertionError("it should be gone")
except ssm.exceptions.ParameterNotFound:
    pass
ssm.put_parameter(Name="/story/door", Value="shut", Type="String")
assert ssm.get_parameter(Name="/story/door")["Parameter"]["Version"] == 1
