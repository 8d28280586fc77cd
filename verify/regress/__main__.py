"""`make regress`: tests with seeds, the parts of the sign-off, the page.

python -m verify.regress --seeds 10 --jobs 2                    all of it, ten seeds each
python -m verify.regress --tests fifo 'tests/test_mx.py' --parts tests
python -m verify.regress --failed                               the failures of the last one, same seeds
python -m verify.regress --dask tcp://scheduler:8786            the tests on the workers of a farm, the parts here
"""

import argparse
import contextlib
import importlib.util
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tb.runner import BUILD, ROOT, BenchError
from verify import outcomes, results
from verify.plan import PlanError
from verify.regress import jobs as jobs_of
from verify.regress import local
from verify.regress.jobs import Job, RegressError
from verify.regress.watch import Watch, duration
from verify.report.__main__ import main as write_page

RUNS = BUILD / "run"  # emptied before a whole regression: what is covered is what it ran
PARTS = {  # after the tests, in this order: the module that is run with what words, and the records that it writes
    "random": (["verify.random", "--repeat"], ["random"]),
    "coverage": (["verify.coverage"], ["coverage", "bins"]),  # of tests and campaigns
    "formal": (["verify.formal"], ["formal"]),
    "mutation": (["verify.mutate"], ["mutation"]),
    "reproduction": (["verify.reproduce"], ["reproduction"]),
}


def exists(module: str) -> bool:
    """Whether `python -m module` would run."""
    found = importlib.util.find_spec(module)
    if found and found.submodule_search_locations is not None:
        found = importlib.util.find_spec(f"{module}.__main__")
    return found is not None


def relative(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


Runner = Callable[[Sequence[Job], Watch], None]


def runner(options: argparse.Namespace, stack: contextlib.ExitStack) -> Runner:
    """This machine, or the farm of DASK=, which `stack` lets go. Raises RegressError for one that does not answer."""
    if not options.dask:
        return lambda jobs, watch: local.run(jobs, watch.tell, options.jobs, options.limit)
    from verify.regress import farm  # dask takes a second to import

    client = stack.enter_context(farm.connect(options.dask))
    return lambda jobs, watch: farm.run(jobs, watch.tell, client, options.limit, watch.say)


def run_tests(
    jobs: Sequence[Job], base: int, options: argparse.Namespace, command: str, whole: bool, run: Runner
) -> bool:
    """Run them and keep what came of it, also of an interrupted run, which goes through. True where all passed."""
    began = time.time()
    watch = Watch(len(jobs), jobs_of.FOLDER / "failures.txt")
    ended = False
    try:
        run(jobs, watch)
        ended = True
    finally:
        watch.end()
        jobs_of.keep(jobs, watch.failed, base)
        jobs_of.keep_seconds(watch.outcomes)
        junit = outcomes.JUNIT if whole else jobs_of.FOLDER / "junit.xml"
        outcomes.write_junit(watch.outcomes, junit)
        if whole:
            seeds = {job.seed for job in jobs if job.seed is not None}
            outcomes.write_part(watch.outcomes, command, began, ended, seeds)
        state = "" if ended else "interrupted: "
        print(
            f"{state}{watch.done} of {len(jobs)} runs, {len(watch.failed)} failed, in {time.time() - began:.0f} s, "
            f"{place(options)}; {relative(junit)}"
        )
        if watch.failed:
            print(f"again: make regress FAILED=1 (same seeds), each alone by its line in {relative(watch.file)}")
    return ended and not watch.failed


def run_part(name: str) -> bool:
    """A part in a process of its own; a record of before does not stand for it."""
    words, records = PARTS[name]
    for record in records:
        (results.FOLDER / f"{record}.json").unlink(missing_ok=True)
    print(f"\n{name}: python -m {' '.join(words)}", flush=True)
    began = time.time()
    status = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, check=False).returncode
    print(f"{name}: {'passed' if status == 0 else f'failed, status {status}'}, {duration(time.time() - began)}")
    return status == 0


def place(options: argparse.Namespace) -> str:
    return f"on {options.dask}" if options.dask else f"{options.jobs} at a time"


def number(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m verify.regress", description="Tests with seeds, parts, page.")
    parser.add_argument("--seeds", type=number, default=1, help="of each test that follows one")
    parser.add_argument("--base", type=number, help="that the seeds are drawn from; else one is made up, and printed")
    parser.add_argument("--jobs", type=number, default=2, help="at a time")
    parser.add_argument("--dask", help="address of a scheduler of dask.distributed, whose workers run the tests")
    parser.add_argument("--limit", type=number, default=1200, help="seconds for one simulation")
    parser.add_argument("--tests", nargs="*", default=[], help="benches, files or ids, with *")
    parser.add_argument("--failed", action="store_true", help="only what failed last time")
    parser.add_argument("--parts", nargs="*", help=f"of tests, {', '.join(PARTS)}; all that are there")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(arguments)
    try:
        parts = chosen_parts(options)
        whole = not options.tests and not options.failed
        if options.failed:
            base, jobs = jobs_of.failures()
        else:
            base = options.base or secrets.randbelow(2**31 - 1) + 1
            jobs = jobs_of.choose(options.tests, jobs_of.draw(base, options.seeds)) if "tests" in parts else []
    except (RegressError, PlanError, BenchError) as error:
        print(error, file=sys.stderr)
        return 2
    stack = contextlib.ExitStack()
    try:
        run = runner(options, stack)
    except RegressError as error:
        print(error, file=sys.stderr)
        return 1
    command = f"make regress SEEDS={options.seeds} BASE={base}"
    if whole and "tests" in parts:
        shutil.rmtree(RUNS, ignore_errors=True)
        if "coverage" in parts:
            os.environ["COVERAGE"] = "toggle"
    passed, interrupted = True, False
    took: dict[str, float] = {}  # seconds of each part, of wall clock
    began = time.time()
    try:
        if "tests" in parts:
            seeds = len({job.seed for job in jobs if job.seed is not None})
            where = options.dask or f"{options.jobs} workers"
            print(f"base seed {base} (BASE={base} repeats it): {len(jobs)} runs, {seeds} seeds, {where}")
            try:
                with stack:
                    passed = run_tests(jobs, base, options, command, whole, run)
            except RegressError as error:
                print(error, file=sys.stderr)
                passed = False
            took["tests"] = time.time() - began
        for name in PARTS:
            if name in parts:
                began = time.time()
                passed = run_part(name) and passed
                took[name] = time.time() - began
    except KeyboardInterrupt:
        print("interrupted: what was earned is kept")
        interrupted = True
    print("time:", ", ".join(f"{name} {seconds:.0f} s" for name, seconds in took.items()) or "nothing ran")
    if whole:
        passed = write_page() == 0 and passed
    return 130 if interrupted else int(not passed)


def chosen_parts(options: argparse.Namespace) -> list[str]:
    """In order. Raises RegressError for one that does not exist, or is not in this tree."""
    if options.parts is None:
        narrow = options.tests or options.failed
        return ["tests"] if narrow else ["tests", *(name for name, (words, _) in PARTS.items() if exists(words[0]))]
    for name in options.parts:
        if name == "tests":
            continue
        if name not in PARTS:
            raise RegressError(f"there is no part {name}: there are tests, {', '.join(PARTS)}")
        module = PARTS[name][0][0]
        if not exists(module):
            raise RegressError(f"the part {name} is not in this tree: there is no {module}")
    return list(options.parts)


if __name__ == "__main__":
    sys.exit(main())
