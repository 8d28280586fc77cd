"""Benches that pass whatever the design does, each in a way that has been found in a real project.

tests/test_guards.py runs them on a counter that goes wrong (srn_throwaway with Step=2), sees all of them pass, and
shows that verify/guards.py refuses each.
"""

import cocotb
from cocotb.triggers import FallingEdge

from tb.stream import clocks, start

TOPLEVEL = "srn_throwaway"
DEFINED_WHEN = {"never_reset_o": None}


async def third(dut):
    await start(dut)
    await clocks(dut, 3)
    await FallingEdge(dut.clk_i)


@cocotb.test()
async def compares_x_with_x(dut):
    await third(dut)
    before = dut.never_reset_o.value
    assert dut.never_reset_o.value == before


@cocotb.test()
async def expects_what_the_design_says(dut):
    await third(dut)
    expected = [int(dut.value_o.value)]
    seen = [int(dut.value_o.value)]
    assert seen == expected


@cocotb.test()
async def tolerates_anything(dut):
    await third(dut)
    assert abs(int(dut.value_o.value) - 3) < 1000


@cocotb.test()
async def asserts_nothing(dut):
    await third(dut)
    cocotb.log.info("the count is %s", dut.value_o.value)


@cocotb.test()
async def asserts_a_constant(dut):
    await third(dut)
    assert True


@cocotb.test()
async def leaves_the_design_alone(dut):
    assert sum(range(4)) == 6
