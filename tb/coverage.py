"""Code coverage of a simulation: what Verilator is told to count, and what a run leaves for verify/coverage/.

COVERAGE says what is counted: `none` (the default of simulations for their own sake), `line` (lines and branches; the
default under pytest), `toggle` (also each bit of each port of rtl/). Nothing is counted in tb/. Icarus counts nothing.
A run leaves in its folder Verilator's counts and the hits of its bins (verify/bins.py), and, if it passed, a manifest:
of which sources.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

KINDS = ("none", "line", "toggle")
COUNTS = "coverage.dat"  # as cocotb's main program calls it
MANIFEST = "coverage.json"

WIDEST_PORT = 1 << 16  # bits; Verilator leaves out what is wider than 256 unless told
FLAGS = {
    "none": (),
    "line": ("--coverage-line",),
    "toggle": ("--coverage-line", "--coverage-toggle", "--coverage-max-width", str(WIDEST_PORT)),
}


def kind(environment: Mapping[str, str] = os.environ) -> str:
    """What COVERAGE asks for. Raises ValueError for a word that it does not know."""
    asked = environment.get("COVERAGE") or "none"
    if asked not in KINDS:
        raise ValueError(f"COVERAGE={asked}: there are {', '.join(KINDS)}")
    return asked


def shipped(sources: Iterable[Path], root: Path) -> list[Path]:
    return [path for path in sources if path.is_relative_to(root / "rtl")]


def control(kind: str, sources: Iterable[Path], root: Path) -> str:
    """Lines of a Verilator control file: leave out what is not in rtl/, and what is declared inside a module."""
    if kind == "none":
        return ""
    sources = list(sources)
    inside = shipped(sources, root)
    lines = [f'coverage_off -file "{path}"' for path in sources if path not in inside]
    if kind == "toggle":
        for path in inside:
            lines += [f'coverage_off -file "{path}" -lines {line}' for line in declarations(path.read_text())]
    return "".join(f"{line}\n" for line in lines)


def declarations(text: str) -> list[int]:
    """Numbers of the lines that declare what is not a port: a type at the beginning of a line, after the header."""
    lines = text.splitlines()
    header = next((number for number, line in enumerate(lines, 1) if line.startswith(");")), 0)
    return [n for n, line in enumerate(lines, 1) if n > header and re.match(r"\s*(logic|int|\w+_[te])\b[^=]*;", line)]


def manifest(kind: str, sources: Iterable[Path], root: Path) -> str:
    """What a run writes down once it has passed: without it nothing of the run is merged."""
    hashes = {str(path.relative_to(root)): fingerprint(path) for path in shipped(sources, root)}
    return json.dumps({"kind": kind, "sources": hashes}, indent=1)


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
