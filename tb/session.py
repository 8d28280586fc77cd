"""A host's session with the chip in tb/system.sv: fill the memory, ring the doorbell, follow in lockstep, see how it ended.

Python wakes on batches of retired instructions and on interrupts, never on a clock. Every wait has a bound.
"""

import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import cocotb
import numpy as np
from cocotb.triggers import Event, FallingEdge, First, SimTimeoutError, Timer, with_timeout
from cocotb.utils import get_sim_time

from host.causes import UNITS, causes
from models import isa, registers
from tb import watchdog
from tb.axi_lite import AxiLiteMaster
from tb.lockstep import BATCH, Lockstep, Mismatch, RemoteLockstep
from tb.stream import PERIOD_NS, clocks, parameter

ENDED = registers.STATUS_DONE | registers.STATUS_HALTED
INTERRUPTS = registers.CONTROL_IRQ_DONE | registers.CONTROL_IRQ_HALT | registers.CONTROL_IRQ_PROGRESS
RESET_CYCLES = 4
CLEAR_PATIENCE = 2000  # status reads until the chip has come to rest


@dataclass
class Request:
    """What the host writes before the doorbell."""

    program_beat: int
    program_length: int
    args: list[int] = field(default_factory=list)


@dataclass
class Ending:
    """How a run ended: the result of `end`, or a halt's (cause, program counter, address); instructions compared."""

    result: int | None
    halt: tuple[int, int, int] | None
    compared: int = 0
    cut: bool = False  # left as it was: where the window of the waves ends (tb/wave_lanes.sv), or `until` says
    counters: dict[str, int] = field(default_factory=dict, compare=False)


class Hang(AssertionError):
    """A run that does not move: `state` of all units, `links` of who waits for whom."""

    def __init__(self, state: watchdog.State, disassembly: Callable[[int], str] | None = None):
        self.state, self.links = state, watchdog.chain(state, disassembly)
        super().__init__(f"cycle {state.cycle}: {watchdog.sentence(self.links)}")


