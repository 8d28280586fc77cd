"""srn_sequencer against the simulator's scalar semantics and checks, with units that compute nothing but take random times: the trace and the commands of random programs, every kind of halt, that no command starts or `read` reads while an older conflicting one is unfinished, and what things cost in cycles."""

import itertools
from collections import deque
from dataclasses import dataclass

import cocotb
from cocotb.triggers import FallingEdge, Timer

from models import isa, simulator
from models.simulator import BUS, PROGRAM, Halt
from tb.checker import Checker, element_value, expected_commands
from tb.programs import Generator, Writer, config_of
from tb.records import layout
from tb.stream import parameter, rng, start
from tb.words import unpack_fields

PARAMETERS = [
    {"PortBytes": 8, "Rows": 2, "Passes": 1, "VmemWords": 64, "AmemBlocks": 32, "ImemWords": 300},
    {"PortBytes": 32, "Rows": 16, "Passes": 2, "VmemWords": 128, "AmemBlocks": 64, "ImemWords": 512},
]
DEFINED_WHEN = {"progress_value_o": "progress_o", "result_o": "done_o"}

UNITS = ("stream", "matrix", "vector", "dma")
DMA_PROGRAM = 3
PATIENCE = 3000  # cycles without anything happening
RESET_CYCLES = 4  # docs/control.md
LIMIT = 150_000  # cycles of a test
SETTLE_CYCLES = 8  # enough for the units' reset after a clear
WRITING = {"dst": ("vmem", True), "a": ("vmem", False), "s": ("vmem", False), "b": ("vmem", False), "r": ("vmem", True)}


@dataclass
class Flight:
    """A dispatched command. An access is (space, first, last, writes)."""

    slot: int
    pc: int
    name: str
    accesses: list
    done: bool = False

    def before(self, newer: "Flight") -> list:
        """Accesses that a newer command must respect: two matmuls write in order by themselves."""
        in_order = self.name == newer.name == "matmul"
        return [access for access in self.accesses if not (in_order and access[3])]


def accesses_of(name: str, ranges: dict) -> list:
    found = []
    for place, (first, last) in ranges.items():
        writes = {"amem": name == "vector", "dram": name in ("store", "store_tile")}
        space, write = WRITING.get(place) or (place, writes[place])
        found.append((space, first, last, write))
    return found


def meet(older: list, newer: list, spaces=("vmem", "amem", "dram")) -> bool:
    return any(
        space == other and space in spaces and first <= end and begin <= last and (write or also)
        for space, first, last, write in older
        for other, begin, end, also in newer
    )


