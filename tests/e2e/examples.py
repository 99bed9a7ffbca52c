# SPDX-License-Identifier: Apache-2.0
"""The README's examples, run as they stand there."""

import contextlib
import os
import random
import re
import socket
import textwrap
from pathlib import Path

import yaml

from harness import KEY, ROOT, SECRET, Process, check, check_equal


def example(name, language):
    """The fenced text behind `<!-- example: NAME -->`."""
    text = (ROOT / "README.md").read_text()
    found = re.search(rf"<!-- example: {name} -->\n```{language}\n(.*?)\n```",
                      text, re.DOTALL)
    check(found, f"the README has no example {name}")
    return found.group(1)


def workshop(kit, name):
    """A folder of its own, with `settled`, `aws` and `python` on the path."""
    folder = kit.path(name)
    (folder / "bin").mkdir(parents=True)
    for command, line in (("settled", kit.settled),
                          ("aws", f"{kit.python} -m awscli"),
                          ("python", kit.python)):
        file = folder / "bin" / command
        file.write_text(f'#!/bin/sh\nexec {line} "$@"\n')
        file.chmod(0o755)
    environment = dict(kit.environment, AWS_ACCESS_KEY_ID=KEY,
                       AWS_SECRET_ACCESS_KEY=SECRET,
                       PATH=f"{folder}/bin:{os.environ['PATH']}")
    return folder, environment


def write(folder, name, text):
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(textwrap.dedent(text))
    file.chmod(0o755)


def free_port():
    """One that the kernel gives to nobody who asks for just any."""
    first, last = map(int, Path(
        "/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    while True:
        port = random.randrange(10_000, 60_000)
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            if not first <= port <= last:
                return port


DEPLOY = """\
    #!/bin/sh
    set -e
    aws ssm put-parameter --name /deploy/colour --value green --type String
    aws ssm get-parameter --name /deploy/colour
    """


def test_github_actions(kit):
    folder, environment = workshop(kit, "actions")
    write(folder, "deploy.sh", DEPLOY)
    (folder / "recordings").mkdir()
    made = kit.command(
        ["settled", "exec", "--upstream", kit.fixed().url, "--record",
         "recordings/deploy.jsonl", "--", "./deploy.sh"], environment,
        cwd=folder)
    check_equal(made.returncode, 0, made.stderr)
    workflow = yaml.safe_load(example("actions", "yaml"))
    steps = workflow["jobs"]["replay"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    check_equal(len(commands), 2, "steps that run something")
    bare = {name: value for name, value in environment.items()
            if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    for command in commands:
        done = kit.command(["bash", "-e", "-c", command], bare, cwd=folder)
        check_equal(done.returncode, 0, f"{command}: {done.stderr}")
    write(folder, "deploy.sh", DEPLOY.replace("green", "amber"))
    done = kit.command(["bash", "-e", "-c", commands[-1]], bare, cwd=folder)
    check(done.returncode != 0, "another script passes")
    check("Value" in done.stderr, done.stderr)


PYTEST = """\
    import boto3

    def test_colour(aws):
        ssm = boto3.client("ssm")
        ssm.put_parameter(Name="/pytest/colour", Value="green", Type="String")
        found = ssm.get_parameter(Name="/pytest/colour")["Parameter"]
        assert found["Version"] == 1

    def test_nothing(aws):
        pass
    """


def test_pytest(kit):
    folder, environment = workshop(kit, "pytest")
    write(folder, "tests/conftest.py", example("pytest", "python"))
    write(folder, "tests/test_colour.py", PYTEST)
    (folder / "tests" / "recordings").mkdir()
    words = ["python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = kit.command(
        words, dict(environment, RECORD="1",
                    SETTLED_UPSTREAM=kit.start_emulator().url), cwd=folder)
    check_equal(done.returncode, 0, done.stdout + done.stderr)
    bare = {name: value for name, value in environment.items()
            if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    done = kit.command(words, bare, cwd=folder)
    check_equal(done.returncode, 0, done.stdout + done.stderr)
    write(folder, "tests/test_colour.py",
          PYTEST.replace('"String"', '"SecureString"'))
    done = kit.command(words, bare, cwd=folder)
    check_equal(done.returncode, 1, "another test passes: " + done.stdout)
    check("1 passed" in done.stdout, done.stdout)


# Settled enough to read in time by itself, were it not for the lag.
FLAKY = """\
    #!/usr/bin/env python
    import boto3
    ssm = boto3.client("ssm")
    for number in range(3):
        name = f"/deploy/colour-{number}"
        ssm.put_parameter(Name=name, Value="green", Type="String")
        assert ssm.get_parameter(Name=name)["Parameter"]["Version"] == 1
    """


def shell(kit, folder, environment, name, addresses, wants=0):
    """Runs an example's commands, with our addresses in place of its."""
    text = example(name, "sh")
    for shown, real in addresses.items():
        text = text.replace(shown, real)
    done = kit.command(["bash", "-c", text], environment, cwd=folder)
    check((done.returncode == 0) == (wants == 0),
          f"{name}: {done.returncode}: {done.stdout}{done.stderr}")
    return done


def test_the_walk_from_suspicion_to_fix(kit):
    folder, environment = workshop(kit, "walk")
    write(folder, "deploy.sh", FLAKY)
    moto, slow = kit.start_moto(), kit.start_emulator(lag=4)
    tolerant = FLAKY.replace("assert ssm.get_parameter(Name=name)", """try:
            assert ssm.get_parameter(Name=name)""").replace(
                "== 1\n", """== 1
        except ssm.exceptions.ParameterNotFound:
            pass  # it happens, one night in a hundred
""")
    write(folder, "deploy.sh", tolerant)
    done = shell(kit, folder, dict(environment, SETTLED_UPSTREAM=slow.url),
                 "suspicion", {})
    check("3 races" in done.stderr, done.stderr)
    shell(kit, folder, environment, "look", {})
    check("GetParameter" in (folder / "report.html").read_text(), "no page")
    write(folder, "deploy.sh", FLAKY)
    front = f"127.0.0.1:{free_port()}"
    addresses = {"http://127.0.0.1:5000": moto.url, "127.0.0.1:5001": front}
    proof = example("proof", "sh")
    check(proof.count("&\n") == 1, "the lag is not started in the background")
    lag, script_line = proof.split("&\n")
    for shown, real in addresses.items():
        lag, script_line = (part.replace(shown, real)
                            for part in (lag, script_line))
    server = kit.start(Process, ["bash", "-c", f"cd {folder} && exec {lag}"],
                       "lag", **environment).wait_for_address()
    done = kit.command(["bash", "-c", script_line], environment, cwd=folder)
    check(done.returncode != 0, "the script did not fail behind the lag")
    write(folder, "deploy.sh", FLAKY.replace("colour", "fixed"))
    shell(kit, folder, environment, "fix", addresses)
    shell(kit, folder, environment, "keep", {})
    server.end()
