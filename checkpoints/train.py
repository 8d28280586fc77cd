"""Train the small Llama that ships, on a CPU, with the deployed formats in the loop.

    pip install -r requirements-train.txt
    python train.py --work DIR                          fetches the corpus, trains, can be stopped and started again
    python evaluate.py --work DIR --out serrano-py-2m   figures, samples, and the files that ship

The model is Hugging Face's LlamaForCausalLM with tied embeddings, written out below as one function. The learning
rate is flat and then falls to zero over the last part of the time given; the formats are switched on in steps:
float, then MXFP4 weights, then also MXINT8 activations, queries, keys and values.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from corpus import BOS, prepare
from formats import mxfp4_values, mxint8_values, straight_through

CONFIG = {
    "vocab_size": 2048,
    "hidden_size": 192,
    "intermediate_size": 448,
    "num_hidden_layers": 4,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "max_position_embeddings": 512,
}
SEED = 20261123


# Model


def init_weights(config: dict, seed: int) -> dict[str, torch.Tensor]:
    """Hugging Face names -> float32 tensors, (out, in) for linears."""
    generator = torch.Generator().manual_seed(seed)
    hidden, inner, head = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    q_width, kv_width = config["num_attention_heads"] * head, config["num_key_value_heads"] * head

    def normal(rows, columns, std):
        return torch.randn(rows, columns, generator=generator) * std

    weights = {"model.embed_tokens.weight": normal(config["vocab_size"], hidden, 0.03)}
    weights["model.norm.weight"] = torch.ones(hidden)
    for layer in range(config["num_hidden_layers"]):
        name = f"model.layers.{layer}."
        small = hidden**-0.5
        weights[name + "input_layernorm.weight"] = torch.ones(hidden)
        weights[name + "post_attention_layernorm.weight"] = torch.ones(hidden)
        weights[name + "self_attn.q_proj.weight"] = normal(q_width, hidden, small)
        weights[name + "self_attn.k_proj.weight"] = normal(kv_width, hidden, small)
        weights[name + "self_attn.v_proj.weight"] = normal(kv_width, hidden, small)
        weights[name + "self_attn.o_proj.weight"] = normal(hidden, q_width, small / 4)
        weights[name + "mlp.gate_proj.weight"] = normal(inner, hidden, small)
        weights[name + "mlp.up_proj.weight"] = normal(inner, hidden, small)
        weights[name + "mlp.down_proj.weight"] = normal(hidden, inner, small / 4)
    return weights


def rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
    """x: (..., hidden) float32."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps) * weight.float()


