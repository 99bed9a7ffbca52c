# SPDX-License-Identifier: Apache-2.0
"""What is measured: an upstream that always gives the same answer, and those
who stand before it. Each is a context that ends what it started."""

import datetime
import hashlib
import hmac
import os
import re
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


def wait_for(port):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit(f"bench: nothing listens on {port}")


def signed_headers(host, key, secret):
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
    step = f"AWS4{secret}".encode()
    for part in (day, REGION, SERVICE, "aws4_request"):
        step = hmac.new(step, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(step, text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, "
        f"Signature={signature}")
    return headers, BODY


class Server:
    """One process, pinned, that listens on a port."""

    def __init__(self, command, port, cpu=0, **more):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            ["taskset", "-c", str(cpu), *map(str, command)],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
        self.pid = self.process.pid

    def __enter__(self):
        wait_for(self.port)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


NGINX = """
daemon off; worker_processes 1; pid {folder}/{name}.pid;
error_log {folder}/{name}.err crit;
events {{ worker_connections 4096; }}
http {{
  {log}
  keepalive_requests 100000000; keepalive_timeout 300s;
  client_body_temp_path {folder}/{name}-1; proxy_temp_path {folder}/{name}-2;
  fastcgi_temp_path {folder}/{name}-3; uwsgi_temp_path {folder}/{name}-4;
  scgi_temp_path {folder}/{name}-5;
  {upstream}
  server {{ listen 127.0.0.1:{port}; location / {{ {location} }} }}
}}
"""


def nginx(folder, name, port, cpu, location, upstream="", log="access_log off;"):
    file = folder / f"{name}.conf"
    file.write_text(NGINX.format(folder=folder, name=name, port=port, log=log,
                                 location=location, upstream=upstream))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    return Server([program, "-c", file], port, cpu,
                  stdout=subprocess.DEVNULL)


def Stub(folder, cpu, name="stub"):
    location = (f"default_type application/x-amz-json-1.1; add_header "
                f"x-amzn-RequestId 00000000-0000-0000-0000-000000000000; "
                f"return 200 '{ANSWER}';")
    return nginx(folder, name, free_port(), cpu, location)


def direct(folder, stub, settled):
    """The upstream itself, where a peer would be: what no hop at all costs."""
    return Stub(folder, cpu=0, name="direct")


def nginx_peer(folder, stub, settled):
    upstream = (f"upstream stub {{ server 127.0.0.1:{stub.port}; keepalive 128; "
                f"keepalive_requests 100000000; }}")
    location = ('proxy_pass http://stub; proxy_http_version 1.1; '
                'proxy_set_header Connection "";')
    return nginx(folder, "nginx", free_port(), 0, location, upstream,
                 f"access_log {folder}/nginx.log;")


def haproxy_peer(folder, stub, settled):
    port = free_port()
    file = folder / "haproxy.cfg"
    file.write_text(f"""
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  http-reuse always
frontend front
  bind 127.0.0.1:{port}
  default_backend stub
backend stub
  server stub 127.0.0.1:{stub.port} pool-max-conn 256
""")
    program = shutil.which("haproxy") or "/usr/sbin/haproxy"
    return Server([program, "-f", file], port, stdout=subprocess.DEVNULL)


class Settled(Server):
    """Verifies, classifies, signs anew and logs, as it always does."""

    def __init__(self, folder, stub, settled):
        out = folder / "settled.out"
        port = free_port()
        environment = dict(os.environ, AWS_ACCESS_KEY_ID=KEY,
                           AWS_SECRET_ACCESS_KEY=SECRET, AWS_REGION=REGION)
        with open(out, "wb") as stdout:
            super().__init__(
                [settled, "serve", "--listen", f"127.0.0.1:{port}",
                 "--upstream", stub.url, "--log", folder / "settled.log"],
                port, stdout=stdout, env=environment)
        self.out = out


def settled_keys(peer):
    """Those that it minted; any will do for the others."""
    if not isinstance(peer, Settled):
        return KEY, SECRET
    text = peer.out.read_text()
    return tuple(re.search(rf"{name}=(\S+)", text).group(1)
                 for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))


PEERS = {"direct": direct, "nginx": nginx_peer, "haproxy": haproxy_peer,
         "settled": Settled}
