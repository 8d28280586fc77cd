"""Cycles of a program without simulating the RTL: the same binary, one instruction after another, each with its clocks.

Scalar instructions are executed (registers, branches), commands are not: what they touch comes from the simulator's own
checks (models/touches.py), what they cost from models/timing.py. Instructions go in program order, since dispatch, queues
and window make one wait for older ones alone; what newer ones take from it where units share a port comes from the pass
before. docs/performance-model.md tells what is left out and how far it errs.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from models import isa
from models.config import Config
from models.contention import History, Memory, Neighbours, Port, cut
from models.simulator import Simulator
from models.timing import DmaUnit, MatrixUnit, VectorUnit
from models.touches import Accepted, Checker
from models.vector import vector

SLOTS, QUEUE = 16, 8  # srn_isa_pkg, srn_queues
STAGES = 5  # from the program's last word to the dispatch of its first instruction
SMALL = 64  # elements of a vector instruction, beats of a load, whose results are known
PASSES = 3  # what newer commands do beside a command is known from the pass before
READ_STALL = 4  # from the clock in which a `read` is done to the next instruction's dispatch

CAUSES = {
    "weights": "the matrix unit takes a beat of weights",
    "memory": "it waits for weights",
    "vector": "for the vector unit's results",
    "dma": "for a load or store",
    "matrix": "for its own earlier results",
    "operand": "for the first activation blocks",
    "drain": "for results to leave",
    "dispatch": "for the instruction",
    "start": "the program is loaded",
    "end": "after the last product",
}


@dataclass
class Mark:
    """A `signal`: its value and what had been spent by then."""

    value: int
    cycles: int
    causes: dict[str, int]
    bytes: dict[str, int]


@dataclass
class Estimate:
    """cycles as the chip's counter; causes add up to them; bytes: stream, read (stream and loads), written."""

    cycles: int
    causes: dict[str, int]
    bytes: dict[str, int]
    marks: list[Mark] = field(default_factory=list)
    instructions: int = 0
    busy: dict[str, int] = field(default_factory=dict)  # cycles that the vector and dma units were at work


@dataclass
class _Live:
    """An instruction in flight: what it writes and reads, by space, as (first, last); when and by whom it is done."""

    unit: str
    writes: dict
    reads: dict
    done: float = 0


def _accesses(name: str, ranges: dict) -> tuple[dict, dict]:
    """Ranges of models/touches.py as writes and reads of each space (rtl/control/srn_window_slot.sv, hazards)."""
    writes, reads = {"vmem": [], "amem": [], "dram": []}, {"vmem": [], "amem": [], "dram": []}
    for place, span in ranges.items():
        if place == "dram":
            (writes if name in ("store", "store_tile") else reads)["dram"].append(span)
        elif place == "amem":
            (writes if name == "vector" else reads)["amem"].append(span)
        else:
            (writes if place in ("dst", "r") else reads)["vmem"].append(span)
    return writes, reads


def _meet(some: list, others: list) -> bool:
    for first, last in some:
        for other_first, other_last in others:
            if first <= other_last and other_first <= last:
                return True
    return False


def _conflict(old: _Live, new: _Live, space: str) -> bool:
    wrote, writes = old.writes[space], new.writes[space]
    in_order = old.unit == new.unit == "matrix"
    return (not in_order and _meet(wrote, writes)) or _meet(wrote, new.reads[space]) or _meet(old.reads[space], writes)


