"""srn_memory_port with DRAM: what each client gets and what is written against the image; bursts, interleaving, stalls and limits varied."""

from pathlib import Path

import cocotb
import numpy as np

from tb.memory_bench import DMA, DRAM_BEATS, STREAM, Log, image
from tb.stream import StreamDriver, clocks, numpy_rng, parameter, start
from tb.words import pack

TOPLEVEL = "memory_port_tb"
_SETS = [
    {"PortBytes": 8, "MaxBurst": 16, "MaxReads": 32, "MaxWrites": 16},
    {"PortBytes": 16, "MaxBurst": 4, "MaxReads": 2, "MaxWrites": 2},
    {"PortBytes": 32, "MaxBurst": 128, "MaxReads": 32, "MaxWrites": 16},
]
PARAMETERS = {"verilator": _SETS, "icarus": _SETS[:2]}
NAMES = {STREAM: "stream", DMA: "dma"}
SETTLED = 300
HALF = DRAM_BEATS // 2  # below: read; above: written


class Bench:
    def __init__(self, dut, rng):
        self.dut, self.rng = dut, rng
        self.size, self.max_burst = parameter("PortBytes"), parameter("MaxBurst")
        self.dram = image(self.size, DRAM_BEATS).copy()
        self.writes = []  # (slot, beat, data, strobe) in order
        self.dones = []

    async def begin(self, **settings):
        Path("image.bin").write_bytes(self.dram.tobytes())
        await start(self.dut)
        for name, value in settings.items():
            getattr(self.dut, name).value = value
        self.dut.load_i.value = 1
        await clocks(self.dut, 2)
        self.dut.load_i.value = 0

    def bursts(self, count: int, low: int, high: int, most: int = 256) -> list[dict]:
        """Legal random requests: a burst ends at a multiple of MaxBurst at the latest."""
        found = []
        for _ in range(count):
            addr = int(self.rng.integers(low, high))
            room = min(self.max_burst - addr % self.max_burst, most)
            beats = room if self.rng.random() < 0.3 else int(self.rng.integers(1, room + 1))
            found.append({"addr": addr, "beats": beats, "slot": int(self.rng.integers(16))})
        return found

    def make_writes(self, count: int, most: int) -> tuple[list[dict], list[dict]]:
        """Bursts and their beats with random strobes, done on the bench's memory."""
        requests = [burst | {"last": int(self.rng.integers(2))} for burst in self.bursts(count, HALF, DRAM_BEATS, most)]
        beats = []
        for request in requests:
            for i in range(request["beats"]):
                data = self.rng.integers(0, 256, self.size, np.uint8)
                strobe = self.rng.random(self.size) < self.rng.choice([0.0, 0.5, 1.0])
                self.dram[request["addr"] + i][strobe] = data[strobe]
                beats.append({"data": pack(data, 8), "strobe": pack(strobe, 1)})
                self.writes.append((request["slot"], request["addr"] + i, *beats[-1].values()))
            if request["last"]:
                self.dones.append(request["slot"])
        return requests, beats

    def send(self, prefix: str, words: list[dict], stall: float = 0.0):
        return cocotb.start_soon(StreamDriver(self.dut, prefix, stall, list(words[0])).put(words))

    async def finish(self) -> Log:
        for _ in range(20):  # low rates take their time
            await clocks(self.dut, SETTLED)
            if int(self.dut.port_idle_o.value):
                break
        assert self.dut.port_idle_o.value == 1 and self.dut.bus_idle_o.value == 1
        self.dut.dram_dump_beats_i.value = DRAM_BEATS
        self.dut.dump_i.value = 1
        await clocks(self.dut, 1)
        self.dut.dump_i.value = 0
        await clocks(self.dut, 1)
        return Log.read()

    def check_reads(self, log: Log, client: int, requests: list[dict]) -> int:
        """Requests on the bus in order, and their data to this client, in order."""
        asked = [(address, length + 1) for _, id_, address, length in log["ar"] if id_ == client]
        assert asked == [(request["addr"], request["beats"]) for request in requests]
        beats = np.concatenate([request["addr"] + np.arange(request["beats"]) for request in requests])
        got = [data for _, id_, data in log["data"] if id_ == client]
        assert got == [int.from_bytes(self.dram[beat].tobytes(), "little") for beat in beats]
        return len(got)


