// Adds neighbouring items of a stream: items 0 and 1, 2 and 3, ... of a group. The second of a pair is there or, where
// the row ends with the first, is +0. A sum leaves LatFpAdd clocks after the second item; an item a clock, no stalls.
module srn_reduce_pair
  import srn_pkg::*;
#(
    parameter int ControlW = 1  // bits that travel along with a sum
) (
    input logic clk_i,
    input logic rst_ni,

    // items
    input logic                in_valid_i,
    input logic                in_second_i,
    input logic                in_row_last_i,
    input logic [ControlW-1:0] in_control_i,
    input logic [     FpW-1:0] in_data_i,

    // sums
    output logic                out_valid_o,
    output logic [ControlW-1:0] out_control_o,
    output logic [     FpW-1:0] out_data_o
);
  logic [FpW-1:0]      first_q;
  logic [LatFpAdd-1:0] valid_q;

  always_ff @(posedge clk_i) begin
    if (in_valid_i && !in_second_i) first_q <= in_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[LatFpAdd-2:0], in_valid_i && (in_second_i || in_row_last_i)};
  end

  srn_fp_add u_add (
      .clk_i,
      .a_i  (in_second_i ? first_q : in_data_i),
      .b_i  (in_second_i ? in_data_i : '0),
      .sum_o(out_data_o)
  );

  srn_delay #(
      .Width (ControlW),
      .Clocks(LatFpAdd)
  ) u_control (
      .clk_i,
      .data_i(in_control_i),
      .data_o(out_control_o)
  );

  assign out_valid_o = valid_q[LatFpAdd-1];
endmodule
