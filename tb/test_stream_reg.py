"""srn_stream_reg against a two-entry queue: words in order under stalls on either side, and every cycle's outputs."""

from collections import deque

import cocotb
import numpy as np

from tb.stream import cycles, numpy_rng, parameter, put, start, take

PARAMETERS = [{"Width": 16}, {"Width": 1}]
DRAIN = 8  # clocks at the end in which all that is held leaves


@cocotb.test()
@cocotb.parametrize(stall_in=[0.0, 0.5], stall_out=[0.0, 0.5])
async def words_come_out_in_order(dut, stall_in, stall_out):
    words = [int(word) for word in numpy_rng().integers(0, 1 << parameter("Width"), 500)]
    await start(dut)
    cocotb.start_soon(put(dut, "in", words, stall_in))
    assert await take(dut, "out", len(words), stall_out) == words


@cocotb.test()
@cocotb.parametrize(offered=[0.2, 0.9, 1.0], taken=[0.2, 0.9, 1.0])
async def every_cycle_is_as_the_model_says(dut, offered, taken):
    random, draining = numpy_rng(), np.arange(500) >= 500 - DRAIN
    inputs = {
        "in_valid_i": (random.random(500) < offered) & ~draining,
        "in_data_i": random.integers(0, 1 << parameter("Width"), 500),
        "out_ready_i": (random.random(500) < taken) | draining,
    }
    await start(dut)
    seen = await cycles(dut, inputs, ["in_ready_o", "out_valid_o", "out_data_o"])
    seen["out_data_o"] = [data if valid else None for valid, data in zip(seen["out_valid_o"], seen["out_data_o"])]
    expected = model(inputs)
    assert seen == expected
    if offered == taken == 1.0:
        assert sum(expected["out_valid_o"]) == 500 - DRAIN  # a word every cycle


def model(inputs):
    held = deque()
    seen = {"in_ready_o": [], "out_valid_o": [], "out_data_o": []}
    for valid, data, ready in zip(*inputs.values()):
        for name, value in zip(seen, [len(held) < 2, bool(held), held[0] if held else None]):
            seen[name].append(value)
        room = len(held) < 2
        if ready and held:
            held.popleft()
        if valid and room:
            held.append(int(data))
    return seen
