// The units' commands from a checked instruction: fields in their places (srn_isa_pkg). Combinational wires.
module srn_commands
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
(
    input logic      [InstructionW-1:0] instruction_i,
    input operands_t                    operands_i,
    input logic      [       SlotW-1:0] slot_i,
    input logic      [            19:0] tiles_i,        // of a matmul
    input logic      [            11:0] ksteps_i,

    output stream_cmd_t stream_cmd_o,
    output matrix_cmd_t matrix_cmd_o,
    output dma_cmd_t    dma_cmd_o,
    output vector_cmd_t vector_cmd_o
);
  logic [OperandW-1:0] b, dst, a, s, cols, rows, outer;

  assign b     = operands_i.b;
  assign dst   = operands_i.dst;
  assign a     = operands_i.a;
  assign s     = operands_i.s;
  assign cols  = operands_i.cols;
  assign rows  = operands_i.rows;
  assign outer = operands_i.outer;

  // ---------------------------------------------------------------- matmul
  logic int8;
  logic [23:0] dram_stride;

  assign int8        = instruction_i[8];
  assign dram_stride = instruction_i[91:68];

  assign stream_cmd_o = {slot_i, int8, b, dram_stride, tiles_i, ksteps_i};
  assign matrix_cmd_o = {
    slot_i, int8, outer[19:0], ksteps_i, s[AmemW-1:0], instruction_i[171:160], rows[7:0], dst[VmemW-1:0],
    instruction_i[31:16]
  };

  // ---------------------------------------------------------------- dma
  logic [1:0] dma_kind;
  logic is_tile;
  logic [15:0] local_stride;

  assign is_tile      = instruction_i[7:0] == OpStoreTile;
  assign dma_kind     = is_tile ? DmaStoreTile : instruction_i[7:0] == OpStore ? DmaStore : DmaLoad;
  assign local_stride = is_tile ? 16'(instruction_i[127:116]) : instruction_i[131:116];

  assign dma_cmd_o = {
    slot_i, dma_kind, b, dram_stride, dst[19:0], local_stride, cols[15:0], rows[9:0], s[19:0], instruction_i[171:166]
  };

  // ---------------------------------------------------------------- vector
  // The fields from x to s_step are the instruction's bits, lowest first; a limit beyond every column saturates.
  logic mask;
  logic [19:0] s_or_limit;

  assign mask       = instruction_i[26];
  assign s_or_limit = (mask && s[31:20] != '0) ? '1 : s[19:0];

  assign vector_cmd_o = {
    slot_i,
    instruction_i[10:8],   // x
    instruction_i[13:11],  // y
    instruction_i[15:14],  // y_op
    instruction_i[17:16],  // f
    instruction_i[19],     // z
    instruction_i[22:20],  // out
    instruction_i[24:23],  // reduce
    instruction_i[25],     // a_imm
    mask,
    instruction_i[27],     // b_rows
    instruction_i[29:28],  // s_step
    instruction_i[63:32],  // imm
    dst[19:0],
    a[19:0],
    b[19:0],
    s_or_limit,
    cols[15:0],
    rows[7:0],
    outer[7:0],
    instruction_i[210:200],  // a_row
    instruction_i[221:211],  // a_outer
    instruction_i[232:222],  // dst_row
    instruction_i[243:233],  // dst_outer
    instruction_i[254:244]   // b_outer
  };

  logic unused;
  assign unused = ^{instruction_i, a, cols, rows, outer, dst};
endmodule
