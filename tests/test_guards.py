"""What passes while the design is broken must be impossible here: each way is planted once, in tests/broken.

Six of them were found in open accelerators whose suites were run: X compared with X, the design's own output as the
expectation, a tolerance wider than the data, a lane that nobody looks at, tests that compile no RTL, tests without an
assertion. The rest is what a runner can take for a pass: see test_runner.py and test_agents.py as well.
"""

import ast
import shutil
import subprocess
import sys

import numpy as np
import pytest

from tb import simulators
from tb.runner import BUILD, ROOT, BenchError, build_and_run, load_bench
from tests.near import near
from verify import guards

VACUOUS = ROOT / "tests" / "broken" / "test_vacuous.py"
SIMULATOR = "icarus" if simulators.find_icarus() else "verilator"


def test_this_suite_has_none_of_it():
    assert guards.complaints() == []


def run_vacuous(tests: str):
    wrong = {"Step": 2}  # the counter counts by two
    where = {"package": "tests.broken", "folders": ["tests/broken"], "label": f"vacuous-{SIMULATOR}"}
    return build_and_run("vacuous", SIMULATOR, wrong, testcase=tests, **where)


def test_vacuous_benches_do_pass_where_nobody_guards():
    """The danger is real: not one of five sees it. The sixth, which leaves the design alone, tb/bench.py stops as well."""
    assert run_vacuous("^(?!leaves)").tests == 5
    with pytest.raises(BenchError, match="1 of 1 tests failed"):
        run_vacuous("^leaves")


@pytest.mark.parametrize(
    "bench, sentence",
    [
        ("compares_x_with_x", "compares two signals as they stand: unknown equals unknown"),
        ("expects_what_the_design_says", "compares what came out of the design with what came out of it"),
        ("tolerates_anything", "compares with a tolerance, by abs(a - b) < ..."),
        ("asserts_nothing", "compares nothing"),
        ("asserts_a_constant", "compares nothing"),
        ("leaves_the_design_alone", "never touches the design"),
    ],
)
def test_a_vacuous_bench_is_refused(bench, sentence):
    said = [line for line in guards.of_file(VACUOUS) if f"::{bench}" in line]
    assert len(said) == 1 and sentence in said[0]


def test_every_vacuous_bench_has_its_guard():
    assert {line.split("::")[1].split()[0].rstrip(",") for line in guards.of_file(VACUOUS)} == {
        name.split("/")[0] for name in load_bench("vacuous", "tests.broken").tests
    }


# ---------------------------------------------------------------- the design's own word, in other words


@pytest.mark.parametrize(
    "lines, refused",
    [
        ("seen = await take(dut, 'out', 5)\n    assert seen == await take(dut, 'out', 5)", True),
        ("seen = await take(dut, 'out', 5)\n    assert seen == list(seen)", True),
        ("seen = await cycles(dut, {}, ['a_o'])\n    assert seen['a_o'] == seen['b_o']", True),
        ("assert dut.a_o.value == dut.b_o.value", True),
        ("assert dut.a_o.value.to_unsigned() == int(dut.b_o.value)", True),
        ("assert await take(dut, 'out', 5) == words", False),
        ("seen = await take(dut, 'out', 5)\n    assert seen == model(seen)", False),
        ("assert int(dut.a_o.value) == len(words)", False),
        ("assert dut.a_o.value == 1", False),
        ("assert code == OUT.vmem.value", False),
    ],
)
def test_where_an_expectation_comes_from(tmp_path, lines, refused):
    function = ast.parse(f"async def test(dut, words):\n    {lines}\n").body[0]
    assert bool(list(guards._circular(function))) == refused


# ---------------------------------------------------------------- nothing to compare


def test_a_bench_that_compares_nothing_is_red():
    with pytest.raises(BenchError, match="4 of 4 tests failed"):
        build_and_run("idle", SIMULATOR, package="tests.broken", folders=["tests/broken"], label=f"idle-{SIMULATOR}")


# ---------------------------------------------------------------- tolerances


def test_a_tolerance_that_the_data_fit_in_is_refused():
    data = np.linspace(1.0, 1.001, 50)
    near(data * (1 + 1e-7), data, rtol=1e-6)
    with pytest.raises(AssertionError, match="wider than the data"):
        near(data[::-1], data, rtol=1e-2)
    with pytest.raises(AssertionError, match="wider than the data"):
        near(np.zeros(50), np.zeros(50), atol=1e-9)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        near(data[::-1], data, rtol=1e-6)
    with pytest.raises(AssertionError, match="not finite"):
        near([np.nan, 1.0], [np.nan, 1.0], rtol=1e-6)
    with pytest.raises(AssertionError, match="shapes"):
        near([], [], rtol=1e-6)


