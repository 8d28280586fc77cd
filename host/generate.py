"""From a checkpoint and a prompt to a job for the chip, and from its tokens back to text."""

from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from host.checkpoint import Checkpoint, load
from host.compiler import compile_model
from host.driver import Job
from host.errors import SerranoError
from host.layout import BLOCK, REQUEST_SIZE, Choice, Layout, build_image, round_up
from host.slots import Slots
from host.trace import Program
from models.config import CONFIGS, Config
from models.touches import DRAM_BEATS

FORMATS = ("mxfp4", "mxint8")


@dataclass
class Prepared:
    """A model compiled and placed, with the requests of a batch in its memory."""

    job: Job
    layout: Layout
    program: Program
    given: list[list[int]]  # the tokens of each sequence
    tokenizer: Tokenizer | None
    end_tokens: tuple[int, ...]

    @property
    def ids(self) -> list[int]:
        """The tokens given of the first sequence."""
        return self.given[0]


def find_config(name: str) -> Config:
    if name not in CONFIGS:
        raise SerranoError(f"there is no CONFIG={name}; there are {', '.join(CONFIGS)}")
    return CONFIGS[name]


def encode(checkpoint: Checkpoint, prompt) -> list[int]:
    """Token ids of a prompt: text, or ids as they are."""
    vocabulary = checkpoint.model.vocabulary
    if isinstance(prompt, str):
        if not prompt:
            raise SerranoError("the prompt is empty")
        if checkpoint.tokenizer is None:
            raise SerranoError("the checkpoint has no tokenizer.json, so the prompt must be token ids")
        prompt = checkpoint.tokenizer.encode(prompt).ids
    ids = [int(i) for i in prompt]
    if not ids:
        raise SerranoError("the prompt has no tokens")
    for i in ids:
        if not 0 <= i < vocabulary:
            raise SerranoError(f"the token id {i} is outside the vocabulary of {vocabulary}")
    return ids


def _prompts(prompt) -> list:
    """A prompt, text or ids, or a list of prompts, as a list of prompts."""
    several = not isinstance(prompt, str) and len(prompt) and not isinstance(prompt[0], (int, np.integer))
    return list(prompt) if several else [prompt]


def place_requests(layout: Layout, image: np.ndarray, given: list[list[int]], limits: list[int], first: int = 0):
    """Writes what is asked for, a sequence each; `first`: the position of the first token that is new."""
    port = layout.config.port_bytes

    def put(place, row, values):
        begin = (place.address + row * place.row_stride) * port
        image[begin : begin + 4 * len(values)] = np.array(values, np.uint32).view(np.uint8)

    for number, (ids, limit) in enumerate(zip(given, limits, strict=True)):
        put(layout.requests, number, [len(ids), limit, first, number])
        put(layout.ids, number, ids)
    put(layout.requests, len(given), [0] * REQUEST_SIZE)


def prepare(
    model,
    config: str | Config,
    weights: str = "mxfp4",
    prompt="",
    tokens: int | list[int] = 32,
    *,
    context: int | None = None,
    mode: str = "reply",
    group: int | None = None,
    memory: int | None = None,
    choice: Choice | None = None,
) -> Prepared:
    """Load (a directory, or a Checkpoint already loaded), compile, place. Raises SerranoError with one sentence.

    A list of up to Rows prompts is a batch that decodes together; `tokens` may be a number for each. `context`: positions the caches have room for, as many as the request needs if not given. mode "score" stores the
    logits of each given token (see `logits`); group: given tokens taken at once, up to Rows. `memory`: bytes of it, all that a
    beat's address can name if not given.
    """
    config = config if isinstance(config, Config) else find_config(config)
    if weights not in FORMATS:
        raise SerranoError(f"there are no weights in {weights}; there are {', '.join(FORMATS)}")
    checkpoint = model if isinstance(model, Checkpoint) else load(model)
    given = [encode(checkpoint, one) for one in _prompts(prompt)]
    if len(given) > (1 if mode == "score" else config.rows):
        raise SerranoError(f"{len(given)} sequences are more than the {config.rows} rows of CONFIG={config.name}")
    limits = list(tokens) if isinstance(tokens, (list, tuple)) else [tokens] * len(given)
    limit = checkpoint.model.context if context is None else min(context, checkpoint.model.context)
    most = 0
    for ids, new in zip(given, limits, strict=True):
        if mode == "reply" and new < 1:
            raise SerranoError(f"{new} tokens are no reply")
        needed = len(ids) + (new if mode == "reply" else 0)
        if needed > limit:
            raise SerranoError(f"{len(ids)} tokens and {needed - len(ids)} to come do not fit the context of {limit}")
        most = max(most, needed)
    context = round_up(most if context is None else context, BLOCK)
    end_tokens = checkpoint.end_tokens
    layout, program = compile_model(
        checkpoint.model, config, weights, context, len(end_tokens), mode, group, choice, len(given)
    )
    memory = DRAM_BEATS * config.port_bytes if memory is None else memory
    if layout.bytes > memory:
        raise SerranoError(f"the model needs {layout.bytes} bytes of memory, and there are {memory}")
    try:
        image = build_image(layout, checkpoint.weights, program.code, end_tokens)
    except MemoryError:
        raise SerranoError(f"the model's memory of {layout.bytes} bytes is more than this machine can hold") from None
    place_requests(layout, image, given, limits)
    slots = Slots(layout.slots, layout.context, limits, list(end_tokens)) if mode == "reply" else None
    job = Job(config, image, 0, len(program.instructions), slots=slots, sources=program.sources)
    return Prepared(job, layout, program, given, checkpoint.tokenizer, end_tokens)


def logits(prepared: Prepared, memory: np.ndarray) -> np.ndarray:
    """float32 (tokens given, vocabulary) that a run in mode "score" left in memory."""
    place, port = prepared.layout.logits, prepared.layout.config.port_bytes
    raw = memory[place.address * port :][: place.rows * place.row_stride * port]
    return raw.view("<f4").reshape(place.rows, -1)[: len(prepared.ids), : place.cols]


def made_tokens(prepared: Prepared, memory: np.ndarray, count: int, sequence: int = 0) -> list[int]:
    """The ids in the first `count` token slots of a sequence."""
    port, layout = prepared.layout.config.port_bytes, prepared.layout
    slots = memory[(layout.slots + sequence * layout.context) * port :][: count * port].reshape(count, port)
    return [int(i) for i in np.ascontiguousarray(slots[:, :4]).view("<u4")[:, 0]]


def pieces(tokenizer: Tokenizer, ids, given=()):
    """The text that each token of ids adds after the given ones, as it becomes certain: bytes of an unfinished character wait."""
    ids, seen = iter(ids), list(given)
    shown = tokenizer.decode(seen)
    for token in ids:
        seen.append(token)
        text = tokenizer.decode(seen)
        if not text.endswith("\ufffd"):
            yield text[len(shown) :]
            shown = text
        else:
            yield ""
