"""A suite for tests/test_regress.py, to be interrupted: one test fails at once, and the last would take an hour."""

import time


def test_fails():
    raise AssertionError("planted")


def test_passes():
    assert True


def test_takes_an_hour():
    time.sleep(3600)
