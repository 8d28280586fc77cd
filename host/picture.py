"""A picture of a run: how busy each unit was over all of it, and one layer or token close up, with its kernels in colours."""

import re
from collections import Counter
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch

from host.timeline import TRACKS, Event, Run, kernel_of

UNITS = TRACKS[1:]
BINS = 400
CLOSE_UP = 20_000  # cycles at most
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
