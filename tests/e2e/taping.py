# SPDX-License-Identifier: Apache-2.0
"""Record and replay: real clients are recorded before the emulator, and what
was recorded then answers them without a network."""

import base64
import json
import os
import re
import stat
import textwrap
import time
import zlib
from pathlib import Path

from harness import KEY, ROOT, SECRET, check, check_equal, in_parallel

OWN = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
RECORDINGS = ROOT / "recordings"

STORY = """
    import boto3, sys
    ssm = boto3.client("ssm")
    for value in ("green", "amber"):
        ssm.put_parameter(Name="/taped/colour", Value=value, Type="String",
                          Overwrite=True)
        found = ssm.get_parameter(Name="/taped/colour")["Parameter"]
        print(found["Version"])
"""


def script(kit, text, name="script.py"):
    file = kit.path(name)
    file.write_text(textwrap.dedent(text))
    return file


def record(kit, file, *words, options=(), upstream=None, **environment):
    done = kit.run_settled(
        "exec", "--upstream", (upstream or kit.fixed()).url, "--record", file,
        *options, "--", *words, environment=dict(OWN, **environment))
    return done


def replay(kit, file, *words, options=(), **environment):
    return kit.run_settled("exec", "--replay", file, *options, "--", *words,
                           environment=environment)


def taped(kit, text=STORY, options=(), upstream=None):
    """A script and the recording of its run."""
    program = script(kit, text)
    file = kit.path("tape.jsonl")
    done = record(kit, file, kit.python, program, options=options,
                  upstream=upstream)
    check_equal(done.returncode, 0, done.stderr)
    return program, file


def lines_of(file):
    return [json.loads(line) for line in Path(file).read_text().splitlines()]


def sealed(line):
    """A line of a recording with the checksum that belongs to it."""
    line = {name: value for name, value in line.items() if name != "crc"}
    text = json.dumps(line, separators=(",", ":"), ensure_ascii=False)[:-1]
    return f'{text},"crc":"{zlib.crc32(text.encode()):08x}"}}\n'


# ---- a whole round ----

def test_a_story_replays(kit):
    # Other tests write the same name, and versions are counted here.
    program, file = taped(kit, upstream=kit.start_emulator())
    check_equal(stat.S_IMODE(os.stat(file).st_mode), 0o600, "mode")
    kinds = [line["kind"] for line in lines_of(file)]
    check_equal((kinds[0], kinds[-1]), ("session", "end"), "first and last")
    check_equal(kinds.count("call"), 4, "calls")
    check(kinds.count("read-back") >= 12, kinds)
    check_equal(kinds.count("outcome"), 2, "outcomes")
    done = replay(kit, file, kit.python, program, options=["--exact"])
    check_equal(done.returncode, 0, done.stderr)
    check_equal(done.stdout.split(), ["1", "2"], "what the script saw")
    check("2 mutations: 2 settled" in done.stderr, done.stderr)


def test_the_cli_replays(kit):
    file = kit.path("cli.jsonl")
    aws = f"{kit.python} -m awscli"
    program = script(kit, f"""\
        set -e
        {aws} ssm put-parameter --name /taped/cli --value one --type String
        {aws} ssm get-parameter --name /taped/cli --query Parameter.Version
        {aws} sts get-caller-identity --query Arn
        """, "script.sh")
    done = record(kit, file, "sh", program)
    check_equal(done.returncode, 0, done.stderr)
    again = replay(kit, file, "sh", program, options=["--exact"])
    check_equal(again.returncode, 0, again.stderr)
    account = re.compile(r"\d{12}")
    check_equal(account.sub("ACCOUNT", again.stdout),
                account.sub("ACCOUNT", done.stdout), "output")


def test_javascript_replays(kit):
    suffix = str(kit.number())
    file = kit.path("javascript.jsonl")
    clients = ROOT / "tests" / "e2e" / "clients.mjs"
    words = ["node", clients, "tour", suffix]
    done = record(kit, file, *words, NODE_HOME=str(kit.node),
                  upstream=kit.plain())
    check_equal(done.returncode, 0, done.stderr)
    again = replay(kit, file, *words, NODE_HOME=str(kit.node))
    check_equal(again.returncode, 0, again.stderr)


