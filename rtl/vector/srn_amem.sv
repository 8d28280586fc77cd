// Activation memory: a word is an MX block, {scale, 32 elements}. A write and a read a clock; data come in the clock
// after the accepting one. A block written in a clock is read from that clock on, as in srn_vmem.
//   write   the vector unit, always accepted
//   read    dma, always accepted, then matrix; matrix_ready_o depends on dma_valid_i within the clock
module srn_amem
  import srn_pkg::*;
#(
    parameter int AmemBlocks = 4096
) (
    input logic clk_i,

    // vector unit
    input logic                          write_valid_i,
    input logic [$clog2(AmemBlocks)-1:0] write_addr_i,
    input logic [     ScaleW+BlockW-1:0] write_data_i,

    // dma
    input  logic                          dma_valid_i,
    output logic                          dma_ready_o,
    input  logic [$clog2(AmemBlocks)-1:0] dma_addr_i,
    output logic [     ScaleW+BlockW-1:0] dma_data_o,

    // matrix unit
    input  logic                          matrix_valid_i,
    output logic                          matrix_ready_o,
    input  logic [$clog2(AmemBlocks)-1:0] matrix_addr_i,
    output logic [     ScaleW+BlockW-1:0] matrix_data_o
);
  logic [ScaleW+BlockW-1:0] data;

  assign dma_ready_o    = 1'b1;
  assign matrix_ready_o = !dma_valid_i;

  srn_forward_ram #(
      .Width  (ScaleW + BlockW),
      .Depth  (AmemBlocks),
      .StrobeW(ScaleW + BlockW)
  ) u_blocks (
      .clk_i,
      .write_valid_i,
      .write_addr_i,
      .write_strobe_i(1'b1),
      .write_data_i,
      .read_valid_i  (dma_valid_i || matrix_valid_i),
      .read_addr_i   (dma_valid_i ? dma_addr_i : matrix_addr_i),
      .read_data_o   (data)
  );

  assign dma_data_o    = data;
  assign matrix_data_o = data;
endmodule
