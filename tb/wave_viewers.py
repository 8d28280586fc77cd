"""The layout (tb/wave_layout.py) as the viewers read it, beside a waveform:

waves.gtkw, gtkwave/NAME.txt         GTKWave's save file, and a filter file for each mapping
waves.sucl, .surfer/mappings/NAME    Surfer's command file and mappings (it looks for them in the folder where it starts)
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from tb import runner, wave_file
from tb.wave_layout import Group, groups, mappings, resolve

COLOURS = {
    "stall": ("Red", 1),
    "ready": ("Orange", 2),
    "valid": ("Green", 4),
    "text": ("Yellow", 3),
}  # in Surfer, GTKWave
# src/analyzer.h of GTKWave: TraceEntFlagBits
HEX, DECIMAL, BINARY, RIGHT, BLANK, ASCII = 0x2, 0x4, 0x8, 0x20, 0x200, 0x800
BY_FILE, BY_PROCESS, CLOSED, BEGIN, END = 0x2000, 0x4000, 0x400000, 0x800000, 0x1000000
STYLES = {"hex": HEX, "decimal": DECIMAL, "text": ASCII, "float": HEX | BY_PROCESS, "floats": HEX | BY_PROCESS}
FORMATS = {
    "hex": "Hexadecimal",
    "decimal": "Unsigned",
    "text": "ASCII",
    "float": "FP: 32-bit IEEE 754",
    "floats": "Hexadecimal",
}
PROCESS = runner.ROOT / "tb" / "gtkwave_float.py"
OPEN = 2  # groups that are unfolded at first
SIZE = "1600 1000"  # of GTKWave's window; its own is small
LANE = re.compile(r"\[(\d+)\]\.(\w+)$")


def _gtkwave(file: Path, top: str, shown: list[Group], widths: Mapping[str, int]) -> str:
    lines = [f'[dumpfile] "{file.name}"', "[sst_expanded] 0", f"[size] {SIZE}"]
    filters: dict[str, int] = {}
    for number, group in enumerate(shown):
        closed = CLOSED if number >= OPEN else 0
        lines += [f"@{BEGIN | BLANK | closed:x}", f"-{group.name}"]
        for signal in group.signals:
            mapped = signal.style in mappings()
            flags = RIGHT | (BINARY | BY_FILE if mapped else STYLES[signal.style])
            lines.append(f"@{flags:x}")
            if signal.colour:
                lines.append(f"[color] {COLOURS[signal.colour][1]}")
            if mapped:
                place = filters.setdefault(signal.style, len(filters) + 1)
                lines.append(f"^{place} gtkwave/{signal.style}.txt")
            elif flags & BY_PROCESS:
                lines.append(f"^>1 gtkwave/{PROCESS.name}")
            width = widths[signal.path]
            lane = LANE.search(signal.path)  # of whose path it would show the last name alone
            alias = f"+{{{lane[2]}[{lane[1]}]}} " if lane else ""
            lines.append(f"{alias}{top}{signal.path}" + (f"[{width - 1}:0]" if signal.ranged else ""))
        lines += [f"@{END | BLANK | closed:x}", f"-{group.name}"]
    return "\n".join(lines) + "\n"


def _alpha(index: int, digits: int) -> str:
    """Surfer's name of a row: hexadecimal in the letters a to p."""
    return "".join("abcdefghijklmnop"[int(digit, 16)] for digit in f"{index:0{digits}x}")


def _surfer(file: Path, top: str, shown: list[Group]) -> str:
    lines, row = [f"load_file {file.name}"], 0
    for group in shown:
        lines.append(f"divider_add {group.name}")
        row += 1
        for signal in group.signals:
            lines += [f"variable_add {top}{signal.path}", f"item_focus {_alpha(row, 4)}_"]
            lines.append(f"item_set_format {FORMATS.get(signal.style, signal.style)}")
            if signal.colour:
                lines.append(f"item_set_color {COLOURS[signal.colour][0]}")
            row += 1
    return "\n".join([*lines, "item_unfocus", "zoom_fit"]) + "\n"


def _write_mappings(folder: Path) -> None:
    surfer, gtkwave = folder / ".surfer" / "mappings", folder / "gtkwave"
    for place in (surfer, gtkwave):
        place.mkdir(parents=True, exist_ok=True)
    shutil.copy(PROCESS, gtkwave)
    for name, (bits, texts, colours) in mappings().items():
        rows = [f'{code:0{bits}b} "{text}" {colours.get(code, "")}'.rstrip() for code, text in texts.items()]
        (surfer / name).write_text("\n".join([f"Name: {name}", f"Bits: {bits}", *rows]) + "\n")
        rows = [
            f"{code:0{bits}b} {f'?{colours[code]}?' if code in colours else ''}{text}" for code, text in texts.items()
        ]
        (gtkwave / f"{name}.txt").write_text("\n".join(rows) + "\n")


# ---------------------------------------------------------------- beside a waveform


def finish(file: Path, toplevel: str) -> tuple[Path | None, str]:
    """Write what the viewers need beside a waveform. Returns it and what to say of it, or None and why it cannot be used."""
    if not file.exists():
        return None, f"no waves: the run ended before their first cycle, or {file} cannot be made"
    try:
        present = wave_file.variables(file)
    except wave_file.WaveFileError as error:
        return None, f"no waves: {error}"
    widths = {variable.path: variable.width for variable in present}
    top, _, _ = resolve([], present, toplevel)
    top, shown, _ = resolve(groups(toplevel, widths.get(f"{top}rdata", 0) // 8), present, toplevel)
    local = {path.removeprefix(top): width for path, width in widths.items()}
    vcd = "" if file.suffix != ".vcd" else ", VCD for want of lz4.h and zlib.h (apt-get install liblz4-dev zlib1g-dev)"
    said = f"waves: {file}, {file.stat().st_size / 1e6:.1f} MB{vcd}"
    try:
        _write_mappings(file.parent)
        file.with_suffix(".gtkw").write_text(_gtkwave(file, top, shown, local))
        file.with_suffix(".sucl").write_text(_surfer(file, top, shown))
    except OSError as error:
        return file, f"{said}; without save files: {error}"
    return file, f"{said}; open them by: make wave"
