"""A difference between RTL and simulator in words: instruction, disassembly, source, operand, element, expected and seen, cycle.

    instruction 57, pc 57, cycle 2211: the RTL differs from the simulator
      vector out=mxint8 x=s a=64 s=9 dst=3 cols=64 rows=1 outer=1
      in reply/layer[3]/attention#1
      dst[outer 0, row 0, block 1] element 13, AMEM block 0x4: expected 0x1f (31/64 x 2^-3 = 0.0605469), seen 0x1e (30/64 x 2^-3 = 0.0585938)
      1 of 66 differ

Values are shown as bits and in the format that they have there: binary32, INT8 or FP4 elements under their E8M0 scale, integers
in registers and from argmax.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models import isa
from models.config import BLOCK, Config
from models.simulator import Retired, matmul_order

SHOWN = 4  # elements that a message lists
SCALE_BIAS, SCALE_NAN = 127, 0xFF
Key = tuple[str, int]  # space; element of VMEM, byte of a block of AMEM (33 a block, the scale last), byte of DRAM


@dataclass
class Difference:
    """`seen` is the RTL's record (program counter, value); `operands` are resolved; `place` is host/places.py's, where sources are known."""

    index: int
    expected: Retired
    seen: tuple[int, int]
    operands: dict[str, int]
    config: Config
    place: str | None = None
    before: Sequence[str] = ()  # the last instructions that were equal


def report(difference: Difference, detail: Path | None = None) -> str:
    """With the monitor's list of what the instruction wrote, `detail`, each element; without, its hash."""
    expected, (pc, value) = difference.expected, difference.seen
    done, writes = _read(detail, difference.config) if detail else (None, {})
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
    model = _written(difference.expected.writes)
    labels = dict(_labels(difference))
    wrong: dict[str, str] = {}  # one a line, in the order of the simulator's writes
    number = 0
    for key in [*model, *(key for key in seen if key not in model)]:
        if model.get(key) != seen.get(key):
            number += 1
            if len(wrong) < SHOWN:
                name, text = _line(difference, key, labels, model, seen)
                wrong.setdefault(name, text)
    if not wrong:
        return ["the last values of all elements are equal: one was written several times"]
    return [
        *wrong.values(),
        f"{number} of {len(model)} {'bytes' if next(iter(model))[0] != 'vmem' else 'elements'} differ",
    ]


def _line(difference: Difference, key: Key, labels: dict, model: dict, seen: dict) -> tuple[str, str]:
    """The element's name and its line."""
    space, place = key
    i = difference.expected.instruction
    fp4 = i.name == "vector" and i.label("out") == "mxfp4"
    if space == "vmem":
        name = f"{labels.get(key, 'no operand')}, VMEM element {place:#x}"
        show = integer if i.name == "vector" and i.label("reduce") == "argmax" and name.startswith("r[") else binary32
        both = [None if bits is None else show(bits) for bits in (model.get(key), seen.get(key))]
    elif space == "amem":
        block, part = divmod(place, BLOCK + 1)
        what = "scale" if part == BLOCK else f"element {part}"
        name = f"{labels.get((space, block), 'no operand')} {what}, AMEM block {block:#x}"
        both = [
            _part(writes, part, lambda n, block=block: ("amem", block * (BLOCK + 1) + n), fp4)
            for writes in (model, seen)
        ]
    elif i.name == "store_tile" and key in labels:
        text, part, keys = labels[key]
        name = f"{text} {'scale' if part == BLOCK else f'element {part}'}, DRAM byte {place:#x}"
        both = [_part(writes, part, keys.__getitem__, False) for writes in (model, seen)]
    elif key in labels:
        text, first = labels[key]
        name = f"{text}, DRAM byte {first:#x}"
        both = [_word(writes, first) for writes in (model, seen)]
    else:
        name = f"no operand, DRAM byte {place:#x}"
        both = [None if (bits := writes.get(key)) is None else f"{bits:#04x}" for writes in (model, seen)]
    return name, f"{name}: expected {both[0] or 'no write'}, seen {both[1] or 'no write'}"


def _part(writes: dict[Key, int], part: int, key_of, fp4: bool) -> str | None:
    """An element of a block, or its scale."""
    bits, code = writes.get(key_of(part)), writes.get(key_of(BLOCK))
    if bits is None:
        return None
    if part == BLOCK:
        return scale(bits)
    return f"{bits:#04x}" if code is None else element(bits, code, fp4)


