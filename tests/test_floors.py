"""Cycles repeat exactly, so no change may make one of these workloads slower without saying so in host/bench/floors.json."""

from dataclasses import replace

import pytest

from host.bench import floors, memory

QUICK = [memory.stream_rows, memory.sixteenth_rows]


@pytest.mark.parametrize("rows", QUICK, ids=lambda rows: rows.__name__)
def test_cycles_do_not_rise(rows):
    found = rows()
    measured = [one for row in found for one in row.measured]
    assert measured and not floors.slower(measured)
    assert all(row.reached for row in found)
    for one in measured:
        assert sum(one.causes.values()) == one.cycles
        assert abs(one.error) <= 0.03


def test_a_cycle_more_is_told():
    (row,) = memory.sixteenth_rows()
    (one,) = row.measured
    most = floors.read()[floors.key(one)]
    assert not floors.slower([replace(one, cycles=most)])
    assert floors.slower([replace(one, cycles=most + 1)]) == [
        f"{floors.key(one)}: {most + 1} cycles, its floor is {most}"
    ]
    assert "no floor yet" in floors.slower([replace(one, name="another")])[0]