def test_services_without_rules_replay(kit):
    program, file = taped(kit, """
        import boto3
        boto3.client("sts").get_caller_identity()
        s3 = boto3.client("s3", config=boto3.session.Config(
            s3={"addressing_style": "path"}))
        s3.create_bucket(Bucket="taped", CreateBucketConfiguration={
            "LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="taped", Key="a b/ü", Body=b"some bytes\\0\\xff")
        body = s3.get_object(Bucket="taped", Key="a b/ü")["Body"].read()
        assert body == b"some bytes\\0\\xff", body
        iam = boto3.client("iam")
        iam.create_user(UserName="taped")
        assert iam.get_user(UserName="taped")["User"]["UserName"] == "taped"
        table = boto3.client("dynamodb")
        table.create_table(
            TableName="taped", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "k",
                                   "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}])
        table.put_item(TableName="taped", Item={"k": {"S": "one"}})
        found = table.get_item(TableName="taped", Key={"k": {"S": "one"}})
        assert found["Item"] == {"k": {"S": "one"}}, found
        queue = boto3.client("sqs").create_queue(QueueName="taped")["QueueUrl"]
        assert queue.endswith("/taped"), queue
        """, upstream=kit.start_moto())
    done = replay(kit, file, kit.python, program)
    check_equal(done.returncode, 0, done.stderr)


# ---- nothing that could leak ----

CANARIES = {
    "CANARY_STRING": "canary-of-secret-string-7731",
    "CANARY_JSON": "canary-of-a-password-in-json-22",
    "CANARY_BINARY": "canary-of-secret-binary-9914",
    "CANARY_VALUE": "canary of a secure value, with \"quotes\" and ü",
    "CANARY_PLAIN": "canary-of-a-plain-value-5",
}
BESIDE = "canary-that-is-also-in-a-description"


def test_no_secret_is_recorded(kit):
    program = script(kit, """
        import boto3, json, os
        secrets, ssm = boto3.client("secretsmanager"), boto3.client("ssm")
        sts = boto3.client("sts")
        canary = lambda name: os.environ["CANARY_" + name]
        secrets.create_secret(Name="taped/string",
                              SecretString=canary("STRING"))
        secrets.create_secret(Name="taped/json", SecretString=json.dumps(
            {"user": "me", "password": canary("JSON"), "port": 5432}))
        secrets.create_secret(Name="taped/binary",
                              SecretBinary=canary("BINARY").encode())
        for name in ("string", "json", "binary"):
            secrets.get_secret_value(SecretId="taped/" + name)
        ssm.put_parameter(Name="/taped/value", Value=canary("VALUE"),
                          Type="SecureString",
                          Description="not yet known")
        secrets.create_secret(Name="taped/beside",
                              SecretString=canary("BESIDE"))
        ssm.put_parameter(Name="/taped/value", Value=canary("VALUE"),
                          Type="SecureString", Overwrite=True,
                          Description="again " + canary("BESIDE"))
        ssm.put_parameter(Name="/taped/plain", Value=canary("PLAIN"),
                          Type="String")
        ssm.get_parameters_by_path(Path="/taped", WithDecryption=True)
        ssm.describe_parameters()
        try:
            ssm.get_parameter(Name="/no/such")
        except ssm.exceptions.ParameterNotFound:
            pass
        made = secrets.get_random_password()["RandomPassword"]
        role = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/r",
                               RoleSessionName="session")["Credentials"]
        other = boto3.client("ssm", aws_access_key_id=role["AccessKeyId"],
                             aws_secret_access_key=role["SecretAccessKey"],
                             aws_session_token=role["SessionToken"])
        other.get_parameter(Name="/taped/value")
        print(json.dumps([made, role["AccessKeyId"], role["SecretAccessKey"],
                          role["SessionToken"]]))
        """)
    file, log = kit.path("tape.jsonl"), kit.path("log.jsonl")
    done = record(kit, file, kit.python, program, options=["--log", log],
                  upstream=kit.start_emulator(lag=0.1),
                  CANARY_BESIDE=BESIDE, **CANARIES)
    check_equal(done.returncode, 0, done.stderr)
    learned = json.loads(done.stdout.splitlines()[-1])
    everything = "\n".join((file.read_text(), log.read_text(), done.stderr))
    key_ids = (KEY, learned.pop(1))  # these may be named in a log
    check(not any(key in file.read_text() for key in key_ids), "a key id")
    for secret in [SECRET, *CANARIES.values(), *learned]:
        for form in (secret, json.dumps(secret)[1:-1],
                     base64.b64encode(secret.encode()).decode().rstrip("=")):
            check(form not in everything, f"{secret!r} is there as {form!r}")
    # One that the script itself wrote into a member that is no secret.
    check(BESIDE not in file.read_text(), "a secret in a description")
    check("123456789012" not in file.read_text(), "an account id is there")
    checked = kit.run_settled("check", file)
    check_equal(checked.returncode, 0, checked.stderr)
    again = replay(kit, file, kit.python, program, CANARY_BESIDE=BESIDE,
                   **CANARIES)
    check_equal(again.returncode, 0, again.stderr)


