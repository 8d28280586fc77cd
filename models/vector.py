"""The vector unit: one `vector` instruction with its operands resolved -> the words that it writes.

The command has the fields of vector_cmd_t (rtl/srn_isa_pkg.sv): enumerated fields as the codes of models/isa.py,
addresses and counts as integers; r is in the field of b and the mask's limit in that of s. Elements are uint32 bits.
All is read before anything is written, which for every legal instruction is what element by element would give.
"""

from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace

import numpy as np

from models import fp32, mx, reduce, special
from models.isa import ENUMS

NEGATIVE_INFINITY = fp32.INFINITY | fp32.SIGN

X, Y, Y_OP, OUT, REDUCE, S_STEP = (
    SimpleNamespace(**{name: code for code, name in enumerate(ENUMS[key])})
    for key in ("x", "y", "y_op", "out", "reduce", "s_step")
)


@dataclass
class Writes:
    """In the order of the hardware: where an address occurs twice, the later holds."""

    vmem_addresses: np.ndarray = field(default_factory=partial(np.zeros, 0, np.int64))  # (n,) elements
    vmem_values: np.ndarray = field(default_factory=partial(np.zeros, 0, np.uint32))  # (n,)
    amem_addresses: np.ndarray = field(default_factory=partial(np.zeros, 0, np.int64))  # (m,) blocks
    amem_elements: np.ndarray = field(default_factory=partial(np.zeros, (0, mx.BLOCK), np.int8))  # (m, 32)
    amem_scales: np.ndarray = field(default_factory=partial(np.zeros, 0, np.uint8))  # (m,)


def uses_b(c) -> bool:
    """Operand b is read: in the multiplication, the addition or the last multiplication."""
    return c.x == X.b or c.y == Y.b or bool(c.z)


def uses_s(c) -> bool:
    return c.x == X.s or c.y == Y.s


def _rows(c, start: int, outer_stride: int, row_stride: int) -> np.ndarray:
    """The first address of each row, (outer, rows, 1)."""
    outer, row = np.arange(c.outer)[:, None, None], np.arange(c.rows)[None, :, None]
    return start + outer * outer_stride + row * row_stride


def elements(vmem: np.ndarray, c, lanes: int) -> np.ndarray:
    """t4 of docs/isa.md: uint32 (outer, rows, cols)."""
    shape = (c.outer, c.rows, c.cols)
    columns = np.arange(c.cols)
    imm = np.uint32(c.imm)
    b = s = None
    if uses_b(c):
        b = vmem[_rows(c, c.b, c.b_outer * lanes, c.a_row * lanes if c.b_rows else 0) + columns]
    if uses_s(c):
        by_outer, by_row = {S_STEP.const: (0, 0), S_STEP.row: (c.rows, 1), S_STEP.outer: (1, 0)}[c.s_step]
        s = vmem[_rows(c, c.s, by_outer, by_row)]
    if c.a_imm:
        t = np.full(shape, imm)
    else:
        t = vmem[_rows(c, c.a, c.a_outer * lanes, c.a_row * lanes) + columns]

    if c.x != X.one:
        t = fp32.host_mul(t, {X.a: t, X.b: b, X.s: s, X.imm: imm}[c.x])
    if c.y != Y.none:
        y = {Y.b: b, Y.s: s, Y.imm: imm}[c.y]
        if c.y_op == Y_OP.max:
            t = fp32.maximum(t, y)
        else:
            first = fp32.negate(t) if c.y_op == Y_OP.rsub else t
            t = fp32.host_add(first, fp32.negate(y) if c.y_op == Y_OP.sub else y)
    if c.mask:
        t = np.where(columns >= c.s + np.arange(c.outer)[:, None, None], NEGATIVE_INFINITY, t)
    if c.f:
        t = special.special(t, c.f)
    if c.z:
        t = fp32.host_mul(t, b)
    return np.broadcast_to(t, shape)


def vector(vmem: np.ndarray, command, lanes: int) -> Writes:
    """vmem: uint32 (elements,). Nothing is checked here: docs/isa.md says what halts."""
    c, writes = command, Writes()
    t = elements(vmem, c, lanes)

    if c.out == OUT.vmem:
        addresses = _rows(c, c.dst, c.dst_outer * lanes, c.dst_row * lanes) + np.arange(c.cols)
        writes.vmem_addresses, writes.vmem_values = addresses.ravel(), t.ravel()
    elif c.out == OUT.scatter:
        addresses = _rows(c, c.dst, c.rows, 1) + np.arange(c.cols) * (c.dst_row * lanes)
        writes.vmem_addresses, writes.vmem_values = addresses.ravel(), t.ravel()
    elif c.out in (OUT.mxint8, OUT.mxfp4):
        padded = np.pad(t, ((0, 0), (0, 0), (0, -c.cols % mx.BLOCK)))
        blocks = padded.reshape(c.outer, c.rows, -1, mx.BLOCK)
        quantise = mx.quantise_int8 if c.out == OUT.mxint8 else mx.quantise_fp4_as_int8
        block_elements, scales = quantise(blocks)
        writes.amem_addresses = (_rows(c, c.dst, c.dst_outer, c.dst_row) + np.arange(blocks.shape[2])).ravel()
        writes.amem_elements, writes.amem_scales = block_elements.reshape(-1, mx.BLOCK), scales.ravel()

    if c.reduce != REDUCE.none:
        row_reduction = {REDUCE.sum: reduce.row_sum, REDUCE.max: reduce.row_max, REDUCE.argmax: reduce.row_argmax}
        values = row_reduction[c.reduce](t).astype(np.uint32).ravel()
        addresses = _rows(c, c.b, c.rows, 1).ravel()
        writes.vmem_addresses = np.concatenate([writes.vmem_addresses, addresses])
        writes.vmem_values = np.concatenate([writes.vmem_values, values])
    return writes
