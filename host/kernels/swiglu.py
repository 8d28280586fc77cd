"""The gated feed-forward up to its down projection, chunk by chunk."""

from host.tensors import Amem, Vmem, Weights
from host.trace import Trace, kernel

LOG2_E = 1.4426950408889634


@kernel
def swiglu(t: Trace, dst: Amem, gate: Vmem, up: Vmem, work: Vmem):
    """dst = gate / (1 + exp(-gate)) * up; work is as large as gate and no part of its range; all rows lie equally far apart."""
    t.vector(gate, work, mul=-LOG2_E, f="exp2")
    t.vector(work, work, add=1.0, f="rcp", then_mul=gate)
    t.vector(work, dst, mul=up)


@kernel
def gated_chunks(t: Trace, dst: list[Amem], x: Amem, chunks: list[Weights]):
    """dst = silu(gate) * up, a chunk each, where a chunk of weights gives its columns of gate and then of up.

    The product of a chunk goes to the other of two buffers, so that it overlaps the vector work of the one before.
    """
    with t.scratch():
        buffers = [t.vmem(chunks[0].outputs, t.config.rows) for _ in chunks[:2]]
        work = t.vmem(chunks[0].outputs, t.config.rows)
        for i, (place, weights) in enumerate(zip(dst, chunks, strict=True)):
            size = weights.outputs // 2
            rows = buffers[i % 2].take(rows=x.rows)
            t.matmul(rows.take(cols=2 * size), x, weights)
            gate = rows.take(cols=size)
            swiglu(t, place, gate, gate.at(size), work.take(cols=size, rows=x.rows))
