"""Lockstep: each record of the retire monitor (tb/retire.sv) against the next instruction of the simulator."""

import contextlib
import logging
import os
import pickle
import select
import subprocess
import sys
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from host.places import Places
from models import isa
from models.simulator import BUS, CAUSES, Halt, Simulator
from tb import heat_map
from tb.mismatch import report
from tb.writes import Difference

RECORD_BITS = 48  # {program counter 16, value 32}
BATCH = 64
IN_FLIGHT = 4096  # instructions not yet retired, at most (tb/retire.sv)
BEFORE = 4  # instructions that a difference tells from before it
MAX_BURST = 16  # beats of the memory port
DIFFERS = None  # what a RemoteLockstep hears when a batch differed
ENDED = "the golden model's process ended by itself"
ROOT = Path(__file__).resolve().parent.parent

log = logging.getLogger("srn.lockstep")


class Mismatch(AssertionError):
    """The RTL and the simulator differ; `index` is the instruction's place in the run, `difference` what it should do, if anything."""

    def __init__(self, index: int, message: str, difference: Difference | None = None):
        super().__init__(index, message, difference)  # all of them, so that it can be pickled
        self.index, self.message, self.difference = index, message, difference

    def __str__(self) -> str:
        return self.message

    def explained(self, detail: Path) -> "Mismatch":
        """The same with the first elements that differ, from the monitor's list of what the instruction wrote; the operand is kept beside it."""
        if not self.difference:
            return self
        try:
            heat_map.keep(self.difference, detail)
        except Exception as error:  # noqa: BLE001 - a picture less, and the failure itself is told
            log.warning("what differs could not be kept for its picture: %s", error)
        return Mismatch(self.index, report(self.difference, detail), self.difference)


