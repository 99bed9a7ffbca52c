# SPDX-License-Identifier: Apache-2.0
"""Samples become tables, and a verdict against what the project set itself."""

import statistics

# name, unit, must, aim, whether less is better
GOALS = {
    "rate": ("throughput / nginx, 64 connections", 0.40, 0.90, False),
    "added": ("added p50 - nginx's, 1 connection, us", 10, 3, True),
    "instructions": ("user instructions a call but libcrypto's, thousands",
                     180, 60, True),
    "cpu": ("CPU time a call / nginx, 64 connections", 2.5, 1.1, True),
    "sign": ("signing with a cached key, us", 2, 0.9, True),
    "memory": ("memory of a held call, KB", 16, 8, True),
    "plain": ("plain calls, 1 connection: all held / none", 0.5, 0.9, False),
    "late": ("release after the confirming read, p99, ms", 5, 5, True),
    "wrong": ("answers not right, changes not made once", 0, 0, True),
    "unnoticed": ("clients that left unnoticed", 0, 0, True),
    "noticed": ("the last that left was noticed after, ms", 100, 100, True),
}


def rows(*lines):
    """A table in Markdown, its columns as wide as they need to be."""
    lines = [[str(cell) for cell in line] for line in lines]
    widths = [max(len(line[i]) for line in lines)
              for i in range(len(lines[0]))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width)
                          for cell, width in zip(line, widths)) + " |"
        for line in lines)


def number(value, form):
    return "-" if value is None else format(value, form)


# ---- a hop ----

class Hop:
    """Samples by peer, connections and repetition."""

    def __init__(self, samples):
        self.by = {(s["peer"], s["connections"], s["repetition"]): s
                   for s in samples}
        self.peers = list(dict.fromkeys(s["peer"] for s in samples))
        self.connections = sorted({s["connections"] for s in samples})
        self.disturbed = sum(s["disturbed"] for s in samples)

    def values(self, name, peer, connections):
        return {key[2]: sample[name] for key, sample in self.by.items()
                if key[:2] == (peer, connections)}

    def median(self, name, peer, connections):
        values = self.values(name, peer, connections).values()
        return statistics.median(values) if values else None

    def paired(self, name, peer, base, connections, how):
        """The median of what two peers gave inside each repetition."""
        mine = self.values(name, peer, connections)
        theirs = self.values(name, base, connections)
        both = [how(mine[i], theirs[i]) for i in mine if i in theirs]
        return statistics.median(both) if both else None

    def ratio(self, name, peer, base, connections):
        return self.paired(name, peer, base, connections,
                           lambda a, b: a / b if b else 0)

    def added(self, peer, base, connections):
        return self.paired("p50_us", peer, base, connections,
                           lambda a, b: a - b)


def hop_table(samples, counts):
    hop = Hop(samples)
    counted = {(c["peer"], c["connections"]): c for c in counts}
    lines = [("connections", "peer", "calls/s", "min..max", "/ nginx",
              "/ haproxy", "p50 us", "added us", "p99 us", "CPU s/100k",
              "/ nginx", "instructions", "of libcrypto")]
    for connections in hop.connections:
        for peer in hop.peers:
            def get(name):
                return hop.median(name, peer, connections)
            rates = hop.values("rate", peer, connections).values()
            count = counted.get((peer, connections), {})
            lines.append((
                connections, peer, number(get("rate"), ".0f"),
                f"{min(rates):.0f}..{max(rates):.0f}",
                number(hop.ratio("rate", peer, "nginx", connections), ".2f"),
                number(hop.ratio("rate", peer, "haproxy", connections), ".2f"),
                number(get("p50_us"), ".0f"),
                number(hop.added(peer, "direct", connections), "+.0f"),
                number(get("p99_us"), ".0f"),
                number(get("cpu_s_100k"), ".2f"),
                number(hop.ratio("cpu_s_100k", peer, "nginx", connections),
                       ".2f"),
                number(count.get("instructions"), ".0f"),
                number(count.get("libcrypto"), ".0f")))
    return (f"{rows(*lines)}\n\n{hop.disturbed} of {len(samples)} "
            f"measurements were disturbed in every try.")


def count_table(counts):
    return rows(
        ("connections", "peer", "instructions", "of libcrypto"),
        *((c["connections"], c["peer"], f"{c['instructions']:.0f}",
           f"{c['libcrypto']:.0f}") for c in counts))


