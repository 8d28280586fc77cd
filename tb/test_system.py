"""The whole chip with its memory against the instruction-set simulator: every retired instruction of random programs, every halt, memory at the end."""

import json
import os

import cocotb
import numpy as np

from models import isa, registers
from models.simulator import BUS, CAUSES, ENCODING, PROGRAM, Simulator
from tb import sample
from tb.axi_lite import AxiLiteError
from tb.lockstep import Lockstep, Mismatch, assert_same_memory
from tb.programs import config_of, filling, legal_writer, undefined
from tb.session import Request, Session
from tb.stream import clocks, icarus, numpy_rng, parameter, rng, start

TOPLEVEL = "system"
_TINY = {
    "PortBytes": 8,
    "Rows": 2,
    "Passes": 2,
    "VmemWords": 128,
    "AmemBlocks": 64,
    "ImemWords": 512,
    "StreamDepth": 64,
    "MemoryBeats": 8192,
    "Events": 1,
}
_SMALL = _TINY | {"PortBytes": 16, "Rows": 8, "AmemBlocks": 128, "StreamDepth": 512}
PARAMETERS = {"verilator": [_TINY, _SMALL], "icarus": [_TINY]}

NEVER_WAITS = {"s_axil_ar": "one access at a time; the registers' own bench lets it wait"}
HOST_STALL = 0.3  # of every AXI4-Lite channel
LENGTH = {"verilator": 200, "icarus": 50}  # instructions of a random program, at least
PATIENCE = 30_000  # clocks without a batch of instructions or an interrupt
NUM_PROGRAMS = {"verilator": 6, "icarus": 2}  # of each chance of a stall
NUM_CLEARS = {"verilator": 10, "icarus": 3}
RATES = (0, 256, 160, 40)  # beats in 256 clocks; 0: the memory's own
LATENCIES = (0, 1, 5, 90, 400)


def simulator_name() -> str:
    return "icarus" if icarus() else "verilator"


