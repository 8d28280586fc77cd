"""What speed is measured against: the plain C++ loop knows the host's registers, and a run without monitors is one without."""

import re

import pytest

from models import registers
from tb import unwatched
from tb.runner import ROOT


def test_registers():
    text = (ROOT / "tb" / "bare.cpp").read_text()
    found = re.findall(r"\b([A-Z_]+) = (0x[0-9a-f]+|1 << \d+)", text)
    assert len(found) == 9
    for name, value in found:
        assert getattr(registers, name) == eval(value), name


@pytest.mark.parametrize("name", unwatched.MONITORS)
def test_what_is_not_watched_has_the_monitor_s_ports_alone(name):
    text = (ROOT / "tb" / f"{name}.sv").read_text().partition("\n);")[0]
    hollow = unwatched.hollow((ROOT / "tb" / f"{name}.sv").read_text())
    ports = re.findall(r"^ *(?:input|output) .*$", text, re.MULTILINE)
    assert ports and ports == re.findall(r"^ *(?:input|output) .*$", hollow, re.MULTILINE)
    assert not re.search(r"\b(always|always_ff|initial|assert)\b", hollow)
    assert hollow.count("assign") == sum("output" in port for port in ports)
