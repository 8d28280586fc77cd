"""What a token of a model costs, in seconds and without weights: python -m host.estimate --model llama-3.2-1b --memory hbm3

The program is compiled for the shape alone and its cycles come from models/performance.py, from 2 and 4 layers (all layers
are one loop, so the rest is a straight line) and from a few positions among the tokens asked for (attention grows with the
position). Beside it stand the rows of host/validated.json, where the same model was held against the RTL.
"""

import argparse
import dataclasses
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from host import driver
from host.checkpoint import read_model
from host.compiler import compile_model
from host.errors import SerranoError
from host.generate import FORMATS, find_config, place_requests
from host.layout import Layout, round_up
from host.trace import Program
from host.workloads import LLAMA_1B, cache_bytes, tensor_bytes, weight_bytes
from models import isa, performance
from models.config import BLOCK, Config
from models.contention import Memory
from models.performance import CAUSES, Estimate
from models.reference import Llama
from models.simulator import Halt
from tb import dram_presets

VALIDATED = Path(__file__).with_name("validated.json")
FEW, MORE = 2, 4  # layers that are looked at
POSITIONS = 4  # among the tokens, where there are more


# Of peak, that a linear read gets with refresh, as public simulators say of the same parts (docs/dram.md)
LINEAR = {"hbm3": 0.995, "lpddr5": 0.997, "ddr4-2400": 0.950, "ddr4-3200": 0.950}
IDEAL_CLOCK = 1.0  # GHz, of a chip at the ideal memory

SHAPES = {
    "llama-3.2-1b": dataclasses.replace(LLAMA_1B, layers=16, vocabulary=128256, rope_scaling=(32.0, 1.0, 4.0, 8192)),
    "qwen3-0.6b": Llama(1024, 3072, 28, 16, 8, 128, 151936, 40960, 1e-6, 1000000.0),
    "gpt-oss-20b": Llama(2880, 4 * 2880, 24, 64, 8, 64, 201088, 32768, 1e-5, 150000.0),
}
LEFT_OUT = {
    "qwen3-0.6b": "The norms of q and k are left out: the compiler does not make them.",
    "gpt-oss-20b": "A dense model of its shape, all in one format: the 4 experts of 32 that a token reads are one feed-forward of 4 x 2880, whose "
    "bytes are the same; the router (0.1 % of a layer's weights), biases and sinks are left out, and every layer reads all keys and values.",
}


def estimate(
    program: driver.Job | Program, config: Config | None = None, memory: Memory | None = None, args=(), **options
) -> Estimate:
    """Of a Job, which brings config, arguments and what its program reads, or of a program with these given.

    options: those of performance.estimate. A reply goes on to its limit: say most_marks where the RTL met an end token.
    """
    if isinstance(program, Program):
        return performance.estimate(program.code, config, memory, args, **options)
    port = program.config.port_bytes
    code = program.image[program.program_beat * port :][: program.program_length * isa.BYTES].tobytes()
    return performance.estimate(code, program.config, memory, args or program.args, image=program.image, **options)


def memory_of(name: str, port_bytes: int) -> tuple[Memory, float]:
    """The memory, by its name as MEMORY= takes it, and the port's clock in GHz: unless told otherwise that at which a beat a cycle is its peak.

    What the means are made of: docs/performance-model.md. Raises SerranoError.
    """
    chosen = dram_presets.settings(name, port_bytes)
    preset = chosen.preset
    if preset is None:
        return Memory(), IDEAL_CLOCK
    clock = float(chosen.clock)

    def cycles(*timings: str) -> float:
        texts = [getattr(preset, timing) for timing in timings]
        return float(sum(dram_presets.nanoseconds(text, dram_presets.period(preset)) for text in texts)) * clock

    peak, access = float(chosen.peak), float(preset.transfer * chosen.clock)  # access: clocks of its data
    beats = preset.width * preset.burst // 8 * preset.channels // port_bytes  # of an access of every channel
    return Memory(
        name=str(name),
        latency=math.ceil(cycles("tRCD", "tCL", "tCTL")),
        write_latency=16,
        share=LINEAR[preset.name] * peak,
        write_beat=max(peak * max(cycles("tCCDL"), access) / beats, 1.0),
        turn=cycles("tRTW", "tRP", "tRCDWR", "tCWL", "tWTRL"),
        rows=preset.row_bytes * dram_presets.GROUPS * preset.channels // port_bytes,
        conflict=cycles("tRTP", "tRP", "tRCD"),
    ), clock


