# SPDX-License-Identifier: Apache-2.0
"""The ways upstream: through a proxy of the environment, by names and by
addresses of either kind; and what a client is told where there is none. Start
at Tunnel.
"""

import base64
import contextlib
import socket
import threading

from authority import Authority
from harness import Skipped, check, check_equal, eventually, in_parallel
from upstreams import Listener, Server, read_request
from wire import Ask, code_of

PASSWORD = "opensesame"
ASKED = "--proxy-from-environment"


def port_of(url):
    return int(url.rsplit(":", 1)[1])


def with_password(url):
    return url.replace("//", f"//user:{PASSWORD}@")


def pump(source, sink):
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Tunnel:
    """A proxy that knows CONNECT: all that it is asked for lies on that port.
    Or that says `words` in place of it."""

    def __init__(self, port=0, words=None):
        self.port = port
        self.words = words
        self.heard = []
        self.server = Server(self.serve)
        self.url = self.server.url

    def serve(self, connection):
        head, _ = read_request(connection)
        if not head:
            return
        self.heard.append(head)
        if self.words is not None:
            connection.sendall(self.words)
            connection.recv(1)  # the other side closes
            return
        there = socket.create_connection(("127.0.0.1", self.port))
        for end in (there, connection):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(b"HTTP/1.1 200 There\r\nContent-Length: 5\r\n\r\n")
        threading.Thread(target=pump, args=(there, connection),
                         daemon=True).start()
        pump(connection, there)


class Secure(Listener):
    """The same under TLS."""

    def __init__(self, wrap):
        self.wrap = wrap
        super().__init__()

    def serve(self, plain):
        with self.wrap(plain) as connection:
            super().serve(connection)


def start(kit, upstream, *options, **environment):
    return kit.start_settled(upstream, "--upstream-timeout", "2s", *options,
                             **environment)


def check_answered(server, times=1):
    for _ in range(times):
        answer = Ask(server).sign().send()
        check_equal(answer.status, 200, repr(answer))


def check_unreachable(server, what, *words):
    """Nothing was sent, and there is no more of the environment in the words
    than anybody may know."""
    answer = Ask(server).sign().send()
    check_equal(answer.status, 502, f"{what}: {answer!r}")
    check_equal(code_of(answer), "UpstreamUnreachable", what)
    for word in ("nothing was sent to", *words):
        check(word.encode() in answer.body, f"{what}: {answer!r}")
    check(PASSWORD.encode() not in answer.body, f"{what}: {answer!r}")


def test_a_tunnel(kit):
    """Only it is asked where the name is, only it gets its password, and it
    stays open for what comes next."""
    upstream = Listener()
    tunnel = Tunnel(port_of(upstream.url))
    server = start(kit, "http://only.it.knows", ASKED,
                   http_proxy=with_password(tunnel.url))
    check_answered(server, 3)
    check_equal(tunnel.server.connections, 1, "connections")
    asked = tunnel.heard[0]
    check(asked.startswith(b"CONNECT only.it.knows:80 HTTP/1.1\r\n"), asked)
    proof = base64.b64encode(f"user:{PASSWORD}".encode())
    check(b"Proxy-Authorization: Basic " + proof in asked, asked)
    check(b"AWS4-HMAC" not in asked, asked)
    check_equal(len(upstream.heard), 3, "requests")
    for head, _ in upstream.heard:
        check(b"AWS4-HMAC" in head and b"Proxy" not in head, head)
        check(b"\r\nHost: only.it.knows\r\n" in head, head)


def test_tls_in_a_tunnel(kit):
    """The certificate is the upstream's, and is looked at."""
    authority = Authority(kit.path("ways"), "good")
    upstream = Secure(authority.context("some.service"))
    tunnel = Tunnel(port_of(upstream.url))
    options = (ASKED, "--ca-bundle", authority.bundle)
    server = start(kit, "https://some.service", *options,
                   https_proxy=tunnel.url)
    check_answered(server, 3)
    check_equal(tunnel.server.connections, 1, "connections")
    check(tunnel.heard[0].startswith(b"CONNECT some.service:443 HTTP/1.1\r\n"),
          tunnel.heard[0])
    other = start(kit, "https://other.service", *options,
                  HTTPS_PROXY=tunnel.url)
    check_unreachable(other, "another name", "other.service", "name")
    check_equal(len(upstream.heard), 3, "requests")


