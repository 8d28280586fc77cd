// The scale of srn_quantise against OCP MX v1.0 as docs/numerics.md reads it, by comparing the values with powers of two. That
// no value exceeds the scale is what formal_quantise_element builds on.
module formal_quantise
  import srn_pkg::*;
(
    input logic                     clk_i,
    input logic [BlockSize*FpW-1:0] values_i,
    input logic                     fp4_i
);
  logic [BlockW-1:0] elements;
  logic [ScaleW-1:0] scale;

  srn_quantise u_quantise (
      .clk_i,
      .values_i,
      .fp4_i,
      .elements_o(elements),
      .scale_o   (scale)
  );

  // The input that the output is of.
  logic [BlockSize*FpW-1:0] values_q[LatQuantise];
  logic [LatQuantise-1:0] fp4_q;

  always_ff @(posedge clk_i) begin
    values_q[0] <= values_i;
    for (int i = 1; i < LatQuantise; i++) values_q[i] <= values_q[i-1];
    fp4_q <= {fp4_q[LatQuantise-2:0], fp4_i};
  end

  // 2^(scale - 127), and twice that, as patterns: magnitudes are ordered as their patterns are.
  logic [BlockSize-1:0] finite, reaches, exceeds;
  logic [FpW-2:0] power;
  logic [FpW-1:0] twice;
  assign power = {scale, {FpFractionW{1'b0}}};
  assign twice = {1'b0, power} + (FpW'(1) << FpFractionW);

  for (genvar i = 0; i < BlockSize; i++) begin : gen_values
    logic [FpW-2:0] magnitude;
    assign magnitude  = values_q[LatQuantise-1][i*FpW+:FpW-1];
    assign finite[i]  = magnitude < FpInfinity[FpW-2:0];
    assign reaches[i] = magnitude >= power;
    assign exceeds[i] = {1'b0, magnitude} >= twice;
  end

  logic fp4;
  logic [ScaleW-1:0] least;
  assign fp4   = fp4_q[LatQuantise-1];
  assign least = fp4 ? 8'd2 : 8'd0;

  always @(posedge clk_i) begin
    assert (finite == '1 || scale == ScaleNan)
    else $fatal(1, "a block with infinity or NaN is not NaN");
    assert (finite != '1 || (scale != ScaleNan && scale >= least && exceeds == '0 && (scale == least || reaches != '0)))
    else $fatal(1, "the scale is not floor(log2) of the largest magnitude, clamped");
    assert (scale != ScaleNan || elements == '0)
    else $fatal(1, "a NaN block has an element that is not 0");
    fp4_block: cover (fp4 && finite == '1 && scale == 8'd130 && elements[7:0] == 8'd96);
    int8_block: cover (!fp4 && finite == '1 && scale == 8'd130 && elements[7:0] == 8'd129);
  end
endmodule
