"""srn_fp_add against models/fp32.py: all pairs of special values, then random pairs biased to ties, cancellation and ends."""

import cocotb
import numpy as np

from models import fp32
from tb import sample, vectors
from tb.operands import all_special_pairs, biased_pairs
from tb.stream import numpy_rng

TOPLEVEL = "feed_fp_add"
PARAMETERS = {"verilator": [{"Vectors": 1_000_000}], "icarus": [{"Vectors": 20_000}]}


@cocotb.test()
async def special_and_random_pairs(dut):
    special = all_special_pairs()
    random = biased_pairs(numpy_rng(), vectors.budget() - len(special[0]))
    a, b = np.concatenate([special, random], axis=1)
    expected = fp32.add(a, b)
    await vectors.compare(dut, vectors.fields(a, b), vectors.fields(expected))
    sample.add(a, b, expected)
