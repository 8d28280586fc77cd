"""srn_fifo against a deque: words in order under stalls on either side, and every output in every cycle."""

from collections import deque

import cocotb
import numpy as np

from tb.stream import cycles, numpy_rng, parameter, put, start, take

PARAMETERS = [{"Width": 32, "Depth": 4}, {"Width": 9, "Depth": 5}, {"Width": 1, "Depth": 2}]
DRAIN = 8  # clocks at the end in which all that is held leaves


@cocotb.test()
@cocotb.parametrize(stall_in=[0.0, 0.5], stall_out=[0.0, 0.5])
async def words_come_out_in_order(dut, stall_in, stall_out):
    words = [int(word) for word in numpy_rng().integers(0, 1 << parameter("Width"), 500)]
    await start(dut)
    cocotb.start_soon(put(dut, "in", words, stall_in))
    assert await take(dut, "out", len(words), stall_out) == words


@cocotb.test()
@cocotb.parametrize(offered=[0.2, 0.5, 0.9], taken=[0.2, 0.5, 0.9])
async def every_cycle_is_as_the_model_says(dut, offered, taken):
    random, draining = numpy_rng(), np.arange(500) >= 500 - DRAIN
    inputs = {
        "in_valid_i": (random.random(500) < offered) & ~draining,
        "in_data_i": random.integers(0, 1 << parameter("Width"), 500),
        "out_ready_i": (random.random(500) < taken) | draining,
    }
    await start(dut)
    seen = await cycles(dut, inputs, ["in_ready_o", "out_valid_o", "out_data_o", "count_o"])
    seen["out_data_o"] = [data if valid else None for valid, data in zip(seen["out_valid_o"], seen["out_data_o"])]
    assert seen == model(inputs, parameter("Depth"))


def model(inputs, depth):
    held = deque()
    seen = {"in_ready_o": [], "out_valid_o": [], "out_data_o": [], "count_o": []}
    for valid, data, ready in zip(*inputs.values()):
        for name, value in zip(seen, [len(held) < depth, bool(held), held[0] if held else None, len(held)]):
            seen[name].append(value)
        room = len(held) < depth
        if ready and held:
            held.popleft()
        if valid and room:
            held.append(int(data))
    return seen
