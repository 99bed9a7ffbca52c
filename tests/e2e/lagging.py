# SPDX-License-Identifier: Apache-2.0
"""`settled lag` in front of moto: what lags, for how long, and what does not.

Lags are long (a minute) where a test wants them open, and end by
POST /_settled/lag/clear; no test waits for one to pass unless it is about
passing.
"""

import http.client
import json
import time

from harness import (PATIENCE_SECONDS, Process, check, check_equal, eventually,
                     in_parallel)

OPEN = "fixed:60s"


class Lag(Process):
    """`settled lag`; asks its own paths."""

    def ask(self, method, path, **headers):
        host = self.url.split("//")[1]
        connection = http.client.HTTPConnection(host, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def counters(self):
        return self.ask("GET", "/_settled/lag")[1]

    def open(self):
        return self.ask("GET", "/_settled/lag/open")[1]

    def clear(self):
        status, body = self.ask("POST", "/_settled/lag/clear")
        check_equal(status, 200, "status of clear")
        return body["cleared"]


def start(kit, *options, upstream=None):
    command = [kit.settled, "lag", "--upstream",
               (upstream or kit.plain()).url, *options]
    return kit.start(Lag, command, "lag").wait_for_address()


def long_lag(kit):
    """Each test has its own: clear ends all lags, those of others too."""
    return start(kit, "--lag", OPEN)


def name(kit, text="a"):
    return f"/lagging/{kit.number()}/{text}"


def put(ssm, key, value, **more):
    return ssm.put_parameter(Name=key, Value=value, Type="String",
                             Overwrite=True, **more)


def get(ssm, key):
    try:
        return ssm.get_parameter(Name=key)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return None


def lag_and_ssm(kit, *options):
    lag = start(kit, *options)
    return lag, kit.client("ssm", lag)


def log_of(kit, *options):
    """A lag with a log; the lag, its client, and how to read the log."""
    path = kit.path("lag.jsonl")
    lag, ssm = lag_and_ssm(kit, "--log", path, *options)

    def read():
        return [json.loads(line) for line in path.read_text().splitlines()]
    return lag, ssm, read


def schedule(kit, text):
    path = kit.path("schedule.json")
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return path


# ---- what lags ----

def test_every_read_of_a_parameter_shows_the_state_before(kit):
    # Only so many pages are looked at before a change: not among the
    # parameters of all other tests.
    lag = start(kit, "--lag", OPEN, upstream=kit.start_moto())
    ssm = kit.client("ssm", lag)
    key = name(kit)
    path = key.rsplit("/", 1)[0]
    put(ssm, key, "one")
    check_equal(get(ssm, key), None, "GetParameter")
    got = ssm.get_parameters(Names=[key], WithDecryption=True)
    check_equal((got["Parameters"], got["InvalidParameters"]), ([], [key]),
                "GetParameters")
    for more in ({}, {"Recursive": True}, {"MaxResults": 5},
                 {"WithDecryption": True}):
        got = ssm.get_parameters_by_path(Path=path, **more)["Parameters"]
        check_equal(got, [], f"GetParametersByPath {more}")
    got = ssm.describe_parameters(
        ParameterFilters=[{"Key": "Name", "Values": [key]}])["Parameters"]
    check_equal(got, [], "DescribeParameters")
    pages = ssm.get_paginator("describe_parameters").paginate()
    names = [p["Name"] for page in pages for p in page["Parameters"]]
    check(key not in names, "all DescribeParameters")
    try:
        ssm.get_parameter_history(Name=key)
        check(False, "GetParameterHistory saw it")
    except ssm.exceptions.ParameterNotFound:
        pass


def test_a_secure_string_is_stale_decrypted_or_not(kit):
    lag = long_lag(kit)
    ssm = kit.client("ssm", lag)
    key = name(kit)
    ssm.put_parameter(Name=key, Value="one", Type="SecureString")
    lag.clear()
    plain = ssm.get_parameter(Name=key)["Parameter"]["Value"]
    ssm.put_parameter(Name=key, Value="two", Type="SecureString",
                      Overwrite=True)
    check_equal(get(ssm, key), plain, "as it is stored")
    got = ssm.get_parameter(Name=key, WithDecryption=True)["Parameter"]
    check_equal((got["Value"], got["Version"]), ("one", 1), "decrypted")


def test_a_batch_shows_each_thing_by_itself(kit):
    lag = long_lag(kit)
    ssm = kit.client("ssm", lag)
    old, new = name(kit, "old"), name(kit, "new")
    put(ssm, old, "one")
    put(ssm, new, "one")
    lag.clear()
    put(ssm, old, "two")
    got = ssm.get_parameters(Names=[new, old, "/no/such"])
    check_equal({p["Name"]: p["Value"] for p in got["Parameters"]},
                {old: "one", new: "one"}, "overwritten")
    check_equal(got["InvalidParameters"], ["/no/such"], "names without one")
    ssm.delete_parameter(Name=new)
    got = ssm.get_parameters(Names=[new, old])
    check_equal({p["Name"]: p["Value"] for p in got["Parameters"]},
                {old: "one", new: "one"}, "deleted")
    ssm.delete_parameters(Names=[old])
    check_equal(get(ssm, old), "one", "deleted in a batch")


def test_every_read_of_a_secret_shows_the_state_before(kit):
    lag = long_lag(kit)
    secrets = kit.client("secretsmanager", lag)
    key = f"lagging-{kit.number()}"
    made = secrets.create_secret(Name=key, SecretString="one")
    for word in (key, made["ARN"]):
        for read in (secrets.describe_secret, secrets.get_secret_value):
            try:
                read(SecretId=word)
                check(False, f"{read} saw {word}")
            except secrets.exceptions.ResourceNotFoundException:
                pass
    check(lag.clear() > 0, "nothing was open")
    for word in (key, made["ARN"]):
        got = secrets.get_secret_value(SecretId=word)
        check_equal(got["SecretString"], "one", "after clear")
    secrets.put_secret_value(SecretId=key, SecretString="two")
    for word in (key, made["ARN"]):
        got = secrets.get_secret_value(SecretId=word)
        check_equal((got["SecretString"], got["VersionId"]),
                    ("one", made["VersionId"]), f"by {word}")
        got = secrets.get_secret_value(SecretId=word,
                                       VersionStage="AWSCURRENT")
        check_equal(got["SecretString"], "one", "AWSCURRENT")
        got = secrets.describe_secret(SecretId=word)["VersionIdsToStages"]
        check_equal(list(got), [made["VersionId"]], "stages")
    got = secrets.batch_get_secret_value(SecretIdList=[key])["SecretValues"]
    check_equal([s["SecretString"] for s in got], ["one"], "in a batch")


def test_a_list_that_a_client_uses_lags(kit):
    lag = long_lag(kit)
    ssm = kit.client("ssm", lag)
    key = name(kit)
    path = key.rsplit("/", 1)[0]
    filters = [{"Key": "Name", "Option": "BeginsWith", "Values": [path]}]

    def listed():
        got = ssm.describe_parameters(ParameterFilters=filters)["Parameters"]
        return [p["Name"] for p in got]
    check_equal(listed(), [], "before")
    put(ssm, key, "one")
    check_equal(listed(), [], "after")
    lag.clear()
    check_equal(listed(), [key], "after clear")


def test_another_path_does_not_lag(kit):
    lag = long_lag(kit)
    ssm = kit.client("ssm", lag)
    mine, other = name(kit), name(kit)
    path = other.rsplit("/", 1)[0]
    put(ssm, other, "one")
    lag.clear()
    ssm.get_parameters_by_path(Path=path)
    put(ssm, mine, "one")
    eventually(lambda: not [w for w in lag.open()
                            if w["input"].get("Path") == path],
               "the other list to be found unchanged", 30)
    check_equal(get(ssm, other), "one", "the other parameter")


def test_tags_of_the_tagging_api_lag(kit):
    lag = long_lag(kit)
    secrets = kit.client("secretsmanager", lag)
    arn = secrets.create_secret(Name=f"lagging-{kit.number()}",
                                SecretString="one")["ARN"]
    lag.clear()
    secrets.tag_resource(SecretId=arn, Tags=[{"Key": "k", "Value": "v"}])
    got = secrets.describe_secret(SecretId=arn)
    check_equal(got.get("Tags", []), [], "tags")
    lag.clear()
    got = secrets.describe_secret(SecretId=arn)
    check_equal(got["Tags"], [{"Key": "k", "Value": "v"}], "after clear")


# ---- how long ----

def test_each_clock_has_its_own_lag(kit):
    lag, ssm = lag_and_ssm(kit, "--lag", "fixed:0ms", "--tag-lag",
                           "fixed:2s", "--listed-lag", OPEN)
    key = name(kit)
    put(ssm, key, "one")
    check_equal(get(ssm, key), "one", "a direct read")
    began = time.monotonic()
    ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=key,
                             Tags=[{"Key": "k", "Value": "v"}])

    def tags():
        return ssm.list_tags_for_resource(ResourceType="Parameter",
                                          ResourceId=key)["TagList"]
    check_equal(tags(), [], "tags at once")
    eventually(tags, "tags", 30)
    check(time.monotonic() - began >= 2, "the tags came too early")
    filters = [{"Key": "Name", "Values": [key]}]
    got = ssm.describe_parameters(ParameterFilters=filters)["Parameters"]
    check_equal(got, [], "a list")
    lag.clear()
    got = ssm.describe_parameters(ParameterFilters=filters)["Parameters"]
    check_equal(len(got), 1, "a list after clear")


