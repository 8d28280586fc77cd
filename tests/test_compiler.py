"""Compiled random Llamas on the instruction-set simulator against the float reference with the same formats.

Varied: the chip, weight formats, groups of heads, odd sizes, rotary scaling, what stays in local memory, chunks of context.
"""

import numpy as np
import pytest

from host import driver
from host.generate import logits, made_tokens, place_requests, prepare
from host.layout import Choice
from models.config import CONFIGS
from models.reference import forward, group_ends, mean_kl
from tests.llamas import random_ids, random_llama

TOKENS = 45  # more than a block, and a multiple of nothing
NEAR = 3e-3  # nats: roundings that fall the other way; the formats themselves cost ten times as much


def compare(config, shape, format="mxint8", group=None, choice=None, tokens=TOKENS) -> tuple[float, float]:
    """KL of the chip from the ideal with formats, and of that from float."""
    checkpoint = random_llama(**shape)
    ids = random_ids(checkpoint.model, tokens)
    scored = prepare(checkpoint, config, format, ids, mode="score", group=group, choice=choice)
    outcome = driver.run(scored.job)
    assert outcome.result == tokens
    ends = group_ends(tokens, group or CONFIGS[config].rows)
    ideal = forward(checkpoint.weights, checkpoint.model, ids, format, ends)
    exact = forward(checkpoint.weights, checkpoint.model, ids)
    return mean_kl(ideal, logits(scored, outcome.memory)), mean_kl(exact, ideal)


