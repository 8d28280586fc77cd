"""models/performance.py against the RTL's cycles, within 3 %, and host/estimate.py, which stands on it."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from host import estimate, validation
from models import contention, timing
from models.config import CONFIGS
from models.contention import Memory
from models.reference import Llama

RTL = Path(__file__).resolve().parent.parent / "rtl"
BAR = 0.03
CASES = {f"{case.what}, {case.config}": case for case in validation.cases()}
ROWS = {row["what"]: row for row in json.loads(estimate.VALIDATED.read_text())["rows"]}
SMALL = Llama(64, 128, 6, 4, 2, 32, 256, 512, 1e-5, 10000.0)


def number(file: str, name: str, kind: str = "localparam") -> int:
    return int(re.search(rf"{kind} int {name}\s*= (\d+)", (RTL / file).read_text())[1])


def test_the_constants_are_those_of_the_rtl():
    add, multiply, special, quantise, scale = (
        number("srn_pkg.sv", name) for name in ("LatFpAdd", "LatFpMul", "LatSpecial", "LatQuantise", "LatScale")
    )
    assert timing.LAT_SPECIAL == special
    assert timing.AT_OUT_SHORT == 1 + multiply + add + multiply
    assert timing.AT_OUT == timing.AT_OUT_SHORT + special
    assert timing.LAT_SUM == 7 * add and timing.LAT_BLOCK == quantise + 1
    assert timing.LAT_MAX == number("vector/srn_vector_pkg.sv", "LatMax")
    assert timing.STAGE_WRITE == 3 + scale + add
    assert contention.MAX_BURST == number("srn_slice.sv", "MaxBurst")
    assert timing.DMA_DEPTH == number("memory/srn_dma.sv", "DmaDepth", "parameter")
    assert timing.DMA_COMMANDS == number("memory/srn_dma_read.sv", "NumCommands", "parameter")
    assert timing.MAX_READS == number("memory/srn_memory_port.sv", "MaxReads", "parameter")
    assert timing.MAX_WRITES == number("memory/srn_memory_port.sv", "MaxWrites", "parameter")


def both(case: validation.Case, lockstep: bool = False, latency: int = 40) -> tuple[int, int]:
    job = case.job()
    return validation.measured(job, lockstep, latency), validation.modelled(job, case.tokens, latency)


@pytest.mark.parametrize("what", [what for what in CASES if what.endswith("tiny") and "shipped" not in what])
def test_kernels_on_the_rtl(what):
    rtl, model = both(CASES[what], lockstep=True)
    assert abs(model / rtl - 1) <= BAR, f"RTL {rtl}, model {model}"
    assert rtl == ROWS[what]["rtl"], "host/validated.json is of another RTL: python -m host.validation"


def test_tokens_on_the_rtl():
    case = CASES["shipped model, 3 tokens from position 600, small"]
    rtl, model = both(case)
    assert abs(model / rtl - 1) <= BAR, f"RTL {rtl}, model {model}"


@pytest.mark.parametrize("latency", [10, 150])
def test_another_latency(latency):
    case = CASES["two products and what is between, all rows, tiny"]
    rtl, model = both(case, latency=latency)
    assert abs(model / rtl - 1) <= BAR, f"RTL {rtl}, model {model}"


@pytest.mark.parametrize("what", CASES)
def test_the_rows_that_the_command_shows(what):
    """What was written beside the RTL's cycles is what the model says now."""
    case, row = CASES[what], ROWS[what]
    found = estimate.estimate(case.job(), most_marks=case.tokens)
    assert found.cycles == row["model"]
    assert sum(found.causes.values()) == found.cycles
    assert abs(row["model"] / row["rtl"] - 1) <= BAR


def test_layers_are_a_straight_line():
    config = CONFIGS["tiny"]
    model = dataclasses.replace(SMALL, layers=8)
    line = estimate.token_at(model, config, "mxfp4", 96, 70, Memory())
    layout, _ = estimate.compile_model(model, config, "mxfp4", 96, 1)
    whole = estimate._step(model, layout, 70, Memory(), 1)
    assert line.cycles == pytest.approx(whole.cycles, rel=1e-3)
    assert line.stream == whole.stream
    assert sum(line.causes.values()) == pytest.approx(line.cycles)


def test_a_slower_memory_costs_its_share():
    config = CONFIGS["tiny"]
    full, half = (estimate.token_at(SMALL, config, "mxfp4", 96, 70, Memory(share=share)) for share in (1.0, 0.5))
    assert 1.9 <= half.cycles / full.cycles <= 2.1


def test_the_command(capsys):
    assert estimate.main(["--model", "llama-3.2-1b", "--tokens", "1", "--memory", "lpddr5"]) == 0
    shown = capsys.readouterr().out
    assert "cycles a step" in shown and "3 tokens from position 600, small" in shown


def test_a_shape_that_needs_larger_memories(capsys):
    words = ["--model", "gpt-oss-20b", "--vmem-words", "32768", "--amem-blocks", "8192", "--tokens", "1"]
    assert estimate.main(words) == 0
    shown = capsys.readouterr().out
    needed = int(re.search(r"bytes needed a step +([\d,]+)", shown)[1].replace(",", ""))
    layer = 2880 * 64 * (64 + 8 + 8 + 64) + 3 * 4 * 2880 * 2880  # weights: q, k, v, o, and four experts
    cached = 24 * 513 * 2 * 8 * 64
    bits = 4 + 8 / 32  # an element of MXFP4 with its part of a scale
    least = (24 * layer + 2880 * 201088) * bits / 8 + cached
    assert least <= needed <= 1.02 * least and "4 experts of 32" in shown


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--model", "gpt-oss-20b"], "does not fit the chip"),
        (["--vmem-words", "0"], "is no size of a memory"),
        (["--model", "nothing"], "neither a directory"),
        (["--memory", "core"], "there is no memory 'core'"),
        (["--batch", "17"], "is not 1 to 16"),
        (["--tokens", "0"], "are no reply"),
        (["--position", "0"], "are not within"),
        (["--config", "huge"], "there is no CONFIG=huge"),
        (["--weights", "fp7"], "there are no weights in fp7"),
    ],
)
def test_refusals(words, sentence, capsys):
    assert estimate.main(words) == 1
    told = capsys.readouterr().err
    assert sentence in told and told.count("\n") == 1
