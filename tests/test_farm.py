"""A regression on a farm tells each run once, though a worker dies in the middle of one; failures bring their files.

Scheduler and workers are processes of this machine, each worker with a folder of its own; the suite that they run is
tests/broken/suite_farm.py.
"""

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from xml.etree import ElementTree

import pytest

from tb import simulators
from tb.runner import BUILD, ROOT
from verify.regress import __main__ as regression
from verify.regress import farm, hand, jobs, tools
from verify.regress.farm import FarmError
from verify.regress.jobs import Job

SUITE = "tests/broken/suite_farm.py"
RUNS = BUILD / "run"


class Machines:
    """What dask starts, in processes; `ran` is what the suite noted there."""

    def __init__(self, folder):
        self.folder, self.processes = folder, {}
        about = folder / "scheduler.json"
        self.start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", about)
        self.address = wait(lambda: about.exists() and json.loads(about.read_text() or "{}").get("address"))

    def start(self, name, *words, **more):
        environment = {**os.environ, "RAN_IN": str(self.folder), **more}
        with (self.folder / f"{name}.log").open("w") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "dask", *map(str, words), "--no-dashboard"],
                cwd=self.folder,  # not where our modules are found
                env=environment,
                stdout=log,
                stderr=log,
            )

    def worker(self, name, **more):
        words = ["--no-nanny", "--nthreads", 1, "--local-directory", self.folder / name]
        self.start(name, "worker", self.address, *words, **more)

    def arrived(self, name):
        return "Registered to" in (self.folder / f"{name}.log").read_text()

    @property
    def ran(self):
        file = self.folder / "ran.txt"
        return file.read_text().splitlines() if file.exists() else []

    def end(self, *names):
        for name in names or list(self.processes):
            process = self.processes.pop(name)
            process.kill()
            process.wait()


