# SPDX-License-Identifier: Apache-2.0
"""What every end-to-end test uses: servers that end with the run, clients,
and the list of tests. Start at Kit.

A test is a function `test_*(kit)` of a module named in `run`, or is added by
`add_test()`. It fails by raising; `check()` words the reason.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import botocore.config
import botocore.session

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REGION = "eu-west-1"
# The key pair of AWS's own documentation.
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
URL = re.compile(r"http://127\.0\.0\.1:\d+")
SANITIZER = re.compile(r"Sanitizer|runtime error:")
# None of these is a promise: they end what hangs, on a machine that is very
# slow or very busy too.
PATIENCE_SECONDS = 60
COMMAND_SECONDS = 180
# Sooner than an idle connection is closed because of its age (30 s).
LEFT_BEHIND_SECONDS = 25


class Failed(Exception):
    """A test's reason, in one line."""


class Skipped(Exception):
    """Why a test cannot run here."""


def check(truth, reason):
    if not truth:
        raise Failed(str(reason)[-600:])


def check_equal(got, want, what):
    check(got == want, f"{what}: got {got!r}, want {want!r}")


def eventually(look, what, seconds=PATIENCE_SECONDS):
    """Polls for what another process does; returns what `look` found."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        check(time.monotonic() < end, f"{what}: not within {seconds} s")
        time.sleep(0.02)


def in_parallel(*calls):
    """Runs the calls side by side; their results in order, or what the first
    that failed raised."""
    results = [None] * len(calls)

    def run(at):
        try:
            results[at] = (True, calls[at]())
        except BaseException as error:  # handed to the caller below
            results[at] = (False, error)

    threads = [threading.Thread(target=run, args=(i,), daemon=True)
               for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    for result in results:
        check(result is not None, "a call did not end within 300 s")
        if not result[0]:
            raise result[1]
    return [result[1] for result in results]


def clean_environment():
    """This process's environment without what leads an AWS client anywhere."""
    gone = ("AWS_", "SETTLED_", "MOTO_", "INITIAL_NO_AUTH")
    proxies = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    environment = {
        name: value for name, value in os.environ.items()
        if not name.startswith(gone) and name.lower() not in proxies
    }
    environment.update(
        AWS_CONFIG_FILE="/dev/null",
        AWS_SHARED_CREDENTIALS_FILE="/dev/null",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_REGION=REGION,
        AWS_DEFAULT_REGION=REGION,
        AWS_PAGER="",
        PYTHONUNBUFFERED="1",
    )
    return environment


