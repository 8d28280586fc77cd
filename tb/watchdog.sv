// Watches for progress, not for time: stalled_o rises when a run has not moved for limit_i clocks (0: never). Nothing moves where no
// stream moves a word, nothing is dispatched or completed, and no local memory is read or written.
// state.txt, written then and whenever report_i rises, holds what each unit, queue and stream does at that moment, a fact a line;
// tb/watchdog.py reads it and follows who waits for whom. Lines:
//   cycle N           clocks since the reset
//   flag NAME N
//   channel NAME PRODUCER CONSUMER VALID READY
//   owed NAME UNIT N  words that UNIT has taken the request for and not delivered
//   slot N LIVE CLEAR PC UNIT WAITS     of the window; UNIT a bit each for matrix, vector, dma, WAITS a bit for each slot that it waits for, slot 0 last
//   head UNIT VALID SLOT                next command of a unit
// It looks into the chip by name, as a person with a waveform would: nothing of it is in the chip.
module watchdog
  import srn_isa_pkg::*;
(
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        report_i,
    input  logic [31:0] limit_i,
    output logic        stalled_o
);

  /* verilator lint_off BLKSEQ */

  // ---------------------------------------------------------------- progress
  logic [17:0] moves;

  assign moves = {
    system.u_chip.u_slice.trace_dispatch_o,
    system.u_chip.u_slice.matrix_done_valid,
    system.u_chip.u_slice.vector_done_valid,
    system.u_chip.u_slice.dma_done_valid,
    system.u_chip.u_slice.imem_write,
    system.u_chip.u_slice.matrix_beat,
    system.u_chip.u_slice.trace_matrix_o,
    system.u_chip.u_slice.trace_load_o,
    system.u_chip.u_slice.vector_write,
    system.u_chip.u_slice.amem_write,
    system.u_chip.u_slice.vector_busy,
    system.u_chip.u_slice.read_valid && system.u_chip.u_slice.read_ready,
    system.u_chip.u_slice.store_valid && system.u_chip.u_slice.store_ready,
    system.arvalid && system.arready,
    system.rvalid && system.rready,
    system.awvalid && system.awready,
    system.wvalid && system.wready,
    system.bvalid && system.bready
  };

  logic waiting;
  assign waiting = system.u_chip.u_slice.running_o;

  int still, cycle;

  always @(posedge clk_i) begin
    cycle = rst_ni ? cycle + 1 : 0;
    still = !rst_ni || !waiting || moves != '0 ? 0 : still + 1;
    stalled_o <= rst_ni && limit_i != '0 && still >= limit_i;
  end

  // ---------------------------------------------------------------- words on their way
  int stream_owed, dma_owed, read_owed, write_owed, done_owed, data_owed;

  always @(posedge clk_i) begin
    if (!rst_ni || !system.u_chip.u_slice.core_rst_n) begin
      stream_owed = 0;
      dma_owed = 0;
      done_owed = 0;
      data_owed = 0;
    end else begin
      if (system.u_chip.u_slice.stream_read_valid && system.u_chip.u_slice.stream_read_ready)
        stream_owed = stream_owed + 32'(system.u_chip.u_slice.stream_read_beats);
      if (system.u_chip.u_slice.stream_data_valid) stream_owed = stream_owed - 1;
      if (system.u_chip.u_slice.dma_read_valid && system.u_chip.u_slice.dma_read_ready)
        dma_owed = dma_owed + 32'(system.u_chip.u_slice.dma_read_beats);
      if (system.u_chip.u_slice.dma_data_valid) dma_owed = dma_owed - 1;
      if (system.u_chip.u_slice.write_valid && system.u_chip.u_slice.write_ready && system.u_chip.u_slice.write_last)
        done_owed = done_owed + 1;
      if (system.u_chip.u_slice.write_valid && system.u_chip.u_slice.write_ready)
        data_owed = data_owed + 32'(system.u_chip.u_slice.write_beats);
      if (system.u_chip.u_slice.write_data_valid && system.u_chip.u_slice.write_data_ready) data_owed = data_owed - 1;
      if (system.u_chip.u_slice.write_done_valid) done_owed = done_owed - 1;
    end
    if (!rst_ni) begin
      read_owed  = 0;
      write_owed = 0;
    end else begin
      if (system.arvalid && system.arready) read_owed = read_owed + 32'(system.arlen) + 1;
      if (system.rvalid && system.rready) read_owed = read_owed - 1;
      if (system.wvalid && system.wready && system.u_chip.u_slice.wlast_o) write_owed = write_owed + 1;
      if (system.bvalid && system.bready) write_owed = write_owed - 1;
    end
  end

  // ---------------------------------------------------------------- report
  int file, i;
  logic reported;
  logic [NumSlots-1:0] live, clear;
  logic [NumSlots*NumSlots-1:0] waits;
  logic [NumSlots-1:0] of_matrix, of_vector, of_dma;
  assign live = system.u_chip.u_slice.u_sequencer.u_window.live;
  assign clear = system.u_chip.u_slice.clear;
  assign waits = system.u_chip.u_slice.u_sequencer.u_window.waits;
  assign of_matrix = system.u_chip.u_slice.u_sequencer.u_window.of_matrix_q;
  assign of_vector = system.u_chip.u_slice.u_sequencer.u_window.of_vector_q;
  assign of_dma = system.u_chip.u_slice.u_sequencer.u_window.of_dma_q;

  always @(posedge clk_i) begin
    if ((report_i || stalled_o) && !reported) begin
      file = $fopen("state.txt", "w");
      $fdisplay(file, "cycle %0d", cycle);

      $fdisplay(file, "flag running %0d", waiting);
      $fdisplay(file, "flag load %0d", system.u_chip.u_slice.u_sequencer.load_valid);
      $fdisplay(file, "flag run %0d", system.u_chip.u_slice.u_sequencer.run);
      $fdisplay(file, "flag stop %0d", system.u_chip.u_slice.port_stop);
      $fdisplay(file, "flag dispatch_valid %0d", system.u_chip.u_slice.u_sequencer.z_valid);
      $fdisplay(file, "flag dispatch_kind %0d", system.u_chip.u_slice.u_sequencer.z_kind);
      $fdisplay(file, "flag dispatch_pc %0d", system.u_chip.u_slice.trace_pc_o);
      $fdisplay(file, "flag dispatch_refused %0d", system.u_chip.u_slice.u_sequencer.fault_valid);
      $fdisplay(file, "flag window_full %0d", system.u_chip.u_slice.u_sequencer.full);
      $fdisplay(file, "flag queue_full %0d", !system.u_chip.u_slice.u_sequencer.queue_ready);
      $fdisplay(file, "flag stream_queue_full %0d", !system.u_chip.u_slice.u_sequencer.u_queues.stream_ready);
      $fdisplay(file, "flag matrix_wait_beat %0d", system.u_chip.u_slice.matrix_wait_beat);

      $fdisplay(file, "channel stream_cmd sequencer stream %0d %0d", system.u_chip.u_slice.stream_cmd_valid, system.u_chip.u_slice.stream_cmd_ready);
      $fdisplay(file, "channel matrix_cmd sequencer matrix %0d %0d", system.u_chip.u_slice.matrix_cmd_valid, system.u_chip.u_slice.matrix_cmd_ready);
      $fdisplay(file, "channel vector_cmd sequencer vector %0d %0d", system.u_chip.u_slice.vector_cmd_valid, system.u_chip.u_slice.vector_cmd_ready);
      $fdisplay(file, "channel dma_cmd sequencer dma %0d %0d", system.u_chip.u_slice.dma_cmd_valid, system.u_chip.u_slice.dma_cmd_ready);
      $fdisplay(file, "channel read sequencer vmem %0d %0d", system.u_chip.u_slice.read_valid, system.u_chip.u_slice.read_ready);
      $fdisplay(file, "channel beat stream matrix %0d %0d", system.u_chip.u_slice.beat_valid, system.u_chip.u_slice.beat_ready);
      $fdisplay(file, "channel operand matrix amem %0d %0d", system.u_chip.u_slice.operand_valid, system.u_chip.u_slice.operand_ready);
      $fdisplay(file, "channel result matrix vmem %0d %0d", system.u_chip.u_slice.result_valid, system.u_chip.u_slice.result_ready);
      $fdisplay(file, "channel load dma vmem %0d %0d", system.u_chip.u_slice.load_valid, system.u_chip.u_slice.load_ready);
      $fdisplay(file, "channel store dma vmem %0d %0d", system.u_chip.u_slice.store_valid, system.u_chip.u_slice.store_ready);
      $fdisplay(file, "channel tile dma amem %0d %0d", system.u_chip.u_slice.tile_valid, system.u_chip.u_slice.tile_ready);
      $fdisplay(file, "channel stream_read stream port %0d %0d", system.u_chip.u_slice.stream_read_valid, system.u_chip.u_slice.stream_read_ready);
      $fdisplay(file, "channel dma_read dma port %0d %0d", system.u_chip.u_slice.dma_read_valid, system.u_chip.u_slice.dma_read_ready);
      $fdisplay(file, "channel write dma port %0d %0d", system.u_chip.u_slice.write_valid, system.u_chip.u_slice.write_ready);
      $fdisplay(file, "channel write_data dma port %0d %0d", system.u_chip.u_slice.write_data_valid, system.u_chip.u_slice.write_data_ready);
      $fdisplay(file, "channel ar port memory %0d %0d", system.arvalid, system.arready);
      $fdisplay(file, "channel r memory port %0d %0d", system.rvalid, system.rready);
      $fdisplay(file, "channel aw port memory %0d %0d", system.awvalid, system.awready);
      $fdisplay(file, "channel w port memory %0d %0d", system.wvalid, system.wready);
      $fdisplay(file, "channel b memory port %0d %0d", system.bvalid, system.bready);

      $fdisplay(file, "owed stream_beats port %0d", stream_owed);
      $fdisplay(file, "owed dma_beats port %0d", dma_owed);
      $fdisplay(file, "owed write_beats dma %0d", data_owed);
      $fdisplay(file, "owed write_completions port %0d", done_owed);
      $fdisplay(file, "owed read_beats memory %0d", read_owed);
      $fdisplay(file, "owed write_responses memory %0d", write_owed);

      for (i = 0; i < NumSlots; i = i + 1)
        $fdisplay(file, "slot %0d %0d %0d %0d %b%b%b %b", i, live[i], clear[i], system.u_chip.u_slice.u_sequencer.slot_pc_q[i],
                  of_matrix[i], of_vector[i], of_dma[i], waits[i*NumSlots+:NumSlots]);
      $fdisplay(file, "head matrix %0d %0d", system.u_chip.u_slice.matrix_cmd_valid, system.u_chip.u_slice.matrix_slot);
      $fdisplay(file, "head vector %0d %0d", system.u_chip.u_slice.vector_cmd_valid, system.u_chip.u_slice.vector_head);
      $fdisplay(file, "head dma %0d %0d", system.u_chip.u_slice.dma_cmd_valid, system.u_chip.u_slice.dma_head);
      $fclose(file);
    end
    reported = report_i || stalled_o;
  end

  /* verilator lint_on BLKSEQ */

endmodule
