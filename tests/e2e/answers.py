# SPDX-License-Identifier: Apache-2.0
"""Answers: what clients see when a change does not settle in time, and what
they see when it does. The deadline is 300 ms, the lag a minute: so long the
slowest machine does not take.
"""

import email.utils
import re
import time

from botocore.exceptions import ClientError
from harness import check, check_equal
from joins import emulator as slow_emulator

CODE = "PostConditionNotSatisfied"


def emulator(kit):
    return kit.shared("emulator for answers", lambda: kit.start_emulator(60))


def settled(kit):
    return kit.shared("settled for answers", lambda: kit.start_settled(
        emulator(kit), "--timeout", "300ms"))


def passing(kit):
    return kit.shared("settled that passes", lambda: kit.start_settled(
        emulator(kit), "--timeout", "300ms", "--on-unsettled", "pass"))


def refused(call, **members):
    try:
        call(**members)
    except ClientError as error:
        return error.response
    check(False, "the call should have failed")


def headers(answer):
    return answer["ResponseMetadata"]["HTTPHeaders"]


def check_message(text):
    check(re.search(r"request id [\w-]+", text), f"no request id in: {text}")
    check(re.search(r"\d+\.\d+ ?s\b", text), f"no seconds in: {text}")
    check(re.search(r"\d+ read", text), f"no read-backs in: {text}")
    check("accepted" in text, f"not a word of AWS's acceptance in: {text}")


def check_424(kit, mode):
    name = f"/answer/{kit.number()}"
    client = kit.client("ssm", settled(kit),
                        retries={"mode": mode, "total_max_attempts": 4})
    answer = refused(client.put_parameter, Name=name, Value="one",
                     Type="String")
    check_equal(answer["Error"]["Code"], CODE, "code")
    check_message(answer["Error"]["Message"])
    facts = answer["ResponseMetadata"]
    check_equal(facts["HTTPStatusCode"], 424, "status")
    check_equal(facts["RetryAttempts"], 0, "retries")
    check_equal(headers(answer).get("x-settled-outcome"), "unsettled",
                "outcome")
    check_equal(emulator(kit).count("PutParameter", name), 1, "upstream")


def test_boto3_legacy(kit):
    check_424(kit, "legacy")


def test_boto3_standard(kit):
    check_424(kit, "standard")


def test_secret(kit):
    client = kit.client("secretsmanager", settled(kit))
    answer = refused(client.create_secret, Name=f"answer/{kit.number()}",
                     SecretString="hush-4711")
    check_equal(answer["Error"]["Code"], CODE, "code")
    check("hush-4711" not in str(answer), "the secret is in the answer")


def test_secure_string_is_not_told(kit):
    client = kit.client("ssm", settled(kit))
    name = f"/answer/{kit.number()}"
    answer = refused(client.put_parameter, Name=name, Value="hush-4712",
                     Type="SecureString")
    check("hush-4712" not in str(answer), "the value is in the answer")


def test_aws_cli(kit):
    name = f"/answer/{kit.number()}"
    done = kit.aws(settled(kit), "ssm", "put-parameter", "--name", name,
                   "--type", "String", "--value", "one")
    check(done.returncode in (254, 255), f"status {done.returncode}")
    check(f"({CODE})" in done.stderr, done.stderr)
    check_message(done.stderr)
    check_equal(emulator(kit).count("PutParameter", name), 1, "upstream")


def test_javascript(kit):
    name = f"/answer/{kit.number()}"
    got = kit.javascript(settled(kit), "refused", name)
    check_equal((got["name"], got["status"], got["attempts"]), (CODE, 424, 1),
                "error")
    check_message(got["message"])
    check_equal(emulator(kit).count("PutParameter", name), 1, "upstream")


def test_pass(kit):
    answer = kit.client("ssm", passing(kit)).put_parameter(
        Name=f"/answer/{kit.number()}", Value="one", Type="String")
    check_equal(answer["Version"], 1, "version")
    check_equal(headers(answer).get("x-settled-outcome"), "unsettled",
                "outcome")


def by_policy(kit, where, policy):
    """A client that asks for a policy itself; the header is signed."""
    client = kit.client("ssm", where)
    client.meta.events.register(
        "before-sign.ssm", lambda request, **_: request.headers.__setitem__(
            "x-settled-policy", policy))
    return client


def test_policy_of_one_call(kit):
    answer = by_policy(kit, settled(kit), "pass").put_parameter(
        Name=f"/answer/{kit.number()}", Value="one", Type="String")
    check_equal(headers(answer).get("x-settled-outcome"), "unsettled",
                "outcome")
    answer = refused(by_policy(kit, passing(kit), "fail").put_parameter,
                     Name=f"/answer/{kit.number()}", Value="x", Type="String")
    check_equal(answer["Error"]["Code"], CODE, "code")


def check_fresh(answer, began):
    """Its Date is of after the hold; it has whole seconds."""
    date = email.utils.parsedate_to_datetime(headers(answer)["date"])
    held = int(headers(answer)["x-settled-waited-ms"]) / 1000
    check(began + held - 1.1 <= date.timestamp() <= time.time(),
          f"Date is {date}")


def test_date_is_fresh(kit):
    proxy = kit.start_settled(slow_emulator(kit))
    client = kit.client("ssm", proxy)
    began = time.time()
    answer = client.put_parameter(Name=f"/answer/{kit.number()}", Value="one",
                                  Type="String")
    check(int(headers(answer)["x-settled-waited-ms"]) > 2000,
          headers(answer))
    check_fresh(answer, began)
    check("age" in headers(answer), f"no Age: {headers(answer)}")
    client = kit.client("ssm", settled(kit))
    began = time.time()
    check_fresh(refused(client.put_parameter, Name=f"/answer/{kit.number()}",
                        Value="one", Type="String"), began)


def test_facts_beside_the_answer(kit):
    proxy = kit.shared("settled before lag",
                       lambda: kit.start_settled(kit.fixed()))
    client = kit.client("ssm", proxy)
    began = time.monotonic()
    answer = client.put_parameter(Name=f"/answer/{kit.number()}", Value="one",
                                  Type="String")
    took = (time.monotonic() - began) * 1000
    facts = {key: value for key, value in headers(answer).items()
             if key.startswith("x-settled-")}
    check_equal(facts.get("x-settled-outcome"), "settled", "outcome")
    check(int(facts["x-settled-reads"]) > 1, facts)
    check(200 <= int(facts["x-settled-waited-ms"]) <= took, (facts, took))
    check(facts.get("x-settled-id"), facts)


def test_errors_of_aws_come_as_they_are(kit):
    client = kit.client("ssm", settled(kit))
    answer = refused(client.delete_parameter, Name="/answer/none")
    check_equal(answer["Error"]["Code"], "ParameterNotFound", "code")
    check_equal(answer["ResponseMetadata"]["HTTPStatusCode"], 400, "status")
    check("x-settled-outcome" not in headers(answer), headers(answer))
