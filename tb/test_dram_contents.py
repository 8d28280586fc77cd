"""tb/dram_contents.sv: beats anywhere in an image of many GiB, pages dropped and kept in a pool of a few, a dump, a second load; against bytes in a dictionary.

The image is sparse on disc: it costs a few pages and no time.
"""

import os
import time
from pathlib import Path

import cocotb
import numpy as np

from tb import dram_bench
from tb.stream import numpy_rng, parameter

TOPLEVEL = "dram_tb"
PARAMETERS = {
    "verilator": [{"PortBytes": size, "DramBeats": 0, "PoolPages": 4} for size in (16, 32)],
    "icarus": [{"PortBytes": 16, "DramBeats": 0, "PoolPages": 4}],
}

PAGE = 4096  # beats
GIB = 1 << 30
TAIL = 11  # bytes of the image's last beat


class Memory:
    """What each beat holds, kept for those that are not zero. `places`: pages all over the image, the last one is cut short by its end."""

    def __init__(self, rng: np.random.Generator, image_bytes: int):
        self.rng, self.size = rng, parameter("PortBytes")
        self.bytes = image_bytes + 1000 * self.size + TAIL
        last = self.bytes // self.size // PAGE
        borders = [n * GIB // self.size // PAGE for n in (1, 2, 4, 32)]  # $fseek, $ftell and `int` have bounds there
        self.places = sorted(
            {0, last, *borders, *(page - 1 for page in borders), *map(int, rng.integers(last, size=8))}
        )
        self.beats: dict[int, bytes] = {}
        self._write_image()

    def _write_image(self) -> None:
        """image.bin: random beats at the ends of each page that is in it, and nothing between."""
        with open("image.bin", "wb") as image:
            image.truncate(self.bytes)
            for page in self.places:
                for beat in (page * PAGE, page * PAGE + PAGE - 1, self.bytes // self.size):
                    data = (
                        self.rng.bytes(min(self.size, self.bytes - beat * self.size))
                        if beat * self.size < self.bytes
                        else b""
                    )
                    image.seek(beat * self.size)
                    image.write(data)
                    self.beats[beat] = data.ljust(self.size, b"\0")
        assert os.stat("image.bin").st_blocks * 512 < 16 << 20, "the image is not sparse on this disc"

    def at(self, first: int, beats: int) -> list[bytes]:
        return [self.beats.get(beat, bytes(self.size)) for beat in range(first, first + beats)]

    def write(self, first: int, data: np.ndarray) -> None:
        self.beats |= {first + i: row.tobytes() for i, row in enumerate(data)}


def seen() -> list[bytes]:
    """The beats read, in order."""
    lines = [line.split() for line in Path("data.txt").read_text().splitlines()]
    assert all(int(response, 16) == 0 for _, response, _ in lines)
    return [bytes.fromhex(data)[::-1] for _, _, data in lines]


@cocotb.test()
async def a_beat_of_gigabytes_is_there_in_seconds(dut):
    """The last of 4 GiB, in processor time since the simulation began."""
    model = Memory(numpy_rng(), 4 * GIB)
    last = model.bytes // model.size
    await dram_bench.play(dut, "ideal", model.size, [(0, last, 1, 0)], load_i=1, log_i=1)
    assert seen() == model.at(last, 1)
    Path("image.bin").unlink()
    seconds = time.process_time()
    cocotb.log.info("4 GiB: %.2f s from the start of the simulation to the last beat", seconds)
    assert seconds < 10


@cocotb.test()
@cocotb.parametrize((("memory", "gib"), [("ideal", 33), ("hbm3", 5)]))
async def gigabytes_in_a_pool_of_few_pages(dut, memory, gib):
    """Reads everywhere, writes in as many pages as the pool can keep less one, reads of all in another order. Each test loads another image."""
    rng, pool = numpy_rng(), parameter("PoolPages") - 1
    model = Memory(rng, gib * GIB)
    beyond = model.places[-1] + 1
    reads, writes, expected, word = [], [], [], 1

    def read(page, first=0, beats=16):
        reads.append((0, page * PAGE + first, beats, len(writes)))
        expected.extend(model.at(page * PAGE + first, beats))

    def sweep(pages):
        for page in rng.permutation([*model.places, beyond])[:pages]:
            read(int(page))
            read(int(page), PAGE - 16)

    sweep(len(model.places) + 1)
    read(model.places[-1], 1000 // 16 * 16)  # over the end of the file
    kept = [int(page) for page in rng.permutation([*model.places, beyond])[: pool - 1]]
    for page in kept + kept:
        first = page * PAGE + 8 * int(rng.integers(PAGE // 8))
        writes.append((0, first, 8, len(reads)))
        model.write(first, dram_bench.written(word, 8, model.size))
        word += 8 * model.size // 8
        read(page, first % PAGE, 8)
        sweep(pool + 1)
    for _, first, beats, _ in writes:
        read(first // PAGE, first % PAGE, beats)
    base = kept[0] * PAGE - min(PAGE, kept[0] * PAGE)
    inputs = {"load_i": 1, "log_i": 1, "dump_base_i": base, "dump_beats_i": 3 * PAGE}
    await dram_bench.play(dut, memory, model.size, reads, writes, 16, 8, **inputs)
    found = seen()
    wrong = [i for i, (a, b) in enumerate(zip(found, expected, strict=True)) if a != b]
    assert not wrong, f"{len(wrong)} of {len(expected)} beats differ, the first is {wrong[0]}"
    dumped = Path("dump.bin").read_bytes()
    assert dumped == b"".join(model.at(base, 3 * PAGE)), "the dump is not what was written and read"
    Path("image.bin").unlink()  # a copy of this folder might not be sparse


@cocotb.test()
async def a_load_forgets_what_was_read_and_written(dut):
    rng = numpy_rng()
    for _ in range(2):
        model = Memory(rng, GIB)
        reads, writes = [(0, 0, 1, 0), (0, PAGE, 8, 0)], [(0, PAGE, 8, 2)]
        await dram_bench.play(dut, "ideal", model.size, reads, writes, load_i=1, log_i=1)
        assert seen() == model.at(0, 1) + model.at(PAGE, 8)
    Path("image.bin").unlink()