def _word(writes: dict[Key, int], first: int) -> str | None:
    parts = [writes.get(("dram", first + n)) for n in range(4)]
    if all(part is not None for part in parts):
        return binary32(int.from_bytes(bytes(parts), "little"))
    if all(part is None for part in parts):
        return None
    return "0x" + "".join("__" if part is None else f"{part:02x}" for part in reversed(parts))


def _written(writes) -> dict[Key, int]:
    """Every element of an instruction's writes; of several writes of one, the last."""
    found: dict[Key, int] = {}
    if writes.vmem is not None:
        found |= {("vmem", int(a)): int(v) for a, v in zip(*writes.vmem, strict=True)}
    if writes.amem is not None:
        for address, elements, code in zip(*writes.amem, strict=True):
            found |= _block(int(address), elements.tobytes() + bytes([code]))
    if writes.dram is not None:
        found |= {("dram", int(a)): int(v) for a, v in zip(*writes.dram, strict=True)}
    return found


def _block(address: int, data: bytes) -> dict[Key, int]:
    return {("amem", address * (BLOCK + 1) + n): byte for n, byte in enumerate(data)}


def _read(detail: Path, config: Config) -> tuple[int | None, dict[Key, int]]:
    """The cycle of the completion and the same of the monitor's detail.txt."""
    done, found = None, {}
    for line in detail.read_text().splitlines():
        space, *words = line.split()
        if space == "done":
            done = int(words[0])
            continue
        address, data, strobes = int(words[0]), int(words[1], 16), words[2][::-1]
        if space == "amem":
            found |= _block(address, data.to_bytes(BLOCK + 1, "little"))
            continue
        width = 32 if space == "vmem" else 8
        for n, strobe in enumerate(strobes):
            if strobe == "1":
                found[space, address * len(strobes) + n] = data >> n * width & (1 << width) - 1
    return done, found


# ---------------------------------------------------------------- names of elements


def _indices(*axes: tuple[str, int]) -> Iterator[str]:
    for index in np.ndindex(*(size for _, size in axes)):
        yield ", ".join(f"{name} {n}" for (name, _), n in zip(axes, index, strict=True))


def _labels(difference: Difference) -> Iterator[tuple[Key, object]]:
    """Which element of which operand each write is, in the order of the simulator's writes."""
    i, writes, get = difference.expected.instruction, difference.expected.writes, difference.operands.__getitem__
    if i.name == "vector":
        rows = ("outer", get("outer")), ("row", get("rows"))
        names = (
            [f"dst[{n}]" for n in _indices(*rows, ("col", get("cols")))]
            if i.label("out") in ("vmem", "scatter")
            else []
        )
        if i.label("reduce") != "none":
            names += [f"r[{n}]" for n in _indices(*rows)]
        yield from zip((("vmem", int(a)) for a in writes.vmem[0]) if writes.vmem else (), names, strict=True)
        if writes.amem:
            blocks = [f"dst[{n}]" for n in _indices(*rows, ("block", -(-get("cols") // BLOCK)))]
            yield from zip((("amem", int(a)) for a in writes.amem[0]), blocks, strict=True)
    elif i.name in ("load", "matmul"):
        column = ("col", get("cols")) if i.name == "load" else ("output", get("outputs"))
        names = [f"vmem[{n}]" for n in _indices(("row", get("rows")), column)]
        if (
            i.name == "matmul"
            and (order := matmul_order(get("outputs"), get("rows"), i.vmem_stride, difference.config)) is not None
        ):
            names = [names[n] for n in order]
        yield from zip((("vmem", int(a)) for a in writes.vmem[0]), names, strict=True)
    elif i.name == "store":
        addresses = writes.dram[0].reshape(-1, 4)
        for name, word in zip(_indices(("row", get("rows")), ("col", get("cols"))), addresses, strict=True):
            for byte in word:
                yield ("dram", int(byte)), (f"dram[{name}]", int(word[0]))
    else:  # store_tile: a scale and the elements of each block
        blocks = writes.dram[0].reshape(-1, BLOCK + 1)
        names = (f"output {get('first') + n}, k-step {k}" for n, k in np.ndindex(get("count"), i.ksteps))
        for name, block in zip(names, blocks, strict=True):
            keys = [("dram", int(byte)) for byte in (*block[1:], block[0])]
            for part, key in enumerate(keys):
                yield key, (f"dram[{name}]", part, keys)
