// Binary32 product, rounded to nearest even.
// Latency LatFpMul (3), one product a clock, no stalls. Model: models/fp32.py, mul.
module srn_fp_mul
  import srn_pkg::*;
(
    input logic clk_i,

    // operands
    input logic [FpW-1:0] a_i,
    input logic [FpW-1:0] b_i,

    // result, LatFpMul clocks later
    output logic [FpW-1:0] product_o
);

  localparam int ProductW = 2 * FpSignificandW;
  localparam int SumW = FpExponentW + 2;  // signed sum of exponents
  localparam int HighW = FpSignificandW + 1;  // the bits of a product that a shift to the right leaves to see
  localparam logic signed [SumW-1:0] Bias = 10'sd127;
  localparam logic signed [SumW-1:0] Far = -10'sd25;  // a product shifted right so far is a sticky bit

  // ------------------------------------------------------------------------------------------------- multiply: stage m

  logic a_infinite, b_infinite, a_zero, b_zero;
  assign a_infinite = a_i[FpW-2:0] == FpInfinity[FpW-2:0];
  assign b_infinite = b_i[FpW-2:0] == FpInfinity[FpW-2:0];
  assign a_zero = a_i[FpW-2:0] == '0;
  assign b_zero = b_i[FpW-2:0] == '0;

  logic m_sign, m_nan, m_infinite;
  logic signed [SumW-1:0] m_limit;  // exponent field less 1 if the product's top bit is set, so how far left it may go
  logic [ProductW-1:0] m_product;

  always_ff @(posedge clk_i) begin
    m_sign <= a_i[FpW-1] ^ b_i[FpW-1];
    m_nan <= fp_is_nan(a_i) || fp_is_nan(b_i) || (a_infinite && b_zero) || (a_zero && b_infinite);
    m_infinite <= a_infinite || b_infinite;
    m_limit <= $signed({2'b0, fp_exponent(a_i)}) + $signed({2'b0, fp_exponent(b_i)}) - Bias;
    m_product <= ProductW'(fp_significand(a_i)) * ProductW'(fp_significand(b_i));
  end

  // ------------------------------------------------------------------------------------------------ normalise: stage n

  // One subnormal operand leaves at most 24 zeros ahead; with two the product lies below every binary32.
  logic signed [SumW-1:0] zeros, shift;
  logic [4:0] right_shift;
  logic subnormal;
  logic [ProductW-1:0] left;
  logic [2*HighW-1:0] right;

  assign zeros = $signed({5'b0, leading_zeros(m_product[ProductW-1-:32])});
  assign subnormal = m_limit < zeros;
  assign shift = !subnormal ? zeros : m_limit < Far ? Far : m_limit;
  assign right_shift = 5'(-shift);
  assign left = m_product << shift[4:0];
  assign right = {m_product[ProductW-1-:HighW], {HighW{1'b0}}} >> right_shift;

  logic n_sign, n_nan, n_infinite, n_sticky;
  logic [FpExponentW:0] n_exponent;  // the field less 1
  logic [HighW-1:0] n_high;  // significand and guard bit

  always_ff @(posedge clk_i) begin
    n_sign <= m_sign;
    n_nan <= m_nan;
    n_infinite <= m_infinite;
    n_exponent <= subnormal || m_product == '0 ? '0 : m_limit[FpExponentW:0] - zeros[FpExponentW:0];
    if (shift < 0) begin
      n_high <= right[2*HighW-1:HighW];
      n_sticky <= right[HighW-1:0] != '0 || m_product[ProductW-HighW-1:0] != '0;
    end else begin
      n_high <= left[ProductW-1-:HighW];
      n_sticky <= left[ProductW-HighW-1:0] != '0;
    end
  end

  // ---------------------------------------------------------------------------------------------------- round: stage o

  always_ff @(posedge clk_i) begin
    if (n_nan) product_o <= CanonicalNan;
    else if (n_infinite) product_o <= {n_sign, FpInfinity[FpW-2:0]};
    else product_o <= fp_round(n_sign, n_exponent, n_high[HighW-1:1], n_high[0], n_sticky);
  end

endmodule
