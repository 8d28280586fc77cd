"""Verilator, Icarus and ruff over everything that ships; silent and 0 when clean.

A top that instances others lints them too, so modules are linted alone only where nothing above reaches them
with its parameters: srn_chip covers most, and what it does not cover is its own top.
"""

import subprocess
import sys

from tb import simulators
from tb.runner import ROOT, TIMESCALE, source_files


def tops() -> list[str]:
    """srn_chip first where there is one, then every module that no linted top reaches."""
    modules = sorted(path.stem for path in (ROOT / "rtl").rglob("*.sv") if not path.stem.endswith("_pkg"))
    used = {stem: {path.stem for path in source_files(stem)} - {stem} for stem in modules}
    reached = set().union(*used.values())
    return [stem for stem in modules if stem not in reached]


def commands() -> list[list[str]]:
    verilator = simulators.use_verilator().path
    icarus = simulators.find_icarus()
    found = []
    for top in tops():
        sources = [str(path.relative_to(ROOT)) for path in source_files(top)]
        found.append(
            [
                verilator,
                "--lint-only",
                "--quiet",
                "-Wall",
                "--timing",
                "--timescale",
                "/".join(TIMESCALE),
                "--top",
                top,
                *sources,
            ]
        )
        if icarus:
            found.append([icarus.path, "-g2012", "-Wall", "-Wno-timescale", "-tnull", "-s", top, *sources])
    found.append([sys.executable, "-m", "ruff", "check", "--quiet", "."])
    found.append([sys.executable, "-m", "ruff", "format", "--quiet", "--diff", "."])
    return found


def main() -> int:
    clean = True
    for command in commands():
        run = subprocess.run(
            command, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        said = run.stdout.strip()
        if run.returncode or said:
            clean = False
            print(said or f"{command[0]} ended with {run.returncode}")
    return int(not clean)


if __name__ == "__main__":
    sys.exit(main())
