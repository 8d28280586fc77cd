"""What a viewer shows first: groups by unit in the order in which data flow, stalls coloured, codes as words and formats as numbers.

All of it comes from the sources: units from the instances of srn_slice.sv, signals from their ports, codes from the enumerations,
numbers from models/mx.py. tb/wave_viewers.py writes it for the viewers.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from models import isa, mx
from tb import records, runner, wave_file

# Of system: in the order in which data flow; instances that are not named here come after, in that of the source.
UNITS = {
    "u_sequencer": ("u_window", "u_run"),
    "u_stream": (),
    "u_matrix": (),
    "u_vector": (),
    "u_vmem": (),
    "u_amem": (),
    "u_dma": (),
    "u_memory_port": (),
}
SLICE = "u_chip.u_slice"
LANES = "u_lanes"
STALL = re.compile(r"(^|_)(wait|waits|stall|stalled|full|yield|error|fault|unasked|halted|conflicts)(_|$)")


@dataclass(frozen=True)
class Signal:
    """`path` below the top level; `style` is hex, decimal, text, float, floats or the name of a mapping."""

    path: str
    style: str = "hex"
    colour: str = ""
    ranged: bool = True  # declared with a range, which GTKWave takes for a part of the name
    struct: str = ""  # fields stand below, or in one vector where the simulator knows no records


@dataclass
class Group:
    name: str
    signals: list[Signal] = field(default_factory=list)


# ---------------------------------------------------------------- sources


@dataclass(frozen=True)
class Declaration:
    name: str
    type: str
    remark: str
    section: str  # the comment above the ports, "" inside


@cache
def _text(module: str) -> str:
    folders = ("rtl", "tb", "tests/broken")
    known = {path.stem: path for folder in folders for path in (runner.ROOT / folder).rglob("*.sv")}
    return known[module].read_text()


@cache
def ports(module: str) -> tuple[Declaration, ...]:
    """In the order of the source."""
    header = re.search(rf"^module {module}\b.*?^\);", _text(module), re.DOTALL | re.MULTILINE)
    found, section = [], ""
    for line in header[0].splitlines() if header else ():
        if heading := re.match(r"    // (.*)", line):
            section = heading[1]
        port = re.match(r"\s+(?:input|output)\s+(\w+(?:\s*\[[^]]*\])*)\s+(\w+),?\s*(?://\s*(.*))?$", line)
        if port:
            found.append(Declaration(port[2], port[1], port[3] or "", section))
    return tuple(found)


@cache
def enums(module: str) -> dict[str, dict[str, int]]:
    """The packages' enumerations and those that the module declares itself: type -> member -> code."""
    text = re.sub(r"//[^\n]*", "", _text(module))
    own = {
        name: {member: int(code) for member, code in re.findall(r"(\w+)\s*=\s*\d+'d(\d+)", body)}
        for body, name in re.findall(r"typedef enum logic \[[^]]*\] \{([^}]*)\} (\w+);", text)
    }
    return records.enums() | own


def states(module: str) -> list[Declaration]:
    """The module's own variables that hold a code: NAME_q, of an enumeration NAME_e."""
    found = []
    for kind, names in re.findall(r"^  (logic \[[^]]*\]) ([\w, ]+);", _text(module), re.MULTILINE):
        for name in names.split(", "):
            if name.endswith("_q") and f"{name.removesuffix('_q')}_e" in enums(module):
                found.append(Declaration(name, kind, "", "state"))
    return found


@cache
def instances(module: str) -> dict[str, str]:
    """Instance -> module, in the order of the source; generated ones not."""
    return {
        name: kind
        for kind, name in re.findall(
            r"^  (srn_\w+) (?:#\(.*?^  \) )?(u_\w+) \(", _text(module), re.MULTILINE | re.DOTALL
        )
    }


# ---------------------------------------------------------------- codes and numbers


def _words(codes: Mapping[str, int], prefix: str) -> dict[int, str]:
    return {code: name.removeprefix(prefix) for name, code in codes.items()}


