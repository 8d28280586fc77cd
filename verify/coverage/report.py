"""Coverage for readers: a table, the holes with their source, an HTML page with every source, and lcov's format."""

import html
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from verify.coverage.counts import Counts, File
from verify.coverage.waivers import Hole, Waiver

KINDS = ("line", "branch", "toggle")


@dataclass(frozen=True)
class Share:
    covered: int
    total: int

    def __str__(self) -> str:
        if not self.total:
            return "-"
        return f"{_down(100 * self.covered / self.total)} %"

    @property
    def percent(self) -> float:
        return 100 * self.covered / self.total if self.total else 100.0


def _down(percent: float) -> str:
    return f"{int(percent * 10) / 10:.1f}"  # never up: 100.0 is all


def shares(file: File) -> dict[str, Share]:
    kinds = zip(KINDS, (file.lines, file.branches, file.toggles), strict=True)
    return {kind: Share(sum(count > 0 for count in counts.values()), len(counts)) for kind, counts in kinds}


def measured(counts: Counts) -> list[str]:
    """The files that have anything to cover: a package has not."""
    return sorted(name for name, file in counts.items() if file.lines or file.branches or file.toggles)


def total(counts: Counts) -> dict[str, Share]:
    every = [shares(file) for file in counts.values()]
    return {kind: Share(sum(s[kind].covered for s in every), sum(s[kind].total for s in every)) for kind in KINDS}


def table(counts: Counts, open_holes: list[Hole]) -> Iterator[str]:
    """A line a file, those with holes that nobody waived marked by their number."""
    left = Counter(hole.file for hole in open_holes)
    names = measured(counts)
    width = max(map(len, names), default=4)
    yield f"{'file':{width}}  {'line':>8}  {'branch':>8}  {'port':>8}  holes"
    for name in names:
        cells = "  ".join(f"{share!s:>8}" for share in shares(counts[name]).values())
        yield f"{name:{width}}  {cells}  {left[name] or ''}".rstrip()
    yield f"{'all':{width}}  " + "  ".join(f"{share!s:>8}" for share in total(counts).values())


def listing(holes: list[Hole], root: Path) -> Iterator[str]:
    """Each hole with its source line; bits of one port that miss one edge are one line."""
    texts: dict[str, list[str]] = {}
    for (name, kind, line, what, edge), bits in _grouped(holes).items():
        source = texts.setdefault(name, (root / name).read_text().splitlines())[line - 1].strip()
        missed = {"line": "not executed", "branch": f"{what} never taken"}.get(kind)
        yield f"{name}:{line}: {missed or f'{what}{bits} never {edge}'}    {source}"


def _grouped(holes: list[Hole]) -> dict[tuple[str, str, int, str, str], str]:
    """By file, kind, line, arm or port, edge: the bits, as spans."""
    groups: dict[tuple[str, str, int, str, str], list[int]] = {}
    for hole in holes:
        what, _, index = hole.what.partition("[") if hole.kind == "toggle" else (hole.what, "", "")
        bits = groups.setdefault((hole.file, hole.kind, hole.line, what, hole.edge), [])
        if index:
            bits.append(int(index.rstrip("]").rpartition("[")[2]))
    both = {}
    for (name, kind, line, what, edge), bits in groups.items():
        other = groups.get((name, kind, line, what, "1->0" if edge == "0->1" else "0->1"))
        if kind != "toggle" or other is None or sorted(other) != sorted(bits):
            both[name, kind, line, what, edge] = spans(bits)
        elif edge == "0->1":
            both[name, kind, line, what, "either way"] = spans(bits)
    return both


def spans(bits: list[int]) -> str:
    """[7:3, 1] of 1, 3, 4, 5, 6, 7; nothing of nothing."""
    runs: list[list[int]] = []
    for bit in sorted(set(bits), reverse=True):
        if runs and runs[-1][1] == bit + 1:
            runs[-1][1] = bit
        else:
            runs.append([bit, bit])
    return f"[{', '.join(str(a) if a == b else f'{a}:{b}' for a, b in runs)}]" if runs else ""


# ---------------------------------------------------------------- files


def lcov(counts: Counts, root: Path) -> Iterator[str]:
    """Records of lines and branches for lcov and what reads its format (genhtml, editors)."""
    for name in measured(counts):
        file = counts[name]
        yield f"SF:{root / name}"
        for (line, column, arm), count in sorted(file.branches.items()):
            yield f"BRDA:{line},{column},{arm},{count or '-'}"
        yield f"BRF:{len(file.branches)}"
        yield f"BRH:{sum(count > 0 for count in file.branches.values())}"
        for line, count in sorted(file.lines.items()):
            yield f"DA:{line},{count}"
        yield f"LF:{len(file.lines)}"
        yield f"LH:{sum(count > 0 for count in file.lines.values())}"
        yield "end_of_record"


STYLE = """
body { font: 14px sans-serif; margin: 2em; } td, th { padding: 1px 10px; text-align: right; } td:first-child { text-align: left; }
pre { font: 12px monospace; line-height: 1.35; } .n { color: #888; } .hit { background: #e8f5e9; } .miss { background: #ffcdd2; }
.part { background: #fff3c4; } .waived { background: #e3e8f4; } i { color: #a33; font-style: normal; } .waived i { color: #446; }
"""


def page(counts: Counts, holes: list[Hole], waived: Mapping[Hole, Waiver], root: Path) -> Iterator[str]:
    """One page: the table, then each source with its counts; red is a hole, blue a hole that is waived, with the reason."""
    by_line: dict[tuple[str, int], list[Hole]] = {}
    for hole in holes:
        by_line.setdefault((hole.file, hole.line), []).append(hole)
    yield f"<!doctype html><meta charset=utf-8><title>Coverage of rtl/</title><style>{STYLE}</style><h1>Coverage of rtl/</h1>"
    yield "<table><tr><th>file<th>line<th>branch<th>port toggle"
    for name in measured(counts):
        yield f'<tr><td><a href="#{name}">{name}</a>' + "".join(
            f"<td>{share}" for share in shares(counts[name]).values()
        )
    yield "<tr><td>all" + "".join(f"<td>{share}" for share in total(counts).values()) + "</table>"
    for name in measured(counts):
        yield f'<h2 id="{name}">{name}</h2><pre>'
        for number, text in enumerate((root / name).read_text().splitlines(), 1):
            here = by_line.get((name, number), [])
            left = [hole for hole in here if hole not in waived]
            style = (
                "miss" if any(hole.kind == "line" for hole in left) else "part" if left else "waived" if here else ""
            )
            count = counts[name].lines.get(number)
            style = style or ("hit" if count else "")
            said = "; ".join(
                [*_remarks(left), *sorted({f"waived: {waived[hole].reason}" for hole in here if hole in waived})]
            )
            seen = "" if count is None else count
            remark = f"  <i>{html.escape(said)}</i>" if said else ""
            yield f'<span class=n>{seen:>10} {number:>4}</span> <span class="{style}">{html.escape(text)}{remark}</span>'
        yield "</pre>"


def _remarks(holes: list[Hole]) -> list[str]:
    said = []
    for (_, kind, _, what, edge), bits in _grouped(holes).items():
        said.append({"line": "not executed", "branch": f"{what} never taken"}.get(kind) or f"{what}{bits} never {edge}")
    return said
