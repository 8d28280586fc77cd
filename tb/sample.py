"""Which bins of verify/groups.py the vectors of a bench hit: classes of numbers, as indexes into an axis, and named masks."""

from pathlib import Path

import numpy as np

from models import fp32, mx
from verify import groups
from verify.bins import GROUPS, Group

LEAST_NORMAL, LARGEST = 0x00800000, 0x7F7FFFFF


def sample(group: Group, **codes: np.ndarray) -> None:
    """Hit the bin of each vector once: of each axis an array of indexes into its values."""
    sizes = [len(values) for values in group.axes.values()]
    columns = np.broadcast_arrays(*(np.asarray(codes[axis]).ravel() for axis in group.axes))
    for code in np.unique(np.ravel_multi_index([column.astype(np.int64) for column in columns], sizes)):
        indexes = np.unravel_index(code, sizes)
        group.hit(**{axis: values[i] for (axis, values), i in zip(group.axes.items(), indexes, strict=True)})


def mark(group: Group, masks: dict[str, np.ndarray]) -> None:
    """Hit the bins of a group with one axis whose mask holds for some vector."""
    (axis,) = group.axes
    for value, mask in masks.items():
        if np.any(mask):
            group.hit(**{axis: value})


# ---------------------------------------------------------------- classes


def number(x: np.ndarray) -> np.ndarray:
    """Index into NUMBERS."""
    size = np.asarray(x, np.uint32) & ~fp32.SIGN
    return np.select(
        [size == 0, size < LEAST_NORMAL, size == LEAST_NORMAL, size < LARGEST, size == LARGEST, size == fp32.INFINITY],
        range(6),
        6,
    )


def outcome(x: np.ndarray) -> np.ndarray:
    """Index into OUTCOMES."""
    return np.array([0, 1, 2, 2, 2, 3, 4])[number(x)]


def negative(x: np.ndarray) -> np.ndarray:
    return np.asarray(x, np.uint32) >= fp32.SIGN


def rounding(exact: np.ndarray, result: np.ndarray) -> np.ndarray:
    """Index into ROUNDINGS of a finite result, the binary32 nearest to the binary64 `exact`."""
    size = np.asarray(result, np.uint32) & ~fp32.SIGN
    exact = np.abs(exact)
    floor = np.where(fp32.floats(size).astype(np.float64) > exact, size - 1, size).astype(np.uint32)  # towards zero
    below = fp32.floats(floor).astype(np.float64)
    unit = np.where(floor >= LEAST_NORMAL, 2.0 ** ((floor >> 23).astype(np.float64) - 150), 2.0**-149)
    with np.errstate(invalid="ignore"):  # infinities are looked at elsewhere
        return _rounding((exact - below) / unit, 0.5, size != floor)


def _rounding(rest: np.ndarray, half: float, up: np.ndarray) -> np.ndarray:
    return np.select([rest == 0, rest < half, (rest == half) & ~up, rest == half], [0, 1, 2, 3], 4)


# ---------------------------------------------------------------- arithmetic


def add(a: np.ndarray, b: np.ndarray, result: np.ndarray) -> None:
    opposite = negative(a) != negative(b)
    sample(groups.ADD_OPERANDS, a=number(a), b=number(b), signs=opposite)
    kind_a, kind_b, kind = number(a), number(b), outcome(result)
    finite = (kind_a < 5) & (kind_b < 5)
    with np.errstate(all="ignore"):
        x, y = (fp32.floats(v).astype(np.float64) for v in (a, b))
        exact = x + y
        lost = np.where(np.abs(x) >= np.abs(y), y - (exact - x), x - (exact - y))
    absorbed = lost != 0  # binary64 does not hold the sum: the smaller one lies below the larger one's last bit
    rounds = finite & (kind < 3)
    codes = np.where(absorbed, 5, rounding(exact, result))
    sample(groups.ADD_ROUNDING, rounding=codes[rounds], signs=opposite[rounds])
    fields = [np.asarray(v, np.uint32) >> 23 & 0xFF for v in (a, b, result)]
    zero = (kind_a == 0) & (kind_b == 0)
    both_subnormal = (kind_a == 1) & (kind_b == 1)
    overflow = finite & (kind == 3)
    mark(
        groups.ADD_OUTCOMES,
        {
            "cancels to zero": finite & (kind == 0) & ~zero,
            "negative zeros": zero & (np.asarray(result) == fp32.SIGN),
            "cancels twelve bits": finite & (kind == 2) & (fields[2] + 12 <= np.maximum(fields[0], fields[1])),
            "cancels to subnormal": finite & (kind == 1) & (kind_a > 1) & (kind_b > 1),
            "subnormals to normal": both_subnormal & (kind == 2),
            "largest": finite & (number(result) == 4) & (kind_a > 0) & (kind_b > 0),
            "overflow": overflow & (np.abs(exact) >= 2.0**128),
            "overflow by rounding": overflow & (np.abs(exact) < 2.0**128),
            "opposite infinities": (kind_a == 5) & (kind_b == 5) & opposite,
        },
    )