def test_lists_come_later_than_direct_reads(kit):
    lag, ssm, log = log_of(kit, "--lag", "uniform:20s,60s", "--seed", "9")
    for _ in range(5):
        put(ssm, name(kit), "one")
    by_write = {}
    for event in log():
        if event["event"] == "lag-mutation":
            by_write.setdefault(event["write"], {})[event["detail"]] = \
                event["until_ms"]
    check_equal(len(by_write), 5, "changes in the log")
    for clocks in by_write.values():
        check(clocks["listed"] > clocks["direct"], clocks)


def test_what_is_stale_ends_by_itself(kit):
    lag, ssm = lag_and_ssm(kit, "--lag", "fixed:2s")
    key = name(kit)
    put(ssm, key, "one")
    check_equal(get(ssm, key), None, "at once")
    check(all(0 < window["until_ms"] <= 2000 for window in lag.open()
              if window["clock"] == "direct"), lag.open())
    eventually(lambda: get(ssm, key), "the value", 30)


def test_a_change_in_flight_is_not_seen(kit):
    """Readers beside the writer never see a state come back."""
    lag, ssm = lag_and_ssm(kit, "--lag", "uniform:0ms,80ms", "--seed", "4")
    key = name(kit)
    done = []
    seen = [[], []]

    def write():
        for i in range(6):
            put(ssm, key, str(i))
            if i % 2:  # else a reader that is slow might see the last only
                eventually(lambda i=i: all(i in each for each in seen),
                           f"state {i}")
        done.append(True)

    def read(mine):
        while not done:
            mine.append(int(get(ssm, key) or -1))
    in_parallel(write, *[lambda mine=mine: read(mine) for mine in seen])
    for mine in seen:
        check_equal(mine, sorted(mine), "states came back")


