"""Verilator, Icarus, Verible, ruff and the linters of workflow files over everything that ships; silent and 0 when clean.

A top that instances others lints them too, so modules are linted alone only where nothing above reaches them
with its parameters: srn_chip covers most, and what it does not cover is its own top.
"""

import subprocess
import sys
from pathlib import Path

from tb import simulators
from tb.runner import ROOT, TIMESCALE, source_files

# Verible's rules are its own set less what style.md does otherwise. Its formatter is not used: it knows no way to keep a
# table of ports as a person aligned it.
VERIBLE_RULES = "--rules=-line-length,-unpacked-dimensions-range-ordering,-explicit-parameter-storage-type"


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
    tools = Path(sys.executable).parent
    hardware = [str(path.relative_to(ROOT)) for folder in ("rtl", "tb") for path in (ROOT / folder).rglob("*.sv")]
    found.append([str(tools / "verible-verilog-lint"), VERIBLE_RULES, *sorted(hardware)])
    workflows = [str(path.relative_to(ROOT)) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
    schema = ["--builtin-schema", "vendor.github-workflows"]
    found.append([str(tools / "check-jsonschema"), *schema, *workflows])
    found.append([str(tools / "zizmor"), "--offline", "--quiet", "--no-progress", "--format", "github", *workflows])
    found.append([sys.executable, "-m", "ruff", "check", "--quiet", "."])
    found.append([sys.executable, "-m", "ruff", "format", "--quiet", "--diff", "."])
    return found


def main() -> int:
    clean = True
    for command in commands():
        run = subprocess.run(
            command, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        said = run.stdout.strip().removeprefix("ok -- validation done")  # which check-jsonschema alone says
        if run.returncode or said:
            clean = False
            print(said or f"{command[0]} ended with {run.returncode}")
    return int(not clean)


if __name__ == "__main__":
    sys.exit(main())
