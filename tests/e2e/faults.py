# SPDX-License-Identifier: Apache-2.0
"""Faults upstream: a clear error, no hang, and the next call is answered."""

import json
import os
import socket
import threading
import time

import botocore.exceptions
from harness import Failed, check, check_equal, eventually, in_parallel
from upstreams import Server, read_request

LIMIT_SECONDS = 10
ANSWER = (b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
          b"x-amzn-RequestId: 11111111-2222\r\n")
LAST_ANSWER = ANSWER + b"Connection: close\r\n"


def settled(kit, upstream, *options):
    return kit.start_settled(upstream, "--max-hold", "2s",
                             "--upstream-timeout", "2s", *options)


def put(kit, server):
    return kit.client("ssm", server).put_parameter(
        Name=f"/fault/{kit.number()}", Value="one", Type="String")


def read(kit, server):
    return kit.client("ssm", server).get_parameter(Name="/fault/none")


def check_error(kit, server, call, least=500):
    """The call ends in an error in the client's protocol, in time."""
    began = time.monotonic()
    try:
        call(kit, server)
    except botocore.exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        check(status == 424 or status >= least, error)
        check(len(error.response["Error"]["Message"]) > 10, error)
        found = error.response["Error"]["Code"]
    except botocore.exceptions.BotoCoreError as error:
        raise Failed(f"no AWS error but {error!r}") from error
    else:
        raise Failed("the call should have failed")
    seconds = time.monotonic() - began
    check(seconds < LIMIT_SECONDS, f"it took {seconds:.1f} s")
    check(server.alive(), "settled has ended")
    return found


def reply(connection, body, status=ANSWER):
    connection.sendall(status + b"Content-Length: %d\r\n\r\n" % len(body)
                       + body)


def good_answer(connection):
    """Answers each request as a service would: nothing is there."""
    while True:
        head, _ = read_request(connection)
        if not head:
            return
        reply(connection, b'{"__type":"ParameterNotFound","message":"none"}',
              ANSWER.replace(b"200 OK", b"400 Bad Request"))


class Moody:
    """An upstream whose mood the test sets."""

    def __init__(self, mood):
        self.mood = mood
        self.server = Server(lambda connection: self.mood(connection))
        self.url = self.server.url


def check_recovers(kit, upstream, server):
    upstream.mood = good_answer
    try:
        read(kit, server)
    except botocore.exceptions.ClientError as error:
        check_equal(error.response["Error"]["Code"], "ParameterNotFound",
                    "the next call")


def play(kit, mood, *options):
    """Reads and writes against that mood, then against a good one."""
    for call in (read, put):
        upstream = Moody(mood)
        server = settled(kit, upstream, *options)
        check_error(kit, server, call)
        check_recovers(kit, upstream, server)
        check_equal(server.end(), 0, "exit status")


def test_not_listening(kit):
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    listener.close()
    server = settled(kit, f"http://127.0.0.1:{port}")
    for call in (read, put):
        check_error(kit, server, call)
    check_equal(server.end(), 0, "exit status")


def test_never_answers(kit):
    def silent(connection):
        read_request(connection)
        connection.recv(1)
    play(kit, silent)


def test_never_reads(kit):
    gate = threading.Event()
    play(kit, lambda connection: gate.wait(20))
    gate.set()


def test_closes_at_once(kit):
    play(kit, lambda connection: None)


def test_resets(kit):
    def reset(connection):
        read_request(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              b"\x01\x00\x00\x00\x00\x00\x00\x00")
    play(kit, reset)


