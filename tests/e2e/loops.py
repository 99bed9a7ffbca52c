# SPDX-License-Identifier: Apache-2.0
"""`--loops N`: several processes behind one port. Which of them a connection
ends at is the kernel's choice, so tests make new connections until the log
shows that another one was asked. Start at workers_asked().
"""

import concurrent.futures
import contextlib
import itertools
import json
import os
import re
import signal
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

from command import OWN
from harness import (PATIENCE_SECONDS, check, check_equal, eventually,
                     in_parallel)
from service import is_running, own_rules, rules_folder, serve_in_background
from wire import Ask, read_answer

PUT = "AmazonSSM.PutParameter"
LAG = 1.5
COUNT = 3
ATTEMPTS = 40


class Loops:
    """A service of three processes, and its log."""

    def __init__(self, kit, upstream, *options, **environment):
        self.log = kit.path("loops.jsonl")
        self.server = kit.start_settled(
            upstream, "--loops", str(COUNT), "--log", self.log, *options,
            **environment)

    def events(self, kind=None, having=""):
        found = []
        for line in self.log.read_text().splitlines():
            if having in line:
                event = json.loads(line)
                if kind in (None, event["event"]):
                    found.append(event)
        return found

    def workers_asked(self, having):
        """The processes that took a call with this text in its events."""
        return {event["id"].split("-")[-2]
                for event in self.events("call-received", having)}

    def ask_all(self, having, ask):
        """Calls ask(), a connection each, until each process was asked."""
        for count in range(1, ATTEMPTS + 1):
            ask()
            eventually(lambda: len(self.events("call-received", having))
                       >= count, "the call in the log")
            if len(self.workers_asked(having)) == COUNT:
                return
        check(False, "one process was never asked")


def emulator(kit):
    return kit.shared("emulator for loops", lambda: kit.start_emulator(LAG))


def loops(kit):
    return kit.shared("settled of three processes",
                      lambda: Loops(kit, emulator(kit), "--no-interim"))


