# SPDX-License-Identifier: Apache-2.0
"""The fault server: a real socket that misbehaves on command.

A request says by a word in it what shall happen to it: `fault-PHASE-ROW`, in a
name, a path or a body. PHASE says where the fault strikes (the call itself, or
its read-backs), ROW is an index into faults.ROWS. Whatever has no such word is
answered well. Start at FaultServer; what a fault is made of stands above it.
"""

import json
import re
import socket
import struct
import threading
import time
from collections import Counter

from upstreams import Server

WORD = re.compile(rb"fault-(\w+)-(\d+)")
JSON = b"Content-Type: application/x-amz-json-1.1\r\n"
OK = b"HTTP/1.1 200 OK\r\n" + JSON
LONGEST = 90  # seconds that a fault lasts by itself
MOST_BYTES = 64 * 1024 * 1024


class Hangup(Exception):
    """The connection ends here."""


# ---- what a fault is made of: bytes, pauses in seconds, and these ----

def close(_connection, _server):
    raise Hangup


def reset(connection, _server):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
    raise Hangup


def stall(connection, _server):
    """Says nothing more, until the other side has had enough."""
    connection.settimeout(LONGEST)
    try:
        while connection.recv(65536):
            pass
    except OSError:
        pass
    raise Hangup


def for_ever(piece, pause=0.0):
    """The same again and again; how much was taken is kept."""
    def run(connection, server):
        end = time.monotonic() + LONGEST
        taken = 0
        connection.settimeout(LONGEST)
        try:
            while time.monotonic() < end and taken < MOST_BYTES:
                connection.sendall(piece)
                taken += len(piece)
                if pause:
                    time.sleep(pause)
        except OSError:
            pass
        server.most_taken = max(server.most_taken, taken)
        raise Hangup
    return run


def dripped(data, pause=1.0):
    """A byte at a time."""
    steps = []
    for at in range(len(data)):
        steps += [data[at:at + 1], pause]
    return tuple(steps)


def sized(status, body, *lines):
    """A whole answer. None of them leaves a connection open: so whoever comes
    next meets a fault of its own only, and what is left open is left by us."""
    head = b"HTTP/1.1 " + status + b"\r\n" + JSON
    head += b"".join(line + b"\r\n" for line in lines)
    return (head + b"Connection: close\r\nContent-Length: %d\r\n\r\n"
            % len(body) + body)


def error(status, code, *lines):
    body = json.dumps({"__type": code, "message": f"{code}, says AWS"})
    return sized(status, body.encode(), *lines)


# ---- the server ----

