"""A session's outcomes as JUnit and as a record: cocotb tests among them, and no red run with a green test to show for it."""

import json
import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from tb import simulators
from tb.runner import ROOT, BenchError, build_and_run, load_bench
from verify import outcomes, results
from verify.outcomes import Outcome, with_cases

BENCH = "tests/test_rtl.py::test_bench[fifo-icarus-Width=9,Depth=5]"
CASES = [["words_come_out_in_order/stall_in=0.0/stall_out=0.5", True, 0.5], ["every_cycle/offered=0.2", False, 0.1]]
WORDS = "tb/test_fifo.py::words_come_out_in_order[icarus-Width=9,Depth=5-stall_in=0.0-stall_out=0.5]"


def test_a_bench_stands_for_its_cocotb_tests():
    found = with_cases(Outcome(BENCH, 7, "failed", 2.0, "why", "make tb-fifo"), CASES)
    assert [(item.test, item.seed, item.state) for item in found] == [
        (BENCH, 7, "failed"),
        (WORDS, 7, "passed"),
        ("tb/test_fifo.py::every_cycle[icarus-Width=9,Depth=5-offered=0.2]", 7, "failed"),
    ]
    assert found[2].text == "why" and found[2].again == "make tb-fifo"


def test_a_red_run_that_no_test_explains_leaves_none_of_them_green():
    found = with_cases(Outcome(BENCH, None, "failed", 2.0), CASES[:1])
    assert [item.state for item in found] == ["failed", "failed"]


def test_a_bench_that_left_no_cases_has_failed_in_all_of_them():
    found = with_cases(Outcome(BENCH, None, "failed", 0.0), [])
    assert len(found) == 1 + len(load_bench("fifo").tests)
    assert {item.state for item in found} == {"failed"}


def test_what_is_no_bench_stands_for_itself():
    plain = Outcome("tests/test_mx.py::test_x", None, "passed", 0.1)
    assert with_cases(plain, []) == [plain]


@pytest.mark.parametrize("how", ["", "fail", "skip", "lost", "crash"])
def test_the_runner_tells_each_test_of_a_bench(how):
    simulator = "icarus" if simulators.find_icarus() else "verilator"
    options = {"package": "tests.broken", "folders": ["tests/broken"], "label": f"cases-{how}"}
    try:
        cases = build_and_run("throwaway", simulator, environment={"BREAK": how}, **options).cases
    except BenchError as error:
        cases = error.cases
    said = {case.name: case.passed for case in cases}
    assert said == {
        "counts": how not in ("skip", "crash"),  # cocotb writes its results at the end
        "may_fail": how not in ("fail", "crash"),
        "may_be_lost": how not in ("lost", "crash"),
    }


def test_the_line_that_repeats_a_failure():
    text = "E   tb.runner.BenchError: fifo: 1 failed\nE   again: make tb-fifo SIM=icarus SEED=7 WAVES=1"
    assert outcomes.again(BENCH, 7, text) == "make tb-fifo SIM=icarus SEED=7 WAVES=1"
    test = "tests/test_mx.py::test_x[a b]"
    assert outcomes.again(test, 7, "no line") == f"SEED=7 .venv/bin/python -m pytest '{test}'"
    assert outcomes.again(test, None, "") == f".venv/bin/python -m pytest '{test}'"


def test_junit(tmp_path):
    found = [
        *with_cases(Outcome(BENCH, 7, "failed", 2.0, "\x1b[31mred\x1b[0m \x00<&>", "make tb-fifo"), CASES),
        Outcome("tests/test_a.py::test_b", None, "skipped", 0.0, "not here"),
    ]
    outcomes.write_junit(found, tmp_path / "junit.xml")
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    counts = {
        suite.get("name"): tuple(int(suite.get(key)) for key in ("tests", "failures", "skipped", "errors"))
        for suite in root
    }
    assert counts == {
        "tests/test_rtl.py": (1, 1, 0, 0),
        "tb/test_fifo.py": (2, 1, 0, 0),
        "tests/test_a.py": (1, 0, 1, 0),
    }
    case = root[0][0]
    assert (case.get("classname"), case.get("name")) == ("tests.test_rtl", f"{BENCH.split('::')[1]} seed 7")
    assert case[0].text == "red <&>" and case[0].get("message") == "make tb-fifo"


def test_a_row_for_each_test_over_its_seeds():
    found = [Outcome("t::a", seed, "failed" if seed == 2 else "passed", 1.0, "", f"again {seed}") for seed in (1, 2, 3)]
    assert outcomes.rows(found) == [
        {
            "test": "t::a",
            "passed": 2,
            "failed": 1,
            "skipped": 0,
            "seconds": 3.0,
            "again": "again 2",
            "reason": "",
            "pictures": [],
        }
    ]


@pytest.mark.parametrize(
    "states, complete, passed",
    [
        (["passed", "skipped"], True, True),
        (["passed", "failed"], True, False),
        (["passed"], False, False),
        (["skipped"], True, False),
        ([], True, False),
    ],
)
def test_when_the_part_has_passed(tmp_path, monkeypatch, states, complete, passed):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    found = [Outcome(f"t::{number}", None, state, 1.0) for number, state in enumerate(states)]
    outcomes.write_part(found, "make test", 0.0, complete)
    assert results.read("tests")["passed"] == passed


@pytest.mark.parametrize(
    "arguments, part",
    [
        ([], True),
        (["-n", "2"], True),
        (["tests/test_small.py"], False),
        (["-k", "passes"], False),
        (["--collect-only"], False),
    ],
)
def test_a_session_writes_junit_and_a_narrowed_one_no_part(tmp_path, arguments, part):
    """In a project of its own, with two tests."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
    text = "def test_fails():\n    assert 0\n\n\ndef test_passes():\n    assert 1\n"
    (tmp_path / "tests" / "test_small.py").write_text(text)
    script = (
        "import pathlib, sys, pytest; from verify import outcomes, recorder, results\n"
        "results.FOLDER = pathlib.Path('.'); outcomes.write_junit.__defaults__ = (pathlib.Path('junit.xml'),)\n"
        f"sys.exit(pytest.main(['-p', 'no:cacheprovider', '-p', 'verify.recorder', *{arguments}]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    failures = {case.get("name"): len(case) for case in ElementTree.parse(tmp_path / "junit.xml").iter("testcase")}
    ran = {"test_fails": 1, "test_passes": 0}
    if arguments == ["--collect-only"]:
        ran = {}
    elif "passes" in arguments:
        del ran["test_fails"]
    assert failures == ran, done.stdout + done.stderr
    assert (tmp_path / "tests.json").exists() == part
    if part:
        record = json.loads((tmp_path / "tests.json").read_text())
        assert not record["passed"] and record["summary"] == "2 tests, 2 runs: 1 passed, 1 failed, 0 skipped"
