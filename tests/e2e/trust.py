# SPDX-License-Identifier: Apache-2.0
"""TLS upstream that goes wrong: before anything is sent it is a clear error,
which says that nothing was; after that it is a lost answer like any other.
"""

import threading

from authority import DAY, Authority
from faulty import (LONGEST, OK, FaultServer, close, outcomes_of, reset, stall,
                    start_settled)
from faults import GOOD, LIMIT_SECONDS, good_call, strike
from harness import check, check_equal, in_parallel
from upstreams import Server


def authorities(kit):
    folder = kit.path("trust")
    return Authority(folder, "good"), Authority(folder, "other")


def secure(url):
    return url.replace("http:", "https:")


def test_refused_before_anything_is_sent(kit):
    good, other = authorities(kit)
    gate = threading.Event()
    servers = {
        "another authority": FaultServer([], other.context()),
        "another name": FaultServer([], good.context("example.com")),
        "another address": FaultServer([], good.context("127.0.0.2")),
        "expired": FaultServer([], good.context("127.0.0.1", -DAY)),
        "no TLS at all": FaultServer([]),
        "closed at once": Server(lambda connection: None),
        "closed amid the handshake": Server(lambda c: c.recv(10)),
        "an alert": Server(lambda c: (c.recv(999), c.sendall(
            b"\x15\x03\x03\x00\x02\x02\x28"))),
        "a handshake that stalls": Server(lambda c: gate.wait(LONGEST)),
    }
    words = {"another authority": b"certificate", "another name": b"name",
             "another address": b"name", "expired": b"expired"}

    def refuse(name, upstream):
        log = kit.path("trust.jsonl")
        server = start_settled(kit, secure(upstream.url), "--log", log,
                               "--ca-bundle", good.bundle)
        for phase in ("read", "stream", "change"):
            word, answer, seconds = strike(server, phase, 0)
            check_equal(word, "502", f"{name}: {phase}")
            check(b"UpstreamUnreachable" in answer.body
                  and b"nothing was sent to" in answer.body,
                  f"{name}: {answer!r}")
            check(words.get(name, b"") in answer.body.lower(),
                  f"{name}: {answer!r}")
            check(seconds < LIMIT_SECONDS, f"{name}: it took {seconds:.1f} s")
        check("unknown" not in outcomes_of(log).values(), name)
        check_equal(server.end(), 0, "exit status")
        if isinstance(upstream, FaultServer):
            check_equal(upstream.heard, [], f"{name}: what was sent")
    in_parallel(*[lambda case=case: refuse(*case)
                  for case in servers.items()])
    gate.set()


def test_lost_after_it_was_sent(kit):
    good, _ = authorities(kit)
    rows = [(close,), (reset,), (stall,),
            (OK + b"Content-Length: 99\r\n\r\n{", close),
            (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", close),
            (OK + b"\r\n" + GOOD, close)]  # anybody could have cut it off
    upstream = FaultServer(rows, good.context())
    log = kit.path("trust.jsonl")
    server = start_settled(kit, secure(upstream.url), "--log", log,
                           "--ca-bundle", good.bundle)
    with server.unharmed(lambda: good_call(server)):
        told = in_parallel(*[lambda row=row: strike(server, "change", row)
                             for row in range(len(rows))])
        back = strike(server, "back", 0)
    check_equal([word for word, _, _ in told], ["dropped"] * len(rows),
                "answers")
    check_equal(back[0], "200", "lost read-backs")
    outcomes = outcomes_of(log)
    for row in range(len(rows)):
        word = f"fault-change-{row}"
        check_equal(outcomes[f"/{word}"], "unknown", word)
        check_equal(upstream.count("PutParameter", word), 1, word)


def say_all(connection, _server):
    """By TLS itself: this was the end."""
    connection.unwrap()


def test_an_end_that_anybody_can_make_is_none(kit):
    """Where nothing else says how long an answer is. By what curl tells, an end
    that was said looks no better."""
    good, _ = authorities(kit)
    upstream = FaultServer([(OK + b"\r\n" + GOOD, close),
                            (OK + b"\r\n" + GOOD, say_all, close)],
                           good.context())
    server = start_settled(kit, secure(upstream.url), "--ca-bundle",
                           good.bundle)
    with server.unharmed(lambda: good_call(server)):
        for row in range(2):
            for phase in ("read", "stream", "change"):
                word, answer, _ = strike(server, phase, row)
                check(word in ("502", "broken", "dropped"),
                      f"{phase}, {row}: {word} {answer!r}")
