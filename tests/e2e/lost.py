# SPDX-License-Identifier: Apache-2.0
"""AWS's answer to a change was lost: its client loses the connection too, and
does what its SDK does then. The outcome is unknown, and is told in the log.
"""

import json

import botocore.exceptions
from faulty import (FaultServer, close, events_of, options_of, outcomes_of,
                    reset, stall, start_settled)
from harness import Failed, check, check_equal
from wire import Ask, try_raw

WAYS = [("closed", (close,)), ("reset", (reset,)),
        ("half an answer", (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
                            close)),
        ("no answer", (stall,))]


def begin(kit, *options):
    upstream = FaultServer([steps for _, steps in WAYS])
    log = kit.path("lost.jsonl")
    return upstream, log, start_settled(kit, upstream, "--log", log, *options)


def client(kit, server, attempts, service="ssm"):
    return kit.client(service, server, retries={
        "mode": "standard", "total_max_attempts": attempts})


def put(ssm, word):
    return ssm.put_parameter(Name=f"/{word}", Value="one", Type="String")


def check_unknown(upstream, log, word):
    check_equal(upstream.count("PutParameter", word), 1, "sent")
    check_equal(outcomes_of(log).get(f"/{word}"), "unknown", "outcome")
    refused = [event for event in events_of(log, "call-refused")
               if event["resource"] == f"/{word}"][0]
    check("whether the call took effect is unknown; it was sent once"
          in refused["detail"], refused)
    check("status" not in refused, "nobody was told a status")


def check_anew(upstream, log, word):
    """The client came again: a second sending, of the client's."""
    check_equal(upstream.count("PutParameter", word), 2, "sent")
    sent = [event.get("detail", "") for event in events_of(log, "call-sent")
            if event["resource"] == f"/{word}"]
    check_equal(sent[0], "", "the first")
    check(sent[1].startswith("the client sends it again; the answer to "),
          sent)
    check_equal(outcomes_of(log).get(f"/{word}"), "settled", "outcome")
    check_equal(events_of(log, "call-resent", "call-joined"), [], "joined")


def test_boto3(kit):
    upstream, log, server = begin(kit)
    ssm = client(kit, server, 1)
    for row, (name, _) in enumerate(WAYS):
        try:
            put(ssm, f"fault-change-{row}")
        except botocore.exceptions.ConnectionClosedError:
            check_unknown(upstream, log, f"fault-change-{row}")
            continue
        raise Failed(f"{name}: the call should have failed")
    check_equal(server.end(), 0, "exit status")


def test_boto3_tries_again(kit):
    for mode in ("standard", "legacy"):
        upstream, log, server = begin(kit)
        ssm = kit.client("ssm", server, retries={"mode": mode,
                                                 "total_max_attempts": 3})
        answer = put(ssm, "fault-once-0")["ResponseMetadata"]
        check_equal((answer["HTTPHeaders"]["x-settled-outcome"],
                     answer["RetryAttempts"]), ("settled", 1), mode)
        check_anew(upstream, log, "fault-once-0")
        check_equal(server.end(), 0, "exit status")


def aws_put(kit, server, word, attempts):
    return kit.aws(server, "ssm", "put-parameter", "--name", f"/{word}",
                   "--type", "String", "--value", "one", "--query", "Version",
                   AWS_MAX_ATTEMPTS=str(attempts))


def test_aws_cli(kit):
    upstream, log, server = begin(kit)
    done = aws_put(kit, server, "fault-change-1", 1)
    check_equal(done.returncode, 255, done.stderr)
    check("Connection was closed before we received a valid response"
          in done.stderr, done.stderr)
    check_unknown(upstream, log, "fault-change-1")
    done = aws_put(kit, server, "fault-once-1", 3)
    check_equal((done.returncode, done.stdout.strip()), (0, "1"), done.stderr)
    check_anew(upstream, log, "fault-once-1")
    check_equal(server.end(), 0, "exit status")


def test_javascript(kit):
    upstream, log, server = begin(kit)
    got = kit.javascript(server, "refused", "/fault-change-1",
                         AWS_MAX_ATTEMPTS="1")
    # Its handler calls a reset so.
    check_equal((got["name"], got.get("status"), got["attempts"]),
                ("TimeoutError", None, 1), repr(got))
    check("ECONNRESET" in got["message"] or "hang up" in got["message"], got)
    check_unknown(upstream, log, "fault-change-1")
    got = kit.javascript(server, "impatient", "/fault-once-1", "3", "60000")
    check_equal((got["version"], got["attempts"]), (1, 2), repr(got))
    check_anew(upstream, log, "fault-once-1")
    check_equal(server.end(), 0, "exit status")


