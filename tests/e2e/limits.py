# SPDX-License-Identifier: Apache-2.0
"""Limits, each reached on purpose: a clear error in the client's own protocol,
the others go on, and so does the proxy once there is room again.
"""

import contextlib
import gzip
import json
import os
import resource
import time

import botocore.auth
import botocore.exceptions
from harness import (LEFT_BEHIND_SECONDS, PATIENCE_SECONDS, Settled, check,
                     check_equal, eventually, in_parallel)
from upstreams import Listener, Server, read_request
from wire import (Ask, Chunks, check_silent, code_of, read_answer,
                  send_raw)

KIB = 1024
MIB = 1024 * KIB
PUT = "AmazonSSM.PutParameter"


# ---- what the tests look at ----

def fds_of(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


def cpu_of(server):
    """Seconds of processor time that it has used."""
    with open(f"/proc/{server.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(server):
    with open(f"/proc/{server.pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def connect(server):
    return server.connect()


@contextlib.contextmanager
def connections(server, count):
    """So many, each open to the end."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(connect(server)) for _ in range(count)]


def good_call(server):
    answer = Ask(server).sign().send()
    check(answer is not None, "the good call got no answer")
    check_equal(answer.status, 200, f"the good call ({answer!r})")


def check_says(answer, status, code, *words):
    check(answer is not None, "closed without an answer")
    check_equal((answer.status, code_of(answer)), (status, code),
                f"the refusal ({answer!r})")
    for word in words:
        check(word.encode() in answer.body, f"no {word} in {answer!r}")


def put(server, body=None, **headers):
    body = json.dumps(body or {"Name": "/limit", "Value": "x",
                               "Type": "String"}).encode()
    return Ask(server, PUT, body, **headers).sign()


# ---- bytes ----

def test_header_bytes(kit):
    server = kit.start_settled(Listener(), "--header-limit", "8k")
    fits = Ask(server, **{"X-Long": "a" * (7 * KIB)}).sign().send()
    check_equal(fits.status, 200, repr(fits))
    answer = Ask(server, **{"X-Long": "a" * (8 * KIB)}).sign().send()
    check(answer is not None, "closed without an answer")
    check_equal(answer.status, 431, repr(answer))
    check(b"too long" in answer.body, repr(answer))
    good_call(server)


def test_head_of_an_answer(kit):
    """One that is too long is told, not cut, and no word of a call that did
    pass."""
    def serve(connection):
        while True:
            head, body = read_request(connection)
            if not head:
                return
            more = b"X-More: %s\r\n" % (b"x" * int(json.loads(body)["More"]))
            connection.sendall(b"HTTP/1.1 200 OK\r\n%sContent-Length: 2\r\n\r\n"
                               b"{}" % more)

    def get(more, **headers):
        body = json.dumps({"Name": "/limit", "More": more}).encode()
        return Ask(server, body=body, **headers).sign().send()
    server = kit.start_settled(Server(serve))
    fits = get(11 * KIB, **{"X-Long": "a" * (10 * KIB)})
    check_equal(fits.headers.get("x-more"), "x" * (11 * KIB), repr(fits)[:200])
    answer = get(13 * KIB)
    check_equal(answer.status, 502, repr(answer)[:200])
    check(b"head is malformed or too long" in answer.body, answer.body)
    check_equal(get(10).status, 200, "the next call")


def test_body_bytes(kit):
    """Of a call that must be read whole; the error is one of its service."""
    server = kit.start_settled(Listener(), "--body-limit", "20k")
    ssm = kit.client("ssm", server)
    try:
        ssm.put_parameter(Name="/limit", Value="x" * 20 * KIB, Type="String")
        check(False, "it passed")
    except botocore.exceptions.ClientError as error:
        check_equal(error.response["Error"]["Code"],
                    "RequestEntityTooLargeException", "code")
        check("--body-limit" in str(error), error)
    big = Ask(server, None, b"x" * MIB, "s3", "PUT", "/b/k")
    check_equal(big.sign(signer=botocore.auth.S3SigV4Auth).send().status, 200,
                "a body that streams")
    good_call(server)


def test_chunk_bytes(kit):
    server = kit.start_settled(Listener(), "--chunk-limit", "64k")
    fits = Chunks(server, "/b/k", [b"x" * 64 * KIB]).send()
    check_equal(fits.status, 200, repr(fits))
    answer = Chunks(server, "/b/k", [b"x" * (64 * KIB + 1)]).send()
    check(answer is not None, "closed without an answer")
    check(400 <= answer.status < 500 and b"--chunk-limit" in answer.body,
          repr(answer))
    good_call(server)


def test_body_bytes_unpacked(kit):
    """A gzipped body is as long as what is in it, and damage is AWS's to
    tell."""
    upstream = Listener()
    server = kit.start_settled(upstream, "--body-limit", "20k", "--max-hold",
                               "1s")
    body = json.dumps({"Name": "/limit", "Value": "x" * 20 * KIB}).encode()
    packed = {"Content-Encoding": "gzip"}
    check_says(Ask(server, PUT, gzip.compress(body), **packed).sign().send(),
               413, "RequestEntityTooLargeException", "--body-limit")
    check_equal(upstream.heard, [], "what went up")
    for target, data in ((PUT, gzip.compress(b"{}")[:-1]),
                         ("AmazonSSM.GetParameter", gzip.compress(body))):
        Ask(server, target, data, **packed).sign().send()
        check_equal(upstream.heard.pop()[1], data, target)


# ---- JSON ----

def nested(levels):
    return {"Name": "/limit", "Value": "x",
            "Deep": json.loads("[" * levels + "]" * levels)}


def test_json_of_a_call(kit):
    """Held calls are read; what cannot be read is not sent without proof."""
    upstream = Listener()
    server = kit.start_settled(upstream, "--json-depth", "10", "--json-nodes",
                               "50", "--max-hold", "1s")
    for body, option in ((nested(10), "--json-depth"),
                         ({"Name": "/l", "Tags": [1] * 50}, "--json-nodes")):
        check_says(put(server, body).send(), 413,
                   "RequestEntityTooLargeException", option)
    check_equal(upstream.heard, [], "what went up")
    for body in (nested(9), {"Name": "/l", "Tags": [1] * 40}):
        put(server, body).send()
    check_equal([head.count(b"PutParameter") for head, _ in upstream.heard
                 if b"PutParameter" in head], [1, 1], "what fits")
    answer = Ask(server, body=json.dumps(nested(20)).encode()).sign().send()
    check_equal(answer.status, 200, "a call without a rule")


def deep_answers(to):
    """An upstream that answers those calls with nesting."""
    def serve(connection):
        while True:
            head, _ = read_request(connection)
            if not head:
                return
            body = b'{"Version":1}' if b"PutParameter" in head else \
                b'{"Parameter":{"Version":1,"Value":"x",' \
                b'"LastModifiedDate":%d}}' % (time.time() + 5)
            if to in head:
                body = body[:-1] + b',"Deep":' + b"[" * 20 + b"]" * 20 + b"}"
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: "
                b"application/x-amz-json-1.1\r\n\r\n" % len(body) + body)
    return Server(serve)


def test_json_of_an_answer(kit):
    """Nothing is proved by what cannot be read, and the message says why."""
    for to in (b".GetParameter", b".PutParameter"):
        log = kit.path("deep.jsonl")
        server = kit.start_settled(deep_answers(to), "--json-depth", "10",
                                   "--log", log)
        answer = put(server).send()
        check(answer is not None, "no answer")
        check_equal(answer.headers.get("x-settled-outcome"), "unverifiable",
                    f"an answer that was not read ({answer!r})")
        check(b"--json-depth" in answer.body
              or "--json-depth" in log.read_text(),
              f"no word of the limit: {answer!r}")
        check_equal(server.end(), 0, "exit status")
    server = kit.start_settled(deep_answers(b".GetParameter"))
    answer = put(server).send()
    check_equal(answer.headers.get("x-settled-outcome"), "settled",
                f"with more depth ({answer!r})")


# ---- how many ----

class Forgetful:
    """Takes every write, shows none."""

    def __init__(self):
        self.puts = 0
        self.url = Server(self.serve).url

    def serve(self, connection):
        while True:
            head, _ = read_request(connection)
            if not head:
                return
            status, body = b"200 OK", b'{"Version":1}'
            if b".GetParameter" in head:
                status = b"400 Bad Request"
                body = b'{"__type":"ParameterNotFound"}'
            else:
                self.puts += 1
            connection.sendall(
                b"HTTP/1.1 %s\r\nContent-Length: %d\r\nContent-Type: "
                b"application/x-amz-json-1.1\r\n\r\n" % (status, len(body))
                + body)


def hold(server, connection, name):
    ask = put(server, {"Name": name, "Value": "x", "Type": "String"})
    connection.sendall(ask.head() + ask.body)


def test_held_calls(kit):
    log = kit.path("held.jsonl")
    upstream = Forgetful()
    server = kit.start_settled(upstream, "--held-limit", "2",
                               "--timeout", "10s", "--log", log)
    with connections(server, 2) as held:
        for i, connection in enumerate(held):
            hold(server, connection, f"/held/{i}")
        eventually(lambda: log.read_text().count('"call-answered"') >= 2,
                   "two calls to be held")
        answer = put(server, {"Name": "/held/more", "Value": "x",
                              "Type": "String"}).send()
        check_says(answer, 503, "SlowDown", "--held-limit", "nothing was sent")
        read = Ask(server).sign().send()
        check_equal(code_of(read), "ParameterNotFound", "a plain call")
        for connection in held:
            answer = read_answer(connection.makefile("rb"))
            check_equal(answer.headers.get("x-settled-outcome"), "unsettled",
                        f"those that were held ({answer!r})")
    check_equal(upstream.puts, 2, "writes that went up")


def test_connections(kit):
    """One more than the limit waits to be accepted, and is served when there
    is room; no one else is hurt."""
    server = kit.start_settled(Listener(), "--connection-limit", "5")
    with connections(server, 5) as full:
        before = cpu_of(server)
        ask = Ask(server).sign()
        with connect(server) as waiting:
            waiting.sendall(ask.head() + ask.body)
            waiting.settimeout(0.5)
            try:
                check(False, f"it was served: {waiting.recv(100)!r}")
            except TimeoutError:
                pass
            check(cpu_of(server) - before < 0.2, "it spins meanwhile")
            full[1].sendall(ask.head() + ask.body)
            check_equal(read_answer(full[1].makefile("rb")).status, 200,
                        "one of the five")
            full[0].close()
            waiting.settimeout(PATIENCE_SECONDS)
            check_equal(read_answer(waiting.makefile("rb")).status, 200,
                        "the sixth, once there is room")


def test_descriptors(kit):
    """None are left: it waits without work, says so upstream's way, and goes
    on when there are some again."""
    server = kit.start_settled(Listener())
    alone = server.descriptors()
    with connect(server) as early:
        ask = Ask(server).sign()
        eventually(lambda: fds_of(server) > alone,
                   "the connection to be taken")
        _, most = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        limit = fds_of(server) + 20
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (limit, most))
        with connections(server, 100):
            eventually(lambda: fds_of(server) >= limit, "none to be left")
            time.sleep(0.5)
            before = cpu_of(server)
            time.sleep(1)
            spent = cpu_of(server) - before
            check(spent < 0.2, f"{spent:.2f} s of work while it can only wait")
            early.sendall(ask.head() + ask.body)
            answer = read_answer(early.makefile("rb"))
            check_says(answer, 502, "UpstreamUnreachable")
        eventually(lambda: fds_of(server) < 20, "the connections to be closed")
        good_call(server)
        early.sendall(ask.head() + ask.body)
        check_equal(read_answer(early.makefile("rb")).status, 200,
                    "the early one")
    check_equal(server.end(), 0, "exit status")


# ---- memory ----

def test_memory(kit):
    """A body that is being read fills it; new calls are told to come again,
    and SDKs do."""
    server = kit.start_settled(Listener(), "--memory-limit", "96m")
    ask = put(server)
    head = ask.head(length=False).replace(
        b"\r\n\r\n", b"\r\nContent-Length: %d\r\n\r\n" % (60 * MIB))
    with connect(server) as hoard, connect(server) as late:
        hoard.sendall(head)
        for _ in range(34):
            hoard.sendall(bytes(MIB))
        late.sendall(head)
        with contextlib.suppress(ConnectionError):
            for _ in range(50):
                late.sendall(bytes(MIB))
        check_says(read_answer(late.makefile("rb")), 503,
                   "ServiceUnavailableException", "--memory-limit")
        good_call(server)
        for _ in range(20):
            hoard.sendall(bytes(MIB))
        with connect(server) as third:
            third.sendall(head)
            with contextlib.suppress(ConnectionError):
                for _ in range(50):
                    third.sendall(bytes(MIB))
            check_says(read_answer(third.makefile("rb")), 503,
                       "ServiceUnavailableException", "--memory-limit")
        hoard.close()
    eventually(lambda: Ask(server).sign().send().status == 200,
               "calls to be taken again")
    check_equal(server.end(), 0, "exit status")


def test_memory_is_full(kit):
    """By one held call: all others are refused, in their own protocol's words,
    and SDKs come again until it is over."""
    server = kit.start_settled(Forgetful(), "--memory-limit", "64m",
                               "--timeout", "12s", "--on-unsettled", "pass")
    big = put(server, {"Name": "/limit", "Value": "x", "Type": "String",
                       "Tags": [1] * 900_000})
    # Made before, as that takes a while.
    calls = [(getattr(kit.client(service, server), call), code)
             for service, call, code in (
                 ("ssm", "describe_parameters", "ServiceUnavailableException"),
                 ("sns", "list_topics", "ServiceUnavailable"),
                 ("ec2", "describe_vpcs", "Unavailable"),
                 ("s3", "list_buckets", "SlowDown"))]
    patient = kit.client("ssm", server, retries={"mode": "standard",
                                                 "total_max_attempts": 12})
    with connect(server) as held:
        held.sendall(big.head() + big.body)
        eventually(lambda: Ask(server).sign().send().status == 503,
                   "memory to be full")
        for call, code in calls:
            try:
                call()
                check(False, f"{call.__name__} was served")
            except botocore.exceptions.ClientError as error:
                check_equal(error.response["Error"]["Code"], code,
                            call.__name__)
        patient.describe_parameters()
        check_equal(read_answer(held.makefile("rb")).status, 200,
                    "the one that was held")


def test_memory_limit_too_small(kit):
    done = kit.run_settled("serve", "--upstream", "http://127.0.0.1:9",
                           "--memory-limit", "10k",
                           environment={"AWS_ACCESS_KEY_ID": "a",
                                        "AWS_SECRET_ACCESS_KEY": "b"})
    check_equal(done.returncode, 1, done.stderr)
    check("--memory-limit" in done.stderr, done.stderr)


# ---- disks ----

def limit_files(server, size):
    _, most = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, most))


def test_log_on_a_full_disk(kit):
    """Lines are lost, counted and told of; calls are not, and what is written
    once there is room again is whole."""
    log = kit.path("full.jsonl")
    server = kit.start_settled(Listener(), "--log", log)
    good_call(server)
    eventually(lambda: "answer-given" in log.read_text(), "the first call")
    limit_files(server, log.stat().st_size + 100)
    for _ in range(5):
        good_call(server)
    full = log.stat().st_size
    limit_files(server, resource.RLIM_INFINITY)
    good_call(server)
    check_equal(server.end(), 0, "exit status")
    check("could not be written" in server.errors(), server.errors())
    rest = log.read_bytes()[full:].lstrip(b"\n").splitlines()
    check(len(rest) >= 2, "nothing was written afterwards")
    for line in rest:
        json.loads(line)


def test_recording_on_a_full_disk(kit):
    """It is told at once, fails the run, and what there is can be loaded."""
    tape = kit.path("full.recording")
    upstream = Listener()
    server = kit.start_settled(upstream, "--record", tape)
    good_call(server)
    eventually(lambda: tape.read_text().count("\n") >= 2, "the first call")
    limit_files(server, tape.stat().st_size + 100)
    for _ in range(3):
        good_call(server)
    eventually(lambda: str(tape) in server.errors(), "a word of it")
    check_equal(server.end(), 1, "exit status")
    check_equal(len(upstream.heard), 4, "calls that went on")
    replay = kit.start(Settled, [kit.settled, "serve", "--replay", tape],
                       "replay").wait_for_exports()
    check_equal(Ask(replay).sign().send().status, 200, "its first call")
    replay.end()


# ---- clients that are slow, or very many ----

def test_head_timeout(kit):
    """Though it sends a byte now and then."""
    server = kit.start_settled(Listener(), "--head-timeout", "1s")
    with connect(server) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ")
        slow.settimeout(0.1)
        answer = b""
        began = time.monotonic()
        while not answer and time.monotonic() - began < PATIENCE_SECONDS:
            slow.sendall(b"a")
            with contextlib.suppress(TimeoutError):
                answer = slow.recv(1000)
        check(answer.startswith(b"HTTP/1.1 408 "), repr(answer))
        check(b"--head-timeout" in answer, repr(answer))
    good_call(server)


def test_body_timeout(kit):
    upstream = Listener()
    server = kit.start_settled(upstream, "--body-timeout", "1s")
    ask = put(server)
    with connect(server) as slow:
        slow.sendall(ask.head() + ask.body[:5])
        check_says(read_answer(slow.makefile("rb")), 408,
                   "RequestTimeoutException", "--body-timeout")
    check_equal(upstream.heard, [], "what went up")
    good_call(server)


def dripping(server, connections_, began):
    """One byte on each: half of them are in a head, half in a body."""
    ask = put(server)
    head, body = ask.head(), ask.body
    texts = (head, head + body)
    starts = (20, len(head))
    for i, connection in enumerate(connections_):
        text, at = texts[i % 2], starts[i % 2]
        if began == 0:
            connection.sendall(text[:at])
        elif at + began < len(text) - 5:
            connection.sendall(text[at + began:at + began + 1])


def test_slow_clients_delay_nobody(kit):
    """300 that send a byte now and then; others are served meanwhile, and all
    of the slow ones are still there."""
    server = kit.start_settled(Listener(), "--head-timeout", "10m",
                               "--body-timeout", "10m")
    with connections(server, 300) as slow, connect(server) as fast:
        stream = fast.makefile("rb")
        ask = Ask(server).sign()
        for turn in range(8):
            dripping(server, slow, turn)
            for _ in range(25):
                fast.sendall(ask.head() + ask.body)
                check_equal(read_answer(stream).status, 200, "a fast call")
        for connection in slow:
            check_silent(connection)
    good_call(server)


def knock(server, ask, count):
    """So many connections in turn: silent, with half a head, with a call."""
    for i in range(count):
        with connect(server) as one:
            if i % 3 == 1:
                one.sendall(b"POST / HTTP/1.1\r\nHo")
            elif i % 3 == 2:
                one.sendall(ask.head() + ask.body)
                check(one.recv(10) == b"HTTP/1.1 2", "no answer in a flood")


def test_flood_of_connections(kit):
    """Nothing of them stays behind."""
    server = kit.start_settled(Listener())
    ask = Ask(server).sign()
    knock(server, ask, 300)
    eventually(lambda: fds_of(server) < 14, "the first to be closed",
               LEFT_BEHIND_SECONDS)
    before = fds_of(server), resident(server)
    in_parallel(*[lambda: knock(server, ask, 1000)] * 3)
    eventually(lambda: fds_of(server) <= before[0] + 3,
               "descriptors to be as few as before", LEFT_BEHIND_SECONDS)
    grown = (resident(server) - before[1]) / MIB
    check(kit.sanitized or grown < 8, f"it grew by {grown:.1f} MiB")
    good_call(server)
    check_equal(server.end(), 0, "exit status")
