"""What an instruction wrote, by the simulator and by the RTL (the monitor's list, tb/retire.sv): by place, and as operands with their axes.

A Key is a place: element of VMEM, byte of a block of AMEM (33 a block, the scale last), byte of DRAM.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.config import BLOCK, Config
from models.simulator import Retired, Writes, matmul_order

SCALE_BIAS, SCALE_NAN = 127, 0xFF
NO_WRITE = -1
Key = tuple[str, int]


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


@dataclass(frozen=True)
class Operand:
    """What an instruction writes of one operand.

    `places` is int64 (*axes, parts): the places of each item, which is one of VMEM, four bytes of DRAM, or the elements of a block and its scale, in
    this order. `format` is binary32, integer, mxint8, or mxfp4 (E2M1 values in INT8, models/mx.py quantise_fp4_as_int8).
    """

    name: str
    space: str
    format: str
    axes: dict[str, range]
    places: np.ndarray
    order: np.ndarray | None = None  # of the writes, where it is not that of the items

    @property
    def blocks(self) -> bool:
        return self.format.startswith("mx")

    def item(self, number: int) -> str:
        """The name of an item, by its number in the axes' order."""
        index = np.unravel_index(number, self.places.shape[:-1])
        named = zip(self.axes.items(), index, strict=True)
        return f"{self.name}[{', '.join(f'{axis} {reach[n]}' for (axis, reach), n in named)}]"

    def keys(self, number: int) -> list[Key]:
        return [(self.space, place) for place in self.places.reshape(-1, self.places.shape[-1])[number].tolist()]

    def find(self) -> Iterator[tuple[Key, tuple["Operand", int, int]]]:
        """Each place with the item and part that it is; of a place that is written several times, the last comes last."""
        items = self.places.reshape(-1, self.places.shape[-1])
        for number in range(len(items)) if self.order is None else self.order.tolist():
            for part, place in enumerate(items[number].tolist()):
                yield (self.space, place), (self, number, part)

    def raw(self, writes: Mapping[Key, int]) -> np.ndarray:
        """What was written there, int64 as `places`; NO_WRITE where nothing was."""
        found = [writes.get((self.space, place), NO_WRITE) for place in self.places.reshape(-1).tolist()]
        return np.array(found, np.int64).reshape(self.places.shape)


def operands(difference: Difference) -> list[Operand]:
    """All that the instruction writes, in the order of the simulator's writes."""
    i, writes, get = difference.expected.instruction, difference.expected.writes, difference.operands.__getitem__

    def axes(*names: str) -> dict[str, range]:
        return {name: range(get({"row": "rows", "col": "cols", "output": "outputs"}.get(name, name))) for name in names}

    def items(space: str, name: str, form: str, axes: dict[str, range], places, order=None) -> Operand:
        shape = [len(reach) for reach in axes.values()]
        return Operand(name, space, form, axes, np.asarray(places, np.int64).reshape(*shape, -1), order)

    if i.name == "vector":
        found, rows = [], axes("outer", "row")
        vmem = writes.vmem[0] if writes.vmem else np.zeros(0, np.int64)
        num_dst = 0
        if i.label("out") in ("vmem", "scatter"):
            num_dst = get("outer") * get("rows") * get("cols")
            found.append(items("vmem", "dst", "binary32", rows | axes("col"), vmem[:num_dst]))
        if i.label("reduce") != "none":
            form = "integer" if i.label("reduce") == "argmax" else "binary32"
            found.append(items("vmem", "r", form, rows, vmem[num_dst:]))
        if writes.amem:
            blocks = rows | {"block": range(-(-get("cols") // BLOCK))}
            places = np.asarray(writes.amem[0], np.int64)[:, None] * (BLOCK + 1) + np.arange(BLOCK + 1)
            found.append(items("amem", "dst", i.label("out"), blocks, places))
        return found
    if i.name == "load":
        return [items("vmem", "vmem", "binary32", axes("row", "col"), writes.vmem[0])]
    if i.name == "matmul":
        places, order = writes.vmem[0], matmul_order(get("outputs"), get("rows"), i.vmem_stride, difference.config)
        if order is not None:
            places = np.empty_like(places)
            places[order] = writes.vmem[0]
        return [items("vmem", "vmem", "binary32", axes("row", "output"), places, order)]
    if i.name == "store":
        return [items("dram", "dram", "binary32", axes("row", "col"), writes.dram[0])]
    # store_tile: a scale and the elements of each block
    reach = {"output": range(get("first"), get("first") + get("count")), "k-step": range(i.ksteps)}
    return [items("dram", "dram", "mxint8", reach, np.roll(writes.dram[0].reshape(-1, BLOCK + 1), -1, axis=1))]


# ---------------------------------------------------------------- values


def numbers(raw: np.ndarray, form: str) -> tuple[np.ndarray, np.ndarray]:
    """Bits, int64, and value, float64, of each element of an operand's items; NO_WRITE and NaN where it was not written, or not all of it."""
    if form.startswith("mx"):
        elements, codes = raw[..., :BLOCK], raw[..., BLOCK:]
        known = (elements != NO_WRITE) & (codes != NO_WRITE) & (codes != SCALE_NAN)
        signed = elements - 256 * (elements >> 7 & 1)
        return elements, np.where(known, np.ldexp(signed / 64, (codes - SCALE_BIAS).astype(np.int32)), np.nan)
    whole = (raw != NO_WRITE).all(axis=-1)
    bits = np.where(whole, (raw << 8 * np.arange(raw.shape[-1])).sum(axis=-1), NO_WRITE)
    if form == "integer":
        values = (bits - (bits >> 31 << 32)).astype(np.float64)
    else:
        with np.errstate(invalid="ignore"):  # a signalling NaN
            values = (bits & 0xFFFFFFFF).astype(np.uint32).view(np.float32).astype(np.float64)
    return bits, np.where(whole, values, np.nan)


# ---------------------------------------------------------------- places


def written(writes: Writes) -> dict[Key, int]:
    """Every place of an instruction's writes; of several writes of one, the last."""
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


def read(detail: Path, config: Config) -> tuple[int | None, dict[Key, int]]:
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
