// The vector unit's reductions of rows: sum, largest, column of the largest. A word of a row a clock.
// The result comes a fixed time after the row's last word: LatSum clocks for a sum or where in_slow_i asks for it, else
// LatMax. Whoever sends the words sees to it that no two results meet (srn_vector_pace).
module srn_reduce
  import srn_pkg::*;
  import srn_isa_pkg::*;
  import srn_vector_pkg::*;
#(
    parameter int Lanes = 8,  // elements of a word
    parameter int TagW  = 1   // bits that travel from a row's last word to its result
) (
    input logic clk_i,
    input logic rst_ni,

    // words
    input logic                 in_valid_i,
    input logic [          1:0] in_reduce_i,
    input logic                 in_slow_i,
    input logic                 in_row_last_i,
    input logic [         15:0] in_col_i,       // of lane 0
    input logic [    Lanes-1:0] in_lanes_i,     // that belong to the row
    input logic [Lanes*FpW-1:0] in_data_i,
    input logic [     TagW-1:0] in_tag_i,

    // results
    output logic            out_valid_o,
    output logic [ FpW-1:0] out_data_o,
    output logic [TagW-1:0] out_tag_o
);
  // ---------------------------------------------------------------- sum
  logic                 is_sum, is_max, is_argmax, sum_valid;
  logic [Lanes*FpW-1:0] sum_in;
  logic [FpW-1:0]       sum_data;

  // Names of packages in port lists make Icarus invent wires.
  assign is_sum    = in_reduce_i == ReduceSum;
  assign is_argmax = in_reduce_i == ReduceArgmax;
  assign is_max    = is_argmax || in_reduce_i == ReduceMax;
  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    assign sum_in[i*FpW+:FpW] = in_lanes_i[i] ? in_data_i[i*FpW+:FpW] : '0;
  end

  srn_reduce_sum #(
      .Lanes(Lanes)
  ) u_sum (
      .clk_i,
      .rst_ni,
      .in_valid_i   (in_valid_i && is_sum),
      .in_row_last_i,
      .in_col_i,
      .in_data_i    (sum_in),
      .out_valid_o  (sum_valid),
      .out_data_o   (sum_data)
  );

  // ---------------------------------------------------------------- largest
  logic           max_valid, max_slow, slow_valid;
  logic [FpW-1:0] max_data, slow_data;

  srn_reduce_max #(
      .Lanes(Lanes)
  ) u_max (
      .clk_i,
      .rst_ni,
      .in_valid_i   (in_valid_i && is_max),
      .in_row_last_i,
      .in_argmax_i  (is_argmax),
      .in_col_i,
      .in_lanes_i,
      .in_data_i,
      .out_valid_o  (max_valid),
      .out_data_o   (max_data)
  );

  // ---------------------------------------------------------------- results
  logic [TagW-1:0] max_tag, slow_tag;

  srn_delay #(
      .Width (TagW + 1),
      .Clocks(LatMax)
  ) u_tag (
      .clk_i,
      .data_i({in_slow_i, in_tag_i}),
      .data_o({max_slow, max_tag})
  );

  srn_delay #(
      .Width (TagW + FpW),
      .Clocks(LatSum - LatMax)
  ) u_slow (
      .clk_i,
      .data_i({max_tag, max_data}),
      .data_o({slow_tag, slow_data})
  );

  logic [LatSum-LatMax-1:0] slow_valid_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) slow_valid_q <= '0;
    else slow_valid_q <= {slow_valid_q[LatSum-LatMax-2:0], max_valid && max_slow};
  end
  assign slow_valid = slow_valid_q[LatSum-LatMax-1];

  logic fast_valid;
  assign fast_valid  = max_valid && !max_slow;
  assign out_valid_o = fast_valid || slow_valid || sum_valid;
  assign out_data_o  = fast_valid ? max_data : sum_valid ? sum_data : slow_data;
  assign out_tag_o   = fast_valid ? max_tag : slow_tag;

  // ---------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(fast_valid && (slow_valid || sum_valid)) && !(slow_valid && sum_valid))
      else $fatal(1, "%m: two results in one clock");
    end
  end
endmodule