def test_secrets_wanted_are_loud(kit):
    program, file = taped(kit, """
        import boto3
        boto3.client("sts").assume_role(
            RoleArn="arn:aws:iam::123456789012:role/r", RoleSessionName="session")
        """, options=["--no-redact"])
    done = record(kit, kit.path("loud.jsonl"), "true", options=["--no-redact"])
    check("--no-redact" in done.stderr, done.stderr)
    checked = kit.run_settled("check", file)
    check_equal(checked.returncode, 1, "status of check")
    check(re.search(r"tape\.jsonl:\d+:\d+: error: ", checked.stderr),
          checked.stderr)
    check_equal(replay(kit, file, kit.python, program).returncode, 0, "replay")


def test_a_key_of_ones_own(kit):
    program = script(kit, STORY)
    file = kit.path("tape.jsonl")
    own = {"SETTLED_RECORDING_KEY": "a key that only CI knows"}
    done = record(kit, file, kit.python, program, **own)
    check_equal(done.returncode, 0, done.stderr)
    check("a key that only" not in file.read_text(), "the key is in the file")
    good = replay(kit, file, kit.python, program, **own)
    check_equal(good.returncode, 0, good.stderr)
    for wrong in ({}, {"SETTLED_RECORDING_KEY": "some other long key"}):
        bad = replay(kit, file, kit.python, program, **wrong)
        check_equal(bad.returncode, 1, "status")
        check("SETTLED_RECORDING_KEY" in bad.stderr, bad.stderr)


# ---- writing ----

def test_what_cannot_be_written_is_told_at_once(kit):
    done = record(kit, kit.folder / "no" / "such" / "folder.jsonl", "echo",
                  "it ran")
    check_equal(done.returncode, 1, "status")
    check("it ran" not in done.stdout, "the command was started")
    full = record(kit, "/dev/full", kit.python, script(kit, STORY))
    check_equal(full.returncode, 1, "status with a full disk")
    check("/dev/full" in full.stderr, full.stderr)
    file = kit.path("limited.jsonl")
    limited = kit.command(
        ["sh", "-c", 'ulimit -f 8; exec "$@"', "sh", kit.settled, "exec",
         "--upstream", kit.fixed().url, "--record", file, "--", kit.python,
         script(kit, STORY)], dict(kit.environment, **OWN))
    check_equal(limited.returncode, 1, limited.stderr)
    check("can no longer be written" in limited.stderr, limited.stderr)


