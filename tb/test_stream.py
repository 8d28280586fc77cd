"""srn_stream behind the memory port: beats against the image, whose words are functions of their addresses; latency, stalls, shapes varied."""

import cocotb
import numpy as np

from tb.memory_bench import DRAM_BEATS, LOAD, STREAM, Bench, Log, beats_taken, bursts, dma_cmd, stream_beats, stream_cmd
from tb.stream import clocks, numpy_rng, parameter, put

TOPLEVEL = "memory_tb"
PARAMETERS = {
    "verilator": [
        {"PortBytes": 8, "StreamDepth": 64, "MaxBurst": 16},
        {"PortBytes": 16, "StreamDepth": 512, "MaxBurst": 32},
        {"PortBytes": 32, "StreamDepth": 512, "MaxBurst": 16},
    ],
    "icarus": [
        {"PortBytes": 8, "StreamDepth": 64, "MaxBurst": 8},
        {"PortBytes": 32, "StreamDepth": 512, "MaxBurst": 16},
    ],
}
SETTLED = 400  # cycles after which nothing more can happen


def random_commands(rng, count: int, most_beats: int) -> list[dict]:
    commands = []
    for i in range(count):
        int8 = int(rng.integers(2))
        ksteps = int(rng.integers(1, 5))
        beats = ksteps * (33 if int8 else 17)
        tiles = int(rng.integers(1, max(2, most_beats // beats)))
        stride = beats + int(rng.choice([0, 0, 1, 15, 64]))
        dram = int(rng.integers(0, DRAM_BEATS - tiles * stride))
        commands.append(
            {"slot": i % 16, "int8": int8, "dram": dram, "tile_stride": stride, "tiles": tiles, "ksteps": ksteps}
        )
    return commands


def loaded(bench: Bench, slot: int, dram: int) -> int:
    """A command of the dma unit, done on the model: some rows of DRAM into the words of its slot."""
    rows = {"dram": dram, "dram_stride": 16, "cols": bench.lanes * 2 - 1, "rows": 3}
    place = bench.lanes * slot * 8
    bench.execute("load", vmem=place, vmem_stride=2, **rows)
    return dma_cmd(slot=slot, kind=LOAD, local_addr=place, local_stride=2, **rows)


async def check(bench: Bench, commands: list[dict]) -> Log:
    """The beats taken and the bursts asked for are those of the commands, in order."""
    await bench.flush()
    image = bench.model.dram.reshape(-1, bench.port_bytes)
    expected = np.concatenate([stream_beats(command) for command in commands])
    taken = beats_taken(bench.port_bytes)
    assert len(taken) == len(expected)
    wrong = np.flatnonzero((taken != image[expected]).any(axis=1))
    assert not len(wrong), f"{len(wrong)} of {len(taken)} beats are wrong, the first is {wrong[0]}"
    log = Log.read()
    requests = [(address, length + 1) for _, id_, address, length in log["ar"] if id_ == STREAM]
    assert requests == [burst for command in commands for burst in bursts(stream_beats(command), parameter("MaxBurst"))]
    cocotb.log.info("%d beats compared", len(taken))
    return log


@cocotb.test(timeout_time=2, timeout_unit="ms")
@cocotb.parametrize(latency=[40, 200])
async def linear_stream_runs_at_full_rate(dut, latency):
    if latency + 8 > parameter("StreamDepth"):
        latency = 40  # the buffer must cover the latency
    bench = Bench(dut, numpy_rng())
    command = {"slot": 3, "int8": 0, "dram": 1003, "tile_stride": 17 * 6, "tiles": 100, "ksteps": 6}  # 10200 beats
    await bench.begin(dram_latency_i=latency)
    await put(dut, "stream_cmd", [stream_cmd(**command)])
    await bench.reach("beats", 10200)
    span = int(dut.span_o.value)
    log = await check(bench, [command])
    taken, asked, arrived = log["stream"][0][0], log["ar"][0][0], log["r"][0][0]
    cocotb.log.info("latency %d: 10200 beats in %d cycles, %.2f %%", latency, span, 1020000 / span)
    assert 10200 / span >= 0.995
    assert asked - taken == 2 and arrived - asked == latency


@cocotb.test(timeout_time=2, timeout_unit="ms")
@cocotb.parametrize(stall=[0, 128], stall_beat=[0, 128], rate=[0, 200])
async def beats_come_in_order(dut, stall, stall_beat, rate):
    rng = numpy_rng()
    bench = Bench(dut, rng)
    commands = random_commands(rng, 12, 300)
    await bench.begin(dram_stall_i=stall, stall_beat_i=stall_beat, dram_rate_i=rate, seed_i=int(rng.integers(2**32)))
    cocotb.start_soon(put(dut, "stream_cmd", [stream_cmd(**command) for command in commands], stall / 256))
    loads = [loaded(bench, slot, int(rng.integers(DRAM_BEATS - 99))) for slot in range(12)]
    await put(dut, "dma_cmd", loads, stall / 256)  # its reads go first, whatever the stream does
    await bench.reach("dones", len(loads))
    await bench.reach("beats", sum(len(stream_beats(command)) for command in commands))
    await clocks(dut, SETTLED)
    await check(bench, commands)
    bench.check_memories()


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def commands_follow_without_a_gap(dut):
    """Each a tile of its own, anywhere: the bursts of the next come right after the last one's."""
    rng = numpy_rng()
    bench = Bench(dut, rng)
    commands = [
        {
            "slot": i % 16,
            "int8": 1,
            "dram": int(rng.integers(DRAM_BEATS - 99)),
            "tile_stride": 0,
            "tiles": 1,
            "ksteps": 3,
        }
        for i in range(16)
    ]
    await bench.begin()
    cocotb.start_soon(put(dut, "stream_cmd", [stream_cmd(**command) for command in commands]))
    await bench.reach("beats", 16 * 99)
    span = int(dut.span_o.value)
    await check(bench, commands)
    cocotb.log.info("16 commands of 99 beats in %d cycles", span)
    assert span == 16 * 99


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def no_more_is_asked_for_than_fits(dut):
    """While the matrix unit takes nothing, the buffer fills, across commands, and the dma's reads still pass."""
    bench = Bench(dut, numpy_rng())
    depth = parameter("StreamDepth")
    commands = [
        {"slot": i, "int8": 0, "dram": 4000 * i, "tile_stride": 17, "tiles": depth // 16 // 3, "ksteps": 1}
        for i in range(4)
    ]
    await bench.begin(hold_beats_i=1)
    cocotb.start_soon(put(dut, "stream_cmd", [stream_cmd(**command) for command in commands]))
    await clocks(dut, depth + SETTLED)
    held = int(dut.dram_read_beats_o.value)
    assert depth - parameter("MaxBurst") < held <= depth
    assert dut.beats_o.value == 0 and dut.port_idle_o.value == 1
    await put(dut, "dma_cmd", [dma_cmd(kind=LOAD, dram=700, cols=40, rows=1)])
    await bench.reach("dones", 1)
    dut.hold_beats_i.value = 0
    await bench.reach("beats", sum(len(stream_beats(command)) for command in commands))
    await check(bench, commands)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def nothing_starts_before_it_is_clear(dut):
    bench = Bench(dut, numpy_rng())
    commands = [
        {"slot": slot, "int8": 0, "dram": 100 * slot, "tile_stride": 0, "tiles": 1, "ksteps": 2} for slot in (5, 9)
    ]
    await bench.begin(stream_clear_i=0xFFFF & ~(1 << 9))
    cocotb.start_soon(put(dut, "stream_cmd", [stream_cmd(**command) for command in commands]))
    await clocks(dut, SETTLED)
    assert dut.dram_read_beats_o.value == 34
    dut.stream_clear_i.value = 1 << 9
    await bench.reach("beats", 68)
    await check(bench, commands)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def bus_errors_name_the_burst(dut):
    """A window that answers SLVERR inside one command, another beyond the memory (DECERR): all beats come all the same."""
    bench = Bench(dut, numpy_rng())
    commands = [
        {"slot": 2, "int8": 0, "dram": 96, "tile_stride": 0, "tiles": 1, "ksteps": 2},
        {"slot": 7, "int8": 0, "dram": DRAM_BEATS - 8, "tile_stride": 0, "tiles": 1, "ksteps": 1},
    ]
    await bench.begin(dram_error_base_i=115, dram_error_size_i=1)
    await put(dut, "stream_cmd", [stream_cmd(**command) for command in commands])
    await bench.reach("beats", 34 + 17)
    await bench.flush()
    errors = [event[1:] for event in Log.read()["error"]]
    first, second = (bursts(stream_beats(command), parameter("MaxBurst")) for command in commands)
    window = [(STREAM, address, 2) for address, beats in first if address <= 115 < address + beats]
    beyond = [(STREAM, address, 7) for address, beats in second if address >= DRAM_BEATS for _ in range(beats)]
    assert errors == window + beyond and len(errors) == 10
    assert dut.port_idle_o.value == 1
