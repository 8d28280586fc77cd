// The vector unit: `vector` commands over VMEM, to VMEM, to AMEM, and to row results in VMEM.
//
// A word of Lanes elements a clock. A word is written AtOut (15) clocks after its reads, AtOutShort (10) where f is id;
// a block LatBlock (4) clocks and a row's result LatSum (21) or LatMax (5) clocks after the word that completes it.
// A command whose clear_i is up follows the one before without an empty clock, save that one with f = id waits
// LatSpecial clocks behind one without. An empty clock each: a row of a command that writes both elements and results to
// VMEM (the port is the same); a word of s in VMEM where b is read too. A scattered word takes a clock an element.
//
// done_valid_o comes with the command's last write; the memories show it to reads of that very clock. Commands whose ways are of
// different length may complete out of order. cmd_ready_o depends on clear_i and yield_i within the clock.
// The unit trusts the decoder: what docs/isa.md halts on must not come here. Model: models/vector.py.
module srn_vector
  import srn_pkg::*;
  import srn_isa_pkg::*;
  import srn_vector_pkg::*;
#(
    parameter int PortBytes = 16,  // of the memory port; a VMEM word has half as many lanes
    parameter int VmemWords = 16384,
    parameter int AmemBlocks = 4096
) (
    input logic clk_i,
    input logic rst_ni,

    // commands
    input  logic                cmd_valid_i,
    output logic                cmd_ready_o,
    input  vector_cmd_t         cmd_i,
    input  logic [NumSlots-1:0] clear_i,
    output logic                done_valid_o,
    output logic [   SlotW-1:0] done_slot_o,

    // vector memory: words
    input  logic                         vmem_yield_i,
    output logic                         vmem_a_valid_o,
    output logic [$clog2(VmemWords)-1:0] vmem_a_addr_o,
    input  logic [    PortBytes*16-1:0]  vmem_a_data_i,
    output logic                         vmem_b_valid_o,
    output logic [$clog2(VmemWords)-1:0] vmem_b_addr_o,
    input  logic [    PortBytes*16-1:0]  vmem_b_data_i,
    output logic                         vmem_write_o,
    output logic [$clog2(VmemWords)-1:0] vmem_addr_o,
    output logic [    PortBytes*16-1:0]  vmem_data_o,
    output logic [     PortBytes/2-1:0]  vmem_strobe_o,  // one a lane
    output logic [           SlotW-1:0]  vmem_slot_o,

    // activation memory: blocks
    output logic                          amem_write_o,
    output logic [$clog2(AmemBlocks)-1:0] amem_addr_o,
    output logic [     ScaleW+BlockW-1:0] amem_data_o,   // {scale, elements}
    output logic [             SlotW-1:0] amem_slot_o,

    // events: issued, or why not
    output logic busy_o,
    output logic wait_clear_o,
    output logic wait_port_o,

    // observation: commands
    output logic [SlotW-1:0] slot_o,   // of the one that is issued or waits
    output logic             start_o,  // its first issue
    output logic             finish_o  // its last
);
  localparam int Lanes = PortBytes / 2;

  initial if (Lanes != 4 && Lanes != 8 && Lanes != 16) $fatal(1, "%m: PortBytes must be 8, 16 or 32");

  // ---------------------------------------------------------------- walk
  logic         x_valid;
  vector_word_t x_word;

  srn_vector_walk #(
      .Lanes    (Lanes),
      .VmemWords(VmemWords)
  ) u_walk (
      .clk_i,
      .rst_ni,
      .cmd_valid_i,
      .cmd_ready_o,
      .cmd_i,
      .clear_i,
      .yield_i     (vmem_yield_i),
      .a_valid_o   (vmem_a_valid_o),
      .a_addr_o    (vmem_a_addr_o),
      .b_valid_o   (vmem_b_valid_o),
      .b_addr_o    (vmem_b_addr_o),
      .word_valid_o(x_valid),
      .word_o      (x_word),
      .busy_o,
      .wait_clear_o,
      .wait_port_o,
      .slot_o,
      .start_o,
      .finish_o
  );

  // ---------------------------------------------------------------- lanes
  logic                 out_valid;
  vector_word_t         out_word;
  logic [Lanes*FpW-1:0] out_data;

  srn_vector_pipe #(
      .Lanes(Lanes)
  ) u_pipe (
      .clk_i,
      .rst_ni,
      .in_valid_i (x_valid),
      .in_word_i  (x_word),
      .a_data_i   (vmem_a_data_i),
      .b_data_i   (vmem_b_data_i),
      .out_valid_o(out_valid),
      .out_word_o (out_word),
      .out_data_o (out_data)
  );

  logic [SlotW-1:0]  slot;
  logic [CountW-1:0] count;
  logic [15:0]       col;
  logic              row_last, command_last, scatters, to_words, to_scatter, to_blocks, to_fp4, block_end, reduces;
  logic [2:0]        out;
  logic [1:0]        reduce;
  logic [19:0]       dst, r;
  logic [Lanes-1:0]  lanes;

  assign slot         = out_word.slot;
  assign count        = out_word.count;
  assign col          = out_word.col;
  assign row_last     = out_word.row_last;
  assign command_last = out_word.command_last;
  assign out          = out_word.out;
  assign reduce       = out_word.reduce;
  assign dst          = out_word.dst;
  assign r            = out_word.r;
  assign to_words     = out_valid && out == OutVmem;
  assign scatters     = out == OutScatter;
  assign to_scatter   = out_valid && scatters;
  assign to_blocks    = out_valid && (out == OutMxint8 || out == OutMxfp4);
  assign to_fp4       = out == OutMxfp4;
  assign block_end    = row_last || col[4:0] == 5'(BlockSize - Lanes);
  assign reduces      = reduce != ReduceNone;
  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    assign lanes[i] = count > CountW'(i);
  end

  // ---------------------------------------------------------------- reductions
  localparam int TagW = 1 + SlotW + VmemW;
  logic             result_valid, result_last;
  logic [FpW-1:0]   result_data;
  logic [SlotW-1:0] result_slot;
  logic [VmemW-1:0] result_addr;

  srn_reduce #(
      .Lanes(Lanes),
      .TagW (TagW)
  ) u_reduce (
      .clk_i,
      .rst_ni,
      .in_valid_i   (out_valid),
      .in_reduce_i  (reduce),
      .in_slow_i    (scatters),
      .in_row_last_i(row_last),
      .in_col_i     (col),
      .in_lanes_i   (lanes),
      .in_data_i    (out_data),
      .in_tag_i     ({command_last, slot, r}),
      .out_valid_o  (result_valid),
      .out_data_o   (result_data),
      .out_tag_o    ({result_last, result_slot, result_addr})
  );

  // ---------------------------------------------------------------- writes
  logic             block_last, scattered;
  logic [AmemW-1:0] block_addr;
  logic [SlotW-1:0] scattered_slot;

  srn_vector_block #(
      .Lanes(Lanes)
  ) u_block (
      .clk_i,
      .rst_ni,
      .in_valid_i          (to_blocks),
      .in_last_i           (block_end),
      .in_col_i            (col[4:0]),
      .in_lanes_i          (lanes),
      .in_data_i           (out_data),
      .in_fp4_i            (to_fp4),
      .in_addr_i           (dst),
      .in_slot_i           (slot),
      .in_command_last_i   (command_last && !reduces),
      .write_valid_o       (amem_write_o),
      .write_addr_o        (block_addr),
      .write_data_o        (amem_data_o),
      .write_slot_o        (amem_slot_o),
      .write_command_last_o(block_last)
  );
  assign amem_addr_o = block_addr[$clog2(AmemBlocks)-1:0];

  srn_vector_store #(
      .Lanes    (Lanes),
      .VmemWords(VmemWords)
  ) u_store (
      .clk_i,
      .rst_ni,
      .word_valid_i    (to_words),
      .scatter_valid_i (to_scatter),
      .first_i         (col == '0),
      .slot_i          (slot),
      .command_last_i  (command_last && !reduces),
      .count_i         (count),
      .lanes_i         (lanes),
      .dst_i           (dst),
      .stride_i        (out_word.dst_row),
      .data_i          (out_data),
      .result_valid_i  (result_valid),
      .result_slot_i   (result_slot),
      .result_addr_i   (result_addr),
      .result_data_i   (result_data),
      .write_valid_o   (vmem_write_o),
      .write_addr_o    (vmem_addr_o),
      .write_data_o    (vmem_data_o),
      .write_strobe_o  (vmem_strobe_o),
      .write_slot_o    (vmem_slot_o),
      .scattered_o     (scattered),
      .scattered_slot_o(scattered_slot)
  );

  // ---------------------------------------------------------------- completions
  srn_vector_done #(
      .Sources(4)
  ) u_done (
      .clk_i,
      .rst_ni,
      .valid_i({
        to_words && command_last && !reduces,
        scattered,
        amem_write_o && block_last,
        result_valid && result_last
      }),
      .slot_i({slot, scattered_slot, amem_slot_o, result_slot}),
      .done_valid_o,
      .done_slot_o
  );

  // What of the record only the pipe looks at; address bits beyond the memories.
  logic unused;
  assign unused = &{1'b0, out_word, block_addr};
endmodule
