"""Build one top level with one simulator, run its cocotb bench, and believe nothing but the evidence.

A bench is `tb/test_NAME.py` and tests the module `srn_NAME`. It may say:

    TOPLEVEL = "srn_other"            the module under test, if the name does not say it (also one in tb/*.sv)
    PARAMETERS = [{"Width": 8}, {}]   integer parameter sets, each built and run; {} is the module's own
                                      or {"verilator": [...], "icarus": [...]} where the two differ
    SIMULATORS = {"verilator": "why the other one cannot"}
    DEFINED_WHEN = {"value_o": "done_o"}  outputs that may be X unless another is high (tb/bench.py)
    NEVER_WAITS = {"in": "why"}       streams of the top that this bench cannot let wait, and what does

Sources are found, not listed: the top's file and, again and again, every file under rtl/ and tb/ whose name
occurs in one already found. A module lives in the file of its name, so an edit rebuilds only what uses it.

    python -m tb.runner fifo --sim icarus --seed 7 --waves --test stalls
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import cocotb_tools.runner
from cocotb_tools.check_results import get_results

from tb import coverage, failure, simulators

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
SIMULATORS = ("verilator", "icarus")
FOLDERS = ("rtl", "tb")  # where modules are found by name; the last one that has it counts
RUN_LIMIT_S = int(os.environ.get("SRN_LIMIT_S") or 1200)  # of wall clock, for one simulation: a hang is a failure
RUNS = ("tb.runs", "verify.random")  # packages whose tests are runs of programs: how they stall is the program's affair
TIMESCALE = ("1ns", "1ps")

VERILATOR_FLAGS = (
    "-Wall",  # a warning is fatal
    "--assert",
    *("--x-assign", "unique"),
    *("--x-initial", "unique"),  # a register nobody reset starts random: seeded below, at run time
    "--timing",
    *("--output-split", "0", "--output-split-cfuncs", "20000"),  # one C++ file takes half the processor time of several
    "--no-public-flat-rw",  # after cocotb's --public-flat-rw; the control file names what stays public
)
PUBLIC = {"public_flat_rw": ("*_i", "*_ni"), "public_flat_rd": ("*_o", "*_no")}  # ports of the top level
TRACE_FLAGS = (
    *("--trace-structs", "--trace-max-width", "4096"),  # fields of records by name; lanes of text
    *("--output-split", "20000"),  # what traces is as much again, and not worth optimising: files of its own
)
ICARUS_FLAGS = ("-Wall", "-Wno-timescale")


@dataclass(frozen=True)
class Case:
    """One cocotb test of a run."""

    name: str
    passed: bool
    seconds: float


class BenchError(AssertionError):
    """A bench that failed, or that cannot prove that it ran. `cases` are its tests, where it got so far."""

    cases: tuple[Case, ...] = ()


@dataclass(frozen=True)
class Result:
    tests: int
    folder: Path
    waves: Path | None  # None where there are none, asked for or not
    cases: tuple[Case, ...]
    said: str = ""  # of the waves, if they were asked for: where they are and how to open them, or why not


# ---------------------------------------------------------------- benches


@dataclass(frozen=True)
class Bench:
    name: str
    module: str
    toplevel: str
    tests: tuple[str, ...]
    parameters: Mapping[str, Sequence[Mapping[str, int]]]  # simulator -> sets
    simulators: tuple[str, ...]
    reason: str  # why not every simulator


def bench_names() -> list[str]:
    return sorted(path.stem.removeprefix("test_") for path in (ROOT / "tb").glob("test_*.py"))


@cache
def load_bench(name: str, package: str = "tb") -> Bench:
    """Import the bench and count its tests, so that a run can be held to that number."""
    from cocotb._decorators import Test, TestGenerator

    module_name = f"{package}.test_{name}"
    if importlib.util.find_spec(module_name) is None:
        raise BenchError(f"there is no bench {module_name.replace('.', '/')}.py")
    module = importlib.import_module(module_name)
    tests = []
    for value in vars(module).values():
        if isinstance(value, Test):
            tests.append(value.name)
        elif isinstance(value, TestGenerator):
            tests += [test.name for test in value.generate_tests()]
    if not tests:
        raise BenchError(f"{module_name} has no tests")
    only = getattr(module, "SIMULATORS", dict.fromkeys(SIMULATORS, ""))
    parameters = getattr(module, "PARAMETERS", [{}])
    if not isinstance(parameters, Mapping):
        parameters = dict.fromkeys(only, parameters)
    for simulator in only:
        if simulator not in SIMULATORS or not parameters.get(simulator):
            raise BenchError(f"{module_name}: nothing to run on {simulator}")
    return Bench(
        name=name,
        module=module_name,
        toplevel=getattr(module, "TOPLEVEL", f"srn_{name}"),
        tests=tuple(tests),
        parameters=parameters,
        simulators=tuple(only),
        reason="; ".join(filter(None, only.values())),
    )


# ---------------------------------------------------------------- sources


def source_files(toplevel: str, folders: Sequence[str] = FOLDERS) -> list[Path]:
    """What `toplevel` needs: packages first, each after those that it names, then the modules, the top last."""
    known = {path.stem: path for folder in folders for path in sorted((ROOT / folder).rglob("*.sv"))}
    if toplevel not in known:
        raise BenchError(f"no file {toplevel}.sv under {' or '.join(folders)}")
    order: dict[str, None] = {}

    shipped = {stem for stem, path in known.items() if not path.is_relative_to(ROOT / "tb")}

    def visit(stem: str, above: tuple[str, ...] = ()) -> None:
        if stem in order or stem in above:
            return
        for word in sorted(_names(known[stem]) & (shipped if stem in shipped else known.keys())):
            visit(word, (*above, stem))
        order[stem] = None

    visit(toplevel)
    stems = sorted(order, key=lambda stem: not stem.endswith("_pkg"))  # stable: keeps the order within
    return [known[stem] for stem in stems]


def _names(path: Path) -> set[str]:
    text = re.sub(r"//[^\n]*|/\*.*?\*/", " ", path.read_text(), flags=re.DOTALL)
    return set(re.findall(r"\w+", text))


def dumps_itself(toplevel: str, folders: Sequence[str] = FOLDERS) -> bool:
    """Whether the bench opens its waves by $dumpvars (tb/wave_lanes.sv), else the simulator's main does it at the start."""
    return any(path.stem == "wave_lanes" for path in source_files(toplevel, folders))


