"""A trained model on the instruction-set simulator: its text, and how far its likelihoods are from the float model's."""

from pathlib import Path

import pytest

from host import driver
from host.checkpoint import load
from host.generate import logits, made_tokens, pieces, prepare
from models.config import CONFIGS
from models.reference import forward, group_ends, mean_kl
from tests.replies import reply_on_both

PATH = Path(__file__).parents[2] / "shared" / "checkpoints" / "stories260k"
pytestmark = pytest.mark.skipif(not PATH.exists(), reason="needs the checkpoint stories260k, not part of the project")

TEXT = (
    "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. "
    "One day, she saw a big, red ball. She wanted to play with it, but it was too high."
)
# The float model's own text, as the first test checks
GREEDY_IDS = """
    1 403 407 261 378 432 383 286 261 376 298 315 421 395 317 426 338 401 396 267 337 410 408 419 292 411 322
    265 282 295 433 426 385 328 432 358 394 261 370 432 352 266 268 388 426 338 391 266 267 337 335 312 432 398
    312 286 267 414 270 333 415 426 13 438 310 439 419 357 336 432 313 438 310 432 278 316 439 419 298 414 267
    265 282 295 433 426 436 317 286 296 418 269 279 292 416 439 413 409 416 327 263 415 294 267 400 426 338 336
    432 313 442 391 267 337 335 364 420 268 388 432 398 359 280 303 439 413 272 417 264 312 426 436 13 438 310
    286 296 418 269 279 292 416 439 413 409 416 327 263 415 294 267 400 426 338 336 432 313 442 439 423 262 304
    420 422 432 317 426 359 279 292 416 439 413 409 416 327 263 415 294 267 400 426 436 13 438 310 279 292 416
    439 413 391 267 281 421 427 311 357 432 384
"""
GREEDY = [int(i) for i in GREEDY_IDS.split()]
MOST_KL = 0.006  # nats; everything in MXINT8 costs 0.004 in a sketch


@pytest.fixture(scope="module")
def checkpoint():
    return load(PATH)


@pytest.fixture(scope="module")
def exact(checkpoint):
    """The float model's logits on its own text."""
    return forward(checkpoint.weights, checkpoint.model, GREEDY)


def test_the_float_model_writes_what_the_checkpoint_is_known_for(checkpoint, exact):
    assert exact[:-1].argmax(axis=-1).tolist() == GREEDY[1:]
    assert checkpoint.tokenizer.decode(GREEDY).startswith(TEXT)


@pytest.mark.parametrize(
    "config, group, positions", [("tiny", None, 200), ("small", None, 200), ("base", None, 200), ("small", 1, 100)]
)
def test_likelihoods_are_near_the_float_model(checkpoint, exact, config, group, positions):
    rows = group or CONFIGS[config].rows
    scored = prepare(checkpoint, config, "mxint8", GREEDY[:positions], mode="score", group=group)
    outcome = driver.run(scored.job)
    assert outcome.result == positions
    deployed = logits(scored, outcome.memory)
    exact = exact[:positions]
    assert mean_kl(exact, deployed) <= MOST_KL
    assert (deployed.argmax(axis=-1) == exact.argmax(axis=-1)).mean() >= 0.95
    # The formats' ideal in float is nearer still: what is left is the order of additions, and other blocks by padding.
    ideal = forward(checkpoint.weights, checkpoint.model, GREEDY[:positions], "mxint8", group_ends(positions, rows))
    assert mean_kl(ideal, deployed) <= (MOST_KL if config == "base" else 1e-4)


@pytest.mark.parametrize("config", ["tiny", "small"])
def test_a_reply_is_the_text_that_the_formats_give(checkpoint, config):
    given, number = GREEDY[:6], 40
    prepared = prepare(checkpoint, config, "mxint8", given, number)
    made = []
    outcome = driver.run(prepared.job, on_token=lambda token, counters: made.append(token))
    assert outcome.result == number
    assert made == made_tokens(prepared, outcome.memory, number)
    ends = group_ends(len(given) + number, CONFIGS[config].rows, len(given))
    ideal = forward(checkpoint.weights, checkpoint.model, given + made, "mxint8", ends)
    for position, token in enumerate(made, len(given) - 1):
        # The best token, or one so near that the order of additions decides.
        assert ideal[position, token] >= ideal[position].max() - 1e-2
    text = checkpoint.tokenizer.decode(given) + "".join(pieces(checkpoint.tokenizer, made, given))
    assert text == checkpoint.tokenizer.decode(given + made)
    assert text.startswith(TEXT[:53])


def test_a_reply_on_the_rtl_is_the_simulators(checkpoint):
    prepared = prepare(checkpoint, "small", "mxint8", GREEDY[:4], 3)
    reply_on_both(prepared, "verilator", 3)
