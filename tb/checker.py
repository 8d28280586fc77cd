"""The simulator's checks and scalar semantics without its arithmetic: what decode and sequencer are compared with.

A command of the units is checked by models/simulator.py itself and then not executed; what it would touch is taken from
those checks. VMEM holds `element_value` of its address, and nothing writes it.
"""

from dataclasses import dataclass, field
from unittest import mock

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


def element_value(address: int) -> int:
    """What `read` finds at a VMEM element."""
    return (address * 0x9E3779B1 + 0x1234567) & 0xFFFFFFFF


@dataclass
class Touched:
    """First and last unit of each place of ranges_t that an accepted instruction touches, and the command's fields."""

    ranges: dict = field(default_factory=dict)  # "dst", "a", "s", "b", "r", "amem", "dram" -> (first, last)


class _Accepted(Exception):
    pass


class _Vmem:
    """Stands for the simulator's VMEM; only `read` looks into it."""

    def __getitem__(self, address: int) -> int:
        return element_value(address)


class Checker(simulator.Simulator):
    """A simulator whose commands touch nothing. `touched` is what the last accepted instruction would have."""

    def __init__(self, config: Config):
        super().__init__(config, np.zeros(0, np.uint8))
        self.vmem = _Vmem()
        self.touched = Touched()

    def begin(self, program: list[bytes], args=()) -> None:
        """As `start`, with the program given."""
        self.pc, self.retired, self.result = 0, 0, None
        self._program, self._decoded = program, {}
        self.registers = [0, *args, *[0] * (isa.NUM_REGISTERS - 1 - len(args))]

    def step(self, hashed: bool = False) -> simulator.Retired:
        self._ranges = []
        self.touched = Touched()
        before = self.pc
        try:
            done = super().step()
        except _Accepted:
            done = simulator.Retired(self.retired, before, self._decoded[before], 0)
            self.retired += 1
        self._name_ranges(done.instruction)
        return done

    # every check of a range comes through here; that of DRAM is the last of its instruction
    def _within(self, first: int, size: int, limit: int) -> None:
        super()._within(first, size, limit)
        self._ranges.append((first, first + size - 1))
        if limit == DRAM_BEATS:
            raise _Accepted

    def _vector(self, i):
        with mock.patch.object(simulator, "vector", side_effect=_Accepted):
            super()._vector(i)

    def _name_ranges(self, i: isa.Instruction) -> None:
        names = RANGE_OPERANDS.get(i.name)
        if i.name == "vector":
            uses_b, uses_s, reduces = self._check_encoding(i)
            to_amem = i.label("out") in ("mxint8", "mxfp4")
            to_vmem = i.label("out") in ("vmem", "scatter")
            asked = {"amem": to_amem, "dst": to_vmem, "a": not i.a_imm, "b": uses_b, "s": uses_s, "r": reduces}
            names = [name for name, used in asked.items() if used]
        if names:
            self.touched.ranges = dict(zip(names, self._ranges, strict=True))


def expected_ranges(i: isa.Instruction, touched: Touched) -> dict[str, int]:
    """The fields of ranges_t that are defined: a place that is not touched has its flags only."""
    name, ranges = i.name, touched.ranges
    writes_amem, writes_dram = name == "vector", name in ("store", "store_tile")
    fields = {
        "dst_write": "dst" in ranges,
        "a_read": "a" in ranges,
        "s_read": "s" in ranges,
        "b_read": "b" in ranges,
        "b_write": "r" in ranges,
        "amem_read": "amem" in ranges and not writes_amem,
        "amem_write": "amem" in ranges and writes_amem,
        "dram_read": "dram" in ranges and not writes_dram,
        "dram_write": "dram" in ranges and writes_dram,
    }
    for place, (first, last) in ranges.items():
        place = "b" if place == "r" else place
        fields |= {f"{place}_first": first, f"{place}_last": last}
    return {key: int(value) for key, value in fields.items()}


def expected_commands(i: isa.Instruction, config: Config, operand, slot: int) -> dict[str, dict[str, int]]:
    """The commands of an accepted instruction, unit -> fields; `operand(key)` resolves one."""
    name = i.name
    if name in ("load", "store"):
        kind = ["load", "store"].index(name)
        local = {"local_addr": operand("vmem"), "local_stride": i.vmem_stride}
        counts = {"cols": operand("cols"), "rows": operand("rows")}
        return {
            "dma": {"slot": slot, "kind": kind, "dram": operand("dram"), "dram_stride": i.dram_stride} | local | counts
        }
    if name == "store_tile":
        local = {"local_addr": operand("amem"), "local_stride": i.amem_stride}
        counts = {"rows": operand("count"), "first": operand("first"), "ksteps": i.ksteps}
        return {
            "dma": {"slot": slot, "kind": 2, "dram": operand("dram"), "dram_stride": i.dram_stride} | local | counts
        }
    if name == "matmul":
        ksteps, num_tiles = -(-operand("depth") // 32), -(-operand("outputs") // config.port_bytes)
        shared = {"slot": slot, "int8": i.format, "ksteps": ksteps}
        stream = {"dram": operand("dram"), "tile_stride": i.dram_stride, "tiles": num_tiles}
        rows = {"amem": operand("amem"), "amem_stride": i.amem_stride, "rows": operand("rows")}
        results = {"outputs": operand("outputs"), "vmem": operand("vmem"), "vmem_stride": i.vmem_stride}
        return {"stream": shared | stream, "matrix": shared | rows | results}
    if name == "vector":
        uses_b = i.label("x") == "b" or i.label("y") == "b" or i.z
        uses_s = i.label("x") == "s" or i.label("y") == "s"
        fields = {key: i.fields[key] for key in simulator._VECTOR_FIELDS}
        fields |= {key: operand(key) for key in ("cols", "rows", "outer")}
        if i.out:
            fields["dst"] = operand("dst")
        if not i.a_imm:
            fields["a"] = operand("a")
        if uses_b or i.reduce:
            fields["b"] = operand("b")
        if uses_s or i.mask:
            fields["s"] = min(operand("s"), (1 << 20) - 1)
        return {"vector": {"slot": slot} | fields}
    return {}
