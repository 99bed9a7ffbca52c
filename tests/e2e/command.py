# SPDX-License-Identifier: Apache-2.0
"""The command line: `exec` and its words, options, the log, a terminal."""

import json
import re
import shutil
import signal
import subprocess

from answers import emulator as never
from harness import (KEY, PATIENCE_SECONDS, REGION, SECRET, Skipped, check,
                     check_equal)
from joins import emulator as slowly

OWN = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}


def run_exec(kit, *words, options=(), upstream=None, **environment):
    return kit.run_settled(
        "exec", "--upstream", (upstream or kit.plain()).url, *options, "--",
        *words, environment=dict(OWN, **environment))


# ---- exec ----

def test_exec_passes_the_status_on(kit):
    for status in (0, 3, 255):
        check_equal(run_exec(kit, "sh", "-c", f"exit {status}").returncode,
                    status, "status")
    check_equal(run_exec(kit, "sh", "-c", "kill -KILL $$").returncode,
                128 + 9, "status of a killed command")


def test_exec_passes_words_on(kit):
    words = ["a b", "", "*", "--upstream", "'\"$x\\", "ü"]
    done = run_exec(kit, kit.python, "-c",
                    "import json, sys; print(json.dumps(sys.argv[1:]))", *words)
    check_equal(json.loads(done.stdout), words, "words")


def test_exec_command_not_found(kit):
    done = run_exec(kit, "no-such-command-4711")
    check_equal(done.returncode, 127, "status")
    check("no-such-command-4711" in done.stderr, done.stderr)


def test_exec_command_not_runnable(kit):
    file = kit.path("not-runnable")
    file.write_text("#!/bin/sh\n")
    check_equal(run_exec(kit, file).returncode, 126, "status")


def test_exec_environment(kit):
    done = run_exec(kit, "env", NO_PROXY="example.com", AWS_PROFILE="x",
                    AWS_SESSION_TOKEN="token-of-the-caller",
                    AWS_ENDPOINT_URL="http://localhost:1", KEPT="yes",
                    AWS_CONFIG_FILE="/dev/null")
    got = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    check(re.fullmatch(r"http://127\.0\.0\.1:\d+",
                       got.get("AWS_ENDPOINT_URL", "")), got)
    check(got.get("AWS_ACCESS_KEY_ID", KEY) != KEY, "the key is not minted")
    check(len(got.get("AWS_SECRET_ACCESS_KEY", "")) >= 40, "no secret")
    check_equal(got.get("AWS_REGION"), REGION, "AWS_REGION")
    check_equal(got.get("AWS_DEFAULT_REGION"), REGION, "AWS_DEFAULT_REGION")
    check_equal(got.get("AWS_DISABLE_HOST_PREFIX_INJECTION"), "true", "prefix")
    for name in ("NO_PROXY", "no_proxy"):
        check_equal(sorted(got.get(name, "").split(",")),
                    ["127.0.0.1", "example.com"], name)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        check(name not in got, f"{name} is still there")
    check_equal(got.get("KEPT"), "yes", "another variable")
    check(SECRET not in done.stdout, "the real secret reached the command")


def test_exec_summary(kit):
    name = f"/command/{kit.number()}"
    done = run_exec(kit, kit.python, "-m", "awscli", "ssm", "put-parameter",
                    "--name", name, "--type", "String", "--value", "x",
                    upstream=kit.fixed())
    check_equal(done.returncode, 0, done.stderr)
    check("PutParameter" in done.stderr or "1" in done.stderr, done.stderr)
    check("settled" in done.stderr, done.stderr)
    check('"Version": 1' in done.stdout, done.stdout)
    quiet = run_exec(kit, "true")
    check_equal((quiet.stdout, quiet.stderr), ("", ""), "nothing to say")


def test_exec_summary_names_the_unsettled(kit):
    name = f"/command/{kit.number()}"
    done = run_exec(kit, kit.python, "-m", "awscli", "ssm", "put-parameter",
                    "--name", name, "--type", "String", "--value", "x",
                    options=["--timeout", "200ms"], upstream=never(kit))
    check(done.returncode in (254, 255), done.returncode)
    after = done.stderr.rpartition("PostConditionNotSatisfied")[2]
    check(name in after and "unsettled" in after, done.stderr)


