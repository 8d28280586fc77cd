"""Clocks of the units, a command at a time, in program order: what models/performance.py asks for each command.

Each unit knows when it was free, so a command's times follow from its own numbers and the clock in which it may start. A
clock counts from the doorbell. What makes a clock is read in the RTL; the comments name the place.
"""

from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush

from models.config import BLOCK, Config
from models.tiles import KSTEP_BEATS

# rtl/vector/srn_vector_pkg.sv, rtl/matrix/srn_matrix_pkg.sv, rtl/srn_slice.sv; tests/test_performance.py holds them equal
AT_OUT, AT_OUT_SHORT, LAT_SUM, LAT_MAX, LAT_BLOCK, LAT_SPECIAL = 15, 10, 21, 5, 4, 5
STAGE_WRITE = 8  # from the acceptance of a beat of weights to its accumulator
MAX_BURST, DMA_DEPTH, MAX_READS, MAX_WRITES, DMA_COMMANDS = 16, 64, 32, 16, 4

REQUEST = 1  # from a client's request to ARVALID
OFFER = 1  # from RVALID to the beat's offer to whom it is for
STORE_FIRST = 4  # from the acceptance of a store to its first WVALID


@dataclass(frozen=True)
class Memory:
    """What the port sees of a memory. Latencies in cycles of the chip, from ARVALID to RVALID, from the last WVALID to BVALID."""

    name: str = "ideal"
    latency: int = 40
    write_latency: int = 16
    share: float = 1.0  # of one beat a cycle, that a linear read gets: refresh, activates, and the memory's own clock
    turn: float = 0.0  # cycles lost by a burst of writes in a stream of reads


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
    )  # heap of (clock, length) of the dma unit's bursts that no stream's met yet
    writes: deque = field(
        default_factory=lambda: deque(maxlen=64)
    )  # (first, last clock) of bursts of writes, which go first
    settled: tuple = (0, 0)  # first and last clock of the stream's service that is settled
    read_beats: int = 0
    write_beats: int = 0

    def stream(self, request: float, beats: int) -> float:
        """Service of a stream's burst, the clock of its first beat less the latency."""
        begin = max(request + REQUEST, self.free)
        while self.taken and self.taken[0][0] <= begin:
            clock, length = heappop(self.taken)
            self.free = max(self.free, clock) + length
            begin = max(begin, self.free)
        self.free = begin + beats / self.memory.share
        self.read_beats += beats
        return begin

    def dma(self, request: float, beats: int) -> float:
        """The same of a load's burst; bursts of the two take turns."""
        begin = max(request + REQUEST, self.dma_free)
        for first, last in self.writes:
            if first <= begin < last:
                begin = last
        if self.settled[0] <= begin <= self.settled[1]:
            begin += MAX_BURST / 2  # the burst in service
        length = beats / self.memory.share
        self.dma_free = begin + length
        heappush(self.taken, (begin, length))
        self.read_beats += beats
        return begin

    def write(self, begin: float, beats: int) -> None:
        length = beats / self.memory.share + self.memory.turn
        self.writes.append((begin, begin + length))
        heappush(self.taken, (begin, length))
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


# ---------------------------------------------------------------- vector memory's write port


@dataclass
class WritePort:
    """Who writes VMEM beside the vector unit, and when the vector unit writes every clock (rtl/vector/srn_vmem.sv)."""

    vector: deque = field(
        default_factory=lambda: deque(maxlen=32)
    )  # (first, last clock of its writes, clocks from issue to write)
    words: deque = field(
        default_factory=lambda: deque(maxlen=64)
    )  # (first, period, groups, words of a group) of the others

    def delay(self, clock: float, words: int) -> float:
        """Of the last of some words that are offered from `clock` on, a word a clock, to matrix unit or dma."""
        for first, last, at in self.vector:
            if first <= clock <= last:
                yielded = clock + at + 2  # the first slot left empty arrives at the port
                return max(min(last + 1, yielded) - clock + min(words, max(last - yielded, 0) / 2), 0)
        return 0

    def lost(self, first: float, count: float, room: int) -> float:
        """Issue slots that `count` words of the vector unit, the first written at `first`, leave to others.

        While a word waits, every other slot is left empty; the first of them comes to the port `room` clocks later.
        """
        lost = 0
        for begin, period, groups, words in self.words:
            last = begin + period * (groups - 1)
            if last < first or begin > first + count:
                continue
            inside = groups if groups == 1 else (min(last, first + count) - max(begin, first)) / period + 1
            lost += int(inside) * (words + room / 2)
        return min(lost, count)


