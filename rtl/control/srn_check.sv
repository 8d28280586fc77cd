// First half of an instruction's checks: ENCODING, LENGTH, ALIGNMENT, in this order (docs/isa.md, halts). Combinational.
// Counts are checked in the order cols, rows, outer; matmul outputs, depth, rows; store_tile count, ksteps, first.
module srn_check
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
#(
    parameter int PortBytes = 16,
    parameter int Rows      = 8,
    parameter int Passes    = 2    // a matmul has at most Passes * Rows rows
) (
    input  logic      [InstructionW-1:0] instruction_i,
    input  operands_t                    operands_i,
    output logic      [             3:0] cause_o,        // CauseNone if all is well so far
    output logic      [    OperandW-1:0] address_o
);
  localparam int LaneW = $clog2(PortBytes / 2);

  logic [7:0] opcode;
  logic is_vector, is_matmul, is_tile, is_transfer;

  assign opcode      = instruction_i[7:0];
  assign is_vector   = opcode == OpVector;
  assign is_matmul   = opcode == OpMatmul;
  assign is_tile     = opcode == OpStoreTile;
  assign is_transfer = opcode == OpLoad || opcode == OpStore;

  // ---------------------------------------------------------------- encoding
  logic [2:0] x, y, out;
  logic [1:0] reduce, s_step;
  logic [3:0] code;
  logic uses_b, uses_s, a_imm, mask, vector_bad, encoding_bad;

  assign code   = instruction_i[11:8];  // function of scalar, condition of branch
  assign x      = instruction_i[10:8];
  assign y      = instruction_i[13:11];
  assign out    = instruction_i[22:20];
  assign reduce = instruction_i[24:23];
  assign a_imm  = instruction_i[25];
  assign mask   = instruction_i[26];
  assign s_step = instruction_i[29:28];
  assign uses_b = x == XB || y == YB || instruction_i[19];
  assign uses_s = x == XS || y == YS;

  // f has a bit that its four functions do not need
  assign vector_bad = x > XImm || instruction_i[18] || y > YImm || out > OutScatter || s_step > StepOuter ||
                      (reduce != ReduceNone && uses_b) || (mask && uses_s) || (out == OutNone && reduce == ReduceNone);

  always_comb begin
    case (opcode)
      OpScalar: encoding_bad = code > 4'd8;
      OpBranch: encoding_bad = code > 4'd3;
      OpMatmul: encoding_bad = x > 3'd1;  // format
      OpVector: encoding_bad = vector_bad;
      OpEnd, OpRead, OpSignal, OpLoad, OpStore, OpStoreTile: encoding_bad = 1'b0;
      default: encoding_bad = 1'b1;
    endcase
  end

  // ---------------------------------------------------------------- length
  logic [OperandW-1:0] cols, rows, outer, first;
  logic [5:0] ksteps;
  logic cols_bad, rows_bad, outer_bad, first_bad;
  logic length_bad;
  logic [OperandW-1:0] length;

  assign cols   = operands_i.cols;
  assign rows   = operands_i.rows;
  assign outer  = operands_i.outer;
  assign first  = operands_i.s;
  assign ksteps = instruction_i[171:166];

  assign cols_bad  = cols == '0 || cols[31:16] != '0;
  assign rows_bad  = rows == '0 || rows > (is_matmul ? OperandW'(Passes * Rows) : is_tile ? 32'd1023 : 32'd255);
  assign first_bad = first[31:20] != '0;
  assign outer_bad = outer == '0 || outer > (is_matmul ? 32'hfffff : 32'd255);

  always_comb begin
    length_bad = 1'b0;
    length     = cols;
    if (is_vector || is_transfer) begin
      length_bad = cols_bad || rows_bad || (is_vector && outer_bad);
      length     = cols_bad ? cols : rows_bad ? rows : outer;
    end else if (is_matmul) begin
      length_bad = outer_bad || cols_bad || rows_bad;
      length     = outer_bad ? outer : cols_bad ? cols : rows;
    end else if (is_tile) begin
      length_bad = rows_bad || ksteps == '0 || first_bad;
      length     = rows_bad ? rows : ksteps == '0 ? '0 : first;
    end
  end

  // ---------------------------------------------------------------- alignment
  logic [OperandW-1:0] dst, a, b, misaligned;
  logic dst_bad, a_bad, b_bad;

  assign dst = operands_i.dst;
  assign a   = operands_i.a;
  assign b   = operands_i.b;

  assign dst_bad = dst[LaneW-1:0] != '0 && (is_transfer || is_matmul || (is_vector && out == OutVmem));
  assign a_bad   = a[LaneW-1:0] != '0 && is_vector && !a_imm;
  assign b_bad   = b[LaneW-1:0] != '0 && is_vector && uses_b;

  assign misaligned = dst_bad ? dst : a_bad ? a : b;

  // ---------------------------------------------------------------- first cause
  assign cause_o = encoding_bad ? CauseEncoding : length_bad ? CauseLength :
                   (dst_bad || a_bad || b_bad) ? CauseAlignment : CauseNone;
  assign address_o = encoding_bad ? '0 : length_bad ? length : misaligned;

  logic unused;
  assign unused = ^{instruction_i[255:172], instruction_i[165:30], instruction_i[27], instruction_i[17:14]};
endmodule
