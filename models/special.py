"""exp2, reciprocal and reciprocal square root on binary32: a table of parabolas in integers, beside the ideals in float.

Each function is brought to a fraction in [0, 1) cut into SEGMENTS; segment i and position u in [0, 1) of it give
y = c0[i] + (c1[i] + c2[i] * u) * u in fixed point with Y_BITS fraction bits, 1 <= y <= 2, rounded to binary32 once.
The parabolas pass through both ends and the middle of their segment, so they meet and the functions stay monotone,
and powers of two (of four, for the square root) come out exact. The RTL holds the same integers.
"""

import functools
from fractions import Fraction
from math import isqrt

import numpy as np

from models import fp32

PASS, EXP2, RECIPROCAL, RSQRT = range(4)

SEGMENTS = 128  # a unit interval of fraction, or an octave of mantissa
INDEX_BITS = 7
U_BITS = 20  # position within a segment
Y_BITS = 28  # fraction bits of the coefficients and of y
EXP2_FRACTION_BITS = INDEX_BITS + U_BITS
ROUND_BITS = Y_BITS - 23


# -- ideals ------------------------------------------------------------------------------------------------------------


def ideal(function: int, x) -> np.ndarray:
    """The function of float32 values in binary64."""
    x = np.asarray(x, np.float64)
    with np.errstate(all="ignore"):
        match function:
            case 0:
                return x
            case 1:
                return np.exp2(x)
            case 2:
                return 1 / x
            case _:
                return 1 / np.sqrt(x)


# -- table -------------------------------------------------------------------------------------------------------------


def _root(value: Fraction) -> Fraction:
    """Square root to 2**-80."""
    return Fraction(isqrt((value.numerator << 160) // value.denominator), 1 << 80)


def _exp2(value: Fraction) -> Fraction:
    """2**value to about 2**-70 for 0 <= value <= 1 whose denominator divides 256: a product of eight roots of two."""
    result, root, rest = Fraction(1 << int(value)), Fraction(2), value - int(value)
    for _ in range(8):
        root, rest = _root(root), rest * 2
        if rest >= 1:
            result, rest = result * root, rest - 1
    return result


@functools.cache
def table() -> np.ndarray:
    """int64 (512, 3): c0, |c1|, c2 of exp2 (rows 0..127), 2/m (128..255), 2/sqrt(m) (256..383), 2/sqrt(2m) (384..511).

    m runs over [1, 2). c1 is positive for exp2 and negative for the others, c2 is positive always.
    """
    shapes = (_exp2, lambda f: 2 / (1 + f), lambda f: 2 / _root(1 + f), lambda f: 2 / _root(2 + 2 * f))
    rows = []
    for shape in shapes:
        points = [shape(Fraction(i, 2 * SEGMENTS)) * (1 << Y_BITS) for i in range(2 * SEGMENTS + 1)]
        for start, middle, end in zip(points[:-1:2], points[1::2], points[2::2], strict=True):
            c2 = round(2 * start - 4 * middle + 2 * end)
            rows.append((round(start), abs(round(end) - round(start) - c2), c2))
    return np.array(rows, np.int64)


def table_as_verilog() -> str:
    """The table as rtl/arith/srn_special_table.sv writes it: c0, |c1| and c2 in 8, 6 and 4 hex digits, last row first."""
    words = [f"72'h{c0:08x}_{c1:06x}_{c2:04x}" for c0, c1, c2 in table()[::-1]]
    return ",\n".join(", ".join(words[i : i + 4]) for i in range(0, len(words), 4))


# -- exact -------------------------------------------------------------------------------------------------------------


def _parabola(row: np.ndarray, u: np.ndarray) -> np.ndarray:
    """y with Y_BITS fraction bits; both products are cut off towards minus infinity."""
    c0, c1, c2 = table().T[:, row]
    curve = (c2 * u) >> U_BITS
    rising = row < SEGMENTS
    return np.where(rising, (c0 << U_BITS) + (c1 + curve) * u, (c0 << U_BITS) - (c1 - curve) * u) >> U_BITS


def _mantissa_position(significand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Segment and position of a normalised 24-bit significand."""
    fraction = significand & 0x7FFFFF
    return fraction >> 16, (fraction & 0xFFFF) << (U_BITS - 16)


def exp2(x) -> np.ndarray:
    x = np.asarray(x, np.uint32)
    negative, exponent, significand = fp32.unpack(x)
    # Fixed point with 27 fraction bits, rounded down: from +-128 on no bit is lost, and below, at most 2**-27 of x.
    exponent = np.minimum(exponent, -14)
    left = significand << np.clip(exponent + EXP2_FRACTION_BITS, 0, 13)
    right = shift_right_floor(np.where(negative, -significand, significand), -exponent - EXP2_FRACTION_BITS)
    fixed = np.where(exponent >= -EXP2_FRACTION_BITS, np.where(negative, -left, left), right)
    fraction = fixed & ((1 << EXP2_FRACTION_BITS) - 1)
    y = _parabola(fraction >> U_BITS, fraction & ((1 << U_BITS) - 1))
    result = fp32.round_scaled(False, y, (fixed >> EXP2_FRACTION_BITS) - Y_BITS)
    far = (x & ~fp32.SIGN) >= np.uint32(0x43800000)  # |x| >= 256 overflows or vanishes
    result = np.where(far, np.where(negative, np.uint32(0), fp32.INFINITY), result)
    return np.where(fp32.is_nan(x), fp32.CANONICAL_NAN, result)


def shift_right_floor(value: np.ndarray, shift: np.ndarray) -> np.ndarray:
    return value >> np.clip(shift, 0, 62)


def _normalise(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sign, and exponent and 24-bit significand with its leading one in place: |x| = significand * 2**(exponent - 23)."""
    negative, exponent, significand = fp32.unpack(x)
    shift = np.clip(24 - fp32.bit_length(significand), 0, 23)
    return negative, exponent + 23 - shift, significand << shift


def reciprocal(x) -> np.ndarray:
    x = np.asarray(x, np.uint32)
    negative, exponent, significand = _normalise(x)
    segment, u = _mantissa_position(significand)
    result = fp32.round_scaled(negative, _parabola(SEGMENTS + segment, u), -exponent - 1 - Y_BITS)
    sign = np.where(negative, fp32.SIGN, np.uint32(0))
    result = np.where(significand == 0, sign | fp32.INFINITY, result)
    result = np.where(fp32.is_inf(x), sign, result)
    return np.where(fp32.is_nan(x), fp32.CANONICAL_NAN, result)


def rsqrt(x) -> np.ndarray:
    x = np.asarray(x, np.uint32)
    negative, exponent, significand = _normalise(x)
    segment, u = _mantissa_position(significand)
    odd = exponent & 1
    row = 2 * SEGMENTS + odd * SEGMENTS + segment
    result = fp32.round_scaled(False, _parabola(row, u), -((exponent - odd) >> 1) - 1 - Y_BITS)
    result = np.where(significand == 0, (x & fp32.SIGN) | fp32.INFINITY, result)
    result = np.where(fp32.is_inf(x), np.uint32(0), result)
    return np.where(fp32.is_nan(x) | (negative & (significand != 0)), fp32.CANONICAL_NAN, result)


def special(x, function: int) -> np.ndarray:
    """rtl/arith/srn_special.sv: one of PASS (x unchanged, even a NaN), EXP2, RECIPROCAL, RSQRT."""
    return (lambda x: np.asarray(x, np.uint32), exp2, reciprocal, rsqrt)[function](x)


if __name__ == "__main__":
    print(table_as_verilog())
