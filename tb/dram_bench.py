"""What benches of the DRAM share: playing requests with tb/dram_tb.sv, its statistics, random traffic, the check of its commands."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from cocotb.triggers import RisingEdge, Timer, with_timeout

from tb import dram_checker, dram_presets
from tb.memory_bench import image
from tb.stream import PERIOD_NS, clocks, parameter, start

PATIENCE_CYCLES = 3_000_000
DRAIN_CYCLES = 5000  # of the write queue, after the last answer

Request = tuple[int, int, int, int]  # id, beat, beats, after: bursts of the other kind answered before it


@dataclass
class Played:
    """`clocks` from the first address to the last answer; each channel's statistics, and summed; beats moved, the most a clock."""

    clocks: int
    counts: dict[str, int]
    channels: list[dict[str, int]]
    beats: int
    peak: float = 1.0

    @property
    def share(self) -> float:
        return self.beats / self.clocks / self.peak


def _write(name: str, requests: list[Request]) -> None:
    Path(name).write_text("".join("{:x} {:x} {:x} {:x}\n".format(*request) for request in requests))


async def play(dut, memory: str, port_bytes: int, *requests, **inputs) -> Played:
    """Reset with this memory, and its contents from image.bin if `load_i` is given; play, dump."""
    chosen = dram_presets.settings(memory, port_bytes)
    return replace(await play_text(dut, chosen.text, *requests, **inputs), peak=float(chosen.peak))


async def play_text(dut, text: str, reads=(), writes=(), max_reads=64, max_writes=16, **inputs) -> Played:
    """The same with the text of a settings file."""
    Path("dram.txt").write_text(text)
    Path("dram_stats.txt").unlink(missing_ok=True)
    _write("reads.txt", reads)
    _write("writes.txt", writes)
    await start(dut)
    for name, value in inputs.items():
        getattr(dut, name).value = value
    dut.max_reads_i.value, dut.max_writes_i.value = max_reads, max_writes
    await clocks(dut, 2)
    dut.load_i.value = 0
    dut.go_i.value = 1
    await clocks(dut, 1)
    dut.go_i.value = 0
    await with_timeout(RisingEdge(dut.done_o), PATIENCE_CYCLES * PERIOD_NS, "ns")
    await Timer(DRAIN_CYCLES * PERIOD_NS, "ns")
    await clocks(dut, 1)  # the timer ends on an edge
    dut.dump_i.value = 1
    await clocks(dut, 1)
    dut.dump_i.value = 0
    await clocks(dut, 2)
    beats = int(dut.read_beats_o.value) + int(dut.write_beats_o.value)
    left = Path("dram_stats.txt")
    return Played(int(dut.span_o.value), dram_presets.statistics(left), dram_presets.each_channel(left), beats)


def linear(beats: int, burst: int = 16, first: int = 0, id: int = 0) -> list[Request]:
    return [(id, first + i, burst, 0) for i in range(0, beats, burst)]


def written(first_word: int, beats: int, port_bytes: int) -> np.ndarray:
    """uint8 (beats, port_bytes): what the player writes, from its word `first_word` on."""
    words = np.arange(first_word, first_word + beats * port_bytes // 8, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return words.view(np.uint8).reshape(beats, port_bytes)


BEATS = 65536
BLOCK = 128  # beats, in which a burst lies: 4 KiB at most


def check_commands(memory: str, played: Played) -> None:
    """The commands of all channels are legal and as many as the statistics say."""
    chosen = dram_presets.settings(memory, parameter("PortBytes"))
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
                data = written(word, beats, self.port_bytes)
                first = written(word, beats, self.port_bytes)[:, :8].copy().view("<u8")[:, 0]
                strobes = (first[:, None] >> np.arange(24, 24 + self.port_bytes, dtype=np.uint64)) & np.uint64(1)
                self.memory[beat : beat + beats] = np.where(
                    strobes.astype(bool), data, self.memory[beat : beat + beats]
                )
                word += beats * self.port_bytes // 8

    @staticmethod
    def _burst(rng, block: int) -> tuple[int, int]:
        beats = int(rng.choice([1, 2, int(rng.integers(1, 64)), 64]))
        return BLOCK * int(block) + int(rng.integers(0, BLOCK - beats)), beats


async def check_traffic(dut, memory: str, rng: np.random.Generator, phases: int) -> Played:
    """Random traffic over both ids: every beat read, and the contents at the end, against a model; every command against the table."""
    if memory != "ideal":
        memory += " log=1"
    traffic = Traffic(rng, phases)
    port_bytes = parameter("PortBytes")
    Path("image.bin").write_bytes(image(port_bytes, BEATS).tobytes())
    inputs = {"load_i": 1, "log_i": 1, "random_strobes_i": 1, "dump_beats_i": BEATS, "seed_i": int(rng.integers(2**32))}
    inputs |= {"stall_i": int(rng.choice([0, 30])), "interleave_i": int(rng.integers(2))}
    played = await play(dut, memory, port_bytes, traffic.reads, traffic.writes, 16, 8, **inputs)
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
    return played
