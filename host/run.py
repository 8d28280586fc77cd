"""`make sim`: a model continues a prompt on the simulated chip, every retired instruction compared with the simulator.

python -m host.run --model checkpoints/serrano-py-2m --prompt 'def fibonacci(n):' --tokens 64
"""

import argparse
import sys
import time

from host import driver, generate
from host.causes import UNITS, causes, difference
from host.errors import SerranoError
from tb import dram_presets, runner, simulators

SHOWN = 7  # causes a line
TRACE = runner.BUILD / "trace" / "sim.json"


def _arguments(arguments):
    parser = argparse.ArgumentParser(prog="python -m host.run", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sim", default="verilator", help="verilator, icarus, or iss (the instruction-set simulator alone)"
    )
    parser.add_argument("--config", default="small", help="tiny, small or base")
    parser.add_argument("--model", required=True, help="a Hugging Face directory")
    parser.add_argument("--prompt", default="", help="the text to continue")
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
    if options.trace and options.sim == "iss":
        raise SerranoError("SIM=iss has no cycles, so there is nothing for TRACE=1 to write")
    tokens, seed = _number("TOKENS", options.tokens), _number("SEED", options.seed)
    config = generate.find_config(options.config)
    memory = dram_presets.settings(options.memory, config.port_bytes)
    prepared = generate.prepare(
        options.model, config, options.weights, options.prompt, tokens, memory=driver.MEMORY_BYTES[config.name]
    )
    print(
        f"serrano {config.name}: {config.port_bytes * 8}-bit memory port, {config.rows} rows, {config.lanes} lanes; {options.sim}\n"
        f"model   {options.model}: weights {options.weights}, memory {prepared.layout.bytes / 2**20:.1f} MiB, "
        f"program {len(prepared.program.instructions)} instructions\n"
        f"dram    {memory}\n"
        f"prompt  {len(prepared.ids)} tokens\n"
    )
    begun = time.monotonic()
    if options.sim != "iss":
        driver.build(config, options.sim, options.waves)
        print(f"(simulator ready after {time.monotonic() - begun:.0f} s)\n")
    print(options.prompt, end="", flush=True)

    made, snapshots = [], []
    text = generate.pieces(prepared.tokenizer, iter(lambda: made[-1], None), prepared.ids)

    def on_token(token: int, counters: dict) -> None:
        made.append(token)
        snapshots.append(counters)
        if len(made) == 1:
            first.append(time.monotonic() - begun)
        print(next(text) if token not in prepared.end_tokens else "", end="", flush=True)

    first = []
    trace = TRACE if options.trace else None
    backend = {"backend": "simulator"} if options.sim == "iss" else {"backend": "rtl", "simulator": options.sim}
    if options.sim != "iss":
        backend |= {"seed": seed, "waves": options.waves, "memory": options.memory, "trace": trace}
    outcome = driver.run(prepared.job, on_token=on_token, **backend)
    print("\n")
    if outcome.halt:
        raise SerranoError(f"the chip halted: cause, instruction, address {outcome.halt}")
    if options.sim != "iss":
        print(cost(prepared, snapshots))
        if outcome.dram:
            print(f"\ndram: {dram_line(outcome.dram)}")
        print(
            f"\n{outcome.compared} retired instructions and {len(outcome.memory)} bytes of memory compared with the golden "
            f"model: all equal"
        )
    print(f"first token after {first[0]:.1f} s, {len(made)} tokens in {time.monotonic() - begun:.1f} s")
    if outcome.waves:
        print(f"waves: {outcome.waves}")
    if trace:
        print(
            f"trace: {trace.relative_to(runner.ROOT)}, for https://ui.perfetto.dev; picture: {trace.with_suffix('.png').name}"
        )
    return 0


def dram_line(counts: dict[str, int]) -> str:
    """The memory's statistics, of the whole run."""
    columns = counts["reads"] + counts["writes"]
    return (
        f"{counts['reads']} reads, {counts['writes']} writes, {100 * counts['hits'] / max(columns, 1):.1f} % row hits, "
        f"{counts['activates']} activates, {counts['refreshes']} refreshes, {counts['turns']} turn-arounds"
    )


def cost(prepared: generate.Prepared, snapshots: list[dict]) -> str:
    """A table of what the prompt and a token cost, from the counters at each token, and where each unit's cycles went."""
    port = prepared.job.config.port_bytes
    widths = "{:8}{:>8}{:>10}{:>14}{:>16}{:>15}"
    phases = [("prompt", snapshots[0], len(prepared.ids))]
    if len(snapshots) > 1:
        phases.append(("reply", difference(snapshots[-1], snapshots[0]), len(snapshots) - 1))
    lines = [widths.format("", "tokens", "cycles", "cycles/token", "KiB read/token", "weight stream")]
    for name, spent, count in phases:
        kib = f"{spent['read_beat'] * port / count / 1024:.1f}"
        taken = f"{share(spent['stream_beat'], spent)} %"
        lines.append(widths.format(name, count, spent["cycles"], f"{spent['cycles'] / count:.0f}", kib, taken))
    lines.append("\nwhere a cycle goes, %")
    for name, spent, _ in phases:
        lines += [f"{name:8}{unit:8}{shares(causes(spent, unit), spent)}" for unit in UNITS]
    return "\n".join(lines)


def share(cycles: int, spent: dict) -> str:
    return f"{100 * cycles / spent['cycles']:.1f}"


def shares(found: dict[str, int], spent: dict) -> str:
    """The largest causes as `name percent`; what is left, or below a twentieth of a percent, is the `rest`."""
    shown, rest = [], 0
    for name, cycles in sorted(found.items(), key=lambda item: -item[1]):
        if len(shown) < SHOWN and cycles * 2000 >= spent["cycles"]:
            shown.append(f"{name} {share(cycles, spent)}")
        else:
            rest += cycles
    return ", ".join([*shown, f"rest {share(rest, spent)}"])


if __name__ == "__main__":
    sys.exit(main())
