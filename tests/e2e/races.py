# SPDX-License-Identifier: Apache-2.0
"""Races: each scenario changes something and reads it at once, by every read
that a script would naturally use.

Each runs through settled twice, with replicas that lag and with replicas that
flap, where no read may be stale; and once straight at the lagging emulator,
where nearly all must fail, or the scenarios would prove nothing. The
scenarios are in races_*.py.
"""

import contextlib

import races_cli
import races_secrets
import races_ssm
import races_tagging
from botocore.exceptions import ClientError
from harness import (Failed, add_test, check, check_equal, eventually,
                     in_parallel)

SCENARIOS = []
for module in (races_ssm, races_secrets, races_tagging, races_cli):
    SCENARIOS += [(name[len("race_"):], run)
                  for name, run in vars(module).items()
                  if name.startswith("race_")]

LEAST_SHARE_OF_STALE = 0.9


class Stale(Failed):
    """A read that shows the state before the change."""


class Scene:
    """What a scenario plays on: clients, and two verbs."""

    def __init__(self, kit, endpoint, confirmed):
        self.kit = kit
        self.endpoint = endpoint
        self.confirmed = confirmed
        self.run = f"{kit.number():04d}"

    def name(self, text="a"):
        """A name of this scenario's own."""
        return f"/run{self.run}/{text}"

    def client(self, service):
        return self.kit.shared_client(service, self.endpoint)

    @property
    def ssm(self):
        return self.client("ssm")

    @property
    def secrets(self):
        return self.client("secretsmanager")

    @property
    def tagging(self):
        return self.client("resourcegroupstaggingapi")

    def write(self, call, **members):
        """A mutation that has a rule: through settled it must settle."""
        answer = call(**members)
        if self.confirmed:
            outcome = answer["ResponseMetadata"]["HTTPHeaders"].get(
                "x-settled-outcome", "absent")
            check(outcome == "settled", f"{call.__name__}: {outcome}")
        return answer

    def sees(self, read, want):
        """`read` returns what is to be compared; an error is its code."""
        try:
            got = read()
        except ClientError as error:
            got = error.response["Error"]["Code"]
        if got != want:
            raise Stale(f"stale: {got!r}, want {want!r}")

    def arrived(self, read, want):
        """Without settled, waits until what a scenario builds on is there."""
        if not self.confirmed:
            eventually(lambda: read() == want, "the first state to arrive")

    def aws(self, *words, fails=False):
        """The AWS CLI: its output as text, or on failure its stderr."""
        done = self.kit.aws(self.endpoint, *words, "--output", "text")
        if done.returncode != 0 and not fails:
            if "NotFound" in done.stderr:
                raise Stale(done.stderr.strip())
            raise Failed(f"aws {' '.join(words[:2])}: {done.stderr.strip()}")
        return done.stderr if done.returncode else done.stdout.strip()

    def aws_sees(self, want, *words):
        got = self.aws(*words, fails=True)
        good = want in got if want.endswith("Exception") \
            or want.endswith("NotFound") else got.split() == want.split()
        if not good:
            raise Stale(f"stale: {got.strip()!r}, want {want!r}")


def lagging(kit):
    return kit.shared("settled before lag",
                      lambda: kit.start_settled(kit.fixed()))


def flapping(kit):
    return kit.shared("settled before flap", lambda: kit.start_settled(
        kit.start_emulator(lag=0.3, flap=0.5)))


def lagging_long(kit):
    """The AWS CLI alone takes longer to start than the other lag."""
    return kit.shared("settled before a long lag", lambda: kit.start_settled(
        kit.start_emulator(lag=2.0)))


def far_behind(kit):
    return kit.shared("emulator that is far behind",
                      lambda: kit.start_emulator(lag=30.0))


def plain(kit):
    return kit.shared("emulator without lag",
                      lambda: kit.start_emulator(lag=0))


def is_by_cli(name):
    return name.startswith("cli_")


def run_each(kit, where, scenarios):
    """The scenarios without settled, in four threads, as they take a while:
    name to what it raised, or None."""
    results = {}
    left = list(scenarios)

    def work():
        while left:
            with contextlib.suppress(IndexError):
                name, scenario = left.pop()
                try:
                    scenario(Scene(kit, where(kit, name), confirmed=False))
                    results[name] = None
                except Exception as error:
                    results[name] = error

    in_parallel(*[work] * 4)
    return results


def test_without_settled_they_are_lost(kit):
    results = run_each(kit, lambda kit, name: far_behind(kit)
                       if is_by_cli(name) else kit.fixed(), SCENARIOS)
    # A machine that is busy is later than a short lag: those once more.
    late = [(name, run) for name, run in SCENARIOS if results[name] is None]
    results.update(run_each(kit, lambda kit, name: far_behind(kit), late))
    fresh = [name for name, error in results.items() if error is None]
    broken = [f"{name}: {error!r}" for name, error in results.items()
              if not isinstance(error, (Stale, ClientError, LookupError,
                                        type(None)))]
    check(not broken, f"broken: {broken}")
    check_equal(len(results), len(SCENARIOS), "scenarios run")
    share = 1 - len(fresh) / len(results)
    check(share >= LEAST_SHARE_OF_STALE,
          f"only {share:.0%} were stale; fresh: {fresh}")


def test_without_lag_they_hold(kit):
    """What the scenarios want is what the emulator itself answers."""
    results = run_each(kit, lambda kit, name: plain(kit), SCENARIOS)
    broken = [f"{name}: {error}" for name, error in results.items() if error]
    check(not broken, broken)


def add_all():
    for name, scenario in SCENARIOS:
        modes = [("lag", lagging), ("flap", flapping)]
        if is_by_cli(name):
            modes = [("lag", lagging_long)]
        for mode, where in modes:
            add_test("races", f"{mode}/{name}",
                     lambda kit, run=scenario, where=where:
                     run(Scene(kit, where(kit), confirmed=True)))


add_all()
