"""Model to program: one doorbell makes the replies of a batch of up to Rows sequences.

What is asked for lies in memory, a record a sequence (host/layout.py, GIVEN).

    reply   Takes the given tokens of one sequence after another, in groups of up to Rows. Then all sequences make tokens
            together, one each a step, until its end token or limit drops a sequence. A token goes to its slot; after each
            step `signal` tells the number of steps, and `end` gives it.
    step    For measurements: the layers once with a token of each sequence, whose position is its tokens given, over whatever
            the caches hold. No head; `end` gives the number of sequences.
    score   One sequence. Stores the logits of every position and makes nothing; `end` gives the tokens given.

Positions are absolute: a first position, a multiple of 32, continues an earlier run over the same memory. (Of a block of
values that was still open, only the chip's own memory knew the tokens, so those are given again.)
"""

from dataclasses import dataclass
from itertools import product

from host.batch import DECODING, State, by_sequence, choose_tokens, field
from host.errors import SerranoError
from host.kernels.append_kv import append_keys, append_values
from host.kernels.attention import Cache, attention
from host.kernels.embedding import embed_ids
from host.kernels.head import head_logits
from host.kernels.open_blocks import load_open, store_open
from host.kernels.residual import add_products
from host.kernels.rmsnorm import Squares, rmsnorm, rmsnorm_last, sum_first, sum_rest
from host.kernels.rope import rope
from host.kernels.swiglu import gated_chunks
from host.layout import EPSILON, FIRST, GIVEN, PLACE, Choice, Layout, Split, plan, round_up, softmax_scale
from host.tensors import Amem, Register, Scalars, Vmem, Weights, plus, words
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
    requests: Vmem  # a row a sequence, then one that gives no tokens; while sequences decode, a row a live one
    ids: Vmem
    x: Vmem  # residual
    table: Vmem  # rotary cos and sin
    record: int  # elements between what stays here of one layer and of the next
    norms: Vmem  # (2, hidden) of layer 0, or of the layer at work
    final_norm: Vmem
    open_blocks: Vmem  # (key and value heads * value size, 32 tokens), the same, of the first place
    open_stride: int  # elements to those of the next place, where they stay
    squares: Squares  # of the residual's rows
    normed: Amem
    last: Amem  # the last token's norm of each sequence, for the head


def compile_model(
    model: Llama,
    config: Config,
    format: str,
    context: int,
    num_end_tokens: int,
    mode: str = "reply",
    group: int | None = None,
    choice: Choice | None = None,
    batch: int = 1,
) -> tuple[Layout, Program]:
    """With the choice given, or the first that fits the chip. `group`: given tokens taken at once, a power of two up to Rows;
    `batch`: most sequences, up to Rows."""

    def attempt(choice: Choice):
        layout = plan(model, config, format, context, choice, num_end_tokens, mode == "score", batch)
        return layout, trace_model(layout, mode, group or config.rows)

    if choice:
        return attempt(choice)
    refusal = None
    for candidate in _choices(model, config, context):
        try:
            return attempt(candidate)
        except SerranoError as error:
            refusal = error  # in the end that of what needs least
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
            # A token by itself needs little room.
            decode_chunk = min(max(chunk, CHUNKS[0]), context)
            yield Choice(min(chunk, context), parts, vocabulary, norms, open_blocks, decode_chunk)


def trace_model(layout: Layout, mode: str, group: int) -> Program:
    t = Trace(layout.config)
    state = State(*(t.register(name) for name in ("sequence", "position", "tokens", "dram", "vmem")))
    with t.kernel(mode):
        m = _allocate(t, layout)
        _load_constants(t, layout, m, state)
        t.set(state.sequence, 0)
        if mode == "step":
            _step(t, layout, m, state)
            return t.finish()
        start = t.label()
        field(t, state.position, m.requests, state.sequence, FIRST)
        top = t.label()
        _take_group(t, layout, m, state, group)
        body = t.label()
        _layers(t, layout, m, state)
        if mode == "score":
            _store_logits(t, layout, m, state)
            with t.registers("given") as given:
                _go_on(t, m, state, given, top)
                t.end(given)
        else:
            _norm_for_head(t, layout, m, state, start, top)
            choose_tokens(t, layout, m, state, body)
    return t.finish()


