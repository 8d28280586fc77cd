"""tb/dram.sv as each memory: contents against a model, the commands against every timing of the preset; linear streams against their bars.

Which timings are checked, a test shows by giving the controller one that is too short: the checker must name it.
"""

import re
from pathlib import Path

import cocotb
import numpy as np

from tb import dram_bench, dram_checker
from tb.dram_presets import PRESETS, settings
from tb.memory_bench import image
from tb.stream import numpy_rng, parameter

TOPLEVEL = "dram_tb"
PARAMETERS = {
    "verilator": [{"PortBytes": 8}, {"PortBytes": 16}, {"PortBytes": 32}],
    "icarus": [{"PortBytes": 8}, {"PortBytes": 16}],
}
BEATS = 65536
BLOCK = 128  # beats, in which a burst lies: 4 KiB at most
BARS = {"hbm3": 0.99, "lpddr5": 0.99, "ddr4-2400": 0.945, "ddr4-3200": 0.94}


def check_commands(memory: str, played: dram_bench.Played) -> None:
    """The commands of all channels are legal and as many as the statistics say."""
    chosen = settings(memory, parameter("PortBytes"))
    found = sum(
        (dram_checker.check(Path(f"dram_commands{i}.txt"), chosen) for i in range(chosen.preset.channels)),
        start=dram_checker.Counter(),
    )
    counted = {"RD": "reads", "WR": "writes", "ACT": "activates"}
    assert {kind: found[kind] for kind in counted} == {kind: played.counts[name] for kind, name in counted.items()}
    late = found["REFAB"] + found["REFPB"] - played.counts["refreshes"]
    assert 0 <= late <= chosen.preset.channels  # one may come between the dump and now


class Traffic:
    """Random requests in phases: those of one phase touch different blocks, and wait for what of the phase before they may meet."""

    def __init__(self, rng: np.random.Generator, phases: int, span: int = BEATS):
        self.port_bytes = parameter("PortBytes")
        self.memory = image(self.port_bytes, BEATS).copy()
        self.reads, self.writes = [], []
        self.expected = {0: [], 1: []}  # id -> (beat) values, in order
        word = 1
        for _ in range(phases):
            answered, done = len(self.writes), len(self.reads)
            blocks = rng.permutation(span // BLOCK)
            for i in range(int(rng.integers(1, 8))):
                beat, beats = self._burst(rng, blocks[i])
                self.reads.append((int(rng.integers(2)), beat, beats, answered))
                self.expected[self.reads[-1][0]] += [(b, self.memory[b].tobytes()) for b in range(beat, beat + beats)]
            for i in range(8, 8 + int(rng.integers(0, 6))):
                beat, beats = self._burst(rng, blocks[i])
                self.writes.append((0, beat, beats, done))
                data = dram_bench.written(word, beats, self.port_bytes)
                first = dram_bench.written(word, beats, self.port_bytes)[:, :8].copy().view("<u8")[:, 0]
                strobes = (first[:, None] >> np.arange(24, 24 + self.port_bytes, dtype=np.uint64)) & np.uint64(1)
                self.memory[beat : beat + beats] = np.where(
                    strobes.astype(bool), data, self.memory[beat : beat + beats]
                )
                word += beats * self.port_bytes // 8

    @staticmethod
    def _burst(rng, block: int) -> tuple[int, int]:
        beats = int(rng.choice([1, 2, int(rng.integers(1, 64)), 64]))
        return BLOCK * int(block) + int(rng.integers(0, BLOCK - beats)), beats


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
