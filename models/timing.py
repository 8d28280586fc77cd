"""Clocks of the units, a command at a time, in program order: what models/performance.py asks for each command.

Each unit knows when it was free, so a command's times follow from its own numbers and the clock in which it may start. A
clock counts from the doorbell. What makes a clock is read in the RTL; the comments name the place.
"""

from collections import deque
from dataclasses import dataclass, field

from models.config import BLOCK, Config
from models.contention import MAX_BURST, Neighbours, Port, bursts, cut
from models.tiles import KSTEP_BEATS

# rtl/vector/srn_vector_pkg.sv, rtl/matrix/srn_matrix_pkg.sv, rtl/memory; tests/test_performance.py holds them equal
AT_OUT, AT_OUT_SHORT, LAT_SUM, LAT_MAX, LAT_BLOCK, LAT_SPECIAL = 15, 10, 21, 5, 4, 5
STAGE_WRITE = 8  # from the acceptance of a beat of weights to its accumulator
DMA_DEPTH, MAX_READS, MAX_WRITES, DMA_COMMANDS = 64, 32, 16, 4

OFFER = 1  # from RVALID to the beat's offer to whom it is for
STORE_FIRST = 4  # from the acceptance of a store to its first WVALID


# ---------------------------------------------------------------- vector unit