def test_old_states_do_not_come_back(kit):
    lag, ssm = lag_and_ssm(kit, "--lag", "exponential:150ms", "--seed", "3")
    key = name(kit)
    want = [None, "one", None, "two", "three"]
    steps = {0: lambda: put(ssm, key, "one"),
             2: lambda: ssm.delete_parameter(Name=key),
             4: lambda: put(ssm, key, "two"),
             6: lambda: put(ssm, key, "three")}
    seen = []
    end = time.monotonic() + PATIENCE_SECONDS
    step = 0
    while time.monotonic() < end:
        steps.get(step, lambda: None)()
        seen.append(get(ssm, key))
        step += 1
        if step > 6 and seen[-1] == "three":
            break
        time.sleep(0.01)
    at = 0
    for value in seen:
        while at < len(want) and want[at] != value:
            at += 1
        check(at < len(want), f"seen: {seen}")
    check_equal(seen[-1], "three", "the last state")


def runs_of(kit, seed, busy):
    """What reads of two changes see: s(tale) or f(resh)."""
    lag, ssm, log = log_of(kit, "--lag", OPEN, "--flap", "0.5", "--seed",
                           seed)
    if busy:
        put(ssm, "/lagging/seed/busy", "one")
        get(ssm, "/lagging/seed/busy")
    put(ssm, "/lagging/seed/a", "one")
    for _ in range(24):
        get(ssm, "/lagging/seed/a")
    lag.end()
    return "".join(e["event"][4] for e in log()
                   if e["event"] in ("lag-stale-read", "lag-fresh-read")
                   and e["resource"] == "/lagging/seed/a")