def test_a_kill_loses_a_line_at_most(kit):
    program = script(kit, """
        import boto3
        ssm = boto3.client("ssm")
        for number in range(1000):
            ssm.get_parameters(Names=[f"/taped/{number}"])
        """)
    file = kit.path("tape.jsonl")
    served = kit.start_settled(kit.plain(), "--record", file)
    client = kit.client("ssm", served)
    for number in range(20):
        client.get_parameters(Names=[f"/taped/{number}"])
    served.kill()
    calls = sum(line["kind"] == "call" for line in lines_of(file))
    check(calls in (19, 20), f"{calls} calls are on record")
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    checked = kit.run_settled("check", file)
    check("warning" in checked.stderr and f":{calls + 1}:" in checked.stderr,
          checked.stderr)
    few = script(kit, program.read_text().replace("1000", str(calls - 1)))
    done = replay(kit, file, kit.python, few)
    check_equal(done.returncode, 0, done.stderr)
    check("warning" in done.stderr, done.stderr)
    # A later session goes on in the same file.
    more = record(kit, file, kit.python, script(kit, STORY))
    check_equal(more.returncode, 0, more.stderr)
    done = replay(kit, file, kit.python, few, options=["--allow-unused"])
    check_equal(done.returncode, 0, done.stderr)


def test_sessions_at_once_are_told_apart(kit):
    file = kit.path("tape.jsonl")
    programs = [script(kit, STORY.replace("/taped/", f"/taped/{n}/"))
                for n in range(3)]
    for done in in_parallel(*(
            lambda n=n: record(kit, file, kit.python, programs[n],
                               options=["--run-id", f"run-{n}"])
            for n in range(3))):
        check_equal(done.returncode, 0, done.stderr)
    sessions = {line["session"] for line in lines_of(file)}
    check_equal(len(sessions), 3, "sessions")
    one = replay(kit, file, kit.python, programs[1],
                 options=["--session", "run-1"])
    check_equal(one.returncode, 0, one.stderr)
    every = replay(kit, file, "sh", "-c", " && ".join(
        f"{kit.python} {program}" for program in programs))
    check_equal(every.returncode, 0, every.stderr)


# ---- replaying ----

def test_no_network_and_no_credentials(kit):
    program, file = taped(kit)
    canary = kit.path("canary")
    config = kit.path("config")
    config.write_text("[default]\nregion = eu-west-1\ncredential_process = "
                      f"touch {canary}\n")
    served = kit.start(type(kit.plain_settled()),
                       [kit.settled, "serve", "--replay", file], "replaying",
                       AWS_CONFIG_FILE=str(config)).wait_for_exports()
    status = Path(f"/proc/{served.pid}/status").read_text()
    check("Seccomp:\t2" in status, "the kernel does not refuse connections")
    done = kit.command([kit.python, program],
                       kit.client_environment(served, AWS_ACCESS_KEY_ID="any",
                                              AWS_SECRET_ACCESS_KEY="thing"))
    check_equal(done.returncode, 0, done.stderr)
    check(not canary.exists(), "the credential process was run")
    check_equal(served.end(), 0, served.errors())


def test_a_long_wait_takes_no_time(kit):
    _, file = taped(kit, """
        import boto3
        boto3.client("ssm").put_parameter(Name="/taped/slow", Value="x",
                                          Type="String")
        """)
    factor = 600  # a second becomes ten minutes
    stretched = kit.path("stretched.jsonl")
    with open(stretched, "w", encoding="utf-8") as out:
        for line in lines_of(file):
            for name in ("at_ms", "took_ms", "waited_ms"):
                if name in line:
                    line[name] *= factor
            if "settings" in line:
                line["settings"].update(timeout_ms=3_600_000,
                                        max_hold_ms=3_600_000)
            out.write(sealed(line))
    recorded = [line for line in lines_of(stretched)
                if line["kind"] == "outcome"][0]
    check(recorded["waited_ms"] > 600_000, recorded)
    served = kit.start(type(kit.plain_settled()),
                       [kit.settled, "serve", "--replay", stretched],
                       "replaying").wait_for_exports()
    client = kit.client("ssm", served)
    began = time.monotonic()
    answer = client.put_parameter(Name="/taped/slow", Value="x", Type="String")
    took = time.monotonic() - began
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    check_equal(headers["x-settled-outcome"], "settled", "outcome")
    check(int(headers["x-settled-waited-ms"]) > 600_000, headers)
    check(took < 60, f"it took {took:.1f} s")
    check_equal(served.end(), 0, served.errors())


