"""tb/system.sv without its monitors: modules with the same ports and nothing inside. What watching costs is measured against it."""

import re
from pathlib import Path

from tb.runner import BUILD, ROOT

MONITORS = ("axi_check", "known", "retire", "timeline", "watchdog", "wave_lanes")


def hollow(text: str) -> str:
    """The module of a source file with its ports alone: inputs go nowhere, outputs are zero."""
    header = re.search(r"^module\b.*?^\);\n", text, re.DOTALL | re.MULTILINE)[0]
    outputs = re.findall(r"^\s*output\s+logic\s*(?:\[[^\]]*\])?\s*(\w+)", header, re.MULTILINE)
    assigned = "".join(f"  assign {name} = '0;\n" for name in outputs)
    return f"/* verilator lint_off UNUSED */\n{header}{assigned}endmodule\n"


def folders() -> tuple[str, ...]:
    """Where tb/runner.py finds the sources: the hollow modules before those that they stand for."""
    here = BUILD / "unwatched"
    here.mkdir(parents=True, exist_ok=True)
    for name in MONITORS:
        _write(here / f"{name}.sv", hollow((ROOT / "tb" / f"{name}.sv").read_text()))
    return ("rtl", "tb", str(here.relative_to(ROOT)))


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
