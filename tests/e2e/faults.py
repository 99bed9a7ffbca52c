# SPDX-License-Identifier: Apache-2.0
"""Faults upstream, most of them rows of a table: each strikes a read that is
read whole, one that streams, a change, and the read-backs of a change. Start at
ROWS; the tests are below.
"""

import json
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from botocore.auth import S3SigV4Auth, SigV4Auth
from faulty import (LONGEST, OK, FaultServer, close, dripped, error,
                    events_of, for_ever, outcomes_of, reset, sized, stall,
                    start_settled)
from harness import check, check_equal, eventually, in_parallel
from upstreams import Server, read_request
from wire import Ask, code_of, try_raw

LIMIT_SECONDS = 60  # less than a fault lasts by itself
MOST_TAKEN = 8 * 1024 * 1024  # of what is endless; the kernel keeps some

# ---- the table ----

GOOD = b'{"Version":1,"Parameter":{"Name":"n","Value":"v","Version":1}}'
HALF = OK + b"Content-Length: 1000\r\n\r\n{\"Ver"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
FINE = sized(b"200 OK", GOOD)

# What must come of it, for each phase; `a|b` where either will do. "dropped":
# the connection ended without an answer; "broken": it ended within one. A
# dropped stream may look like either. A change has an outcome besides. What
# strikes read-backs alone must always end as settled.
LOST = {"read": "502", "stream": "502", "change": "dropped unknown"}
LATE = {"read": "504", "stream": "504", "change": "dropped unknown"}
CUT = {"read": "502", "stream": "broken|dropped", "change": "dropped unknown"}
SLOW = {"read": "504", "stream": "broken|dropped", "change": "dropped unknown"}
TAKEN = {"read": "200", "stream": "200", "change": "200 settled"}
UNREADABLE = {"read": "200", "stream": "200", "change": "200 unverifiable"}
# Malformed, but with one meaning, or with none: taken or not, never both.
ODD = {"read": "200|502", "stream": "200|502|broken|dropped",
       "change": "200 settled|200 unverifiable|dropped unknown"}


def passes(status):
    return {"read": status, "stream": status, "change": f"{status} none"}


