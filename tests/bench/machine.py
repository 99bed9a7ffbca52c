# SPDX-License-Identifier: Apache-2.0
"""What is read of the machine: what it is, how busy it is, what a process has
used of it; and what is installed and built before anything is measured."""

import contextlib
import hashlib
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

from peers import program

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = {"nginx": "nginx-light", "haproxy": "haproxy", "wrk": "wrk",
            "taskset": "util-linux", "valgrind": "valgrind"}
TICKS = os.sysconf("SC_CLK_TCK")


def say(*words):
    print("bench:", *words, file=sys.stderr, flush=True)


def install():
    missing = [package for command, package in PACKAGES.items()
               if not Path(program(command)).exists()]
    if missing:
        say("installing", *missing)
        sudo = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run([*sudo, "apt-get", "install", "-y", "-qq", *missing],
                       check=True, stdout=subprocess.DEVNULL)


def build(folder):
    """settled as it is shipped, and the programs of this folder."""
    say("building", folder.relative_to(ROOT))
    for command in (["cmake", "--preset", "release"],
                    ["cmake", "--build", folder, "--target", "settled",
                     "bench_hold", "bench_pieces"]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"bench: {done.stdout[-2000:]}{done.stderr[-2000:]}")


# ---- what it is ----

def output_of(*command):
    with contextlib.suppress(OSError):
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        return (done.stdout or done.stderr).strip()
    return ""


def first_line(*command):
    return (output_of(*command).splitlines() or [""])[0]


def field(file, name):
    for line in Path(file).read_text().splitlines():
        if re.match(rf"{name}\s*[:=]", line):
            return re.split(r"[:=]", line, maxsplit=1)[1].strip().strip('"')
    return ""


def versions(settled):
    found = {
        "settled": first_line(settled, "version"),
        "tree": first_line("git", "describe", "--always", "--dirty"),
        "nginx": first_line(program("nginx"), "-v").rpartition("/")[2],
        "haproxy": first_line(program("haproxy"), "-v").split(" - ")[0],
        "wrk": first_line("wrk", "-v").split(" [")[0],
        "valgrind": first_line("valgrind", "--version"),
        "compiler": first_line("cc", "--version"),
    }
    for library in ("libcurl", "openssl", "libmicrohttpd"):
        found[library] = first_line("pkg-config", "--modversion", library)
    return found


def describe(settled):
    memory_kb = int(field("/proc/meminfo", "MemTotal").split()[0])
    return {
        "cpu": field("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory_kb / 2 ** 20, 1),
        "kernel": platform.release(),
        "system": field("/etc/os-release", "PRETTY_NAME"),
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "load_before": os.getloadavg(),
        "versions": versions(settled),
    }


# ---- what processes use of it ----

def family(pid):
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1]
            user, system = fields.split()[11:13]
            total += (int(user) + int(system)) / TICKS
    return total


def memory_kb(pids):
    """PSS; RSS of processes that do not let themselves be looked at."""
    total = 0
    for pid in pids:
        try:
            pss = field(f"/proc/{pid}/smaps_rollup", "Pss")
        except PermissionError:
            pss = field(f"/proc/{pid}/status", "VmRSS")
        total += int(pss.split()[0])
    return total


# ---- whether it is left alone ----

def busy_seconds(cpus):
    """Of these CPUs, by anyone, and what was stolen."""
    total, names = 0, [f"cpu{cpu}" for cpu in cpus]
    for line in Path("/proc/stat").read_text().splitlines():
        if line.split()[0] in names:
            user, nice, system, _, _, irq, soft, steal = map(
                int, line.split()[1:9])
            total += user + nice + system + irq + soft + steal
    return total / TICKS


def calibrate():
    """Seconds that a fixed piece of work takes, at best: a measure of how fast
    the machine is just now."""
    block, best = bytes(200000), 1
    for _ in range(5):
        begun = time.perf_counter()
        hashlib.sha256(block)
        best = min(best, time.perf_counter() - begun)
    return best


class Watch:
    """Around one measurement: how much others took of the CPUs (0.1: a tenth
    of one), and how much slower than ever before the machine was."""

    fastest = 1

    def __init__(self, pids, cpus=(0, 1)):
        self.pids, self.cpus = pids, cpus

    def ours(self):
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (cpu_seconds(self.pids) + children.ru_utime + children.ru_stime +
                time.process_time())

    def __enter__(self):
        self.slowest = calibrate()
        self.begun = time.monotonic()
        self.busy, self.used = busy_seconds(self.cpus), self.ours()
        return self

    def __exit__(self, *_):
        seconds = time.monotonic() - self.begun
        used = self.ours() - self.used
        self.foreign = (busy_seconds(self.cpus) - self.busy - used) / seconds
        self.slowest = max(self.slowest, calibrate())
        Watch.fastest = min(Watch.fastest, self.slowest)

    def figures(self, options):
        slow = self.slowest / Watch.fastest - 1
        return {"foreign": round(self.foreign, 3), "slow": round(slow, 3),
                "disturbed": self.foreign > options.noise or
                slow > options.slowness}


def undisturbed(options, measure):
    """The first that nobody disturbed, else the least disturbed."""
    samples = []
    for attempt in range(options.tries):
        if attempt > 0:
            time.sleep(options.wait)
        samples.append(measure())
        if not samples[-1]["disturbed"]:
            break
    best = min(samples, key=lambda s: (s["disturbed"],
                                       max(s["foreign"], s["slow"])))
    return dict(best, tries=len(samples))


def require():
    if sys.platform != "linux" or not {0, 1} <= os.sched_getaffinity(0):
        sys.exit("bench: this needs Linux and the CPUs 0 and 1")
    if not shutil.which("apt-get") and not shutil.which("wrk"):
        sys.exit("bench: install " + ", ".join(PACKAGES.values()) + " first")
