"""srn_quantise against models/mx.py, both forms, on blocks made of ties, ends of the range, subnormals, zeros and NaN."""

import cocotb
import numpy as np

from models import mx
from tb import sample, vectors
from tb.operands import SPECIAL, biased_blocks
from tb.stream import numpy_rng

TOPLEVEL = "feed_quantise"
PARAMETERS = {"verilator": [{"Vectors": 100_000}], "icarus": [{"Vectors": 1_500}]}
SAMPLED = 20_000  # blocks of a test looked at for coverage


async def run(dut, x: np.ndarray):
    """Every block in both forms, the forms alternating."""
    fp4 = np.arange(2 * len(x)) & 1
    x = np.repeat(x, 2, axis=0)
    elements, scale = mx.quantise_int8(x)
    fp4_elements, fp4_scale = mx.quantise_fp4_as_int8(x)
    elements = np.where(fp4[:, None], fp4_elements, elements)
    scale = np.where(fp4, fp4_scale, scale)
    await vectors.compare(dut, vectors.fields(fp4.astype(np.uint8), x), vectors.fields(scale, elements))
    sample.quantise(x[:SAMPLED], (fp4 == 1)[:SAMPLED])


@cocotb.test()
async def each_special_value_in_each_place(dut):
    x = np.tile(np.float32(1.5).view(np.uint32), (len(SPECIAL), mx.BLOCK))
    for i, value in enumerate(SPECIAL):
        x[i, i % mx.BLOCK] = value
    alone = np.where(x == x[0, 1], np.uint32(0), x)
    await run(dut, np.concatenate([x, alone, np.repeat(SPECIAL[:, None], mx.BLOCK, axis=1)]))


@cocotb.test()
async def random_blocks(dut):
    await run(dut, biased_blocks(numpy_rng(), vectors.budget() // 2))