def _step(t: Trace, layout: Layout, m: Memories, state: State):
    with t.registers("given") as given:
        top = t.label()
        t.add(state.sequence, state.sequence, 1)
        field(t, given, m.requests, state.sequence, GIVEN)
        t.branch(top, given, "ne", 0)
    t.set(state.tokens, state.sequence)
    t.set(state.position, 1 - DECODING)
    t.load(m.x.take(rows=state.tokens), layout.embedding)
    _layers(t, layout, m, state)
    t.end(state.tokens)


def _go_on(t: Trace, m: Memories, state: State, given: Register, top):
    """Past the group of given tokens, to the next if there are more."""
    t.add(state.position, state.position, state.tokens)
    field(t, given, m.requests, state.sequence, GIVEN)
    t.branch(top, state.position, "lt", given)


def _norm_for_head(t: Trace, layout: Layout, m: Memories, state: State, start, top):
    """m.last of all sequences. Where given tokens were taken, that of this sequence, and on to the next group or sequence."""
    head, decoding = t.label(here=False), t.label(here=False)
    x = m.x.take(rows=state.tokens, cols=layout.model.hidden)
    with t.kernel("norm_for_head"):
        t.branch(decoding, state.position, "lt", 0)
        with t.registers("given") as given:
            _go_on(t, m, state, given, top)
            t.mul(given, state.sequence, m.last.row_stride)
            rmsnorm_last(t, m.last.take(rows=1).at(given), x, m.final_norm, m.squares)
            t.add(state.sequence, state.sequence, 1)
            field(t, given, m.requests, state.sequence, GIVEN)
            t.branch(start, given, "ne", 0)
        t.set(state.tokens, state.sequence)
        t.set(state.position, -DECODING)
        t.goto(head)
        t.place(decoding)
        rmsnorm(t, m.last.take(rows=state.tokens), x, m.final_norm, m.squares)
        t.place(head)