def children(pid):
    """The processes that it has started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(entry.parent.name))
    return sorted(found)


def body(name, value="one"):
    return json.dumps({"Name": name, "Value": value, "Type": "String",
                       "Overwrite": True}).encode()


def put(server, name, value="one", **headers):
    return Ask(server, PUT, body(name, value), **headers).sign().send()


def begin(server, name, value="one", **headers):
    """Sends the call on a connection of its own, and does not wait."""
    ask = Ask(server, PUT, body(name, value), **headers).sign()
    connection = server.connect()
    connection.sendall(ask.head() + ask.body)
    return connection


def finish(connection):
    with connection:
        return read_answer(connection.makefile("rb"))


# ---- calls ----

def test_every_call_settles(kit):
    service = Loops(kit, emulator(kit))
    pid = service.server.pid
    workers = children(pid)
    check_equal(len(workers), COUNT, "processes")
    names = [f"/loops/all/{kit.number()}" for _ in range(40)]

    def change(name):
        # A client of its own is a connection of its own.
        answer = kit.client("ssm", service.server).put_parameter(
            Name=name, Value="one", Type="String")
        return answer["ResponseMetadata"]["HTTPHeaders"]
    headers = in_parallel(*[lambda name=name: change(name)
                            for name in names])
    check_equal({h["x-settled-outcome"] for h in headers}, {"settled"},
                "outcomes")
    ids = {h["x-settled-id"] for h in headers}
    check_equal(len(ids), len(names), "different ids")
    check_equal(service.server.end(), 0, "exit status")
    check_equal([w for w in workers if is_running(w)], [], "left behind")
    for kind in ("run-started", "run-finished"):
        check_equal(len(service.events(kind)), 1, kind)
    check_equal({e["run"] for e in service.events()},
                {ids.pop().rsplit("-", 2)[0]}, "runs")
    for kind in ("call-received", "call-sent", "settle-finished"):
        check_equal(len(service.events(kind)), len(names), kind)
    check(len(service.workers_asked("/loops/all/")) > 1,
          "all calls came to one process")


def test_a_retry_finds_its_call(kit):
    """The same invocation again and again, on new connections."""
    service, name = loops(kit), f"/loops/retry/{kit.number()}"
    headers = {"amz-sdk-invocation-id": str(uuid.uuid4())}
    waiting = []
    service.ask_all(f'"{name}"', lambda: waiting.append(
        begin(service.server, name, **headers)))
    answers = [finish(connection) for connection in waiting]
    check_equal({a.status for a in answers}, {200}, "status")
    check_equal(len({a.headers["x-settled-id"] for a in answers}), 1, "ids")
    check_equal({json.loads(a.body)["Version"] for a in answers}, {1},
                "versions")
    check_equal(emulator(kit).count("PutParameter", name), 1, "upstream")
    late = [put(service.server, name, **headers) for _ in range(6)]
    check_equal({a.headers["x-settled-id"] for a in late},
                {answers[0].headers["x-settled-id"]}, "late retries")
    check_equal(emulator(kit).count("PutParameter", name), 1, "upstream")
    wanted = len(answers) + len(late) - 1
    eventually(lambda: len(service.events("call-joined", f'"{name}"'))
               >= wanted, "the joins in the log")
    joined = service.events("call-joined", f'"{name}"')
    check_equal(len(joined), wanted, "joined")
    received = service.events("call-received", f'"{name}"')
    check({e["detail"] for e in joined if "-" in e["detail"]}
          < {e["id"] for e in received}, "whose retries they were")


def test_another_body_is_another_call(kit):
    """Though it has the same id, and is led to who has the first."""
    service, name = loops(kit), f"/loops/other/{kit.number()}"
    headers = {"amz-sdk-invocation-id": str(uuid.uuid4())}
    answers = [put(service.server, name, str(i), **headers) for i in range(3)]
    check_equal([json.loads(a.body)["Version"] for a in answers],
                [1, 2, 3], "versions")


def leave_until_all_are_asked(service, name):
    """The same call without an id, whose caller hangs up, again and again. The
    next one only when whoever has the call knows that: else it is another."""
    left = []

    def is_noticed():
        received = service.events("call-received", f'"{name}"')
        gone = [event for event in service.events("client-gone", f'"{name}"')
                if event["id"] == received[0]["id"]]
        return len(gone) == len(left)

    def leave():
        begin(service.server, name).close()
        left.append(name)
        eventually(is_noticed, "its leaving in the log")
    service.ask_all(f'"{name}"', leave)


def test_old_clients_find_their_call(kit):
    service, name = loops(kit), f"/loops/old/{kit.number()}"
    leave_until_all_are_asked(service, name)
    answer = put(service.server, name)
    check_equal(answer.status, 200, answer)
    check_equal(emulator(kit).count("PutParameter", name), 1, "upstream")


def test_equal_calls_are_as_many(kit):
    """None of their callers has left: merging them would lose a write."""
    service, name = loops(kit), f"/loops/equal/{kit.number()}"
    answers = in_parallel(*[lambda: put(service.server, name)] * 8)
    check_equal(sorted(json.loads(a.body)["Version"] for a in answers),
                list(range(1, 9)), "versions")


def test_what_undoes_a_change_is_no_retry(kit):
    """Old clients again: after another change of it, in whatever process. Four
    of them, as that one may be the first one's by chance."""
    service = loops(kit)

    def undo():
        name = f"/loops/undo/{kit.number()}"
        leave_until_all_are_asked(service, name)
        check_equal(put(service.server, name, "two").status, 200, "changed")
        check_equal(put(service.server, name, "one").status, 200, "undone")
        check_equal(emulator(kit).count("PutParameter", name), 3, "upstream")
    in_parallel(*[undo] * 4)


def test_learned_keys_open_every_door(kit):
    service = Loops(kit, kit.plain())
    sts = kit.client("sts", service.server)
    for _ in range(3):
        made = sts.assume_role(
            RoleArn="arn:aws:iam::123456789012:role/loops",
            RoleSessionName="loops")["Credentials"]
        for _ in range(ATTEMPTS):
            answer = kit.client(
                "ssm", service.server, made["AccessKeyId"],
                made["SecretAccessKey"], made["SessionToken"]).put_parameter(
                    Name="/loops/sts", Value="one", Type="String",
                    Overwrite=True)
            check_equal(answer["ResponseMetadata"]["HTTPStatusCode"], 200,
                        "status")
            if len(service.workers_asked(made["AccessKeyId"])) == COUNT:
                break
        check_equal(len(service.workers_asked(made["AccessKeyId"])), COUNT,
                    "processes asked")
        check(made["SecretAccessKey"] not in service.log.read_text(),
              "a secret is in the log")
    check_equal(service.server.end(), 0, "exit status")


# ---- processes ----

def test_one_that_dies_ends_all(kit):
    service = Loops(kit, emulator(kit), "--no-interim")
    pid, name = service.server.pid, f"/loops/dies/{kit.number()}"
    workers = children(pid)
    waiting = []
    service.ask_all(name, lambda: waiting.append(
        begin(service.server, f"{name}/{len(waiting)}")))
    os.kill(workers[1], signal.SIGKILL)
    # What the others hold is answered all the same.
    answers = []
    for connection in waiting:
        with contextlib.suppress(ConnectionResetError):
            answers.append(finish(connection))
    check(any(a and a.headers.get("x-settled-outcome") == "settled"
              for a in answers), f"no hold came to its end: {answers}")
    check_equal(service.server.wait(), 1, "exit status")
    check("was killed by signal 9" in service.server.errors(),
          service.server.errors())
    check_equal([w for w in workers if is_running(w)], [], "left behind")


