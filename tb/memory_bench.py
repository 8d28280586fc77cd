"""What the benches of the memory side share: commands, DRAM images, the files and the log of tb/memory_tb.sv."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cocotb.triggers import RisingEdge

from models import isa
from models.config import Config
from models.simulator import Simulator, Writes
from tb.stream import clocks, parameter, start
from tb.words import pack_fields

STREAM_CMD = {"slot": 4, "int8": 1, "dram": 32, "tile_stride": 24, "tiles": 20, "ksteps": 12}
DMA_CMD = {"slot": 4, "kind": 2, "dram": 32, "dram_stride": 24, "local_addr": 20, "local_stride": 16}
DMA_CMD |= {"cols": 16, "rows": 10, "first": 20, "ksteps": 6}
LOAD, STORE, STORE_TILE, PROGRAM = range(4)
STREAM, DMA = range(2)  # AXI ids

DRAM_BEATS, VMEM_WORDS, AMEM_BLOCKS, IMEM_WORDS = 16384, 1024, 1024, 512  # defaults of memory_tb


def image(port_bytes: int, beats: int = DRAM_BEATS) -> np.ndarray:
    """uint8 (beats, port_bytes): every eight bytes are a function of their address, and no two are equal."""
    words = np.arange(1, beats * port_bytes // 8 + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return words.view(np.uint8).reshape(beats, port_bytes)


def stream_beats(command: dict) -> np.ndarray:
    """Beat addresses of a stream command, in order."""
    beats = command["ksteps"] * (33 if command["int8"] else 17)
    tiles = np.arange(command["tiles"])[:, None] * command["tile_stride"]
    return (command["dram"] + tiles + np.arange(beats)).reshape(-1)


def bursts(addresses: np.ndarray, max_burst: int) -> list[tuple[int, int]]:
    """(address, beats) of the bursts that read `addresses`: cut where they jump and at multiples of max_burst."""
    cut = np.flatnonzero((np.diff(addresses) != 1) | (addresses[1:] % max_burst == 0)) + 1
    return [(int(part[0]), len(part)) for part in np.split(addresses, cut)]


class Bench:
    """The bench around a memory_tb, and the same memories in the instruction-set simulator."""

    def __init__(self, dut, rng: np.random.Generator):
        self.dut = dut
        self.port_bytes = parameter("PortBytes")
        self.lanes = self.port_bytes // 2
        config = Config("bench", self.port_bytes, 2, VMEM_WORDS, AMEM_BLOCKS, IMEM_WORDS, 512)
        self.model = Simulator(config, image(self.port_bytes).reshape(-1).copy())
        self.model.vmem[:] = rng.integers(0, 2**32, self.model.vmem.shape, np.uint32)
        self.model.amem_elements[:] = rng.integers(-128, 128, self.model.amem_elements.shape, np.int8)
        self.model.amem_scales[:] = rng.integers(0, 256, self.model.amem_scales.shape, np.uint8)

    async def begin(self, **settings):
        """Reset with these inputs, all commands clear to start, and give the memories their contents."""
        dut = self.dut
        words = self.model.vmem.view(np.uint8).reshape(VMEM_WORDS, -1)[:, ::-1]
        blocks = np.hstack([self.model.amem_scales[:, None], self.model.amem_elements.view(np.uint8)[:, ::-1]])
        Path("vmem.bin").write_bytes(words.tobytes())
        Path("amem.bin").write_bytes(blocks.tobytes())
        Path("image.bin").write_bytes(self.model.dram.tobytes())
        await start(dut)
        dut.dma_clear_i.value = dut.stream_clear_i.value = 0xFFFF
        dut.beats_wanted_i.value = dut.dones_wanted_i.value = 0xFFFFFFFF
        dut.dram_dump_beats_i.value = DRAM_BEATS
        for name, value in settings.items():
            getattr(dut, name).value = value
        dut.load_i.value = 1
        await clocks(dut, 2)
        dut.load_i.value = 0

    async def reach(self, what: str, count: int):
        """Wait until that many beats or completions have been; Python sleeps meanwhile."""
        getattr(self.dut, f"{what}_wanted_i").value = count
        await clocks(self.dut, 1)
        reached = getattr(self.dut, f"{what}_reached_o")
        if not int(reached.value):
            await RisingEdge(reached)
        await clocks(self.dut, 1)  # so that the other counts of that edge are there on either simulator

    async def flush(self):
        self.dut.dump_i.value = 1
        await clocks(self.dut, 1)
        self.dut.dump_i.value = 0
        await clocks(self.dut, 1)

    def execute(self, name: str, **operands) -> Writes:
        """Run an instruction on the model; operands of any size."""
        fields = {}
        for i, (key, value) in enumerate(operands.items(), 1):
            if key + "_reg" in isa.FIELDS[name]:
                fields[key + "_reg"], self.model.registers[i] = i, int(value)
            else:
                fields[key] = int(value)
        return getattr(self.model, "_" + name)(isa.make(name, **fields))

    @staticmethod
    def instructions() -> np.ndarray:
        """uint8 (instructions, 32) of the dumped instruction memory."""
        return np.array([list(bytes.fromhex(line)[::-1]) for line in Path("imem.txt").read_text().split()], np.uint8)

    def check_memories(self) -> int:
        """The dumped memories against the model's; how many bytes were equal."""
        dram = np.frombuffer(Path("dump.bin").read_bytes(), np.uint8)
        text = "".join(reversed(Path("vmem.txt").read_text().split()))
        vmem = np.frombuffer(bytes.fromhex(text)[::-1], np.uint32)
        wrong = np.flatnonzero(vmem != self.model.vmem)
        assert not len(wrong), f"VMEM differs in {len(wrong)} elements, the first is {wrong[0]}"
        wrong = np.flatnonzero(dram != self.model.dram)
        assert not len(wrong), f"DRAM differs in {len(wrong)} bytes, the first is of beat {wrong[0] // self.port_bytes}"
        return dram.nbytes + vmem.nbytes


_HEXADECIMAL = {"vmem": 2, "write": 2, "data": 1}  # from which number on


@dataclass
class Log:
    """events.txt since the last reset (and up to the last dump): lists of tuples of ints, the cycle first."""

    events: dict[str, list[tuple[int, ...]]]

    @classmethod
    def read(cls) -> "Log":
        events = {}
        for line in _since_reset("events.txt"):
            cycle, kind, *rest = line.split()
            numbers = [int(word, 16 if i >= _HEXADECIMAL.get(kind, len(rest)) else 10) for i, word in enumerate(rest)]
            events.setdefault(kind, []).append((int(cycle), *numbers))
        return cls(events)

    def __getitem__(self, kind: str) -> list[tuple[int, ...]]:
        return self.events.get(kind, [])


def beats_taken(port_bytes: int) -> np.ndarray:
    """uint8 (beats, port_bytes) of beats.txt."""
    text = "".join(reversed(_since_reset("beats.txt")))
    return np.frombuffer(bytes.fromhex(text)[::-1], np.uint8).reshape(-1, port_bytes)


def _since_reset(name: str) -> list[str]:
    return Path(name).read_text().rpartition("reset\n")[2].split("\n")[:-1]


def stream_cmd(**fields) -> int:
    return pack_fields(fields, STREAM_CMD)


def dma_cmd(**fields) -> int:
    return pack_fields(dict.fromkeys(DMA_CMD, 0) | fields, DMA_CMD)
