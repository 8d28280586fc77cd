"""Several channels behind one port: the chip with four of them, the peak that shares are of, and the sentences of what cannot be."""

from fractions import Fraction

import numpy as np
import pytest

from host import driver, estimate
from host.errors import SerranoError
from host.launch import launch
from models.config import CONFIGS
from tb.dram_presets import PRESETS, settings
from tb.simulators import find_icarus


def double(t, x, y):
    v = t.vmem(x.cols, x.rows)
    t.load(v, x)
    t.vector(v, v, mul=2.0)
    t.store(y, v)


def test_the_chip_runs_with_four_channels():
    """In lockstep; a build of its own, since two channels are built otherwise."""
    x = np.arange(64 * 32, dtype=np.float32).reshape(64, 32)
    simulator = "icarus" if find_icarus() else "verilator"  # which builds longer
    (y,) = launch(double, [x], [x.shape], "tiny", "rtl", simulator=simulator, memory="hbm3 channels=4")
    assert np.array_equal(y, 2 * x)


def test_more_channels_are_built_only_where_they_are_asked_for():
    for memory in ("ideal", *PRESETS, "hbm3 channels=2"):
        assert "DramChannels" not in driver.parameters(CONFIGS["small"], memory)
    assert driver.parameters(CONFIGS["small"], "hbm3 channels=8")["DramChannels"] == 8


@pytest.mark.parametrize("memory", PRESETS)
@pytest.mark.parametrize("channels", [1, 2, 4, 8])
def test_the_peak_is_that_of_the_slower(memory, channels):
    """At the clock that is chosen without a word both are equal; at half of it the port is slower, at twice that the channels."""
    name = f"{memory} channels={channels}"
    chosen = settings(name, 32)
    rate = Fraction(PRESETS[memory].rate * PRESETS[memory].width * channels, 8000)  # GB/s
    assert chosen.clock * 32 == rate and chosen.peak == 1
    assert estimate.memory_of(name, 32)[0].share == estimate.LINEAR[memory]
    faster = settings(f"{name} clock={2 * chosen.clock}", 32)
    assert faster.peak == Fraction(1, 2) and "that of the channels" in str(faster)
    assert estimate.memory_of(f"{name} clock={2 * chosen.clock}", 32)[0].share == estimate.LINEAR[memory] / 2
    if channels > 1:
        slower = settings(f"{name} clock={chosen.clock / 2}", 32)
        assert slower.peak == 1 and "that of the port" in str(slower)


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        ("hbm3 channels=3", "3 channels, where a port has 1, 2, 4 or 8"),
        ("hbm3 channels=16", "16 channels, where a port has 1, 2, 4 or 8"),
        (
            "hbm3 clock=1",
            "takes 1.25 ns, which are 1.25 clocks at 1 GHz and must be a whole number of them: clock=0.8 or",
        ),
        ("hbm3 clock=0", "0 is not a number, above 0, in GHz"),
        ("hbm3 clock=fast", "fast is not a number, above 0, in GHz"),
        ("ideal channels=4", "the ideal memory has no timings to change"),
    ],
)
def test_what_cannot_be_is_refused(memory, said):
    with pytest.raises(SerranoError, match=said):
        settings(memory, 32)
