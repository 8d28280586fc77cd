"""What is proved: each harness with its parameters, method and the bugs that must turn it red. docs/formal.md says it in prose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from verify.formal import rounding
from verify.formal.design import Edit


@dataclass(frozen=True)
class Proof:
    name: str
    harness: str  # verify/formal/HARNESS.sv
    method: str  # a function of verify/formal/engine.py
    depth: int  # clocks: of the search, of the induction, of the pipeline
    bugs: Sequence[Edit]
    parameters: Sequence[Mapping[str, int]] = ({},)
    bug_depth: int = 12  # clocks within which an induction's bugs must show
    cover_depth: int = 12
    sizes: Sequence[Edit] = ()  # constants of packages, smaller than they are
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
            Edit("offers a word when empty", "srn_fifo", "out_valid_o = count_q != '0", "out_valid_o = 1'b1"),
            Edit("takes a word when full", "srn_fifo", "in_ready_o  = count_q != CountW'(Depth)", "in_ready_o  = 1'b1"),
            Edit("wraps a word early", "srn_fifo", "IdxW'(Depth - 1)) ? '0", "IdxW'(Depth - 2)) ? '0"),
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
            Edit("keeps the spare too long", "srn_stream_reg", "else if (advance) spare_valid_q <= 1'b0;", ""),
            Edit("overtakes the spare", "srn_stream_reg", "spare_valid_q ? spare_data_q : in_data_i", "in_data_i"),
        ],
    ),
    Proof(
        "beat_fifo",
        "formal_beat_fifo",
        "inductive",
        2,
        parameters=[{"Width": 8, "Depth": 4}, {"Width": 2, "Depth": 7}],
        bugs=[
            Edit("goes round the RAM past beats in it", "srn_beat_fifo", "stored_q == '0 && in_valid_i", "in_valid_i"),
            Edit(
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
            Edit("serves the lowest first", "srn_arbiter", "|later_requests ? later_requests : request_i", "request_i"),
            Edit("moves the turn without being taken", "srn_arbiter", "taken_i && |grant_o", "|grant_o"),
        ],
    ),
    Proof(
        "delay",
        "formal_delay",
        "settled",
        4,
        parameters=[{"Clocks": 3}, {"Clocks": 1}, {"Clocks": 0}],
        bugs=[Edit("is a register short", "srn_delay", "gen_stage[Clocks-1].word_q", "gen_stage[Clocks-2].word_q")],
    ),
    Proof(
        "forward_ram",
        "formal_forward_ram",
        "inductive",
        2,
        parameters=[{"Width": 8, "Depth": 4, "StrobeW": 4}, {"Width": 6, "Depth": 5, "StrobeW": 2}],
        bugs=[
            Edit("reads the old word", "srn_forward_ram", "same ? write_strobe_i : '0", "'0"),
            Edit(
                "forwards what no strobe covers", "srn_forward_ram", "same ? write_strobe_i : '0", "{NumStrobes{same}}"
            ),
        ],
    ),
]

# ---------------------------------------------------------------- arithmetic

ARITHMETIC = [
    Proof(
        "mx_decode",
        "formal_mx_decode",
        "inductive",
        1,
        quick=True,
        bugs=[
            Edit("takes 3 for 4", "srn_mx_decode", "32'hc864_3210", "32'hc863_3210"),
            Edit("reads the high nibble unsigned", "srn_mx_decode", "{(LaneW - 4) {high[3]}}", "{(LaneW - 4) {1'b0}}"),
        ],
    ),
    Proof(
        "mx_dot",
        "formal_mx_dot",
        "inductive",
        1,
        parameters=[{"Lanes": 16, "Blocks": 2}, {"Lanes": 8, "Blocks": 1}],
        bugs=[
            Edit("leaves out the last lane", "srn_mx_dot", "i < Lanes; i++", "i < Lanes - 1; i++"),
            Edit("loses a bit of the sum", "srn_mx_dot", "PartW'(total)", "PartW'(total[PartW-2:0])"),
        ],
    ),
    Proof(
        "mx_scale",
        "srn_mx_scale",
        "settled",
        2,
        checks=rounding.SCALE,
        quick=True,
        bugs=[
            Edit("drops the sticky bit", "srn_mx_scale", "wide[FpSignificandW:0] != '0", "1'b0"),
            Edit("puts Far a bit too near", "srn_mx_scale", "Far = -11'sd25", "Far = -11'sd24"),
        ],
    ),
    Proof(
        "quantise_scale",
        "formal_quantise",
        "settled",
        3,
        bugs=[
            Edit("forgets the least scale of FP4", "srn_quantise", "Fp4Least = 8'd2", "Fp4Least = 8'd1"),
            Edit("leaves a NaN block its elements", "srn_quantise", "s_scale == ScaleNan ? '0 : element", "element"),
        ],
    ),
    Proof(
        "quantise_element",
        "formal_quantise_element",
        "settled",
        2,
        checks=rounding.QUANTISE,
        bugs=[
            Edit("rounds ties up", "srn_quantise", "10'd1 + 10'(fixed[2])", "10'd2"),
            Edit("rounds 5 to 6", "srn_quantise", "10'd63 + 10'(fixed[7])", "10'd64"),
        ],
    ),
    Proof(
        "fp_mul",
        "formal_fp_mul",
        "settled",
        3,
        checks=rounding.PRODUCT,
        bugs=[
            Edit("drops the sticky bit of subnormals", "srn_fp_mul", "right[HighW-1:0] != '0 || ", ""),
            Edit("puts Far a bit too near", "srn_fp_mul", "Far = -10'sd25", "Far = -10'sd24"),
        ],
    ),
    Proof(
        "fp_add",
        "formal_fp_add",
        "settled",
        3,
        checks=rounding.SUM,
        parameters=[{"Distance": distance, "Subtract": subtract} for distance in range(28) for subtract in (1, 0)],
        bugs=[
            Edit("forgets minus zero", "srn_fp_add", "a_minus_zero <= a_i[FpW-1] & b_i[FpW-1]", "a_minus_zero <= 1'b0"),
            Edit(
                "shifts a subnormal too far",
                "srn_fp_add",
                "s_exponent < FpExponentW'(s_zeros)",
                "s_exponent + 1 < FpExponentW'(s_zeros)",
            ),
        ],
    ),
]

PROOFS = [*PRIMITIVES, *ARITHMETIC]
