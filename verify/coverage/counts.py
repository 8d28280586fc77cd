"""Verilator's counts, merged over runs: how often each point of each file under rtl/ was reached.

A module has one set of points, whatever its instances and parameters: a point is a file, a place and a name, and what
several runs or instances count there adds up.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tb import coverage

ARMS = ("if", "else", "elsif", "case", "cond_then", "cond_else")


class CoverageError(Exception):
    """Counts that cannot be used; one sentence."""


@dataclass
class File:
    """Of one source file: executed lines, taken arms by (line, column, arm), moved bits by (line, port bit, edge)."""

    lines: Counter[int] = field(default_factory=Counter)
    branches: Counter[tuple[int, int, str]] = field(default_factory=Counter)
    toggles: Counter[tuple[int, str, str]] = field(default_factory=Counter)


Counts = dict[str, File]  # by path from the root


def runs(folder: Path) -> Iterator[Path]:
    """The folders of runs that passed and counted something."""
    for manifest in sorted(folder.glob(f"**/{coverage.MANIFEST}")):
        if (manifest.parent / coverage.COUNTS).exists():
            yield manifest.parent


def check_sources(run: Path, root: Path) -> dict[str, str]:
    """The run's sources under rtl/. Raises CoverageError unless they are what the root has now."""
    sources = json.loads((run / coverage.MANIFEST).read_text())["sources"]
    for name, was in sources.items():
        if not (root / name).exists() or coverage.fingerprint(root / name) != was:
            raise CoverageError(
                f"{run.name} ran on other sources ({name} has changed since): run its bench again, or remove {run}"
            )
    return sources


def merge(folders: Iterable[Path], root: Path) -> Counts:
    """Add up the runs' counts. Raises CoverageError for a run on other sources, or a file that Verilator did not write."""
    merged: Counts = {}
    for run in folders:
        sources = check_sources(run, root)
        for name in sources:
            merged.setdefault(name, File())
        read(run / coverage.COUNTS, sources, merged)
    return merged


def read(path: Path, sources: Iterable[str], into: Counts) -> None:
    """Add the points of one file of Verilator's that lie in `sources`."""
    sources = frozenset(sources)
    with open(path, errors="replace") as text:
        if not text.readline().startswith("# SystemC::Coverage-3"):
            raise CoverageError(f"{path} is not coverage as Verilator writes it")
        for number, line in enumerate(text, 2):
            end = line.rfind("'")
            try:
                values = dict(item.split("\2", 1) for item in line[line.index("'") + 2 : end].split("\1"))
                count = int(line[end + 1 :])
                name = f"rtl/{values['f'].rpartition('/rtl/')[2]}"
                if name in sources:
                    _add(into[name], values, count)
            except (ValueError, KeyError):
                raise CoverageError(f"{path}, line {number}, is not a point as Verilator writes it") from None


def _add(file: File, values: dict[str, str], count: int) -> None:
    line, what, spans = int(values["l"]), values["o"], values.get("S", "")
    if values["t"] == "toggle":
        bit, _, edge = what.rpartition(":")
        file.toggles[line, bit, edge] += count
        return
    for span in re.findall(r"(\d+)(?:-(\d+))?", spans):
        for executed in range(int(span[0]), int(span[1] or span[0]) + 1):
            file.lines[executed] = max(file.lines[executed], count)
    # An `else` that is no branch and has no lines belongs to an `if` whose body is a $fatal: a promise, not an arm.
    if what in ARMS and (values["t"] == "branch" or what != "else" or spans):
        file.branches[line, int(values["n"]), what] += count
