"""Figures of the chip and its model on an ideal memory: products, tokens, likelihood, set-up.

Cycles are from doorbell to the last token. The share of the matrix unit's peak counts a beat of weights as Rows tokens'
work; a beat that serves fewer rows counts in proportion.
"""

import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from host import driver, generate
from host.bench.row import Row, share
from host.checkpoint import load, read_model
from host.launch import WeightTensor, prepare_launch
from models import tiles
from models.config import BLOCK, CONFIGS
from models.reference import forward, mean_kl
from models.simulator import Simulator
from tests.golden import make_llamas

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = ROOT / "checkpoints" / "serrano-py-2m"
STORIES = ROOT.parent / "shared" / "checkpoints" / "stories260k"
PROMPT = "def fibonacci(n):"


# ---------------------------------------------------------------- kernels


def matvec(rows: int, size: int = 2048, config: str = "small") -> driver.Outcome:
    """x (rows, size) times an MXFP4 matrix (size, size), from DRAM to DRAM, compared with the simulator."""
    rng = np.random.default_rng(rows)
    weights = WeightTensor(rng.standard_normal((size, size), np.float32), "mxfp4")
    x = rng.standard_normal((rows, size), np.float32)

    def kernel(t, x, w, y):
        values, blocks, results = t.vmem(size, rows), t.amem(size, rows), t.vmem(size, rows)
        t.load(values, x)
        t.vector(values, blocks)
        t.matmul(results, blocks, w)
        t.store(y, results)

    job, _, _ = prepare_launch(kernel, [x, weights], [(rows, size)], CONFIGS[config])
    return driver.run(job, "rtl", memory="ideal")


def matvec_rows(config: str = "small") -> list[Row]:
    rows = CONFIGS[config].rows
    one, every = matvec(1, config=config).counters, matvec(rows, config=config).counters
    busy, ratio = one["stream_beat"] / product_cycles(one), product_cycles(every) / product_cycles(one)
    return [
        Row(f"2048 x 2048 MXFP4, one row, {config}: memory beats", share(busy), ">= 97 %", busy >= 0.97),
        Row(f"the same, {rows} rows: cycles against one row", f"{ratio:.3f} x", "<= 1.05 x", ratio <= 1.05),
    ]


def product_cycles(counters: dict) -> int:
    """From activations that are ready to the last result in vector memory."""
    return counters["matrix_busy"] - counters["matrix_wait"]


# ---------------------------------------------------------------- models


def reply(model: Path, weights: str, prompt, tokens: int, config: str = "small", memory: str = "ideal"):
    """A model's reply on the RTL in lockstep: (prepared, outcome, ids made, counters at each)."""
    prepared = generate.prepare(str(model), config, weights, prompt, tokens)
    made, snapshots = [], []

    def on_token(token, counters):
        made.append(token)
        snapshots.append(counters)

    outcome = driver.run(prepared.job, "rtl", on_token, memory=memory)
    return prepared, outcome, made, snapshots


