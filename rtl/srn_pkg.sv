// What every block shares: number formats, latencies of the arithmetic pipelines, and small functions on binary32.
// The bits are defined in docs/numerics.md; models/fp32.py has the functions of the same name.
package srn_pkg;

  // No one module uses all of these.
  /* verilator lint_off UNUSEDPARAM */

  // MX blocks
  localparam int BlockSize = 32;  // elements that share a scale
  localparam int BlockW = BlockSize * 8;  // a block of INT8 elements, element 0 lowest
  localparam int ScaleW = 8;  // E8M0
  localparam int DotW = 21;  // exact dot product of two blocks
  localparam logic [ScaleW-1:0] ScaleNan = 8'hff;

  // Clocks from inputs to outputs; each takes new inputs every clock and cannot be stalled.
  localparam int LatFpAdd = 3;  // srn_fp_add
  localparam int LatFpMul = 3;  // srn_fp_mul
  localparam int LatSpecial = 5;  // srn_special
  localparam int LatQuantise = 3;  // srn_quantise
  localparam int LatScale = 2;  // srn_mx_scale

  // function_i of srn_special
  localparam logic [1:0] SpecialPass = 2'd0;
  localparam logic [1:0] SpecialExp2 = 2'd1;
  localparam logic [1:0] SpecialReciprocal = 2'd2;
  localparam logic [1:0] SpecialRsqrt = 2'd3;

  // Binary32
  localparam int FpW = 32;
  localparam int FpExponentW = 8;
  localparam int FpFractionW = 23;
  localparam int FpSignificandW = FpFractionW + 1;
  localparam logic [FpW-1:0] CanonicalNan = 32'h7fc0_0000;
  localparam logic [FpW-1:0] FpInfinity = 32'h7f80_0000;
  localparam logic [FpW-1:0] FpLeastNormal = 32'h0080_0000;

  function automatic logic fp_is_nan(input logic [FpW-1:0] a);
    return a << 1 > FpInfinity << 1;  // the shift drops the sign
  endfunction

  // Unsigned order of keys is the order of the numbers; -0 precedes +0, a NaN precedes all.
  function automatic logic [FpW-1:0] fp_key(input logic [FpW-1:0] a);
    if (fp_is_nan(a)) return '0;
    return a[FpW-1] ? ~a : {1'b1, a[FpW-2:0]};
  endfunction

  // NaN if either is, else the later in key order.
  function automatic logic [FpW-1:0] fp_max(input logic [FpW-1:0] a, input logic [FpW-1:0] b);
    if (fp_is_nan(a) || fp_is_nan(b)) return CanonicalNan;
    return fp_key(a) < fp_key(b) ? b : a;
  endfunction

  function automatic logic [FpSignificandW-1:0] fp_significand(input logic [FpW-1:0] a);
    return {a << 1 >= FpLeastNormal << 1, a[FpFractionW-1:0]};
  endfunction

  // Exponent field, with the subnormals' 0 replaced by the 1 whose weight they have.
  function automatic logic [FpExponentW-1:0] fp_exponent(input logic [FpW-1:0] a);
    return {a[FpW-2:FpFractionW+1], a[FpFractionW] | (a[FpW-2:FpFractionW] == '0)};
  endfunction

  // Rounds to nearest even and packs. The leading one of a significand adds itself to the exponent, which is therefore
  // the field less 1 (and at most 487, lest it wrap); so does a carry out of rounding. Overflow gives infinity.
  function automatic logic [FpW-1:0] fp_round(input logic sign, input logic [FpExponentW:0] exponent,
                                              input logic [FpSignificandW-1:0] significand, input logic guard,
                                              input logic sticky);
    logic [FpW-1:0] rounded;
    logic up;
    up = guard & (sticky | significand[0]);
    rounded = {exponent, {FpFractionW{1'b0}}} + FpW'(significand) + FpW'(up);
    if (rounded >= FpInfinity) return {sign, FpInfinity[FpW-2:0]};
    return {sign, rounded[FpW-2:0]};
  endfunction

  // 0..31, and 31 for 0 as well: callers look at zero apart.
  function automatic logic [4:0] leading_zeros(input logic [31:0] x);
    logic [31:0] y;
    logic [4:0] n;
    y = x;
    n[4] = y[31:16] == '0;
    if (n[4]) y = {y[15:0], 16'b0};
    n[3] = y[31:24] == '0;
    if (n[3]) y = {y[23:0], 8'b0};
    n[2] = y[31:28] == '0;
    if (n[2]) y = {y[27:0], 4'b0};
    n[1] = y[31:30] == '0;
    if (n[1]) y = {y[29:0], 2'b0};
    n[0] = ~y[31];
    return n;
  endfunction

endpackage
