"""Figures of the memory system: everything in a token counted, refresh on (docs/performance.md explains each)."""

import statistics
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

from host import driver, generate
from host.bench.chip import PROMPT, SHIPPED, reply
from host.bench.row import MEMORY, Row, account, at_least, measure, share, times
from host.workloads import (
    LLAMA_1B,
    LLAMA_1B_SIXTEENTH,
    attention_workload,
    cache_bytes,
    model_workload,
    product_workload,
    step_workload,
    tensor_bytes,
    weight_bytes,
)
from models.config import CONFIGS
from models.reference import Llama
from models.tiles import KSTEP_BEATS
from tb import bare, dram_reference

# A model small enough to be made twice as deep or as wide and still run in seconds
GROWING = Llama(
    hidden=512,
    feed_forward=1408,
    layers=2,
    heads=8,
    kv_heads=2,
    head_size=64,
    vocabulary=2048,
    context=2048,
    epsilon=1e-5,
    rope_theta=1e4,
)
GROWN = {
    "twice as deep": replace(GROWING, layers=4),
    "twice as wide": replace(GROWING, hidden=1024, feed_forward=2816, heads=16, kv_heads=4),
}


def stream_rows() -> list[Row]:
    return [
        _stream_row("small", memory, bar) for memory, bar in (("hbm3", 0.99), ("lpddr5", 0.99), ("ddr4-2400", 0.945))
    ]


def channel_rows() -> list[Row]:
    """Several channels behind the port, which at its clock is as fast as all of them."""
    return [_stream_row("base", memory, 0.99) for memory in ("hbm3 channels=4", "hbm3 channels=8", "lpddr5 channels=4")]


def _stream_row(config: str, memory: str, bar: float) -> Row:
    """From the first beat of an 8192 x 2048 product to the last."""
    one = measure("8192 x 2048, one row", partial(product_workload, 1, 8192, 2048, config), memory)
    counters = one.counters
    value = counters["stream_beat"] / (counters["matrix_busy"] - counters["matrix_wait"])
    return at_least(f"linear weight stream, {config}, {memory}", value, bar, one)


def dram_rows() -> list[Row]:
    """The bench memory alone, beside what public simulators say of the same part."""
    rows = []
    for one in dram_reference.rows():
        bar = f">= {100 * one.bar:g} %" if one.bar else f"public: {one.reference}" if one.reference else ""
        rows.append(Row(f"dram: {one.what}", share(one.share), bar, one.share >= one.bar if one.bar else None))
    return rows


def layer_rows() -> list[Row]:
    one = measure("layer of Llama-3.2-1B, position 512", partial(model_workload, LLAMA_1B, "base", 512))
    return [at_least("one layer of Llama-3.2-1B, position 512, base: memory peak", one.memory_share, 0.97, one)]


def sixteenth_rows() -> list[Row]:
    one = measure("a sixteenth of it", partial(model_workload, LLAMA_1B_SIXTEENTH, "base", 512))
    return [at_least("the same cut to a sixteenth: memory peak", one.memory_share, 0.90, one)]


def token_rows() -> list[Row]:
    """The shipped model's reply after its first token."""
    rows = []
    for memory, bar in ((MEMORY, 0.92), ("ddr4-2400", 0.88)):
        prepared, _, made, snapshots = reply(SHIPPED, "mxfp4", PROMPT, 48, memory=memory)
        spent = {key: snapshots[-1][key] - snapshots[0][key] for key in snapshots[0]}
        layout, positions = prepared.layout, range(len(prepared.ids) + 1, len(prepared.ids) + len(made))
        stored = weight_bytes(layout) + tensor_bytes(layout.output, layout.config)
        read = len(positions) * stored + sum(cache_bytes(layout.model, position) for position in positions)
        one = account("shipped model, a reply", layout.config, memory, spent, read, 0.0)
        rows.append(
            at_least(f"whole token of the shipped model, small, {memory}: memory peak", one.memory_share, bar, one)
        )
    return rows


def attention_rows() -> list[Row]:
    rows = []
    for context in (4096, 32768):
        make = partial(attention_workload, context - 1, 1, 32, 8, 64, "base")
        one = measure(f"attention, one token, context {context}", make)
        rows.append(at_least(f"attention in decode, context {context}, base: memory peak", one.memory_share, 0.90, one))
    return rows


def causal_rows() -> list[Row]:
    make = partial(attention_workload, 0, 2048, 8, 2, 64, "base")
    one = measure("attention of 2048 tokens, 8 / 2 heads", make)
    return [at_least("attention in prefill, 2048 tokens, causal half, base: matrix peak", one.matrix_share, 0.85, one)]


