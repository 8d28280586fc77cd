// Largest element of a row, or its column. Numbers are compared by their keys (srn_pkg), a NaN being the least and of
// equals the first winning; the largest is NaN if any element is. A tree over the lanes with a register a level, then
// the best of the row so far. A word a clock, also where every row is one word; LatMax clocks after the last word.
// Model: models/reduce.py, row_max and row_argmax.
module srn_reduce_max
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
    input logic                 in_argmax_i,    // the column, not the element
    input logic [         15:0] in_col_i,       // of lane 0
    input logic [    Lanes-1:0] in_lanes_i,     // that belong to the row
    input logic [Lanes*FpW-1:0] in_data_i,

    // results
    output logic           out_valid_o,
    output logic [FpW-1:0] out_data_o
);
  localparam int Levels = $clog2(Lanes);
  localparam int ControlW = 18;  // row_last, argmax, col

  // ---------------------------------------------------------------- lanes
  // A heap: node n holds the better of nodes 2n and 2n + 1, the leaves are the lanes, node 1 is the word's best.
  // Lanes beyond the row have the key of a NaN, and never win because they are the last.
  for (genvar n = 1; n < 2 * Lanes; n++) begin : gen_node
    logic [FpW-1:0]    key;
    logic [Levels-1:0] lane;
    logic              nan;
    if (n >= Lanes) begin : gen_leaf
      localparam int Lane = n - Lanes;
      logic [FpW-1:0] value;
      assign value = in_data_i[Lane*FpW+:FpW];
      assign key   = in_lanes_i[Lane] ? fp_key(value) : '0;
      assign lane  = Levels'(Lane);
      assign nan   = in_lanes_i[Lane] && fp_is_nan(value);
    end else begin : gen_best
      logic second;
      assign second = gen_node[2*n+1].key > gen_node[2*n].key;
      always_ff @(posedge clk_i) begin
        key  <= second ? gen_node[2*n+1].key : gen_node[2*n].key;
        lane <= second ? gen_node[2*n+1].lane : gen_node[2*n].lane;
        nan  <= gen_node[2*n+1].nan || gen_node[2*n].nan;
      end
    end
  end

  localparam int Clocks = LatMax - 1;  // as many as sixteen lanes take, whatever Lanes
  localparam int BestW = FpW + Levels + 1;
  logic [FpW-1:0]      word_key;
  logic [Levels-1:0]   word_lane;
  logic                word_nan;
  logic [Clocks-1:0]   valid_q;
  logic [ControlW-1:0] control;
  logic                row_last, argmax, first, out_argmax_q;
  logic [15:0]         col;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Clocks-2:0], in_valid_i};
  end

  srn_delay #(
      .Width (ControlW),
      .Clocks(Clocks)
  ) u_control (
      .clk_i,
      .data_i({in_row_last_i, in_argmax_i, in_col_i}),
      .data_o(control)
  );

  srn_delay #(
      .Width (BestW),
      .Clocks(Clocks - Levels)
  ) u_best (
      .clk_i,
      .data_i({gen_node[1].key, gen_node[1].lane, gen_node[1].nan}),
      .data_o({word_key, word_lane, word_nan})
  );

  assign row_last = control[ControlW-1];
  assign argmax   = control[ControlW-2];
  assign col      = control[15:0];
  assign first    = col == '0;

  // ---------------------------------------------------------------- row
  logic [FpW-1:0] best_key_q, number;
  logic [15:0]    best_col_q;
  logic           nan_q, row_valid_q, better;

  assign better = first || word_key > best_key_q;

  always_ff @(posedge clk_i) begin
    if (valid_q[Clocks-1]) begin
      if (better) begin
        best_key_q <= word_key;
        best_col_q <= col | 16'(word_lane);
      end
      nan_q        <= word_nan || (nan_q && !first);
      out_argmax_q <= argmax;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) row_valid_q <= 1'b0;
    else row_valid_q <= valid_q[Clocks-1] && row_last;
  end

  assign number      = best_key_q[FpW-1] ? {1'b0, best_key_q[FpW-2:0]} : ~best_key_q;
  assign out_valid_o = row_valid_q;
  always_comb begin
    out_data_o = number;
    if (nan_q) out_data_o = CanonicalNan;
    if (out_argmax_q) out_data_o = FpW'(best_col_q);
  end
endmodule
