"""The matrix unit's words, command by command, against models/matrix.py; shapes, formats, data, places and stalls are varied.

tb/matrix_bench.sv holds the unit and needs no Python in a clock. Times are compared to the clock.
"""

from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path

import cocotb
import numpy as np
from cocotb.triggers import RisingEdge

from models import mx, tiles
from models.matrix import matmul
from tb import sample
from tb.stream import clocks, icarus, numpy_rng, parameter, start
from tb.words import pack_fields

TOPLEVEL = "matrix_bench"
PARAMETERS = {
    "verilator": [
        {"PortBytes": 8, "Rows": 2, "Passes": 2},
        {"PortBytes": 8, "Rows": 5, "Passes": 3},
        {"PortBytes": 16, "Rows": 8, "Passes": 2},
        {"PortBytes": 32, "Rows": 16, "Passes": 1},
        {"PortBytes": 32, "Rows": 16, "Passes": 2},
    ],
    "icarus": [
        {"PortBytes": 8, "Rows": 2, "Passes": 2},
        {"PortBytes": 16, "Rows": 3, "Passes": 3},
        {"PortBytes": 16, "Rows": 3, "Passes": 1},
        {"PortBytes": 32, "Rows": 4, "Passes": 2},
    ],
}

LAYOUT = {
    "slot": 4,
    "int8": 1,
    "outputs": 20,
    "ksteps": 12,
    "amem": 20,
    "amem_stride": 12,
    "rows": 8,
    "vmem": 20,
    "vmem_stride": 16,
}
COUNTERS = ("busy", "beats", "passes", "wait_beat", "wait_operand", "wait_drain", "wait_clear", "first", "last")
AMEM_BLOCKS = 2048
SLOTS = 16
TAIL = 9  # clocks from the last beat's last pass to the last row's last word, less the rows