def _number(value: float) -> str:
    return f"{value:.9g}"


@cache
def mappings() -> dict[str, tuple[int, dict[int, str], dict[int, str]]]:
    """Name -> (bits, value -> text, value -> colour)."""
    constants = records.constants()
    causes = {name: code for name, code in constants.items() if name.startswith("Cause")}
    found = {
        "opcode": (8, {code: name for name, code in isa.OPCODES.items()}, {}),
        "cause": (4, _words(causes, "Cause"), {code: "red" for name, code in causes.items() if name != "CauseNone"}),
        "fp4": (4, {code: _number(mx.FP4_DOUBLED[code] / 2) if code != 8 else "-0" for code in range(16)}, {}),
        "mxint8": (8, {code: _number(_signed(code, 8) / (1 << mx.INT8_FRACTION_BITS)) for code in range(256)}, {}),
        "e8m0": (8, {code: f"2^{code - mx.SCALE_BIAS}" for code in range(mx.SCALE_NAN)} | {mx.SCALE_NAN: "NaN"}, {}),
        "stall": (3, {0: "-", 1: "WINDOW", 2: "QUEUE", 4: "OLDER"}, {1: "red", 2: "orange", 4: "purple"}),
    }
    for kind, members in records.enums().items():
        found[kind] = _enumeration(members)
    for module in sorted(path.stem for path in (runner.ROOT / "rtl").rglob("srn_*.sv")):
        for kind, members in enums(module).items():
            if kind not in records.enums():
                found[f"{module}_{kind}"] = _enumeration(members)
    return found


def _enumeration(members: Mapping[str, int]) -> tuple[int, dict[int, str], dict[int, str]]:
    return max(max(members.values()).bit_length(), 1), _words(members, ""), {}


def _signed(code: int, bits: int) -> int:
    return code - (1 << bits) if code >> bits - 1 else code


# ---------------------------------------------------------------- signals


def _style(module: str, declared: Declaration) -> str:
    """From the type, the remark or the name."""
    name = re.sub(r"_(i|o|ni|no|d|q)$", "", declared.name)
    kinds = [declared.type, *re.findall(r"\b\w+_e\b", declared.remark), f"{name}_e"]
    for kind in kinds:
        if kind in enums(module):
            return kind if kind in records.enums() else f"{module}_{kind}"
    for mapping in ("cause", "opcode"):
        if name == mapping or name.endswith(f"_{mapping}"):
            return mapping
    if re.search(r"binary32", declared.remark) or re.fullmatch(r"logic\s*\[PortBytes\*16-1:0\]", declared.type):
        return "floats"
    if re.search(r"\[\s*263:0\]|\[32\*8", declared.type):
        return "floats"
    if re.search(r"_text$", name):
        return "text"
    if re.search(r"(^|_)(pc|slot|index|rows|beats|count|len|outputs|ksteps|tiles|cols)$", name):
        return "decimal"
    return "hex"


def _colour(name: str) -> str:
    bare = re.sub(r"_(i|o|d|q)$", "", name)
    if STALL.search(bare):
        return "stall"
    for word in ("valid", "ready", "text"):
        if bare.endswith(f"_{word}"):
            return word
    return ""


def _signal(scope: str, module: str, declared: Declaration) -> list[Signal]:
    path = f"{scope}.{declared.name}" if scope else declared.name
    if declared.type.endswith("_t"):
        return [_field(path, name, width, declared.type) for name, width in records.layout(declared.type).items()]
    ranged = "[" in declared.type or declared.type.endswith("_e")
    return [Signal(path, _style(module, declared), _colour(declared.name), ranged)]


def _field(path: str, name: str, width: int, struct: str) -> Signal:
    kind = "dma_kind_e" if name == "kind" else f"{name}_e"
    style = kind if kind in records.enums() else "decimal" if width < 32 else "hex"
    return Signal(f"{path}.{name}", style, "", width > 1, struct=path)


CLOCKS = ("clk_i", "rst_ni", "core_rst_ni")


