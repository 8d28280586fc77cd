// The elements of srn_quantise, from its first registers on, for any values and any scale that none of them exceeds (which
// formal_quantise proves of every scale): a lane that the solver picks, judged in proofs.py by SMT-LIB's floating point.
module formal_quantise_element
  import srn_pkg::*;
(
    input logic                     clk_i,
    input logic [BlockSize*FpW-1:0] values_i,
    input logic                     fp4_i,
    input logic [              4:0] lane_i,

    // for proofs.py: registers of the first stage, and two clocks later what became of them
    output logic [   FpW-1:0] value_o,
    output logic              fp4_o,
    output logic              exceeds_o,
    output logic [       7:0] element_o,
    output logic [ScaleW-1:0] scale_o
);
  logic [BlockW-1:0] elements;

  srn_quantise u_quantise (
      .clk_i,
      .values_i,
      .fp4_i,
      .elements_o(elements),
      .scale_o
  );

  logic [FpW-1:0] power_of_two;  // 2^(scale - 127), twice
  assign value_o      = u_quantise.x_values[32'(lane_i)*FpW+:FpW];
  assign fp4_o        = u_quantise.x_fp4;
  assign power_of_two = {1'b0, u_quantise.x_scale, {FpFractionW{1'b0}}} + (FpW'(1) << FpFractionW);
  assign exceeds_o    = {1'b0, value_o[FpW-2:0]} >= power_of_two;
  assign element_o    = elements[32'(lane_i)*8+:8];
endmodule
