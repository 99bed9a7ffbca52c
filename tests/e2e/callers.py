# SPDX-License-Identifier: Apache-2.0
"""Clients that misbehave, by raw sockets: each is answered or let go, what they
had asked for is done once or not at all, and nobody else notices.
"""

import contextlib
import json
import signal
import socket
import struct
import threading
import time

from faulty import (LONGEST, FaultServer, error, events_of, outcomes_of,
                    start_settled)
from harness import check, check_equal, eventually, in_parallel
from wire import Ask, check_silent, code_of, read_answer

NOT_YET = error(b"400 No", "ParameterNotFound")
# Two read-backs say "not yet", half a second each: so long a change is held.
LATE = (0.5, NOT_YET)


def begin(kit, *options, rows=(LATE,) * 40):
    upstream = FaultServer(rows)
    log = kit.path("callers.jsonl")
    return upstream, log, start_settled(kit, upstream, "--log", log, *options)


def a_read(server):
    return Ask(server).sign()


def a_change(server, word):
    return Ask(server, "AmazonSSM.PutParameter", json.dumps(
        {"Name": f"/{word}", "Value": "one", "Type": "String"}).encode()
        ).sign()


def good_call(server):
    check_equal(code_of(a_read(server).send()), "ParameterNotFound",
                "a good call")


def connected(server):
    return server.connect()


def read(connection, count):
    """So many answers; None for one that did not come."""
    with connection.makefile("rb") as stream:
        return [read_answer(stream) for _ in range(count)]


