"""models/special.py against its ideals in binary64, over every mantissa; and the RTL's table against the model's."""

import re
from pathlib import Path

import numpy as np
import pytest

from models import fp32, special
from models.special import EXP2, PASS, RECIPROCAL, RSQRT
from tb.operands import SPECIAL

ROOT = Path(__file__).resolve().parent.parent
NAN, INFINITY, MINUS = int(fp32.CANONICAL_NAN), int(fp32.INFINITY), int(fp32.SIGN)
OCTAVE = 1 << 23
ONE = 0x3F800000


def order(bits: np.ndarray) -> np.ndarray:
    """int64 that counts binary32 numbers: neighbours differ by one."""
    magnitude = (bits & ~fp32.SIGN).astype(np.int64)
    return np.where(bits >= fp32.SIGN, -magnitude, magnitude)


def sweep(function: int, first: int, count: int, step: int = 1) -> tuple[int, float]:
    """Largest distance from the correctly rounded value and share of results that differ from it; checks monotony.

    The patterns first, first + step, ...; of negative arguments they run away from zero.
    """
    worst, differing, last = 0, 0, None
    for start in range(0, count, 1 << 19):
        x = (first + step * np.arange(start, min(start + (1 << 19), count), dtype=np.int64)).astype(np.uint32)
        got = order(special.special(x, function))
        with np.errstate(all="ignore"):
            wanted = order(fp32.bits(special.ideal(function, fp32.floats(x)).astype(np.float32)))
        distance = np.abs(got - wanted)
        worst, differing = max(worst, int(distance.max())), differing + int((distance > 0).sum())
        steps = np.diff(got if last is None else np.concatenate([[last], got]))
        rising = function == EXP2 and first < MINUS
        assert (steps >= 0).all() if rising else (steps <= 0).all(), "not monotone"
        last = got[-1]
    return worst, differing / count


@pytest.mark.parametrize(
    ("function", "first", "count", "step"),
    [
        (RECIPROCAL, ONE, OCTAVE + 1, 1),
        (RECIPROCAL, 1, INFINITY // 997, 997),
        (RECIPROCAL, 0x7E000000, 0x1800000 // 5, 5),  # subnormal results
        (RSQRT, ONE, 2 * OCTAVE + 1, 1),
        (RSQRT, 1, INFINITY // 997, 997),
        (EXP2, ONE - OCTAVE, 2 * OCTAVE, 1),
        (EXP2, ONE + 3 * OCTAVE, OCTAVE, 1),
        (EXP2, MINUS + ONE - OCTAVE, 2 * OCTAVE, 1),
        (EXP2, MINUS + 0x42FB0000, 0x1D0000, 1),  # from -125.5 to -152: subnormal results down to the last
        (EXP2, 0, 0x43200000 // 997, 997),
        (EXP2, MINUS, 0x43200000 // 997, 997),
    ],
)
def test_within_one_unit_of_the_correctly_rounded_value_and_monotone(function, first, count, step):
    worst, differing = sweep(function, first, count, step)
    print(f"at most {worst} away; {100 * differing:.2f} % are not the nearest")
    assert worst <= 1


def test_powers_of_two_are_exact():
    exponents = np.arange(-149, 128)
    powers = fp32.bits(np.ldexp(np.float32(1), exponents))
    assert np.array_equal(special.exp2(fp32.bits(exponents)), powers)
    with np.errstate(over="ignore"):
        assert np.array_equal(special.reciprocal(powers), fp32.bits(np.ldexp(1.0, -exponents).astype(np.float32)))
    even = exponents % 2 == 0
    assert np.array_equal(special.rsqrt(powers[even]), fp32.bits(np.ldexp(np.float32(1), -exponents[even] // 2)))


@pytest.mark.parametrize(
    ("function", "cases"),
    [
        (
            EXP2,
            {0: ONE, MINUS: ONE, INFINITY: INFINITY, MINUS | INFINITY: 0, NAN: NAN, 0xFFFFFFFF: NAN, 0x7F800001: NAN},
        ),
        (
            EXP2,
            {0x43000000: INFINITY, 0x42FFFFFF: 0x7F7FFFA7, 0x7F7FFFFF: INFINITY, 0xFF7FFFFF: 0, 1: ONE, MINUS + 1: ONE},
        ),
        (EXP2, {0xC3150000: 1, 0xC3160000: 0, 0xC315FFFF: 1, 0xC3158000: 1, 0xC2FC0000: 0x00800000}),
        (RECIPROCAL, {0: INFINITY, MINUS: MINUS | INFINITY, INFINITY: 0, MINUS | INFINITY: MINUS, 0x7F800001: NAN}),
        (
            RECIPROCAL,
            {1: INFINITY, 0x00200000: INFINITY, 0x00200001: 0x7F7FFFF8, 0x7F000000: 0x00400000, 0x7F7FFFFF: 0x00200000},
        ),
        (
            RSQRT,
            {0: INFINITY, MINUS: MINUS | INFINITY, INFINITY: 0, MINUS | INFINITY: NAN, MINUS + 1: NAN, 0xBF800000: NAN},
        ),
        (RSQRT, {NAN | MINUS: NAN, 2: 0x64800000, 0x40800000: 0x3F000000}),
    ],
)
def test_special_cases(function, cases):
    got = special.special(np.array(list(cases), np.uint32), function)
    assert [hex(y) for y in got] == [hex(y) for y in cases.values()]


def test_pass_leaves_even_a_nan_as_it_is():
    assert np.array_equal(special.special(SPECIAL, PASS), SPECIAL)


def test_parabolas_meet():
    c0, c1, c2 = special.table().T.reshape(3, 4, special.SEGMENTS)
    ends = c0 + np.where(np.arange(4)[:, None] == 0, c1, -c1) + c2
    assert np.array_equal(ends[:, :-1], c0[:, 1:])


def test_the_rtl_holds_the_same_table():
    text = (ROOT / "rtl/arith/srn_special_table.sv").read_text()
    words = re.findall(r"72'h([0-9a-f]{8})_([0-9a-f]{6})_([0-9a-f]{4})", text)
    assert np.array_equal([[int(field, 16) for field in word] for word in words[::-1]], special.table())
