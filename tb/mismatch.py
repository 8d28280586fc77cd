"""A difference between RTL and simulator in words: instruction, disassembly, source, operand, element, expected and seen, cycle.

    instruction 57, pc 57, cycle 2211: the RTL differs from the simulator
      vector out=mxint8 x=s a=64 s=9 dst=3 cols=64 rows=1 outer=1
      in reply/layer[3]/attention#1
      dst[outer 0, row 0, block 1] element 13, AMEM block 0x4: expected 0x1f (31/64 x 2^-3 = 0.0605469), seen 0x1e (30/64 x 2^-3 = 0.0585938)
      1 of 66 differ

Values are shown as bits and in the format that they have there: binary32, INT8 or FP4 elements under their E8M0 scale, integers
in registers and from argmax.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models import isa
from models.config import BLOCK
from tb.writes import SCALE_BIAS, SCALE_NAN, Difference, Key, operands, read, written

SHOWN = 4  # elements that a message lists


def report(difference: Difference, detail: Path | None = None) -> str:
    """With the monitor's list of what the instruction wrote, `detail`, each element; without, its hash."""
    expected, (pc, value) = difference.expected, difference.seen
    done, writes = read(detail, difference.config) if detail else (None, {})
    at = f", cycle {done}" if done is not None else ""
    lines = [f"instruction {difference.index}, pc {expected.pc}{at}: the RTL differs from the simulator"]
    lines.append(isa.disassemble(expected.instruction))
    if difference.place:
        lines.append(f"in {difference.place}")
    if pc != expected.pc:
        lines.append(f"pc: expected {expected.pc}, seen {pc}")
    elif expected.writes is None:
        lines.append(_scalar(expected.instruction, expected.value, value))
    elif detail:
        lines += _elements(difference, writes)
    else:
        lines.append(f"hash of what it writes: expected {expected.value:#010x}, seen {value:#010x}")
    if difference.before:
        lines += ["retired before it:", *(f"  {text}" for text in difference.before)]
    return "\n  ".join(lines)


# ---------------------------------------------------------------- values in their formats


def binary32(bits: int) -> str:
    return f"{bits:#010x} ({np.uint32(bits).view(np.float32)!s})"


def integer(bits: int) -> str:
    return f"{bits:#010x} ({bits - (1 << 32) if bits >> 31 else bits})"


def scale(code: int) -> str:
    return f"{code:#04x} ({'NaN' if code == SCALE_NAN else f'2^{code - SCALE_BIAS}'})"


def element(bits: int, code: int, fp4: bool = False) -> str:
    """An INT8 element under its scale; with `fp4` one that holds an E2M1 value (models/mx.py quantise_fp4_as_int8)."""
    number = bits - 256 if bits >> 7 else bits
    if code == SCALE_NAN:
        return f"{bits:#04x} (NaN by its scale)"
    form, power = (f"E2M1 {number / 16:g}", code - SCALE_BIAS - 2) if fp4 else (f"{number}/64", code - SCALE_BIAS)
    return f"{bits:#04x} ({form} x 2^{power} = {number / 64 * 2.0 ** (code - SCALE_BIAS):.6g})"


def _scalar(i: isa.Instruction, expected: int, value: int) -> str:
    if i.name == "branch":
        return f"next pc: expected {expected}, seen {value}"
    name = {
        "scalar": f"r{i.fields.get('rd')}",
        "read": f"r{i.fields.get('rd')}",
        "signal": "progress",
        "end": "result",
    }[i.name]
    both = [integer(bits) for bits in (expected, value)]
    if i.name == "read":  # of an element of whichever format
        both = [
            f"{text[:-1]}, as binary32 {binary32(bits)[12:]}"
            for text, bits in zip(both, (expected, value), strict=True)
        ]
    return f"{name}: expected {both[0]}, seen {both[1]}"


# ---------------------------------------------------------------- elements


def _elements(difference: Difference, seen: dict[Key, int]) -> list[str]:
    model = written(difference.expected.writes)
    found = dict(entry for operand in operands(difference) for entry in operand.find())
    wrong: dict[str, str] = {}  # one a line
    number = 0
    for key in differing(model, seen):
        number += 1
        if len(wrong) < SHOWN:
            name, text = _line(difference, key, found, model, seen)
            wrong.setdefault(name, text)
    if not wrong:
        return ["the last values of all elements are equal: one was written several times"]
    return [
        *wrong.values(),
        f"{number} of {len(model)} {'bytes' if next(iter(model))[0] != 'vmem' else 'elements'} differ",
    ]


def differing(model: dict[Key, int], seen: dict[Key, int]) -> Iterator[Key]:
    """Places that differ, in the order of the simulator's writes, then those that only the RTL wrote."""
    for key in [*model, *(key for key in seen if key not in model)]:
        if model.get(key) != seen.get(key):
            yield key


def _line(difference: Difference, key: Key, found: dict, model: dict, seen: dict) -> tuple[str, str]:
    """The element's name and its line."""
    space, place = key
    i = difference.expected.instruction
    fp4 = i.name == "vector" and i.label("out") == "mxfp4"
    operand, number, part = found.get(key, (None, 0, 0))
    name = operand.item(number) if operand else "no operand"
    if space == "vmem":
        name += f", VMEM element {place:#x}"
        show = integer if operand and operand.format == "integer" else binary32
        both = [None if bits is None else show(bits) for bits in (model.get(key), seen.get(key))]
    elif space == "amem":
        block, part = divmod(place, BLOCK + 1)
        name += f"{_what(part)}, AMEM block {block:#x}"
        keys = [(space, block * (BLOCK + 1) + n) for n in range(BLOCK + 1)]
        both = [_part(writes, part, keys, fp4) for writes in (model, seen)]
    elif operand and operand.blocks:
        name += f"{_what(part)}, DRAM byte {place:#x}"
        both = [_part(writes, part, operand.keys(number), False) for writes in (model, seen)]
    elif operand:
        keys = operand.keys(number)
        name += f", DRAM byte {keys[0][1]:#x}"
        both = [_word(writes, keys) for writes in (model, seen)]
    else:
        name += f", DRAM byte {place:#x}"
        both = [None if (bits := writes.get(key)) is None else f"{bits:#04x}" for writes in (model, seen)]
    return name, f"{name}: expected {both[0] or 'no write'}, seen {both[1] or 'no write'}"


def _what(part: int) -> str:
    return " scale" if part == BLOCK else f" element {part}"


def _part(writes: dict[Key, int], part: int, keys: list[Key], fp4: bool) -> str | None:
    """An element of a block, or its scale."""
    bits, code = writes.get(keys[part]), writes.get(keys[BLOCK])
    if bits is None:
        return None
    if part == BLOCK:
        return scale(bits)
    return f"{bits:#04x}" if code is None else element(bits, code, fp4)


def _word(writes: dict[Key, int], keys: list[Key]) -> str | None:
    parts = [writes.get(key) for key in keys]
    if all(part is not None for part in parts):
        return binary32(int.from_bytes(bytes(parts), "little"))
    if all(part is None for part in parts):
        return None
    return "0x" + "".join("__" if part is None else f"{part:02x}" for part in reversed(parts))
