"""Grouped-query attention with online softmax, all query heads at once, in chunks of the context.

Keys and values stream as weights. One token: the query heads of a group are the matrix rows. Several: the tokens are, a
head at a time. The vector work is the same for both. The heads come in parts, so that the softmax of one part runs while
the matrix unit works on the other.
"""

from dataclasses import dataclass

from host.tensors import Amem, Register, Value, Vmem, Weights, plus
from host.trace import Trace, kernel
from models.config import BLOCK
from models.tiles import KSTEP_BEATS

LOG2_E = 1.4426950408889634
KSTEP = KSTEP_BEATS["mxint8"]


@dataclass(frozen=True)
class Cache:
    """Keys (outputs = tokens) and values (contraction = tokens) of the first key and value head of a layer."""

    keys: Weights
    values: Weights
    head_stride: int  # beats to the next head
    heads: int


@dataclass(frozen=True)
class Part:
    """Some key and value heads with their query heads; statistics are (tokens, query heads of the part)."""

    first: int  # key and value head
    heads: int  # key and value heads
    group: int
    q: Amem  # (tokens, query heads, head size)
    scores: Vmem  # (tokens, query heads, chunk)
    scaled: Vmem  # the same, shared by the parts: scores scaled and masked
    p: Amem  # the same
    o: Vmem  # (tokens, query heads, value size)
    o_new: Vmem  # the same, where the context has several chunks
    most: Vmem
    most_new: Vmem
    total: Vmem
    total_new: Vmem
    shrink: Vmem

    @property
    def query_heads(self) -> int:
        return self.heads * self.group


@kernel
def attention(
    t: Trace,
    dst: list[Amem],
    q: list[Amem],
    cache: Cache,
    position: Register,
    tokens: Value,
    chunk: int,
    scale: float,
    row: Register | None = None,
):
    """dst = softmax(q . keys * scale) . values for tokens position.. of the context: rows 0.. of dst and q, or rows row..

    tokens is 1 or a register.

    dst: (tokens, query heads * value size) of each part, or of all where value heads are not whole blocks.
    q: (tokens, query heads, head size) of each part, whose query heads follow each other. All tokens lie in one chunk.
    """
    heads, value = sum(part.rows for part in q), cache.values.outputs
    group, several = heads // cache.heads, cache.values.depth > chunk
    with t.scratch():
        parts, first = [], 0
        rows = t.config.rows if isinstance(tokens, Register) else tokens
        scaled = t.vmem(chunk, max(part.rows for part in q), rows)
        for part_q in q:
            parts.append(_part(t, part_q.take(outer=tokens), first, group, chunk, value, several, scaled, rows))
            first += parts[-1].heads
        to_exp2 = scale * LOG2_E
        with t.registers("cols", "count") as (cols, count):
            t.add(cols, position, tokens)
            if several:
                t.min(cols, cols, chunk)
            for part in parts:
                _scores(t, part, cache, cache.keys.address, cols, tokens, row)
            for part in parts:
                _soften(t, part, cols, position, tokens, to_exp2)
            if not several:
                for part in parts:
                    _invert_total(t, part, tokens, count)
            for part in parts:
                _mix(t, part, part.o, cache, cache.values.address, cols, tokens)
            if several:
                _later_chunks(t, parts, cache, position, tokens, chunk, to_exp2, cols, count, row)
                for part in parts:
                    _invert_total(t, part, tokens, count)
            _divide(t, dst, parts, tokens, rows, row)


