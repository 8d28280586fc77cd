// Every run begins in reset; afterwards reset may come again at any time.
module formal_reset (
    input logic clk_i,
    input logic rst_ni
);
  logic started_q = 1'b0;

  always_ff @(posedge clk_i) started_q <= 1'b1;

  always @(posedge clk_i) if (!started_q) assume (!rst_ni);
endmodule
