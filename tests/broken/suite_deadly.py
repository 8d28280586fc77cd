"""A suite for tests/test_regress.py, whose tests end in every way but a good one."""

import os
import signal
import time

import pytest

from tb.runner import build_and_run


@pytest.mark.seeded
def test_the_worker_is_killed():
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("how", ["crash", "hang"])
def test_the_simulator_ends_badly(how):
    build_and_run(
        "throwaway",
        "icarus",
        {"Step": 0},
        testcase="may_fail",
        package="tests.broken",
        folders=["tests/broken"],
        environment={"BREAK": how},
        label=f"deadly-{how}-{os.getpid()}",
    )


def test_that_never_ends():
    time.sleep(1000)


def test_that_is_well():
    assert True
