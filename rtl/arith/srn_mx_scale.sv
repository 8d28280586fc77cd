// The value of an exact block dot product as binary32: isum_i * 2**(scales - fraction bits), rounded once to nearest even.
// Latency LatScale (2), one value a clock, no stalls. Model: models/mx.py, scaled_to_fp32.
module srn_mx_scale
  import srn_pkg::*;
(
    input logic clk_i,

    // block dot product
    input logic signed [DotW-1:0] isum_i,
    input logic [ScaleW-1:0] weight_scale_i,
    input logic [ScaleW-1:0] activation_scale_i,
    input logic weight_is_fp4_i,  // weights were twice the E2M1 value, not 64 times the INT8 one

    // result, LatScale clocks later
    output logic [FpW-1:0] value_o
);

  localparam int ExponentW = 11;
  // Exponent field less 1 of a dot product whose top bit is set, without the scales: 127 - 1 + 20 - 2 * 127 - fraction.
  localparam logic signed [ExponentW-1:0] OffsetFp4 = -11'sd115;
  localparam logic signed [ExponentW-1:0] OffsetInt8 = -11'sd120;
  localparam logic signed [ExponentW-1:0] Far = -11'sd25;  // a significand shifted right so far is a sticky bit

  // ------------------------------------------------------------------------------------------------ normalise: stage n

  logic [DotW-1:0] magnitude;
  logic [4:0] zeros;
  logic [ExponentW-1:0] scales;
  assign magnitude = isum_i < 0 ? -isum_i : isum_i;
  assign zeros = leading_zeros({magnitude, {(32 - DotW) {1'b0}}});
  assign scales = ExponentW'(weight_scale_i) + ExponentW'(activation_scale_i);

  logic n_sign, n_nan, n_zero;
  logic [FpSignificandW-1:0] n_significand;
  logic signed [ExponentW-1:0] n_exponent;  // the field less 1

  always_ff @(posedge clk_i) begin
    n_sign <= isum_i < 0;
    n_nan <= weight_scale_i == ScaleNan || activation_scale_i == ScaleNan;
    n_zero <= isum_i == 0;
    n_significand <= {magnitude, {(FpSignificandW - DotW) {1'b0}}} << zeros;
    n_exponent <= $signed(scales) + (weight_is_fp4_i ? OffsetFp4 : OffsetInt8) - $signed({6'b0, zeros});
  end

  // ---------------------------------------------------------------------------------------------------- round: stage o

  logic [4:0] right_shift;
  logic [2*FpSignificandW+1:0] wide;
  logic [FpW-1:0] rounded;

  assign right_shift = n_exponent >= 0 ? '0 : 5'(n_exponent < Far ? -Far : -n_exponent);
  assign wide = {n_significand, {(FpSignificandW + 2) {1'b0}}} >> right_shift;
  assign rounded = fp_round(n_sign, n_exponent < 0 ? '0 : n_exponent[FpExponentW:0], wide[2*FpSignificandW+1-:FpSignificandW],
                            wide[FpSignificandW+1], wide[FpSignificandW:0] != '0);

  always_ff @(posedge clk_i) value_o <= n_nan ? CanonicalNan : n_zero ? '0 : rounded;

endmodule
