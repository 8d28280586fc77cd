// Binary32 sums of one row's outputs: each block's integer is scaled, rounded, and added to its accumulator.
// For each pass two banks of Entries accumulators, numbered (pass, bank, half, place): a tile is drained while the next is
// computed.
// An integer given in clock t reaches its accumulator at the end of clock t + LatScale + LatFpAdd; an accumulator must
// not be used again before. One integer a clock. Model: models/matrix.py, matmul_by_integers.
module srn_mx_accumulate
  import srn_pkg::*;
  import srn_matrix_pkg::*;
#(
    parameter int Entries = 16,  // in a bank
    parameter int Passes = 2,
    localparam int EntryW = $clog2(Passes * 2 * Entries),
    localparam int HalfW = matrix_half_w(Passes),
    localparam int Half = Entries / 2
) (
    input logic clk_i,

    // scale
    input logic signed [DotW-1:0] isum_i,
    input logic [ScaleW-1:0] weight_scale_i,
    input logic [ScaleW-1:0] activation_scale_i,
    input logic weight_is_fp4_i,

    // add, LatScale later
    input logic              add_first_i,  // to +0
    input logic [EntryW-1:0] add_entry_i,

    // write, LatFpAdd later
    input logic              write_i,
    input logic [EntryW-1:0] write_entry_i,

    // half a bank, the clock after read_i
    input  logic                read_i,
    input  logic [   HalfW-1:0] read_half_i,
    output logic [Half*FpW-1:0] half_o
);

  logic [FpW-1:0] accumulator_q[Passes*2*Entries];
  logic [FpW-1:0] value, accumulator, sum;

  srn_mx_scale u_scale (
      .clk_i,
      .isum_i,
      .weight_scale_i,
      .activation_scale_i,
      .weight_is_fp4_i,
      .value_o(value)
  );

  assign accumulator = add_first_i ? '0 : accumulator_q[add_entry_i];

  srn_fp_add u_add (
      .clk_i,
      .a_i(accumulator),
      .b_i(value),
      .sum_o(sum)
  );

  always_ff @(posedge clk_i) if (write_i) accumulator_q[write_entry_i] <= sum;

  for (genvar i = 0; i < Half; i++) begin : gen_half
    always_ff @(posedge clk_i) if (read_i) half_o[i*FpW+:FpW] <= accumulator_q[EntryW'(32'(read_half_i)*Half+i)];
  end

endmodule
