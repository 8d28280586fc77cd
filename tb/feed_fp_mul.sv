// srn_fp_mul behind a vector feeder; a vector is {a, b}.
module feed_fp_mul
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
  logic [FpW-1:0] a, b, product;

  vector_feeder #(
      .InBytes (8),
      .OutBytes(4),
      .Latency (LatFpMul),
      .Vectors (Vectors)
  ) u_feeder (
      .clk_o(clk),
      .in_o ({a, b}),
      .out_i(product),
      .go_i,
      .done_o,
      .compared_o,
      .mismatches_o,
      .first_o,
      .got_o
  );

  srn_fp_mul u_dut (
      .clk_i    (clk),
      .a_i      (a),
      .b_i      (b),
      .product_o(product)
  );

endmodule
