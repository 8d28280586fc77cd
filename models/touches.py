"""What an instruction touches: the simulator's checks and scalar semantics without its arithmetic.

A command of the units is checked by models/simulator.py itself and then not executed; its ranges are taken from those
checks, so there is one definition of them. Nothing is written but registers.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from models import isa, simulator
from models.config import Config

DRAM_BEATS = 1 << 32
RANGE_OPERANDS = {
    "read": ("a",),
    "load": ("dst", "dram"),
    "store": ("a", "dram"),
    "store_tile": ("amem", "dram"),
    "matmul": ("dst", "amem", "dram"),
}


@dataclass
class Touched:
    """First and last unit of each place of ranges_t that an accepted instruction touches."""

    ranges: dict = field(default_factory=dict)  # "dst", "a", "s", "b", "r", "amem", "dram" -> (first, last)


class Accepted(Exception):
    """A command passed its checks and is not executed."""


class Checker(simulator.Simulator):
    """A simulator whose commands touch nothing; `read` finds vmem[address]. `touched`: by the last accepted instruction."""

    def __init__(self, config: Config, vmem):
        super().__init__(config, np.zeros(0, np.uint8))
        self.vmem = vmem
        self.touched = Touched()
        self.work: simulator.VectorCommand | None = None  # the last accepted vector command, its operands resolved

    def begin(self, program: list[bytes], args=()) -> None:
        """As `start`, with the program given."""
        self.pc, self.retired, self.result = 0, 0, None
        self.beats = Counter()
        self._program, self._decoded = program, {}
        self.registers = [0, *args, *[0] * (isa.NUM_REGISTERS - 1 - len(args))]

    def step(self, hashed: bool = False) -> simulator.Retired:
        self._ranges = []
        self.touched = Touched()
        before = self.pc
        try:
            done = super().step()
        except Accepted:
            done = simulator.Retired(self.retired, before, self._decoded[before], 0)
            self.retired += 1
        self._name_ranges(done.instruction)
        return done

    # every check of a range comes through here; that of DRAM is the last of its instruction
    def _within(self, first: int, size: int, limit: int) -> None:
        super()._within(first, size, limit)
        self._ranges.append((first, first + size - 1))
        if limit == DRAM_BEATS:
            self._accept()

    def _accept(self) -> None:
        raise Accepted

    def _vector(self, i):
        self.work = self._check_vector(i)
        self._accept()

    def _name_ranges(self, i: isa.Instruction) -> None:
        if names := range_names(i):
            self.touched.ranges = dict(zip(names, self._ranges, strict=True))


def range_names(i: isa.Instruction) -> list[str]:
    """The places that an instruction touches, in the order of the simulator's checks of their ranges."""
    if i.name != "vector":
        return list(RANGE_OPERANDS.get(i.name, ()))
    asked = {
        "amem": i.label("out") in ("mxint8", "mxfp4"),
        "dst": i.label("out") in ("vmem", "scatter"),
        "a": not i.a_imm,
        "b": i.label("x") == "b" or i.label("y") == "b" or i.z,
        "s": i.label("x") == "s" or i.label("y") == "s",
        "r": i.label("reduce") != "none",
    }
    return [name for name, used in asked.items() if used]
