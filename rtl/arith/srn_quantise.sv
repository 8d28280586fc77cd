// A block of 32 binary32 values as MXINT8, or as the MXFP4 block nearest to it in MXINT8 form (elements 16 * E2M1).
// Latency LatQuantise (3), one block a clock, no stalls. Model: models/mx.py, quantise_int8 and quantise_fp4_as_int8.
module srn_quantise
  import srn_pkg::*;
(
    input logic clk_i,

    // values, element 0 lowest
    input logic [BlockSize*FpW-1:0] values_i,
    input logic fp4_i,

    // block, LatQuantise clocks later
    output logic [BlockW-1:0] elements_o,
    output logic [ScaleW-1:0] scale_o
);

  localparam logic [ScaleW-1:0] Fp4Least = 8'd2;  // scale code 0 of FP4, in INT8 form
  localparam int FixedW = 9;  // element magnitude below saturation (7 bits), guard, sticky

  // Adding just under half of the spacing, or half where the bit above is one, rounds to nearest even.
  function automatic logic [7:0] round_int8(input logic [FixedW-1:0] fixed);
    logic [FixedW:0] sum;
    sum = {1'b0, fixed} + 10'd1 + 10'(fixed[2]);
    return sum[9] ? 8'd127 : 8'(sum >> 2);
  endfunction

  // To the grid 0, 8, 16, 24, 32, 48, 64, 96: 16 times the magnitudes of E2M1.
  function automatic logic [7:0] round_fp4(input logic [FixedW-1:0] fixed);
    logic [FixedW:0] sum;
    if (fixed[8]) begin
      sum = {1'b0, fixed} + 10'd63 + 10'(fixed[7]);
      return sum[9] ? 8'd96 : 8'(sum >> 2) & 8'he0;
    end
    if (fixed[7]) begin
      sum = {1'b0, fixed} + 10'd31 + 10'(fixed[6]);
      return 8'(sum >> 2) & 8'hf0;
    end
    sum = {1'b0, fixed} + 10'd15 + 10'(fixed[5]);
    return 8'(sum >> 2) & 8'hf8;
  endfunction

  // -------------------------------------------------------------------------------------------- largest: stages x and s

  // The exponent field of the largest magnitude is floor(log2 amax) + 127, clamped as E8M0 is, and 255 if not finite.
  function automatic logic [FpExponentW-1:0] larger(input logic [FpExponentW-1:0] a, input logic [FpExponentW-1:0] b);
    return a < b ? b : a;
  endfunction

  logic [BlockSize*FpW-1:0] x_values;
  logic x_fp4;
  logic [2*BlockSize*FpExponentW-1:FpExponentW] tree;  // a heap: node n has children 2n and 2n + 1, node 1 is the largest
  logic [ScaleW-1:0] x_scale;

  for (genvar i = 0; i < BlockSize; i++) begin : gen_leaf
    assign tree[(BlockSize+i)*FpExponentW+:FpExponentW] = values_i[i*FpW+FpFractionW+:FpExponentW];
  end
  for (genvar n = 1; n < BlockSize; n++) begin : gen_node
    assign tree[n*FpExponentW+:FpExponentW] = larger(tree[2*n*FpExponentW+:FpExponentW],
                                                     tree[(2*n+1)*FpExponentW+:FpExponentW]);
  end

  always_ff @(posedge clk_i) begin
    x_values <= values_i;
    x_fp4 <= fp4_i;
    x_scale <= fp4_i ? larger(tree[2*FpExponentW-1:FpExponentW], Fp4Least) : tree[2*FpExponentW-1:FpExponentW];
  end

  logic s_fp4;
  logic [ScaleW-1:0] s_scale;

  always_ff @(posedge clk_i) begin
    s_fp4 <= x_fp4;
    s_scale <= x_scale;
    scale_o <= s_scale;
  end

  // ---------------------------------------------------------------------------------- shift and round: stages s and o

  for (genvar i = 0; i < BlockSize; i++) begin : gen_lane
    logic [FpW-1:0] value;
    logic [FpExponentW-1:0] distance;
    logic [FpW-1:0] aligned;
    assign value = x_values[i*FpW+:FpW];
    // One more than the distance, since a block of subnormals has scale code 0 and they have exponent 1.
    assign distance = x_scale - fp_exponent(value) + 8'd1;
    assign aligned = {fp_significand(value), {(FpW - FpSignificandW) {1'b0}}} >> distance;

    logic s_sign;
    logic [FixedW-1:0] s_fixed;
    always_ff @(posedge clk_i) begin
      s_sign <= value[FpW-1];
      s_fixed <= {aligned[FpW-2-:FixedW-1], aligned[FpW-FixedW-1:0] != '0};
    end

    logic [7:0] magnitude, element;
    assign magnitude = s_fp4 ? round_fp4(s_fixed) : round_int8(s_fixed);
    assign element = s_sign ? -magnitude : magnitude;
    logic unused;
    assign unused = aligned[FpW-1];  // element magnitudes before saturation have seven bits

    always_ff @(posedge clk_i) elements_o[i*8+:8] <= s_scale == ScaleNan ? '0 : element;
  end

endmodule
