"""The operand that differs as a picture: around its first wrong element what was expected, what was seen, and the difference.

`keep` writes the whole operand as arrays to difference.npz, with numpy alone, for it runs in the simulation's process; `draw` makes
difference.png of that file, when the run is over (tb/failure.py). difference.npz:

    expected, seen                float64, axes as named: values in their format, NaN where nothing, or not all, was written
    expected_bits, seen_bits      int64, the same axes: bits, -1 where nothing was written
    expected_scale, seen_scale    int64, without the axis of elements: E8M0 codes of a block format, else empty
    differ                        bool: elements whose bits are others, or whose value is, by their scale
    axes, starts                  names of the axes, and the index that each begins with
    first                         the indices of the first element that differs
    operand, format, title        words; `title` is instruction, disassembly, source

A line of the picture is a block, or a row; a single row is folded into lines. The tile is cut at whole multiples of its size.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models import isa
from models.config import BLOCK
from tb.mismatch import differing, scale
from tb.writes import NO_WRITE, Difference, numbers, operands, read, written

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILE, PICTURE = "difference.npz", "difference.png"
LINES, WIDTH = 64, 64  # of a tile, at most
WIDE = 20  # lines up to which the panels stand one below the other
LISTED = 4  # scales that are named
TICKS = 16


def keep(difference: Difference, detail: Path) -> Path | None:
    """Beside the monitor's list `detail`. None where no operand's element differs: a scalar, or a write that is no operand's."""
    if difference.expected.writes is None:
        return None
    done, seen = read(detail, difference.config)
    model = written(difference.expected.writes)
    found = {key: entry for operand in operands(difference) for key, entry in operand.find()}
    first = next((found[key] for key in differing(model, seen) if key in found), None)
    if first is None:
        return None
    operand, number, part = first
    arrays: dict[str, np.ndarray] = {}
    for name, writes in (("expected", model), ("seen", seen)):
        raw = operand.raw(writes)
        arrays[f"{name}_bits"], arrays[name] = numbers(raw, operand.format)
        arrays[f"{name}_scale"] = raw[..., BLOCK] if operand.blocks else np.zeros(0, np.int64)
    equal = (arrays["expected"] == arrays["seen"]) | np.isnan(arrays["expected"]) & np.isnan(arrays["seen"])
    differ = (arrays["expected_bits"] != arrays["seen_bits"]) | ~equal
    index = np.unravel_index(number, operand.places.shape[:-1])
    axes, starts = list(operand.axes), [reach.start for reach in operand.axes.values()]
    if operand.blocks:
        index, axes, starts = (*index, part % BLOCK), [*axes, "element"], [*starts, 0]
    cycle = f", cycle {done}" if done is not None else ""
    title = [f"instruction {difference.index}, pc {difference.expected.pc}{cycle}"]
    title.append(isa.disassemble(difference.expected.instruction))
    title += [f"in {difference.place}"] if difference.place else []
    file = detail.with_name(FILE)
    np.savez_compressed(
        file,
        differ=differ,
        axes=np.array(axes),
        starts=np.array(starts),
        first=np.array(index),
        operand=operand.name,
        format=operand.format,
        title="\n".join(title),
        **arrays,
    )
    return file


# ---------------------------------------------------------------- the tile


