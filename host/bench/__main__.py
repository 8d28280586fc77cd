"""`make bench`: the project's figures, each beside its bar, measured on the RTL under Verilator; status 1 if one falls short.

Cycles come from the chip's own counters and repeat exactly. Beside the table: build/bench/bench.json and roofline.png.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial

from host.bench import chip, floors, memory, plot, row
from host.bench.row import Measured, Row, share
from host.errors import SerranoError
from tb.runner import BenchError

SECTIONS: dict[str, Callable[[], list[Row]]] = {
    "matvec": chip.matvec_rows,
    "dram": memory.dram_rows,
    "stream": memory.stream_rows,
    "channels": memory.channel_rows,
    "layer": memory.layer_rows,
    "sixteenth": memory.sixteenth_rows,
    "token": memory.token_rows,
    "attention": memory.attention_rows,
    "causal": memory.causal_rows,
    "product": memory.product_rows,
    "prefill": memory.prefill_rows,
    "batch": memory.batch_rows,
    "steps": memory.steps_rows,
    "growth": memory.growth_rows,
    "speed": memory.speed_rows,
    "monitors": memory.monitor_rows,
    "decode": chip.decode_rows,
    "prompt": chip.prefill_rows,
    "stories": chip.stories_rows,
    "transformers": chip.transformers_rows,
    "likelihood": chip.likelihood_rows,
    "second": chip.second_run_rows,
}
FULL: dict[str, Callable[[], list[Row]]] = {
    "base": partial(chip.matvec_rows, "base"),
    "prefill512": partial(memory.prefill_rows, 0),
    "sample": partial(chip.likelihood_rows, None),
    "clone": chip.clone_rows,
}


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m host.bench", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=[*SECTIONS, *FULL], help="these sections alone")
    parser.add_argument("--full", action="store_true", help=f"also {', '.join(FULL)}")
    parser.add_argument("--record", action="store_true", help="the cycles measured become the floors")
    parser.add_argument("--trace", action="store_true", help="write what each unit did when, a file a workload")
    options = parser.parse_args(arguments)
    row.trace = options.trace
    chosen = options.only or [*SECTIONS, *(FULL if options.full else [])]
    rows, measured, short = [], {}, False
    try:
        for name in chosen:
            for found in (SECTIONS | FULL)[name]():
                short |= found.reached is False
                print_row(found)
                rows.append(found)
                measured |= {floors.key(one): one for one in found.measured}
    except (SerranoError, BenchError) as error:
        print(f"serrano: {error}", file=sys.stderr)
        return 2
    estimated = [one for one in measured.values() if one.estimated]
    if estimated:
        found = model_row(estimated)
        rows.append(found)
        short |= not found.reached
        print_row(found)
    if measured:
        print(f"\n{table(list(measured.values()))}")
    if options.record:
        floors.record(measured.values())
    slower = floors.slower(measured.values())
    print("".join(f"\nSLOWER {line}" for line in slower))
    row.FOLDER.mkdir(parents=True, exist_ok=True)
    figures, picture = row.FOLDER / "bench.json", row.FOLDER / "roofline.png"
    plain = json.dumps([asdict(one) for one in rows], indent=1, default=lambda number: number.item())  # numpy's
    figures.write_text(plain + "\n")
    plot.roofline(list(measured.values()), picture)
    print(f"{figures}\n{picture}")
    return int(short or bool(slower))


def print_row(one: Row) -> None:
    verdict = {True: "reached", False: "SHORT", None: ""}[one.reached]
    print(f"{one.what:80} {one.value:>32}  {one.bar:24} {verdict}", flush=True)


def model_row(measured: list[Measured]) -> Row:
    worst = max(measured, key=lambda one: abs(one.error))
    what = f"performance model on {len(measured)} workloads: largest error"
    value = f"{100 * worst.error:+.2f} % ({worst.name})"
    return Row(what, value, "within 3 %", abs(worst.error) <= 0.03, measured)


def table(measured: list[Measured]) -> str:
    """What was measured, a line each, with what the other cycles went to, the most first."""
    lines = [
        f"{'':44}{'config':8}{'memory':12}{'cycles':>10}{'MB read':>9}{'memory':>8}{'matrix':>8}{'model':>9}  other cycles"
    ]
    for one in measured:
        lost = sorted(((n, cause) for cause, n in one.causes.items() if cause != "beat" and n), reverse=True)
        other = ", ".join(f"{cause} {share(n / one.cycles)}" for n, cause in lost[:4] if n >= one.cycles / 2000)
        error = f"{100 * one.error:+.2f} %" if one.estimated else ""
        lines.append(
            f"{one.name:44}{one.config:8}{one.memory:12}{one.cycles:10}{one.bytes / 1e6:9.2f}"
            f"{share(one.memory_share):>8}{share(one.matrix_share):>8}{error:>9}  {other}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
