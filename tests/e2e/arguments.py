# SPDX-License-Identifier: Apache-2.0
"""What each command says to words that it cannot use, and `settled report` to
logs that are damaged, empty or not there."""

import json

from command import OWN
from harness import check, check_equal

WORDS = (
    (["check", "--nope"], 2, "check has no option --nope"),
    (["convert", "one"], 2, "wants IN and OUT"),
    (["explain", "ssm", "PutParameter", "more"], 2, "at most SERVICE and"),
    (["lag"], 2, "lag wants --upstream"),
    (["lag", "--upstream", "http://127.0.0.1:1", "--lag", ""], 2, "empty"),
    (["lag", "--upstream", "http://127.0.0.1:1", "--flap", "2"], 2, "0 to 1"),
    (["report"], 2, "report wants a LOG"),
    (["serve", "--upstream", "http://127.0.0.1:1", "more"], 2,
     "takes no argument more"),
    (["serve", "--background", "--log", "-", "--upstream",
      "http://127.0.0.1:1"], 2, "--log - has no stderr"),
    (["exec", "--max-hold", "0", "--upstream", "http://127.0.0.1:1", "--",
      "true"], 2, "longer than nothing"),
    (["exec", "--json-depth", "100000", "--upstream", "http://127.0.0.1:1",
      "--", "true"], 2, "--json-depth is between"),
)


def test_words_that_cannot_be_used(kit):
    for words, status, near in WORDS:
        done = kit.run_settled(*words, environment=OWN)
        check(near in done.stderr, f"{words}: {done.stderr}")
        check_equal(done.returncode, status, f"status of {words}")


# ---- report ----

def event(**members):
    return json.dumps(dict({"time": "2026-01-31T12:00:00.000Z", "run": "r",
                            "event": "run-started"}, **members))


def report(kit, text, *words):
    log = kit.path("log.jsonl")
    log.write_text(text)
    return log, kit.run_settled("report", *words, log)


def test_a_damaged_log_is_read_around(kit):
    """Each bad line is named, up to a number; the good ones count."""
    good = event()
    bad = ['{"time":', "[]", "x" * (1 << 20) + "y", *["?"] * 30]
    log, done = report(kit, "\n".join([good, *bad, good, '{"cut']))
    check_equal(done.returncode, 0, done.stderr)
    for number, why in ((2, "is no JSON"), (4, "is longer than 1 MiB")):
        check(f"{log}:{number}: {why}" in done.stderr, done.stderr)
    check("more damaged lines" in done.stderr, done.stderr)
    check("of them damaged and left out" in done.stdout, done.stdout)
    log, done = report(kit, good + "\n" + '{"cut')
    check(f"{log}:2: the last line is cut short" in done.stderr, done.stderr)


def test_what_is_no_log_is_told(kit):
    for text, words, status, near in (
            ("", [], 1, "holds no event of settled's"),
            ('{"a":1}\n', [], 1, "holds no event of settled's"),
            (event(), ["--run", "other"], 1, "there is no such run"),
            (event(), ["--fail-on", "typos"], 2, "wants some of races"),
            (event(), ["--html", "/nowhere/page.html"], 1, "/nowhere")):
        _, done = report(kit, text, *words)
        check(near in done.stderr, f"{text} {words}: {done.stderr}")
        check_equal(done.returncode, status, f"status of {text} {words}")
    done = kit.run_settled("report", "/nowhere/log.jsonl")
    check_equal(done.returncode, 1, "status without the log")
    check("/nowhere/log.jsonl" in done.stderr, done.stderr)
