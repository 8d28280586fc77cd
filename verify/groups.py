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

# ---------------------------------------------------------------- blocks
# Numbers at the ports of the arithmetic, hit by its benches (tb/sample.py) from the vectors that they compare.

NUMBERS = ("zero", "subnormal", "least normal", "normal", "largest", "infinite", "nan")  # of binary32
OUTCOMES = ("zero", "subnormal", "normal", "infinite", "nan")
ROUNDINGS = ("exact", "below half", "tie down", "tie up", "above half")  # of magnitudes: a tie goes to the even one
SIGNS = ("same", "opposite")
FORMS = ("fp4", "int8")  # by their bit

ADD_OPERANDS = Group("add operands", "the adder meets every pair of numbers", a=NUMBERS, b=NUMBERS, signs=SIGNS)
ADD_ROUNDING = Group(
    "add rounding",
    "sums and differences that round each way, also past the end of the other operand",
    rounding=(*ROUNDINGS, "absorbed"),
    signs=SIGNS,
)
ADD_OUTCOMES = Group(
    "add outcomes",
    "what cancels, overflows or becomes subnormal",
    outcome=(
        *("cancels to zero", "negative zeros", "cancels twelve bits", "cancels to subnormal", "subnormals to normal"),
        *("largest", "overflow", "overflow by rounding", "opposite infinities"),
    ),
)
MUL_OPERANDS = Group(
    "multiply operands", "the multiplier meets every pair of numbers", a=NUMBERS, b=NUMBERS, signs=SIGNS
)
MUL_ROUNDING = Group(
    "multiply rounding", "products that round each way", rounding=ROUNDINGS, result=("normal", "subnormal")
)
MUL_OUTCOMES = Group(
    "multiply outcomes",
    "what overflows, underflows or becomes subnormal",
    outcome=(
        *("underflow to zero", "subnormal", "rounds up to the least normal", "subnormal operand, normal result"),
        *("largest", "overflow", "overflow by rounding", "zero times infinity"),
    ),
)


def _compared(a, b, order):
    if "nan" in (a, b):
        return None if order == "unordered" else "a NaN has no order"
    if order == "unordered":
        return "only a NaN has no order"
    if order == "equal" and a != b:
        return "numbers of different kinds differ"
    return None


COMPARE = Group(
    "compare", "maximum and key of every pair in every order", _compared, a=NUMBERS, b=NUMBERS,
    order=("before", "equal", "after", "unordered"),
)  # fmt: skip
QUANTISE_BLOCKS = Group("quantise blocks", "the number that sets a block's scale", largest=NUMBERS, form=FORMS)
QUANTISE_ELEMENTS = Group(
    "quantise elements",
    "elements that round each way, vanish, or are cut to the largest",
    element=("zero", "vanishes", *ROUNDINGS, "cut"),
    sign=("plus", "minus"),
    form=FORMS,
)
SCALE_CODES = ("least", "other", "nan")
SCALE_OPERANDS = Group(
    "scale operands", "both scales at their ends", weight=SCALE_CODES, activation=SCALE_CODES, form=FORMS
)
SUMS = ("zero", "one", "minus one", "most", "least", "positive", "negative")


def _scaled(sum, result, form):
    if sum == "zero" and result not in ("zero", "nan"):
        return "a sum of zero is zero at any scale"
    return None


SCALE_RESULTS = Group(
    "scale results", "each integer sum as each number", _scaled, sum=SUMS, result=OUTCOMES, form=FORMS
)
FUNCTIONS = ("pass", "exp2", "reciprocal", "rsqrt")
SPECIAL_OPERANDS = Group(
    "special operands", "each function of each number", function=FUNCTIONS, x=NUMBERS, sign=("plus", "minus")
)


def _function(function, result):
    if function == "rsqrt" and result == "subnormal":
        return "the root of the largest number is below 2 ** 64"
    return None


SPECIAL_RESULTS = Group(
    "special results", "each number from each function", _function, function=FUNCTIONS, result=OUTCOMES
)
REDUCTIONS = ("sum", "max", "argmax")
REDUCE_LENGTHS = Group(
    "reduce lengths",
    "rows of one element up to several groups of sixteen words",
    kind=REDUCTIONS,
    length=("one", "part of a word", "a word", "words", "whole words", "groups"),
    gaps=("none", "some"),
)
REDUCE_NUMBERS = Group(
    "reduce numbers",
    "what a row may hold",
    kind=REDUCTIONS,
    row=("finite", "nan", "only nan", "infinity", "both infinities", "both zeros", "subnormal", "equals", "overflow"),
)
ELEMENTS = ("least", "zero", "most")
MATRIX_PRODUCTS = Group(
    "matrix products",
    "each end of a weight meets each end of an activation",
    form=FORMS,
    weight=ELEMENTS,
    activation=ELEMENTS,
)
MATRIX_RESULTS = Group("matrix results", "each number as the sum of a row", form=FORMS, result=OUTCOMES)
MATRIX_SHAPES = Group(
    "matrix shapes",
    "outputs and rows that fill tiles and passes, and that do not",
    form=FORMS,
    outputs=("one", "half a tile", "ragged", "a tile", "tiles"),
    rows=("one", "part of a pass", "a pass", "part of passes", "all passes"),
)


def _channel(channel, event):
    return "it is ready for what is offered only" if event == "starves" and channel not in "br" else None


HOST_CHANNELS = Group(
    "host channels",
    "every channel of AXI4-Lite moves, and either side waits for the other",
    _channel,
    channel=("aw", "w", "b", "ar", "r"),
    event=("moves", "stalls", "starves"),
)

# ---------------------------------------------------------------- inside the chip
# Seen by tb/chip_events.sv, which writes the names; tb/test_system.py hits them.

BUFFERS = Group(
    "buffers",
    "every buffer of the chip runs empty and full",
    buffer=(
        *("stream queue", "matrix queue", "vector queue", "dma queue", "window", "weight beats", "loaded beats"),
        *("loads in flight", "stored words", "stored blocks", "accumulators"),
        *("stream bursts", "dma bursts", "write bursts", "write data", "write beats"),
    ),
    state=("empty", "full"),
)


def _stream(stream, event):
    if event == "stalls" and stream in ("axi r", "axi b", "stored blocks"):
        return "its receiver is always ready: room was kept when it was asked for"
    return None


STREAMS = Group(
    "streams",
    "every stream moves, waits for its receiver, and leaves its receiver waiting",
    _stream,
    stream=(
        *("stream commands", "matrix commands", "vector commands", "dma commands", "weight beats", "activation blocks"),
        *(
            "stream bursts",
            "dma bursts",
            "write bursts",
            "write data",
            "matrix results",
            "loaded words",
            "stored words",
        ),
        *("read words", "stored blocks", "axi ar", "axi r", "axi aw", "axi w", "axi b"),
    ),
    event=("moves", "stalls", "starves"),
)


def _meeting(meeting):
    if meeting == "store reads what is written":
        return "the dma unit reads its first block a clock after the completion that it waited for, at the earliest"
    return None


PORTS = Group(
    "ports",
    "accesses that meet at a memory, in one clock",
    _meeting,
    meeting=(
        *("write vector+matrix", "write vector+dma", "write matrix+dma", "write all"),
        *("read vector+store", "read vector+read", "read store+read", "a and b one word", "yield is asked"),
        *("a reads what is written", "b reads what is written", "share reads what is written"),
        *("blocks matrix+store", "matrix reads what is written", "store reads what is written"),
        *("bursts stream+dma", "read and write beat", "completions of two", "completions of three"),
    ),
)
