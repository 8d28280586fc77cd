"""Row reductions against models/reduce.py, value and clock: rows of all lengths, kinds mixed, with and without gaps, corners."""

import json
import os

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge

from models import fp32, reduce
from models.vector import REDUCE
from tb import sample
from tb.stream import numpy_rng, rng, start
from tb.words import pack

TAG_W = 12
PARAMETERS = [{"Lanes": 4, "TagW": TAG_W}, {"Lanes": 8, "TagW": TAG_W}, {"Lanes": 16, "TagW": TAG_W}]
LATENCY_SUM, LATENCY_MAX = 21, 5  # rtl/vector/srn_vector_pkg.sv
GOLDEN = {REDUCE.sum: reduce.row_sum, REDUCE.max: reduce.row_max, REDUCE.argmax: reduce.row_argmax}

NAN, OTHER_NAN, INF, MINUS_INF, MINUS_ZERO, ONE = 0x7FC00000, 0xFF812345, 0x7F800000, 0xFF800000, 0x80000000, 0x3F800000


def random_row(generator: np.random.Generator) -> np.ndarray:
    """Sums that depend on their order, many equal elements, signed zeros, or now and then what is not a number."""
    length = int(generator.choice([1, 3, 16, 17, 33, 64, 65, 130]))
    length = int(generator.integers(1, length + 1))
    kind = generator.integers(5)
    if kind == 0:
        return fp32.bits(
            (generator.integers(-9, 9, length) * 2.0 ** generator.integers(-30, 30, length)).astype(np.float32)
        )
    if kind == 1:
        return fp32.bits(generator.integers(-2, 3, length).astype(np.float32))
    if kind == 2:
        return generator.choice(np.array([MINUS_ZERO, 0, 1, 0x80000001], np.uint32), length)
    row = fp32.bits(generator.standard_normal(length).astype(np.float32))
    if kind == 3:
        row[generator.random(length) < 0.1] = generator.choice([NAN, OTHER_NAN, INF, MINUS_INF])
    return row


def corner_rows() -> list[np.ndarray]:
    rows = [
        [MINUS_ZERO],  # a sum begins at +0
        [MINUS_ZERO, 0],  # the largest of the zeros is +0
        [0, MINUS_ZERO],
        [OTHER_NAN],  # made canonical; its column is 0
        [NAN] * 40,
        [NAN, MINUS_INF, NAN],  # anything beats a NaN
        [MINUS_INF] * 20,  # lanes beyond the row do not beat minus infinity
        [INF, MINUS_INF],  # their sum is a NaN
        [ONE] * 67,  # of equals the first
        [0] * 15 + [ONE] * 2,  # across a group
        [0x7F7FFFFF] * 3,  # overflow
        [0x7F7FFFFF, 0x7F7FFFFF] + [0] * 14 + [0xFF7FFFFF] * 2,  # overflow that the order causes
        list(range(1, 200)),  # subnormals; the largest is last
        list(range(200, 0, -1)),
    ]
    return [np.array(row, np.uint32) for row in rows]