def test_half_a_head(kit):
    def half(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Ty")
    play(kit, half)


def test_not_http(kit):
    def junk(connection):
        read_request(connection)
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" + bytes(200))
    play(kit, junk)


def test_half_a_body(kit):
    """The head is passed on while a plain call streams, so its client sees a
    broken body; a call with a rule is answered with an error."""
    def half(connection):
        read_request(connection)
        connection.sendall(ANSWER + b"Content-Length: 1000\r\n\r\n{\"Ver")
    upstream = Moody(half)
    server = settled(kit, upstream)
    check_error(kit, server, put)
    client = kit.client("ssm", server, read_timeout=8)
    began = time.monotonic()
    try:
        client.get_parameter(Name="/fault/none")
    except botocore.exceptions.BotoCoreError:
        pass
    except botocore.exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        check(status >= 500, error)
    else:
        raise Failed("half a body was taken for a whole one")
    check(time.monotonic() - began < LIMIT_SECONDS, "it took too long")
    check_recovers(kit, upstream, server)


def test_body_that_stalls(kit):
    def stall(connection):
        read_request(connection)
        connection.sendall(ANSWER + b"Content-Length: 1000\r\n\r\n{\"Ver")
        connection.recv(1)
    upstream = Moody(stall)
    server = settled(kit, upstream)
    check_error(kit, server, put)
    check_recovers(kit, upstream, server)


def test_answer_is_not_json(kit):
    """A 200 that is not what the service speaks: AWS's answer is given, the
    change cannot be confirmed; nothing hangs."""
    def odd(connection):
        read_request(connection)
        reply(connection, b"<html>hello</html>", LAST_ANSWER)
    upstream = Moody(odd)
    server = settled(kit, upstream, "--timeout", "1s")
    try:
        put(kit, server)
    except (botocore.exceptions.ClientError,
            botocore.exceptions.BotoCoreError, ValueError):
        pass
    check(server.alive(), "settled has ended")
    check_recovers(kit, upstream, server)


def test_deeply_nested_answer(kit):
    def bomb(connection):
        read_request(connection)
        reply(connection, b'{"Version":' + b"[" * 100_000, LAST_ANSWER)
    upstream = Moody(bomb)
    server = settled(kit, upstream, "--timeout", "1s")
    try:
        put(kit, server)
    except (botocore.exceptions.ClientError,
            botocore.exceptions.BotoCoreError, ValueError,
            RecursionError):  # boto3's own, when it is given the bomb
        pass
    check(server.alive(), "settled has ended")
    check_recovers(kit, upstream, server)


def answer_writes(read_back):
    """Writes are accepted; each read-back meets `read_back`."""
    def mood(connection):
        while True:
            head, body = read_request(connection)
            if not head:
                return
            if b"PutParameter" in head:
                reply(connection, b'{"Version":1,"Tier":"Standard"}')
            elif not read_back(connection, body):
                return
    return mood


def error(status, code):
    def mood(connection, body):
        reply(connection, json.dumps({"__type": code, "message": "m"})
              .encode(), b"HTTP/1.1 %d No\r\nContent-Type: "
              b"application/x-amz-json-1.1\r\n" % status)
        return True
    return mood


def test_read_backs_that_fail(kit):
    """An accepted write is reported as it is, never lost, never retried."""
    for name, mood in (("lost connections", lambda *_: False),
                       ("500", error(500, "InternalServerError")),
                       ("throttling", error(400, "ThrottlingException"))):
        upstream = Moody(answer_writes(mood))
        server = settled(kit, upstream, "--timeout", "1s")
        code = check_error(kit, server, put, least=424)
        check_equal(code, "PostConditionNotSatisfied", name)
        check_equal(server.end(), 0, "exit status")


def test_read_back_is_denied(kit):
    """That never makes a good write an error."""
    upstream = Moody(answer_writes(error(400, "AccessDeniedException")))
    server = settled(kit, upstream)
    answer = put(kit, server)
    check_equal(answer["ResponseMetadata"]["HTTPHeaders"]
                .get("x-settled-outcome"), "unverifiable", "outcome")


def test_upstream_is_killed(kit):
    """kill -9 in the middle of a held call."""
    emulator = kit.start_emulator(lag=20)
    server = settled(kit, emulator, "--timeout", "3s")
    result = []

    def call():
        try:
            result.append(check_error(kit, server, put, least=424))
        except Exception as why:
            result.append(why)
    thread = threading.Thread(target=call)
    thread.start()
    while not emulator.control("log"):
        pass
    emulator.kill()
    thread.join(LIMIT_SECONDS)
    check(result, "the call hangs")
    check(isinstance(result[0], str), result)
    check_error(kit, server, read)
    check_equal(server.end(), 0, "exit status")


def test_client_that_leaves_mid_body(kit):
    upstream = Moody(good_answer)
    server = settled(kit, upstream)
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port), 5) as half:
            half.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                         b"Content-Length: 100\r\n\r\nabc" % server.port)
    check_recovers(kit, upstream, server)
    check_equal(server.end(), 0, "exit status")


def test_descriptors_are_given_back(kit):
    upstream = Moody(good_answer)
    server = settled(kit, upstream)

    def count():
        return len(os.listdir(f"/proc/{server.pid}/fd"))
    check_recovers(kit, upstream, server)
    before = count()
    for _ in range(30):
        with socket.create_connection(("127.0.0.1", server.port), 5) as left:
            left.sendall(b"POST / HTTP/1.1\r\n")
        check_recovers(kit, upstream, server)
    eventually(lambda: count() <= before + 35, "descriptors to be given back")


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