class Machine:
    """The sequencer and the units of one slice."""

    def __init__(self, config: Config, memory: Memory, past: History | None = None):
        self.config = config
        self.port, self.beside = Port(memory), Neighbours(past=past)
        self.vector = VectorUnit(config, self.beside)
        self.matrix = MatrixUnit(config, self.port, self.beside)
        self.dma = DmaUnit(config, self.port, self.beside)
        self.live: list[_Live] = []  # some of those that are done are among them
        self.pops = {unit: deque(maxlen=QUEUE) for unit in ("stream", "matrix", "vector", "dma")}
        self.causes = dict.fromkeys(CAUSES, 0.0)
        self.accounted = -1.0  # clocks until here have a cause

    def spend(self, cause: str, until: float) -> None:
        if until > self.accounted:
            self.causes[cause] += until - self.accounted
            self.accounted = until

    # ---------------------------------------------------------------- dispatch

    def slot(self, arrives: float, units: tuple) -> float:
        """When an instruction that arrives at dispatch finds a slot and room in its queues."""
        clock = arrives
        for unit in units:
            if len(self.pops[unit]) == QUEUE:
                clock = max(clock, self.pops[unit][0] + 1)
        self.live = [entry for entry in self.live if entry.done >= clock]
        dones = sorted((entry.done for entry in self.live), reverse=True)
        return max(clock, dones[SLOTS - 1] + 1) if len(dones) >= SLOTS else clock

    def clear(self, new: _Live, dispatched: float, spaces=("vmem", "amem", "dram")) -> tuple[float, str]:
        """When no older conflicting one is left, and whose the last was."""
        latest, unit = 0, ""
        for old in self.live:
            if old.done > max(dispatched, latest) and any(_conflict(old, new, space) for space in spaces):
                latest, unit = old.done, old.unit
        return latest, unit

    def drained(self) -> float:
        return max((entry.done for entry in self.live), default=0)

    # ---------------------------------------------------------------- commands

    def command(self, i: isa.Instruction, value: Callable, ranges: dict, arrives: float, work=None) -> float:
        """Dispatch and run; the clock of the dispatch. work: the VectorCommand of a vector instruction."""
        self.beside.number += 1
        units = {"matmul": ("stream", "matrix"), "vector": ("vector",)}.get(i.name, ("dma",))
        dispatched = self.slot(arrives, units)
        entry = _Live(units[-1], *_accesses(i.name, ranges))
        clear, by = self.clear(entry, dispatched)
        if i.name == "matmul":
            stream_clear, _ = self.clear(entry, dispatched, ("dram",))
            entry.done = self._matmul(i, value, dispatched, clear, by, stream_clear)
        elif i.name == "vector":
            popped, entry.done = self.vector.run(work, "b" in ranges, "s" in ranges, dispatched, clear)
            self.pops["vector"].append(popped)
        else:
            popped, entry.done = self._transfer(i, value, dispatched, clear)
            self.pops["dma"].append(popped)
        self.live.append(entry)
        return dispatched

    def _matmul(self, i, value, dispatched, clear, by, stream_clear):
        fields = {key: value(key) for key in ("dram", "outputs", "depth", "rows")}
        fields |= {"dram_stride": i.dram_stride, "format": i.label("format")}
        unit = self.matrix
        starved, blocked = unit.starved, unit.blocked
        popped, matrix_popped, done, steps = unit.run(fields, dispatched, clear, stream_clear)
        self.pops["stream"].append(popped)
        self.pops["matrix"].append(matrix_popped)
        # The beats between the first and the last of this matmul, then why the first did not come sooner.
        self._account(steps, fields["rows"], dispatched, clear, by, stream_clear)
        starved, blocked = unit.starved - starved, unit.blocked - blocked
        self.causes["memory"] += starved
        self.causes["drain"] += blocked
        self.causes["weights"] += unit.last_beat - self.accounted - starved - blocked
        self.accounted = unit.last_beat
        return done

    def _account(self, steps, rows, dispatched, clear, by, stream_clear):
        first = max(steps.beat, steps.operand, steps.before + 1) - 1  # the last clock without a beat
        self.spend("dispatch", min(dispatched, first))
        if steps.operand > steps.beat:
            self.spend(by or "dispatch", min(clear, first))
            self.spend("operand", first)
        else:
            self.spend("dma", min(stream_clear, first))
            self.spend("memory", first)

    def _transfer(self, i, value, dispatched, clear):
        port = self.config.port_bytes
        if i.name == "store_tile":
            parts = 32 // port
            return self.dma.store(self._tile_bursts(i, value, parts), dispatched, clear)
        beats = -(-value("cols") * 4 // port)
        region = (value("dram"), i.dram_stride, beats, value("rows"))
        if i.name == "load":
            return self.dma.load(*region, dispatched, clear)
        return self.dma.store(cut(*region), dispatched, clear)

    def _tile_bursts(self, i, value, parts):
        first, count, address = value("first"), value("count"), value("dram")
        while count:
            place = first % self.config.port_bytes
            size = min(self.config.port_bytes - place, count)
            for k in range(i.ksteps):
                step = address + first // self.config.port_bytes * i.dram_stride + 33 * k
                yield from cut(step + 1 + place * parts, 0, size * parts, 1)
                yield 1
            first, count = first + size, count - size


# ---------------------------------------------------------------- programs


class Chip(Checker):
    """Executes scalar instructions, and of the commands the small ones: what a program may look at to decide where to go.

    `image` is the DRAM from beat 0 as far as it matters. VMEM holds its own addresses until something small is written.
    """

    def __init__(self, config: Config, image: np.ndarray):
        super().__init__(config, np.arange(config.vmem_elements, dtype=np.uint32))
        self.dram = image[: image.size // config.port_bytes * config.port_bytes]
        self._loads = False

    def _load(self, i):
        self._loads = True
        try:
            return Simulator._load(self, i)
        finally:
            self._loads = False

    def _accept(self) -> None:
        if not self._loads:
            raise Accepted

    def _beats(self, addresses: np.ndarray) -> np.ndarray:
        beats = self.dram.reshape(-1, self.config.port_bytes)
        if addresses.size > SMALL or int(addresses.max()) >= len(beats):
            raise Accepted
        return beats[addresses]

    def _vector(self, i):
        self.work = self._check_vector(i)
        if i.label("out") in ("mxint8", "mxfp4") or self.work.cols * self.work.rows * self.work.outer > SMALL:
            raise Accepted
        with np.errstate(all="ignore"):
            writes = vector(self.vmem, self.work, self.config.lanes)
        self.vmem[writes.vmem_addresses] = writes.vmem_values
        raise Accepted


def estimate(
    code: bytes,
    config: Config,
    memory: Memory | None = None,
    args=(),
    image: np.ndarray | None = None,
    most_marks: int | None = None,
) -> Estimate:
    """The cycles of a program from its doorbell to `end`, or to so many signals.

    `image`: the memory that it starts with, uint8 from beat 0, as far as its course depends on it. Tokens are numbers that
    end nothing. Raises models.simulator.Halt where the chip would.
    """
    past, image = None, np.zeros(0, np.uint8) if image is None else image
    for _ in range(PASSES):
        machine = Machine(config, memory or Memory(), past)
        found = _run(machine, code, args, image, most_marks)
        past = machine.beside.now
    return found


def _run(machine: Machine, code: bytes, args, image, most_marks) -> Estimate:
    chip = Chip(machine.config, image)
    chip.begin([code[n : n + isa.BYTES] for n in range(0, len(code), isa.BYTES)], args)
    _, loaded = machine.dma.load(0, 0, len(code) // machine.config.port_bytes, 1, 0, 0)
    machine.spend("start", loaded)
    arrives, pending, marks = loaded + STAGES, 0, []
    while True:
        pc, registers = chip.pc, list(chip.registers)
        i = chip.step().instruction
        if pending and pending in _named(i):
            arrives += 1
        pending = i.rd if i.name == "scalar" else 0

        def value(key, i=i, registers=registers):
            return (i.fields[key] + registers[i.fields[key + "_reg"]]) & 0xFFFFFFFF

        ranges = chip.touched.ranges
        if i.name in ("scalar", "branch"):
            arrives += 2 if chip.pc != pc + 1 else 1
        elif i.name == "read":
            clear, _ = machine.clear(_Live("", *_accesses("read", ranges)), arrives)
            arrives = max(arrives, clear) + 1 + READ_STALL
        elif i.name in ("signal", "end"):
            arrives = max(arrives, machine.drained())
            if i.name == "signal":
                marks.append(_mark(machine, registers[i.ra], arrives))
            if i.name == "end" or len(marks) == most_marks:
                break
            arrives += 1
        else:
            arrives = machine.command(i, value, ranges, arrives, chip.work) + 1
    last = _mark(machine, 0, arrives)
    busy = {"vector": round(machine.vector.busy), "dma": round(machine.dma.busy)}
    return Estimate(last.cycles, last.causes, last.bytes, marks, chip.retired, busy)


def _named(i: isa.Instruction) -> set[int]:
    return {number for key, number in i.fields.items() if key == "ra" or key.endswith("_reg")}


def _mark(machine: Machine, value: int, clock: float) -> Mark:
    """All until this clock, itself included; what no product follows yet is "end"."""
    causes = dict(machine.causes)
    causes["end"] += clock - machine.accounted
    machine.spend("end", clock)
    port, beats = machine.config.port_bytes, machine.matrix.beats
    counts = {"stream": beats, "read": machine.port.read_beats, "written": machine.port.write_beats}
    return Mark(
        value, round(clock + 1), _whole(causes, round(clock + 1)), {name: n * port for name, n in counts.items()}
    )


def _whole(causes: dict[str, float], total: int) -> dict[str, int]:
    """Rounded so that the sum is the total: what is left over goes to the largest."""
    spent = {cause: round(clocks) for cause, clocks in causes.items()}
    spent[max(spent, key=spent.get)] += total - sum(spent.values())
    return spent