def start_exec(kit, *words, options=(), upstream=None):
    return subprocess.Popen(
        [kit.settled, "exec", "--upstream", (upstream or kit.plain()).url,
         *options, "--", *words], env=dict(kit.environment, **OWN), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL, start_new_session=True)


def test_exec_passes_signals_on(kit):
    script = ("import signal, sys\n"
              "def got(number, _):\n"
              "    print('got', number, flush=True)\n"
              "    sys.exit(7)\n"
              "signal.signal(signal.SIG{0}, got)\n"
              "print('ready', flush=True)\n"
              "signal.pause()\n")
    for name in ("TERM", "INT", "HUP", "USR1"):
        number = getattr(signal, f"SIG{name}")
        process = start_exec(kit, kit.python, "-c", script.format(name))
        try:
            check_equal(process.stdout.readline(), "ready\n", "the command")
            process.send_signal(number)
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
            check_equal((out, process.returncode), (f"got {int(number)}\n", 7),
                        f"SIG{name} ({err})")
        finally:
            process.kill()
            process.wait()


def test_exec_killed_by_a_signal(kit):
    process = start_exec(kit, "sh", "-c", "echo ready; exec sleep 60")
    try:
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_SECONDS)
        check_equal(process.returncode, 128 + 15, "status")
    finally:
        process.kill()
        process.wait()


def test_exec_wants_a_command(kit):
    done = kit.run_settled("exec", "--upstream", kit.plain().url,
                           environment=OWN)
    check_equal(done.returncode, 2, "status")
    check("command" in done.stderr, done.stderr)


# ---- words ----

def test_help(kit):
    done = kit.run_settled("--help")
    check_equal(done.returncode, 0, "status")
    for name in ("exec", "serve", "lag", "check", "explain", "policy",
                 "version"):
        check(name in done.stdout, f"--help lacks {name}")
        more = kit.run_settled(name, "--help")
        check_equal(more.returncode, 0, f"{name} --help")
        if name != "version":
            check("Usage" in more.stdout, f"{name} --help: {more.stdout}")
        for line in (done.stdout + more.stdout).splitlines():
            check(len(line) <= 80, f"{name}: over 80 columns: {line}")


def test_version(kit):
    for words in (["version"], ["--version"]):
        done = kit.run_settled(*words)
        check_equal(done.returncode, 0, "status")
        check(re.match(r"settled \d+\.\d+", done.stdout), done.stdout)


def test_unknown_words(kit):
    for words, near in ((["serve", "--upsteam", "x"], "upstream"),
                        (["exec", "--no-verfy", "--", "true"], "no-verify"),
                        (["lag", "--flop", "1"], "flap"),
                        (["serv"], "serve"),
                        (["exce", "--", "true"], "exec")):
        done = kit.run_settled(*words, environment=OWN)
        check_equal(done.returncode, 2, f"status of {words}")
        check(near in done.stderr, f"{words}: {done.stderr}")
    check_equal(kit.run_settled().returncode, 2, "status without words")


def test_bad_values(kit):
    for words in (["--timeout", "soon"], ["--timeout", "-1s"],
                  ["--max-hold", "5 apples"], ["--on-unsettled", "maybe"],
                  ["--listen", "nowhere"], ["--listen", "127.0.0.1:99999"],
                  ["--upstream", "ftp://x"], ["--upstream"],
                  ["--meta", "no-equals-sign"],
                  ["--config", "/none.json"]):
        done = kit.run_settled("exec", *words, "--", "true", environment=OWN)
        check(done.returncode in (1, 2), f"{words}: status {done.returncode}")
        check(len(done.stderr) > 10, f"{words}: no word of why")