SHAPES = {
    "plain": {},
    "one layer": {"layers": 1},
    "untied": {"tied": False},
    "llama3 scaling": {"rope_scaling": (8.0, 1.0, 4.0, 32)},
    "groups of 1": {"heads": 2},
    "groups of 3": {"heads": 6},
    "groups of 4, one key head": {"kv_heads": 1},
    "groups of 9": {"heads": 9, "kv_heads": 1},  # more than the rows of small
    "three key heads": {"heads": 3, "kv_heads": 3},
    "heads of 64": {"head_size": 64},
    "heads of 80": {"head_size": 80},  # not whole blocks
    "vocabulary of one tile": {"vocabulary": 5},
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("config", ["tiny", "small"])
def test_shapes(config, shape):
    distance, cost = compare(config, SHAPES[shape])
    assert distance <= NEAR < cost or distance <= cost / 3


ODD = {"hidden": 50, "feed_forward": 77, "head_size": 20, "vocabulary": 61}


@pytest.mark.parametrize("config", CONFIGS)
def test_sizes_that_are_multiples_of_nothing(config):
    distance, cost = compare(config, ODD)
    if config == "tiny":  # halves of 10 become 12 and the head 24, within one block
        assert distance <= NEAR
    assert distance <= cost / 3  # elsewhere padding moves the borders of blocks


@pytest.mark.parametrize("config", CONFIGS)
def test_mxfp4_weights(config):
    distance, cost = compare(config, {"seed": 3}, "mxfp4")
    assert distance <= NEAR and cost > 0.1


@pytest.mark.parametrize("group", [1, 4])
def test_smaller_groups_of_given_tokens(group):
    distance, _ = compare("small", {}, group=group, tokens=40)
    assert distance <= NEAR


@pytest.mark.parametrize("norms, open_blocks", [(True, True), (True, False), (False, False)])
@pytest.mark.parametrize("config", ["tiny", "small"])
def test_chunks_of_context_and_what_does_not_stay(config, norms, open_blocks):
    choice = Choice(32, 3, 48, norms, open_blocks)
    distance, cost = compare(config, {}, choice=choice)
    assert distance <= cost / 3  # a chunk's probabilities are quantised against the largest so far


def test_many_chunks_of_context():
    """The third chunk and later ones start from what the ones before left, not from the first alone."""
    distance, cost = compare("small", {"layers": 1}, choice=Choice(32, 3, 48, True, True), tokens=150)
    assert distance <= cost / 3


def test_where_things_stay_changes_no_bit():
    checkpoint = random_llama()
    ids = random_ids(checkpoint.model, TOKENS)
    scores = []
    for norms, open_blocks, vocabulary in ((True, True, 16), (True, False, 48), (False, False, 112)):
        choice = Choice(64, 4, vocabulary, norms, open_blocks)
        scored = prepare(checkpoint, "small", "mxint8", ids, mode="score", choice=choice)
        scores.append(logits(scored, driver.run(scored.job).memory))
    assert np.array_equal(scores[0], scores[1]) and np.array_equal(scores[0], scores[2])


def reply(checkpoint, config, ids, tokens, **options):
    prepared = prepare(checkpoint, config, "mxint8", ids, tokens, **options)
    made = []
    outcome = driver.run(prepared.job, on_token=lambda token, counters: made.append(token))
    assert made == made_tokens(prepared, outcome.memory, outcome.result)
    return made, outcome


def is_best(checkpoint, config, ids, made) -> bool:
    """Each token made is the ideal's best, or nearly."""
    ends = group_ends(len(ids) + len(made), CONFIGS[config].rows, len(ids))
    ideal = forward(checkpoint.weights, checkpoint.model, ids + made, "mxint8", ends)[len(ids) - 1 : -1]
    return all(row[token] >= row.max() - 0.05 for row, token in zip(ideal, made, strict=True))


@pytest.mark.parametrize("given", [1, 2, 8, 9, 31, 33])
@pytest.mark.parametrize("config", ["tiny", "small"])
def test_a_reply_is_greedy(config, given):
    checkpoint = random_llama()
    ids = random_ids(checkpoint.model, given)
    made, _ = reply(checkpoint, config, ids, 12)
    assert len(made) == 12 and is_best(checkpoint, config, ids, made)


def test_a_reply_is_what_scoring_it_says():
    """Across chunks of context and blocks of values, token for token the best of the logits that scoring stores."""
    checkpoint, choice = random_llama(), Choice(32, 2, 32, True, True)
    made, _ = reply(checkpoint, "small", [7], 70, choice=choice)
    scored = prepare(checkpoint, "small", "mxint8", [7, *made], mode="score", group=1, choice=choice)
    best = logits(scored, driver.run(scored.job).memory).argmax(axis=-1)
    assert len(made) == 70 and best[:-1].tolist() == made


@pytest.mark.parametrize("which", [0, 1])
def test_a_reply_stops_at_an_end_token(which):
    ids = random_ids(random_llama().model, 10)
    made, _ = reply(random_llama(), "small", ids, 12)
    end = made[5]
    ends = (99, end) if which else (end, 99)
    stopped, outcome = reply(random_llama(end_tokens=ends), "small", ids, 12)
    assert stopped == made[: made.index(end) + 1] and outcome.result == len(stopped)


def test_the_lowest_of_equal_tokens_wins():
    checkpoint = random_llama(vocabulary=96, tied=False)
    head = checkpoint.weights["lm_head.weight"]
    head[:] = np.abs(head) * 0.01
    checkpoint.weights["model.norm.weight"][:] = 1
    head[[20, 21, 70]] = checkpoint.weights["model.embed_tokens.weight"][5] * 100
    ids = [5]
    made, _ = reply(checkpoint, "tiny", ids, 3, choice=Choice(32, 4, 16, True, True))
    assert 21 not in made and 70 not in made and 20 in made


def test_a_run_goes_on_from_a_whole_block_of_an_earlier_one():
    checkpoint = random_llama()
    ids = random_ids(checkpoint.model, 45)
    expected, _ = reply(checkpoint, "small", ids, 5)
    prepared = prepare(checkpoint, "small", "mxint8", ids, 5)
    job = prepared.job
    place_requests(prepared.layout, job.image, [ids[:36]], [1])
    job.image = driver.run(job).memory
    place_requests(prepared.layout, job.image, [ids], [5], first=32)
    outcome = driver.run(job)
    assert made_tokens(prepared, outcome.memory, outcome.result) == expected


def test_a_long_context_needs_no_longer_program():
    lengths = set()
    for context in (600, 5000):
        prepared = prepare(random_llama(context=8192), "small", "mxint8", [1], 2, context=context)
        lengths.add(len(prepared.program.instructions))
        assert prepared.layout.choice.chunk == 512
    more_layers = prepare(random_llama(context=8192, layers=9), "small", "mxint8", [1], 2, context=5000)
    lengths.add(len(more_layers.program.instructions))
    assert len(lengths) == 1


def test_every_instruction_knows_its_kernel():
    program = prepare(random_llama(), "tiny", "mxfp4", [1], 2).program
    listing = program.listing().splitlines()
    assert len(listing) == len(program.instructions) and all("reply" in line for line in listing)
    assert any("layer/attention/_soften" in line and "f=exp2" in line for line in listing)
