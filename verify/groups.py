"""Every group of functional coverage bins, in one place: the testplan names them, benches and campaigns hit them."""

from models import isa
from models.simulator import BUS, CAUSES, ENCODING, PROGRAM
from tb.programs import REFUSALS
from verify.bins import Group

# ---------------------------------------------------------------- instructions
# Hit by random programs (verify/random/observe.py) for each instruction that RTL and simulator executed alike.

MEMORIES = ("fast", "stalled", "slow", "late", "dram")  # settings of the memory: verify/random/profile.py
COMMANDS = ("load", "store", "store_tile", "matmul", "vector")
KINDS = ("read", "load", "store", "store_tile")  # an instruction and its format
KINDS += tuple(f"matmul {form}" for form in isa.ENUMS["format"]) + tuple(f"vector {out}" for out in isa.ENUMS["out"])
HAZARDS = ("none", "raw", "war", "waw")

# by the spaces that it reads and writes
READS = {
    "read": ("vmem",),
    "load": ("dram",),
    "store": ("vmem",),
    "store_tile": ("amem",),
    "matmul": ("amem", "dram"),
    "vector": ("vmem",),
}
WRITES = {
    "load": ("vmem",),
    "store": ("dram",),
    "store_tile": ("dram",),
    "matmul": ("vmem",),
    "vector": ("vmem", "amem"),
}


def _instruction(kind, length, place, hazard, memory):
    if kind == "read" and length != "one":
        return "a read is of one element"
    if kind == "read" and hazard in ("war", "waw"):
        return "a read writes a register only, which is no hazard of the window"
    return None


INSTRUCTIONS = Group(
    "instructions",
    "every instruction in each format and length, at the ends of the memories, in each hazard with one of the four before it, and memory",
    _instruction,
    kind=KINDS,
    length=(
        "one",
        "whole",
        "ragged",
        "long",
    ),  # one unit; whole words, tiles or blocks; not; 100 clocks or more, of a matmul 250
    place=("first", "inside", "last"),  # of a local memory: its first unit is touched, its last, neither
    hazard=HAZARDS,
    memory=MEMORIES,
)


def _pair(older, younger, space, hazard, distance):
    first = READS[older] if hazard == "war" else WRITES.get(older, ())
    second = READS[younger] if hazard == "raw" else WRITES.get(younger, ())
    if space not in first or space not in second:
        return f"{older} and {younger} cannot meet so in {space}"
    return None


PAIRS = Group(
    "hazards",
    "every hazard between every two units, in the instruction behind and a little later",
    _pair,
    older=("read", *COMMANDS),
    younger=("read", *COMMANDS),
    space=("vmem", "amem", "dram"),
    hazard=HAZARDS[1:],
    distance=("next", "near"),
)
MEETINGS = Group(
    "meetings",
    "the ranges of a hazard are the same, one holds the other, or they share an end, or a single unit",
    space=("vmem", "amem", "dram"),
    meeting=("same", "inside", "around", "part", "unit"),
)


def _vector_result(out, reduce, mask, a_imm):
    return "refused: nothing would be written" if out == reduce == "none" else None


VECTORS = Group(
    "vector pipeline",
    "every setting of the vector unit's stages with every other",
    x=isa.ENUMS["x"],
    y=isa.ENUMS["y"],
    y_op=isa.ENUMS["y_op"],
    f=isa.ENUMS["f"],
    z=(0, 1),
)
RESULTS = Group(
    "vector results",
    "every output with every reduction, masked or not, of elements and of the immediate",
    _vector_result,
    out=isa.ENUMS["out"],
    reduce=isa.ENUMS["reduce"],
    mask=(0, 1),
    a_imm=(0, 1),
)
SCALES = Group("vector scalars", "operand s in each place and step", place=("x", "y"), s_step=isa.ENUMS["s_step"])
IN_PLACE = Group("in place", "dst on a or on b, of one row and of several", operand=("a", "b"), rows=("one", "several"))
STRIDES = Group(
    "strides",
    "rows that are one another, overlap, touch, or lie apart",
    operand=(
        *("load vmem", "load dram", "store vmem", "store dram", "store_tile amem", "store_tile dram"),
        *("matmul vmem", "matmul amem", "matmul dram", "vector a", "vector dst"),
    ),
    stride=("same", "overlap", "touch", "apart"),
)
ROWS = Group("matmul rows", "each number of rows in each format", rows=(1, 2, 3, 4), format=isa.ENUMS["format"])
LIMITS = Group(
    "limits",
    "the least, and the most that the instruction or the memory holds",
    operand=(
        *("load cols", "load rows", "store cols", "store rows", "store_tile count", "store_tile ksteps"),
        *("matmul outputs", "matmul depth", "matmul rows", "vector cols", "vector rows", "vector outer"),
    ),
    value=("least", "most"),
)
SCALARS = Group(
    "scalar",
    "every function, of an immediate and of a register, with a result of each sign",
    function=isa.ENUMS["function"],
    value=("immediate", "register"),
    result=("zero", "positive", "negative"),
)
BRANCHES = Group(
    "branch",
    "every condition, taken and not, forward and back",
    condition=isa.ENUMS["condition"],
    taken=(0, 1),
    direction=("forward", "back"),
)


def _burst(kind, burst, memory):
    if kind in ("store_tile", "matmul") and burst == "within":
        return "a k-step is longer than a burst"
    return None


TRANSFERS = Group(
    "transfers",
    "every transfer from the beginning of a burst of 16, inside one, and across its end, on each memory",
    _burst,
    kind=("load", "store", "store_tile", "matmul"),
    burst=("aligned", "within", "across"),
    memory=MEMORIES,
)


def _refusal(opcode, cause):
    found = {
        **{name: causes for name, causes in REFUSALS.items()},
        **{name: (ENCODING,) for name in ("scalar", "branch")},
        "none": (ENCODING, BUS, PROGRAM),
    }.get(opcode, ())
    if opcode in ("load", "store", "store_tile", "matmul"):
        found = (*found, BUS)
    return None if CAUSES.index(cause) in found else "docs/isa.md gives it no such halt"


REFUSED = Group(
    "halts",
    "every cause by every instruction that can raise it; `none` is an opcode that is not defined, or no instruction at all",
    _refusal,
    opcode=(*isa.OPCODES, "none"),
    cause=CAUSES[1:],
)
ENDINGS = Group(
    "endings",
    "every end of a run on each memory: by itself, refused, a bus error, a clear and a reset in its midst",
    ending=("end", "refused", "bus", "clear", "reset"),
    memory=MEMORIES,
)
INSTRUCTION_SPACE = (
    *(INSTRUCTIONS, PAIRS, MEETINGS, VECTORS, RESULTS, SCALES, IN_PLACE, STRIDES),
    *(ROWS, LIMITS, SCALARS, BRANCHES, TRANSFERS, REFUSED, ENDINGS),
)
