"""Every program of tests/directed on both simulators: what was once a failing random case, cut down (docs/random.md)."""

from pathlib import Path

import pytest

from tb import failure
from tb.runner import ROOT, SIMULATORS, BenchError
from tb.simulators import find_icarus
from verify.random import campaign
from verify.random import case as cases

FILES = sorted((ROOT / "tests" / "directed").glob("*.asm"))
HERE = [simulator for simulator in SIMULATORS if simulator != "icarus" or find_icarus()]


def groups() -> list[tuple[dict, list[Path]]]:
    """One simulation for all of the same parameters."""
    found: dict[str, tuple[dict, list[Path]]] = {}
    for path in FILES:
        parameters = cases.read(path.read_text(), str(path)).parameters
        found.setdefault(str(parameters), (parameters, []))[1].append(path)
    return list(found.values())


def test_there_are_some():
    assert FILES


@pytest.mark.parametrize("simulator", HERE)
def test_each_agrees_with_the_golden_model(simulator, record_property):
    for number, (parameters, paths) in enumerate(groups()):
        order = {"kind": "files", "paths": list(map(str, paths))}
        folder = campaign.FOLDER / f"directed-{simulator}-{number}"
        outcome = campaign.simulate(order, simulator, folder, parameters)
        if outcome.failed:
            pictures = failure.pictures(campaign.run_folder(simulator, folder))
            raise BenchError("\n".join([outcome.failed.text, *pictures]))
        assert outcome.counts["cases"] == len(paths) and outcome.counts["instructions"] > 0
        record_property("cocotb_tests", len(paths))
