# SPDX-License-Identifier: Apache-2.0
"""Races: seen by --observe, told by `report`, shown live; and regrets."""

import json
import re
import urllib.error
import urllib.request

from harness import (KEY, PATIENCE_SECONDS, SECRET, check, check_equal,
                     eventually)
from taping import script

OWN = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}

# Waits as it is told between its writes and its reads; and, as a change that is
# overtaken never shows, until the log says that those before have settled.
WRITER = """
    import boto3, pathlib, sys, time
    ssm, secrets = boto3.client("ssm"), boto3.client("secretsmanager")
    prefix, wait, log = sys.argv[1], float(sys.argv[2]), sys.argv[3]

    def settled(count):
        text = pathlib.Path(log)
        while text.read_text().count('"settle-finished"') < count:
            time.sleep(0.1)

    def read(call, **words):
        time.sleep(wait)
        try:
            call(**words)
        except (ssm.exceptions.ParameterNotFound,
                secrets.exceptions.ResourceNotFoundException):
            pass

    ssm.put_parameter(Name=f"{prefix}/a", Value="one", Type="String",
                      Tags=[{"Key": "k", "Value": "v"}])
    read(ssm.get_parameter, Name=f"{prefix}/a", WithDecryption=True)
    settled(1)
    ssm.put_parameter(Name=f"{prefix}/a", Value="two", Type="String",
                      Overwrite=True)
    read(ssm.get_parameters, Names=[f"{prefix}/a"])
    secrets.create_secret(Name=f"{prefix[1:]}/s", SecretString="hush")
    read(secrets.get_secret_value, SecretId=f"{prefix[1:]}/s")
    settled(3)
    ssm.delete_parameter(Name=f"{prefix}/a")
    read(ssm.get_parameter, Name=f"{prefix}/a")
    ssm.describe_parameters()
"""


# Long enough for a read to come within it on any machine.
LAG_MS = 2000
LAG = f"fixed:{LAG_MS}ms"


def lagging(kit, lag, *options):
    """moto, and `settled lag` in front of it."""
    front = kit.start(type(kit.plain()), [
        kit.settled, "lag", "--upstream", kit.plain().url, "--lag", lag,
        "--listed-lag", "fixed:0ms", *options], "lag")
    return front.wait_for_address()


def observe(kit, upstream, wait, *options):
    log = kit.path("observed.jsonl")
    prefix = f"/racing/{kit.number()}"
    done = kit.run_settled(
        "exec", "--observe", "--upstream", upstream.url, "--log", log, *options,
        "--", kit.python, script(kit, WRITER), prefix, wait, log,
        environment=OWN)
    check_equal(done.returncode, 0, done.stderr)
    return log, done.stderr


def report(kit, *words):
    done = kit.run_settled("report", *words)
    check_equal(done.returncode, 0, done.stderr)
    return done.stdout


def data_of(kit, *logs):
    return json.loads(report(kit, "--json", *logs))


def test_every_race_is_found(kit):
    log, told = observe(kit, lagging(kit, LAG), 0.05)
    data = data_of(kit, log)
    found = sorted((race["operation"], race["read_operation"], race["verdict"])
                   for race in data["races"])
    check_equal(found, [
        ("CreateSecret", "GetSecretValue", "stale"),
        ("DeleteParameter", "GetParameter", "stale"),
        ("PutParameter", "GetParameter", "stale"),
        ("PutParameter", "GetParameters", "stale")], "races")
    for race in data["races"]:
        check(50 <= race["gap_ms"] < LAG_MS, race)
        check(LAG_MS / 2 <= race.get("needed_ms", 0), race)
    check_equal(data["totals"]["outcomes"], {"settled": 4}, "outcomes")
    check("4 races" in told and "GetSecretValue" in told, told)
    check("came" in report(kit, log), "the text tells no race")
    check("hush" not in log.read_text(), "a secret is in the log")


def test_nothing_is_held(kit):
    log, _ = observe(kit, lagging(kit, LAG), 0)
    events = [json.loads(line) for line in log.read_text().splitlines()]
    places = {(event["event"], event["id"]): place
              for place, event in enumerate(events)
              if event.get("operation") == "PutParameter"}
    given = [call for kind, call in places if kind == "answer-given"]
    check_equal(len(given), 2, "answers")
    for call in given:
        check(places["answer-given", call] < places["settle-finished", call],
              "an answer was held")


def test_a_script_that_waits_has_none(kit):
    for lag, wait in (("fixed:300ms", 1.2), ("fixed:0ms", 0)):
        log, told = observe(kit, lagging(kit, lag), wait)
        check_equal(data_of(kit, log)["races"], [], f"races at {lag}")
        check("race" not in told, told)


def test_races_fail_a_pipeline_that_asks_for_it(kit):
    log, _ = observe(kit, lagging(kit, LAG), 0.05)
    done = kit.run_settled("report", "--fail-on", "races", log)
    check_equal(done.returncode, 1, "status with races")
    done = kit.run_settled("report", "--fail-on", "regrets,unsettled", log)
    check_equal(done.returncode, 0, done.stderr)


def test_a_report_as_page_and_history(kit):
    log, _ = observe(kit, lagging(kit, LAG), 0.05)
    page, history = kit.path("report.html"), kit.path("history.jsonl")
    report(kit, "--html", page, "--history", history, log)
    text = page.read_text()
    check(text.lstrip().lower().startswith("<!doctype html>"), text[:80])
    check("GetSecretValue" in text, "the page has no data")
    check(not re.search(r"(src|href)=[\"']?https?:", text), "the page loads")
    operations = [json.loads(line) for line in history.read_text().splitlines()]
    check({"process", "key", "op", "invoke", "complete"} <=
          set(operations[0]), operations[0])
    check({"write", "read", "delete"} <= {one["op"] for one in operations},
          operations)


