// Dies where a simulator with four states has an X: on when_i after reset, and on value_i while when_i is high.
// For the outputs of a block that a bench wraps; those of a top itself are looked at by tb/bench.py.
module known #(
    parameter int Width = 1
) (
    input logic clk_i,
    input logic rst_ni,
    input logic when_i,
    input logic [Width-1:0] value_i
);
  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert ((^when_i) !== 1'bx) else $fatal(1, "%m: X on what says when");
      assert (!when_i || (^value_i) !== 1'bx) else $fatal(1, "%m: X after reset");
    end
  end
endmodule
