"""Placement: which beat of DRAM holds what, and the image that the host writes there.

    program | constants | requests | token ids | token slots | (logits) | rotary tables | embedding | head | final norm |
    layer 0 | layer 1 ...

All layers have one identical layout, layer_stride beats apart: weights, norms, and then for each sequence of the batch,
place_stride beats apart, caches and open blocks of values. Padding lives here and nowhere else: heads so that their
halves are whole words, outputs to whole tiles, contractions to blocks.
"""

import math
from dataclasses import dataclass

import numpy as np

from host.errors import SerranoError
from host.tensors import Dram, Weights, blocks, words
from models import fp32, isa, mx, tiles
from models.config import BLOCK, Config
from models.reference import Llama, rope_tables

MAX_ROWS = 255  # of one vector instruction
VECTOR_LATENCY = 45  # cycles of two instructions that wait for each other, about


@dataclass(frozen=True)
class Choice:
    """What may be traded for space in the local memories."""

    chunk: int  # tokens of context at a time in attention
    feed_forward_chunks: int
    vocabulary_chunk: int
    norms_stay: bool  # all layers' norm weights stay in vector memory
    open_blocks_stay: bool  # so do the open blocks of values, else they lie in DRAM
    decode_chunk: int | None = None  # tokens of context at a time while sequences decode; None: chunk


@dataclass(frozen=True)
class Layout:
    """Sizes with padding, and handles of what lies in DRAM; those of a layer are layer 0's."""

    config: Config
    model: Llama
    format: str  # of the weights
    context: int
    choice: Choice
    batch: int  # sequences that there is room for
    head: int  # a padded query or key head: two halves of whole words
    value: int  # a padded value head
    feed_forward: int  # padded to whole tiles
    constants: Dram  # see EPSILON
    requests: Dram  # what each sequence asks for, see GIVEN; the first that gives no tokens ends the table
    ids: Dram  # a row a sequence: the tokens given
    slots: int  # beat of the first token slot, one beat a token, `context` of them a sequence
    logits: Dram | None
    rope: Dram  # (positions, cos | sin)
    embedding: Dram  # (vocabulary, hidden padded to words and the row's own number)
    output: Weights  # the head
    final_norm: Dram
    layer: dict  # name -> Weights or Dram
    query: list  # Weights of each part of the heads
    gated: list  # Weights of each feed-forward chunk: gate's outputs, then up's
    output_projection: "Split"
    down: "Split"
    head_stride: int  # beats between the caches of two heads
    place_stride: int  # of two sequences
    layer_stride: int
    beats: int  # all of it

    @property
    def bytes(self) -> int:
        return self.beats * self.config.port_bytes


@dataclass(frozen=True)
class Split:
    """Weights in the order of kernels/residual.py: the first outputs, piece by piece of the contraction, then the rest so."""

    first: list  # Weights; empty where there are too few outputs
    rest: list

    def places(self) -> list[tuple[Weights, int, int]]:
        """(weights, first output, first element of the contraction)"""
        places, split = [], self.first[0].outputs if self.first else 0
        for output, weights in ((0, self.first), (split, self.rest)):
            begin = 0
            for w in weights:
                places.append((w, output, begin))
                begin += w.depth
        return places


# The constants, in elements: epsilon, then the end tokens
EPSILON, END_TOKENS = 0, 1
# A request, in elements: tokens given in all, most tokens to make, position of the first token that is new, place (its
# number, which says where its caches, open blocks and token slots are)
GIVEN, LIMIT, FIRST, PLACE = range(4)
REQUEST_SIZE = 4
NO_TOKEN = 0xFFFFFFFF