class Session:
    """Drives every input of tb/system.sv but the memory's settings. The clock runs before it is made (tb/stream.py start)."""

    def __init__(self, dut, stall: float = 0.0):
        self.dut = dut
        self.host = AxiLiteMaster(dut, "s_axil", stall)
        self.image = Path("image.bin")  # of the memory, where the program is read for a failure's words
        self.sources: list[str] | None = (
            None  # the kernels that each instruction of the program came from, for its pictures
        )
        self.seen = 0  # cycle of the last sign of life: an interrupt, a batch of retired instructions

    # -- the chip ---------------------------------------------------------------------------------------------------

    async def reset(self) -> None:
        self.dut.rst_ni.value = 0
        await clocks(self.dut, RESET_CYCLES)
        self.dut.rst_ni.value = 1

    async def status(self) -> int:
        return await self.host.read(registers.STATUS)

    async def ring(self, request: Request) -> None:
        """Program address, length and arguments, then the doorbell."""
        await self.host.write(registers.PROGRAM_ADDRESS, request.program_beat)
        await self.host.write(registers.PROGRAM_LENGTH, request.program_length)
        for i in range(
            registers.NUM_ARGS
        ):  # also those that the program has not: a run does not depend on the last one
            await self.host.write(registers.ARG + 4 * i, request.args[i] if i < len(request.args) else 0)
        await self.host.write(registers.CONTROL, INTERRUPTS | registers.CONTROL_START)

    async def clear(self) -> None:
        """End a halt, or abort a run; returns when the chip is at rest and no interrupt is left."""
        await self.host.write(registers.CONTROL, INTERRUPTS | registers.CONTROL_CLEAR)
        for _ in range(CLEAR_PATIENCE):
            if not await self.status() & (registers.STATUS_RUNNING | registers.STATUS_HALTED):
                break
        else:
            raise AssertionError("the chip does not come to rest after a clear")
        await clocks(self.dut, 2 * RESET_CYCLES)  # a slice is in reset for some clocks more
        await self.host.write(registers.STATUS, registers.STATUS_PENDING)
        assert not int(self.dut.irq_o.value), "the interrupt stays raised"

    async def halt(self) -> tuple[int, int, int]:
        """Cause, program counter and address, as the host reads them."""
        return tuple([await self.host.read(r) for r in (registers.CAUSE, registers.PC, registers.FAULT_ADDRESS)])

    async def counters(self) -> dict[str, int]:
        """All 64-bit counters by name, as they were in one cycle. Raises Unexplained unless each cycle has its cause."""
        values = {}
        for name, offset in registers.COUNTERS.items():
            low = await self.host.read(offset)
            values[name] = low | await self.host.read(offset + 4) << 32
        for unit in UNITS:
            causes(values, unit)
        return values

    # -- its memory -------------------------------------------------------------------------------------------------

    async def fill(self, image: np.ndarray | None = None) -> None:
        """Load image.bin of the run's folder, written from `image`; without one, the file of +image once more."""
        if image is not None:
            image.tofile("image.bin")
        await self._pulse(self.dut.load_i)

    async def dump(self, beats: int) -> None:
        """Write the first beats to dump.bin of the run's folder, or to the file of +dump."""
        self.dut.dump_beats_i.value = beats
        await self._pulse(self.dut.dump_i)

    async def memory(self, image: np.ndarray, port_bytes: int) -> np.ndarray:
        """As much of the memory as `image` has."""
        await self.dump(image.size // port_bytes)
        return np.fromfile("dump.bin", np.uint8)[: image.size]

    async def _pulse(self, port) -> None:
        port.value = 1
        await clocks(self.dut, 2)
        port.value = 0
        await clocks(self.dut, 2)

    # -- a run ------------------------------------------------------------------------------------------------------

    async def run(
        self,
        request: Request,
        lockstep: Lockstep | RemoteLockstep | None,
        patience: int,
        progress: Callable[[int], Awaitable[None]] | None = None,
        halt: tuple[int, int, int] | None = None,
        until: int | None = None,
    ) -> Ending:
        """From doorbell to `end` or halt, in lockstep with a simulator, if one is given, which must end in the same way.

        `halt` is the halt to expect where the simulator cannot know it; `progress` gets the status at each interrupt.
        A run that has not ended `until` so many clocks after the doorbell is left as it is, equal so far: neither result nor halt.
        Raises Mismatch, Hang, and AssertionError when nothing retires in `patience` cycles; situation.txt then holds what
        was in flight.
        """
        try:
            return await self._run(request, lockstep, patience, progress, halt, until)
        except AssertionError as failure:
            state = failure.state if isinstance(failure, Hang) else await self.state()
            self._tell(state, request)
            if Path("timeline.txt").exists():  # which ends here
                self.keep_program(request, failure)
            raise

    def _tell(self, state: watchdog.State, request: Request) -> None:
        """Keep the situation of the first failure."""
        with contextlib.suppress(FileExistsError), open("situation.txt", "x") as file:
            file.write(watchdog.situation(state, self._disassembly(request)))

    def keep_program(self, request: Request, failure: AssertionError | None = None) -> None:
        """What timeline.txt needs beside it to be drawn (tb/failure.py): of the first failure that it tells of, or before there is one."""
        kept = Path("program.json")
        if kept.exists() and "index" in json.loads(kept.read_text()):
            return
        about = {"index": getattr(failure, "index", None)} if failure else {}
        with contextlib.suppress(OSError):
            code = self._code(request, 0, request.program_length).hex()
            kept.write_text(json.dumps({"code": code, "sources": self.sources} | about))

    def _code(self, request: Request, pc: int, count: int = 1) -> bytes:
        """The program's instructions from this one on."""
        with open(self.image, "rb") as image:
            image.seek(request.program_beat * parameter("PortBytes") + pc * isa.BYTES)
            return image.read(count * isa.BYTES)

    async def _run(self, request, lockstep, patience, progress, halt, until) -> Ending:
        await clocks(self.dut, 2)  # what a reset does may not be seen on its own edge
        stopped = Event()
        follower = None
        if lockstep:
            first = int(self.dut.retired_o.value)
            lockstep.begin(first, request.program_beat, request.program_length, request.args)
            follower = cocotb.start_soon(self._follow(lockstep, stopped))
        await self.ring(request)
        if until:
            cocotb.start_soon(self._stop(stopped, until))
        try:
            status = await self._finish(stopped, patience, progress, request)
        except AssertionError:
            if follower:
                follower.cancel()
            raise
        if lockstep:
            await (self._settle() if status & ENDED else FallingEdge(self.dut.clk_o))
            if follower.done():
                raise follower.result()
            follower.cancel()
            lockstep.take_rest(int(self.dut.retired_o.value), int(self.dut.pending_o.value))
        if not status & ENDED:
            return Ending(None, None, int(self.dut.retired_o.value) - first if lockstep else 0, cut=True)
        counters = await self.counters()
        if status & registers.STATUS_HALTED:
            ending = Ending(None, await self.halt(), counters=counters)
        else:
            ending = Ending(await self.host.read(registers.RESULT), None, counters=counters)
        if lockstep:
            ending.compared = lockstep.end(ending.result, ending.halt, halt, counters)
        return ending

    @staticmethod
    async def _stop(stopped: Event, until: int) -> None:
        await Timer(until * PERIOD_NS, "ns")
        stopped.set()

    async def state(self) -> watchdog.State:
        """What every unit, queue and stream does now."""
        self.dut.report_i.value = 1
        await clocks(self.dut, 2)
        await FallingEdge(self.dut.clk_o)  # Icarus wakes us before it has clocked
        self.dut.report_i.value = 0
        return watchdog.read(Path("state.txt"))

    async def _settle(self) -> None:
        """Until the monitor, which makes a record a clock, has made those of all that is finished."""
        before = None
        while before != (before := int(self.dut.retired_o.value)):
            await clocks(self.dut, 4)

    async def _follow(self, lockstep: Lockstep | RemoteLockstep, stopped: Event) -> Mismatch:
        """Compare each batch of retired instructions as it comes, until one differs."""
        while True:
            await self.dut.batch_count_o.value_change
            try:
                lockstep.take_batch(int(self.dut.batch_count_o.value), int(self.dut.batch_o.value))
            except Mismatch as mismatch:
                stopped.set()
                return mismatch

    def _disassembly(self, request: Request) -> Callable[[int], str]:
        """The instruction at a program counter, in words."""

        def disassembly(pc: int) -> str:
            try:
                code = self._code(request, pc)
                return isa.disassemble(isa.decode(code))
            except OSError as error:
                return f"unknown, {error}"
            except ValueError:
                return f"undefined, {code.hex()}"

        return disassembly

    async def _finish(self, stopped: Event, patience: int, progress, request: Request) -> int:
        """The status at the end. Interrupts are acknowledged as they come."""
        status = 0
        while not status & ENDED and not stopped.is_set() and not int(self.dut.wave_stop_o.value):
            if int(self.dut.irq_o.value):
                status = await self.status()
                await self.host.write(
                    registers.STATUS, status & registers.STATUS_PENDING
                )  # what comes now stays pending
                if progress:
                    await progress(status)
                continue
            if int(self.dut.stalled_o.value):
                raise Hang(await self.state(), self._disassembly(request))
            changes = (self.dut.irq_o, self.dut.batch_count_o, self.dut.stalled_o, self.dut.wave_stop_o)
            self.seen = int(get_sim_time("ns")) // PERIOD_NS
            events = [stopped.wait(), *(port.value_change for port in changes)]
            try:
                await with_timeout(First(*events), patience * PERIOD_NS, "ns")
            except SimTimeoutError:
                raise AssertionError(
                    f"neither an interrupt nor {BATCH} retired instructions in {patience} cycles: the chip hangs"
                ) from None
        return status

    async def explain(self, mismatch: Mismatch, request: Request, image: np.ndarray | None, patience: int) -> Mismatch:
        """The mismatch of a run that began after a reset, repeated with every word of its instruction listed: names element and cycle."""
        if mismatch.difference is None:
            return mismatch
        self.dut.rst_ni.value = 0
        await clocks(self.dut, RESET_CYCLES)
        await self.fill(image)
        self.dut.rst_ni.value = 1
        await clocks(self.dut, 2)  # as before a first doorbell, for the memory refreshes by the clock
        self.list_words(mismatch.index)
        await self.ring(request)
        retired = before = -1
        while retired <= mismatch.index and (retired == -1 or retired != before):
            before = retired
            for _ in range(patience // BATCH):
                await clocks(self.dut, BATCH)
                retired = int(self.dut.retired_o.value)
                if retired != before:
                    break
        return await self.listed(mismatch, request)

    def list_words(self, index: int) -> None:
        """Of the instruction with this place since the reset, when it comes."""
        self.dut.detail_index_i.value = index
        self.dut.detail_i.value = 1

    async def listed(self, mismatch: Mismatch, request: Request) -> Mismatch:
        """The mismatch of an instruction whose words were listed: names element and cycle."""
        self.dut.detail_i.value = 0
        await clocks(self.dut, 2)
        self.keep_program(request, mismatch)
        return mismatch.explained(Path("detail.txt"))
