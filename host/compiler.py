"""Model to program: one doorbell makes a whole reply.

    reply   arguments: r1 tokens given in all, r2 most tokens to make, r3 position of the first token that is new.
            Takes the given tokens in groups of up to Rows, then makes tokens until an end token or the limit. Each goes to
            its slot, and `signal` tells the count; `end` gives it.
    score   arguments: r1, r3 the same. Stores the logits of every position and makes nothing; `end` gives r1.

Positions are absolute: r3, a multiple of 32, continues an earlier run over the same memory. (Of a block of values that was
still open, only the chip's own memory knew the tokens, so those are given again.)
"""

from dataclasses import dataclass
from itertools import product

from host.errors import SerranoError
from host.kernels.append_kv import append_keys, append_values
from host.kernels.attention import Cache, attention
from host.kernels.embedding import embed, embed_ids
from host.kernels.head import head_argmax, head_logits
from host.kernels.residual import add_products
from host.kernels.rmsnorm import Squares, rmsnorm, sum_first, sum_rest
from host.kernels.rope import rope
from host.kernels.swiglu import gated_chunks
from host.layout import END_TOKENS, EPSILON, Choice, Layout, Split, plan, round_up, softmax_scale
from host.tensors import Amem, Dram, Register, Scalars, Vmem, Weights, plus, words
from host.trace import Program, Trace
from models.config import BLOCK, Config
from models.reference import Llama

CHUNKS = (512, 256, 128, 64, 32)  # tokens of context in attention
FEED_FORWARD_CHUNKS = (4, 8, 16)
VOCABULARY_PIECES = (8, 16, 64, 256)  # of the head, about


@dataclass
class Memories:
    """What lives in vector and activation memory through the program; rows are those of a group of tokens."""

    constants: Vmem
    ids: Vmem
    x: Vmem  # residual
    table: Vmem  # rotary cos and sin
    record: int  # elements between what stays here of one layer and of the next
    norms: Vmem  # (2, hidden) of layer 0, or of the layer at work
    final_norm: Vmem
    open_blocks: Vmem  # (key and value heads * value size, 32 tokens), the same
    squares: Squares  # of the residual's rows
    normed: Amem
    mixed: list  # Amem of each piece of attention's output
    gated: list  # Amem of each piece of the feed-forward
    q: list  # Amem of each part of the heads
    k: Amem
    quantised: Amem  # the open blocks of values


@dataclass
class State:
    """The registers that live through the program."""

    given: Register
    limit: Register | None
    position: Register  # of the group's first token
    tokens: Register  # of the group
    dram: Register  # beats from layer 0 to this layer
    vmem: Register  # elements from layer 0's norms and open blocks to this layer's


def compile_model(
    model: Llama,
    config: Config,
    format: str,
    context: int,
    num_end_tokens: int,
    mode: str = "reply",
    group: int | None = None,
    choice: Choice | None = None,
) -> tuple[Layout, Program]:
    """With the choice given, or the first that fits the chip. `group`: tokens taken at once, a power of two up to Rows."""

    def attempt(choice: Choice):
        layout = plan(model, config, format, context, choice, num_end_tokens, mode == "score")
        return layout, trace_model(layout, mode, group or config.rows)

    if choice:
        return attempt(choice)
    refusal = None
    for candidate in _choices(model, config, context):
        try:
            return attempt(candidate)
        except SerranoError as error:
            refusal = refusal or error
    raise SerranoError(f"the model does not fit the chip: {refusal}")


