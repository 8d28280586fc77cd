// Instruction memory and program counter: offers the program's instructions one after another, one a cycle.
// While run_i is low it offers nothing and the next instruction is 0. branch_i throws away what is on offer and goes on at
// target_i: that instruction is offered in the next cycle. Beyond the program's end it offers past_end_o, for ever.
// An instruction stays on offer until it is taken, unless a branch or run_i takes it away.
module srn_fetch
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
#(
    parameter int ImemWords = 512  // instructions
) (
    input logic clk_i,
    input logic rst_ni,

    // program load
    input logic                    imem_write_i,
    input logic [             15:0] imem_addr_i,
    input logic [InstructionW-1:0] imem_data_i,

    // control
    input logic           run_i,
    input logic [PcW-1:0] length_i,  // of the program, at most ImemWords
    input logic           branch_i,
    input logic [PcW-1:0] target_i,

    // instructions
    output logic                    out_valid_o,
    input  logic                    out_ready_i,
    output logic [         PcW-1:0] out_pc_o,
    output logic                    out_past_end_o,  // there is no instruction at out_pc_o
    output logic [InstructionW-1:0] out_instruction_o
);
  localparam int AddrW = $clog2(ImemWords);

  initial if (ImemWords >= 2 ** PcW) $fatal(1, "%m: more instructions than a program counter counts");

  logic valid_q, past_end_q, fetch;
  logic [PcW-1:0] pc_q, next_q, next;

  assign next  = branch_i ? target_i : next_q;
  assign fetch = run_i && (branch_i || !valid_q || out_ready_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni || !run_i) begin
      valid_q <= 1'b0;
      next_q  <= '0;
    end else if (fetch) begin
      valid_q <= 1'b1;
      next_q  <= next + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fetch) begin
      pc_q       <= next;
      past_end_q <= next >= length_i;
    end
  end

  srn_ram #(
      .Width(InstructionW),
      .Depth(ImemWords)
  ) u_imem (
      .clk_i         (clk_i),
      .write_valid_i (imem_write_i),
      .write_addr_i  (imem_addr_i[AddrW-1:0]),
      .write_strobe_i(1'b1),
      .write_data_i  (imem_data_i),
      .read_valid_i  (fetch),
      .read_addr_i   (next[AddrW-1:0]),
      .read_data_o   (out_instruction_o)
  );

  assign out_valid_o    = valid_q;
  assign out_pc_o       = pc_q;
  assign out_past_end_o = past_end_q;

  // ---------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!imem_write_i || imem_addr_i < 16'(ImemWords))
      else $fatal(1, "%m: the program is written beyond the instruction memory");
    end
  end
endmodule
