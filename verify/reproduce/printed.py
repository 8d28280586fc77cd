"""What a red run said, read off the screen as a person reads it: what failed first, the line that repeats it, the waves."""

import re
from dataclasses import dataclass
from pathlib import Path

_FIRST = re.compile(r"^assertion: .*$|^first to fail: .*(?:\n  .*)*", re.MULTILINE)  # as tb/failure.py writes them
_REASON = re.compile(r"^(?:serrano: )?[\w.=-]+: (.+)$", re.MULTILINE)
_LINE = re.compile(r"^again: (.+)$", re.MULTILINE)
_WAVES = re.compile(r"^waves: (.+?), [\d.]+ MB", re.MULTILINE)


@dataclass(frozen=True)
class Printed:
    first: str  # assertion, first test to fail and its message, word for word; of a run without either its reason
    line: str  # "" where it names none
    waves: Path | None

    @property
    def test(self) -> str:
        found = re.search(r"^first to fail: (.*)$", self.first, re.MULTILINE)
        return found[1] if found else ""

    @property
    def short(self) -> str:
        """The first line of the message, or what else there is."""
        lines = [line.strip() for line in self.first.splitlines()]
        said = [line for line in lines if not line.startswith("first to fail: ")]
        return (said or lines or [""])[0]


def read(said: str) -> Printed:
    """Of a run that ended badly."""
    first = _FIRST.findall(said) or _REASON.findall(said)[:1]
    line, waves = _LINE.findall(said), _WAVES.findall(said)
    return Printed("\n".join(first), line[-1] if line else "", Path(waves[-1]) if waves else None)


def same(failed: Printed, repeated: Printed) -> bool:
    """The same first mismatch, to the letter."""
    return bool(failed.first) and failed.first == repeated.first
