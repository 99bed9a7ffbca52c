# SPDX-License-Identifier: Apache-2.0
"""TLS upstream that goes well (trust.py is about the rest): connections that are
kept, bodies of any size at any pace. The upstream is a thread of the test run.
"""

import hashlib
import time

from authority import Authority
from harness import check, check_equal, eventually, in_parallel
from relay import BIG, MIB, MOST_GROWTH, Zeros, digest_of, memory_of
from upstreams import Server

ZEROS = hashlib.sha256(bytes(BIG)).hexdigest()


class Store:
    """An S3 of one object, as far as it goes: takes a PUT, gives a GET."""

    def __init__(self, kit, pause=0):
        authority = Authority(kit.path("store"), "store")
        self.wrap = authority.context()
        self.bundle = authority.bundle
        self.pause = pause  # of the first reads of a body
        self.digest = hashlib.sha256()
        self.requests = 0
        self.closes_after = 0  # that request
        self.ended = 0  # connections
        self.server = Server(self.serve)
        self.url = self.server.url.replace("http:", "https:")

    def serve(self, plain):
        with self.wrap(plain) as connection:
            while self.answer(connection):
                pass
        self.ended += 1

    def answer(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return False
            data += piece
        self.requests += 1
        number = self.requests
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        self.take(connection, body, length)
        answer = b"HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: "
        if head.startswith(b"GET"):
            connection.sendall(answer + b"%d\r\n\r\n" % BIG)
            for _ in range(BIG // MIB):
                connection.sendall(bytes(MIB))
        else:
            connection.sendall(answer + b"0\r\n\r\n")
        return number != self.closes_after

    def take(self, connection, body, length):
        self.digest = hashlib.sha256(body)
        left, reads = length - len(body), 0
        while left > 0:
            if self.pause and reads < 20:
                time.sleep(self.pause)
            piece = connection.recv(min(left, 65536))
            if not piece:
                raise OSError("the body broke off")
            self.digest.update(piece)
            left -= len(piece)
            reads += 1


def settled(kit, store):
    return kit.start_settled(store, "--ca-bundle", store.bundle)


def client(kit, server):
    return kit.client("s3", server, request_checksum_calculation="when_required",
                      response_checksum_validation="when_required")


def test_a_connection_is_kept(kit):
    store = Store(kit)
    s3 = client(kit, settled(kit, store))
    for turn in range(5):
        s3.put_object(Bucket="b", Key="k", Body=b"x" * turn)
        check_equal(store.server.connections, 1, "connections")
    store.closes_after = 6
    s3.put_object(Bucket="b", Key="k", Body=b"x")
    eventually(lambda: store.ended == 1, "its end, while it is idle")
    s3.put_object(Bucket="b", Key="k", Body=b"x")
    check_equal(store.server.connections, 2, "connections")
    in_parallel(*[lambda: s3.put_object(Bucket="b", Key="k", Body=b"x" * 999)
                  for _ in range(20)])
    check_equal(store.requests, 27, "requests")


def test_big_bodies_at_any_pace(kit):
    """The upstream reads late, then the client does: what waits must not be
    spoilt, nor stand in the proxy's memory."""
    store = Store(kit, pause=0.02)
    server = settled(kit, store)
    s3 = client(kit, server)
    s3.put_object(Bucket="b", Key="k", Body=b"")
    before = memory_of(server)
    s3.put_object(Bucket="b", Key="k", Body=Zeros(BIG))
    check_equal(store.digest.hexdigest(), ZEROS, "what was uploaded")
    body = s3.get_object(Bucket="b", Key="k")["Body"]
    check_equal(len(body.read(MIB)), MIB, "first piece")
    time.sleep(0.5)
    length, digest = digest_of(body)
    check_equal(length, BIG - MIB, "length")
    check_equal(digest, hashlib.sha256(bytes(BIG - MIB)).hexdigest(), "bytes")
    check_equal(store.server.connections, 1, "connections")
    growth = memory_of(server) - before
    check(kit.sanitized or growth < MOST_GROWTH,
          f"the proxy grew by {growth / MIB:.0f} MiB")