class Slice:
    """Everything around the sequencer, a cycle at a time, and the model beside it."""

    def __init__(self, dut, stall: float, slow: int, name: str = "slice"):
        self.dut, self.stall, self.slow, self.random = dut, stall, slow, rng(name)
        self.config = config_of({key: parameter(key) for key in PARAMETERS[0]})
        self.checker = Checker(self.config)
        self.falling, self.settled = FallingEdge(dut.clk_i), Timer(1, unit="ns")
        self.compared = self.commands = self.cycle = 0
        self.share_word = None
        self.share_waits = False
        self.events = {"window": 0, "queue": 0, "drain": 0}
        self.progress: list[int] = []
        self.idle = 1  # of the memory port
        self.deaf: set[str] = set()  # units that take no command
        self.reset()

    def reset(self) -> None:
        self.flight: list[Flight] = []
        self.queues = {unit: deque() for unit in UNITS}  # accepted, not started
        self.expected = {unit: deque() for unit in UNITS}
        self.running = {unit: deque() for unit in UNITS}  # [slot, cycles left]
        self.streamed: set[int] = set()  # slots whose weights have been asked for
        self.loading = None
        self.trace: list[tuple[int, int]] = []  # (cycle, pc)
        self.done_seen = self.result = None

    # -- one cycle

    async def step(self, start: bool = False, clear: bool = False, error: tuple[int, int] | None = None) -> None:
        """Drive, let it settle, look, and go past the clock."""
        dut, random = self.dut, self.random
        dut.start_i.value, dut.clear_i.value = int(start), int(clear)
        dut.bus_error_valid_i.value = int(error is not None)
        dut.bus_error_slot_i.value, dut.bus_error_addr_i.value = error or (
            random.getrandbits(4),
            random.getrandbits(32),
        )
        dut.port_idle_i.value = self.idle
        done = self._drive_completions()
        self._drive_load()
        for unit in UNITS:
            room = len(self.queues[unit]) < 2 and unit not in self.deaf
            getattr(dut, f"{unit}_cmd_ready_i").value = int(room and random.random() >= self.stall)
        dut.share_ready_i.value = int(random.random() >= self.stall)
        dut.share_data_i.value = self._share_data()
        await self.settled
        self._look(done)
        await self.falling
        self.cycle += 1
        assert self.cycle < LIMIT, "a test goes on for ever"

    def _drive_completions(self) -> set[int]:
        done = set()
        for unit in ("matrix", "vector", "dma"):
            running = self.running[unit]
            for entry in running:
                entry[1] -= 1
            slot = None
            if running and running[0][1] <= 0 and (unit != "matrix" or running[0][0] in self.streamed):
                slot = running.popleft()[0]
                done.add(slot)
            getattr(self.dut, f"{unit}_done_valid_i").value = int(slot is not None)
            getattr(self.dut, f"{unit}_done_slot_i").value = self.random.getrandbits(4) if slot is None else slot
        return done

    def _drive_load(self) -> None:
        """The program, a word in some cycles, once its command has started."""
        dut, loading = self.dut, self.loading
        write = loading is not None and loading < len(self.program) and self.random.random() >= self.stall
        dut.imem_write_i.value = int(write)
        if write:
            dut.imem_addr_i.value = loading
            dut.imem_data_i.value = int.from_bytes(self.program[loading], "little")
            self.loading += 1
            if self.loading == len(self.program):
                self.running["dma"][0][1] = 1

    def _share_data(self) -> int:
        lanes = self.config.lanes
        if self.share_word is None:
            return self.random.getrandbits(32 * lanes)
        return sum(element_value(self.share_word * lanes + lane) << 32 * lane for lane in range(lanes))

    # -- what the sequencer shows

    def _look(self, done: set[int]) -> None:
        dut = self.dut
        for entry in self.flight:
            if entry.slot in done and not entry.done:
                entry.done = True
                self.streamed.discard(entry.slot)
        self._look_at_read()
        for name in self.events:
            self.events[name] += int(getattr(dut, f"event_{name}_o").value)
        if int(dut.trace_valid_o.value):
            self._look_at_trace()
        if int(dut.progress_o.value):
            self.progress.append(int(dut.progress_value_o.value))
        if int(dut.done_o.value):
            assert self.done_seen is None
            self.done_seen, self.result = self.cycle, int(dut.result_o.value)
        if int(dut.core_rst_no.value):
            clear, stream_clear = int(dut.clear_o.value), int(dut.stream_clear_o.value)
            for unit in UNITS:
                self._take(unit)
                self._start(unit, stream_clear if unit == "stream" else clear)
        else:  # the units are reset too
            self.loading = None
            for unit in UNITS:
                self.queues[unit].clear()
                self.running[unit].clear()

    def _look_at_read(self) -> None:
        dut = self.dut
        asks = int(dut.share_valid_o.value)
        assert asks or not self.share_waits, "a VMEM read was withdrawn"
        self.share_word = int(dut.share_addr_o.value) if asks and int(dut.share_ready_i.value) else None
        self.share_waits = bool(asks) and self.share_word is None
        if asks:
            word = int(dut.share_addr_o.value) * self.config.lanes
            element = self.checker._operand(self._next(), "vmem")
            assert word == element - element % self.config.lanes
            read = [("vmem", element, element, False)]
            assert not any(meet(entry.accesses, read) for entry in self.flight if not entry.done), "read too early"

    def _next(self) -> isa.Instruction:
        return isa.decode(self.checker._program[self.checker.pc])

    def _look_at_trace(self) -> None:
        dut, checker = self.dut, self.checker
        pc, slot = int(dut.trace_pc_o.value), int(dut.trace_slot_o.value)
        before = list(checker.registers)
        done = checker.step()
        name = done.instruction.name
        self.trace.append((self.cycle, pc))
        self.compared += 1
        command = name in ("load", "store", "store_tile", "matmul", "vector")
        got = {"pc": pc, "command": int(dut.trace_command_o.value), "value": int(dut.trace_value_o.value)}
        assert got == {"pc": done.pc, "command": command, "value": 0 if command else done.value}, isa.disassemble(
            done.instruction
        )
        rd = done.instruction.rd if name in ("scalar", "read") else 0
        assert int(dut.trace_rd_o.value) == rd
        if name in ("signal", "end"):
            assert all(entry.done for entry in self.flight), f"{name} before the end of what is in flight"
        if name == "signal":
            assert int(dut.progress_o.value)
        if command:
            self.commands += 1

            def operand(key):
                fields = done.instruction.fields
                return (fields[key] + before[fields[key + "_reg"]]) & 0xFFFFFFFF

            for unit, fields in expected_commands(done.instruction, self.config, operand, slot).items():
                self.expected[unit].append(fields)
            assert not any(entry.slot == slot and not entry.done for entry in self.flight), "a slot taken twice"
            self.flight = [entry for entry in self.flight if not entry.done]
            self.flight.append(Flight(slot, pc, name, accesses_of(name, checker.touched.ranges)))

    def _take(self, unit: str) -> None:
        """Move a command into the unit, comparing it with what was dispatched."""
        dut = self.dut
        if not (int(getattr(dut, f"{unit}_cmd_valid_o").value) and int(getattr(dut, f"{unit}_cmd_ready_i").value)):
            return
        fields = unpack_fields(int(getattr(dut, f"{unit}_cmd_o").value), layout(f"{unit}_cmd_t"))
        expected = self.expected[unit].popleft()
        got = {key: fields[key] for key in expected if key != "slot" or expected["slot"] is not None}
        assert got == {key: value for key, value in expected.items() if value is not None}, f"{unit}: {got}"
        self.queues[unit].append(fields)

    def _start(self, unit: str, clear: int) -> None:
        """The oldest command starts as soon as it may; two of a unit may be under way."""
        if not self.queues[unit] or len(self.running[unit]) >= 2 or not clear >> self.queues[unit][0]["slot"] & 1:
            return
        command = self.queues[unit].popleft()
        slot = command["slot"]
        if unit == "dma" and command["kind"] == DMA_PROGRAM:
            self.loading = 0
            self.running["dma"].append([slot, 1 << 30])
            return
        mine = next(entry for entry in self.flight if entry.slot == slot and not entry.done)
        older = [entry for entry in self.flight[: self.flight.index(mine)] if not entry.done]
        if unit == "stream":
            reads = [access for access in mine.accesses if access[0] == "dram"]
            assert not any(meet(entry.accesses, reads) for entry in older), "a stream starts too early"
            self.streamed.add(slot)
            return
        assert not any(meet(entry.before(mine), mine.accesses) for entry in older), f"{unit} starts too early"
        self.running[unit].append([slot, self.random.randint(1, self.slow)])

    # -- programs

    async def ring(self, program: list[isa.Instruction | bytes], clear: bool = False) -> None:
        """Reset the model and start the program; the host's registers change once it has been taken."""
        dut, random = self.dut, self.random
        if clear:  # a queue may still offer what was dispatched before the halt
            await self.step(clear=True)
            assert not int(dut.halted_o.value)
        self.reset()
        self.program = [code if isinstance(code, bytes) else isa.encode(code) for code in program]
        args = [random.getrandbits(32) for _ in range(8)]
        address = random.getrandbits(32)
        self.checker.begin(self.program, args)
        self.expected["dma"].append({"slot": None, "kind": DMA_PROGRAM, "dram": address, "cols": len(program)})
        dut.program_address_i.value, dut.program_length_i.value = address, len(program)
        dut.arguments_i.value = sum(arg << 32 * i for i, arg in enumerate(args))
        await self.step(start=True)
        for _ in range(6):  # a start beside a reset is kept until that is over
            await self.step()
        dut.program_length_i.value, dut.arguments_i.value = random.getrandbits(32), random.getrandbits(256)
        dut.program_address_i.value = random.getrandbits(32)

    async def finish(self) -> dict | None:
        """Run to done or halt and compare the end. None, or cause, pc and address of the halt."""
        dut, quiet = self.dut, 0
        while self.done_seen is None and not int(dut.halted_o.value):
            before = self.compared
            await self.step()
            quiet = 0 if self.compared > before or self.loading != len(self.program) else quiet + 1
            assert quiet < PATIENCE, "nothing is dispatched any more"
        if self.done_seen is not None:
            assert self.checker.result == self.result
            assert all(entry.done for entry in self.flight)
            await self.step()
            assert not int(dut.running_o.value)
            return None
        assert not int(dut.running_o.value)
        halt = {
            "cause": int(dut.cause_o.value),
            "pc": int(dut.halt_pc_o.value),
            "address": int(dut.fault_address_o.value),
        }
        if halt["cause"] != BUS:
            assert all(entry.done for entry in self.flight), "a halt before the end of what is in flight"
            assert not any(self.expected[unit] for unit in UNITS)
        return halt

    async def rest(self) -> None:
        """The end of a test: a halt is cleared, and all that was dispatched has gone its way."""
        if int(self.dut.halted_o.value):
            await self.step(clear=True)
        for _ in range(SETTLE_CYCLES):
            await self.step()
        for unit in UNITS:
            assert not self.queues[unit] and not self.running[unit], f"{unit} has work left"

    def next_halt(self) -> dict:
        """What the model says of the instruction that was not dispatched."""
        try:
            self.checker.step()
        except Halt as halt:
            return {"cause": halt.cause, "pc": halt.pc, "address": halt.address}
        raise AssertionError("the model goes on")


