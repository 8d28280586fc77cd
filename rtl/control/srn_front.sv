// Front of the sequencer: fetch, operands, scalar instructions and branches. Each instruction that reaches z, the dispatch
// stage, brings its program counter, the register it writes and, if it is scalar, its value.
// Stages: fetch | operands | x: scalar result, branch | y | z. All move with advance_i, one instruction a cycle; operands
// wait a cycle for a register that the `scalar` in x writes, and until a `read` is done; a taken branch costs two cycles.
// srn_decode takes the instruction in x and moves with it. Without go_i all stages empty themselves, z but for hold_i.
module srn_front
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
#(
    parameter int ImemWords = 512
) (
    input logic clk_i,
    input logic rst_ni,

    // program load
    input logic                    imem_write_i,
    input logic [            15:0] imem_addr_i,
    input logic [InstructionW-1:0] imem_data_i,

    // control
    input logic                  begin_i,      // registers take the arguments
    input logic [8*OperandW-1:0] arguments_i,
    input logic [       PcW-1:0] length_i,
    input logic                  run_i,
    input logic                  go_i,
    input logic                  advance_i,
    input logic                  hold_i,
    input logic                  ends_i,       // the instruction in z is the last

    // result of a `read` in z
    input logic                z_read_i,
    input logic                read_fire_i,
    input logic [OperandW-1:0] read_value_i,

    // to decode
    output logic      [InstructionW-1:0] x_instruction_o,
    output operands_t                    x_operands_o,

    // to dispatch
    output logic                z_valid_o,
    output logic                z_past_end_o,  // there is no instruction at z_pc_o
    output logic [     PcW-1:0] z_pc_o,
    output logic [         3:0] z_rd_o,        // register that a scalar has written or a `read` will, else 0
    output logic [OperandW-1:0] z_value_o
);
  // ---------------------------------------------------------------- fetch
  logic i_valid, i_take, i_past_end, x_branch;
  logic [PcW-1:0] i_pc, x_target;
  logic [InstructionW-1:0] i_instruction;

  srn_fetch #(
      .ImemWords(ImemWords)
  ) u_fetch (
      .clk_i            (clk_i),
      .rst_ni           (rst_ni),
      .imem_write_i     (imem_write_i),
      .imem_addr_i      (imem_addr_i),
      .imem_data_i      (imem_data_i),
      .run_i            (run_i),
      .length_i         (length_i),
      .branch_i         (x_branch),
      .target_i         (x_target),
      .out_valid_o      (i_valid),
      .out_ready_i      (i_take),
      .out_pc_o         (i_pc),
      .out_past_end_o   (i_past_end),
      .out_instruction_o(i_instruction)
  );

  // ---------------------------------------------------------------- operands
  operands_t i_operands, x_operands_q;
  logic i_waits, x_scalar, x_read, y_read_q;
  logic x_valid_q, y_valid_q, z_valid_q, x_past_end_q, y_past_end_q, z_past_end_q;
  logic [PcW-1:0] x_pc_q, y_pc_q, z_pc_q;
  logic [InstructionW-1:0] x_instruction_q;
  logic write_valid;
  logic [3:0] write_idx, x_rd, x_scalar_rd, y_rd_q, z_rd_q;
  logic [OperandW-1:0] write_data, x_result;

  srn_operands u_operands (
      .clk_i        (clk_i),
      .start_i      (begin_i),
      .arguments_i  (arguments_i),
      .instruction_i(i_instruction),
      .operands_o   (i_operands),
      .pending_idx_i(x_scalar_rd),
      .pending_o    (i_waits),
      .write_valid_i(write_valid),
      .write_idx_i  (write_idx),
      .write_data_i (write_data)
  );

  // One write port: a `read` writes when nothing is behind it.
  assign x_rd        = x_instruction_q[19:16];
  assign x_scalar_rd = x_scalar ? x_rd : '0;
  assign write_valid = read_fire_i || (advance_i && x_scalar);
  assign write_idx   = read_fire_i ? z_rd_q : x_rd;
  assign write_data  = read_fire_i ? read_value_i : x_result;

  // Past the end the memory may hold anything.
  assign i_take = go_i && advance_i && i_valid && !x_branch && !(i_waits && !i_past_end) && !x_read &&
                  !(y_valid_q && y_read_q) && !(z_valid_q && z_read_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      x_valid_q <= 1'b0;
      y_valid_q <= 1'b0;
      z_valid_q <= 1'b0;
    end else if (!go_i) begin
      x_valid_q <= 1'b0;
      y_valid_q <= 1'b0;
      z_valid_q <= hold_i;
    end else if (advance_i) begin
      x_valid_q <= i_take;
      y_valid_q <= x_valid_q;
      z_valid_q <= y_valid_q && !ends_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (advance_i) begin
      x_pc_q          <= i_pc;
      x_past_end_q    <= i_past_end;
      x_instruction_q <= i_instruction;
      x_operands_q    <= i_operands;
    end
  end

  assign x_instruction_o = x_instruction_q;
  assign x_operands_o    = x_operands_q;

  // ---------------------------------------------------------------- scalar
  logic x_live, x_is_branch, x_taken;
  logic [PcW-1:0] x_next;
  logic [OperandW-1:0] x_ra, x_value;

  assign x_live      = x_valid_q && !x_past_end_q;
  assign x_scalar    = x_live && x_instruction_q[7:0] == OpScalar;
  assign x_read      = x_live && x_instruction_q[7:0] == OpRead;
  assign x_is_branch = x_live && x_instruction_q[7:0] == OpBranch;
  assign x_ra        = x_operands_q.dst;

  srn_scalar u_scalar (
      .function_i (x_instruction_q[11:8]),
      .condition_i(x_instruction_q[11:8]),
      .a_i        (x_ra),
      .b_i        (x_operands_q.b),
      .result_o   (x_result),
      .taken_o    (x_taken)
  );

  assign x_branch = go_i && advance_i && x_is_branch && x_taken;
  assign x_target = x_instruction_q[79:64];
  assign x_next   = x_taken ? x_target : x_pc_q + 1'b1;
  assign x_value  = x_scalar ? x_result : x_is_branch ? OperandW'(x_next) : x_ra;

  // ---------------------------------------------------------------- to dispatch
  logic [OperandW-1:0] y_value_q, z_value_q;

  always_ff @(posedge clk_i) begin
    if (advance_i) begin
      y_pc_q       <= x_pc_q;
      y_past_end_q <= x_past_end_q;
      y_read_q     <= x_read;
      y_rd_q       <= x_scalar || x_read ? x_rd : '0;
      y_value_q    <= x_value;
      z_pc_q       <= y_pc_q;
      z_past_end_q <= y_past_end_q;
      z_rd_q       <= y_rd_q;
      z_value_q    <= y_value_q;
    end
  end

  assign z_valid_o    = z_valid_q;
  assign z_past_end_o = z_past_end_q;
  assign z_pc_o       = z_pc_q;
  assign z_rd_o       = z_rd_q;
  assign z_value_o    = z_value_q;
endmodule
