"""A job on tb/system.sv in a plain C++ loop (tb/bare.cpp): the speed that a simulation under cocotb is measured against."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tb import runner, simulators


@dataclass(frozen=True)
class BareRun:
    cycles: int  # from the doorbell to the interrupt
    retired: int  # instructions
    seconds: float


def build(parameters: dict[str, int]) -> Path:
    """The program, compiled once for these parameters and sources with the flags of every other simulation but cocotb's."""
    tool = simulators.use_verilator()
    sources = [*runner.source_files("system"), runner.ROOT / "tb" / "bare.cpp"]
    key = runner.content_hash(str(tool), str(sorted(parameters.items())), *(path.read_text() for path in sources))
    folder = runner.BUILD / "bare" / key
    with runner.locked(folder):
        if (folder / "Vtop").exists():
            return folder / "Vtop"
        shutil.rmtree(folder, ignore_errors=True)
        flags = [flag for flag in runner.VERILATOR_FLAGS if flag != "--no-public-flat-rw"]
        command = [tool.path, "--cc", "--exe", "--build", *flags, "--timescale", "/".join(runner.TIMESCALE)]
        command += ["--top-module", "system", "--prefix", "Vtop", "--Mdir", str(folder)]
        command += [f"-G{name}={value}" for name, value in parameters.items()]
        done = subprocess.run([*command, *map(str, sources)], check=False, capture_output=True, text=True)
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise runner.BenchError(f"tb/bare.cpp does not build:\n{(done.stderr + done.stdout)[:2000]}")
    return folder / "Vtop"


def run(program: Path, request: list[int], plusargs: list[str], folder: Path) -> BareRun:
    """`request`: program beat, program length, arguments; in `folder` lies what the monitors write. Raises BenchError if the chip halts."""
    command = [str(program), *map(str, request), "+verilator+rand+reset+2", *plusargs]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=runner.RUN_LIMIT_S)
    if done.returncode:
        raise runner.BenchError(f"the chip in the plain loop ended badly:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    cycles, retired, seconds = done.stdout.split()[-3:]
    return BareRun(int(cycles), int(retired), float(seconds))