def multiply(a: np.ndarray, b: np.ndarray, result: np.ndarray) -> None:
    sample(groups.MUL_OPERANDS, a=number(a), b=number(b), signs=negative(a) != negative(b))
    kind_a, kind_b, kind = number(a), number(b), outcome(result)
    finite = (kind_a < 5) & (kind_b < 5)
    with np.errstate(all="ignore"):
        exact = fp32.floats(a).astype(np.float64) * fp32.floats(b).astype(np.float64)
    rounds = finite & (exact != 0) & (kind < 3)
    codes = rounding(exact, result)
    tiny = np.abs(exact) < 2.0**-126
    sample(groups.MUL_ROUNDING, rounding=codes[rounds], result=tiny[rounds])
    overflow = finite & (kind == 3)
    mark(
        groups.MUL_OUTCOMES,
        {
            "underflow to zero": finite & (exact != 0) & (kind == 0),
            "subnormal": finite & (kind == 1),
            "rounds up to the least normal": tiny & (number(result) == 2),
            "subnormal operand, normal result": ((kind_a == 1) | (kind_b == 1)) & (kind == 2),
            "largest": finite & (number(result) == 4),
            "overflow": overflow & (np.abs(exact) >= 2.0**128),
            "overflow by rounding": overflow & (np.abs(exact) < 2.0**128),
            "zero times infinity": (np.minimum(kind_a, kind_b) == 0) & (np.maximum(kind_a, kind_b) == 5),
        },
    )


def compare(a: np.ndarray, b: np.ndarray) -> None:
    kind_a, kind_b = number(a), number(b)
    order = np.select([(kind_a == 6) | (kind_b == 6), fp32.less(a, b), fp32.less(b, a)], [3, 0, 2], 1)
    # zeros of both signs are in order, but of one kind, as all numbers and their opposites are
    sample(groups.COMPARE, a=kind_a, b=kind_b, order=order)


def quantise(x: np.ndarray, fp4: np.ndarray) -> None:
    """Blocks uint32 (n, 32), and which of them as FP4."""
    form = np.where(fp4, 0, 1)
    largest = (x & ~fp32.SIGN).max(axis=1)
    sample(groups.QUANTISE_BLOCKS, largest=number(largest), form=form)
    code = np.maximum(mx._largest_exponent_field(x), np.where(fp4, 2, 0)[:, None])
    _, scaled = mx._elements(x, code)
    spacing = 32 + np.where(fp4[:, None], 3 + (scaled >= 32 << 32) + (scaled >= 64 << 32), 0)
    kept, rest = scaled >> spacing, (scaled & ((np.int64(1) << spacing) - 1)) / 2.0**spacing
    rounded = fp32.shift_right_rne(scaled, spacing)
    element = 2 + _rounding(rest, 0.5, rounded != kept)
    element = np.where(rounded << (spacing - 32) > np.where(fp4, 96, 127)[:, None], 7, element)
    element = np.where((rounded == 0) & (element < 7), 1, element)  # a tie or less, down to nothing
    element = np.where((x & ~fp32.SIGN) == 0, 0, element)
    good = code[:, 0] != mx.SCALE_NAN
    forms = np.broadcast_to(form[:, None], x.shape)
    sample(groups.QUANTISE_ELEMENTS, element=element[good], sign=negative(x)[good], form=forms[good])