def test_with_a_token(kit):
    """boto3 fills it in; so settled may send it once more by itself."""
    upstream, log, server = begin(kit)
    secrets = client(kit, server, 1, "secretsmanager")
    answer = secrets.create_secret(Name="fault-once-1", SecretString="hush")
    check_equal(answer["ResponseMetadata"]["HTTPHeaders"]
                ["x-settled-outcome"], "settled", "outcome")
    sent = [json.loads(body) for operation, body in upstream.heard
            if operation == "CreateSecret"]
    check_equal(len(sent), 2, "sent")
    check_equal(sent[0], sent[1], "the second sending")
    check(sent[0]["ClientRequestToken"], sent[0])
    finished = events_of(log, "settle-finished")[0]
    check_equal(finished["detail"], "sent 2 times", "the event")
    check_equal(len(events_of(log, "call-resent")), 1, "resent")
    try:
        secrets.create_secret(Name="fault-change-1", SecretString="hush")
        raise Failed("it was lost twice")
    except botocore.exceptions.ConnectionClosedError:
        check_equal(upstream.count("CreateSecret", "fault-change-1"), 2,
                    "sent")
    check_equal(outcomes_of(log)["fault-change-1"], "unknown", "outcome")
    check_equal(server.end(), 0, "exit status")


def test_while_observing(kit):
    upstream, log, server = begin(kit, "--observe")
    ask = Ask(server, "AmazonSSM.PutParameter", json.dumps(
        {"Name": "/fault-change-0", "Value": "1", "Type": "String"}).encode())
    check_equal(try_raw(ask.sign())[0], "dropped", "the answer")
    check_unknown(upstream, log, "fault-change-0")
    check_equal(server.end(), 0, "exit status")


def test_summary_and_report(kit):
    """The summary of a run names it, and so does a report."""
    upstream = FaultServer([steps for _, steps in WAYS])
    log = kit.path("summary.jsonl")
    done = kit.run_settled(
        "exec", "--upstream", upstream.url, "--log", log, *options_of(kit),
        "--", kit.python, "-m", "awscli", "ssm", "put-parameter", "--name",
        "/fault-change-0", "--type", "String", "--value", "one",
        environment={"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
                     "AWS_SECRET_ACCESS_KEY": "secret",
                     "AWS_MAX_ATTEMPTS": "1"})
    check_equal(done.returncode, 255, done.stderr)
    check("1 unknown" in done.stderr and "/fault-change-0" in done.stderr,
          done.stderr)
    report = kit.run_settled("report", log)
    check_equal(report.returncode, 0, report.stderr)
    check("unknown: ssm PutParameter /fault-change-0" in report.stdout,
          report.stdout)


# ---- recorded, and replayed ----

STORY = """
import boto3, botocore.config, botocore.exceptions, sys
def client(service, attempts):
    return boto3.client(service, config=botocore.config.Config(
        retries={"mode": "standard", "total_max_attempts": attempts}))
def put(ssm, name):
    try:
        answer = ssm.put_parameter(Name=name, Value="one", Type="String")
        meta = answer["ResponseMetadata"]
        return meta["HTTPHeaders"]["x-settled-outcome"], meta["RetryAttempts"]
    except botocore.exceptions.ConnectionClosedError:
        return "closed"
print(put(client("ssm", 1), "/fault-change-1"),
      put(client("ssm", 3), "/fault-once-1"),
      client("secretsmanager", 1).create_secret(
          Name="fault-once-1", SecretString="hush",
          ClientRequestToken="1" * 32)["Name"])
"""


def test_recorded_and_replayed(kit):
    upstream = FaultServer([steps for _, steps in WAYS])
    tape = kit.path("lost-tape.jsonl")
    script = kit.path("story.py")
    script.write_text(STORY)
    told = "closed ('settled', 1) fault-once-1"
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret"}
    options = options_of(kit)
    done = kit.run_settled("exec", "--upstream", upstream.url, "--record",
                           tape, *options, "--", kit.python, script,
                           environment=keys)
    check_equal((done.returncode, done.stdout.strip()), (0, told),
                done.stderr)
    check_equal(kit.run_settled("check", tape).returncode, 0, "check")
    heard = len(upstream.heard)
    for _ in range(2):
        done = kit.run_settled("exec", "--replay", tape, *options, "--",
                               kit.python, script)
        check_equal((done.returncode, done.stdout.strip()), (0, told),
                    done.stderr)
        check("2 unknown" in done.stderr, done.stderr)
    check_equal(len(upstream.heard), heard, "what reached the upstream")
