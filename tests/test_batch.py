"""Sequences that decode together against each by itself: tokens, and the bits of every logit that chose them.

Varied: how many, which, how long the prompts and replies are, where a value's block and a chunk of context end, what stays
in local memory, and the chip.
"""

import numpy as np
import pytest

from host import driver
from host.errors import SerranoError
from host.generate import made_tokens, prepare
from host.layout import Choice
from models.config import CONFIGS
from models.simulator import Simulator
from tb import simulators
from tests.llamas import random_ids, random_llama

CHOICE = Choice(64, 3, 48, True, True)


def prompts(checkpoint, lengths):
    return [random_ids(checkpoint.model, length, seed=10 + i) for i, length in enumerate(lengths)]


def reply(checkpoint, config, given, tokens, choice=CHOICE, context=128):
    """Of each sequence: the tokens, the logits that chose each."""
    prepared = prepare(checkpoint, config, "mxint8", given, tokens, choice=choice, context=context)
    layout, vocabulary = prepared.layout, checkpoint.model.vocabulary
    slots = prepared.job.slots
    made, logits = [[] for _ in given], [[] for _ in given]
    chip = Simulator(prepared.job.config, prepared.job.image)
    chip.start(0, prepared.job.program_length)
    rows = []
    while chip.result is None:
        before, done = list(chip.registers), chip.step()
        code = done.instruction
        if code.name == "matmul" and in_head(layout, code, before):
            rows.append(done.writes.vmem[1].reshape(before[code.fields["rows_reg"]], -1))
        if code.name == "signal":
            whole = np.concatenate(rows, axis=1)
            assert whole.shape[1] == vocabulary
            rows = []
            live = slots.live()
            assert len(whole) == len(live)
            for (sequence, token), row in zip(slots.take_step(lambda beat: word(chip, beat)), whole, strict=True):
                made[sequence].append(token)
                logits[sequence].append(row)
    assert not slots.live() and chip.result == max(map(len, made))
    for sequence, ids in enumerate(made):
        assert made_tokens(prepared, chip.dram, len(ids), sequence) == ids
    return made, logits


def in_head(layout, code, registers) -> bool:
    dram = (code.fields["dram"] + registers[code.fields["dram_reg"]]) & 0xFFFFFFFF
    return layout.output.address <= dram < layout.final_norm.address


def word(chip, beat) -> int:
    first = beat * chip.config.port_bytes
    return int(chip.dram[first : first + 4].view("<u4")[0])


def check(checkpoint, config, lengths, tokens, **options):
    """A batch is what its sequences are alone."""
    given = prompts(checkpoint, lengths)
    made, logits = reply(checkpoint, config, given, tokens, **options)
    for ids, limit, tokens_made, rows in zip(given, tokens, made, logits, strict=True):
        alone, alone_rows = reply(checkpoint, config, [ids], [limit], **options)
        assert tokens_made == alone[0]
        assert np.array_equal(rows, alone_rows[0])
    return made


def test_every_row_of_base():
    check(random_llama(), "base", [1 + 5 * i % 37 for i in range(16)], [1 + 3 * i % 7 for i in range(16)])


def test_neighbours_do_not_matter():
    """The same sequence first, in the middle and last, with others of any length."""
    checkpoint = random_llama()
    given = prompts(checkpoint, [9, 33, 20, 2])
    results = []
    for order in ([0, 1, 2], [3, 0], [1, 3, 2, 0]):
        made, logits = reply(checkpoint, "small", [given[i] for i in order], [7] * len(order))
        results.append((made[order.index(0)], np.array(logits[order.index(0)])))
    for made, logits in results[1:]:
        assert made == results[0][0] and np.array_equal(logits, results[0][1])


def test_sequences_end_at_an_end_token():
    """In every order, so that those behind move up; the one that is left goes on alone."""
    checkpoint = random_llama()
    lengths, tokens = [5, 31, 12, 8], [14] * 4
    free = check(checkpoint, "small", lengths, tokens)
    ends = (free[2][1], free[0][5])
    made = check(random_llama(end_tokens=ends), "small", lengths, tokens)
    for with_ends, without in zip(made, free, strict=True):
        cut = next((i + 1 for i, token in enumerate(without) if token in ends), len(without))
        assert with_ends == without[:cut]
    assert len({len(ids) for ids in made}) > 2


@pytest.mark.parametrize(
    "shape", [{"heads": 9, "kv_heads": 1}, {"heads": 3, "kv_heads": 3}, {"head_size": 20}, {"vocabulary": 5}]
)
def test_shapes(shape):
    check(random_llama(**shape), "small", [5, 31, 12], [4, 6, 2])


def test_what_cannot_be_is_said():
    checkpoint = random_llama()
    for given, tokens, sentence in (
        ([[1]] * 9, 2, "9 sequences are more than the 8 rows of CONFIG=small"),
        ([[1], []], 2, "the prompt has no tokens"),
        ([[1], [2]], [3, 0], "0 tokens are no reply"),
        ([[1], [2] * 250], 10, "250 tokens and 10 to come do not fit the context of 256"),
    ):
        with pytest.raises(SerranoError, match=sentence):
            prepare(checkpoint, "small", "mxint8", given, tokens)


@pytest.mark.parametrize("number", range(1, 9))
def test_any_number_of_sequences(number):
    lengths = [5, 31, 1, 8, 33, 17, 2, 40][:number]
    check(random_llama(), "small", lengths, [6, 3, 9, 1, 5, 8, 2, 7][:number])


@pytest.mark.parametrize("config, norms", [("tiny", False), ("small", True), ("base", False)])
def test_blocks_and_chunks_end_at_different_times(config, norms):
    """Positions cross 32 and 64 tokens, each sequence at another step, with open blocks in DRAM."""
    rows = min(CONFIGS[config].rows, 4)
    choice = Choice(32, 3, 48, norms, False)
    check(random_llama(), config, [30, 61, 17, 94][:rows], [20, 6, 40, 12][:rows], choice=choice)


RTL = [("verilator", "tiny", 2), ("verilator", "small", 5)]
if simulators.find_icarus():  # conftest.py says so at the end where there is none
    RTL.append(("icarus", "tiny", 2))


@pytest.mark.parametrize("simulator, config, number", RTL)
def test_the_rtl_does_the_same(simulator, config, number):
    """In lockstep; the tokens as they come are those of the simulator, whose sequences are what they are alone."""
    checkpoint = random_llama(hidden=32, feed_forward=32, layers=1, heads=2, kv_heads=1, head_size=16, vocabulary=64)
    given, tokens = prompts(checkpoint, [3, 31, 6, 1, 9][:number]), [2, 3, 1, 2, 4][:number]
    prepared = prepare(checkpoint, config, "mxint8", given, tokens)
    expected, steps = [], []
    driver.run(prepared.job, on_step=lambda step, _: expected.append(step))
    outcome = driver.run(prepared.job, "rtl", simulator=simulator, on_step=lambda step, _: steps.append(step))
    assert outcome.halt is None and outcome.compared == outcome.counters["instructions"] > 0
    assert steps == expected and len(steps) == outcome.result == max(tokens)
    for sequence, (ids, limit) in enumerate(zip(given, tokens, strict=True)):
        alone, _ = reply(
            checkpoint, config, [ids], [limit], choice=prepared.layout.choice, context=prepared.layout.context
        )
        assert [token for step in steps for number, token in step if number == sequence] == alone[0]
