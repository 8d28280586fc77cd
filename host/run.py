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
from tb import dram_presets, runner, simulators

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
    parser.add_argument("--waves", action="store_true", help="write waveforms")
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
        driver.build(config, options.sim, options.waves)
        print(f"(simulator ready after {time.monotonic() - begun:.0f} s)\n")
        backend = {"backend": "rtl", "simulator": options.sim, "seed": seed, "waves": options.waves}
        backend |= {"memory": options.memory, "trace": trace}
    runs = [_run_group(group, prompts[0] if len(prompts) == 1 else None, begun, backend) for group in groups]
    if len(prompts) > 1:
        _print_texts(runs)
    outcomes = [run.outcome for run in runs]
    if on_rtl:
        print(cost([(run.prepared, run.steps) for run in runs]))
        if outcomes[0].dram:
            print(f"\ndram: {dram_line(outcomes[0].dram)}")
        compared, size = sum(o.compared for o in outcomes), sum(len(o.memory) for o in outcomes)
        print(f"\n{compared} retired instructions and {size} bytes of memory compared with the golden model: all equal")
    made = sum(len(reply) for run in runs for reply in run.made)
    print(f"first token after {runs[0].first:.1f} s, {made} tokens in {time.monotonic() - begun:.1f} s")
    for outcome in outcomes:
        if outcome.waves:
            print(f"waves: {outcome.waves}")
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
