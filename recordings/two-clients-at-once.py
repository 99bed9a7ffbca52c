#!/usr/bin/env python3
"""Four writers at the same time, each on a parameter of its own: their waits
overlap, in the recording as in the replay.

lag: --lag uniform:200ms,2s --seed 11
"""
import concurrent.futures

import boto3

ssm = boto3.client("ssm")


def write_and_read(number):
    name = f"/story/writer-{number}"
    for version in (1, 2):
        ssm.put_parameter(Name=name, Value=f"{number}.{version}", Type="String",
                          Overwrite=version > 1)
        found = ssm.get_parameter(Name=name)["Parameter"]
        assert found["Version"] == version, found


with concurrent.futures.ThreadPoolExecutor(4) as pool:
    for done in [pool.submit(write_and_read, number) for number in range(4)]:
        done.result()
