"""The host's side of tb/wave_lanes.sv: the table of texts, the window's plusargs, and the window around a failure."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models import isa

LENGTH = 256  # characters: TextLen of tb/wave_lanes.sv
PERIOD_PS = 10_000
MARGIN = 5000  # cycles either side of a failure that no instruction stands for


@dataclass(frozen=True)
class Waves:
    """What to write: a file, or None for the run's folder; the first and last cycle, or the instruction to be seen."""

    file: Path | None = None
    first: int | None = None
    last: int | None = None
    index: int | None = None

    def plusargs(self) -> list[str]:
        chosen = {"from": self.first, "to": self.last, "index": self.index}
        return [f"+wave_{name}={value}" for name, value in chosen.items() if value is not None]


def text(instruction: isa.Instruction, source: str = "") -> str:
    """What a lane says: disassembly and, behind a semicolon, the kernels that it came from."""
    line = isa.disassemble(instruction) + (f" ; {source}" if source else "")
    return line if len(line) <= LENGTH else line[: LENGTH - 3] + "..."


def write(file: Path, program: Sequence[isa.Instruction], sources: Sequence[str] | None, words: int) -> None:
    """A line of hexadecimal characters for each of the instruction memory's words; those behind the program are blank."""
    lines = [text(*pair) for pair in zip(program, sources or [""] * len(program), strict=True)]
    lines += [""] * (words - len(lines))
    file.write_text("".join(line.ljust(LENGTH).encode("ascii", "replace").hex() + "\n" for line in lines))


def around(failed: Path, log: str = "") -> str:
    """Variables of make that show a failure and little else: from failed.json of tb/runs/test_program.py, or an assertion's time in the log."""
    failure = json.loads(failed.read_text()) if failed.exists() else {}
    if "index" in failure:
        return f"WAVES=1 AROUND={failure['index']}"
    fatal = re.search(r"^\[(\d+)\] %Fatal|^FATAL: .*\n\s+Time: (\d+)", log, re.MULTILINE)
    if fatal:
        failure = {"cycle": int(fatal[1] or fatal[2]) // PERIOD_PS}
    if "cycle" in failure:
        return f"WAVES=1 FROM={max(0, failure['cycle'] - MARGIN)} TO={failure['cycle'] + MARGIN}"
    return "WAVES=1"