def shape_of(name: str) -> Llama:
    """By name, or from the config.json of a directory."""
    if name in SHAPES:
        return SHAPES[name]
    path = Path(name) / "config.json"
    if not path.is_file():
        raise SerranoError(f"{name} is neither a directory with a config.json nor one of {', '.join(SHAPES)}")
    try:
        return read_model(json.loads(path.read_text()))
    except ValueError as error:
        raise SerranoError(f"{path} cannot be read: {error}") from None


# ---------------------------------------------------------------- a token


@dataclass
class Token:
    """One token of a reply: cycles, their causes, bytes that the stream read."""

    cycles: float
    causes: dict[str, float]
    stream: float

    def values(self) -> np.ndarray:
        return np.array([self.cycles, *self.causes.values(), self.stream])

    @staticmethod
    def of(values) -> "Token":
        cycles, *causes, stream = map(float, values)
        return Token(cycles, dict(zip(CAUSES, causes, strict=True)), stream)


def token_at(
    model: Llama, config: Config, weights: str, context: int, position: int, memory: Memory, batch: int = 1
) -> Token:
    """A step in which each of `batch` sequences makes the token whose input stands at `position`."""
    layout, _ = compile_model(model, config, weights, context, 1, batch=batch)

    def step(layers: int) -> np.ndarray:
        return _step(dataclasses.replace(model, layers=layers), layout, position, memory, batch).values()

    if model.layers <= MORE:
        return Token.of(step(model.layers))
    few, more = step(FEW), step(MORE)
    return Token.of(few + (more - few) * (model.layers - FEW) / (MORE - FEW))


def _step(model: Llama, like: Layout, position: int, memory: Memory, batch: int) -> Token:
    config = like.config
    layout, program = compile_model(model, config, like.format, like.context, 1, choice=like.choice, batch=batch)
    beats = max(place.address + place.rows * place.row_stride for place in (layout.requests, layout.ids))
    image = np.zeros(beats * config.port_bytes, np.uint8)
    # A token is given at the position before, and two are made: the second one's cost is the time between the signals.
    place_requests(layout, image, [[0] * position] * batch, [3] * batch, position - 1)
    first, second = estimate(program, config, memory, image=image, most_marks=2).marks
    causes = {cause: second.causes[cause] - first.causes[cause] for cause in CAUSES}
    return Token(second.cycles - first.cycles, causes, second.bytes["stream"] - first.bytes["stream"])


def needed_bytes(layout: Layout, position: int, batch: int = 1) -> float:
    """What a step must read: all weights as stored, and each sequence's keys and values up to its own position."""
    stored = weight_bytes(layout) + tensor_bytes(layout.output, layout.config)
    return stored + batch * cache_bytes(layout.model, position + 1)


def reply_cost(model: Llama, config: Config, weights: str, position: int, tokens: int, memory: Memory, batch: int = 1):
    """(mean Token, mean bytes needed, positions looked at) of `tokens` tokens made one after another from `position` on."""
    last = position + tokens - 1
    if position < 1 or last >= model.context:
        raise SerranoError(f"positions {position} to {last} are not within 1 to {model.context - 1}")
    context = round_up(last + 2, BLOCK)
    chosen = sorted({round(p) for p in np.linspace(position, last, min(tokens, POSITIONS))})
    found = np.array([token_at(model, config, weights, context, p, memory, batch).values() for p in chosen])
    every = np.arange(position, last + 1)
    mean = [np.interp(every, chosen, column).mean() for column in found.T]
    layout, _ = compile_model(model, config, weights, context, 1, batch=batch)
    return Token.of(mean), np.mean([needed_bytes(layout, p, batch) for p in every]), chosen


