// The OVERLAP check: a vector instruction's destinations against its sources and each other (docs/isa.md). Combinational.
// Other instructions never overlap themselves: those that write VMEM read none of it.
module srn_overlap
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
(
    input  ranges_t             ranges_i,
    input  logic                in_place_a_i,  // dst on a is allowed
    input  logic                in_place_b_i,
    output logic                overlap_o,
    output logic    [VmemW-1:0] address_o      // first element of the destination
);
  logic [2+2*AmemW+2+2*DramW-1:0] others;  // AMEM and DRAM
  logic dst_write, a_read, s_read, b_read, r_write;
  logic [VmemW-1:0] dst_first, dst_last, a_first, a_last, s_first, s_last, b_first, b_last;

  assign {dst_write, dst_first, dst_last, a_read, a_first, a_last, s_read, s_first, s_last, b_read, r_write, b_first,
          b_last, others} = ranges_i;

  function automatic logic meet(input logic [VmemW-1:0] first, input logic [VmemW-1:0] last,
                                input logic [VmemW-1:0] other_first, input logic [VmemW-1:0] other_last);
    return first <= other_last && other_first <= last;
  endfunction

  logic dst_bad, r_bad;

  assign dst_bad = dst_write && ((a_read && !in_place_a_i && meet(dst_first, dst_last, a_first, a_last)) ||
                                 (b_read && !in_place_b_i && meet(dst_first, dst_last, b_first, b_last)) ||
                                 (r_write && meet(dst_first, dst_last, b_first, b_last)) ||
                                 (s_read && meet(dst_first, dst_last, s_first, s_last)));
  assign r_bad = r_write && ((a_read && meet(b_first, b_last, a_first, a_last)) ||
                             (s_read && meet(b_first, b_last, s_first, s_last)));

  assign overlap_o = dst_bad || r_bad;
  assign address_o = dst_bad ? dst_first : b_first;

  logic unused;
  assign unused = ^others;
endmodule
