"""Binary32 arithmetic in integers: what the chip's adder, multiplier and comparators do, bit for bit.

Every function takes and returns uint32 bit patterns in arrays of any shape, and broadcasts.
Round to nearest even, subnormals in and out, and one NaN: whatever NaN goes in, 0x7fc00000 comes out.
"""

import numpy as np

CANONICAL_NAN = np.uint32(0x7FC00000)
INFINITY = np.uint32(0x7F800000)
SIGN = np.uint32(0x80000000)

# An adder may replace sixty positions of distance by this many: past it the small operand is only a sticky bit.
_ALIGN = 28


def bits(x) -> np.ndarray:
    """The bit patterns of float32 values."""
    return np.asarray(x, np.float32).view(np.uint32)


def floats(x) -> np.ndarray:
    """The float32 values of bit patterns."""
    return np.asarray(x, np.uint32).view(np.float32)


def is_nan(a) -> np.ndarray:
    return (np.asarray(a, np.uint32) & ~SIGN) > INFINITY


def is_inf(a) -> np.ndarray:
    return (np.asarray(a, np.uint32) & ~SIGN) == INFINITY


def canonical(a) -> np.ndarray:
    """The same values with every NaN replaced by the canonical one."""
    return np.where(is_nan(a), CANONICAL_NAN, np.asarray(a, np.uint32))


def unpack(a) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """sign (bool), exponent and significand (int64) of finite a: value = +-significand * 2**exponent."""
    a = np.asarray(a, np.uint32)
    field = ((a >> np.uint32(23)) & np.uint32(0xFF)).astype(np.int64)
    fraction = (a & np.uint32(0x7FFFFF)).astype(np.int64)
    return a >= SIGN, np.maximum(field, 1) - 150, fraction + ((field != 0).astype(np.int64) << 23)


def bit_length(magnitude) -> np.ndarray:
    """Position of the leading one plus 1, for 0 <= magnitude < 2**53; 0 for 0."""
    return np.frexp(np.asarray(magnitude).astype(np.float64))[1].astype(np.int64)  # exact: no integer here rounds


def shift_right_rne(magnitude, shift) -> np.ndarray:
    """round_to_nearest_even(magnitude / 2**shift) for 0 <= magnitude < 2**62 and any shift >= 0."""
    shift = np.minimum(np.asarray(shift, np.int64), 63)
    kept = magnitude >> shift
    lost = magnitude - (kept << shift)
    half = np.where(shift > 0, np.int64(1) << np.maximum(shift - 1, 0), np.int64(1))
    return kept + ((lost > half) | ((lost == half) & (kept & 1 == 1)))


def round_scaled(negative, magnitude, exponent) -> np.ndarray:
    """Binary32 nearest to +-magnitude * 2**exponent, ties to even, rounded once; 0 <= magnitude < 2**53."""
    magnitude = np.asarray(magnitude, np.int64)
    exponent = np.asarray(exponent, np.int64)
    # Weight of the result's last bit: 23 below the leading one, but never below the smallest subnormal.
    unit = np.maximum(bit_length(magnitude) - 24 + exponent, -149)
    shift = unit - exponent
    kept = np.where(shift > 0, shift_right_rne(magnitude, np.maximum(shift, 0)), magnitude << np.clip(-shift, 0, 23))
    # The leading one adds itself to the exponent field, and a carry out of rounding does so once more.
    packed = np.minimum(((np.minimum(unit, 200) + 149) << 23) + kept, np.int64(INFINITY))
    packed = np.where(magnitude == 0, 0, packed).astype(np.uint32)
    return np.where(negative, packed | SIGN, packed)


def from_scaled_integer(value, exponent) -> np.ndarray:
    """Binary32 nearest to value * 2**exponent for signed integers |value| < 2**53; zero gives +0."""
    value = np.asarray(value, np.int64)
    return round_scaled(value < 0, np.abs(value), exponent)


def add(a, b) -> np.ndarray:
    a, b = np.broadcast_arrays(np.asarray(a, np.uint32), np.asarray(b, np.uint32))
    swap = (b & ~SIGN) > (a & ~SIGN)
    large, small = np.where(swap, b, a), np.where(swap, a, b)
    large_sign, large_exponent, large_significand = unpack(large)
    small_sign, small_exponent, small_significand = unpack(small)
    distance = np.minimum(large_exponent - small_exponent, _ALIGN)
    aligned = small_significand << (_ALIGN - distance)
    # Beyond _ALIGN the true value is nearer to nothing than this, and both lie strictly inside half a unit.
    total = (large_significand << _ALIGN) + np.where(large_sign == small_sign, aligned, -aligned)
    result = round_scaled(large_sign & (total != 0), total, large_exponent - _ALIGN)
    result = np.where((total == 0) & large_sign & small_sign, SIGN, result)
    result = np.where(is_inf(large), large, result)
    opposite_infinities = is_inf(a) & is_inf(b) & (a != b)
    return np.where(is_nan(a) | is_nan(b) | opposite_infinities, CANONICAL_NAN, result)


def mul(a, b) -> np.ndarray:
    a, b = np.broadcast_arrays(np.asarray(a, np.uint32), np.asarray(b, np.uint32))
    a_sign, a_exponent, a_significand = unpack(a)
    b_sign, b_exponent, b_significand = unpack(b)
    negative = a_sign ^ b_sign
    result = round_scaled(negative, a_significand * b_significand, a_exponent + b_exponent)
    infinite = is_inf(a) | is_inf(b)
    result = np.where(infinite, np.where(negative, INFINITY | SIGN, INFINITY), result)
    zero_times_infinity = infinite & ((a_significand == 0) | (b_significand == 0))
    return np.where(is_nan(a) | is_nan(b) | zero_times_infinity, CANONICAL_NAN, result)


def negate(a) -> np.ndarray:
    """Flips the sign, of a NaN too: the adder and multiplier make it canonical again."""
    return np.asarray(a, np.uint32) ^ SIGN


def key(a) -> np.ndarray:
    """A uint32 that orders like the numbers do: NaN is 0, then -inf ... -0, +0 ... +inf."""
    a = np.asarray(a, np.uint32)
    return np.where(is_nan(a), np.uint32(0), np.where(a >= SIGN, ~a, a | SIGN))


def less(a, b) -> np.ndarray:
    """a before b in key order."""
    return key(a) < key(b)


def maximum(a, b) -> np.ndarray:
    """The later in key order, so max(-0, +0) = +0; NaN if either is NaN."""
    a, b = np.broadcast_arrays(np.asarray(a, np.uint32), np.asarray(b, np.uint32))
    return np.where(is_nan(a) | is_nan(b), CANONICAL_NAN, np.where(key(a) < key(b), b, a))


# The host's own float unit gives the same bits about fifteen times faster; tests/test_fp32.py holds the pairs equal.


def host_add(a, b) -> np.ndarray:
    with np.errstate(all="ignore"):
        return canonical(bits(floats(a) + floats(b)))


def host_mul(a, b) -> np.ndarray:
    with np.errstate(all="ignore"):
        return canonical(bits(floats(a) * floats(b)))
