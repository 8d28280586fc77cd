"""Who waits for whom: reads what tb/watchdog.sv wrote of a chip that does not move, and follows it to the unit where it ends.

At rest every stream that is offered a word and does not take it is evidence against its consumer, and everything owed
against the one that owes it. What is neither blocked nor owed anything, and has work, is itself the end of the chain.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

NAMES = {
    "sequencer": "the sequencer",
    "window": "the hazard window",
    "matrix": "the matrix unit",
    "vector": "the vector unit",
    "dma": "the dma unit",
    "stream": "the weight stream",
    "port": "the memory port",
    "vmem": "the vector memory's arbiter",
    "amem": "the activation memory's arbiter",
    "memory": "the memory outside the chip",
}
KINDS = ("none", "scalar", "read", "signal", "end", "dma", "matmul", "vector")  # srn_control_pkg, kind_e
UNITS = {"100": "matrix", "010": "vector", "001": "dma"}  # of a slot
UNIT_OF_KIND = {"dma": "dma", "matmul": "matrix", "vector": "vector"}
# What a unit takes words from or hands words to, in the order in which it is looked at.
OFFERS = {
    "sequencer": ("read",),
    "matrix": ("result", "operand"),
    "stream": ("stream_read",),
    "dma": ("load", "store", "tile", "dma_read", "write", "write_data"),
    "port": ("ar", "aw", "w"),
}
OWED = {
    "stream": ("stream_beats",),
    "dma": ("dma_beats", "write_completions"),
    "port": ("read_beats", "write_responses", "write_beats"),
}
ANSWERS = {"read_beats": "r", "write_responses": "b"}  # the stream on which the memory pays what it owes


@dataclass
class Slot:
    live: bool
    clear: bool
    pc: int
    unit: str
    waits: list[int]  # for these slots


@dataclass
class State:
    """What state.txt holds."""

    cycle: int = 0
    flags: dict[str, int] = field(default_factory=dict)
    channels: dict[str, tuple[str, str, int, int]] = field(default_factory=dict)  # producer, consumer, valid, ready
    owed: dict[str, tuple[str, int]] = field(default_factory=dict)
    slots: list[Slot] = field(default_factory=list)
    heads: dict[str, tuple[int, int]] = field(default_factory=dict)  # valid, slot

    def blocked(self, channel: str) -> bool:
        *_, valid, ready = self.channels[channel]
        return bool(valid and not ready)


@dataclass(frozen=True)
class Link:
    """`unit` waits for `on`, or is the end of the chain where there is none, because of `reason`."""

    unit: str
    reason: str
    on: str | None = None


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0  # X, before anything was there


def read(path: Path) -> State:
    """The state in `path`."""
    state = State()
    for line in path.read_text().splitlines():
        kind, *rest = line.split()
        if kind == "cycle":
            state.cycle = _number(rest[0])
        elif kind == "flag":
            state.flags[rest[0]] = _number(rest[1])
        elif kind == "channel":
            state.channels[rest[0]] = (rest[1], rest[2], _number(rest[3]), _number(rest[4]))
        elif kind == "owed":
            state.owed[rest[0]] = (rest[1], int(rest[2]))
        elif kind == "slot":
            waits = [i for i, bit in enumerate(reversed(rest[5])) if bit == "1"]
            unit = UNITS.get(rest[4], "")
            state.slots.append(Slot(rest[1] == "1", rest[2] == "1", _number(rest[3]), unit, waits))
        elif kind == "head":
            state.heads[rest[0]] = (_number(rest[1]), _number(rest[2]))
        else:
            raise ValueError(f"{path}: {line!r} is no line of tb/watchdog.sv")
    return state


def _at(pc: int, disassembly: Callable[[int], str] | None) -> str:
    return f"{pc}: {disassembly(pc)}" if disassembly else f"instruction {pc}"


def _in_flight(state: State, unit: str, disassembly) -> tuple[list[Link], int | None]:
    """From `unit`, whose instructions are waited for, to an instruction that nothing older holds up: links, its slot."""
    mine = [i for i, slot in enumerate(state.slots) if slot.live and slot.unit == unit]
    ready = [i for i in mine if not state.slots[i].waits]
    if ready:
        return [], ready[0]
    slot = state.slots[mine[0]]
    older = [i for i in slot.waits if state.slots[i].live]
    if not older:
        return [Link(unit, f"{_at(slot.pc, disassembly)} waits for a slot that is free", "window")], None
    other = state.slots[older[0]]
    link = Link(unit, f"{_at(slot.pc, disassembly)} needs {_at(other.pc, disassembly)}", other.unit)
    return [link], None


def _instruction(state: State, disassembly) -> list[Link]:
    """From the sequencer to the unit that it waits for, and on to a unit with an instruction that may run."""
    flags = state.flags
    kind = KINDS[flags["dispatch_kind"]]
    live = [slot for slot in state.slots if slot.live]
    here = _at(flags["dispatch_pc"], disassembly)
    if state.blocked("read"):
        return [Link("sequencer", f"{here} reads the vector memory, which does not answer", "vmem")]
    if flags["load"] or not flags["run"]:
        if flags["stop"]:
            return [Link("sequencer", "it stops, for a clear or a bus error, and the port has work left", "port")]
        return [Link("sequencer", "it loads the program", "dma")]
    if not flags["dispatch_valid"]:
        return [Link("sequencer", "no instruction comes to dispatch")]
    wanted = UNIT_OF_KIND.get(kind)
    if flags["dispatch_refused"] or not wanted or flags["window_full"]:
        why = "is refused once" if flags["dispatch_refused"] else "waits until" if not wanted else "wants a slot:"
        if not live:
            return [Link("sequencer", f"{here} {why} nothing is in flight, and nothing is")]
        free = [slot for slot in live if not slot.waits] or live
        what = "all slots are taken" if wanted and not flags["dispatch_refused"] else "nothing is in flight"
        return [Link("sequencer", f"{here} {why} {what}", free[0].unit)]
    if flags["queue_full"]:
        if kind == "matmul" and flags["stream_queue_full"]:
            wanted = "stream"
        return [Link("sequencer", f"{here} waits for room in the queue", wanted)]
    return [Link("sequencer", f"{here} could be dispatched and is not")]


def _unit(state: State, unit: str, disassembly) -> Link:
    """What `unit` waits for."""
    running = ""
    if unit in ("matrix", "vector", "dma"):
        links, slot = _in_flight(state, unit, disassembly) if _live(state, unit) else ([], None)
        if links:
            return links[0]
        if slot is not None and not state.slots[slot].clear:
            return Link(
                unit, f"{_at(state.slots[slot].pc, disassembly)} may not start, though it needs nothing", "window"
            )
        running = f"{_at(state.slots[slot].pc, disassembly)}; " if slot is not None else ""
    asked = state.blocked("write") or state.owed["write_beats"][1] > 0
    if unit == "dma" and state.blocked("write_data") and not asked:
        return Link(unit, f"{running}it offers data to write without having asked for a burst")
    for channel in OFFERS.get(unit, ()):
        if state.blocked(channel):
            return Link(unit, f"{running}{channel} is offered and not taken", state.channels[channel][1])
    for name in OWED.get(unit, ()):
        debtor, count = state.owed[name]
        if count > 0 and not (name == "write_beats" and state.blocked("write_data")):
            answer = ANSWERS.get(name)
            if answer and state.blocked(answer):
                return Link(unit, f"{running}{answer} is offered and this unit does not take it")
            return Link(unit, f"{running}{count} {name.replace('_', ' ')} are owed", debtor)
    if unit == "matrix" and state.flags["matrix_wait_beat"]:
        return Link(unit, f"{running}no beat of weights comes", "stream")
    return Link(unit, f"{running}it has what it needs and does not go on")


def _live(state: State, unit: str) -> bool:
    return any(slot.live and slot.unit == unit for slot in state.slots)


def chain(state: State, disassembly: Callable[[int], str] | None = None) -> list[Link]:
    """From the sequencer to the unit where the waiting ends. `disassembly(pc)` names instructions."""
    links = _instruction(state, disassembly)
    seen = {"sequencer"}
    while (on := links[-1].on) is not None:
        if on in ("window", "vmem", "amem", "memory") or on in seen:
            reason = "which closes the circle" if on in seen else "the waiting ends here"
            links.append(Link(on, reason))
            break
        seen.add(on)
        links.append(_unit(state, on, disassembly))
    return links


def situation(state: State, disassembly: Callable[[int], str] | None = None) -> str:
    """What is in flight, and every stream that waits or is owed something: for a run that failed in its midst."""
    lines = [f"cycle {state.cycle}, at dispatch {_at(state.flags['dispatch_pc'], disassembly)}"]
    for slot in state.slots:
        if slot.live:
            older = [str(state.slots[i].pc) for i in slot.waits if state.slots[i].live]
            waits = f", waits for {', '.join(older)}" if older else ""
            lines.append(f"in flight: {_at(slot.pc, disassembly)} ({slot.unit}{waits})")
    for name, (producer, consumer, valid, ready) in state.channels.items():
        if valid:
            lines.append(f"stream {name}, {producer} to {consumer}: {'a word moves' if ready else 'a word waits'}")
    lines += [
        f"owed by {unit}: {count} {name.replace('_', ' ')}" for name, (unit, count) in state.owed.items() if count
    ]
    return "\n".join(lines)


def sentence(links: list[Link]) -> str:
    """The chain, a link a line, and its end named first."""
    text = [f"{NAMES[links[-1].unit]} does not move; who waits for whom:"]
    for link in links:
        arrow = f" -> {NAMES[link.on]}" if link.on else ""
        text.append(f"  {NAMES[link.unit]}: {link.reason}{arrow}")
    return "\n".join(text)
