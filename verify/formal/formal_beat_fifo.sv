// srn_beat_fifo, whose writer counts the room: beats leave complete, once and in order, and an offered one stays.
module formal_beat_fifo #(
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

  logic out_valid, following;
  logic [Width-1:0] out_data, word;
  logic [CountW-1:0] held, ahead;

  srn_beat_fifo #(
      .Width(Width),
      .Depth(Depth)
  ) u_fifo (
      .clk_i,
      .rst_ni,
      .in_valid_i,
      .in_data_i,
      .out_valid_o(out_valid),
      .out_ready_i,
      .out_data_o (out_data)
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
      .push_i     (in_valid_i),
      .push_data_i(in_data_i),
      .pop_i      (out_valid && out_ready_i),
      .pop_data_i (out_data),
      .held_o     (held),
      .following_o(following),
      .ahead_o    (ahead),
      .word_o     (word)
  );

  logic waited_q;
  logic [Width-1:0] waited_data_q;
  logic [31:0] place, end_place;

  always_ff @(posedge clk_i) begin
    waited_q <= rst_ni && out_valid && !out_ready_i;
    waited_data_q <= out_data;
  end

  // The head has left the RAM, and with it the one that is ahead of all.
  assign place = 32'(u_fifo.read_idx_q) + 32'(ahead) - 32'd1;
  assign end_place = 32'(u_fifo.read_idx_q) + 32'(u_fifo.stored_q);

  always @(posedge clk_i) begin
    // The credit that a writer keeps.
    if (rst_ni && held == CountW'(Depth)) assume (!in_valid_i);

    if (rst_ni) begin
      assert (out_valid == (held != '0))
      else $fatal(1, "valid does not tell whether a beat is held");
      assert (!waited_q || (out_valid && out_data == waited_data_q))
      else $fatal(1, "an offered beat was withdrawn or changed");
      assert (held == CountW'(u_fifo.stored_q) + CountW'(out_valid) && 32'(u_fifo.stored_q) < Depth)
      else $fatal(1, "helper: stored beats and the head are not all");
      assert (32'(u_fifo.read_idx_q) < Depth && 32'(u_fifo.write_idx_q) == end_place % Depth)
      else $fatal(1, "helper: the pointers are not as far apart as the beats stored");
      assert (!following || (ahead == '0 ? out_data : u_fifo.u_ram.gen_strobe[0].words_q[place%Depth]) == word)
      else $fatal(1, "helper: the followed beat is not in its place");
    end
  end
endmodule