@cocotb.test(timeout_time=2, timeout_unit="ms")
@cocotb.parametrize(stall=[0, 128], interleave=[0, 1], rate=[0, 100])
async def each_client_gets_its_own(dut, stall, interleave, rate):
    rng = numpy_rng()
    bench = Bench(dut, rng)
    await bench.begin(
        dram_stall_i=stall, dram_interleave_i=interleave, dram_rate_i=rate, seed_i=int(rng.integers(2**32))
    )
    most = 20  # enough in a burst; one in twenty to the limit
    reads = {client: bench.bursts(100, 0, HALF - 256, most) for client in (STREAM, DMA)}
    reads[STREAM][50:55] = bench.bursts(5, 0, HALF - 256)
    writes, beats = bench.make_writes(100, most)
    senders = [bench.send(NAMES[client], requests, stall / 256) for client, requests in reads.items()]
    senders += [bench.send("write", writes, stall / 256), bench.send("beat", beats, stall / 256)]
    for sender in senders:
        await sender
    log = await bench.finish()
    compared = sum(bench.check_reads(log, client, requests) for client, requests in reads.items())
    assert [(address, length + 1) for _, address, length in log["aw"]] == [(w["addr"], w["beats"]) for w in writes]
    assert [event[1:] for event in log["write"]] == bench.writes
    assert [event[1] for event in log["done"]] == bench.dones
    assert np.array_equal(np.frombuffer(Path("dump.bin").read_bytes(), np.uint8), bench.dram.reshape(-1))
    cocotb.log.info("%d read beats, %d written ones compared", compared, len(beats))


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def long_latency_is_hidden(dut):
    """Whole bursts, latency 200, no more in flight than MaxReads: at the full rate if those cover the latency."""
    bench = Bench(dut, numpy_rng())
    beats, most = bench.max_burst, parameter("MaxReads")
    await bench.begin(dram_latency_i=200)
    requests = [{"addr": i * beats, "beats": beats, "slot": i % 16} for i in range(HALF // beats)][:128]
    await bench.send("stream", requests)
    await clocks(dut, len(requests) * beats)
    log = await bench.finish()
    bench.check_reads(log, STREAM, requests)
    data = [event[0] for event in log["data"]]
    ends = data[beats - 1 :: beats]
    in_flight = [sum(end > event[0] for end in ends[: i + 1]) for i, event in enumerate(log["ar"])]
    assert max(in_flight) <= most
    if most * beats >= 210:
        assert data[-1] - data[0] == len(data) - 1, "a beat a cycle"
    assert data[0] - log["ar"][0][0] == 200


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def dma_reads_go_first(dut):
    """In the middle of a busy stream, the dma's bursts are asked for one a cycle as far as MaxReads lets them."""
    bench = Bench(dut, numpy_rng())
    await bench.begin()
    stream = [{"addr": i, "beats": 1, "slot": 0} for i in range(60)]
    dma = [{"addr": 1000 + i, "beats": 1, "slot": 1} for i in range(min(6, parameter("MaxReads")))]
    busy = bench.send("stream", stream)
    await clocks(dut, 20)
    await bench.send("dma", dma)
    await busy
    log = await bench.finish()
    bench.check_reads(log, STREAM, stream)
    bench.check_reads(log, DMA, dma)
    asked = [event[0] for event in log["ar"] if event[1] == DMA]
    assert asked[-1] - asked[0] == len(asked) - 1
    assert asked[0] < [event[0] for event in log["ar"] if event[1] == STREAM][-1], "the stream had more to ask for"


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def errors_name_client_and_burst(dut):
    """Reads of both clients and a write run into the window; a read and a write beyond the memory."""
    bench = Bench(dut, numpy_rng())
    await bench.begin(dram_error_base_i=2, dram_error_size_i=1)
    await bench.send("stream", [{"addr": a, "beats": 2, "slot": s} for a, s in [(0, 1), (2, 2), (DRAM_BEATS, 3)]])
    await clocks(dut, 100)
    await bench.send("dma", [{"addr": a, "beats": 4, "slot": s} for a, s in [(0, 4), (4, 5)]])
    await clocks(dut, 100)
    writes = [
        {"addr": a, "beats": b, "slot": s, "last": 1} for a, b, s in [(0, 2, 6), (0, 4, 7), (DRAM_BEATS + 4, 1, 8)]
    ]
    sender = bench.send("write", writes)
    await bench.send("beat", [{"data": 255, "strobe": 0}] * 7)
    await sender
    log = await bench.finish()
    errors = [event[1:] for event in log["error"]]
    reads = [(STREAM, 2, 2), (STREAM, DRAM_BEATS, 3), (STREAM, DRAM_BEATS, 3), (DMA, 0, 4)]
    assert errors == reads + [(DMA, 0, 7), (DMA, DRAM_BEATS + 4, 8)]
    assert [event[1] for event in log["done"]] == [6, 7, 8]
    assert len(log["data"]) == 6 + 8
