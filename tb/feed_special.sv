// srn_special behind a vector feeder; a vector is {function in a byte, x}.
module feed_special
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
  logic [7:0] code;
  logic [FpW-1:0] x, y;

  logic unused;
  assign unused = ^code[7:2];

  vector_feeder #(
      .InBytes (5),
      .OutBytes(4),
      .Latency (LatSpecial),
      .Vectors (Vectors)
  ) u_feeder (
      .clk_o(clk),
      .in_o ({code, x}),
      .out_i(y),
      .go_i,
      .done_o,
      .compared_o,
      .mismatches_o,
      .first_o,
      .got_o
  );

  srn_special u_dut (
      .clk_i     (clk),
      .x_i       (x),
      .function_i(code[1:0]),
      .y_o       (y)
  );

endmodule
