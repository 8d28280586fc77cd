"""Agents for valid/ready streams (docs/stream.md) on cocotb-bus's drivers and monitors, and helpers around them.

One sampling rule for both simulators: inputs change just after the rising edge, and everybody looks at the
falling edge, when all has settled. What is seen there is what the next rising edge will do.

A word is an int where the stream has the one field `data`, else a dict of its fields.
"""

import json
import os
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import Immediate
from cocotb.task import Task
from cocotb.triggers import Event, FallingEdge, First, RisingEdge, Timer
from cocotb_bus.drivers import BusDriver
from cocotb_bus.monitors import BusMonitor

PERIOD_NS = 10
PATIENCE = 10_000  # cycles without a word moving that a bench puts up with

Word = int | dict[str, int]


def rng(name: str) -> random.Random:
    """A generator of its own for each agent, so that a new one does not shift the others."""
    return random.Random(f"{cocotb.RANDOM_SEED}:{name}")


def numpy_rng(name: str = "") -> np.random.Generator:
    """numpy is not seeded by cocotb: this one follows the test's seed."""
    return np.random.default_rng(rng(name).getrandbits(64))


def parameter(name: str) -> int:
    """A parameter of this build, which the bench's PARAMETERS must state."""
    return json.loads(os.environ["SRN_PARAMETERS"])[name]


# ---------------------------------------------------------------- clock and reset


def clock_of(dut: Any) -> Any:
    """The clock's handle: an input, or an output where the top level makes its own."""
    return dut.clk_i if hasattr(dut, "clk_i") else dut.clk_o


_clock: Task | None = None  # what drives it


async def start(dut: Any, cycles: int = 1) -> None:
    """Every input zero, then the clock, then `cycles` edges of reset: one must be enough. Returns just after the last.

    A test may start again: its former clock ends a moment before, for two on one wire, or both in one moment, crash Icarus."""
    global _clock
    if _clock is not None and not _clock.done():
        _clock.cancel()
        await Timer(1, unit="ns")
    clock = clock_of(dut)
    own = clock._name == "clk_o"
    # a two-state simulator makes up a clock, whose fall or rise must not be seen
    if not own and resolved(clock.value):
        clock.set(Immediate(0))
    for handle in dut:
        if handle._name.endswith(("_i", "_ni")):
            handle.value = 0
    await Timer(1, unit="ns")  # settled before the first edge, so that nothing is clocked in at random
    if not own:
        _clock = Clock(clock, PERIOD_NS, unit="ns", impl="gpi").start()
    await clocks(dut, cycles)
    if hasattr(dut, "rst_ni"):
        dut.rst_ni.value = 1


def icarus() -> bool:
    """Whether this simulation runs on Icarus, which is slow: benches run fewer of the same there."""
    return cocotb.SIM_NAME.lower().startswith("icarus")


def resolved(value: Any) -> bool:
    """Whether no bit of it is X or Z. cocotb's own `is_resolvable` makes an object of each bit, which for wide ports is most of a clock."""
    return not str(value).strip("01")


async def clocks(dut: Any, cycles: int) -> None:
    """Wait that many rising edges. What stands there differs between simulators: look after a FallingEdge."""
    clock = clock_of(dut)
    for _ in range(cycles):
        await RisingEdge(clock)


# ---------------------------------------------------------------- agents

owed: list[
    Callable[[], str]
] = []  # each says what is still to come, or nothing: asked at the end of a test (tb/bench.py)


def _fields(dut: Any, prefix: str, suffix: str) -> list[str]:
    """The stream's ports less its handshake, and less those of streams whose prefix begins with this one."""
    names = [handle._name for handle in dut]
    start, end = f"{prefix}_", f"_{suffix}"
    found = [name[len(start) : -len(end)] for name in names if name.startswith(start) and name.endswith(end)]
    nested = tuple(field.removesuffix("valid") for field in found if field.endswith("_valid"))
    return [field for field in found if field not in ("valid", "ready") and not field.startswith(nested or "\0")]