def test_options_from_elsewhere(kit):
    """The command line wins over the environment, that over nothing."""
    config = kit.path("config.json")
    config.write_text(json.dumps({"upstream": kit.plain().url,
                                  "timeout": "5s", "meta": ["a=1", "b=2"]}))
    done = kit.run_settled("exec", "--config", config, "--", "true",
                           environment=OWN)
    check_equal(done.returncode, 0, done.stderr)
    done = kit.run_settled("exec", "--", "true", environment=dict(
        OWN, SETTLED_UPSTREAM=kit.plain().url, SETTLED_TIMEOUT="5s"))
    check_equal(done.returncode, 0, done.stderr)
    done = kit.run_settled("exec", "--", "true", environment=dict(
        OWN, SETTLED_UPSTREAM=kit.plain().url, SETTLED_TIMEOUT="soon"))
    check_equal(done.returncode, 2, done.stderr)
    config.write_text('{"upstream": "http://127.0.0.1:1",\n "timeot": "5s"}')
    done = kit.run_settled("exec", "--config", config, "--", "true",
                           environment=OWN)
    check_equal(done.returncode, 2, done.stderr)
    check(":2:" in done.stderr and "timeout" in done.stderr, done.stderr)


def test_listening_beyond_loopback(kit):
    done = kit.run_settled("exec", "--upstream", kit.plain().url, "--listen",
                           "0.0.0.0:0", "--", "true", environment=OWN)
    check(done.returncode in (1, 2), f"status {done.returncode}")
    check("plaintext-ok" in done.stderr, done.stderr)
    done = kit.run_settled("exec", "--upstream", kit.plain().url, "--listen",
                           "0.0.0.0:0", "--plaintext-ok", "--", "true",
                           environment=OWN)
    check_equal(done.returncode, 0, done.stderr)


# ---- log ----

def test_log(kit):
    log = kit.path("log.jsonl")
    name = f"/command/{kit.number()}"
    server = kit.start_settled(
        kit.fixed(), "--log", log, "--run-id", "run 7", "--stage", "ci",
        "--context", "nightly", "--meta", "commit=abc", "--meta", "x=y=z")
    kit.client("ssm", server).put_parameter(Name=name, Value="x",
                                            Type="String")
    check_equal(server.end(), 0, "exit status")
    events = [json.loads(line) for line in log.read_text().splitlines()]
    check(events, "the log is empty")
    for event in events:
        check("event" in event, event)
        got = json.dumps(event)
        for word in ("run 7", "ci", "nightly", "abc", "y=z"):
            check(word in got, f"no {word} in {got}")
    kinds = [event["event"] for event in events]
    for kind in ("run-started", "call-received", "read-back",
                 "settle-finished", "answer-given", "run-finished"):
        check(kind in kinds, f"no {kind} in {kinds}")
    finished = next(e for e in events if e["event"] == "settle-finished")
    check_equal((finished["operation"], finished["outcome"],
                 finished["resource"]), ("PutParameter", "settled", name),
                "what settled")


def test_log_to_stderr_and_appended(kit):
    done = run_exec(kit, "true", options=["--log", "-"])
    for line in done.stderr.splitlines():
        json.loads(line)
    check("run-started" in done.stderr, done.stderr)
    log = kit.path("twice.jsonl")
    for _ in range(2):
        run_exec(kit, "true", options=["--log", str(log)])
    check_equal(log.read_text().count("run-started"), 2, "runs in the log")


# ---- on a terminal ----

def test_status_line_on_a_terminal(kit):
    if not shutil.which("script"):
        raise Skipped("there is no script(1) to make a terminal")
    name = f"/command/{kit.number()}"
    words = (f"{kit.settled} exec --upstream {slowly(kit).url} -- {kit.python} "
             f"-m awscli ssm put-parameter --name {name} --type String "
             "--value x")
    done = kit.command(["script", "-qec", words, "/dev/null"],
                       dict(kit.environment, **OWN, TERM="xterm"))
    check_equal(done.returncode, 0, done.stdout)
    lines = [line for line in re.split(r"[\r\n]", done.stdout)
             if name in line]
    check(len(lines) >= 2, f"no status line: {done.stdout!r}")