class Tile:
    """A file's arrays as lines around the first element that differs: `lines` and `cols` are what of them is shown."""

    def __init__(self, file: Path):
        with np.load(file) as arrays:
            kept = {name: arrays[name] for name in arrays.files}
        self.axes, self.starts, self.shape = kept["axes"].tolist(), kept["starts"].tolist(), kept["differ"].shape
        self.operand, self.format, self.title = (str(kept[name]) for name in ("operand", "format", "title"))
        self.blocks = self.format.startswith("mx")
        self.number, self.total = int(kept["differ"].sum()), kept["differ"].size
        self.fold = not self.blocks and self.total == self.shape[-1] > WIDTH
        width = WIDTH if self.fold else self.shape[-1]

        def lined(array: np.ndarray, missing: object) -> np.ndarray:
            flat = array.reshape(-1)
            return np.append(flat, np.full(-flat.size % width, missing, flat.dtype)).reshape(-1, width)

        line, col = divmod(int(np.ravel_multi_index(kept["first"], self.shape)), width)
        blanks = {"expected": np.nan, "seen": np.nan, "expected_bits": NO_WRITE, "seen_bits": NO_WRITE, "differ": False}
        whole = {name: lined(kept[name], missing) for name, missing in blanks.items()}
        self.lines = _window(line, LINES, len(whole["differ"]))
        self.cols = _window(col, WIDTH, width)
        self.place = line - self.lines.start, col - self.cols.start  # of the first that differs, in the tile
        cut = slice(self.lines.start, self.lines.stop), slice(self.cols.start, self.cols.stop)
        self.expected, self.seen, self.expected_bits, self.seen_bits, self.differ = (
            array[cut] for array in whole.values()
        )
        there = np.arange(whole["differ"].size).reshape(whole["differ"].shape)[cut] < self.total
        self.absent = {name: there & (getattr(self, f"{name}_bits") == NO_WRITE) for name in ("expected", "seen")}
        self.scales = {}  # line of the tile -> expected and seen, where they differ
        if self.blocks:
            pairs = [
                kept[f"{name}_scale"].reshape(-1)[self.lines.start : self.lines.stop] for name in ("expected", "seen")
            ]
            self.scales = {n: pair for n, pair in enumerate(zip(*pairs, strict=True)) if pair[0] != pair[1]}

    def line_name(self, line: int) -> str:
        """The name of a line of the tile by its true indices, without axes that have one alone."""
        line += self.lines.start
        if self.fold:
            return f"{self.axes[-1]} {self.starts[-1] + line * WIDTH}"
        index = np.unravel_index(line, self.shape[:-1])
        named = list(zip(self.axes[:-1], self.starts[:-1], index, self.shape[:-1], strict=True))
        shown = [entry for entry in named if entry[3] > 1] or named[-1:]
        return ", ".join(f"{axis} {start + n}" for axis, start, n, _ in shown)

    def col_name(self, col: int) -> str:
        return f"+{col}" if self.fold else str(self.starts[-1] + self.cols.start + col)

    def words(self) -> list[str]:
        """The lines above the picture, which are the PNG's description as well."""
        return [*self.title.splitlines(), self._shown(), self._first(), *self._scale_names()]

    def _first(self) -> str:
        line, col = self.place
        name = f"{self.line_name(line)}, {self.axes[-1]} {self.col_name(col)}"
        both = (
            "no write" if bits[self.place] == NO_WRITE else f"{bits[self.place]:#x} = {values[self.place]:.8g}"
            for bits, values in ((self.expected_bits, self.expected), (self.seen_bits, self.seen))
        )
        return f"first (black frame): {name}: expected {next(both)}, seen {next(both)}"

    def _shown(self) -> str:
        outside = self.number - int(self.differ.sum())
        more = f", {outside} of them outside the tile" if outside else ""
        first, last = self.line_name(0), self.line_name(len(self.lines) - 1)
        lines = first if len(self.lines) == 1 else f"{first} to {last}"
        return f"{self.operand} in {self.format}, {lines}: {self.number} of {self.total} elements differ{more}"

    def _scale_names(self) -> list[str]:
        named = [
            f"scale of {self.line_name(n)}: expected {_scale(expected)}, seen {_scale(seen)}"
            for n, (expected, seen) in self.scales.items()
        ]
        more = [f"and {len(named) - LISTED} scales more"] if len(named) > LISTED else []
        return named[:LISTED] + more


def _window(place: int, size: int, limit: int) -> range:
    first = place // size * size
    return range(first, min(first + size, limit))


def _scale(code: int) -> str:
    return "no write" if code == NO_WRITE else scale(int(code))


# ---------------------------------------------------------------- the picture


def draw(file: Path) -> Path:
    """difference.png beside `file`."""
    tile = Tile(file)
    target = file.with_name(PICTURE)
    figure(tile).savefig(target, dpi=80, metadata={"Description": "\n".join(tile.words())})
    return target