async def make(dut, stall: float, slow: int) -> tuple[Slice, Writer]:
    await start(dut)
    around = Slice(dut, stall, slow)
    await around.falling
    await units_are_reset(around)
    checker = Checker(around.config)

    def accepts(instruction, registers):
        checker.begin([isa.encode(instruction)])
        checker.registers = list(registers)
        try:
            checker.step()
        except Halt:
            return False
        return True

    generator = Generator(around.config, rng("programs"), near=0.1, wrong=0.02, dram_beats=1 << 14)
    return around, Writer(generator, accepts)


async def units_are_reset(around: Slice) -> None:
    """For so many clocks, and nothing runs, then or before somebody starts it."""
    for held in [True] * RESET_CYCLES + [False] * 3:
        assert int(around.dut.core_rst_no.value) == (not held) and not int(around.dut.running_o.value)
        await around.step()


def ending(writer: Writer, length: int) -> list[isa.Instruction | bytes]:
    """A last instruction that ends or halts, of every kind."""
    random = writer.random
    kind = random.randrange(7)
    if kind == 0:
        return []  # past the end
    if kind == 1:
        return [isa.make("branch", condition="eq", target=random.randint(length + 1, 65535))]
    if kind == 2:
        return [bytes([random.choice([0, 6, 0x13, 0x21, 0x31, 0xFF])]) + random.randbytes(31)]
    if kind == 3:
        scalar = isa.make("scalar", rd=1, value=1)
        return [isa.Instruction("scalar", scalar.fields | {"function": random.randint(9, 15)})]
    if kind in (4, 5):
        return writer.command(accepted=False)
    return [isa.make("end", ra=random.randrange(16))]


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.5], slow=[4, 200])
async def random_programs(dut, stall, slow):
    around, writer = await make(dut, stall, slow)
    halts: dict[int, int] = {}
    halted = False

    def enough() -> bool:
        return around.compared > 500 and around.commands > 100 and len(halts) >= 3 and bool(around.events["drain"])

    for number in range(100):
        if number >= 25 and enough():
            break
        body = writer.body(writer.random.choice([0, 20, 120]), waits=writer.random.random() < 0.6)
        program = body + ending(writer, len(body))
        if writer.random.random() < 0.5:
            program.append(isa.make("end", ra=3))
        if not 0 < len(program) <= around.config.imem_words:
            continue
        await around.ring(program, clear=halted)
        halt = await around.finish()
        halted = halt is not None
        if halted:
            assert halt == around.next_halt()
            halts[halt["cause"]] = halts.get(halt["cause"], 0) + 1
    named = {simulator.CAUSES[cause]: count for cause, count in sorted(halts.items())}
    cocotb.log.info(
        "%d instructions, %d commands, halts %s, events %s", around.compared, around.commands, named, around.events
    )
    assert enough()
    await around.rest()