class Chip:
    """The chip under test with its image, and the simulator beside it, which share no memory."""

    def __init__(self, dut):
        self.dut, self.session, self.random = dut, Session(dut, HOST_STALL), rng("chip")
        self.config = config_of(json.loads(os.environ["SRN_PARAMETERS"]))
        self.beats = parameter("MemoryBeats")
        self.simulator = Simulator(self.config, self.data())

    def data(self) -> np.ndarray:
        """A whole memory of binary32 near 1, whose bytes are weights and scales of all kinds as well."""
        words = numpy_rng("memory").normal(size=self.beats * self.config.port_bytes // 4).astype(np.float32)
        return words.view(np.uint8).copy()

    def place(self, program: list, beat: int = 0) -> Request:
        """The program, instructions or their bytes, into the simulator's memory; `fill` brings it to the chip's."""
        code = b"".join(part if isinstance(part, bytes) else isa.encode(part) for part in program)
        first = beat * self.config.port_bytes
        self.simulator.dram[first : first + len(code)] = np.frombuffer(code, np.uint8)
        self.simulator._weights.clear()
        return Request(beat, len(program))

    async def fill(self) -> None:
        await self.session.fill(self.simulator.dram)

    async def run(self, request: Request, halt=None):
        return await self.session.run(request, Lockstep(self.simulator), PATIENCE, halt=halt)

    async def compare_memory(self) -> None:
        seen = await self.session.memory(self.simulator.dram, self.config.port_bytes)
        assert_same_memory(seen, self.simulator.dram)

    def filling(self) -> list[isa.Instruction]:
        return filling(self.config, self.beats // 2)

    async def refresh(self) -> None:
        """New data in both memories, and the same in the local memories of both."""
        self.simulator.dram[:] = self.data()
        request = self.place([*self.filling(), isa.make("end")])
        await self.fill()
        assert not (await self.run(request)).halt

    async def clean_run(self, length: int) -> int:
        """A random program from doorbell to end, memory compared; how many instructions were."""
        program = legal_writer(self.config, self.random, self.beats).body(length)
        request = self.place([*program, isa.make("end", ra=self.random.randrange(16))])
        request.args = [self.random.getrandbits(32) for _ in range(registers.NUM_ARGS)]
        await self.fill()
        ending = await self.run(request)
        assert not ending.halt
        await self.compare_memory()
        return ending.compared

    def settings(self, stall: int) -> None:
        """Of the memory: chance of a stall as given, the others at random. The seed is taken in reset."""
        self.dut.stall_i.value = stall
        self.dut.seed_i.value = self.random.getrandbits(32)
        self.dut.rate_i.value = self.random.choice(RATES)
        self.dut.latency_i.value = self.random.choice(LATENCIES)


async def make(dut, stall: int = 0) -> Chip:
    """Reset, with data in both memories and the local memories of both equal."""
    await start(dut)
    chip = Chip(dut)
    chip.settings(stall)
    await chip.session.reset()
    await chip.refresh()
    return chip


# ---------------------------------------------------------------- programs


@cocotb.test()
@cocotb.parametrize(stall=[0, 20, 150])
async def random_programs(dut, stall):
    """Legal programs, dense in hazards, each from a reset, with random stalls on every AXI channel, latency and rate."""
    await start(dut)
    chip = Chip(dut)
    compared, number = 0, NUM_PROGRAMS[simulator_name()]
    for i in range(number):
        chip.simulator = Simulator(chip.config, chip.data())
        writer = legal_writer(chip.config, chip.random, chip.beats // 4)  # dense in hazards of DRAM as well
        beginning = chip.filling()
        body = writer.body(LENGTH[simulator_name()], at=len(beginning))
        request = chip.place([*beginning, *body, isa.make("end", ra=chip.random.randrange(16))])
        request.args = [chip.random.getrandbits(32) for _ in range(registers.NUM_ARGS)]
        image = chip.simulator.dram.copy()
        chip.settings(stall)
        await chip.session.reset()
        await chip.fill()
        try:
            ending = await chip.run(request)
        except Mismatch as mismatch:
            cocotb.log.error("program %d of this test", i)
            raise await chip.session.explain(mismatch, request, image, PATIENCE) from None
        assert not ending.halt
        await chip.compare_memory()
        compared += ending.compared
    finite = np.isfinite(chip.simulator.vmem.view(np.float32)).mean()
    cocotb.log.info("%d instructions compared; %.2f of VMEM finite at the end", compared, finite)
    assert compared >= LENGTH[simulator_name()] * number


@cocotb.test()
async def twice(dut):
    """Two runs without a reset between them give the same, and counters begin again."""
    chip = await make(dut)
    writer = legal_writer(chip.config, chip.random, chip.beats)
    program = [*chip.filling(), *writer.command("matmul"), *writer.command("store")]
    program += writer.body(60, at=len(program))
    request = chip.place([*program, isa.make("end", ra=3)])
    before = chip.simulator.dram.copy()
    ends = []
    for _ in range(2):
        chip.simulator.dram[:] = before
        chip.simulator._weights.clear()
        await chip.fill()
        ending = await chip.run(request)
        counters = await chip.session.counters()
        await chip.compare_memory()
        assert counters["instructions"] == ending.compared
        ends.append((ending, chip.simulator.dram.copy(), counters))
    (one, memory_one, counters_one), (two, memory_two, counters_two) = ends
    assert one == two and np.array_equal(memory_one, memory_two)
    for name in ("stream_beat", "read_beat", "write_beat", "instructions"):
        assert counters_one[name] == counters_two[name] > 0, name
    assert abs(counters_one["cycles"] - counters_two["cycles"]) < counters_one["cycles"] // 50


@cocotb.test()
async def counters_name_the_cause(dut):
    """Programs that leave only one: a full queue and nobody else at VMEM; a transfer, behind which vectors wait for each other."""
    chip = await make(dut)
    dut.latency_i.value, dut.rate_i.value = 400, 0
    lanes = chip.config.lanes

    def vector(source: int, target: int) -> isa.Instruction:
        fields = {"out": "vmem", "cols": 32 * lanes, "rows": 1, "outer": 1}
        return isa.make("vector", x="a", z=1, a=source, b=source, dst=target, **fields)  # both read ports

    async def counters_of(program: list[isa.Instruction]) -> dict[str, int]:
        request = chip.place([*program, isa.make("end")])
        await chip.fill()
        await chip.run(request)
        return await chip.session.counters()

    a, b, c = 0, 32 * lanes, 64 * lanes
    found = await counters_of([vector(a, b)] * 12)
    assert found["dispatch_queue"] > 100 and found["dispatch_drain"] > 30
    assert found["dispatch_window"] == found["vector_port"] == found["matrix_pass"] == found["read_full"] == 0, found

    short = isa.make("matmul", outputs=1, depth=32, rows=1, vmem_stride=1)
    found = await counters_of([chip.filling()[1], *[short] * 12])  # which fill their queue: activations are being made
    assert found["dispatch_queue"] > 30 > found["dispatch_window"], found

    long = isa.make("matmul", outputs=parameter("StreamDepth") * chip.config.port_bytes // 128, depth=512, rows=1)
    found = await counters_of([long, *[short] * 12])  # which fill the stream's: its buffer is full
    assert found["dispatch_queue"] > 100, found

    found = await counters_of([isa.make("matmul", outputs=1, depth=32, rows=chip.config.rows + 1, vmem_stride=1)])
    assert found["matrix_pass"] > 0 == found["read_full"] and found["stream_beat"] == 17, found
    assert found["stream_first"] > 300 > found["stream_empty"] - found["stream_first"], found

    load = isa.make("load", vmem=a, dram=chip.beats // 2, cols=lanes, rows=1)
    behind = isa.make("load", vmem=c, dram=chip.beats // 2, cols=lanes, rows=1)
    await counters_of([vector(a, b), vector(b, c), behind, isa.make("signal")] * 9)  # which stay in the dma queue
    found = await counters_of([load, vector(a, b), vector(b, c)])
    assert found["vector_wait_dma"] > 300 > found["vector_wait"] - found["vector_wait_dma"] > 0, found


# ---------------------------------------------------------------- host


@cocotb.test()
async def identification(dut):
    """What the chip says of itself, and answers where there is no register."""
    await start(dut)
    session, config = Session(dut, HOST_STALL), config_of(json.loads(os.environ["SRN_PARAMETERS"]))
    expected = {
        registers.ID: registers.ID_VALUE,
        registers.VERSION: registers.VERSION_VALUE,
        registers.SLICES: 1,
        registers.PORT_BYTES: config.port_bytes,
        registers.ROWS: config.rows,
        registers.PASSES: config.passes,
        registers.LANES: config.lanes,
        registers.VMEM_WORDS: config.vmem_words,
        registers.AMEM_BLOCKS: config.amem_blocks,
        registers.IMEM_WORDS: config.imem_words,
        registers.STREAM_DEPTH: parameter("StreamDepth"),
        registers.NUM_EVENTS: len(registers.EVENTS),
        registers.STATUS: 0,
    }
    assert {address: await session.host.read(address) for address in expected} == expected
    for byte in range(1, 4):
        assert await session.host.read(registers.ID + byte) == registers.ID_VALUE
    host = session.host
    for access in (
        host.read(0x5FC),
        host.read(0xFFC),
        host.write(registers.ID + 3, 1),
        host.write(0x5FC, 1),
        host.write(0xFFC, 1),
    ):
        try:
            await access
        except AxiLiteError:
            continue
        raise AssertionError("an access to what is not there is not refused")


@cocotb.test()
async def doorbell_while_running(dut):
    """Is refused and changes nothing, whatever stands in the registers; nor does one while halted."""
    chip = await make(dut)
    session, refusals = chip.session, 0
    other = chip.place([isa.make("end", ra=1)], beat=chip.beats // 4)
    other.args = [77]

    async def ring_again(status: int) -> None:
        nonlocal refusals
        if status & registers.STATUS_IRQ_PROGRESS:
            await session.ring(other)
            status = await session.status()
            assert status & registers.STATUS_REFUSED and status & registers.STATUS_RUNNING
            await session.host.write(registers.STATUS, registers.STATUS_REFUSED)
            assert not await session.status() & registers.STATUS_REFUSED
            refusals += 1

    spin = [isa.make("scalar", rd=3, value=60), isa.make("scalar", function="sub", rd=3, ra=3, value=1)]
    spin += [isa.make("vector", a=0, out="vmem", cols=16, rows=2, outer=2, dst=256, dst_row=8)]
    spin += [isa.make("branch", condition="ne", ra=3, target=2)]
    program = [isa.make("signal", ra=2), *spin, isa.make("scalar", rd=4, ra=1, value=1), isa.make("end", ra=4)]
    request = chip.place(program)
    request.args = [41, 5]
    await chip.fill()
    ending = await session.run(request, Lockstep(chip.simulator), PATIENCE, ring_again)
    assert (ending.result, ending.halt, refusals) == (42, None, 1)
    assert await session.host.read(registers.PROGRESS) == 5

    request = chip.place([bytes(32)])
    await chip.fill()
    ending = await chip.run(request)
    assert ending.halt == (ENCODING, 0, 0)
    await session.ring(other)
    status = await session.status()
    assert status & registers.STATUS_REFUSED and status & registers.STATUS_HALTED
    assert await session.halt() == ending.halt
    await session.host.write(registers.STATUS, registers.STATUS_REFUSED)
    await session.clear()
    assert (await chip.run(other)).result == 77


@cocotb.test()
async def clear_while_running(dut):
    """Ends a run at any moment, within bounds; the next run is as if nothing had been."""
    chip = await make(dut, stall=30)
    for _ in range(NUM_CLEARS[simulator_name()]):
        program = [
            *chip.filling(),
            *legal_writer(chip.config, chip.random, chip.beats).body(60, at=len(chip.filling())),
        ]
        request = chip.place([*program, isa.make("end")])
        await chip.fill()
        await chip.session.ring(request)
        await clocks(dut, chip.random.randrange(1, 3000))
        await chip.session.clear()
        assert not await chip.session.status() & (registers.STATUS_RUNNING | registers.STATUS_HALTED)
        await chip.refresh()
        await chip.clean_run(20)


# ---------------------------------------------------------------- halts

ARGS = [0xFFFF, 0xFFFFF, 0xFFFFFFF0, 255]  # r1 to r4 of the programs below


def refused(config) -> str:
    """Instructions that are refused, each with its cause and its fault address."""
    l, v, a, r = config.lanes, config.vmem_elements, config.amem_blocks, config.matmul_rows
    return f"""
        load vmem=0 dram=4 cols=8 rows=0                            | LENGTH 0
        load vmem=0 dram=4 cols=0 rows=1                            | LENGTH 0
        load vmem=0 dram=4 cols=r1+1 rows=1                         | LENGTH 65536
        load vmem=0 dram=4 cols=8 rows=r4+1                         | LENGTH 256
        load vmem=1 dram=4 cols=8 rows=1                            | ALIGNMENT 1
        load vmem={v - l} dram=4 cols={l + 1} rows=1                        | ADDRESS {v - l}
        load vmem={v - l} dram=4 cols=1 rows=2 vmem_stride=1            | ADDRESS {v - l}
        load vmem=r3+0 dram=4 cols=8 rows=1                         | ADDRESS 4294967280
        load vmem=0 dram=r3+15 cols={l * 4} rows=1                       | ADDRESS 4294967295
        store vmem=0 dram=4 cols=8 rows=0                           | LENGTH 0
        store vmem=0 dram=4 cols=0 rows=1                           | LENGTH 0
        store vmem={l - 1} dram=4 cols=8 rows=1                         | ALIGNMENT {l - 1}
        store vmem={v} dram=4 cols=1 rows=1                           | ADDRESS {v}
        store vmem=0 dram=r3+12 cols={l * 4} rows=2 dram_stride=4        | ADDRESS 4294967292
        store_tile amem=0 dram=4 count=0 ksteps=1                   | LENGTH 0
        store_tile amem=0 dram=4 count=r1+0 ksteps=1                | LENGTH 65535
        store_tile amem=0 dram=4 count=1 ksteps=0                   | LENGTH 0
        store_tile amem=0 dram=4 count=1 ksteps=1 first=r2+1        | LENGTH 1048576
        store_tile amem={a - 1} dram=4 count=1 ksteps=2                 | ADDRESS {a - 1}
        store_tile amem=1 dram=4 count=2 ksteps=1 amem_stride={a - 1}   | ADDRESS 1
        store_tile amem=0 dram=r3+12 count=1 ksteps=1                | ADDRESS 4294967292
        matmul vmem=0 amem=0 dram=4 outputs=0 depth=32 rows=1       | LENGTH 0
        matmul vmem=0 amem=0 dram=4 outputs=r2+1 depth=32 rows=1    | LENGTH 1048576
        matmul vmem=0 amem=0 dram=4 outputs=8 depth=0 rows=1        | LENGTH 0
        matmul vmem=0 amem=0 dram=4 outputs=8 depth=r1+1 rows=1     | LENGTH 65536
        matmul vmem=0 amem=0 dram=4 outputs=8 depth=32 rows=0       | LENGTH 0
        matmul vmem=0 amem=0 dram=4 outputs=8 depth=32 rows={r + 1}     | LENGTH {r + 1}
        matmul vmem=2 amem=0 dram=4 outputs=8 depth=32 rows=1       | ALIGNMENT 2
        matmul vmem={v - l} amem=0 dram=4 outputs={l + 1} depth=32 rows=1   | ADDRESS {v - l}
        matmul vmem=0 amem={a - 1} dram=4 outputs=8 depth=33 rows=1     | ADDRESS {a - 1}
        matmul vmem=0 amem=0 dram=r3+12 outputs=8 depth=32 rows=1    | ADDRESS 4294967292
        vector out=vmem a=0 dst={v // 2} cols=0 rows=1 outer=1           | LENGTH 0
        vector out=vmem a=0 dst={v // 2} cols=r1+1 rows=1 outer=1        | LENGTH 65536
        vector out=vmem a=0 dst={v // 2} cols=8 rows=0 outer=1           | LENGTH 0
        vector out=vmem a=0 dst={v // 2} cols=8 rows=r4+1 outer=1        | LENGTH 256
        vector out=vmem a=0 dst={v // 2} cols=8 rows=1 outer=0           | LENGTH 0
        vector out=vmem a=0 dst={v // 2} cols=8 rows=1 outer=r4+1        | LENGTH 256
        vector out=vmem a=0 dst={v // 2 + 1} cols=8 rows=1 outer=1         | ALIGNMENT {v // 2 + 1}
        vector out=vmem a=3 dst={v // 2} cols=8 rows=1 outer=1           | ALIGNMENT 3
        vector out=vmem x=b a=0 b=2 dst={v // 2} cols=8 rows=1 outer=1   | ALIGNMENT 2
        vector out=vmem a=0 dst={v - l} cols={l + 1} rows=1 outer=1         | ADDRESS {v - l}
        vector out=mxint8 a=0 dst={a - 1} cols=33 rows=1 outer=1        | ADDRESS {a - 1}
        vector out=mxfp4 a=0 dst={a} cols=1 rows=1 outer=1            | ADDRESS {a}
        vector out=scatter a=0 dst={v - 1} cols=2 rows=1 outer=1 dst_row=1  | ADDRESS {v - 1}
        vector out=vmem a={v - l} dst=0 cols={l + 1} rows=1 outer=1  | ADDRESS {v - l}
        vector out=vmem a=0 dst={v // 2} z=1 b={v - l} cols=1 rows=2 outer=1 b_rows=1 a_row=1 dst_row=1  | ADDRESS {v - l}
        vector out=vmem a=0 dst={v // 2} x=s s={v - 1} s_step=row cols=1 rows=2 outer=1 a_row=1 dst_row=1  | ADDRESS {v - 1}
        vector out=none reduce=sum a=0 b={v - 1} cols=8 rows=2 outer=1  | ADDRESS {v - 1}
        read rd=1 vmem={v}                                            | ADDRESS {v}
        read rd=1 vmem=r3+15                                         | ADDRESS 4294967295
        vector out=vmem a=0 dst={l} cols={2 * l} rows=1 outer=1           | OVERLAP {l}
        vector out=vmem a=0 dst={v // 2} x=b b={v // 2 - l} cols={2 * l} rows=1 outer=1  | OVERLAP {v // 2}
        vector out=vmem a=0 dst={v // 2} y=s s={v // 2 + 1} cols={2 * l} rows=1 outer=1  | OVERLAP {v // 2}
        vector out=scatter a=0 dst=0 cols=1 rows=1 outer=1 dst_row=1     | OVERLAP 0
        vector out=none reduce=max a=0 b={2 * l - 1} cols={2 * l} rows=1 outer=1   | OVERLAP {2 * l - 1}
        vector out=vmem reduce=max a=0 dst={v // 2} b={v // 2} cols={2 * l} rows=1 outer=1  | OVERLAP {v // 2}
        vector out=vmem a=0 dst=0 cols={l} rows=2 outer=1 a_row=1 dst_row=2     | OVERLAP 0
        vector out=vmem a=0 dst=0 cols={2 * l} rows=2 outer=1 a_row=1 dst_row=1   | OVERLAP 0
        vector out=vmem z=1 a={v // 2} b=0 dst=0 cols={l} rows=2 outer=1 a_row=1 dst_row=1  | OVERLAP 0
        vector out=vmem x=b a=0 b=2 dst={v - l} cols=r1+1 rows=1 outer=1  | LENGTH 65536
        vector out=vmem x=b a=1 b=2 dst={v} cols=8 rows=1 outer=1       | ALIGNMENT 1
        vector out=vmem reduce=sum z=1 a=1 dst={v} cols=0 rows=1 outer=1  | ENCODING 0
        vector out=vmem reduce=sum x=b a=0 dst={v // 2} cols=8 rows=1 outer=1  | ENCODING 0
        vector out=vmem reduce=max y=b a=0 dst={v // 2} cols=8 rows=1 outer=1  | ENCODING 0
        vector out=vmem mask=1 x=s a=0 dst={v // 2} cols=8 rows=1 outer=1      | ENCODING 0
        vector out=vmem mask=1 y=s a=0 dst={v // 2} cols=8 rows=1 outer=1      | ENCODING 0
        vector out=none reduce=none a=0 cols=8 rows=1 outer=1             | ENCODING 0
        branch condition=eq target=511                                    | PROGRAM 511
        branch condition=eq target=65535                                  | PROGRAM 65535
    """


def allowed(config) -> str:
    """Legal ones, though near one of the above."""
    l, v, a = config.lanes, config.vmem_elements, config.amem_blocks
    return f"""
        vector out=vmem a=0 dst=0 cols={2 * l} rows=2 outer=2 a_row=2 dst_row=2 a_outer=4 dst_outer=4 y=imm imm=0x3f800000
        vector out=vmem z=1 a={v // 2} b=0 dst=0 cols={l} rows=2 outer=1 a_row=1 dst_row=1 b_rows=1
        vector out=vmem a={v // 2} dst={l * 2} x=s s={l * 2 - 1} cols={2 * l} rows=1 outer=1
        load vmem={v - l} dram=4 cols={l} rows=1
        store vmem={v - l} dram=6 cols={l} rows=1
        matmul vmem={v - l} amem={a - 1} dram=40 outputs={l} depth=32 rows=1 format=mxint8
        vector out=mxint8 a=0 dst={a - 1} cols=32 rows=1 outer=1
        store_tile amem={a - 1} dram=200 count=1 ksteps=1 first=3
        vector out=scatter a=0 dst={v - 1} cols=1 rows=1 outer=1 dst_row=1
        vector out=none reduce=argmax a=0 b={v - 1} cols=8 rows=1 outer=1
        read rd=1 vmem={v - 1}
    """


def around(chip: Chip, instruction) -> tuple[list, int]:
    """A program with work of every unit before the instruction, and after it what must not be seen; where the instruction is."""
    l, beat = chip.config.lanes, chip.random.randrange(3000, 3500)
    before = f"""
        load vmem={2 * l} dram={beat} cols={6 * l} rows=1
        vector out=mxint8 a={2 * l} dst=3 cols={6 * l} rows=1 outer=1
        matmul vmem={10 * l} amem=3 dram={beat} outputs={4 * l} depth={6 * l} rows=1 format=mxint8
        vector out=vmem y=imm imm=0x3f800000 a={10 * l} dst={20 * l} cols={4 * l} rows=1 outer=1
        store vmem={20 * l} dram={beat - 7} cols={4 * l - 1} rows=1
        store_tile amem=3 dram={beat + 40} count=2 ksteps=1 first=5
    """
    after = f"store vmem=0 dram={beat - 20} cols={2 * l} rows=1\nend"
    program = [isa.assemble(line) for line in before.strip().splitlines()]
    return [*program, instruction, *map(isa.assemble, after.splitlines())], len(program)


async def halts(chip: Chip, program: list, halt: tuple[int, int, int], told: tuple | None = None) -> None:
    """The program halts as expected (`told`: and the simulator cannot know), which a clear ends."""
    request = chip.place(program)
    request.args = ARGS
    await chip.fill()
    ending = await chip.run(request, told)
    assert ending.halt == halt, f"{ending.halt} instead of {halt}"
    if not told:
        await chip.compare_memory()
    await chip.session.clear()
    assert await chip.session.status() == 0 and (await chip.session.halt())[0] == 0


@cocotb.test()
@cocotb.parametrize(stall=[0, 60])
async def refusals(dut, stall):
    """Every kind of refused instruction: cause, program counter, address; what was before it is done and nothing of it; then a clean run."""
    chip = await make(dut, stall)
    causes = {name.upper(): cause for cause, name in enumerate(CAUSES)}
    cases = [(code, ENCODING, 0) for code in undefined()]
    for line in refused(chip.config).strip().splitlines():
        text, _, (name, address) = *line.partition("|")[:2], line.partition("|")[2].split()
        cases.append((isa.assemble(text), causes[name], int(address)))
    if simulator_name() == "icarus":
        cases = chip.random.sample(cases, len(cases) // 10)
    for number, (instruction, cause, address) in enumerate(cases):
        program, at = around(chip, instruction)
        pc = address if cause == PROGRAM else at
        try:
            await halts(chip, program, (cause, pc, address))
        except AssertionError:
            text = instruction.hex() if isinstance(instruction, bytes) else isa.disassemble(instruction)
            cocotb.log.error("refusal %d of %d: %s", number, len(cases), text)
            raise
        if number % 8 == 0:
            await chip.clean_run(12)
    legal = [isa.assemble(line) for line in allowed(chip.config).strip().splitlines()]
    request = chip.place([*legal, isa.make("end")])
    await chip.fill()
    assert not (await chip.run(request)).halt
    await chip.compare_memory()
    cocotb.log.info("%d halts compared", len(cases))


@cocotb.test()
async def program_lengths(dut):
    """No instructions, more than fit, as many as fit and no `end`; then as many as fit."""
    chip = await make(dut)
    most = chip.config.imem_words
    for length in (0, most + 1, 0xFFFFFFFF):
        request = chip.place([isa.make("end")])
        request.program_length = length
        await chip.fill()
        ending = await chip.run(request)
        assert ending.halt == (PROGRAM, 0, length)
        await chip.session.clear()
    steps = [isa.make("scalar", rd=1, ra=1, value=1) for _ in range(most)]
    await halts(chip, steps, (PROGRAM, most, most))
    request = chip.place([*steps[1:], isa.make("end", ra=1)])
    await chip.fill()
    assert (await chip.run(request)).result == most - 1


# ---------------------------------------------------------------- bus errors

LATE = "load vmem=0 dram=6000 cols=64 rows=2 dram_stride=40\nvector out=vmem a=0 dst=256 cols=64 rows=1 outer=1"


def bus_cases(chip: Chip) -> list[tuple[str, int, int, int]]:
    """(instruction, first beat of the window of errors, its beats, the address that the halt tells): in each burst of a transfer."""
    beats, size = chip.beats, 16 * 1024  # far beyond
    end = f"outputs={2 * chip.config.port_bytes} depth=64 rows=1"
    far = rng("far").getrandbits(32) & 0xF7FFF000 | 1 << 24
    anywhere = [
        (line.format(address), 0, 0, address + late)
        for line, late in (
            ("load vmem=0 dram={} cols=8 rows=1", 0),
            ("store vmem=0 dram={} cols=8 rows=1", 0),
            ("store_tile amem=0 dram={} count=1 ksteps=1 first=0", 1),  # the scales, which come first, are written last
            ("matmul vmem=0 amem=0 dram={} " + end, 0),
        )
        for address in (far, far ^ 0xFEFFF000, far)  # each bit of an address at 0 and at 1
    ]
    return [
        *anywhere,
        ("load vmem=0 dram=5008 cols=64 rows=1", 5008, 1, 5008),
        ("load vmem=0 dram=5000 cols=128 rows=1", 5011, 1, 5008),  # inside a burst
        ("load vmem=0 dram=5000 cols=8 rows=3 dram_stride=64", 5128, 4, 5128),  # the last row
        (f"matmul vmem=0 amem=0 dram=5008 {end}", 5008, 400, 5008),
        (f"matmul vmem=0 amem=0 dram=5008 {end} dram_stride=100", 5108, 1, 5108),  # the second tile
        ("store vmem=0 dram=5008 cols=32 rows=1", 5008, 16, 5008),
        ("store vmem=0 dram=5008 cols=8 rows=3 dram_stride=64", 5136, 4, 5136),
        ("store_tile amem=0 dram=5008 count=3 ksteps=1 first=0", 5008, 1, 5008),  # scales
        ("store_tile amem=0 dram=5007 count=3 ksteps=1 first=0", 5008, 40, 5008),  # elements
        (f"load vmem=0 dram={beats} cols=8 rows=1", 0, 0, beats),
        (f"load vmem=0 dram={beats - 16} cols=128 rows=1", 0, 0, beats),
        (f"load vmem=0 dram={size * 64} cols=8 rows=1", 0, 0, size * 64),
        (f"store vmem=0 dram={beats} cols=8 rows=1", 0, 0, beats),
        (f"store_tile amem=0 dram={beats - 1} count=1 ksteps=1 first=0", 0, 0, beats),
        (f"matmul vmem=0 amem=0 dram={beats} {end}", 0, 0, beats),
        ("load vmem=0 dram=0xfffffff0 cols=8 rows=1", 0, 0, 0xFFFFFFF0),
    ]


@cocotb.test()
@cocotb.parametrize(stall=[0, 60])
async def bus_errors(dut, stall):
    """SLVERR and DECERR in every kind of transfer and in the program load: halt, clear, clean run."""
    chip = await make(dut, stall)
    cases = bus_cases(chip)
    if simulator_name() == "icarus":
        cases = chip.random.sample(cases, 4)
    for number, (line, window, size, address) in enumerate(cases):
        program, at = around(chip, isa.assemble(line))
        program[-1:] = [
            *map(isa.assemble, LATE.splitlines()),
            bytes(32),
        ]  # work behind it, and a refusal that must not win
        dut.error_base_i.value, dut.error_size_i.value = window, size
        halt = (BUS, at, address)
        try:
            await halts(chip, program, halt, told=halt)
        except AssertionError:
            cocotb.log.error("bus error %d of %d: %s", number, len(cases), line)
            raise
        dut.error_size_i.value = 0
        await chip.refresh()
        await chip.clean_run(12)


@cocotb.test()
async def bus_errors_in_the_program(dut):
    """The load of the program meets an error in a burst of its middle, or the end of the memory."""
    chip = await make(dut)
    first = 512
    step = isa.BYTES // chip.config.port_bytes
    request = chip.place([isa.make("scalar", rd=1, value=3)] * 99 + [isa.make("end", ra=1)], beat=first)
    await chip.fill()
    for window in (first, first + 48, first + 100 * step - 1):
        dut.error_base_i.value, dut.error_size_i.value = window, 1
        ending = await chip.session.run(request, None, PATIENCE)
        assert ending.halt == (BUS, 0, window // 16 * 16)
        await chip.session.clear()
        dut.error_size_i.value = 0
        assert (await chip.run(request)).result == 3
    for beat in (chip.beats, chip.beats - 16, 0xFFFFFFFF):
        ending = await chip.session.run(Request(beat, 100), None, PATIENCE)
        assert ending.halt == (BUS, 0, max(beat, chip.beats))
        await chip.session.clear()
        assert (await chip.run(request)).result == 3


# ---------------------------------------------------------------- meetings


def three(chip: Chip, short: bool) -> list[isa.Instruction]:
    """Commands of the vector, the matrix and the dma unit, in any order, each in a quarter of VMEM that is its unit's."""
    config, random = chip.config, chip.random
    quarter = config.vmem_elements // 4
    words = quarter // config.lanes
    stride = words // config.matmul_rows
    offset = [random.randrange(words) * config.lanes if short else 0 for _ in range(6)]
    rows = 1 if short else random.randint(1, config.matmul_rows)
    outputs = random.randint(1, stride * config.lanes)
    matmul = {"outputs": outputs, "depth": random.randint(1, 32 if short else 64), "rows": rows, "amem_stride": 1}
    commands = [isa.make("matmul", **matmul, vmem=2 * quarter, vmem_stride=stride, amem=0, dram=chip.beats // 4)]
    for at in offset if short else [0]:
        cols = random.randint(1, config.lanes if short else quarter)
        commands += [isa.make("vector", out="vmem", x="a", a=0, dst=quarter + at, cols=cols, rows=1, outer=1)]
        rows = 1 if short else random.randint(1, min(words, 63))
        load = {"cols": random.randint(1, config.lanes), "rows": rows, "vmem_stride": 1}
        commands += [isa.make("load", **load, vmem=3 * quarter + at, dram=chip.beats // 2 + random.randrange(99))]
    return random.sample(commands, len(commands))


@cocotb.test()
@cocotb.parametrize(stall=[0, 30])
async def three_units_at_once(dut, stall):
    """Each writes a part of VMEM of its own: their writes meet, also all three in a clock."""
    chip = await make(dut, stall)
    many = simulator_name() == "verilator"
    for i in range(4 if many else 1):
        program = [isa.make("scalar", rd=3, value=8 if many else 1)]
        while len(program) < (300 if many else 20):
            program += three(chip, short=i % 2 == 1)
        program += [isa.make("scalar", function="sub", rd=3, ra=3, value=1)]
        program += [isa.make("branch", condition="ne", ra=3, target=1), isa.make("end")]
        request = chip.place(program)
        await chip.fill()
        assert not (await chip.run(request)).halt
        await chip.compare_memory()


@cocotb.test()
async def three_end_at_once(dut):
    """Matmul, load and vector in one clock: loads of rising length against vectors, which end every ten clocks, in each phase."""
    chip = await make(dut)
    dut.latency_i.value, dut.rate_i.value = 0, 0
    lanes = chip.config.lanes

    def vector(words: int) -> isa.Instruction:
        return isa.make("vector", a_imm=1, out="vmem", dst=lanes, cols=words * lanes, rows=1, outer=1)

    for phase in range(10) if simulator_name() == "verilator" else [2]:
        program = []
        for words in range(8, 20):
            program += [
                isa.make("matmul", outputs=1, depth=32, rows=1, vmem_stride=1),
                isa.make("load", vmem=80 * lanes, dram=chip.beats // 2, cols=words * lanes, rows=1),
                *[vector(40 + phase), *[vector(1)] * 4],
                isa.make("signal"),
            ]
        request = chip.place([*program, isa.make("end")])
        await chip.fill()
        assert not (await chip.run(request)).halt
        await chip.compare_memory()


@cocotb.test()
@cocotb.parametrize(stall=[0, 100])
async def transfers_on_a_slow_memory(dut, stall):
    """More small loads, bursts and weights than can be under way, and stores that wait for the bus."""
    chip = await make(dut, stall)
    dut.latency_i.value, dut.rate_i.value = 1000 if simulator_name() == "verilator" else 100, 0
    config, beats = chip.config, chip.beats
    half = config.vmem_elements // 2
    words = half // config.lanes
    program = [isa.make("load", cols=1, rows=1, vmem=i * config.lanes, dram=beats // 2 + 3 * i) for i in range(12)]
    program += [isa.make("load", cols=1, rows=min(words, 63), vmem=half, vmem_stride=1, dram=beats // 2, dram_stride=2)]
    program += [
        isa.make("store", cols=1, rows=min(words, 63), vmem=half, vmem_stride=1, dram=beats // 4, dram_stride=2)
    ]
    whole = {"cols": config.vmem_elements, "rows": 1, "vmem": 0}  # more bursts than can wait for their data
    program += [isa.make("store", **whole, dram=beats // 4)] * 4
    program += [
        isa.make("matmul", outputs=2 * config.port_bytes, depth=512, rows=1, vmem=0, vmem_stride=8, amem=0,
                 amem_stride=1, dram=beats // 8, dram_stride=33 * 16, format="mxint8")
    ]  # fmt: skip
    request = chip.place([*program, isa.make("end")])
    await chip.fill()
    assert not (await chip.run(request)).halt
    await chip.compare_memory()


# ---------------------------------------------------------------- coverage


@cocotb.test()
async def what_happened_inside(dut):
    """Keeps what tb/chip_events.sv saw during all tests above: verify/coverage tells what nobody reached."""
    await start(dut)
    await clocks(dut, 4)
    assert sample.events() > 0, "tb/chip_events.sv saw nothing, not even empty buffers"
