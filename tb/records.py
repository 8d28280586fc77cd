"""Packed structs of the RTL's packages as layouts (field -> width, first field highest) for tb/words.py, read from their source."""

import re
from functools import cache
from pathlib import Path

RTL = Path(__file__).resolve().parent.parent / "rtl"
PACKAGES = (RTL / "srn_isa_pkg.sv", RTL / "control" / "srn_control_pkg.sv")


@cache
def constants() -> dict[str, int]:
    """The packages' localparams that are plain numbers."""
    values: dict[str, int] = {}
    for path in PACKAGES:
        for name, text in re.findall(r"localparam (?:int|logic \[[^]]*\]) (\w+) = ([^;]+);", path.read_text()):
            digits = re.fullmatch(r"(?:\d*'([hdb]))?([\da-fA-F_]+)", text.strip())
            if digits:
                values[name] = int(digits[2].replace("_", ""), {"h": 16, "b": 2}.get(digits[1], 10))
    return values


@cache
def enums() -> dict[str, dict[str, int]]:
    """The packages' enumerations: type -> member -> code."""
    found = {}
    for path in PACKAGES:
        text = re.sub(r"//[^\n]*", "", path.read_text())
        for body, name in re.findall(r"typedef enum logic \[[^]]*\] \{([^}]*)\} (\w+);", text):
            found[name] = {m: int(code) for m, code in re.findall(r"(\w+)\s*=\s*\d+'d(\d+)", body)}
    return found


@cache
def layout(struct: str) -> dict[str, int]:
    """Field -> width of a packed struct, in the order of its declaration."""
    for path in PACKAGES:
        text = re.sub(r"//[^\n]*", "", path.read_text())
        body = re.search(r"typedef struct packed \{([^}]*)\} " + struct + ";", text)
        if body:
            fields = {}
            for width, names in re.findall(r"logic (\[[^]]*\])?\s*([\w, ]+);", body[1]):
                for name in names.split(","):
                    fields[name.strip()] = _width(width)
            return fields
    raise KeyError(f"no package declares {struct}")


def _width(text: str) -> int:
    if not text:
        return 1
    high = text.strip("[]").split(":")[0]
    name, _, less = high.partition("-")
    top = constants()[name] if name in constants() else int(name)
    return top - int(less or 0) + 1
