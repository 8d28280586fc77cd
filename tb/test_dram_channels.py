"""tb/dram.sv with 4 and 8 channels behind a port: contents, each channel's commands, and a linear stream that all of them share evenly.

A share is of the peak: the slower of the port and the channels together (tb/dram_presets.py). The clocks of a shorter stream, which
opens its first rows and ends as well, are left out, so that a stream may be short enough for Icarus.
"""

import cocotb

from tb import dram_bench
from tb.dram_bench import check_commands, check_traffic
from tb.dram_presets import settings
from tb.stream import numpy_rng, parameter

TOPLEVEL = "dram_tb"
PARAMETERS = {
    "verilator": [{"PortBytes": 16, "NumChannels": 4}, {"PortBytes": 32, "NumChannels": 8}],
    "icarus": [{"PortBytes": 16, "NumChannels": 4}],
}

HBM3_ACCESS = 32  # bytes
FIRST = 1024  # beats of the shorter stream
COUNTED = 4096  # that the longer one has more
OUTSTANDING = 128  # bursts of 16 beats: what the latency takes, in clocks as short as the channels are many


@cocotb.test()
@cocotb.parametrize(part=["hbm3", "lpddr5", "ddr4-3200", "hbm3 refresh=all-bank"])
async def contents_are_right_and_commands_are_legal(dut, part):
    channels = parameter("NumChannels")
    played = await check_traffic(dut, f"{part} channels={channels}", numpy_rng(), 40)
    assert all(channel["reads"] and channel["writes"] for channel in played.channels), "a channel was not used"


@cocotb.test()
async def an_address_has_its_channel(dut):
    """Neighbouring column accesses are in neighbouring channels; each round of them begins with the first."""
    channels, port_bytes = parameter("NumChannels"), parameter("PortBytes")
    beats = HBM3_ACCESS // port_bytes
    for channel in range(channels):
        rounds = numpy_rng().integers(dram_bench.BEATS // beats // channels, size=50)
        reads = [(0, (int(i) * channels + channel) * beats, beats, 0) for i in rounds]
        played = await dram_bench.play(dut, f"hbm3 channels={channels}", port_bytes, reads)
        assert [one["reads"] for one in played.channels] == [len(reads) * (i == channel) for i in range(channels)]


@cocotb.test()
@cocotb.parametrize(
    (
        ("part", "clocks", "bar"),
        [
            ("hbm3", 1, 0.99),  # channels and port are equally fast
            ("lpddr5", 1, 0.99),
            ("hbm3", 0.5, 0.99),  # the port is half as fast,
            ("hbm3", 1.5, 0.99),  # the channels two thirds
        ],
    )
)
async def linear_stream_is_shared_evenly(dut, part, clocks, bar):
    """`clocks`: of the port, in those at which it is as fast as its channels."""
    port_bytes, channels = parameter("PortBytes"), parameter("NumChannels")
    memory = f"{part} channels={channels}"
    if clocks != 1:
        memory += f" clock={float(settings(memory, port_bytes).clock) * clocks:g}"
    first = await dram_bench.play(dut, memory, port_bytes, dram_bench.linear(FIRST), (), OUTSTANDING)
    played = await dram_bench.play(
        dut, memory + " log=1", port_bytes, dram_bench.linear(FIRST + COUNTED), (), OUTSTANDING
    )
    share = COUNTED / (played.clocks - first.clocks) / played.peak
    cocotb.log.info("%s: %.2f %% of peak", settings(memory, port_bytes), 100 * share)
    check_commands(memory, played)
    reads = [channel["reads"] for channel in played.channels]
    assert reads == [sum(reads) // channels] * channels, f"the channels' column reads are {reads}"
    assert share >= bar, f"{100 * share:.2f} % of peak"
