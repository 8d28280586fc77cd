// fp_max and fp_key of srn_pkg, which proofs.py compares with the order of SMT-LIB's floating point.
module formal_fp_order
  import srn_pkg::*;
(
    input logic           clk_i,
    input logic [FpW-1:0] a_i,
    input logic [FpW-1:0] b_i,

    // for proofs.py
    output logic [FpW-1:0] max_o,
    output logic           before_o,  // by their keys
    output logic           same_o
);
  assign max_o    = fp_max(a_i, b_i);
  assign before_o = fp_key(a_i) < fp_key(b_i);
  assign same_o   = fp_key(a_i) == fp_key(b_i);

  always @(posedge clk_i) begin
    zeros: cover (a_i == '0 && b_i == {1'b1, {(FpW - 1) {1'b0}}});
    numbers: cover (before_o && a_i[FpW-1] && b_i[FpW-1]);
  end
endmodule
