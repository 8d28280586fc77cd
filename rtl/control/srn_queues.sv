// The units' command queues, Depth commands each. A matmul goes into two at once, to the stream and the matrix unit.
// A command pushed is offered in the next cycle if its queue was empty. A push needs the ready of its kind.
module srn_queues
  import srn_isa_pkg::*;
#(
    parameter int Depth = 8
) (
    input logic clk_i,
    input logic rst_ni,

    // commands in
    input  logic        matmul_push_i,
    output logic        matmul_ready_o,
    input  stream_cmd_t stream_cmd_i,
    input  matrix_cmd_t matrix_cmd_i,
    input  logic        vector_push_i,
    output logic        vector_ready_o,
    input  vector_cmd_t vector_cmd_i,
    input  logic        dma_push_i,
    output logic        dma_ready_o,
    input  dma_cmd_t    dma_cmd_i,

    // commands out
    output logic        stream_cmd_valid_o,
    input  logic        stream_cmd_ready_i,
    output stream_cmd_t stream_cmd_o,
    output logic        matrix_cmd_valid_o,
    input  logic        matrix_cmd_ready_i,
    output matrix_cmd_t matrix_cmd_o,
    output logic        vector_cmd_valid_o,
    input  logic        vector_cmd_ready_i,
    output vector_cmd_t vector_cmd_o,
    output logic        dma_cmd_valid_o,
    input  logic        dma_cmd_ready_i,
    output dma_cmd_t    dma_cmd_o
);
  localparam int CountW = $clog2(Depth + 1);

  logic stream_ready, matrix_ready;
  logic [4*CountW-1:0] counts;

  assign matmul_ready_o = stream_ready && matrix_ready;

  srn_fifo #(
      .Width($bits(stream_cmd_t)),
      .Depth(Depth)
  ) u_stream (
      .clk_i      (clk_i),
      .rst_ni     (rst_ni),
      .in_valid_i (matmul_push_i),
      .in_ready_o (stream_ready),
      .in_data_i  (stream_cmd_i),
      .out_valid_o(stream_cmd_valid_o),
      .out_ready_i(stream_cmd_ready_i),
      .out_data_o (stream_cmd_o),
      .count_o    (counts[0+:CountW])
  );

  srn_fifo #(
      .Width($bits(matrix_cmd_t)),
      .Depth(Depth)
  ) u_matrix (
      .clk_i      (clk_i),
      .rst_ni     (rst_ni),
      .in_valid_i (matmul_push_i),
      .in_ready_o (matrix_ready),
      .in_data_i  (matrix_cmd_i),
      .out_valid_o(matrix_cmd_valid_o),
      .out_ready_i(matrix_cmd_ready_i),
      .out_data_o (matrix_cmd_o),
      .count_o    (counts[CountW+:CountW])
  );

  srn_fifo #(
      .Width($bits(vector_cmd_t)),
      .Depth(Depth)
  ) u_vector (
      .clk_i      (clk_i),
      .rst_ni     (rst_ni),
      .in_valid_i (vector_push_i),
      .in_ready_o (vector_ready_o),
      .in_data_i  (vector_cmd_i),
      .out_valid_o(vector_cmd_valid_o),
      .out_ready_i(vector_cmd_ready_i),
      .out_data_o (vector_cmd_o),
      .count_o    (counts[2*CountW+:CountW])
  );

  srn_fifo #(
      .Width($bits(dma_cmd_t)),
      .Depth(Depth)
  ) u_dma (
      .clk_i      (clk_i),
      .rst_ni     (rst_ni),
      .in_valid_i (dma_push_i),
      .in_ready_o (dma_ready_o),
      .in_data_i  (dma_cmd_i),
      .out_valid_o(dma_cmd_valid_o),
      .out_ready_i(dma_cmd_ready_i),
      .out_data_o (dma_cmd_o),
      .count_o    (counts[3*CountW+:CountW])
  );

  // ---------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(matmul_push_i && !matmul_ready_o) && !(vector_push_i && !vector_ready_o) && !(dma_push_i && !dma_ready_o))
      else $fatal(1, "%m: a command is pushed into a full queue");
    end
  end

  logic unused;
  assign unused = ^counts;
endmodule
