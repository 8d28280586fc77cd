// Records that only the control blocks exchange: resolved operands, and what an instruction touches.
package srn_control_pkg;
  // No one module uses all of these.
  /* verilator lint_off UNUSEDPARAM */
  import srn_isa_pkg::*;

  localparam int OperandW = 32;
  localparam int PcW = 16;  // an instruction's index in its program

  // Operands of every opcode share seven places (immediate + register, 32 bits, wrapping).
  typedef struct packed {
    logic [OperandW-1:0] b;      // vector b or r; dram; value of scalar and branch
    logic [OperandW-1:0] dst;    // vector dst; vmem; amem of store_tile; ra of scalar, branch, signal, end
    logic [OperandW-1:0] a;      // vector a
    logic [OperandW-1:0] s;      // vector s; amem of matmul; first of store_tile
    logic [OperandW-1:0] cols;   // cols; depth of matmul
    logic [OperandW-1:0] rows;   // rows; count of store_tile
    logic [OperandW-1:0] outer;  // outer; outputs of matmul
  } operands_t;

  // What an instruction reads and writes, first and last unit touched: VMEM elements in four places (r in that of b),
  // AMEM blocks, DRAM beats. A place that is neither read nor written holds anything.
  typedef struct packed {
    logic dst_write;
    logic [VmemW-1:0] dst_first;
    logic [VmemW-1:0] dst_last;
    logic a_read;
    logic [VmemW-1:0] a_first;
    logic [VmemW-1:0] a_last;
    logic s_read;
    logic [VmemW-1:0] s_first;
    logic [VmemW-1:0] s_last;
    logic b_read;
    logic b_write;  // r
    logic [VmemW-1:0] b_first;
    logic [VmemW-1:0] b_last;
    logic amem_read;
    logic amem_write;
    logic [AmemW-1:0] amem_first;
    logic [AmemW-1:0] amem_last;
    logic dram_read;
    logic dram_write;
    logic [DramW-1:0] dram_first;
    logic [DramW-1:0] dram_last;
  } ranges_t;

  // What is done with an instruction at dispatch.
  typedef enum logic [2:0] {
    KindNone    = 3'd0,  // undefined, or past the program's end: only its cause matters
    KindScalar  = 3'd1,  // scalar, branch: done on the way
    KindRead    = 3'd2,
    KindSignal  = 3'd3,
    KindEnd     = 3'd4,
    KindDma     = 3'd5,
    KindMatmul  = 3'd6,
    KindVector  = 3'd7
  } kind_e;

endpackage
