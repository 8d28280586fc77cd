"""The roofline: how much of the matrix unit's peak each workload reaches, against how many rows share a byte read."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from host.bench.row import Measured
from models.config import CONFIGS


def roofline(measured: list[Measured], path: Path) -> None:
    """Axes are shares: 1 to the right is a byte that serves Rows rows, where the memory's and the matrix unit's roofs meet."""
    figure, axes = pyplot.subplots(figsize=(10, 7))
    left = 1 / 20
    axes.plot([left, 1, 2], [left, 1, 1], color="black", linewidth=1)
    points = [(one, one.matrix_share / one.memory_share) for one in measured if one.matrix_share]
    for marker, config in zip("os^", CONFIGS, strict=True):
        here = [(x, one.matrix_share) for one, x in points if one.config == config]
        if here:
            axes.scatter(*zip(*here, strict=True), marker=marker, label=config, zorder=3)
    for one, x in points:
        axes.annotate(
            f"{one.name}, {one.memory}", (x, one.matrix_share), xytext=(6, -10), textcoords="offset points", fontsize=7
        )
    axes.set(xscale="log", yscale="log", xlim=(left, 2.2), ylim=(left * 0.8, 1.2))
    axes.set_xlabel("rows that share a byte read / Rows")
    axes.set_ylabel("share of the matrix unit's peak")
    axes.grid(which="both", alpha=0.3)
    if points:
        axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
