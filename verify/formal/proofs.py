"""What is proved: each harness with its parameters, method and the bugs that must turn it red. docs/formal.md says it in prose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from verify.formal.design import Bug


@dataclass(frozen=True)
class Proof:
    name: str
    harness: str  # verify/formal/HARNESS.sv
    method: str  # a function of verify/formal/engine.py
    depth: int  # clocks: of the search, of the induction, of the pipeline
    bugs: Sequence[Bug]
    parameters: Sequence[Mapping[str, int]] = ({},)
    bug_depth: int = 12  # clocks within which an induction's bugs must show
    cover_depth: int = 12
    slow: bool = False  # only with FULL=1
    quick: bool = False  # also in `make test`
    checks: Mapping[str, str] = field(
        default_factory=dict
    )  # sentence -> SMT-LIB over {wire@clock}, beside the assertions


# ---------------------------------------------------------------- primitives

PRIMITIVES = [
    Proof(
        "fifo",
        "formal_fifo",
        "inductive",
        2,
        parameters=[{"Width": 8, "Depth": 4}, {"Width": 3, "Depth": 5}, {"Width": 1, "Depth": 2}],
        quick=True,
        bugs=[
            Bug("offers a word when empty", "srn_fifo", "out_valid_o = count_q != '0", "out_valid_o = 1'b1"),
            Bug("takes a word when full", "srn_fifo", "in_ready_o  = count_q != CountW'(Depth)", "in_ready_o  = 1'b1"),
            Bug("wraps a word early", "srn_fifo", "IdxW'(Depth - 1)) ? '0", "IdxW'(Depth - 2)) ? '0"),
        ],
    ),
    Proof(
        "stream_reg",
        "formal_stream_reg",
        "inductive",
        2,
        parameters=[{"Width": 8}, {"Width": 1}],
        quick=True,
        bugs=[
            Bug("keeps the spare too long", "srn_stream_reg", "else if (advance) spare_valid_q <= 1'b0;", ""),
            Bug("overtakes the spare", "srn_stream_reg", "spare_valid_q ? spare_data_q : in_data_i", "in_data_i"),
        ],
    ),
    Proof(
        "beat_fifo",
        "formal_beat_fifo",
        "inductive",
        2,
        parameters=[{"Width": 8, "Depth": 4}, {"Width": 2, "Depth": 7}],
        bugs=[
            Bug("goes round the RAM past beats in it", "srn_beat_fifo", "stored_q == '0 && in_valid_i", "in_valid_i"),
            Bug(
                "forgets which way the head came",
                "srn_beat_fifo",
                "if (head_free) round_q <= round",
                "round_q <= round",
            ),
        ],
    ),
    Proof(
        "arbiter",
        "formal_arbiter",
        "inductive",
        2,
        parameters=[{"NumRequests": 4}, {"NumRequests": 3}, {"NumRequests": 2}],
        quick=True,
        bugs=[
            Bug("serves the lowest first", "srn_arbiter", "|later_requests ? later_requests : request_i", "request_i"),
            Bug("moves the turn without being taken", "srn_arbiter", "taken_i && |grant_o", "|grant_o"),
        ],
    ),
    Proof(
        "delay",
        "formal_delay",
        "settled",
        4,
        parameters=[{"Clocks": 3}, {"Clocks": 1}, {"Clocks": 0}],
        bugs=[Bug("is a register short", "srn_delay", "gen_stage[Clocks-1].word_q", "gen_stage[Clocks-2].word_q")],
    ),
    Proof(
        "forward_ram",
        "formal_forward_ram",
        "inductive",
        2,
        parameters=[{"Width": 8, "Depth": 4, "StrobeW": 4}, {"Width": 6, "Depth": 5, "StrobeW": 2}],
        bugs=[
            Bug("reads the old word", "srn_forward_ram", "same ? write_strobe_i : '0", "'0"),
            Bug(
                "forwards what no strobe covers", "srn_forward_ram", "same ? write_strobe_i : '0", "{NumStrobes{same}}"
            ),
        ],
    ),
]

PROOFS = [*PRIMITIVES]