# ---------------------------------------------------------------- lanes

# block, one test of its bench, the file, a line of it, and that line with its last lane or row wrong
LANES = [
    (
        "vector",
        "random_commands/stall=0/others=0",
        {"PortBytes": 8},
        "vector/srn_vector_pipe.sv",
        ".x_a_i      (a_data_i[i*FpW+:FpW]),",
        ".x_a_i      (a_data_i[(i%(Lanes-1))*FpW+:FpW]),",
    ),
    (
        "vector",
        "every_operation",
        {"PortBytes": 8},
        "vector/srn_vector_block.sv",
        "assign word[i*FpW+:FpW] = in_lanes_i[i] ? in_data_i[i*FpW+:FpW] : '0;",
        "assign word[i*FpW+:FpW] = in_lanes_i[i] && i != Lanes - 1 ? in_data_i[i*FpW+:FpW] : '0;",
    ),
    (
        "reduce",
        "random_rows/gaps=0.0",
        {"Lanes": 16, "TagW": load_bench("reduce").parameters["icarus"][0]["TagW"]},
        "vector/srn_reduce.sv",
        "assign sum_in[i*FpW+:FpW] = in_lanes_i[i] ? in_data_i[i*FpW+:FpW] : '0;",
        "assign sum_in[i*FpW+:FpW] = in_lanes_i[i] && i != Lanes - 1 ? in_data_i[i*FpW+:FpW] : '0;",
    ),
    (
        "matrix",
        "one_element_at_a_time",
        {"PortBytes": 8, "Rows": 2, "Passes": 2},
        "matrix/srn_matrix.sv",
        "assign fill_row[p] = fill[p*Rows+r];",
        "assign fill_row[p] = r != Rows - 1 && fill[p*Rows+r];",
    ),
    (
        "matrix",
        "one_element_at_a_time",
        {"PortBytes": 8, "Rows": 2, "Passes": 2},
        "matrix/srn_matrix_row.sv",
        "assign word_o[(i*Groups+g)*FpW+:FpW] = half[i*FpW+:FpW];",
        "assign word_o[(i*Groups+g)*FpW+:FpW] = i == Lanes / Groups - 1 ? half[0+:FpW] : half[i*FpW+:FpW];",
    ),
]


@pytest.mark.parametrize(
    "bench, testcase, parameters, file, line, broken",
    LANES,
    ids=[f"{case[0]}-{case[3].split('/')[1]}" for case in LANES],
)
def test_a_wrong_last_lane_is_red(bench, testcase, parameters, file, line, broken):
    """The same test passes on the right sources in test_rtl.py."""
    source = ROOT / "rtl" / file
    assert source.read_text().count(line) == 1
    folder = BUILD / "broken" / f"{bench}-{source.stem}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / source.name).write_text(source.read_text().replace(line, broken))
    with pytest.raises(BenchError, match="1 of 1 tests failed"):
        build_and_run(
            bench,
            SIMULATOR,
            parameters,
            testcase=f"{testcase}$",
            folders=["rtl", "tb", str(folder.relative_to(ROOT))],
            label=f"broken-{bench}-{source.stem}",
        )


# ---------------------------------------------------------------- no RTL


def test_a_module_without_a_bench_and_a_bench_without_a_module_are_told(monkeypatch):
    monkeypatch.setattr(guards, "WITHOUT_RTL", {})
    assert "tb/test_dram.py compiles no file of rtl/" in guards.of_benches()
    monkeypatch.setattr(guards, "bench_names", lambda: ["fifo", "nowhere"])
    assert any(line.startswith("tb/test_nowhere.py cannot be loaded: BenchError") for line in guards.of_benches())
    assert "no bench compiles rtl/prim/srn_arbiter.sv" in guards.of_benches()


# ---------------------------------------------------------------- a session


@pytest.mark.parametrize(
    "test, sentence",
    [
        ("test_skips", "Skipped, which tests/conftest.py does not expect"),
        ("test_of_nothing", "Skipped, which tests/conftest.py does not expect"),
        ("test_of_a_golden_file_that_is_missing", "FileNotFoundError"),
        ("test_nowhere", "not found"),
    ],
)
def test_a_session_is_red(test, sentence):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"tests/broken/suite_vacuous.py::{test}"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert sentence in done.stdout + done.stderr


def test_a_test_without_an_assertion_is_refused():
    said = guards.of_file(ROOT / "tests" / "broken" / "suite_vacuous.py")
    assert "tests/broken/suite_vacuous.py::test_without_an_assertion compares nothing" in said
