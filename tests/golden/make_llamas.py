"""Write llamas.npz: small random Llamas and the logits that Hugging Face transformers gives for them.

pip install -r requirements-reference.txt
python -m tests.golden.make_llamas
"""

from pathlib import Path

import numpy as np

PATH = Path(__file__).with_name("llamas.npz")

BASE = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 32,
    "intermediate_size": 44,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "vocab_size": 64,
    "max_position_embeddings": 128,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": True,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
CASES = {
    "tied": BASE,
    "untied": BASE | {"tie_word_embeddings": False, "num_key_value_heads": 4},
    "llama3": BASE | {"rope_parameters": LLAMA3, "num_key_value_heads": 1},
    "odd": BASE | {"hidden_size": 36, "intermediate_size": 43, "head_dim": 6, "vocab_size": 61, "rms_norm_eps": 1e-6},
}
TOKENS = 40


def by_transformers(config: dict, seed: int = 1) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """(weights by name, ids, logits) of a random Llama with this config.json."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    model = LlamaForCausalLM(LlamaConfig(**{k: v for k, v in config.items() if k != "architectures"})).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            spread = 0.3 if parameter.ndim == 1 else 1.5 * parameter.shape[1] ** -0.5
            parameter.copy_((torch.randn(parameter.shape) * spread + (parameter.ndim == 1)).half().float())
        ids = torch.randint(config["vocab_size"], (TOKENS,))
        logits = model(ids[None]).logits[0].numpy()
    weights = {name: w.detach().numpy() for name, w in model.named_parameters()}
    return weights, ids.numpy(), logits


if __name__ == "__main__":
    arrays = {}
    for case, config in CASES.items():
        weights, ids, logits = by_transformers(config)
        arrays |= {f"{case}/weights/{name}": w.astype(np.float16) for name, w in weights.items()}  # exact
        arrays |= {f"{case}/ids": ids.astype(np.int32), f"{case}/logits": logits}
    np.savez_compressed(PATH, **arrays)
    print(f"{PATH}: {PATH.stat().st_size} bytes")
