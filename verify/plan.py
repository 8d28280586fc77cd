"""The testplan, tests/testplan.hjson: what is to be shown, by which tests, and which bins show that it was reached.

A test is named by pytest's node id, or for a cocotb test by `tb/test_NAME.py::function`; a name without `[...]` means
all its cases, and * stands for anything:

    tests/test_mx.py::test_decoding_of_every_code_equals_ml_dtypes
    tb/test_fifo.py::words_come_out_in_order
    tb/test_matrix.py::random_commands[icarus-*]

    python -m verify.plan        what is wrong with the plan, one sentence each; nothing and 0 where all holds
"""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import hjson

from tb.runner import ROOT, BenchError, load_bench
from verify import (
    bins,
    groups,  # noqa: F401 - declares them
    outcomes,
)

PLAN = ROOT / "tests" / "testplan.hjson"
STAGES = {
    "V1": "it computes: the plain case of each unit, and the whole chip runs",
    "V2": "it cannot be made to fail: corners, stalls, errors, every size, both simulators",
    "V3": "what was measured stays: times, floors, tools, and the guards of the suite itself",
}
KEYS = {"name", "stage", "desc", "tests", "bins"}


class PlanError(Exception):
    """A plan that cannot be read; one sentence."""


@dataclass(frozen=True)
class Testpoint:
    feature: str
    name: str
    stage: str
    text: str
    tests: tuple[str, ...]
    bins: tuple[str, ...]  # groups of verify/groups.py

    __test__ = False  # not pytest's


@dataclass(frozen=True)
class Verdict:
    """How far a testpoint has come. Green only where it passes and its bins were all hit."""

    state: str  # failing, not run, passing, covered
    passed: int  # tests of its own, cases counted one by one
    failed: int
    not_run: tuple[str, ...]  # names of the plan that found no result
    skipped: tuple[str, ...]  # reasons
    bins: int
    hit: int

    @property
    def green(self) -> bool:
        return self.state == "covered"


def load(file: Path = PLAN) -> list[Testpoint]:
    """Raises PlanError where the file is no plan."""
    name = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
    try:
        plan = hjson.loads(file.read_text())
    except OSError as error:
        raise PlanError(f"{name} cannot be read: {error.strerror}") from None
    except hjson.HjsonDecodeError as error:
        raise PlanError(f"{name} is not Hjson: {error}") from None
    if not isinstance(plan, Mapping) or not isinstance(plan.get("features"), list):
        raise PlanError(f"{name} has no list of features")
    points = []
    features = Counter(feature.get("name", "(no name)") for feature in plan["features"])
    for feature, count in features.items():
        if count > 1:
            raise PlanError(f"{name}: {count} features are called {feature}")
    for feature in plan["features"]:
        for point in feature.get("testpoints") or []:
            where = f"{name}: testpoint {point.get('name', '(without a name)')} of {feature.get('name', '(no name)')}"
            if missing := sorted(KEYS - {"bins"} - point.keys()):
                raise PlanError(f"{where} has no {missing[0]}")
            if unknown := sorted(point.keys() - KEYS):
                raise PlanError(
                    f"{where} has a {unknown[0]!r}, which means nothing; it may have {', '.join(sorted(KEYS))}"
                )
            if point["stage"] not in STAGES:
                raise PlanError(f"{where} is of stage {point['stage']!r}; there are {', '.join(STAGES)}")
            text = " ".join(point["desc"].split())
            tests, wanted = (tuple(point.get(key) or ()) for key in ("tests", "bins"))
            points.append(Testpoint(feature["name"], point["name"], point["stage"], text, tests, wanted))
    if not points:
        raise PlanError(f"{name} has no testpoints")
    return points


# ---------------------------------------------------------------- what is wrong


def check(points: Collection[Testpoint], tests: Collection[str], known_groups: Collection[str]) -> list[str]:
    """One sentence for each thing that the plan, the suite and the bins disagree on."""
    said = []
    names = Counter(point.name for point in points)
    said += [f"{count} testpoints are called {name}" for name, count in names.items() if count > 1]
    for point in points:
        if not point.tests:
            said.append(f"{point.name} names no test")
        for pattern in point.tests:
            if not any(finds(pattern, test) for test in tests):
                said.append(f"{point.name} names {pattern}, and there is no such test")
        said += [f"{point.name} names {name} twice" for name, n in Counter(point.tests).items() if n > 1]
        for group in point.bins:
            if group not in known_groups:
                said.append(f"{point.name} names the bins {group}, which verify/groups.py does not declare")
    patterns = {pattern for point in points for pattern in point.tests}
    unnamed = [test for test in tests if not any(finds(pattern, test) for pattern in patterns)]
    functions = Counter(test.partition("[")[0] for test in unnamed)
    for function, count in functions.items():
        cases = sum(test.partition("[")[0] == function for test in tests)
        said.append(f"no testpoint names {function}" + (f", in {count} of its {cases} cases" if count < cases else ""))
    named = {group for point in points for group in point.bins}
    said += [f"no testpoint names the bins {group}" for group in known_groups if group not in named]
    return said


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    middle = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.compile(middle + ("" if "[" in pattern else r"(\[.*\])?"))


