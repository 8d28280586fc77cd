"""srn_special against models/special.py: special values in every function, then evenly spread arguments.

The sweeps: reciprocal over [1, 2) and on the border of the subnormals, rsqrt over [1, 4), exp2 over [1/2, 2), [-2, -1)
and from -128 to -256. Each takes as many mantissas of the octave as the budget allows, and all that border on a segment.
Every mantissa, two minutes:  make tb-special PARAMETERS=Vectors=8388608
"""

import cocotb
import numpy as np

from models import special
from tb import sample, vectors
from tb.operands import SPECIAL
from tb.stream import numpy_rng

TOPLEVEL = "feed_special"
PARAMETERS = {"verilator": [{"Vectors": 1 << 20}], "icarus": [{"Vectors": 1 << 13}]}
OCTAVE = 1 << 23
ONE = 0x3F800000


async def run(dut, function: np.ndarray, x: np.ndarray):
    expected = np.zeros(len(x), np.uint32)
    for code in range(4):
        expected[function == code] = special.special(x[function == code], code)
    await vectors.compare(dut, vectors.fields(function.astype(np.uint8), x), vectors.fields(expected))
    sample.special(function, x, expected)


def interval(first: int) -> np.ndarray:
    """Bit patterns of an octave: evenly spread ones, and those beside the borders of segments."""
    even = np.arange(0, OCTAVE, max(1, OCTAVE // vectors.budget()))
    if len(even) == OCTAVE:
        return (first + even).astype(np.uint32)
    borders = (np.arange(0, OCTAVE, 1 << 16)[:, None] + [-1, 0, 1]).ravel()
    return (first + np.concatenate([even[: len(even) - len(borders)], borders])).astype(np.uint32)


@cocotb.test()
async def special_values_in_every_function(dut):
    around_integers = np.arange(-160, 160, dtype=np.float32).view(np.uint32)
    x = np.concatenate([SPECIAL, around_integers - 1, around_integers, around_integers + 1])
    await run(dut, np.repeat(np.arange(4), len(x)), np.tile(x, 4))


@cocotb.test()
async def functions_alternate_on_random_patterns(dut):
    count = min(vectors.budget(), 500_000)
    x = numpy_rng("x").integers(0, 1 << 32, count, dtype=np.uint32)
    # Half of them in the range where exp2 is neither 0 nor infinity.
    moderate = (x & np.uint32(0x80FFFFFF)) + (numpy_rng("field").integers(100, 135, count).astype(np.uint32) << 23)
    x = np.where(numpy_rng("which").random(count) < 0.5, moderate, x)
    await run(dut, numpy_rng("function").integers(0, 4, count), x)


@cocotb.test()
@cocotb.parametrize(
    (
        ("function", "first"),
        [
            (special.RECIPROCAL, ONE),
            (special.RECIPROCAL, 0xFE800000),  # results on the border of the subnormals
            (special.RSQRT, ONE),
            (special.RSQRT, ONE + OCTAVE),
            (special.EXP2, ONE),
            (special.EXP2, ONE - OCTAVE),
            (special.EXP2, 0xBF800000),
            (special.EXP2, 0xC3000000),  # from -128 to -256, by way of the smallest subnormal
        ],
    )
)
async def sweep_of_an_octave(dut, function, first):
    x = interval(first)
    await run(dut, np.full(len(x), function), x)
