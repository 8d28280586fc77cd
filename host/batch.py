"""Sequences that decode together: each has its own position, caches and token slots; one read of the weights serves all.

A row of the group is a live sequence, and m.requests holds a record a row. All live sequences have made the same number of
tokens, so one register counts for all, and a sequence's position is that and the tokens it was given. When a sequence ends,
those behind it move up: their records and embeddings are written a row lower. So a step's rows are live ones alone.
"""

from dataclasses import dataclass

from host.kernels.embedding import embed
from host.kernels.head import best_token, head_argmax
from host.layout import END_TOKENS, GIVEN, LIMIT, PLACE, Layout
from host.tensors import Dram, Register, Vmem
from host.trace import Trace

DECODING = 1 << 30


@dataclass
class State:
    """The registers that live through the program."""

    sequence: Register  # whose given tokens are taken; while sequences decode, the row of the one at work
    position: Register  # of the group's first token; while sequences decode, the tokens each has made, less DECODING
    tokens: Register  # of the group, its rows
    dram: Register  # beats from layer 0 to this layer
    vmem: Register  # elements from layer 0's norms and open blocks to this layer's


def field(t: Trace, rd: Register, requests: Vmem, row: Register, number: int) -> Register:
    """rd = a field (host/layout.py, GIVEN) of a row's record."""
    t.mul(rd, row, requests.row_stride * t.config.lanes)
    return t.read(rd, rd + (requests.address + number))


def by_sequence(t: Trace, requests: Vmem, state: State, use):
    """use(position, row) for the given tokens of one sequence, row None; and in a loop for the token of each, a register."""
    decoding, done = t.label(here=False), t.label(here=False)
    t.branch(decoding, state.position, "lt", 0)
    use(state.position, None)
    t.goto(done)
    t.place(decoding)
    t.set(state.sequence, 0)
    top = t.label()
    with t.registers("position") as position:
        field(t, position, requests, state.sequence, GIVEN)
        t.add(position, position, state.position + (DECODING - 1))
        use(position, state.sequence)
    t.add(state.sequence, state.sequence, 1)
    t.branch(top, state.sequence, "lt", state.tokens)
    t.place(done)


def choose_tokens(t: Trace, layout: Layout, m, state: State, body):
    """The best token of each row of m.last to its slot and to the residual, and round again with those not ended, or the end.

    m are the compiler's Memories.
    """
    with t.kernel("choose_tokens"):
        normed = m.last.take(rows=state.tokens)
        found = head_argmax(t, normed, layout.batch, layout.output, layout.choice.vocabulary_chunk)
        with found as best, t.registers("row", "kept") as (row, kept):
            t.set(row, 0)
            t.set(kept, 0)
            top, ended = t.label(), t.label(here=False)
            _choose(t, layout, m, state, best, row, kept, ended)
            t.add(kept, kept, 1)
            t.place(ended)
            t.add(row, row, 1)
            t.branch(top, row, "lt", state.tokens)
            t.set(state.tokens, kept)
        t.add(state.position, state.position, 1)
        with t.registers("steps") as steps:
            t.set(steps, state.position + DECODING)
            t.signal(steps)
            t.branch(body, state.tokens, "ne", 0)
            t.end(steps)


def _choose(t: Trace, layout: Layout, m, state: State, best, row: Register, kept: Register, ended):
    """A row's token to its slot, to row `kept` of the residual and its record; to `ended` if it is the sequence's last."""
    lanes = t.config.lanes
    with t.registers("token", "at", "record") as (token, at, record):
        t.mul(record, row, m.requests.row_stride * lanes)
        request = m.requests.take(rows=1).at(record)
        t.mul(at, kept, m.x.row_stride * lanes)
        x = m.x.take(rows=1).at(at)
        with t.registers("slot") as slot:
            t.read(slot, request.address + PLACE)
            t.mul(slot, slot, layout.context)
            t.add(slot, slot, state.position)
            best_token(t, token, best, row)
            with t.registers("beat") as beat:
                embed(t, x, layout.embedding, token, beat)
            number = x.at(x.cols - 1).take(cols=1)  # the row's own number, which the table holds after the row
            t.store(Dram(slot + (layout.slots + DECODING), 1), number)
        for i in range(layout.constants.cols - END_TOKENS):
            t.read(at, m.constants.address + END_TOKENS + i)
            t.branch(ended, token, "eq", at)
        t.read(token, request.address + LIMIT)
        t.add(at, state.position, DECODING + 1)
        t.branch(ended, at, "ge", token)
        with t.when(row, "ne", kept):
            t.mul(at, kept, m.requests.row_stride * lanes)
            t.vector(request, m.requests.take(rows=1).at(at))
