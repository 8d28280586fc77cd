// Gathers beats to instructions of 32 bytes and writes them to the instruction memory from address 0 on.
// Takes every beat; an instruction is written in the cycle of its last beat. done_valid_o is raised in the cycle after the last instruction.
module srn_dma_program
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 16  // bytes of a beat, up to 32
) (
    input logic clk_i,
    input logic rst_ni,

    // commands
    input  logic             start_valid_i,
    output logic             start_ready_o,
    input  logic [SlotW-1:0] start_slot_i,
    input  logic [     15:0] start_count_i,  // instructions
    output logic             active_o,

    // beats
    input logic                   beat_valid_i,
    input logic [PortBytes*8-1:0] beat_data_i,

    // instruction memory
    output logic                    imem_write_o,
    output logic [            15:0] imem_addr_o,
    output logic [InstructionW-1:0] imem_data_o,

    // completion
    output logic             done_valid_o,
    input  logic             done_ready_i,
    output logic [SlotW-1:0] done_slot_o
);
  localparam int Parts = InstructionW / (PortBytes * 8);
  localparam int PartW = $clog2(Parts + 1);

  initial if (Parts < 1) $fatal(1, "%m: a beat must not be wider than an instruction");

  logic active_q, done_q, ends;
  logic [SlotW-1:0] slot_q;
  logic [15:0] addr_q, last_q;
  logic [PartW-1:0] part_q;

  // ---------------------------------------------------------------------------------------------- instructions
  assign imem_write_o = active_q && beat_valid_i && part_q == PartW'(Parts - 1);
  assign imem_addr_o  = addr_q;

  if (Parts == 1) begin : gen_whole
    assign imem_data_o = beat_data_i;
  end else begin : gen_parts
    localparam int HeldW = InstructionW - PortBytes * 8;
    logic [HeldW-1:0] held_q;  // newest part highest

    always_ff @(posedge clk_i) begin
      if (beat_valid_i) held_q <= imem_data_o[InstructionW-1-:HeldW];
    end

    assign imem_data_o = {beat_data_i, held_q};
  end

  // ---------------------------------------------------------------------------------------------- control
  assign ends = imem_write_o && addr_q == last_q;
  assign start_ready_o = !active_q && !done_q;
  assign active_o = active_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      done_q   <= 1'b0;
    end else begin
      if (start_ready_o) active_q <= start_valid_i;
      else if (ends) active_q <= 1'b0;
      if (ends) done_q <= 1'b1;
      else if (done_ready_i) done_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_ready_o) begin
      slot_q <= start_slot_i;
      addr_q <= '0;
      last_q <= start_count_i - 16'd1;
      part_q <= '0;
    end else if (active_q && beat_valid_i) begin
      part_q <= imem_write_o ? '0 : part_q + 1'b1;
      addr_q <= addr_q + 16'(imem_write_o);
    end
  end

  assign done_valid_o = done_q;
  assign done_slot_o  = slot_q;
endmodule