class StreamDriver(BusDriver):
    """Offers queued words; with probability `stall` it lets a cycle go by before each, with rubbish on the wires."""

    def __init__(self, dut: Any, prefix: str, stall: float = 0.0, fields: Sequence[str] | None = None):
        self._names = list(fields or _fields(dut, prefix, "i"))
        self._signals = {"valid": "valid_i", "ready": "ready_o"} | {name: f"{name}_i" for name in self._names}
        self._stall = stall
        self._random = rng(f"driver {prefix}")
        self._left = 0
        owed.append(lambda: f"{prefix} has {self._left} words to offer" if self._left else "")
        super().__init__(dut, prefix, dut.clk_i)
        self._handles = [getattr(self.bus, name) for name in self._names]
        self._falling = FallingEdge(dut.clk_i)
        self._rising = RisingEdge(dut.clk_i)
        self.bus.valid.value = 0

    async def _driver_send(self, word: Word, sync: bool = True) -> None:
        if sync and not int(self.clock.value):  # in the first half of a cycle inputs may still change
            await self._rising
        while self._stall and self._random.random() < self._stall:
            self._idle()
            await self._rising
        for name, handle in zip(self._names, self._handles):
            handle.value = word[name] if isinstance(word, Mapping) else word
        self.bus.valid.value = 1
        for _ in range(PATIENCE):
            await self._falling
            moved = int(self.bus.ready.value)
            await self._rising
            if moved:
                self._idle()  # the next word, if there is one, replaces this before it is seen
                self._left -= 1
                return
        raise AssertionError(f"{self.name}: not ready for {PATIENCE} cycles")

    def _idle(self) -> None:
        self.bus.valid.value = 0
        for handle in self._handles:
            handle.value = self._random.getrandbits(len(handle))

    async def put(self, words: Iterable[Word]) -> None:
        """Queue the words and wait until the last has moved."""
        words = list(words)
        self._left += len(words)
        if words:
            done = Event()
            for word in words[:-1]:
                self.append(word)
            self.append(words[-1], event=done)
            await done.wait()

    def kill(self) -> None:
        self._thread.cancel()


class StreamMonitor(BusMonitor):
    """Collects the words that move and holds the stream to its rules; drives nothing. `side` is "out" or "in"."""

    def __init__(
        self,
        dut: Any,
        prefix: str,
        side: str = "out",
        fields: Sequence[str] | None = None,
        callback: Callable[[Word], None] | None = None,
    ):
        forth, back = ("o", "i") if side == "out" else ("i", "o")
        self._names = list(fields or _fields(dut, prefix, forth))
        self._signals = {"valid": f"valid_{forth}", "ready": f"ready_{back}"}
        self._signals |= {name: f"{name}_{forth}" for name in self._names}
        super().__init__(dut, prefix, dut.clk_i, reset_n=dut.rst_ni, callback=callback)

    async def _monitor_recv(self) -> None:
        falling = FallingEdge(self.clock)
        valid, ready = self.bus.valid, self.bus.ready
        handles = [getattr(self.bus, name) for name in self._names]
        single = handles[0] if self._names == ["data"] else None
        waited = None
        while True:
            await falling
            if self.in_reset:
                waited = None
            elif int(valid.value):  # int() of an X raises, which fails the test: here and below
                if single is not None:
                    word = int(single.value)
                else:
                    word = {name: int(handle.value) for name, handle in zip(self._names, handles)}
                assert waited is None or word == waited, f"{self.name}: an offered word changed from {waited} to {word}"
                if int(ready.value):
                    self._recv(word)
                    waited = None
                else:
                    waited = word
            else:
                assert waited is None, f"{self.name}: an offered word was withdrawn: {waited}"

    def kill(self) -> None:
        self._thread.cancel()


