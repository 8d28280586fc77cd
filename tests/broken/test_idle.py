"""Benches that compare with a model, and have nothing to compare: each must fail."""

import cocotb

from tb.scoreboard import Scoreboard
from tb.stream import StreamMonitor, cycles, pipeline, start, take

TOPLEVEL = "srn_rude"


@cocotb.test()
async def no_words(dut):
    await start(dut)
    assert await take(dut, "out", 0) == []


@cocotb.test()
async def no_cycles(dut):
    await start(dut)
    assert await cycles(dut, {"in_data_i": []}, ["out_data_o"]) == {"out_data_o": []}


@cocotb.test()
async def no_sets(dut):
    await start(dut)
    assert await pipeline(dut, {"in_data_i": []}, ["out_data_o"], latency=0) == {"out_data_o": []}


@cocotb.test()
async def no_transactions(dut):
    await start(dut)
    board = Scoreboard(dut)
    board.expect(StreamMonitor(dut, "out"), [])
    board.finish(compared=0)