def scale(isum, weight, activation, is_fp4, result) -> None:
    form = np.where(is_fp4, 0, 1)
    codes = [np.select([s == 0, s == mx.SCALE_NAN], [0, 2], 1) for s in (weight, activation)]
    sample(groups.SCALE_OPERANDS, weight=codes[0], activation=codes[1], form=form)
    most = 1 << 20
    size = [isum == 0, isum == 1, isum == -1, isum == most - 1, isum == -most, isum > 0]
    sample(groups.SCALE_RESULTS, sum=np.select(size, range(6), 6), result=outcome(result), form=form)


def special(function: np.ndarray, x: np.ndarray, result: np.ndarray) -> None:
    sample(groups.SPECIAL_OPERANDS, function=function, x=number(x), sign=negative(x))
    sample(groups.SPECIAL_RESULTS, function=function, result=outcome(result))


# ---------------------------------------------------------------- rows


def reduce(rows: list[np.ndarray], kinds: list[int], lanes: int, gaps: float, results: list[int]) -> None:
    """`kinds` as models/vector.py REDUCE has them, 0 being none."""
    for row, kind, result in zip(rows, kinds, results, strict=True):
        if not kind:
            continue
        name, size = groups.REDUCTIONS[kind - 1], len(row)
        lengths = {
            "one": size == 1,
            "part of a word": 1 < size < lanes,
            "a word": size == lanes,
            "words": lanes < size <= 16 * lanes and size % lanes,
            "whole words": lanes < size <= 16 * lanes and not size % lanes,
            "groups": size > 16 * lanes,
        }
        for length, holds in lengths.items():
            if holds:
                groups.REDUCE_LENGTHS.hit(kind=name, length=length, gaps="some" if gaps else "none")
        numbers, plus, minus = number(row), ~negative(row), negative(row)
        infinite = numbers == 5
        holds = {
            "finite": (numbers < 5).all(),
            "nan": (numbers == 6).any() and not (numbers == 6).all(),
            "only nan": (numbers == 6).all(),
            "infinity": infinite.any() and not (numbers == 6).any(),
            "both infinities": (infinite & plus).any() and (infinite & minus).any() and not (numbers == 6).any(),
            "both zeros": ((numbers == 0) & plus).any() and ((numbers == 0) & minus).any(),
            "subnormal": (numbers == 1).any(),
            "equals": size > 1 and len(np.unique(row)) < size,
            "overflow": (numbers < 5).all() and fp32.floats(row).astype(np.float64).sum() >= 2.0**128,
        }
        for content, found in holds.items():
            if found:
                groups.REDUCE_NUMBERS.hit(kind=name, row=content)


def matmul(
    int8: int, weights: np.ndarray, activations: np.ndarray, values: np.ndarray, size: int, rows: int, most: int
) -> None:
    """Weights (outputs, ksteps, 32), activations (rows, ksteps, 32), results uint32; of a tile `size` outputs, a pass `rows`."""
    form = groups.FORMS[int8]
    ends = {"least": -128 if int8 else -12, "zero": 0, "most": 127 if int8 else 12}
    acts = {"least": -128, "zero": 0, "most": 127}
    for weight, w in ends.items():
        there = (weights == w).any(axis=0)
        for activation, a in acts.items():
            if (there & (activations == a).any(axis=0)).any():
                groups.MATRIX_PRODUCTS.hit(form=form, weight=weight, activation=activation)
    sample(groups.MATRIX_RESULTS, form=int8, result=outcome(values))
    outputs, number_rows = len(weights), len(activations)
    shape = [outputs == 1, outputs == size // 2, outputs == size, outputs % size == 0]
    used = [number_rows == 1, number_rows < rows, number_rows == rows, number_rows < most]
    groups.MATRIX_SHAPES.hit(
        form=form,
        outputs=np.select(shape, ["one", "half a tile", "a tile", "tiles"], "ragged").item(),
        rows=np.select(used, ["one", "part of a pass", "a pass", "part of passes"], "all passes").item(),
    )


# ---------------------------------------------------------------- events


def events(file: Path = Path("events.txt")) -> int:
    """What tb/chip_events.sv saw since the simulation began: lines of group, bin and, where the group has a second axis, its index. Returns how many."""
    lines = file.read_text().splitlines()
    for line in lines:
        name, item, index = line.split("|")
        group = GROUPS[name]
        values = [item, *(axis[int(index)] for axis in list(group.axes.values())[1:])]
        group.hit(**dict(zip(group.axes, values, strict=True)))
    return len(lines)
