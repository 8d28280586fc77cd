"""A model's reply on the RTL, every instruction in lockstep, against the instruction-set simulator's: tokens, memory, counters."""

from pathlib import Path

import pytest

from host.generate import prepare
from tb import simulators
from tests.llamas import random_ids, random_llama
from tests.replies import reply_on_both

SHIPPED = Path(__file__).parents[1] / "checkpoints" / "serrano-py-2m"
CASES = [("verilator", "small", "mxfp4")]
if simulators.find_icarus():  # conftest.py says so at the end where there is none
    CASES.append(("icarus", "tiny", "mxint8"))


@pytest.mark.parametrize("simulator, config, weights", CASES)
def test_a_tiny_model_replies_alike(simulator, config, weights):
    checkpoint = random_llama(hidden=32, feed_forward=32, layers=1, heads=2, kv_heads=1, head_size=16, vocabulary=64)
    prepared = prepare(checkpoint, config, weights, random_ids(checkpoint.model, 2), 2)
    assert reply_on_both(prepared, simulator, 2).result == 2


@pytest.mark.parametrize("weights", ["mxfp4", "mxint8"])
def test_the_shipped_model_replies_alike(weights):
    prepared = prepare(SHIPPED, "small", weights, "def add(a, b):", 3)
    rtl = reply_on_both(prepared, "verilator", 3)
    beats = rtl.counters["stream_beat"] / rtl.counters["cycles"]
    assert beats > 0.5, "the weight stream waits more than it runs"
