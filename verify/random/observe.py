"""A simulator that hits the bins of verify/groups.py for each instruction that it executes."""

from collections import deque

import numpy as np

from models import isa
from models.config import BLOCK
from models.simulator import BUS, CAUSES, Halt, Retired, Simulator
from models.touches import range_names
from tb.programs import clocks
from verify import groups
from verify.bins import Group
from verify.random.case import Case, encoded, placed
from verify.random.profile import MEMORIES

RECENT = 4  # instructions before one that count as near
LONG = {"matmul": 250}  # clocks of its unit, of others 100
BURST = 16  # beats
SPACES = {"dst": "vmem", "a": "vmem", "b": "vmem", "s": "vmem", "r": "vmem", "amem": "amem", "dram": "dram"}
NAMES = {code: name for name, code in isa.OPCODES.items()}


def memory_class(memory: dict) -> str:
    """The setting of MEMORIES that these are; the first that fits."""
    for name, ranges in MEMORIES.items():
        if all(
            memory[key] in ranges[key] if key in ranges else key in ("seed",) or memory[key] in (0, "ideal")
            for key in memory
        ):
            return name
    return "fast"


def contents(case: Case, number: int) -> np.ndarray:
    """uint8: a whole memory of binary32 near 1, some large, small or not finite; its bytes are weights and scales of all kinds as well."""
    random = np.random.default_rng([case.data, number])
    size = case.parameters["MemoryBeats"] * case.parameters["PortBytes"] // 4
    words = random.normal(size=size).astype(np.float32).view(np.uint32)
    odd = random.random(size) < 1 / 64
    words[odd] = random.integers(0, 1 << 32, size, np.uint32)[odd]
    return words.view(np.uint8)


