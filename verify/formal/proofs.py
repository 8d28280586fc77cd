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
        "fp_order",
        "formal_fp_order",
        "settled",
        0,
        checks=rounding.ORDER,
        quick=True,
        bugs=[
            Edit(
                "takes +0 and -0 for one",
                "srn_pkg",
                "fp_key(a) < fp_key(b) ? b : a",
                "fp_key(a) < fp_key(b) && b != 0 ? b : a",
            ),
            Edit("puts NaN last", "srn_pkg", "if (fp_is_nan(a)) return '0;", "if (fp_is_nan(a)) return '1;"),
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
            Edit("gives an exact zero a sign", "srn_fp_add", "total == '0 ? a_minus_zero : a_sign", "a_sign"),
            Edit(
                "shifts a subnormal too far",
                "srn_fp_add",
                "s_exponent < FpExponentW'(s_zeros)",
                "s_exponent + 1 < FpExponentW'(s_zeros)",
            ),
        ],
    ),
]

# ---------------------------------------------------------------- issue


def narrow(slot: int, vmem: int, dram: int) -> list[Edit]:
    """Fewer slots and shorter addresses: what compares and counts them does so alike at any width."""
    sizes = {"SlotW = 4": slot, "NumSlots = 16": 2**slot, "VmemW = 20": vmem, "AmemW = 20": vmem, "DramW = 32": dram}
    return [
        Edit(old, "srn_isa_pkg", f"localparam int {old};", f"localparam int {old.split(' = ')[0]} = {new};")
        for old, new in sizes.items()
    ]


ISSUE = [
    Proof(
        "window",
        "formal_window",
        "inductive",
        1,
        sizes=narrow(4, 8, 12),
        bug_depth=6,
        bugs=[
            Edit("forgets that r is written", "srn_window_slot", "if (active && o_b_write)", "if (1'b0)"),
            Edit(
                "frees the newer too early", "srn_window_slot", "conflicts_i : wait_q & ~done_i;", "conflicts_i : '0;"
            ),
            Edit(
                "takes stores for matmuls",
                "srn_window_slot",
                "o_amem_read && o_dram_read && n_amem_read",
                "n_amem_read",
            ),
            Edit("waits for all that live", "srn_window_slot", "alloc_i ? conflicts_i :", "alloc_i ? '1 :"),
            Edit("lets a stream read what is written", "srn_window_slot", "dram && n_dram_read", "1'b0"),
        ],
    ),
    Proof(
        "overlap",
        "formal_overlap",
        "settled",
        0,
        quick=True,
        bugs=[
            Edit("leaves out s against r", "srn_overlap", "(s_read && meet(b_first, b_last, s_first, s_last))", "1'b0"),
            Edit("meets before the last", "srn_overlap", "first <= other_last &&", "first < other_last &&"),
        ],
    ),
    Proof(
        "issue",
        "formal_issue",
        "bounded",
        12,
        parameters=[{"Busy": 0, "Issues": 3, "Bound": 7}],
        sizes=narrow(2, 2, 2),
        bug_depth=12,
        cover_depth=12,
        bugs=[
            Edit(
                "never forgets a completion",
                "srn_window_slot",
                "alloc_i ? conflicts_i : wait_q & ~done_i",
                "alloc_i ? conflicts_i : wait_q",
            ),
            Edit(
                "loses a vector command while the dma unit has one",
                "srn_queues",
                "(vector_push_i),",
                "(vector_push_i && !dma_cmd_valid_o),",
            ),
        ],
    ),
]

# ---------------------------------------------------------------- memory

MEMORY = [
    Proof(
        "burst",
        "formal_burst",
        "inductive",
        1,
        parameters=[
            {"PortBytes": 16, "MaxBurst": 4, "BeatsW": 6},
            {"PortBytes": 16, "MaxBurst": 16, "BeatsW": 18},
            {"PortBytes": 8, "MaxBurst": 8, "BeatsW": 3},
        ],
        quick=True,
        cover_depth=24,
        bugs=[
            Edit(
                "passes the multiple of MaxBurst",
                "srn_burst",
                "BurstW'(MaxBurst) - BurstW'(addr_q[AlignW-1:0])",
                "BurstW'(MaxBurst)",
            ),
            Edit("begins the next run at the last burst", "srn_burst", "run_q  <= next_addr;", "run_q  <= addr_q;"),
            Edit(
                "joins runs that do not touch",
                "srn_burst",
                "touch_q  <= region_stride_i == 24'(region_beats_i);",
                "touch_q  <= 1'b1;",
            ),
        ],
    ),
    Proof(
        "memory_port",
        "formal_memory_port",
        "inductive",
        1,
        parameters=[
            {"PortBytes": 8, "MaxBurst": 4, "MaxReads": 2, "MaxWrites": 2},
            {"PortBytes": 16, "MaxBurst": 16, "MaxReads": 4, "MaxWrites": 3},
        ],
        bug_depth=8,
        cover_depth=24,
        bugs=[
            Edit(
                "puts WLAST a beat early",
                "srn_write_port",
                "beat_q + 1'b1 == burst_beats",
                "beat_q + 2'd2 >= burst_beats",
            ),
            Edit(
                "takes a burst over one that waits",
                "srn_memory_port",
                "ar_free = !ar_valid_q || arready_i",
                "ar_free = 1'b1",
            ),
            Edit(
                "counts no stream's tags",
                "srn_memory_port",
                "stream_ready_o = ar_free && stream_tag_ready &&",
                "stream_ready_o = ar_free &&",
            ),
            Edit("is idle with a write in flight", "srn_memory_port", "!reading_o && !write_tag_valid", "!reading_o"),
            Edit("completes with every response", "srn_memory_port", "bvalid_i && write_tag_last", "bvalid_i"),
            Edit(
                "accepts writes after stop",
                "srn_memory_port",
                "write_ready_o = write_ready && !stop_i",
                "write_ready_o = write_ready",
            ),
        ],
    ),
]

PROOFS = [*PRIMITIVES, *ARITHMETIC, *ISSUE, *MEMORY]
