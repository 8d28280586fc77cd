"""The language model's head: logits by chunks of the vocabulary, the best token, or the logits themselves."""

from dataclasses import dataclass

from host.tensors import Amem, Dram, Register, Value, Weights
from host.trace import Trace, kernel


@dataclass(frozen=True)
class Chunks:
    """Outputs of a weight tensor in equal chunks of whole tiles and a smaller last one."""

    whole: int  # number of equal chunks
    size: int  # outputs of one
    rest: int  # outputs of the last, 1 to size

    @classmethod
    def of(cls, outputs: int, size: int):
        whole = (outputs - 1) // size
        return cls(whole, size, outputs - whole * size)


def _each_chunk(t: Trace, head: Weights, x: Amem, size: int, use):
    """use(logits, chunk number as a Value, its size) after the product of each chunk; two buffers take turns."""
    c = Chunks.of(head.outputs, size)
    step = size // t.config.port_bytes * head.tile_stride
    rows = x.rows if isinstance(x.rows, int) else t.config.rows
    with t.scratch():
        buffers = t.vmem(size, rows, outer=2)
        logits = buffers.take(outer=1, rows=x.rows)
        other = buffers.outer_stride * t.config.lanes
        if c.whole:
            with t.registers("tile", "buffer") as (tile, buffer):
                t.set(tile, head.address)
                t.set(buffer, 0)
                with t.loop(c.whole, name="chunk") as chunk:
                    t.matmul(logits.at(buffer), x, head.take(address=tile, outputs=size))
                    use(logits.at(buffer), chunk, size)
                    t.add(tile, tile, step)
                    t.sub(buffer, None, buffer)
                    t.add(buffer, buffer, other)
        last = logits.take(cols=c.rest).at(other * (c.whole % 2))
        t.matmul(last, x, head.take(address=head.address + c.whole * step, outputs=c.rest))
        use(last, c.whole, c.rest)


@kernel
def head_argmax(t: Trace, token: Register, x: Amem, head: Weights, size: int):
    """token = the output of the head with the largest product with x (one row), the lowest of equals."""
    c = Chunks.of(head.outputs, size)
    with t.scratch():
        most, where = t.vmem(c.whole + 1), t.vmem(c.whole + 1)

        def reduce(logits, chunk, cols):
            logits = logits.take(cols=cols)
            t.vector(logits, reduce=("max", chunk + most.address))
            t.vector(logits, reduce=("argmax", chunk + where.address))

        _each_chunk(t, head, x, size, reduce)
        if c.whole:
            best = t.vmem(1)
            t.vector(most, reduce=("argmax", best.address))
            with t.registers("chunk") as chunk:
                t.read(chunk, best.address)
                t.read(token, chunk + where.address)
                t.mul(chunk, chunk, size)
                t.add(token, token, chunk)
        else:
            t.read(token, where.address)


@kernel
def head_logits(t: Trace, dst: Dram, first: Value, x: Amem, head: Weights, size: int):
    """Rows first.. of dst = products of the head with the rows of x."""
    with t.registers("row") as row:
        t.set(row, first)
        t.mul(row, row, dst.row_stride)

        def store(logits, chunk, cols):
            beats = size * 4 // t.config.port_bytes
            with t.registers("beat") as beat:
                if isinstance(chunk, int):
                    t.set(beat, row + chunk * beats)
                else:
                    t.mul(beat, chunk, beats)
                    t.add(beat, beat, row)
                t.store(dst.take(address=beat + dst.address), logits.take(cols=cols))

        _each_chunk(t, head, x, size, store)