class Rows:
    """Sends rows word by word and remembers what must come out, and when."""

    def __init__(self, dut, gaps: float):
        self.dut, self.gaps = dut, gaps
        self.lanes = json.loads(os.environ["SRN_PARAMETERS"])["Lanes"]
        self.chance, self.junk = rng("gaps"), numpy_rng("junk")
        self.clock, self.due, self.compared = 0, {}, 0

    async def step(self) -> None:
        """One clock: whatever is driven now goes in, and what comes out is compared."""
        dut = self.dut
        await FallingEdge(dut.clk_i)
        expected = self.due.pop(self.clock, None)
        got = (int(dut.out_tag_o.value), int(dut.out_data_o.value)) if int(dut.out_valid_o.value) else None
        assert got == expected, f"clock {self.clock}: {got} instead of {expected}"
        self.compared += expected is not None
        await RisingEdge(dut.clk_i)
        self.clock += 1

    async def idle(self) -> None:
        self.dut.in_valid_i.value = 0
        self.dut.in_data_i.value = pack(self.junk.integers(0, 2**32, self.lanes, dtype=np.uint32), 32)
        self.dut.in_row_last_i.value = self.chance.getrandbits(1)
        await self.step()

    async def send(self, tag: int, row: np.ndarray, kind: int, slow: bool) -> None:
        dut, n = self.dut, self.lanes
        latency = LATENCY_SUM if kind == REDUCE.sum or slow else LATENCY_MAX
        for column in range(0, len(row), n):
            while self.chance.random() < self.gaps:
                await self.idle()
            word = row[column : column + n]
            last = column + n >= len(row)
            while last and kind and self.clock + latency in self.due:  # the sender's duty
                await self.idle()
            junk = self.junk.integers(0, 2**32, n - len(word), dtype=np.uint32)
            dut.in_valid_i.value, dut.in_reduce_i.value, dut.in_slow_i.value = 1, kind, slow
            dut.in_row_last_i.value, dut.in_col_i.value, dut.in_tag_i.value = last, column, tag
            dut.in_lanes_i.value = 2 ** len(word) - 1
            dut.in_data_i.value = pack(np.concatenate([word, junk]), 32)
            if last and kind:
                self.due[self.clock + latency] = (tag, int(GOLDEN[kind](row)))
            await self.step()


async def run(dut, rows: list[np.ndarray], kinds: list[int], slow: list[bool], gaps: float) -> Rows:
    await start(dut)
    sender = Rows(dut, gaps)
    for tag, (row, kind, is_slow) in enumerate(zip(rows, kinds, slow, strict=True)):
        await sender.send(tag, row, kind, is_slow)
    for _ in range(LATENCY_SUM + 5):
        await sender.idle()
    assert not sender.due and sender.compared == sum(kind != REDUCE.none for kind in kinds) > 0
    cocotb.log.info("%d rows compared", sender.compared)
    results = [int(GOLDEN[kind](row)) if kind else 0 for row, kind in zip(rows, kinds, strict=True)]
    sample.reduce(rows, kinds, sender.lanes, gaps, results)
    return sender


@cocotb.test()
@cocotb.parametrize(gaps=[0.0, 0.5])
async def random_rows(dut, gaps):
    generator = numpy_rng("rows")
    rows = [random_row(generator) for _ in range(700)]
    await run(dut, rows, generator.integers(0, 4, 700).tolist(), (generator.random(700) < 0.2).tolist(), gaps)


@cocotb.test()
@cocotb.parametrize(kind=[REDUCE.sum, REDUCE.max, REDUCE.argmax])
async def corners(dut, kind):
    rows = corner_rows()
    await run(dut, rows, [kind] * len(rows), [False] * len(rows), 0.0)


@cocotb.test()
@cocotb.parametrize(kind=[REDUCE.sum, REDUCE.max, REDUCE.argmax])
async def each_lane_alone(dut, kind):
    """Rows of three words with one element that counts, in each lane of each word: a lane that is lost or mistaken shows."""
    width = 3 * json.loads(os.environ["SRN_PARAMETERS"])["Lanes"]
    rows = fp32.bits(np.diag(np.arange(1, width + 1) + 0.5).astype(np.float32))
    assert len({int(GOLDEN[kind](row)) for row in rows}) == width
    await run(dut, list(rows), [kind] * width, [False] * width, 0.0)


@cocotb.test()
@cocotb.parametrize(kind=[REDUCE.sum, REDUCE.max])
async def rows_of_one_word_follow_without_a_gap(dut, kind):
    generator = numpy_rng("rows")
    lanes = json.loads(os.environ["SRN_PARAMETERS"])["Lanes"]
    rows = [
        fp32.bits(generator.standard_normal(generator.integers(1, lanes + 1)).astype(np.float32)) for _ in range(200)
    ]
    sender = await run(dut, rows, [kind] * 200, [False] * 200, 0.0)
    assert sender.clock == 200 + LATENCY_SUM + 5