ROWS = [
    # the connection
    ("closed at once", (close,), LOST),
    ("reset at once", (reset,), LOST),
    ("reset in the status line", (b"HTTP/1.", reset), LOST),
    ("closed in the head", (b"HTTP/1.1 200 OK\r\nContent-Ty", close), LOST),
    ("reset in the head", (b"HTTP/1.1 200 OK\r\nContent-Ty", reset), LOST),
    ("reset after the head", (OK + b"Content-Length: 9\r\n\r\n", 0.2, reset),
     CUT),
    ("closed in the body", (HALF, 0.1, close), CUT),
    ("reset in the body", (HALF, 0.2, reset), CUT),
    ("never answers", (stall,), LATE),
    ("stalls in the head", (b"HTTP/1.1 200 OK\r\nContent", stall), LATE),
    ("stalls in the body", (HALF, stall), SLOW),
    ("a byte a second, in the head", (*dripped(OK), stall), LATE),
    ("a byte a second, in the body",
     (OK + b"Content-Length: 62\r\n\r\n", *dripped(GOOD[:4]), stall), SLOW),
    ("slow, and whole in the end",
     (*dripped(FINE[:12], 0.05), FINE[12:-2], *dripped(FINE[-2:], 0.3)), TAKEN),

    # lengths
    ("a length that is too short",
     (OK + b"Content-Length: 62\r\n\r\n" + GOOD + FINE, 0.1, close), TAKEN),
    ("a length that is too long",
     (OK + b"Content-Length: 63\r\n\r\n" + GOOD, 0.1, close), CUT),
    ("two lengths that differ",
     (OK + b"Content-Length: 2\r\nContent-Length: 62\r\n\r\n" + GOOD, close),
     LOST),
    ("a negative length", (OK + b"Content-Length: -1\r\n\r\n{}", close), LOST),
    ("a length that is no number",
     (OK + b"Content-Length: 6x2\r\n\r\n" + GOOD, close), LOST),
    ("a length beyond all numbers",
     (OK + b"Content-Length: 99999999999999999999\r\n\r\n" + GOOD, close),
     LOST),
    ("a length, and chunks",
     (OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
      b"3e\r\n" + GOOD + b"\r\n0\r\n\r\n", close), LOST),
    ("no length, ended by closing", (OK + b"\r\n" + GOOD, close), TAKEN),
    ("204 with a body",
     (b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}", close),
     {"read": "204|502", "stream": "204|502",
      "change": "424 unsettled|dropped unknown"}),

    # chunks and codings
    ("a chunk size that is none", (CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n", close),
     CUT),
    ("a chunk that is cut off", (CHUNKED + b"40\r\n{}", 0.1, close), CUT),
    ("chunks without the last", (CHUNKED + b"2\r\n{}\r\n", 0.1, close), CUT),
    ("a chunk size beyond all numbers",
     (CHUNKED + b"fffffffffffffffff\r\n{}", 0.1, close), CUT),
    ("an unknown coding",
     (OK + b"Transfer-Encoding: odd\r\nContent-Length: 62\r\n\r\n" + GOOD,
      close), LOST),
    ("gzip that is none",
     (sized(b"200 OK", GOOD, b"Content-Encoding: gzip"),), ODD),

    # heads
    ("headers without end", (OK, for_ever(b"X-More: %s\r\n" % (b"x" * 1000))),
     LOST),
    ("a header line without end", (OK + b"X-Long: ", for_ever(b"x" * 4096)),
     LOST),
    ("100 Continue without end",
     (for_ever(b"HTTP/1.1 100 Continue\r\n\r\n" * 50),), LOST),
    ("100 Continue, slowly, without end",
     (for_ever(b"HTTP/1.1 100 Continue\r\n\r\n", 0.5), stall), LATE),
    ("100 Continue, three times, and an answer",
     (b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + FINE,), TAKEN),
    ("103 and an answer",
     (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + FINE,), TAKEN),
    ("101 Switching Protocols",
     (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n"
      b"Connection: Upgrade\r\n\r\n", stall), LOST),
    ("a folded header",
     (sized(b"200 OK", GOOD, b"X-Odd: b\r\n  c"), close), ODD),
    ("a header without a colon",
     (sized(b"200 OK", GOOD, b"Nonsense"), close), ODD),
    ("a blank before the colon",
     (sized(b"200 OK", GOOD, b"X-Odd : 1"), close), ODD),
    ("a header name that is none",
     (sized(b"200 OK", GOOD, b"X Odd: 1"), close), LOST),
    ("a zero byte in a header",
     (sized(b"200 OK", GOOD, b"X-Odd: a\0b"), close), ODD),
    ("line ends without CR", (FINE.replace(b"\r\n", b"\n"), close), ODD),
    ("status 999", (error(b"999 Odd", "Odd"), close),
     {"read": "999|502", "stream": "999|502",
      "change": "999 none|dropped unknown"}),
    ("status 099", (error(b"099 Odd", "Odd"), close), LOST),
    ("status 20", (error(b"20 Odd", "Odd"), close), LOST),
    ("a status that is a word", (error(b"abc Odd", "Odd"), close), LOST),
    ("HTTP/0.9", (GOOD, close), LOST),
    ("HTTP/2",
     (b"\0\0\x12\x04\0\0\0\0\0" + bytes(18) + b"PRI * HTTP/2.0\r\n\r\nSM\r\n",
      close), LOST),
    ("HTTP/9.9", (FINE.replace(b"1.1", b"9.9", 1), close), ODD),
    ("another protocol", (b"SSH-2.0-OpenSSH_9.2\r\n" + bytes(200), close),
     LOST),
    ("binary", (bytes(range(256)) * 64, close), LOST),
    ("a TLS alert", (b"\x15\x03\x01\x00\x02\x02\x50", close), LOST),

    # what AWS may say
    ("500", (error(b"500 No", "InternalServerError"),), passes("500")),
    ("503", (error(b"503 No", "ServiceUnavailable"),), passes("503")),
    ("503, and when to come again",
     (error(b"503 No", "SlowDown", b"Retry-After: 3"),), passes("503")),
    ("throttled", (error(b"400 No", "ThrottlingException"),), passes("400")),
    ("429, and when to come again",
     (error(b"429 No", "TooManyRequestsException", b"Retry-After: 3"),),
     passes("429")),
    ("a 500 that is no JSON", (sized(b"500 No", b"<html>no</html>"),),
     passes("500")),
    ("a 200 that is no JSON", (sized(b"200 OK", b"<html>hello</html>"),),
     UNREADABLE),
    ("a 200 of nothing", (sized(b"200 OK", b""),),
     {"read": "200", "stream": "200", "change": "424 unsettled"}),
    ("nested too deep", (sized(b"200 OK", b'{"Version":' + b"[" * 100_000),),
     {**UNREADABLE, "back": "200 unverifiable"}),
]

# phase: the operation, and what is told of it where it is not in a row
PHASES = {"read": "GetParameter", "stream": "DescribeDocument",
          "change": "PutParameter", "back": "PutParameter"}


# ---- one row ----

def ask_for(server, operation, word):
    body = {"Name": f"/{word}"}
    if operation == "PutParameter":
        body.update(Value="one", Type="String")
    return Ask(server, f"AmazonSSM.{operation}", json.dumps(body).encode())


def strike(server, phase, row):
    """What a client is told, and after how many seconds."""
    ask = ask_for(server, PHASES[phase], f"fault-{phase}-{row}").sign()
    began = time.monotonic()
    word, answer = try_raw(ask)
    return word, answer, time.monotonic() - began


def check_words(answer, what):
    """An error of settled's own says in JSON what was wrong, and where."""
    check(code_of(answer) in ("UpstreamConnectionLost", "UpstreamTimeout"),
          f"{what}: {answer!r}")
    check("127.0.0.1" in json.loads(answer.body)["message"],
          f"{what}: {answer!r}")


def check_row(server, upstream, outcomes, phase, row, told):
    name, steps, wanted = ROWS[row]
    what = f"{name}, {phase}"
    resource = f"fault-{phase}-{row}"
    word, answer, seconds = told
    check(seconds < LIMIT_SECONDS, f"{what}: it took {seconds:.1f} s")
    if PHASES[phase] == "PutParameter":
        check_equal(upstream.count("PutParameter", resource), 1,
                    f"{what}: sent")
        word += " " + outcomes.get(f"/{resource}", "none")
    wants = wanted.get(phase, "200 settled").split("|")
    check(word in wants, f"{what}: got {word!r}, want {wants}: {answer!r}")
    if word in ("502", "504"):
        check_words(answer, what)
    if "come again" in name and phase != "back":
        check_equal(answer.headers.get("retry-after"), "3", what)


def good_call(server):
    """Its answer closes the connection upstream."""
    answer = Ask(server).sign().send()
    check(answer is not None and code_of(answer) == "ParameterNotFound",
          f"a good call: {answer!r}")


def test_every_row(kit):
    """All at once, so that none may hurt another."""
    upstream = FaultServer([steps for _, steps, _ in ROWS])
    log = kit.path("rows.jsonl")
    server = start_settled(kit, upstream, "--log", log)
    cases = [(phase, row) for row in range(len(ROWS)) for phase in PHASES]
    with server.unharmed(lambda: good_call(server), len(cases)), \
            ThreadPoolExecutor(len(cases)) as pool:
        told = list(pool.map(lambda case: strike(server, *case), cases))
    outcomes = outcomes_of(log)
    for (phase, row), tale in zip(cases, told):
        check_row(server, upstream, outcomes, phase, row, tale)
    check(upstream.most_taken < MOST_TAKEN,
          f"{upstream.most_taken} bytes of a head were taken")


# ---- the words, in each protocol ----

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
CBOR = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
METRICS = "/service/GraniteServiceVersion20100801/operation/"


def cbor_name(word):
    return b"\xa1\x69Namespace" + bytes([0x60 + len(word)]) + word.encode()


# name, a read, a change: (service, method, path, body, headers) by the word
PROTOCOLS = [
    ("json",
     lambda w: ("ssm", "POST", "/", b'{"Name":"/%s"}' % w.encode(),
                {"X-Amz-Target": "AmazonSSM.GetParameter",
                 "Content-Type": "application/x-amz-json-1.1"}),
     lambda w: ("ssm", "POST", "/", b'{"DocumentName":"%s"}' % w.encode(),
                {"X-Amz-Target": "AmazonSSM.StartAutomationExecution",
                 "Content-Type": "application/x-amz-json-1.1"}),
     b'"__type":"%s"'),
    ("query",
     lambda w: ("iam", "POST", "/",
                f"Action=GetUser&Version=2010-05-08&UserName={w}".encode(),
                FORM),
     lambda w: ("iam", "POST", "/",
                f"Action=CreateUser&Version=2010-05-08&UserName={w}".encode(),
                FORM),
     b"<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">"
     b"<Error><Type>Receiver</Type><Code>%s</Code>"),
    ("ec2",
     lambda w: ("ec2", "POST", "/", b"Action=DescribeInstances&Version="
                b"2016-11-15&InstanceId.1=" + w.encode(), FORM),
     lambda w: ("ec2", "POST", "/", b"Action=RebootInstances&Version="
                b"2016-11-15&InstanceId.1=" + w.encode(), FORM),
     b"<Response><Errors><Error><Code>%s</Code>"),
    ("rest-json",
     lambda w: ("lambda", "GET", f"/2015-03-31/functions/{w}", b"", {}),
     lambda w: ("lambda", "DELETE", f"/2015-03-31/functions/{w}", b"", {}),
     b"x-amzn-errortype: %s"),
    ("rest-xml",
     lambda w: ("route53", "GET", f"/2013-04-01/hostedzone/{w}", b"", {}),
     lambda w: ("route53", "DELETE", f"/2013-04-01/hostedzone/{w}", b"", {}),
     b"<Error><Type>Receiver</Type><Code>%s</Code>"),
    ("s3", lambda w: ("s3", "GET", f"/{w}/key", b"", {}),
     lambda w: ("s3", "PUT", f"/{w}/key", b"body", {}),
     b"<Error><Code>%s</Code>"),
    ("cbor",
     lambda w: ("cloudwatch", "POST", METRICS + "ListMetrics", cbor_name(w),
                CBOR),
     lambda w: ("cloudwatch", "POST", METRICS + "PutMetricData", cbor_name(w),
                CBOR),
     b"%s"),
]


def speak(server, request):
    service, method, path, body, headers = request
    signing = "monitoring" if service == "cloudwatch" else service
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    return try_raw(Ask(server, None, body, signing, method, path, **headers)
                   .sign(signer=signer))


def whole(answer):
    """Headers and body, to look for a word in."""
    head = "".join(f"{name}: {value}\n"
                   for name, value in answer.headers.items())
    return head.encode() + answer.body


def check_protocol(server, protocol, upstream_code, status, row):
    name, read, change, where = protocol
    word, answer = speak(server, read(f"fault-read-{row}"))
    check_equal(word, status, f"{name}: {answer!r}")
    check(where % upstream_code in whole(answer), f"{name}: {whole(answer)}")
    check(b"127.0.0.1" in answer.body, f"{name}: no message: {answer!r}")
    return speak(server, change(f"fault-change-{row}")), name


def test_words_in_each_protocol(kit):
    """What only reads is told by an error; what may have been done is not told
    at all, with a rule or without."""
    upstream = FaultServer([(close,), (stall,)])
    server = start_settled(kit, upstream)
    rows = ((0, b"UpstreamConnectionLost", "502"),
            (1, b"UpstreamTimeout", "504"))
    with server.unharmed(lambda: good_call(server)):
        told = in_parallel(*[
            lambda p=p, code=code, status=status, row=row:
            check_protocol(server, p, code, status, row)
            for p in PROTOCOLS for row, code, status in rows])
    for (word, _), name in told:
        check_equal(word, "dropped", f"{name}: a change")


def test_not_listening(kit):
    """Nothing was sent, and so it is said, of a change too."""
    taken = socket.socket()  # and never listens, nor does anybody else there
    taken.bind(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    log = kit.path("refused.jsonl")
    server = start_settled(kit, f"http://127.0.0.1:{port}", "--log", log)

    def good():
        check_equal(try_raw(Ask(server).sign())[0], "502", "a read")
    with server.unharmed(good):
        for name, read, change, where in PROTOCOLS:
            for request in (read("x"), change("x")):
                word, answer = speak(server, request)
                check_equal(word, "502", f"{name}: {answer!r}")
                check(where % b"UpstreamUnreachable" in whole(answer),
                      f"{name}: {whole(answer)}")
        check_equal(strike(server, "change", 0)[0], "502", "with a rule")
    check("unknown" not in log.read_text(), "an outcome is unknown")
    taken.close()


def test_never_reads(kit):
    """Connected, and then nothing is even taken."""
    gate = threading.Event()
    upstream = Server(lambda connection: gate.wait(LONGEST))
    server = start_settled(kit, upstream, "--upstream-timeout", "2s")

    def good():
        check_equal(try_raw(Ask(server).sign())[0], "504", "a read")
    with server.unharmed(good):
        check_equal(strike(server, "change", 0)[0], "dropped", "a change")
    gate.set()


# ---- read-backs ----

def read_back(kit, answers, *options):
    """Puts one parameter; each read-back gets the next of `answers` ("old",
    "new", or the bytes themselves), then the last one for ever. The client's
    answer, the events, the server, how often it was sent."""
    seen = {"put": 0, "get": 0}
    when = time.time() + 1

    def serve(connection):
        head, _ = read_request(connection)
        if b"PutParameter" in head:
            seen["put"] += 1
            connection.sendall(sized(b"200 OK", b'{"Version":2}'))
            return
        step = answers[min(seen["get"], len(answers) - 1)]
        seen["get"] += 1
        version = {"old": 1, "new": 2}.get(step)
        connection.sendall(step if version is None else sized(
            b"200 OK", json.dumps({"Parameter": {
                "Version": version, "Value": "one", "Type": "String",
                "LastModifiedDate": when}}).encode()))
    log = kit.path("back.jsonl")
    server = start_settled(kit, Server(serve), "--log", log, *options)
    return server, log, seen


def put_one(server):
    return try_raw(ask_for(server, "PutParameter", "one").sign())


def check_ended(server, log, seen, outcome, status="200"):
    word, answer = put_one(server)
    check_equal(word, status, repr(answer))
    check_equal(answer.headers.get("x-settled-outcome"), outcome, "outcome")
    check_equal(outcomes_of(log)["/one"], outcome, "outcome in the log")
    check_equal(seen["put"], 1, "sent")
    return answer


def test_read_backs_that_flap(kit):
    """A run of hits must be unbroken."""
    steps = ["old", "new", "old", "new", "old", "old", "new", "new", "new"]
    server, log, seen = read_back(kit, steps)
    check_ended(server, log, seen, "settled")
    verdicts = [e["verdict"] for e in events_of(log, "read-back")]
    check(verdicts.count("not-yet") >= 4, verdicts)
    check_equal(verdicts[-2:], ["holds", "holds"], "the last read-backs")
    check_equal(server.end(), 0, "exit status")


def test_read_backs_that_flap_for_ever(kit):
    # What is recorded is not read twice when it is late: two reads under way
    # at once would get their answers in another order.
    server, log, seen = read_back(kit, ["old", "new"] * 2000, "--timeout", "1s",
                                  "--record", kit.path("tape.jsonl"))
    answer = check_ended(server, log, seen, "unsettled", "424")
    check(re.search(rb"is not visible after [1-9]\d*\.", answer.body),
          repr(answer))
    check_equal(server.end(), 0, "exit status")


def test_going_back_after_settled(kit):
    """The one thing that must never be: it is counted, with the evidence."""
    server, log, seen = read_back(
        kit, ["new", "new", "new", "old", "new", "new", "new"])
    steps = seen
    check_ended(server, log, seen, "settled")
    steps["get"] = 3  # what comes next is old
    word, answer = try_raw(ask_for(server, "GetParameter", "one").sign())
    check_equal((word, json.loads(answer.body)["Parameter"]["Version"]),
                ("200", 1), "the stale read")
    regret = eventually(lambda: events_of(log, "regret"), "a regret")[0]
    check_equal((regret["operation"], regret["resource"], regret["read"]),
                ("PutParameter", "/one", "GetParameter"), "regret")
    check("Version" in regret["detail"], regret)
    check_equal(server.end(), 0, "exit status")


def test_read_back_is_denied(kit):
    """That never makes a good write an error."""
    denied = error(b"400 No", "AccessDeniedException")
    for steps in ([denied], ["old", denied]):
        server, log, seen = read_back(kit, steps)
        check_ended(server, log, seen, "unverifiable")
        check_equal(server.end(), 0, "exit status")


def test_read_backs_that_never_work(kit):
    """An accepted write is reported as it is, never lost, never sent again;
    and what the last read-back met is told."""
    cases = (("lost", b"", b"no whole answer came"),
             ("500", error(b"500 No", "InternalServerError"),
              b"InternalServerError"),
             ("throttled", error(b"400 No", "ThrottlingException"),
              b"ThrottlingException"),
             ("not JSON", sized(b"200 OK", b"<html>"), b"GetParameter"))

    def check_case(name, step, words):
        server, log, seen = read_back(kit, [step], "--timeout", "4s")
        answer = check_ended(server, log, seen, "unsettled", "424")
        check_equal(code_of(answer), "PostConditionNotSatisfied", name)
        check(words in answer.body, f"{name}: {answer!r}")
        check_equal(server.end(), 0, "exit status")
    in_parallel(*[lambda case=case: check_case(*case) for case in cases])


def test_read_backs_back_off(kit):
    """Throttled ones come more and more slowly."""
    throttled = error(b"400 No", "ThrottlingException")
    server, log, seen = read_back(kit, [throttled], "--timeout", "3s")
    check_ended(server, log, seen, "unsettled", "424")
    check(seen["get"] < 20, f"{seen['get']} read-backs in 3 s")
    check_equal(server.end(), 0, "exit status")


# ---- everything at once ----

def test_upstream_is_killed(kit):
    """kill -9 in the middle of a held call."""
    emulator = kit.start_emulator(lag=20)
    server = kit.start_settled(emulator, "--timeout", "3s")
    thread, told = [], []
    thread = threading.Thread(target=lambda: told.append(put_one(server)))
    thread.start()
    # Before its answer is back the change would be lost, not held.
    eventually(lambda: len(emulator.control("log")) > 1, "a read-back")
    emulator.kill()
    thread.join(LIMIT_SECONDS)
    check(told, "the call hangs")
    check_equal(told[0][0], "424", repr(told[0][1]))
    check_equal(try_raw(Ask(server).sign())[0], "502", "a read")
    check_equal(server.end(), 0, "exit status")


def test_many_calls_at_once(kit):
    """More callers than workers anywhere; each gets its own answer."""
    server = kit.start_settled(kit.plain())
    ssm = kit.client("ssm", server, max_pool_connections=60)

    def put(number):
        return ssm.put_parameter(Name=f"/many/{number}", Value=str(number),
                                 Type="String")
    answers = in_parallel(*[lambda n=n: put(n) for n in range(40)])
    outcomes = {a["ResponseMetadata"]["HTTPHeaders"]["x-settled-outcome"]
                for a in answers}
    check_equal(outcomes, {"settled"}, "outcomes")
    ids = {a["ResponseMetadata"]["HTTPHeaders"]["x-settled-id"]
           for a in answers}
    check_equal(len(ids), 40, "calls")