def hang_up(connection):
    """By a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
    connection.close()


def settled_once(upstream, log, word):
    eventually(lambda: outcomes_of(log).get(f"/{word}") == "settled",
               f"{word} to settle")
    check_equal(upstream.count("PutParameter", word), 1, f"{word}: sent")


def held_until(gate):
    """What to answer read-backs with, so that a change is held until then."""
    return lambda _connection, _server: gate.wait(LONGEST), NOT_YET


def is_gone(log, word):
    return [event for event in events_of(log, "client-gone")
            if event.get("resource") == f"/{word}"]


# ---- they leave ----

def test_leaves_while_held(kit):
    """By a reset, or by closing: it is noticed while nothing else happens; its
    change is confirmed all the same."""
    gates = [threading.Event(), threading.Event()]
    upstream, log, server = begin(kit, rows=[held_until(g) for g in gates])
    with server.unharmed(lambda: good_call(server)):
        for row, leave in enumerate((hang_up, socket.socket.close)):
            word = f"fault-back-{row}"
            ask = a_change(server, word)
            with connected(server) as client:
                client.sendall(ask.head() + ask.body)
                eventually(lambda: upstream.count("GetParameter", word),
                           "the first read-back")
                leave(client)
            eventually(lambda: is_gone(log, word), "its leaving in the log")
            check_equal(outcomes_of(log).get(f"/{word}"), "none",
                        "the outcome so far")
            gates[row].set()
            settled_once(upstream, log, word)


def test_leaves_and_comes_again_unseen(kit):
    """An old client gave up, and sent the same once more, before settled had
    seen any of it: a change is sent once all the same."""
    upstream, log, server = begin(kit)
    for row, leave in enumerate((hang_up, socket.socket.close)):
        word = f"fault-back-{row}"
        ask = a_change(server, word)
        server.signal(signal.SIGSTOP)
        try:
            first, second = server.connect(), server.connect()
            for one in (first, second):
                one.sendall(ask.head() + ask.body)
            leave(first)
        finally:
            server.signal(signal.SIGCONT)
        with second:
            check_equal([a and a.status for a in read(second, 1)], [200], word)
        settled_once(upstream, log, word)
    check_equal(server.end(), 0, "exit status")


def test_leaves_while_it_sends(kit):
    """What did not come whole is not sent on."""
    upstream, log, server = begin(kit)
    asks = [a_change(server, f"fault-back-{row}") for row in range(20)]
    with server.unharmed(lambda: good_call(server)):
        for number, ask in enumerate(asks):
            with connected(server) as client:
                head = ask.head()
                client.sendall((head + ask.body)[:len(head) - 10 + number])
                time.sleep(0.02)
                (hang_up if number % 2 else socket.socket.close)(client)
    check_equal([operation for operation, _ in upstream.heard
                 if operation == "PutParameter"], [], "sent on")
    check_equal(set(outcomes_of(log)), {"/none"}, "of the good calls only")


def test_leaves_before_its_answer(kit):
    """At once after the last byte: it may be sent on or not, but once."""
    upstream, log, server = begin(kit)
    asks = [a_change(server, f"fault-back-{row}") for row in range(20)]
    with server.unharmed(lambda: good_call(server)):
        for ask in asks:
            with connected(server) as client:
                client.sendall(ask.head() + ask.body)
                hang_up(client)
    # What is to be sent on has been by now.
    for row in range(20):
        word = f"fault-back-{row}"
        if upstream.count("PutParameter", word):
            settled_once(upstream, log, word)


def test_leaves_amid_its_answer(kit):
    upstream, _, server = begin(kit)
    with server.unharmed(lambda: good_call(server)):
        for _ in range(20):
            ask = a_read(server)
            with connected(server) as client:
                client.sendall(ask.head() + ask.body)
                client.recv(20)
                hang_up(client)


def test_half_closes(kit):
    """It has no more to say, and still waits for its answer."""
    upstream, log, server = begin(kit)
    with server.unharmed(lambda: good_call(server)):
        late = Ask(server, body=b'{"Name":"/fault-read-0"}').sign()
        for ask, status in ((a_read(server), 400), (late, 400),
                            (a_change(server, "fault-back-0"), 200)):
            with connected(server) as client:
                client.sendall(ask.head() + ask.body)
                client.shutdown(socket.SHUT_WR)
                answer, = read(client, 1)
            check(answer is not None, f"no answer to {ask.body}")
            check_equal(answer.status, status, repr(answer))
    settled_once(upstream, log, "fault-back-0")


# ---- they send oddly ----

def test_pipelines(kit):
    """All at once on one connection: answered in order, a held one too."""
    upstream, log, server = begin(kit)
    asks = [a_read(server), a_change(server, "fault-back-0"), a_read(server),
            a_change(server, "fault-back-1"), a_read(server)]
    with server.unharmed(lambda: good_call(server)):
        with connected(server) as client:
            client.sendall(b"".join(ask.head() + ask.body for ask in asks))
            statuses = [answer.status for answer in read(client, len(asks))]
    check_equal(statuses, [400, 200, 400, 200, 400], "answers, in order")
    for row in (0, 1):
        settled_once(upstream, log, f"fault-back-{row}")


def test_pipelines_and_leaves(kit):
    """The first is under way, the others are not begun: they never are."""
    gate = threading.Event()
    upstream, log, server = begin(kit, rows=[held_until(gate)] * 3)
    words = [f"fault-back-{row}" for row in range(3)]
    with server.unharmed(lambda: good_call(server)):
        with connected(server) as client:
            for word in words:
                ask = a_change(server, word)
                client.sendall(ask.head() + ask.body)
            eventually(lambda: upstream.count("PutParameter", words[0]),
                       "the first")
            hang_up(client)
        eventually(lambda: is_gone(log, words[0]), "its leaving in the log")
        gate.set()
        settled_once(upstream, log, words[0])
    for word in words[1:]:
        check_equal(upstream.count("PutParameter", word), 0, word)


def send_slowly(server, pieces):
    with connected(server) as client:
        for piece in pieces:
            if isinstance(piece, float):
                time.sleep(piece)
            else:
                client.sendall(piece)
        return read(client, 1)[0]


def bytes_of(data, pause):
    return [step for at in range(len(data))
            for step in (data[at:at + 1], pause)]


def test_sends_late(kit):
    """Late, or a byte at a time: it is answered when all is there."""
    upstream, log, server = begin(kit)

    def change(row, steps_of):
        ask = a_change(server, f"fault-back-{row}")
        answer = send_slowly(server, steps_of(ask))
        check(answer is not None and answer.status == 200, repr(answer))
        settled_once(upstream, log, f"fault-back-{row}")
    with server.unharmed(lambda: good_call(server), 5):
        in_parallel(
            lambda: change(0, lambda a: [a.head(), 1.0, a.body]),
            lambda: change(1, lambda a: [a.head(), *bytes_of(a.body, 0.02)]),
            lambda: change(2, lambda a: [*bytes_of(a.head(), 0.002), a.body]),
            lambda: change(3, lambda a: [a.head()[:30], 1.0, a.head()[30:],
                                         a.body[:5], 0.5, a.body[5:]]),
            lambda: change(4, lambda a: [1.0, a.head() + a.body]))


def test_never_sends_its_body(kit):
    """Many of them wait; others are served, and the end does not wait."""
    upstream, _, server = begin(kit, "--grace", "1s")
    ask = a_change(server, "never")
    with contextlib.ExitStack() as all_of_them:
        clients = [all_of_them.enter_context(connected(server))
                   for _ in range(50)]
        for client in clients:
            client.sendall(ask.head() + ask.body[:5])
        good_call(server)
        for client in clients:
            check_silent(client)
        check_equal(server.end(), 0, "exit status")
    check_equal(upstream.count("PutParameter", ""), 0, "sent on")


def test_sends_too_little(kit):
    """Less than it declared, and then no more: refused, nothing is sent on."""
    upstream, _, server = begin(kit)
    ask = a_change(server, "little")
    with server.unharmed(lambda: good_call(server)):
        with connected(server) as client:
            client.sendall(ask.head() + ask.body[:-1])
            client.shutdown(socket.SHUT_WR)
            answer, = read(client, 1)
    check(answer is None or answer.status == 400, repr(answer))
    check_equal(upstream.count("PutParameter", ""), 0, "sent on")


def test_sends_too_much(kit):
    """What follows is no part of the first call, and no call of its own."""
    upstream, log, server = begin(kit)
    ask = a_change(server, "fault-back-0")
    with server.unharmed(lambda: good_call(server)):
        with connected(server) as client:
            client.sendall(ask.head() + ask.body + b"and more\r\n\r\n" * 3)
            first, second = read(client, 2)
    check_equal(first.status, 200, repr(first))
    check(second is None or second.status == 400, repr(second))
    settled_once(upstream, log, "fault-back-0")