def test_the_same_seed_gives_the_same_run(kit):
    first, busy, other = in_parallel(lambda: runs_of(kit, 5, False),
                                     lambda: runs_of(kit, 5, True),
                                     lambda: runs_of(kit, 6, False))
    check_equal(len(first), 24, "reads under the lag")
    check("s" in first and "f" in first, first)
    check_equal(busy, first, "the same seed")
    check(other != first, "another seed gives the same run")


def test_flapping_sees_both_states(kit):
    lag, ssm = lag_and_ssm(kit, "--lag", OPEN, "--flap", "0.5")
    key = name(kit)
    put(ssm, key, "one")
    seen = {get(ssm, key) for _ in range(40)}
    check_equal(seen, {None, "one"}, "seen")
    row = next(r for r in lag.counters()["operations"]
               if r["operation"] == "GetParameter")
    check_equal(row["stale_reads"] + row["fresh_reads"], 40, "counted")


# ---- the schedule ----

def test_a_schedule_singles_out_calls(kit):
    rows = [
        {"service": "ssm", "operation": "PutParameter",
         "resource": "/lagging/*/second", "nth": 2, "lag": OPEN},
        {"service": "ssm", "resource": "/lagging/*/once", "times": 1,
         "lag": OPEN},
        {"operation": "DeleteParameter", "lag": OPEN},
    ]
    lag, ssm = lag_and_ssm(kit, "--lag", "fixed:0ms", "--schedule",
                           schedule(kit, rows))
    second, once = name(kit, "second"), name(kit, "once")
    put(ssm, second, "one")
    check_equal(get(ssm, second), "one", "the first call")
    put(ssm, second, "two")
    check_equal(get(ssm, second), "one", "the second call")
    put(ssm, once, "one")
    check_equal(get(ssm, once), None, "once")
    lag.clear()
    put(ssm, once, "two")
    check_equal(get(ssm, once), "two", "and no more")
    ssm.delete_parameter(Name=once)
    check_equal(get(ssm, once), "two", "a delete")


def test_a_bad_schedule_is_told_with_its_place(kit):
    cases = (
        ('[\n  {"servce": "ssm", "lag": "fixed:1s"}\n]', ":2:4: error:",
         "did you mean `service`?"),
        ('[{"service": "ssm", "operation": "PutParametr",\n'
         '  "lag": "fixed:1s"}]', ":1:34: error:",
         "did you mean `PutParameter`?"),
        ('[{"lag": "fixed"}]', ":1:10: error:", "fixed:300ms"),
        ('[{"service": "ssm"}]', ":1:2: error:", "a row needs `lag`"),
        ('[{"flap": 2}]', ":1:11: error:", "chance from 0 to 1"),
        ('[{"lag": "fixed:1s", "nth": 0}]', ":1:29: error:", "from 1 on"),
        ('{"lag": "fixed:1s"}', ":1:1: error:", "list of rows"),
        ('[{"lag": ]', ":1:10: error:", "^"),
    )
    for text, place, words in cases:
        done = kit.run_settled("lag", "--upstream", "http://127.0.0.1:1",
                               "--schedule", schedule(kit, text))
        check_equal(done.returncode, 2, f"status of {text}")
        check(place in done.stderr and words in done.stderr
              and "^" in done.stderr, f"{text}: {done.stderr}")


# ---- its own paths ----

def test_counters_tell_what_happened(kit):
    lag, ssm = lag_and_ssm(kit, "--lag", OPEN)
    key = name(kit)
    check_equal(lag.counters()["mutations"], 0, "at first")
    put(ssm, key, "one")
    get(ssm, key)
    get(ssm, key)
    got = lag.counters()
    check_equal((got["mutations"], got["stale_reads"], got["fresh_reads"],
                 got["lagged_reads"]), (1, 2, 0, 2), "totals")
    check(got["open"] > 0, got)
    rows = {r["operation"]: r for r in got["operations"]}
    check_equal(rows["PutParameter"]["mutations"], 1, "of PutParameter")
    check_equal((rows["GetParameter"]["service"],
                 rows["GetParameter"]["stale_reads"]), ("ssm", 2),
                "of GetParameter")


