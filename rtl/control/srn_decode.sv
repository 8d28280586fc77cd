// From an instruction and its operands to commands, ranges and the cause of a halt (docs/isa.md; models/simulator.py).
// Two stages, moved by enable_i: what was at the inputs is at the outputs two enabled clocks later; one instruction a clock.
// Of the commands only that of the instruction's kind means anything. A matmul has two: stream and matrix.
module srn_decode
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
#(
    parameter int PortBytes  = 16,
    parameter int Rows       = 8,
    parameter int Passes     = 2,
    parameter int VmemWords  = 16384,
    parameter int AmemBlocks = 4096
) (
    input logic clk_i,
    input logic enable_i,

    input logic      [InstructionW-1:0] instruction_i,
    input operands_t                    operands_i,

    // two enabled clocks later
    input  logic        [   SlotW-1:0] slot_i,     // put into the commands as it is
    output logic        [         2:0] kind_o,     // kind_e
    output logic        [         3:0] cause_o,
    output logic        [OperandW-1:0] address_o,  // of the fault
    output ranges_t                    ranges_o,
    output stream_cmd_t                stream_cmd_o,
    output matrix_cmd_t                matrix_cmd_o,
    output dma_cmd_t                   dma_cmd_o,
    output vector_cmd_t                vector_cmd_o
);
  // ---------------------------------------------------------------- first stage
  logic [3:0] x_cause;
  logic [OperandW-1:0] x_address;

  srn_check #(
      .PortBytes(PortBytes),
      .Rows     (Rows),
      .Passes   (Passes)
  ) u_check (
      .instruction_i(instruction_i),
      .operands_i   (operands_i),
      .cause_o      (x_cause),
      .address_o    (x_address)
  );

  logic [InstructionW-1:0] y_instruction_q;
  operands_t y_operands_q;
  logic [3:0] y_cause_q;
  logic [OperandW-1:0] y_address_q;

  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      y_instruction_q <= instruction_i;
      y_operands_q    <= operands_i;
      y_cause_q       <= x_cause;
      y_address_q     <= x_address;
    end
  end

  // ---------------------------------------------------------------- second stage
  ranges_t y_ranges;
  logic y_address_bad, y_in_place_a, y_in_place_b;
  logic [OperandW-1:0] y_bad_address;
  logic [19:0] y_tiles;
  logic [11:0] y_ksteps;

  srn_ranges #(
      .PortBytes (PortBytes),
      .VmemWords (VmemWords),
      .AmemBlocks(AmemBlocks)
  ) u_ranges (
      .clk_i          (clk_i),
      .enable_i       (enable_i),
      .x_instruction_i(instruction_i),
      .x_operands_i   (operands_i),
      .y_instruction_i(y_instruction_q),
      .y_operands_i   (y_operands_q),
      .ranges_o       (y_ranges),
      .address_bad_o  (y_address_bad),
      .address_o      (y_bad_address),
      .in_place_a_o   (y_in_place_a),
      .in_place_b_o   (y_in_place_b),
      .tiles_o        (y_tiles),
      .ksteps_o       (y_ksteps)
  );

  logic [2:0] y_kind;
  logic [7:0] y_opcode;

  assign y_opcode = y_instruction_q[7:0];

  always_comb begin
    case (y_opcode)
      OpScalar, OpBranch: y_kind = KindScalar;
      OpRead: y_kind = KindRead;
      OpSignal: y_kind = KindSignal;
      OpEnd: y_kind = KindEnd;
      OpLoad, OpStore, OpStoreTile: y_kind = KindDma;
      OpMatmul: y_kind = KindMatmul;
      OpVector: y_kind = KindVector;
      default: y_kind = KindNone;
    endcase
  end

  logic [InstructionW-1:0] z_instruction_q;
  operands_t z_operands_q;
  logic [3:0] z_cause_q;
  logic [OperandW-1:0] z_address_q;
  ranges_t z_ranges_q;
  logic z_in_place_a_q, z_in_place_b_q;
  logic [19:0] z_tiles_q;
  logic [11:0] z_ksteps_q;
  logic [2:0] z_kind_q;

  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      z_instruction_q <= y_instruction_q;
      z_operands_q    <= y_operands_q;
      z_kind_q        <= y_kind;
      z_cause_q       <= y_cause_q != CauseNone ? y_cause_q : y_address_bad ? CauseAddress : CauseNone;
      z_address_q     <= y_cause_q != CauseNone ? y_address_q : y_bad_address;
      z_ranges_q      <= y_ranges;
      z_in_place_a_q  <= y_in_place_a;
      z_in_place_b_q  <= y_in_place_b;
      z_tiles_q       <= y_tiles;
      z_ksteps_q      <= y_ksteps;
    end
  end

  // ---------------------------------------------------------------- outputs
  logic overlap;
  logic [VmemW-1:0] overlap_address;

  srn_overlap u_overlap (
      .ranges_i    (z_ranges_q),
      .in_place_a_i(z_in_place_a_q),
      .in_place_b_i(z_in_place_b_q),
      .overlap_o   (overlap),
      .address_o   (overlap_address)
  );

  assign kind_o    = z_kind_q;
  assign ranges_o  = z_ranges_q;
  assign cause_o   = z_cause_q != CauseNone ? z_cause_q : overlap ? CauseOverlap : CauseNone;
  assign address_o = z_cause_q != CauseNone ? z_address_q : OperandW'(overlap_address);

  srn_commands u_commands (
      .instruction_i(z_instruction_q),
      .operands_i   (z_operands_q),
      .slot_i       (slot_i),
      .tiles_i      (z_tiles_q),
      .ksteps_i     (z_ksteps_q),
      .stream_cmd_o (stream_cmd_o),
      .matrix_cmd_o (matrix_cmd_o),
      .dma_cmd_o    (dma_cmd_o),
      .vector_cmd_o (vector_cmd_o)
  );
endmodule
