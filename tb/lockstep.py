"""Lockstep: each record of the retire monitor (tb/retire.sv) against the next instruction of the simulator."""

import logging
from dataclasses import dataclass
from pathlib import Path

from models import isa
from models.simulator import BUS, Halt, Retired, Simulator, Writes

RECORD_BITS = 48  # {program counter 16, value 32}
BATCH = 64
SHOWN = 4  # differences that a report lists

log = logging.getLogger("srn.lockstep")


class Mismatch(AssertionError):
    """The RTL and the simulator differ; `index` is the instruction's place in the run, `expected` what it should do, if anything."""

    def __init__(self, index: int, message: str, expected: Retired | None = None):
        super().__init__(message)
        self.index, self.expected = index, expected


@dataclass
class Lockstep:
    """Takes batches of records and steps the simulator beside them. `compared` counts instructions that were equal.

    `first` is the number of records that the monitor had made before this run.
    """

    simulator: Simulator
    first: int = 0
    compared: int = 0
    failed: Halt | None = (
        None  # the simulator's transfer beyond the memory: the RTL halts soon, what retires until then is undefined
    )

    def check(self, packed: int, count: int, skip: int = 0) -> None:
        """Compare `count` records of a packed vector, less the first `skip`. Raises Mismatch at the first difference."""
        data = packed.to_bytes(BATCH * RECORD_BITS // 8, "little")
        for i in range(skip, count):
            if self.failed:
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
                self.failed = halt
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

    def take_batch(self, dut) -> None:
        """Compare the batch that is on the monitor's ports."""
        if self.failed:
            return
        number, done = int(dut.batch_count_o.value), self.first + self.compared
        assert number == done // BATCH + 1, f"lockstep missed a batch: {done // BATCH} taken, {number} made"
        self.check(int(dut.batch_o.value), BATCH, done % BATCH)

    def take_rest(self, dut) -> None:
        """Compare what has retired since the last full batch, at the end of a run."""
        retired, done = int(dut.retired_o.value), self.first + self.compared
        if self.failed:
            return
        assert retired // BATCH == done // BATCH, f"lockstep missed a batch: {done} of {retired} instructions"
        if retired % BATCH:
            self.check(int(dut.pending_o.value), retired % BATCH, done % BATCH)
        done = self.first + self.compared
        assert self.failed or done == retired, f"{retired} instructions retired, {done} compared"


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
