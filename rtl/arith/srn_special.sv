// exp2, reciprocal or reciprocal square root of a binary32, within one unit of the last place and monotone; or x itself.
// The argument becomes a segment of a table and a position u in it; y = c0 + (c1 + c2 u) u is rounded once.
// Latency LatSpecial (5), one result a clock, no stalls. Model: models/special.py, special. Page: docs/numerics.md.
module srn_special
  import srn_pkg::*;
(
    input logic clk_i,

    // argument
    input logic [FpW-1:0] x_i,
    input logic [1:0] function_i,  // SpecialPass, SpecialExp2, SpecialReciprocal, SpecialRsqrt

    // result, LatSpecial clocks later
    output logic [FpW-1:0] y_o
);

  localparam int SegmentW = 7;
  localparam int RowW = SegmentW + 2;
  localparam int UW = 20;  // position within a segment
  localparam int YFractionW = 28;  // of y, 1 <= y <= 2, and of the coefficients
  localparam int YW = YFractionW + 2;
  localparam int SlopeW = 24;
  localparam int CurveW = 16;
  localparam int ExponentW = 10;

  // What travels beside the parabola.
  typedef struct packed {
    logic forced;                    // the result is value
    logic rising;                    // exp2: c1 is positive
    logic sign;
    logic [ExponentW-1:0] exponent;  // signed: the result's exponent field less 1
    logic [FpW-1:0] value;
  } side_t;

  // ----------------------------------------------------------------------------------------------------- argument

  logic negative, is_zero;
  logic [FpExponentW-1:0] field;
  logic [FpSignificandW-1:0] significand;
  assign negative = x_i[FpW-1];
  assign is_zero = x_i[FpW-2:0] == '0;
  assign field = fp_exponent(x_i);
  assign significand = fp_significand(x_i);

  // exp2: two's complement fixed point, rounded down. At exponent field 134 (|x| < 256) nothing is shifted; what is
  // shifted out of wide would leave 1.0 even as a sticky bit.
  localparam int MagnitudeW = 8 + SegmentW + UW;
  localparam int WideW = 64;
  localparam logic [FpExponentW-1:0] WidestField = 8'd134;
  logic is_far;
  logic [FpExponentW-1:0] distance;
  logic [WideW-1:0] wide;
  logic [MagnitudeW-1:0] magnitude;
  logic [MagnitudeW:0] fixed;
  assign is_far = field > WidestField;
  assign distance = WidestField - field;
  assign wide = {significand, {(WideW - FpSignificandW) {1'b0}}} >> distance;
  assign magnitude = wide[WideW-1-:MagnitudeW];
  assign fixed = negative ? ~{1'b0, magnitude} + (MagnitudeW + 1)'(wide[WideW-MagnitudeW-1:0] == '0) : {1'b0, magnitude};

  // The others: normalised significand and its exponent.
  logic [4:0] zeros;
  logic [FpSignificandW-1:0] normal;
  logic signed [ExponentW-1:0] exponent, half_exponent;
  assign zeros = leading_zeros({significand, {(32 - FpSignificandW) {1'b0}}});
  assign normal = significand << zeros;
  assign exponent = $signed({2'b0, field}) - $signed({5'b0, zeros}) - 10'sd127;
  assign half_exponent = exponent >>> 1;

  logic [RowW-1:0] row;
  logic [UW-1:0] u;
  logic [ExponentW-1:0] y_field;
  logic [SegmentW-1:0] fixed_segment, normal_segment;
  logic [UW-1:0] fixed_u, normal_u;
  logic [ExponentW-1:0] floor;
  logic odd;
  assign floor = ExponentW'($signed(fixed[MagnitudeW-:9]));
  assign fixed_segment = fixed[UW+:SegmentW];
  assign fixed_u = fixed[UW-1:0];
  assign normal_segment = normal[FpFractionW-1-:SegmentW];
  assign normal_u = {normal[FpFractionW-SegmentW-1:0], {(UW + SegmentW - FpFractionW) {1'b0}}};
  assign odd = exponent[0];

  always_comb begin
    row = {1'b1, odd, normal_segment};
    u = normal_u;
    y_field = 10'd125 - half_exponent;
    case (function_i)
      SpecialExp2: begin
        row = {2'b00, fixed_segment};
        u = fixed_u;
        y_field = 10'd126 + floor;
      end
      SpecialReciprocal: begin
        row = {2'b01, normal_segment};
        y_field = 10'd125 - exponent;
      end
      default: ;
    endcase
  end

  logic forced;
  logic [FpW-1:0] value;
  logic is_nan, is_infinite;
  assign is_nan = fp_is_nan(x_i);
  assign is_infinite = x_i[FpW-2:0] == FpInfinity[FpW-2:0];

  always_comb begin
    forced = 1'b1;
    value = CanonicalNan;
    if (function_i == SpecialPass) value = x_i;
    else if (is_nan) value = CanonicalNan;
    else if (function_i == SpecialExp2) begin
      value = negative ? '0 : FpInfinity;
      forced = is_far;
    end else if (is_zero) value = {negative, FpInfinity[FpW-2:0]};
    else if (function_i == SpecialReciprocal || !negative) begin
      value = {negative, {(FpW - 1) {1'b0}}};
      forced = is_infinite;
    end
  end

  logic [RowW-1:0] a_row;
  logic [UW-1:0] a_u;
  side_t a_side;
  always_ff @(posedge clk_i) begin
    a_row <= row;
    a_u <= u;
    a_side <= {forced, function_i == SpecialExp2, negative && function_i == SpecialReciprocal, y_field, value};
  end

  // -------------------------------------------------------------------------------------------------------- table

  logic [YW-1:0] level;
  logic [SlopeW-1:0] slope;
  logic [CurveW-1:0] curve;
  srn_special_table u_table (
      .row_i(a_row),
      .c0_o (level),
      .c1_o (slope),
      .c2_o (curve)
  );

  logic [YW-1:0] t_level;
  logic [SlopeW-1:0] t_slope;
  logic [CurveW-1:0] t_curve;
  logic [UW-1:0] t_u;
  side_t t_side;
  always_ff @(posedge clk_i) begin
    t_level <= level;
    t_slope <= slope;
    t_curve <= curve;
    t_u <= a_u;
    t_side <= a_side;
  end

  // -------------------------------------------------------------------------------------------------------- slope

  // Magnitudes throughout: curvature makes the rising function steeper and the falling ones flatter.
  logic [CurveW+UW-1:0] bend;
  assign bend = (CurveW + UW)'(t_curve) * (CurveW + UW)'(t_u);

  logic [YW-1:0] s_level;
  logic [SlopeW-1:0] s_slope;
  logic [UW-1:0] s_u;
  side_t s_side;
  always_ff @(posedge clk_i) begin
    s_level <= t_level;
    s_slope <= t_side.rising ? t_slope + SlopeW'(bend[CurveW+UW-1:UW]) : t_slope - SlopeW'(bend[CurveW+UW-1:UW]);
    s_u <= t_u;
    s_side <= t_side;
  end

  // -------------------------------------------------------------------------------------------------------- value

  logic [YW+UW-1:0] change, sum;
  assign change = (YW + UW)'(s_slope) * (YW + UW)'(s_u);
  assign sum = s_side.rising ? {s_level, {UW{1'b0}}} + change : {s_level, {UW{1'b0}}} - change;

  logic [YW-1:0] y_value;
  side_t y_side;
  always_ff @(posedge clk_i) begin
    y_value <= sum[YW+UW-1:UW];
    y_side <= s_side;
  end

  // -------------------------------------------------------------------------------------------------------- round

  localparam int ShiftedW = 2 * YFractionW;
  localparam logic signed [ExponentW-1:0] Far = -10'sd26;  // a significand shifted right so far is a sticky bit
  logic is_two;
  logic signed [ExponentW-1:0] y_exponent;
  logic [4:0] right_shift;
  logic [ShiftedW:0] shifted;
  logic [FpW-1:0] rounded;

  assign is_two = y_value[YW-1];  // and then no other bit is set
  assign y_exponent = $signed(y_side.exponent) + ExponentW'(is_two);
  assign right_shift = y_exponent >= 0 ? '0 : 5'(y_exponent < Far ? -Far : -y_exponent);
  assign shifted = {y_value[YW-1] | y_value[YW-2], y_value[YFractionW-1:0], {YFractionW{1'b0}}} >> right_shift;
  assign rounded = fp_round(y_side.sign, y_exponent < 0 ? '0 : y_exponent[FpExponentW:0], shifted[ShiftedW-:FpSignificandW],
                            shifted[ShiftedW-FpSignificandW], shifted[ShiftedW-FpSignificandW-1:0] != '0);

  always_ff @(posedge clk_i) y_o <= y_side.forced ? y_side.value : rounded;

  logic unused;
  assign unused = ^{normal[FpFractionW], bend[UW-1:0], sum[UW-1:0], y_side.rising};

endmodule