def receive(connection):
    """One request as it came; None when the peer has closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    while len(body) < (int(found[1]) if found else 0):
        piece = connection.recv(65536)
        if not piece:
            return None
        body += piece
    return head + b"\r\n\r\n" + body


class FaultServer:
    """`rows[ROW]` is what happens; in the phase `back` to the first read-backs of
    a change, and to nothing else; in the phase `change` to all but those; in the
    phase `once` to the first call of each operation."""

    def __init__(self, rows, wrap=None):
        self.rows = rows
        self.wrap = wrap
        self.counts = Counter()
        self.written = {}
        self.heard = []
        self.most_taken = 0
        self.lock = threading.Lock()
        self.server = Server(self.serve)
        self.url = self.server.url

    def count(self, operation, word):
        with self.lock:
            return self.counts[operation, word]

    def note(self, request):
        target = re.search(rb"(?i)x-amz-target: *\w+\.(\w+)", request)
        operation = target[1].decode() if target else "other"
        found = WORD.search(request)
        word = found[0].decode() if found else ""
        with self.lock:
            self.heard.append((operation, request.partition(b"\r\n\r\n")[2]))
            self.counts[operation, word] += 1
            number = self.counts[operation, word]
            if operation == "PutParameter":
                body = request.partition(b"\r\n\r\n")[2]
                self.written[word] = (json.loads(body), time.time())
        return operation, found, number

    def strikes_now(self, operation, found, number):
        if found is None:
            return False
        if found[1] == b"change":
            return operation != "GetParameter"
        if found[1] == b"back":
            # A read-back waits for 10 s: one of those is enough.
            strikes = 1 if stall in self.rows[int(found[2])] else 2
            return operation == "GetParameter" and number <= strikes
        if found[1] == b"once":
            return number == 1
        return True

    def good(self, operation, found):
        word = found[0].decode() if found else ""
        if operation == "PutParameter":
            return sized(b"200 OK", b'{"Version":1,"Tier":"Standard"}')
        if operation == "GetParameter" and word in self.written:
            asked, when = self.written[word]
            body = json.dumps({"Parameter": {
                "Name": asked["Name"], "Value": asked["Value"],
                "Type": asked["Type"], "Version": 1,
                "LastModifiedDate": when}}).encode()
            return sized(b"200 OK", body)
        if operation in ("CreateSecret", "DescribeSecret"):
            return sized(b"200 OK", json.dumps({
                "ARN": f"arn:aws:secretsmanager:eu-west-1:123456789012:"
                       f"secret:{word}-AbCdEf", "Name": word}).encode())
        return error(b"400 Bad Request", "ParameterNotFound")

    def serve(self, connection):
        connection = self.wrap(connection) if self.wrap else connection
        try:
            request = receive(connection)
            if request is None:
                return
            operation, found, number = self.note(request)
            if self.strikes_now(operation, found, number):
                self.strike(connection, self.rows[int(found[2])])
            else:
                connection.sendall(self.good(operation, found))
        except Hangup:
            pass
        finally:
            connection.close()

    def strike(self, connection, steps):
        for step in steps:
            if isinstance(step, bytes):
                connection.sendall(step)
            elif isinstance(step, float):
                time.sleep(step)
            else:
                step(connection, self)


# ---- rules under which faults do not wait for each other ----

SECRETS = {
    "service": "secretsmanager",
    "rules": [{
        "operation": "CreateSecret", "resource": "request.Name",
        "confirm": [{
            "name": "secret", "read": "DescribeSecret",
            "input": {"SecretId": "request.Name"},
            "success": "read.Name == request.Name",
        }],
    }],
}
PARAMETERS = {
    "service": "ssm",
    "rate": {"per_second": 2000},
    "defaults": {"IntervalSeconds": 0.05, "BackoffRate": 1.2,
                 "MaxDelaySeconds": 0.3, "TimeoutSeconds": 40,
                 "consecutive": 2},
    "rules": [{
        "operation": "PutParameter", "resource": "request.Name",
        "confirm": [{
            "name": "value", "read": "GetParameter",
            "input": {"Name": "request.Name"},
            "success": "read.Parameter.Version == response.Version",
            "retry": ["ParameterNotFound"],
        }],
    }],
    # So its answers are read whole.
    "reads": [{"operation": "GetParameter", "resource": "request.Name",
               "value": "response.Parameter.Version"}],
}


def start_settled(kit, upstream, *options):
    return kit.start_settled(upstream, *options_of(kit), *options)


def options_of(kit):
    """The times leave room for an upstream of many threads that is late."""
    return ("--no-builtin-rules", "--rules", rules_folder(kit),
            "--upstream-timeout", "6s", "--timeout", "30s")


def rules_folder(kit):
    folder = kit.path("rules")
    folder.mkdir()
    for rules in (PARAMETERS, SECRETS):
        (folder / f"{rules['service']}.json").write_text(json.dumps(rules))
    return folder


def events_of(log, *kinds):
    """The events of a log of those kinds; a line that is none fails."""
    events = [json.loads(line) for line in log.read_text().splitlines()]
    return [event for event in events if event["event"] in kinds]


def outcomes_of(log):
    """What became of each change, by its resource; "none" when AWS refused
    it or nothing was sent."""
    return {event.get("resource"): event.get("outcome", "none") for event
            in events_of(log, "call-answered", "settle-finished",
                         "call-refused")}
