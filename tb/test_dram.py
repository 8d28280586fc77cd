"""tb/dram.sv as each memory: contents against a model, and the commands against every timing of the preset."""

from pathlib import Path

import cocotb
import numpy as np

from tb import dram_bench
from tb.dram_bench import BEATS, Traffic, check_commands
from tb.dram_presets import PRESETS
from tb.memory_bench import image
from tb.stream import numpy_rng, parameter

TOPLEVEL = "dram_tb"
PARAMETERS = {
    "verilator": [{"PortBytes": 8}, {"PortBytes": 16}, {"PortBytes": 32}],
    "icarus": [{"PortBytes": 16}],
}


@cocotb.test()
@cocotb.parametrize(memory=["ideal", *PRESETS, "hbm3 channels=2 refresh=all-bank", "lpddr5 channels=2 tRFCpb=300"])
async def contents_are_right_and_commands_are_legal(dut, memory):
    rng = numpy_rng()
    if memory != "ideal":
        memory += " log=1"
    traffic = Traffic(rng, 150)
    port_bytes = parameter("PortBytes")
    Path("image.bin").write_bytes(image(port_bytes, BEATS).tobytes())
    inputs = {"load_i": 1, "log_i": 1, "random_strobes_i": 1, "dump_beats_i": BEATS, "seed_i": int(rng.integers(2**32))}
    inputs |= {"stall_i": int(rng.choice([0, 30])), "interleave_i": int(rng.integers(2))}
    played = await dram_bench.play(dut, memory, port_bytes, traffic.reads, traffic.writes, 16, 8, **inputs)
    seen = {0: [], 1: []}
    for line in Path("data.txt").read_text().splitlines():
        id, response, data = line.split()
        assert int(response, 16) == 0
        seen[int(id)].append(bytes.fromhex(data)[::-1])
    for id, values in seen.items():
        assert values == [data for _, data in traffic.expected[id]], f"id {id} read something else"
    dumped = np.frombuffer(Path("dump.bin").read_bytes(), np.uint8).reshape(BEATS, port_bytes)
    wrong = np.flatnonzero((dumped != traffic.memory).any(axis=1))
    assert not len(wrong), f"{len(wrong)} beats differ at the end, the first is {wrong[0]}"
    if memory != "ideal":
        check_commands(memory, played)
