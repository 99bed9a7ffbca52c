#!/usr/bin/env python3
"""A change takes longer than the script is ready to wait. The client gets an
error, 424, that says so; no SDK sends the call again for it.

lag: --lag fixed:30s
settled: --timeout 3s
"""
import boto3
import botocore.exceptions

ssm = boto3.client("ssm")
try:
    ssm.put_parameter(Name="/story/late", Value="green", Type="String")
    raise AssertionError("it should not have settled")
except botocore.exceptions.ClientError as error:
    answer = error.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424, answer
    assert answer["Error"]["Code"] == "PostConditionNotSatisfied", answer
    assert answer["ResponseMetadata"]["RetryAttempts"] == 0, answer