def test_real_time_takes_its_time(kit):
    program, file = taped(kit)
    waited = sum(line["waited_ms"] for line in lines_of(file)
                 if line["kind"] == "outcome") / 1000
    began = time.monotonic()
    done = replay(kit, file, kit.python, program, options=["--real-time"])
    check_equal(done.returncode, 0, done.stderr)
    check(time.monotonic() - began > waited * 0.9, "it was too quick")


def test_an_altered_member_is_named(kit):
    program, file = taped(kit, """
        import boto3, os
        ssm = boto3.client("ssm")
        ssm.put_parameter(Name="/taped/a", Value=os.environ.get("V", "green"),
                          Type=os.environ.get("T", "String"),
                          Tags=[{"Key": "team",
                                 "Value": os.environ.get("G", "night")}])
        """)
    for name, value, member in (("V", "amber", "Value"),
                                ("T", "SecureString", "Type"),
                                ("G", "day", "Tags[0].Value")):
        done = replay(kit, file, kit.python, program, **{name: value})
        check_equal(done.returncode, 1, "status")
        check(member in done.stderr, done.stderr)
        check("NotRecorded" in done.stderr or "PutParameter" in done.stderr,
              done.stderr)
        others = {"Value", "Type", "Tags[0].Value"} - {member}
        for other in others:
            check(f" {other} " not in done.stderr.replace(":", " "),
                  f"{other} is named too: {done.stderr}")
    check("amber" not in done.stderr, "a value of SSM is told")


def test_a_miss_is_no_cause_to_try_again(kit):
    _, file = taped(kit)
    program = script(kit, """
        import boto3, botocore.exceptions
        try:
            boto3.client("ssm").put_parameter(Name="/other", Value="x")
        except botocore.exceptions.ClientError as error:
            meta = error.response["ResponseMetadata"]
            assert meta["HTTPStatusCode"] == 424, error.response
            assert meta["RetryAttempts"] == 0, error.response
            print(error)
        """)
    done = replay(kit, file, kit.python, program)
    check_equal(done.returncode, 1, done.stderr)
    check("tape.jsonl" in done.stdout and "Name" in done.stdout, done.stdout)


def test_what_is_left_over_fails(kit):
    program, file = taped(kit)
    half = script(kit, program.read_text().replace('"green", "amber"',
                                                   '"green",'))
    done = replay(kit, file, kit.python, half)
    check_equal(done.returncode, 1, done.stderr)
    check("PutParameter" in done.stderr, done.stderr)
    done = replay(kit, file, kit.python, half, options=["--allow-unused"])
    check_equal(done.returncode, 0, done.stderr)


def test_a_command_that_fails_keeps_its_status(kit):
    _, file = taped(kit)
    done = replay(kit, file, "sh", "-c", "exit 7")
    check_equal(done.returncode, 7, "status")


def test_names_made_fresh_are_variables(kit):
    program, file = taped(kit, """
        import boto3, uuid
        name = f"/taped/run-{uuid.uuid4().hex[:8]}"
        ssm = boto3.client("ssm")
        for part in ("a", "b"):
            ssm.put_parameter(Name=f"{name}/{part}", Value="x", Type="String")
        found = ssm.get_parameters_by_path(Path=name)["Parameters"]
        assert {p["Name"] for p in found} == {name + "/a", name + "/b"}, found
        """)
    done = replay(kit, file, kit.python, program)
    check_equal(done.returncode, 1, "status without the variable")
    done = replay(kit, file, kit.python, program,
                  options=["--variable", "run-([0-9a-f]{8})"])
    check_equal(done.returncode, 0, done.stderr)


def test_a_secret_may_hold_a_variable(kit):
    program, file = taped(kit, """
        import boto3, uuid
        run = f"run-{uuid.uuid4().hex[:8]}"
        ssm = boto3.client("ssm")
        ssm.put_parameter(Value=f"value of {run}", Name=f"/taped/{run}",
                          Type="String")
        found = ssm.get_parameter(Name=f"/taped/{run}")["Parameter"]
        assert found["Value"] == f"value of {run}", found
        """)
    done = replay(kit, file, kit.python, program,
                  options=["--variable", "run-([0-9a-f]{8})"])
    check_equal(done.returncode, 0, done.stderr)


