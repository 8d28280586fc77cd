// Opcodes, field codes, halt causes and the commands that the sequencer sends to the units.
// The bits of an instruction are defined in models/isa.py (prose: docs/isa.md); tests/test_isa.py holds the two equal.
package srn_isa_pkg;

  // No one module uses all of these.
  /* verilator lint_off UNUSEDPARAM */

  localparam int InstructionW = 256;
  localparam int SlotW = 4;  // window of 16 instructions in flight
  localparam int NumSlots = 16;
  localparam int VmemW = 20;  // element address in VMEM
  localparam int AmemW = 20;  // block address in AMEM
  localparam int DramW = 32;  // beat address in DRAM

  // Opcodes
  localparam logic [7:0] OpEnd = 8'h01;
  localparam logic [7:0] OpScalar = 8'h02;
  localparam logic [7:0] OpBranch = 8'h03;
  localparam logic [7:0] OpRead = 8'h04;
  localparam logic [7:0] OpSignal = 8'h05;
  localparam logic [7:0] OpLoad = 8'h10;
  localparam logic [7:0] OpStore = 8'h11;
  localparam logic [7:0] OpStoreTile = 8'h12;
  localparam logic [7:0] OpMatmul = 8'h20;
  localparam logic [7:0] OpVector = 8'h30;

  typedef enum logic [2:0] {XOne = 3'd0, XA = 3'd1, XB = 3'd2, XS = 3'd3, XImm = 3'd4} x_e;
  typedef enum logic [2:0] {YNone = 3'd0, YB = 3'd1, YS = 3'd2, YImm = 3'd3} y_e;
  typedef enum logic [1:0] {YAdd = 2'd0, YSub = 2'd1, YRsub = 2'd2, YMax = 2'd3} y_op_e;
  typedef enum logic [2:0] {OutNone = 3'd0, OutVmem = 3'd1, OutMxint8 = 3'd2, OutMxfp4 = 3'd3, OutScatter = 3'd4} out_e;
  typedef enum logic [1:0] {ReduceNone = 2'd0, ReduceSum = 2'd1, ReduceMax = 2'd2, ReduceArgmax = 2'd3} reduce_e;
  typedef enum logic [1:0] {StepConst = 2'd0, StepRow = 2'd1, StepOuter = 2'd2} s_step_e;
  // f is the code of srn_special's function_i: 0 id, 1 exp2, 2 rcp, 3 rsqrt

  localparam logic [3:0] CauseNone = 4'd0;
  localparam logic [3:0] CauseEncoding = 4'd1;
  localparam logic [3:0] CauseAddress = 4'd2;
  localparam logic [3:0] CauseAlignment = 4'd3;
  localparam logic [3:0] CauseLength = 4'd4;
  localparam logic [3:0] CauseOverlap = 4'd5;
  localparam logic [3:0] CauseBus = 4'd6;
  localparam logic [3:0] CauseProgram = 4'd7;

  // Weights of one matmul, in the order in which the matrix unit takes them.
  typedef struct packed {
    logic [SlotW-1:0] slot;
    logic int8;                // 33 beats a k-step, else 17
    logic [DramW-1:0] dram;    // first beat of tile 0
    logic [23:0] tile_stride;  // beats
    logic [19:0] tiles;
    logic [11:0] ksteps;
  } stream_cmd_t;

  typedef struct packed {
    logic [SlotW-1:0] slot;
    logic int8;
    logic [19:0] outputs;
    logic [11:0] ksteps;
    logic [AmemW-1:0] amem;
    logic [11:0] amem_stride;  // blocks between rows
    logic [7:0] rows;
    logic [VmemW-1:0] vmem;    // element address
    logic [15:0] vmem_stride;  // words between rows
  } matrix_cmd_t;

  typedef enum logic [1:0] {DmaLoad = 2'd0, DmaStore = 2'd1, DmaStoreTile = 2'd2, DmaProgram = 2'd3} dma_kind_e;

  // load, store: rows of cols elements. store_tile: count blocks a k-step. program: cols instructions to the instruction memory.
  typedef struct packed {
    logic [SlotW-1:0] slot;
    logic [1:0] kind;          // dma_kind_e
    logic [DramW-1:0] dram;
    logic [23:0] dram_stride;  // beats between rows, or between tiles
    logic [19:0] local_addr;   // VMEM element or AMEM block
    logic [15:0] local_stride; // words between rows, or blocks between outputs
    logic [15:0] cols;
    logic [9:0] rows;          // rows, or outputs of store_tile
    logic [19:0] first;        // store_tile: first output
    logic [5:0] ksteps;        // store_tile
  } dma_cmd_t;

  // Fields as in docs/isa.md, operands resolved; r shares the field of b, limit that of s.
  typedef struct packed {
    logic [SlotW-1:0] slot;
    logic [2:0] x;
    logic [2:0] y;
    logic [1:0] y_op;
    logic [1:0] f;
    logic z;
    logic [2:0] out;
    logic [1:0] reduce;
    logic a_imm;
    logic mask;
    logic b_rows;
    logic [1:0] s_step;
    logic [31:0] imm;
    logic [19:0] dst;
    logic [19:0] a;
    logic [19:0] b;
    logic [19:0] s;
    logic [15:0] cols;
    logic [7:0] rows;
    logic [7:0] outer;
    logic [10:0] a_row;
    logic [10:0] a_outer;
    logic [10:0] dst_row;
    logic [10:0] dst_outer;
    logic [10:0] b_outer;
  } vector_cmd_t;

endpackage
