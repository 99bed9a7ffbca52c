# SPDX-License-Identifier: Apache-2.0
"""What is measured: an upstream that always gives the same answer, and those
who stand before it. Each is a context that ends what it started.

A peer may be started behind a prefix (valgrind); all run as one process that
stays in the foreground, so that whoever counts sees the one that works."""

import contextlib
import datetime
import hashlib
import hmac
import os
import shutil
import socket
import subprocess
import time

BODY = ('{"Name": "/bench/colour", "WithDecryption": false, "comment": '
        '"a body of the size that such calls have, about 150 bytes"}')
ANSWER = ('{"Parameter":{"Name":"/bench/colour","Type":"String","Value":"green"'
          ',"Version":1,"LastModifiedDate":1795247234.224,"ARN":"arn:aws:ssm:eu-'
          'west-1:123456789012:parameter/bench/colour","DataType":"text"}}')
REGION, SERVICE = "eu-west-1", "ssm"
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def reserved_port():
    """Nobody's but that of a program which is started later and shares it."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind(("127.0.0.1", 0))
        yield one.getsockname()[1]


def wait_for(server):
    end = time.monotonic() + 60
    while time.monotonic() < end and server.process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit(f"bench: {server.process.args}: nothing listens on "
                     f"{server.port}")


def program(name):
    return shutil.which(name) or f"/usr/sbin/{name}"


def signed_headers(host):
    """SigV4 of one call, by hand: this needs no package."""
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {"Content-Type": "application/x-amz-json-1.1", "Host": host,
               "X-Amz-Date": stamp, "X-Amz-Target": "AmazonSSM.GetParameter"}
    names = ";".join(sorted(name.lower() for name in headers))
    lines = "".join(f"{name.lower()}:{headers[name]}\n"
                    for name in sorted(headers, key=str.lower))
    digest = hashlib.sha256(BODY.encode()).hexdigest()
    canonical = f"POST\n/\n\n{lines}\n{names}\n{digest}"
    scope = f"{day}/{REGION}/{SERVICE}/aws4_request"
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope,
                      hashlib.sha256(canonical.encode()).hexdigest()))
    step = f"AWS4{SECRET}".encode()
    for part in (day, REGION, SERVICE, "aws4_request"):
        step = hmac.new(step, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(step, text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, "
        f"Signature={signature}")
    return headers, BODY


class Server:
    """One process, pinned, that listens on a port."""

    def __init__(self, command, port, cpu=0, prefix=(), **more):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        more.setdefault("stdout", subprocess.DEVNULL)
        self.process = subprocess.Popen(
            ["taskset", "-c", str(cpu), *map(str, (*prefix, *command))],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
        self.pid = self.process.pid

    def __enter__(self):
        try:
            wait_for(self)
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Told more than once: one that was about to wait may have missed it
        (nginx under valgrind)."""
        for _ in range(20):
            self.process.terminate()
            try:
                self.process.wait(3)
                return
            except subprocess.TimeoutExpired:
                pass
        self.process.kill()
        self.process.wait()


NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/{name}.pid;
error_log {folder}/{name}.err crit;
events {{ worker_connections 4096; }}
http {{
  {log}
  keepalive_requests 100000000; keepalive_timeout 300s;
  proxy_read_timeout 300s; client_body_temp_path {folder}/{name}-1;
  proxy_temp_path {folder}/{name}-2; fastcgi_temp_path {folder}/{name}-3;
  uwsgi_temp_path {folder}/{name}-4; scgi_temp_path {folder}/{name}-5;
  {upstream}
  server {{ listen 127.0.0.1:{port}; location / {{ {location} }} }}
}}
"""


def nginx(folder, name, cpu, location, upstream="", log="access_log off;",
          prefix=()):
    port = free_port()
    file = folder / f"{name}.conf"
    file.write_text(NGINX.format(folder=folder, name=name, port=port, log=log,
                                 location=location, upstream=upstream))
    return Server([program("nginx"), "-c", file], port, cpu, prefix)


def stub(folder, cpu, name="stub"):
    location = (f"default_type application/x-amz-json-1.1; add_header "
                f"x-amzn-RequestId 00000000-0000-0000-0000-000000000000; "
                f"return 200 '{ANSWER}';")
    return nginx(folder, name, cpu, location)


def direct(folder, upstream, prefix=()):
    """The upstream itself, where a peer would be: what no hop at all costs."""
    return stub(folder, cpu=0, name="direct")


def nginx_peer(folder, upstream, prefix=()):
    servers = (f"upstream stub {{ server 127.0.0.1:{upstream}; keepalive 128; "
               f"keepalive_requests 100000000; }}")
    location = ('proxy_pass http://stub; proxy_http_version 1.1; '
                'proxy_set_header Connection "";')
    return nginx(folder, "nginx", 0, location, servers,
                 f"access_log {folder}/nginx.log;", prefix)


def haproxy_peer(folder, upstream, prefix=()):
    port = free_port()
    file = folder / "haproxy.cfg"
    file.write_text(f"""
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout client 300s
  timeout server 300s
  timeout connect 5s
  http-reuse always
frontend front
  bind 127.0.0.1:{port}
  default_backend stub
backend stub
  server stub 127.0.0.1:{upstream} pool-max-conn 256
""")
    return Server([program("haproxy"), "-db", "-f", file], port, 0, prefix)


def own_keys():
    return dict(os.environ, AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET,
                AWS_REGION=REGION)


def sigv4_proxy_peer(folder, upstream, prefix=()):
    """awslabs/aws-sigv4-proxy, where somebody has built it: signs, no more."""
    port = free_port()
    return Server(
        ["aws-sigv4-proxy", "--name", SERVICE, "--region", REGION,
         "--host", f"127.0.0.1:{upstream}", "--upstream-url-scheme", "http",
         "--port", f"127.0.0.1:{port}"], port, 0, prefix,
        env=dict(own_keys(), GOMAXPROCS="1"))


class Settled(Server):
    """Verifies, classifies, signs anew and logs, as it always does. It knows
    its own credentials as a client's, so that all peers get one signature."""

    path = None  # of the program; set by run

    def __init__(self, folder, upstream, prefix=(), cpu=0, more=()):
        port = free_port()
        self.log = folder / f"settled-{port}.log"
        super().__init__(
            [self.path, "serve", "--listen", f"127.0.0.1:{port}",
             "--upstream", f"http://127.0.0.1:{upstream}", "--log", self.log,
             *more], port, cpu, prefix, env=own_keys())


PEERS = {"direct": direct, "nginx": nginx_peer, "haproxy": haproxy_peer,
         "aws-sigv4-proxy": sigv4_proxy_peer, "settled": Settled}


def present():
    """Those that can be run here: one of them is never required."""
    return [name for name in PEERS
            if name != "aws-sigv4-proxy" or shutil.which(name)]