@cocotb.test()
async def every_refusal(dut):
    """Each cause, from each kind of instruction that can have it, behind work in flight."""
    around, writer = await make(dut, 0.2, 20)
    causes = {}
    for name in ("load", "store", "store_tile", "matmul", "vector", "read"):
        wanted = {"vector": {1, 2, 3, 4, 5}, "matmul": {1, 2, 3, 4}, "load": {2, 3, 4}, "store": {2, 3, 4}, "read": {2}}
        missing = set(wanted.get(name, {2, 4}))
        while missing:
            refused = writer.command(name, accepted=False)
            program = writer.command() + writer.command() + refused
            await around.ring(program, clear=bool(int(dut.halted_o.value)))
            halt = await around.finish()
            assert halt == around.next_halt()
            missing.discard(halt["cause"])
            causes[name] = causes.get(name, 0) + 1
    cocotb.log.info("programs by the refused instruction: %s", causes)
    await around.rest()


@cocotb.test()
async def lengths(dut):
    """No program, one that fills the memory, and longer ones."""
    around, _ = await make(dut, 0.0, 4)
    for _ in range(6):
        await around.step()
    words = around.config.imem_words
    for length in (0, words + 1, 1 << 16, (1 << 32) - 1):
        dut.program_length_i.value = length
        await around.step(start=True)
        await around.step()
        assert int(dut.halted_o.value)
        assert await around.finish() == {"cause": PROGRAM, "pc": 0, "address": length}
        await around.step(clear=True)
        for _ in range(6):
            await around.step()
        assert not int(dut.halted_o.value) and int(dut.cause_o.value) == 0
    full = [isa.make("scalar", rd=1, ra=1, value=i) for i in range(words - 1)]
    await around.ring([*full, isa.make("end", ra=1)])
    assert await around.finish() is None
    await around.ring([*full, isa.make("scalar", rd=1)])
    assert await around.finish() == {"cause": PROGRAM, "pc": words, "address": words}
    await around.rest()


