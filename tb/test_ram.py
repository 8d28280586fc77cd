"""srn_ram against an array: random writes by strobe and reads, half of them of the address being written."""

import cocotb
import numpy as np

from tb.stream import numpy_rng, parameter, pipeline, start

PARAMETERS = [
    {"Width": 32, "Depth": 16, "StrobeW": 8},
    {"Width": 12, "Depth": 5, "StrobeW": 12},
    {"Width": 6, "Depth": 2, "StrobeW": 1},
]


@cocotb.test()
async def reads_return_the_word_before_the_write(dut):
    width, depth, strobe_width = (parameter(name) for name in PARAMETERS[0])
    num_strobes = width // strobe_width
    random = numpy_rng()
    count = 2000
    fill = np.arange(count) < depth  # first every word is written whole
    write_addr = np.where(fill, np.arange(count), random.integers(0, depth, count))
    inputs = {
        "write_valid_i": fill | (random.random(count) < 0.7),
        "write_addr_i": write_addr,
        "write_strobe_i": np.where(fill, (1 << num_strobes) - 1, random.integers(0, 1 << num_strobes, count)),
        "write_data_i": random.integers(0, 1 << width, count),
        # the first read comes when all words are known; the output holds between reads
        "read_valid_i": ~fill & ((random.random(count) < 0.7) | (np.arange(count) == depth)),
        "read_addr_i": np.where(random.random(count) < 0.5, write_addr, random.integers(0, depth, count)),
    }
    await start(dut)
    filling = {name: values[:depth] for name, values in inputs.items()}
    running = {name: values[depth:] for name, values in inputs.items()}
    await pipeline(dut, filling, [], latency=1)
    seen = await pipeline(dut, running, ["read_data_o"], latency=1)
    assert seen["read_data_o"] == model(inputs, depth, num_strobes, strobe_width)[depth:]


def model(inputs, depth, num_strobes, strobe_width):
    words, output, outputs = [0] * depth, 0, []
    for write, write_addr, strobe, data, read, read_addr in zip(*(values.tolist() for values in inputs.values())):
        if read:
            output = words[read_addr]
        if write:
            lanes = sum(
                ((1 << strobe_width) - 1) << (idx * strobe_width) for idx in range(num_strobes) if strobe >> idx & 1
            )
            words[write_addr] = (words[write_addr] & ~lanes) | (data & lanes)
        outputs.append(output)
    return outputs
