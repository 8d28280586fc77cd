"""models/isa.py against itself (encode, decode, disassemble, assemble, over random instructions) and against the RTL's package."""

import random
import re

import pytest

from models import isa, simulator
from tb import records


def random_instruction(name: str, rng: random.Random) -> isa.Instruction:
    """Fields random, enumerated ones among their values."""
    fields = {}
    for key, (_, width) in isa.FIELDS[name].items():
        values = len(isa.ENUMS[key]) if key in isa.ENUMS else 1 << width
        fields[key] = rng.choice([0, values - 1, rng.randrange(values)])
    return isa.Instruction(name, fields)


@pytest.mark.parametrize("name", isa.OPCODES)
def test_round_trips(name):
    rng = random.Random(name)
    for _ in range(500):
        instruction = random_instruction(name, rng)
        code = isa.encode(instruction)
        assert len(code) == isa.BYTES
        assert isa.decode(code) == instruction
        assert isa.assemble(isa.disassemble(instruction)) == instruction
        assert isa.make(name, **instruction.fields) == instruction


def test_disassembly_reads_well():
    instruction = isa.make("scalar", function="sub", rd=3, ra=3, value=-1, value_reg=2)
    assert isa.disassemble(instruction) == "scalar function=sub rd=r3 ra=r3 value=r2+-1"
    assert isa.disassemble(isa.make("load", vmem=64, vmem_reg=9, dram=5)) == "load dram=5 vmem=r9+64"


@pytest.mark.parametrize("name", isa.OPCODES)
def test_fields_do_not_overlap(name):
    """Nor lie on the opcode or outside the instruction; and an operand's register is as wide as a register's number."""
    used = 0xFF
    for key, (low, width) in isa.FIELDS[name].items():
        mask = (1 << width) - 1 << low
        assert not used & mask, f"{name}.{key}"
        used |= mask
        if key.endswith("_reg") or key in ("rd", "ra"):
            assert 1 << width == isa.NUM_REGISTERS
    assert used < 1 << 8 * isa.BYTES


def test_undefined_opcodes():
    for opcode in set(range(256)) - set(isa.OPCODES.values()):
        with pytest.raises(isa.Undefined):
            isa.decode(bytes([opcode]) + bytes(31))


def test_undefined_field_values():
    """Each enumerated field of each instruction, every value that its bits hold beyond the names."""
    refused = 0
    for name, layout in isa.FIELDS.items():
        for key in layout.keys() & isa.ENUMS.keys():
            for value in range(len(isa.ENUMS[key]), 1 << layout[key][1]):
                with pytest.raises(isa.Undefined):
                    isa.decode(isa.encode(isa.Instruction(name, dict.fromkeys(layout, 0) | {key: value})))
                refused += 1
    assert refused > 30


def test_make_refuses():
    for name, values in [
        ("load", {"depth": 1}),
        ("load", {"vmem": 1 << 20}),
        ("load", {"vmem": -1}),
        ("vector", {"x": "c"}),
        ("scalar", {"value": -(1 << 32) - 1}),
    ]:
        with pytest.raises(ValueError):
            isa.make(name, **values)
    assert isa.make("scalar", value=-2).value == 0xFFFFFFFE


def test_assemble_refuses():
    for line in ("jump", "load depth=1", "load vmem=abc", "vector x=c"):
        with pytest.raises(ValueError):
            isa.assemble(line)


# ---------------------------------------------------------------- the RTL's package


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def test_opcodes_of_the_package():
    found = {name: value for name, value in records.constants().items() if re.fullmatch("Op[A-Z]\\w*", name)}
    assert found == {"Op" + camel(name): code for name, code in isa.OPCODES.items()}


def test_causes_of_the_package():
    found = {name: value for name, value in records.constants().items() if name.startswith("Cause")}
    assert found == {"Cause" + camel(name): number for number, name in enumerate(simulator.CAUSES)}


@pytest.mark.parametrize(
    "key, prefix", [("x", "X"), ("y", "Y"), ("y_op", "Y"), ("out", "Out"), ("reduce", "Reduce"), ("s_step", "Step")]
)
def test_field_codes_of_the_package(key, prefix):
    assert records.enums()[key + "_e"] == {prefix + camel(name): code for code, name in enumerate(isa.ENUMS[key])}


def test_widths_of_the_package():
    """An instruction; and every field of a command is wide enough for the instruction's field, or for its legal values."""
    constants = records.constants()
    assert constants["InstructionW"] == 8 * isa.BYTES
    assert constants["NumSlots"] == 1 << constants["SlotW"]
    vector = records.layout("vector_cmd_t")
    for key in isa.FIELDS["vector"].keys() & vector.keys() - {"f"}:
        assert vector[key] >= isa.FIELDS["vector"][key][1], key
    assert vector["f"] == 2 and len(isa.ENUMS["f"]) == 4
    for struct, instruction, fields in [
        ("stream_cmd_t", "matmul", {"dram": "dram", "tile_stride": "dram_stride"}),
        ("matrix_cmd_t", "matmul", {k: k for k in ("outputs", "amem", "amem_stride", "rows", "vmem", "vmem_stride")}),
        (
            "dma_cmd_t",
            "load",
            {k: k for k in ("dram", "dram_stride", "cols", "rows")} | {"local_stride": "vmem_stride"},
        ),
        ("dma_cmd_t", "store_tile", {"rows": "count", "first": "first", "ksteps": "ksteps", "local_addr": "amem"}),
    ]:
        for key, of in fields.items():
            assert records.layout(struct)[key] >= isa.FIELDS[instruction][of][1], f"{struct}.{key}"
