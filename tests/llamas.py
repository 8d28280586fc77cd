"""Small Llamas with seeded random weights, for tests."""

import numpy as np

from host.checkpoint import Checkpoint, tensor_shapes
from models.reference import Llama

SMALL = {
    "hidden": 64,
    "feed_forward": 96,
    "layers": 2,
    "heads": 4,
    "kv_heads": 2,
    "head_size": 32,
    "vocabulary": 100,
    "context": 256,
    "epsilon": 1e-5,
    "rope_theta": 10000.0,
}


def random_llama(seed: int = 1, end_tokens: tuple = (), **shape) -> Checkpoint:
    """SMALL with changes. Weights are normal with a spread that keeps activations near 1 and attention peaked."""
    model = Llama(**(SMALL | shape))
    rng = np.random.default_rng(seed)
    weights = {}
    for name, size in tensor_shapes(model).items():
        spread = 0.3 if len(size) == 1 else size[1] ** -0.5 * (1.5 if "proj" in name else 1)
        weights[name] = (rng.normal(size=size) * spread + (len(size) == 1)).astype(np.float32)
    weights["model.embed_tokens.weight"] *= 4
    return Checkpoint(model, weights, end_tokens)


def random_ids(model: Llama, tokens: int, seed: int = 2) -> list[int]:
    return np.random.default_rng(seed).integers(0, model.vocabulary, tokens).tolist()
