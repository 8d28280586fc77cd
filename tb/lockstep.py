"""Lockstep: each record of the retire monitor (tb/retire.sv) against the next instruction of the simulator."""

import contextlib
import logging
import os
import pickle
import select
import subprocess
import sys
from pathlib import Path

import numpy as np

from models import isa
from models.simulator import BUS, Halt, Retired, Simulator, Writes

RECORD_BITS = 48  # {program counter 16, value 32}
BATCH = 64
SHOWN = 4  # differences that a report lists
DIFFERS = None  # what a RemoteLockstep hears when a batch differed
ENDED = "the golden model's process ended by itself"
ROOT = Path(__file__).resolve().parent.parent

log = logging.getLogger("srn.lockstep")


class Mismatch(AssertionError):
    """The RTL and the simulator differ; `index` is the instruction's place in the run, `expected` what it should do, if anything."""

    def __init__(self, index: int, message: str, expected: Retired | None = None):
        super().__init__(index, message, expected)  # all of them, so that it can be pickled
        self.index, self.message, self.expected = index, message, expected

    def __str__(self) -> str:
        return self.message


class Lockstep:
    """Takes batches of records and steps the simulator beside them. `compared` counts instructions that were equal."""

    def __init__(self, simulator: Simulator):
        self.simulator = simulator
        self.first = 0  # records that the monitor had made before this run
        self.compared = 0
        self._refused: Halt | None = None  # at the start
        # the simulator's transfer beyond the memory: the RTL halts soon, what retires until then is undefined
        self._failed: Halt | None = None

    def begin(self, first: int, program_beat: int, program_length: int, args: list[int]) -> None:
        self.first, self.compared, self._failed, self._refused = first, 0, None, None
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
        if (expected.pc, expected.value) != (pc, value):
            text = isa.disassemble(expected.instruction)
            what = "wrote" if expected.writes is not None else "gave"
            raise Mismatch(
                self.compared,
                f"instruction {self.compared}, {expected.pc}: {text}: the simulator {what} {expected.value:#010x} "
                f"at {expected.pc}, the RTL {value:#010x} at {pc}",
                expected,
            )
        self.compared += 1

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

    def end(self, result: int | None, halt: tuple | None, expected: tuple | None = None) -> int:
        """The simulator, stepped as far as the RTL went, ends in the same way, or the RTL in the halt that is expected.

        `halt` and `expected` are (cause, program counter, address). Returns how many instructions were compared.
        """
        told = expected or self._refused or self._failed
        if halt and told is None:
            try:
                self.simulator.step()
            except Halt as refused:
                told = refused
            else:
                raise AssertionError(f"the RTL halted, {halt}, the simulator goes on")
        if isinstance(told, Halt):
            # of a transfer beyond the memory the simulator tells a beat, the RTL the burst
            address = halt[2] if halt and told.cause == BUS else told.address
            told = told.cause, told.pc, address
        wanted = (None, told) if told else (self.simulator.result, None)
        assert (result, halt) == wanted, (
            f"result and halt (cause, program counter, address) are {(result, halt)} instead of {wanted}"
        )
        return self.compared

    def same_memory(self, path: str | Path) -> None:
        """The simulator's memory is the beginning of this file."""
        assert_same_memory(np.fromfile(path, np.uint8)[: self.simulator.dram.size], self.simulator.dram)


def assert_same_memory(seen: np.ndarray, expected: np.ndarray) -> None:
    different = np.flatnonzero(seen != expected)
    assert not different.size, f"{different.size} bytes of memory differ at the end, the first at {different[0]:#x}"


# ---------------------------------------------------------------- beside the simulation


class RemoteLockstep:
    """A Lockstep in a process of its own, so that the golden model costs the simulation no time.

    Calls are pickled (method, arguments), answered by (value, exception) (tb/golden.py); take_batch does not wait.
    """

    def __init__(self, config: str, image: Path):
        command = [sys.executable, "-m", "tb.golden", config, str(image)]
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


# ---------------------------------------------------------------- detail


def _element(space: str, address: int) -> str:
    return f"{space} {'byte' if space == 'dram' else 'block' if space == 'amem' else 'element'} {address:#x}"


def written(writes: Writes) -> dict[str, int]:
    """Every element of an instruction's writes by its name; of several writes of one, the last."""
    found = {}
    if writes.vmem is not None:
        found |= {_element("vmem", int(a)): int(v) for a, v in zip(*writes.vmem, strict=True)}
    if writes.amem is not None:
        for address, elements, scale in zip(*writes.amem, strict=True):
            found[_element("amem", int(address))] = int.from_bytes(elements.tobytes() + bytes([scale]), "little")
    if writes.dram is not None:
        found |= {_element("dram", int(a)): int(v) for a, v in zip(*writes.dram, strict=True)}
    return found


def seen(detail: Path) -> dict[str, int]:
    """The same of the monitor's detail.txt."""
    found = {}
    for line in detail.read_text().splitlines():
        space, address, data, strobes = line.split()
        bits = {"vmem": 32, "amem": 264, "dram": 8}[space]
        number = len(strobes)
        for i in range(number):
            if strobes[number - 1 - i] == "1":
                value = int(data, 16) >> i * bits & (1 << bits) - 1
                found[_element(space, int(address) * number + i)] = value
    return found


def differences(expected: Writes, detail: Path) -> str:
    """The first elements that the RTL wrote otherwise, in the order of the simulator's writes."""
    model, rtl = written(expected), seen(detail)
    wrong = [key for key in [*model, *(key for key in rtl if key not in model)] if model.get(key) != rtl.get(key)]

    def show(value: int | None, key: str) -> str:
        digits = {"v": 8, "a": 66, "d": 2}[key[0]]
        return "nothing" if value is None else f"{value:0{digits}x}"

    lines = [f"{key}: {show(model.get(key), key)} expected, {show(rtl.get(key), key)} written" for key in wrong[:SHOWN]]
    if not wrong:
        return "the last values of all elements are equal: one was written several times"
    return f"{len(wrong)} of {len(model)} elements differ, the first:\n  " + "\n  ".join(lines)