def test_open_lists_what_is_stale(kit):
    lag, ssm = lag_and_ssm(kit, "--lag", OPEN)
    key = name(kit)
    put(ssm, key, "one")
    mine = [w for w in lag.open() if w["operation"] == "GetParameter"
            and w["input"] == {"Name": key}]
    check_equal(len(mine), 1, "windows of the read")
    check_equal((mine[0]["resource"], mine[0]["clock"], mine[0]["write"]),
                (key, "direct", 1), "the window")
    check(30000 < mine[0]["until_ms"] <= 60000, mine)
    check(lag.clear() > 0, "nothing cleared")
    check_equal(lag.open(), [], "open after clear")
    check_equal(get(ssm, key), "one", "read after clear")


def test_our_paths_are_ours_alone(kit):
    lag = long_lag(kit)
    check_equal(lag.ask("GET", "/_settled/lag/clear")[0], 405, "GET of clear")
    check_equal(lag.ask("POST", "/_settled/lag")[0], 405, "POST of counters")
    check_equal(lag.ask("GET", "/_settled/other")[0], 404, "another path")
    for headers in ({"Origin": "http://evil.example"},
                    {"Sec-Fetch-Site": "same-origin"},
                    {"Host": "evil.example"}):
        status, _ = lag.ask("POST", "/_settled/lag/clear", **headers)
        check_equal(status, 403, f"with {headers}")


# ---- what is told ----

def test_the_log_says_of_each_read_what_it_saw(kit):
    lag, ssm, log = log_of(kit, "--lag", OPEN, "--flap", "0.5")
    key = name(kit)
    answer = put(ssm, key, "one")
    saw = ["lag-stale-read" if get(ssm, key) is None else "lag-fresh-read"
           for _ in range(12)]
    events = log()
    changes = [e for e in events if e["event"] == "lag-mutation"]
    check_equal({(e["detail"], e["confirmation"]) for e in changes},
                {("direct", "value"), ("listed", "index")}, "clocks")
    wanted = answer["ResponseMetadata"].get("RequestId")
    for e in changes:
        check_equal((e["service"], e["operation"], e["resource"],
                     e["request_id"], e["write"]),
                    ("ssm", "PutParameter", key, wanted, "1"), "the change")
        check_equal(e["until_ms"], 60000 if e["detail"] == "direct"
                    else 120000, "its lag")
    reads = [e for e in events if e["event"].endswith("-read")]
    check_equal([e["event"] for e in reads], saw, "reads")
    for e in reads:
        check_equal((e["operation"], e["resource"], e["write"]),
                    ("GetParameter", key, "1"), "a read")
        check(0 < e["until_ms"] <= 60000, e)


def test_other_machines_are_refused(kit):
    for options in (("--upstream", "http://198.51.100.7:5000"),
                    ("--upstream", "https://ssm.eu-west-1.amazonaws.com"),
                    ("--upstream", "http://127.0.0.1:1", "--listen",
                     "0.0.0.0:0")):
        done = kit.run_settled("lag", *options)
        check_equal(done.returncode, 2, f"status with {options}")
        check("loopback" in done.stderr, done.stderr)


def test_bad_lags_are_refused_with_examples(kit):
    for option in ("--lag", "--tag-lag", "--listed-lag"):
        done = kit.run_settled("lag", "--upstream", "http://127.0.0.1:1",
                               option, "bimodal:1s,2s,1.5")
        check_equal(done.returncode, 2, f"status of {option}")
        check(f"{option} bimodal:1s,2s,1.5: wants fixed:300ms" in done.stderr,
              done.stderr)


def test_settled_waits_until_the_lag_has_passed(kit):
    """The two together: through settled, no read is stale."""
    lag = start(kit, "--lag", "fixed:400ms", "--listed-lag", "fixed:0ms")
    settled = kit.start_settled(lag)
    ssm = kit.client("ssm", settled)
    key = name(kit)
    put(ssm, key, "one")
    check_equal(get(ssm, key), "one", "through settled")
