"""`make sim`: a model continues a prompt on the simulated chip, every retired instruction compared with the simulator.

python -m host.run --model checkpoints/serrano-py-2m --prompt 'def fibonacci(n):' --tokens 64
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from host import checkpoint, driver, generate
from host.cost import cost, dram_line
from host.errors import SerranoError
from tb import dram_presets, failure, runner, simulators, wave_text

TRACE = runner.BUILD / "trace" / "sim.json"


def _arguments(arguments):
    parser = argparse.ArgumentParser(prog="python -m host.run", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sim", default="verilator", help="verilator, icarus, or iss (the instruction-set simulator alone)"
    )
    parser.add_argument("--config", default="small", help="tiny, small or base")
    parser.add_argument("--model", required=True, help="a Hugging Face directory")
    parser.add_argument("--prompt", default="", help="the text to continue")
    parser.add_argument("--prompts", default="", help="a file of prompts, one a line, that decode together instead")
    parser.add_argument("--batch", default="1", help="times that the prompt, or each prompt, is taken")
    parser.add_argument("--tokens", default="64", help="tokens to make, at most")
    parser.add_argument("--weights", default="mxfp4", help="mxfp4 or mxint8")
    parser.add_argument("--memory", default="hbm3", help="a DRAM, with changes: 'hbm3 tRFCpb=300' (tb/dram_presets.py)")
    parser.add_argument("--seed", default="1", help="of the simulator's random reset state")
    parser.add_argument("--waves", help="write waveforms: 1, or a file for them")
    parser.add_argument("--from", default="", dest="first", help="the first cycle of the waves")
    parser.add_argument("--to", default="", dest="last", help="their last, where the run ends")
    parser.add_argument("--around", default="", help="instead: the instruction to see in them, by its place in the run")
    parser.add_argument(
        "--trace", action="store_true", help="write what each unit did when, for Perfetto, and a picture"
    )
    return parser.parse_args(arguments)


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise SerranoError(f"{name}={text} is not a number") from None


def _prompts(options) -> list[str]:
    prompts, times = [options.prompt], _number("BATCH", options.batch)
    if options.prompts:
        try:
            prompts = [line for line in Path(options.prompts).read_text().splitlines() if line]
        except (OSError, UnicodeDecodeError) as error:
            raise SerranoError(f"PROMPTS={options.prompts} cannot be read: {error}") from None
        if not prompts:
            raise SerranoError(f"there is no prompt in PROMPTS={options.prompts}")
    if times < 1:
        raise SerranoError(f"BATCH={times} is no number of sequences")
    return prompts * times


def _waves(options) -> wave_text.Waves | None:
    window = {"FROM": options.first, "TO": options.last, "AROUND": options.around}
    first, last, index = (_number(name, text) if text else None for name, text in window.items())
    if not options.waves:
        if any(window.values()):
            raise SerranoError("FROM, TO and AROUND say which waves to write: WAVES=1 is missing")
        return None
    if options.sim == "iss":
        raise SerranoError("SIM=iss has no signals, so there is nothing for WAVES=1 to write")
    if index is not None and (first is not None or last is not None):
        raise SerranoError("AROUND chooses the cycles, so FROM and TO do not go with it")
    if min(first or 0, last or 0, index or 0) < 0 or (last is not None and last < (first or 0)):
        raise SerranoError(f"there is no cycle from FROM={options.first or 0} to TO={options.last or 'the end'}")
    if options.waves == "1":
        return wave_text.Waves(None, first, last, index)
    file = Path(options.waves).absolute()
    if file.is_dir() or not file.parent.is_dir():
        raise SerranoError(f"WAVES={options.waves} is not a file that can be made: {file.parent} must be a folder")
    return wave_text.Waves(file, first, last, index)


def _again(options) -> str:
    """The command that repeats this run, as a shell takes it."""
    names = ("sim", "config", "model", "prompt", "prompts", "batch", "tokens", "weights", "memory", "seed")
    return failure.make("sim", **{name.upper(): getattr(options, name) for name in names})


def _check_simulator(name: str) -> None:
    if name == "icarus" and simulators.find_icarus() is None:
        raise SerranoError(f"there is no Icarus Verilog here: {simulators.ICARUS_INSTALL}")
    if name not in (*runner.SIMULATORS, "iss"):
        raise SerranoError(f"there is no SIM={name}; there are {', '.join(runner.SIMULATORS)} and iss")


def main(arguments=None) -> int:
    """Run, print, and return the exit status: 0, or 2 after one sentence on what is wrong."""
    options = _arguments(arguments)
    try:
        return _run(options)
    except (SerranoError, runner.BenchError) as error:
        print(f"\nserrano: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nserrano: stopped", file=sys.stderr)
    return 2


def _run(options) -> int:
    _check_simulator(options.sim)
    on_rtl = options.sim != "iss"
    if options.trace and not on_rtl:
        raise SerranoError("SIM=iss has no cycles, so there is nothing for TRACE=1 to write")
    tokens, seed = _number("TOKENS", options.tokens), _number("SEED", options.seed)
    config = generate.find_config(options.config)
    memory = dram_presets.settings(options.memory, config.port_bytes)
    waves = _waves(options)
    prompts, model = _prompts(options), checkpoint.load(options.model)
    groups = [
        generate.prepare(
            model,
            config,
            options.weights,
            prompts[first : first + config.rows],
            tokens,
        )
        for first in range(0, len(prompts), config.rows)
    ]
    if options.trace and len(groups) > 1:
        raise SerranoError(
            f"TRACE=1 shows one run, and {len(prompts)} sequences are {len(groups)} of CONFIG={config.name}"
        )
    if waves and len(groups) > 1:
        raise SerranoError(
            f"WAVES shows one run, and {len(prompts)} sequences are {len(groups)} of CONFIG={config.name}"
        )
    prepared, given = groups[0], [ids for group in groups for ids in group.given]
    sequences = f", {len(given)} sequences" if len(given) > 1 else ""
    print(
        f"serrano {config.name}: {config.port_bytes * 8}-bit memory port, {config.rows} rows, {config.lanes} lanes; {options.sim}\n"
        f"model   {options.model}: weights {options.weights}, memory {prepared.layout.bytes / 2**20:.1f} MiB, "
        f"program {len(prepared.program.instructions)} instructions\n"
        f"dram    {memory}\n"
        f"prompt  {sum(map(len, given))} tokens{sequences}\n"
    )
    begun = time.monotonic()
    backend = {"backend": "simulator"}
    trace = TRACE if options.trace else None
    if on_rtl:
        driver.build(config, options.sim, waves is not None, options.memory)
        print(f"(simulator ready after {time.monotonic() - begun:.0f} s)\n")
        backend = {"backend": "rtl", "simulator": options.sim, "seed": seed, "waves": waves}
        backend |= {"memory": options.memory, "trace": trace, "again": _again(options)}
    runs = [_run_group(group, prompts[0] if len(prompts) == 1 else None, begun, backend) for group in groups]
    if len(prompts) > 1:
        _print_texts(runs)
    outcomes = [run.outcome for run in runs]
    if outcomes[0].cut:
        print(
            f"{outcomes[0].compared} retired instructions compared with the golden model: all equal until the waves end"
        )
        print(outcomes[0].said)
        return 0
    if on_rtl:
        print(cost([(run.prepared, run.steps) for run in runs]))
        if outcomes[0].dram:
            print(f"\ndram: {dram_line(outcomes[0].dram)}")
        compared, size = sum(o.compared for o in outcomes), sum(len(o.memory) for o in outcomes)
        print(f"\n{compared} retired instructions and {size} bytes of memory compared with the golden model: all equal")
    made = sum(len(reply) for run in runs for reply in run.made)
    print(f"first token after {runs[0].first:.1f} s, {made} tokens in {time.monotonic() - begun:.1f} s")
    for outcome in outcomes:
        if outcome.said:
            print(outcome.said)
    if trace:
        print(
            f"trace: {trace.relative_to(runner.ROOT)}, for https://ui.perfetto.dev; picture: {trace.with_suffix('.png').name}"
        )
    return 0


@dataclass
class _Ran:
    """Sequences that decoded together: the ids that each made, the counters and the number of tokens at each step."""

    prepared: generate.Prepared
    made: list[list[int]]
    steps: list[tuple[dict, int]]
    first: float = 0.0  # seconds until the first token
    outcome: driver.Outcome | None = None


def _run_group(group: generate.Prepared, prompt: str | None, begun: float, backend: dict) -> _Ran:
    """`prompt`, if there is one sequence alone, is printed with each token as it comes."""
    ran = _Ran(group, [[] for _ in group.given], [])
    text = generate.pieces(group.tokenizer, iter(lambda: ran.made[0][-1], None), group.ids)
    print(prompt or "", end="", flush=True)

    def on_step(step: list, counters: dict) -> None:
        ran.first = ran.first or time.monotonic() - begun
        for sequence, token in step:
            ran.made[sequence].append(token)
        ran.steps.append((counters, len(step)))
        if prompt:
            print(next(text) if ran.made[0][-1] not in group.end_tokens else "", end="", flush=True)

    ran.outcome = driver.run(group.job, on_step=on_step, **backend)
    print("\n" if prompt else "", end="\n" if prompt else "")
    if ran.outcome.halt:
        raise SerranoError(f"the chip halted: cause, instruction, address {ran.outcome.halt}")
    return ran


def _print_texts(runs: list[_Ran]) -> None:
    texts = [
        (run.prepared, ids, reply) for run in runs for ids, reply in zip(run.prepared.given, run.made, strict=True)
    ]
    for number, (prepared, ids, reply) in enumerate(texts, 1):
        kept = [token for token in reply if token not in prepared.end_tokens]
        print(f"--- {number}, {len(reply)} tokens\n{prepared.tokenizer.decode([*ids, *kept])}\n")


if __name__ == "__main__":
    sys.exit(main())
