// srn_fifo: words leave complete, once and in order, and its fill level is the number of those inside.
module formal_fifo #(
    parameter int Width = 8,
    parameter int Depth = 4
) (
    input logic clk_i,
    input logic rst_ni,
    input logic pick_i,

    input logic             in_valid_i,
    input logic [Width-1:0] in_data_i,
    input logic             out_ready_i
);
  localparam int CountW = $clog2(Depth + 1);

  logic in_ready, out_valid, following;
  logic [Width-1:0] out_data, word;
  logic [CountW-1:0] count, held, ahead;

  srn_fifo #(
      .Width(Width),
      .Depth(Depth)
  ) u_fifo (
      .clk_i,
      .rst_ni,
      .in_valid_i,
      .in_ready_o (in_ready),
      .in_data_i,
      .out_valid_o(out_valid),
      .out_ready_i,
      .out_data_o (out_data),
      .count_o    (count)
  );

  formal_reset u_reset (
      .clk_i,
      .rst_ni
  );

  formal_order #(
      .Width(Width),
      .Depth(Depth)
  ) u_order (
      .clk_i,
      .rst_ni,
      .pick_i,
      .push_i     (in_valid_i && in_ready),
      .push_data_i(in_data_i),
      .pop_i      (out_valid && out_ready_i),
      .pop_data_i (out_data),
      .held_o     (held),
      .following_o(following),
      .ahead_o    (ahead),
      .word_o     (word)
  );

  // Where the followed word lies, and what the two pointers have to do with each other: for the induction.
  logic [31:0] place, end_place;
  assign place = 32'(u_fifo.read_idx_q) + 32'(ahead);
  assign end_place = 32'(u_fifo.read_idx_q) + 32'(count);

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (count == held && out_valid == (held != '0) && in_ready == (held != CountW'(Depth)))
      else $fatal(1, "valid, ready or count does not tell the words held");
      assert (u_fifo.read_idx_q < Depth && 32'(u_fifo.write_idx_q) == end_place % Depth)
      else $fatal(1, "helper: the pointers are not as far apart as the words held");
      assert (!following || u_fifo.words_q[place%Depth] == word)
      else $fatal(1, "helper: the followed word is not in its place");
    end
  end
endmodule