# ---------------------------------------------------------------- building


class _Verilator(cocotb_tools.runner.Verilator):
    """cocotb's, sharing the compiled run-time library between designs: it is most of a small build."""

    def _execute_cmds(self, cmds, cwd, stdout=None):
        if len(cmds) == 1:  # a test, not a build
            return super()._execute_cmds(cmds, cwd, stdout)
        super()._execute_cmds(cmds[:1], cwd, stdout)
        folder = Path(self.build_dir)
        settings = re.findall(r"^(VM_\w+ = \S+)$", (folder / "Vtop_classes.mk").read_text(), re.MULTILINE)
        library = BUILD / "runtime" / content_hash(*settings, str(simulators.find_verilator()), _compiler())
        for file in library.glob("*.o"):  # newer than Vtop.mk, so make takes them as made
            shutil.copyfile(file, folder / file.name)
        super()._execute_cmds(cmds[1:], cwd, stdout)
        library.mkdir(parents=True, exist_ok=True)
        for file in folder.glob("verilated*.o"):
            if not (library / file.name).exists():
                partial = library / f"{file.name}.{os.getpid()}"
                shutil.copyfile(file, partial)
                partial.rename(library / file.name)


@cache
def _compiler() -> str:
    return subprocess.run(["c++", "--version"], check=True, capture_output=True, text=True).stdout


def _coverage() -> str:
    try:
        return coverage.kind()
    except ValueError as error:
        raise BenchError(str(error)) from None


def content_hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Several pytest workers, and several people in one checkout, may want the same folder at once."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_name(folder.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _guarded() -> str:
    """Words before a simulator's command: they end it after RUN_LIMIT_S, and where they can when this process has died."""
    if not shutil.which("timeout"):
        return ""
    return f"{'setpriv --pdeathsig TERM ' if _dies_with_us() else ''}timeout -k 5 {RUN_LIMIT_S}"


@cache
def _dies_with_us() -> bool:
    """Whether there is a setpriv (util-linux 2.33) that knows how."""
    try:
        tried = subprocess.run(["setpriv", "--pdeathsig", "TERM", "true"], check=False, capture_output=True)
    except OSError:
        return False
    return tried.returncode == 0


def _label(*parts: str, parameters: Mapping[str, int]) -> str:
    label = "-".join([*parts, *(f"{name}{value}" for name, value in parameters.items())])
    return label if len(label) < 120 else f"{label[:100]}-{content_hash(label)}"  # it becomes a file name


def _control_file(toplevel: str) -> str:
    """Public are the top's ports, known by their suffix: everything public costs three to four times the speed."""
    return "`verilator_config\n" + "".join(
        f'{access} -module "{toplevel}" -var "{name}"\n' for access, names in PUBLIC.items() for name in names
    )


