"""What a run says at its end: how many cocotb tests ran, which half did not for want of Icarus, and what was skipped."""

import os
import signal

import pytest

from tb import simulators

# What takes minutes begins first, so that no worker is left alone with it at the end.
LONGEST = (
    "test_bench[system-icarus",
    "test_bench[hangs-icarus",
    "test_debugging.py::",
    "test_bench[dram-icarus",
    "test_bench[vector-icarus",
    "test_batch.py::test_the_rtl",
)

os.environ.setdefault("COVERAGE", "line")  # here every simulation counts lines and branches (tb/coverage.py)

# A skip that is not named here fails the run. Test file -> why it may be skipped.
EXPECTED_SKIPS = {
    "tests/test_stories260k.py": "needs the checkpoint stories260k, which is not part of the project",
    "tests/test_transformers.py": "needs torch and transformers: pip install -r requirements-reference.txt",
}


def pytest_configure(config):
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # begun by `&` in a script: what tests start would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.environ.get("CI") == "true" and simulators.find_icarus() is None:
        raise pytest.UsageError(f"CI needs Icarus Verilog: {simulators.ICARUS_INSTALL}")


def pytest_collection_modifyitems(items):
    def place(item):
        return next((number for number, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST))

    items.sort(key=place)


def _reports(config, outcome):
    """The reports of a whole session; nothing inside an xdist worker, which sees only its part."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return reporter.stats.get(outcome, []) if reporter and not hasattr(config, "workerinput") else []


def _unexpected_skips(config):
    return [report for report in _reports(config, "skipped") if report.nodeid.split("::")[0] not in EXPECTED_SKIPS]


def pytest_sessionfinish(session):
    if _unexpected_skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    say = terminalreporter.write_line
    for report in _unexpected_skips(config):
        say(f"Skipped, which tests/conftest.py does not expect, so the run has failed: {report.nodeid}")
    counts = [
        len(value)
        for report in _reports(config, "passed")
        for name, value in report.user_properties
        if name == "cocotb"
    ]
    if counts:
        say(f"{sum(counts)} cocotb tests passed in {len(counts)} simulations")
    if simulators.find_icarus() is None:
        say(
            "The Icarus half of the benches was not run: there is no Icarus Verilog here. "
            f"To have it: {simulators.ICARUS_INSTALL}"
        )
