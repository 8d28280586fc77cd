"""Kernel tracing: a kernel is a plain function that calls these methods, and each call appends an instruction.

    def double(t, x, y):
        v = t.vmem(x.cols)
        t.load(v, x)
        t.vector(v, v, mul=2.0)
        t.store(y, v)

Registers are taken by name and given back; `loop` and `when` are branches of the program, not of Python. Every
instruction remembers the kernels that were being traced (`Program.listing`).
"""

import struct
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps

from host.errors import SerranoError
from host.tensors import Amem, Dram, Operand, Register, Scalars, Scatter, Value, Vmem, Weights, blocks, operand, words
from models import isa
from models.config import Config

NUM_ARGUMENTS = 8  # r1..r8 at the doorbell
_INVERSE = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt"}


@dataclass
class Label:
    target: int = None  # instruction index, once placed


@dataclass
class Program:
    instructions: list  # isa.Instruction
    sources: list  # str: kernels being traced, outermost first, an instruction

    @property
    def code(self) -> bytes:
        return b"".join(isa.encode(i) for i in self.instructions)

    def listing(self) -> str:
        """One line an instruction: index, source, text."""
        rows = zip(self.sources, self.instructions, strict=True)
        return "\n".join(f"{i:4} {source:40} {isa.disassemble(code)}" for i, (source, code) in enumerate(rows))


def kernel(function):
    """A function of a Trace whose instructions carry its name."""

    @wraps(function)
    def traced(t, *args, **kwargs):
        with t.kernel(function.__name__):
            return function(t, *args, **kwargs)

    return traced


def float_bits(value: float) -> int:
    return struct.unpack("<I", struct.pack("<f", value))[0]