def _part(
    t: Trace, q: Amem, first: int, group: int, chunk: int, value: int, several: bool, scaled: Vmem, rows: int
) -> Part:
    number = q.rows

    def by_head(allocate, cols):
        """(query heads, rows, cols) as (tokens, query heads, cols), so that no head's range meets another's."""
        x = allocate(cols, rows, number)
        return x.take(outer=q.outer, rows=number, outer_stride=x.row_stride, row_stride=x.outer_stride)

    def by_token(cols):
        return t.vmem(cols, number, rows).take(outer=q.outer)

    statistics = [t.vmem(number * rows) for _ in range(5)]
    # What is added to in place must lie by token.
    o, o_new = (by_token(value), by_token(value)) if several else 2 * (by_head(t.vmem, value),)
    scores, p = by_head(t.vmem, chunk), by_head(t.amem, chunk)
    scaled = scaled.take(rows=number, outer=q.outer)
    return Part(first, number // group, group, q, scores, scaled, p, o, o_new, *statistics)


def _ways(t: Trace, part: Part, tokens: Value):
    """(matrix rows, whether they are heads, first head of each product of a group): for one token, and for several if they
    are a register."""
    together = max(n for n in range(1, t.config.rows + 1) if part.group % n == 0)
    if not isinstance(tokens, Register):
        yield together, True, range(0, part.group, together)
        return
    with t.when(tokens, "eq", 1):
        yield together, True, range(0, part.group, together)
    with t.when(tokens, "ne", 1):
        yield tokens, False, range(part.group)


@kernel
def _scores(t: Trace, part: Part, cache: Cache, keys: Value, cols: Value, tokens: Value, row: Register | None):
    """part.scores = part.q . keys"""
    lanes, q, s = t.config.lanes, part.q, part.scores
    beat = plus(keys, part.first * cache.head_stride)
    for rows, by_head, heads in _ways(t, part, tokens):
        place = Vmem(s.address, cols, rows, 1, s.row_stride if by_head else s.outer_stride)
        query = Amem(q.address, q.cols, rows, 1, q.row_stride if by_head else q.outer_stride)
        start = _times(t, row, q.outer_stride) if row else 0
        walks = (0, part.group * s.row_stride * lanes), (start, part.group * q.row_stride), (beat, cache.head_stride)
        with t.walk(part.heads, *walks) as (element, block, dram):
            weights = cache.keys.take(address=dram, outputs=cols)
            for head in heads:
                here = place.at(element).at(head * s.row_stride * lanes)
                t.matmul(here, query.at(block).at(head * q.row_stride), weights)


@kernel
def _mix(t: Trace, part: Part, o: Vmem, cache: Cache, values: Value, cols: Value, tokens: Value):
    """o = part.p . values"""
    lanes, p = t.config.lanes, part.p
    beat = plus(values, part.first * cache.head_stride)
    for rows, by_head, heads in _ways(t, part, tokens):
        place = Vmem(o.address, o.cols, rows, 1, o.row_stride if by_head else o.outer_stride)
        probabilities = Amem(p.address, cols, rows, 1, p.row_stride if by_head else p.outer_stride)
        walks = (0, part.group * p.row_stride), (0, part.group * o.row_stride * lanes), (beat, cache.head_stride)
        with t.walk(part.heads, *walks) as (block, element, dram):
            weights = cache.values.take(address=dram, depth=cols)
            for head in heads:
                here = place.at(element).at(head * o.row_stride * lanes)
                t.matmul(here, probabilities.at(block).at(head * p.row_stride), weights)


def _largest(t: Trace, part: Part, cols: Value, limit: Value, to_exp2: float, most: Vmem):
    """part.scaled = scores scaled, where masked -infinity; most = its rows' maxima. Token i sees columns below limit + i."""
    s = part.scaled.take(cols=cols)
    t.vector(part.scores.take(cols=cols), s, mul=to_exp2, mask=limit, reduce=("max", most.address))


def _exponentials(t: Trace, part: Part, scores: Vmem, cols: Value, most: Vmem, total: Vmem, scale: float | None):
    """part.p = exp2(scores * scale - most) and its sums."""
    p = part.p.take(cols=cols)
    t.vector(scores.take(cols=cols), p, mul=scale, sub=most.each(), f="exp2", reduce=("sum", total.address))


def _softmax(t: Trace, part: Part, cols: Value, below: Value, tokens: Value, to_exp2: float, most, total, between=None):
    """most, part.p = exp(scores - most) and total, with `between` after most. Token i sees columns up to below + i.

    Scaled scores are written only where some are masked: else they are computed twice, since a written word costs the matrix
    unit's results a turn at vector memory.
    """
    between = between or (lambda: most)
    if isinstance(tokens, Register):
        masked, done = t.label(here=False), t.label(here=False)
        t.branch(masked, below, "lt", cols + -1)
        _softmax(t, part, cols, below, 1, to_exp2, most, total, between)
        t.goto(done)
        t.place(masked)
        _largest(t, part, cols, below + 1, to_exp2, most)
        _exponentials(t, part, part.scaled, cols, between(), total, None)
        t.place(done)
        return
    t.vector(part.scores.take(cols=cols), mul=to_exp2, reduce=("max", most.address))
    _exponentials(t, part, part.scores, cols, between(), total, to_exp2)


@kernel
def _soften(t: Trace, part: Part, cols: Value, below: Register, tokens: Value, to_exp2: float):
    """The first chunk: most, p = exp(scores - most) and total."""
    _softmax(t, part, cols, below, tokens, to_exp2, part.most, part.total)


@kernel
def _soften_more(t: Trace, part: Part, cols: Value, below: Register, tokens: Value, to_exp2: float, count: Register):
    """A later chunk: also shrink = exp(old most - new most), and total shrunk and added to."""
    count = _count(t, part, tokens, count)
    most, new, total, total_new, shrink = (
        x.take(cols=count) for x in (part.most, part.most_new, part.total, part.total_new, part.shrink)
    )

    def largest_so_far():
        t.vector(most, new, max=new)
        return new

    _softmax(t, part, cols, below, tokens, to_exp2, new, total_new, largest_so_far)
    t.vector(most, shrink, sub=new, f="exp2")
    t.vector(new, most)
    t.vector(total, total, mul=shrink)
    t.vector(total, total, add=total_new)


def _later_chunks(t, parts, cache, position, tokens, chunk, to_exp2, cols, count, row):
    done = t.label(here=False)
    keys_step = chunk // t.config.port_bytes * cache.keys.tile_stride
    values_step = chunk // BLOCK * KSTEP
    with t.registers("keys", "values", "seen") as (keys, values, seen):
        t.set(keys, cache.keys.address)
        t.set(values, cache.values.address)
        t.set(seen, position)  # from the start of the chunk
        top = t.label()
        t.sub(seen, seen, chunk)
        t.add(cols, seen, tokens)
        t.branch(done, None, "ge", cols)
        t.min(cols, cols, chunk)
        t.add(keys, keys, keys_step)
        t.add(values, values, values_step)
        for part in parts:
            _scores(t, part, cache, keys, cols, tokens, row)
        for part in parts:
            _soften_more(t, part, cols, seen, tokens, to_exp2, count)
        for part in parts:
            _mix(t, part, part.o_new, cache, values, cols, tokens)
        for part in parts:
            t.vector(part.o, part.o, mul=part.shrink.each(), add=part.o_new)
        t.goto(top)
        t.place(done)


def _count(t: Trace, part: Part, tokens: Value, count: Register) -> Value:
    """Statistics of a part."""
    return t.mul(count, tokens, part.query_heads) if isinstance(tokens, Register) else tokens * part.query_heads


def _times(t: Trace, row: Register, stride: int):
    """The start of a walk: row * stride."""
    return lambda register: t.mul(register, row, stride)


@kernel
def _invert_total(t: Trace, part: Part, tokens: Value, count: Register):
    total = part.total.take(cols=_count(t, part, tokens, count))
    t.vector(total, total, f="rcp")


@kernel
def _divide(t: Trace, dst: list[Amem], parts: list[Part], tokens: Value, rows: int, row: Register | None):
    """dst = o / total, an Amem a part; or one for all where heads are not whole blocks, through vector memory."""
    value = parts[0].o.cols
    if row:
        with t.registers(*["row"] * len(dst)) as taken:
            starts = taken if isinstance(taken, list) else [taken]
            places = [place.at(t.mul(start, row, place.row_stride)) for start, place in zip(starts, dst, strict=True)]
            _divide(t, places, parts, tokens, rows, None)
        return
    if len(dst) == len(parts) and value % BLOCK == 0:
        for part, place in zip(parts, dst, strict=True):
            blocks = value // BLOCK
            heads = Amem(place.address, value, part.query_heads, tokens, blocks, place.row_stride)
            t.vector(part.o, heads, mul=part.total.each())
        return
    all_heads = t.vmem(value, sum(part.query_heads for part in parts), rows)
    for part in parts:
        begin = part.first * part.group * all_heads.row_stride * t.config.lanes
        t.vector(part.o, all_heads.take(rows=part.query_heads, outer=tokens).at(begin), mul=part.total.each())
    t.vector(Vmem(all_heads.address, dst[0].cols, tokens, 1, all_heads.outer_stride), dst[0])
