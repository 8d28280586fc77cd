"""From a checkpoint and a prompt to a job for the chip, and from its tokens back to text."""

from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from host.checkpoint import Checkpoint, load
from host.compiler import compile_model
from host.driver import Job
from host.errors import SerranoError
from host.layout import BLOCK, Choice, Layout, build_image, round_up
from host.trace import Program
from models.config import CONFIGS, Config

FORMATS = ("mxfp4", "mxint8")
MEMORY_BYTES = 1 << 32  # of the instruction-set simulator's DRAM; the RTL's is in host/driver.py


@dataclass
class Prepared:
    """A model compiled and placed, with one request in its memory."""

    job: Job
    layout: Layout
    program: Program
    ids: list[int]  # the tokens given
    tokenizer: Tokenizer | None
    end_tokens: tuple[int, ...]


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


def prepare(
    model,
    config: str | Config,
    weights: str = "mxfp4",
    prompt="",
    tokens: int = 32,
    *,
    context: int | None = None,
    mode: str = "reply",
    group: int | None = None,
    memory: int = MEMORY_BYTES,
    choice: Choice | None = None,
) -> Prepared:
    """Load (a directory, or a Checkpoint already loaded), compile, place. Raises SerranoError with one sentence.

    `context`: positions the caches have room for, as many as the request needs if not given. mode "score" stores the
    logits of each given token (see `logits`); group: given tokens taken at once, up to Rows.
    """
    config = config if isinstance(config, Config) else find_config(config)
    if weights not in FORMATS:
        raise SerranoError(f"there are no weights in {weights}; there are {', '.join(FORMATS)}")
    checkpoint = model if isinstance(model, Checkpoint) else load(model)
    ids = encode(checkpoint, prompt)
    if mode == "reply" and tokens < 1:
        raise SerranoError(f"{tokens} tokens are no reply")
    needed = len(ids) + (tokens if mode == "reply" else 0)
    limit = checkpoint.model.context if context is None else min(context, checkpoint.model.context)
    if needed > limit:
        raise SerranoError(f"{len(ids)} tokens and {needed - len(ids)} to come do not fit the context of {limit}")
    context = round_up(needed if context is None else context, BLOCK)
    end_tokens = checkpoint.end_tokens
    layout, program = compile_model(checkpoint.model, config, weights, context, len(end_tokens), mode, group, choice)
    if layout.bytes > memory:
        raise SerranoError(f"the model needs {layout.bytes} bytes of memory, and there are {memory}")
    image = build_image(layout, checkpoint.weights, program.code, end_tokens)
    first = layout.ids.address * config.port_bytes
    image[first : first + 4 * len(ids)] = np.array(ids, np.uint32).view(np.uint8)
    args = [len(ids), tokens, 0]
    job = Job(config, image, 0, len(program.instructions), args, layout.slots, program.sources)
    return Prepared(job, layout, program, ids, checkpoint.tokenizer, end_tokens)


def logits(prepared: Prepared, memory: np.ndarray) -> np.ndarray:
    """float32 (tokens given, vocabulary) that a run in mode "score" left in memory."""
    place, port = prepared.layout.logits, prepared.layout.config.port_bytes
    raw = memory[place.address * port :][: place.rows * place.row_stride * port]
    return raw.view("<f4").reshape(place.rows, -1)[: len(prepared.ids), : place.cols]


def made_tokens(prepared: Prepared, memory: np.ndarray, count: int) -> list[int]:
    """The ids in the first `count` token slots."""
    port = prepared.layout.config.port_bytes
    slots = memory[prepared.layout.slots * port :][: count * port].reshape(count, port)
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
