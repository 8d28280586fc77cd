"""Failures planted over all units: mutants of the signed-off campaign, an equal share of each folder of rtl/, each with a
test that it makes fail by a seed drawn for it; then the line that the failure printed, pasted."""

import json
import random
import re
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tb import runner, simulators
from verify import workers
from verify.mutate import __main__ as mutate
from verify.mutate import plan
from verify.mutate.campaign import Tree
from verify.mutate.kinds import Mutant
from verify.reproduce import printed, tree
from verify.reproduce.printed import Printed

SEEDS = 3  # tried of a mutant that its test does not see with the first


class ReproduceError(Exception):
    """One sentence."""


@dataclass(frozen=True)
class Bug:
    mutant: Mutant
    text: str  # of its file, with it
    run: plan.Run
    test: str  # a regular expression for the tests that see it; all of a small bench

    @property
    def unit(self) -> str:
        return mutate.block(self.mutant.file)


@dataclass(frozen=True)
class Attempt:
    """A failure and its repetition."""

    bug: Bug
    seed: int
    failed: Printed
    repeated: Printed
    seconds: tuple[float, float]  # of the failing run, and of its line
    megabytes: float  # of the waves

    @property
    def missing(self) -> str:
        """Why it is not reproduced, or nothing."""
        if not self.failed.line:
            return "no line to paste"
        if not printed.same(self.failed, self.repeated):
            return f"another first mismatch: {self.repeated.short or 'none'}"
        return "" if self.megabytes else "no waves"


# ---------------------------------------------------------------- which


def bugs(simulator: str = "icarus") -> dict[str, list[Bug]]:
    """By unit: what a bench on `simulator` killed in the last campaign, less what rtl/ no longer has."""
    design = mutate.load(["rtl"])
    known = {mutant.id: mutant for found in design.mutants.values() for mutant in found}
    units = defaultdict(list)
    for entry in json.loads(mutate.SIGNED_OFF.read_text())["mutants"]:
        mutant = known.get(entry["id"])
        if entry["verdict"] != "killed" or mutant is None or mutant.change != entry["change"]:
            continue
        name, _, said = entry["by"].partition(": ")
        run = _run(name, plan.runs(mutant.file, mutate.names(mutant, design)))
        if run is None or run.simulator != simulator:
            continue
        bug = Bug(mutant, mutant.apply(design.texts[mutant.file]), run, run.tests or _test(run, said))
        units[bug.unit].append(bug)
    return dict(sorted(units.items()))


def _run(name: str, runs: Sequence[plan.Run]) -> plan.Run | None:
    """Of that name, or where a bench has other parameters since, as near as there is."""
    bench, simulator = name.split("-")[:2]
    if bench.endswith(".py"):  # it compares what a run left that passed
        return None
    near = [run for run in runs if (run.bench, run.simulator) == (bench, simulator)]
    near = [run for run in near if name.endswith(re.match(r"\w*", run.tests).group())]
    near.sort(key=lambda run: (str(run) != name, not run.tests))
    return near[0] if near else None


def _test(run: plan.Run, said: str) -> str:
    """Of a large bench the test that saw it."""
    test = said.split(":")[0].split("/")[0]
    return rf"^{test}\b" if test in plan.tests(run) and plan.size(run.bench) > plan.SMALL else ""


def spread(found: list[Bug], rng: random.Random) -> Iterator[Bug]:
    """In an order that has one of each file, then a second of each, ..."""
    files = defaultdict(list)
    for bug in rng.sample(found, len(found)):
        files[bug.mutant.file].append(bug)
    for turn in range(max(map(len, files.values()))):
        yield from (members[turn] for members in files.values() if turn < len(members))


def shares(units: list[str], count: int) -> list[str]:
    """`count` times a unit, each as often as the others."""
    return [units[number % len(units)] for number in range(count)]


# ---------------------------------------------------------------- one


def attempt(bug: Bug, place: Tree, shell: tree.Shell, seed: int) -> Attempt | None:
    """Fail, then paste. None where no seed drawn from `seed` makes the test fail, or it goes on for ever."""
    rng = random.Random(f"{seed} {bug.mutant.id}")
    shutil.rmtree(place.folder / "build" / "run", ignore_errors=True)  # waves of the last one
    with place.planted({bug.mutant.file: bug.text}):
        for own in [rng.randrange(1, 2**31) for _ in range(SEEDS)]:
            line = runner.command(bug.run.bench, bug.run.simulator, own, bug.test, json.loads(bug.run.parameters))
            first = shell.paste(line, place.folder)
            if first.seconds > tree.LIMIT_S or "does not build" in first.text:
                return None
            if first.status:
                break
        else:
            return None
        failed = printed.read(first.text)
        second = shell.paste(failed.line, place.folder) if failed.line else tree.Said("", 0, 0.0)
        repeated = printed.read(second.text)
        if second.status == 0:
            repeated = Printed("", "", repeated.waves)
        size = repeated.waves.stat().st_size / 1e6 if repeated.waves and repeated.waves.exists() else 0.0
    return Attempt(bug, own, failed, repeated, (first.seconds, second.seconds), size)


# ---------------------------------------------------------------- all


class Campaign:
    def __init__(self, count: int, seed: int, workers: int, say: Callable[[str], None]):
        if simulators.find_icarus() is None:
            raise ReproduceError(f"no Icarus Verilog, on whose runs the bugs are planted: {simulators.ICARUS_INSTALL}")
        found = bugs()
        self.units = sorted(found)
        if count > sum(map(len, found.values())):
            raise ReproduceError(
                f"the last mutation campaign has {sum(map(len, found.values()))} such bugs, not {count}"
            )
        self.bugs = {unit: spread(members, random.Random(f"{seed} {unit}")) for unit, members in found.items()}
        self.slots = shares(self.units, count)
        self.count, self.seed, self.workers, self.say = count, seed, workers, say
        self.lock, self.shell = threading.Lock(), tree.Shell()
        self.attempts: list[Attempt] = []
        self.passed_over: list[Bug] = []

    def go(self) -> None:
        """Until all are through; after Ctrl-C KeyboardInterrupt, `attempts` what is known by then."""
        workers.go([partial(self._work, f"tree-{number}") for number in range(self.workers)], self.shell.stop)

    def _work(self, name: str) -> None:
        place = tree.make(name)
        while bug := self._next():
            try:
                found = attempt(bug, place, self.shell, self.seed)
            except tree.Stopped:
                return
            with self.lock:
                if found:
                    self.attempts.append(found)
                    self.say(found)
                else:
                    self.passed_over.append(bug)
                    self.slots.append(bug.unit)

    def _next(self) -> Bug | None:
        with self.lock:
            while self.slots:
                if bug := next(self.bugs[self.slots.pop(0)], None):
                    return bug
        return None