class Observed(Simulator):
    """Runs a case's programs, each from its `place`."""

    def __init__(self, case: Case):
        super().__init__(case.config, np.zeros(0, np.uint8))
        self.case = case
        self.memory = memory_class(case.memory)
        self.commands = 0  # and reads, executed since `place`
        self._seen: set[tuple] = set()
        self._defined = False  # what the memories hold
        self._ranges: list[tuple[int, int]] = []
        self._recent: deque = deque(maxlen=RECENT)  # (name, writes, reads), each by space

    def _hit(self, group: Group, **values: object) -> None:
        """Once a case: what is seen again and again need not be counted."""
        key = (group.name, *values.values())
        if key not in self._seen:
            self._seen.add(key)
            group.hit(**values)

    def place(self, number: int) -> int:
        """Bring a program of the case, and new data if what is there is undefined, into the memory; its length."""
        program = self.case.programs[number]
        fresh = not number or not self._defined
        if fresh:
            self.dram = contents(self.case, number)
        code = b"".join(map(encoded, placed(program, self.case, fresh)))
        start = program.beat * self.config.port_bytes
        self.dram[start : start + len(code)] = np.frombuffer(code, np.uint8)
        self.failing = range(program.error[0], sum(program.error))
        self._weights.clear()
        self._recent.clear()
        self.commands = 0
        return len(code) // isa.BYTES

    def see_ending(self, halt: tuple | None, aborted: str) -> None:
        """`aborted`: "clear" or "reset" ended it."""
        ending = aborted or ("bus" if halt and halt[0] == BUS else "refused" if halt else "end")
        self._defined = ending in ("end", "refused")
        self._hit(groups.ENDINGS, ending=ending, memory=self.memory)

    def _within(self, first: int, size: int, limit: int) -> None:
        super()._within(first, size, limit)
        self._ranges.append((first, first + size - 1))

    def start(self, program_beat: int, program_length: int, args=()) -> None:
        try:
            super().start(program_beat, program_length, args)
        except Halt as halt:
            self._hit(groups.REFUSED, opcode="none", cause=CAUSES[halt.cause])
            raise

    def step(self, hashed: bool = False) -> Retired:
        self._ranges.clear()
        before = self.pc
        try:
            done = super().step(hashed)
        except Halt as halt:
            code = self._program[before][0] if before < len(self._program) else 0
            self._hit(groups.REFUSED, opcode=NAMES.get(code, "none"), cause=CAUSES[halt.cause])
            raise
        getattr(self, "_see_" + done.instruction.name, self._see_command)(done.instruction, done)
        return done

    # -- scalar -----------------------------------------------------------------------------------------------------

    def _see_scalar(self, i, done) -> None:
        result = "zero" if done.value == 0 else "negative" if done.value >> 31 else "positive"
        value = "register" if i.value_reg else "immediate"
        self._hit(groups.SCALARS, function=i.label("function"), value=value, result=result)

    def _see_branch(self, i, done) -> None:
        direction = "forward" if i.target > done.pc else "back"
        self._hit(
            groups.BRANCHES, condition=i.label("condition"), taken=int(self.pc != done.pc + 1), direction=direction
        )

    def _see_signal(self, i, done) -> None:
        pass

    _see_end = _see_signal

    # -- commands and reads -----------------------------------------------------------------------------------------

    def _see_command(self, i, done) -> None:
        self.commands += 1
        ranges = dict(zip(range_names(i), self._ranges, strict=True))
        writes: dict[str, list] = {}
        reads: dict[str, list] = {}
        for name, span in ranges.items():
            space = SPACES[name]
            written = space in groups.WRITES.get(i.name, ()) and name in ("dst", "r", "amem", "dram")
            (writes if written else reads).setdefault(space, []).append(span)
        hazards = self._hazards(i.name, writes, reads)
        kind = (
            f"{i.name} {i.label('format' if i.name == 'matmul' else 'out')}"
            if i.name in ("matmul", "vector")
            else i.name
        )
        length = "one" if i.name == "read" else self._length(i)
        for place in self._places(ranges):
            for hazard in hazards:
                self._hit(groups.INSTRUCTIONS, kind=kind, length=length, place=place, hazard=hazard, memory=self.memory)
        if "dram" in ranges:
            first, last = ranges["dram"]
            burst = "aligned" if first % BURST == 0 else "within" if first // BURST == last // BURST else "across"
            self._hit(groups.TRANSFERS, kind=i.name, burst=burst, memory=self.memory)
        if i.name != "read":
            getattr(self, "_shape_" + i.name)(i)
        self._recent.append((i.name, writes, reads))

    def _hazards(self, name: str, writes: dict, reads: dict) -> list[str]:
        found = set()
        for distance, (older, wrote, read) in enumerate(reversed(self._recent)):
            for hazard, before, after in (("raw", wrote, reads), ("war", read, writes), ("waw", wrote, writes)):
                for space in before.keys() & after.keys():
                    if meetings := [m for one in before[space] for other in after[space] if (m := meeting(one, other))]:
                        found.add(hazard)
                        apart = "near" if distance else "next"
                        self._hit(groups.PAIRS, older=older, younger=name, space=space, hazard=hazard, distance=apart)
                        for each in meetings:
                            self._hit(groups.MEETINGS, space=space, meeting=each)
        return sorted(found) or ["none"]

    def _places(self, ranges: dict) -> set[str]:
        found = set()
        for name, (first, last) in ranges.items():
            size = {"vmem": self.config.vmem_elements, "amem": self.config.amem_blocks, "dram": 0}[SPACES[name]]
            if size and first == 0:
                found.add("first")
            if size and last == size - 1:
                found.add("last")
        return found or {"inside"}

    def _length(self, i) -> str:
        if clocks(i, self.registers, self.config) >= LONG.get(i.name, 100):
            return "long"
        c = self.config
        if i.name == "store_tile":
            count, whole = self._operand(i, "count"), self._operand(i, "count") % c.port_bytes == 0
        elif i.name == "matmul":
            count = self._operand(i, "outputs")
            whole = count % c.port_bytes == 0 and self._operand(i, "depth") % BLOCK == 0
        else:
            count = self._operand(i, "cols")
            unit = BLOCK if i.name == "vector" and i.label("out") in ("mxint8", "mxfp4") else c.lanes
            whole = count % unit == 0
        return "one" if count == 1 else "whole" if whole else "ragged"

    # -- shapes -----------------------------------------------------------------------------------------------------

    def _limit(self, operand: str, value: int, *most: int) -> None:
        if value == 1:
            self._hit(groups.LIMITS, operand=operand, value="least")
        if value in most:
            self._hit(groups.LIMITS, operand=operand, value="most")

    def _stride(self, operand: str, rows: int, stride: int, unit: int) -> None:
        if rows > 1:
            how = "same" if stride == 0 else "overlap" if stride < unit else "touch" if stride == unit else "apart"
            self._hit(groups.STRIDES, operand=operand, stride=how)

    def _shape_load(self, i) -> None:
        c, cols, rows = self.config, self._operand(i, "cols"), self._operand(i, "rows")
        self._limit(f"{i.name} cols", cols, c.vmem_elements)
        self._limit(f"{i.name} rows", rows, 255)
        self._stride(f"{i.name} vmem", rows, i.vmem_stride, -(-cols // c.lanes))
        self._stride(f"{i.name} dram", rows, i.dram_stride, -(-cols * 4 // c.port_bytes))

    _shape_store = _shape_load

    def _shape_store_tile(self, i) -> None:
        port, count, first = self.config.port_bytes, self._operand(i, "count"), self._operand(i, "first")
        self._limit("store_tile count", count, 1023)
        self._limit("store_tile ksteps", i.ksteps, 63)
        self._stride("store_tile amem", count, i.amem_stride, i.ksteps)
        self._stride("store_tile dram", (first + count - 1) // port - first // port + 1, i.dram_stride, i.ksteps * 33)

    def _shape_matmul(self, i) -> None:
        c, rows = self.config, self._operand(i, "rows")
        outputs, depth = self._operand(i, "outputs"), self._operand(i, "depth")
        ksteps = -(-depth // BLOCK)
        self._hit(groups.ROWS, rows=rows, format=i.label("format"))
        self._limit("matmul outputs", outputs, c.vmem_elements)
        self._limit("matmul depth", depth, c.amem_blocks * BLOCK)
        self._limit("matmul rows", rows, c.matmul_rows)
        self._stride("matmul vmem", rows, i.vmem_stride, -(-outputs // c.lanes))
        self._stride("matmul amem", rows, i.amem_stride, ksteps)
        self._stride("matmul dram", -(-outputs // c.port_bytes), i.dram_stride, ksteps * (33 if i.format else 17))

    def _shape_vector(self, i) -> None:
        c = self.config
        cols, rows, outer = (self._operand(i, key) for key in ("cols", "rows", "outer"))
        self._limit("vector cols", cols, 65535, c.vmem_elements)
        self._limit("vector rows", rows, 255)
        self._limit("vector outer", outer, 255)
        self._hit(groups.VECTORS, x=i.label("x"), y=i.label("y"), y_op=i.label("y_op"), f=i.label("f"), z=i.z)
        self._hit(groups.RESULTS, out=i.label("out"), reduce=i.label("reduce"), mask=i.mask, a_imm=i.a_imm)
        for place in ("x", "y"):
            if i.label(place) == "s":
                self._hit(groups.SCALES, place=place, s_step=i.label("s_step"))
        words, out = -(-cols // c.lanes), i.label("out")
        if not i.a_imm:
            self._stride("vector a", rows, i.a_row, words)
        if out == "vmem":
            self._stride("vector dst", rows, i.dst_row, words)
            dst = self._operand(i, "dst")
            uses = {"a": not i.a_imm, "b": i.label("x") == "b" or i.label("y") == "b" or i.z}
            for operand, used in uses.items():
                if used and self._operand(i, operand) == dst:
                    self._hit(groups.IN_PLACE, operand=operand, rows="several" if rows * outer > 1 else "one")


def meeting(older: tuple[int, int], younger: tuple[int, int]) -> str | None:
    """How two ranges meet, if they do."""
    first, last = max(older[0], younger[0]), min(older[1], younger[1])
    if first > last:
        return None
    if older == younger:
        return "same"
    if first == last:
        return "unit"
    if younger == (first, last):
        return "inside"
    return "around" if older == (first, last) else "part"
