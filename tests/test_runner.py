"""The runner must be red for every failure that some flow reports as green: each is planted here once."""

import subprocess
import sys
import time

import psutil
import pytest

from tb import runner, simulators
from tb.runner import ROOT, BenchError, build_and_run, load_bench, source_files

AVAILABLE = [name for name in runner.SIMULATORS if name != "icarus" or simulators.find_icarus()]


def run(bench, simulator, broken="", **options):
    return build_and_run(
        bench,
        simulator,
        package="tests.broken",
        folders=["tests/broken"],
        environment={"BREAK": broken},
        **options,
    )


@pytest.fixture(params=AVAILABLE)
def simulator(request):
    return request.param


def test_a_good_bench_passes_and_says_how_many_tests_ran(simulator):
    assert run("throwaway", simulator).tests == 3


@pytest.mark.parametrize("testcase", ["counts", "^counts$", "^may_f"])
def test_one_test_can_be_chosen(simulator, testcase):
    assert run("throwaway", simulator, testcase=testcase).tests == 1


@pytest.mark.parametrize(
    "broken, sentence",
    [
        ("fail", "1 of 3 tests failed"),
        ("limit", "tests failed|no results"),
        ("skip", "skipped: .*counts"),
        ("lost", "ran 2 tests where the bench has 3"),
        ("exit", "no results"),
        ("crash", "no results"),
    ],
)
def test_red(simulator, broken, sentence):
    with pytest.raises(BenchError, match=sentence) as caught:
        run("throwaway", simulator, broken, seed=77)
    assert f"make tb-throwaway SIM={simulator} SEED=77 WAVES=1" in str(caught.value)


def test_a_false_promise_is_red_even_where_no_test_looks(simulator):
    with pytest.raises(BenchError, match="the count reached the limit"):
        run("throwaway", simulator, parameters={"Limit": 2})


def test_a_mere_error_is_red(simulator):
    with pytest.raises(BenchError, match="the count reached the mild limit"):
        run("throwaway", simulator, parameters={"Mild": 2})


def test_a_wrong_parameter_is_red(simulator):
    with pytest.raises(BenchError, match="srn_throwaway has no parameter Steep"):
        run("throwaway", simulator, parameters={"Steep": 2})


def test_a_parameter_reaches_the_module(simulator):
    with pytest.raises(BenchError, match="1 of 3 tests failed"):
        run("throwaway", simulator, parameters={"Step": 2})


def test_a_hang_is_red(simulator, monkeypatch):
    monkeypatch.setattr(runner, "RUN_LIMIT_S", 5)
    with pytest.raises(BenchError, match="no results|tests failed"):
        run("throwaway", simulator, "hang", parameters={"Step": 0}, testcase="may_fail")


def test_a_simulation_ends_with_who_began_it(simulator):
    """Killed outright: nothing is left of what it ran, where the machine has what it takes."""
    if not runner._dies_with_us():
        assert "setpriv" not in runner._guarded()
        return
    words = f"run('throwaway', {simulator!r}, 'hang', parameters={{'Step': 0}}, testcase='may_fail', label='orphan-{simulator}')"
    program = f"from tests.test_runner import run; {words}"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.DEVNULL) as child:
        parent, left, deadline = psutil.Process(child.pid), [], time.time() + 120
        while not any("timeout" in process.name() for process in left):
            assert time.time() < deadline and child.poll() is None
            time.sleep(0.2)
            left = parent.children(recursive=True)
        time.sleep(1)
        left = parent.children(recursive=True)
        child.kill()
    assert len(left) > 1
    _, alive = psutil.wait_procs(left, timeout=10)
    for process in alive:
        process.kill()
    assert not alive


def test_a_process_that_fails_after_its_tests_passed_is_red(simulator, monkeypatch):
    simulate = runner.cocotb_tools.runner.Runner.test

    def test(self, *arguments, **options):
        simulate(self, *arguments, **options)
        raise RuntimeError("Command failed with return code: 1")

    monkeypatch.setattr(runner.cocotb_tools.runner.Runner, "test", test)
    with pytest.raises(BenchError, match="the process did not"):
        run("throwaway", simulator)


def test_a_filter_that_finds_nothing_is_red(simulator):
    with pytest.raises(BenchError, match="no test that 'nowhere' finds"):
        run("throwaway", simulator, testcase="nowhere")


def test_a_bench_without_tests_is_red(simulator):
    with pytest.raises(BenchError, match="has no tests"):
        run("empty", simulator)


def test_a_missing_bench_is_red(simulator):
    with pytest.raises(BenchError, match="there is no bench tests/broken/test_nowhere.py"):
        run("nowhere", simulator)


def test_a_module_that_does_not_compile_is_red(simulator):
    with pytest.raises(BenchError, match="does not build"):
        run("broken", simulator)


def test_a_missing_module_is_red():
    with pytest.raises(BenchError, match="no file srn_nowhere.sv"):
        source_files("srn_nowhere")


def test_a_missing_icarus_is_red(monkeypatch):
    monkeypatch.setattr(simulators, "find_icarus", lambda: None)
    with pytest.raises(BenchError, match="no Icarus Verilog: apt-get install iverilog"):
        run("throwaway", "icarus")


def test_the_environment_overrules_nothing(simulator, monkeypatch):
    for name, value in {"COCOTB_TEST_FILTER": "counts", "TESTCASE": "counts", "WAVES": "1"}.items():
        monkeypatch.setenv(name, value)
    result = run("throwaway", simulator, label=f"environment-{simulator}")
    assert result.tests == 3
    assert not list(result.folder.glob("*.vcd")) and not list(result.folder.glob("*.fst"))


def test_waves_are_written(simulator):
    assert run("throwaway", simulator, waves=True, label=f"waves-{simulator}").waves.stat().st_size > 0


def test_a_register_nobody_resets_is_found(simulator):
    """Icarus shows X; Verilator starts it at random, by the seed, so one of a few seeds must differ."""

    def passes(seed):
        try:
            run("throwaway", simulator, "unreset", testcase="may_fail", seed=seed)
        except BenchError:
            return False
        return True

    assert not all(passes(seed) for seed in range(8))


def test_a_top_that_is_not_empty_at_the_end_is_red(simulator):
    with pytest.raises(BenchError, match="the top is not empty at the end of the test: busy_o is 1"):
        run("throwaway", simulator, parameters={"Busy": 1})


def test_a_block_that_remembers_over_a_reset_is_red(simulator):
    """It is as it should be at the start of a simulation, so only a reset in mid-flight shows it."""
    with pytest.raises(BenchError, match="assert 1 == 0"):
        run("throwaway", simulator, "mid-flight", testcase="may_fail")


@pytest.mark.skipif("icarus" not in AVAILABLE, reason="Verilator knows no X")
def test_an_output_that_is_x_after_reset_is_red():
    with pytest.raises(BenchError, match="X after reset: never_reset_o"):
        run("throwaway", "icarus", "x")


def test_the_command_line_ends_in_failure_where_the_bench_does():
    failed = subprocess.run(
        [sys.executable, "-m", "tb.runner", "nowhere"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert failed.returncode == 1
    assert "there is no bench" in failed.stderr


def test_packages_come_first_and_the_top_last():
    names = [path.stem for path in source_files("srn_fifo")]
    assert names == ["srn_fifo"]


def test_a_bench_counts_its_parametrised_tests():
    assert len(load_bench("fifo").tests) >= 4
