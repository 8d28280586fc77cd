"""srn_decode against the simulator's own checks: cause, fault address, ranges and commands of random instructions at and beyond the edges of every rule, with random stalls."""

import json
import os
from collections import Counter

import cocotb
from cocotb.triggers import FallingEdge

from models import isa
from models.simulator import CAUSES, Halt
from tb.checker import Checker, expected_commands, expected_ranges
from tb.programs import Generator, config_of, operands_of
from tb.records import enums, layout
from tb.stream import rng, start
from tb.words import pack_fields, unpack_fields

PARAMETERS = [
    {"PortBytes": 8, "Rows": 2, "Passes": 2, "VmemWords": 8192, "AmemBlocks": 1024},
    {"PortBytes": 16, "Rows": 8, "Passes": 1, "VmemWords": 16384, "AmemBlocks": 4096},
    {"PortBytes": 32, "Rows": 16, "Passes": 3, "VmemWords": 65536, "AmemBlocks": 1000},
]
COUNT = 6000

KIND = enums()["kind_e"]
KINDS = {"scalar": "Scalar", "branch": "Scalar", "read": "Read", "signal": "Signal", "end": "End", "matmul": "Matmul"}
KINDS |= {"load": "Dma", "store": "Dma", "store_tile": "Dma", "vector": "Vector"}


def cases(config, random, count):
    """(code, registers): generated instructions, some with a bit of the opcode or of anything else flipped."""
    generator = Generator(config, random)
    for _ in range(count):
        generator.wrong = 0.4 if random.random() < 0.15 else 0.04  # some break several rules: which one is reported?
        instruction, registers = generator.instruction()
        if random.random() < 0.08:
            name = random.choice(["scalar", "branch", "signal", "end"])
            layout_of = isa.FIELDS[name]
            fields = {key: random.getrandbits(width) for key, (_, width) in layout_of.items()}
            instruction = isa.Instruction(name, fields)
        code = bytearray(isa.encode(instruction))
        if random.random() < 0.05:
            code[random.randrange(32)] ^= 1 << random.randrange(8)
        yield bytes(code), registers


def expect(checker: Checker, code: bytes, registers: list[int], slot: int) -> dict:
    """What the RTL should say, from one step of the simulator."""
    checker.begin([code] * 2)
    checker.registers = list(registers)
    try:
        done = checker.step()
    except Halt as halt:
        return {"cause": halt.cause, "address": halt.address}
    instruction = done.instruction

    def operand(key):
        return (instruction.fields[key] + registers[instruction.fields[key + "_reg"]]) & 0xFFFFFFFF

    commands = expected_commands(instruction, checker.config, operand, slot)
    ranges = expected_ranges(instruction, checker.touched)
    return {"cause": 0, "kind": KIND["Kind" + KINDS[instruction.name]], "ranges": ranges} | commands


def seen(dut, expected: dict) -> dict:
    """The RTL's outputs, of records only the fields that are expected."""
    got = {}
    for key, value in expected.items():
        if isinstance(value, dict):
            port, struct = ("ranges_o", "ranges_t") if key == "ranges" else (f"{key}_cmd_o", f"{key}_cmd_t")
            fields = unpack_fields(int(getattr(dut, port).value), layout(struct))
            got[key] = {name: fields[name] for name in value}
        else:
            got[key] = int(getattr(dut, key + "_o").value)
    return got


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.5])
async def like_the_simulator(dut, stall):
    config = config_of(json.loads(os.environ["SRN_PARAMETERS"]))
    random = rng("cases")
    checker = Checker(config)
    falling = FallingEdge(dut.clk_i)
    await start(dut)
    await falling
    stages = [None, None]
    causes, compared = Counter(), 0
    for code, registers in cases(config, random, COUNT):
        dut.instruction_i.value = int.from_bytes(code, "little")
        dut.operands_i.value = pack_fields(operands_of(code, registers), layout("operands_t"))
        while True:
            slot, enable = random.randrange(16), random.random() >= stall
            dut.slot_i.value, dut.enable_i.value = slot, int(enable)
            if enable:
                stages = [(code, registers), stages[0]]
            await falling  # past the clock
            if stages[1]:
                expected = expect(checker, *stages[1], slot)
                got = seen(dut, expected)
                assert got == expected, (
                    f"{stages[1][0][::-1].hex()}: {got} instead of {expected}, registers {stages[1][1]}"
                )
                causes[CAUSES[expected["cause"]]] += 1
                compared += 1
            if enable:
                break
    cocotb.log.info("%d compared: %s", compared, dict(causes))
    assert compared >= COUNT - 1
    assert (
        min(causes[name] for name in ("none", "encoding", "length", "alignment", "address", "overlap")) > COUNT // 100
    )
