"""A regression reports each run once, whatever becomes of it, and says how to repeat it; what cannot be run is a sentence.

The suites are tests/broken/suite_*.py; each regression is a process of its own, with a folder of its own.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from xml.etree import ElementTree

import pytest

from tb import simulators
from tb.runner import ROOT
from verify import results
from verify.outcomes import Outcome
from verify.regress import __main__ as regression
from verify.regress import jobs
from verify.regress.jobs import Job

SHORT, DEADLY, SLOW = (f"tests/broken/suite_{name}.py" for name in ("short", "deadly", "slow"))


def command(*arguments):
    return [sys.executable, "-m", "verify.regress", *map(str, arguments)]


def regress(folder, *arguments):
    environment = {**os.environ, "SRN_REGRESS": str(folder)}
    return subprocess.run(
        command(*arguments), cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=300
    )


def states(folder):
    """(test, state) of every case of the JUnit file."""
    found = []
    for case in ElementTree.parse(folder / "junit.xml").getroot().iter("testcase"):
        state = "failed" if case.find("failure") is not None else "passed"
        found.append((case.get("name"), state))
    return found


def test_each_seed_runs_once_and_failures_run_again(tmp_path):
    seeds = jobs.draw(3, 4)
    odd = [seed for seed in seeds if seed % 2]
    assert 0 < len(odd) < 4
    done = regress(tmp_path, "--tests", SHORT, "--seeds", 4, "--base", 3, "--jobs", 2)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "base seed 3 (BASE=3 repeats it): 17 runs, 4 seeds, 2 workers" in done.stdout
    assert f"17 of 17 runs, {len(odd)} failed" in done.stdout
    ran = Counter((tmp_path / "ran.txt").read_text().split("\n")[:-1])
    assert ran == Counter(["none", *(f"{number} {seed}" for number in range(3) for seed in seeds)])
    for seed in odd:
        assert (
            f"FAILED {SHORT}::test_fails_for_odd_seeds seed {seed}\n    AssertionError: the seed is odd" in done.stdout
        )
        assert f"again: SEED={seed} .venv/bin/python -m pytest '{SHORT}::test_fails_for_odd_seeds'" in done.stdout
    bad = {f"test_fails_for_odd_seeds seed {seed}" for seed in odd}
    assert {name for name, state in states(tmp_path) if state == "failed"} == bad
    assert len(states(tmp_path)) == 17

    (tmp_path / "ran.txt").unlink()
    again = regress(tmp_path, "--failed")
    assert again.returncode == 1, again.stdout + again.stderr
    assert f"{len(odd)} of {len(odd)} runs, {len(odd)} failed" in again.stdout
    assert {name for name, _ in states(tmp_path)} == bad
    assert not (tmp_path / "ran.txt").exists()


def test_a_regression_that_passes(tmp_path):
    done = regress(tmp_path, "--tests", f"{SHORT}::test_follows*", "--seeds", 2, "--jobs", 1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\[#+\] 7 done, 0 failed, 0 left\n7 of 7 runs, 0 failed", done.stdout)
    nothing = regress(tmp_path, "--failed")
    assert nothing.returncode == 2
    assert nothing.stderr == "none of the last regression's 7 runs failed: FAILED=1 has nothing to repeat\n"


def test_whatever_ends_badly_is_told(tmp_path):
    """A worker killed, a simulator that crashes or hangs, a test that never ends; the rest still runs."""
    script = (
        "import json, sys; from verify.regress import local; from verify.regress.jobs import Job\n"
        "told = []\n"
        f"tests = {[f'{DEADLY}::{test}' for test in deadly()]}\n"
        "def tell(job, found):\n"
        "    told.append([job.test, found[0].state, f'{found[0].text}\\n{found[0].again}'])\n"
        "local.run([Job(test, 5 if 'killed' in test else None) for test in tests], tell, "
        "workers=2, limit_s=10, build_s=15)\n"
        "print(json.dumps(told))\n"
    )
    environment = {**os.environ, "SRN_REGRESS": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert Counter(test.split("::")[1] for test, _, _ in told) == Counter(list(deadly()))
    said = {test.split("::")[1]: (state, text) for test, state, text in told}
    for test, sentence in deadly().items():
        state, text = said[test]
        assert state == ("failed" if sentence else "passed"), (test, text)
        assert re.search(sentence, text), (test, text)


def deadly():
    """Each test of the suite, and what its failure says."""
    found = {
        "test_the_worker_is_killed": r"crashed while running(.|\n)*SEED=5 .venv/bin/python -m pytest 'tests/broken/suite_deadly.py::test_the_worker_is_killed'",
        "test_that_never_ends": "Timeout",
        "test_that_is_well": "",
        "test_that_is_gone": "no worker told what became of it",
    }
    if simulators.find_icarus():
        found["test_the_simulator_ends_badly[crash]"] = r"no results(.|\n)*INFO(.|\n)*again: make tb-throwaway"
        found["test_the_simulator_ends_badly[hang]"] = r"no results|tests failed"
    return found


def test_an_interrupt_keeps_what_there_is(tmp_path):
    environment = {**os.environ, "SRN_REGRESS": str(tmp_path)}
    with subprocess.Popen(
        command("--tests", SLOW, "--jobs", 1),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        said = ""
        while "FAILED" not in said:
            line = run.stdout.readline()
            assert line, said
            said += line
        time.sleep(1)
        os.killpg(run.pid, signal.SIGINT)
        try:
            said += run.communicate(timeout=60)[0]
        except subprocess.TimeoutExpired:  # else the end of Popen would wait for it
            run.kill()
            raise
    assert run.returncode == 130, said
    assert re.search(r"interrupted: [12] of 3 runs, 1 failed", said), said
    assert "what was earned is kept" in said
    assert jobs.failures(tmp_path / "last.json")[1] == [Job(f"{SLOW}::test_fails")]
    assert ("test_fails", "failed") in states(tmp_path)


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (
            ["--tests", "nowhere"],
            "there is no test nowhere: `make regress TESTS=` takes a bench, a file or an id, with *",
        ),
        (["--tests", "tests/test_nowhere.py"], "there is no test tests/test_nowhere.py"),
        (["--tests", f"{SHORT}::test_nowhere"], f"there is no test {SHORT}::test_nowhere"),
        (["--parts", "tests", "luck"], "there is no part luck: there are tests, random, coverage, formal, mutation"),
        (["--failed"], "there was none here"),
        (["--seeds", "many"], "argument --seeds: invalid number value: 'many'"),
        (["--seeds", "0"], "argument --seeds: invalid number value: '0'"),
        (["--base", "x7"], "argument --base: invalid number value: 'x7'"),
    ],
)
def test_what_cannot_be_run_is_said(tmp_path, arguments, sentence):
    done = regress(tmp_path, *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_record_that_is_none(tmp_path):
    (tmp_path / "last.json").write_text("{}")
    with pytest.raises(jobs.RegressError, match="is not a regression's record"):
        jobs.failures(tmp_path / "last.json")
    jobs.keep([Job("tests/test_gone.py::test_x", 5)], [Job("tests/test_gone.py::test_x", 5)], 1, tmp_path / "last.json")
    with pytest.raises(jobs.RegressError, match="test_x failed in the last regression and is no longer there"):
        jobs.failures(tmp_path / "last.json")


def test_seeds_are_drawn_alike():
    assert jobs.draw(7, 3) == jobs.draw(7, 5)[:3] and len(set(jobs.draw(7, 500))) == 500
    assert jobs.draw(7, 3) != jobs.draw(8, 3)


def test_the_longest_begin_first(tmp_path, monkeypatch):
    """Of each seed; what has never run before all others."""
    file = tmp_path / "seconds.json"
    names = [f"{SHORT}::test_follows_its_seed[{number}]" for number in range(3)]
    monkeypatch.setattr(jobs, "seconds", lambda file=file, read=jobs.seconds: read(file))
    file.write_text("cut off")
    jobs.keep_seconds([Outcome(names[0], 5, "passed", 1.0), Outcome(names[1], 5, "passed", 0.5)], file)
    jobs.keep_seconds([Outcome(names[1], 5, "failed", 2.0), Outcome(names[1], 6, "passed", 1.5)], file)
    found = jobs.choose([f"{SHORT}::test_follows*"], [5, 6])
    assert found == [Job(f"{SHORT}::test_follows_none"), *(Job(names[n], seed) for seed in (5, 6) for n in (2, 1, 0))]


def test_a_job_has_pytests_id():
    assert Job("tests/a.py::b").id == "tests/a.py::b"
    assert Job("tests/a.py::b", 5).id == "tests/a.py::b[seed=5]"
    assert Job("tests/a.py::b[x-1]", 5).id == "tests/a.py::b[x-1-seed=5]"


# ---------------------------------------------------------------- parts


def test_a_part_is_what_it_says_now(tmp_path, monkeypatch, capfd):
    """Its record of before is gone when it fails, and so the page is red."""
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr(
        regression, "PARTS", {"formal": (["tests.broken.part"], ["formal"]), "mutation": (["tests.broken.nowhere"], [])}
    )
    results.write("formal", "make formal", 0.0, True, "proven yesterday")
    assert not regression.run_part("formal")
    assert "formal: failed, status 3" in capfd.readouterr().out and results.read("formal") is None
    assert regression.exists("tests.broken.part") and not regression.exists("tests.broken.nowhere")
    assert not regression.exists("tests.broken")  # a package without a command
    with pytest.raises(jobs.RegressError, match="the part mutation is not in this tree"):
        regression.chosen_parts(regression.read_options(["--parts", "mutation"]))