def row_share_of_work(prepared: generate.Prepared) -> float:
    """Beats of weights until the first token, each counted by the share of Rows that it serves, by the simulator."""
    config, signals, work = prepared.job.config, [], 0.0
    chip = Simulator(config, prepared.job.image.copy(), on_signal=signals.append)
    chip.start(prepared.job.program_beat, prepared.job.program_length, prepared.job.args)
    while not signals:
        before = list(chip.registers)
        code = chip.step().instruction
        if code.name == "matmul":
            value = {key: code.fields[key] + before[code.fields[f"{key}_reg"]] for key in ("outputs", "depth", "rows")}
            beats = (
                -(-value["outputs"] // config.port_bytes)
                * -(-value["depth"] // BLOCK)
                * tiles.KSTEP_BEATS[code.label("format")]
            )
            work += beats * value["rows"] / config.rows
    return work


def decode_rows() -> list[Row]:
    prepared, outcome, made, snapshots = reply(SHIPPED, "mxfp4", PROMPT, 72)
    spent = {key: snapshots[-1][key] - snapshots[0][key] for key in snapshots[0]}
    busy = spent["stream_beat"] / spent["cycles"]
    equal = outcome.result == len(made) and len(made) >= 64
    alone = []
    driver.run(prepared.job, "simulator", lambda token, _: alone.append(token))
    return [
        Row("decode of the shipped model, whole token, small: memory beats", share(busy), ">= 80 %", busy >= 0.80),
        Row(
            f"shipped model, {len(made)} tokens: RTL = simulator",
            f"{outcome.compared} instructions, text {'identical' if alone == made else 'DIFFERS'}",
            "every bit, >= 64 tokens",
            equal and alone == made,
        ),
    ]


def prefill_rows() -> list[Row]:
    text = json.loads((SHIPPED / "held_out_sample.json").read_text())[0]["text"]
    ids = load(str(SHIPPED)).tokenizer.encode(text).ids[:64]
    prepared, _, _, snapshots = reply(SHIPPED, "mxfp4", ids, 1)
    busy = row_share_of_work(prepared) / snapshots[0]["cycles"]
    return [Row("prefill of 64 tokens of the shipped model: matrix peak", share(busy), ">= 70 %", busy >= 0.70)]


def stories_rows() -> list[Row]:
    bits, likelihood = "stories260K, MXINT8, 64 tokens: RTL = simulator", "stories260K, MXINT8, 200 positions: mean KL"
    if not STORIES.exists():
        return [Row(what, f"not run: no {STORIES.name} beside the project", "", None) for what in (bits, likelihood)]
    checkpoint = load(str(STORIES))
    _, outcome, made, _ = reply(STORIES, "mxint8", "Once upon a time", 64)
    ids = [1]
    while len(ids) < 200:
        ids.append(int(forward(checkpoint.weights, checkpoint.model, ids)[-1].argmax()))
    scored = generate.prepare(checkpoint, "small", "mxint8", ids, mode="score")
    deployed = generate.logits(scored, driver.run(scored.job).memory)
    kl = mean_kl(forward(checkpoint.weights, checkpoint.model, ids), deployed)
    return [
        Row(bits, f"{outcome.compared} instructions", "every bit, >= 64 tokens", len(made) == 64),
        Row(likelihood, f"{kl:.4f} nats", "<= 0.006 nats", kl <= 0.006),
    ]


def transformers_rows() -> list[Row]:
    stored, worst = np.load(make_llamas.PATH), 0.0
    for case, config in make_llamas.CASES.items():
        at = f"{case}/weights/"
        weights = {name.removeprefix(at): stored[name] for name in stored.files if name.startswith(at)}
        logits = forward(weights, read_model(config), stored[f"{case}/ids"])
        worst = max(worst, float(np.abs(logits - stored[f"{case}/logits"]).max()))
    what = f"formats off, {len(make_llamas.CASES)} random Llamas against transformers: largest difference"
    return [Row(what, f"{worst:.1e}", "<= 1e-3", worst <= 1e-3)]


# ---------------------------------------------------------------- likelihood


def bits_per_byte(windows: int | None = None, length: int = 512) -> tuple[float, float, float]:
    """The held-out sample, each file in windows of `length` tokens with <s> first: bits a byte (deployed, float), nats a token between.

    Every other token is scored once. Deployed by the simulator's program, float by the reference; `windows`: the first so many.
    """
    checkpoint = load(str(SHIPPED))
    files = json.loads((SHIPPED / "held_out_sample.json").read_text())
    begin = checkpoint.tokenizer.token_to_id("<s>")
    nats, tokens, size = np.zeros(2), 0, 0
    cuts = []
    for file in files:
        ids = checkpoint.tokenizer.encode(file["text"], add_special_tokens=False).ids
        cuts += [ids[i : i + length - 1] for i in range(0, len(ids), length - 1)]
    for cut in cuts[:windows]:
        given = [begin, *cut]
        scored = generate.prepare(checkpoint, "base", "mxfp4", given, mode="score", context=length)
        deployed = generate.logits(scored, driver.run(scored.job).memory)
        nats += [surprise(deployed, cut), surprise(forward(checkpoint.weights, checkpoint.model, given), cut)]
        tokens += len(cut)
        size += len(checkpoint.tokenizer.decode(cut, skip_special_tokens=False).encode())
    bits = nats / np.log(2) / size
    return bits[0], bits[1], (nats[0] - nats[1]) / tokens


def surprise(logits: np.ndarray, chosen: list[int]) -> float:
    """Sum over positions of the negative log likelihood of the token that came, nats; the last position has none."""
    logits = logits[: len(chosen)].astype(np.float64)
    logits -= logits.max(axis=-1, keepdims=True)
    return float((np.log(np.exp(logits).sum(axis=-1)) - logits[np.arange(len(chosen)), chosen]).sum())


def likelihood_rows(windows: int | None = 8) -> list[Row]:
    deployed, exact, apart = bits_per_byte(windows)
    what = "held-out Python, " + (f"first {windows} windows of the sample" if windows else "whole sample")
    return [
        Row(f"{what}: bits per byte (float {exact:.3f})", f"{deployed:.3f}", "<= 1.25", deployed <= 1.25),
        Row(f"{what}: nats a token from the float model", f"{apart:.3f}", "<= 0.05", apart <= 0.05),
    ]


# ---------------------------------------------------------------- time


def first_token(command: list[str], folder: Path) -> float:
    """Seconds from the command's start to the first character of its reply (a line of its own says when)."""
    begun = time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return time.monotonic() - begun


def second_run_rows() -> list[Row]:
    seconds = first_token(["make", "sim", "TOKENS=1"], ROOT)
    return [Row("make sim TOKENS=1, nothing to build: to the end", f"{seconds:.0f} s", "<= 30 s", seconds <= 30)]


def clone_rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), folder], check=True)
        seconds = first_token(["make", "sim", "TOKENS=1"], Path(folder))
    return [Row("clean clone, make sim TOKENS=1: to the end", f"{seconds:.0f} s", "<= 360 s", seconds <= 360)]
