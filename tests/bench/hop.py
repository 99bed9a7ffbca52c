# SPDX-License-Identifier: Apache-2.0
"""A hop: rate, latency and CPU time of one call over and over, by wrk.

The peer has CPU 0, wrk and the upstream share CPU 1. Peers take turns inside
each repetition, so that ratios can be taken there: machines have fast and slow
moments. What others disturbed is measured again."""

import contextlib
import functools
import json
import subprocess
import sys

from machine import Watch, cpu_seconds, family, say, undisturbed
from peers import PEERS, signed_headers, stub

# wrk's own page rounds; this is all it knows.
DONE = """
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("bench %d %d %d %d %d %.1f %d\\n", summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99),
    latency.max, latency.mean, errors.connect + errors.read + errors.write +
    errors.status + errors.timeout))
end
"""


def write_script(folder, peer):
    """One signed call: it stays valid for minutes."""
    headers, body = signed_headers(peer.url.removeprefix("http://"))
    lines = ['wrk.method = "POST"', f"wrk.body = {json.dumps(body)}"]
    lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}"
              for name, value in headers.items()]
    file = folder / f"{peer.port}.lua"
    file.write_text("\n".join(lines) + DONE)
    return file


def wrk(url, script, connections, seconds):
    done = subprocess.run(
        ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}",
         f"-d{seconds}s", "-s", script, url],
        capture_output=True, text=True, check=True)
    line = done.stdout.rpartition("bench ")[2].split()
    count, duration_us, p50, p99, most, mean, errors = map(float, line)
    if errors or not count:
        sys.exit(f"bench: {url}: {errors:.0f} errors\n{done.stdout}")
    return {"requests": count, "rate": count / duration_us * 1e6,
            "p50_us": p50, "p99_us": p99, "max_us": most, "mean_us": mean}


def measure(options, folder, upstream, peer, connections):
    pids = family(peer.pid)
    script = write_script(folder, peer)
    with Watch([*pids, upstream.pid]) as watch:
        before = cpu_seconds(pids)
        figures = wrk(peer.url, script, connections, options.seconds)
        cpu_s = cpu_seconds(pids) - before
    return dict(figures, cpu_s_100k=cpu_s / figures["requests"] * 1e5,
                **watch.figures(options))


def run(options, folder):
    samples = []
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(stub(folder, cpu=1))
        peers = {name: stack.enter_context(PEERS[name](folder, upstream.port))
                 for name in options.peer}
        for peer in peers.values():
            wrk(peer.url, write_script(folder, peer), 64, 1)
        for connections in options.connections:
            for repetition in range(options.repeat):
                for name, peer in peers.items():
                    sample = undisturbed(options, functools.partial(
                        measure, options, folder, upstream, peer, connections))
                    samples.append(dict(sample, peer=name,
                                        connections=connections,
                                        repetition=repetition))
                    say(f"{connections} connections, repetition "
                        f"{repetition + 1}: {name} {sample['rate']:.0f}/s",
                        "(disturbed)" if sample["disturbed"] else "")
    return samples
