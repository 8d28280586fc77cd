"""srn_dma behind the memory port: memories and traces against the instruction-set simulator; shapes, alignment, overlap of commands, stalls varied."""

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge

from models import tiles
from tb.memory_bench import (
    AMEM_BLOCKS,
    DMA,
    DRAM_BEATS,
    IMEM_WORDS,
    LOAD,
    PROGRAM,
    STORE,
    STORE_TILE,
    STREAM,
    VMEM_WORDS,
    Bench,
    Log,
    beats_taken,
    bursts,
    dma_cmd,
    stream_beats,
    stream_cmd,
)
from tb.stream import clocks, numpy_rng, put

TOPLEVEL = "memory_tb"
PARAMETERS = {
    "verilator": [{"PortBytes": 8}, {"PortBytes": 16}, {"PortBytes": 32}],
    "icarus": [{"PortBytes": 8}, {"PortBytes": 32}],
}
MAX_BURST = 16
SETTLED = 400  # cycles after which nothing more can happen
STEP = tiles.KSTEP_BEATS["mxint8"]


class Work:
    """Random commands that conflict with none of their round, executed on the model as they are made.

    DRAM below its half and VMEM below its quarter are sources, the rest are destinations, handed out in ascending order.
    """

    def __init__(self, bench: Bench, rng):
        self.bench, self.rng = bench, rng
        self.writes = {}  # by slot
        self.new_round()

    def new_round(self):
        self.dram, self.word = DRAM_BEATS // 2, VMEM_WORDS // 4

    def _integer(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def _rows(self, source_words: int, source_beats: int) -> tuple[int, int, int, int]:
        """rows, cols, words and beats of a row; long single rows now and then."""
        lanes = self.bench.lanes
        if self._integer(0, 3) == 0:
            rows, cols = 1, self._integer(1, 40 * lanes)
        else:
            rows, cols = self._integer(1, 8), self._integer(1, 5 * lanes)
        return rows, cols, -(-cols // lanes), -(-cols * 2 // lanes)

    def load(self, slot: int) -> int:
        rows, cols, words, beats = self._rows(0, 0)
        stride = words + self._integer(0, 2)
        dram_stride = int(self.rng.choice([beats, beats, beats + self._integer(0, 40), self._integer(0, beats)]))
        dram = self._integer(0, DRAM_BEATS // 2 - rows * (dram_stride + 1) - beats)
        vmem = self.word * self.bench.lanes
        self.word += rows * stride + self._integer(0, 3)
        assert self.word <= VMEM_WORDS
        fields = {
            "vmem": vmem,
            "vmem_stride": stride,
            "dram": dram,
            "dram_stride": dram_stride,
            "cols": cols,
            "rows": rows,
        }
        self.writes[slot] = self.bench.execute("load", **fields)
        return self._rows_cmd(LOAD, slot, fields)

    def store(self, slot: int) -> int:
        rows, cols, words, beats = self._rows(0, 0)
        stride = self._integer(0, words + 2)
        vmem = self._integer(0, VMEM_WORDS // 4 - rows * stride - words) * self.bench.lanes
        dram_stride = int(self.rng.choice([beats, beats + self._integer(0, 40)]))
        dram = self.dram + self._integer(0, 40)
        self.dram = dram + (rows - 1) * dram_stride + beats
        fields = {
            "vmem": vmem,
            "vmem_stride": stride,
            "dram": dram,
            "dram_stride": dram_stride,
            "cols": cols,
            "rows": rows,
        }
        self.writes[slot] = self.bench.execute("store", **fields)
        return self._rows_cmd(STORE, slot, fields)

    @staticmethod
    def _rows_cmd(kind: int, slot: int, fields: dict) -> int:
        local = {"local_addr": fields["vmem"], "local_stride": fields["vmem_stride"]}
        rest = {key: fields[key] for key in ("dram", "dram_stride", "cols", "rows")}
        return dma_cmd(slot=slot, kind=kind, **local, **rest)

    def store_tile(self, slot: int, count: int = 0, ksteps: int = 0) -> int:
        size = self.bench.port_bytes
        ksteps = ksteps or self._integer(1, 3)
        count = count or int(self.rng.choice([1, self._integer(1, size), self._integer(1, 2 * size)]))
        first, gap = self._integer(0, 4 * size), self._integer(0, 40)
        dram_stride = STEP * ksteps + self._integer(0, 1) * gap
        dram = self.dram - first // size * dram_stride  # so that the first tile written is the next free place
        self.dram += ((first + count - 1) // size - first // size + 1) * dram_stride
        amem_stride = self._integer(0, 4)
        amem = self._integer(0, AMEM_BLOCKS - count * amem_stride - ksteps)
        place = {"dram": dram, "dram_stride": dram_stride, "first": first, "ksteps": ksteps}
        self.writes[slot] = self.bench.execute("store_tile", amem=amem, amem_stride=amem_stride, count=count, **place)
        return dma_cmd(slot=slot, kind=STORE_TILE, local_addr=amem, local_stride=amem_stride, rows=count, **place)

    def any(self, slot: int) -> int:
        return [self.load, self.store, self.store_tile][self._integer(0, 2)](slot)


def check_traces(bench: Bench, log: Log, writes: dict) -> int:
    """What each slot is said to have written, word by word, is what the model wrote; how many elements and bytes."""
    compared = 0
    for slot, expected in writes.items():
        if expected.vmem is not None:
            addresses, values = expected.vmem
            said = {}
            for _, who, word, data, strobe in log["vmem"]:
                if who == slot:
                    for lane in range(bench.lanes):
                        if strobe >> lane & 1:
                            said[word * bench.lanes + lane] = data >> 32 * lane & 0xFFFFFFFF
        else:
            addresses, values = expected.dram
            said = {}
            for _, who, beat, data, strobe in log["write"]:
                if who == slot:
                    for i in range(bench.port_bytes):
                        if strobe >> i & 1:
                            said[beat * bench.port_bytes + i] = data >> 8 * i & 0xFF
        assert said == dict(zip(addresses.tolist(), values.tolist()))
        compared += len(said)
    return compared


@cocotb.test(timeout_time=2, timeout_unit="ms")
@cocotb.parametrize(kind=["load", "store", "store_tile"])
async def all_is_visible_when_it_is_done(dut, kind):
    """One command at a time, and the memories are looked at in the very cycle of its completion."""
    rng = numpy_rng()
    bench = Bench(dut, rng)
    work = Work(bench, rng)
    await bench.begin(dump_on_done_i=1)
    for i in range(10):
        work.new_round()
        cmd = getattr(work, kind)(i)
        await put(dut, "dma_cmd", [cmd])
        await bench.reach("dones", i + 1)
        compared = bench.check_memories()
    await clocks(dut, SETTLED)
    assert dut.dones_o.value == 10 and dut.dma_busy_o.value == 0
    await bench.flush()
    log = Log.read()
    assert [slot for _, slot in log["done"]] == list(range(10))
    cocotb.log.info("%d times %d bytes compared", 10, compared)


@cocotb.test(timeout_time=4, timeout_unit="ms")
async def many_rows_far_apart(dut):
    """The most rows, blocks and k-steps, rows as long as the memory, strides across it; a stride that is not used is anything."""
    rng = numpy_rng()
    bench = Bench(dut, rng)
    work = Work(bench, rng)
    lanes, commands = bench.lanes, []
    await bench.begin(dram_stall_i=20, seed_i=int(rng.integers(2**32)))
    unused = [int(rng.integers(1 << width)) for width in (16, 24)]
    shapes = [(255, 1, 4, 3), (2, lanes, 1000, 5000), (1, 1000 * lanes, *unused), (120, 2 * lanes, 5, 20)]
    for name, kind, dram in (("load", LOAD, 0), ("store", STORE, DRAM_BEATS // 2)):
        for rows, cols, stride, dram_stride in shapes:
            fields = {
                "vmem": 0,
                "vmem_stride": stride,
                "dram": dram,
                "dram_stride": dram_stride,
                "cols": cols,
                "rows": rows,
            }
            work.writes[len(commands)] = bench.execute(name, **fields)
            commands.append(Work._rows_cmd(kind, len(commands), fields))
    for count, ksteps, amem_stride in ((1000, 1, 1), (2, 63, 900), (1, 2, int(rng.integers(1 << 12)))):
        place = {"dram": DRAM_BEATS // 2, "dram_stride": STEP * ksteps, "first": 0, "ksteps": ksteps, "count": count}
        slot = len(commands)
        work.writes[slot] = bench.execute("store_tile", amem=0, amem_stride=amem_stride, **place)
        place["rows"] = place.pop("count")
        commands.append(dma_cmd(slot=slot, kind=STORE_TILE, local_addr=0, local_stride=amem_stride, **place))
    for done, command in enumerate(commands, 1):
        await put(dut, "dma_cmd", [command])
        await bench.reach("dones", done)
    await clocks(dut, SETTLED)
    await bench.flush()
    bench.check_memories()
    assert check_traces(bench, Log.read(), work.writes) > 0


@cocotb.test(timeout_time=2, timeout_unit="ms")
@cocotb.parametrize(stall=[0, 128], local=[0, 128])
async def commands_overlap(dut, stall, local):
    """Rounds of 16 commands, cleared late and in any order if stalled, beside a weight stream, which the dma's reads overtake."""
    rng = numpy_rng()
    bench = Bench(dut, rng)
    work = Work(bench, rng)
    streams = [{"slot": i, "int8": 0, "dram": 340 * i, "tile_stride": 17, "tiles": 20, "ksteps": 1} for i in range(10)]
    await bench.begin(
        dram_stall_i=stall,
        dram_interleave_i=int(stall > 0),
        stall_vmem_i=local,
        stall_share_i=local,
        stall_amem_i=local,
        seed_i=int(rng.integers(2**32)),
    )
    compared = 0
    expected = []
    cocotb.start_soon(put(dut, "stream_cmd", [stream_cmd(**stream) for stream in streams], stall / 256))
    for i in range(3):
        work.new_round()
        work.writes.clear()
        slots = rng.permutation(16).tolist()
        commands = [work.any(slot) for slot in slots]
        expected.append(dict(work.writes))
        if stall:
            dut.dma_clear_i.value = 0
        sender = cocotb.start_soon(put(dut, "dma_cmd", commands, stall / 256))
        cleared = 0
        for slot in slots if stall else []:
            await clocks(dut, int(rng.integers(60)))
            cleared |= 1 << slot
            dut.dma_clear_i.value = cleared
        await sender
        await bench.reach("dones", 16 * (i + 1))
        await bench.flush()
        bench.check_memories()
    await bench.reach("beats", 200 * 17)
    await clocks(dut, SETTLED)
    await bench.flush()
    compared = bench.check_memories()
    log = Log.read()
    done = [event[1] for event in log["done"]]
    assert [sorted(done[16 * i : 16 * i + 16]) for i in range(3)] == [list(range(16))] * 3 and len(done) == 48
    assert dut.port_idle_o.value == 1 and dut.bus_idle_o.value == 1 and dut.dma_busy_o.value == 0
    assert np.array_equal(
        beats_taken(bench.port_bytes),
        bench.model.dram.reshape(-1, bench.port_bytes)[np.concatenate([*map(stream_beats, streams)])],
    )
    # traces: the events of round i lie between its completions
    ends = [0, *(log["done"][16 * i + 15][0] for i in range(3))]
    for i, writes in enumerate(expected):
        part = Log({k: [e for e in v if ends[i] < e[0] <= ends[i + 1]] for k, v in log.events.items()})
        compared += check_traces(bench, part, writes)
    cocotb.log.info("%d bytes and elements compared", compared)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def commands_start_soon(dut):
    """Cycles from a command to its first request, and from the last data to its completion; rows back to back."""
    rng = numpy_rng()
    bench = Bench(dut, rng)
    work = Work(bench, rng)
    lanes = bench.lanes
    await bench.begin()
    rows = {"vmem": 300 * lanes, "vmem_stride": 10, "dram": 1600, "dram_stride": 100, "cols": 8 * lanes, "rows": 3}
    out = rows | {"vmem": 0, "dram": 10000}
    bench.execute("load", **rows)
    bench.execute("store", **out)
    commands = [Work._rows_cmd(LOAD, 0, rows), Work._rows_cmd(STORE, 1, out), work.store_tile(2, 1, 2)]
    for i, command in enumerate(commands):
        await put(dut, "dma_cmd", [command])
        await bench.reach("dones", i + 1)
        await clocks(dut, 50)
    await bench.flush()
    bench.check_memories()
    log = Log.read()
    taken, done = ([event[0] for event in log[kind]] for kind in ("dma", "done"))
    asked, words = [e[0] for e in log["ar"]], [e[0] for e in log["vmem"]]
    assert asked[0] - taken[0] == 2
    assert asked[-1] - asked[0] == len(asked) - 1, "rows are asked for back to back"
    assert words[0] - log["r"][1][0] == 1 and done[0] - words[-1] == 1
    assert words[-1] - words[0] == 2 * (len(words) - 1)
    addresses = [[e[0] for e in log["aw"] if low <= e[0] < high] for low, high in zip(taken[1:], [taken[2], 10**9])]
    data = [[e[0] for e in log["w"] if low <= e[0] < high] for low, high in zip(taken[1:], [taken[2], 10**9])]
    responses = [e[0] for e in log["b"]]
    assert addresses[0][0] - taken[1] == 2 and data[0][0] - taken[1] == 4
    assert data[0][-1] - data[0][0] == 3 * 16 - 1, "a beat a cycle"
    assert addresses[1][0] - taken[2] == 3 and data[1][0] - taken[2] == 4
    assert data[1][-1] - data[1][0] == len(data[1]) - 1 == 2 * (32 // bench.port_bytes + 1) - 1
    assert done[2] == responses[-1] and done[1] in responses
    cocotb.log.info("load %d, store %d, store_tile %d cycles", *(d - t for d, t in zip(done, taken)))


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def reads_ahead_fill_the_buffer(dut):
    """Before the first beat is back, as much is asked for as the buffer holds, and no more."""
    depth = 64  # of srn_dma
    bench = Bench(dut, numpy_rng())
    cols = 100 * bench.lanes // 2  # 100 beats
    bench.execute("load", vmem=0, vmem_stride=0, dram=0, dram_stride=0, cols=cols, rows=1)
    await bench.begin(dram_latency_i=300)
    await put(dut, "dma_cmd", [dma_cmd(kind=LOAD, cols=cols, rows=1)])
    await bench.reach("dones", 1)
    await bench.flush()
    bench.check_memories()
    log = Log.read()
    first = log["r"][0][0]
    assert sum(length + 1 for cycle, _, _, length in log["ar"] if cycle < first) == depth


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def the_program_goes_to_the_instruction_memory(dut):
    rng = numpy_rng()
    bench = Bench(dut, rng)
    parts = 32 // bench.port_bytes
    programs = [(1234, 1), (77, 101), (4096, IMEM_WORDS)]
    await bench.begin(dram_stall_i=30)
    commands = [dma_cmd(slot=i, kind=PROGRAM, dram=dram, cols=n, rows=1) for i, (dram, n) in enumerate(programs)]
    for i, command in enumerate(commands):
        dut.dump_on_done_i.value = 1
        await put(dut, "dma_cmd", [command])
        await bench.reach("dones", i + 1)
        dram, n = programs[i]
        expected = bench.model.dram.reshape(-1, bench.port_bytes)[dram : dram + n * parts].reshape(n, 32)
        assert np.array_equal(bench.instructions()[:n], expected)
    assert [e[1] for e in Log.read()["done"]] == [0, 1, 2]


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def bus_errors_name_the_burst(dut):
    """SLVERR in a window, DECERR beyond the memory; reads and writes; the commands complete all the same."""
    bench = Bench(dut, numpy_rng())
    lanes = bench.lanes
    await bench.begin(dram_error_base_i=1030, dram_error_size_i=4)
    fields = {"local_stride": 1, "dram_stride": 0, "cols": 16 * lanes, "rows": 1, "local_addr": 0}
    commands = [
        dma_cmd(slot=4, kind=STORE, dram=1024, **fields),
        dma_cmd(slot=5, kind=LOAD, dram=1024, **fields),
        dma_cmd(slot=6, kind=STORE, dram=DRAM_BEATS - 16, **fields),
        dma_cmd(slot=7, kind=LOAD, dram=DRAM_BEATS - 1, **fields),
    ]
    for i, command in enumerate(commands):
        await put(dut, "dma_cmd", [command])
        await bench.reach("dones", i + 1)
    await bench.flush()
    errors = [event[1:] for event in Log.read()["error"]]
    beyond = [(DMA, DRAM_BEATS, 7)] * 16 + [(DMA, DRAM_BEATS + 16, 7)] * 15
    assert errors == [(DMA, 1024, 4)] + [(DMA, 1024, 5)] * 4 + [(DMA, DRAM_BEATS, 6)] + beyond


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def stop_closes_the_port(dut):
    """After stop_i what is in flight ends, nothing new begins, and the port goes idle and stays so."""
    bench = Bench(dut, numpy_rng())
    lanes = bench.lanes
    await bench.begin(dram_stall_i=20)
    fields = {"local_stride": 1, "dram_stride": 0, "rows": 1, "local_addr": 0}
    commands = [
        dma_cmd(slot=4, kind=STORE, dram=1024, cols=200 * lanes, **fields),
        dma_cmd(slot=5, kind=LOAD, dram=5000, cols=200 * lanes, **fields),
    ]
    stream = {"slot": 0, "int8": 0, "dram": 0, "tile_stride": 17, "tiles": 100, "ksteps": 1}
    cocotb.start_soon(put(dut, "stream_cmd", [stream_cmd(**stream)]))
    await put(dut, "dma_cmd", commands)
    await clocks(dut, 100)
    await FallingEdge(dut.clk_i)
    assert dut.port_idle_o.value == 0
    dut.stop_i.value = 1
    await clocks(dut, 3 * SETTLED)
    assert dut.port_idle_o.value == 1 and dut.bus_idle_o.value == 1
    reads, writes = int(dut.dram_read_beats_o.value), int(dut.dram_write_beats_o.value)
    assert 0 < reads < 1700 + 400 and 0 < writes < 400 and dut.dones_o.value == 0
    await clocks(dut, SETTLED)
    assert dut.dram_read_beats_o.value == reads and dut.dram_write_beats_o.value == writes
    dut.stop_i.value = 0
    await bench.reach("dones", 2)
    await bench.reach("beats", 1700)
    assert dut.dram_read_beats_o.value == 1700 + 400 and dut.dram_write_beats_o.value == 400
    await bench.flush()
    log = Log.read()
    requests = [(address, n + 1) for _, id_, address, n in log["ar"] if id_ == STREAM]
    assert requests == bursts(stream_beats(stream), MAX_BURST)
