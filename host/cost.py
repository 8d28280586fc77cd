"""The tables that `make sim` ends with: what a token cost, and where each unit's cycles went."""

from host.causes import UNITS, causes, difference
from host.generate import Prepared

SHOWN = 7  # causes a line


def dram_line(counts: dict[str, int]) -> str:
    """The memory's statistics, of the whole run."""
    columns = counts["reads"] + counts["writes"]
    return (
        f"{counts['reads']} reads, {counts['writes']} writes, {100 * counts['hits'] / max(columns, 1):.1f} % row hits, "
        f"{counts['activates']} activates, {counts['refreshes']} refreshes, {counts['turns']} turn-arounds"
    )


def cost(runs: list[tuple[Prepared, list[tuple[dict, int]]]]) -> str:
    """A table of what the prompts and a token cost, from each run's counters and number of tokens at each step.

    The first step's tokens belong to the prompts.
    """
    port = runs[0][0].job.config.port_bytes
    widths = "{:8}{:>8}{:>10}{:>14}{:>15}{:>16}{:>15}"
    given = sum(len(ids) for prepared, _ in runs for ids in prepared.given)
    phases = [("prompt", _sum([steps[0][0] for _, steps in runs]), given)]
    later = [difference(steps[-1][0], steps[0][0]) for _, steps in runs if len(steps) > 1]
    if later:
        phases.append(("reply", _sum(later), sum(made for _, steps in runs for _, made in steps[1:])))
    lines = [widths.format("", "tokens", "cycles", "cycles/token", "tokens/Mcycle", "KiB read/token", "weight stream")]
    for name, spent, count in phases:
        kib = f"{spent['read_beat'] * port / count / 1024:.1f}"
        taken = f"{share(spent['stream_beat'], spent)} %"
        cycles = spent["cycles"]
        lines.append(
            widths.format(name, count, cycles, f"{cycles / count:.0f}", f"{1e6 * count / cycles:.1f}", kib, taken)
        )
    lines.append("\nwhere a cycle goes, %")
    for name, spent, _ in phases:
        lines += [f"{name:8}{unit:8}{shares(causes(spent, unit), spent)}" for unit in UNITS]
    return "\n".join(lines)


def _sum(counters: list[dict]) -> dict:
    return {name: sum(one[name] for one in counters) for name in counters[0]}


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