def test_none_outlives_the_first(kit):
    server = Loops(kit, kit.plain()).server
    workers = children(server.pid)
    check_equal(len(workers), COUNT, "processes")
    server.kill()
    eventually(lambda: not any(is_running(w) for w in workers),
               "the others to end")


def test_lets_holds_finish(kit):
    """SIGTERM while each holds calls; the terminal's SIGINT reaches all."""
    for number, to_all in ((signal.SIGTERM, False), (signal.SIGINT, True)):
        service = Loops(kit, emulator(kit), "--no-interim")
        name = f"/loops/hold/{kit.number()}"
        waiting = [begin(service.server, f"{name}/{i}") for i in range(12)]
        eventually(lambda: len(service.events("call-sent", name)) == 12,
                   "the calls to be sent")
        check(len(service.workers_asked(name)) > 1, "only one was asked")
        if to_all:
            os.killpg(service.server.pid, number)
        else:
            service.server.signal(number)
        answers = [finish(connection) for connection in waiting]
        check_equal({a.headers.get("x-settled-outcome") for a in answers},
                    {"settled"}, "outcomes")
        check_equal(service.server.wait(), 0, "exit status")


def test_gives_up_holds_at_the_end_of_grace(kit):
    emulated = kit.start_emulator(lag=60)
    service = Loops(kit, emulated, "--no-interim", "--grace", "1s")
    name = f"/loops/grace/{kit.number()}"
    headers = {"amz-sdk-invocation-id": str(uuid.uuid4())}
    waiting = [begin(service.server, name, **headers)]
    eventually(lambda: service.events("call-sent", name), "it to be sent")
    waiting += [begin(service.server, name, **headers) for _ in range(11)]
    eventually(lambda: len(service.events("call-joined", name)) == 11,
               "the retries to join")
    check(len(service.workers_asked(name)) > 1, "only one was asked")
    service.server.signal(signal.SIGTERM)
    answers = [finish(connection) for connection in waiting]
    check_equal({a.status for a in answers}, {424}, "status")
    check_equal(service.server.wait(), 0, "exit status")


def test_reloads_rules_in_all(kit):
    folder = rules_folder(kit, own_rules("DeleteParameter"))
    service = Loops(kit, kit.plain(), "--rules", folder, "--no-builtin-rules")
    name = f"/loops/reload/{kit.number()}"

    def outcomes(until):
        found = set()
        before = len(service.events("call-received"))
        for i in range(ATTEMPTS):
            answer = put(service.server, f"{name}/{until}/{i}")
            found.add(answer.headers.get("x-settled-outcome"))
            asked = {event["id"].split("-")[-2] for event in
                     service.events("call-received")[before:]}
            if len(asked) == COUNT:
                return found
        check(False, "one process was never asked")
    check_equal(outcomes("before"), {None}, "outcomes without a rule")
    (folder / "mine.json").write_text(own_rules())
    service.server.signal(signal.SIGHUP)
    eventually(lambda: service.events("rules-loaded"), "the rules")
    # Each loads them when it comes to it; one of them tells.
    tries = itertools.count()
    eventually(lambda: outcomes(f"after/{next(tries)}") == {"settled"},
               "outcomes with one")
    check_equal(len(service.events("rules-loaded")), 1, "told")
    (folder / "mine.json").write_text("{")
    service.server.signal(signal.SIGHUP)
    eventually(lambda: service.events("rules-refused"), "the refusal")
    check_equal(service.server.errors().count("the rules have errors"), 1,
                service.server.errors())
    check_equal(outcomes("still"), {"settled"}, "outcomes by the old rules")
    check_equal(service.server.end(), 0, "exit status")


def test_background(kit):
    account, pid = serve_in_background(kit, "--loops", "2")
    workers = children(pid)
    os.kill(pid, signal.SIGTERM)
    check_equal((account, len(workers)), ("123456789012", 2), "found")
    eventually(lambda: not any(is_running(p) for p in [pid, *workers]),
               "all to end")


def test_a_port_is_not_shared_with_others(kit):
    port = loops(kit).server.port
    for options in (["--loops", "2"], []):
        done = kit.run_settled("serve", "--upstream", kit.plain().url,
                               "--listen", f"127.0.0.1:{port}", *options,
                               environment=OWN)
        check_equal(done.returncode, 1, done.stdout + done.stderr)
        check("cannot listen" in done.stderr, done.stderr)


def test_refuses_what_needs_all_calls(kit):
    for options in (["--record", "/dev/null"], ["--replay", "/dev/null"],
                    ["--observe"], ["--dashboard"]):
        done = kit.run_settled("serve", "--upstream", kit.plain().url,
                               "--loops", "2", *options, environment=OWN)
        check_equal(done.returncode, 2, done.stderr)
        check(options[0] in done.stderr and "--loops 2" in done.stderr,
              done.stderr)
    for count in ("0", "65", "x"):
        done = kit.run_settled("exec", "--loops", count, "--", "true",
                               environment=OWN)
        check_equal(done.returncode, 2, done.stderr)


