"""Instruction-set simulator: the meaning of a program, one instruction after another (prose: docs/isa.md).

It runs the same binary as the RTL on the same DRAM image and yields, for each instruction, what the RTL's retire trace yields:
the program counter and either the scalar result or a hash of everything the instruction wrote.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from models import isa, tiles
from models.config import BLOCK, Config
from models.matrix import matmul
from models.vector import vector

ENCODING, ADDRESS, ALIGNMENT, LENGTH, OVERLAP, BUS, PROGRAM = range(1, 8)
CAUSES = ["none", "encoding", "address", "alignment", "length", "overlap", "bus", "program"]

FRACTION_BITS = {"mxfp4": 7, "mxint8": 12}  # of twice an E2M1 value, or int8/64, times int8/64

VMEM_KEY, AMEM_KEY, DRAM_KEY = 0x00000000, 0x40000000, 0x80000000  # spaces of the retire hash
AMEM_WORDS = 9  # a block in the hash: eight words of elements, one of the scale


class Halt(Exception):
    """The chip stopped on an error: cause (a number of docs/isa.md), pc (instruction index), address (of the fault).

    Of a BUS error any burst with a failing beat may be told: `beats` are those.
    """

    def __init__(self, cause: int, pc: int, address: int, beats=()):
        super().__init__(f"halted: {CAUSES[cause]} at instruction {pc}, address {address:#x}")
        self.cause, self.pc, self.address, self.beats = cause, pc, address, beats


class _Fault(Exception):
    """A refused instruction: (cause, address, failing beats if any); step adds the program counter."""


@dataclass
class Writes:
    """What an instruction wrote; arrays of equal length per space."""

    vmem: tuple = None  # (element addresses int64, values uint32)
    amem: tuple = None  # (block addresses int64, elements int8 (n, 32), scales uint8 (n,))
    dram: tuple = None  # (byte addresses int64, values uint8)


@dataclass
class Retired:
    """One instruction done: index in its run, program counter, scalar result or hash of its writes."""

    index: int
    pc: int
    instruction: isa.Instruction
    value: int
    writes: Writes = None


def mix(key: np.ndarray, value: np.ndarray) -> int:
    """Sum modulo 2^32 over words of a 32-bit mixture of (key, value); independent of order (finaliser of MurmurHash3)."""
    x = value.astype(np.uint32) ^ (key.astype(np.uint32) * np.uint32(0x9E3779B1))
    x = (x ^ x >> 16) * np.uint32(0x85EBCA6B)
    x = (x ^ x >> 13) * np.uint32(0xC2B2AE35)
    return int((x ^ x >> 16).sum(dtype=np.uint64)) & 0xFFFFFFFF


def write_hash(writes: Writes) -> int:
    """The retire hash of an instruction's writes: VMEM by element, AMEM by block in nine words, DRAM by byte."""
    total = 0
    if writes.vmem is not None:
        addresses, values = writes.vmem
        total += mix(addresses + VMEM_KEY, values)
    if writes.amem is not None:
        addresses, elements, scales = writes.amem
        words = np.empty((len(addresses), AMEM_WORDS), np.uint32)
        words[:, :8] = np.ascontiguousarray(elements).view("<u4")
        words[:, 8] = scales
        total += mix(addresses[:, None] * AMEM_WORDS + np.arange(AMEM_WORDS) + AMEM_KEY, words)
    if writes.dram is not None:
        addresses, values = writes.dram
        total += mix(addresses + DRAM_KEY, values)
    return total & 0xFFFFFFFF


def matmul_order(outputs: int, rows: int, vmem_stride: int, config: Config) -> np.ndarray | None:
    """The order of a matmul's writes where its rows overlap, of those of row after row: word after word, in each all rows."""
    if rows > 1 and vmem_stride * config.lanes < outputs:
        return np.argsort(np.tile(np.arange(outputs) // config.lanes, rows), kind="stable")
    return None


def _signed(value: int) -> int:
    return value - (1 << 32) if value >> 31 else value


_FUNCTIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "shl": lambda a, b: a << (b & 31),
    "shr": lambda a, b: a >> (b & 31),
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "min": lambda a, b: min(_signed(a), _signed(b)),
    "max": lambda a, b: max(_signed(a), _signed(b)),
}
_CONDITIONS = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: _signed(a) < _signed(b),
    "ge": lambda a, b: _signed(a) >= _signed(b),
}


