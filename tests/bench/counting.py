# SPDX-License-Identifier: Apache-2.0
"""User instructions of a hop, counted by valgrind's callgrind.

Virtual machines rarely have the CPU's own counters, so nobody's are used: all
peers are counted in one way. Two runs differ in the number of calls alone, so
what starting and ending cost is in neither figure. valgrind knows no SHA
instructions: libcrypto's part is larger here than on such a CPU, so it is told
apart."""

import re
import selectors
import socket
from pathlib import Path

from machine import say
from peers import PEERS, signed_headers, stub


def request_for(peer):
    headers, body = signed_headers(peer.url.removeprefix("http://"))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (f"POST / HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
            f"{body}").encode()


def is_whole(answer):
    head, blank, body = answer.partition(b"\r\n\r\n")
    if not blank:
        return False
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"bench: {head.decode()}")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return len(body) >= int(length.group(1))


def make_calls(peer, connections, count):
    """Just so many, each connection with one under way: wrk goes by time."""
    text, answers = request_for(peer), {}
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            one = socket.create_connection(("127.0.0.1", peer.port))
            selector.register(one, selectors.EVENT_READ)
            answers[one] = b""
            one.sendall(text)
        sent, done = connections, 0
        while done < count:
            for key, _ in selector.select():
                one = key.fileobj
                piece = one.recv(65536)
                if not piece:
                    raise SystemExit(f"bench: {peer.url} hung up")
                answers[one] += piece
                if is_whole(answers[one]):
                    answers[one] = b""
                    done += 1
                    if sent < count:
                        one.sendall(text)
                        sent += 1
        for one in answers:
            one.close()


# ---- callgrind's file ----

def add_costs(text):
    """By object, each function's own: lines after `calls=` are its callees'."""
    names, costs, where, skip = {}, {}, "", False
    for line in text.splitlines():
        if line.startswith("ob="):
            number, _, name = line[3:].partition(" ")
            where = names.setdefault(number, name)
        elif line.startswith("calls="):
            skip = True
        elif re.match(r"[+*\-\d]", line):
            if not skip:
                fields = line.split()
                if len(fields) > 1:
                    costs[where] = costs.get(where, 0) + int(fields[1])
            skip = False
        elif re.match(r"c?(ob|fi|fn)=|cfi=|cob=|fe=|fl=", line):
            match = re.match(r"cob=(\(\d+\)) (.+)", line)
            if match:
                names.setdefault(*match.groups())
    return costs


def counted(name, folder, upstream, connections, calls):
    file = folder / "callgrind.out"
    file.unlink(missing_ok=True)
    prefix = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={file}")
    with PEERS[name](folder, upstream.port, prefix) as peer:
        make_calls(peer, connections, calls)
    costs = add_costs(file.read_text())
    if not costs:
        raise SystemExit(f"bench: callgrind counted nothing of {name}")
    crypto = sum(cost for place, cost in costs.items()
                 if Path(place).name.startswith("libcrypto"))
    return sum(costs.values()), crypto


def run(options, folder):
    figures = []
    with stub(folder, cpu=1) as upstream:
        for name in options.peer:
            if name in ("direct", "aws-sigv4-proxy"):
                continue
            for connections in options.connections:
                few, many = 10 * connections, 10 * connections + options.calls
                first = counted(name, folder, upstream, connections, few)
                second = counted(name, folder, upstream, connections, many)
                each, crypto = ((b - a) / options.calls
                                for a, b in zip(first, second))
                figures.append({"peer": name, "connections": connections,
                                "instructions": each, "libcrypto": crypto})
                say(f"{connections} connections: {name} {each:.0f} "
                    f"instructions a call")
    return figures
