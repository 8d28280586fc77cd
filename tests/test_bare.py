"""The plain C++ loop knows the host's registers as models/registers.py has them."""

import re

from models import registers
from tb.runner import ROOT


def test_registers():
    text = (ROOT / "tb" / "bare.cpp").read_text()
    found = re.findall(r"\b([A-Z_]+) = (0x[0-9a-f]+|1 << \d+)", text)
    assert len(found) == 9
    for name, value in found:
        assert getattr(registers, name) == eval(value), name
