"""srn_counters against 64-bit integers: random events from random beginnings, most of them just below a carry, read as one moment."""

import cocotb
from cocotb.triggers import FallingEdge

from tb.stream import parameter, rng, start
from tb.words import pack

TOPLEVEL = "counters_bench"
PARAMETERS = [{"NumCounters": 31}, {"NumCounters": 3}]
ROUNDS = 60


def beginning(random) -> int:
    """Anything, or a few steps before the carry out of some bit: of the low word into the high one, and of the last."""
    bit = random.choice([random.randint(1, 64), 32, 32, 64])
    return random.choice([random.getrandbits(64), (1 << bit) - random.randint(1, 20)])


@cocotb.test()
async def events_are_counted_and_read_as_of_one_moment(dut):
    random, number = rng("counters"), parameter("NumCounters")
    falling, carries = FallingEdge(dut.clk_i), 0
    await start(dut)
    await falling
    for _ in range(ROUNDS):
        first = [beginning(random) for _ in range(number)]
        counts = list(first)
        dut.presets_i.value, dut.preset_i.value = pack(counts, 64), 1
        dut.clear_i.value = dut.count_i.value = dut.read_i.value = 0
        await falling
        dut.preset_i.value = 0
        for _ in range(random.randint(1, 60)):
            events, clear = random.getrandbits(number), random.random() < 0.01
            dut.count_i.value, dut.clear_i.value = events, clear
            await falling
            counts = [0 if clear else (c + (events >> i & 1)) % 2**64 for i, c in enumerate(counts)]
            carries += sum(c >> 32 != f >> 32 and c for c, f in zip(counts, first, strict=True)) > 0
        held = list(counts)
        dut.clear_i.value, dut.read_i.value, dut.idx_i.value = 0, 1, 0
        dut.count_i.value = 0
        for _ in range(3):  # the low word of the first is the one of now
            await falling
            assert int(dut.low_o.value) == counts[0] % 2**32
        for i in range(number):  # the others stand still while events go on
            dut.read_i.value, dut.idx_i.value = int(i > 0), i
            events = random.getrandbits(number)
            dut.count_i.value = events
            await falling
            counts = [(c + (events >> k & 1)) % 2**64 for k, c in enumerate(counts)]
            assert int(dut.high_o.value) == held[i] >> 32
            assert int(dut.low_o.value) == (counts[0] if i == 0 else held[i]) % 2**32
    assert carries > ROUNDS