def test_members_made_fresh_are_ignored(kit):
    program, file = taped(kit, """
        import boto3, uuid
        boto3.client("ssm").put_parameter(
            Name="/taped/random", Value=uuid.uuid4().hex, Type="String")
        """)
    check_equal(replay(kit, file, kit.python, program).returncode, 1, "status")
    done = replay(kit, file, kit.python, program,
                  options=["--ignore", "ssm:PutParameter:Value"])
    check_equal(done.returncode, 0, done.stderr)


def test_idempotency_tokens_do_not_matter(kit):
    program, file = taped(kit, """
        import boto3
        secrets = boto3.client("secretsmanager")
        made = secrets.create_secret(Name="taped/token", SecretString="x")
        found = secrets.get_secret_value(SecretId="taped/token")
        assert found["VersionId"] == made["VersionId"]
        """)
    for _ in range(2):
        done = replay(kit, file, kit.python, program)
        check_equal(done.returncode, 0, done.stderr)


def test_several_clients_at_once(kit):
    text = """
        import boto3, sys
        ssm = boto3.client("ssm")
        name = "/taped/client-" + sys.argv[1]
        for count in (1, 2, 3):
            ssm.put_parameter(Name=name, Value=str(count), Type="String",
                              Overwrite=True)
            found = ssm.get_parameter(Name=name)["Parameter"]
            assert found["Version"] == count, found
        """
    program = script(kit, text)
    file = kit.path("tape.jsonl")
    together = " & ".join(f"{kit.python} {program} {n}" for n in range(4))
    together += " & wait"
    done = record(kit, file, "sh", "-c", together)
    check_equal(done.returncode, 0, done.stderr)
    done = replay(kit, file, "sh", "-c", together)
    check_equal(done.returncode, 0, done.stderr)


def test_options_that_do_not_go_together(kit):
    for words in (["--replay", "a", "--record", "b"],
                  ["--replay", "a", "--upstream", "http://127.0.0.1:1"],
                  ["--replay", "a", "--observe"], ["--exact"],
                  ["--variable", "x"]):
        done = kit.run_settled("exec", *words, "--", "true")
        check_equal(done.returncode, 2, words)


# ---- damaged files ----

def test_damage_is_found_and_placed(kit):
    program, file = taped(kit)
    whole = file.read_bytes()
    lines = whole.splitlines(keepends=True)
    flipped = bytearray(whole)
    at = len(b"".join(lines[:5])) + len(lines[5]) // 2
    flipped[at] ^= 4
    for name, damaged, line in (
            ("a flipped bit", bytes(flipped), 6),
            ("a line that is gone", b"".join(lines[:4] + lines[5:]), 5),
            ("lines that changed places",
             b"".join(lines[:3] + [lines[4], lines[3]] + lines[5:]), 4),
            ("half a line", b"".join(lines[:7]) + lines[7][:30] + b"\n"
             + b"".join(lines[8:]), 8)):
        bad = kit.path("damaged.jsonl")
        bad.write_bytes(damaged)
        done = replay(kit, bad, kit.python, program)
        check_equal(done.returncode, 1, f"{name}: status")
        check(f"damaged.jsonl:{line}:" in done.stderr, f"{name}: {done.stderr}")


# ---- the stories of recordings/ ----

def story(path):
    def run(kit):
        recording = path.with_suffix(".jsonl")
        checked = kit.run_settled("check", recording)
        check_equal(checked.returncode, 0, checked.stderr)
        began = time.monotonic()
        done = replay(kit, recording, kit.python, path, options=["--exact"])
        check_equal(done.returncode, 0, done.stderr)
        took = time.monotonic() - began
        check(took < 90, f"it took {took:.0f} s")
    return run


for found in sorted(RECORDINGS.glob("*.py")):
    globals()[f"test_story_{found.stem.replace('-', '_')}"] = story(found)
assert any(name.startswith("test_story_") for name in list(globals()))