# ---------------------------------------------------------------- vector unit


@dataclass
class VectorUnit:
    """rtl/vector/srn_vector_walk.sv and srn_vector_pace.sv: a word a clock, and what costs more."""

    config: Config
    writes: WritePort
    last_issue: float = -1
    free: float = 0  # of the next word
    free_short: float = 0  # of one that passes by the special function
    booked: list = field(default_factory=list)  # clocks in which a row's result is written
    busy: float = 0

    def run(self, c, uses_b: bool, uses_s: bool, dispatched: float, clear: float) -> tuple[float, float]:
        """(clock in which it leaves its queue, of its completion). c: simulator.VectorCommand."""
        out, reduces = ("none", "vmem", "mxint8", "mxfp4", "scatter")[c.out], c.reduce != 0
        short, slow = c.f == 0, c.reduce == 1 or out == "scatter"
        to_vmem, lanes = out in ("vmem", "scatter"), self.config.lanes
        at = AT_OUT_SHORT if short else AT_OUT
        result = at + (LAT_SUM if slow else LAT_MAX)
        words, rows = -(-c.cols // lanes), c.rows * c.outer
        accepted = max(dispatched + 1, self.last_issue)
        start = max(accepted + 1, clear, self.free, self.free_short if short else 0)
        slots = c.cols if out == "scatter" else words  # of a row
        reads = 0  # of s alone, on the port of b
        if uses_b and uses_s:
            steps = (1, rows, c.outer)[c.s_step]
            reads = -(-(c.s % lanes + steps) // lanes)
        self.booked = [clock for clock in self.booked if clock >= start + at]
        t = start + reads
        if to_vmem and (reduces or self.booked):
            t = self._rows_with_results(t, rows, slots, at, result, reduces)
        else:
            t += rows * slots
            if reduces:
                self.booked += [t - 1 + result - (rows - 1 - row) * slots for row in range(max(rows - 32, 0), rows)]
        if to_vmem:
            t += self.writes.lost(start + at, t - start, at)
            self.writes.vector.append((start + at, t - 1 + at, at))
        last = t - (c.cols - (words - 1) * lanes if out == "scatter" else 1)
        self.busy += t - start
        self.last_issue, self.free = last, t
        self.free_short = self.free_short if short else t + LAT_SPECIAL
        if reduces:
            done = last + result
        elif out in ("mxint8", "mxfp4"):
            done = last + at + LAT_BLOCK
        else:
            done = t - 1 + at
        return accepted, done

    def _rows_with_results(self, t, rows, slots, at, result, reduces):
        booked = deque(self.booked)
        for _ in range(rows):
            end = t + slots
            while booked and booked[0] - at < end:
                if booked.popleft() - at >= t:
                    end += 1
            t = end
            if reduces:
                booked.append(t - 1 + result)
        self.booked = list(booked)
        return t


# ---------------------------------------------------------------- weight stream and matrix unit


@dataclass
class Steps:
    """Why the first beat of a matmul came when it did: the latest of these clocks."""

    beat: float  # weights were there
    operand: float  # activations were there
    before: float  # the last beat of the matmul before


@dataclass
class MatrixUnit:
    """rtl/memory/srn_stream.sv and rtl/matrix: bursts as the buffer has room, beats as they come, words of finished tiles."""

    config: Config
    port: Port
    writes: WritePort
    last_request: float = -1
    last_beat: float = -1  # accepted by the matrix unit
    leave: float = -1  # the last k-step of the command before began
    drained: float = 0  # the drain is free
    beats: int = 0  # of all matmuls
    taken: deque = field(default_factory=deque)  # (beats until here, clock in which the last of them was taken)
    popped: tuple = (0, -1)
    tags: deque = field(default_factory=lambda: deque(maxlen=MAX_READS))  # last beats of bursts in flight
    starved: float = 0  # clocks without a beat inside matmuls
    blocked: float = 0  # by tiles whose results had not left

    def run(self, c: dict, dispatched: float, clear: float, stream_clear: float):
        """(leaves the stream's queue, the matrix unit's, completion, Steps)"""
        ksteps = -(-c["depth"] // BLOCK)
        kstep_beats = KSTEP_BEATS[c["format"]]
        tile, tiles = ksteps * kstep_beats, -(-c["outputs"] // self.config.port_bytes)
        stream_accepted = max(dispatched + 1, stream_clear, self.last_request)
        accepted = max(dispatched + 1, self.leave)
        operand = max(accepted + 1, clear) + c["rows"]
        self.last_request = stream_accepted
        before, total, done_beats = self.last_beat, tile * tiles, 0
        self.drains = deque(maxlen=2)  # of the tiles before
        self.c, self.half, self.tile, self.tiles = c, kstep_beats // 2, tile, tiles
        first, same, delta = None, 0, None
        for line, head in bursts(c["dram"], c["dram_stride"], tile, tiles):
            at, size = 0, min(head, line)
            while at < line:
                state = (self.last_request, self.port.free, self.last_beat)
                arrived = self._request(size)
                if first is None:
                    first = arrived
                self._take(arrived, size, done_beats, operand)
                done_beats, at = done_beats + size, at + size
                change = tuple(round(b - a, 6) for a, b in zip(state, self._state(), strict=True))
                same = same + 1 if change == delta and size == MAX_BURST else 0
                delta = change
                more = (line - at) // MAX_BURST - 2 - 2 * tile // MAX_BURST
                if same > self.config.stream_depth // MAX_BURST and more > 0 and len(set(change)) == 1:
                    self._skip(more, change[0], done_beats, before)
                    done_beats, at = done_beats + more * MAX_BURST, at + more * MAX_BURST
                    same = 0
                size = min(MAX_BURST, line - at)
        assert done_beats == total
        self.leave = self.last_beat - (kstep_beats - 1)
        self.port.settled = (first, self.port.free)
        return stream_accepted, accepted, self.done, Steps(first, operand, before)

    def _state(self):
        return self.last_request, self.port.free, self.last_beat

    def _request(self, size: int) -> float:
        """Asks for a burst when there is room: the clock in which its first beat is offered."""
        request = max(self.last_request + 1, self._time_taken(self.beats + size - self.config.stream_depth) + 1)
        if len(self.tags) == MAX_READS:
            request = max(request, self.tags[0] + 1)
        self.last_request = request
        begin = self.port.stream(request, size)
        self.tags.append(begin + self.port.memory.latency + (size - 1) / self.port.memory.share)
        return begin + self.port.memory.latency + OFFER

    def _time_taken(self, beats: int) -> float:
        """When so many beats had been taken."""
        if beats <= self.popped[0]:
            return self.popped[1] if beats == self.popped[0] else -1
        while self.taken[0][0] < beats:
            self.popped = self.taken.popleft()
        return self.taken[0][1] - (self.taken[0][0] - beats)

    def _take(self, arrived: float, size: int, begin: int, operand: float) -> None:
        """The matrix unit takes a burst's beats, of which the first is beat `begin` of its command."""
        slow, at = 1 / self.port.memory.share, 0
        while at < size:
            place = (begin + at) % self.tile
            count = min(self.tile - place, size - at)
            free = self.last_beat + 1
            ready = arrived + at * slow
            if place == 0:
                gate = operand if begin + at == 0 else self.drains[0] + 1 if len(self.drains) == 2 else 0
                if begin + at:
                    self.blocked += max(gate - max(free, ready), 0)
                free = max(free, gate)
            last = max(max(free, ready) + count - 1, arrived + (at + count - 1) * slow)
            if begin + at:
                self.starved += last - free - (count - 1)
            self.last_beat = last
            at += count
            if place + count == self.tile:
                self._drain(last, (begin + at) // self.tile)
        self.beats += size
        self.taken.append((self.beats, self.last_beat))

    def _drain(self, last: float, number: int) -> None:
        """Words of a tile, half by half: rtl/matrix/srn_matrix_drain.sv."""
        rows, outputs = self.c["rows"], self.config.port_bytes
        if number == self.tiles:
            outputs = self.c["outputs"] - (self.tiles - 1) * self.config.port_bytes
        begin = max(last - self.half + STAGE_WRITE + 1, self.drained)  # the first word is read
        end = begin + rows
        second = max(last + STAGE_WRITE + 1, end)
        self.drained = end = second + (rows if outputs > self.config.lanes else 0)
        if number == self.tiles:
            wait = self.writes.delay(end, 1)
            self.drained += wait
            self.done = end + wait
        self.writes.words.append((begin + 1, 1, 1, rows))
        self.writes.words.append((second + 1, 1, 1, rows))
        self.drains.append(self.drained)

    def _skip(self, number: int, step: float, begin: int, before: float) -> None:
        """So many more bursts just like the last ones."""
        shift, beats = number * step, number * MAX_BURST
        self.last_request += shift
        self.port.free += shift
        self.last_beat += shift
        self.port.read_beats += beats
        self.starved += number * (step - MAX_BURST)
        tiles = (begin + beats) // self.tile - begin // self.tile
        if tiles:
            period = self.tile * step / MAX_BURST
            self.writes.words.append((self.drained + period, period, tiles, 2 * self.c["rows"]))
        self.drained += shift
        self.drains = deque((d + shift for d in self.drains), maxlen=2)
        self.beats += beats
        self.taken = deque((n + beats, clock + shift) for n, clock in self.taken)
        self.popped = (self.popped[0] + beats, self.popped[1] + shift)
        self.tags = deque((clock + shift for clock in self.tags), maxlen=MAX_READS)


# ---------------------------------------------------------------- dma


@dataclass
class DmaUnit:
    """rtl/memory/srn_dma.sv: loads and stores start in order; each half has one command's requests at a time."""

    config: Config
    port: Port
    writes: WritePort
    started: float = -1  # the last command left its queue
    last_request: float = -1  # of loads
    landed: float = -1  # the last beat of a load was placed
    placed: deque = field(default_factory=lambda: deque(maxlen=DMA_COMMANDS))  # of loads in flight
    pops: deque = field(default_factory=deque)  # (beats until here, clock) of the read buffer
    asked: int = 0
    sent: float = -1  # the last beat of a store left
    responses: deque = field(default_factory=lambda: deque(maxlen=MAX_WRITES))  # of bursts of writes
    busy: float = 0

    def load(self, address: int, stride: int, beats: int, rows: int, dispatched: float, clear: float):
        """(leaves its queue, completion)"""
        accepted = max(dispatched + 1, self.started + 1, clear, self.last_request)
        if len(self.placed) == DMA_COMMANDS:
            accepted = max(accepted, self.placed[0] + 1)
        self.started, request = accepted, accepted
        for size in cut(address, stride, beats, rows):
            request = max(request + 1, self._room(size))
            begin = self.port.dma(request, size)
            first = begin + self.port.memory.latency + OFFER
            self.landed = max(first + (size - 1) / self.port.memory.share, self.landed + size)
            self.asked += size
            self.pops.append((self.asked, self.landed))
        self.last_request = request
        done = self.landed + 1 + self.writes.delay(self.landed, 1)
        self.landed = done - 1
        self.placed.append(done)
        self.busy += done - accepted
        return accepted, done

    def _room(self, size: int) -> float:
        needed = self.asked + size - DMA_DEPTH
        while self.pops and self.pops[0][0] < needed:
            self.pops.popleft()
        return self.pops[0][1] - (self.pops[0][0] - needed) + 1 if needed > 0 else 0

    def store(self, sizes, dispatched: float, clear: float, first: int = STORE_FIRST):
        """A store or store_tile of bursts of these sizes."""
        accepted = max(dispatched + 1, self.started + 1, clear, self.sent)
        self.started, request, beat = accepted, accepted + first - STORE_FIRST, accepted + first - 2
        for size in sizes:
            request += 1
            if len(self.responses) == MAX_WRITES:
                request = max(request, self.responses[0] + 1)
            beat = max(beat + 1, request + 1) + size - 1  # taken by the port
            performed = beat + 1 + self.port.memory.write_latency
            self.port.write(performed - size, size)
            self.responses.append(performed)
        self.sent = beat
        self.busy += beat - accepted
        return accepted, performed
