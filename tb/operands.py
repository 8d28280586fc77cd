"""Binary32 operands worth trying: special values, all their pairs, and random ones biased to where rounding is hard."""

import numpy as np

from models import fp32

SPECIAL = np.array(
    [
        *(0x00000000, 0x00000001, 0x00000002, 0x00000003, 0x003FFFFF, 0x00400000, 0x00400001, 0x007FFFFE, 0x007FFFFF),
        *(0x00800000, 0x00800001, 0x00FFFFFF, 0x01000000, 0x0B800000, 0x0C000000, 0x1A000000, 0x33000000, 0x337FFFFF),
        *(0x33800000, 0x33800001, 0x34000000, 0x3EFFFFFF, 0x3F000000, 0x3F000001, 0x3F7FFFFF, 0x3F800000, 0x3F800001),
        *(0x3FC00000, 0x3FFFFFFF, 0x40000000, 0x40400000, 0x4B000000, 0x4B7FFFFF, 0x4B800000, 0x4B800001, 0x4C000000),
        *(0x5F000000, 0x5F800000, 0x72000000, 0x7E7FFFFF, 0x7E800000, 0x7EFFFFFF, 0x7F000000, 0x7F000001, 0x7F7FFFFE),
        *(0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FA00000, 0x7FC00000, 0x7FFFFFFF),
    ],
    np.uint32,
)
SPECIAL = np.concatenate([SPECIAL, SPECIAL | fp32.SIGN])


def biased_pairs(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of every class, and pairs whose sum or product ties, cancels, overflows or underflows."""
    a = rng.integers(0, 1 << 32, count, dtype=np.uint32)
    b = rng.integers(0, 1 << 32, count, dtype=np.uint32)
    kind = rng.integers(0, 8, count)
    few_bits = rng.integers(0, 1 << 24, count, dtype=np.uint32) << rng.integers(0, 24, count, dtype=np.uint32)
    short = (b & np.uint32(0xFF800000)) | (few_bits & np.uint32(0x7FFFFF))
    # 1: exponents near each other. 2: near cancellation. 3: few bits, so ties. 4: subnormal. 5: product near an end.
    near = (a & np.uint32(0x7F800000)) + ((rng.integers(-27, 28, count).astype(np.int64) << 23).astype(np.uint32))
    b = np.where(kind == 1, near | (b & np.uint32(0x807FFFFF)), b)
    b = np.where(kind == 2, (a ^ fp32.SIGN) + rng.integers(-4, 5, count).astype(np.uint32), b)
    b = np.where(kind == 3, short, b)
    a = np.where(kind == 3, (near & np.uint32(0x7F800000)) | (few_bits[::-1] & np.uint32(0x807FFFFF)), a)
    a = np.where(kind == 4, a & np.uint32(0x80FFFFFF), a)
    field = (a >> np.uint32(23)).astype(np.int64) & 255
    end = np.where(rng.random(count) < 0.5, 127 - rng.integers(0, 26, count), 381 - rng.integers(-1, 3, count))
    product = np.clip(end - field, 0, 254).astype(np.uint32) << np.uint32(23)
    b = np.where(kind == 5, product | (short & np.uint32(0x807FFFFF)), b)
    b = np.where(kind == 6, SPECIAL[rng.integers(0, len(SPECIAL), count)], b)
    # 7: a tie in the sum by construction, b being half a unit of a.
    half = np.clip(field - 24, 0, 254).astype(np.uint32) << np.uint32(23)
    b = np.where(kind == 7, half | (b & fp32.SIGN), b)
    return a, b


def all_special_pairs() -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(SPECIAL, len(SPECIAL)), np.tile(SPECIAL, len(SPECIAL))


def biased_blocks(rng: np.random.Generator, count: int, size: int = 32) -> np.ndarray:
    """uint32 (count, size): blocks of any scale, with elements that tie in INT8 or in E2M1, and some that are special."""
    top = rng.integers(0, 255, (count, 1))
    top = np.where(rng.random((count, 1)) < 0.3, rng.choice([0, 1, 2, 3, 4, 126, 127, 253, 254], (count, 1)), top)
    below = rng.integers(0, 1 + rng.choice([1, 3, 12, 40], (count, 1)), (count, size))
    fraction = rng.integers(0, 1 << 23, (count, size)) >> rng.integers(0, 24, (count, size))
    # Few leading bits make ties; one more at the very end makes nearly ties, on either side.
    few = (rng.integers(0, 1 << 23, (count, size)) >> (rng.integers(14, 23, (count, size)))) << 14
    few = (few << rng.integers(0, 9, (count, size))) & 0x7FFFFF
    kind = rng.integers(0, 4, (count, size))
    fraction = np.where(kind == 1, few, fraction)
    fraction = np.where(kind == 2, np.clip(few + rng.integers(-1, 2, (count, size)), 0, 0x7FFFFF), fraction)
    fraction = np.where(kind == 3, 0x7FFFFF - fraction, fraction)  # just below the next power of two: saturation
    x = (rng.integers(0, 2, (count, size)) << 31) | (np.maximum(top - below, 0) << 23) | fraction
    special = rng.random((count, size)) < np.where(rng.random((count, 1)) < 0.1, 0.05, 0)
    x = np.where(special, SPECIAL[rng.integers(0, len(SPECIAL), (count, size))], x)
    return np.where(rng.random((count, size)) < 0.02, rng.integers(0, 2, (count, size)) << 31, x).astype(np.uint32)
