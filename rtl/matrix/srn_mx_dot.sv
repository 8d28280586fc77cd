// Sum of products of Lanes lanes: a weight of 5 bits times an activation of 8, both sign-extended to a lane.
// The activations are one chunk of a row's blocks. Latency 1, one sum a clock where enable_i, else the last stays.
// Model: models/mx.py, block_dot.
module srn_mx_dot
  import srn_pkg::*;
  import srn_matrix_pkg::*;
#(
    parameter int Lanes = 16,
    parameter int Blocks = 2,
    localparam int ChunkW = $clog2(Blocks * BlockSize / Lanes)
) (
    input logic clk_i,
    input logic enable_i,

    // lanes
    input logic [           Lanes*LaneW-1:0] weights_i,
    input logic [Blocks*BlockSize*LaneW-1:0] blocks_i,
    input logic [                ChunkW-1:0] chunk_i,

    // sum, a clock later
    output logic [PartW-1:0] sum_o
);

  function automatic logic [PartW-1:0] sum();
    logic [LaneW-1:0] total;
    total = '0;
    for (int i = 0; i < Lanes; i++) begin
      total = total + weights_i[i*LaneW+:LaneW] * blocks_i[(32'(chunk_i)*Lanes+i)*LaneW+:LaneW];
    end
    return PartW'(total);
  endfunction

  always_ff @(posedge clk_i) if (enable_i) sum_o <= sum();

endmodule
