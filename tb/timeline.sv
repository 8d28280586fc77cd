// Timeline monitor: with +timeline=FILE it lists what each unit did in which cycle, an event a line (host/timeline.py reads it); else, once, in
// timeline.txt of the simulation's folder while detail_i, which a bench raises between two runs, to repeat one that failed. Without either it does
// nothing. The list ends where report_i tells a failure, though the run or other runs go on.
//
// Cycles are those that the chip's counters count, from 0 in each run. Lines, of one cycle in this order:
//   R                              a run begins
//   w CYCLE SLOT    W CYCLE        the weight stream begins to ask for a command's beats, has asked for the last
//   m CYCLE SLOT    M CYCLE BEATS  the matrix unit takes a command's first beat, its last; beats taken from one to the other
//   v CYCLE SLOT    V CYCLE        the vector unit issues a command's first word, its last
//   a CYCLE SLOT                   the dma unit takes a command
//   x CYCLE SLOT FIRST LAST        a completion; for the dma unit the cycles of the first and last word to VMEM or beat to DRAM
//   C CYCLE PC SLOT WAITS STALLS   dispatch of a command, the slots that it waits for, and the cycles that dispatch has stood still before
//   S CYCLE PC VALUE STALLS        dispatch of another instruction; STALLS is three counts: for the window, a queue, older instructions
//   U CYCLE TAKEN READ WRITTEN     beats that the matrix unit took, the port read and wrote since the last such line
//   E CYCLE                        the run is over, after so many cycles
module timeline
  import srn_isa_pkg::*;