def piece_table(pieces):
    return rows(("piece", "us"), *((name, f"{ns / 1000:.2f}")
                                   for name, ns in pieces.items()))


def hold_table(figures):
    lines = [("peer", "held", "KB each", "after", "opened in s", "CPU %",
              "reads/s", "plain/s none", "held", "ratio", "late p50 ms",
              "p99", "max", "wrong", "left: noticed", "last ms", "disturbed")]
    for f in figures:
        lines.append((
            f["peer"], f["calls"], f"{f['kb_per_call']:.1f}",
            f"{f['kb_per_call_after']:.1f}", f"{f['opened_in_s']:.1f}",
            f"{f['cpu_percent']:.1f}", f"{f['reads_per_s']:.0f}",
            f"{f['plain_rate']:.0f}", f"{f['plain_rate_held']:.0f}",
            f"{f['plain_ratio']:.2f}", f"{f['late_p50_ms']:.2f}",
            f"{f['late_p99_ms']:.2f}", f"{f['late_max_ms']:.2f}", f["wrong"],
            f"{f['left']}: {f.get('noticed', '-')}",
            number(f.get("noticed_last_ms"), ".0f"),
            "yes" if f["disturbed"] else "no"))
    return rows(*lines)


# ---- the verdict ----

def hop_figures(samples):
    hop = Hop(samples)
    return {"rate": hop.ratio("rate", "settled", "nginx", 64),
            "added": hop.added("settled", "nginx", 1),
            "cpu": hop.ratio("cpu_s_100k", "settled", "nginx", 64)}


def count_figures(counts):
    return {"instructions": (c["instructions"] - c["libcrypto"]) / 1000
            for c in counts
            if c["peer"] == "settled" and c["connections"] == 64}


def piece_figures(pieces):
    copied = pieces["copy of a request"]
    return {"sign": (pieces["sign, cached key (with a copy)"] - copied) / 1000}


def hold_figures(figures):
    ours = figures[0]
    unanswered = ours["calls"] - ours["left"] - ours["answered"]
    return {"memory": ours["kb_per_call"], "plain": ours["plain_ratio"],
            "late": ours["late_p99_ms"],
            "wrong": ours["wrong"] + ours["not_sent_once"] + unanswered,
            "unnoticed": abs(ours["left"] - ours["noticed"]),
            "noticed": ours["noticed_last_ms"]}


def verdict(value, must, aim, less):
    reaches = (lambda goal: value <= goal) if less else (
        lambda goal: value >= goal)
    return ("-" if value is None else "aim" if reaches(aim) else
            "must" if reaches(must) else "MISSED")


def goal_table(result):
    found = {}
    for name, figures in (("hop", hop_figures), ("instructions", count_figures),
                          ("pieces", piece_figures), ("holding", hold_figures)):
        if result.get(name):
            found.update(figures(result[name]))
    result["verdicts"] = {
        name: {"value": value, "verdict": verdict(value, *GOALS[name][1:])}
        for name, value in found.items()}
    return rows(("figure", "must", "aim", "measured", "verdict"), *(
        (title, must, aim, number(found.get(name), ".2f"),
         verdict(found.get(name), must, aim, less))
        for name, (title, must, aim, less) in GOALS.items()))


def machine_lines(machine):
    versions = ", ".join(
        version if version.lower().startswith(name) else f"{name} {version}"
        for name, version in machine["versions"].items() if version)
    return (f"{machine['when']}: {machine['cpu']}, {machine['cores']} cores, "
            f"{machine['memory_gib']} GiB, {machine['system']}, Linux "
            f"{machine['kernel']}; load before: "
            f"{machine['load_before'][0]:.1f}\n{versions}")


def whole(result):
    """All that was measured, as one readable page."""
    parts = [machine_lines(result["machine"]), goal_table(result)]
    if result.get("hop"):
        parts += ["One hop:",
                  hop_table(result["hop"], result.get("instructions", []))]
    elif result.get("instructions"):
        parts += ["User instructions of a hop:",
                  count_table(result["instructions"])]
    if result.get("pieces"):
        parts += ["Pieces:", piece_table(result["pieces"])]
    if result.get("holding"):
        parts += ["Held calls:", hold_table(result["holding"])]
    if result.get("schedule"):
        parts += ["Schedules of read-backs:", result["schedule"]["table"]]
    return "\n\n".join(parts)