class ReadyDriver(BusDriver):
    """Takes from an output stream, or with probability `stall` does not, cycle by cycle."""

    def __init__(self, dut: Any, prefix: str, stall: float = 0.0):
        self._signals = {"ready": "ready_i"}
        self._stall = stall
        self._random = rng(f"ready {prefix}")
        super().__init__(dut, prefix, dut.clk_i)

    async def _send_thread(self) -> None:
        rising = RisingEdge(self.clock)
        self.bus.ready.value = 1
        while self._stall:
            self.bus.ready.value = int(self._random.random() >= self._stall)
            await rising

    def kill(self) -> None:
        self._thread.cancel()
        self.bus.ready.value = 0


# ---------------------------------------------------------------- in one line


async def put(dut: Any, prefix: str, words: Iterable[Word], stall: float = 0.0) -> None:
    """Drive the words into the stream `prefix`; return when the last has moved."""
    driver = StreamDriver(dut, prefix, stall)
    await driver.put(words)
    driver.kill()


async def take(dut: Any, prefix: str, count: int, stall: float = 0.0) -> list[Word]:
    """Take `count` words from the stream `prefix`."""
    words: list[Word] = []
    last = Event()
    owed.append(lambda: "" if len(words) >= count else f"{len(words)} of {count} words of {prefix} were taken")

    def received(word: Word) -> None:
        words.append(word)
        if len(words) == count:
            last.set()

    monitor = StreamMonitor(dut, prefix, callback=received)
    ready = ReadyDriver(dut, prefix, stall)
    while len(words) < count:
        before = len(words)
        await First(last.wait(), Timer(PATIENCE * PERIOD_NS, unit="ns"))
        assert len(words) > before, f"{prefix}: nothing in {PATIENCE} cycles after {before} of {count} words"
    monitor.kill()
    await RisingEdge(dut.clk_i)  # the last word moves on this edge
    ready.kill()
    assert words, f"{prefix}: no words were asked for, so none will be compared"
    return words


async def pipeline(
    dut: Any, inputs: Mapping[str, Sequence[int]], outputs: Sequence[str], latency: int
) -> dict[str, list[int]]:
    """Feed a pipeline that never stalls one set of inputs a clock, and collect `outputs` `latency` clocks later.

    Keys are port names, all sequences of one length; latency 0 is a combinational block. After the last
    set the inputs go back to zero.
    """
    sources = [(getattr(dut, name), [int(value) for value in values]) for name, values in inputs.items()]
    sinks = [(getattr(dut, name), []) for name in outputs]
    count = len(sources[0][1])
    assert all(len(values) == count > 0 for _, values in sources), "inputs differ in length, or there are none"
    falling = FallingEdge(dut.clk_i)
    await falling
    first = max(latency, 1) - 1
    for clock in range(count + first):
        for handle, values in sources:
            handle.value = values[clock] if clock < count else 0
        await falling
        if clock >= first:
            for handle, values in sinks:
                values.append(int(handle.value))
    for handle, _ in sources:
        handle.value = 0
    return {name: values for name, (_, values) in zip(outputs, sinks)}


async def cycles(dut: Any, inputs: Mapping[str, Sequence[int]], outputs: Sequence[str]) -> dict[str, list[int | None]]:
    """Cycle by cycle: drive one set of inputs, and see the outputs of that same cycle, None where they hold an X."""
    sources = [(getattr(dut, name), [int(value) for value in values]) for name, values in inputs.items()]
    sinks = [(getattr(dut, name), []) for name in outputs]
    rising, falling = RisingEdge(dut.clk_i), FallingEdge(dut.clk_i)
    assert sources[0][1], "no cycles to see"
    if not int(dut.clk_i.value):
        await rising
    for clock in range(len(sources[0][1])):
        for handle, values in sources:
            handle.value = values[clock]
        await falling
        for handle, values in sinks:
            value = handle.value
            values.append(int(value) if resolved(value) else None)
        await rising
    for handle, _ in sources:
        handle.value = int(handle._name == "rst_ni")
    return {name: values for name, (_, values) in zip(outputs, sinks)}