@cocotb.test()
async def bus_errors(dut):
    """Of any command in flight, and of the program load: dispatch stops, the halt waits for the port."""
    around, writer = await make(dut, 0.3, 30)
    random, halted, errors = writer.random, False, 0
    for number in range(100):
        if number >= 30 and errors > 10:
            break
        program = [*writer.body(40)[: around.config.imem_words - 1], isa.make("end")]
        await around.ring(program, clear=halted)
        halted = False
        patience = random.randint(0, 300) if number else 0
        while patience or not (any(not entry.done for entry in around.flight) or around.loading is not None):
            await around.step()
            patience = max(patience - 1, 0)
            if around.done_seen is not None:
                break
        loads = around.loading is not None and around.loading < len(program)
        victims = [entry for entry in around.flight if not entry.done]
        if around.done_seen is not None or not (loads or victims):
            await around.finish()
            continue
        victim = random.choice(victims or [None])
        slot, pc = (around.running["dma"][0][0], 0) if loads else (victim.slot, victim.pc)
        address = random.getrandbits(32)
        around.idle = 0
        count = around.compared
        await around.step(error=(slot, address))
        for _ in range(random.randint(1, 40)):
            assert int(dut.running_o.value) and int(dut.stop_o.value) and not int(dut.halted_o.value)
            await around.step(error=(random.getrandbits(4), random.getrandbits(32)) if random.random() < 0.1 else None)
        assert around.compared == count, "dispatch goes on after a bus error"
        around.idle = 1
        for _ in range(40):
            await around.step()
            if int(dut.halted_o.value):
                break
        assert await around.finish() == {"cause": BUS, "pc": pc, "address": address}
        halted, errors = True, errors + 1
    cocotb.log.info("%d bus errors", errors)
    assert errors > 10
    await around.rest()


@cocotb.test()
async def aborts(dut):
    """A clear ends a program that would run for ever, also one that waits, and the next one runs."""
    around, writer = await make(dut, 0.3, 10)
    for cycles in (1, 9, 30, 200):
        forever = writer.command() + [isa.make("signal"), isa.make("branch", condition="eq", target=0)]
        await around.ring(forever)
        for _ in range(cycles):
            await around.step()
        around.idle = 0
        await around.step(clear=True)
        for _ in range(5):
            await around.step()
            assert int(dut.running_o.value) and int(dut.stop_o.value) and int(dut.core_rst_no.value)
        around.idle = 1
        while int(dut.core_rst_no.value):
            await around.step()
        await units_are_reset(around)
        assert not int(dut.halted_o.value)
        await around.ring([*writer.body(20), isa.make("end")])
        assert await around.finish() is None
    await around.rest()


@cocotb.test()
async def fullness(dut):
    """A full queue and a full window hold up dispatch and lose nothing."""
    around, _ = await make(dut, 0.0, 3)
    lanes = around.config.lanes
    vector = isa.make("vector", out="vmem", dst=lanes, cols=lanes, rows=1, outer=1)
    free = {"a": 0xFFFFF, "dst": 0xFFFFF, "cols": 65535}  # anything, as neither operand is in memory
    long = isa.make("vector", a_imm=1, reduce="max", b=lanes, rows=1, outer=1, **free)
    load = isa.make("load", vmem=4 * lanes, cols=lanes, rows=1)
    for program, event in ([vector, long] * 10, "queue"), ([vector, load] * 20, "window"):
        before = dict(around.events)
        await around.ring([*program, isa.make("end")])
        while not around.trace:
            await around.step()
        around.stall = 1.0
        for _ in range(60):
            await around.step()
        around.stall = 0.0
        assert around.events[event] > before[event]
        assert await around.finish() is None
    await around.rest()


