"""What each unit did when, by instruction: from the lines of tb/timeline.sv to a trace for Perfetto or chrome://tracing.

`write(PATH.json, ...)` makes the trace, and a picture of it beside it (host/picture.py). A microsecond of the trace is a clock cycle, counted from the
doorbell as the chip's counters do.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from host.errors import SerranoError
from host.places import Places
from models import isa

TRACKS = ("dispatch", "weight stream", "matrix", "vector", "dma load", "dma store")
_TRACK_OF = {
    "matmul": "matrix",
    "vector": "vector",
    "load": "dma load",
    "store": "dma store",
    "store_tile": "dma store",
}
PROGRAM_LOAD = -1  # the pc of what brings the program


@dataclass
class Event:
    """An instruction of a run. Cycles: `start` and `end` of its unit's work, both included, and `done`, when it was complete.

    A command waits for `waits`, indices of older ones; `stalls` are the cycles that dispatch stood still before it, for the window, a queue, older
    instructions; `asked` are the first and last cycle in which the weight stream asked for the beats of a matmul.
    """

    index: int
    pc: int
    track: str
    dispatched: int
    stalls: tuple[int, int, int] = (0, 0, 0)
    waits: list[int] = field(default_factory=list)
    taken: int | None = None
    start: int | None = None
    end: int | None = None
    done: int | None = None
    beats: int = 0
    asked: list[int] = field(default_factory=list)
    place: str = ""
    token: int = 0


@dataclass
class Run:
    """A run: its events in program order, and the use of weights and port, (cycle, beats taken, read, written) since the one before.

    `cycles` are those of all of it, or of as much as the lines tell.
    """

    events: list[Event] = field(default_factory=list)
    use: list[tuple[int, int, int, int]] = field(default_factory=list)
    cycles: int = 0

    def commands(self) -> list[Event]:
        """Those that a unit has completed."""
        return [event for event in self.events if event.done is not None and event.track != "dispatch"]


def read(lines: Iterable[str], instructions: Sequence[isa.Instruction], sources: Sequence[str] | None = None) -> Run:
    """The last run that the lines tell of. `sources`: the kernels that each instruction came from, if known.

    Raises SerranoError for a command that starts twice.
    """
    run = Run()
    sources = sources or [""] * len(instructions)
    slots: dict[int, Event] = {}
    at_work: dict[str, Event | None] = {}
    places, token = Places(instructions, sources), 0

    def event(pc: int, track: str, cycle: int, stalls: Sequence[str]) -> Event:
        made = Event(len(run.events), pc, track, cycle, tuple(map(int, stalls)))
        made.place, made.token = places.move(pc), token
        run.events.append(made)
        return made

    def take(made: Event, cycle: int) -> Event:
        if made.taken is not None:
            raise SerranoError(f"#{made.index} on {made.track} starts twice, in cycles {made.taken} and {cycle}")
        made.taken = cycle
        return made

    for line in lines:
        kind, *words = line.split()
        if kind == "R":
            run, slots, at_work = Run(), {}, {}
            places, token = Places(instructions, sources), 0
            continue
        cycle, *words = words
        cycle = run.cycles = int(cycle)
        if kind == "C":
            pc, slot = int(words[0]), int(words[1])
            made = event(pc, _TRACK_OF[instructions[pc].name], cycle, words[3:])
            waits = int(words[2], 16)
            made.waits = [slots[i].index for i in range(16) if waits >> i & 1]
            slots[slot] = made
        elif kind == "S":
            made = event(int(words[0]), "dispatch", cycle, words[2:])
            made.start = made.end = made.done = cycle
            token += instructions[made.pc].name == "signal"
        elif kind == "a":
            take(slots.setdefault(int(words[0]), Event(-1, PROGRAM_LOAD, "dma load", 0, start=cycle)), cycle)
        elif kind in "mv":
            at_work[kind] = take(slots[int(words[0])], cycle)
            at_work[kind].start = cycle
        elif kind == "w":
            made = at_work[kind] = slots[int(words[0])]
            made.asked = [cycle]
        elif kind == "W":
            at_work["w"].asked.append(cycle)
        elif kind in "MV":
            made = at_work[kind.lower()]
            made.end, made.beats = cycle, int(words[0]) if words else 0
        elif kind == "x":
            made = slots.pop(int(words[0]))
            made.done = cycle
            if made.track.startswith("dma") and made.pc != PROGRAM_LOAD:
                made.start, made.end = int(words[1]), int(words[2])
        elif kind == "U":
            run.use.append((cycle, *map(int, words)))
        elif kind != "E":
            raise SerranoError(f"the timeline has a line that nobody knows: {line.strip()}")
    _occupy_dma(run)
    return run


def _occupy_dma(run: Run) -> None:
    """A transfer has its half of the dma unit from when it is taken, or when the one before has moved its last word."""
    last = {"dma load": -1, "dma store": -1}
    for event in run.commands():
        if event.track in last:
            event.start = min(max(event.taken, last[event.track] + 1), event.start)
            last[event.track] = event.end


# ---------------------------------------------------------------- trace


def reason(event: Event, run: Run, before: Event | None) -> tuple[int, str]:
    """The cycle in which nothing older held an event up any more, and what did last; `before` is the one that its unit did before."""
    older = [run.events[i] for i in event.waits if run.events[i].done is not None]
    released = max(older, key=lambda e: e.done, default=None)
    cleared = released.done if released else -1
    free = before.end if before else -1
    if max(cleared, free) <= event.dispatched:
        return event.dispatched, ""
    if cleared >= free:
        return cleared, f"#{released.index} on {released.track}: {released.place}"
    return free, f"its unit, busy with #{before.index}"


def chrome(run: Run, instructions: Sequence[isa.Instruction], title: str = "serrano") -> dict:
    """The trace: an event a command on its unit's track, one an instruction on the track of dispatch, one a matmul on the weight stream's."""
    made = [{"ph": "M", "pid": 1, "tid": 0, "name": "process_name", "args": {"name": title}}]
    for number, track in enumerate(TRACKS):
        made.append({"ph": "M", "pid": 1, "tid": number, "name": "thread_name", "args": {"name": track}})
        made.append({"ph": "M", "pid": 1, "tid": number, "name": "thread_sort_index", "args": {"sort_index": number}})

    def span(track: str, category: str, name: str, start: int, end: int, args: dict) -> None:
        number = TRACKS.index(track)
        made.append(
            {
                "ph": "X",
                "pid": 1,
                "tid": number,
                "cat": category,
                "name": name,
                "ts": start,
                "dur": end - start + 1,
                "args": args,
            }
        )

    texts = [isa.disassemble(code) for code in instructions]
    before: dict[str, Event] = {}
    for event in run.events:
        if event.done is None:
            continue
        code = instructions[event.pc].name
        about = {
            "instruction": texts[event.pc],
            "source": event.place,
            "pc": event.pc,
            "index": event.index,
            "token": event.token,
        }
        name = f"{kernel_of(event)} {code}".strip()
        stalls = {k: n for k, n in zip(("window", "queue", "older"), event.stalls, strict=True) if n}
        stood = sum(event.stalls)
        span("dispatch", "dispatch", name, event.dispatched - stood, event.dispatched, about | {"stalled": stalls})
        if event.track == "dispatch":
            continue
        free, why = reason(event, run, before.get(event.track))
        before[event.track] = event
        about |= {"dispatched": event.dispatched, "waited": event.start - event.dispatched - 1}
        about |= {"waited for": why, "after that": max(event.start - free - 1, 0), "done": event.done}
        about |= {"beats": event.beats} if event.track == "matrix" else {}
        span(event.track, "command", name, event.start, event.end, about)
        if event.asked:
            span("weight stream", "requests", name, *event.asked, about)
    past = 0
    for cycle, taken, read_beats, written in run.use:
        length = cycle - past
        share = {"weights taken": taken, "port reads": read_beats, "port writes": written}
        for what, beats in share.items():
            value = round(100 * beats / length, 2)
            made.append({"ph": "C", "pid": 1, "tid": 0, "name": f"{what} %", "ts": past, "args": {"%": value}})
        past = cycle
    return {"traceEvents": made, "displayTimeUnit": "ms", "otherData": {"1 us": "1 clock cycle", "cycles": run.cycles}}


def kernel_of(event: Event) -> str:
    """The innermost kernel's name."""
    return event.place.rpartition("/")[2].partition("#")[0].partition("[")[0]


def destination(path: Path | str) -> Path:
    """The path of a trace, in a folder that is there. Raises SerranoError."""
    path = Path(path)
    if path.suffix != ".json":
        raise SerranoError(f"a trace is a .json file, and {path} is none")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SerranoError(f"there is no folder for the trace {path}: {error.strerror}") from None
    return path


def write(path: Path, raw: Path, instructions: Sequence[isa.Instruction], sources: Sequence[str] | None = None) -> Run:
    """The trace to PATH and its picture beside it as PNG, from the lines in `raw`."""
    from host.picture import draw  # matplotlib takes its time, and only a trace needs it

    with open(raw) as lines:
        run = read(lines, instructions, sources)
    path.write_text(json.dumps(chrome(run, instructions, path.stem), separators=(",", ":")))
    draw(run, path.with_suffix(".png"))
    return run