@dataclass
class VectorUnit:
    """rtl/vector/srn_vector_walk.sv and srn_vector_pace.sv: a word a clock, and what costs more."""

    config: Config
    beside: Neighbours
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
        self.beside.begin(start)
        self.booked = [clock for clock in self.booked if clock >= start + at]
        t = start + reads
        if to_vmem and (reduces or self.booked):
            t = self._rows_with_results(t, rows, slots, at, result, reduces)
        else:
            t += rows * slots
            if reduces:
                self.booked += [t - 1 + result - (rows - 1 - row) * slots for row in range(max(rows - 32, 0), rows)]
        if to_vmem:
            t += self.beside.lost(start + at, t - start, at, min(lanes, c.cols) if out == "scatter" else 1)
            self.beside.now.writes[self.beside.number] = (start + at, t - 1 + at, at)
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
    beside: Neighbours
    last_request: float = -1
    last_beat: float = -1  # accepted by the matrix unit
    leave: float = -1  # the last k-step of the command before began
    drained: float = 0  # the drain is free
    beats: int = 0  # of all matmuls
    taken: deque = field(default_factory=deque)  # (beats until here, clock in which the last of them was taken)
    popped: tuple = (0, -1)
    tags: deque = field(default_factory=lambda: deque(maxlen=MAX_READS))  # last beats of bursts in flight
    starved: float = 0  # clocks without a beat inside matmuls
    pace: float = 1  # clocks of a beat
    blocked: float = 0  # by tiles whose results had not left

    def run(self, c: dict, dispatched: float, clear: float, stream_clear: float):
        """(leaves the stream's queue, the matrix unit's, completion, Steps)"""
        ksteps = -(-c["depth"] // BLOCK)
        kstep_beats = KSTEP_BEATS[c["format"]]
        # Elements take a clock a pass; with several the scales come beside the last one's.
        passes = -(-c["rows"] // self.config.rows)
        self.pace = 1 if passes == 1 else passes * (kstep_beats - 1) / kstep_beats
        tile, tiles = ksteps * kstep_beats, -(-c["outputs"] // self.config.port_bytes)
        stream_accepted = max(dispatched + 1, stream_clear, self.last_request)
        accepted = max(dispatched + 1, self.leave)
        operand = max(accepted + 1, clear) + c["rows"]
        self.last_request = stream_accepted
        before, total, done_beats = self.last_beat, tile * tiles, 0
        self.beside.begin(operand)
        self.filled = None  # the buffer is full for the first time
        self.runs = self.beside.now.drains[self.beside.number] = []
        self.drains = deque(maxlen=2)  # of the tiles before
        self.c, self.half, self.tile, self.tiles = c, kstep_beats // 2 * passes, tile, tiles
        first, same, delta = None, 0, None
        for number, (line, head) in enumerate(bursts(c["dram"], c["dram_stride"], tile, tiles)):
            at, size = 0, min(head, line)
            self.port.move(c["dram"] + number * c["dram_stride"], line)
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
                calm = not self.port.taken or self.port.taken[0][0] > self.port.free
                if calm and same > self.config.stream_depth // MAX_BURST and more > 0 and len(set(change)) == 1:
                    self._skip(more, change[0], done_beats, before)
                    done_beats, at = done_beats + more * MAX_BURST, at + more * MAX_BURST
                    same = 0
                size = min(MAX_BURST, line - at)
        assert done_beats == total
        self.leave = self.last_beat - (kstep_beats - 1) * self.pace
        served = first - self.port.memory.latency - OFFER
        begun = max(first, operand, before + 1)
        self.beside.now.streams[self.beside.number] = [(served, self.filled or self.port.free), (begun, self.port.free)]
        return stream_accepted, accepted, self.done, Steps(first, operand, before)

    def _state(self):
        return self.last_request, self.port.free, self.last_beat

    def _request(self, size: int) -> float:
        """Asks for a burst when there is room: the clock in which its first beat is offered."""
        room = self._time_taken(self.beats + size - self.config.stream_depth) + 1
        if room > self.last_request + 1 and self.filled is None:
            self.filled = self.port.free
        request = max(self.last_request + 1, room)
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
        return self.taken[0][1] - (self.taken[0][0] - beats) * self.pace

    def _take(self, arrived: float, size: int, begin: int, operand: float) -> None:
        """The matrix unit takes a burst's beats, of which the first is beat `begin` of its command."""
        slow, at = 1 / self.port.memory.share, 0
        while at < size:
            place = (begin + at) % self.tile
            count = min(self.tile - place, size - at)
            free = self.last_beat + self.pace
            ready = arrived + at * slow
            if place == 0:
                gate = operand if begin + at == 0 else self.drains[0] + 1 if len(self.drains) == 2 else 0
                if begin + at:
                    self.blocked += max(gate - max(free, ready), 0)
                free = max(free, gate)
            last = max(max(free, ready) + (count - 1) * self.pace, arrived + (at + count - 1) * slow)
            if begin + at:
                self.starved += last - free - (count - 1) * self.pace
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
        whole = outputs > self.config.lanes
        begin = max(last - self.half + STAGE_WRITE + 1, self.drained)  # the first word is read
        end = begin + rows * (self.beside.pace(begin) if 4 * rows > self.tile * self.pace else 1)
        second = max(last + STAGE_WRITE + 1, end)
        self.drained = second + (end - begin if whole else 0)
        if number == self.tiles:
            self.done = self.drained = self.drained + self.beside.delay(self.drained, 1)
        self._log(begin + 1, 2 * rows if whole else rows)
        self.drains.append(self.drained)

    def _log(self, clock: float, words: int) -> None:
        run = self.runs[-1] if self.runs else None
        if run and run[3] == words and run[2] == 1:
            run[1], run[2] = clock - run[0], 2
        elif run and run[3] == words and run[0] + run[1] * run[2] == clock:
            run[2] += 1
        else:
            self.runs.append([clock, 0, 1, words])

    def _skip(self, number: int, step: float, begin: int, before: float) -> None:
        """So many more bursts just like the last ones."""
        shift, beats = number * step, number * MAX_BURST
        self.last_request += shift
        self.port.free += shift
        self.last_beat += shift
        self.port.read_beats += beats
        self.starved += number * (step - MAX_BURST * self.pace)
        tiles = (begin + beats) // self.tile - begin // self.tile
        if tiles:
            period = self.tile * step / MAX_BURST
            self.runs.append([self.drained + period, period, tiles, 2 * self.c["rows"]])
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
    beside: Neighbours
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
        self.beside.begin(accepted)
        streams = [(first + moved, last + moved) for entry, moved in self.beside.of("streams") for first, last in entry]
        for size in cut(address, stride, beats, rows):
            request = max(request + 1, self._room(size))
            begin = self.port.dma(request, size, streams)
            first = begin + self.port.memory.latency + OFFER
            self.landed = max(first + (size - 1) / self.port.memory.share, self.landed + size)
            self.asked += size
            self.pops.append((self.asked, self.landed))
        self.last_request = request
        done = self.landed + 1 + self.beside.delay(self.landed, 1)
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
