# SPDX-License-Identifier: Apache-2.0
"""Small upstreams for what moto cannot play: one that checks any signature,
and ones that misbehave. Each runs in threads of the test run itself.
"""

import hashlib
import hmac
import http.server
import json
import socket
import threading
import time


class Server:
    """Calls `serve(connection)` for each connection, in a thread each."""

    def __init__(self, serve):
        self.serve = serve
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.connections = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.run, args=(connection,),
                             daemon=True).start()

    def run(self, connection):
        with connection:
            try:
                self.serve(connection)
            except OSError:
                pass

    def close(self):
        self.listener.close()


def read_request(connection):
    """One request's head and body; empty when the peer has closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b"", b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
        if line.startswith(b"expect:"):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while len(body) < length:
        body += connection.recv(65536)
    return head, body


class Listener:
    """Keeps each request's head and body; answers as if all were done."""

    def __init__(self, head=b"HTTP/1.1 200 OK\r\n"):
        self.head = head
        self.heard = []
        self.url = Server(self.serve).url

    def serve(self, connection):
        while True:
            head, body = read_request(connection)
            if not head:
                return
            self.heard.append((head, body))
            answer = b"{}"
            if b".PutParameter" in head:
                answer = b'{"Version":1}'
            if b".GetParameter" in head:
                answer = json.dumps({"Parameter": {
                    "Version": 1, "Value": "zipped",
                    "LastModifiedDate": time.time()}}).encode()
            connection.sendall(
                self.head + b"Content-Type: application/x-amz-json-1.1\r\n"
                b"Content-Length: %d\r\n\r\n" % len(answer) + answer)


# ---- one that checks signatures ----

def canonical_query(query):
    """As sent: its parts sorted, a bare name given its sign."""
    parts = [part if "=" in part else f"{part}=" for part in query.split("&")]
    return "&".join(sorted(part for part in parts if part != "="))


def is_signed(handler, body, key_id, secret):
    """Whether S3 would accept it; by the published steps."""
    headers = handler.headers
    words = dict(part.strip().split("=", 1) for part in
                 headers["Authorization"].partition(" ")[2].split(","))
    signed = words["SignedHeaders"].split(";")
    path, _, query = handler.path.partition("?")
    digest = headers.get("x-amz-content-sha256",
                         hashlib.sha256(body).hexdigest())
    canonical = "\n".join([
        handler.command, path, canonical_query(query),
        *[f"{name}:{' '.join((headers[name] or '').split())}"
          for name in signed], "",
        ";".join(signed), digest])
    scope = words["Credential"].partition("/")[2]
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in [*scope.split("/"), text]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    good = words["Credential"].startswith(key_id + "/") \
        and key.hex() == words["Signature"]
    return good and digest in (hashlib.sha256(body).hexdigest(),
                               "UNSIGNED-PAYLOAD")


class Verifier:
    """Keeps what is PUT under its raw path, and gives it back to GET, when the
    signature is right by the raw target as it came."""

    def __init__(self, key, secret):
        kept = self.kept = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, body=b""):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Type", "application/octet-stream")
                self.end_headers()
                self.wfile.write(body)

            def handle_any(self):
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                if not is_signed(self, body, key, secret):
                    self.answer(403, b"the signature is wrong")
                    return
                if self.command == "PUT":
                    kept[self.path] = body
                self.answer(200, kept.get(self.path, b"?")
                            if self.command == "GET" else b"")

            do_GET = do_PUT = do_DELETE = handle_any

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()
