"""What is to be run: pytest's node ids, each with the seed that it follows, and what came of them last time.

A job knows nothing of where it runs: whoever runs jobs (local.py; a farm beside it) takes a list of them and tells
their outcomes one by one, each job's once.
"""

import json
import os
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tb.runner import BUILD, ROOT
from verify import plan
from verify.outcomes import Outcome

FOLDER = Path(os.environ.get("SRN_REGRESS") or BUILD / "regress")  # its files; a regression inside a test has its own
LAST = FOLDER / "last.json"
SECONDS = FOLDER / "seconds.json"
TAG = "seed="  # ends the id of a case that follows a seed: test_bench[fifo-icarus-seed=7]


class RegressError(Exception):
    """A regression that cannot begin; one sentence."""


@dataclass(frozen=True)
class Job:
    test: str
    seed: int | None = None

    @property
    def id(self) -> str:
        """pytest's node id in a session with seeds."""
        if self.seed is None:
            return self.test
        tag = f"{TAG}{self.seed}]"
        return f"{self.test[:-1]}-{tag}" if self.test.endswith("]") else f"{self.test}[{tag}"


Tell = Callable[[Job, list[Outcome]], None]  # a job's outcome, those of the cocotb tests inside it after its own
Run = Callable[[Sequence[Job], Tell], None]  # returns when all have been told; KeyboardInterrupt goes through


def draw(base: int, count: int) -> list[int]:
    """The seeds of a base: `count` different ones, those of a smaller count among them."""
    source, seeds = random.Random(base), {}
    while len(seeds) < count:
        seeds[source.randrange(1, 2**31)] = None
    return list(seeds)


def choose(wanted: Iterable[str], seeds: Sequence[int], root: Path = ROOT) -> list[Job]:
    """The jobs of tests that `wanted` finds: node ids, a file, the name of a bench, * for anything; all for none.

    One seed after the other, so that two workers rarely want the same build at the same time; first the tests
    that follow no seed. Of each seed the longest first, so that the workers end together. Raises RegressError for a
    name that finds nothing.
    """
    wanted = list(wanted)
    files = [name.split("::")[0] for name in wanted]
    files = files if files and all((root / file).exists() for file in files) else []
    known = plan.collect(files)
    seeded = set(plan.collect([*files, "-m", "seeded"]))
    collected = {test.split("::")[0] for test in known}
    absent = dict.fromkeys(
        test.split("::")[0] for test in plan.functions()
    )  # skipped as a whole, which is told as well
    chosen = dict.fromkeys([*known, *(file for file in absent if file not in collected)])
    if wanted:
        found = {name: [test for test in known if _finds(name, test)] for name in wanted}
        if nothing := [name for name, tests in found.items() if not tests]:
            raise RegressError(
                f"there is no test {nothing[0]}: `make regress TESTS=` takes a bench, a file or an id, with *"
            )
        chosen = dict.fromkeys(test for test in known if any(test in tests for tests in found.values()))
    took = seconds()
    ordered = sorted(chosen, key=lambda test: -took.get(test, float("inf")))
    plain = [Job(test) for test in ordered if test not in seeded]
    return plain + [Job(test, seed) for seed in seeds for test in ordered if test in seeded]


def _finds(name: str, test: str) -> bool:
    bench = name if "/" in name or "::" in name else f"tests/test_rtl.py::test_bench[[]{name}-*"
    if bench is name:
        name = name.replace("[", "[[]")  # brackets are pytest's, not a choice of letters
        return any(fnmatchcase(test, pattern) for pattern in (name, f"{name}[[]*", f"{name}::*"))
    return fnmatchcase(test, bench)


# ---------------------------------------------------------------- the last regression


def keep(jobs: Sequence[Job], failed: Iterable[Job], base: int, file: Path = LAST) -> None:
    """What FAILED=1 needs: also after an interrupt."""
    file.parent.mkdir(parents=True, exist_ok=True)
    record = {"base": base, "jobs": len(jobs), "failed": [asdict(job) for job in failed]}
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(record, indent=1))
    partial.rename(file)


def keep_seconds(outcomes: Iterable[Outcome], file: Path = SECONDS) -> None:
    """How long each test took, the longest of its seeds; what has not run now stays as it was."""
    took: dict[str, float] = {}
    for outcome in outcomes:
        if outcome.seconds:  # not one that nobody lived to tell
            took[outcome.test] = max(outcome.seconds, took.get(outcome.test, 0.0))
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(seconds(file) | took, indent=1))
    partial.rename(file)


def seconds(file: Path = SECONDS) -> dict[str, float]:
    """By test; none where the record cannot be read, which costs time and nothing else."""
    try:
        return {str(test): float(took) for test, took in json.loads(file.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def failures(file: Path = LAST) -> tuple[int, list[Job]]:
    """The base seed and the failed jobs of the last regression. Raises RegressError where there are none."""
    try:
        record = json.loads(file.read_text())
        failed = [Job(**job) for job in record["failed"]]
    except FileNotFoundError:
        raise RegressError("FAILED=1 repeats the failures of the last regression, and there was none here") from None
    except (ValueError, KeyError, TypeError):
        raise RegressError(f"{file} is not a regression's record: run one without FAILED=1") from None
    if not failed:
        raise RegressError(
            f"none of the last regression's {record['jobs']} runs failed: FAILED=1 has nothing to repeat"
        )
    files = sorted({job.test.split("::")[0] for job in failed if (ROOT / job.test.split("::")[0]).exists()})
    gone = {job.test for job in failed} - set(plan.collect(files))
    if gone:
        raise RegressError(f"{min(gone)} failed in the last regression and is no longer there")
    return record["base"], failed
