"""The float reference against logits that Hugging Face transformers gave (live: test_transformers.py), and its formats."""

import numpy as np
import pytest

from host.checkpoint import read_model
from models.reference import Llama, forward, mean_kl, mx_values, rope_frequencies
from tests.golden.make_llamas import CASES, PATH
from tests.near import near

TOLERANCE = 1e-3  # of logits between about -6 and 6, computed in binary32 there


@pytest.mark.parametrize("case", CASES)
def test_logits_equal_those_stored(case):
    stored = np.load(PATH)
    at = f"{case}/weights/"
    weights = {name.removeprefix(at): stored[name] for name in stored.files if name.startswith(at)}
    logits = forward(weights, read_model(CASES[case]), stored[f"{case}/ids"])
    assert np.abs(stored[f"{case}/logits"]).max() > 3  # not a comparison of noise
    near(logits, stored[f"{case}/logits"], atol=TOLERANCE)


def test_llama3_scaling_leaves_fast_turns_and_stretches_slow_ones():
    c = Llama(64, 64, 1, 1, 1, 64, 8, 131072, 1e-5, 500000.0, (8.0, 1.0, 4.0, 8192.0))
    plain = rope_frequencies(Llama(64, 64, 1, 1, 1, 64, 8, 131072, 1e-5, 500000.0))
    ratio = rope_frequencies(c) / plain
    assert ratio[0] == 1 and ratio[-1] == 1 / 8 and np.all(np.diff(ratio) <= 0)


def test_mx_values_are_what_the_specification_says():
    x = np.zeros(40)
    x[:4], x[33] = [1.0, 0.26, -0.0039, 6.0], 100.0
    assert mx_values(x, "mxint8")[:4].tolist() == [1.0, 0.25, 0.0, 6.0]  # steps of 1/16
    assert mx_values(x, "mxint8")[33] == 100.0
    assert mx_values(x, "mxfp4")[:4].tolist() == [1.0, 0.5, 0.0, 6.0]  # 0.26 is nearer to 0.5 than to 0
    assert mx_values(x, "mxfp4")[33] == 96.0


def test_mean_kl():
    a = np.log([[0.5, 0.5], [0.9, 0.1]])
    b = np.log([[0.25, 0.75], [0.9, 0.1]])
    assert np.isclose(mean_kl(a + 3, b - 1), (0.5 * np.log(2) + 0.5 * np.log(2 / 3)) / 2)
