// srn_mx_dot against the exact integer: the sum of the products, whatever they are, fits the sum's width and is right.
module formal_mx_dot
  import srn_pkg::*;
  import srn_matrix_pkg::*;
#(
    parameter int Lanes = 16,
    parameter int Blocks = 2,
    localparam int ChunkW = $clog2(Blocks * BlockSize / Lanes)
) (
    input logic                          clk_i,
    input logic                          enable_i,
    input logic [           Lanes*5-1:0] weights_i,
    input logic [Blocks*BlockSize*8-1:0] activations_i,
    input logic [            ChunkW-1:0] chunk_i
);
  localparam int ExactW = 32;

  logic [PartW-1:0] sum;
  logic [Lanes*LaneW-1:0] weights;
  logic [Blocks*BlockSize*LaneW-1:0] blocks;

  for (genvar i = 0; i < Lanes; i++) begin : gen_weights
    assign weights[i*LaneW+:LaneW] = LaneW'($signed(weights_i[i*5+:5]));
    always @(posedge clk_i) assume (weights_i[i*5+:5] != 5'b10000);  // srn_mx_decode makes no -16
  end
  for (genvar i = 0; i < Blocks * BlockSize; i++) begin : gen_blocks
    assign blocks[i*LaneW+:LaneW] = LaneW'($signed(activations_i[i*8+:8]));
  end

  srn_mx_dot #(
      .Lanes (Lanes),
      .Blocks(Blocks)
  ) u_dot (
      .clk_i,
      .enable_i,
      .weights_i(weights),
      .blocks_i (blocks),
      .chunk_i,
      .sum_o(sum)
  );

  // Lane i of chunk c meets element c * Lanes + i.
  logic signed [ExactW-1:0] exact, exact_q;
  logic [Lanes*8-1:0] chunk;
  logic taken_q = 1'b0;
  assign chunk = activations_i[32'(chunk_i)*Lanes*8+:Lanes*8];

  always_comb begin
    exact = '0;
    for (int i = 0; i < Lanes; i++)
      exact = exact + ExactW'($signed(weights_i[i*5+:5])) * ExactW'($signed(chunk[i*8+:8]));
  end

  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      taken_q <= 1'b1;
      exact_q <= exact;
    end
  end

  always @(posedge clk_i) begin
    assert (!taken_q || ExactW'($signed(sum)) == exact_q)
    else $fatal(1, "the sum is not the exact one");
    negative: cover (taken_q && exact_q < -15 * 128);
  end
endmodule
