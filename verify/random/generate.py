"""A random case: the same for the same profile, seed and index."""

import random

from models import isa
from models.simulator import CAUSES
from tb.checker import Checker
from tb.programs import ANY, BEYOND, ELSEWHERE, REFUSALS, Generator, Writer, legal_writer, undefined
from verify.random.case import MEMORY, PARAMETERS, Case, Code, Program, beginning, encoded
from verify.random.profile import MEMORIES, Profile

TRANSFERS = ("load", "store", "store_tile", "matmul")
BODY = (
    440  # instructions of a body at most, so that a program fits with its beginning, its ending and what sets registers
)


def generate(profile: Profile, seed: int, index: int) -> Case:
    choose = random.Random(f"{profile.name}:{seed}:{index}")
    kind = choose.choices(list(profile.memory), list(profile.memory.values()))[0]
    memory = MEMORY | {key: choose.choice(values) for key, values in MEMORIES[kind].items()}
    case = Case((), memory | {"seed": choose.getrandbits(32)}, choose.getrandbits(32))
    programs: list[Program] = []
    for _ in range(profile.programs):
        ending = choose.choices(list(profile.endings), list(profile.endings.values()))[0]
        programs.append(_program(profile, choose, case, ending))
    return Case(tuple(programs), case.memory, case.data, text=f"profile {profile.name}, seed {seed}, case {index}")


def _program(profile: Profile, choose: random.Random, case: Case, ending: str) -> Program:
    config, beats = case.config, PARAMETERS["MemoryBeats"]
    # what programs touch is a small part of the memory, for hazards; behind it is where errors are planted
    near, far = beats // choose.choice([2, 4, 16]), beats * 3 // 4
    writer = legal_writer(config, choose, near, profile.mix, beats)
    length = min(BODY, max(1, int(profile.length * choose.uniform(0.3, 1.7))))
    code: list[Code] = list(writer.body(length if ending == "end" else choose.randint(0, length)))
    last, error = isa.make("end", ra=choose.randrange(16)), (0, 0)
    clocks = 0
    if ending == "refused":
        name, cause = choose.choice([(name, cause) for name in REFUSALS for cause in REFUSALS[name]])
        generator = Generator(config, choose, near=0.3, wrong=0.15, dram_beats=beats, again=0.3)
        code += [*Writer(generator, writer.accepts).command(name, accepted=CAUSES[cause]), last]
    elif ending == "undefined":
        code += [choose.choice(undefined()), last]
    elif ending == "runaway":
        target = choose.choice([config.imem_words - 1, 0xFFFF])
        code += choose.choice([[], [isa.make("branch", condition="eq", target=target), last]])
    elif ending == "beyond":
        generator = Generator(config, choose, near=0.1, wrong=0.0, dram_beats=choose.choice([beats * 5 // 4, 1 << 32]))
        code += Writer(generator, writer.accepts).command(choose.choice(TRANSFERS), accepted=BEYOND)
        code += [*writer.body(choose.randint(0, 12), at=len(code)), last]
    elif ending == "error":
        command, error = _failing(writer, choose, far, beats - far)
        code += command
        code += [*writer.body(choose.randint(0, 12), at=len(code)), last]
    else:
        code.append(last)
    if ending in ("clear", "reset"):
        clocks = choose.randrange(1, 20 * len(code) + 500)
    size = isa.BYTES // config.port_bytes
    room = beats - size * (len(code) + len(beginning(config, beats)))
    beat = choose.randrange(min(room, far))
    if ending == "program error":
        error = beat + choose.randrange(size * len(code)), choose.choice([1, 1, 16])
    args = tuple(choose.getrandbits(32) for _ in range(8))
    told = ending if clocks else ""
    return Program(tuple(map(_readable, code)), beat, args, error, told, clocks)


def _readable(code: Code) -> Code:
    """What the set does not define as its bytes, which have no other text."""
    try:
        return isa.decode(encoded(code))
    except isa.Undefined:
        return encoded(code)


def _failing(writer: Writer, choose: random.Random, far: int, beats: int) -> tuple[list[Code], tuple[int, int]]:
    """A transfer beyond `far`, with what sets its registers, and a few beats of its range as an error."""
    config, checker = writer.generator.config, Checker(writer.generator.config)
    generator = Generator(config, choose, near=0.1, wrong=0.0, dram_beats=beats)
    while True:
        instruction, registers = generator.instruction(choose.choice(TRANSFERS))
        fields = instruction.fields
        if fields["dram"] + far > ANY:
            continue
        if register := fields["dram_reg"]:
            registers[register] = (registers[register] + far) & 0xFFFFFFFF
        else:
            instruction = isa.make(instruction.name, **fields | {"dram": fields["dram"] + far})
        if writer.accepts(instruction, registers) != ELSEWHERE:
            continue
        checker.begin([isa.encode(instruction)])
        checker.registers = list(registers)
        checker.step()
        first, last = checker.touched.ranges["dram"]
        if first >= far:
            start = choose.choice([first, last, choose.randint(first, last)])
            return writer.with_registers(instruction, registers), (start, choose.choice([1, 4, last - start + 1]))