@cocotb.test()
async def each_queue_fills_alone(dut):
    """One unit takes nothing: dispatch waits for its queue, of the two that a matmul enters for either."""
    around, _ = await make(dut, 0.0, 3)
    lanes = around.config.lanes
    commands = {
        "stream": isa.make("matmul", outputs=1, depth=32, rows=1, vmem=lanes),
        "matrix": isa.make("matmul", outputs=1, depth=32, rows=1, vmem=lanes),
        "vector": isa.make("vector", out="vmem", dst=lanes, cols=lanes, rows=1, outer=1),
        "dma": isa.make("load", vmem=4 * lanes, cols=lanes, rows=1),
    }
    for unit, command in commands.items():
        before = around.events["queue"]
        await around.ring([command] * 12 + [isa.make("end")])
        around.deaf = {unit} if unit != "dma" else set()
        while not around.trace:
            await around.step()
        around.deaf = {unit}
        for _ in range(60):
            await around.step()
        around.deaf = set()
        assert around.events["queue"] > before, unit
        assert await around.finish() is None


@cocotb.test()
async def events_are_of_what_waits(dut):
    """A clock without dispatch is counted once at most: a command's for window or queue, others' for what is in flight."""
    around, writer = await make(dut, 0.3, 200)
    lanes = around.config.lanes
    vector = isa.make("vector", out="vmem", dst=lanes, cols=lanes, rows=1, outer=1)
    load = isa.make("load", vmem=4 * lanes, cols=lanes, rows=1)
    crowd = []  # a command that is jumped over, while the window is full, waits for nothing
    for _ in range(12):
        skip = isa.make("branch", condition="eq", target=len(crowd) + 4)
        crowd += [vector, load, skip, load, isa.make("scalar", rd=1)]
    for program in writer.body(100), crowd:
        await around.ring([*program, isa.make("end")])
        while around.done_seen is None:
            before = dict(around.events)
            await around.step()
            waits = [event for event in before if around.events[event] > before[event]]
            if waits:
                command = around._next().name in ("load", "store", "store_tile", "matmul", "vector")
                assert waits in ([["window"], ["queue"]] if command else [["drain"]])
        assert await around.finish() is None
    assert around.events["drain"] and around.events["window"]


@cocotb.test()
async def costs(dut):
    """Cycles: one a command, one a scalar or two if it needs the one before, two a taken branch; none from dispatch to permission."""
    around, _ = await make(dut, 0.0, 1)
    c = around.config
    copy = {"out": "vmem", "cols": c.lanes, "rows": 1, "outer": 1, "a": 0}
    vectors = [isa.make("vector", dst=(i % 4 + 1) * c.lanes, **copy) for i in range(12)]
    chain = [isa.make("scalar", rd=1, ra=1, value=1) for _ in range(4)]
    apart = [isa.make("scalar", rd=i, ra=15, value_reg=14) for i in range(2, 8)]
    hops = [isa.make("branch", condition="eq", target=len(vectors + chain + apart) + 1 + i) for i in range(4)]
    await around.ring([*vectors, *chain, *apart, *hops, isa.make("end")])
    assert await around.finish() is None
    cycles = [cycle for cycle, _ in around.trace]
    assert [pc for _, pc in around.trace] == list(range(len(cycles)))
    steps = [after - before for before, after in itertools.pairwise(cycles)]
    assert steps[:12] == [1] * 12, "a command takes a cycle"
    assert steps[12:15] == [2] * 3, "a scalar that needs the one before it takes two cycles"
    assert steps[15:22] == [1] * 7, "one that does not takes one"
    assert steps[22:26] == [2] * 4, "a taken branch takes two cycles"

    # the first command's way: queue and permission in the cycle after dispatch
    around.stall = 1.0
    await around.ring(vectors[:1] + [isa.make("end")])
    around.stall = 0.0
    while not around.trace:
        await around.step()
    await around.settled
    assert int(dut.vector_cmd_valid_o.value) and int(dut.clear_o.value) == 1
    assert await around.finish() is None
    await around.rest()
