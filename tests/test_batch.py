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
            addresses, values = done.writes.vmem
            rows.append(values.reshape(before[code.fields["rows_reg"]], -1))
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


@pytest.mark.parametrize("number", range(1, 9))
def test_any_number_of_sequences(number):
    lengths = [5, 31, 1, 8, 33, 17, 2, 40][:number]
    check(random_llama(), "small", lengths, [6, 3, 9, 1, 5, 8, 2, 7][:number])


@pytest.mark.parametrize("norms, open_blocks", [(True, False), (False, False)])
@pytest.mark.parametrize("config", ["tiny", "small", "base"])
def test_blocks_and_chunks_end_at_different_times(config, norms, open_blocks):
    """Positions cross 32 and 64 tokens, each sequence at another step, with open blocks in DRAM."""
    rows = min(CONFIGS[config].rows, 4)
    choice = Choice(32, 3, 48, norms, open_blocks)
    check(random_llama(), config, [30, 61, 17, 94][:rows], [20, 6, 40, 12][:rows], choice=choice)
