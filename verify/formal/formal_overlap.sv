// srn_overlap: refused is a vector instruction whose destination and source, or two destinations, have an element in common,
// unless they may be in place; the solver looks for such an element that is not told, and the interval's ends show one that is.
module formal_overlap
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
(
    input logic             clk_i,
    input ranges_t          ranges_i,
    input logic             in_place_a_i,
    input logic             in_place_b_i,
    input logic [VmemW-1:0] element_i
);
  logic overlap;
  logic [VmemW-1:0] address;

  srn_overlap u_overlap (
      .ranges_i,
      .in_place_a_i,
      .in_place_b_i,
      .overlap_o(overlap),
      .address_o(address)
  );

  function automatic logic lies_in(input logic [VmemW-1:0] element, input logic [VmemW-1:0] first,
                                   input logic [VmemW-1:0] last);
    return first <= element && element <= last;
  endfunction

  function automatic logic clash(input logic [VmemW-1:0] element);
    logic dst, a, s, b;
    dst = ranges_i.dst_write && lies_in(element, ranges_i.dst_first, ranges_i.dst_last);
    a = ranges_i.a_read && lies_in(element, ranges_i.a_first, ranges_i.a_last);
    s = ranges_i.s_read && lies_in(element, ranges_i.s_first, ranges_i.s_last);
    b = lies_in(element, ranges_i.b_first, ranges_i.b_last);
    return (dst && ((a && !in_place_a_i) || s || (ranges_i.b_read && b && !in_place_b_i) || (ranges_i.b_write && b))) ||
           (ranges_i.b_write && b && (a || s));
  endfunction

  always @(posedge clk_i) begin
    assume (ranges_i.dst_first <= ranges_i.dst_last && ranges_i.a_first <= ranges_i.a_last);
    assume (ranges_i.s_first <= ranges_i.s_last && ranges_i.b_first <= ranges_i.b_last);
    // Intervals that meet do so at the later of their beginnings, which is one of these.
    assert (!clash(element_i) || overlap)
    else $fatal(1, "an element is in two places, and the instruction is not refused");
    assert (!overlap || clash(ranges_i.dst_first) || clash(ranges_i.a_first) || clash(ranges_i.s_first) ||
            clash(ranges_i.b_first))
    else $fatal(1, "an instruction is refused though no element is in two places");
    assert (!overlap || address == ranges_i.dst_first || address == ranges_i.b_first)
    else $fatal(1, "the address told is not that of a destination");
    both: cover (overlap && clash(element_i));
    neither: cover (!overlap && ranges_i.dst_write && ranges_i.a_read && ranges_i.s_read);
  end
endmodule
