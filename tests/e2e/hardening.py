# SPDX-License-Identifier: Apache-2.0
"""What a stranger on the same machine gets of a running settled, and the
systemd unit that comes with it.
"""

import os
import shlex
import stat

from harness import KEY, ROOT, SECRET, Settled, Skipped, check, check_equal
from upstreams import Listener
from wire import Ask

NOBODY = 65534


def limit_of(process, name):
    with open(f"/proc/{process.pid}/limits") as limits:
        for line in limits:
            if line.startswith(name):
                return line[len(name):].split()[0]
    raise LookupError(name)


# ---- while it runs ----

def test_no_core_file(kit):
    check_equal(limit_of(kit.plain_settled(), "Max core file size"), "0",
                "bytes of a core file")


def start_as_nobody(kit):
    """Root may look at everything, so for this it is somebody else."""
    if os.geteuid() != 0:
        return kit.plain_settled()
    folder = kit.path("as-nobody")
    folder.mkdir()
    os.chmod(kit.folder, 0o711)
    program = folder / "settled"
    program.write_bytes(kit.settled.read_bytes())
    os.chmod(program, 0o755)

    class Nobody(Settled):
        def __init__(self, command, environment, place, name):
            command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
                       "--clear-groups", *command]
            super().__init__(command, environment, place, name)
            self.command = command
    return kit.start(Nobody, [program, "serve", "--upstream",
                              Listener().url], "settled",
                     AWS_ACCESS_KEY_ID=KEY,
                     AWS_SECRET_ACCESS_KEY=SECRET).wait_for_exports()


def test_its_own_user_may_not_look_into_it(kit):
    """Neither its memory nor its environment: the files of a process that may
    not be dumped belong to root, and nobody may attach to it."""
    if kit.sanitized:
        raise Skipped("the leak check needs ptrace")
    server = start_as_nobody(kit)
    for name in ("mem", "environ", "maps"):
        check_equal(os.stat(f"/proc/{server.pid}/{name}").st_uid, 0,
                    f"the owner of its {name}")
    look = ["cat", f"/proc/{server.pid}/environ"]
    if os.geteuid() == 0:
        look = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
                "--clear-groups", *look]
    done = kit.command(look)
    check(done.returncode != 0 and SECRET not in done.stdout,
          "its environment could be read")
    check_equal(Ask(server).sign().send().status, 200, "a call")


# ---- what it leaves behind ----

def test_files_are_private(kit):
    """Whatever the umask says."""
    log, tape = kit.path("private.jsonl"), kit.path("private.recording")
    server = kit.start(Settled, [
        "sh", "-c", 'umask 0; exec "$@"', "sh", kit.settled, "serve",
        "--upstream", Listener().url, "--log", log, "--record", tape],
        "settled", AWS_ACCESS_KEY_ID=KEY,
        AWS_SECRET_ACCESS_KEY=SECRET).wait_for_exports()
    check_equal(Ask(server).sign().send().status, 200, "a call")
    server.end()
    for path in (log, tape):
        check(path.stat().st_size > 100, f"{path} is empty")
        check_equal(stat.S_IMODE(path.stat().st_mode), 0o600, str(path))


# ---- as a service ----

def unit():
    text = (ROOT / "proxy" / "settled.service").read_text()
    return dict(line.split("=", 1) for line in text.splitlines()
                if "=" in line and not line.startswith("#"))


def test_the_unit_starts_it(kit):
    """Its command line, but for places and the port, on the real program."""
    words = shlex.split(unit()["ExecStart"])
    check_equal(words[:2], ["/usr/local/bin/settled", "serve"], "the command")
    folder = kit.path("state")
    (folder / "settled").mkdir(parents=True)
    words = [word.replace("%S", str(folder)).replace(":4599", ":0")
             for word in words]
    server = kit.start(Settled, [kit.settled, *words[1:], "--upstream",
                                 Listener().url], "unit",
                       AWS_ACCESS_KEY_ID=KEY,
                       AWS_SECRET_ACCESS_KEY=SECRET).wait_for_exports()
    check_equal(Ask(server).sign().send().status, 200, "a call")
    check_equal(server.end(), 0, "exit status")
    check((folder / "settled" / "log.jsonl").stat().st_size > 0, "no log")


def test_the_unit_is_one(kit):
    """As systemd itself sees it, where there is one."""
    file = kit.path("unit") / "settled.service"
    file.parent.mkdir()
    text = (ROOT / "proxy" / "settled.service").read_text()
    file.write_text(text.replace("/usr/local/bin/settled", str(kit.settled)))
    file.chmod(0o644)
    try:
        done = kit.command(["systemd-analyze", "verify", file])
    except FileNotFoundError as error:
        raise Skipped("systemd is not here") from error
    told = [line for line in done.stderr.splitlines() if file.name in line]
    check_equal(told, [], "what systemd says")
    done = kit.command(["systemd-analyze", "security", "--offline=true",
                        "--threshold=20", file])
    check_equal(done.returncode, 0, done.stdout[-300:])