@dataclass
class Command:
    """matrix_cmd_t; `wait` for everything before it; its weights, FP4 as twice the value."""

    int8: int
    outputs: int
    ksteps: int
    rows: int
    elements: np.ndarray  # int8 (outputs, ksteps, 32)
    scales: np.ndarray  # uint8 (outputs, ksteps)
    amem: int = 0
    amem_stride: int = 0
    vmem: int = 0
    vmem_stride: int = 0
    slot: int = 0
    wait: bool = False

    @property
    def format(self) -> str:
        return "mxint8" if self.int8 else "mxfp4"

    @property
    def passes(self) -> int:
        return -(-self.rows // rows())

    @property
    def beats(self) -> int:
        return self.ksteps * tiles.KSTEP_BEATS[self.format] * -(-self.outputs // port_bytes())

    @property
    def kstep_clocks(self) -> int:
        """Scales take a clock of their own where there is one pass, else they come beside a last one."""
        return (tiles.KSTEP_BEATS[self.format] - 1) * self.passes + (self.passes == 1)

    @property
    def clocks(self) -> int:
        """Of the beats, alone and without a gap; the first scales have no pass beside which to come."""
        return -(-self.outputs // port_bytes()) * self.ksteps * self.kstep_clocks + (self.passes > 1)


@dataclass
class Times:
    """Clocks of each command's acceptance and completion, and the counters."""

    accepted: list
    done: list
    busy: int = 0
    beats: int = 0
    passes: int = 0  # clocks that took none, and in which one taken before met further rows
    wait_beat: int = 0
    wait_operand: int = 0
    wait_drain: int = 0
    wait_clear: int = 0
    first: int = 0  # clock of the first beat
    last: int = 0  # of the last beat's last pass
    words: list = field(default_factory=list, repr=False)  # of each command: VMEM element -> bits

    @property
    def lost(self) -> int:
        """Clocks in which no beat was taken or met rows, from the first to the last."""
        return self.last - self.first + 1 - self.beats - self.passes


def port_bytes() -> int:
    return parameter("PortBytes")


def rows() -> int:
    return parameter("Rows")


def most_rows() -> int:
    return rows() * parameter("Passes")


# ---------------------------------------------------------------- data

# Ranges of scale codes: ordinary, narrow (so that sums cancel), everything, results subnormal or zero, and overflowing.
SCALES = [(110, 140), (126, 128), (0, 256), (45, 75), (180, 255)]


def memory(rng: np.random.Generator, low: int = 0, high: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """AMEM: int8 (blocks, 32) of any value, uint8 (blocks,)."""
    elements = rng.integers(-128, 128, (AMEM_BLOCKS, 32)).astype(np.int8)
    return elements, rng.integers(low, high, AMEM_BLOCKS).astype(np.uint8)


def ordinary(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """AMEM whose scales are near 1, save every tenth block's, which is anything."""
    elements, anything = memory(rng)
    near = rng.integers(115, 135, AMEM_BLOCKS).astype(np.uint8)
    return elements, np.where(rng.random(AMEM_BLOCKS) < 0.1, anything, near)


def weights(rng, int8: int, outputs: int, ksteps: int, low: int, high: int) -> tuple[np.ndarray, np.ndarray]:
    codes = rng.integers(-128, 128, (outputs, ksteps, 32)).astype(np.int8)
    elements = codes if int8 else mx.FP4_DOUBLED[codes & 15]
    return elements, rng.integers(low, high, (outputs, ksteps)).astype(np.uint8)


def command(rng, int8: int, outputs: int, ksteps: int, num_rows: int, scales=SCALES[0], **fields) -> Command:
    """In any place and with any strides that fit, unless fields say so."""
    c = Command(int8, outputs, ksteps, num_rows, *weights(rng, int8, outputs, ksteps, *scales))
    lanes = port_bytes() // 2
    words = -(-outputs // lanes)
    c.amem_stride = int(rng.integers(0, (AMEM_BLOCKS - ksteps) // max(num_rows - 1, 1) + 1))
    c.amem = int(rng.integers(AMEM_BLOCKS - (num_rows - 1) * c.amem_stride - ksteps + 1))
    c.vmem_stride = words + int(rng.integers(4))
    c.vmem = int(rng.integers((1 << 20) // lanes - c.vmem_stride * num_rows + 1)) * lanes
    for key, value in fields.items():
        setattr(c, key, value)
    return c


def any_command(rng) -> Command:
    size = port_bytes()
    outputs = int(rng.choice([1, size, size // 2, size // 2 + 1, 2 * size, rng.integers(1, 4 * size)]))
    ksteps = int(rng.choice([1, 1, 2, 3, rng.integers(1, 9)]))
    num_rows = int(rng.choice([1, rows(), most_rows(), rng.integers(1, rows() + 1), rng.integers(1, most_rows() + 1)]))
    return command(
        rng, int(rng.integers(2)), outputs, ksteps, num_rows, SCALES[rng.choice(5, p=[0.6, 0.1, 0.1, 0.1, 0.1])]
    )


# ---------------------------------------------------------------- run and compare


def golden(c: Command, amem: tuple[np.ndarray, np.ndarray]) -> dict[int, int]:
    """VMEM elements that the command writes."""
    blocks = c.amem + np.arange(c.rows)[:, None] * c.amem_stride + np.arange(c.ksteps)
    fraction = mx.FRACTION_BITS_INT8 if c.int8 else mx.FRACTION_BITS_FP4
    values = matmul(amem[0][blocks], amem[1][blocks], c.elements, c.scales, fraction)
    sample.matmul(c.int8, c.elements, amem[0][blocks], values.view(np.uint32), port_bytes(), rows(), most_rows())
    places = c.vmem + np.arange(c.rows)[:, None] * c.vmem_stride * (port_bytes() // 2) + np.arange(c.outputs)
    return dict(zip(places.reshape(-1).tolist(), values.view(np.uint32).reshape(-1).tolist()))


async def run(
    dut, amem, commands: list[Command], beat: int = 0, amem_stall: int = 0, write: int = 0, cmd: int = 0
) -> Times:
    """Compares every command's words with the model's. The stalls are of 256."""
    for i, c in enumerate(commands):
        c.slot = i % SLOTS
    blocks = np.concatenate([amem[1][:, None], amem[0].view(np.uint8)[:, ::-1]], axis=1)
    Path("amem.bin").write_bytes(np.ascontiguousarray(blocks).tobytes())
    entries = (pack_fields({k: getattr(c, k) for k in LAYOUT}, LAYOUT) | int(c.wait) << 113 for c in commands)
    Path("commands.bin").write_bytes(b"".join(entry.to_bytes(15, "big") for entry in entries))
    beats = (tiles.pack(c.elements, c.scales, c.format, port_bytes()).reshape(-1, port_bytes()) for c in commands)
    Path("beats.bin").write_bytes(b"".join(np.ascontiguousarray(b[:, ::-1]).tobytes() for b in beats))
    await start(dut)
    dut.rst_ni.value = 0
    dut.seed_i.value = int(numpy_rng("bench").integers(1, 2**32))
    dut.stall_beat_i.value, dut.stall_amem_i.value = beat, amem_stall
    dut.stall_write_i.value, dut.stall_command_i.value = write, cmd
    await clocks(dut, 1)
    dut.rst_ni.value = 1
    dut.go_i.value = 1
    await RisingEdge(dut.done_o)
    times = compare(commands, [golden(c, amem) for c in commands])
    for name in ("amem.bin", "commands.bin", "beats.bin", "log.txt"):
        Path(name).unlink()
    return times


def compare(commands: list[Command], expected: list[dict[int, int]]) -> Times:
    lanes = port_bytes() // 2
    open_slots, times, compared = {}, Times([], [None] * len(commands), words=[None] * len(commands)), 0
    begun, ended = [], []  # beats taken before each command's first, and with its last
    for line in Path("log.txt").read_text().splitlines():
        kind, *rest = line.split()
        if kind == "S":
            for name, value in zip(COUNTERS, rest, strict=True):
                setattr(times, name, int(value))
            continue
        slot = int(rest[0])
        if kind == "B":
            begun.append((slot, int(rest[1])))
            continue
        if kind == "E":
            ended.append(int(rest[0]))
            continue
        if kind == "C":
            index = len(times.accepted)
            assert commands[index].slot == slot
            open_slots[slot] = (index, {})
            times.accepted.append(int(rest[1]))
            continue
        assert slot in open_slots, f"slot {slot} has no command: {line}"
        index, written = open_slots[slot]
        if kind == "W":
            word, strobe, data = (int(text, 16) for text in rest[1:])
            assert strobe, f"command {index}: a word without a lane"
            for lane in range(lanes):
                if strobe >> lane & 1:
                    assert word * lanes + lane not in written, f"command {index}: written twice: {word * lanes + lane}"
                    written[word * lanes + lane] = data >> 32 * lane & 0xFFFFFFFF
        else:
            times.done[index] = int(rest[1])
            check(index, commands[index], expected[index], written)
            times.words[index] = written
            compared += len(written)
            del open_slots[slot]
    assert len(times.accepted) == len(commands) and not open_slots, (
        f"accepted {times.accepted}, unfinished {open_slots}"
    )
    beats = list(accumulate((c.beats for c in commands), initial=0))
    assert times.beats == beats[-1]
    assert begun == [(c.slot, before) for c, before in zip(commands, beats[:-1], strict=True)]
    for c, last, end in zip(commands, beats[1:], ended, strict=True):
        assert last <= end <= last + (c.passes > 1)  # beside its last pass the next one's scales may be taken
    late = times.beats + times.passes - sum(c.clocks - (c.passes > 1) for c in commands)  # scales that met no pass
    assert 0 <= late <= sum(c.beats // tiles.KSTEP_BEATS[c.format] for c in commands if c.passes > 1)
    cocotb.log.info("%d commands, %d words of results compared; %s", len(commands), compared, times)
    return times


def check(index: int, c: Command, expected: dict[int, int], written: dict[int, int]) -> None:
    assert expected
    if written != expected:
        wrong = sorted(k for k in expected.keys() | written.keys() if expected.get(k) != written.get(k))
        show = [tuple(None if v is None else hex(v) for v in (k, expected.get(k), written.get(k))) for k in wrong[:8]]
        c.elements = c.scales = None
        raise AssertionError(f"command {index} {c}: {len(wrong)} of {len(expected)} (element, model, unit): {show}")


# ---------------------------------------------------------------- results


@cocotb.test()
@cocotb.parametrize(stall=[0, 40, 128, 230])
async def random_commands(dut, stall):
    """Any command in any place, every neighbour stalling alike, some commands only after all before them."""
    rng = numpy_rng("commands")
    commands = [any_command(rng) for _ in range(12 if icarus() else 200)]
    for c in commands:
        c.wait = rng.random() < 0.2
    await run(dut, ordinary(rng), commands, stall, stall, stall, stall)


@cocotb.test()
@cocotb.parametrize(neighbour=["beat", "amem_stall", "write", "cmd"])
async def one_neighbour_stalls(dut, neighbour):
    """The others are always ready, so the unit runs into this one at full speed."""
    rng = numpy_rng("commands")
    commands = [any_command(rng) for _ in range(10 if icarus() else 100)]
    await run(dut, ordinary(rng), commands, **{neighbour: 220})


@cocotb.test()
async def every_range_of_scales(dut):
    """Subnormals, zeros, infinities and NaNs in every place of the sum."""
    rng = numpy_rng("commands")
    for low, high in SCALES + [(255, 256)]:
        cases = [command(rng, int8, port_bytes() + 3, 4, most_rows(), (low, high)) for int8 in (0, 1)]
        await run(dut, memory(rng, low, high), cases)


@cocotb.test()
async def largest_sums(dut):
    """All elements at either end, of both signs: the integer needs all its bits."""
    rng = numpy_rng("commands")
    amem = memory(rng, 127, 128)
    amem[0][:] = np.where(np.arange(AMEM_BLOCKS)[:, None] % 2, 127, -128)
    commands = []
    for int8, ends in ((0, (12, -12)), (1, (127, -128))):
        c = command(rng, int8, port_bytes(), 3, most_rows(), (127, 128), amem=int8, amem_stride=1)
        c.elements[:] = np.where(rng.integers(0, 2, (port_bytes(), 3, 1)), *ends)
        commands.append(c)
    await run(dut, amem, commands)


@cocotb.test()
async def one_element_at_a_time(dut):
    """Output i has one nonzero element, i, and activations name their place: no lane meets another's activation."""
    rng = numpy_rng("commands")
    amem = memory(rng, 127, 128)
    amem[0][:] = np.arange(32) * 7 - 99
    commands = []
    for int8 in (0, 1):
        c = command(rng, int8, 32, 1, most_rows(), (127, 128))
        c.elements[:] = (np.eye(32, dtype=np.int8) * (115 if int8 else 3))[:, None]
        commands.append(c)
    await run(dut, amem, commands)


@cocotb.test()
@cocotb.parametrize(int8=[0, 1])
async def rows_and_outputs_are_independent(dut, int8):
    """A scale of one row's activations, or of one output's weights, is doubled: of the results those of that row or that
    output double, each of them, and no other changes."""
    rng, num_rows, outputs = numpy_rng("commands"), most_rows(), port_bytes()
    amem = rng.integers(1, 128, (AMEM_BLOCKS, 32)).astype(np.int8), np.full(AMEM_BLOCKS, 127, np.uint8)
    base = command(rng, int8, outputs, 1, num_rows, (127, 128), amem=0, amem_stride=1, vmem=0)
    codes = rng.integers(1, 128 if int8 else 8, base.elements.shape).astype(np.int8)  # no sum is zero
    base.elements = codes if int8 else mx.FP4_DOUBLED[codes]
    commands = [base]
    for row in range(num_rows):
        place = (row + 1) * num_rows  # a copy of all rows
        for part in amem:
            part[place : place + num_rows] = part[:num_rows]
        amem[1][place + row] += 1
        commands.append(replace(base, amem=place))
    for output in range(outputs):
        scales = base.scales.copy()
        scales[output] += 1
        commands.append(replace(base, scales=scales))
    words = (await run(dut, amem, commands)).words
    values = {place: np.uint32(bits).view(np.float32) for place, bits in words[0].items()}
    stride = base.vmem_stride * (port_bytes() // 2)
    for i, seen in enumerate(words[1:]):
        chosen = {row * stride + i - num_rows for row in range(num_rows)}
        chosen = {i * stride + output for output in range(outputs)} if i < num_rows else chosen
        expected = {place: value * 2 if place in chosen else value for place, value in values.items()}
        got = {place: np.uint32(bits).view(np.float32) for place, bits in seen.items()}
        assert got == expected, f"row {i}" if i < num_rows else f"output {i - num_rows}"


@cocotb.test()
async def large_counts_and_far_rows(dut):
    """Many outputs, a contraction through the whole of AMEM, rows far apart; a stride that no second row uses is anything."""
    rng = numpy_rng("commands")
    far = min((1 << 20) // (port_bytes() // 2) - 64, (1 << 16) - 1)
    commands = [
        command(rng, 0, 1023 if not icarus() else 5 * port_bytes() + 1, 1, 1),
        command(rng, 1, port_bytes(), AMEM_BLOCKS - 1 if not icarus() else 40, 1, amem=0),
    ]
    for int8 in (0, 1, 0, 1):
        stride = int(rng.integers(far // 2, far))
        commands.append(
            command(rng, int8, port_bytes(), 1, 2, vmem=0, vmem_stride=stride, amem=0, amem_stride=AMEM_BLOCKS - 1)
        )
        strides = {"vmem_stride": int(rng.integers(1 << 16)), "amem_stride": int(rng.integers(1 << 12))}
        commands.append(command(rng, int8, 1, 1, 1, **strides))
    await run(dut, ordinary(rng), commands)


@cocotb.test()
async def addresses_wrap_nowhere(dut):
    """The last word of VMEM and the last block of AMEM."""
    rng = numpy_rng("commands")
    lanes = port_bytes() // 2
    stride = 2
    top = (1 << 20) - ((most_rows() - 1) * stride + 2) * lanes
    last = AMEM_BLOCKS - 2 * most_rows()
    c = command(rng, 0, port_bytes(), 2, most_rows(), vmem=top, vmem_stride=stride, amem=last, amem_stride=2)
    await run(dut, ordinary(rng), [c])


# ---------------------------------------------------------------- times


@cocotb.test()
@cocotb.parametrize(batch=["one", "pass", "all"], int8=[0, 1])
async def gemm_takes_a_beat_every_clock(dut, batch, int8):
    """A large product with one row, a pass of rows, or all: a k-step is a clock for each pass of each beat of elements, with
    one pass also one for its scales, and not one is lost between the first beat and the last."""
    rng = numpy_rng("commands")
    size = 64 if icarus() else 512 if int8 else 2048
    num_rows, passes = {"one": (1, 1), "pass": (rows(), 1), "all": (most_rows(), parameter("Passes"))}[batch]
    c = command(rng, int8, size, size // 32, num_rows)
    times = await run(dut, ordinary(rng), [c])
    ksteps = size // port_bytes() * (size // 32)
    expected = {1: ksteps * (33 if int8 else 17)}.get(passes, 1 + ksteps * (32 if int8 else 16) * passes)
    assert times.last - times.first + 1 == expected, times
    assert times.lost == 0, times


@cocotb.test()
async def commands_follow_without_a_gap(dut):
    """Small products of all shapes back to back, as long as a tile's words leave during the beats of the tile after, and the
    blocks of a command's rows come during those of the k-step before."""
    rng = numpy_rng("commands")
    commands = [command(rng, 0, 3 * port_bytes(), 4, 1)]
    while len(commands) < (10 if icarus() else 60):
        c, before = any_command(rng), commands[-1]
        if 2 * max(c.rows, before.rows) < c.kstep_clocks * c.ksteps and c.rows < before.kstep_clocks:
            commands.append(c)
    times = await run(dut, ordinary(rng), commands)
    assert times.lost == 0, times


@cocotb.test()
async def words_bound_the_smallest_tiles(dut):
    """One k-step a tile and all rows: what VMEM takes is the limit, and no clock beyond it is lost."""
    rng = numpy_rng("commands")
    num_tiles = 20
    for num_rows in (rows(), most_rows()):
        c = command(rng, 0, num_tiles * port_bytes(), 1, num_rows)
        times = await run(dut, ordinary(rng), [c])
        a_tile = max(c.kstep_clocks, 2 * num_rows)
        assert times.last - times.first + 1 <= num_tiles * a_tile + (c.passes > 1), times


@cocotb.test()
@cocotb.parametrize(int8=[0, 1], last_outputs=["one", "half", "all"])
async def time_of_one_command(dut, int8, last_outputs):
    """From acceptance: the rows, the beats, and the way of the last word; and every clock has its counter."""
    rng = numpy_rng("commands")
    outputs = port_bytes() + {"one": 1, "half": port_bytes() // 2, "all": port_bytes()}[last_outputs]
    for num_rows in sorted({1, rows(), min(rows() + 1, most_rows()), most_rows()}):
        c = command(rng, int8, outputs, 3, num_rows)
        times = await run(dut, ordinary(rng), [c])
        assert times.first == times.accepted[0] + 1 + num_rows
        assert times.last - times.first + 1 == c.clocks
        assert times.lost == 0
        # the other half's words may still be under way; a half without outputs is passed over in one clock
        before = max(0, num_rows - (16 if int8 else 8) * c.passes)
        assert times.done[0] == times.last + TAIL + before + (num_rows if last_outputs == "all" else 0)
        assert (times.wait_operand, times.wait_drain, times.wait_clear) == (num_rows, 0, 0)
        assert times.busy == times.done[0] - times.accepted[0]


@cocotb.test()
async def every_waiting_clock_has_its_cause(dut):
    """Each cause is seen, and busy clocks without beat or cause are those of the last words on their way."""
    rng = numpy_rng("commands")
    commands = [any_command(rng) for _ in range(10 if icarus() else 60)]
    amem = ordinary(rng)
    times = await run(dut, amem, commands, 60, 200, 0, 128)
    explained = times.beats + times.passes + times.wait_beat + times.wait_operand + times.wait_drain + times.wait_clear
    assert times.wait_beat and times.wait_operand and times.wait_clear, times
    assert explained <= times.busy <= explained + len(commands) * (TAIL + most_rows()), times
    times = await run(dut, amem, commands, write=253)
    assert times.wait_drain and not times.wait_beat and not times.wait_clear, times
