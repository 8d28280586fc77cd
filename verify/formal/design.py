"""A SystemVerilog top level as a transition system in SMT-LIB: pyosys reads, flattens and writes it."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tb.runner import ROOT, BenchError, source_files

FOLDERS = ("rtl", "verify/formal")
TOP = "top"  # what the functions of the transition system are named after

# async2sync samples an assertion in a register, as its clock edge would; -early takes that register away again, so that a
# promise is judged in the very cycle that it speaks of.
PASSES = """\
read_slang --threads 1 --top {top} {parameters} {sources}
rename {top} top
hierarchy -top top
proc
flatten
opt_expr
opt_clean
memory_dff
memory_collect
async2sync
chformal -early
memory_map
opt_expr
opt_merge
dffunmap
opt_clean
write_smt2 -stbv -wires {output}
"""
RUN = "import sys; from pyosys import libyosys as y; d = y.Design(); [y.run_pass(l, d) for l in open(sys.argv[1])]"


class FormalError(Exception):
    """A proof that cannot be tried; one sentence."""


@dataclass(frozen=True)
class Edit:
    """In a copy of rtl/**/FILE.sv, where `old` occurs once: a bug that is planted, or a size that is cut down."""

    what: str
    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Design:
    text: str  # of the transition system
    asserts: Mapping[str, Sequence[int]]  # sentence -> numbers of the |top_a N|
    covers: Mapping[str, Sequence[int]]
    checks: Mapping[str, str]  # sentence -> SMT-LIB in which {wire@clock} stands for a wire


def read(
    top: str, parameters: Mapping[str, int], checks: Mapping[str, str], folder: Path, edits: Sequence[Edit] = ()
) -> Design:
    """Read `top` and what it instantiates; scripts, logs and edited copies stay in `folder`. Raises FormalError."""
    if importlib.util.find_spec("pyosys") is None:
        raise FormalError("there is no Yosys: pip install -r requirements.txt brings pyosys")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        sources = source_files(top, FOLDERS)
    except BenchError as error:
        raise FormalError(str(error)) from None
    for edit in edits:
        if edit.file not in [path.stem for path in sources]:
            raise FormalError(f"{top} does not use {edit.file}, where '{edit.what}' has its place")
        sources = [_edited(edit, path, folder) if path.stem == edit.file else path for path in sources]
    script, output, log = folder / "read.ys", folder / "design.smt2", folder / "read.log"
    settings = " ".join(f"-G {name}={value}" for name, value in parameters.items())
    script.write_text(PASSES.format(top=top, parameters=settings, sources=" ".join(map(str, sources)), output=output))
    output.unlink(missing_ok=True)
    with log.open("w") as stream:
        status = subprocess.run(
            [sys.executable, "-c", RUN, script], check=False, stdout=stream, stderr=stream, cwd=ROOT
        ).returncode
    if status or not output.exists():
        lines = [line for line in log.read_text().splitlines() if re.search(r"\berror:|ERROR|Error:", line)]
        reason = lines[0] if lines else f"status {status}"
        raise FormalError(f"{top} is not read: {reason}; all of it in {log.relative_to(ROOT)}")
    text = output.read_text()
    return Design(text, _found(text, "assert"), _found(text, "cover"), checks)


def block(harness: str) -> str:
    """The module that it is about: the first of rtl/ that it instantiates, else the last package that it imports."""
    if harness.startswith("srn_"):
        return harness
    text = next(ROOT.glob(f"verify/formal/{harness}.sv")).read_text()
    instances = re.findall(r"^  (srn_\w+) (?:#\(|u_)", text, re.MULTILINE)
    return (instances or re.findall(r"import (srn_\w+)::", text))[0 if instances else -1]


def _edited(edit: Edit, path: Path, folder: Path) -> Path:
    text = path.read_text()
    if text.count(edit.old) != 1:
        raise FormalError(f"'{edit.what}' finds its place {text.count(edit.old)} times in {path.name}")
    copy = folder / path.name
    copy.write_text(text.replace(edit.old, edit.new))
    return copy


def _found(text: str, kind: str) -> dict[str, list[int]]:
    """Assertions by the sentence of their $fatal, covers by their label; a loop's share one."""
    found: dict[str, list[int]] = {}
    for number, name, place in re.findall(rf"^; yosys-smt2-{kind} (\d+) (\S+) ?(\S*)$", text, re.MULTILINE):
        found.setdefault(_sentence(place) if place else name, []).append(int(number))
    return found


def _sentence(place: str) -> str:
    """FILE:LINE.COLUMN-LINE.COLUMN to what the $fatal there says, or to the label of a cover."""
    match = re.fullmatch(r"(.*):(\d+)\.\d+-(\d+)\.\d+", place)
    path, first, last = Path(match[1]), int(match[2]), int(match[3])
    lines = (path if path.is_absolute() else ROOT / path).read_text().splitlines()
    text = " ".join(lines[first - 1 : last + 2])
    said = re.search(r'\$fatal\(\s*1,\s*"(?:%m: )?([^"]*)"', text) or re.search(r"(\w+): cover", text)
    return f"{path.stem}: {said[1] if said else f'line {first}'}"
