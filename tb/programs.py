"""Random instructions for the control benches: legal ones, ones at the edge of a rule, and ones just beyond it.

An operand's value is chosen first and then split into immediate and register, with registers of its own, so that any 32-bit
value occurs; the registers that an instruction needs come with it. Whole programs are a Writer's; `legal_writer` makes one
whose every command the chip takes.
"""

import random
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models import isa
from models.config import BLOCK, Config
from models.simulator import ADDRESS, ALIGNMENT, CAUSES, ENCODING, LENGTH, OVERLAP, Halt
from models.tiles import KSTEP_BEATS
from tb.checker import Checker

ANY = (1 << 32) - 1
COMMANDS = ("load", "store", "store_tile", "matmul", "vector", "vector", "vector")
SHORT, LONG = 400, 6000  # clocks of its unit that a command of a legal program takes at most
BEYOND, ELSEWHERE, SLOW = (
    "beyond the memory",
    "elsewhere in it",
    "too slow",
)  # what a legal writer does not accept, and causes
REFUSALS = {  # the causes for which a command or a `read` can be refused
    "read": (ADDRESS,),
    "load": (LENGTH, ALIGNMENT, ADDRESS),
    "store": (LENGTH, ALIGNMENT, ADDRESS),
    "store_tile": (LENGTH, ADDRESS),
    "matmul": (ENCODING, LENGTH, ALIGNMENT, ADDRESS),
    "vector": (ENCODING, LENGTH, ALIGNMENT, ADDRESS, OVERLAP),
}


@dataclass(frozen=True)
class Mix:
    """How often a Writer writes what, by weights, and how its Generator chooses values, by chances."""

    commands: Mapping[str, float] = field(
        default_factory=lambda: {name: COMMANDS.count(name) for name in COMMANDS} | {"read": 1}
    )
    order: Sequence[str] = ()  # commands in this order, again and again, in place of drawn ones
    body: Mapping[str, float] = field(
        default_factory=lambda: {"command": 0.6, "block": 0.15, "loop": 0.15, "signal": 0.1}
    )
    near: float = 0.1  # a value at an edge
    again: float = 0.5  # a range that meets a recent one
    by_register: float = 0.2  # an operand whose value needs a register
    long: float = 0.0  # a command that may take LONG clocks
    rounds: int = 4  # of a loop, at most


def config_of(parameters: dict[str, int]) -> Config:
    """A Config from a bench's module parameters."""
    return Config(
        "bench",
        port_bytes=parameters["PortBytes"],
        rows=parameters["Rows"],
        passes=parameters["Passes"],
        vmem_words=parameters["VmemWords"],
        amem_blocks=parameters["AmemBlocks"],
        imem_words=parameters.get("ImemWords", 512),
        stream_depth=64,
    )


