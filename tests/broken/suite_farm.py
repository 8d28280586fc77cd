"""A suite for tests/test_farm.py. RAN_IN, of the workers' environment, is a folder in which each run leaves a line."""

import os
import signal
import time
from pathlib import Path

import pytest

from tb.runner import BUILD, build_and_run


def note(text):
    with open(Path(os.environ["RAN_IN"]) / "ran.txt", "a") as file:
        file.write(f"{text}\n")


def notes():
    file = Path(os.environ["RAN_IN"]) / "ran.txt"
    return file.read_text() if file.exists() else ""


@pytest.mark.seeded
def test_follows_its_seed():
    note(f"seed {os.environ['SEED']}")
    assert int(os.environ["SEED"]) > 0


def test_its_worker_dies_once():
    """The worker is the parent of the job's process."""
    first = "dies" not in notes()
    note(f"dies {os.getpid()}")
    if first:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(3600)
    assert not first


def test_fails():
    leave("farm-fails")
    raise AssertionError("planted")


def test_passes():
    leave("farm-passes")
    assert BUILD.exists()


def leave(run):
    folder = BUILD / "run" / run
    folder.mkdir(parents=True)
    for name in ("bins-1.json", "run.log", "waves.vcd"):
        (folder / name).write_text(f"{name} of {run}")


def test_fails_with_waves():
    build_and_run(
        "throwaway",
        "icarus",
        waves=True,
        package="tests.broken",
        folders=["tests/broken"],
        environment={"BREAK": "fail"},
        label="farm-throwaway",
    )


def test_the_process_is_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def test_takes_an_hour():
    note(f"hour {os.getpid()}")
    time.sleep(3600)
