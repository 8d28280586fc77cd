"""tb/dram.sv as a timed DRAM."""

import cocotb

from tb import dram_bench
from tb.stream import parameter

TOPLEVEL = "dram_tb"
PARAMETERS = [{"PortBytes": 16}]


@cocotb.test()
@cocotb.parametrize(memory=["hbm3", "lpddr5", "ddr4-2400", "ddr4-3200", "hbm3 refresh=off", "hbm3 refresh=all-bank"])
async def linear(dut, memory):
    played = await dram_bench.play(dut, memory, parameter("PortBytes"), dram_bench.linear(60000))
    cocotb.log.info("%s: %.2f %% %s", memory, 100 * played.share, played.counts)
