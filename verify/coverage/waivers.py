"""What need not be covered, each with its reason: verify/coverage/waivers.toml.

    [[waiver]]
    file = "rtl/control/srn_run.sv"
    line = "default: state_d = StateIdle;"     the source line, trimmed and without its comment: both line and arms,
    arm = "case"                               or only this arm
    reason = "defensive: all eight codes have a name"

    [[waiver]]
    file = "rtl/srn_chip.sv"
    ports = ["arsize_o", "araddr_o[31:20]"]    whole ports, or bits of them
    edge = "1->0"                              or both
    reason = "..."

A waiver that finds nothing, or that finds something covered, is an error: the list cannot rot.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from verify.coverage.counts import Counts, CoverageError

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

KEYS = {"file", "line", "arm", "ports", "edge", "reason"}


@dataclass(frozen=True)
class Hole:
    """Something uncovered: `kind` is line, branch or toggle; `what` names arm or port bit and edge."""

    file: str
    kind: str
    line: int
    what: str = ""
    edge: str = ""


@dataclass(frozen=True)
class Waiver:
    file: str
    reason: str
    line: str = ""
    arm: str = ""
    ports: tuple[str, ...] = ()
    edge: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.line or ', '.join(self.ports)}{self.arm and f' ({self.arm})'}"


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
        if ("line" in entry) == ("ports" in entry):
            raise CoverageError(f"{path}, waiver {number}: it names either a line or ports")
        waivers.append(Waiver(**entry | {"ports": tuple(entry.get("ports", ()))}))
    return waivers


def holes(counts: Counts) -> list[Hole]:
    found = []
    for name, file in counts.items():
        found += [Hole(name, "line", line) for line, count in sorted(file.lines.items()) if not count]
        found += [Hole(name, "branch", line, arm) for (line, _, arm), n in sorted(file.branches.items()) if not n]
        found += [Hole(name, "toggle", line, bit, edge) for (line, bit, edge), n in file.toggles.items() if not n]
    return found


def apply(waivers: list[Waiver], counts: Counts, root: Path) -> dict[Hole, Waiver]:
    """The holes that are waived. Raises CoverageError for a waiver that does not hold; one of ports holds nothing up
    where no run counted ports."""
    toggles = any(file.toggles for file in counts.values())
    waived: dict[Hole, Waiver] = {}
    for waiver in waivers:
        if waiver.file not in counts:
            if not (root / waiver.file).exists():
                raise CoverageError(f"waiver of {waiver}: there is no such file")
            continue  # not run this time
        if waiver.ports and not toggles:
            continue
        found = _matches(waiver, counts, root)
        if not found:
            raise CoverageError(f"waiver of {waiver}: there is no such thing to cover")
        for hole, count in found:
            if count:
                place = f"line {hole.line}" + (f", {hole.what} {hole.edge}".rstrip() if hole.what else "")
                raise CoverageError(f"waiver of {waiver}: it is covered ({place}, {count} times)")
            waived[hole] = waiver
    return waived


def _matches(waiver: Waiver, counts: Counts, root: Path) -> list[tuple[Hole, int]]:
    file = counts[waiver.file]
    if waiver.ports:
        wanted = [_bits(port) for port in waiver.ports]
        return [
            (Hole(waiver.file, "toggle", line, bit, edge), count)
            for (line, bit, edge), count in file.toggles.items()
            if waiver.edge in ("", edge) and any(name == _name(bit) and _index(bit) in span for name, span in wanted)
        ]
    text = [trimmed(line) for line in (root / waiver.file).read_text().splitlines()]
    here = {number for number, line in enumerate(text, 1) if line == trimmed(waiver.line)}
    arms = [
        (Hole(waiver.file, "branch", line, arm), count)
        for (line, _, arm), count in file.branches.items()
        if line in here and waiver.arm in ("", arm)
    ]
    lines = [(Hole(waiver.file, "line", line), count) for line, count in file.lines.items() if line in here]
    return arms if waiver.arm else arms + lines


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
