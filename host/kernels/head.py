"""The language model's head: logits by chunks of the vocabulary, the best token, or the logits themselves."""

from contextlib import contextmanager
from dataclasses import dataclass

from host.tensors import Amem, Dram, Register, Scatter, Value, Vmem, Weights
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


def _each_chunk(t: Trace, head: Weights, x: Amem, rows: int, size: int, use):
    """use(logits, chunk number as a Value, its size) after the product of each chunk; two buffers take turns.

    x has at most `rows` rows.
    """
    c = Chunks.of(head.outputs, size)
    step = size // t.config.port_bytes * head.tile_stride
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


@dataclass(frozen=True)
class Best:
    """What head_argmax found: of each row the best chunk, of each chunk and row the best output within."""

    chunk: Vmem  # an element a row
    start: Register  # element with the largest product of row 0 in chunk 0; which output it is, `apart` elements further on
    step: Register  # elements from chunk to chunk
    apart: int
    size: int  # outputs of a chunk


@contextmanager
def head_argmax(t: Trace, x: Amem, rows: int, head: Weights, size: int):
    """For each row of x (at most `rows`; a register) the output of the head with the largest product, the lowest of equals.

    Gives a Best, for best_token to read. Each chunk gives an element a row. Of several rows these are transposed, so that
    a row's lie together; of one they do already.
    """
    chunks = Chunks.of(head.outputs, size).whole + 1
    with t.scratch():
        by_row, by_chunk = t.vmem(chunks, rows), t.vmem(rows, chunks)
        where = t.vmem(chunks, rows)
        t.vmem(rows, chunks)  # where's by chunk
        apart = where.address - by_row.address
        best = t.vmem(rows)
        with t.registers("start", "step") as (start, step):
            with t.kernel("head_argmax"):
                t.set(start, by_row.address)
                t.set(step, 1)
                with t.when(x.rows, "ne", 1):
                    t.set(start, by_chunk.address)
                    t.set(step, by_chunk.row_stride * t.config.lanes)
                with t.registers("place") as place:
                    t.set(place, start)

                    def reduce(logits, chunk, cols):
                        logits = logits.take(cols=cols)
                        t.vector(logits, reduce=("max", place))
                        t.vector(logits, reduce=("argmax", place + apart))
                        t.add(place, place, step)

                    _each_chunk(t, head, x, rows, size, reduce)
                with t.when(x.rows, "ne", 1):
                    t.vector(by_chunk.take(cols=x.rows), Scatter(by_row.address, by_row.row_stride))
                t.vector(by_row.take(rows=x.rows), reduce=("argmax", best.address))
            yield Best(best, start, step, apart, size)


@kernel
def best_token(t: Trace, token: Register, best: Best, row: Register):
    """token = the best output of a row."""
    with t.registers("chunk", "first") as (chunk, first):
        t.add(first, best.start, row)
        t.read(chunk, row + best.chunk.address)
        t.mul(token, chunk, best.step)
        t.mul(chunk, chunk, best.size)
        t.add(token, token, first)
        t.read(token, token + best.apart)
        t.add(token, token, chunk)


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

        _each_chunk(t, head, x, t.config.rows, size, store)