@dataclass
class Simulator:
    """A chip of one slice. `dram` is uint8 of whole beats and is changed in place."""

    config: Config
    dram: np.ndarray
    on_signal: object = None  # called with the value of each `signal`
    failing: range = range(0)  # beats that the memory answers with an error, besides those that it has not
    vmem: np.ndarray = field(init=False)  # uint32 (elements,)
    amem_elements: np.ndarray = field(init=False)  # int8 (blocks, 32)
    amem_scales: np.ndarray = field(init=False)  # uint8 (blocks,)
    registers: list = field(init=False)  # 16 ints
    pc: int = 0
    retired: int = 0  # instructions done since start
    beats: Counter = field(init=False)  # streamed, read and written since start, as the chip counts them
    result: int = None  # set by `end`

    def __post_init__(self):
        self.vmem = np.zeros(self.config.vmem_elements, np.uint32)
        self.amem_elements = np.zeros((self.config.amem_blocks, BLOCK), np.int8)
        self.amem_scales = np.zeros(self.config.amem_blocks, np.uint8)
        self.registers = [0] * isa.NUM_REGISTERS
        self.beats = Counter()
        self._weights = {}  # decoded weight tensors by their place, until written

    # -- running ------------------------------------------------------------------------------------------------

    def start(self, program_beat: int, program_length: int, args=()):
        """The doorbell: load the program, set r1.. to args, begin at 0. Raises Halt (PROGRAM, BUS)."""
        self.pc, self.retired, self.result = 0, 0, None
        self.beats = Counter(stream_beat=0, read_beat=0, write_beat=0)
        if not 0 < program_length <= self.config.imem_words:
            raise Halt(PROGRAM, 0, program_length)
        first, end = program_beat * self.config.port_bytes, len(self.dram) // self.config.port_bytes
        beats = program_length * isa.BYTES // self.config.port_bytes
        if first + program_length * isa.BYTES > len(self.dram):
            raise Halt(BUS, 0, program_beat, range(max(end, program_beat), program_beat + beats))
        if failing := range(max(program_beat, self.failing.start), min(program_beat + beats, self.failing.stop)):
            raise Halt(BUS, 0, failing.start, failing)
        self.beats["read_beat"] += beats
        code = self.dram[first : first + program_length * isa.BYTES].tobytes()
        self._program = [code[i : i + isa.BYTES] for i in range(0, len(code), isa.BYTES)]
        self._decoded = {}
        self.registers = [0, *args, *[0] * (isa.NUM_REGISTERS - 1 - len(args))]

    def run(self, program_beat: int, program_length: int, args=()) -> int:
        """Start and run to `end`; its result. Raises Halt."""
        self.start(program_beat, program_length, args)
        while self.result is None:
            self.step()
        return self.result

    def step(self, hashed: bool = False) -> Retired:
        """Execute one instruction. With `hashed`, value holds the hash of its writes. Raises Halt."""
        pc = self.pc
        if pc >= len(self._program):
            raise Halt(PROGRAM, pc, pc)
        try:
            instruction = self._decoded.get(pc)
            if instruction is None:
                instruction = self._decoded[pc] = isa.decode(self._program[pc])
            self.pc = pc + 1
            outcome = getattr(self, "_" + instruction.name)(instruction)
        except isa.Undefined:
            raise Halt(ENCODING, pc, 0) from None
        except _Fault as fault:
            cause, address, *beats = fault.args
            raise Halt(cause, pc, address, *beats) from None
        done = Retired(self.retired, pc, instruction, outcome)
        if isinstance(outcome, Writes):
            done.writes = outcome
            done.value = write_hash(outcome) if hashed else 0
        self.retired += 1
        return done

    def counters(self) -> dict[str, int]:
        """Those of the chip's counters that are architectural: the program alone says what they are at its end."""
        return {"instructions": self.retired} | self.beats

    def operands(self, i: isa.Instruction) -> dict[str, int]:
        """Each operand of an instruction with the registers as they are."""
        return {key: self._operand(i, key) for key in i.fields if key + "_reg" in i.fields}

    # -- operands and checks ------------------------------------------------------------------------------------

    def _operand(self, i: isa.Instruction, key: str) -> int:
        return (i.fields[key] + self.registers[i.fields[key + "_reg"]]) & 0xFFFFFFFF

    def _count(self, i: isa.Instruction, key: str, most: int) -> int:
        value = self._operand(i, key) if key + "_reg" in i.fields else i.fields[key]
        if not 0 < value <= most:
            raise _Fault(LENGTH, value)
        return value

    def _align(self, address: int):
        if address % self.config.lanes:
            raise _Fault(ALIGNMENT, address)

    @staticmethod
    def _within(first: int, size: int, limit: int):
        if first + size > limit:
            raise _Fault(ADDRESS, first & 0xFFFFFFFF)

    def _set(self, rd: int, value: int) -> int:
        if rd:
            self.registers[rd] = value & 0xFFFFFFFF
        return value & 0xFFFFFFFF

    def _beats(self, addresses: np.ndarray) -> np.ndarray:
        """uint8 (..., port_bytes) of DRAM beats. Faults where the memory does."""
        self._answered(addresses)
        return self.dram.reshape(-1, self.config.port_bytes)[addresses]

    def _answered(self, beats: np.ndarray):
        end = len(self.dram) // self.config.port_bytes
        if self.failing or int(beats.max()) >= end:
            wrong = beats[(beats >= end) | (beats >= self.failing.start) & (beats < self.failing.stop)]
            if wrong.size:
                raise _Fault(BUS, int(wrong[0]), wrong)

    def _write_dram(self, addresses: np.ndarray, values: np.ndarray) -> Writes:
        addresses, values = addresses.reshape(-1), values.reshape(-1)
        self._answered(addresses // self.config.port_bytes)
        self.dram[addresses] = values
        low, high = int(addresses.min()), int(addresses.max())
        self._weights = {k: w for k, w in self._weights.items() if w[0] > high or w[1] <= low}
        return Writes(dram=(addresses, values))

    # -- scalar -------------------------------------------------------------------------------------------------

    def _scalar(self, i):
        value = _FUNCTIONS[i.label("function")](self.registers[i.ra], self._operand(i, "value"))
        return self._set(i.rd, value)

    def _branch(self, i):
        if _CONDITIONS[i.label("condition")](self.registers[i.ra], self._operand(i, "value")):
            self.pc = i.target
        return self.pc

    def _read(self, i):
        address = self._operand(i, "vmem")
        self._within(address, 1, self.config.vmem_elements)
        return self._set(i.rd, int(self.vmem[address]))

    def _signal(self, i):
        if self.on_signal:
            self.on_signal(self.registers[i.ra])
        return self.registers[i.ra]

    def _end(self, i):
        self.result = self.registers[i.ra]
        return self.result

    # -- memory -------------------------------------------------------------------------------------------------

    def _rows_of(self, i):
        """load and store: counts and addresses, checked: VMEM elements (rows, cols), first DRAM byte of each row."""
        c = self.config
        cols, rows = self._count(i, "cols", 0xFFFF), self._count(i, "rows", 0xFF)
        vmem, dram = self._operand(i, "vmem"), self._operand(i, "dram")
        self._align(vmem)
        words, beats = -(-cols // c.lanes), -(-cols * 4 // c.port_bytes)
        self._within(vmem, ((rows - 1) * i.vmem_stride + words) * c.lanes, c.vmem_elements)
        self._within(dram, (rows - 1) * i.dram_stride + beats, 1 << 32)
        row = np.arange(rows)[:, None]
        elements = vmem + row * i.vmem_stride * c.lanes + np.arange(cols)
        return elements, (dram + row * i.dram_stride), beats

    def _load(self, i):
        elements, row_beats, beats = self._rows_of(i)
        data = self._beats(row_beats + np.arange(beats))
        self.beats["read_beat"] += len(elements) * beats
        values = data.reshape(len(elements), -1).view("<u4")[:, : elements.shape[1]]
        self.vmem[elements] = values
        return Writes(vmem=(elements.reshape(-1), np.ascontiguousarray(values).reshape(-1)))

    def _store(self, i):
        elements, row_beats, beats = self._rows_of(i)
        values = self.vmem[elements].view(np.uint8)
        written = self._write_dram(row_beats * self.config.port_bytes + np.arange(values.shape[1]), values)
        self.beats["write_beat"] += len(elements) * beats
        return written

    def _store_tile(self, i):
        c = self.config
        count, ksteps = self._count(i, "count", 1023), self._count(i, "ksteps", 63)
        amem, dram, first = (self._operand(i, key) for key in ("amem", "dram", "first"))
        if first >= 1 << 20:
            raise _Fault(LENGTH, first)
        self._within(amem, (count - 1) * i.amem_stride + ksteps, c.amem_blocks)
        low, high = first // c.port_bytes, (first + count - 1) // c.port_bytes
        self._within(
            dram + low * i.dram_stride, (high - low) * i.dram_stride + ksteps * tiles.KSTEP_BEATS["mxint8"], 1 << 32
        )
        n, k = first + np.arange(count)[:, None], np.arange(ksteps)
        blocks = amem + np.arange(count)[:, None] * i.amem_stride + k
        kstep = (dram + n // c.port_bytes * i.dram_stride + k * tiles.KSTEP_BEATS["mxint8"]) * c.port_bytes
        place = n % c.port_bytes
        elements = (kstep + c.port_bytes + place * BLOCK)[..., None] + np.arange(BLOCK)
        addresses = np.concatenate([(kstep + place)[..., None], elements], axis=-1)
        values = np.concatenate(
            [self.amem_scales[blocks][..., None], self.amem_elements[blocks].view(np.uint8)], axis=-1
        )
        written = self._write_dram(addresses, values)
        # of each tile and k-step a beat of scales, and those of the elements
        self.beats["write_beat"] += ksteps * (high - low + 1 + count * BLOCK // c.port_bytes)
        return written

    # -- matrix -------------------------------------------------------------------------------------------------

    def _matmul(self, i):
        c, name = self.config, i.label("format")
        outputs = self._count(i, "outputs", (1 << 20) - 1)
        depth = self._count(i, "depth", 0xFFFF)
        rows = self._count(i, "rows", c.matmul_rows)
        vmem, amem, dram = (self._operand(i, key) for key in ("vmem", "amem", "dram"))
        ksteps, num_tiles = -(-depth // BLOCK), -(-outputs // c.port_bytes)
        self._align(vmem)
        self._within(vmem, ((rows - 1) * i.vmem_stride - (-outputs // c.lanes)) * c.lanes, c.vmem_elements)
        self._within(amem, (rows - 1) * i.amem_stride + ksteps, c.amem_blocks)
        tile_beats = ksteps * tiles.KSTEP_BEATS[name]
        self._within(dram, (num_tiles - 1) * i.dram_stride + tile_beats, 1 << 32)
        place = (dram, i.dram_stride, num_tiles, ksteps, name)
        if place not in self._weights:
            beats = dram + np.arange(num_tiles)[:, None] * i.dram_stride + np.arange(tile_beats)
            end = (int(beats[-1, -1]) + 1) * c.port_bytes
            self._weights[place] = (dram * c.port_bytes, end, *tiles.unpack(self._beats(beats), name))
        _, _, weights, weight_scales = self._weights[place]
        blocks = amem + np.arange(rows)[:, None] * i.amem_stride + np.arange(ksteps)
        values = matmul(
            self.amem_elements[blocks],
            self.amem_scales[blocks],
            weights[:outputs],
            weight_scales[:outputs],
            FRACTION_BITS[name],
        )
        elements = vmem + np.arange(rows)[:, None] * i.vmem_stride * c.lanes + np.arange(outputs)
        elements, values = elements.reshape(-1), np.ascontiguousarray(values).view(np.uint32).reshape(-1)
        if (order := matmul_order(outputs, rows, i.vmem_stride, c)) is not None:
            elements, values = elements[order], values[order]
        self.vmem[elements] = values
        for name in ("stream_beat", "read_beat"):
            self.beats[name] += num_tiles * tile_beats
        return Writes(vmem=(elements, values))

    # -- vector -------------------------------------------------------------------------------------------------

    def _check_encoding(self, i):
        uses_b = i.label("x") == "b" or i.label("y") == "b" or i.z
        uses_s = i.label("x") == "s" or i.label("y") == "s"
        reduces, writes = i.label("reduce") != "none", i.label("out") != "none"
        if reduces and uses_b or i.mask and uses_s or not (reduces or writes):
            raise _Fault(ENCODING, 0)
        return uses_b, uses_s, reduces

    def _check_vector(self, i) -> "VectorCommand":
        c = self.config
        uses_b, uses_s, reduces = self._check_encoding(i)
        cols, rows, outer = self._count(i, "cols", 0xFFFF), self._count(i, "rows", 255), self._count(i, "outer", 255)
        dst, a, b, s = (self._operand(i, key) for key in ("dst", "a", "b", "s"))
        out, words = i.label("out"), -(-cols // c.lanes)
        if out == "vmem":
            self._align(dst)
        if not i.a_imm:
            self._align(a)
        if uses_b:
            self._align(b)

        def span(outer_stride, row_stride, unit):  # words, or blocks, from first to last touched
            return (outer - 1) * outer_stride + (rows - 1) * row_stride + unit

        sources = []  # (operand, first, size) in elements
        destinations = []
        if out == "vmem":
            destinations.append(("dst", dst, span(i.dst_outer, i.dst_row, words) * c.lanes))
        elif out == "scatter":
            destinations.append(("dst", dst, (cols - 1) * i.dst_row * c.lanes + outer * rows))
        elif out != "none":
            self._within(dst, span(i.dst_outer, i.dst_row, -(-cols // BLOCK)), c.amem_blocks)
        if not i.a_imm:
            sources.append(("a", a, span(i.a_outer, i.a_row, words) * c.lanes))
        if uses_b:
            sources.append(("b", b, span(i.b_outer, i.a_row if i.b_rows else 0, words) * c.lanes))
        if uses_s:
            sources.append(("s", s, {"const": 1, "row": outer * rows, "outer": outer}[i.label("s_step")]))
        if reduces:
            destinations.append(("r", b, outer * rows))
        order = {"dst": 0, "a": 1, "b": 2, "s": 3, "r": 4}
        for _, first, size in sorted(sources + destinations, key=lambda operand: order[operand[0]]):
            self._within(first, size, c.vmem_elements)
        apart = (rows == 1 or i.dst_row >= words) and (outer == 1 or i.dst_outer >= (rows - 1) * i.dst_row + words)
        same_rows = rows == 1 or i.a_row == i.dst_row
        in_place = {
            "a": a == dst and same_rows and (outer == 1 or i.a_outer == i.dst_outer),
            "b": b == dst and same_rows and (rows == 1 or i.b_rows) and (outer == 1 or i.b_outer == i.dst_outer),
            "s": False,
        }
        for name, first, size in destinations:
            others = sources + [d for d in destinations if d[0] != name]
            for other, start, length in others:
                allowed = name == "dst" and out == "vmem" and apart and in_place.get(other, False)
                if first < start + length and start < first + size and not allowed:
                    raise _Fault(OVERLAP, first)
        return VectorCommand(
            **{key: i.fields[key] for key in _VECTOR_FIELDS}, dst=dst, a=a, b=b, s=s, cols=cols, rows=rows, outer=outer
        )

    def _vector(self, i):
        writes = vector(self.vmem, self._check_vector(i), self.config.lanes)
        done = Writes()
        if len(writes.vmem_addresses):
            self.vmem[writes.vmem_addresses] = writes.vmem_values
            done.vmem = (writes.vmem_addresses, writes.vmem_values)
        if len(writes.amem_addresses):
            self.amem_elements[writes.amem_addresses] = writes.amem_elements
            self.amem_scales[writes.amem_addresses] = writes.amem_scales
            done.amem = (writes.amem_addresses, writes.amem_elements, writes.amem_scales)
        return done


_VECTOR_FIELDS = (
    *("x", "y", "y_op", "f", "z", "out", "reduce", "a_imm", "mask", "b_rows", "s_step", "imm"),
    *("a_row", "a_outer", "dst_row", "dst_outer", "b_outer"),
)


@dataclass
class VectorCommand:
    """A vector instruction with its operands resolved: the fields of vector_cmd_t in rtl/srn_isa_pkg.sv."""

    x: int
    y: int
    y_op: int
    f: int
    z: int
    out: int
    reduce: int
    a_imm: int
    mask: int
    b_rows: int
    s_step: int
    imm: int
    dst: int
    a: int
    b: int
    s: int
    cols: int
    rows: int
    outer: int
    a_row: int
    a_outer: int
    dst_row: int
    dst_outer: int
    b_outer: int
