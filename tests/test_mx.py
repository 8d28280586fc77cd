"""models/mx.py against ml_dtypes' formats and against the specification's formulas in binary64, which is exact here."""

import ml_dtypes
import numpy as np
import pytest

from models import fp32, mx
from tb.operands import SPECIAL, biased_blocks

BLOCKS = biased_blocks(np.random.default_rng(3), 50_000)
ALL_SCALES = np.arange(255)


def shared_exponent(x: np.ndarray, largest_element_exponent: int) -> np.ndarray:
    """floor(log2(amax)) - emax, clamped to what E8M0 holds; of finite blocks."""
    amax = np.abs(fp32.floats(x).astype(np.float64)).max(axis=-1, keepdims=True)
    return np.where(amax == 0, -127, np.clip(np.frexp(amax)[1] - 1 - largest_element_exponent, -127, 127))


def finite_blocks() -> np.ndarray:
    finite = BLOCKS[np.isfinite(fp32.floats(BLOCKS)).all(axis=-1)]
    assert len(finite) > 10_000
    return finite


def test_decoding_of_every_code_equals_ml_dtypes():
    codes = np.arange(16, dtype=np.uint8)
    value = codes.view(ml_dtypes.float4_e2m1fn).astype(np.float32)
    assert np.array_equal(fp32.floats(mx.dequantise_fp4(codes, 127)), value)
    scale = np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e8m0fnu).astype(np.float32)
    ones = fp32.floats(mx.dequantise_int8(np.full((256, 1), 64), np.arange(256)))[:, 0]
    assert np.array_equal(ones, scale, equal_nan=True) and np.isnan(scale).sum() == 1


def test_int8_quantisation_is_the_specifications_formula():
    x = finite_blocks()
    exponent = shared_exponent(x, 0)
    ratio = np.ldexp(fp32.floats(x).astype(np.float64), 6 - exponent)
    elements, scale = mx.quantise_int8(x)
    assert np.array_equal(scale, exponent[:, 0] + 127)
    assert np.array_equal(elements, np.clip(np.rint(ratio), -127, 127))  # rint rounds to nearest even
    assert (np.abs(ratio % 1) == 0.5).sum() > 10_000 and (np.abs(ratio) > 127).sum() > 1_000
    assert ((np.abs(ratio) > 127) & (np.abs(ratio) < 127.5)).sum() > 0


def test_fp4_quantisation_equals_ml_dtypes():
    x = finite_blocks()
    exponent = shared_exponent(x, 2)
    ratio = np.ldexp(fp32.floats(x).astype(np.float64), -exponent)
    # The cast rounds from binary32: bring the ratio there with its sticky bit, saturate, drop the sign of zeros.
    clipped = np.clip(ratio, -6, 6).astype(np.float32)
    inexact = clipped.astype(np.float64) != np.clip(ratio, -6, 6)
    assert not inexact[np.abs(ratio) > 2.0**-100].any()
    expected = clipped.astype(ml_dtypes.float4_e2m1fn).view(np.uint8)
    expected = np.where(expected == 8, 0, expected)
    nibbles, scale = mx.quantise_fp4(x)
    assert np.array_equal(scale, exponent[:, 0] + 127)
    assert np.array_equal(nibbles, expected)
    assert set(nibbles.ravel()) == set(range(16)) - {8}
    for tie in (0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0):
        assert (np.abs(ratio) == tie).sum() > 100, tie


def test_fp4_ties_go_to_the_even_code_and_large_values_saturate():
    ratio = np.zeros(32, np.float32)
    ratio[:13] = 4, 0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5, -0.25, -5, 7.5, -7.999, 6.5
    nibbles, scale = mx.quantise_fp4(fp32.bits(ratio))
    assert scale == 127 and nibbles[:13].tolist() == [6, 0, 2, 2, 4, 4, 6, 6, 0, 14, 7, 15, 7]


def test_int8_ties_go_to_even_and_saturation_is_symmetric():
    ratio = np.zeros(32, np.float32)
    ratio[:9] = 64, 0.5, 1.5, -2.5, 126.5, 127.5, -127.5, -127.999, 127.49
    elements, scale = mx.quantise_int8(fp32.bits(ratio / 64))
    assert scale == 127 and elements[:9].tolist() == [64, 0, 2, -2, 126, 127, -127, -127, 127]


def test_fp4_in_int8_form_is_the_same_block():
    elements, scale = mx.quantise_fp4_as_int8(BLOCKS)
    nibbles, fp4_scale = mx.quantise_fp4(BLOCKS)
    finite = scale != mx.SCALE_NAN
    assert np.array_equal(finite, np.isfinite(fp32.floats(BLOCKS)).all(axis=-1)) and 0 < finite.sum() < len(finite)
    same, same_scale = mx.fp4_as_int8(nibbles, fp4_scale)
    assert np.array_equal(elements, same) and np.array_equal(scale, same_scale)
    assert np.array_equal(mx.dequantise_int8(elements, scale), mx.dequantise_fp4(nibbles, fp4_scale))


def test_every_fp4_code_at_every_scale_has_an_int8_form_but_at_the_two_largest():
    codes = np.tile(np.arange(16, dtype=np.uint8), (253, 1))
    scale = np.arange(253, dtype=np.uint8)
    same = mx.dequantise_int8(*mx.fp4_as_int8(codes, scale))
    assert np.array_equal(same, mx.dequantise_fp4(codes, scale))
    with pytest.raises(ValueError):
        mx.fp4_as_int8(codes[:1], [253])


