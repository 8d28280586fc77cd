"""Instruction set: the only place that knows the bits. Encode, decode, assemble, disassemble.

An instruction is 256 bits, eight little-endian 32-bit words. docs/isa.md is the prose, models/simulator.py the meaning.
An *operand* is an immediate plus a scalar register (r0 reads as zero): `imm + r[reg]`, 32 bits, wrapping.
"""

import re
from dataclasses import dataclass, field

BYTES = 32
NUM_REGISTERS = 16

OPCODES = {
    "end": 0x01,
    "scalar": 0x02,
    "branch": 0x03,
    "read": 0x04,
    "signal": 0x05,
    "load": 0x10,
    "store": 0x11,
    "store_tile": 0x12,
    "matmul": 0x20,
    "vector": 0x30,
}

# Named values of small fields. The order is the code.
ENUMS = {
    "function": ["add", "sub", "mul", "shl", "shr", "and", "or", "min", "max"],
    "condition": ["eq", "ne", "lt", "ge"],
    "format": ["mxfp4", "mxint8"],
    "x": ["one", "a", "b", "s", "imm"],
    "y": ["none", "b", "s", "imm"],
    "y_op": ["add", "sub", "rsub", "max"],
    "f": ["id", "exp2", "rcp", "rsqrt"],
    "out": ["none", "vmem", "mxint8", "mxfp4", "scatter"],
    "reduce": ["none", "sum", "max", "argmax"],
    "s_step": ["const", "row", "outer"],
}

# field: (least significant bit, width). An operand NAME has two: NAME and NAME_reg.
_DRAM = {"dram": (32, 32), "dram_reg": (64, 4), "dram_stride": (68, 24)}
FIELDS = {
    "end": {"ra": (20, 4)},
    "scalar": {"function": (8, 4), "rd": (16, 4), "ra": (20, 4), "value": (32, 32), "value_reg": (24, 4)},
    "branch": {"condition": (8, 4), "ra": (20, 4), "value": (32, 32), "value_reg": (24, 4), "target": (64, 16)},
    "read": {"rd": (16, 4), "vmem": (92, 20), "vmem_reg": (112, 4)},
    "signal": {"ra": (20, 4)},
    "load": _DRAM
    | {
        "vmem": (92, 20),
        "vmem_reg": (112, 4),
        "vmem_stride": (116, 16),
        "cols": (132, 16),
        "cols_reg": (148, 4),
        "rows": (152, 6),
        "rows_reg": (158, 4),
    },
    "store_tile": _DRAM
    | {
        "amem": (92, 20),
        "amem_reg": (112, 4),
        "amem_stride": (116, 12),
        "first": (128, 20),
        "first_reg": (148, 4),
        "count": (152, 10),
        "count_reg": (162, 4),
        "ksteps": (166, 6),
    },
    "matmul": _DRAM
    | {
        "format": (8, 3),
        "vmem_stride": (16, 16),
        "outputs": (92, 20),
        "outputs_reg": (112, 4),
        "depth": (116, 16),
        "depth_reg": (132, 4),
        "amem": (136, 20),
        "amem_reg": (156, 4),
        "amem_stride": (160, 12),
        "rows": (172, 6),
        "rows_reg": (178, 4),
        "vmem": (182, 20),
        "vmem_reg": (202, 4),
    },
    "vector": {
        "x": (8, 3),
        "y": (11, 3),
        "y_op": (14, 2),
        "f": (16, 3),
        "z": (19, 1),
        "out": (20, 3),
        "reduce": (23, 2),
        "a_imm": (25, 1),
        "mask": (26, 1),
        "b_rows": (27, 1),
        "s_step": (28, 2),
        "imm": (32, 32),
        "dst": (64, 20),
        "dst_reg": (84, 4),
        "a": (88, 20),
        "a_reg": (108, 4),
        "b": (112, 20),
        "b_reg": (132, 4),
        "s": (136, 20),
        "s_reg": (156, 4),
        "cols": (160, 16),
        "cols_reg": (176, 4),
        "rows": (180, 6),
        "rows_reg": (186, 4),
        "outer": (190, 6),
        "outer_reg": (196, 4),
        "a_row": (200, 11),
        "a_outer": (211, 11),
        "dst_row": (222, 11),
        "dst_outer": (233, 11),
        "b_outer": (244, 11),
    },
}
FIELDS["store"] = FIELDS["load"]

