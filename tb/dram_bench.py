"""What benches of the DRAM share: playing requests with tb/dram_tb.sv, its statistics."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cocotb.triggers import RisingEdge

from tb import dram_presets
from tb.stream import clocks, start

Request = tuple[int, int, int, int]  # id, beat, beats, after: bursts of the other kind answered before it


@dataclass
class Played:
    """`clocks` from the first address to the last answer; the channels' statistics, summed; `peak`: share of the bus used."""

    clocks: int
    counts: dict[str, int]
    beats: int

    @property
    def share(self) -> float:
        return self.beats / self.clocks


def _write(name: str, requests: list[Request]) -> None:
    Path(name).write_text("".join("%x %x %x %x\n" % request for request in requests))


async def play(dut, memory: str, port_bytes: int, reads=(), writes=(), max_reads=64, max_writes=16, **inputs) -> Played:
    """Reset with this memory, and its contents from image.bin if `load_i` is given; play, dump."""
    Path("dram.txt").write_text(dram_presets.settings(memory, port_bytes).text)
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
    await RisingEdge(dut.done_o)
    await clocks(dut, 2)
    dut.dump_i.value = 1
    await clocks(dut, 1)
    dut.dump_i.value = 0
    await clocks(dut, 2)
    beats = int(dut.read_beats_o.value) + int(dut.write_beats_o.value)
    return Played(int(dut.span_o.value), statistics(Path("dram_stats.txt")), beats)


def statistics(path: Path) -> dict[str, int]:
    """What a dump left, summed over channels (clocks: of one). Nothing for the ideal memory."""
    if not path.exists():
        return {}
    total = {}
    for line in path.read_text().splitlines():
        words = line.split()[2:]
        for name, value in zip(words[::2], words[1::2], strict=True):
            total[name] = int(value) if name == "clocks" else total.get(name, 0) + int(value)
    return total


def linear(beats: int, burst: int = 16, first: int = 0, id: int = 0) -> list[Request]:
    return [(id, first + i, burst, 0) for i in range(0, beats, burst)]


def written(first_word: int, beats: int, port_bytes: int) -> np.ndarray:
    """uint8 (beats, port_bytes): what the player writes, from its word `first_word` on."""
    words = np.arange(first_word, first_word + beats * port_bytes // 8, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return words.view(np.uint8).reshape(beats, port_bytes)