def _choices(model: Llama, config: Config, context: int):
    """From what runs fastest to what fits soonest."""
    stays = ((True, True), (True, False), (False, False))
    large, small = ([c for c in CHUNKS if (c >= 128) is is_large] for is_large in (True, False))
    for chunks in (large, small):
        for (norms, open_blocks), chunk, pieces, parts in product(
            stays, chunks, VOCABULARY_PIECES, FEED_FORWARD_CHUNKS
        ):
            # The last piece is small: nothing runs beside its argmax.
            beginning = max(model.vocabulary - 2 * config.port_bytes, 1)
            vocabulary = round_up(-(-beginning // (pieces - 1)), config.port_bytes)
            yield Choice(min(chunk, context), parts, vocabulary, norms, open_blocks)


def trace_model(layout: Layout, mode: str, group: int) -> Program:
    t = Trace(layout.config)
    given, limit, position = t.argument(1, "given"), t.argument(2, "limit"), t.argument(3, "position")
    state = State(given, limit, position, *(t.register(name) for name in ("tokens", "dram", "vmem")))
    with t.kernel(mode):
        m = _allocate(t, layout)
        _load_constants(t, layout, m, state)
        top = t.label()
        _take_group(t, layout, m, state, group)
        body = t.label()
        _layers(t, layout, m, state)
        if mode == "score":
            _store_logits(t, layout, m, state)
        t.add(state.position, state.position, state.tokens)
        t.branch(top, state.position, "lt", state.given)
        if mode == "score":
            t.end(state.given)
        else:
            _make_token(t, layout, m, state, body)
    return t.finish()


def _allocate(t: Trace, layout: Layout) -> Memories:
    c, rows, choice, lanes = layout.model, layout.config.rows, layout.choice, layout.config.lanes
    row, dims = layout.layer["norms"].cols, c.kv_heads * layout.value
    # A layer's record: its two norms, then its open blocks, for all layers or for the one at work.
    record = 2 * row * choice.norms_stay + dims * BLOCK * choice.open_blocks_stay
    records = t.vmem(record, c.layers) if record else None
    norms = Vmem(records.address, row, 2, 1, words(row, lanes)) if choice.norms_stay else t.vmem(row, 2)
    open_blocks = (
        Vmem(plus(records.address, 2 * row), BLOCK, dims, 1, BLOCK // lanes) if choice.open_blocks_stay else None
    )
    return Memories(
        constants=t.vmem(layout.request.cols),
        ids=t.vmem(rows),
        x=t.vmem(layout.embedding.cols, rows),
        table=t.vmem(layout.head, 1, rows),
        record=record,
        norms=norms,
        final_norm=t.vmem(c.hidden),
        open_blocks=open_blocks or t.vmem(BLOCK, dims),
        squares=Squares(t.vmem(rows), t.vmem(rows)),
        normed=t.amem(c.hidden, rows),
        mixed=[t.amem(w.depth, rows) for w in layout.output_projection.rest],
        gated=[t.amem(w.depth, rows) for w in layout.down.rest],
        q=[t.amem(layout.head, part.outputs // layout.head, rows) for part in layout.query],
        k=t.amem(layout.head, c.kv_heads, rows),
        quantised=t.amem(BLOCK, layout.value, c.kv_heads),
    )


def _load_constants(t: Trace, layout: Layout, m: Memories, state: State):
    t.load(m.constants, layout.request)
    t.load(m.final_norm, layout.final_norm)
    if layout.choice.norms_stay:
        norms = layout.layer["norms"]
        with t.walk(layout.model.layers, (0, m.record), (norms.address, layout.layer_stride)) as (element, beat):
            t.load(m.norms.at(element), norms.take(address=beat))


def _take_group(t: Trace, layout: Layout, m: Memories, state: State, group: int):
    """The next `group` given tokens, or what is left: their number and their embeddings. Groups begin at multiples of it."""
    rows = t.config.rows
    with t.kernel("group"), t.registers("place", "beat") as (place, beat):
        t.sub(state.tokens, state.given, state.position)
        t.min(state.tokens, state.tokens, group)
        t.scalar(place, state.position, "and", rows - 1)
        t.sub(beat, state.position, place)
        t.scalar(beat, beat, "shr", (t.config.port_bytes // 4).bit_length() - 1)
        t.load(m.ids, layout.ids.take(address=beat + layout.ids.address, cols=rows))
        embed_ids(t, m.x, layout.embedding, place + m.ids.address, state.tokens)


def _layers(t: Trace, layout: Layout, m: Memories, state: State):
    with t.registers("beat") as beat:
        t.mul(beat, state.position, layout.rope.row_stride)
        table = m.table.take(outer=1, rows=state.tokens, row_stride=m.table.outer_stride)
        t.load(table, layout.rope.take(address=beat + layout.rope.address, rows=state.tokens))
    t.set(state.dram, 0)
    t.set(state.vmem, 0)
    x = m.x.take(rows=state.tokens, cols=layout.model.hidden)
    split = x.cols - layout.down.rest[0].outputs
    sum_first(t, m.squares, x.take(cols=split), x.cols, _epsilon(m))
    sum_rest(t, m.squares, x.take(cols=x.cols - split).at(split))
    top = t.label()
    with t.kernel("layer"):
        _layer(t, layout, m, state)
    t.add(state.dram, state.dram, layout.layer_stride)
    t.add(state.vmem, state.vmem, m.record)
    t.branch(top, state.dram, "ne", layout.layer_stride * layout.model.layers)


def _layer(t: Trace, layout: Layout, m: Memories, state: State):
    c, choice, config = layout.model, layout.choice, t.config
    tensors = {name: place.at(state.dram) for name, place in layout.layer.items()}
    if not choice.norms_stay:
        t.load(m.norms, tensors["norms"])
    if not choice.open_blocks_stay:
        open_rows = m.open_blocks.take(cols=layout.value * BLOCK, rows=c.kv_heads)
        open_rows = open_rows.take(row_stride=layout.value * BLOCK // config.lanes)
        t.load(open_rows, tensors["open"])
    in_norms, in_open = (state.vmem if stays else 0 for stays in (choice.norms_stay, choice.open_blocks_stay))
    norms = [
        m.norms.take(rows=1, cols=c.hidden).at(row * m.norms.row_stride * config.lanes).at(in_norms) for row in range(2)
    ]
    n = state.tokens
    x = m.x.take(rows=n, cols=c.hidden)
    normed = m.normed.take(rows=n)
    mixed, gated = ([piece.take(rows=n) for piece in pieces] for pieces in (m.mixed, m.gated))
    k, table, *q = (a.take(outer=n) for a in (m.k, m.table, *m.q))
    cache = Cache(tensors["keys"], tensors["values"], layout.head_stride, c.kv_heads)

    rmsnorm(t, normed, x, norms[0], m.squares)
    with t.scratch():
        # Values and keys come first, so that they are stored while the matrix unit is at work on what follows.
        v, keys, *queries = (
            t.vmem(w.outputs, config.rows).take(rows=n) for w in (tensors["v"], tensors["k"], *layout.query)
        )
        with t.kernel("project"):
            t.matmul(v, normed, tensors["v"])
            append_values(t, cache.values, layout.head_stride, v, m.open_blocks, in_open, state.position, m.quantised)
            if not choice.open_blocks_stay:
                t.store(tensors["open"], open_rows)
            t.matmul(keys, normed, tensors["k"])
            rope(t, k, _heads(keys, layout.head, config.lanes), table)
            append_keys(t, cache.keys, layout.head_stride, k, state.position)
            for weights, projected in zip(layout.query, queries, strict=True):
                t.matmul(projected, normed, weights.at(state.dram))
            for part, projected in zip(q, queries, strict=True):
                rope(t, part, _heads(projected, layout.head, config.lanes), table)
        # The projections are still held, so that attention does not overlay them and wait for their readers.
        attention(t, mixed, q, cache, state.position, n, choice.chunk, softmax_scale(c))
    _add(t, layout, m, state, x, mixed, layout.output_projection)
    rmsnorm(t, normed, x, norms[1], m.squares)
    gated_chunks(t, _chunks(gated, layout.gated), normed, [chunk.at(state.dram) for chunk in layout.gated])
    _add(t, layout, m, state, x, gated, layout.down)


def _chunks(pieces: list[Amem], chunks: list[Weights]) -> list[Amem]:
    """Where each chunk of the feed-forward goes: the last is a piece by itself, the others fill the first."""
    places, block = [], 0
    for chunk in chunks[:-1]:
        places.append(pieces[0].at(block).take(cols=chunk.outputs // 2))
        block += chunk.outputs // 2 // BLOCK
    return [*places, pieces[-1]]


def _add(t: Trace, layout: Layout, m: Memories, state: State, x: Vmem, activations: list[Amem], split: Split):
    """x += activations . weights, and the squares of x."""
    first, rest = ([w.at(state.dram) for w in weights] for weights in (split.first, split.rest))
    add_products(t, x, activations, first, rest, m.squares, _epsilon(m))


def _epsilon(m: Memories) -> Scalars:
    return m.constants.at(EPSILON).each("const")


def _heads(x: Vmem, size: int, lanes: int) -> Vmem:
    """Rows of heads as (rows, heads, size)."""
    return Vmem(x.address, size, x.cols // size, x.rows, size // lanes, x.row_stride)


def _make_token(t: Trace, layout: Layout, m: Memories, state: State, body):
    """The head on the group's last row, the best token to its slot and to the residual, and round again, or the end."""
    done = t.label(here=False)
    x = m.x.take(rows=1)
    with t.registers("token", "made") as (token, made), t.kernel("make_token"):
        # The norm of all rows costs little more than that of the last, which is the one the head takes.
        normed = m.normed.take(rows=state.tokens)
        rmsnorm(t, normed, m.x.take(rows=state.tokens, cols=layout.model.hidden), m.final_norm, m.squares)
        t.sub(made, state.tokens, 1)
        t.mul(made, made, normed.row_stride)
        normed = m.normed.take(rows=1).at(made)
        head_argmax(t, token, normed, layout.output, layout.choice.vocabulary_chunk)
        with t.registers("row") as row:
            t.set(row, token)
            embed(t, x, layout.embedding, row)
        t.sub(made, state.position, state.given)
        number = Vmem(x.address + (x.cols - 1), 1)  # the row's own number, which the table holds after the row
        t.store(Dram(made + layout.slots, 1), number)
        t.add(made, made, 1)
        t.signal(made)
        for i in range(layout.request.cols - END_TOKENS):
            with t.registers("end") as end:
                t.read(end, m.constants.address + END_TOKENS + i)
                t.branch(done, token, "eq", end)
        t.branch(done, made, "ge", state.limit)
        t.set(state.tokens, 1)
        t.goto(body)
        t.place(done)
        t.end(made)


def _store_logits(t: Trace, layout: Layout, m: Memories, state: State):
    x, normed = m.x.take(rows=state.tokens, cols=layout.model.hidden), m.normed.take(rows=state.tokens)
    rmsnorm(t, normed, x, m.final_norm, m.squares)
    rows = layout.logits.take(rows=state.tokens)
    head_logits(t, rows, state.position, normed, layout.output, layout.choice.vocabulary_chunk)