class Lockstep:
    """Takes batches of records and steps the simulator beside them. `compared` counts instructions that were equal."""

    def __init__(
        self, simulator: Simulator, sources: Sequence[str] = (), afresh: Callable[[], Simulator] | None = None
    ):
        """`sources`: the kernels that each instruction of the program came from, if they are known. `afresh` makes the simulator as it was."""
        self.simulator, self.sources, self._afresh = simulator, sources, afresh
        self._begun: tuple[int, int, list[int]] = (0, 0, [])
        self._pcs = array("H")  # of what was compared
        self.first = 0  # records that the monitor had made before this run
        self.compared = 0
        self._refused: Halt | None = None  # at the start
        # the simulator's transfer beyond the memory: the RTL halts soon, what retires until then is undefined
        self._failed: Halt | None = None

    def begin(self, first: int, program_beat: int, program_length: int, args: list[int]) -> None:
        self.first, self.compared, self._failed, self._refused = first, 0, None, None
        self._pcs = array("H")
        self._begun = program_beat, program_length, args
        try:
            self.simulator.start(program_beat, program_length, args)
        except Halt as refused:
            self._refused = refused

    def check(self, packed: int, count: int, skip: int = 0) -> None:
        """Compare `count` records of a packed vector, less the first `skip`. Raises Mismatch at the first difference."""
        data = packed.to_bytes(BATCH * RECORD_BITS // 8, "little")
        for i in range(skip, count):
            if self._failed:
                return
            value = int.from_bytes(data[i * 6 : i * 6 + 4], "little")
            pc = int.from_bytes(data[i * 6 + 4 : i * 6 + 6], "little")
            self._compare(pc, value)

    def _compare(self, pc: int, value: int) -> None:
        if self.simulator.result is not None:
            raise Mismatch(self.compared, f"the RTL retired an instruction at {pc} after the program's end")
        try:
            expected = self.simulator.step(hashed=True)
        except Halt as halt:
            if halt.cause == BUS:
                self._failed = halt
                return
            raise Mismatch(self.compared, f"the RTL retired the instruction at {pc}, the simulator {halt}") from None
        self._pcs.append(expected.pc)
        if (expected.pc, expected.value) != (pc, value):
            operands = self.simulator.operands(expected.instruction)
            difference = Difference(
                self.compared, expected, (pc, value), operands, self.simulator.config, self._source(), self._before()
            )
            raise Mismatch(self.compared, report(difference), difference)
        self.compared += 1

    def _before(self) -> list[str]:
        """The last instructions that were equal, in words."""
        code = self.simulator._program
        return [f"{pc}: {isa.disassemble(isa.decode(code[pc]))}" for pc in self._pcs[-1 - BEFORE : -1]]

    def _source(self, count: int | None = None) -> str | None:
        """Where in its source the last instruction is, or the last of so many: kernels and rounds of loops."""
        if not self.sources:
            return None
        places = Places([isa.decode(code) for code in self.simulator._program], self.sources)
        for pc in self._pcs[:count]:
            name = places.move(pc)
        return name

    def take_batch(self, number: int, batch: int) -> None:
        """Compare the monitor's batch, the `number`-th."""
        if not self._failed:
            done = self.first + self.compared
            assert number == done // BATCH + 1, f"lockstep missed a batch: {done // BATCH} taken, {number} made"
            self.check(batch, BATCH, done % BATCH)

    def take_rest(self, retired: int, pending: int) -> None:
        """Compare what has retired since the last full batch, at the end of a run."""
        done = self.first + self.compared
        if self._failed:
            return
        assert retired // BATCH == done // BATCH, f"lockstep missed a batch: {done} of {retired} instructions"
        if retired % BATCH:
            self.check(pending, retired % BATCH, done % BATCH)
        done = self.first + self.compared
        assert self._failed or done == retired, f"{retired} instructions retired, {done} compared"

    def end(
        self,
        result: int | None,
        halt: tuple | None,
        expected: tuple | None = None,
        counters: dict[str, int] | None = None,
    ) -> int:
        """The simulator, stepped as far as the RTL went, ends in the same way, or the RTL in the halt that is expected.

        `halt` and `expected` are (cause, program counter, address); `counters` the chip's, of which the architectural ones are
        compared. Returns how many instructions were compared.
        """
        told = expected or self._refused or self._failed
        # what is older than a failing transfer may not have retired
        for _ in range(IN_FLIGHT if halt and halt[0] == BUS else 1 if halt else 0):
            if told is None and self.simulator.result is None:
                try:
                    self.simulator.step()
                except Halt as refused:
                    told = refused
        if halt and told is None and self.simulator.result is None:
            raise AssertionError(f"the RTL halted, {show_halt(halt)}, the simulator goes on")
        if isinstance(told, Halt):
            address = told.address
            if halt and told.cause == BUS and any(halt[2] <= beat < halt[2] + MAX_BURST for beat in told.beats):
                address = halt[2]  # the simulator tells a beat, the RTL its burst
            told = told.cause, told.pc, address
        wanted = (None, told) if told else (self.simulator.result, None)
        if (result, halt) != wanted:
            raise AssertionError(f"the simulator {show_end(*wanted)}, the RTL {show_end(result, halt)}")
        if counters and not expected and not (halt and halt[0] == BUS):
            model = self.simulator.counters()
            wrong = [
                f"{name}: {model[name]} expected, {counters[name]} seen"
                for name in model
                if counters[name] != model[name]
            ]
            assert not wrong, f"counters differ at the end: {'; '.join(wrong)}"
        return self.compared

    def same_memory(self, path: str | Path) -> None:
        """The simulator's memory is the beginning of this file. Raises a Mismatch of the instruction that wrote the first byte that is not."""
        seen = np.fromfile(path, np.uint8)[: self.simulator.dram.size]
        try:
            assert_same_memory(seen, self.simulator.dram)
        except AssertionError as error:
            if self._afresh is None or (writer := self._writer(different(seen, self.simulator.dram)[0])) is None:
                raise
            index, pc = writer
            code = isa.disassemble(isa.decode(self.simulator._program[pc]))
            lines = [str(error), f"written last by instruction {index}, pc {pc}: {code}"]
            lines += [f"in {place}"] if (place := self._source(index + 1)) else []
            raise Mismatch(index, "\n  ".join(lines)) from None

    def _writer(self, place: int) -> tuple[int, int] | None:
        """Index and program counter of the last instruction that writes this byte: the simulator goes through the run once more."""
        again, found = self._afresh(), None
        again.start(*self._begun)
        while again.result is None and again.retired < self.compared:
            done = again.step()
            if done.writes and done.writes.dram is not None and (done.writes.dram[0] == place).any():
                found = done.index, done.pc
        return found


def show_halt(halt: tuple[int, int, int]) -> str:
    cause, pc, address = halt
    return f"{CAUSES[cause] if cause < len(CAUSES) else cause} at pc {pc}, address {address:#x}"


def show_end(result: int | None, halt: tuple[int, int, int] | None) -> str:
    return f"halted, {show_halt(halt)}" if halt else f"ended with {result:#x}"


def different(seen: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """The places that differ."""
    return np.flatnonzero(seen != expected)


def assert_same_memory(seen: np.ndarray, expected: np.ndarray) -> None:
    places = different(seen, expected)
    assert not places.size, f"{places.size} bytes of memory differ at the end, the first at {places[0]:#x}"


# ---------------------------------------------------------------- beside the simulation


class RemoteLockstep:
    """A Lockstep in a process of its own, so that the golden model costs the simulation no time: `python -m module arguments`.

    Calls are pickled (method, arguments), answered by (value, exception) (tb/golden.py); take_batch does not wait.
    """

    def __init__(self, *arguments: object, module: str = "tb.golden"):
        command = [sys.executable, "-m", module, *map(str, arguments)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("COCOTB", "PYGPI"))}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def _send(self, method: str, *arguments) -> None:
        try:
            pickle.dump((method, arguments), self._process.stdin)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise AssertionError(ENDED) from None

    def _call(self, method: str, *arguments):
        self._send(method, *arguments)
        try:
            while (answer := pickle.load(self._process.stdout)) is DIFFERS:
                pass
        except EOFError:
            raise AssertionError(ENDED) from None
        value, error = answer
        if error:
            raise error
        return value

    def close(self) -> None:
        """The process ends with its input."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def begin(self, *arguments) -> None:
        self._call("begin", *arguments)

    def take_batch(self, number: int, batch: int) -> None:
        """Raises the first difference as soon as it is known, some batches later."""
        self._send("take_batch", number, batch)
        if select.select([self._process.stdout], [], [], 0)[0]:
            self._call("raise_first")

    def take_rest(self, *arguments) -> None:
        self._call("take_rest", *arguments)

    def end(self, *arguments) -> int:
        return self._call("end", *arguments)

    def same_memory(self, path: str | Path) -> None:
        self._call("same_memory", str(Path(path).resolve()))
