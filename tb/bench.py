"""What cocotb runs: the tests of the bench that SRN_BENCH names, each held to what every test owes. No bench can forget it.

Before it: the test is begun and broken off at a random moment, so that its own reset meets a block in mid-flight, which
must then be as new.

From its reset to its end: where the simulator has an X, no output of the top is one. An output whose name has a
`valid_o` before it is asked only while that is high, as is one for which the bench names another output in
DEFINED_WHEN = {"value_o": "event_o"}; None stands for one that the bench itself compares.

At its end: every driver has given away all its words, every `take` has come back, every scoreboard is finished; then, for
QUIET clocks, nobody offers a word, and what the top says of itself is that it is empty.

Beside the first it counts for each stream of the top: words, clocks in which an offer waited, and clocks without an offer
between two words (streams.json of the run's folder). Where one of these is none, the bench is red (tb/runner.py).
"""

import functools
import importlib
import json
import os
import re
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import cocotb
import cocotb._test_manager
from cocotb.regression import Test
from cocotb.triggers import FallingEdge, First, RisingEdge, Timer

from tb import stream

BROKEN_OFF = (2, 11)  # powers of two, between which lie the clocks before a test is broken off
QUIET = 64  # clocks, longer than any pipeline of a block
EMPTY = {r"count_o|running_o|(.*_)?busy_o": 0, r"empty_o|(.*_)?idle_o": 1}  # a port's name -> its value at rest
OFFER = re.compile(r"(.*?)_?valid_([io])")

_bench = importlib.import_module(os.environ["SRN_BENCH"])
_moves: dict[str, dict[str, int]] = {}  # stream -> clocks


class Ports:
    """The ports of a top: `offers` its valids, `streams` those that have a ready too, `defined` its outputs and what says when."""

    def __init__(self, dut: Any):
        names = {handle._name: handle for handle in dut if re.search(r"_n?[io]$", handle._name)}
        self.clock = names.get("clk_i", names.get("clk_o"))
        self.reset = names.get("rst_ni")
        self.watched = 0  # clocks
        self.offers = {match[1]: names[match[0]] for match in map(OFFER.fullmatch, names) if match}
        self.streams = {}
        for prefix, valid in self.offers.items():
            ready = valid._name.replace("valid_i", "ready_o").replace("valid_o", "ready_i")
            if ready != valid._name and ready in names:
                self.streams[prefix] = (valid, names[ready])
        given = getattr(_bench, "DEFINED_WHEN", {})
        assert given.keys() <= names.keys(), f"DEFINED_WHEN names no port: {sorted(given.keys() - names.keys())}"
        outputs = [name for name in names if name.endswith("o") and not name.startswith("clk_")]
        self.defined = [(names[name], names.get(when) if when else when) for name, when in self._when(outputs, given)]
        self.at_rest = [
            (names[name], value) for end, value in EMPTY.items() for name in outputs if re.fullmatch(end, name)
        ]

    def _when(self, outputs: list[str], given: dict[str, str | None]):
        valids = sorted((name for name in outputs if OFFER.fullmatch(name)), key=len, reverse=True)
        for name in outputs:
            if name in given:
                if given[name]:
                    yield name, given[name]
                continue
            stem = (valid for valid in valids if name != valid and name.startswith(OFFER.fullmatch(valid)[1]))
            handshake = name.endswith("ready_o")
            yield name, None if handshake else next(stem, None)


async def before_the_edge(clock: Any) -> None:
    """When all has settled, also where a bench changes inputs after the falling edge: what is seen the next edge does."""
    await FallingEdge(clock)
    await Timer(stream.PERIOD_NS // 2 - 1, unit="ns")


async def watch(ports: Ports) -> None:
    """From the end of the first reset on."""
    gaps = dict.fromkeys(ports.streams, 0)
    for name in ports.streams:
        _moves.setdefault(name, {"words": 0, "waits": 0, "gaps": 0})
    await RisingEdge(ports.reset)
    while True:
        await before_the_edge(ports.clock)
        if not int(ports.reset.value):
            continue
        ports.watched += 1
        asked = (handle for handle, when in ports.defined if when is None or int(when.value))
        unknown = [handle._name for handle in asked if not stream.resolved(handle.value)]
        assert not unknown, f"X after reset: {', '.join(unknown)}"
        for name, (valid, ready) in ports.streams.items():
            count = _moves[name]
            if not int(valid.value):
                gaps[name] += 1
            elif int(ready.value):
                count["gaps"] += gaps[name] if count["words"] else 0
                count["words"] += 1
                gaps[name] = 0
            else:
                count["waits"] += 1


async def break_off(body: Coroutine) -> None:
    """Begin the test, and leave all as it is at some moment: soon, or after a few thousand clocks."""
    running = cocotb._test_manager._current_test._tasks
    before = set(running)
    task = cocotb.start_soon(body)
    clocks = int(2 ** stream.rng("break off").uniform(*BROKEN_OFF))
    await First(task.complete, Timer(clocks * stream.PERIOD_NS + 3, unit="ns"))
    if task.done():
        task.result()
    for left in set(running) - before:
        left.cancel()
    await Timer(1, unit="ns")  # as between tests: an end and a beginning in one moment are too much for Icarus


async def rest(ports: Ports) -> None:
    """Nothing is left, neither in the bench nor in the top."""
    left = [sentence for sentence in (ask() for ask in stream.owed) if sentence]
    assert not left, f"the test ended too early: {'; '.join(left)}"
    if ports.clock is None:
        return
    for clock in range(QUIET):
        await before_the_edge(ports.clock)
        offered = [valid._name for valid in ports.offers.values() if int(valid.value)]
        assert not offered, f"after the end of the test, in clock {clock}: {', '.join(offered)}"
    busy = [f"{handle._name} is {handle.value}" for handle, value in ports.at_rest if handle.value != value]
    assert not busy, f"the top is not empty at the end of the test: {', '.join(busy)}"


def held(test: Test) -> Test:
    """The same test, held to the above."""

    @functools.wraps(test.func)
    async def run(dut, **arguments):
        ports = Ports(dut)
        if ports.reset is not None:
            await break_off(test.func(dut, **arguments))
        stream.owed.clear()
        watches = ports.reset is not None and stream.icarus()
        if watches:
            cocotb.start_soon(watch(ports))
        await test.func(dut, **arguments)
        assert ports.watched or not watches, "the test resets nothing, so no X was looked for"
        await rest(ports)
        never = getattr(_bench, "NEVER_WAITS", {})
        assert never.keys() <= ports.streams.keys(), f"NEVER_WAITS names no stream: {', '.join(never)}"
        counted = {name: count for name, count in _moves.items() if name not in never}
        Path("streams.json").write_text(json.dumps(counted))

    fields = {name: value for name, value in vars(test).items() if name != "func"}
    return Test(func=run, **fields)


def tests_of(module: Any) -> list[Test]:
    """Every test of a module, with each of its parameters."""
    found = [value for value in vars(module).values() if isinstance(value, cocotb.regression.TestGenerator)]
    return [test for generator in found for test in generator.generate_tests()]


globals().update({test.name: held(test) for test in tests_of(_bench)})
