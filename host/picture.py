"""Pictures of a run: `draw`, how busy each unit was over all of it, and one layer or token close up, with its kernels in colours;
`draw_failure`, the cycles around a failure, with what dispatch stood still for and what was never finished.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch

from host.timeline import TRACKS, Event, Run, kernel_of
from models import isa

UNITS = TRACKS[1:]
BINS = 400
CLOSE_UP = 20_000  # cycles at most
BEFORE, AFTER = 4_000, 1_000  # cycles around a failure
STALLS = {"window": "tab:red", "queue": "tab:orange", "older": "tab:purple"}
COLOURS = [*plt.get_cmap("tab20").colors, *plt.get_cmap("Set2").colors]


def spans(run: Run, unit: str) -> list[tuple[int, int, Event]]:
    """First cycle, cycles and command of a unit's work."""
    if unit == "weight stream":
        return [(e.asked[0], e.asked[1] - e.asked[0] + 1, e) for e in run.commands() if len(e.asked) == 2]
    return [(e.start, e.end - e.start + 1, e) for e in run.commands() if e.track == unit]


def occupancy(run: Run, unit: str, edges: np.ndarray) -> np.ndarray:
    """Share of each interval between edges in which the unit was at work; spans of a unit do not overlap."""
    busy = np.zeros(2 * len(spans(run, unit)) + 1)
    times = np.zeros_like(busy)
    for i, (start, length, _) in enumerate(spans(run, unit)):
        times[2 * i + 1 : 2 * i + 3] = start, start + length
        busy[2 * i + 1 : 2 * i + 3] = busy[2 * i], busy[2 * i] + length
    return np.diff(np.interp(edges, times, busy)) / np.diff(edges)