def trace_flags() -> list[str]:
    return [*(["--trace-fst"] if simulators.has_fst() else []), *TRACE_FLAGS]


def build(
    toplevel: str,
    simulator: str,
    parameters: Mapping[str, int] | None = None,
    waves: bool = False,
    folders: Sequence[str] = FOLDERS,
    flags: Sequence[str] = (),
) -> cocotb_tools.runner.Runner:
    """Compile once for this simulator, top level, parameters, sources and flags; later calls find it made."""
    parameters = dict(parameters or {})
    sources = source_files(toplevel, folders)
    counted = _coverage()
    for name in parameters:  # Icarus only warns
        if not re.search(rf"\bparameter\s+(\w+\s+)?{name}\b", sources[-1].read_text()):
            raise BenchError(f"{toplevel} has no parameter {name}")
    if simulator == "verilator":
        tool = simulators.use_verilator()
        runner = _Verilator()
        flags = [*VERILATOR_FLAGS, *(trace_flags() if waves else []), *coverage.FLAGS[counted], *flags]
        untraced = ROOT / "tb" / f"{toplevel}.vlt"  # what is not worth its time in a waveform
        sources = [untraced] * (waves and untraced.exists()) + sources
    elif simulator == "icarus":
        tool = simulators.find_icarus()
        if tool is None:
            raise BenchError(f"no Icarus Verilog: {simulators.ICARUS_INSTALL}")
        waves = waves and not dumps_itself(toplevel, folders)
        runner = cocotb_tools.runner.Icarus()
        flags = [*ICARUS_FLAGS, *flags]
    else:
        raise BenchError(f"no simulator {simulator!r}: there are {', '.join(SIMULATORS)}")

    key = content_hash(
        str(tool),
        str(cocotb_tools.__path__),
        json.dumps([parameters, waves, list(flags)], sort_keys=True),
        *(f"{path.relative_to(ROOT)}\0{path.read_text()}" for path in sources),
    )
    folder = BUILD / "sim" / f"{_label(toplevel, simulator, parameters=parameters)}-{key}"
    runner.build_dir = folder
    with locked(folder):
        if (folder / "made").exists():
            return runner
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if simulator == "verilator":
            public = folder / "public.vlt"
            public.write_text(_control_file(toplevel) + coverage.control(counted, sources, ROOT))
            sources.insert(0, public)
        # one pytest worker of several compiles on one core
        cocotb_tools.runner.MAX_PARALLEL_BUILD_JOBS = 1 if "PYTEST_XDIST_WORKER" in os.environ else 2
        log = folder / "build.log"
        try:
            with _plain_environment():
                runner.build(
                    sources=sources,
                    hdl_toplevel=toplevel,
                    parameters=parameters,
                    build_args=flags,
                    build_dir=folder,
                    timescale=TIMESCALE,
                    waves=waves,
                    always=True,  # Icarus would skip when only flags changed
                    log_file=log,
                )
        except (RuntimeError, SystemExit) as error:
            raise BenchError(f"{toplevel} does not build with {simulator}: {error}\n{_tail(log)}") from None
        for pattern in ("*.o", "*.a", "*.gch", "*.cpp", "*.d"):  # never made again in place
            for file in folder.glob(pattern):
                file.unlink()
        (folder / "made").touch()
    return runner


@contextlib.contextmanager
def _plain_environment(**extra: str) -> Iterator[None]:
    """cocotb lets WAVES, GUI, COVERAGE and COCOTB_* of the environment overrule its arguments: hide them, and put back."""
    before = dict(os.environ)
    for name in before:
        if name in ("WAVES", "GUI", "SIM", "TOPLEVEL", "TESTCASE", "COVERAGE") or name.startswith("COCOTB_"):
            del os.environ[name]
    os.environ.update(extra)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _text(log: Path) -> str:
    return log.read_text(errors="replace") if log.exists() else "(no log)"


def _tail(log: Path, lines: int = 40) -> str:
    return "\n".join(_text(log).splitlines()[-lines:])


# ---------------------------------------------------------------- running


def command(bench: str, simulator: str, seed: int, testcase: str | None, parameters: Mapping[str, int]) -> str:
    """What a person types to run a bench so."""
    values = " ".join(f"{name}={value}" for name, value in parameters.items())
    return failure.make(f"tb-{bench}", SIM=simulator, SEED=seed, TEST=testcase, PARAMETERS=values)


