"""The testplan holds for this suite, and each way in which it could not is said in one sentence."""

import subprocess
import sys

import pytest

from tb.runner import ROOT
from verify import plan
from verify.plan import PlanError, Testpoint, judge

GOOD = """{features: [{"name": "f", testpoints: [
  {"name": "one", "stage": "V1", "desc": "first", tests: ["tests/test_a.py::test_x"], bins: ["lengths"]}
  {"name": "two", "stage": "V2", "desc": "second", tests: ["tb/test_b.py::runs*", "tests/test_a.py::test_y[big-*]"]}
]}]}"""
SUITE = ["tests/test_a.py::test_x", "tests/test_a.py::test_y[big-1]", "tb/test_b.py::runs[icarus-stall=0]"]


def sentences(tmp_path, text=GOOD, suite=SUITE, groups=("lengths",)):
    (tmp_path / "plan.hjson").write_text(text)
    return plan.check(plan.load(tmp_path / "plan.hjson"), suite, groups)


def test_this_suite_and_its_plan_agree():
    """Every test and every group of bins is named by some testpoint, and nothing else is."""
    done = subprocess.run(
        [sys.executable, "-m", "verify.plan"], cwd=ROOT, check=False, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


def test_a_good_plan_says_nothing(tmp_path):
    assert sentences(tmp_path) == []


@pytest.mark.parametrize(
    "old, new, sentence",
    [
        (
            "test_a.py::test_x",
            "test_a.py::test_gone",
            "one names tests/test_a.py::test_gone, and there is no such test",
        ),
        ("runs*", "walks*", "two names tb/test_b.py::walks*, and there is no such test"),
        ("big-*", "bigger-*", "two names tests/test_a.py::test_y[bigger-*], and there is no such test"),
        ('"lengths"', '"widths"', "one names the bins widths, which verify/groups.py does not declare"),
        ('bins: ["lengths"]', "bins: []", "no testpoint names the bins lengths"),
        ('["tests/test_a.py::test_x"]', "[]", "one names no test"),
        ('"two"', '"one"', "2 testpoints are called one"),
        (', "tests/test_a.py::test_y[big-*]"', "", "no testpoint names tests/test_a.py::test_y"),
        ('"tb/test_b.py::runs*"', '"tb/test_b.py::runs", "tb/test_b.py::runs"', "two names tb/test_b.py::runs twice"),
    ],
)
def test_what_plan_and_suite_disagree_on(tmp_path, old, new, sentence):
    assert GOOD.count(old) == 1
    assert sentence in sentences(tmp_path, GOOD.replace(old, new))


def test_a_case_that_no_testpoint_names(tmp_path):
    said = sentences(tmp_path, suite=[*SUITE, "tests/test_a.py::test_y[small-1]"])
    assert said == ["no testpoint names tests/test_a.py::test_y, in 1 of its 2 cases"]


@pytest.mark.parametrize(
    "old, new, sentence",
    [
        ("]}]}", "", "is not Hjson"),
        ("features:", "feature:", "has no list of features"),
        ('"V1"', '"V4"', "testpoint one of f is of stage 'V4'; there are V1, V2, V3"),
        ('"desc": "first", ', "", "testpoint one of f has no desc"),
        ("bins:", "bin:", "testpoint one of f has a 'bin', which means nothing"),
        ('{"name": "f"', '{"name": "f", testpoints: []}, {"name": "f"', "2 features are called f"),
    ],
)
def test_what_is_no_plan(tmp_path, old, new, sentence):
    with pytest.raises(PlanError, match=sentence):
        sentences(tmp_path, GOOD.replace(old, new))


def test_no_plan_at_all(tmp_path):
    with pytest.raises(PlanError, match="cannot be read"):
        plan.load(tmp_path / "nowhere.hjson")


def row(test, state="passed", reason=""):
    return {"test": test, "passed": 0, "failed": 0, "skipped": 0, "reason": reason, state: 1}


POINT = Testpoint("f", "one", "V1", "", ("tests/test_a.py::test_x", "tb/test_b.py::runs"), ("lengths",))
X, RUNS = "tests/test_a.py::test_x", "tb/test_b.py::runs[icarus]"


@pytest.mark.parametrize(
    "rows, reached, state",
    [
        ([row(X), row(RUNS)], {"lengths": (4, 4)}, "covered"),
        ([row(X), row(RUNS)], {"lengths": (4, 3)}, "passing"),
        ([row(X), row(RUNS)], {}, "passing"),  # nobody counted: not covered
        ([row(X), row(RUNS, "failed")], {"lengths": (4, 4)}, "failing"),
        ([row(X)], {"lengths": (4, 4)}, "not run"),
        ([], {}, "not run"),
        ([row(X), row(RUNS, "skipped")], {"lengths": (4, 4)}, "failing"),
    ],
)
def test_what_came_of_a_testpoint(rows, reached, state):
    found = judge(POINT, rows, reached)
    assert found.state == state
    assert found.green == (state == "covered")


def test_an_expected_skip_is_allowed_beside_a_pass_and_never_alone():
    may_skip = {"tests/test_a.py": "needs what is not here"}
    skipped = row("tests/test_a.py", "skipped", "not here")  # the whole file
    reached = {"lengths": (4, 4)}
    found = judge(POINT, [skipped, row(RUNS)], reached, may_skip)
    assert (found.state, found.skipped) == ("covered", ("not here",))
    alone = Testpoint("f", "one", "V1", "", (X,), ())
    assert judge(alone, [skipped], {}, may_skip).state == "not run"
    assert judge(alone, [row("tests/test_a.py::test_x", "skipped")], {}, may_skip).state == "not run"


def test_a_bench_that_cannot_be_loaded_is_said(monkeypatch):
    monkeypatch.setattr(plan, "collect", lambda: ["tests/test_rtl.py::test_bench[nowhere]"])
    with pytest.raises(PlanError, match="tb/test_nowhere.py cannot be loaded: BenchError"):
        plan.suite()
