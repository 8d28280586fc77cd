// Vector memory: words of Lanes binary32 elements, two reads and a write a clock. Two copies, one a read port.
// Addresses are of words. Data come in the clock after the accepting one. A word written in a clock is read from that
// clock on: a completion comes with the last write, and the window lets the next reader start in the same clock.
//   reads   port A and port B belong to the vector unit, always accepted; the share reader has port B's other clocks
//   write   the vector unit, always accepted, then matrix, then dma; a strobe a lane
// yield_o asks the vector unit for room: in the clock before, somebody waited.
// share_ready_o depends on b_valid_i within the clock, matrix_ready_o and dma_ready_o on the writers before them.
module srn_vmem
  import srn_pkg::*;
#(
    parameter int PortBytes = 16,  // a word is two beats
    parameter int VmemWords = 16384
) (
    input logic clk_i,
    input logic rst_ni,

    // vector unit, reads
    input  logic                         a_valid_i,
    input  logic [$clog2(VmemWords)-1:0] a_addr_i,
    output logic [     PortBytes*16-1:0] a_data_o,
    input  logic                         b_valid_i,
    input  logic [$clog2(VmemWords)-1:0] b_addr_i,
    output logic [     PortBytes*16-1:0] b_data_o,

    // shared reader
    input  logic                         share_valid_i,
    output logic                         share_ready_o,
    input  logic [$clog2(VmemWords)-1:0] share_addr_i,
    output logic [     PortBytes*16-1:0] share_data_o,

    // vector unit, writes
    input logic                         vector_write_i,
    input logic [$clog2(VmemWords)-1:0] vector_addr_i,
    input logic [     PortBytes*16-1:0] vector_data_i,
    input logic [      PortBytes/2-1:0] vector_strobe_i,

    // matrix unit
    input  logic                         matrix_valid_i,
    output logic                         matrix_ready_o,
    input  logic [$clog2(VmemWords)-1:0] matrix_addr_i,
    input  logic [     PortBytes*16-1:0] matrix_data_i,
    input  logic [      PortBytes/2-1:0] matrix_strobe_i,

    // dma
    input  logic                         dma_valid_i,
    output logic                         dma_ready_o,
    input  logic [$clog2(VmemWords)-1:0] dma_addr_i,
    input  logic [     PortBytes*16-1:0] dma_data_i,
    input  logic [      PortBytes/2-1:0] dma_strobe_i,

    output logic yield_o
);
  localparam int Lanes = PortBytes / 2;
  localparam int WordW = Lanes * FpW;
  localparam int AddrW = $clog2(VmemWords);

  // ---------------------------------------------------------------- write
  logic             write_valid;
  logic [AddrW-1:0] write_addr;
  logic [WordW-1:0] write_data;
  logic [Lanes-1:0] write_strobe;

  assign matrix_ready_o = !vector_write_i;
  assign dma_ready_o    = !vector_write_i && !matrix_valid_i;
  assign write_valid    = vector_write_i || matrix_valid_i || dma_valid_i;

  always_comb begin
    write_addr   = dma_addr_i;
    write_data   = dma_data_i;
    write_strobe = dma_strobe_i;
    if (vector_write_i) begin
      write_addr   = vector_addr_i;
      write_data   = vector_data_i;
      write_strobe = vector_strobe_i;
    end else if (matrix_valid_i) begin
      write_addr   = matrix_addr_i;
      write_data   = matrix_data_i;
      write_strobe = matrix_strobe_i;
    end
  end

  // ---------------------------------------------------------------- reads
  logic             b_valid;
  logic [AddrW-1:0] b_addr;

  assign share_ready_o = !b_valid_i;
  assign b_valid       = b_valid_i || share_valid_i;
  assign b_addr        = b_valid_i ? b_addr_i : share_addr_i;

  srn_forward_ram #(
      .Width  (WordW),
      .Depth  (VmemWords),
      .StrobeW(FpW)
  ) u_a (
      .clk_i,
      .write_valid_i (write_valid),
      .write_addr_i  (write_addr),
      .write_strobe_i(write_strobe),
      .write_data_i  (write_data),
      .read_valid_i  (a_valid_i),
      .read_addr_i   (a_addr_i),
      .read_data_o   (a_data_o)
  );

  srn_forward_ram #(
      .Width  (WordW),
      .Depth  (VmemWords),
      .StrobeW(FpW)
  ) u_b (
      .clk_i,
      .write_valid_i (write_valid),
      .write_addr_i  (write_addr),
      .write_strobe_i(write_strobe),
      .write_data_i  (write_data),
      .read_valid_i  (b_valid),
      .read_addr_i   (b_addr),
      .read_data_o   (b_data_o)
  );
  assign share_data_o = b_data_o;

  // ---------------------------------------------------------------- yield
  logic waited_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) waited_q <= 1'b0;
    else waited_q <= (share_valid_i && !share_ready_o) || (matrix_valid_i && !matrix_ready_o) || (dma_valid_i && !dma_ready_o);
  end
  assign yield_o = waited_q;
endmodule
