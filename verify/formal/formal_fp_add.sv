// srn_fp_add against the exact sum, an integer, which proofs.py rounds with SMT-LIB's floating point.
// Operands far apart: what is less than an eighth of the larger one's last place, and not zero, is one unit of exact_o here.
// Rounding cannot tell it from any other, since its boundaries are multiples of a quarter of that place.
module formal_fp_add
  import srn_pkg::*;
#(
    parameter int Distance = 0,  // of the exponents; 27 stands for all from there on
    parameter int Subtract = 0   // whether the signs differ
) (
    input logic           clk_i,
    input logic [FpW-1:0] a_i,
    input logic [FpW-1:0] b_i,

    // for proofs.py
    output logic [FpW-1:0] sum_o,
    output logic           special_o,  // an operand is not finite
    output logic [   52:0] exact_o,    // signed; the sum in units of 2^(exponent_o - 150)
    output logic [    9:0] exponent_o  // signed
);
  localparam int Far = 27;
  localparam int ExactW = 53;

  srn_fp_add u_add (
      .clk_i,
      .a_i,
      .b_i,
      .sum_o
  );

  // Subnormals have the exponent 1, and no leading one.
  logic a_normal, b_normal, swap;
  logic [FpExponentW-1:0] a_exponent, b_exponent, distance;
  logic [FpFractionW:0] a, b, big, little;
  assign a_normal   = a_i[FpW-2:FpFractionW] != '0;
  assign b_normal   = b_i[FpW-2:FpFractionW] != '0;
  assign a_exponent = a_normal ? a_i[FpW-2:FpFractionW] : 8'd1;
  assign b_exponent = b_normal ? b_i[FpW-2:FpFractionW] : 8'd1;
  assign a          = {a_normal, a_i[FpFractionW-1:0]};
  assign b          = {b_normal, b_i[FpFractionW-1:0]};
  assign swap       = a_exponent < b_exponent;
  assign distance   = swap ? b_exponent - a_exponent : a_exponent - b_exponent;
  assign big        = swap ? b : a;
  assign little     = swap ? a : b;

  logic signed [ExactW-1:0] big_value, little_value, big_signed, little_signed;
  assign big_value     = $signed(ExactW'(big)) <<< Distance;
  assign little_value  = Distance < Far ? $signed(ExactW'(little)) : $signed(ExactW'(little != '0));
  assign big_signed    = (swap ? b_i[FpW-1] : a_i[FpW-1]) ? -big_value : big_value;
  assign little_signed = (swap ? a_i[FpW-1] : b_i[FpW-1]) ? -little_value : little_value;
  assign exact_o       = big_signed + little_signed;
  assign exponent_o    = 10'(swap ? b_exponent : a_exponent) - 10'(Distance);
  assign special_o     = a_i[FpW-2:FpFractionW] == '1 || b_i[FpW-2:FpFractionW] == '1;

  always @(posedge clk_i) begin
    assume ((a_i[FpW-1] != b_i[FpW-1]) == (Subtract != 0));
    assume (Distance < Far ? distance == 8'(Distance) : distance >= 8'(Far));
    finite: cover (!special_o && exact_o != '0);
  end
endmodule
