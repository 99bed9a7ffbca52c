#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments, under load: no change is ever sent twice by
settled, and log and recording can be read afterwards.

A dozen rounds are part of the suite; a thousand, by hand:

    build/venv/bin/python tests/e2e/killing.py --settled PATH --rounds 1000
"""

import argparse
import json
import random
import sys
import threading
import time
import uuid
from collections import Counter

from faulty import options_of, receive, sized
from harness import PATIENCE_SECONDS, Kit, check, check_equal, eventually
from upstreams import Server
from wire import Ask, try_raw

CALLERS = 8
ROUNDS_OF_A_FILE = 50
LOST_OF_HUNDRED = 5


class CountingServer:
    """Makes every change, and counts; some of its answers are lost."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.taken = Counter()
        self.kept = {}
        self.server = Server(self.serve)
        self.url = self.server.url

    def arrived(self):
        with self.lock:
            return sum(self.taken.values())

    def answer(self, request):
        """None: the answer is lost."""
        body = json.loads(request.partition(b"\r\n\r\n")[2])
        with self.lock:
            if b".PutParameter" in request:
                self.taken[body["Value"]] += 1
                self.kept[body["Name"]] = body["Value"]
                lost = self.random.randrange(100) < LOST_OF_HUNDRED
                return None if lost else b'{"Version":1}'
            return json.dumps({"Parameter": {
                "Version": 1, "Name": body["Name"],
                "Value": self.kept.get(body["Name"], "")}}).encode()

    def serve(self, connection):
        request = receive(connection)
        if request is None:
            return
        time.sleep(self.random.random() * 0.01)
        answer = self.answer(request)
        if answer is not None:
            connection.sendall(sized(b"200 OK", answer))


class Caller:
    """One client: goes on to the next change when the last one was answered,
    and comes again with the same one, and its id, when it was not."""

    def __init__(self, number):
        self.number = number
        self.made = 0
        self.sent = Counter()
        self.answered = Counter()
        self.next_change()

    def next_change(self):
        self.made += 1
        self.value = f"{self.number}-{self.made}"
        self.invocation = str(uuid.uuid4())

    def call(self, server):
        ask = Ask(server, "AmazonSSM.PutParameter", json.dumps({
            "Name": f"/kill/{self.number}", "Value": self.value,
            "Type": "String", "Overwrite": True}).encode(),
            **{"amz-sdk-invocation-id": self.invocation}).sign()
        self.sent[self.value] += 1
        try:
            word, _ = try_raw(ask)
        except OSError:  # nobody listens any more
            return False
        if word == "200":
            self.answered[self.value] += 1
            self.next_change()
        return word in ("200", "dropped")

    def run(self, server):
        while self.call(server):
            pass


def one_round(kit, upstream, callers, chance, files):
    log, tape = files
    server = kit.start_settled(upstream, *options_of(kit), "--log", log,
                               "--record", tape)
    threads = [threading.Thread(target=caller.run, args=(server,))
               for caller in callers]
    before = upstream.arrived()
    for thread in threads:
        thread.start()
    # As many as it takes to prove something, however slow the machine is.
    eventually(lambda: upstream.arrived() >= before + CALLERS,
               "calls to be under way")
    time.sleep(chance.uniform(0, 0.3))
    server.kill()
    for thread in threads:
        thread.join(2 * PATIENCE_SECONDS)
        check(not thread.is_alive(), "a caller hangs")


def check_counts(upstream, callers):
    """Of each change: how often its client sent it, how often it arrived."""
    again = 0
    for caller in callers:
        for value, sent in caller.sent.items():
            taken = upstream.taken[value]
            check(taken <= sent, f"{value} was sent {sent} times by its client"
                  f", and arrived {taken} times")
            check(taken > 0 or not caller.answered[value],
                  f"{value} was answered, and never arrived")
            again += sent > 1
    return again


def check_files(kit, files):
    """Readable, but for what was being written when the end came."""
    log, tape = files
    report = kit.run_settled("report", log, "--json")
    check_equal(report.returncode, 0, report.stderr[-300:])
    checked = kit.run_settled("check", tape)
    check_equal(checked.returncode, 0, (checked.stderr + checked.stdout)[-300:])


def torn_lines(file):
    torn = 0
    for line in file.read_text(errors="replace").split("\n"):
        try:
            json.loads(line or "{}")
        except ValueError:
            torn += 1
    return torn


def play(kit, rounds, seed, tell=lambda text: None):
    chance = random.Random(seed)
    upstream = CountingServer(seed)
    callers = [Caller(number) for number in range(CALLERS)]
    files, torn = None, 0
    for number in range(rounds):
        if number % ROUNDS_OF_A_FILE == 0:
            files = kit.path("killed.jsonl"), kit.path("killed-tape.jsonl")
        one_round(kit, upstream, callers, chance, files)
        last = number == rounds - 1
        if last or number % ROUNDS_OF_A_FILE == ROUNDS_OF_A_FILE - 1:
            again = check_counts(upstream, callers)
            check_files(kit, files)
            torn += sum(torn_lines(file) for file in files)
            tell(f"{number + 1} rounds: {sum(c.made for c in callers)} "
                 f"changes, {again} sent more than once by their clients, "
                 f"{sum(upstream.taken.values())} arrived, none more often "
                 f"than it was sent; {torn} torn lines")
    return upstream, callers


def test_a_dozen_times(kit):
    upstream, callers = play(kit, 12, 1)
    check(sum(upstream.taken.values()) > 50, "too little was under way")
    check(any(sent > 1 for caller in callers
              for sent in caller.sent.values()), "nobody had to come again")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settled", required=True)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    kit = Kit(options.settled, False)
    try:
        play(kit, options.rounds, options.seed,
             lambda text: print(text, flush=True))
    finally:
        kit.end()


if __name__ == "__main__":
    sys.exit(main())
