"""The newest tokens' keys and values into their caches.

A key is a row of its cache's weight tensor. Values are contracted over tokens: the block of 32 tokens that is still
open is held as binary32, transposed, and quantised anew whenever tokens join it.
"""

from host.tensors import Amem, Register, Scatter, Value, Vmem, Weights
from host.trace import Trace, kernel
from models.config import BLOCK
from models.tiles import KSTEP_BEATS

KSTEP = KSTEP_BEATS["mxint8"]


@kernel
def append_keys(
    t: Trace, cache: Weights, head_stride: int, keys: Amem, position: Register, row: Register | None = None
):
    """keys (tokens, heads, head size), or those from row on, become tokens position.. of each head's cache."""
    head = keys.take(rows=keys.outer, row_stride=keys.outer_stride, outer=1)
    start = (lambda register: t.mul(register, row, keys.outer_stride)) if row else 0
    with t.walk(keys.rows, (0, 1), (start, keys.row_stride), (cache.address, head_stride)) as (_, block, beat):
        t.store_tile(cache.take(address=beat), head.at(block), first=position)


@kernel
def append_values(
    t: Trace,
    cache: Weights,
    head_stride: int,
    values: Vmem,
    open_blocks: Vmem,
    layer: Value,
    position: Register,
    quantised: Amem,
):
    """values (tokens, heads * value size) join the block of tokens that is open at position, which they do not cross.

    open_blocks (heads * value size, 32 tokens) lies `layer` elements further on; quantised is as many AMEM blocks.
    """
    heads, size = quantised.outer, quantised.rows
    with t.registers("place", "present") as (place, present):
        t.scalar(place, position, "and", BLOCK - 1)
        t.add(present, place, values.rows)
        t.add(place, place, layer)
        t.vector(values, Scatter(place + open_blocks.address, open_blocks.row_stride))
        block = Vmem(open_blocks.address, present, size, heads, open_blocks.row_stride, size * open_blocks.row_stride)
        t.vector(block.at(layer), quantised.take(cols=present))
        t.scalar(place, position, "shr", BLOCK.bit_length() - 1)
        t.mul(place, place, KSTEP)
        t.add(place, place, cache.address)
        with t.walk(heads, (0, size), (place, head_stride)) as (dim, beat):
            t.store_tile(cache.take(address=beat), quantised.take(outer=1).at(dim), ksteps=1)