def close_up(run: Run) -> tuple[str, int, int]:
    """What to show close up, and its first and last cycle: of the last token the middle round of an outermost loop that a kernel is the body of, and of
    such loops that which took most cycles: the layers of a model, however short its reply.
    """
    commands = run.commands()
    rounds: dict[tuple, list[int]] = {}
    for event in commands:
        if found := re.match(r"[^\[#]*\[\d+\]", event.place):
            reach = rounds.setdefault((event.token, found.group()), [event.start, event.end])
            reach[0], reach[1] = min(reach[0], event.start), max(reach[1], event.end)
    names = re.compile(r"\[.*")
    if rounds:
        cycles: Counter[str] = Counter()
        for (_, name), (start, end) in rounds.items():
            cycles[names.sub("", name)] += end - start
        longest = cycles.most_common(1)[0][0]
        chosen = [key for key in rounds if names.sub("", key[1]) == longest]
        last = [key for key in chosen if key[0] == max(token for token, _ in chosen)]
        token, name = last[len(last) // 2]
        return f"{name} of token {token}", *rounds[token, name]
    end = min(run.cycles, CLOSE_UP)
    return f"the first {end} cycles", 0, end


def draw(run: Run, path: Path) -> None:
    figure, (whole, use, near, close) = plt.subplots(
        4, 1, figsize=(16, 12), gridspec_kw={"height_ratios": [2, 1.2, 3.2, 1.2]}, layout="constrained"
    )
    end = max(run.cycles, 1)

    # all of it
    edges = np.linspace(0, end, min(BINS, end) + 1)
    image = np.array([occupancy(run, unit, edges) for unit in UNITS])
    shown = whole.pcolormesh(edges, np.arange(len(UNITS) + 1), image, cmap="viridis", vmin=0, vmax=1)
    whole.set_yticks(np.arange(len(UNITS)) + 0.5, UNITS)
    whole.invert_yaxis()
    whole.set_title(f"{path.stem}: share of time in which each unit is at work, {run.cycles} cycles")
    figure.colorbar(shown, ax=whole, pad=0.01)

    times = np.array([0, *(u[0] for u in run.use)])
    beats = np.cumsum(np.array([(0, 0, 0), *(u[1:] for u in run.use)]), axis=0)
    for column, name in enumerate(("weights taken", "port reads", "port writes")):
        share = np.diff(np.interp(edges, times, beats[:, column])) / np.diff(edges)
        use.stairs(share, edges, label=f"{name}: {beats[-1, column] / end:.1%}", linewidth=1)
    use.set_xlim(0, end)
    use.set_ylim(0, 1.05)
    use.set_ylabel("beats a cycle")
    use.legend(loc="lower right", ncols=3, fontsize="small")

    # close up
    title, first, last = close_up(run)
    kernels = sorted({kernel_of(e) for e in run.commands() if e.end >= first and e.start <= last})
    colours = {kernel: COLOURS[i % len(COLOURS)] for i, kernel in enumerate(kernels)}
    for row, unit in enumerate(UNITS):
        here = [(start, length, e) for start, length, e in spans(run, unit) if start <= last and start + length > first]
        near.broken_barh(
            [(start, length) for start, length, _ in here],
            (row + 0.1, 0.8),
            facecolors=[colours.get(kernel_of(e), "grey") for *_, e in here],
            edgecolors="black",
            linewidth=0.2,
        )
    near.set_yticks(np.arange(len(UNITS)) + 0.5, UNITS)
    near.set_ylim(len(UNITS), 0)
    near.set_xlim(first, last)
    near.set_title(f"{title}, kernels in colours")
    near.legend(
        handles=[Patch(color=c, label=k or "(no kernel)") for k, c in colours.items()],
        loc="upper left",
        bbox_to_anchor=(1, 1),
        fontsize="small",
    )
    inside = (times >= first) & (times <= last)
    cuts = np.unique([first, *times[inside], last])
    if len(cuts) > 1:
        share = np.diff(np.interp(cuts, times, beats[:, 0])) / np.diff(cuts)
        close.stairs(share, cuts, fill=True)
    close.set_xlim(first, last)
    close.set_ylim(0, 1.05)
    close.set_ylabel("weights, beats a cycle")
    close.set_xlabel("cycle")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_failure(run: Run, path: Path, instructions: Sequence[isa.Instruction], index: int | None = None) -> None:
    """What each unit did around the failing instruction, `index` of the run, or until the end. Pale: dispatched and not done when the list ends."""
    failing = run.events[index] if index is not None and index < len(run.events) else None
    focus = run.cycles if failing is None else max(n or 0 for n in (failing.dispatched, failing.end, failing.done))
    first, last = max(focus - BEFORE, 0), max(min(focus + AFTER, run.cycles), 1)
    figure, (units, use) = plt.subplots(
        2, 1, figsize=(14, 6), sharex=True, gridspec_kw={"height_ratios": [3, 1]}, layout="constrained"
    )
    here = [(row, start, end, event) for row, start, end, event in _work(run) if start <= last and end >= first]
    names = {event.index: kernel_of(event) or instructions[event.pc].name for *_, event in here if event.pc >= 0}
    kernels = {kernel: COLOURS[i % len(COLOURS)] for i, kernel in enumerate(sorted(set(names.values())))}
    for row, start, end, event in here:
        is_failing = failing is not None and event is failing
        units.broken_barh(
            [(start, end - start + 1)],
            (row + 0.1, 0.8),
            facecolor=kernels.get(names.get(event.index), "grey"),
            edgecolor="red" if is_failing else "black",
            linewidth=1.8 if is_failing else 0.2,
            alpha=0.3 if event.done is None else 1,
            zorder=3 if is_failing else 2,
        )
    for event in run.events:
        at = event.dispatched - sum(event.stalls)
        for (reason, colour), cycles in zip(STALLS.items(), event.stalls, strict=True):
            if cycles and first <= at + cycles and at <= last:
                units.broken_barh([(at, cycles)], (0.1, 0.8), facecolor=colour)
            at += cycles
    units.set_yticks(np.arange(len(TRACKS)) + 0.5, TRACKS)
    units.set_ylim(len(TRACKS), 0)
    handles = [Patch(color=colour, label=kernel) for kernel, colour in kernels.items()]
    handles += [Patch(color=colour, label=f"dispatch waits: {reason}") for reason, colour in STALLS.items()]
    units.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1), fontsize="small")
    words = f"cycles {first} to {last} of {run.cycles}"
    if failing is not None:
        place = f" in {failing.place}" if failing.place else ""
        words += f"; red: instruction {index}, pc {failing.pc}{place}\n{isa.disassemble(instructions[failing.pc])}"
    units.set_title(words, fontsize="medium", loc="left", wrap=True)

    times = np.array([0, *(entry[0] for entry in run.use)])
    for column, name in enumerate(("weights taken", "port reads", "port writes"), 1):
        share = np.array([entry[column] for entry in run.use]) / np.diff(times)
        use.stairs(share, times, label=name, linewidth=1)
    use.set_xlim(first, last)
    use.set_ylim(0, 1.05)
    use.set_ylabel("beats a cycle")
    use.set_xlabel("cycle")
    use.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize="small")
    figure.savefig(path, dpi=80, metadata={"Description": words})
    plt.close(figure)


def _work(run: Run) -> list[tuple[int, int, int, Event]]:
    """Row, first and last cycle of every command on its unit, and on the weight stream; of one that is not done until the run's end."""
    found = []
    for event in run.events:
        if event.track == "dispatch":
            continue
        began = event.taken if event.start is None else event.start
        if event.done is None:
            found.append((TRACKS.index(event.track), event.dispatched if began is None else began, run.cycles, event))
        else:
            found.append((TRACKS.index(event.track), event.start, event.end, event))
        if event.asked:
            found.append((TRACKS.index("weight stream"), event.asked[0], (*event.asked[1:], run.cycles)[0], event))
    return found
