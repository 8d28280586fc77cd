// srn_stream_reg: words leave complete, once and in order; it is ready exactly while it holds fewer than two.
module formal_stream_reg #(
    parameter int Width = 8
) (
    input logic clk_i,
    input logic rst_ni,
    input logic pick_i,

    input logic             in_valid_i,
    input logic [Width-1:0] in_data_i,
    input logic             out_ready_i
);
  logic in_ready, out_valid, following;
  logic [Width-1:0] out_data, word;
  logic [1:0] held, ahead;

  srn_stream_reg #(
      .Width(Width)
  ) u_reg (
      .clk_i,
      .rst_ni,
      .in_valid_i,
      .in_ready_o (in_ready),
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
      .Depth(2)
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

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (out_valid == (held != '0) && in_ready == (held != 2'd2))
      else $fatal(1, "valid or ready does not tell the words held");
      assert (!following || (ahead == '0 ? out_data : u_reg.spare_data_q) == word)
      else $fatal(1, "helper: the followed word is not in its place");
    end
  end
endmodule
