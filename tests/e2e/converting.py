# SPDX-License-Identifier: Apache-2.0
"""Cassettes that vcrpy itself has made become recordings that replay; and
recordings become HAR and come back."""

import json
import re

from harness import check, check_equal
from taping import replay, script, taped

# Runs a script's body inside vcrpy, straight before the emulator.
CASSETTE = """
    import boto3, os, vcr
    def decode(request):  # JSON has no bytes
        if "{serializer}" == "json":
            request.headers = {{
                name: value.decode() if isinstance(value, bytes) else value
                for name, value in request.headers.items()}}
        return request
    tape = vcr.VCR(serializer="{serializer}", before_record_request=decode,
                   **{options!r})
    with tape.use_cassette("{file}"):
        exec(open("{body}").read())
"""

BODY = """
    import boto3
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name="/cassette/a", Value="grün", Type="String",
                      Tags=[{"Key": "team", "Value": "night"}])
    assert ssm.get_parameter(Name="/cassette/a")["Parameter"]["Version"] == 1
    ssm.put_parameter(Name="/cassette/a", Value="amber", Type="String",
                      Overwrite=True)
    found = ssm.get_parameter(Name="/cassette/a")["Parameter"]
    assert (found["Version"], found["Value"]) == (2, "amber"), found
    ssm.put_parameter(Name="/cassette/unread", Value="x", Type="SecureString")
    ssm.delete_parameter(Name="/cassette/a")
    try:
        ssm.get_parameter(Name="/cassette/a")
        raise AssertionError("it is still there")
    except ssm.exceptions.ParameterNotFound:
        pass
    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name="cassette/s", SecretBinary=b"\\x00\\xff bytes")
    got = secrets.get_secret_value(SecretId="cassette/s")["SecretBinary"]
    assert got == b"\\x00\\xff bytes", got
    assert boto3.client("sts").get_caller_identity()["Account"]
"""


def cassette(kit, serializer, **options):
    body = script(kit, BODY, "body.py")
    file = kit.path(f"cassette.{serializer}")
    runner = script(kit, CASSETTE.format(
        serializer=serializer, options=options, file=file, body=body))
    done = kit.command([kit.python, runner],
                       kit.client_environment(kit.start_moto()))
    check_equal(done.returncode, 0, done.stderr)
    return body, file


def convert(kit, source, suffix="jsonl", *options):
    out = kit.path(f"converted.{suffix}")
    done = kit.run_settled("convert", *options, source, out)
    check_equal(done.returncode, 0, done.stderr)
    return out


def replays(kit, body, cassette_file):
    out = convert(kit, cassette_file)
    log = kit.path("log.jsonl")
    done = replay(kit, out, kit.python, body, options=["--log", log])
    check_equal(done.returncode, 0, done.stderr)
    check("regret" not in done.stderr, done.stderr)
    outcomes = [event["outcome"] for event in
                map(json.loads, log.read_text().splitlines())
                if event["event"] == "settle-finished"]
    check_equal(len(outcomes), 5, f"changes, of {outcomes}")
    check_equal(set(outcomes), {"settled"}, "outcomes")
    checked = kit.run_settled("check", out)
    check_equal(checked.returncode, 0, checked.stderr)
    return out


def test_yaml_cassette(kit):
    replays(kit, *cassette(kit, "yaml"))


def test_json_cassette(kit):
    replays(kit, *cassette(kit, "json"))


def test_cassette_without_authorization(kit):
    replays(kit, *cassette(kit, "yaml", filter_headers=["authorization"]))


def test_cassette_with_decoded_bodies(kit):
    replays(kit, *cassette(kit, "yaml", decode_compressed_response=True))


def test_nothing_secret_comes_along(kit):
    _, file = cassette(kit, "yaml")
    text = convert(kit, file).read_text()
    for secret in ("amber", "AKIAIOSFODNN7EXAMPLE", "Signature=", "AP8g"):
        check(secret not in text, f"{secret} is in the recording")


def test_damaged_cassette(kit):
    _, file = cassette(kit, "yaml")
    text = file.read_text()
    for name, damaged in (("status", text.replace("code: 200", "code: two", 1)),
                          ("cut", text[:len(text) // 2] + "\n  'x"),
                          ("tab", text.replace("\n  ", "\n\t", 3))):
        bad = kit.path(f"{name}.yaml")
        bad.write_text(damaged)
        out = kit.path("out.jsonl")
        done = kit.run_settled("convert", bad, out)
        check_equal(done.returncode, 1, name)
        check(re.search(rf"{name}\.yaml:\d+:\d+: error: ", done.stderr),
              done.stderr)
        check(not out.exists(), f"{name}: there is a recording")


def test_nothing_is_written_over(kit):
    _, file = cassette(kit, "yaml")
    out = kit.path("there.jsonl")
    out.write_text("precious\n")
    done = kit.run_settled("convert", file, out)
    check_equal(done.returncode, 1, "status")
    check_equal(out.read_text(), "precious\n", "what was there")


def har_entry_is_whole(entry):
    for name in ("startedDateTime", "time", "request", "response", "cache",
                 "timings"):
        check(name in entry, f"an entry has no {name}")
    for name in ("method", "url", "httpVersion", "cookies", "headers",
                 "queryString", "headersSize", "bodySize"):
        check(name in entry["request"], f"a request has no {name}")
    for name in ("status", "statusText", "httpVersion", "cookies", "headers",
                 "content", "redirectURL", "headersSize", "bodySize"):
        check(name in entry["response"], f"a response has no {name}")
    for name in ("send", "wait", "receive"):
        check(entry["timings"][name] >= 0, f"timings has no {name}")
    check(entry["request"]["url"].startswith("http"), entry["request"]["url"])


def test_har_out_and_in(kit):
    program, file = taped(kit)
    har = convert(kit, file, "har")
    log = json.loads(har.read_text())["log"]
    check_equal(log["version"], "1.2", "version")
    check_equal(log["creator"]["name"], "settled", "creator")
    for entry in log["entries"]:
        har_entry_is_whole(entry)
    check(len(log["entries"]) >= 16, len(log["entries"]))
    back = convert(kit, har)
    done = replay(kit, back, kit.python, program, options=["--exact"])
    check_equal(done.returncode, 0, done.stderr)


def test_an_edited_recording_is_sealed_anew(kit):
    program, file = taped(kit)
    edited = kit.path("edited.jsonl")
    edited.write_text(file.read_text().replace("/taped/colour",
                                               "/edited/colour"))
    other = script(kit, program.read_text().replace("/taped/colour",
                                                    "/edited/colour"))
    done = replay(kit, edited, kit.python, other)
    check_equal(done.returncode, 1, "status of an unsealed edit")
    out = convert(kit, edited, "jsonl", "--edited")
    done = replay(kit, out, kit.python, other)
    check_equal(done.returncode, 0, done.stderr)
