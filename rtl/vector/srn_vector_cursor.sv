// The address of the present word in a nest of three loops: word, row, outer. Strides are added, never multiplied.
// A new address is there in the clock after load_i or a step; row_i and outer_i (at most one) replace the step of a word.
module srn_vector_cursor #(
    parameter int Width = 20  // bits of an address
) (
    input logic clk_i,

    // first address
    input logic             load_i,
    input logic [Width-1:0] start_i,

    // steps
    input logic             step_i,
    input logic             row_i,
    input logic             outer_i,
    input logic [Width-1:0] row_stride_i,
    input logic [Width-1:0] outer_stride_i,

    output logic [Width-1:0] addr_o
);
  logic [Width-1:0] addr_q, row_q, outer_q;  // this word, the first of this row, the first of this outer
  logic [Width-1:0] next_row, next_outer;

  assign next_row   = row_q + row_stride_i;
  assign next_outer = outer_q + outer_stride_i;

  always_ff @(posedge clk_i) begin
    if (load_i) begin
      addr_q  <= start_i;
      row_q   <= start_i;
      outer_q <= start_i;
    end else if (outer_i) begin
      addr_q  <= next_outer;
      row_q   <= next_outer;
      outer_q <= next_outer;
    end else if (row_i) begin
      addr_q <= next_row;
      row_q  <= next_row;
    end else if (step_i) begin
      addr_q <= addr_q + 1'b1;
    end
  end

  assign addr_o = addr_q;
endmodule
