"""The paper's forward pass of a Llama in float, one line a step, and the same with the deployed formats as the ideal tier.

With a weight format given, every matmul sees MX values (weights in that format, activations, keys, values and
probabilities MXINT8, V in blocks of 32 tokens), while all arithmetic stays in binary64.
"""

import math
from dataclasses import dataclass

import numpy as np

from models import fp32, mx


@dataclass(frozen=True)
class Llama:
    """The shape of a LlamaForCausalLM."""

    hidden: int
    feed_forward: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    vocabulary: int
    context: int  # most positions
    epsilon: float
    rope_theta: float
    rope_scaling: tuple = None  # llama3: (factor, low_freq_factor, high_freq_factor, original positions)
    tied: bool = True  # the head is the embedding

    @property
    def group(self) -> int:
        """Query heads that share a key and value head."""
        return self.heads // self.kv_heads


def rope_frequencies(c: Llama) -> np.ndarray:
    """float64 (head_size / 2,): radians a position."""
    frequency = c.rope_theta ** (-np.arange(0, c.head_size, 2) / c.head_size)
    if c.rope_scaling is None:
        return frequency
    factor, low, high, positions = c.rope_scaling
    turns = positions * frequency / (2 * math.pi)  # in the original context
    smooth = np.clip((turns - low) / (high - low), 0, 1)  # 0: slow, stretched by factor; 1: fast, as it was
    return (1 - smooth) * frequency / factor + smooth * frequency


def rope_tables(c: Llama, positions) -> tuple[np.ndarray, np.ndarray]:
    """cos, sin: float64 (positions, head_size / 2)."""
    angle = np.asarray(positions)[:, None] * rope_frequencies(c)
    return np.cos(angle), np.sin(angle)


def mx_values(x, format: str) -> np.ndarray:
    """x rounded to an MX format in blocks of 32 along the last axis (a ragged last one filled with zeros), float64."""
    x = np.asarray(x, np.float32)
    padded = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, -x.shape[-1] % mx.BLOCK)])
    blocks = fp32.bits(padded.reshape(*x.shape[:-1], -1, mx.BLOCK))
    if format == "mxfp4":
        values = mx.dequantise_fp4(*mx.quantise_fp4(blocks))
    else:
        values = mx.dequantise_int8(*mx.quantise_int8(blocks))
    return fp32.floats(values).reshape(padded.shape)[..., : x.shape[-1]].astype(np.float64)


def deployed(weights: dict, format: str) -> dict:
    """The weights with every matrix rounded to the format."""
    return {name: mx_values(w, format) if w.ndim == 2 else w for name, w in weights.items()}


def rms_norm(x, weight, epsilon):
    return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + epsilon) * weight


def rotate(x, cos, sin):
    """x: (heads, tokens, head_size); the rotated pairs are one half apart."""
    low, high = np.split(x, 2, axis=-1)
    return np.concatenate([low * cos - high * sin, high * cos + low * sin], axis=-1)


def attend(p, v):
    """p: (heads, tokens, tokens), v: (heads, tokens, head_size) -> (heads, tokens, head_size)."""
    return p @ v


def attend_in_blocks(p, v, ends):
    """attend with p and v as MXINT8 in blocks of 32 tokens; of its own block, token t sees v quantised from those below ends[t]."""
    p, tokens = mx_values(p, "mxint8"), p.shape[-1]
    open_from = np.arange(tokens) // mx.BLOCK * mx.BLOCK
    closed = mx_values(v.swapaxes(-1, -2), "mxint8").swapaxes(-1, -2)
    out = np.where(np.arange(tokens) < open_from[:, None], p, 0) @ closed
    for t in range(tokens):
        here = slice(open_from[t], ends[t])
        out[:, t] += (mx_values(v[:, here].swapaxes(-1, -2), "mxint8") @ p[:, t, here, None])[..., 0]
    return out


def group_ends(tokens: int, group: int = 1, given: int | None = None) -> np.ndarray:
    """For each token the end of the group it comes in: `group` given tokens at a time, then one by one."""
    t, given = np.arange(tokens), tokens if given is None else given
    return np.where(t < given, np.minimum(t // group * group + group, given), t + 1)


def forward(weights: dict, c: Llama, ids, format: str | None = None, ends=None, dtype=np.float64) -> np.ndarray:
    """Logits (tokens, vocabulary) of Hugging Face's tensors by name; format None, or "mxfp4" or "mxint8" for the weights.

    With a format, tokens that come together see the open block of values in one state: ends as group_ends gives them.
    """
    ends = group_ends(len(ids)) if ends is None else ends
    w = {name: np.asarray(x, dtype) for name, x in (deployed(weights, format) if format else weights).items()}
    cast = (lambda x: mx_values(x, "mxint8")) if format else (lambda x: x)
    attention = (lambda p, v: attend_in_blocks(p, v, ends)) if format else attend
    cos, sin = (table.astype(dtype) for table in rope_tables(c, np.arange(len(ids))))
    future = np.triu(np.ones((len(ids), len(ids)), bool), 1)

    def heads(x):
        return x.reshape(len(ids), -1, c.head_size).swapaxes(0, 1)

    x = w["model.embed_tokens.weight"][np.asarray(ids)]
    for layer in range(c.layers):
        at = {name.split(".", 3)[3]: m for name, m in w.items() if name.startswith(f"model.layers.{layer}.")}
        h = cast(rms_norm(x, at["input_layernorm.weight"], c.epsilon))
        q = cast(rotate(heads(h @ at["self_attn.q_proj.weight"].T), cos, sin))
        k = cast(rotate(heads(h @ at["self_attn.k_proj.weight"].T), cos, sin)).repeat(c.group, axis=0)
        v = heads(h @ at["self_attn.v_proj.weight"].T).repeat(c.group, axis=0)
        s = np.where(future, -np.inf, q @ k.swapaxes(-1, -2) / math.sqrt(c.head_size))
        p = np.exp(s - s.max(axis=-1, keepdims=True))
        o = attention(p, v) / p.sum(axis=-1, keepdims=True)
        x = x + cast(o.swapaxes(0, 1).reshape(len(ids), -1)) @ at["self_attn.o_proj.weight"].T
        h = cast(rms_norm(x, at["post_attention_layernorm.weight"], c.epsilon))
        gate, up = h @ at["mlp.gate_proj.weight"].T, h @ at["mlp.up_proj.weight"].T
        x = x + cast(gate / (1 + np.exp(-gate)) * up) @ at["mlp.down_proj.weight"].T
    h = cast(rms_norm(x, w["model.norm.weight"], c.epsilon))
    return h @ w["model.embed_tokens.weight" if c.tied else "lm_head.weight"].T


def mean_kl(logits, other) -> float:
    """Mean over positions of KL(softmax(logits) || softmax(other)) in nats."""

    def log_softmax(x):
        x = np.asarray(x, np.float64)
        x = x - x.max(axis=-1, keepdims=True)
        return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))

    a, b = log_softmax(logits), log_softmax(other)
    return float((np.exp(a) * (a - b)).sum(axis=-1).mean())