class Generator:
    """Instructions with register values. `near` is the chance of a value at an edge, `wrong` that of one beyond, `again`
    that of a range that meets a recent one, `by_register` that of an operand whose value needs a register.

    Ranges of DRAM lie below `dram_beats` where they fit.
    """

    def __init__(
        self,
        config: Config,
        seed: random.Random,
        near: float = 0.3,
        wrong: float = 0.05,
        dram_beats: int = 1 << 32,
        again: float = 0.0,
        by_register: float = 0.5,
    ):
        self.config, self.random, self.near, self.wrong, self.dram_beats = config, seed, near, wrong, dram_beats
        self.again, self.by_register = again, by_register
        self._recent: dict[int, deque] = {}  # limit of a space -> (first, size) of its last ranges

    # -- values

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def _count(self, limit: int, usual: int, unit: int = 1, fits: int = 0) -> int:
        """1 to `limit`; often whole units, or at the edge: a single one, the limit, what `fits` the memory."""
        if self._chance(self.wrong):
            return self.random.choice([0, limit + 1, limit + 1 + self.random.getrandbits(31) & ANY, 1 << 31])
        if self._chance(self.near):
            return min(limit, self.random.choice([1, 1, limit - 1, limit, self.random.randint(1, limit), fits or 2]))
        count = self.random.randint(1, min(limit, usual))
        if unit > 1 and self._chance(0.5):
            return min(limit, -(-count // unit) * unit)
        return count

    def _stride(self, width: int, unit: int) -> int:
        """Around the length of a row, so that rows touch, overlap, or lie apart."""
        if self._chance(self.near):
            return self.random.choice([0, 0, 1, (1 << width) - 1, self.random.getrandbits(width)])
        return min(max(unit + self.random.randint(-1, 2), 0), (1 << width) - 1)

    def _address(self, size: int, limit: int, step: int) -> int:
        """A multiple of step; of a range that often ends at the limit, seldom beyond."""
        size = max(size, 1)  # of a count of zero
        room = max(limit - size, 0)
        if self._chance(self.wrong):
            return self.random.choice([room + step, limit, self.random.getrandbits(32), room + 1, ANY]) & ANY
        recent = self._recent.setdefault(limit, deque(maxlen=8))
        if recent and self._chance(self.again):
            first, length = self.random.choice(recent)
            address = self.random.choice(
                [first, first + length - size, self.random.randint(first - size, first + length)]
            )
            address = min(max(address, 0), room)
        elif self._chance(self.near):
            address = self.random.choice([0, room])
        else:
            address = self.random.randint(0, room)
        address -= address % step
        recent.append((address, size))
        return address

    def _dram(self, size: int) -> int:
        return self._address(size, self.dram_beats if size <= self.dram_beats else 1 << 32, 1)

    # -- instructions

    def instruction(self, name: str | None = None, keep: int = 0) -> tuple[isa.Instruction, list[int]]:
        """An instruction, and the sixteen registers that its operands mean; register `keep` is not among its own."""
        name = name or self.random.choice([*COMMANDS, "read"])
        operands, plain = getattr(self, "_" + name)()
        return self._place(name, operands, plain, keep)

    def _place(self, name: str, operands: dict[str, int], plain: dict[str, int], keep: int):
        registers = [0] + [self.random.getrandbits(32) for _ in range(15)]
        free = self.random.sample([register for register in range(1, 16) if register != keep], 14 + (not keep))
        fields = dict(plain)
        for key, value in ((key, value & ANY) for key, value in operands.items()):
            width = isa.FIELDS[name][key][1]
            if value < 1 << width and not self._chance(self.by_register):
                fields |= {key: value, key + "_reg": 0}
            else:
                immediate, register = self.random.getrandbits(width), free.pop()
                registers[register] = (value - immediate) & ANY
                fields |= {key: immediate, key + "_reg": register}
        return isa.make(name, **fields), registers

    def _read(self):
        return {"vmem": self._address(1, self.config.vmem_elements, 1)}, {"rd": self.random.randrange(16)}

    def _load(self):
        c = self.config
        cols, rows = self._count(65535, 4 * c.lanes, c.lanes, c.vmem_elements), self._count(255, 4)
        words, beats = -(-cols // c.lanes), -(-cols * 4 // c.port_bytes)
        vmem_stride, dram_stride = self._stride(16, words), self._stride(24, beats)
        vmem = self._address(((rows - 1) * vmem_stride + words) * c.lanes, c.vmem_elements, c.lanes)
        dram = self._dram((rows - 1) * dram_stride + beats)
        operands = {"cols": cols, "rows": rows, "vmem": vmem, "dram": dram}
        return operands, {"vmem_stride": vmem_stride, "dram_stride": dram_stride}

    _store = _load

    def _store_tile(self):
        c = self.config
        count, ksteps = (
            self._count(1023, 3 * c.port_bytes, c.port_bytes),
            self.random.choice([0, 1, 2, 63]) if self._chance(self.near) else 1,
        )
        first = (
            self.random.choice([ANY, 1 << 20, (1 << 20) - 1])
            if self._chance(self.wrong)
            else self.random.randrange(1 << 12)
        )
        amem_stride, dram_stride = self._stride(12, ksteps), self._stride(24, ksteps * 33)
        amem = self._address((count - 1) * amem_stride + ksteps, c.amem_blocks, 1)
        end = (first + count - 1) // c.port_bytes * dram_stride + ksteps * 33
        operands = {"count": count, "first": first, "amem": amem, "dram": self._dram(end)}
        return operands, {"ksteps": ksteps, "amem_stride": amem_stride, "dram_stride": dram_stride}

    def _matmul(self):
        c = self.config
        outputs = self._count((1 << 20) - 1, 200, c.port_bytes, c.vmem_elements)
        depth = self._count(65535, 200, BLOCK, c.amem_blocks * BLOCK)
        rows = self._count(c.matmul_rows, c.matmul_rows)
        form = 1 if self._chance(0.5) else 0
        ksteps, words = -(-depth // BLOCK), -(-outputs // c.lanes)
        tile_beats = ksteps * (33 if form else 17)
        vmem_stride, amem_stride = self._stride(16, words), self._stride(12, ksteps)
        dram_stride = self._stride(24, tile_beats)
        vmem = self._address(((rows - 1) * vmem_stride + words) * c.lanes, c.vmem_elements, c.lanes)
        amem = self._address((rows - 1) * amem_stride + ksteps, c.amem_blocks, 1)
        dram = self._dram((-(-outputs // c.port_bytes) - 1) * dram_stride + tile_beats)
        operands = {"outputs": outputs, "depth": depth, "rows": rows, "vmem": vmem, "amem": amem, "dram": dram}
        strides = {"vmem_stride": vmem_stride, "amem_stride": amem_stride, "dram_stride": dram_stride}
        if self._chance(self.wrong):
            form = self.random.randrange(8)
        return operands, strides | {"format": form}

    def _vector(self):
        c, choose = self.config, self.random.choice
        unit = self.random.choice([c.lanes, BLOCK])
        cols = self._count(65535, 64, unit, c.vmem_elements)
        rows, outer = self._count(255, 4), self._count(255, 4)
        words, blocks = -(-cols // c.lanes), -(-cols // BLOCK)
        out, reduce = choose(range(5)), choose([0, 0, 0, 1, 2, 3])
        x, y = choose(range(5)), choose(range(4))
        z, mask = int(self._chance(0.3)), int(self._chance(0.2))
        if not self._chance(self.wrong):  # keep the combination legal
            if mask:
                x, y = choose([0, 1, 2, 4]), choose([0, 1, 3])
            if reduce:
                z, x, y = 0, 0 if x == 2 else x, 0 if y == 1 else y
            elif not out:
                out = 1
        elif self._chance(0.5):
            x, y, out = choose(range(8)), choose(range(8)), choose(range(8))
        unit = blocks if out in (2, 3) else words
        a_row = self._stride(11, words)
        a_outer = self._stride(11, (rows - 1) * a_row + words)
        dst_row = outer * rows // c.lanes + 1 if out == 4 else self._stride(11, unit)
        dst_row = min(dst_row, 2047)
        dst_outer = self._stride(11, (rows - 1) * dst_row + unit)
        b_rows, b_outer = int(self._chance(0.5)), self._stride(11, words)
        if self._chance(0.4):  # as in place
            dst_row, dst_outer, b_outer = a_row, a_outer, a_outer

        def span(outer_stride, row_stride):
            return ((outer - 1) * outer_stride + (rows - 1) * row_stride + words) * c.lanes

        sizes = {
            "a": span(a_outer, a_row),
            "b": span(b_outer, a_row * b_rows),
            "s": outer * rows,
            "dst": span(dst_outer, dst_row),
        }
        if out == 4:
            sizes["dst"] = (cols - 1) * dst_row * c.lanes + outer * rows
        steps = {"a": c.lanes, "b": 1 if reduce else c.lanes, "s": 1, "dst": 1 if out == 4 else c.lanes}
        if reduce:
            sizes["b"] = outer * rows
        operands = {key: self._address(sizes[key], c.vmem_elements, steps[key]) for key in sizes}
        if out in (2, 3):
            operands["dst"] = self._address((outer - 1) * dst_outer + (rows - 1) * dst_row + blocks, c.amem_blocks, 1)
        if self._chance(0.25):
            operands["dst"] = operands[choose("ab")]
        if self._chance(0.25):  # one range ends where another begins, or meets it in one element
            one, other = self.random.sample(["a", "b", "s", "dst"], 2)
            meeting = operands[one] + sizes[one] - choose([0, 0, 1])
            operands[other] = meeting if steps[other] == 1 else meeting // c.lanes * c.lanes
        if mask and self._chance(0.7):
            operands["s"] = (
                choose([cols, cols - 1, 0, ANY, 1 << 20, (1 << 20) - 1, self.random.randrange(1 << 16)]) & ANY
            )
        operands |= {"cols": cols, "rows": rows, "outer": outer}
        f = choose(range(4)) if not self._chance(self.wrong / 2) else choose(range(8))
        step = choose(range(3)) if not self._chance(self.wrong / 2) else 3
        codes = {"x": x, "y": y, "y_op": choose(range(4)), "f": f, "z": z, "out": out, "reduce": reduce, "s_step": step}
        bits = {"a_imm": int(self._chance(0.2)), "mask": mask, "b_rows": b_rows, "imm": self.random.getrandbits(32)}
        strides = {"a_row": a_row, "a_outer": a_outer, "dst_row": dst_row, "dst_outer": dst_outer, "b_outer": b_outer}
        return operands, codes | bits | strides


def operands_of(code: bytes, registers: list[int]) -> dict[str, int]:
    """operands_t of an instruction's bytes, by its opcode's fields, whether or not the instruction is defined."""
    word = int.from_bytes(code, "little")
    names = {code: name for name, code in isa.OPCODES.items()}
    layout = isa.FIELDS.get(names.get(word & 0xFF), {})

    def field(key: str) -> int:
        low, width = layout[key]
        return word >> low & (1 << width) - 1

    def operand(*keys: str) -> int:
        for key in keys:
            if key + "_reg" in layout:
                return (field(key) + registers[field(key + "_reg")]) & ANY
        return 0

    is_vector = "dst" in layout
    return {
        "b": operand("b") if is_vector else operand("dram", "value"),
        "dst": registers[field("ra")] if "ra" in layout else operand(*(["dst"] if is_vector else ["vmem", "amem"])),
        "a": operand("a"),
        "s": operand("s", "first", "amem"),
        "cols": operand("cols", "depth"),
        "rows": operand("rows", "count"),
        "outer": operand("outer", "outputs"),
    }


class Writer:
    """Random programs that halt or end: commands behind the scalar instructions that set their registers, blocks of scalar
    instructions with branches, loops, reads, signals. Every command of the body is one to which `accepts` says True; to others it
    says False, or in a word why not."""

    def __init__(self, generator: Generator, accepts, mix: Mix = Mix()):
        self.generator, self.accepts, self.mix, self.random = generator, accepts, mix, generator.random
        self._turn = 0  # in the mix's order

    def _draw(self, weights: Mapping[str, float]) -> str:
        return self.random.choices(list(weights), list(weights.values()))[0]

    def _kind(self) -> str:
        if not self.mix.order:
            return self._draw(self.mix.commands)
        self._turn += 1
        return self.mix.order[self._turn % len(self.mix.order)]

    def with_registers(self, instruction: isa.Instruction, registers: list[int]) -> list[isa.Instruction]:
        """The instruction behind those that set the registers which it names."""
        used = sorted({value for key, value in instruction.fields.items() if key.endswith("_reg") and value})
        sets = self.random.sample(used, len(used))
        return [*(isa.make("scalar", function="add", rd=r, value=registers[r]) for r in sets), instruction]

    def command(self, name: str | None = None, keep: int = 0, accepted: bool | str = True) -> list[isa.Instruction]:
        """A command (or a read) to which `accepts` says `accepted`, and before it what sets its registers. Its kind is drawn first:
        small memories refuse most matmuls."""
        name = name or self._kind()
        while True:
            instruction, registers = self.generator.instruction(name, keep)
            spoils = keep and instruction.fields.get("rd") == keep
            if self.accepts(instruction, registers) == accepted and not spoils:
                return self.with_registers(instruction, registers)

    def scalar(self, keep: int = 0) -> isa.Instruction:
        """Any function, any registers but `keep` written, small and large values."""
        value = self.random.choice(
            [self.random.randint(-40, 40), self.random.randint(-40, 40), self.random.getrandbits(32), 0]
        )
        rd = self.random.choice([r for r in range(16) if not keep or r != keep])
        registers = {"rd": rd, "ra": self.random.randrange(16), "value_reg": self.random.randrange(16)}
        return isa.make("scalar", function=self.random.randrange(9), value=value, **registers)

    def _branch(self, target: int) -> isa.Instruction:
        condition, value = self.random.randrange(4), self.random.choice([0, 0, 1, -1, self.random.getrandbits(32)])
        registers = {"ra": self.random.randrange(16), "value_reg": self.random.choice([0, self.random.randrange(16)])}
        return isa.make("branch", condition=condition, value=value, target=target, **registers)

    def _block(self, at: int, keep: int = 0) -> list[isa.Instruction]:
        count = self.random.randint(1, 6)
        block = []
        for i in range(count):
            forward = self.random.randint(at + i + 1, at + count)
            block.append(self._branch(forward) if self.random.random() < 0.4 else self.scalar(keep))
        return block

    def _loop(self, at: int) -> list[isa.Instruction]:
        counter, times = self.random.randint(1, 15), self.random.randint(1, self.mix.rounds)
        # first value, what is added each round, and the branch back that is taken until all rounds are done
        start, step, condition, value = self.random.choice(
            [(times, -1, "ne", 0), (times, -1, "ge", 1), (-times, 1, "lt", 0), (1, -1, "eq", 0)]
        )
        loop = [isa.make("scalar", function="add", rd=counter, value=start)]
        for _ in range(self.random.randint(1, 3)):
            loop += self.command(keep=counter) if self.random.random() < 0.6 else self._block(at + len(loop), counter)
        loop.append(isa.make("scalar", function="add", rd=counter, ra=counter, value=step))
        return [*loop, isa.make("branch", condition=condition, ra=counter, value=value, target=at + 1)]

    def body(self, length: int, waits: bool = True, at: int = 0) -> list[isa.Instruction]:
        """About `length` instructions, the first of them at `at`; without `waits` none at top level that dispatch stops for."""
        program: list[isa.Instruction] = []
        while len(program) < length:
            here = at + len(program)
            kind = self._draw(self.mix.body if waits else {"command": 0.8, "block": 0.2})
            if kind == "command":
                program += self.command(None if waits else self.random.choice(COMMANDS))
            elif kind == "block":
                program += self._block(here)
            elif kind == "loop":
                program += self._loop(here)
            else:
                program.append(isa.make("signal", ra=self.random.randrange(16)))
        return program


def clocks(instruction: isa.Instruction, registers: list[int], config: Config) -> int:
    """Roughly what a command takes of its unit."""

    def operand(key: str) -> int:
        return (instruction.fields[key] + registers[instruction.fields[key + "_reg"]]) & ANY

    name = instruction.name
    if name in ("load", "store"):
        return operand("rows") * -(-operand("cols") * 4 // config.port_bytes)
    if name == "store_tile":
        return operand("count") * instruction.ksteps * (1 + BLOCK // config.port_bytes)
    if name == "matmul":
        kstep = 1 + (KSTEP_BEATS[instruction.label("format")] - 1) * -(-operand("rows") // config.rows)
        return -(-operand("outputs") // config.port_bytes) * -(-operand("depth") // BLOCK) * kstep
    if name == "vector":
        step = 1 if instruction.label("out") == "scatter" else config.lanes
        return operand("outer") * operand("rows") * -(-operand("cols") // step)
    return 1


def legal_writer(
    config: Config, seed: random.Random, dram_beats: int, mix: Mix = Mix(), memory_beats: int | None = None
) -> Writer:
    """Writes programs that run to their end: every command is accepted, stays in the first `dram_beats` and is short. Dense in hazards.

    Its `accepts` says of others: the cause of their halt, BEYOND the memory of `memory_beats`, ELSEWHERE in it, or SLOW.
    """
    checker = Checker(config)

    def accepts(instruction: isa.Instruction, registers: list[int]) -> bool | str:
        checker.begin([isa.encode(instruction)])
        checker.registers = list(registers)
        try:
            checker.step()
        except Halt as halt:
            return CAUSES[halt.cause]
        last = checker.touched.ranges.get("dram", (0, 0))[1]
        if last >= (memory_beats or dram_beats):
            return BEYOND
        if clocks(instruction, registers, config) > (LONG if seed.random() < mix.long else SHORT):
            return SLOW
        return True if last < dram_beats else ELSEWHERE

    generator = Generator(
        config, seed, near=mix.near, wrong=0.0, dram_beats=dram_beats, again=mix.again, by_register=mix.by_register
    )
    return Writer(generator, accepts, mix)


def undefined() -> list[bytes]:
    """Opcodes and values of enumerated fields that do not exist."""
    codes = [bytes([opcode, *bytes(31)]) for opcode in (0x00, 0x06, 0x0F, 0x13, 0x21, 0x31, 0xFF)]
    for name, layout in isa.FIELDS.items():
        for key in sorted(layout.keys() & isa.ENUMS.keys()):
            first, width = len(isa.ENUMS[key]), layout[key][1]
            plain = {"cols": 8, "rows": 1, "outer": 1, "out": 1, "dst": 256} if name == "vector" else {}
            plain |= {"outputs": 8, "depth": 32, "rows": 1} if name == "matmul" else {}
            for value in {first, (1 << width) - 1} if first < 1 << width else ():
                instruction = isa.make(name, **plain)
                codes.append(isa.encode(isa.Instruction(name, instruction.fields | {key: value})))
    return codes


def filling(config: Config, beat: int) -> list[isa.Instruction]:
    """A beginning that loads all of VMEM from DRAM at `beat` and writes every block of AMEM, so that nothing depends on what was there."""
    elements, steps = config.vmem_elements, config.vmem_elements // BLOCK
    rows = -(-elements // (1 << 15))
    loads = [
        isa.make(
            "load",
            dram=beat,
            vmem=0,
            cols=elements // rows,
            rows=rows,
            vmem_stride=elements // rows // config.lanes,
            dram_stride=elements // rows * 4 // config.port_bytes,
        )
    ]
    quantise = []
    for block in range(0, config.amem_blocks, steps):
        cols = min(steps, config.amem_blocks - block) * BLOCK
        quantise.append(
            isa.make("vector", out="mxint8", x="s", a=0, s=block // steps, dst=block, cols=cols, rows=1, outer=1)
        )
    return [*loads, *quantise]