def product_rows() -> list[Row]:
    one = measure("512 x 2048 x 2048", partial(product_workload, 512, 2048, 2048, "base"))
    multipliers = one.matrix_share * (KSTEP_BEATS["mxfp4"] - 1) / KSTEP_BEATS["mxfp4"]
    return [
        at_least("GEMM 512 x 2048 x 2048, base: matrix peak", one.matrix_share, 0.97, one),
        Row("the same: of the multipliers, beats of scales left out", share(multipliers), "", None),
    ]


def prefill_rows(first: int = 448) -> list[Row]:
    what = f"tokens {first} to 511" if first else "512 tokens"
    one = measure(f"prefill of {what}", partial(model_workload, LLAMA_1B, "base", first, 512 - first))
    return [at_least(f"prefill of {what}, one layer of Llama-3.2-1B, base: matrix peak", one.matrix_share, 0.92, one)]


def batch_rows() -> list[Row]:
    """A step of Rows sequences against a step of one, through one layer of Llama-3.2-1B."""
    rows = []
    for config, bar in (("small", 7.5), ("base", 14)):
        sequences = CONFIGS[config].rows
        one, all_rows = (
            measure(f"step of {n}, position 128", partial(step_workload, LLAMA_1B, config, 128, n))
            for n in (1, sequences)
        )
        ratio = sequences * one.cycles / all_rows.cycles
        what = f"{sequences} sequences against one, position 128, {config}: tokens a cycle"
        rows.append(times(what, ratio, bar, one, all_rows))
    return rows


def steps_rows() -> list[Row]:
    """Products of 1 to 64 rows; none may cost more than the next whole group of Rows."""
    rows = CONFIGS["small"].rows
    cycles = {
        n: measure(f"{n} x 512 x 512", partial(product_workload, n, 512, 512, "small")).cycles for n in range(1, 65)
    }
    worst = max(cycles[n] / cycles[-(-n // rows) * rows] for n in cycles)
    return [Row("1 to 64 rows, small: cycles against the next whole group", f"{worst:.3f} x", "<= 1 x", worst <= 1.0)]


def growth_rows() -> list[Row]:
    """Cycles a byte that must be read, against those of the model that grew."""
    one = measure("growing model", partial(model_workload, GROWING, "small", 128))
    rows = []
    for what, model in GROWN.items():
        grown = measure(what, partial(model_workload, model, "small", 128))
        ratio = (grown.cycles / grown.bytes) / (one.cycles / one.bytes)
        rows.append(
            Row(f"model {what}: cycles against its bytes", f"{ratio:.3f} x", "<= 1.03 x", ratio <= 1.03, [one, grown])
        )
    return rows


def speed_rows(pairs: int = 3) -> list[Row]:
    """Processor time of the simulation from doorbell to end, under cocotb in lockstep and in a plain C++ loop, in turn."""
    prepared = generate.prepare(str(SHIPPED), "small", "mxfp4", PROMPT, 24)
    job, ratios = prepared.job, []
    program = bare.build(driver.parameters(job.config, MEMORY))
    with tempfile.TemporaryDirectory() as folder:
        job.image.tofile(Path(folder) / "image.bin")
        for _ in range(pairs):
            request = [job.program_beat, job.program_length, *job.args]
            plain = bare.run(program, request, driver.plusargs(job, Path(folder), MEMORY), Path(folder))
            ratios.append(plain.seconds / driver.run(job, "rtl", memory=MEMORY).seconds)
    return [
        times(f"speed of make sim against a plain C++ loop, median of {pairs} pairs", statistics.median(ratios), 0.8)
    ]


def monitor_rows(pairs: int = 3) -> list[Row]:
    """`make sim` with its monitors and in lockstep against the same without either, in turn: by the wall's clock, and the simulation's processor time."""
    job, ratios = generate.prepare(str(SHIPPED), "small", "mxfp4", PROMPT, 24).job, []
    for _ in range(pairs):
        alone = driver.run(job, "rtl", memory=MEMORY, lockstep=False, watched=False)
        whole = driver.run(job, "rtl", memory=MEMORY)
        assert alone.counters == whole.counters
        ratios.append((whole.elapsed / alone.elapsed - 1, whole.seconds / alone.seconds - 1))
    cost, processor = (statistics.median(column) for column in zip(*ratios, strict=True))
    what = f"cost of monitors and lockstep in make sim, median of {pairs} pairs"
    rows = [Row(what, share(cost), "<= 15 %", cost <= 0.15)]
    return [*rows, Row("the same in the simulation's processor time", share(processor), "", None)]
