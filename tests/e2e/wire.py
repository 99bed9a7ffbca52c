# SPDX-License-Identifier: Apache-2.0
"""Requests made by hand: signed with botocore's signers or wrongly, and sent
byte by byte over a socket. Start at Ask.
"""

import contextlib
import datetime
import hashlib
import hmac
import json
import socket

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from harness import PATIENCE_SECONDS, REGION, check


class Answer:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.body = body

    def __repr__(self):
        return f"{self.status} {self.body[:200]!r}"


def read_chunked(stream):
    body = b""
    while True:
        size = int(stream.readline().split(b";")[0], 16)
        body += stream.read(size)
        stream.readline()
        if size == 0:
            return body


def check_silent(connection):
    """It is open, and nothing has come."""
    connection.setblocking(False)
    try:
        check(False, f"closed or answered: {connection.recv(100)!r}")
    except BlockingIOError:
        pass


def read_answer(stream):
    """The final answer, past any `100 Continue`; None when there is none."""
    while True:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline()
            if not line:
                return None
            head += line
        answer = Answer(head[:-4], b"")
        if answer.status >= 200:
            break
    if answer.status in (204, 304):
        return answer
    if answer.headers.get("transfer-encoding", "").lower() == "chunked":
        answer.body = read_chunked(stream)
    elif "content-length" in answer.headers:
        answer.body = stream.read(int(answer.headers["content-length"]))
    else:
        answer.body = stream.read()
    return answer


def send_raw(port, *pieces, seconds=PATIENCE_SECONDS):
    """Sends bytes and reads one answer; None when the connection was closed
    without one. The peer may answer and close before all is sent."""
    with socket.create_connection(("127.0.0.1", port), seconds) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            return read_answer(connection.makefile("rb"))
        except ConnectionResetError:
            return None


def try_raw(ask, seconds=PATIENCE_SECONDS):
    """What came of it: its status, "broken" (a head, and not all of a body)
    or "dropped" (no whole head); and the answer, where there is one."""
    try:
        answer = send_raw(ask.port, ask.head(), ask.body, seconds=seconds)
    except (ConnectionResetError, ValueError):
        return "broken", None
    if answer is None:
        return "dropped", None
    length = answer.headers.get("content-length")
    whole = length is None or answer.status == 204 or \
        len(answer.body) == int(length)
    return str(answer.status) if whole else "broken", answer


def sign(auth, request, shift):
    """As SigV4Auth.add_auth() does it, by a clock that is off."""
    now = datetime.datetime.now(datetime.timezone.utc)
    then = now + datetime.timedelta(seconds=shift)
    request.context["timestamp"] = then.strftime("%Y%m%dT%H%M%SZ")
    auth._modify_request_before_signing(request)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    auth._inject_signature_to_request(request, auth.signature(text, request))


class ChunkedAuth(botocore.auth.S3SigV4Auth):
    def payload(self, request):
        return Chunks.WORD


class Ask:
    """A request that can be bent before and after it is signed."""

    def __init__(self, server, target="AmazonSSM.GetParameter",
                 body=b'{"Name":"/none"}', service="ssm", method="POST",
                 path="/", **headers):
        self.server = server
        self.port = server.port
        self.service = service
        self.method = method
        self.path = path
        self.body = body
        self.headers = {"Host": f"127.0.0.1:{self.port}"}
        if target:
            self.headers["X-Amz-Target"] = target
            self.headers["Content-Type"] = "application/x-amz-json-1.1"
        self.headers.update(headers)

    def sign(self, key=None, secret=None, token=None, shift=0,
             signer=botocore.auth.SigV4Auth):
        request = AWSRequest(
            self.method, f"http://127.0.0.1:{self.port}{self.path}",
            headers=self.headers, data=self.body)
        credentials = Credentials(key or self.server.key,
                                  secret or self.server.secret, token)
        sign(signer(credentials, self.service, REGION), request, shift)
        self.headers = dict(request.headers.items())
        self.path = request.url.partition(f":{self.port}")[2]
        return self

    def head(self, path=None, length=True):
        lines = [f"{self.method} {path or self.path} HTTP/1.1"]
        headers = dict(self.headers)
        if length and self.body is not None:
            headers["Content-Length"] = str(len(self.body))
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    def send(self, body=None):
        return send_raw(self.port, self.head(),
                        self.body if body is None else body)


def code_of(answer):
    """The error code of a JSON answer."""
    with contextlib.suppress(ValueError, AttributeError):
        return json.loads(answer.body).get("__type", "").split("#")[-1]
    return ""


# ---- signed chunks, as SDKs for Java stream them ----

def hmac_sha256(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Chunks:
    """STREAMING-AWS4-HMAC-SHA256-PAYLOAD: the head signs the word, each chunk
    is signed over the signature before it."""

    WORD = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"

    def __init__(self, server, path, pieces):
        self.pieces = [*pieces, b""]
        length = sum(len(piece) for piece in pieces)
        # The signature of a chunk is 64 digits, so its frame is as long as
        # ";chunk-signature=" and that and two line ends.
        framed = sum(len(f"{len(p):x}") + 17 + 64 + 4 + len(p)
                     for p in self.pieces)
        self.ask = Ask(server, None, b"", "s3", "PUT", path, **{
            "x-amz-content-sha256": self.WORD,
            "x-amz-decoded-content-length": str(length),
            "content-encoding": "aws-chunked",
        })
        self.sign(server)
        self.ask.headers["Content-Length"] = str(framed)

    def sign(self, server):
        self.ask.body = None
        self.ask.sign(signer=ChunkedAuth)
        self.when = self.ask.headers["X-Amz-Date"]
        self.scope = f"{self.when[:8]}/{REGION}/s3/aws4_request"
        key = ("AWS4" + server.secret).encode()
        for part in self.scope.split("/"):
            key = hmac_sha256(key, part)
        self.key = key
        self.seed = self.ask.headers["Authorization"].rpartition("=")[2]

    def frames(self):
        empty = hashlib.sha256(b"").hexdigest()
        last = self.seed
        for piece in self.pieces:
            text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", self.when,
                              self.scope, last, empty,
                              hashlib.sha256(piece).hexdigest()])
            last = hmac_sha256(self.key, text).hex()
            yield (f"{len(piece):x};chunk-signature={last}\r\n".encode()
                   + piece + b"\r\n")

    def send(self, bend=lambda frames: frames):
        return send_raw(self.ask.port, self.ask.head(length=False),
                        *bend(list(self.frames())))
