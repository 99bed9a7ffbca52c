# SPDX-License-Identifier: Apache-2.0
"""The learned schedule: from run to run with --state, and what is said of it."""

import json
import stat

from harness import KEY, SECRET, check, check_equal, in_parallel
from racing import lagging
from taping import replay, script

OWN = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
CHANGES = 6

WRITER = f"""
    import boto3, sys
    for i in range({CHANGES}):
        ssm = boto3.client("ssm")  # a connection of its own
        ssm.put_parameter(Name=f"{{sys.argv[1]}}/{{i}}", Value="tell-nobody",
                          Type="String")
"""


def write(kit, upstream, *options):
    """Writes some parameters; every line of the log, and what was said."""
    log = kit.path("learning.jsonl")
    done = kit.run_settled(
        "exec", "--upstream", upstream.url, "--log", log, *options, "--",
        kit.python, script(kit, WRITER), f"/learning/{kit.number()}",
        environment=OWN)
    check_equal(done.returncode, 0, done.stderr)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    check_equal(sum(line["event"] == "settle-finished" and
                    line["outcome"] == "settled" for line in lines),
                CHANGES, "settled")
    return lines, done.stderr


def misses(lines):
    return sum(line["event"] == "read-back" and line["verdict"] == "not-yet"
               for line in lines)


def explain(kit, *options):
    done = kit.run_settled("explain", "ssm", "PutParameter", *options)
    check_equal(done.returncode, 0, done.stderr)
    return " ".join(done.stdout.split())


def test_a_second_run_knows_when_to_look(kit):
    state = kit.path("state")
    upstream = lagging(kit, "fixed:1200ms")
    check("learned nothing yet; until then the reads are at 0 s" in
          explain(kit, "--state", state), "explain, before")
    first, _ = write(kit, upstream, "--state", state)
    check(f"learned from {CHANGES} confirmations: median 1." in
          explain(kit, "--state", state), explain(kit, "--state", state))
    second, _ = write(kit, upstream, "--state", state)
    check(misses(second) < misses(first),
          f"{misses(first)} reads too early, then {misses(second)}")
    check(f"learned from {2 * CHANGES} confirmations" in
          explain(kit, "--state", state), explain(kit, "--state", state))


def test_what_is_kept_is_private_and_tells_no_name(kit):
    state = kit.path("state")
    write(kit, kit.fixed(), "--state", state)
    file = state / "schedule.json"
    check_equal(stat.S_IMODE(file.stat().st_mode), 0o600, "mode")
    text = file.read_text()
    check("PutParameter" in text, text)
    check("/learning" not in text and "tell-nobody" not in text, text)
    check_equal(sorted(path.name for path in state.iterdir()),
                ["schedule.json", "schedule.json.lock"], "files")


def test_two_at_the_same_time_keep_what_both_have_learned(kit):
    state = kit.path("state")
    upstream = kit.fixed()
    in_parallel(*[lambda: write(kit, upstream, "--state", state)] * 3)
    check(f"learned from {3 * CHANGES} confirmations" in
          explain(kit, "--state", state), explain(kit, "--state", state))


def test_several_processes_keep_what_each_has_learned(kit):
    state = kit.path("state")
    write(kit, kit.fixed(), "--loops", "3", "--state", state)
    check(f"learned from {CHANGES} confirmations" in
          explain(kit, "--state", state), explain(kit, "--state", state))


def test_without_learning_nothing_is_kept(kit):
    state = kit.path("state")
    write(kit, kit.fixed(), "--no-learn", "--state", state)
    check(not state.exists(), "the folder is there")


def test_a_folder_that_cannot_be_written_is_told_at_once(kit):
    state = kit.path("state")
    state.write_text("no folder")
    done = kit.run_settled("exec", "--upstream", kit.fixed().url, "--state",
                           state, "--", "true", environment=OWN)
    check_equal(done.returncode, 1, done.stderr)
    check(f"settled: {state}: " in done.stderr, done.stderr)


def test_a_damaged_file_is_told_and_set_aside(kit):
    state = kit.path("state")
    state.mkdir()
    file = state / "schedule.json"
    file.write_text('{"format":"settled schedule",\n "version":7}')
    done = kit.run_settled("explain", "--state", state, "ssm", "PutParameter")
    check_equal(done.returncode, 1, done.stderr)
    _, said = write(kit, kit.fixed(), "--state", state)
    check(f"{file}:2:12: error: is of another version" in said, said)
    check('"version":7' in (state / "schedule.json.damaged").read_text(),
          "what was there")
    check(f"learned from {CHANGES} confirmations" in
          explain(kit, "--state", state), explain(kit, "--state", state))


def test_what_cannot_be_saved_leaves_the_old_file(kit):
    state = kit.path("state")
    write(kit, kit.fixed(), "--state", state)
    before = (state / "schedule.json").read_text()
    (state / "schedule.json.new").mkdir()  # as good as a full disk
    _, said = write(kit, kit.fixed(), "--state", state)
    check("what was learned could not be saved: " in said, said)
    check_equal((state / "schedule.json").read_text(), before, "the old file")


def test_a_recording_of_a_learned_schedule_replays_exactly(kit):
    state, tape = kit.path("state"), kit.path("tape.jsonl")
    upstream = lagging(kit, "lognormal:300ms,1.0")
    write(kit, upstream, "--state", state)
    program = script(kit, WRITER)
    done = kit.run_settled(
        "exec", "--upstream", upstream.url, "--state", state, "--record", tape,
        "--", kit.python, program, "/learning/taped", environment=OWN)
    check_equal(done.returncode, 0, done.stderr)
    again = replay(kit, tape, kit.python, program, "/learning/taped",
                   options=("--exact",))
    check_equal(again.returncode, 0, again.stderr)
