"""A case: programs run one after another on one chip and one memory, from a reset; all that a simulation needs to repeat it.

As text, which tests/directed/ keeps:

    # what it is
    parameters PortBytes=8 Rows=2 ...          of tb/system.sv
    memory dram=hbm3 latency=0 rate=0 seed=5 stall=20
    data 77                                    seed of what the memory holds

    program beat=100 args=3,0xffff             where it lies in memory, r1 and r2 at its start
    program beat=7 clear=300                   ended by a clear, or `reset`, so many clocks after its doorbell
    program beat=7 error=6000+4                beats that the memory answers with an error
      load vmem=0 dram=4 cols=8 rows=1         instructions as models/isa.py writes them; a branch's target counts from the
      code 00ff...                             program's first line; an instruction that the set does not define is its bytes

The first program, and one behind a run whose end leaves memories undefined, finds new data and has before it what fills the
local memories.
"""

from dataclasses import dataclass, field, replace

from models import isa
from models.config import Config
from tb.programs import config_of, filling

PARAMETERS = {  # of the `system` bench at tiny: one build serves both, and small memories are dense in hazards
    "PortBytes": 8,
    "Rows": 2,
    "Passes": 2,
    "VmemWords": 128,
    "AmemBlocks": 64,
    "ImemWords": 512,
    "StreamDepth": 64,
    "MemoryBeats": 8192,
}
MEMORY = {"dram": "ideal", "latency": 0, "rate": 0, "seed": 1, "stall": 0}  # tb/dram.sv; 0 is its default

Code = isa.Instruction | bytes


class CaseError(Exception):
    """A text that is no case; one sentence."""


@dataclass(frozen=True)
class Program:
    code: tuple[Code, ...]
    beat: int = 0
    args: tuple[int, ...] = ()
    error: tuple[int, int] = (0, 0)  # first beat, beats
    ending: str = ""  # "", "clear" or "reset"
    clocks: int = 0


@dataclass(frozen=True)
class Case:
    programs: tuple[Program, ...]
    memory: dict = field(default_factory=lambda: dict(MEMORY))
    data: int = 1
    parameters: dict = field(default_factory=lambda: dict(PARAMETERS))
    text: str = ""

    @property
    def config(self) -> Config:
        return config_of(self.parameters)

    def size(self) -> int:
        return sum(len(program.code) for program in self.programs)


@dataclass
class Work:
    """What the bench does next: a program; before the first of a case a reset with these settings of the memory."""

    beat: int
    length: int
    args: list[int]
    memory: dict | None
    error: tuple[int, int]
    ending: str
    clocks: int
    detail: int | None  # list the writes of this instruction


def beginning(config: Config, beats: int) -> list[Code]:
    """Fills the local memories from a memory of `beats`, waits, and fills them with something else: what a missed hazard lets
    the program see is of the first filling, whatever the chip held before."""
    half = beats // 2
    return [*filling(config, half + config.vmem_words * 2), isa.make("signal"), *filling(config, half)]


def placed(program: Program, case: Case, fresh: bool) -> list[Code]:
    """The program as it stands in memory: behind its beginning, if it needs one."""
    before = beginning(case.config, case.parameters["MemoryBeats"]) if fresh else []
    return [*before, *(moved(code, len(before)) for code in program.code)]


def moved(code: Code, by: int) -> Code:
    """A branch whose target is `by` further on, any other as it is."""
    if isinstance(code, bytes) or code.name != "branch":
        return code
    return replace(code, fields=code.fields | {"target": min(code.fields["target"] + by, 0xFFFF)})


def encoded(code: Code) -> bytes:
    return code if isinstance(code, bytes) else isa.encode(code)


# ---------------------------------------------------------------- text


def shown(code: Code) -> str:
    return f"code {code.hex()}" if isinstance(code, bytes) else isa.disassemble(code)


def write(case: Case) -> str:
    lines = [f"# {line}".rstrip() for line in case.text.splitlines()]
    for name in ("parameters", "memory"):
        lines.append(" ".join([name, *(f"{key}={value}" for key, value in getattr(case, name).items())]))
    lines.append(f"data {case.data}")
    for program in case.programs:
        words = [f"program beat={program.beat}"]
        words += [f"args={','.join(map(hex, program.args))}"] if program.args else []
        words += [f"error={program.error[0]}+{program.error[1]}"] if program.error[1] else []
        words += [f"{program.ending}={program.clocks}"] if program.ending else []
        lines += ["", " ".join(words), *(f"  {shown(code)}" for code in program.code)]
    return "\n".join(lines) + "\n"


def read(text: str, name: str = "the text") -> Case:
    """Raises CaseError."""
    case, programs, comment = Case(()), [], []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        try:
            if not words:
                continue
            if words[0].startswith("#"):
                comment.append(line.removeprefix("#").removeprefix(" "))
            elif words[0] in ("parameters", "memory"):
                defaults = PARAMETERS if words[0] == "parameters" else MEMORY
                values = dict(word.split("=", 1) for word in line.split(None, 1)[1].split())
                values = {key: value if key == "dram" else int(value) for key, value in values.items()}
                if values.keys() != defaults.keys():
                    raise ValueError(f"these are {', '.join(defaults)}")
                case = replace(case, **{words[0]: values})
            elif words[0] == "data":
                case = replace(case, data=int(words[1]))
            elif words[0] == "program":
                programs.append(_program(dict(word.split("=") for word in words[1:])))
            else:
                code = bytes.fromhex(words[1]) if words[0] == "code" else isa.assemble(line)
                if isinstance(code, bytes) and len(code) != isa.BYTES:
                    raise ValueError(f"{len(code)} bytes are no instruction")
                programs[-1] = replace(programs[-1], code=(*programs[-1].code, code))
        except (ValueError, IndexError, TypeError) as error:
            raise CaseError(f"{name}, line {number}: {error}") from None
    if not programs:
        raise CaseError(f"{name} has no program")
    return replace(case, programs=tuple(programs), text="\n".join(comment))


def _program(words: dict[str, str]) -> Program:
    found: dict = {"code": ()}
    for key, value in words.items():
        if key == "args":
            found["args"] = tuple(int(part, 0) for part in value.split(","))
        elif key == "error":
            first, beats = value.split("+")
            found["error"] = int(first), int(beats)
        elif key in ("clear", "reset"):
            found |= {"ending": key, "clocks": int(value)}
        elif key == "beat":
            found["beat"] = int(value)
        else:
            raise ValueError(f"a program has no {key}")
    return Program(**found)
