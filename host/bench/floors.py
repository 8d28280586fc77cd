"""The most cycles that each measured workload may take, host/bench/floors.json: `make bench RECORD=1` writes what it measures."""

import json
from collections.abc import Iterable
from pathlib import Path

from host.bench.row import Measured

PATH = Path(__file__).with_name("floors.json")


def key(one: Measured) -> str:
    return f"{one.name}; {one.config}; {one.memory}"


def read() -> dict[str, int]:
    return json.loads(PATH.read_text())


def slower(measured: Iterable[Measured]) -> list[str]:
    """A sentence for each that takes more cycles than its floor, or has none."""
    floors, sentences = read(), []
    for one in measured:
        most = floors.get(key(one))
        if most is None:
            sentences.append(f"{key(one)}: it has no floor yet; make bench RECORD=1 gives it one")
        elif one.cycles > most:
            sentences.append(f"{key(one)}: {one.cycles} cycles, its floor is {most}")
    return sentences


def record(measured: Iterable[Measured]) -> None:
    floors = read() | {key(one): one.cycles for one in measured}
    PATH.write_text(json.dumps(dict(sorted(floors.items())), indent=1) + "\n")
