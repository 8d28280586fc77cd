// The matrix unit, driven from files in the folder of the run, so that Python takes no part in a clock. After go_i:
// amem.bin (all blocks) is loaded, then the commands of commands.bin (a matrix_cmd_t, above it a bit that says "only after
// everything before") and the beats of beats.bin are offered in order; all big-endian. Every word, acceptance,
// completion, first and last beat of a command is a line of log.txt, the counters its last; done_o rises when all is finished. The stalls, of 256, are the
// chance per clock that a beat, AMEM, VMEM, or a command and its clear make the unit wait.
module matrix_bench
  import srn_pkg::*;
  import srn_isa_pkg::*;
#(
    parameter int PortBytes  = 16,
    parameter int Rows       = 8,
    parameter int Passes     = 2,
    parameter int AmemBlocks = 2048
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic        go_i,
    input  logic [31:0] seed_i,
    input  logic [ 7:0] stall_beat_i,
    input  logic [ 7:0] stall_amem_i,
    input  logic [ 7:0] stall_write_i,
    input  logic [ 7:0] stall_command_i,
    output logic        done_o
);
  localparam int Lanes = PortBytes / 2;
  localparam int CmdW = 113;
  localparam int EntryBytes = 15;
  localparam int Quiet = 64;  // clocks without a command in flight: a late write would be seen

  initial if ($bits(matrix_cmd_t) != CmdW) $fatal(1, "%m: matrix_cmd_t has another width");

  // ---------------------------------------------------------------- chance
  logic [31:0] random_q, random_x, random_y, random_d;
  assign random_x = random_q ^ (random_q << 13);
  assign random_y = random_x ^ (random_x >> 17);
  assign random_d = random_y ^ (random_y << 5);
  logic hold_beat, hold_command;
  assign hold_beat = random_q[7:0] < stall_beat_i;
  assign hold_command = random_q[15:8] < stall_command_i;

  // ---------------------------------------------------------------- commands and beats
  int command_file, beat_file, amem_file, log_file, got, idle_q, cycle_q;
  int busy_q, beats_q, passes_q, wait_beat_q, wait_operand_q, wait_drain_q, wait_clear_q, first_q, last_q;
  logic running_q, offered_q, have_q, wait_all_q, beat_offered_q, have_beat_q;
  logic [EntryBytes*8-1:0] entry;
  logic [PortBytes*8-1:0] beat, beat_q;
  matrix_cmd_t cmd_q;

  logic [NumSlots-1:0] inflight_q, wait_q, cleared_q, clear;
  logic [SlotW-1:0] next_slot, done_slot, write_slot;
  logic cmd_valid, cmd_ready, done_valid, beat_valid, beat_ready;
  assign next_slot = cmd_q.slot;
  assign cmd_valid = have_q && offered_q && !inflight_q[next_slot];
  assign beat_valid = have_beat_q && beat_offered_q;
  for (genvar i = 0; i < NumSlots; i++) begin : gen_clear
    assign clear[i] = inflight_q[i]
                    && (wait_q[i] ? inflight_q == NumSlots'(1) << i : cleared_q[i] || stall_command_i == '0);
  end

  logic amem_valid, amem_ready, write_valid, write_ready;
  logic [AmemW-1:0] amem_addr;
  logic [VmemW-1:0] write_addr;
  logic [Lanes*FpW-1:0] write_data;
  logic [Lanes-1:0] write_strobe;
  logic busy, taken, pass, wait_beat, wait_operand, wait_drain, wait_clear, wait_command, start, finish;
  logic [SlotW-1:0] head;

  logic [ScaleW+BlockW-1:0] blocks[AmemBlocks];
  logic [ScaleW+BlockW-1:0] amem_data_q;
  assign amem_ready  = random_q[23:16] >= stall_amem_i;
  assign write_ready = random_q[31:24] >= stall_write_i;

  // Without an accepted address, rubbish; likewise before the command is clear, whose operands may still be missing.
  // The unit reads for the command that it accepted last.
  logic [SlotW-1:0] reading_q;
  always_ff @(posedge clk_i) begin
    if (cmd_valid && cmd_ready) reading_q <= next_slot;
    amem_data_q <= amem_valid && amem_ready && clear[reading_q] ? blocks[amem_addr[$clog2(AmemBlocks)-1:0]]
                                                                : {8'ha5, {BlockW / 32{random_q}}};
  end

  /* verilator lint_off BLKSEQ */  // of files: read and used within the clock
  always @(posedge clk_i) begin
    random_q <= random_d;
    cycle_q  <= cycle_q + 1;
    if (!rst_ni) begin
      running_q      <= 1'b0;
      have_q         <= 1'b0;
      offered_q      <= 1'b0;
      have_beat_q    <= 1'b0;
      beat_offered_q <= 1'b0;
      inflight_q     <= '0;
      done_o         <= 1'b0;
      random_q       <= seed_i | 32'd1;
    end else if (!running_q) begin
      if (go_i && !done_o) begin
        command_file = $fopen("commands.bin", "rb");
        beat_file    = $fopen("beats.bin", "rb");
        amem_file    = $fopen("amem.bin", "rb");
        log_file     = $fopen("log.txt", "w");
        if (command_file == 0 || beat_file == 0 || amem_file == 0 || log_file == 0) $fatal(1, "%m: a file is missing");
        got = $fread(blocks, amem_file);
        if (got != AmemBlocks * 33) $fatal(1, "%m: amem.bin has %0d bytes", got);
        $fclose(amem_file);
        running_q      <= 1'b1;
        idle_q         <= 0;
        cycle_q        <= 0;
        busy_q         <= 0;
        beats_q        <= 0;
        passes_q       <= 0;
        wait_beat_q    <= 0;
        wait_operand_q <= 0;
        wait_drain_q   <= 0;
        wait_clear_q   <= 0;
      end
    end else begin
      if (write_valid && write_ready) $fwrite(log_file, "W %0d %h %h %h\n", write_slot, write_addr, write_strobe, write_data);
      if (done_valid) $fwrite(log_file, "D %0d %0d\n", done_slot, cycle_q);
      if (cmd_valid && cmd_ready) $fwrite(log_file, "C %0d %0d\n", next_slot, cycle_q);
      if (start) $fwrite(log_file, "B %0d %0d\n", head, beats_q);
      if (finish) $fwrite(log_file, "E %0d\n", beats_q + 32'(taken));

      // a slot that completes in this clock may not be given again before the next
      cleared_q <= cleared_q | (NumSlots'(!hold_command) << random_q[19:16]);
      if (done_valid) inflight_q[done_slot] <= 1'b0;
      offered_q <= have_q && (offered_q || !hold_command);
      if (cmd_valid && cmd_ready) begin
        inflight_q[next_slot] <= 1'b1;
        wait_q[next_slot]     <= wait_all_q;
        cleared_q[next_slot]  <= 1'b0;
      end
      if (!have_q || (cmd_valid && cmd_ready)) begin
        got = $fread(entry, command_file);
        have_q     <= got == EntryBytes;
        wait_all_q <= entry[CmdW];
        cmd_q      <= entry[CmdW-1:0];
        offered_q  <= !hold_command;
      end

      beat_offered_q <= have_beat_q && (beat_offered_q || !hold_beat);
      if (!have_beat_q || (beat_valid && beat_ready)) begin
        got = $fread(beat, beat_file);
        have_beat_q    <= got == PortBytes;
        beat_q         <= beat;
        beat_offered_q <= !hold_beat;
      end

      busy_q         <= busy_q + 32'(busy);
      beats_q        <= beats_q + 32'(taken);
      passes_q       <= passes_q + 32'(pass);
      wait_beat_q    <= wait_beat_q + 32'(wait_beat);
      wait_operand_q <= wait_operand_q + 32'(wait_operand);
      wait_drain_q   <= wait_drain_q + 32'(wait_drain);
      wait_clear_q   <= wait_clear_q + 32'(wait_clear);
      if (taken && beats_q == 0) first_q <= cycle_q;
      if (taken || pass) last_q <= cycle_q;

      idle_q <= have_q || inflight_q != '0 ? 0 : idle_q + 1;
      if (idle_q == Quiet) begin
        if (have_beat_q) $fatal(1, "%m: beats are left over");
        if (busy) $fatal(1, "%m: busy without a command");
        $fwrite(log_file, "S %0d %0d %0d %0d %0d %0d %0d %0d %0d\n", busy_q, beats_q, passes_q, wait_beat_q, wait_operand_q,
                wait_drain_q, wait_clear_q, first_q, last_q);
        $fclose(command_file);
        $fclose(beat_file);
        $fclose(log_file);
        running_q <= 1'b0;
        done_o    <= 1'b1;
      end
    end
    if (rst_ni && done_valid && !inflight_q[done_slot]) $fatal(1, "%m: slot %0d completes twice", done_slot);
  end
  /* verilator lint_on BLKSEQ */

  // ---------------------------------------------------------------- unit
  srn_matrix #(
      .PortBytes(PortBytes),
      .Rows(Rows),
      .Passes(Passes)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .cmd_valid_i(cmd_valid),
      .cmd_ready_o(cmd_ready),
      .cmd_i(cmd_q),
      .clear_i(clear),
      .beat_valid_i(beat_valid),
      .beat_ready_o(beat_ready),
      .beat_data_i(beat_q),
      .amem_valid_o(amem_valid),
      .amem_ready_i(amem_ready),
      .amem_addr_o(amem_addr),
      .amem_data_i(amem_data_q),
      .write_valid_o(write_valid),
      .write_ready_i(write_ready),
      .write_addr_o(write_addr),
      .write_data_o(write_data),
      .write_strobe_o(write_strobe),
      .write_slot_o(write_slot),
      .done_valid_o(done_valid),
      .done_slot_o(done_slot),
      .busy_o(busy),
      .beat_o(taken),
      .pass_o(pass),
      .wait_beat_o(wait_beat),
      .wait_operand_o(wait_operand),
      .wait_drain_o(wait_drain),
      .wait_clear_o(wait_clear),
      .wait_command_o(wait_command),
      .slot_o(head),
      .start_o(start),
      .finish_o(finish)
  );

  // ---------------------------------------------------------------- no X
  known #(
      .Width(15)
  ) u_known_controls (
      .clk_i,
      .rst_ni,
      .when_i(1'b1),
      .value_i({cmd_ready, beat_ready, amem_valid, write_valid, done_valid, busy, taken, pass,
               wait_beat, wait_operand, wait_drain, wait_clear, wait_command, start, finish})
  );
  known #(
      .Width(AmemW)
  ) u_known_amem (
      .clk_i,
      .rst_ni,
      .when_i(amem_valid),
      .value_i(amem_addr)
  );
  known #(
      .Width(SlotW + VmemW + Lanes)
  ) u_known_write (
      .clk_i,
      .rst_ni,
      .when_i(write_valid),
      .value_i({write_slot, write_addr, write_strobe})
  );
  for (genvar i = 0; i < Lanes; i++) begin : gen_known_write
    known #(
        .Width(32)
    ) u_known_lane (
        .clk_i,
        .rst_ni,
        .when_i(write_valid && write_strobe[i]),
        .value_i(write_data[32*i+:32])
    );
  end
  known #(
      .Width(SlotW)
  ) u_known_done (
      .clk_i,
      .rst_ni,
      .when_i(done_valid),
      .value_i(done_slot)
  );

  logic unused;
  assign unused = &{1'b0, entry[EntryBytes*8-1:CmdW+1], amem_addr[AmemW-1:$clog2(AmemBlocks)]};

endmodule