#(
    parameter int Window = 256  // cycles between lines of use
) (
    input logic clk_i,
    input logic rst_ni,
    input logic running_i,
    input logic detail_i,
    input logic report_i,

    // dispatch
    input logic                dispatch_valid_i,
    input logic                dispatch_command_i,
    input logic [   SlotW-1:0] dispatch_slot_i,
    input logic [        15:0] dispatch_pc_i,
    input logic [        31:0] dispatch_value_i,
    input logic [NumSlots-1:0] dispatch_conflicts_i,
    input logic [         2:0] dispatch_stall_i,

    // units
    input logic             stream_start_i,
    input logic             stream_finish_i,
    input logic [SlotW-1:0] stream_slot_i,
    input logic             matrix_start_i,
    input logic             matrix_finish_i,
    input logic [SlotW-1:0] matrix_start_slot_i,
    input logic             vector_start_i,
    input logic             vector_finish_i,
    input logic [SlotW-1:0] vector_start_slot_i,
    input logic             dma_start_i,
    input logic [SlotW-1:0] dma_start_slot_i,

    // words and beats
    input logic             load_write_i,
    input logic [SlotW-1:0] load_slot_i,
    input logic             dram_write_i,
    input logic [SlotW-1:0] dram_slot_i,
    input logic             beat_i,
    input logic             read_beat_i,
    input logic             write_beat_i,

    // completions
    input logic             matrix_done_i,
    input logic [SlotW-1:0] matrix_done_slot_i,
    input logic             vector_done_i,
    input logic [SlotW-1:0] vector_done_slot_i,
    input logic             dma_done_i,
    input logic [SlotW-1:0] dma_done_slot_i
);

  int   file;
  logic detailed, through;
  reg [8*256-1:0] file_name;
  initial begin
    file = 0;
    detailed = 1'b0;
    through  = 1'b0;
    if ($value$plusargs("timeline=%s", file_name)) file = $fopen(file_name, "w");
  end

  int cycle, beats, taken, read, written, stall_window, stall_queue, stall_drain;
  int first[NumSlots], last[NumSlots];
  logic [NumSlots-1:0] moved;
  logic was_running;

  // one process, so that the lines of a cycle have an order
  /* verilator lint_off BLKSEQ */
  always @(posedge clk_i) begin
    if (file != 0) begin
      if (!rst_ni) was_running = 1'b0;
      else if (running_i) begin
        if (!was_running) begin
          $fwrite(file, "R\n");
          cycle = 0;
          taken = 0;
          read = 0;
          written = 0;
          stall_window = 0;
          stall_queue = 0;
          stall_drain = 0;
          moved = '0;
        end
        was_running = 1'b1;

        taken = taken + 32'(beat_i);
        read = read + 32'(read_beat_i);
        written = written + 32'(write_beat_i);
        beats = beats + 32'(beat_i);
        if (load_write_i) begin
          if (!moved[load_slot_i]) first[load_slot_i] = cycle;
          moved[load_slot_i] = 1'b1;
          last[load_slot_i] = cycle;
        end
        if (dram_write_i) begin
          if (!moved[dram_slot_i]) first[dram_slot_i] = cycle;
          moved[dram_slot_i] = 1'b1;
          last[dram_slot_i] = cycle;
        end

        if (stream_start_i) $fwrite(file, "w %0d %0d\n", cycle, stream_slot_i);
        if (stream_finish_i) $fwrite(file, "W %0d\n", cycle);
        if (matrix_start_i) begin
          $fwrite(file, "m %0d %0d\n", cycle, matrix_start_slot_i);
          beats = 1;
        end
        if (matrix_finish_i) $fwrite(file, "M %0d %0d\n", cycle, beats);
        if (vector_start_i) $fwrite(file, "v %0d %0d\n", cycle, vector_start_slot_i);
        if (vector_finish_i) $fwrite(file, "V %0d\n", cycle);
        if (dma_start_i) begin
          $fwrite(file, "a %0d %0d\n", cycle, dma_start_slot_i);
          moved[dma_start_slot_i] = 1'b0;
          first[dma_start_slot_i] = cycle;
          last[dma_start_slot_i] = cycle;
        end
        if (matrix_done_i) $fwrite(file, "x %0d %0d 0 0\n", cycle, matrix_done_slot_i);
        if (vector_done_i) $fwrite(file, "x %0d %0d 0 0\n", cycle, vector_done_slot_i);
        if (dma_done_i) $fwrite(file, "x %0d %0d %0d %0d\n", cycle, dma_done_slot_i, first[dma_done_slot_i], last[dma_done_slot_i]);
        if (dispatch_valid_i) begin
          if (dispatch_command_i) $fwrite(file, "C %0d %0d %0d %h", cycle, dispatch_pc_i, dispatch_slot_i, dispatch_conflicts_i);
          else $fwrite(file, "S %0d %0d %h", cycle, dispatch_pc_i, dispatch_value_i);
          $fwrite(file, " %0d %0d %0d\n", stall_window, stall_queue, stall_drain);
          stall_window = 0;
          stall_queue = 0;
          stall_drain = 0;
        end
        stall_window = stall_window + 32'(dispatch_stall_i[0]);
        stall_queue = stall_queue + 32'(dispatch_stall_i[1]);
        stall_drain = stall_drain + 32'(dispatch_stall_i[2]);
        cycle = cycle + 1;
        if (cycle % Window == 0) begin
          $fwrite(file, "U %0d %0d %0d %0d\n", cycle, taken, read, written);
          taken = 0;
          read = 0;
          written = 0;
          $fflush(file);
        end
      end else if (was_running) begin
        if (cycle % Window != 0) $fwrite(file, "U %0d %0d %0d %0d\n", cycle, taken, read, written);
        $fwrite(file, "E %0d\n", cycle);
        $fflush(file);
        was_running = 1'b0;
      end
    end
    if (file != 0 && (report_i || detailed && !detail_i)) begin
      $fclose(file);
      file = 0;
      through = 1'b1;
    end
    if (detail_i && file == 0 && !through) begin
      file = $fopen("timeline.txt", "w");
      detailed = 1'b1;
      was_running = 1'b0;
    end
  end

  /* verilator lint_on BLKSEQ */

endmodule
