"""The versions that a run's outcome depends on, here or on a worker of a farm; `python -m verify.regress.tools` prints
them as JSON. Standard library and tb/simulators.py only: who lacks a package can still say so.
"""

import importlib.metadata
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from tb import simulators

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"


def versions() -> dict[str, str]:
    """Of the packages that requirements.txt names, and of the simulators; "none" for what is not there."""
    names = re.findall(r"^([\w.-]+)==", REQUIREMENTS.read_text(), re.MULTILINE)
    found = {name: _package(name) for name in dict.fromkeys(names)}
    for name, tool in (("Verilator", simulators.find_verilator()), ("Icarus Verilog", simulators.find_icarus())):
        found[name] = ".".join(map(str, tool.version)) if tool else "none"
    return found


def _package(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def python() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def difference(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """In words, nothing where there is none."""
    found = [name for name in here if there.get(name, "none") != here[name]]
    if not found:
        return ""
    name, more = found[0], f", and {len(found) - 1} more differ" if len(found) > 1 else ""
    return f"it has {name} {there.get(name, 'none')}, and this machine {here[name]}{more}"


if __name__ == "__main__":
    print(json.dumps(versions()))