class Process:
    """A server that prints its address; both outputs are kept in files."""

    def __init__(self, command, environment, folder, name):
        self.name = name
        self.command = command
        self.out = folder / f"{name}.out"
        self.err = folder / f"{name}.err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL,
                stdout=out, stderr=err, env=environment,
                start_new_session=True)
        self.pid = self.process.pid
        self.url = None

    def output(self):
        return self.out.read_text(errors="replace")

    def errors(self):
        return self.err.read_text(errors="replace")

    def wait_for_address(self, text=None):
        def look():
            check(self.process.poll() is None,
                  f"{self.name} ended at its start: "
                  f"{self.errors()[-300:] or self.output()[-300:]}")
            return URL.search(text() if text else self.output())
        self.url = eventually(look, f"{self.name} to listen").group()
        return self

    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def end(self, seconds=PATIENCE_SECONDS):
        """Ends it by its pid; its exit status."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    def wait(self):
        """For its end by itself; its exit status."""
        return self.process.wait(PATIENCE_SECONDS)

    def kill(self):
        self.process.kill()
        return self.wait()


class Settled(Process):
    """`settled serve`; knows the keys that it minted."""

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port),
                                        PATIENCE_SECONDS)

    def descriptors(self):
        """When nothing happens: the fewest of a quarter of a second."""
        counts = []
        for _ in range(10):
            counts.append(len(os.listdir(f"/proc/{self.pid}/fd")))
            time.sleep(0.025)
        return min(counts)

    @contextlib.contextmanager
    def unharmed(self, good, clients=1):
        """What is done inside by so many clients leaves nothing behind: no
        descriptor, and at the end no byte, which the leak checker tells by the
        exit status. `good` makes a call that leaves no connection open."""
        for one in [self.connect() for _ in range(clients)]:
            one.close()  # what is made ready for so many stays ready
        good()
        before = self.descriptors()
        yield

        def as_before():
            good()
            return self.descriptors() <= before
        eventually(as_before, f"no more than {before} descriptors",
                   LEFT_BEHIND_SECONDS)
        check_equal(self.end(), 0, "exit status")
        check(not SANITIZER.search(self.errors()), self.errors())

    def wait_for_exports(self):
        self.wait_for_address()
        eventually(lambda: "export SETTLED_PID=" in self.output(),
                   "settled to print its exports")
        self.exports = dict(re.findall(r"^export (\w+)=(.*)$", self.output(),
                                       re.MULTILINE))
        self.url = self.exports["AWS_ENDPOINT_URL"]
        self.key = self.exports["AWS_ACCESS_KEY_ID"]
        self.secret = self.exports["AWS_SECRET_ACCESS_KEY"]
        self.port = int(self.url.rsplit(":", 1)[1])
        return self


class Emulator(Process):
    """Our emulator, with its log of what reached it."""

    def control(self, what):
        with urllib.request.urlopen(f"{self.url}/_emulator/{what}",
                                    timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)

    def count(self, operation, resource):
        """How often this operation on this resource reached it."""
        return sum(1 for entry in self.control("log")
                   if entry["operation"] == operation
                   and entry["resource"] == resource)


class Kit:
    """Makes and ends servers, makes clients. One for the whole run."""

    def __init__(self, settled, keep):
        self.settled = Path(settled).resolve()
        self.folder = Path(tempfile.mkdtemp(prefix="settled-e2e-"))
        self.keep = keep
        # Clients keep the roles they assumed under $HOME.
        self.environment = dict(clean_environment(), HOME=str(self.folder))
        self.sanitized = b"__asan_init" in self.settled.read_bytes()
        self.python = sys.executable
        self.node = ROOT / "build" / "node"
        self.processes = []
        self.ending = False
        self.lock = threading.Lock()
        self.locks = {}
        self.kept = {}
        self.count = 0
        self.session = botocore.session.Session()
        self.session_lock = threading.Lock()

    # ---- servers ----

    def number(self):
        with self.lock:
            self.count += 1
            return self.count

    def path(self, name):
        return self.folder / f"{self.number()}-{name}"

    def shared(self, name, make):
        """The one server of this name, made by the first test that asks."""
        with self.lock:
            lock = self.locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self.kept:
                try:
                    self.kept[name] = make()
                except Exception as error:
                    self.kept[name] = error
            if isinstance(self.kept[name], Exception):
                raise Failed(f"no {name}: {self.kept[name]}")
            return self.kept[name]

    def start(self, kind, command, name, **environment):
        whole = dict(self.environment, **environment)
        process = kind(command, {k: v for k, v in whole.items()
                                 if v is not None},
                       self.folder, f"{self.number()}-{name}")
        with self.lock:
            self.processes.append(process)
            late = self.ending
        if late:
            process.end()
            raise Failed("the run is ending")
        return process

    def start_emulator(self, lag=0.3, flap=0.0):
        return self.start(Emulator, [self.python, HERE / "emulator.py", "--lag",
                                     lag, "--flap", flap],
                          "emulator").wait_for_address()

    def start_moto(self, **environment):
        moto = self.start(Process, [self.python, "-m", "moto.server", "-H",
                                    "127.0.0.1", "-p", "0"], "moto",
                          **environment)
        return moto.wait_for_address(moto.errors)

    def start_settled(self, upstream, *options, **environment):
        environment.setdefault("AWS_ACCESS_KEY_ID", KEY)
        environment.setdefault("AWS_SECRET_ACCESS_KEY", SECRET)
        command = [self.settled, "serve", "--upstream",
                   getattr(upstream, "url", upstream), *options]
        return self.start(Settled, command, "settled",
                          **environment).wait_for_exports()

    def fixed(self):
        """The shared emulator with a lag of 0.3 s."""
        return self.shared("emulator", self.start_emulator)

    def plain(self):
        """The shared moto, without any lag."""
        return self.shared("moto", self.start_moto)

    def plain_settled(self):
        return self.shared("settled before moto",
                           lambda: self.start_settled(self.plain()))

    # ---- clients ----

    def client(self, service, endpoint, key=None, secret=None, token=None,
               region=REGION, **config):
        """A boto3-like client; `endpoint` is a server or a URL. By default a
        refused or lost call is not tried again, so that it is seen."""
        config.setdefault("retries", {"mode": "standard",
                                      "total_max_attempts": 1})
        config.setdefault("read_timeout", 60)
        config.setdefault("connect_timeout", PATIENCE_SECONDS)
        url = getattr(endpoint, "url", endpoint)
        with self.session_lock:
            return self.session.create_client(
                service, region_name=region, endpoint_url=url,
                aws_access_key_id=key or getattr(endpoint, "key", KEY),
                aws_secret_access_key=secret or getattr(endpoint, "secret",
                                                        SECRET),
                aws_session_token=token,
                config=botocore.config.Config(**config))

    def shared_client(self, service, endpoint):
        """One client for all tests that ask this server: making one is slow,
        sharing it is safe."""
        return self.shared(f"{service} client of {endpoint.name}",
                           lambda: self.client(service, endpoint,
                                               max_pool_connections=50))

    def client_environment(self, endpoint, **more):
        whole = dict(
            self.environment,
            AWS_ENDPOINT_URL=getattr(endpoint, "url", endpoint),
            AWS_ACCESS_KEY_ID=getattr(endpoint, "key", KEY),
            AWS_SECRET_ACCESS_KEY=getattr(endpoint, "secret", SECRET),
            AWS_DISABLE_HOST_PREFIX_INJECTION="true",
        )
        whole.update(more)
        return {k: v for k, v in whole.items() if v is not None}

    def command(self, words, environment=None, seconds=COMMAND_SECONDS,
                **more):
        """Runs a command to its end: status, stdout and stderr as text."""
        done = subprocess.run(
            [str(word) for word in words], env=environment or self.environment,
            capture_output=True, timeout=seconds, text=True, errors="replace",
            stdin=subprocess.DEVNULL, check=False, **more)
        if SANITIZER.search(done.stderr):
            raise Failed(f"{words[0]}: {done.stderr[:400]}")
        return done

    def aws(self, endpoint, *words, **environment):
        """The AWS CLI."""
        return self.command([self.python, "-m", "awscli", *words],
                            self.client_environment(endpoint, **environment))

    def run_settled(self, *words, environment=None, **more):
        return self.command([self.settled, *words],
                            dict(self.environment, **(environment or {})),
                            **more)

    def javascript(self, endpoint, story, *words, **environment):
        """One story of clients.mjs; what it printed, from JSON."""
        done = self.command(
            ["node", HERE / "clients.mjs", story, *words],
            self.client_environment(endpoint, NODE_HOME=str(self.node),
                                    **environment))
        check(done.returncode == 0,
              f"clients.mjs {story}: {done.stderr[-300:]}")
        return json.loads(done.stdout)

    # ---- the end ----

    def end(self):
        """Ends what still runs; reasons why a settled was not in order."""
        reasons = []
        with self.lock:
            self.ending = True
        for process in reversed(self.processes):
            process.end()
        for process in self.processes:
            if process.command[0] != self.settled:
                continue
            if SANITIZER.search(process.errors()):
                reasons.append(f"{process.name} ({process.command[1]}): "
                               + process.errors()[:1500])
        return reasons


# ---- the list of tests ----

TESTS = []


def add_test(group, name, run):
    TESTS.append((group, name, run))


def add_module(module):
    group = module.__name__
    for name, value in list(vars(module).items()):
        if name.startswith("test_") and callable(value):
            add_test(group, name[len("test_"):], value)
