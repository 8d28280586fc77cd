"""Export what ships and measure it: float and deployed bits a byte on the held-out files, samples, the directory.

    python evaluate.py --work DIR --out serrano-py-2m            writes the directory, then measures it as written
    python evaluate.py --work DIR --out serrano-py-2m --interim  writes the directory only

Windows: each file alone, cut into runs of 512 tokens; a window reads <s> and the first 511 tokens of its run and
every token of the run is scored once. Bits a byte are over all bytes of the texts; no end-of-text token is scored.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from corpus import BOS, EOS
from formats import BLOCK, mxfp4_values, mxint8_values, open_block_values
from train import causal_attention, forward, rotary_tables

WINDOW = 512
SAMPLE_BYTES, SAMPLE_FILE_BYTES = 65536, 16384  # held-out files no longer than the second, in hash order, to the first
PROMPTS = [
    "def fibonacci(n):",
    "class Stack:\n    def __init__(self",
    "import os\n\ndef read_lines(path):\n",
    "import numpy as np\n\ndef mean(x, axis=None):",
    "def test_add():",
    "class Node:\n    def __init__(self, value",
    "def is_prime(n):",
    "import unittest\n\nclass TestString(unittest.TestCase):",
    "import networkx as nx\n\ndef test_path():",
    "try:\n    import json",
    "for i in range(10):",
    "from sympy import symbols\n\nx, y = symbols('x y')\n",
    "def main():\n    parser = argparse.ArgumentParser(",
    "if __name__ == '__main__':",
    'def add(a, b):\n    """Return',
    "class Point:",
]


def deployed_attention(q, k, v, int8=True) -> torch.Tensor:
    """As the chip does it; shapes as in train.causal_attention, tokens a multiple of 32, float32.

    Q and K are quantised along the head, exp(s - max) along tokens, V along blocks of 32 tokens, where the open block
    is quantised from the tokens present so far. The divisor is the sum of the exponentials before they are quantised.
    """
    batch, heads, group, tokens, dim = q.shape
    q, k, opened = mxint8_values(q), mxint8_values(k), open_block_values(v)
    closed = mxint8_values(v.mT).mT
    future = torch.ones(BLOCK, BLOCK, dtype=torch.bool).triu(1)
    mixed = []
    for block in range(tokens // BLOCK):
        start, end = block * BLOCK, (block + 1) * BLOCK
        rows = q[:, :, :, start:end].reshape(batch, heads, group * BLOCK, dim)
        scores = (rows @ k[:, :, :end].mT).view(batch, heads, group, BLOCK, end) * dim**-0.5
        scores[..., start:].masked_fill_(future, -math.inf)
        weights = (scores - scores.amax(-1, keepdim=True)).exp()
        total = weights.sum(-1, keepdim=True)
        weights = mxint8_values(weights)
        before = weights[..., :start].reshape(batch, heads, group * BLOCK, start) @ closed[:, :, :start]
        own = torch.einsum("bhgij,bhijd->bhgid", weights[..., start:], opened[:, :, block])
        mixed.append((before.view_as(own) + own) / total)
    return torch.cat(mixed, 3)


def hidden_of(weights, config, ids, is_deployed: bool) -> torch.Tensor:
    """ids: (batch, tokens) -> what the head reads, (batch, tokens, hidden); padded to whole blocks and cut again."""
    tokens = ids.shape[1]
    ids = F.pad(ids, (0, -tokens % 128))
    attention = deployed_attention if is_deployed else causal_attention
    hidden = forward(weights, config, ids, rotary_tables(config, ids.shape[1]), is_deployed, attention)
    return hidden[:, :tokens]


@torch.no_grad()
def nats_of_files(weights, config, tokenizer, texts, is_deployed: bool, batch=4) -> list[tuple[float, int, int]]:
    """(nats, tokens, bytes) of each text."""
    windows, owners = [], []
    for i, text in enumerate(texts):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        for start in range(0, len(ids), WINDOW):
            windows.append(ids[start : start + WINDOW])
            owners.append(i)
    nats, counts = np.zeros(len(texts)), np.zeros(len(texts), int)
    for start in range(0, len(windows), batch):
        part = windows[start : start + batch]
        targets = torch.full((len(part), WINDOW), -100)
        for row, window in enumerate(part):
            targets[row, : len(window)] = torch.tensor(window)
        ids = torch.cat([torch.full((len(part), 1), BOS), targets[:, :-1].clamp_min(0)], 1)
        logits = hidden_of(weights, config, ids, is_deployed) @ weights["model.embed_tokens.weight"].T
        losses = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none", ignore_index=-100)
        for row, window in enumerate(part):
            nats[owners[start + row]] += losses[row].double().sum().item()
            counts[owners[start + row]] += len(window)
    return [(nats[i], int(counts[i]), len(texts[i].encode())) for i in range(len(texts))]


def summary(rows: list[tuple[float, int, int]]) -> dict[str, float]:
    nats, tokens, size = (sum(column) for column in zip(*rows))
    return {
        "bits per byte": nats / math.log(2) / size,
        "nats per token": nats / tokens,
        "bytes per token": size / tokens,
    }


@torch.no_grad()
def write_on(weights, config, tokenizer, prompts: list[str], new: int, temperature=0.0, seed=0) -> list[str]:
    """Each prompt and `new` tokens after it, fewer if </s> comes, in the deployed formats; temperature 0 is greedy."""
    generator = torch.Generator().manual_seed(seed)
    rows = [tokenizer.encode(prompt).ids for prompt in prompts]  # <s> is put before them by the tokenizer
    for _ in range(new):
        longest = max(map(len, rows))
        ids = torch.tensor([row + [EOS] * (longest - len(row)) for row in rows])
        last = hidden_of(weights, config, ids, True)[range(len(rows)), [len(row) - 1 for row in rows]]
        logits = last @ weights["model.embed_tokens.weight"].T
        if temperature:
            tokens = torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator)[:, 0].tolist()
        else:
            tokens = logits.argmax(-1).tolist()
        for row, token in zip(rows, tokens, strict=True):
            row.append(token)
    ends = [row.index(EOS) if EOS in row else len(row) for row in rows]
    return [tokenizer.decode(row[1:end]) for row, end in zip(rows, ends, strict=True)]


