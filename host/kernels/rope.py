"""Rotary position embedding of whole heads, quantised on the way out."""

from host.tensors import Amem, Vmem
from host.trace import Trace, kernel


@kernel
def rope(t: Trace, dst: Amem, x: Vmem, table: Vmem):
    """dst = x rotated: x (tokens, heads, [low half | high half]), table (tokens, 1, [cos | sin]) of half a head each.

    low * cos - high * sin and high * cos + low * sin. Halves are whole words.
    """
    half = x.cols // 2
    cos = table.take(cols=half)
    sin = cos.at(half)
    low, high = x.take(cols=half), x.take(cols=half).at(half)
    halves = low.take(rows=2 * x.rows, row_stride=half // t.config.lanes)
    with t.scratch(on_top=True):
        straight, crossed = (t.vmem(x.cols, x.rows, t.config.rows).take(outer=x.outer) for _ in range(2))
        t.vector(high, crossed.take(cols=half), mul=sin, rsub=0.0)
        t.vector(halves, halves.take(address=straight.address, outer_stride=straight.outer_stride), mul=cos)
        t.vector(low, crossed.take(cols=half).at(half), mul=sin)
        t.vector(straight, dst, add=crossed)
