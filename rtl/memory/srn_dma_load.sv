// Puts the beats of a load into VMEM: row after row, a word of two beats at a time, in the last word of a row only the lanes of its elements.
// A word is written in the cycle in which its last beat is offered; sustained one word in two cycles, which is the rate of the beats.
// The next command is taken with the last word of the one before. done_valid_o is raised in the cycle after the last word was taken.
module srn_dma_load
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 16  // bytes of a beat
) (
    input logic clk_i,
    input logic rst_ni,

    // commands
    input  logic             start_valid_i,
    output logic             start_ready_o,
    input  logic [SlotW-1:0] start_slot_i,
    input  logic [VmemW-1:0] start_word_i,
    input  logic [     15:0] start_stride_i,  // words
    input  logic [     15:0] start_cols_i,    // elements
    input  logic [      9:0] start_rows_i,
    output logic             active_o,

    // beats
    input  logic                   beat_valid_i,
    output logic                   beat_ready_o,
    input  logic [PortBytes*8-1:0] beat_data_i,

    // words to VMEM
    output logic                    vmem_write_valid_o,
    input  logic                    vmem_write_ready_i,
    output logic [       VmemW-1:0] vmem_write_addr_o,
    output logic [PortBytes*16-1:0] vmem_write_data_o,
    output logic [ PortBytes/2-1:0] vmem_write_strobe_o,
    output logic [       SlotW-1:0] vmem_write_slot_o,

    // completion
    output logic             done_valid_o,
    input  logic             done_ready_i,
    output logic [SlotW-1:0] done_slot_o
);
  localparam int BeatLanes = PortBytes / 4;
  localparam int Lanes = 2 * BeatLanes;

  logic active_q;
  logic [SlotW-1:0] slot_q, done_slot_q;
  logic [VmemW-1:0] row_q, word_q;  // first word of the row, next word
  logic [15:0] stride_q, cols_q;
  logic [15:0] left_q;  // elements of the row
  logic [ 9:0] rows_q;  // rows, this one included
  logic done_valid_q;

  // ---------------------------------------------------------------------------------------------- words
  logic half_q;  // the word's first beat is in low_q
  logic [PortBytes*8-1:0] low_q;
  logic short_word, row_ends, ends, complete, take_low, write;

  assign short_word = left_q <= 16'(BeatLanes);  // one beat
  assign row_ends = left_q <= 16'(Lanes);
  assign ends = row_ends && rows_q == 10'd1;
  assign complete = half_q || short_word;
  assign take_low = active_q && beat_valid_i && !complete;

  assign vmem_write_valid_o = active_q && beat_valid_i && complete && !(ends && done_valid_q);
  assign vmem_write_addr_o = word_q;
  assign vmem_write_data_o = {beat_data_i, half_q ? low_q : beat_data_i};
  assign vmem_write_slot_o = slot_q;
  assign write = vmem_write_valid_o && vmem_write_ready_i;
  assign beat_ready_o = active_q && (!complete || (vmem_write_ready_i && !(ends && done_valid_q)));

  for (genvar i = 0; i < Lanes; i++) begin : gen_strobe
    assign vmem_write_strobe_o[i] = 16'(i) < left_q;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) half_q <= 1'b0;
    else if (write || take_low) half_q <= take_low;
  end

  always_ff @(posedge clk_i) begin
    if (take_low) low_q <= beat_data_i;
  end

  // ---------------------------------------------------------------------------------------------- rows
  logic [VmemW-1:0] next_row;

  assign next_row = row_q + VmemW'(stride_q);
  assign start_ready_o = !active_q || (write && ends);
  assign active_o = active_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) active_q <= 1'b0;
    else if (start_ready_o) active_q <= start_valid_i;
  end

  always_ff @(posedge clk_i) begin
    if (start_ready_o) begin
      slot_q   <= start_slot_i;
      row_q    <= start_word_i;
      word_q   <= start_word_i;
      stride_q <= start_stride_i;
      cols_q   <= start_cols_i;
      left_q   <= start_cols_i;
      rows_q   <= start_rows_i;
    end else if (write && row_ends) begin
      row_q  <= next_row;
      word_q <= next_row;
      left_q <= cols_q;
      rows_q <= rows_q - 10'd1;
    end else if (write) begin
      word_q <= word_q + 1'b1;
      left_q <= left_q - 16'(Lanes);
    end
  end

  // ---------------------------------------------------------------------------------------------- completion
  always_ff @(posedge clk_i) begin
    if (!rst_ni) done_valid_q <= 1'b0;
    else if (write && ends) done_valid_q <= 1'b1;
    else if (done_ready_i) done_valid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (write && ends) done_slot_q <= slot_q;
  end

  assign done_valid_o = done_valid_q;
  assign done_slot_o  = done_slot_q;
endmodule