def figure(tile: Tile) -> "Figure":
    from matplotlib.colors import AsinhNorm  # matplotlib takes its time, and only a difference needs it
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    height, width = tile.differ.shape
    stacked = height <= WIDE
    title = tile.words()
    cell = 0.16
    size = (
        (13.0, 1.1 + 0.2 * len(title) + 3 * max(cell * height + 0.7, 1.3)) if stacked else (17.0, 3.2 + cell * height)
    )
    drawn = Figure(figsize=size, layout="constrained")
    panels = drawn.subplots(*((3, 1) if stacked else (1, 3)))
    drawn.suptitle("\n".join(title), x=0.01, ha="left", fontsize=9, family="monospace", wrap=True)
    with np.errstate(invalid="ignore", over="ignore"):
        difference = tile.seen - tile.expected
    known = np.abs(tile.expected[np.isfinite(tile.expected)])
    shared = AsinhNorm(_typical(known), *_reach(tile.expected))
    far = np.abs(difference[np.isfinite(difference)])
    far = far[far > 0]
    most = far.max(initial=0) or 1
    around = AsinhNorm(_typical(far), -most, most)
    panes = (("expected", tile.expected, "viridis", shared), ("seen", tile.seen, "viridis", shared))
    for panel, (name, values, colours, norm) in zip(
        panels, (*panes, ("seen - expected", difference, "RdBu_r", around)), strict=True
    ):
        shown = panel.imshow(np.where(np.isfinite(values), values, np.nan), cmap=colours, norm=norm, aspect="auto")
        panel.set_title(name, fontsize=10)
        panel.set_facecolor("0.85")
        _mark(panel, tile, values, tile.absent.get(name))
        panel.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
        rows, cols = (range(0, n, -(-n // TICKS)) for n in (height, width))
        panel.set_yticks(list(rows), [tile.line_name(n) for n in rows], fontsize=7)
        panel.set_xticks(list(cols), [tile.col_name(n) for n in cols], fontsize=7)
        if panel is panels[0] or not stacked:
            panel.set_xlabel(tile.axes[-1], fontsize=8)
        bar = drawn.colorbar(
            shown, ax=panel, extend="both" if name == "seen" else "neither", pad=0.01, aspect=40, extendfrac=0.03
        )
        ticks = sorted({norm.vmin, *([0.0] if norm.vmin < 0 < norm.vmax else []), norm.vmax})
        bar.ax.yaxis.set_minor_locator(NullLocator())
        bar.set_ticks(ticks, labels=[f"{tick:.3g}" for tick in ticks], fontsize=7)
    return drawn


def _typical(sizes: np.ndarray) -> float:
    """Below it the colours are linear, above logarithmic."""
    sizes = sizes[sizes > 0]
    return float(np.median(sizes)) if sizes.size else 1.0


def _reach(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low, high) if low < high else (low - (abs(low) or 1), high + (abs(high) or 1))


def _mark(panel, tile: Tile, values: np.ndarray, absent: np.ndarray | None) -> None:
    """Red frames round what differs, a black one round the first; signs on what is no number."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    frames = [Rectangle((x - 0.5, y - 0.5), 1, 1) for y, x in np.argwhere(tile.differ)]
    panel.add_collection(PatchCollection(frames, facecolor="none", edgecolor="red", linewidth=1.0))
    y, x = tile.place
    panel.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, edgecolor="black", linewidth=2.4, clip_on=False))
    nothing = np.zeros_like(tile.differ) if absent is None else absent
    either = tile.absent["expected"] | tile.absent["seen"] if absent is None else nothing
    signs = {
        "NaN": ("x", np.isnan(values) & ~either & _inside(tile)),
        "inf": ("^", values == np.inf),
        "-inf": ("v", values == -np.inf),
        "no write": ("s", either),
    }
    for name, (sign, where) in signs.items():
        if where.any():
            rows, cols = np.nonzero(where)
            panel.scatter(cols, rows, marker=sign, s=14, c="black", linewidths=0.8, label=name)
    if panel.get_legend_handles_labels()[0]:
        panel.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, fontsize=7, frameon=False, borderpad=0)


def _inside(tile: Tile) -> np.ndarray:
    """Not what a last line has only to be as long as the others."""
    index = np.arange(len(tile.lines))[:, None] + tile.lines.start
    return index * WIDTH + np.arange(len(tile.cols)) < tile.total if tile.fold else np.ones_like(tile.differ)
