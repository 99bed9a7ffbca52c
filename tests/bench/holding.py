# SPDX-License-Identifier: Apache-2.0
"""Thousands of calls held at one time: what each takes of memory and CPU, what
they do to a plain call, how late they are released, and whether clients that
leave are noticed. bench_hold (hold.c) makes them and tells where it is."""

import contextlib
import datetime
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from machine import Watch, cpu_seconds, family, memory_kb, say, undisturbed
from peers import PEERS, Settled, own_keys, reserved_port

RULES = Path(__file__).resolve().parent / "rules"
SHARE_OF_LIMIT = 0.9  # of the descriptors that a process may have


def offers(settled, option):
    shown = subprocess.run([settled, "serve", "--help"], capture_output=True,
                           text=True, check=True)
    return option in shown.stdout


def settled_options(options):
    more = ["--no-builtin-rules", "--rules", RULES, "--max-hold", "600s",
            "--held-limit", options.held + 1000,
            "--connection-limit", options.held + 1000]
    if options.loops > 1:
        if not offers(options.settled, "--loops"):
            sys.exit("bench: this settled knows no --loops")
        more += ["--loops", options.loops]
    return more


def stages_of(options, command, pids):
    """A line of the tool at each stage; memory and CPU time are read then."""
    stages = {}
    cpus = (0, 1) if options.loops == 1 else range(os.cpu_count())
    with Watch(pids, cpus) as watch, contextlib.ExitStack() as stack:
        tool = stack.enter_context(subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=own_keys()))
        stack.callback(tool.kill)
        for line in tool.stdout:
            stage = json.loads(line)
            stage.update(memory_kb=memory_kb(pids), cpu_s=cpu_seconds(pids),
                         at=time.monotonic())
            stages[stage["stage"]] = stage
            say(f"holding: {stage['stage']}, {stage['held']} held")
        tool.wait()
    if tool.returncode != 0 or "end" not in stages:
        sys.exit(f"bench: {command[3].name} ended with {tool.returncode}")
    stages["end"].update(watch.figures(options))
    return stages


def departures_ms(log, left_ms):
    """How long after they hung up the log says of each that it has gone."""
    late = []
    for line in log.read_text().splitlines():
        if '"event":"client-gone"' in line and "PutParameter" in line:
            moment = json.loads(line)["time"].replace("Z", "+00:00")
            stamp = datetime.datetime.fromisoformat(moment).timestamp()
            late.append(stamp * 1000 - left_ms)
    return late


def figures_of(stages, calls):
    none, held, still = (stages[name] for name in
                         ("plain-before", "held", "still"))
    after, end = stages["plain-after"], stages["end"]
    seconds = still["at"] - held["at"]
    around = statistics.median(none["rates"] + after["rates"])
    return {
        "calls": calls,
        "kb_per_call": (still["memory_kb"] - none["memory_kb"]) / calls,
        "kb_per_call_after":
            (after["memory_kb"] - none["memory_kb"]) / calls,
        "opened_in_s": held["seconds"],
        "cpu_percent": (still["cpu_s"] - held["cpu_s"]) / seconds * 100,
        "reads_per_s": (still["reads"] - held["reads"]) / seconds,
        "stub_connections": still["stub_connections"],
        "plain_rate": around,
        "plain_rate_held": statistics.median(stages["plain-held"]["rates"]),
        "plain_ratio": statistics.median(stages["plain-held"]["rates"]) /
        max(around, 1),
        **{name: end[name] for name in (
            "answered", "left", "wrong", "not_sent_once", "late_p50_ms",
            "late_p99_ms", "late_max_ms", "foreign", "slow", "disturbed")},
        "stages": list(stages.values()),
    }


def command_for(options, peer, upstream, calls, leavers, *more):
    cpu = 1 if options.loops == 1 else os.cpu_count() - 1
    return ["taskset", "-c", str(cpu), options.folder / "tests" / "bench" /
            "bench_hold", "--port", str(peer.port), "--stub-port",
            str(upstream), "--calls", str(calls), "--leavers", str(leavers),
            "--still-ms", str(options.still * 1000), "--spread-ms",
            str(options.still * 1000), *more]


def hold(options, folder):
    cpus = f"0-{os.cpu_count() - 2}" if options.loops > 1 else 0
    with reserved_port() as upstream, Settled(
            folder, upstream, cpu=cpus, more=settled_options(options)) as peer:
        time.sleep(0.5)  # its loops, where it has several
        leavers = max(options.held // 100, 1)
        stages = stages_of(
            options, command_for(options, peer, upstream, options.held, leavers,
                                 "--processes", str(options.load_processes)),
            family(peer.pid))
        gone = departures_ms(peer.log, stages["leaving"]["wall_ms"])
    figures = figures_of(stages, options.held)
    cpu_ms = (figures["cpu_percent"] * 10) / max(figures["reads_per_s"], 1)
    return dict(figures, peer="settled", loops=options.loops,
                cpu_ms_per_1000_reads=cpu_ms * 1000, noticed=len(gone),
                noticed_last_ms=max(gone, default=None))


def anchor(options, folder, name, calls):
    """The same, held by a slow upstream: these pin a connection for each."""
    with reserved_port() as upstream, PEERS[name](folder, upstream) as peer:
        stages = stages_of(
            options, command_for(options, peer, upstream, calls, 0, "--slow"),
            family(peer.pid))
    return dict(figures_of(stages, calls), peer=name)


def processes_for(calls):
    """As many as the limit of descriptors in each asks for."""
    limit = os.sysconf("SC_OPEN_MAX")
    with open("/proc/self/limits", encoding="ascii") as limits:
        for line in limits:
            if line.startswith("Max open files"):
                limit = int(line.split()[4])
    return max(1, -(-calls // int(limit * SHARE_OF_LIMIT)))


def run(options, folder):
    options.load_processes = processes_for(options.held)
    figures = [undisturbed(options, lambda: hold(options, folder))]
    for name in ("nginx", "haproxy"):
        if name in options.peer:
            figures.append(undisturbed(options, lambda: anchor(
                options, folder, name, min(options.held, 1000))))
    return figures
