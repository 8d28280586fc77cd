"""What the units share, and so wait for each other at: the memory behind its port, and the write port of vector memory.

models/timing.py has the units. Clocks count from the doorbell.
"""

from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush

MAX_BURST = 16  # beats (rtl/srn_slice.sv)
REQUEST = 1  # from a client's request to ARVALID
TOGETHER = 64  # clocks between writes that a memory's queue takes for one group
NEIGHBOURS = 24  # commands before and behind one that may run beside it: more than the window holds


@dataclass(frozen=True)
class Memory:
    """What the port sees of a memory. Latencies in cycles of the chip, from ARVALID to RVALID, from the last WVALID to BVALID."""

    name: str = "ideal"
    latency: int = 40
    write_latency: int = 16
    share: float = 1.0  # of one beat a cycle, that a linear read gets: refresh, activates, and the memory's own clock
    write_beat: float = 1.0  # cycles of a beat that is written
    turn: float = 0.0  # cycles lost by a group of writes among reads: the bus turns round twice, and rows are opened
    rows: int = (
        0  # beats in a row of each bank group: what a linear read takes before it opens the next bank's; 0: no rows
    )
    conflict: float = 0.0  # cycles from the last read of a bank's row to the first of its next one


@dataclass
class Port:
    """The memory behind its port, one beat at a time, in the order of the requests' clocks as far as they are known.

    The clocks of a stream's bursts are settled a matmul at a time, so the dma unit's may lie before or behind them: what it
    takes is kept until a burst of the stream comes that is served later, and puts off that one.
    """

    memory: Memory
    free: float = 0  # of the next beat for the stream
    dma_free: float = 0  # for the dma unit's reads
    taken: list = field(
        default_factory=list
    )  # heap of (clock, length, whether a read) of the dma unit's bursts that no stream's met yet
    writes: deque = field(
        default_factory=lambda: deque(maxlen=64)
    )  # (first, last clock) of bursts of writes, which go first
    read_beats: int = 0
    write_beats: int = 0
    end: int = 0  # of the stream's last line of beats

    def move(self, begin: int, beats: int) -> None:
        """The stream goes on at another line of beats. If a bank group's open bank must open another row, that is in its way.

        Bank groups share each row's beats and are a quarter of a row apart, of four banks (docs/dram.md).
        """
        rows = self.memory.rows
        if rows and begin != self.end:
            places = [
                ((self.end - 1 + group * rows // 4) // rows, (begin + group * rows // 4) // rows) for group in range(4)
            ]
            if any(old != new and (old - new) % 4 == 0 for old, new in places):
                self.free += self.memory.conflict
        self.end = begin + beats

    def stream(self, request: float, beats: int) -> float:
        """Service of a stream's burst, the clock of its first beat less the latency."""
        begin = max(request + REQUEST, self.free)
        turn = False
        while self.taken and self.taken[0][0] <= begin and not turn:
            clock, length, is_read = heappop(self.taken)
            self.free = max(self.free, clock) + length
            turn = is_read and self.free > request + REQUEST  # a load's burst that goes first, and then this one
            begin = max(begin, self.free)
        self.free = begin + beats / self.memory.share
        self.read_beats += beats
        return begin

    def dma(self, request: float, beats: int, streams: list) -> float:
        """The same of a load's burst; a stream at work (first, last clock) takes turns with it, burst by burst."""
        begin = max(request + REQUEST, self.dma_free)
        for first, last in self.writes:
            if first <= begin < last:
                begin = last
        if any(first <= begin < last for first, last in streams):
            begin += (MAX_BURST if begin == self.dma_free else MAX_BURST / 2) / self.memory.share
        length = beats / self.memory.share
        self.dma_free = begin + length
        heappush(self.taken, (begin, length, True))
        self.read_beats += beats
        return begin

    def write(self, begin: float, beats: int) -> None:
        alone = not self.writes or begin > self.writes[-1][1] + TOGETHER
        length = beats * self.memory.write_beat / self.memory.share + self.memory.turn * alone
        self.writes.append((begin, begin + length))
        heappush(self.taken, (begin, length, False))
        self.write_beats += beats


def bursts(address: int, stride: int, beats: int, runs: int):
    """Lengths of a region's bursts (srn_burst.sv), in lines: (length of the line in beats, its first burst)."""
    if stride == beats or runs == 1:
        yield beats * runs, MAX_BURST - address % MAX_BURST
        return
    for run in range(runs):
        yield beats, MAX_BURST - (address + run * stride) % MAX_BURST


def cut(address: int, stride: int, beats: int, runs: int):
    for line, first in bursts(address, stride, beats, runs):
        size = min(first, line)
        while line:
            yield size
            line -= size
            size = min(MAX_BURST, line)


# ---------------------------------------------------------------- what others do meanwhile


@dataclass
class History:
    """What each command of a pass did, by its number, for those that ran beside it.

    Older commands are read in the pass itself, newer ones in the pass before, moved by as much as the reader moved.
    """

    starts: dict = field(default_factory=dict)  # number -> clock
    drains: dict = field(
        default_factory=dict
    )  # of a matmul: runs [first, period, groups, words of a group] of VMEM writes
    writes: dict = field(
        default_factory=dict
    )  # of a vector command: (first, last clock of its writes, clocks from issue)
    streams: dict = field(
        default_factory=dict
    )  # of a matmul: (first, last clock) in which its bursts are served: the buffer fills; it is used


@dataclass
class Neighbours:
    """The commands around the one at work."""

    now: History = field(default_factory=History)
    past: History | None = None
    number: int = 0

    def begin(self, clock: float) -> None:
        self.now.starts[self.number] = clock

    def of(self, kind: str):
        """(entry, clocks to add to it) of each neighbour."""
        mine = getattr(self.now, kind)
        for number in range(self.number - NEIGHBOURS, self.number):
            if number in mine:
                yield mine[number], 0
        if self.past and self.number in self.past.starts:
            theirs, moved = getattr(self.past, kind), self.now.starts[self.number] - self.past.starts[self.number]
            for number in range(self.number + 1, self.number + NEIGHBOURS):
                if number in theirs:
                    yield theirs[number], moved

    def delay(self, clock: float, words: int) -> float:
        """Of the last of some words of VMEM that matrix unit or dma offer from `clock` on, a word a clock."""
        for (first, last, at), moved in self.of("writes"):
            if first + moved <= clock <= last + moved:
                yielded = clock + at + 2  # the first slot left empty arrives at the port (rtl/vector/srn_vmem.sv)
                return max(min(last + moved + 1, yielded) - clock + min(words, max(last + moved - yielded, 0) / 2), 0)
        return 0

    def pace(self, clock: float) -> int:
        """Clocks of a word of many while the vector unit writes or does not."""
        return 1 + any(first + moved <= clock <= last + moved for (first, last, _), moved in self.of("writes"))

    def lost(self, first: float, clocks: float, at: int, taken: float) -> float:
        """Issue slots that the vector unit leaves to others' words while it writes from `first` on.

        While a word waits, as many slots are left as are taken; the first of them comes to the port `at` clocks later.
        `taken`: slots of a word of its own.
        """
        runs = sorted((run[0] + moved, *run[1:]) for entry, moved in self.of("drains") for run in entry)
        end = first + clocks
        for begin, period, groups, words in runs:
            if groups > 1 and begin < first:
                passed = min(int((first - begin) // period), groups)
                begin, groups = begin + passed * period, groups - passed
            if not groups or begin > end or begin < first - words:
                continue
            waits = at + 1 + taken / 2 + words + (words - 1) // taken * taken
            lost = waits / 2 + taken / 2
            if groups == 1:
                end += min(lost, end - begin)
            else:
                lost = min(lost, period / 2)
                end += lost * min(groups, ((end - begin) / period + 1) / (1 - lost / period))
        return end - first - clocks
