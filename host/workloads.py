"""Jobs of the shapes that `make bench` measures: layers, attention, products, with random weights and caches.

A Workload knows what an ideal machine would need: the bytes that must be read, and the beats of weights that must meet
rows. Contents are random but finite; cycles do not depend on them.
"""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from host.compiler import compile_model
from host.driver import Job
from host.generate import place_requests
from host.kernels.attention import Cache, attention
from host.layout import Layout, head_parts
from host.tensors import Dram, Register, Vmem, Weights, blocks, words
from host.trace import Program, Trace
from models import isa, tiles
from models.config import BLOCK, CONFIGS, Config
from models.reference import Llama

# One layer of Llama-3.2-1B, and of its sixteenth as one of 16 slices would hold it: two query heads and the key and value
# head that they share with two heads of a neighbour. A vocabulary of 64 keeps the head from counting.
LLAMA_1B = Llama(
    hidden=2048,
    feed_forward=8192,
    layers=1,
    heads=32,
    kv_heads=8,
    head_size=64,
    vocabulary=64,
    context=131072,
    epsilon=1e-5,
    rope_theta=5e5,
)
LLAMA_1B_SIXTEENTH = replace(LLAMA_1B, feed_forward=512, heads=2, kv_heads=1)

MOST_PIECES = 32  # of a product's outputs: they are written out in the program


@dataclass
class Workload:
    """A job and what it must do: `read` bytes of weights and caches as stored; `work` beats of weights times rows / Rows."""

    job: Job
    program: Program
    read: float
    work: float


# ---------------------------------------------------------------- models


def model_workload(model: Llama, config: str, position: int, tokens: int = 1, weights: str = "mxfp4") -> Workload:
    """One sequence takes `tokens` tokens from `position` on, the caches before them being full, and makes one more."""
    chip, given = CONFIGS[config], position + tokens
    layout, job, program = _model_job(model, chip, weights, given, 1, 1, position)
    read = work = 0.0
    for first in range(position, given, chip.rows):
        rows = min(chip.rows, given - first)
        read += weight_bytes(layout) + cache_bytes(model, first + rows)
        seen = sum(cache_bytes(model, token + 1) for token in range(first, first + rows))
        work += (weight_bytes(layout) * rows + seen * model.group) / chip.rows / chip.port_bytes
    head = tensor_bytes(layout.output, chip)
    return Workload(job, program, read + head, work + head / chip.port_bytes / chip.rows)


def step_workload(model: Llama, config: str, position: int, batch: int, weights: str = "mxfp4") -> Workload:
    """The layers for a token of each of `batch` sequences, at `position`, over full caches; no head."""
    chip = CONFIGS[config]
    layout, job, program = _model_job(model, chip, weights, position, 1, batch, 0, "step")
    stored, seen = weight_bytes(layout), batch * cache_bytes(model, position + 1)
    return Workload(job, program, stored + seen, (stored * batch + seen * model.group) / chip.rows / chip.port_bytes)