def rotary_tables(config: dict, tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
    """cos, sin: (tokens, head_dim), the two halves equal, as Hugging Face pairs them."""
    head = config["head_dim"]
    frequency = config["rope_theta"] ** (-torch.arange(0, head, 2).float() / head)
    angle = torch.arange(tokens).float()[:, None] * frequency
    return torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """x: (batch, heads, tokens, head_dim)."""
    low, high = x.chunk(2, -1)
    return x * cos + torch.cat([-high, low], -1) * sin


def int8_by_features(x: torch.Tensor) -> torch.Tensor:
    return straight_through(mxint8_values, x)


def int8_by_tokens(x: torch.Tensor) -> torch.Tensor:
    """x: (..., tokens, dim), blocks of 32 consecutive tokens."""
    return straight_through(lambda v: mxint8_values(v.transpose(-1, -2)).transpose(-1, -2), x)


def causal_attention(q, k, v, int8=False, chunk=128) -> torch.Tensor:
    """q: (batch, kv heads, group, tokens, dim); k, v: (batch, kv heads, tokens, dim) -> the shape of q.

    Query rows of a group are rows of one product; a chunk of queries meets only the tokens up to its end. In
    training, V is quantised in whole blocks; evaluate.py has the open block as it is in use.
    """
    batch, kv_heads, group, tokens, dim = q.shape
    if int8:
        q, k, v = int8_by_features(q), int8_by_features(k), int8_by_tokens(v)
    mixed = []
    for start in range(0, tokens, chunk):
        end = start + chunk
        rows = q[:, :, :, start:end].reshape(batch, kv_heads, group * chunk, dim)
        scores = (rows @ k[:, :, :end].mT).float().view(batch, kv_heads, group, chunk, end) * dim**-0.5
        hidden = torch.arange(end) > torch.arange(start, end)[:, None]
        scores = scores.masked_fill(hidden, -math.inf)
        weights = (scores - scores.amax(-1, keepdim=True).detach()).exp()
        total = weights.sum(-1, keepdim=True)
        weights = (int8_by_features(weights) if int8 else weights / total).to(q.dtype)
        out = (weights.view(batch, kv_heads, group * chunk, end) @ v[:, :, :end]).view(*total.shape[:-1], dim)
        mixed.append((out / total).to(q.dtype) if int8 else out)
    return torch.cat(mixed, 3)


def forward(weights, config, ids, tables, int8=False, attention=causal_attention) -> torch.Tensor:
    """ids: (batch, tokens) -> the last hidden state, normed and ready for the head: (batch, tokens, hidden)."""
    batch, tokens = ids.shape
    head, kv_heads, eps = config["head_dim"], config["num_key_value_heads"], config["rms_norm_eps"]
    embedding = weights["model.embed_tokens.weight"]
    cast = int8_by_features if int8 else lambda x: x
    cos, sin = tables

    def heads(x):
        return x.view(batch, tokens, -1, head).transpose(1, 2)

    x = F.embedding(ids, embedding).float()
    for layer in range(config["num_hidden_layers"]):
        w = {n.split(".", 3)[3][:-7]: t for n, t in weights.items() if n.startswith(f"model.layers.{layer}.")}
        h = cast(rms_norm(x, w["input_layernorm"], eps).to(embedding.dtype))
        q = rotate(heads(h @ w["self_attn.q_proj"].T), cos, sin)
        k = rotate(heads(h @ w["self_attn.k_proj"].T), cos, sin)
        v = heads(h @ w["self_attn.v_proj"].T)
        h = attention(q.unflatten(1, (kv_heads, -1)), k, v, int8).flatten(1, 2)
        x = x + cast(h.transpose(1, 2).reshape(batch, tokens, -1)) @ w["self_attn.o_proj"].T
        h = cast(rms_norm(x, w["post_attention_layernorm"], eps).to(embedding.dtype))
        h = cast(F.silu(h @ w["mlp.gate_proj"].T) * (h @ w["mlp.up_proj"].T))
        x = x + h @ w["mlp.down_proj"].T
    return cast(rms_norm(x, weights["model.norm.weight"], eps).to(embedding.dtype))


def loss_of(weights, config, ids, targets, tables, int8=False) -> torch.Tensor:
    """Mean nats a token; ids and targets (batch, tokens)."""
    hidden = forward(weights, config, ids, tables, int8)
    logits = hidden.flatten(0, 1) @ weights["model.embed_tokens.weight"].T
    return F.cross_entropy(logits.float(), targets.flatten())


# Optimiser


def orthogonalise(g: torch.Tensor) -> torch.Tensor:
    """(n, rows, columns) -> nearly orthogonal matrices of the same span: Newton-Schulz, five steps (Muon)."""
    x = g.bfloat16()
    if tall := x.size(-2) > x.size(-1):
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for a, b, c in [(3.4445, -4.7750, 2.0315)] * 5:
        s = x @ x.mT
        x = a * x + (b * s + c * s @ s) @ x
    return (x.mT if tall else x).float()


def optimiser_state(weights: dict) -> dict:
    """Moments by name: `m` for all, `v` too for what Adam steps (embedding and norms)."""
    zeros = {n: torch.zeros_like(w) for n, w in weights.items()}
    return {"m": zeros, "v": {n: torch.zeros_like(w) for n, w in weights.items() if is_adam(n)}, "step": 0}


def is_adam(name: str) -> bool:
    return "norm" in name or "embed" in name


def update(weights: dict, grads: dict, state: dict, scale: float, options) -> None:
    """One step in place: Muon for the matrices, Adam for embedding and norms; scale is the schedule's factor."""
    state["step"] += 1
    step, (b1, b2) = state["step"], (0.9, 0.98)
    for name in state["v"]:
        g, m, v = grads[name], state["m"][name], state["v"][name]
        m.lerp_(g, 1 - b1)
        v.lerp_(g.square(), 1 - b2)
        rate = scale * (options.embed_rate if "embed" in name else options.norm_rate)
        weights[name] -= rate * (m / (1 - b1**step)) / ((v / (1 - b2**step)).sqrt() + 1e-10)
    momentum = 0.85 + 0.1 * min(step / 300, 1)
    shapes = {}
    for name, w in weights.items():
        if not is_adam(name):
            shapes.setdefault(tuple(w.shape), []).append(name)
    for (rows, columns), names in shapes.items():
        for name in names:
            state["m"][name].lerp_(grads[name], 1 - momentum)
        blended = torch.stack([grads[n].lerp(state["m"][n], momentum) for n in names])
        for name, direction in zip(names, orthogonalise(blended)):
            rate = scale * options.muon_rate
            weights[name].mul_(1 - rate * options.decay).sub_(direction, alpha=rate * max(1, rows / columns) ** 0.5)


# Run


def batches(tokens: np.ndarray, length: int, batch: int, seed: int):
    """Endless (ids, targets), each (batch, length): every window opens with <s>, as in use."""
    generator = np.random.default_rng(seed)
    while True:
        starts = np.arange(generator.integers(length), len(tokens) - length, length)
        generator.shuffle(starts)
        for i in range(0, len(starts) - batch + 1, batch):
            targets = np.stack([tokens[s : s + length] for s in starts[i : i + batch]]).astype(np.int64)
            ids = np.concatenate([np.full((batch, 1), BOS), targets[:, :-1]], 1)
            yield torch.from_numpy(ids), torch.from_numpy(targets)


def deployed(weights: dict, fp4: bool) -> dict:
    """bfloat16 leaves to compute with; with fp4, matrices and embedding on the MXFP4 grid (exact in bfloat16)."""
    values = {n: mxfp4_values(w) if fp4 and w.dim() == 2 else w for n, w in weights.items()}
    return {n: w.bfloat16().requires_grad_() for n, w in values.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("work"), help="corpus and state, outside the repository")
    parser.add_argument("--minutes", type=float, default=77.0, help="training time; the schedule ends with it")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--state", default="state.pt", help="file in --work to go on from and to save to")
    parser.add_argument("--config", default="{}", help="JSON, changes to CONFIG")
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--muon-rate", type=float, default=0.02)
    parser.add_argument("--embed-rate", type=float, default=0.004)
    parser.add_argument("--norm-rate", type=float, default=0.003)
    parser.add_argument("--decay", type=float, default=0.1)
    parser.add_argument("--fp4-from", type=float, default=0.4, help="share of the time after which weights are MXFP4")
    parser.add_argument("--int8-from", type=float, default=0.85, help="... activations, K and V are MXINT8 too")
    parser.add_argument("--fall-from", type=float, default=0.42, help="... the rate falls, cpython-test is left out")
    parser.add_argument("--long-from", type=float, default=0.85, help="... windows are 512 tokens, not 256")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    options.work.mkdir(parents=True, exist_ok=True)
    config = CONFIG | json.loads(options.config)
    prepare(options.work, config["vocab_size"])
    streams = {n: np.load(options.work / f"{n}.npy", mmap_mode="r") for n in ("train", "core")}
    path = options.work / options.state
    weights = init_weights(config, options.seed)
    run = {"config": config, "weights": weights, "optimiser": optimiser_state(weights), "seconds": 0.0, "tokens": 0}
    if path.exists():
        run = torch.load(path)
        weights, config = run["weights"], run["config"]
    print("parameters", sum(w.numel() for w in weights.values()), "from", run["seconds"], "s", flush=True)

    compute = loss_of if options.no_compile else torch.compile(loss_of, dynamic=False)
    tables = {length: [t.bfloat16() for t in rotary_tables(config, length)] for length in (256, 512)}
    source, key = None, None
    started = time.time() - run["seconds"]
    saved = shown = run["seconds"]
    losses = []
    while run["seconds"] < options.minutes * 60:
        share = run["seconds"] / (options.minutes * 60)
        fp4, int8 = share >= options.fp4_from, share >= options.int8_from
        length = 512 if share >= options.long_from else 256
        wanted = ("core" if share >= options.fall_from else "train", length)
        if wanted != key:
            key = wanted
            batch = options.batch_tokens // length
            source = batches(streams[key[0]], length, batch, options.seed + run["optimiser"]["step"])
        scale = min(1.0, (run["optimiser"]["step"] + 1) / 100, (1 - share) / (1 - options.fall_from))

        leaves = deployed(weights, fp4)
        loss = compute(leaves, config, *next(source), tables[length], int8)
        loss.backward()
        update(weights, {n: w.grad.float() for n, w in leaves.items()}, run["optimiser"], scale, options)

        run["tokens"] += options.batch_tokens
        run["seconds"] = time.time() - started
        losses.append(loss.item())
        if run["seconds"] - shown > 20:
            shown = run["seconds"]
            step = run["optimiser"]["step"]
            rate = f"scale {scale:.3f} window {length} fp4 {fp4:d} int8 {int8:d}"
            print(
                f"{shown:6.0f} s  step {step}  tokens {run['tokens']}  loss {np.mean(losses):.4f}  {rate}", flush=True
            )
            losses = []
        if run["seconds"] - saved > 240:
            saved = run["seconds"]
            save(run, path)
    save(run, path)


def save(run: dict, path: Path) -> None:
    torch.save(run, path.with_suffix(".part"))
    os.replace(path.with_suffix(".part"), path)


if __name__ == "__main__":
    main()
