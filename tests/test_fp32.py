"""models/fp32.py against the host's float unit through numpy, on every pair of special values and biased random ones."""

import numpy as np
import pytest

from models import fp32
from tb.operands import SPECIAL, all_special_pairs, biased_pairs

COUNT = 1 << 21


def check(operation, expected, a, b):
    got = operation(a, b)
    wrong = np.flatnonzero(got != expected)
    assert got.size > 0 and got.dtype == np.uint32
    assert wrong.size == 0, f"{operation.__name__}({a[wrong[0]]:08x}, {b[wrong[0]]:08x}) = {got[wrong[0]]:08x}"


@pytest.mark.parametrize("pairs", ["special", "random"])
def test_add_and_mul_equal_the_host(pairs):
    a, b = all_special_pairs() if pairs == "special" else biased_pairs(np.random.default_rng(1), COUNT)
    check(fp32.add, fp32.host_add(a, b), a, b)
    check(fp32.mul, fp32.host_mul(a, b), a, b)


def test_random_pairs_reach_what_they_are_biased_to():
    a, b = biased_pairs(np.random.default_rng(1), COUNT)
    total, product = fp32.host_add(a, b), fp32.host_mul(a, b)
    with np.errstate(all="ignore"):
        exact = fp32.floats(a).astype(np.float64) * fp32.floats(b)
    finite = np.isfinite(exact) & (exact != 0)
    ties = finite & ((exact.view(np.uint64) & np.uint64((1 << 29) - 1)) == np.uint64(1 << 28))
    subnormal = ((product & np.uint32(0x7F800000)) == 0) & ((product & np.uint32(0x7FFFFF)) != 0)
    assert ties.sum() > 1000 and subnormal.sum() > 1000
    assert (fp32.is_inf(product) & np.isfinite(fp32.floats(a)) & np.isfinite(fp32.floats(b))).sum() > 1000
    assert ((total == 0) & (a != 0)).sum() > 1000 and fp32.is_nan(total).sum() > 1000


def test_sum_of_zeros_and_exact_cancellation_are_signed_as_ieee_says():
    zero, minus = np.uint32(0), fp32.SIGN
    assert fp32.add(minus, minus) == minus and fp32.add(zero, minus) == zero
    assert fp32.add(fp32.bits(1.5), fp32.bits(-1.5)) == zero


def test_key_orders_as_the_numbers_do_and_maximum_follows_it():
    a, b = all_special_pairs()
    value_a, value_b = fp32.floats(a), fp32.floats(b)
    numbers = ~(np.isnan(value_a) | np.isnan(value_b))
    assert np.array_equal(
        fp32.less(a, b)[numbers & (value_a != value_b)], (value_a < value_b)[numbers & (value_a != value_b)]
    )
    assert (fp32.key(SPECIAL)[fp32.is_nan(SPECIAL)] == 0).all() and (fp32.key(SPECIAL)[~fp32.is_nan(SPECIAL)] > 0).all()
    both_zero = numbers & (value_a == 0) & (value_b == 0)
    expected = np.where(numbers, fp32.bits(np.fmax(value_a, value_b)), fp32.CANONICAL_NAN)
    expected = np.where(both_zero, a & b, expected)
    check(fp32.maximum, expected, a, b)


def test_from_scaled_integer_rounds_once_over_the_whole_range():
    rng = np.random.default_rng(2)
    value = rng.integers(-(1 << 20), (1 << 20) + 1, COUNT) >> rng.integers(0, 20, COUNT)
    exponent = rng.integers(-290, 260, COUNT)
    with np.errstate(all="ignore"):
        expected = fp32.bits(np.ldexp(value.astype(np.float64), exponent.astype(np.int32)).astype(np.float32))
    check(fp32.from_scaled_integer, expected, value, exponent)


def test_from_scaled_integer_breaks_ties_to_even():
    value = np.array([(1 << 24) + 1, (1 << 24) + 3, -((1 << 24) + 1), (1 << 25) - 1, (1 << 25) - 3, 1, 3])
    exponent = np.array([0, 0, 0, 0, 0, -150, -150])
    with np.errstate(all="ignore"):
        expected = fp32.bits(np.ldexp(value.astype(np.float64), exponent.astype(np.int32)).astype(np.float32))
    assert np.array_equal(fp32.from_scaled_integer(value, exponent), expected)
