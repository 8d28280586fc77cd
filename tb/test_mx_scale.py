"""srn_mx_scale against models/mx.py: every pair of scale codes, then sums and scales biased to subnormals and overflow."""

import cocotb
import numpy as np

from models import mx
from tb import sample, vectors
from tb.stream import numpy_rng

TOPLEVEL = "feed_mx_scale"
PARAMETERS = {"verilator": [{"Vectors": 500_000}], "icarus": [{"Vectors": 20_000}]}
CORNERS = [0, 1, -1, 2, 3, -3, (1 << 19) - 1, 1 << 19, -(1 << 19), (1 << 20) - 1, -(1 << 20), 0x55555, 0x7FFFF]
NANS = np.array([[0, 1, 127, 254, 255, 255, 255, 255, 255], [255, 255, 255, 255, 255, 254, 127, 1, 0]])
NUM_CORNERS = len(CORNERS) * (509 + NANS.shape[1]) * 2


async def run(dut, isum, weight_scale, activation_scale, is_fp4):
    fraction_bits = np.where(is_fp4, mx.FRACTION_BITS_FP4, mx.FRACTION_BITS_INT8)
    expected = mx.scaled_to_fp32(isum, weight_scale, activation_scale, fraction_bits)
    columns = isum.astype(np.int32), weight_scale.astype(np.uint8), activation_scale.astype(np.uint8)
    await vectors.compare(dut, vectors.fields(*columns, is_fp4.astype(np.uint8)), vectors.fields(expected))
    sample.scale(isum, weight_scale, activation_scale, is_fp4, expected)


@cocotb.test()
async def corner_sums_at_every_sum_of_scales(dut):
    total = np.arange(0, 509)
    weight_scale = np.append(np.minimum(total, 254), NANS[0])  # the code above is NaN
    activation_scale = np.append(total - np.minimum(total, 254), NANS[1])
    grid = np.meshgrid(CORNERS, np.arange(len(weight_scale)), [0, 1], indexing="ij")
    isum, index, is_fp4 = (axis.ravel() for axis in grid)
    await run(dut, isum, weight_scale[index], activation_scale[index], is_fp4)


@cocotb.test()
async def random_sums_and_scales(dut):
    rng = numpy_rng()
    count = vectors.budget() - NUM_CORNERS
    isum = rng.integers(-(1 << 20), 1 << 20, count) >> rng.integers(0, 20, count)
    weight_scale, activation_scale = rng.integers(0, 256, (2, count))
    # Half of them around the smallest binary32, where the only rounding is.
    low = rng.integers(-30, 4, count) + 127 - 22 + np.where(rng.random(count) < 0.5, 0, 9)
    edge = (rng.random(count) < 0.5) & (low >= 0)
    weight_scale = np.where(edge, rng.integers(0, low.clip(0) + 1), weight_scale)
    activation_scale = np.where(edge, low - weight_scale, activation_scale)
    await run(dut, isum, weight_scale, activation_scale, rng.integers(0, 2, count))