def _allocate(t: Trace, layout: Layout) -> Memories:
    c, rows, choice, lanes = layout.model, layout.config.rows, layout.choice, layout.config.lanes
    row, dims = layout.layer["norms"].cols, c.kv_heads * layout.value
    # A layer's record: its two norms, then the open blocks of each place, for all layers or for the one at work.
    record = 2 * row * choice.norms_stay + layout.batch * dims * BLOCK * choice.open_blocks_stay
    records = t.vmem(record, c.layers) if record else None
    norms = Vmem(records.address, row, 2, 1, words(row, lanes)) if choice.norms_stay else t.vmem(row, 2)
    open_blocks = (
        Vmem(plus(records.address, 2 * row), BLOCK, dims, 1, BLOCK // lanes) if choice.open_blocks_stay else None
    )
    return Memories(
        constants=t.vmem(layout.constants.cols),
        requests=t.vmem(layout.requests.cols, layout.requests.rows),
        ids=t.vmem(rows),
        x=t.vmem(layout.embedding.cols, rows),
        table=t.vmem(layout.head, 1, rows),
        record=record,
        norms=norms,
        final_norm=t.vmem(c.hidden),
        open_blocks=open_blocks or t.vmem(BLOCK, dims),
        open_stride=dims * BLOCK,
        squares=Squares(t.vmem(rows), t.vmem(rows)),
        normed=t.amem(c.hidden, rows),
        last=t.amem(c.hidden, layout.batch),
    )


def _load_constants(t: Trace, layout: Layout, m: Memories, state: State):
    t.load(m.constants, layout.constants)
    t.load(m.requests, layout.requests)
    t.load(m.final_norm, layout.final_norm)
    if layout.choice.norms_stay:
        norms = layout.layer["norms"]
        with t.walk(layout.model.layers, (0, m.record), (norms.address, layout.layer_stride)) as (element, beat):
            t.load(m.norms.at(element), norms.take(address=beat))


def _take_group(t: Trace, layout: Layout, m: Memories, state: State, group: int):
    """The next `group` given tokens, or what is left: their number and their embeddings. Groups begin at multiples of it."""
    rows = t.config.rows
    with t.kernel("group"), t.registers("place", "beat") as (place, beat):
        field(t, state.tokens, m.requests, state.sequence, GIVEN)
        t.sub(state.tokens, state.tokens, state.position)
        t.min(state.tokens, state.tokens, group)
        t.scalar(place, state.position, "and", rows - 1)
        t.sub(beat, state.position, place)
        t.scalar(beat, beat, "shr", (t.config.port_bytes // 4).bit_length() - 1)
        with t.registers("row") as row:
            t.mul(row, state.sequence, layout.ids.row_stride)
            t.add(beat, beat, row)
        t.load(m.ids, layout.ids.take(address=beat + layout.ids.address, cols=rows))
        embed_ids(t, m.x, layout.embedding, place + m.ids.address, state.tokens)


def _layers(t: Trace, layout: Layout, m: Memories, state: State):
    x = m.x.take(rows=state.tokens, cols=layout.model.hidden)
    split = x.cols - layout.down.rest[0].outputs
    sum_first(t, m.squares, x.take(cols=split), x.cols, _epsilon(m))
    sum_rest(t, m.squares, x.take(cols=x.cols - split).at(split))
    _load_rope_table(t, layout, m, state)
    t.set(state.dram, 0)
    t.set(state.vmem, 0)
    top = t.label()
    with t.kernel("layer"):
        _layer(t, layout, m, state)
    t.add(state.dram, state.dram, layout.layer_stride)
    t.add(state.vmem, state.vmem, m.record)
    t.branch(top, state.dram, "ne", layout.layer_stride * layout.model.layers)


def _load_rope_table(t: Trace, layout: Layout, m: Memories, state: State):
    rows = m.table.take(outer=1, rows=state.tokens, row_stride=m.table.outer_stride)

    def load(position, row):
        with t.registers("beat", "element") as (beat, element):
            t.mul(beat, position, layout.rope.row_stride)
            table = rows
            if row:
                t.mul(element, row, rows.row_stride * t.config.lanes)
                table = rows.take(rows=1).at(element)
            t.load(table, layout.rope.take(address=beat + layout.rope.address, rows=table.rows))

    by_sequence(t, m.requests, state, load)


def _layer(t: Trace, layout: Layout, m: Memories, state: State):
    c, config = layout.model, t.config
    if not layout.choice.norms_stay:
        t.load(m.norms, layout.layer["norms"].at(state.dram))
    in_norms = state.vmem if layout.choice.norms_stay else 0
    norms = [
        m.norms.take(rows=1, cols=c.hidden).at(row * m.norms.row_stride * config.lanes).at(in_norms) for row in range(2)
    ]
    n, rows = state.tokens, config.rows
    x = m.x.take(rows=n, cols=c.hidden)
    normed, table = m.normed.take(rows=n), m.table.take(outer=n)

    rmsnorm(t, normed, x, norms[0], m.squares)
    with t.scratch():
        mixed = [t.amem(w.depth, rows).take(rows=n) for w in layout.output_projection.rest]
        _attention_block(t, layout, m, state, mixed, normed, table)
        _add(t, layout, m, state, x, mixed, layout.output_projection)
    rmsnorm(t, normed, x, norms[1], m.squares)
    with t.scratch():  # The same place: every reader of what was there is done before the second norm.
        gated = [t.amem(w.depth, rows).take(rows=n) for w in layout.down.rest]
        gated_chunks(t, _chunks(gated, layout.gated), normed, [chunk.at(state.dram) for chunk in layout.gated])
        _add(t, layout, m, state, x, gated, layout.down)


def _attention_block(t: Trace, layout: Layout, m: Memories, state: State, mixed: list[Amem], normed: Amem, table: Vmem):
    """mixed = attention of normed, up to its output projection."""
    c, config, n = layout.model, t.config, state.tokens
    tensors = {name: layout.layer[name].at(state.dram) for name in ("v", "k")}
    with t.scratch():
        q = [t.amem(layout.head, part.outputs // layout.head, config.rows).take(outer=n) for part in layout.query]
        k = t.amem(layout.head, c.kv_heads, config.rows).take(outer=n)
        quantised = t.amem(BLOCK, layout.value, c.kv_heads)
        # Values and keys come first, so that they are stored while the matrix unit is at work on what follows.
        v, keys, *queries = (
            t.vmem(w.outputs, config.rows).take(rows=n) for w in (tensors["v"], tensors["k"], *layout.query)
        )
        with t.kernel("project"):
            t.matmul(v, normed, tensors["v"])
            t.matmul(keys, normed, tensors["k"])
            for weights, projected in zip(layout.query, queries, strict=True):
                t.matmul(projected, normed, weights.at(state.dram))
            _append_values(t, layout, m, state, v, quantised)
            rope(t, k, _heads(keys, layout.head, config.lanes), table)
            _append_keys(t, layout, m, state, k)
            for part, projected in zip(q, queries, strict=True):
                rope(t, part, _heads(projected, layout.head, config.lanes), table)
        # The projections are still held, so that attention does not overlay them and wait for their readers.
        _attend(t, layout, m, state, mixed, q)


def _append_values(t: Trace, layout: Layout, m: Memories, state: State, v: Vmem, quantised: Amem):
    def append(position, row):
        with t.registers("base", "open", "row") as (base, element, at):
            cache = _cache(t, layout, m, state, base, element)
            values = v.take(rows=1).at(t.mul(at, row, v.row_stride * t.config.lanes)) if row else v
            if layout.choice.open_blocks_stay:
                append_values(t, cache.values, layout.head_stride, values, m.open_blocks, element, position, quantised)
                return
            in_memory = layout.layer["open"].at(base)
            load_open(t, m.open_blocks, in_memory, position)
            append_values(t, cache.values, layout.head_stride, values, m.open_blocks, 0, position, quantised)
            store_open(t, m.open_blocks, in_memory, position)

    by_sequence(t, m.requests, state, append)


def _append_keys(t: Trace, layout: Layout, m: Memories, state: State, k: Amem):
    def append(position, row):
        with t.registers("base") as base:
            cache = _cache(t, layout, m, state, base)
            append_keys(t, cache.keys, layout.head_stride, k.take(outer=1) if row else k, position, row)

    by_sequence(t, m.requests, state, append)


def _cache(
    t: Trace, layout: Layout, m: Memories, state: State, base: Register, element: Register | None = None
) -> Cache:
    """The cache of the sequence at work. base becomes the beats to its layer and place, element those to its open blocks."""
    if layout.batch == 1:
        t.set(base, state.dram)
        if element:
            t.set(element, state.vmem)
    else:
        field(t, base, m.requests, state.sequence, PLACE)
        if element:
            t.mul(element, base, m.open_stride)
            t.add(element, element, state.vmem)
        t.mul(base, base, layout.place_stride)
        t.add(base, base, state.dram)
    keys, values = (layout.layer[name].at(base) for name in ("keys", "values"))
    return Cache(keys, values, layout.head_stride, layout.model.kv_heads)


def _attend(t: Trace, layout: Layout, m: Memories, state: State, mixed: list[Amem], q: list[Amem]):
    chunk, scale = layout.choice.chunk, softmax_scale(layout.model)
    ones = [piece.take(rows=1) for piece in mixed]

    def attend(position, row):
        with t.registers("base") as base:
            cache = _cache(t, layout, m, state, base)
            if row:
                attention(t, ones, q, cache, position, 1, layout.choice.decode_chunk or chunk, scale, row)
            else:
                attention(t, mixed, q, cache, position, state.tokens, chunk, scale)

    by_sequence(t, m.requests, state, attend)


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


def _store_logits(t: Trace, layout: Layout, m: Memories, state: State):
    x, normed = m.x.take(rows=state.tokens, cols=layout.model.hidden), m.normed.take(rows=state.tokens)
    rmsnorm(t, normed, x, m.final_norm, m.squares)
    rows = layout.logits.take(rows=state.tokens)
    head_logits(t, rows, state.position, normed, layout.output, layout.choice.vocabulary_chunk)