# ---------------------------------------------------------------- command


def show_validated() -> None:
    rows = json.loads(VALIDATED.read_text())
    print(f"\nThe same model against the RTL ({rows['date']}, {rows['command']}):\n")
    print(f"  {'':66} {'RTL':>10} {'model':>10}   error")
    for row in rows["rows"]:
        error = row["model"] / row["rtl"] - 1
        print(f"  {row['what']:66} {row['rtl']:10,} {row['model']:10,} {100 * error:+6.2f} %")


def run(options) -> None:
    if options.tokens < 1:
        raise SerranoError(f"{options.tokens} tokens are no reply")
    if options.weights not in FORMATS:
        raise SerranoError(f"there are no weights in {options.weights}; there are {', '.join(FORMATS)}")
    model, config = shape_of(options.model), find_config(options.config)
    for name in ("vmem_words", "amem_blocks"):
        if (size := getattr(options, name)) is not None:
            if size < 1:
                raise SerranoError(f"--{name.replace('_', '-')} {size} is no size of a memory")
            config = dataclasses.replace(config, name=f"{config.name} {name}={size}", **{name: size})
    if not 1 <= options.batch <= config.rows:
        raise SerranoError(f"--batch {options.batch} is not 1 to {config.rows}, the rows of CONFIG={config.name}")
    memory, clock = memory_of(options.memory, config.port_bytes)
    clock = options.clock or clock
    token, needed, chosen = reply_cost(
        model, config, options.weights, options.position, options.tokens, memory, options.batch
    )
    peak = config.port_bytes * token.cycles * float(dram_presets.settings(options.memory, config.port_bytes).peak)
    print(
        f"{options.model}, {config.name}, {options.weights}, {memory.name}, {options.tokens} tokens from position {options.position}"
    )
    print(f"estimated from {min(MORE, model.layers)} layers at positions {', '.join(map(str, chosen))}; no RTL was run")
    if options.model in LEFT_OUT:
        print(LEFT_OUT[options.model])
    print(f"\n  cycles a step          {token.cycles:14,.0f}   a token of each of {options.batch} sequences")
    print(
        f"  tokens a second        {options.batch * clock * 1e9 / token.cycles:14.1f}   at {clock:.2f} GHz, {config.port_bytes * clock:.1f} GB/s"
    )
    print(f"  bytes needed a step    {needed:14,.0f}")
    print(f"  share of memory peak   {100 * needed / peak:14.1f} %\n")
    for cause, spent in token.causes.items():
        if spent >= 0.5:
            print(f"  {cause:10} {spent:14,.0f} {100 * spent / token.cycles:6.2f} %   {CAUSES[cause]}")


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m host.estimate", description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="llama-3.2-1b", help=f"{', '.join(SHAPES)}, or a Hugging Face directory")
    parser.add_argument("--config", default="base")
    parser.add_argument("--vmem-words", type=int, help="of a chip with another vector memory than the configuration's")
    parser.add_argument("--amem-blocks", type=int, help="the same of its activation memory")
    parser.add_argument("--weights", default="mxfp4")
    parser.add_argument("--memory", default="hbm3", help="ideal, hbm3, ..., as MEMORY= of make sim")
    parser.add_argument("--position", type=int, default=512, help="of the first token's input")
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--clock", type=float, help="GHz, if not that of the memory's peak")
    options = parser.parse_args(arguments)
    try:
        run(options)
        show_validated()
    except (SerranoError, Halt) as error:
        print(f"serrano: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
