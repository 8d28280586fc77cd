// What a buffer owes: the solver picks a word on its way in, and counts who is ahead of it. It must leave when nobody is, as it came.
// With `held_o`, which the buffer's own fill level is compared with, this is: nothing lost, nothing twice, nothing out of turn.
module formal_order #(
    parameter int Width = 8,
    parameter int Depth = 4   // words held at most
) (
    input logic clk_i,
    input logic rst_ni,
    input logic pick_i, // free

    input logic             push_i,
    input logic [Width-1:0] push_data_i,
    input logic             pop_i,
    input logic [Width-1:0] pop_data_i,

    output logic [$clog2(Depth+1)-1:0] held_o,
    output logic                       following_o,
    output logic [$clog2(Depth+1)-1:0] ahead_o,
    output logic [          Width-1:0] word_o
);
  localparam int CountW = $clog2(Depth + 1);

  logic [CountW-1:0] held_q, ahead_q;
  logic following_q, leaves;
  logic [Width-1:0] word_q;

  assign leaves = following_q && ahead_q == '0 && pop_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      held_q <= '0;
      following_q <= 1'b0;
    end else begin
      held_q <= held_q + CountW'(push_i) - CountW'(pop_i);
      if (leaves) following_q <= 1'b0;
      if (push_i && pick_i && !following_q) begin
        following_q <= 1'b1;
        word_q <= push_data_i;
        ahead_q <= held_q - CountW'(pop_i);
      end else if (pop_i) ahead_q <= ahead_q - 1'b1;
    end
  end

  assign held_o = held_q;
  assign following_o = following_q;
  assign ahead_o = ahead_q;
  assign word_o = word_q;

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(pop_i && held_q == '0))
      else $fatal(1, "a word leaves that never came");
      assert (!(push_i && !pop_i && held_q == CountW'(Depth)))
      else $fatal(1, "a word is taken for which there is no room");
      assert (held_q <= CountW'(Depth))
      else $fatal(1, "more words are held than there is room for");
      assert (!leaves || pop_data_i == word_q)
      else $fatal(1, "a word leaves out of turn or changed");
      assert (!following_q || ahead_q < held_q)
      else $fatal(1, "a word that came is no longer held");

      left: cover (leaves);
      full: cover (held_q == CountW'(Depth));
      emptied: cover (following_q && held_q == CountW'(1) && pop_i);
    end
  end
endmodule
