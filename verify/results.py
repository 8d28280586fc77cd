"""What each part of the verification found: build/results/PART.json, written by the part, read by the report.

A part is `tests`, `coverage`, `bins`, `formal`, `mutation`, `random`, ...: whatever `make regress` runs.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tb.runner import ROOT, content_hash

FOLDER = ROOT / "build" / "results"


class ResultsError(Exception):
    """Results that cannot be used; one sentence."""


@dataclass(frozen=True)
class Figure:
    """A number beside its bar, as a person reads them: Figure("line coverage", "98.7 %", ">= 98 %", True)."""

    what: str
    value: str
    bar: str
    passed: bool


def write(
    part: str,
    command: str,
    began: float,
    passed: bool,
    summary: str,
    figures: Iterable[Figure] = (),
    rows: Iterable[Mapping[str, object]] = (),
    seeds: Iterable[int] = (),
) -> Path:
    """`command` repeats the part; `began` is time.time() at its start; `rows` are its details, flat, all with the same keys."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    record = {
        "part": part,
        "command": command,
        "seconds": round(time.time() - began, 1),
        "sources": sources_hash(),
        "passed": passed,
        "summary": summary,
        "figures": [asdict(figure) for figure in figures],
        "rows": [dict(row) for row in rows],
        "seeds": list(seeds),
    }
    file = FOLDER / f"{part}.json"
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(record, indent=1))
    partial.rename(file)
    return file


def sources_hash() -> str:
    """Of everything under rtl/: results of other sources are not results of these."""
    files = sorted((ROOT / "rtl").rglob("*.sv"))
    return content_hash(*(f"{path.relative_to(ROOT)}\0{path.read_text()}" for path in files))


def read(part: str) -> dict | None:
    """A part's record, None where it has not run. Raises ResultsError where it ran on other sources."""
    file = FOLDER / f"{part}.json"
    if not file.exists():
        return None
    record = json.loads(file.read_text())
    if record["sources"] != sources_hash():
        raise ResultsError(f"{file.name} is of other sources than rtl/ has now: run `{record['command']}` again")
    return record
