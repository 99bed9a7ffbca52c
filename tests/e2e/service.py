# SPDX-License-Identifier: Apache-2.0
"""The other commands: `serve`, `lag`, `check`, `explain`, `policy`."""

import json
import os
import re
import signal

from command import OWN
from harness import Process, check, check_equal, eventually, in_parallel


# ---- serve ----

def test_serve_greeting(kit):
    server = kit.start_settled(kit.plain())
    lines = server.output().splitlines()
    check(re.match(r"# settled: listening on http://127\.0\.0\.1:\d+$",
                   lines[0]), lines)
    check_equal(server.exports["SETTLED_PID"], str(server.pid), "pid")
    check_equal(server.end(), 0, "exit status after SIGTERM")
    server = kit.start_settled(kit.plain())
    server.signal(signal.SIGINT)
    check_equal(server.wait(), 0, "exit status after SIGINT")


def serve_in_background(kit, *options):
    """As a shell does it; the account that a client was told, and the pid."""
    script = ('python=$1; shift; eval "$("$0" serve --background "$@")" && '
              '"$python" -m awscli sts get-caller-identity --query Account '
              '--output text && echo "$SETTLED_PID"')
    done = kit.command(["sh", "-c", script, kit.settled, kit.python,
                        "--upstream", kit.plain().url, *options],
                       dict(kit.environment, **OWN))
    check_equal(done.returncode, 0, done.stderr)
    account, pid = done.stdout.split()
    return account, int(pid)


def test_serve_in_background(kit):
    account, pid = serve_in_background(kit)
    os.kill(pid, signal.SIGTERM)
    check_equal(account, "123456789012", "account")
    eventually(lambda: not is_running(pid), "the service to end")


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_serve_in_background_that_cannot(kit):
    """Its port is moto's."""
    port = kit.plain().url.rsplit(":", 1)[1]
    done = kit.run_settled("serve", "--background", "--upstream",
                           kit.plain().url, "--listen", f"127.0.0.1:{port}",
                           environment=OWN)
    check_equal(done.returncode, 1, done.stdout + done.stderr)
    check(len(done.stderr) > 10, "no word of why")


def test_serve_with_few_descriptors(kit):
    """It says what it got, once, and serves within that."""
    script = 'ulimit -n 100; exec "$0" serve --upstream "$1"'
    server = Process(["sh", "-c", script, kit.settled, kit.plain().url],
                     dict(kit.environment, **OWN), kit.folder, "few")
    eventually(lambda: "listening" in server.output(), "the greeting")
    told = [line for line in server.errors().splitlines() if "open files" in line]
    check_equal(len(told), 1, server.errors())
    check("100 open files" in told[0] and "at most 50 conn" in told[0], told)
    check_equal(server.end(), 0, "exit status")


def test_serve_lets_holds_finish(kit):
    """SIGTERM during a hold: the caller still gets its answer."""
    emulator = kit.start_emulator(lag=1.5)
    server = kit.start_settled(emulator)
    ssm = kit.client("ssm", server)

    def put():
        return ssm.put_parameter(Name="/command/hold", Value="x",
                                 Type="String")

    def stop():
        # Two calls: a read-back comes when the change was answered.
        eventually(lambda: len(emulator.control("log")) > 1, "a read-back")
        server.signal(signal.SIGTERM)
    answer, _ = in_parallel(put, stop)
    check_equal(answer["ResponseMetadata"]["HTTPHeaders"]
                .get("x-settled-outcome"), "settled", "outcome")
    check_equal(server.wait(), 0, "exit status")


def rules_folder(kit, text):
    folder = kit.path("rules")
    folder.mkdir()
    (folder / "mine.json").write_text(text)
    return folder


def own_rules(operation="PutParameter", success="read.Parameter"):
    return json.dumps({"service": "ssm", "rules": [{
        "operation": operation, "resource": "request.Name",
        "confirm": [{"name": "there", "read": "GetParameter",
                     "input": {"Name": "request.Name"},
                     "success": success}]}]}, indent=2)


def test_serve_reloads_rules(kit):
    folder = rules_folder(kit, own_rules())
    log = kit.path("reload.jsonl")
    server = kit.start_settled(kit.plain(), "--rules", folder, "--log", log)

    def count(kind):
        return log.read_text().count(f'"{kind}"')
    before = count("rules-loaded")
    server.signal(signal.SIGHUP)
    eventually(lambda: count("rules-loaded") > before, "rules to be loaded")
    (folder / "mine.json").write_text(own_rules(success="read.("))
    server.signal(signal.SIGHUP)
    eventually(lambda: "mine.json:" in server.errors(), "the error")
    check(server.alive(), "settled ended by a bad rule file")
    answer = kit.client("ssm", server).put_parameter(
        Name=f"/command/{kit.number()}", Value="x", Type="String")
    check_equal(answer["ResponseMetadata"]["HTTPHeaders"]
                .get("x-settled-outcome"), "settled", "by the old rules")
    check_equal(server.end(), 0, "exit status")


def test_serve_with_bad_rules(kit):
    folder = rules_folder(kit, own_rules(operation="PutParametre"))
    done = kit.run_settled("serve", "--upstream", kit.plain().url, "--rules",
                           folder, environment=OWN)
    check(done.returncode in (1, 2), f"status {done.returncode}")
    check("mine.json:" in done.stderr, done.stderr)


# ---- lag ----

def test_lag_is_for_loopback(kit):
    for url in ("http://192.0.2.1:80", "https://ssm.eu-west-1.amazonaws.com"):
        done = kit.run_settled("lag", "--upstream", url)
        check(done.returncode in (1, 2), f"{url}: {done.returncode}")
        check("loopback" in done.stderr, done.stderr)


