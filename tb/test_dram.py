"""tb/dram.sv as each memory: contents against a model, and the commands against every timing of the preset."""

import cocotb

from tb.dram_bench import check_traffic
from tb.dram_presets import PRESETS
from tb.stream import icarus, numpy_rng

TOPLEVEL = "dram_tb"
PARAMETERS = {
    "verilator": [{"PortBytes": 8}, {"PortBytes": 16}, {"PortBytes": 32}],
    "icarus": [{"PortBytes": 16}],
}


@cocotb.test()
@cocotb.parametrize(memory=["ideal", *PRESETS, "hbm3 channels=2 refresh=all-bank", "lpddr5 channels=2 tRFCpb=300"])
async def contents_are_right_and_commands_are_legal(dut, memory):
    await check_traffic(dut, memory, numpy_rng(), 60 if icarus() else 150)
