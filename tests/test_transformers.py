"""The float reference against Hugging Face transformers as it is installed; test_reference.py has stored logits of it."""

import pytest

from host.checkpoint import read_model
from models.reference import forward
from tests.golden.make_llamas import CASES, by_transformers
from tests.near import near
from tests.test_reference import TOLERANCE

pytest.importorskip("torch", reason="needs torch and transformers: pip install -r requirements-reference.txt")
pytest.importorskip("transformers", reason="needs torch and transformers: pip install -r requirements-reference.txt")


@pytest.mark.parametrize("case", CASES)
def test_logits_equal_those_of_transformers(case):
    weights, ids, logits = by_transformers(CASES[case], seed=2)
    near(forward(weights, read_model(CASES[case]), ids), logits, atol=TOLERANCE)