def test_lag_makes_stale(kit):
    """And through settled nothing is: the two ends of the program."""
    lag = kit.start(Process, [
        kit.settled, "lag", "--upstream", kit.plain().url, "--lag",
        "fixed:3s"], "lag").wait_for_address()
    name = f"/command/{kit.number()}"
    direct = kit.client("ssm", lag)
    direct.put_parameter(Name=name, Value="one", Type="String")
    try:
        direct.get_parameter(Name=name)
        check(False, "the read should have been stale")
    except direct.exceptions.ParameterNotFound:
        pass
    eventually(lambda: try_get(direct, name) == "one", "the change to arrive")
    through = kit.client("ssm", kit.start_settled(lag))
    through.put_parameter(Name=name, Value="two", Type="String",
                          Overwrite=True)
    check_equal(try_get(through, name), "two", "value")
    through.delete_parameter(Name=name)
    check_equal(try_get(through, name), None, "value after deletion")
    check_equal(lag.end(), 0, "exit status")


def try_get(client, name):
    try:
        return client.get_parameter(Name=name)["Parameter"]["Value"]
    except client.exceptions.ParameterNotFound:
        return None


def test_lag_of_each_kind(kit):
    for kind in ("fixed:10ms", "uniform:5ms,20ms", "lognormal:10ms,1.0",
                 "exponential:10ms"):
        lag = kit.start(Process, [
            kit.settled, "lag", "--upstream", kit.plain().url, "--lag", kind,
            "--flap", "0.5", "--seed", "7"], "lag").wait_for_address()
        name = f"/command/{kit.number()}"
        client = kit.client("ssm", lag)
        client.put_parameter(Name=name, Value="x", Type="String")
        eventually(lambda: try_get(client, name) == "x", kind)
        check_equal(lag.end(), 0, "exit status")
    for kind in ("sometimes", "fixed:", "fixed:-1s", "uniform:1s",
                 "uniform:2s,1s", "lognormal:1s,x"):
        done = kit.run_settled("lag", "--upstream", kit.plain().url, "--lag",
                               kind)
        check(done.returncode in (1, 2), f"{kind}: {done.returncode}")


# ---- check, explain, policy ----

def test_check(kit):
    done = kit.run_settled("check")
    check_equal(done.returncode, 0, done.stderr)
    check(done.stdout.count("good") >= 3, done.stdout)
    good = rules_folder(kit, own_rules())
    done = kit.run_settled("check", good)
    check_equal(done.returncode, 0, done.stderr)


def test_check_points_at_the_error(kit):
    text = own_rules(success="read.Parameter.Version = response.Version")
    folder = rules_folder(kit, text)
    done = kit.run_settled("check", folder / "mine.json")
    check_equal(done.returncode, 1, "status")
    place = re.search(r"mine\.json:(\d+):(\d+):", done.stderr)
    check(place, done.stderr)
    row, column = int(place.group(1)), int(place.group(2))
    line = text.splitlines()[row - 1]
    check_equal(line[column - 1], "=", f"the character at {row}:{column}")
    shown = done.stderr.splitlines()
    caret = next(i for i, one in enumerate(shown) if "^" in one)
    check_equal(shown[caret - 1][shown[caret].index("^")], "=",
                "above the caret")


def test_check_tells_all_errors(kit):
    folder = kit.path("wrong")
    folder.mkdir()
    (folder / "a.json").write_text(own_rules(operation="PutParametre"))
    (folder / "b.json").write_text(own_rules(success="f(read)"))
    (folder / "c.json").write_text("{")
    (folder / "d.json").write_text(own_rules().replace('"Name"', '"Nmae"')
                                   .replace('"read":', '"reed":'))
    done = kit.run_settled("check", folder)
    check_equal(done.returncode, 1, "status")
    for name in "abcd":
        check(re.search(rf"{name}\.json:\d+:\d+:", done.stderr),
              f"{name}.json is not told: {done.stderr}")
    done = kit.run_settled("check", "/no/such/file.json")
    check_equal(done.returncode, 1, "status without a file")


def test_explain(kit):
    done = kit.run_settled("explain")
    check_equal(done.returncode, 0, done.stderr)
    for word in ("PutParameter", "CreateSecret", "TagResources"):
        check(word in done.stdout, f"no {word}")
    done = kit.run_settled("explain", "ssm", "PutParameter")
    check_equal(done.returncode, 0, done.stderr)
    check("GetParameter" in done.stdout, done.stdout)
    check_equal(kit.run_settled("explain", "s3", "PutObject").returncode, 1,
                "without a rule")


def actions(done):
    check_equal(done.returncode, 0, done.stderr)
    policy = json.loads(done.stdout)
    check_equal(policy["Version"], "2012-10-17", "version")
    found = set()
    for statement in policy["Statement"]:
        check_equal(statement["Effect"], "Allow", "effect")
        listed = statement["Action"]
        found.update([listed] if isinstance(listed, str) else listed)
    return found


def test_policy(kit):
    found = actions(kit.run_settled("policy"))
    check({"ssm:GetParameter", "secretsmanager:DescribeSecret"} <= found,
          found)
    for action in found:
        check(re.match(r"[a-z0-9-]+:(Get|List|Describe|Search)", action)
              or action == "kms:Decrypt", f"{action} is no read")
    only = actions(kit.run_settled("policy", "ssm:DeleteParameter"))
    check("ssm:GetParameter" in only and len(only) < len(found), only)
    check(all(a.startswith("secretsmanager:") for a in
              actions(kit.run_settled("policy", "secretsmanager"))),
          "for one service")
