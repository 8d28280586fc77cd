"""The matrix unit: dot products of MX blocks, each rounded once to binary32 and added in ascending order.

`matmul` has the bits of the RTL and the speed of the host's float unit; `matmul_by_integers` is the definition
(docs/numerics.md) written out, and tests/test_matrix.py holds the two equal.
"""

import numpy as np

from models import fp32, mx

_ELEMENTS_AT_ONCE = 1 << 20  # weights converted to binary32 at a time: what a cache holds


def _powers(fraction_bits: int) -> np.ndarray:
    """float64 (256,): what E8M0 codes are worth, less the fraction bits; code 255 is NaN, as it is in a product."""
    powers = np.ldexp(1.0, np.arange(256) - mx.SCALE_BIAS - fraction_bits)
    powers[mx.SCALE_NAN] = np.nan
    return powers


def matmul(acts_elements, acts_scale, weight_elements, weight_scale, fraction_bits: int) -> np.ndarray:
    """int8 (rows, ksteps, 32), uint8 (rows, ksteps), int8 (outputs, ksteps, 32), uint8 (outputs, ksteps)
    -> float32 (rows, outputs), every NaN canonical. FP4 weights are twice their value (fraction_bits 7), INT8: 12.

    Every step but the two roundings is exact: a block's sum has at most 21 bits, so binary32 products and sums in any
    order give it; scaling by powers of two in binary64 is exact; conversion to binary32 then rounds once.
    """
    rows, ksteps, block = acts_elements.shape
    outputs = len(weight_elements)
    acts = np.ascontiguousarray(np.asarray(acts_elements).transpose(1, 0, 2), np.float32)  # (ksteps, rows, 32)
    acts_power = _powers(fraction_bits)[acts_scale].T[:, :, None]  # (ksteps, rows, 1)
    weight_power = _powers(0)
    total = np.zeros((rows, outputs), np.float32)
    step = max(1, _ELEMENTS_AT_ONCE // (ksteps * block))
    with np.errstate(all="ignore"):
        for first in range(0, outputs, step):
            here = slice(first, min(first + step, outputs))
            weights = np.asarray(weight_elements[here]).astype(np.float32).transpose(1, 2, 0)  # (ksteps, 32, outputs)
            sums = (acts @ weights).astype(np.float64) + 0.0  # no sum of zeros is -0
            scale = acts_power * weight_power[np.asarray(weight_scale[here])].T[:, None, :]
            for product in (sums * scale).astype(np.float32):
                total[:, here] += product
    return fp32.floats(fp32.canonical(fp32.bits(total)))


def matmul_by_integers(acts_elements, acts_scale, weight_elements, weight_scale, fraction_bits: int) -> np.ndarray:
    """What matmul means, in integers, step by step."""
    rows, ksteps, _ = acts_elements.shape
    total = np.zeros((rows, len(weight_elements)), np.uint32)
    for k in range(ksteps):
        sums = mx.block_dot(weight_elements[None, :, k], acts_elements[:, None, k])
        product = mx.scaled_to_fp32(sums, weight_scale[None, :, k], acts_scale[:, None, k], fraction_bits)
        total = fp32.add(total, product)
    return fp32.floats(total)
