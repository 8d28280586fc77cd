"""fp_max and fp_key of srn_pkg against models/fp32.py, on the pairs that the adder sees."""

import cocotb
import numpy as np

from models import fp32
from tb import sample, vectors
from tb.operands import all_special_pairs, biased_pairs
from tb.stream import numpy_rng

TOPLEVEL = "feed_fp_compare"
PARAMETERS = {"verilator": [{"Vectors": 200_000}], "icarus": [{"Vectors": 20_000}]}


@cocotb.test()
async def special_and_random_pairs(dut):
    special = all_special_pairs()
    random = biased_pairs(numpy_rng(), vectors.budget() - len(special[0]))
    a, b = np.concatenate([special, random], axis=1)
    await vectors.compare(dut, vectors.fields(a, b), vectors.fields(fp32.maximum(a, b), fp32.key(a)))
    sample.compare(a, b)
