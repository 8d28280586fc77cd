"""models/matrix.py: the fast matmul against the definition in integers, over the whole range of scales."""

import numpy as np
import pytest

from models import matrix, mx

# Ranges of scale codes: everything with NaN, ordinary, products that end subnormal or at zero, and that overflow.
SCALES = [(0, 256), (100, 150), (0, 70), (48, 62), (180, 255), (255, 256)]


@pytest.mark.parametrize("low, high", SCALES)
@pytest.mark.parametrize("fraction_bits", [mx.FRACTION_BITS_FP4, mx.FRACTION_BITS_INT8])
@pytest.mark.parametrize("rows, outputs, ksteps", [(1, 1, 1), (3, 50, 7), (16, 33, 40)])
def test_matmul_is_the_definition(rows, outputs, ksteps, fraction_bits, low, high):
    rng = np.random.default_rng(low + rows)
    weights = rng.integers(-128, 128, (outputs, ksteps, 32)).astype(np.int8)
    if fraction_bits == mx.FRACTION_BITS_FP4:
        weights = mx.FP4_DOUBLED[weights & 15]
    arguments = (
        rng.integers(-128, 128, (rows, ksteps, 32)).astype(np.int8),
        rng.integers(low, high, (rows, ksteps)).astype(np.uint8),
        weights,
        rng.integers(low, high, (outputs, ksteps)).astype(np.uint8),
        fraction_bits,
    )
    fast, slow = matrix.matmul(*arguments), matrix.matmul_by_integers(*arguments)
    assert fast.dtype == np.float32 and fast.shape == (rows, outputs)
    assert np.array_equal(fast.view(np.uint32), slow.view(np.uint32))


def test_extremes_of_the_block_sum_are_exact():
    ends = np.array([-128, 127], np.int8)
    acts = np.repeat(ends, 2).reshape(4, 1, 1).repeat(32, axis=2)
    weights = np.tile(ends, 2).reshape(4, 1, 1).repeat(32, axis=2)
    codes = np.full((4, 1), 127, np.uint8)
    got = matrix.matmul(acts, codes, weights, codes, mx.FRACTION_BITS_INT8)
    want = 32 * np.outer(acts[:, 0, 0].astype(int), weights[:, 0, 0].astype(int)) / 4096
    assert np.array_equal(got, want)


def test_zero_is_plus_zero():
    acts = np.zeros((1, 2, 32), np.int8)
    weights = np.full((5, 2, 32), -1, np.int8)
    codes = np.full((1, 2), 127, np.uint8)
    got = matrix.matmul(acts, codes, weights, codes.repeat(5, axis=0), mx.FRACTION_BITS_INT8)
    assert not got.view(np.uint32).any()


def test_chunks_of_outputs_meet_without_a_seam(monkeypatch):
    rng = np.random.default_rng(9)
    acts, weights = (rng.integers(-128, 128, (n, 3, 32)).astype(np.int8) for n in (2, 61))
    codes = [rng.integers(110, 140, (n, 3)).astype(np.uint8) for n in (2, 61)]
    whole = matrix.matmul(acts, codes[0], weights, codes[1], mx.FRACTION_BITS_INT8)
    monkeypatch.setattr(matrix, "_ELEMENTS_AT_ONCE", 500)
    assert np.array_equal(matrix.matmul(acts, codes[0], weights, codes[1], mx.FRACTION_BITS_INT8), whole)
