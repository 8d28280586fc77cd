// Binary32 sum, rounded to nearest even. Subtract by flipping a sign.
// Latency LatFpAdd (3), one sum a clock, no stalls. Model: models/fp32.py, add.
module srn_fp_add
  import srn_pkg::*;
(
    input logic clk_i,

    // operands
    input logic [FpW-1:0] a_i,
    input logic [FpW-1:0] b_i,

    // result, LatFpAdd clocks later
    output logic [FpW-1:0] sum_o
);

  localparam int ExtraW = 3;  // guard, round and sticky below the significand
  localparam int AlignedW = FpSignificandW + ExtraW;
  localparam int SumW = AlignedW + 1;
  localparam int WideW = 64;
  localparam int LostW = WideW - AlignedW + 1;  // what the sticky bit stands for

  // ---------------------------------------------------------------------------------------------------- align: stage a

  // What is shifted out of wide is too small to matter even as a sticky bit.
  logic swap;
  logic [FpW-1:0] big, little;
  logic [FpExponentW-1:0] distance;
  logic [WideW-1:0] wide;

  assign swap = b_i[FpW-2:0] > a_i[FpW-2:0];
  assign big = swap ? b_i : a_i;
  assign little = swap ? a_i : b_i;
  assign distance = fp_exponent(big) - fp_exponent(little);
  assign wide = {fp_significand(little), {(WideW - FpSignificandW) {1'b0}}} >> distance;

  logic a_sign, a_subtract, a_nan, a_infinite, a_minus_zero;
  logic [FpExponentW-1:0] a_exponent;
  logic [FpSignificandW-1:0] a_big;
  logic [AlignedW-1:0] a_little;

  always_ff @(posedge clk_i) begin
    a_sign <= big[FpW-1];
    a_subtract <= a_i[FpW-1] ^ b_i[FpW-1];
    // A NaN is larger than any number, so big is one; infinities of opposite sign are both.
    a_nan <= fp_is_nan(big) || (a_i[FpW-2:0] == FpInfinity[FpW-2:0] && b_i == {~a_i[FpW-1], a_i[FpW-2:0]});
    a_infinite <= big[FpW-2:FpFractionW] == '1;
    a_minus_zero <= a_i[FpW-1] & b_i[FpW-1];
    a_exponent <= fp_exponent(big);
    a_big <= fp_significand(big);
    a_little <= {wide[WideW-1:LostW], |wide[LostW-1:0]};
  end

  // ------------------------------------------------------------------------------------------------------ add: stage s

  logic [SumW-1:0] total;
  assign total = a_subtract ? {1'b0, a_big, {ExtraW{1'b0}}} - {1'b0, a_little}
                            : {1'b0, a_big, {ExtraW{1'b0}}} + {1'b0, a_little};

  logic s_sign, s_nan, s_infinite, s_zero;
  logic [FpExponentW-1:0] s_exponent;
  logic [SumW-1:0] s_total;
  logic [4:0] s_zeros;

  always_ff @(posedge clk_i) begin
    s_sign <= total == '0 ? a_minus_zero : a_sign;
    s_nan <= a_nan;
    s_infinite <= a_infinite;
    s_zero <= total == '0;
    s_exponent <= a_exponent;
    s_total <= total;
    s_zeros <= leading_zeros({total, {(32 - SumW) {1'b0}}});
  end

  // ---------------------------------------------------------------------------------------------------- round: stage o

  logic [4:0] shift;
  logic [SumW-1:0] normal;
  logic [FpW-1:0] rounded;

  // Where the exponent runs out first the result is subnormal, and exact.
  assign shift = s_exponent < FpExponentW'(s_zeros) ? s_exponent[4:0] : s_zeros;
  assign normal = s_total << shift;
  assign rounded = fp_round(s_sign, {1'b0, s_exponent - FpExponentW'(shift)}, normal[SumW-1-:FpSignificandW], normal[ExtraW],
                            normal[ExtraW-1:0] != '0);

  always_ff @(posedge clk_i) begin
    if (s_nan) sum_o <= CanonicalNan;
    else if (s_infinite) sum_o <= {s_sign, FpInfinity[FpW-2:0]};
    else if (s_zero) sum_o <= {s_sign, {(FpW - 1) {1'b0}}};
    else sum_o <= rounded;
  end

endmodule
