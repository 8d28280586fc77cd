// srn_quantise behind a vector feeder; a vector is {fp4 in a byte, 32 values}; a result is {scale, 32 elements}.
module feed_quantise
  import srn_pkg::*;
#(
    parameter int Vectors = 1
) (
    input  logic                     go_i,
    output logic                     done_o,
    output logic [31:0]              compared_o,
    output logic [31:0]              mismatches_o,
    output logic [31:0]              first_o,
    output logic [ScaleW+BlockW-1:0] got_o
);

  logic clk;
  logic [7:0] fp4;
  logic [BlockSize*FpW-1:0] values;
  logic [BlockW-1:0] elements;
  logic [ScaleW-1:0] scale;

  logic unused;
  assign unused = ^fp4[7:1];

  vector_feeder #(
      .InBytes (1 + BlockSize * 4),
      .OutBytes(1 + BlockSize),
      .Latency (LatQuantise),
      .Vectors (Vectors)
  ) u_feeder (
      .clk_o(clk),
      .in_o ({fp4, values}),
      .out_i({scale, elements}),
      .go_i,
      .done_o,
      .compared_o,
      .mismatches_o,
      .first_o,
      .got_o
  );

  srn_quantise u_dut (
      .clk_i     (clk),
      .values_i  (values),
      .fp4_i     (fp4[0]),
      .elements_o(elements),
      .scale_o   (scale)
  );

endmodule