def export(work: Path, state: str, out: Path) -> None:
    """Write config.json, model.safetensors (bfloat16, matrices on the MXFP4 grid), tokenizer and generation files."""
    run = torch.load(work / state)
    config = run["config"]
    out.mkdir(parents=True, exist_ok=True)
    ships = {n: (mxfp4_values(w) if w.dim() == 2 else w).bfloat16().contiguous() for n, w in run["weights"].items()}
    for name, w in ships.items():
        if w.dim() == 2:
            assert torch.equal(mxfp4_values(w.float()), w.float()), f"{name} is not on the MXFP4 grid"
    save_file(ships, out / "model.safetensors", metadata={"format": "pt"})
    fixed = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "attention_dropout": 0.0,
        "tie_word_embeddings": True,
        "bos_token_id": BOS,
        "eos_token_id": EOS,
        "initializer_range": 0.02,
        "rope_scaling": None,
        "use_cache": True,
        "torch_dtype": "bfloat16",
    }
    write_json(out / "config.json", fixed | config)
    write_json(out / "generation_config.json", {"bos_token_id": BOS, "eos_token_id": EOS, "do_sample": False})
    tokens = {"bos_token": "<s>", "eos_token": "</s>", "clean_up_tokenization_spaces": False}
    limits = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": config["max_position_embeddings"]}
    write_json(out / "tokenizer_config.json", tokens | limits)
    (out / "tokenizer.json").write_bytes((work / "tokenizer.json").read_bytes())
    print(f"trained {run['seconds']:.0f} s, {run['optimiser']['step']} steps, {run['tokens']} tokens")


def write_json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")


def read_directory(out: Path) -> tuple[dict, dict, Tokenizer]:
    """(weights in float32, config, tokenizer) from the files as shipped."""
    weights = {n: w.float() for n, w in load_file(out / "model.safetensors").items()}
    return weights, json.loads((out / "config.json").read_text()), Tokenizer.from_file(str(out / "tokenizer.json"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--state", default="state.pt")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--interim", action="store_true", help="write the directory, measure nothing")
    parser.add_argument("--sample-only", action="store_true", help="measure the sample, not all that is held out")
    options = parser.parse_args()
    torch.set_num_threads(2)

    export(options.work, options.state, options.out)
    held_out = json.loads((options.work / "held_out.json").read_text())
    sample = []
    for f in held_out:
        size = sum(len(g["text"].encode()) for g in sample)
        if size < SAMPLE_BYTES and len(f["text"].encode()) <= SAMPLE_FILE_BYTES:
            sample.append(f)
    keys = ("source", "path", "text")
    write_json(options.out / "held_out_sample.json", [{k: f[k] for k in keys} for f in sample])
    if options.interim:
        return

    weights, config, tokenizer = read_directory(options.out)
    files = sample if options.sample_only else held_out
    texts = [f["text"] for f in files]
    figures = {}
    rows = {
        kind: nats_of_files(weights, config, tokenizer, texts, kind == "deployed") for kind in ("float", "deployed")
    }
    groups = {"sample": [i for i, f in enumerate(files) if f in sample], "all": range(len(files))}
    for source in sorted({f["source"] for f in files}):
        groups[source] = [i for i, f in enumerate(files) if f["source"] == source]
    for name, members in groups.items():
        figures[name] = {kind: summary([rows[kind][i] for i in members]) for kind in rows}
        a, b = figures[name]["float"], figures[name]["deployed"]
        figures[name]["files"], figures[name]["bytes"] = len(members), sum(rows["float"][i][2] for i in members)
        print(
            f"{name:14} {len(members):3} files {figures[name]['bytes']:7} bytes: float {a['bits per byte']:.4f} deployed "
            f"{b['bits per byte']:.4f} bits/byte, {b['nats per token'] - a['nats per token']:+.4f} nats/token, "
            f"{a['bytes per token']:.3f} bytes/token"
        )
    write_json(options.work / "figures.json", figures)
    for kind, prompts, temperature in [("greedy", PROMPTS, 0.0), ("temperature 0.5", PROMPTS[:6], 0.5)]:
        for text in write_on(weights, config, tokenizer, prompts, 100, temperature):
            print("=" * 30, kind + "\n" + text, flush=True)


if __name__ == "__main__":
    main()