def _unit(scope: str, module: str, inside: Iterable[str] = ()) -> Group:
    group = Group(scope.rpartition(".")[2].removeprefix("u_") or module)
    for declared in (*states(module), *ports(module)):
        if declared.name not in CLOCKS:
            group.signals += _signal(scope, module, declared)
    for instance in inside:
        below = instances(module)[instance]
        for declared in (*states(below), *ports(below)):
            if declared.name not in CLOCKS:
                group.signals += _signal(f"{scope}.{instance}", below, declared)
    return group


def _lanes(port_bytes: int) -> list[Group]:
    """The lanes of tb/wave_lanes.sv: instructions and transfers first, then words and beats as numbers."""
    text = _text("wave_lanes")
    texts = re.findall(
        r"\b(\w+)_text\b(?=[,;])",
        re.search(r"logic \[TextW-1:0\] dispatch_text.*?logic \[31:0\] dispatch", text, re.DOTALL)[0],
    )
    now = Group("instructions", [Signal(f"{LANES}.dispatch_stall", "stall", "stall")])
    for name in texts:
        now.signals += [Signal(f"{LANES}.{name}_text", "text", "text"), Signal(f"{LANES}.{name}_index", "decimal")]
    axi = Group("transfers")
    axi.signals += [
        Signal(f"{LANES}.{name}", "text", "text")
        for names in re.findall(r"logic \[(?:Burst|Beat)TextW-1:0\] ([\w, ]+);", text)
        for name in names.split(", ")
    ]
    words = Group("words")
    lanes = port_bytes // 2
    for unit in ("vector", "matrix", "load"):
        words.signals += [
            Signal(f"{LANES}.{unit}_write_i", "hex", "valid", False),
            Signal(f"{LANES}.{unit}_write_index", "decimal"),
        ]
        words.signals += [Signal(f"{LANES}.gen_word[{i}].{unit}_value", "float") for i in range(lanes)]
    words.signals += [
        Signal(f"{LANES}.amem_write_i", "hex", "valid", False),
        Signal(f"{LANES}.amem_write_index", "decimal"),
        Signal(f"{LANES}.amem_scale", "e8m0"),
        *(Signal(f"{LANES}.gen_block[{i}].amem_element", "mxint8") for i in range(mx.BLOCK)),
    ]
    beats = Group("beats")
    for kind, style in (("fp4_even", "fp4"), ("fp4_odd", "fp4"), ("int8", "mxint8"), ("scale", "e8m0")):
        beats.signals += [Signal(f"{LANES}.gen_byte[{i}].read_{kind}", style) for i in range(port_bytes)]
    return [now, axi, words, beats]


def groups(toplevel: str, port_bytes: int) -> list[Group]:
    """All that is shown of a top level, in its order; `port_bytes` is that of system."""
    if toplevel != "system":
        return [_unit("", toplevel)]
    found = _lanes(port_bytes)
    units = instances("srn_slice")
    for instance in [*UNITS, *(name for name in units if name not in UNITS)]:
        found.append(_unit(f"{SLICE}.{instance}", units[instance], UNITS.get(instance, ())))
    return found


# ---------------------------------------------------------------- in a file


def resolve(
    shown: list[Group], present: Iterable[wave_file.Variable], toplevel: str
) -> tuple[str, list[Group], list[str]]:
    """The scopes above the top level; the groups with what the file has; the paths that it has not.

    A simulator without records writes a struct as one vector: it stands for its fields then.
    """
    widths = {variable.path: variable.width for variable in present}
    first = min((path for path in widths if f"{toplevel}." in path), key=len, default=f"{toplevel}.")
    top = first[: first.index(f"{toplevel}.")] + f"{toplevel}."
    found, missing = [], []
    for group in shown:
        kept: dict[str, Signal] = {}
        for signal in group.signals:
            if top + signal.path in widths:
                kept[signal.path] = signal
            elif signal.struct and top + signal.struct in widths:
                kept[signal.struct] = Signal(signal.struct)
            else:
                missing.append(signal.path)
        found.append(Group(group.name, list(kept.values())))
    return top, found, missing
