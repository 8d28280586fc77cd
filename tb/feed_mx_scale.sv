// srn_mx_scale behind a vector feeder; a vector is {isum in 32 bits, weight scale, activation scale, weight_is_fp4 in a byte}.
module feed_mx_scale
  import srn_pkg::*;
#(
    parameter int Vectors = 1
) (
    input  logic           go_i,
    output logic           done_o,
    output logic [31:0]    compared_o,
    output logic [31:0]    mismatches_o,
    output logic [31:0]    first_o,
    output logic [FpW-1:0] got_o
);

  logic clk;
  logic [31:0] isum;
  logic [ScaleW-1:0] weight_scale, activation_scale;
  logic [7:0] weight_is_fp4;
  logic [FpW-1:0] value;

  logic unused;
  assign unused = ^{isum[31:DotW], weight_is_fp4[7:1]};

  vector_feeder #(
      .InBytes (7),
      .OutBytes(4),
      .Latency (LatScale),
      .Vectors (Vectors)
  ) u_feeder (
      .clk_o(clk),
      .in_o ({isum, weight_scale, activation_scale, weight_is_fp4}),
      .out_i(value),
      .go_i,
      .done_o,
      .compared_o,
      .mismatches_o,
      .first_o,
      .got_o
  );

  srn_mx_scale u_dut (
      .clk_i             (clk),
      .isum_i            (isum[DotW-1:0]),
      .weight_scale_i    (weight_scale),
      .activation_scale_i(activation_scale),
      .weight_is_fp4_i   (weight_is_fp4[0]),
      .value_o           (value)
  );

endmodule
