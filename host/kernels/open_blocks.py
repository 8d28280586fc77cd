"""Open blocks of values that lie in DRAM: what a group of tokens needs of them comes to vector memory, and what it adds goes back.

In vector memory a row is a dimension and its 32 tokens lie together. In DRAM the tokens of a vector-memory word lie together,
dimension after dimension, so that neither tokens that are not there nor words that do not change are moved.
"""

from host.tensors import Dram, Register, Vmem
from host.trace import Trace, kernel
from models.config import BLOCK

MAX_ROWS = 255  # of a load or store


@kernel
def load_open(t: Trace, open_blocks: Vmem, memory: Dram, position: Register):
    """The tokens before position of its block."""
    lanes = t.config.lanes
    with t.registers("place", "element", "beat") as (place, element, beat):
        t.scalar(place, position, "and", BLOCK - 1)
        with t.when(place, "ne", 0):
            t.set(element, 0)
            t.set(beat, memory.address)
            top = t.label()
            _each_part(t, open_blocks, memory, element, beat, t.load)
            t.add(element, element, lanes - open_blocks.rows * BLOCK)
            t.branch(top, element, "lt", place)


@kernel
def store_open(t: Trace, open_blocks: Vmem, memory: Dram, position: Register):
    """The word of the tokens from position on: a group does not cross a word."""
    lanes = t.config.lanes
    with t.registers("element", "beat") as (element, beat):
        t.scalar(element, position, "and", BLOCK - lanes)
        t.mul(beat, element, open_blocks.rows * memory.row_stride // lanes)
        with t.registers("base") as base:
            t.set(base, memory.address)
            t.add(beat, beat, base)
        _each_part(t, open_blocks, memory, element, beat, lambda vmem, dram: t.store(dram, vmem))


def _each_part(t: Trace, open_blocks: Vmem, memory: Dram, element: Register, beat: Register, move):
    """move(rows in vector memory, the same in DRAM) for parts of as many rows as fit one instruction; both registers advance."""
    dims, lanes = open_blocks.rows, t.config.lanes
    rows = max(n for n in range(1, min(dims, MAX_ROWS) + 1) if dims % n == 0)
    here = open_blocks.take(cols=lanes, rows=rows, outer=1).at(element)
    top = t.label()
    move(here, memory.take(address=beat, rows=rows))
    t.add(element, element, rows * BLOCK)
    t.add(beat, beat, rows * memory.row_stride)
    if rows < dims:
        t.branch(top, element, "lt", dims * BLOCK)
