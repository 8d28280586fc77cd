"""A suite for tests/test_regress.py: short, with seeds and without, and a failure that one kind of seed brings."""

import os
from pathlib import Path

import pytest


def note(text):
    """Each run leaves a line, so that none is lost and none counted twice."""
    with open(Path(os.environ["SRN_REGRESS"]) / "ran.txt", "a") as file:
        file.write(f"{text}\n")


@pytest.mark.seeded
@pytest.mark.parametrize("number", range(3))
def test_follows_its_seed(number):
    note(f"{number} {os.environ['SEED']}")
    assert int(os.environ["SEED"]) > 0


def test_follows_none():
    note("none")
    assert True


@pytest.mark.seeded
def test_fails_for_odd_seeds():
    assert int(os.environ["SEED"]) % 2 == 0, "the seed is odd"