@dataclass
class Trace:
    config: Config
    _code: list = field(default_factory=list)  # (name, fields, Label or None, source)
    _free: list = field(default_factory=lambda: list(range(isa.NUM_REGISTERS - 1, 0, -1)))
    _sources: list = field(default_factory=list)
    _used: dict = field(default_factory=lambda: {"vector memory": [0, 0], "activation memory": [0, 0]})  # below, on top
    _on_top: bool = False

    # -- names and space ----------------------------------------------------------------------------------------

    @contextmanager
    def kernel(self, name: str):
        """Instructions traced inside carry this name."""
        self._sources.append(name)
        yield
        self._sources.pop()

    def register(self, name: str, value: Value = None) -> Register:
        """A register until `free`, set to value if one is given."""
        if not self._free:
            raise SerranoError(f"no scalar register is left for {name}")
        register = Register(self._free.pop(), name)
        return register if value is None else self.set(register, value)

    def argument(self, number: int, name: str) -> Register:
        """The register of the host's argument 1 to 8, to be claimed before any other register is taken."""
        if number not in self._free or number > NUM_ARGUMENTS:
            raise ValueError(f"r{number} is taken or is no argument")
        self._free.remove(number)
        return Register(number, name)

    def free(self, *registers: Register):
        self._free.extend(r.index for r in registers)

    @contextmanager
    def registers(self, *names: str):
        """Registers for the length of a block: one, or a list of them."""
        taken = [self.register(name) for name in names]
        yield taken[0] if len(taken) == 1 else taken
        self.free(*taken)

    def _allocate(self, space: str, size: int, limit: int) -> int:
        used = self._used[space]
        used[self._on_top] += size
        if sum(used) > limit:
            raise SerranoError(f"the program needs {sum(used)} of {space} and CONFIG={self.config.name} has {limit}")
        return limit - used[1] if self._on_top else used[0] - size

    def vmem(self, cols: int, rows: int = 1, outer: int = 1) -> Vmem:
        """Vector memory for (outer, rows, cols) elements, each row in whole words."""
        lanes = self.config.lanes
        stride = words(cols, lanes)
        address = self._allocate("vector memory", outer * rows * stride * lanes, self.config.vmem_elements)
        return Vmem(address, cols, rows, outer, stride, rows * stride)

    def amem(self, cols: int, rows: int = 1, outer: int = 1, format: str = "mxint8") -> Amem:
        stride = blocks(cols)
        address = self._allocate("activation memory", outer * rows * stride, self.config.amem_blocks)
        return Amem(address, cols, rows, outer, stride, rows * stride, format)

    @contextmanager
    def scratch(self, on_top: bool = False):
        """What is allocated inside is free again at the end, and lies at the memories' other end if on_top.

        Kernels that follow each other use both ends in turn, so that the later need not wait for the earlier one's reads.
        """
        before = {space: list(used) for space, used in self._used.items()}, self._on_top
        self._on_top = on_top
        yield
        self._used, self._on_top = before

    # -- emission -----------------------------------------------------------------------------------------------

    def _emit(self, name: str, label: Label = None, /, **fields):
        """Append an instruction; Values become immediate and register. An immediate too wide goes through a register."""
        taken = []
        for key in list(fields):
            if key + "_reg" not in isa.FIELDS[name]:
                continue
            value, width = operand(fields[key]), isa.FIELDS[name][key][1]
            if width < 32 and value.imm >> width:
                taken.append(self.register(key, value))
                value = Operand(0, taken[-1])
            imm = value.imm & 0xFFFFFFFF if width == 32 else value.imm
            fields |= {key: imm, key + "_reg": value.reg.index if value.reg else 0}
        self._code.append((name, fields, label, "/".join(self._sources)))
        self.free(*taken)

    def finish(self) -> Program:
        """The program so far, branches resolved. Raises SerranoError when it is too long or a field too wide."""
        if len(self._code) > self.config.imem_words:
            raise SerranoError(
                f"the program has {len(self._code)} instructions and CONFIG={self.config.name} holds "
                f"{self.config.imem_words}"
            )
        try:
            instructions = [
                isa.make(name, **fields, **({"target": label.target} if label else {}))
                for name, fields, label, _ in self._code
            ]
        except ValueError as error:
            raise SerranoError(f"an instruction cannot say it: {error}") from None
        return Program(instructions, [source for *_, source in self._code])

    # -- scalar -------------------------------------------------------------------------------------------------

    def scalar(self, rd: Register, a: Value, function: str, b: Value) -> Register:
        """rd = a FUNCTION b; a is a register or 0."""
        self._emit("scalar", function=function, rd=rd.index, ra=a.index if a else 0, value=b)
        return rd

    def set(self, rd: Register, value: Value) -> Register:
        value = operand(value)
        return self.scalar(rd, value.reg, "add", value.imm)

    def add(self, rd: Register, a: Register, b: Value) -> Register:
        return self.scalar(rd, a, "add", b)

    def sub(self, rd: Register, a: Register, b: Value) -> Register:
        """rd = a - b; a is a register or 0."""
        return self.scalar(rd, a, "sub", b)

    def mul(self, rd: Register, a: Register, b: Value) -> Register:
        return self.scalar(rd, a, "mul", b)

    def min(self, rd: Register, a: Register, b: Value) -> Register:
        return self.scalar(rd, a, "min", b)

    def read(self, rd: Register, vmem: Value) -> Register:
        """rd = the 32 bits of a VMEM element."""
        self._emit("read", rd=rd.index, vmem=vmem)
        return rd

    def signal(self, ra: Register):
        self._emit("signal", ra=ra.index)

    def end(self, ra: Register = None):
        self._emit("end", ra=ra.index if ra else 0)

    # -- control ------------------------------------------------------------------------------------------------

    def label(self, here: bool = True) -> Label:
        """A place to branch to: here, or later by `place`."""
        return Label(len(self._code) if here else None)

    def place(self, label: Label):
        label.target = len(self._code)

    def branch(self, label: Label, a: Register, condition: str, b: Value):
        self._emit("branch", label, condition=condition, ra=a.index if a else 0, value=b)

    def goto(self, label: Label):
        self.branch(label, None, "eq", 0)

    @contextmanager
    def when(self, a: Register, condition: str, b: Value):
        """The block runs if `a CONDITION b` (signed)."""
        end = Label()
        self.branch(end, a, _INVERSE[condition], b)
        yield
        self.place(end)

    @contextmanager
    def loop(self, count: Value, start: Value = 0, step: int = 1, name: str = "i"):
        """The block for i = start, start + step, ... below count; at least once."""
        i = self.register(name, start)
        top = self.label()
        yield i
        self.add(i, i, step)
        self.branch(top, i, "lt", count)
        self.free(i)

    @contextmanager
    def walk(self, count: int, *walks: tuple):
        """The block `count` times; walks are (start, step): gives a list of Values that advance by their steps.

        The first start is an int. A start may be a function that sets the register it is given. A single round has no loop
        and no registers where the starts need none.
        """
        taken, values = [], []
        for i, (start, _) in enumerate(walks):
            if callable(start) or count > 1:
                taken.append(self.register(f"walk{i}", None if callable(start) else start))
                start = start(taken[-1]) if callable(start) else taken[-1]
            values.append(start)
        if count == 1:
            yield values
            self.free(*taken)
            return
        top = self.label()
        yield taken
        for register, (_, step) in zip(taken, walks, strict=True):
            self.add(register, register, step)
        self.branch(top, taken[0], "lt", walks[0][0] + count * walks[0][1])
        self.free(*taken)

    # -- memory and matrix --------------------------------------------------------------------------------------

    def load(self, dst: Vmem, src: Dram):
        self._emit("load", **self._rows(dst, src))

    def store(self, dst: Dram, src: Vmem):
        self._emit("store", **self._rows(src, dst))

    @staticmethod
    def _rows(vmem: Vmem, dram: Dram) -> dict:
        one = vmem.rows == 1
        return {
            "dram": dram.address,
            "dram_stride": 0 if one else dram.row_stride,
            "vmem": vmem.address,
            "vmem_stride": 0 if one else vmem.row_stride,
            "cols": vmem.cols,
            "rows": vmem.rows,
        }

    def store_tile(self, dst: Weights, src: Amem, first: Value = 0, ksteps: int | None = None):
        """Row i of src (blocks along its cols) becomes output first + i of dst."""
        self._emit(
            "store_tile",
            dram=dst.address,
            dram_stride=dst.tile_stride,
            amem=src.address,
            amem_stride=src.row_stride,
            first=first,
            count=src.rows,
            ksteps=blocks(src.cols) if ksteps is None else ksteps,
        )

    def matmul(self, dst: Vmem, activations: Amem, weights: Weights):
        """dst (rows, outputs) = activations (rows, depth) . weights (outputs, depth)."""
        self._emit(
            "matmul",
            format=weights.format,
            dram=weights.address,
            dram_stride=weights.tile_stride,
            outputs=weights.outputs,
            depth=weights.depth,
            amem=activations.address,
            amem_stride=activations.row_stride,
            rows=activations.rows,
            vmem=dst.address,
            vmem_stride=dst.row_stride,
        )

    # -- vector -------------------------------------------------------------------------------------------------

    def vector(
        self,
        a: Vmem | float,
        dst: Vmem | Amem | Scatter = None,
        *,
        mul: Vmem | Scalars | float = None,
        add: Vmem | Scalars | float = None,
        sub: Vmem | Scalars | float = None,
        rsub: Vmem | Scalars | float = None,
        max: Vmem | Scalars | float = None,
        mask: Value = None,
        f: str = "id",
        then_mul: Vmem = None,
        reduce: tuple[str, Value] | None = None,
    ):
        """One pass: f((a * mul) {+, -, reversed -, max} y) * then_mul to dst, and a reduction of each row (kind, address).

        Over the shape of a, or of dst where a is a number. `mul=a` squares. A Vmem of one row serves every row.
        """
        shape = a if isinstance(a, Vmem) else dst
        fields = {"cols": shape.cols, "rows": shape.rows, "outer": shape.outer, "f": f}
        vectors, scalars, numbers = [], [], []

        def kind(value):
            if isinstance(value, Vmem):
                vectors.append(value)
                return "b"
            if isinstance(value, Scalars):
                scalars.append(value)
                return "s"
            numbers.append(float_bits(value))
            return "imm"

        if isinstance(a, Vmem):
            fields |= {
                "a": a.address,
                "a_row": _stride(a.row_stride, a.rows),
                "a_outer": _stride(a.outer_stride, a.outer),
            }
        else:
            fields["a_imm"] = 1
            kind(a)
        if mul is not None:
            fields["x"] = "a" if mul is a else kind(mul)
        seconds = {"add": add, "sub": sub, "rsub": rsub, "max": max}
        for name, value in seconds.items():
            if value is not None:
                fields |= {"y_op": name, "y": kind(value)}
        if then_mul is not None:
            kind(then_mul)
            fields["z"] = 1
        for several in (vectors, scalars, numbers):
            if len(set(several)) > 1:
                raise ValueError(f"one pass has room for one of {several}")
        if vectors:
            fields |= self._second(shape, a, vectors[0])
        if scalars:
            fields |= {"s": scalars[0].address, "s_step": scalars[0].step}
        if numbers:
            fields["imm"] = numbers[0]
        if mask is not None:
            fields |= {"mask": 1, "s": mask}
        if dst is not None:
            fields |= self._destination(dst)
        if reduce is not None:
            fields |= {"reduce": reduce[0], "b": reduce[1]}
        self._emit("vector", **fields)

    @staticmethod
    def _second(shape, a, b: Vmem) -> dict:
        fields = {"b": b.address}
        if b.rows != 1:
            fields["b_rows"] = 1
            if isinstance(a, Vmem) and a.row_stride != b.row_stride:
                raise ValueError(
                    f"the second operand's rows are {b.row_stride} words apart, the first's {a.row_stride}"
                )
            fields |= {} if isinstance(a, Vmem) else {"a_row": b.row_stride}
        if b.outer != 1:
            fields["b_outer"] = b.outer_stride
        for mine, theirs in ((b.rows, shape.rows), (b.outer, shape.outer), (b.cols, shape.cols)):
            if mine != 1 and operand(mine) != operand(theirs):
                raise ValueError(f"operands of different shapes: {shape} and {b}")
        return fields

    @staticmethod
    def _destination(dst) -> dict:
        if isinstance(dst, Scatter):
            return {"out": "scatter", "dst": dst.address, "dst_row": dst.col_stride}
        return {
            "out": dst.format if isinstance(dst, Amem) else "vmem",
            "dst": dst.address,
            "dst_row": _stride(dst.row_stride, dst.rows),
            "dst_outer": _stride(dst.outer_stride, dst.outer),
        }


def _stride(stride: int, count: Value) -> int:
    """Strides that no step is made by are left zero, so that they need not fit."""
    return 0 if count == 1 else stride
