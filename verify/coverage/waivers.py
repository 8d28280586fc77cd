"""What need not be covered, each with its reason: verify/coverage/waivers.toml.

    [[waiver]]
    file = "rtl/control/srn_run.sv"
    lines = ["default: state_d = StateIdle;"]  source lines, trimmed and without their comment: both line and arms,
    arm = "case"                               or only this arm of them, or only their execution: "line"
    reason = "defensive: all eight codes have a name"

    [[waiver]]
    file = "rtl/*"                             any file so named; `*` is any text
    ports = ["arsize_o", "araddr_o[39:35]"]    whole ports, or bits of them
    edge = "1->0"                              or both
    reason = "..."

A waiver that finds nothing is an error, and one of lines that are covered, or of a whole line if an arm of it is: the list cannot
rot. Ports may move all the same, for a bench is broken off at a moment that follows the seed: those that did are named.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from verify.coverage.counts import Counts, CoverageError

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

KEYS = {"file", "lines", "arm", "ports", "edge", "reason"}


@dataclass(frozen=True)
class Hole:
    """Something uncovered: `kind` is line, branch or toggle; `what` names arm or port bit and edge."""

    file: str
    kind: str
    line: int
    what: str = ""
    edge: str = ""
    column: int = 0


@dataclass(frozen=True)
class Waiver:
    file: str
    reason: str
    lines: tuple[str, ...] = ()
    arm: str = ""
    ports: tuple[str, ...] = ()
    edge: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {'; '.join(self.lines or self.ports)}{self.arm and f' ({self.arm})'}"


def load(path: Path) -> list[Waiver]:
    """Raises CoverageError, in one sentence, for what is not a list of waivers."""
    try:
        entries = tomllib.loads(path.read_text()).get("waiver", [])
    except tomllib.TOMLDecodeError as error:
        raise CoverageError(f"{path}: {error}") from None
    waivers = []
    for number, entry in enumerate(entries, 1):
        if unknown := entry.keys() - KEYS:
            raise CoverageError(f"{path}, waiver {number}: there is no {min(unknown)}")
        if not entry.get("file") or not entry.get("reason", "").strip():
            raise CoverageError(f"{path}, waiver {number}: it needs a file and a reason")
        if ("lines" in entry) == ("ports" in entry):
            raise CoverageError(f"{path}, waiver {number}: it names either lines or ports")
        waivers.append(
            Waiver(**{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()})
        )
    return waivers


def holes(counts: Counts) -> list[Hole]:
    found = []
    for name, file in counts.items():
        found += [Hole(name, "line", line) for line, count in sorted(file.lines.items()) if not count]
        found += [
            Hole(name, "branch", line, arm, "", column)
            for (line, column, arm), n in sorted(file.branches.items())
            if not n
        ]
        found += [Hole(name, "toggle", line, bit, edge) for (line, bit, edge), n in file.toggles.items() if not n]
    return found


def apply(waivers: list[Waiver], counts: Counts, root: Path) -> tuple[dict[Hole, Waiver], list[str]]:
    """The holes that are waived, and the ports that need no waiver this time. Raises CoverageError for a waiver that does not
    hold; those of ports are passed over where no run counted ports, and those of files that no run was of."""
    toggles = any(file.toggles for file in counts.values())
    waived: dict[Hole, Waiver] = {}
    idle = []
    for waiver in waivers:
        names = [name for name in counts if fnmatchcase(name, waiver.file)]
        if not names:
            if not any(fnmatchcase(str(path.relative_to(root)), waiver.file) for path in (root / "rtl").rglob("*.sv")):
                raise CoverageError(f"waiver of {waiver}: there is no such file")
            continue
        if waiver.ports and not toggles:
            continue
        every = _ports(waiver, names, counts) if waiver.ports else _lines(waiver, names, counts, root)
        for name, found in zip(waiver.ports or waiver.lines, every, strict=True):
            if not found:
                raise CoverageError(f"waiver of {waiver}: there is no such thing to cover")
            covered = {hole: count for hole, count in found.items() if count}
            whole = len(covered) == len(found)
            if waiver.lines and covered and (whole or not waiver.arm):
                hole, count = next(iter(covered.items()))
                raise CoverageError(f"waiver of {waiver}: it is covered (line {hole.line}, {count} times)")
            if whole:
                idle.append(f"{waiver.file}: {f'{name} {waiver.edge}'.rstrip()}")
            waived |= dict.fromkeys(found.keys() - covered, waiver)
    return waived, idle


def _ports(waiver: Waiver, names: list[str], counts: Counts) -> list[dict[Hole, int]]:
    """Of each port that the waiver names, the bits with their counts."""
    every = [(name, line, bit, edge, n) for name in names for (line, bit, edge), n in counts[name].toggles.items()]
    every = [point for point in every if waiver.edge in ("", point[3])]
    found = []
    for port in waiver.ports:
        wanted, span = _bits(port)
        here = [point for point in every if _name(point[2]) == wanted and _index(point[2]) in span]
        found.append({Hole(name, "toggle", line, bit, edge): n for name, line, bit, edge, n in here})
    return found


def _lines(waiver: Waiver, names: list[str], counts: Counts, root: Path) -> list[dict[Hole, int]]:
    """The same of each source line that it names."""
    found: list[dict[Hole, int]] = []
    texts = {name: [trimmed(line) for line in (root / name).read_text().splitlines()] for name in names}
    for wanted in map(trimmed, waiver.lines):
        points = {}
        for name, text in texts.items():
            here = {number for number, line in enumerate(text, 1) if line == wanted}
            for (line, column, arm), count in counts[name].branches.items():
                if line in here and waiver.arm in ("", arm):
                    points[Hole(name, "branch", line, arm, "", column)] = count
            if waiver.arm in ("", "line"):
                points |= {Hole(name, "line", line): n for line, n in counts[name].lines.items() if line in here}
        found.append(points)
    return found


def trimmed(line: str) -> str:
    return " ".join(line.partition("//")[0].split())


def _bits(port: str) -> tuple[str, range]:
    found = re.fullmatch(r"([\w.]+)(?:\[(\d+)(?::(\d+))?\])?", port)
    if not found:
        raise CoverageError(f"waiver of the port {port}: a port is written name, name[3] or name[7:3]")
    name, high, low = found.groups()
    return (name, range(int(low or high), int(high) + 1)) if high else (name, range(1 << 30))


def _name(bit: str) -> str:
    return bit.partition("[")[0]


def _index(bit: str) -> int:
    found = re.search(r"\[(\d+)\]$", bit)
    return int(found.group(1)) if found else 0
