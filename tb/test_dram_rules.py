"""tb/dram.sv over long runs: linear streams against their bars, and the checker of its commands against a controller that breaks a rule.

Which timings are checked, a test shows by giving the controller one that is too short: the checker must name it.
"""

import re
from pathlib import Path

import cocotb

from tb import dram_bench, dram_checker
from tb.dram_bench import Traffic, check_commands
from tb.dram_presets import settings
from tb.stream import numpy_rng, parameter

TOPLEVEL = "dram_tb"
SIMULATORS = {"verilator": "a million clocks take Icarus half an hour"}
PARAMETERS = [{"PortBytes": 8}, {"PortBytes": 16}, {"PortBytes": 32}]
BARS = {"hbm3": 0.99, "lpddr5": 0.99, "ddr4-2400": 0.945, "ddr4-3200": 0.94}


@cocotb.test()
@cocotb.parametrize(memory=list(BARS))
async def linear_stream_reaches_its_bar(dut, memory):
    port_bytes = parameter("PortBytes")
    played = await dram_bench.play(dut, memory + " log=1", port_bytes, dram_bench.linear(60000))
    cocotb.log.info("%s: %.2f %% %s", memory, 100 * played.share, played.counts)
    check_commands(memory, played)
    assert played.share >= BARS[memory]


RULES = {
    "tRCD": "tRCD",
    "tRCDWR": "tRCD",
    "tRP": "tRP",
    "tRAS": "tRAS",
    "tRC": "tRC",
    "tRRDS": "tRRD_S",
    "tFAW": "tFAW",
    "tCCDS": "tCCD_S",
}
RULES |= {
    "tCCDL": "tCCD_L",
    "tRTP": "tRTP",
    "tWRP": "tWR",
    "tRTW": "turn-around",
    "tWTRS": "tWTR_S",
    "tWTRL": "tWTR_L",
    "tRFC": "tRFC",
}
RULES |= {"tRREFD": "tRREFD", "tPPD": "tPPD", "tREFI": "owed"}
WHERE = {  # the memory in which a rule binds, where HBM3 is none
    "tRC": "hbm3 tRC=60",  # else it is tRAS + tRP
    "tFAW": "ddr4-2400",  # in HBM3 it is less than 4 tRRD
    "tCCDS": "ddr4-2400",  # of a clock on 32 bytes, as is the next
    "tPPD": "hbm3 tPPD=10",
}


@cocotb.test()
@cocotb.parametrize(broken=list(RULES))
async def broken_rule_is_seen(dut, broken):
    """The controller believes in a timing that is too short (refreshes too rare), and the checker finds out."""
    chosen = settings(WHERE.get(broken, "hbm3") + " log=1", parameter("PortBytes"))
    value = int(re.search(rf"^{broken} (\d+)$", chosen.text, re.MULTILINE)[1])
    text = chosen.text.replace(f"{broken} {value}\n", f"{broken} {value * 4 if broken == 'tREFI' else value // 2}\n")
    traffic = Traffic(numpy_rng(), 300)
    await dram_bench.play_text(dut, text, traffic.reads, traffic.writes, 16, 8)
    try:
        dram_checker.check(Path("dram_commands0.txt"), chosen)
    except dram_checker.Violation as violation:
        assert RULES[broken] in str(violation), violation
    else:
        raise AssertionError(f"nobody saw {broken}")
