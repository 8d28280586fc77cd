"""models/reduce.py against loops over single numbers in the order that docs/numerics.md states."""

import numpy as np
import pytest

from models import fp32, reduce


def row_sum_in_loops(row: np.ndarray) -> np.float32:
    partial = [np.float32(0)] * 4
    for g in range(0, len(row), 16):
        level = [row[i] if i < len(row) else np.float32(0) for i in range(g, g + 16)]
        while len(level) > 1:
            level = [level[i] + level[i + 1] for i in range(0, len(level), 2)]
        partial[g // 16 % 4] = partial[g // 16 % 4] + level[0]
    return (partial[0] + partial[1]) + (partial[2] + partial[3])


@pytest.mark.parametrize("length", [0, 1, 2, 15, 16, 17, 63, 64, 65, 81, 288, 1000])
def test_row_sum_adds_in_the_stated_order(length):
    rng = np.random.default_rng(length)
    x = (rng.standard_normal((4, 8, length)) * np.exp2(rng.integers(-12, 12, (4, 8, length)))).astype(np.float32)
    got = fp32.floats(reduce.row_sum(fp32.bits(x)))
    expected = [[row_sum_in_loops(row) for row in rows] for rows in x]
    assert np.array_equal(got, expected)


def test_row_sum_of_minus_zeros_is_plus_zero_and_nan_and_infinities_come_through():
    assert reduce.row_sum(np.full(16, fp32.SIGN)) == 0  # the partial sums start at +0
    x = np.zeros((3, 40), np.uint32)
    x[0, 33] = 0xFFFFFFFF
    x[1, [5, 39]] = fp32.INFINITY, fp32.INFINITY | fp32.SIGN
    x[2, 5] = fp32.INFINITY
    assert reduce.row_sum(x).tolist() == [fp32.CANONICAL_NAN, fp32.CANONICAL_NAN, fp32.INFINITY]


def test_row_max_and_argmax():
    x = fp32.bits([[1, 3, 3, -5], [np.nan, -np.inf, -1, -1], [np.nan] * 4, [-0.0, 0.0, 0.0, -0.0], [-0.0] * 4])
    assert reduce.row_argmax(x).tolist() == [1, 2, 0, 1, 0]
    expected = fp32.bits([3, np.nan, np.nan, 0.0, -0.0])
    assert np.array_equal(reduce.row_max(x), expected)


def test_row_max_is_a_chain_of_maximum():
    x = np.random.default_rng(6).integers(0, 1 << 32, (200, 7), dtype=np.uint32)
    chain = x[:, 0]
    for column in x.T[1:]:
        chain = fp32.maximum(chain, column)
    assert np.array_equal(reduce.row_max(x), fp32.canonical(chain))
