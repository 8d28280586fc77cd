// fp_max and fp_key of srn_pkg behind a vector feeder, registered; a result is {fp_max(a, b), fp_key(a)}; a vector is {a, b}.
module feed_fp_compare
  import srn_pkg::*;
#(
    parameter int Vectors = 1
) (
    input  logic             go_i,
    output logic             done_o,
    output logic [31:0]      compared_o,
    output logic [31:0]      mismatches_o,
    output logic [31:0]      first_o,
    output logic [2*FpW-1:0] got_o
);

  logic clk;
  logic [FpW-1:0] a, b, maximum, key;

  always_ff @(posedge clk) begin
    maximum <= fp_max(a, b);
    key <= fp_key(a);
  end

  vector_feeder #(
      .InBytes (8),
      .OutBytes(8),
      .Latency (1),
      .Vectors (Vectors)
  ) u_feeder (
      .clk_o(clk),
      .in_o ({a, b}),
      .out_i({maximum, key}),
      .go_i,
      .done_o,
      .compared_o,
      .mismatches_o,
      .first_o,
      .got_o
  );

endmodule
