"""The vector unit's writes, command by command, against models/vector.py; all fields, shapes, data and overlaps are varied.

tb/vector_bench.sv holds the unit with its memories and needs no Python in a clock.
"""

import json
import os
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

import cocotb
import numpy as np
from cocotb.triggers import RisingEdge

from models import fp32
from models.vector import OUT, REDUCE, S_STEP, Y_OP, X, Y, uses_b, uses_s, vector
from tb.stream import clocks, icarus, numpy_rng, start
from tb.words import pack_fields

TOPLEVEL = "vector_bench"
PARAMETERS = {
    "verilator": [{"PortBytes": 8}, {"PortBytes": 16}, {"PortBytes": 32}],
    "icarus": [{"PortBytes": 8}, {"PortBytes": 16}],
}

LAYOUT = {
    "slot": 4,
    "x": 3,
    "y": 3,
    "y_op": 2,
    "f": 2,
    "z": 1,
    "out": 3,
    "reduce": 2,
    "a_imm": 1,
    "mask": 1,
    "b_rows": 1,
    "s_step": 2,
    "imm": 32,
    "dst": 20,
    "a": 20,
    "b": 20,
    "s": 20,
    "cols": 16,
    "rows": 8,
    "outer": 8,
    "a_row": 11,
    "a_outer": 11,
    "dst_row": 11,
    "dst_outer": 11,
    "b_outer": 11,
}
VMEM_WORDS = 1024
USABLE_WORDS = VMEM_WORDS - 1  # the last is the others' scratch
AMEM_BLOCKS = 1024
SLOTS = 16
LATENCY, LATENCY_SHORT, LATENCY_BLOCK, LATENCY_SUM, LATENCY_MAX = 15, 10, 4, 21, 5  # rtl/vector/srn_vector_pkg.sv


@dataclass
class Command:
    """vector_cmd_t; `wait` for everything before it."""

    slot: int = 0
    x: int = X.one
    y: int = Y.none
    y_op: int = Y_OP.add
    f: int = 0
    z: int = 0
    out: int = OUT.vmem
    reduce: int = REDUCE.none
    a_imm: int = 0
    mask: int = 0
    b_rows: int = 0
    s_step: int = 0
    imm: int = 0
    dst: int = 0
    a: int = 0
    b: int = 0
    s: int = 0
    cols: int = 1
    rows: int = 1
    outer: int = 1
    a_row: int = 0
    a_outer: int = 0
    dst_row: int = 0
    dst_outer: int = 0
    b_outer: int = 0
    wait: bool = False
    reads: set = field(default_factory=set, repr=False)  # VMEM elements
    writes: set = field(default_factory=set, repr=False)  # VMEM elements, and AMEM blocks as ("amem", block)


def lanes() -> int:
    return json.loads(os.environ["SRN_PARAMETERS"])["PortBytes"] // 2


# ---------------------------------------------------------------- data


SPECIAL = np.array(
    [0, 0x80000000, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC12345, 0x7F800001, 1, 0x807FFFFF, 0x00800000]
    + [0x7F7FFFFF, 0xFF7FFFFF, 0x3F800000, 0xBF800000, 7, 0x4B000001],
    np.uint32,
)


def memory(rng: np.random.Generator, n: int) -> np.ndarray:
    """Half of it numbers near 1, a quarter of all sizes with ties and cancellation, the rest any bits and corners."""
    near = fp32.bits(rng.standard_normal(n).astype(np.float32))
    wide = fp32.bits((rng.integers(-64, 64, n) * 2.0 ** rng.integers(-60, 60, n)).astype(np.float32))
    any_bits = rng.integers(0, 2**32, n, dtype=np.uint32)
    corners = rng.choice(SPECIAL, n)
    place = np.arange(n) * 16 // n  # by region, so that long rows are not all NaN
    values = np.select([place < 8, place < 12, place < 14], [near, wide, any_bits], corners)
    return np.where(rng.random(n) < 0.01, corners, values)


# ---------------------------------------------------------------- commands


