// A ledger of bursts in the order in which they were asked for, for the harness of the memory port: how many there are, and
// whether the next beat is the last of the oldest.
module formal_bursts #(
    parameter int Depth = 4,
    parameter int BeatsW = 4
) (
    input logic clk_i,
    input logic rst_ni,

    input logic              push_i,
    input logic [BeatsW-1:0] beats_i,
    input logic              beat_i,

    output logic [$clog2(Depth+1)-1:0] count_o,
    output logic                       last_o
);
  localparam int CountW = $clog2(Depth + 1);

  logic [BeatsW-1:0] beats_q[Depth];  // the oldest first
  logic [BeatsW-1:0] done_q;
  logic [CountW-1:0] count_q, kept;
  logic pop;

  assign count_o = count_q;
  assign last_o  = count_q != '0 && done_q + 1'b1 == beats_q[0];
  assign pop     = beat_i && last_o;
  assign kept    = count_q - CountW'(pop);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= '0;
      done_q  <= '0;
    end else begin
      count_q <= kept + CountW'(push_i);
      if (beat_i) done_q <= pop ? '0 : done_q + 1'b1;
    end
    for (int i = 0; i < Depth; i++) begin
      if (push_i && 32'(kept) == i) beats_q[i] <= beats_i;
      else if (pop && i + 1 < Depth) beats_q[i] <= beats_q[i+1];
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(beat_i && count_q == '0))
      else $fatal(1, "a beat of no burst");
      assert (!(push_i && 32'(kept) == Depth))
      else $fatal(1, "more bursts are in flight than promised");
    end
  end
endmodule