def test_overshoot_is_measured_against_the_lag_log(kit):
    truth = kit.path("lag.jsonl")
    upstream = lagging(kit, "fixed:2s", "--log", truth)
    log = kit.path("held.jsonl")
    prefix = f"/racing/{kit.number()}"
    done = kit.run_settled(
        "exec", "--upstream", upstream.url, "--log", log, "--", kit.python,
        script(kit, WRITER), prefix, 0, log, environment=OWN)
    check_equal(done.returncode, 0, done.stderr)
    data = data_of(kit, log, truth)
    check_equal(data["races"], [], "races behind a hold")
    put = next(row for row in data["operations"]
               if row["operation"] == "PutParameter")
    # What else a call was held for is the lag, but for the answer's way.
    check(0 <= put["overshoot_ms"]["median"]
          < put["held_ms"]["median"] - 1000, put)
    check(put["settle_ms"]["median"] >= 1000, put)
    violations = [data["guarantees"][name]["violations"] for name in
                  ("read_your_writes", "monotonic_reads", "monotonic_writes",
                   "writes_follow_reads")]
    check_equal(violations, [0, 0, 0, 0], "violations")


# ---- regrets ----

HASTY = {
    "service": "ssm",
    "rules": [{
        "operation": "PutParameter",
        "resource": "request.Name",
        "confirm": [{
            "name": "value",
            "read": "GetParameter",
            "input": {"Name": "request.Name"},
            "success": "read.Parameter.Version == response.Version",
            "superseded": "read.Parameter.Version > response.Version",
            "retry": ["ParameterNotFound"],
            "consecutive": 1, "settle_for": "0s", "IntervalSeconds": 0.05,
        }],
    }],
}


def hasty(kit, flap, log):
    """settled with a rule that is content with a single good read."""
    folder = kit.path("hasty")
    folder.mkdir()
    (folder / "ssm.json").write_text(json.dumps(HASTY))
    upstream = lagging(kit, "fixed:3s", "--flap", str(flap))
    return kit.start_settled(upstream, "--no-builtin-rules", "--rules", folder,
                             "--log", log)


def regrets_in(log):
    return [event for event in map(json.loads, log.read_text().splitlines())
            if event["event"] == "regret"]


def test_a_stale_read_after_settled_is_a_regret(kit):
    log = kit.path("hasty.jsonl")
    ssm = kit.client("ssm", hasty(kit, 0.5, log))
    stale = 0
    for number in range(4):
        name = f"/racing/{kit.number()}"
        ssm.put_parameter(Name=name, Value="one", Type="String")
        for _ in range(6):
            try:
                ssm.get_parameter(Name=name)
            except ssm.exceptions.ParameterNotFound:
                stale += 1
    check(stale > 0, "no read was stale")
    eventually(lambda: regrets_in(log), "a regret")


def test_a_later_write_is_no_regret(kit):
    log = kit.path("hasty.jsonl")
    served = hasty(kit, 1, log)  # nothing is stale
    ssm, beside = kit.client("ssm", served), kit.client("ssm", kit.plain())
    name = f"/racing/{kit.number()}"
    ssm.put_parameter(Name=name, Value="one", Type="String")
    beside.delete_parameter(Name=name)
    try:
        ssm.get_parameter(Name=name)
    except ssm.exceptions.ParameterNotFound:
        pass
    changed = lambda: "changed-since" in log.read_text()
    eventually(changed, "the suspicion to be cleared")
    check_equal(regrets_in(log), [], "regrets")


# ---- live ----

def fetch(url, **headers):
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request,
                                    timeout=PATIENCE_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_dashboard(kit):
    served = kit.start_settled(kit.fixed(), "--dashboard")
    url = eventually(lambda: re.search(r"dashboard at (\S+)\s",
                                       served.errors()),
                     "the dashboard's address").group(1)
    page, token = url.split("?")
    ssm = kit.client("ssm", served)
    name = f"/racing/{kit.number()}"
    ssm.put_parameter(Name=name, Value="hush hush", Type="SecureString")
    status, text = fetch(url)
    check_equal(status, 200, "the page")
    check("<!doctype html>" in text.lower(), text[:200])
    status, text = fetch(f"{page}events?{token}")
    data = json.loads(text)
    check_equal([one["resource"] for one in data["mutations"]], [name],
                "changes")
    check("hush hush" not in text, "a secret is shown")
    check_equal(fetch(f"{page}events?token=0")[0], 403, "a wrong token")
    check_equal(fetch(page)[0], 403, "no token")
    check_equal(fetch(url, Origin="https://example.com")[0], 403, "a browser")
    check_equal(fetch(url, Host="example.com")[0], 403, "another name")


def test_metrics(kit):
    served = kit.start_settled(kit.fixed(), "--metrics", "127.0.0.1:0")
    url = eventually(lambda: re.search(r"metrics at (\S+)\s",
                                       served.errors()),
                     "the metrics' address").group(1)
    ssm = kit.client("ssm", served)
    ssm.put_parameter(Name=f"/racing/{kit.number()}", Value="x", Type="String")
    status, text = fetch(url)
    check_equal(status, 200, "metrics")
    check('settled_mutations_total{service="ssm",operation="PutParameter",'
          'outcome="settled"} 1' in text, text)
    check_equal(fetch(url.replace("/metrics", "/healthz")), (200, "ok\n"),
                "health")
    check_equal(fetch(url.replace("/metrics", "/?token="))[0], 404, "the page")