def span(start: int, c: Command, outer_stride: int, row_stride: int, length: int, unit: int) -> tuple[int, int]:
    """First and last + 1 of a strided operand, strides and row length in units of `unit`."""
    last = (c.outer - 1) * outer_stride + (c.rows - 1) * row_stride + length
    return start, start + last * unit


def ranges(c: Command, n: int) -> tuple[list, list, tuple | None]:
    """Source ranges and destination ranges in VMEM elements, and the AMEM range."""
    words = -(-c.cols // n)
    sources, destinations, amem = [], [], None
    if not c.a_imm:
        sources.append(span(c.a, c, c.a_outer, c.a_row, words, n))
    if uses_b(c):
        sources.append(span(c.b, c, c.b_outer, c.a_row if c.b_rows else 0, words, n))
    if uses_s(c):
        count = {S_STEP.const: 1, S_STEP.row: c.rows * c.outer, S_STEP.outer: c.outer}[c.s_step]
        sources.append((c.s, c.s + count))
    if c.out == OUT.vmem:
        destinations.append(span(c.dst, c, c.dst_outer, c.dst_row, words, n))
    elif c.out == OUT.scatter:
        destinations.append((c.dst, c.dst + c.outer * c.rows + (c.cols - 1) * c.dst_row * n))
    elif c.out != OUT.none:
        amem = span(c.dst, c, c.dst_outer, c.dst_row, -(-c.cols // 32), 1)
    if c.reduce:
        destinations.append((c.b, c.b + c.outer * c.rows))
    return sources, destinations, amem


def overlap(p: tuple[int, int], q: tuple[int, int]) -> bool:
    return p[0] < q[1] and q[0] < p[1]


def legal(c: Command, n: int, in_place: bool) -> bool:
    sources, destinations, amem = ranges(c, n)
    if any(end > USABLE_WORDS * n for _, end in sources + destinations) or (amem and amem[1] > AMEM_BLOCKS):
        return False
    if len(destinations) == 2 and overlap(*destinations):
        return False
    hits = [(d, s) for d in destinations for s in sources if overlap(d, s)]
    return all(in_place and d == destinations[0] and d == s for d, s in hits)


def operation_is_legal(c: Command) -> bool:
    if c.reduce and uses_b(c) or c.mask and uses_s(c):
        return False
    return bool(c.out or c.reduce)


def choose_operation(c: Command, rng) -> None:
    while True:
        c.x, c.y, c.out = (int(rng.integers(n)) for n in (5, 4, 5))
        c.y_op, c.f, c.reduce = (int(rng.integers(4)) for _ in range(3))
        c.z, c.mask, c.a_imm = (int(rng.random() < p) for p in (0.4, 0.15, 0.1))
        if operation_is_legal(c):
            return


def choose_place(c: Command, n: int, rng) -> None:
    """Operands, strides and counts around the present operation."""
    for _ in range(1000):
        top = int(rng.choice([2, n, 2 * n + 1, 40, 100, 300]))
        c.cols = int(rng.integers(1, top + 1))
        c.rows = int(rng.choice([1, 1, 2, 3, rng.integers(1, 9)]))
        c.outer = int(rng.choice([1, 1, 2, 3]))
        words, blocks = -(-c.cols // n), -(-c.cols // 32)
        if c.rows * c.outer * words > 120:
            continue
        c.b_rows, c.s_step = int(rng.integers(2)), int(rng.integers(3))
        c.imm = int(rng.choice([rng.choice(SPECIAL), fp32.bits(rng.standard_normal()), rng.integers(2**32)]))

        def stride(length: int, times: int) -> int:
            """Usually apart, sometimes with gaps, sometimes on top of each other."""
            return int(rng.choice([length * times, length * times, length * times + rng.integers(3), 0, 1]))

        c.a_row, c.b_outer = stride(words, 1), stride(words, c.rows)
        c.a_outer = stride(max(c.a_row, 1), c.rows)
        length = blocks if c.out in (OUT.mxint8, OUT.mxfp4) else words
        c.dst_row = stride(length, 1)
        c.dst_outer = stride(max(c.dst_row, 1), c.rows)
        if c.out == OUT.scatter:
            c.dst_row = int(rng.integers(0, 5))
        element = USABLE_WORDS * n
        c.a, c.b, c.s = (int(rng.integers(USABLE_WORDS)) * n for _ in range(3))
        c.dst = int(rng.integers(USABLE_WORDS)) * n
        if uses_s(c):
            c.s = int(rng.integers(element))
        if c.reduce:
            c.b = int(rng.integers(element))
        if c.mask:
            c.s = int(rng.integers(0, c.cols + 3))
        if c.out == OUT.scatter:
            c.dst = int(rng.integers(element))
        elif c.out in (OUT.mxint8, OUT.mxfp4):
            c.dst = int(rng.integers(AMEM_BLOCKS))
        in_place = c.out == OUT.vmem and rng.random() < 0.5
        if in_place:
            c.a_row, c.a_outer = words + int(rng.integers(2)), (words + 1) * c.rows
            c.dst_row, c.dst_outer = c.a_row, c.a_outer
            if rng.random() < 0.6 or not uses_b(c):
                c.dst = c.a
            else:
                c.dst, c.b_outer, c.b_rows = c.b, c.dst_outer, 1
        if legal(c, n, in_place):
            return
    raise AssertionError(f"found no place for {c}")


SHAPES = [(1, 1), (2, 1), (1, 2), (2, 2), (3, 2), (255, 1), (1, 255), (130, 2), (3, 70)]  # rows, outer


def choose_far_place(c: Command, n: int, rng) -> None:
    """Few rows with strides across the memory, or as many as can be; a stride that is not used is anything."""
    for _ in range(5000):
        c.rows, c.outer = (int(count) for count in rng.choice(SHAPES))
        c.cols = int(rng.integers(1, 2 * n))
        c.b_rows, c.s_step, c.imm = int(rng.integers(2)), int(rng.integers(3)), int(rng.integers(2**32))
        room = USABLE_WORDS // max(c.rows * c.outer - 1, 1)

        def stride(times: int, room: int = room) -> int:
            return int(rng.integers(0, 2048 if times == 1 else max(room, 2)))

        c.a_row, c.dst_row = stride(c.rows), stride(c.rows)
        c.a_outer, c.dst_outer, c.b_outer = (stride(c.outer) for _ in range(3))
        c.a, c.b, c.s, c.dst = (int(rng.integers(USABLE_WORDS)) * n for _ in range(4))
        if c.mask:
            c.s = int(rng.integers(0, c.cols + 3))
        if c.out in (OUT.mxint8, OUT.mxfp4):
            c.dst = int(rng.integers(AMEM_BLOCKS))
        if legal(c, n, in_place=False):
            return
    raise AssertionError(f"found no place for {c}")


# ---------------------------------------------------------------- run and compare


def element_sets(c: Command, n: int, writes) -> None:
    """What the command touches, whole ranges for the sources."""
    for first, end in ranges(c, n)[0]:
        c.reads.update(range(first, end))
    c.writes.update(writes.vmem_addresses.tolist())
    c.writes.update(("amem", block) for block in writes.amem_addresses.tolist())


def plan(vmem: np.ndarray, commands: list[Command], n: int) -> list:
    """The expected writes of each command; sets `wait` where one depends on another since the last wait, and slots."""
    vmem, expected, reads, written = vmem.copy(), [], set(), set()
    for i, c in enumerate(commands):
        c.slot = i % SLOTS
        writes = vector(vmem, c, n)
        vmem[writes.vmem_addresses] = writes.vmem_values
        element_sets(c, n, writes)
        if c.reads & written or c.writes & (written | reads):
            c.wait = True
        if c.wait:
            reads, written = set(), set()
        reads |= c.reads
        written |= c.writes
        expected.append(writes)
    return expected


async def run(
    dut, vmem: np.ndarray, commands: list[Command], stall: int = 0, others: int = 0, written=None
) -> list[tuple[int, int]]:
    """Compares every command's writes with the model's; returns the clocks of acceptance and completion of each.

    `written`, a list, gets of each command what it wrote: VMEM elements and AMEM blocks, by address.
    """
    n = lanes()
    expected = plan(vmem, commands, n)
    words = vmem.reshape(-1, n)[:, ::-1].astype(">u4")
    Path("vmem.bin").write_bytes(words.tobytes())
    entries = (pack_fields({k: getattr(c, k) for k in LAYOUT}, LAYOUT) | int(c.wait) << 224 for c in commands)
    Path("commands.bin").write_bytes(b"".join(entry.to_bytes(29, "big") for entry in entries))
    await start(dut)
    dut.rst_ni.value = 0
    dut.seed_i.value = int(numpy_rng("bench").integers(1, 2**32))
    dut.stall_i.value, dut.others_i.value = stall, others
    await clocks(dut, 3)
    dut.rst_ni.value = 1
    dut.go_i.value = 1
    await RisingEdge(dut.done_o)
    times = compare(commands, expected, n, written)
    for name in ("vmem.bin", "commands.bin", "log.txt"):
        Path(name).unlink()
    return times


def compare(commands: list[Command], expected: list, n: int, written: list | None = None) -> list[tuple[int, int]]:
    open_slots, accepted, times = {}, 0, [None] * len(commands)
    compared = 0
    for line in Path("log.txt").read_text().splitlines():
        kind, slot, *rest = line.split()
        slot = int(slot)
        if kind == "C":
            assert commands[accepted].slot == slot
            open_slots[slot] = (accepted, int(rest[0]), {}, {})
            accepted += 1
            continue
        assert slot in open_slots, f"slot {slot} has no command: {line}"
        index, since, vmem_writes, amem_writes = open_slots[slot]
        if kind == "W":
            word, strobe, data = (int(text, 16) for text in rest)
            for lane in range(n):
                if strobe >> lane & 1:
                    vmem_writes[word * n + lane] = data >> 32 * lane & 0xFFFFFFFF
        elif kind == "A":
            amem_writes[int(rest[0], 16)] = int(rest[1], 16)
        else:
            times[index] = (since, int(rest[0]))
            check(index, commands[index], expected[index], vmem_writes, amem_writes)
            compared += len(vmem_writes) + len(amem_writes)
            if written is not None:
                written += [None] * (index + 1 - len(written))
                written[index] = vmem_writes, amem_writes
            del open_slots[slot]
    assert accepted == len(commands) and not open_slots, f"{accepted} accepted, unfinished: {open_slots}"
    cocotb.log.info("%d commands, %d elements and blocks compared", len(commands), compared)
    return times


def check(index: int, c: Command, writes, vmem_writes: dict, amem_writes: dict) -> None:
    assert len(writes.vmem_addresses) + len(writes.amem_addresses) > 0
    golden = dict(zip(writes.vmem_addresses.tolist(), writes.vmem_values.tolist()))
    if vmem_writes != golden:
        wrong = sorted(k for k in golden.keys() | vmem_writes.keys() if golden.get(k) != vmem_writes.get(k))
        show = [tuple(None if v is None else hex(v) for v in (k, golden.get(k), vmem_writes.get(k))) for k in wrong[:8]]
        raise AssertionError(f"command {index} {c}: {len(wrong)} of {len(golden)} (address, model, unit): {show}")
    blocks = {}
    for address, elements, scale in zip(writes.amem_addresses.tolist(), writes.amem_elements, writes.amem_scales):
        blocks[address] = int(scale) << 256 | int.from_bytes(elements.tobytes(), "little")
    if amem_writes != blocks:
        wrong = sorted(k for k in blocks.keys() | amem_writes.keys() if blocks.get(k) != amem_writes.get(k))
        show = [(k, hex(blocks.get(k, 0)), hex(amem_writes.get(k, 0))) for k in wrong[:2]]
        raise AssertionError(f"command {index} {c}: {len(wrong)} of {len(blocks)} blocks: {show}")


# ---------------------------------------------------------------- tests


@cocotb.test()
async def first_word_after_reset(dut):
    """First in this file, where registers hold anything before reset: a word that waits for longer ones finds none."""
    n = lanes()
    [(accepted, done)] = await run(dut, memory(numpy_rng("data"), VMEM_WORDS * n), [Command(cols=1, dst=512 * n)])
    assert done - accepted == 1 + LATENCY_SHORT


@cocotb.test()
@cocotb.parametrize((("stall", "others"), [(0, 0), (0, 60), (40, 20), (128, 200), (230, 255)]))
async def random_commands(dut, stall, others):
    """Any legal command in any place, overlapping wherever there is no conflict."""
    rng, n = numpy_rng("commands"), lanes()
    commands = []
    for _ in range(25 if icarus() else 600):
        c = Command(wait=rng.random() < 0.05)
        choose_operation(c, rng)
        choose_place(c, n, rng)
        commands.append(c)
    await run(dut, memory(rng, VMEM_WORDS * n), commands, stall, others)


@cocotb.test()
async def far_and_many(dut):
    """Strides across the whole memory, up to 255 rows or as many outer steps, and strides that no second row uses."""
    rng, n = numpy_rng("commands"), lanes()
    commands = []
    for _ in range(15 if icarus() else 250):
        c = Command(wait=rng.random() < 0.05)
        choose_operation(c, rng)
        choose_far_place(c, n, rng)
        commands.append(c)
    await run(dut, memory(rng, VMEM_WORDS * n), commands)


@cocotb.test()
async def every_operation(dut):
    """Each legal combination of the operation's fields once, in random places."""
    rng, n = numpy_rng("commands"), lanes()
    commands = []
    fields = product(range(5), range(4), range(4), range(4), range(2), range(5), range(4), range(2))
    for x, y, y_op, f, z, out, reduce, mask in fields:
        c = Command(x=x, y=y, y_op=y_op, f=f, z=z, out=out, reduce=reduce, mask=mask)
        if operation_is_legal(c) and (y or not y_op) and (not icarus() or rng.random() < 0.01):
            choose_place(c, n, rng)
            commands.append(c)
    await run(dut, memory(rng, VMEM_WORDS * n), commands)


@cocotb.test()
async def each_reads_what_the_one_before_wrote_last(dut):
    """A completion comes with the last write, and the next command reads that very element in the same clock."""
    n, rng, commands = lanes(), numpy_rng("commands"), []
    last, limit = 0, USABLE_WORDS * n  # the element written last
    for _ in range(20 if icarus() else 300):
        out, reduce = [(OUT.vmem, 0), (OUT.vmem, 1), (OUT.none, 1), (OUT.none, 2), (OUT.scatter, 0), (OUT.scatter, 2)][
            int(rng.integers(6))
        ]
        cols = int(rng.integers(1, 2 * n + 1))
        c = Command(wait=True, out=out, reduce=reduce, cols=cols, f=int(rng.integers(2)), dst_row=1)
        word = last // n * n
        c.a = word
        if cols <= n and word >= n and rng.random() < 0.5:  # as the last word, as b, as s
            c.cols, c.a = n + cols, word - n
        if not reduce and rng.random() < 0.5:
            c.b, c.z, c.a = word, 1, int(rng.integers(VMEM_WORDS // 2)) * n
        elif rng.random() < 0.5:
            c.s, c.x, c.a = last, X.s, int(rng.integers(VMEM_WORDS // 2)) * n
        while True:
            c.dst = int(rng.integers(USABLE_WORDS)) * n
            if reduce:
                c.b = int(rng.integers(limit))
            if legal(c, n, False):
                break
        commands.append(c)
        if reduce:
            last = c.b
        elif out == OUT.vmem:
            last = c.dst + c.cols - 1
        else:
            last = c.dst + (c.cols - 1) * n
    await run(dut, memory(rng, VMEM_WORDS * n), commands)


@cocotb.test()
@cocotb.parametrize(f=[0, 1])
async def rows_and_lanes_are_independent(dut, f):
    """One element of the source is another: its own element of the result changes, its row's sum, its row's block, no other."""
    n = lanes()
    rng, rows, cols, size = numpy_rng("data"), 2, 2 * n, 4 * n
    shape = {"f": f, "rows": rows, "cols": cols, "a_row": 2}
    vmem = np.zeros(VMEM_WORDS * n, np.uint32)
    source = fp32.bits(rng.uniform(1, 2, size).astype(np.float32))
    outputs, sums = (size + 1) * size, 2 * (size + 1) * size  # behind the sources
    commands = []
    for i in range(size + 1):  # the first as it is
        place = i * size
        vmem[place : place + size] = source
        if i:
            vmem[place + i - 1] = fp32.bits(np.float32(64 + i % 8))
        results = {"dst": outputs + place, "dst_row": 2, "reduce": REDUCE.sum, "b": sums + i * rows}
        commands.append(Command(a=place, **results, **shape))
        commands.append(Command(a=place, out=OUT.mxint8, dst=i * rows, dst_row=1, **shape))
    written = []
    await run(dut, vmem, commands, written=written)
    places = {}
    for i, (elements, _), (_, blocks) in zip(range(size + 1), written[::2], written[1::2], strict=True):
        seen = {("element", k - outputs - i * size): v for k, v in elements.items() if k < sums}
        seen |= {("sum", k - sums - i * rows): v for k, v in elements.items() if k >= sums}
        seen |= {("block", k - i * rows): v for k, v in blocks.items()}
        assert len(seen) == size + 2 * rows
        places[i] = seen
    for i in range(size):
        changed = {place for place, value in places[i + 1].items() if value != places[0][place]}
        assert changed == {("element", i), ("sum", i // cols), ("block", i // cols)}, f"row {i // cols}, lane {i % n}"


@cocotb.test()
async def time_of_one_command(dut):
    """From the clock in which the one before completes: a clock a word, and the way of the last word."""
    n = lanes()
    rng = numpy_rng("data")
    far = 512 * n
    row = {"cols": 5 * n - 1, "rows": 3, "a_row": 5, "dst_row": 5}
    cases = [
        (Command(x=X.a, f=1, dst=far, **row), 15 + LATENCY),
        (Command(x=X.a, dst=far, **row), 15 + LATENCY_SHORT),
        (Command(cols=1, dst=far), 1 + LATENCY_SHORT),
        (Command(x=X.b, y=Y.b, z=1, b=far // 2, b_rows=1, dst=far, **row), 15 + LATENCY_SHORT),
        (Command(x=X.s, s=far // 2, s_step=S_STEP.row, dst=far, **row), 15 + LATENCY_SHORT),
        (Command(x=X.s, s=far // 2, z=1, b=far // 2, dst=far, **row), 16 + LATENCY_SHORT),
        (Command(f=2, out=OUT.mxint8, **row), 15 + LATENCY + LATENCY_BLOCK),
        (Command(out=OUT.none, reduce=REDUCE.sum, b=far + 1, **row), 15 + LATENCY_SHORT + LATENCY_SUM),
        (Command(out=OUT.none, reduce=REDUCE.max, b=far + 1, **row), 15 + LATENCY_SHORT + LATENCY_MAX),
        (Command(out=OUT.none, reduce=REDUCE.argmax, b=1, f=1, a=far, **row), 15 + LATENCY + LATENCY_MAX),
        (Command(f=1, out=OUT.mxfp4, reduce=REDUCE.sum, b=far + 1, **row), 15 + LATENCY + LATENCY_SUM),
        (Command(out=OUT.scatter, dst=far + 3, **row), 15 * n - 3 + LATENCY_SHORT),
    ]
    times = await run(dut, memory(rng, VMEM_WORDS * n), [c for c, _ in cases for c.wait in [True]])
    begins = [times[0][0] + 1, *(done for _, done in times)]  # the first in the clock after its acceptance
    assert [done - begin + 1 for (_, done), begin in zip(times, begins)] == [clocks for _, clocks in cases]


@cocotb.test()
async def commands_follow_without_a_gap(dut):
    """Commands that do not conflict take a clock a word, whatever they do; a row's result costs one where it must."""
    n = lanes()
    rng = numpy_rng("data")

    async def words_of(commands) -> int:
        """Clocks beyond the first command's acceptance and the way of its last word."""
        times = await run(dut, memory(rng, VMEM_WORDS * n), commands)
        return max(done for _, done in times) - times[0][0]

    far = 512 * n
    short = [Command(x=X.a, a=i * n, dst=far + i * n, cols=1 + i % n) for i in range(100)]
    assert await words_of(short) == 100 + LATENCY_SHORT
    # of two words, since sixteen slots do not cover the long way and its acknowledgement
    long = [Command(f=1 + i % 3, a=2 * i * n, dst=far + 2 * i * n, cols=n + 1 + i % n) for i in range(100)]
    assert await words_of(long) == 200 + LATENCY
    sums = [Command(out=OUT.none, reduce=REDUCE.sum, rows=20, a_row=1, cols=n, b=far + 20 * i) for i in range(5)]
    assert await words_of(sums) == 100 + LATENCY_SHORT + LATENCY_SUM
    blocks = [Command(out=OUT.mxint8, f=1, rows=20, a_row=1, cols=n, dst=20 * i, dst_row=1) for i in range(5)]
    assert await words_of(blocks) == 100 + LATENCY + LATENCY_BLOCK
    both = [Command(reduce=REDUCE.sum, rows=20, a_row=4, dst_row=4, cols=4 * n, dst=far // 2, b=far)]
    assert await words_of(both) in range(80 + LATENCY_SHORT + LATENCY_SUM, 100 + LATENCY_SHORT + LATENCY_SUM + 1)


@cocotb.test()
async def large_counts(dut):
    """As many rows, outers and columns as the fields can hold."""
    n = lanes()
    rng = numpy_rng("data")
    columns, many = (700, 7) if icarus() else (65535, 63)
    far = 512 * n
    commands = [
        Command(a_imm=1, imm=0x3E800001, out=OUT.none, reduce=REDUCE.sum, cols=columns, b=far),
        Command(a_imm=1, imm=0x3F800000, mask=1, s=3, f=2, out=OUT.none, reduce=REDUCE.argmax, cols=columns, b=far + 1),
        Command(out=OUT.none, reduce=REDUCE.argmax, cols=10 * columns // 1000 * n, b=1020 * n),
        Command(cols=n, rows=many, outer=many, a_row=1, a_outer=3, out=OUT.mxint8, dst_row=1, dst_outer=15),
        Command(a_imm=1, imm=7, cols=1, rows=many, outer=many, dst=far, dst_row=1, dst_outer=5),
        Command(
            x=X.s,
            s=far + 3,
            s_step=S_STEP.row,
            cols=2,
            rows=63,
            outer=n - 1,
            a_row=1,
            a_outer=7,
            dst=700 * n,
            dst_row=1,
        ),
    ]
    await run(dut, memory(rng, VMEM_WORDS * n), commands)


@cocotb.test()
@cocotb.parametrize(kind=["words", "results", "scatter"])
async def others_get_half_of_the_memory(dut, kind):
    """Where matrix unit and shared reader always want something, each gets at least near half of the clocks."""
    n = lanes()
    rows = {"cols": 2 * n, "rows": 60, "a_row": 2, "dst_row": 2}
    commands = {
        "words": [Command(z=1, b=300 * n, b_rows=1, dst=600 * n, **rows)] * 3,
        "results": [Command(reduce=REDUCE.sum, b=300 * n, dst=600 * n, **rows)] * 3,
        "scatter": [Command(out=OUT.scatter, dst=600 * n, cols=2 * n, rows=20, dst_row=5)],
    }[kind]
    times = await run(dut, memory(numpy_rng("data"), VMEM_WORDS * n), [replace(c) for c in commands], others=255)
    total = max(done for _, done in times) - times[0][0]
    matrix, share = int(dut.matrix_o.value), int(dut.share_o.value)
    cocotb.log.info("%d clocks, of which matrix %d, shared reader %d", total, matrix, share)
    assert min(matrix, share) >= 0.47 * total
    taken = sum(c.rows * 2 * (n if kind == "scatter" else 1) + c.rows * bool(c.reduce) for c in commands)
    assert total <= 2 * taken + 60
