"""One bench, one simulator, one parameter set, in the tree that is the working directory; prints the outcome as JSON.

    python -m verify.mutate.bench fifo icarus '{"Width": 9, "Depth": 5}' '' 60

Ends at the first test that fails. Of processor time, not of the clock on the wall, a simulation has the seconds
given: the machine may be busy, and what takes longer by a multiple than the design without bug is a hang.
"""

import contextlib
import json
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

from tb import runner

# A warning is not a red test: -Wall stays `make lint`'s.
runner.VERILATOR_FLAGS = (*(flag for flag in runner.VERILATOR_FLAGS if flag != "-Wall"), "-Wno-fatal")
runner.RUN_LIMIT_S = 20_000  # on the wall; what follows counts processor time

BUILD_LIMIT_S = 600


def used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def outcome(bench: str, simulator: str, parameters: dict[str, int], tests: str, seconds: float) -> dict:
    """verdict: green, red, hang, or unbuildable; by: the test that failed, and its message."""
    if bench.endswith(".py"):
        return of_pytest(bench, tests, seconds)
    began = time.time()
    resource.setrlimit(resource.RLIMIT_CPU, (BUILD_LIMIT_S, BUILD_LIMIT_S + 10 * int(seconds) + 100))
    try:
        runner.build(runner.load_bench(bench).toplevel, simulator, parameters)
    except runner.BenchError as error:
        return {"verdict": "unbuildable", "by": str(error)[-500:], "cpu": used(), "seconds": time.time() - began}
    before = used()
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 10))  # of each process from here on
    label = "mutant"
    verdict, by = "green", ""
    try:
        runner.build_and_run(
            bench,
            simulator,
            parameters,
            seed=1,
            testcase=tests or None,
            label=label,
            environment={"COCOTB_MAX_FAILURES": "1"},
        )
    except runner.BenchError as error:
        verdict, by = "red", failure(runner.BUILD / "run" / label, str(error))
    cpu = used() - before
    if verdict == "red" and (cpu >= seconds or f"return code: -{signal.SIGXCPU:d}" in by or "SimTimeoutError" in by):
        verdict = "hang"
    return {"verdict": verdict, "by": by, "cpu": cpu, "seconds": time.time() - began}


def of_pytest(file: str, tests: str, seconds: float) -> dict:
    """The same of a file of tests/ that simulates the chip; `tests` as of pytest's -k."""
    began = time.time()
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 10))
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-k", tests, file]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    said = re.search(r"^(FAILED|ERROR) tests.*$", run.stdout, re.MULTILINE)
    found = {"verdict": "green" if run.returncode == 0 else "red", "by": said.group()[:250] if said else ""}
    if run.returncode and "does not build" in run.stdout:
        found["verdict"] = "unbuildable"
    elif run.returncode and used() >= seconds:
        found["verdict"] = "hang"
    return found | {"cpu": used(), "seconds": time.time() - began}


def failure(folder: Path, error: str) -> str:
    """The first failed test and what it said, or what the hardware said there; else the runner's own first line."""
    log = folder / "run.log"
    said = re.search(
        r"^.*(FATAL|%Error|Assertion failed).*$", log.read_text(errors="replace") if log.exists() else "", re.MULTILINE
    )
    hardware = said and said.group()
    with contextlib.suppress(OSError, ElementTree.ParseError):
        for case in ElementTree.parse(folder / "results.xml").getroot().iter("testcase"):
            for problem in case.iter("failure"):
                message = problem.get("message") or ""
                if hardware and "shut down the simulation" in message:  # it did not fail, it was ended
                    message = hardware
                return f"{case.get('name')}: {' '.join(message.split())[:200]}"
    return " ".join((hardware or error.splitlines()[0]).split())[:200]


if __name__ == "__main__":
    name, simulator, parameters, tests, seconds = sys.argv[1:]
    found = outcome(name, simulator, json.loads(parameters), tests, float(seconds))
    print(json.dumps(found | {"by": found["by"].replace(f"{runner.ROOT}/", "")}))
