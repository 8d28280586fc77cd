"""The end of a red run in words: which test, the first thing that it said, the assertion that fired, what was in flight, how it was run, and its pictures.

Everything is read from the run's folder, so that a run that was killed tells as much as it wrote.
"""

import importlib.metadata
import json
import platform
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from models import isa
from tb import heat_map, simulators

ROOT = Path(__file__).resolve().parent.parent
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
    lines += pictures(folder)
    chosen = " ".join(f"{name}={value}" for name, value in parameters.items())
    lines.append(f"run: seed {seed}, {versions(simulator)}{f', {chosen}' if chosen else ''}")
    return lines


def pictures(folder: Path) -> list[str]:
    """Draw what a run's folder holds the numbers of, a line for each: what its instruction should have written, what each unit did. Never an error."""
    lines = []
    for file, drawer in ((folder / heat_map.FILE, heat_map.draw), (folder / "program.json", occupancy)):
        if file.exists():
            try:
                if drawn := drawer(file):
                    lines.append(f"picture: {_shown(drawn)}")
            except Exception as error:  # noqa: BLE001 - the failure is told all the same
                lines.append(f"no picture of {_shown(file)}: {type(error).__name__}: {error}")
    return lines


def occupancy(program: Path) -> Path | None:
    """occupancy.png from timeline.txt and program.json, as tb/session.py leaves them: None where there is no timeline."""
    from host import picture, timeline  # matplotlib takes its time

    raw = program.with_name("timeline.txt")
    if not raw.exists():
        return None
    kept = json.loads(program.read_text())
    code = bytes.fromhex(kept["code"])
    instructions = [_decoded(code[first : first + isa.BYTES]) for first in range(0, len(code), isa.BYTES)]
    lines = raw.read_text().splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]  # of a simulation that died
    run = timeline.read(whole, instructions, kept["sources"])
    picture.draw_failure(run, program.with_name("occupancy.png"), instructions, kept.get("index"))
    return program.with_name("occupancy.png")


def _decoded(code: bytes) -> isa.Instruction:
    """An undefined instruction is never dispatched."""
    try:
        return isa.decode(code)
    except isa.Undefined:
        return isa.make("end")


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