class _Cursor:
    """Gives out beats one after another."""

    def __init__(self, config: Config, format: str):
        self.config, self.format, self.beat = config, format, 0

    def beats(self, number: int) -> int:
        first, self.beat = self.beat, self.beat + number
        return first

    def rows(self, rows: int, cols: int) -> Dram:
        stride = -(-cols * 4 // self.config.port_bytes)
        return Dram(self.beats(rows * stride), cols, rows, stride)

    def weights(self, outputs: int, depth: int, format: str | None = None) -> Weights:
        stride = blocks(depth) * tiles.KSTEP_BEATS[format or self.format]
        number = -(-outputs // self.config.port_bytes)
        return Weights(self.beats(number * stride), outputs, depth, format or self.format, stride)

    def split(self, outputs: int, depths: list[int]) -> Split:
        """The rest takes the matrix unit as long as the vector unit needs to add and square the first for Rows rows."""
        config = self.config
        needed = config.rows * 2 * words(outputs, config.lanes) + VECTOR_LATENCY
        tiles_of_rest = -(-needed // (blocks(sum(depths)) * tiles.KSTEP_BEATS[self.format]))
        number = -(-outputs // config.port_bytes)
        first = (number - min(tiles_of_rest, -(-number // 2))) * config.port_bytes
        pieces = [self.weights(first, depth) for depth in depths] if first else []
        return Split(pieces, [self.weights(outputs - first, depth) for depth in depths])


def head_parts(kv_heads: int) -> list[int]:
    """Key and value heads of each part of attention."""
    return [n for n in (-(-kv_heads // 2), kv_heads // 2) if n]


def round_up(number: int, unit: int) -> int:
    return -(-number // unit) * unit


def plan(
    model: Llama,
    config: Config,
    format: str,
    context: int,
    choice: Choice,
    num_end_tokens: int,
    logits: bool,
    batch: int = 1,
) -> Layout:
    """The layout, without any data. `logits` leaves room for every position's logits."""
    c, lanes = model, config.lanes
    head = 2 * round_up(c.head_size // 2, lanes)
    value = round_up(c.head_size, lanes)
    if value > MAX_ROWS:
        raise SerranoError(f"a head size of {c.head_size} is more than the {MAX_ROWS} that one instruction takes")
    feed_forward = round_up(c.feed_forward, config.port_bytes)
    row = words(c.hidden, lanes) * lanes
    cursor = _Cursor(config, format)
    cursor.beats(config.imem_words * isa.BYTES // config.port_bytes)
    constants = cursor.rows(1, END_TOKENS + num_end_tokens)
    requests = cursor.rows(batch + 1, REQUEST_SIZE)
    ids = cursor.rows(batch, round_up(context, config.rows))
    slots = cursor.beats(context * batch)
    logit_rows = cursor.rows(context, c.vocabulary) if logits else None
    rope = cursor.rows(context, head)
    embedding = cursor.rows(c.vocabulary, row + 1)
    output = cursor.weights(c.vocabulary, c.hidden)
    final_norm = cursor.rows(1, c.hidden)

    first = cursor.beat
    layer = {
        "v": cursor.weights(c.kv_heads * value, c.hidden),
        "k": cursor.weights(c.kv_heads * head, c.hidden),
    }
    parts = [heads * c.group for heads in head_parts(c.kv_heads)]
    query = [cursor.weights(heads * head, c.hidden) for heads in parts]
    whole = value % BLOCK == 0
    output_projection = cursor.split(c.hidden, [heads * value for heads in parts] if whole else [c.heads * value])
    chunks = feed_forward_chunks(feed_forward, choice.feed_forward_chunks)
    gated = [cursor.weights(2 * size, c.hidden) for size in chunks]
    down = cursor.split(c.hidden, [size for size in (sum(chunks[:-1]), chunks[-1]) if size])
    layer["norms"] = cursor.rows(2, row)
    caches = cursor.beat
    layer["keys"] = cursor.weights(context, head, "mxint8")
    layer["values"] = cursor.weights(value, context, "mxint8")
    head_stride = cursor.beat - caches
    cursor.beats(head_stride * (c.kv_heads - 1))
    if not choice.open_blocks_stay:
        # A row is a vector-memory word of a dimension's tokens: all dimensions' first word, all their second (kernels/open_blocks.py).
        layer["open"] = cursor.rows(c.kv_heads * value * BLOCK // lanes, lanes)
    place_stride = cursor.beat - caches
    cursor.beats(place_stride * (batch - 1))
    stride = cursor.beat - first
    cursor.beats(stride * (c.layers - 1))
    return Layout(
        config=config,
        model=model,
        format=format,
        context=context,
        choice=choice,
        batch=batch,
        head=head,
        value=value,
        feed_forward=feed_forward,
        constants=constants,
        requests=requests,
        ids=ids,
        slots=slots,
        logits=logit_rows,
        rope=rope,
        embedding=embedding,
        output=output,
        final_norm=final_norm,
        layer=layer,
        query=query,
        gated=gated,
        output_projection=output_projection,
        down=down,
        head_stride=head_stride,
        place_stride=place_stride,
        layer_stride=stride,
        beats=cursor.beat,
    )


def feed_forward_chunks(feed_forward: int, number: int) -> list[int]:
    """Sizes of the chunks: equal multiples of 32, the last one smaller."""
    size = round_up(-(-feed_forward // number), BLOCK)
    return [min(size, feed_forward - first) for first in range(0, feed_forward, size)]


# -- data -----------------------------------------------------------------------------------------------------------


def quantise(matrix: np.ndarray, format: str) -> tuple[np.ndarray, np.ndarray]:
    """float32 (outputs, depth) -> what tiles.pack takes: int8 (outputs, ksteps, 32), uint8 (outputs, ksteps)."""
    matrix = np.asarray(matrix, np.float32)
    padded = np.pad(matrix, ((0, 0), (0, -matrix.shape[1] % BLOCK)))
    bits = fp32.bits(padded.reshape(len(matrix), -1, BLOCK))
    if format == "mxint8":
        return mx.quantise_int8(bits)
    codes, scales = mx.quantise_fp4(bits)
    return mx.FP4_DOUBLED[codes], scales


def pack(matrix: np.ndarray, format: str, port_bytes: int) -> np.ndarray:
    """float32 (outputs, depth) -> the bytes of its weight tensor."""
    return tiles.pack(*quantise(matrix, format), format, port_bytes).reshape(-1)


def deployed_rows(matrix: np.ndarray, format: str) -> np.ndarray:
    """The binary32 values that the format makes of a matrix."""
    elements, scales = quantise(matrix, format)
    if format == "mxfp4":
        elements, scales = elements * 8, scales + 2  # the same values as MXINT8 (models/mx.py)
    return fp32.floats(mx.dequantise_int8(elements, scales)).reshape(len(matrix), -1)[:, : matrix.shape[1]]


def pad_heads(matrix: np.ndarray, heads: int, parts: int, size: int) -> np.ndarray:
    """(heads * parts * n, depth) -> (heads * parts * size, depth): each part of a head followed by rows of zeros."""
    split = matrix.reshape(heads, parts, -1, matrix.shape[1])
    padded = np.pad(split, ((0, 0), (0, 0), (0, size - split.shape[2]), (0, 0)))
    return padded.reshape(-1, matrix.shape[1])


def pad_rows(matrix: np.ndarray, rows: int) -> np.ndarray:
    return np.pad(matrix, ((0, rows - len(matrix)), (0, 0)))


def layer_tensors(layout: Layout, weights: dict, number: int) -> list[tuple]:
    """(Weights of layer 0, float32 matrix) for each weight tensor of a layer, padded."""
    c, at = layout.model, f"model.layers.{number}."

    def matrix(name):
        return np.asarray(weights[at + name + ".weight"], np.float32)

    tensors = [
        (layout.layer["v"], pad_heads(matrix("self_attn.v_proj"), c.kv_heads, 1, layout.value)),
        (layout.layer["k"], pad_heads(matrix("self_attn.k_proj"), c.kv_heads, 2, layout.head // 2)),
    ]
    q = pad_heads(matrix("self_attn.q_proj"), c.heads, 2, layout.head // 2)
    o = pad_heads(matrix("self_attn.o_proj").T, c.heads, 1, layout.value).T
    down = np.pad(matrix("mlp.down_proj"), ((0, 0), (0, layout.feed_forward - c.feed_forward)))
    for split, whole in ((layout.output_projection, o), (layout.down, down)):
        for w, output, begin in split.places():
            tensors.append((w, whole[output : output + w.outputs, begin : begin + w.depth]))
    first = 0
    for part in layout.query:
        tensors.append((part, q[first : first + part.outputs]))
        first += part.outputs
    gate, up = (pad_rows(matrix(f"mlp.{name}_proj"), layout.feed_forward) for name in ("gate", "up"))
    first = 0
    for chunk in layout.gated:
        here = slice(first, first + chunk.outputs // 2)
        tensors.append((chunk, np.concatenate([gate[here], up[here]])))
        first = here.stop
    return tensors


def build_image(layout: Layout, weights: dict, code: bytes, end_tokens) -> np.ndarray:
    """uint8 of the whole memory; what the program writes is zero."""
    c, port = layout.model, layout.config.port_bytes
    image = np.zeros(layout.bytes, np.uint8)

    def put(beat: int, data):
        raw = np.ascontiguousarray(data).reshape(-1).view(np.uint8)
        image[beat * port : beat * port + raw.size] = raw

    def put_rows(place: Dram, matrix, dtype=np.float32, shift: int = 0):
        wide = np.zeros((place.rows, place.row_stride * port // 4), np.uint32)
        matrix = np.ascontiguousarray(matrix, dtype)
        wide[:, : matrix.shape[1]] = matrix.view(np.uint32)
        put(place.address + shift, wide)

    put(0, np.frombuffer(code, np.uint8))
    constants = [int(fp32.bits(c.epsilon)), *end_tokens]
    put_rows(layout.constants, [constants], np.uint32)
    half = layout.head // 2
    cos, sin = rope_tables(c, np.arange(layout.context))
    table = np.zeros((layout.context, layout.head))
    table[:, : cos.shape[1]], table[:, half : half + cos.shape[1]] = cos, sin
    put_rows(layout.rope, table)
    embedding = weights["model.embed_tokens.weight"]
    rows = np.zeros((c.vocabulary, layout.embedding.cols), np.uint32)
    rows[:, : c.hidden] = fp32.bits(deployed_rows(embedding, layout.format))
    rows[:, -1] = np.arange(c.vocabulary)
    put_rows(layout.embedding, rows, np.uint32)
    output = embedding if c.tied else weights["lm_head.weight"]
    put(layout.output.address, pack(output, layout.format, port))
    put_rows(layout.final_norm, [weights["model.norm.weight"]])
    for number in range(c.layers):
        shift = number * layout.layer_stride
        for place, matrix in layer_tensors(layout, weights, number):
            assert matrix.shape == (place.outputs, place.depth)
            put(place.address + shift, pack(matrix, layout.format, port))
        names = ("input_layernorm", "post_attention_layernorm")
        norms = np.stack([weights[f"model.layers.{number}.{name}.weight"] for name in names])
        put_rows(layout.layer["norms"], norms, shift=shift)
    return image


def softmax_scale(model: Llama) -> float:
    return 1 / math.sqrt(model.head_size)
