"""OCP MX v1.0 blocks of 32: MXINT8 and MXFP4, their conversion from binary32, and the exact block dot product.

A block is 32 elements and one E8M0 scale code s, worth 2**(s - 127); code 0xFF makes the whole block NaN.
An INT8 element is worth integer / 64, an FP4 element is E2M1. Blocks lie along the last axis.
"""

import numpy as np

from models import fp32

BLOCK = 32
SCALE_BIAS = 127
SCALE_NAN = 0xFF
INT8_FRACTION_BITS = 6
# Fraction bits of a product of element integers: FP4 weights are held doubled (one bit), INT8 with six.
FRACTION_BITS_FP4 = 7
FRACTION_BITS_INT8 = 12

# Twice the value of each E2M1 code: sign, two exponent bits, one mantissa bit. Code 8 is -0.
FP4_DOUBLED = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12], np.int8)
_FP4_CODE_OF_DOUBLED = np.array([0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 6, 7], np.uint8)


def _largest_exponent_field(x: np.ndarray) -> np.ndarray:
    """The exponent field of amax: floor(log2(amax)) + 127, clamped at 0 as E8M0 is; 255 if anything is not finite."""
    return ((x >> np.uint32(23)) & np.uint32(0xFF)).max(axis=-1, keepdims=True).astype(np.int64)


def _elements(x: np.ndarray, code: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sign and 2**32 * |x| * 64 / 2**(code - 127); what would lie below its last bit is too small to round up."""
    sign, exponent, significand = fp32.unpack(x)
    shift = exponent + INT8_FRACTION_BITS + SCALE_BIAS + 32 - code
    return sign, np.where(shift >= 0, significand << np.clip(shift, 0, 16), 0)


def quantise_int8(x) -> tuple[np.ndarray, np.ndarray]:
    """float32 bits (..., 32) -> int8 elements (..., 32), uint8 scale (...)."""
    x = np.asarray(x, np.uint32)
    code = _largest_exponent_field(x)
    sign, scaled = _elements(x, code)
    magnitude = np.minimum(fp32.shift_right_rne(scaled, 32), 127)
    element = np.where(code == SCALE_NAN, 0, np.where(sign, -magnitude, magnitude))
    return element.astype(np.int8), code[..., 0].astype(np.uint8)


def quantise_fp4_as_int8(x) -> tuple[np.ndarray, np.ndarray]:
    """The MXFP4 block nearest to x, held as the MXINT8 block of the same value.

    float32 bits (..., 32) -> int8 elements (..., 32) out of +-{0, 8, 16, 24, 32, 48, 64, 96}, uint8 scale (...).
    Elements are 16 times the E2M1 value and the scale code is FP4's plus 2, so it is at least 2.
    """
    x = np.asarray(x, np.uint32)
    code = np.maximum(_largest_exponent_field(x), 2)
    sign, scaled = _elements(x, code)
    # Spacing of E2M1, times 16: 8 below the value 2, then 16 up to 4, then 32.
    spacing = 3 + (scaled >= 32 << 32) + (scaled >= 64 << 32)
    magnitude = np.minimum(fp32.shift_right_rne(scaled, 32 + spacing) << spacing, 96)
    element = np.where(code == SCALE_NAN, 0, np.where(sign, -magnitude, magnitude))
    return element.astype(np.int8), code[..., 0].astype(np.uint8)


def quantise_fp4(x) -> tuple[np.ndarray, np.ndarray]:
    """float32 bits (..., 32) -> E2M1 codes uint8 (..., 32), uint8 scale (...). A zero is always code 0, never -0."""
    element, code = quantise_fp4_as_int8(x)
    element = element.astype(np.int64)
    nibble = _FP4_CODE_OF_DOUBLED[np.abs(element) >> 3] | ((element < 0) << 3).astype(np.uint8)
    return nibble, np.where(code == SCALE_NAN, code, code - 2).astype(np.uint8)


def fp4_as_int8(nibbles, scale) -> tuple[np.ndarray, np.ndarray]:
    """An MXFP4 block as an MXINT8 block of the same value; scale codes 253 and 254 have none."""
    scale = np.asarray(scale, np.int64)
    if np.any((scale == 253) | (scale == 254)):
        raise ValueError("an MXFP4 scale code of 253 or 254 lies above what MXINT8 can hold")
    element = FP4_DOUBLED[np.asarray(nibbles)] * np.int8(8)
    return element, np.where(scale == SCALE_NAN, scale, scale + 2).astype(np.uint8)


def dequantise_int8(elements, scale) -> np.ndarray:
    """int8 (..., 32), uint8 (...) -> float32 bits (..., 32). Exact, but -128 of the largest scale is -inf."""
    return _dequantise(np.asarray(elements, np.int64), scale, INT8_FRACTION_BITS)


def dequantise_fp4(nibbles, scale) -> np.ndarray:
    """E2M1 codes (..., 32), uint8 (...) -> float32 bits (..., 32). Exact up to infinity at the largest scales; code 8 gives +0."""
    return _dequantise(FP4_DOUBLED[np.asarray(nibbles)].astype(np.int64), scale, 1)


def _dequantise(integers, scale, fraction_bits) -> np.ndarray:
    scale = np.asarray(scale, np.int64)[..., None]
    value = fp32.from_scaled_integer(integers, scale - SCALE_BIAS - fraction_bits)
    return np.where(scale == SCALE_NAN, fp32.CANONICAL_NAN, value)


def pack_fp4(nibbles) -> np.ndarray:
    """E2M1 codes (..., 2n) -> bytes (..., n): the even element is the low nibble."""
    nibbles = np.asarray(nibbles, np.uint8)
    return nibbles[..., 0::2] | (nibbles[..., 1::2] << 4)


def unpack_fp4(packed) -> np.ndarray:
    """Bytes (..., n) -> E2M1 codes (..., 2n)."""
    packed = np.asarray(packed, np.uint8)
    return np.stack([packed & 15, packed >> 4], axis=-1).reshape(*packed.shape[:-1], -1)


def block_dot(weights, activations) -> np.ndarray:
    """The exact sum over the last axis. Weights: INT8 elements or FP4_DOUBLED integers; activations: INT8 elements."""
    return (np.asarray(weights, np.int64) * np.asarray(activations, np.int64)).sum(axis=-1)


def scaled_to_fp32(isum, weight_scale, activation_scale, fraction_bits) -> np.ndarray:
    """isum * 2**(weight_scale + activation_scale - 254 - fraction_bits) as binary32, rounded once.

    A scale code of 0xFF makes it NaN, an isum of 0 notwithstanding; else an isum of 0 is +0.
    """
    weight_scale = np.asarray(weight_scale, np.int64)
    activation_scale = np.asarray(activation_scale, np.int64)
    value = fp32.from_scaled_integer(isum, weight_scale + activation_scale - 2 * SCALE_BIAS - fraction_bits)
    return np.where((weight_scale == SCALE_NAN) | (activation_scale == SCALE_NAN), fp32.CANONICAL_NAN, value)
