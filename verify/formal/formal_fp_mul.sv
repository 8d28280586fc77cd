// srn_fp_mul against the exact product, an integer, which proofs.py rounds with SMT-LIB's floating point.
module formal_fp_mul
  import srn_pkg::*;
(
    input logic           clk_i,
    input logic [FpW-1:0] a_i,
    input logic [FpW-1:0] b_i,

    // for proofs.py
    output logic [FpW-1:0] product_o,
    output logic           special_o,  // an operand is not finite
    output logic           sign_o,
    output logic [   47:0] exact_o,    // magnitude, in units of 2^(exponent_o - 300)
    output logic [    9:0] exponent_o
);
  srn_fp_mul u_mul (
      .clk_i,
      .a_i,
      .b_i,
      .product_o
  );

  // Subnormals have the exponent 1, and no leading one.
  logic a_normal, b_normal;
  logic [FpExponentW-1:0] a_exponent, b_exponent;
  logic [FpFractionW:0] a, b;
  assign a_normal   = a_i[FpW-2:FpFractionW] != '0;
  assign b_normal   = b_i[FpW-2:FpFractionW] != '0;
  assign a_exponent = a_normal ? a_i[FpW-2:FpFractionW] : 8'd1;
  assign b_exponent = b_normal ? b_i[FpW-2:FpFractionW] : 8'd1;
  assign a          = {a_normal, a_i[FpFractionW-1:0]};
  assign b          = {b_normal, b_i[FpFractionW-1:0]};

  assign exact_o    = 48'(a) * 48'(b);
  assign exponent_o = 10'(a_exponent) + 10'(b_exponent);
  assign sign_o     = a_i[FpW-1] ^ b_i[FpW-1];
  assign special_o  = a_i[FpW-2:FpFractionW] == '1 || b_i[FpW-2:FpFractionW] == '1;

  always @(posedge clk_i) begin
    finite: cover (!special_o && exact_o != '0);
  end
endmodule