def finds(pattern: str, test: str) -> bool:
    return _expression(pattern).fullmatch(test) is not None


# ---------------------------------------------------------------- the suite


def suite() -> list[str]:
    """Every pytest case and every cocotb test of every bench. Raises PlanError where the suite cannot be collected."""
    found = []
    for test in collect():
        if bench := outcomes.BENCH.match(test):
            found += [f"tb/test_{bench['name']}.py::{name}" for name in _cocotb_ids(bench)]
        else:
            found.append(test)
    seen = {test.partition("[")[0] for test in found}
    found += [test for test in functions() if test not in seen and test != "tests/test_rtl.py::test_bench"]
    return found


def collect(arguments: Iterable[str] = ()) -> list[str]:
    """pytest's node ids, in its order."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-o", "addopts=--strict-markers", *arguments]
    run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if run.returncode not in (0, 5):  # 5: nothing found
        said = [line for line in (run.stdout + run.stderr).splitlines() if line.startswith(("ERROR", "E  "))]
        raise PlanError(f"pytest cannot collect the tests: {said[0] if said else run.stdout[-500:]}")
    return [line for line in run.stdout.splitlines() if "::" in line and not line.startswith(("SKIPPED", " "))]


def functions() -> list[str]:
    """pytest's test functions as they are written: also those of a file that is skipped as a whole here."""
    return [
        f"{path.relative_to(ROOT)}::{node.name}"
        for path in sorted((ROOT / "tests").glob("test_*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def _cocotb_ids(bench: re.Match[str]) -> list[str]:
    found = []
    try:
        names = load_bench(bench["name"]).tests
    except Exception as error:  # noqa: BLE001 - whatever keeps it from being imported
        raise PlanError(f"tb/test_{bench['name']}.py cannot be loaded: {error!r}") from None
    for name in names:
        function, *settings = name.split("/")
        found.append(f"{function}[{'-'.join(filter(None, [bench['rest'], *settings]))}]")
    return found


# ---------------------------------------------------------------- what came of it


def judge(
    point: Testpoint, tests: Iterable[Mapping], reached: Mapping[str, tuple[int, int]], may_skip: Mapping[str, str] = {}
) -> Verdict:
    """`tests`: rows of the part "tests"; `reached`: bins and bins hit of each group, empty where none were counted.

    A skip is no pass: it is allowed only in a file that `may_skip` names, and never for all tests of a testpoint.
    """
    tests = list(tests)
    found = {pattern: [row for row in tests if finds(pattern, _whole_file(row, pattern))] for pattern in point.tests}
    rows = {row["test"]: row for members in found.values() for row in members}.values()
    not_run = tuple(pattern for pattern, members in found.items() if not members)
    passed = sum(row["passed"] > 0 and not row["failed"] and not row["skipped"] for row in rows)
    failed = sum(row["failed"] > 0 for row in rows)
    skips = [row for row in rows if row["skipped"]]
    unexpected = [row for row in skips if row["test"].split("::")[0] not in may_skip]
    counted = [reached[group] for group in point.bins if group in reached]
    total, hit = (sum(column) for column in zip(*counted, strict=True)) if counted else (0, 0)
    if failed or unexpected:
        state = "failing"
    elif not_run or not passed:
        state = "not run"
    elif len(counted) < len(point.bins) or hit < total:
        state = "passing"
    else:
        state = "covered"
    return Verdict(state, passed, failed, not_run, tuple(sorted({row["reason"] for row in skips})), total, hit)


def _whole_file(row: Mapping, pattern: str) -> str:
    """A file skipped as a whole has one row, its own name: it is found by each test named in it."""
    return pattern if row["test"] == pattern.split("::")[0] else row["test"]


def main() -> int:
    try:
        said = check(load(), suite(), bins.GROUPS)
    except (PlanError, BenchError) as error:
        said = [str(error)]
    for sentence in said:
        print(sentence, file=sys.stderr)
    return int(bool(said))


if __name__ == "__main__":
    sys.exit(main())
