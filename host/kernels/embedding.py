"""Rows of the embedding table by token id."""

from host.tensors import Dram, Register, Value, Vmem
from host.trace import Trace, kernel


@kernel
def embed(t: Trace, dst: Vmem, table: Dram, token: Register, beat: Register):
    """dst (one row) = row `token` of the table; beat is a register to work with, which may be token."""
    t.mul(beat, token, table.row_stride)
    t.load(dst, table.take(address=beat + table.address, rows=1))


@kernel
def embed_ids(t: Trace, dst: Vmem, table: Dram, ids: Value, tokens: Register):
    """Row i of dst (tokens rows) = the table's row of the id in VMEM element ids + i; ids may be a register plus a constant."""
    with t.registers("id", "element", "left") as (token, element, left):
        t.set(element, ids)
        t.set(left, tokens)
        with t.registers("row") as row:
            t.set(row, dst.address)
            top = t.label()
            t.read(token, element)
            embed(t, dst.take(address=row, rows=1), table, token, token)
            t.add(row, row, dst.row_stride * t.config.lanes)
            t.add(element, element, 1)
            t.sub(left, left, 1)
            t.branch(top, left, "ne", 0)
