"""What this machine has, what is missing, and what to install for it. Exits 1 if something required is missing."""

import importlib.util
import shutil
import subprocess
import sys

from tb import simulators


def version_of(program: str) -> str | None:
    """The first line that `program --version` prints, and where it is."""
    path = shutil.which(program)
    if path is None:
        return None
    run = subprocess.run([path, "--version"], check=False, capture_output=True, text=True)
    line = next((line for line in (run.stdout + run.stderr).splitlines() if line.strip()), "")
    return f"{line.strip()} at {path}"


def main() -> int:
    python = f"{'.'.join(map(str, sys.version_info[:3]))} at {sys.executable}"
    in_venv = sys.prefix != sys.base_prefix
    verilator = simulators.find_verilator()
    # name, what was found, required, what to do where it is missing
    rows = [
        ("Python", python if sys.version_info >= (3, 10) else None, True, "3.10 or later: make PYTHON=python3.12 ..."),
        ("venv", importlib.util.find_spec("ensurepip") and "yes", True, "apt-get install python3-venv"),
        ("C++ compiler", version_of("c++"), True, "apt-get install g++"),
        ("make", version_of("make"), True, "apt-get install make"),
        ("perl", (version_of("perl") or "") and f"at {shutil.which('perl')}", True, "apt-get install perl"),
        (
            "Verilator",
            str(verilator) if verilator else None,
            in_venv,
            "comes with the .venv that any make target makes",
        ),
        ("Icarus Verilog", (icarus := simulators.find_icarus()) and str(icarus), False, simulators.ICARUS_INSTALL),
        ("ccache", version_of("ccache"), False, "apt-get install ccache: rebuilds in a fraction of the time"),
        ("FST waves", simulators.has_fst() and "yes", False, "apt-get install liblz4-dev zlib1g-dev: VCD until then"),
        ("wave viewer", version_of("surfer") or version_of("gtkwave"), False, "apt-get install gtkwave"),
    ]
    missing = False
    for name, found, required, advice in rows:
        mark = "ok  " if found else "MISS" if required else "--  "
        missing |= required and not found
        print(f"{mark} {name:15} {found or advice}")
    if icarus is None:
        print("Without Icarus the benches run on Verilator alone; CI requires both.")
    return int(missing)


if __name__ == "__main__":
    sys.exit(main())
