// Scalar registers, and the operands of one instruction: immediate + register, 32 bits, wrapping.
// Combinational from instruction_i to operands_o; a written register is seen from the next cycle on. r0 reads as zero.
// start_i loads r1..r8 with the host's arguments and the others with zero; nothing else resets them.
module srn_operands
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
(
    input logic clk_i,

    // start
    input logic                  start_i,
    input logic [8*OperandW-1:0] arguments_i,  // r1 lowest

    // operand read
    input  logic      [InstructionW-1:0] instruction_i,
    output operands_t                    operands_o,
    input  logic      [             3:0] pending_idx_i,  // a register about to change, 0 for none
    output logic                         pending_o,      // an operand names it

    // register write
    input logic                write_valid_i,
    input logic [         3:0] write_idx_i,
    input logic [OperandW-1:0] write_data_i
);
  localparam int NumArguments = 8;
  localparam int NumRegisters = 16;

  // ---------------------------------------------------------------- registers
  logic [OperandW-1:0] registers_q[NumRegisters];

  always_ff @(posedge clk_i) begin
    if (start_i) registers_q[0] <= '0;
  end

  for (genvar i = 1; i < NumRegisters; i++) begin : gen_register
    logic [OperandW-1:0] initial_value;
    if (i <= NumArguments) begin : gen_argument
      assign initial_value = arguments_i[(i-1)*OperandW+:OperandW];
    end else begin : gen_zero
      assign initial_value = '0;
    end
    always_ff @(posedge clk_i) begin
      if (start_i) registers_q[i] <= initial_value;
      else if (write_valid_i && write_idx_i == 4'(i)) registers_q[i] <= write_data_i;
    end
  end

  // ---------------------------------------------------------------- field places
  // Places of models/isa.py. Where opcodes differ: vector, matmul, store_tile, load and store, the scalar ones.
  logic [7:0] opcode;
  logic is_vector, is_matmul, is_tile, is_scalar;

  assign opcode    = instruction_i[7:0];
  assign is_vector = opcode == OpVector;
  assign is_matmul = opcode == OpMatmul;
  assign is_tile   = opcode == OpStoreTile;
  assign is_scalar = opcode == OpScalar || opcode == OpBranch || opcode == OpSignal || opcode == OpEnd;

  logic [OperandW-1:0] b_imm;
  logic [19:0] dst_imm, s_imm, outer_imm;
  logic [15:0] cols_imm;
  logic [9:0] rows_imm;
  logic [3:0] b_idx, dst_idx, a_idx, s_idx, cols_idx, rows_idx, outer_idx;

  assign b_imm = is_vector ? 32'(instruction_i[131:112]) : instruction_i[63:32];
  assign b_idx = is_vector ? instruction_i[135:132] : is_scalar ? instruction_i[27:24] : instruction_i[67:64];

  assign dst_imm = is_vector ? instruction_i[83:64] : is_matmul ? instruction_i[201:182] :
                   is_scalar ? 20'd0 : instruction_i[111:92];
  assign dst_idx = is_vector ? instruction_i[87:84] : is_matmul ? instruction_i[205:202] :
                   is_scalar ? instruction_i[23:20] : instruction_i[115:112];

  assign a_idx = instruction_i[111:108];

  assign s_imm = is_tile ? instruction_i[147:128] : instruction_i[155:136];
  assign s_idx = is_tile ? instruction_i[151:148] : instruction_i[159:156];

  assign cols_imm = is_vector ? instruction_i[175:160] : is_matmul ? instruction_i[131:116] : instruction_i[147:132];
  assign cols_idx = is_vector ? instruction_i[179:176] : is_matmul ? instruction_i[135:132] : instruction_i[151:148];

  assign rows_imm = is_vector ? 10'(instruction_i[185:180]) : is_matmul ? 10'(instruction_i[177:172]) :
                    is_tile ? instruction_i[161:152] : 10'(instruction_i[157:152]);
  assign rows_idx = is_vector ? instruction_i[189:186] : is_matmul ? instruction_i[181:178] :
                    is_tile ? instruction_i[165:162] : instruction_i[161:158];

  assign outer_imm = is_vector ? 20'(instruction_i[195:190]) : instruction_i[111:92];
  assign outer_idx = is_vector ? instruction_i[199:196] : instruction_i[115:112];

  // Fields that an opcode does not use may look like a use; they are written as zero.
  assign pending_o = pending_idx_i != '0 &&
                     (pending_idx_i == b_idx || pending_idx_i == dst_idx || pending_idx_i == a_idx ||
                      pending_idx_i == s_idx || pending_idx_i == cols_idx || pending_idx_i == rows_idx ||
                      pending_idx_i == outer_idx);

  // ---------------------------------------------------------------- operands
  logic [OperandW-1:0] b, dst, a, s, cols, rows, outer;

  assign b     = b_imm + registers_q[b_idx];
  assign dst   = OperandW'(dst_imm) + registers_q[dst_idx];
  assign a     = OperandW'(instruction_i[107:88]) + registers_q[a_idx];
  assign s     = OperandW'(s_imm) + registers_q[s_idx];
  assign cols  = OperandW'(cols_imm) + registers_q[cols_idx];
  assign rows  = OperandW'(rows_imm) + registers_q[rows_idx];
  assign outer = OperandW'(outer_imm) + registers_q[outer_idx];

  assign operands_o = {b, dst, a, s, cols, rows, outer};

  logic unused;
  assign unused = ^{instruction_i[255:206], instruction_i[31:28], instruction_i[19:8]};
endmodule