def test_no_tunnel(kit):
    """Unless it is asked for, and not where the environment says so."""
    upstream = Listener()
    tunnel = Tunnel(port_of(upstream.url))
    proxy = {"http_proxy": tunnel.url, "ALL_PROXY": tunnel.url}
    check_answered(start(kit, upstream, **proxy))
    check_answered(start(kit, upstream, ASKED))
    for name in ("NO_PROXY", "no_proxy"):
        check_answered(start(kit, upstream, ASKED, **proxy,
                             **{name: "example.com,127.0.0.1"}))
    check_equal(tunnel.heard, [], "what the tunnel was asked")
    check_answered(start(kit, upstream, ASKED, **proxy, NO_PROXY="10.0.0.1"))
    check_equal(len(tunnel.heard), 1, "tunnels")


def test_a_proxy_that_is_of_no_use(kit):
    upstream = Listener()

    def says(words):
        return Tunnel(words=words).url
    closed = socket.create_server(("127.0.0.1", 0))
    dead = f"http://127.0.0.1:{closed.getsockname()[1]}"
    closed.close()
    rows = [
        ("407", says(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\""
                     b"\r\nContent-Length: 0\r\n\r\n"), "407"),
        ("403", says(b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"), "403"),
        ("garbage", says(b"what is this?\r\n\r\n"), ""),
        ("half a line", says(b"HTTP/1.1 2"), "2000 ms"),
        ("a head without end", says(b"HTTP/1.1 200 Yes\r\nA: b\r\n"),
         "2000 ms"),
        ("nobody there", dead, "connect"),
        ("no such name", "http://no.such.proxy.invalid:3128", "proxy.invalid"),
        ("no proxy at all", "http://:::", "none that can be used"),
        ("no known kind", "gopher://127.0.0.1:1", "none that can be used"),
        ("too long to tell", f"http://{'x' * 300}:{PASSWORD}@:::",
         "none that can be used"),
    ]

    def refuse(what, proxy, word):
        log = kit.path("ways.jsonl")
        server = start(kit, upstream, ASKED, "--log", log,
                       http_proxy=with_password(proxy))
        check_unreachable(server, what, word)
        check_equal(server.end(), 0, "exit status")
        check(PASSWORD not in log.read_text() + server.errors(), what)
    in_parallel(*[lambda row=row: refuse(*row) for row in rows])
    check_equal(upstream.heard, [], "what was sent")


def test_a_tunnel_that_breaks(kit):
    """Idle, it is not used again; in use, the answer is lost."""
    stop = threading.Event()

    def serve(connection):
        for _ in range(2):
            read_request(connection)
            if stop.is_set():
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/"
                               b"x-amz-json-1.1\r\nContent-Length: 2\r\n\r\n{}")
    upstream = Server(serve)
    tunnel = Tunnel(port_of(upstream.url))
    server = start(kit, upstream.url, ASKED, http_proxy=tunnel.url)
    before = server.descriptors()
    for tunnels in (1, 2):
        check_answered(server, 2)
        check_equal(tunnel.server.connections, tunnels, "tunnels")
        eventually(lambda: server.descriptors() <= before, "its end")
    check_answered(server)
    stop.set()
    answer = Ask(server).sign().send()
    check_equal(code_of(answer), "UpstreamConnectionLost", repr(answer))


# ---- names and addresses ----

def listen_six(port=0, backlog=64):
    try:
        return socket.create_server(("::1", port), family=socket.AF_INET6,
                                    backlog=backlog)
    except OSError as error:
        raise Skipped(f"no IPv6 here: {error}") from error


def test_an_address_of_ipv6(kit):
    upstream = Listener()
    listener = listen_six()

    def accept():
        connection, _ = listener.accept()
        upstream.serve(connection)
    threading.Thread(target=accept, daemon=True).start()
    authority = f"[::1]:{listener.getsockname()[1]}"
    server = start(kit, f"http://{authority}")
    check_answered(server, 3)
    for head, _ in upstream.heard:
        check(f"\r\nHost: {authority}\r\n".encode() in head, head)
    listener.close()
    other = listen_six()
    nobody = f"[::1]:{other.getsockname()[1]}"
    other.close()
    check_unreachable(start(kit, f"http://{nobody}"), "nobody there", nobody)


def test_a_name_with_an_address_that_is_dead(kit):
    """Of localhost libcurl tries the address of IPv6 first: a listener there
    whose queue is full says nothing at all."""
    upstream = Listener()
    port = port_of(upstream.url)
    with listen_six(port, 0), socket.create_connection(("::1", port)):
        check_answered(start(kit, f"http://localhost:{port}"), 3)
    check_equal(len(upstream.heard), 3, "requests")


def test_a_name_that_is_none(kit):
    server = start(kit, "http://does-not-exist.invalid")
    words = ("http://does-not-exist.invalid", "resolve")
    in_parallel(*[lambda: check_unreachable(server, "no name", *words)
                  for _ in range(20)])
