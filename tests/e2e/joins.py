# SPDX-License-Identifier: Apache-2.0
"""Joining: clients that give up on silence send the change again, and yet it
reaches the service once, and they get its answer.

The lag is 5 s, the clients wait 1 s for a byte.
"""

import uuid

from botocore.exceptions import ReadTimeoutError
from harness import check, check_equal, eventually, in_parallel

LAG = 5.0
# Enough attempts of a second each, and the pauses between them.
TRIES = 10


def emulator(kit):
    return kit.shared("emulator for joins", lambda: kit.start_emulator(LAG))


def settled(kit):
    """Without interim answers: those alone would keep a client waiting."""
    return kit.shared("settled for joins", lambda: kit.start_settled(
        emulator(kit), "--no-interim"))


def impatient(kit, service, mode, where=None, **config):
    return kit.client(service, where or settled(kit), read_timeout=1,
                      retries={"mode": mode, "total_max_attempts": TRIES},
                      **config)


def check_once(kit, operation, resource):
    check_equal(emulator(kit).count(operation, resource), 1,
                f"{operation} upstream")


def put_parameter(kit, mode):
    name = f"/join/{kit.number()}"
    answer = impatient(kit, "ssm", mode).put_parameter(
        Name=name, Value="one", Type="String")
    check_equal(answer["Version"], 1, "version")
    check(answer["ResponseMetadata"]["RetryAttempts"] > 0,
          "the client did not try again: nothing was proved")
    check_equal(answer["ResponseMetadata"]["HTTPHeaders"]
                .get("x-settled-outcome"), "settled", "outcome")
    check_once(kit, "PutParameter", name)


def test_boto3_legacy(kit):
    put_parameter(kit, "legacy")


def test_boto3_standard(kit):
    put_parameter(kit, "standard")


def test_boto3_secret(kit):
    name = f"join/{kit.number()}"
    answer = impatient(kit, "secretsmanager", "standard").create_secret(
        Name=name, SecretString="one")
    check_equal(answer["Name"], name, "name")
    check(answer["ResponseMetadata"]["RetryAttempts"] > 0, "no retry")
    check_once(kit, "CreateSecret", name)


def test_without_invocation_id(kit):
    """Old clients send none: the same call again, after the first hung up."""
    client = impatient(kit, "ssm", "standard")
    client.meta.events.register(
        "before-send.ssm", lambda request, **_:
        request.headers.__delitem__("amz-sdk-invocation-id"))
    name = f"/join/{kit.number()}"
    answer = client.put_parameter(Name=name, Value="one", Type="String")
    check(answer["ResponseMetadata"]["RetryAttempts"] > 0, "no retry")
    check_once(kit, "PutParameter", name)


def test_two_equal_calls_are_two(kit):
    """Both callers are there: merging them would lose a write."""
    client = kit.client("ssm", settled(kit))
    name = f"/join/{kit.number()}"

    def put():
        return client.put_parameter(Name=name, Value="same", Type="String",
                                    Overwrite=True)["Version"]
    check_equal(sorted(in_parallel(put, put)), [1, 2], "versions")
    check_equal(emulator(kit).count("PutParameter", name), 2, "upstream")


def test_late_retry_gets_the_same_answer(kit):
    """A finished answer is kept for a while."""
    client = kit.client("ssm", settled(kit))
    invocation = str(uuid.uuid4())
    client.meta.events.register(
        "before-send.ssm", lambda request, **_: request.headers.__setitem__(
            "amz-sdk-invocation-id", invocation.encode()))
    name = f"/join/{kit.number()}"
    first, second = [client.put_parameter(
        Name=name, Value="one", Type="String", Overwrite=True)
        for _ in range(2)]
    check_equal((first["Version"], second["Version"]), (1, 1), "versions")
    check_once(kit, "PutParameter", name)


def test_caller_that_left(kit):
    """Its change is still confirmed, and the log says so."""
    log = kit.path("left.jsonl")
    proxy = kit.start_settled(emulator(kit), "--log", log, "--no-interim")
    name = f"/join/{kit.number()}"
    client = kit.client("ssm", proxy, read_timeout=1)
    try:
        client.put_parameter(Name=name, Value="one", Type="String")
        check(False, "the client should have given up")
    except ReadTimeoutError:
        pass
    eventually(lambda: any('"settle-finished"' in line and name in line
                           and '"settled"' in line
                           for line in log.read_text().splitlines()),
               "the outcome in the log")


def test_with_interim_answers(kit):
    """They do no harm to one that reads them, and it may still join."""
    proxy = kit.start_settled(emulator(kit))
    name = f"/join/{kit.number()}"
    impatient(kit, "ssm", "standard", proxy).put_parameter(
        Name=name, Value="one", Type="String")
    check_once(kit, "PutParameter", name)


def test_aws_cli(kit):
    name = f"/join/{kit.number()}"
    done = kit.aws(settled(kit), "--cli-read-timeout", "1", "ssm",
                   "put-parameter", "--name", name, "--type", "String",
                   "--value", "one", "--query", "Version",
                   AWS_MAX_ATTEMPTS=str(TRIES))
    check_equal((done.returncode, done.stdout.strip()), (0, "1"),
                f"aws: {done.stderr.strip()}")
    check_once(kit, "PutParameter", name)


def test_javascript(kit):
    name = f"/join/{kit.number()}"
    got = kit.javascript(settled(kit), "impatient", name, str(TRIES))
    check_equal(got["version"], 1, got)
    check(got["attempts"] > 1, "the client did not try again")
    check_once(kit, "PutParameter", name)