def wait(found, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s")


@pytest.fixture
def machines(tmp_path_factory):
    found = Machines(tmp_path_factory.mktemp("farm"))
    yield found
    found.end()


@contextlib.contextmanager
def regress(folder, address, *tests, seeds=1):
    command = [sys.executable, "-m", "verify.regress", "--dask", address, "--seeds", seeds, "--base", 3]
    with subprocess.Popen(
        [*map(str, command), "--tests", *(f"{SUITE}::{test}" for test in tests)],
        cwd=ROOT,
        env={**os.environ, "SRN_REGRESS": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        try:
            yield run
        finally:  # else the end of Popen would wait for it
            run.kill()


def cases(folder):
    found = ElementTree.parse(folder / "junit.xml").getroot().iter("testcase")
    return {case.get("name"): "failed" if case.find("failure") is not None else "passed" for case in found}


def gone(pid):
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    return False


def test_a_worker_dies_and_each_run_is_told_once(machines, tmp_path, monkeypatch):
    """One of three is killed by the job that it runs; a fourth has another version of one package."""
    odd = tmp_path / "packages" / "hjson-0.0.7.dist-info"
    odd.mkdir(parents=True)
    (odd / "METADATA").write_text("Metadata-Version: 2.1\nName: hjson\nVersion: 0.0.7\n")
    for name in ("a", "b", "c"):
        machines.worker(name)
    machines.worker("odd", PYTHONPATH=str(odd.parent))
    wait(lambda: all(map(machines.arrived, ("a", "b", "c", "odd"))))
    tests = ["test_its_worker_dies_once", "test_fails", "test_passes", "test_the_process_is_killed"]
    tests += ["test_fails_with_waves"] if simulators.find_icarus() else []
    with regress(tmp_path, machines.address, *tests, "test_follows_its_seed", seeds=4) as run:
        said = run.communicate(timeout=200)[0]
    assert run.returncode == 1, said
    failing = [test for test in tests if "fails" in test or "killed" in test]
    assert f"{len(tests) + 4} of {len(tests) + 4} runs, {len(failing)} failed" in said, said

    assert cases(tmp_path) == {
        **{test: "failed" if test in failing else "passed" for test in tests},
        **{f"test_follows_its_seed seed {seed}": "passed" for seed in jobs.draw(3, 4)},
    }
    assert len(ElementTree.parse(tmp_path / "junit.xml").findall(".//testcase")) == len(tests) + 4
    seeds = Counter(line for line in machines.ran if line.startswith("seed"))
    assert seeds == Counter([f"seed {seed}" for seed in jobs.draw(3, 4)])

    died = [line.split()[1] for line in machines.ran if line.startswith("dies")]
    assert len(died) == 2 and all(map(gone, died)), machines.ran
    ended = [name for name in ("a", "b", "c") if machines.processes[name].poll() is not None]
    assert len(ended) == 1
    assert re.search(r"the worker tcp://\S+ is gone; 1 of its runs begin again elsewhere", said)

    here = tools.versions()["hjson"]
    assert re.search(rf"the worker tcp://\S+ is refused: it has hjson 0\.0\.7, and this machine {here}\n", said), said

    assert f"FAILED {SUITE}::test_fails\n    AssertionError: planted\n" in said
    assert re.search(r"its process on tcp://\S+ ended by signal 9", said)
    told = (tmp_path / "failures.txt").read_text()
    assert f"{SUITE}:" in told and str(machines.folder) not in told  # paths of this tree
    assert sorted(file.name for file in (RUNS / "farm-passes").iterdir()) == ["bins-1.json"]
    for name in ("bins-1.json", "run.log", "waves.vcd"):
        assert (RUNS / "farm-fails" / name).read_text() == f"{name} of farm-fails"
    if simulators.find_icarus():
        assert "planted" in (RUNS / "farm-throwaway" / "run.log").read_text()
        assert (RUNS / "farm-throwaway" / "waves.fst").stat().st_size

    # the same again, as other sources: they are sent, and the build stays
    machines.end(*ended, *(name for name in builders("abc", machines, without=True) if name not in ended))
    kept = [machines.folder / name / "dask-scratch-space" / "serrano" for name in "abc" if name in machines.processes]
    built = {file: file.stat().st_mtime_ns for cache in kept for file in cache.glob("sim/*/made")}
    key, data = farm.sources()
    assert kept and all((cache / f"{key}.tar.gz").read_bytes() == data for cache in kept)
    monkeypatch.setattr(farm, "sources", lambda: ("again", data))
    told = []
    with farm.connect(machines.address) as client:
        farm.run([Job(f"{SUITE}::{tests[-1]}")], lambda job, found: told.append(found[0].state), client, 100)
    assert told == ["failed"]
    assert built == {file: file.stat().st_mtime_ns for cache in kept for file in cache.glob("sim/*/made")}
    assert all({file.name for file in cache.glob("*.gz")} == {f"{key}.tar.gz", "again.tar.gz"} for cache in kept)

    # who is left has other tools
    machines.end(*(name for name in "abc" if name in machines.processes))
    with farm.connect(machines.address) as client, pytest.raises(FarmError, match="each was refused"):
        farm.run([Job(f"{SUITE}::test_passes")], lambda job, found: told.append(found[0].state), client, 100)
    assert told == ["failed"]


def test_builds_that_nobody_uses_are_forgotten(tmp_path):
    long = time.time() - (hand.DAYS + 1) * 86400
    for name, used in (("sim/old", long), ("sim/new-1.5", time.time())):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / f"{name}.lock").touch()
        os.utime(tmp_path / f"{name}.lock", (used, used))
    hand._forget(tmp_path)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*")}
    assert left == {"sim/new-1.5", "sim/new-1.5.lock"}


def builders(names, machines, without=False):
    """The workers that have a build, or have none."""
    return [name for name in names if bool(list(machines.folder.glob(f"{name}/*/serrano/sim/*/made"))) != without]


def test_an_interrupt_and_a_scheduler_that_dies(machines, tmp_path):
    """Both keep what there is, and end what the workers still run. No worker at all is a sentence as well."""
    with (
        farm.connect(machines.address) as client,
        pytest.raises(FarmError, match="no worker at tcp://.* for 1 s: start"),
    ):
        farm.run([Job(f"{SUITE}::test_passes")], lambda *_: None, client, 100, worker_s=1)
    machines.worker("a")
    wait(lambda: machines.arrived("a"))
    with regress(tmp_path, machines.address, "test_passes", "test_takes_an_hour") as run:
        pid = wait(lambda: machines.ran)[0].split()[1]
        assert not gone(pid)
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=60)[0]
    assert run.returncode == 130, said
    assert "interrupted: 1 of 2 runs, 0 failed" in said and "Traceback" not in said, said
    wait(lambda: gone(pid), 30)

    with regress(tmp_path, machines.address, "test_takes_an_hour") as run:
        pid = wait(lambda: machines.ran[1:])[0].split()[1]
        machines.end("scheduler")
        said = run.communicate(timeout=100)[0]
    assert run.returncode == 1, said
    assert f"the scheduler at {machines.address} is gone, with 1 runs to go\n" in said and "Traceback" not in said, said
    machines.end("a")
    wait(lambda: gone(pid), 30)


@pytest.mark.parametrize(
    "address, sentence",
    [
        ("tcp://127.0.0.1:1", "no scheduler of dask answers at tcp://127.0.0.1:1: start one with `dask scheduler`"),
        ("tcp://127.0.0.1:99999", "no scheduler of dask answers at tcp://127.0.0.1:99999"),
        ("nowhere", "DASK=nowhere is no address of a scheduler, such as tcp://scheduler:8786"),
    ],
)
def test_nobody_answers(monkeypatch, capsys, address, sentence):
    monkeypatch.setattr(jobs, "choose", lambda *_: [Job(f"{SUITE}::test_passes")])
    assert regression.main(["--dask", address, "--tests", SUITE]) == 1
    assert sentence in capsys.readouterr().err


def test_the_sources_are_what_git_does_not_ignore(tmp_path):
    (tmp_path / ".gitignore").write_text("build/\n*.pyc\n")
    (tmp_path / "build").mkdir()
    for name in ("build/a", "a.pyc", "a.py"):
        (tmp_path / name).write_text(name)
    (tmp_path / "elsewhere").symlink_to("/etc/hosts")
    before = farm.sources(tmp_path)
    with tarfile.open(fileobj=io.BytesIO(before[1])) as tar:
        assert tar.getnames() == [".gitignore", "a.py"]
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    os.utime(tmp_path / "a.py", (1, 1))
    (tmp_path / "build" / "a").write_text("other")
    assert farm._names(tmp_path) == [".gitignore", "a.py", "elsewhere"]
    assert farm.sources(tmp_path) == before
    (tmp_path / "a.py").write_text("other")
    assert farm.sources(tmp_path)[0] != before[0]


def test_versions_are_compared():
    here = tools.versions()
    assert {"cocotb", "distributed", "Verilator", "Icarus Verilog"} <= here.keys()
    assert tools.difference(here, here) == ""
    there = here | {"cocotb": "1.9.2", "Verilator": "none"}
    assert tools.difference(there, here) == f"it has cocotb 1.9.2, and this machine {here['cocotb']}, and 1 more differ"
