// Sums of rows, in an order that does not depend on Lanes: groups of 16 elements by a tree of adjacent pairs, group g
// added to partial sum g mod 4, which begins at +0, and (p0 + p1) + (p2 + p3).
// A word of a row a clock, also where every row is one word; the sum comes LatSum clocks after the row's last word.
// A partial sum is used every fourth group and the adder takes three clocks, so nothing ever waits.
// Model: models/reduce.py, row_sum. What lies in lanes beyond the row must be +0.
module srn_reduce_sum
  import srn_pkg::*;
  import srn_vector_pkg::*;
#(
    parameter int Lanes = 8  // elements of a word
) (
    input logic clk_i,
    input logic rst_ni,

    // words
    input logic                 in_valid_i,
    input logic                 in_row_last_i,
    input logic [         15:0] in_col_i,       // of lane 0
    input logic [Lanes*FpW-1:0] in_data_i,

    // sums
    output logic           out_valid_o,
    output logic [FpW-1:0] out_data_o
);
  localparam int GroupLevels = 4;  // 16 elements
  localparam int LaneLevels = $clog2(Lanes);
  localparam int NumPartials = 4;
  localparam int ControlW = 17;  // row_last, col

  // ---------------------------------------------------------------- groups
  // A heap of sums: node n is that of nodes 2n and 2n + 1, the leaves are the lanes, node 1 is the word's.
  logic [2*Lanes*FpW-1:0] heap;
  assign heap[2*Lanes*FpW-1:Lanes*FpW] = in_data_i;
  assign heap[FpW-1:0] = '0;
  for (genvar n = 1; n < Lanes; n++) begin : gen_node
    srn_fp_add u_add (
        .clk_i,
        .a_i  (heap[2*n*FpW+:FpW]),
        .b_i  (heap[(2*n+1)*FpW+:FpW]),
        .sum_o(heap[n*FpW+:FpW])
    );
  end

  logic [LaneLevels*LatFpAdd-1:0] word_valid_q;
  logic [ControlW-1:0]            word_control;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) word_valid_q <= '0;
    else word_valid_q <= {word_valid_q[LaneLevels*LatFpAdd-2:0], in_valid_i};
  end

  srn_delay #(
      .Width (ControlW),
      .Clocks(LaneLevels * LatFpAdd)
  ) u_word_control (
      .clk_i,
      .data_i({in_row_last_i, in_col_i}),
      .data_o(word_control)
  );

  // The rest of the tree joins words that come one after the other.
  logic [GroupLevels:LaneLevels]               level_valid;
  logic [GroupLevels:LaneLevels][ControlW-1:0] level_control;
  logic [GroupLevels:LaneLevels][FpW-1:0]      level_data;

  assign level_valid[LaneLevels]   = word_valid_q[LaneLevels*LatFpAdd-1];
  assign level_control[LaneLevels] = word_control;
  assign level_data[LaneLevels]    = heap[2*FpW-1:FpW];

  for (genvar i = LaneLevels; i < GroupLevels; i++) begin : gen_level
    srn_reduce_pair #(
        .ControlW(ControlW)
    ) u_pair (
        .clk_i,
        .rst_ni,
        .in_valid_i   (level_valid[i]),
        .in_second_i  (level_control[i][i]),
        .in_row_last_i(level_control[i][ControlW-1]),
        .in_control_i (level_control[i]),
        .in_data_i    (level_data[i]),
        .out_valid_o  (level_valid[i+1]),
        .out_control_o(level_control[i+1]),
        .out_data_o   (level_data[i+1])
    );
  end

  // ---------------------------------------------------------------- partials
  logic [ControlW-1:0] group_control, sum_control;
  logic                group_valid;
  logic [15-GroupLevels:0] group, sum_group;
  logic [1:0]          group_part, sum_part;
  logic [LatFpAdd-1:0] sum_valid_q;
  logic                sum_last;
  logic [FpW-1:0]      partial, sum;
  logic [NumPartials*FpW-1:0] partials;

  assign group_valid   = level_valid[GroupLevels];
  assign group_control = level_control[GroupLevels];
  assign group         = group_control[15:GroupLevels];
  assign group_part    = group[1:0];
  assign partial       = group[15-GroupLevels:2] == '0 ? '0 : partials[group_part*FpW+:FpW];

  srn_fp_add u_partial (
      .clk_i,
      .a_i  (partial),
      .b_i  (level_data[GroupLevels]),
      .sum_o(sum)
  );

  srn_delay #(
      .Width (ControlW),
      .Clocks(LatFpAdd)
  ) u_sum_control (
      .clk_i,
      .data_i(group_control),
      .data_o(sum_control)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) sum_valid_q <= '0;
    else sum_valid_q <= {sum_valid_q[LatFpAdd-2:0], group_valid};
  end

  assign sum_last  = sum_control[ControlW-1];
  assign sum_group = sum_control[15:GroupLevels];
  assign sum_part  = sum_group[1:0];

  // Parts that the row did not reach are +0, whatever the row before left there; the newest is still on its way.
  logic [NumPartials*FpW-1:0] parts;
  for (genvar i = 0; i < NumPartials; i++) begin : gen_partial
    logic [FpW-1:0] partial_q;
    logic           newest, passed;
    assign newest  = sum_part == 2'(i);
    assign passed = sum_group > (16 - GroupLevels)'(i);
    always_ff @(posedge clk_i) begin
      if (sum_valid_q[LatFpAdd-1] && newest) partial_q <= sum;
    end
    assign partials[i*FpW+:FpW] = partial_q;
    assign parts[i*FpW+:FpW]    = newest ? sum : passed ? partial_q : '0;
  end

  // ---------------------------------------------------------------- rows
  logic [FpW-1:0]        low, high;
  logic [2*LatFpAdd-1:0] row_valid_q;

  srn_fp_add u_low (
      .clk_i,
      .a_i  (parts[FpW-1:0]),
      .b_i  (parts[2*FpW-1:FpW]),
      .sum_o(low)
  );
  srn_fp_add u_high (
      .clk_i,
      .a_i  (parts[3*FpW-1:2*FpW]),
      .b_i  (parts[4*FpW-1:3*FpW]),
      .sum_o(high)
  );
  srn_fp_add u_row (
      .clk_i,
      .a_i  (low),
      .b_i  (high),
      .sum_o(out_data_o)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) row_valid_q <= '0;
    else row_valid_q <= {row_valid_q[2*LatFpAdd-2:0], sum_valid_q[LatFpAdd-1] && sum_last};
  end

  assign out_valid_o = row_valid_q[2*LatFpAdd-1];

  logic unused;
  assign unused = &{1'b0, group_control, sum_control, heap[FpW-1:0]};
endmodule
