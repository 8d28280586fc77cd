"""Tensor handles: where a tensor lies and its shape, which kernels pass to the tracer. They hold no data.

An address or a count is a `Value`: an int, a Register, or an Operand (register plus immediate), known when the
program runs. Strides are ints, in the units of docs/isa.md: VMEM words, AMEM blocks, DRAM beats.
"""

from dataclasses import dataclass, replace

from models.config import BLOCK


@dataclass(frozen=True)
class Register:
    """A scalar register under the name that the kernel gave it."""

    index: int
    name: str

    def __add__(self, other):
        return plus(self, other)

    __radd__ = __add__


@dataclass(frozen=True)
class Operand:
    """imm + r[reg]; reg None is the constant imm."""

    imm: int
    reg: Register | None = None

    def __add__(self, other):
        return plus(self, other)

    __radd__ = __add__


Value = int | Register | Operand


def operand(value: Value) -> Operand:
    if isinstance(value, Operand):
        return value
    return Operand(0, value) if isinstance(value, Register) else Operand(int(value))


def plus(a: Value, b: Value) -> Operand:
    """a + b as one operand. Raises ValueError when both need a register."""
    a, b = operand(a), operand(b)
    if a.reg and b.reg:
        raise ValueError(f"an operand holds one register, not both {a.reg.name} and {b.reg.name}")
    return Operand(a.imm + b.imm, a.reg or b.reg)


def words(elements: int, lanes: int) -> int:
    return -(-elements // lanes)


def blocks(elements: int) -> int:
    return -(-elements // BLOCK)


class _Moved:
    def at(self, offset: Value):
        """The same shape, `offset` units of address further on."""
        return replace(self, address=plus(self.address, offset))

    def take(self, **shape):
        """The same place with another cols, rows or outer."""
        return replace(self, **shape)


@dataclass(frozen=True)
class Vmem(_Moved):
    """binary32 (outer, rows, cols) in vector memory: element (o, r, c) at address + (o*outer_stride + r*row_stride)*lanes + c."""

    address: Value
    cols: Value
    rows: Value = 1
    outer: Value = 1
    row_stride: int = 0
    outer_stride: int = 0

    def each(self, step: str = "row"):
        """Its elements as one scalar a row, or an outer index, or the first as a constant."""
        return Scalars(self.address, step)


@dataclass(frozen=True)
class Scalars:
    """One element of vector memory for a row: the same for all, one a row, or one an outer index."""

    address: Value
    step: str = "row"  # const, row, outer


@dataclass(frozen=True)
class Scatter:
    """A transposed destination in vector memory: row i, column c goes to element address + i + c*col_stride*lanes."""

    address: Value
    col_stride: int


@dataclass(frozen=True)
class Amem(_Moved):
    """(outer, rows, cols) in blocks of 32 along cols, in activation memory."""

    address: Value
    cols: Value
    rows: Value = 1
    outer: Value = 1
    row_stride: int = 0
    outer_stride: int = 0
    format: str = "mxint8"


@dataclass(frozen=True)
class Dram(_Moved):
    """32-bit elements (rows, cols); each row begins at a beat."""

    address: Value
    cols: Value
    rows: Value = 1
    row_stride: int = 0


@dataclass(frozen=True)
class Weights(_Moved):
    """A weight tensor (outputs, depth) in tiles, as docs/isa.md lays it out."""

    address: Value
    outputs: Value
    depth: Value
    format: str
    tile_stride: int
