"""The end of a red run in words: which test, the first thing that it said, the assertion that fired, what was in flight, how it was run.

Everything is read from the run's folder, so that a run that was killed tells as much as it wrote.
"""

import importlib.metadata
import platform
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from tb import simulators

LONGEST = 40  # lines of one message
_ASSERTION = re.compile(r"^(?:FATAL|ERROR|%Error): *(.*)$", re.MULTILINE)


def make(target: str, **variables: object) -> str:
    """A command of our Makefile as a shell takes it, with the variables that have a value; make takes a dollar doubled."""
    values = {name: str(value).replace("$", "$$") for name, value in variables.items() if value not in (None, "")}
    return " ".join([f"make {target}", *(f"{name}={shlex.quote(value)}" for name, value in values.items())])


def first_failure(results: Path) -> tuple[str, str] | None:
    """The name of the first test that failed, and what it said."""
    try:
        cases = ElementTree.parse(results).getroot().iter("testcase")
    except (OSError, ElementTree.ParseError):
        return None
    for case in cases:
        for bad in ("failure", "error"):
            if (found := case.find(bad)) is not None:
                return case.get("name", ""), found.get("message") or (found.text or "").strip()
    return None


def versions(simulator: str) -> str:
    """Of the simulator and of what drives it."""
    tool = simulators.find_verilator() if simulator == "verilator" else simulators.find_icarus()
    number = ".".join(map(str, tool.version)) if tool else "missing"
    return f"{simulator} {number}, cocotb {importlib.metadata.version('cocotb')}, Python {platform.python_version()}"


def report(folder: Path, log: str, simulator: str, seed: int, parameters: Mapping[str, int]) -> list[str]:
    """The lines that stand between a red run's log and the line that repeats it."""
    lines = []
    if assertion := _ASSERTION.search(log):
        lines.append(f"assertion: {assertion[1]}")
    if failure := first_failure(folder / "results.xml"):
        name, said = failure
        text = said.splitlines() or ["(nothing)"]
        more = [f"  ... and {len(text) - LONGEST} lines in the log"] if len(text) > LONGEST else []
        lines += [f"first to fail: {name}", *(f"  {line}" for line in text[:LONGEST]), *more]
    situation = folder / "situation.txt"  # tb/session.py
    if situation.exists():
        lines += ["when it failed:", *(f"  {line}" for line in situation.read_text().splitlines())]
    chosen = " ".join(f"{name}={value}" for name, value in parameters.items())
    lines.append(f"run: seed {seed}, {versions(simulator)}{f', {chosen}' if chosen else ''}")
    return lines
