"""What became of each test: one record a test and seed, from any place that ran it; as JUnit, and as the part "tests".

A bench's case of tests/test_rtl.py stands for itself and for each cocotb test in it, which has a name of its own:

    tests/test_rtl.py::test_bench[fifo-icarus-Width=9,Depth=5]
    tb/test_fifo.py::words_come_out_in_order[icarus-Width=9,Depth=5-stall_in=0.0-stall_out=0.5]
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tb.runner import load_bench
from verify import results

JUNIT = results.FOLDER / "junit.xml"
BENCH = re.compile(r"tests/test_rtl\.py::test_bench\[(?P<name>\w+)(-(?P<rest>.*))?\]$")
STATES = ("passed", "failed", "skipped")


@dataclass(frozen=True)
class Outcome:
    test: str  # pytest's node id without the seed, or a cocotb test as above
    seed: int | None  # None for a test that follows no seed
    state: str  # one of STATES
    seconds: float
    text: str = ""  # why it failed or was skipped
    again: str = ""  # the line that repeats it


def with_cases(outcome: Outcome, cases: Sequence[tuple[str, bool, float]]) -> list[Outcome]:
    """A bench's outcome and those of its cocotb tests. None of them counts as passed where the run as a whole is red
    and not one of them says why."""
    found = BENCH.match(outcome.test)
    if not found:
        return [outcome]
    if not cases:  # it does not build, or the worker died
        cases = [(name, False, 0.0) for name in cocotb_tests(found["name"])]
    blamed = outcome.state != "passed" and all(passed for _, passed, _ in cases)
    inside = []
    for name, passed, seconds in cases:
        function, *settings = name.split("/")
        words = "-".join(filter(None, [found["rest"], *settings]))
        state = "passed" if passed and not blamed else "failed"
        text = "" if state == "passed" else outcome.text
        test = f"tb/test_{found['name']}.py::{function}[{words}]"
        inside.append(Outcome(test, outcome.seed, state, seconds, text, outcome.again))
    return [outcome, *inside]


def cocotb_tests(bench: str) -> tuple[str, ...]:
    """What the bench has, or nothing where it cannot even be loaded."""
    try:
        return load_bench(bench).tests
    except Exception:  # noqa: BLE001 - the bench's own red case says why
        return ()


def again(test: str, seed: int | None, text: str) -> str:
    """The line that repeats a failure: the runner's own where the text has it."""
    if found := re.search(r"^(?:E\s+)?again: (.+)$", text, re.MULTILINE):
        return found[1]
    return (f"SEED={seed} " if seed is not None else "") + f".venv/bin/python -m pytest '{test}'"


def pictures(text: str) -> list[str]:
    """The files that a failure's text names as its pictures (tb/failure.py)."""
    return re.findall(r"^(?:E\s+)?picture: (.+)$", text, re.MULTILINE)


def write_junit(outcomes: Iterable[Outcome], file: Path = JUNIT) -> None:
    """A suite for each file of tests, a case for each test and seed, as CI servers read it."""
    by_file = defaultdict(list)
    for outcome in outcomes:
        by_file[outcome.test.split("::")[0]].append(outcome)
    root = ElementTree.Element("testsuites")
    for name, members in by_file.items():
        suite = ElementTree.SubElement(root, "testsuite", name=name, errors="0", tests=str(len(members)))
        for attribute, state in (("failures", "failed"), ("skipped", "skipped")):
            suite.set(attribute, str(sum(member.state == state for member in members)))
        suite.set("time", f"{sum(member.seconds for member in members):.3f}")
        for member in members:
            title = member.test.partition("::")[2] or name
            case = ElementTree.SubElement(suite, "testcase", classname=name.removesuffix(".py").replace("/", "."))
            case.set("name", title if member.seed is None else f"{title} seed {member.seed}")
            case.set("time", f"{member.seconds:.3f}")
            if member.state == "failed":
                message = member.text.strip().splitlines()[-1:] or ["failed"]
                failure = ElementTree.SubElement(case, "failure", message=_xml(member.again or message[0]))
                failure.text = _xml(member.text)
            elif member.state == "skipped":
                ElementTree.SubElement(case, "skipped", message=_xml(member.text))
    file.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _xml(text: str) -> str:
    """Less what XML 1.0 has no way to write, such as a log's colours."""
    return re.sub(r"\x1b\[[\d;]*m|[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def rows(outcomes: Iterable[Outcome]) -> list[dict]:
    """One row a test, over all its seeds, as the testplan reads them."""
    by_test = defaultdict(list)
    for outcome in outcomes:
        by_test[outcome.test].append(outcome)
    found = []
    for test, members in sorted(by_test.items()):
        count = {state: sum(member.state == state for member in members) for state in STATES}
        bad = next((member for member in members if member.state == "failed"), None)
        other = next((member.text for member in members if member.state == "skipped"), "")
        found.append(
            {
                "test": test,
                **count,
                "seconds": round(sum(member.seconds for member in members), 2),
                "again": bad.again if bad else "",
                "reason": "" if bad else other,
                "pictures": pictures(bad.text) if bad else [],
            }
        )
    return found


def write_part(
    outcomes: Sequence[Outcome], command: str, began: float, complete: bool, seeds: Iterable[int] = ()
) -> None:
    """The part "tests". `complete` is whether all that was to run has run."""
    count = {state: sum(outcome.state == state for outcome in outcomes) for state in STATES}
    names = {outcome.test for outcome in outcomes}
    summary = f"{len(names)} tests, {len(outcomes)} runs: " + ", ".join(f"{n} {state}" for state, n in count.items())
    bar = results.Figure("tests failed", str(count["failed"]), "0", not count["failed"])
    ran = results.Figure("every test ran to its end", "yes" if complete else "no", "yes", complete)
    passed = complete and not count["failed"] and count["passed"] > 0
    results.write("tests", command, began, passed, summary, [bar, ran], rows(outcomes), sorted(set(seeds)))