_OPCODE_NAMES = {code: name for name, code in OPCODES.items()}
_SIGNED = {"value"}  # immediates shown as signed numbers


class Undefined(ValueError):
    """An instruction word that the set does not define."""


@dataclass(frozen=True)
class Instruction:
    """One decoded instruction: its name and every field as an int (enumerated fields as their code)."""

    name: str
    fields: dict[str, int] = field(default_factory=dict)

    def __getattr__(self, key):
        try:
            return self.__dict__["fields"][key]
        except KeyError:
            raise AttributeError(key) from None

    def label(self, key: str) -> str:
        """The name of an enumerated field's value."""
        return ENUMS[key][self.fields[key]]


def make(name: str, **values) -> Instruction:
    """An instruction from keyword fields; missing fields are 0, enumerated ones may be given by name.

    Raises ValueError for an unknown field or a value that does not fit.
    """
    layout = FIELDS[name]
    fields = dict.fromkeys(layout, 0)
    for key, value in values.items():
        if key not in layout:
            raise ValueError(f"{name} has no field {key}")
        if isinstance(value, str):
            value = ENUMS[key].index(value)
        value, width = int(value), layout[key][1]
        if key in _SIGNED and value < 0:
            value += 1 << width
        if not 0 <= value < 1 << width:
            raise ValueError(f"{name}: {key}={value} does not fit {width} bits")
        fields[key] = value
    return Instruction(name, fields)


def encode(instruction: Instruction) -> bytes:
    """The 32 bytes of an instruction."""
    word = OPCODES[instruction.name]
    for key, (low, _) in FIELDS[instruction.name].items():
        word |= instruction.fields[key] << low
    return word.to_bytes(BYTES, "little")


def decode(code: bytes) -> Instruction:
    """The instruction of 32 bytes. Raises Undefined for an opcode or enumerated value that does not exist."""
    word = int.from_bytes(code, "little")
    name = _OPCODE_NAMES.get(word & 0xFF)
    if name is None:
        raise Undefined(f"opcode {word & 0xFF:#04x} is not defined")
    fields = {key: word >> low & (1 << width) - 1 for key, (low, width) in FIELDS[name].items()}
    for key, names in ENUMS.items():
        if key in fields and fields[key] >= len(names):
            raise Undefined(f"{name}: {key} has no value {fields[key]}")
    return Instruction(name, fields)


def _show(instruction: Instruction, key: str) -> str:
    value, width = instruction.fields[key], FIELDS[instruction.name][key][1]
    if key in ENUMS:
        return ENUMS[key][value]
    if key == "imm":
        return f"{value:#010x}"
    if key in ("rd", "ra"):
        return f"r{value}"
    if key in _SIGNED and value >> width - 1:
        value -= 1 << width
    register = instruction.fields.get(key + "_reg", 0)
    return f"r{register}+{value}" if register else str(value)


def disassemble(instruction: Instruction) -> str:
    """One line: the name and each field that is not zero, `key=value`, operands as `rN+imm`."""
    words = [instruction.name]
    for key in FIELDS[instruction.name]:
        if key.endswith("_reg"):
            continue
        if instruction.fields[key] or instruction.fields.get(key + "_reg", 0):
            words.append(f"{key}={_show(instruction, key)}")
    return " ".join(words)


def assemble(line: str) -> Instruction:
    """The instruction of a line as disassemble writes it. Raises ValueError for what it cannot read."""
    name, *words = line.split()
    if name not in FIELDS:
        raise ValueError(f"no instruction is called {name}")
    values = {}
    for word in words:
        key, _, text = word.partition("=")
        match = re.fullmatch(r"r(\d+)\+(-?\w+)", text)
        if match and key + "_reg" in FIELDS[name]:
            values[key + "_reg"], text = int(match[1]), match[2]
        elif key in ("rd", "ra"):
            text = text.removeprefix("r")
        values[key] = text if key in ENUMS else int(text, 0)
    return make(name, **values)