# ---- what is added up ----

SCRIPT = """
import concurrent.futures, boto3, sys
def put(i):
    boto3.client("ssm").put_parameter(Name=f"{sys.argv[1]}/{i}", Value="1",
                                      Type="String")
with concurrent.futures.ThreadPoolExecutor(6) as pool:
    list(pool.map(put, range(12)))
sys.exit(int(sys.argv[2]))
"""


def test_exec_sums_up(kit):
    name = f"/loops/exec/{kit.number()}"
    for status in (0, 3):
        done = kit.run_settled(
            "exec", "--upstream", emulator(kit).url, "--loops", "2", "--",
            kit.python, "-c", SCRIPT, f"{name}/{status}", str(status),
            environment=OWN)
        check_equal(done.returncode, status, done.stderr)
        check("12 calls, 12 mutations: 12 settled" in done.stderr,
              done.stderr)
        check(re.search(r"waited median [\d.]+ s, worst [\d.]+ s; \d\d+ read",
                        done.stderr), done.stderr)
    done = kit.run_settled("exec", "--upstream", kit.plain().url, "--loops",
                           "2", "--", "no-such-command-4711",
                           environment=OWN)
    check_equal(done.returncode, 127, done.stderr)


def test_exec_whose_process_dies(kit):
    """The command goes on to its end, and its success is none."""
    script = "kill -9 $(ps -o pid= --ppid $PPID | grep -vw $$ | head -1); " \
             "sleep 1"
    done = kit.run_settled("exec", "--upstream", kit.plain().url, "--loops",
                           "2", "--", "sh", "-c", script, environment=OWN)
    check_equal(done.returncode, 1, done.stderr)
    check("was killed by signal 9" in done.stderr, done.stderr)


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metrics_of(url):
    """Once all have answered in time: none may be late."""
    def ask():
        status, text = get(url + "/metrics")
        check(status in (200, 503), text)
        return text if status == 200 else None
    return eventually(ask, "the metrics of all")


def test_metrics_are_the_sum(kit):
    service = Loops(kit, kit.plain(), "--metrics", "127.0.0.1:0")
    url = eventually(lambda: re.search(r"metrics at (\S+)/metrics",
                                       service.server.errors()),
                     "the address").group(1)
    name = f"/loops/metrics/{kit.number()}"
    for i in range(ATTEMPTS):
        check_equal(put(service.server, f"{name}/{i}").status, 200, "status")
        if len(service.workers_asked(name)) == COUNT:
            break
    count = i + 1
    text = metrics_of(url)
    labels = r'\{service="ssm",operation="PutParameter"'
    for pattern in (r"^settled_calls_total" + labels + r"\} (\d+)$",
                    r"^settled_mutations_total" + labels
                    + r',outcome="settled"\} (\d+)$',
                    r"^settled_held_seconds_count" + labels + r"\} (\d+)$",
                    r"^settled_held_seconds_bucket" + labels
                    + r',le="\+Inf"\} (\d+)$'):
        found = re.findall(pattern, text, re.MULTILINE)
        check_equal(found, [str(count)], pattern)
    check('settled_build_info{version="' in text and '"} 1\n' in text, text)
    check_equal(get(url + "/healthz"), (200, "ok\n"), "health")
    check_equal(get(url + "/")[0], 404, "elsewhere")
    workers = children(service.server.pid)
    os.kill(workers[0], signal.SIGSTOP)
    try:
        check_equal(get(url + "/metrics")[0], 503, "when one does not answer")
    finally:
        os.kill(workers[0], signal.SIGCONT)
    metrics_of(url)
    check_equal(service.server.end(), 0, "exit status")


def test_metrics_count_each_process_once(kit):
    """Two are slow; one of them answers twice before the other answers."""
    service = Loops(kit, kit.plain(), "--metrics", "127.0.0.1:0")
    url = eventually(lambda: re.search(r"metrics at (\S+)/metrics",
                                       service.server.errors()),
                     "the address").group(1)
    slow = children(service.server.pid)[1:]
    for pid in slow:
        os.kill(pid, signal.SIGSTOP)
    try:
        check_equal(get(url + "/metrics")[0], 503, "when two do not answer")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            asked = pool.submit(get, url + "/metrics")
            time.sleep(0.5)
            os.kill(slow[0], signal.SIGCONT)
            check_equal(asked.result()[0], 503, "when one does not answer")
    finally:
        for pid in slow:
            os.kill(pid, signal.SIGCONT)
    metrics_of(url)
    check_equal(service.server.end(), 0, "exit status")
