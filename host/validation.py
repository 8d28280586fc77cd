"""Programs whose cycles the RTL tells and models/performance.py must meet: python -m host.validation writes host/validated.json.

Kernels of each unit alone and together, and the shipped model: tokens one by one, a prompt, a long context (whose caches
hold whatever is there: cycles do not depend on it).
"""

import argparse
import dataclasses
import datetime
import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from host import driver, generate
from host.checkpoint import load
from host.estimate import VALIDATED, estimate
from host.launch import WeightTensor, prepare_launch
from models.config import CONFIGS
from models.contention import Memory
from tb.runner import ROOT

SHIPPED = ROOT / "checkpoints" / "serrano-py-2m"


@dataclass(frozen=True)
class Case:
    what: str
    config: str
    make: Callable[[str], driver.Job]
    tokens: int | None = None  # made, where it is a reply

    def job(self) -> driver.Job:
        return self.make(self.config)


# ---------------------------------------------------------------- kernels


def matvec(config: str, size: int, rows: int | None = None, outputs: int | None = None, format: str = "mxfp4"):
    rows, outputs = rows or CONFIGS[config].rows, outputs or size
    rng = np.random.default_rng(rows)
    weights = WeightTensor(rng.standard_normal((outputs, size), np.float32), format)

    def kernel(t, x, w, y):
        values, blocks, results = t.vmem(size, rows), t.amem(size, rows), t.vmem(outputs, rows)
        t.load(values, x)
        t.vector(values, blocks)
        t.matmul(results, blocks, w)
        t.store(y, results)

    x = rng.standard_normal((rows, size), np.float32)
    return prepare_launch(kernel, [x, weights], [(rows, outputs)], CONFIGS[config])[0]


def softmaxes(config: str):
    def kernel(t, x, y):
        v, most, total = t.vmem(x.cols, x.rows), t.vmem(x.rows), t.vmem(x.rows)
        t.load(v, x)
        for _ in range(4):
            t.vector(v, v, mul=math.log2(math.e), reduce=("max", most.address))
            t.vector(v, v, sub=most.each(), f="exp2", reduce=("sum", total.address))
            t.vector(total, total, f="rcp")
            t.vector(v, v, mul=total.each())
        t.store(y, v)

    x = np.random.default_rng(1).standard_normal((5, 77)).astype(np.float32)
    return prepare_launch(kernel, [x], [x.shape], CONFIGS[config])[0]


def copies(config: str):
    def kernel(t, x, y):
        a, b = t.vmem(x.cols, x.rows), t.vmem(x.cols, x.rows)
        for _ in range(4):
            t.load(a, x)
            t.store(y, a)
            t.load(b, x)
            t.store(y, b)

    x = np.random.default_rng(1).standard_normal((6, 300)).astype(np.float32)
    return prepare_launch(kernel, [x], [x.shape], CONFIGS[config])[0]


def mixed(config: str):
    rng, rows = np.random.default_rng(3), CONFIGS[config].rows
    first = WeightTensor(rng.standard_normal((256, 512), np.float32), "mxint8")
    second = WeightTensor(rng.standard_normal((512, 256), np.float32), "mxfp4")

    def kernel(t, x, first, second, y):
        v, blocks, h, h_blocks = t.vmem(512, rows), t.amem(512, rows), t.vmem(256, rows), t.amem(256, rows)
        total = t.vmem(rows)
        t.load(v, x)
        for _ in range(3):
            t.vector(v, blocks, reduce=("sum", total.address))
            t.matmul(h, blocks, first)
            t.vector(h, h_blocks, f="exp2")
            t.matmul(v, h_blocks, second)
            t.vector(v, v, mul=0.5)
        t.store(y, v)

    x = rng.standard_normal((rows, 512), np.float32)
    return prepare_launch(kernel, [x, first, second], [(rows, 512)], CONFIGS[config])[0]


# ---------------------------------------------------------------- models


def reply(config: str, given: int, tokens: int, first: int = 0, context: int | None = None):
    """The shipped model with `given` tokens, of which those before `first` are taken for read."""
    checkpoint = load(str(SHIPPED))
    checkpoint.model = dataclasses.replace(checkpoint.model, context=4096)
    ids = np.random.default_rng(0).integers(3, 500, given).tolist()
    prepared = generate.prepare(checkpoint, config, "mxfp4", ids, tokens, context=context)
    generate.place_requests(prepared.layout, prepared.job.image, [ids], [tokens], first)
    return prepared.job


def cases() -> list[Case]:
    found = []
    for config, size in (("tiny", 1024), ("small", 2048), ("base", 2048)):
        found += [
            Case("softmax four times, vector unit alone", config, softmaxes),
            Case("loads and stores alone", config, copies),
            Case("two products and what is between, all rows", config, mixed),
            Case("96 x 40 MXINT8, one row", config, lambda c: matvec(c, 96, 1, 40, "mxint8")),
            Case(f"{size} x {size} MXFP4, one row", config, lambda c, size=size: matvec(c, size, 1)),
            Case(f"{size} x {size} MXFP4, all rows", config, lambda c, size=size: matvec(c, size)),
            Case("shipped model, 7 tokens given, 6 made", config, lambda c: reply(c, 7, 6), 6),
        ]
    for config in ("small", "base"):
        found += [
            Case("shipped model, prompt of 64", config, lambda c: reply(c, 64, 1), 1),
            Case("shipped model, 3 tokens from position 600", config, lambda c: reply(c, 600, 3, 599, 1024), 3),
            Case("shipped model, a group's prompt from position 512", config, lambda c: reply(c, 528, 1, 512, 1024), 1),
        ]
    return found


def measured(job: driver.Job, lockstep: bool = False, latency: int = 40) -> int:
    """Cycles of the RTL under Verilator."""
    outcome = driver.run(job, "rtl", lockstep=lockstep, latency=latency)
    assert not outcome.halt, outcome.halt
    return outcome.counters["cycles"]


def modelled(job: driver.Job, tokens: int | None, latency: int = 40) -> int:
    return estimate(job, memory=Memory(latency=latency), most_marks=tokens).cycles


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m host.validation", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model", action="store_true", help="the model's cycles alone, beside those of the RTL that are there"
    )
    options = parser.parse_args(arguments)
    text = {"date": f"{datetime.date.today():%B %Y}", "command": "python -m host.validation", "rows": []}
    before = {}
    if options.model:
        text |= json.loads(VALIDATED.read_text()) | {"rows": []}
        before = {row["what"]: row["rtl"] for row in json.loads(VALIDATED.read_text())["rows"]}
    for case in cases():
        job, what = case.job(), f"{case.what}, {case.config}"
        rtl = before[what] if options.model else measured(job)
        model = modelled(job, case.tokens)
        text["rows"].append({"what": what, "rtl": rtl, "model": model})
        print(f"{what:66} {rtl:10,} {model:10,} {100 * (model / rtl - 1):+6.2f} %", flush=True)
    VALIDATED.write_text(json.dumps(text, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
