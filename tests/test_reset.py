"""What the registers and memories hold when the power comes changes nothing: one program, many random initial states."""

import numpy as np

from host import driver
from host.generate import prepare
from tests.llamas import random_ids, random_llama

SEEDS = range(1, 7)


def test_every_initial_state_gives_the_same():
    """Result, tokens, memory and all counters, cycles among them; each run in lockstep."""
    checkpoint = random_llama(hidden=32, feed_forward=32, layers=1, heads=2, kv_heads=1, head_size=16, vocabulary=64)
    prepared = prepare(checkpoint, "tiny", "mxint8", [random_ids(checkpoint.model, 5)], [3])
    steps, outcomes = [], []
    for seed in SEEDS:
        made = []
        outcomes.append(
            driver.run(prepared.job, "rtl", seed=seed, on_step=lambda step, _, made=made: made.append(step))
        )
        steps.append(made)
    first = outcomes[0]
    assert first.halt is None and first.counters["cycles"] > 0 and first.compared == first.counters["instructions"]
    assert len(steps[0]) == first.result == 3
    for seed, made, outcome in zip(SEEDS, steps, outcomes, strict=True):
        assert made == steps[0], f"seed {seed}"
        assert (outcome.result, outcome.halt, outcome.counters) == (first.result, first.halt, first.counters), (
            f"seed {seed}"
        )
        assert np.array_equal(outcome.memory, first.memory), f"seed {seed}"