def _model_job(
    model: Llama, chip: Config, weights: str, given: int, limit: int, batch: int, position: int, mode: str = "reply"
):
    """(layout, job, program): `batch` sequences of `given` tokens, those before `position` in the caches, make `limit` tokens each."""
    context = -(-(given + limit) // BLOCK) * BLOCK
    layout, program = compile_model(model, chip, weights, context, 1, mode, batch=batch)
    image = random_image(layout, program)
    place_requests(layout, image, [np.arange(given) % model.vocabulary] * batch, [limit] * batch, position)
    return layout, Job(chip, image, 0, len(program.instructions), sources=program.sources), program


def tensor_bytes(w: Weights, chip: Config) -> int:
    """As stored, with scales."""
    return -(-w.outputs // chip.port_bytes) * blocks(w.depth) * tiles.KSTEP_BEATS[w.format] * chip.port_bytes


def layer_weights(layout: Layout) -> list[Weights]:
    named = [layout.layer["v"], layout.layer["k"], *layout.query, *layout.gated]
    splits = (layout.output_projection, layout.down)
    return [*named, *(w for split in splits for w in (*split.first, *split.rest))]


def weight_bytes(layout: Layout) -> int:
    """All layers' weights, read once."""
    return layout.model.layers * sum(tensor_bytes(w, layout.config) for w in layer_weights(layout))


def cache_bytes(model: Llama, tokens: int) -> float:
    """Keys and values of so many tokens in all layers: 33 bytes for 32 elements."""
    return model.layers * tokens * 2 * model.kv_heads * model.head_size * 33 / 32


def random_image(layout: Layout, program: Program, seed: int = 1) -> np.ndarray:
    """uint8 of the whole memory, with random weights and caches instead of a checkpoint's."""
    c, port = layout.model, layout.config.port_bytes
    rng = np.random.default_rng(seed)
    image = np.zeros(layout.bytes, np.uint8)
    image[: len(program.code)] = np.frombuffer(program.code, np.uint8)
    beats = image.reshape(-1, port)

    def fill(w: Weights, shift: int = 0):
        random_tiles(rng, beats[w.address + shift :][: -(-w.outputs // port) * w.tile_stride], w.format)

    def rows(place: Dram, values, shift: int = 0):
        raw = image[(place.address + shift) * port :][: place.rows * place.row_stride * port]
        raw.view(np.float32).reshape(place.rows, -1)[:, : place.cols] = values

    rows(layout.constants, c.epsilon)
    rows(layout.final_norm, 1.0)
    rows(layout.rope, np.sqrt(0.5))
    rows(layout.embedding, rng.standard_normal((layout.embedding.rows, layout.embedding.cols), np.float32))
    fill(layout.output)
    for layer in range(c.layers):
        shift = layer * layout.layer_stride
        rows(layout.layer["norms"], 1.0, shift)
        for w in layer_weights(layout):
            fill(w, shift)
        for place, head in product(range(layout.batch), range(c.kv_heads)):
            here = shift + place * layout.place_stride + head * layout.head_stride
            fill(layout.layer["keys"], here)
            fill(layout.layer["values"], here)
    return image


def random_tiles(rng: np.random.Generator, beats: np.ndarray, format: str) -> None:
    """Fill whole k-steps: any elements, scales of about 2^-8."""
    beats[:] = rng.integers(0, 256, beats.shape, np.uint8)
    scales = beats[:: tiles.KSTEP_BEATS[format]]
    scales[:] = rng.integers(117, 121, scales.shape, np.uint8)


# ---------------------------------------------------------------- kernels


class _Image:
    """Places of tensors one after another in DRAM, then their contents."""

    def __init__(self, config: Config):
        self.config = config
        self.beat = config.imem_words * isa.BYTES // config.port_bytes
        self.tiles: list[Weights] = []
        self.rows_: list[Dram] = []

    def rows(self, rows: int, cols: int) -> Dram:
        place = Dram(self.beat, cols, rows, -(-cols * 4 // self.config.port_bytes))
        self.beat += rows * place.row_stride
        self.rows_.append(place)
        return place

    def weights(self, outputs: int, depth: int, format: str) -> Weights:
        place = Weights(self.beat, outputs, depth, format, blocks(depth) * tiles.KSTEP_BEATS[format])
        self.beat += -(-outputs // self.config.port_bytes) * place.tile_stride
        self.tiles.append(place)
        return place

    def job(self, t: Trace, args=(), seed: int = 1) -> tuple[Job, Program]:
        program, port = t.finish(), self.config.port_bytes
        rng = np.random.default_rng(seed)
        image = np.zeros(self.beat * port, np.uint8)
        beats = image.reshape(-1, port)
        image[: len(program.code)] = np.frombuffer(program.code, np.uint8)
        for place in self.rows_:
            raw = beats[place.address :][: place.rows * place.row_stride].reshape(-1).view(np.float32)
            raw[:] = rng.standard_normal(raw.size, np.float32)
        for w in self.tiles:
            random_tiles(rng, beats[w.address :][: -(-w.outputs // port) * w.tile_stride], w.format)
        return Job(self.config, image, 0, len(program.instructions), list(args)), program


def product_workload(rows: int, outputs: int, depth: int, config: str, weights: str = "mxfp4") -> Workload:
    """y = x . w for x (rows, depth), both in DRAM, in groups of Rows rows, or of all that a matmul takes where there are
    more; the next group's activations are made beside a product. The outputs of a group are made and stored in pieces of what
    the weight stream's buffer holds: memory lets writes go first, and the stream must outlast them. A piece has a range of
    its own, or the next would wait until it is stored."""
    chip = CONFIGS[config]
    group = rows if rows <= chip.rows else chip.matmul_rows
    image, t = _Image(chip), Trace(chip)
    x, w, y = image.rows(rows, depth), image.weights(outputs, depth, weights), image.rows(rows, outputs)
    values = t.vmem(depth, group)
    activations = [t.amem(depth, group) for _ in range(2)]
    most = max(chip.stream_depth // 4 // group, -(-outputs // chip.port_bytes // MOST_PIECES), 1) * chip.port_bytes
    pieces = [(first, min(most, outputs - first)) for first in range(0, outputs, most)]
    results = [[t.vmem(cols, group) for _, cols in pieces] for _ in range(2)]

    def take(which: int, first: Register, n: Register):
        with t.registers("beat") as beat:
            t.mul(beat, first, x.row_stride)
            t.load(values.take(rows=n), x.take(address=beat + x.address, rows=n))
        t.vector(values.take(rows=n), activations[which].take(rows=n))

    def make(which: int, piece: int, n: Register):
        first, cols = pieces[piece]
        part = w.take(address=w.address + first // chip.port_bytes * w.tile_stride, outputs=cols)
        t.matmul(results[which][piece].take(rows=n), activations[which].take(rows=n), part)

    def give(which: int, piece: int, row: Register, n: Register):
        first, cols = pieces[piece]
        with t.registers("beat") as beat:
            t.mul(beat, row, y.row_stride)
            place = y.take(address=beat + (y.address + first * 4 // chip.port_bytes), rows=n, cols=cols)
            t.store(place, results[which][piece].take(rows=n))

    names = ("first", "n", "left", "next", "following")
    with t.kernel("product"), t.registers(*names) as (first, n, left, next_first, following):
        t.set(first, 0)
        t.set(left, rows)
        t.min(n, left, group)
        take(0, first, n)
        top, done = t.label(), t.label(here=False)
        for which in range(2):
            make(which, 0, n)
            t.sub(left, left, n)
            t.add(next_first, first, n)
            t.min(following, left, group)
            with t.when(following, "ne", 0):
                take(1 - which, next_first, following)
            give(which, 0, first, n)
            for piece in range(1, len(pieces)):
                make(which, piece, n)
                give(which, piece, first, n)
            t.branch(done, following, "eq", 0)
            t.set(first, next_first + 0)
            t.set(n, following + 0)
        t.goto(top)
        t.place(done)
        t.end()
    job, program = image.job(t)
    stored = tensor_bytes(w, chip)
    return Workload(job, program, -(-rows // group) * stored, rows * stored / chip.port_bytes / chip.rows)


def attention_workload(
    position: int, tokens: int, heads: int, kv_heads: int, head: int, config: str, chunk: int = 512
) -> Workload:
    """Attention alone, of tokens position .. position + tokens - 1 in groups of Rows, their keys and values being in the caches.

    Queries come from DRAM, a group ahead of their use; the quantised outputs stay in activation memory.
    """
    chip, context = CONFIGS[config], -(-(position + tokens) // BLOCK) * BLOCK
    rows, image, t = min(chip.rows, tokens), _Image(chip), Trace(chip)
    if tokens % rows:
        raise ValueError(f"{tokens} tokens are not whole groups of {rows}")
    queries = image.rows(tokens + rows, heads * head)  # one group more, which is fetched and not used
    begin = image.beat
    keys, values = image.weights(context, head, "mxint8"), image.weights(head, context, "mxint8")
    stride = image.beat - begin
    for _ in range(kv_heads - 1):
        image.weights(context, head, "mxint8"), image.weights(head, context, "mxint8")
    cache, parts, group = Cache(keys, values, stride, kv_heads), head_parts(kv_heads), heads // kv_heads

    with t.kernel("attention_alone"), t.registers("position", "n", "beat") as (now, n, beat):
        t.set(now, position)
        t.set(n, rows)
        t.set(beat, queries.address)
        fetched = t.vmem(heads * head, rows)
        buffers = [[t.amem(head, part * group, rows) for part in parts] for _ in range(2)]
        mixed = [t.amem(part * group * head, rows) for part in parts]

        def fetch(which: int):
            t.load(fetched, queries.take(address=beat + 0, rows=rows))
            t.add(beat, beat, rows * queries.row_stride)
            first = 0
            for part, q in zip(parts, buffers[which], strict=True):
                place = Vmem(
                    fetched.address + first, head, part * group, rows, words(head, chip.lanes), fetched.row_stride
                )
                t.vector(place, q)
                first += part * group * head

        fetch(0)
        top, done = t.label(), t.label(here=False)
        for which in range(2):
            fetch(1 - which)
            outputs, q = [place.take(rows=n) for place in mixed], [part.take(outer=n) for part in buffers[which]]
            attention(t, outputs, q, cache, now, 1 if rows == 1 else n, min(chunk, context), head**-0.5)
            t.add(now, now, rows)
            t.branch(done, now, "ge", position + tokens)
        t.goto(top)
        t.place(done)
        t.end()
    job, program = image.job(t)
    per_token = 2 * kv_heads * head * 33 / 32  # bytes
    read = sum(first + rows for first in range(position, position + tokens, rows)) * per_token
    read *= group if rows > 1 else 1  # several tokens: each query head streams its keys and values
    work = sum(range(position + 1, position + tokens + 1)) * per_token * group / chip.rows / chip.port_bytes
    return Workload(job, program, read, work)