@pytest.mark.parametrize("quantise", [mx.quantise_int8, mx.quantise_fp4_as_int8])
def test_zero_blocks_and_blocks_that_are_not_finite(quantise):
    least = 0 if quantise is mx.quantise_int8 else 2
    elements, scale = quantise(np.where(np.arange(32) % 2, fp32.SIGN, np.uint32(0)))
    assert scale == least and not elements.any()
    not_finite = SPECIAL[~np.isfinite(fp32.floats(SPECIAL))]
    assert len(not_finite) >= 8
    for value in not_finite:
        x = fp32.bits(np.arange(32, dtype=np.float32))
        x[13] = value
        elements, scale = quantise(x)
        assert scale == mx.SCALE_NAN and not elements.any()
    assert mx.quantise_fp4(np.zeros(32, np.uint32))[1] == 0


def test_every_int8_element_at_every_scale_comes_back():
    """Beside an element of at least 64 the scale stays; alone, the value does, with the scale that fits it."""
    element = np.repeat(np.arange(-127, 128, dtype=np.int8), 255)
    scale = np.tile(ALL_SCALES, 255)
    block = np.zeros((len(element), 32), np.int8)
    block[:, 0], block[:, 31] = 64, element
    elements, again = mx.quantise_int8(mx.dequantise_int8(block, scale))
    assert np.array_equal(elements, block) and np.array_equal(again, scale)
    block[:, 0] = 0
    value = mx.dequantise_int8(block, scale)
    assert np.array_equal(mx.dequantise_int8(*mx.quantise_int8(value)), value)


def test_every_fp4_code_at_every_scale_comes_back():
    codes = np.repeat(np.arange(16, dtype=np.uint8), 253)
    scale = np.tile(np.arange(253), 16)
    block = np.zeros((len(codes), 32), np.uint8)
    block[:, 0], block[:, 31] = 6, codes  # code 6 is the value 4
    nibbles, again = mx.quantise_fp4(mx.dequantise_fp4(block, scale))
    assert np.array_equal(nibbles, np.where(block == 8, 0, block)) and np.array_equal(again, scale)


def test_the_even_element_is_the_low_nibble():
    codes = np.arange(32) % 16
    packed = mx.pack_fp4(codes)
    assert packed[:2].tolist() == [0x10, 0x32] and np.array_equal(mx.unpack_fp4(packed), codes)


def test_block_dot_is_exact_at_its_ends():
    assert mx.block_dot(np.full(32, -128, np.int8), np.full(32, -128, np.int8)) == 1 << 19
    assert mx.block_dot(np.full(32, 12, np.int8), np.full(32, -127, np.int8)) == -48768


@pytest.mark.parametrize("fraction_bits", [mx.FRACTION_BITS_FP4, mx.FRACTION_BITS_INT8])
def test_scaled_to_fp32_is_the_product_rounded_once(fraction_bits):
    rng = np.random.default_rng(4)
    isum = rng.integers(-(1 << 20), (1 << 20) + 1, 1 << 20) >> rng.integers(0, 20, 1 << 20)
    weight_scale, activation_scale = rng.integers(0, 255, (2, 1 << 20))
    low = rng.random(1 << 20) < 0.5
    weight_scale, activation_scale = (
        np.where(low, weight_scale >> 2, weight_scale),
        np.where(low, activation_scale >> 2, activation_scale),
    )
    got = mx.scaled_to_fp32(isum, weight_scale, activation_scale, fraction_bits)
    exact = np.ldexp(isum.astype(np.float64), weight_scale + activation_scale - 254 - fraction_bits)
    with np.errstate(all="ignore"):
        assert np.array_equal(got, fp32.bits(exact.astype(np.float32)))
    subnormal = (got & ~fp32.SIGN) - np.uint32(1) < np.uint32(0x7FFFFF)
    assert subnormal.sum() > 10_000 and fp32.is_inf(got).sum() > 10_000


def test_scaled_to_fp32_of_nan_and_zero():
    assert mx.scaled_to_fp32(0, 0xFF, 0, 7) == fp32.CANONICAL_NAN
    assert mx.scaled_to_fp32(-5, 1, 0xFF, 12) == fp32.CANONICAL_NAN
    assert mx.scaled_to_fp32(0, 254, 254, 7) == 0


def test_a_dot_product_of_blocks_is_the_dot_product_of_their_values():
    rng = np.random.default_rng(5)
    elements = rng.integers(-127, 128, (1000, 32))
    codes = rng.integers(0, 16, (1000, 32))
    scale, other = rng.integers(100, 150, (2, 1000))
    for doubled, bits, values in (
        (mx.FP4_DOUBLED[codes], mx.FRACTION_BITS_FP4, mx.dequantise_fp4(codes, other)),
        (elements[::-1], mx.FRACTION_BITS_INT8, mx.dequantise_int8(elements[::-1], other)),
    ):
        got = mx.scaled_to_fp32(mx.block_dot(doubled, elements), other, scale, bits)
        activations = fp32.floats(mx.dequantise_int8(elements, scale)).astype(np.float64)
        exact = (activations * fp32.floats(values)).sum(axis=-1)  # exact: the terms share few bits
        assert np.array_equal(fp32.floats(got), exact.astype(np.float32))