def waves_asked() -> bool:
    """By the variable WAVES, for a run of a program, whatever runs it; a bench has an option."""
    return os.environ.get("WAVES", "") not in ("", "0")


def _invoked() -> str:
    """What was typed to come here: pytest for the test that runs now, or this process's own arguments."""
    if test := os.environ.get("PYTEST_CURRENT_TEST"):
        return f".venv/bin/python -m pytest {shlex.quote(test.rpartition(' ')[0])}"
    return shlex.join(sys.orig_argv)


def wave_file_name(simulator: str) -> str:
    return "waves.fst" if simulator == "icarus" or simulators.has_fst() else "waves.vcd"


def build_and_run(
    bench: str,
    simulator: str = "verilator",
    parameters: Mapping[str, int] | None = None,
    waves: bool = False,
    seed: int | None = None,
    testcase: str | None = None,
    plusargs: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    package: str = "tb",
    folders: Sequence[str] = FOLDERS,
    label: str | None = None,
    wave_file: Path | None = None,
    again: Callable[[str], str] | None = None,
) -> Result:
    """Run a bench; raise BenchError unless every test of it ran and passed.

    `testcase`, a regular expression, chooses among its tests. `label` names the run's folder under build/run, where
    `wave_file` lies unless it is given. `again`, called with the log of a failure, tells the command that repeats it with
    waves; without it a bench's is that of `command`, and of a run of a program whatever ran it, with WAVES=1 before it.
    """
    parameters = dict(parameters or {})
    seed = int(os.environ.get("SEED") or 1) if seed is None else seed
    waves = waves or (package in RUNS and waves_asked())
    plan = load_bench(bench, package)
    if simulator not in plan.simulators:
        raise BenchError(f"{plan.module} does not run on {simulator}: {plan.reason}")
    expected = sorted(name for name in plan.tests if testcase is None or re.search(testcase, name))
    if not expected:
        raise BenchError(f"{plan.module} has no test that {testcase!r} finds, only: {', '.join(plan.tests)}")
    runner = build(plan.toplevel, simulator, parameters, waves, folders)
    counted = _coverage() if simulator == "verilator" else "none"
    manifest = coverage.manifest(counted, source_files(plan.toplevel, folders), ROOT)

    label = label or _label(bench, simulator, *([f"seed{seed}"] if seed != 1 else []), parameters=parameters)
    folder = BUILD / "run" / label
    log = folder / "run.log"
    results = folder / "results.xml"
    wave_file = wave_file or folder / wave_file_name(simulator)
    own_waves = waves and dumps_itself(plan.toplevel, folders)

    def finish_waves() -> tuple[Path | None, str]:
        from tb import wave_viewers  # it stands on this module

        return wave_viewers.finish(wave_file, plan.toplevel) if waves else (None, "")

    def red(reason: str) -> BenchError:
        said = failure.report(folder, _text(log), simulator, seed, parameters)
        lines = [f"{label}: {reason}", _tail(log), *said, f"log: {log.relative_to(ROOT)}", finish_waves()[1]]
        if again:
            repeat = again(_text(log))
        elif package in RUNS:
            repeat = f"SEED={seed} WAVES=1 {_invoked()}"
        else:
            repeat = f"{command(bench, simulator, seed, testcase, parameters)} WAVES=1"
        error = BenchError("\n".join([*filter(None, lines), f"again: {repeat}"]))
        error.cases = read_cases(results, expected)
        return error

    status = ""
    with locked(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        plusargs = list(plusargs)
        arguments = []
        if simulator == "verilator":
            # what registers begin with would count as having moved
            begins = 0 if counted == "toggle" else 2
            plusargs += [f"+verilator+rand+reset+{begins}", f"+verilator+seed+{seed % (2**31 - 2) + 1}"]
            arguments += ["--trace-file", str(wave_file)] if waves and not own_waves else []
        elif waves and not own_waves:
            plusargs.append(f"+dumpfile_path={wave_file}")
        if own_waves:
            plusargs.append(f"+wave_file={wave_file}")
            if not any(given.startswith("+timeline=") for given in plusargs):
                plusargs.append("+timeline=timeline.txt")  # a failure's picture: tb/failure.py
        try:
            with _plain_environment(
                SIM_CMD_PREFIX=_guarded(),
                SRN_BENCH=plan.module,  # for tb.bench
                SRN_PARAMETERS=json.dumps(parameters),
                COCOTB_REWRITE_ASSERTION_FILES="test_*.py",  # not numpy as well, which costs a second
                # a campaign may gather its runs' bins elsewhere
                **{"SRN_BINS": os.environ.get("SRN_BINS") or str(folder)} | dict(environment or {}),
            ):
                runner.test(
                    test_module=plan.module if package == "tb.runs" else "tb.bench",  # a job is no bench
                    hdl_toplevel=plan.toplevel,
                    hdl_toplevel_lang="verilog",
                    build_dir=runner.build_dir,
                    test_dir=folder,
                    results_xml=str(results),
                    # cocotb searches in module.name: `testcase` has chosen by the name already
                    test_filter=testcase and "|".join(rf"\.{re.escape(name)}$" for name in expected),
                    seed=seed,
                    waves=waves and not (own_waves and simulator == "verilator"),
                    plusargs=plusargs,
                    test_args=arguments,
                    log_file=log,
                )
        except (RuntimeError, SystemExit, subprocess.SubprocessError) as error:
            status = str(error) or type(error).__name__

        # Verilator's writer ends the process where it cannot write, which may be after the results
        full = waves and re.search(r"FST_CHECK\w* failed|VerilatedVcd::\w+:", _text(log))
        # Each of these has been a false green somewhere; tests/test_runner.py plants them all.
        try:
            tests, failed = get_results(results)
        except (RuntimeError, ElementTree.ParseError) as error:
            if full:
                raise red(f"the waves could not be written to {wave_file}, and the simulator stopped there") from None
            raise red(f"no results ({error}); {status or 'the process ended well'}") from None
        cases = ElementTree.parse(results).getroot().iter("testcase")
        skipped = [case.get("name") for case in cases if case.find("skipped") is not None]
        if failed:
            raise red(f"{failed} of {tests} tests failed")
        if skipped:
            raise red(f"skipped: {', '.join(map(str, skipped))}")
        if tests != len(expected):
            raise red(f"ran {tests} tests where the bench has {len(expected)}")
        if status and not full:
            raise red(f"the tests passed, the process did not: {status}")
        if complaint := re.search(r"^(ERROR|FATAL|%Error).*", _text(log), re.MULTILINE):
            raise red(f"the tests passed, the hardware complained: {complaint.group()}")  # Icarus's $error ends nothing
        if (
            simulator == "icarus"
            and testcase is None
            and package not in RUNS
            and (easy := _never_stalled(folder / "streams.json"))
        ):
            raise red(f"the tests passed, but {easy}")
        (folder / coverage.MANIFEST).write_text(manifest)
        cases = read_cases(results, expected)
        found, said = finish_waves()
    return Result(tests=tests, folder=folder, waves=found, cases=cases, said=said)


def read_cases(results: Path, expected: Sequence[str]) -> tuple[Case, ...]:
    """The outcome of each expected test; one that left no result, or was skipped, has failed."""
    found = {}
    with contextlib.suppress(OSError, ElementTree.ParseError):
        for case in ElementTree.parse(results).getroot().iter("testcase"):
            passed = all(case.find(bad) is None for bad in ("failure", "error", "skipped"))
            found[case.get("name")] = Case(case.get("name", ""), passed, float(case.get("time") or 0))
    return tuple(found.get(name) or Case(name, False, 0.0) for name in expected)


def _never_stalled(counts: Path) -> str:
    """The streams of the top that the bench as a whole was too easy on (tb/bench.py), or nothing."""
    easy = []
    for name, count in json.loads(counts.read_text()).items():
        missing = [what for what in ("words", "waits", "gaps") if not count[what]]
        if missing:
            easy.append(f"the stream {name} had no {' and no '.join(missing)}")
    return "; ".join(easy)


# ---------------------------------------------------------------- command line


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tb.runner", description="Run one bench.")
    parser.add_argument("bench", help="NAME of tb/test_NAME.py")
    parser.add_argument("--sim", choices=SIMULATORS, default="verilator")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--waves", action="store_true")
    parser.add_argument("--test", help="only the tests that this regular expression finds")
    parser.add_argument("--parameters", nargs="*", help="Width=8 Depth=4: one set, in place of the bench's own")
    options = parser.parse_args(arguments)
    try:
        if options.parameters:
            sets = [{name: int(value) for name, value in (pair.split("=") for pair in options.parameters)}]
        else:
            sets = load_bench(options.bench).parameters.get(options.sim, [{}])
        for parameters in sets:
            result = build_and_run(options.bench, options.sim, parameters, options.waves, options.seed, options.test)
            print(
                f"{result.folder.name}: {result.tests} tests passed, seed {options.seed}; {result.folder.relative_to(ROOT)}/run.log"
            )
            if result.said:
                print(result.said)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
