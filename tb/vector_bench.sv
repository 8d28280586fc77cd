// The vector unit with its memories, driven from files in the folder of the run, so that Python takes no part in a clock.
// After go_i: vmem.bin (all words, big-endian) is loaded by the dma port, then the commands of commands.bin (a byte whose
// bit 0 says "only after everything before", then a vector_cmd_t) are offered in order. Every write, acceptance and
// completion is a line of log.txt; done_o rises when all is finished. stall_i, of 256, is the chance per clock that a
// command and its clear are held back, others_i that matrix unit and shared reader want the last VMEM word; matrix_o and
// share_o count what they got while commands were in flight.
module vector_bench
  import srn_pkg::*;
  import srn_isa_pkg::*;
#(
    parameter int PortBytes  = 16,
    parameter int VmemWords  = 1024,
    parameter int AmemBlocks = 1024
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic        go_i,
    input  logic [31:0] seed_i,
    input  logic [ 7:0] stall_i,
    input  logic [ 7:0] others_i,
    output logic        done_o,
    output logic [31:0] matrix_o,
    output logic [31:0] share_o
);
  localparam int Lanes = PortBytes / 2;
  localparam int WordW = Lanes * FpW;
  localparam int AddrW = $clog2(VmemWords);
  localparam int CmdW = 224;
  localparam int Quiet = 64;  // clocks without a command in flight: a late write would be seen
  localparam logic [AddrW-1:0] Scratch = AddrW'(VmemWords - 1);

  initial if ($bits(vector_cmd_t) != CmdW) $fatal(1, "%m: vector_cmd_t has another width");

  // ---------------------------------------------------------------- chance
  logic [31:0] random_q, random_x, random_y, random_d;
  assign random_x = random_q ^ (random_q << 13);
  assign random_y = random_x ^ (random_x >> 17);
  assign random_d = random_y ^ (random_y << 5);
  logic hold, clears, matrix_wants, share_wants;
  assign hold         = random_q[7:0] < stall_i;
  assign clears       = random_q[15:8] >= stall_i;
  assign matrix_wants = random_q[23:16] < others_i;
  assign share_wants  = random_q[31:24] < others_i;

  // ---------------------------------------------------------------- files
  int vmem_file, command_file, log_file, got, idle_q, cycle_q, loaded_q;
  logic running_q, loading_q, offered_q, have_q, wait_all_q;
  logic [WordW-1:0] load_word, load_word_q;
  logic [AddrW-1:0] load_addr_q;
  logic load_valid_q;
  logic [CmdW+7:0] entry;
  vector_cmd_t cmd_q;

  logic [NumSlots-1:0] inflight_q, wait_q, cleared_q, clear, left;
  logic [SlotW-1:0] next_slot, done_slot, write_slot, amem_slot;
  logic cmd_valid, cmd_ready, done_valid;
  assign next_slot = cmd_q.slot;
  assign cmd_valid = have_q && offered_q && !inflight_q[next_slot];
  assign left = done_valid ? inflight_q & ~(NumSlots'(1) << done_slot) : inflight_q;  // as the window, within the clock
  for (genvar i = 0; i < NumSlots; i++) begin : gen_clear
    assign clear[i] = inflight_q[i] && (wait_q[i] ? left == NumSlots'(1) << i : cleared_q[i] || stall_i == '0);
  end

  logic vmem_write, amem_write, busy, wait_clear, wait_port, start, finish;
  logic [SlotW-1:0] head;
  logic [AddrW-1:0] vmem_addr;
  logic [WordW-1:0] vmem_data;
  logic [Lanes-1:0] vmem_strobe;
  logic [$clog2(AmemBlocks)-1:0] amem_addr;
  logic [ScaleW+BlockW-1:0] amem_data;

  /* verilator lint_off BLKSEQ */  // of files: read and used within the clock
  always @(posedge clk_i) begin
    random_q <= random_d;
    cycle_q  <= cycle_q + 1;
    if (!rst_ni) begin
      running_q    <= 1'b0;
      loading_q    <= 1'b0;
      load_valid_q <= 1'b0;
      have_q       <= 1'b0;
      offered_q    <= 1'b0;
      inflight_q   <= '0;
      done_o       <= 1'b0;
      idle_q       <= 0;
      cycle_q      <= 0;
      loaded_q     <= 0;
      random_q     <= seed_i | 32'd1;
    end else if (!running_q && !loading_q) begin
      if (go_i && !done_o) begin
        vmem_file    = $fopen("vmem.bin", "rb");
        command_file = $fopen("commands.bin", "rb");
        log_file     = $fopen("log.txt", "w");
        if (vmem_file == 0 || command_file == 0 || log_file == 0) $fatal(1, "%m: a file is missing");
        loading_q <= 1'b1;
        loaded_q  <= 0;
      end
    end else if (loading_q) begin
      got = $fread(load_word, vmem_file);
      load_valid_q <= got == WordW / 8;
      load_word_q  <= load_word;
      load_addr_q  <= AddrW'(loaded_q);
      loaded_q     <= loaded_q + 1;
      if (got != WordW / 8) begin
        if (loaded_q != VmemWords) $fatal(1, "%m: vmem.bin has %0d words", loaded_q);
        $fclose(vmem_file);
        loading_q <= 1'b0;
        running_q <= 1'b1;
        idle_q    <= 0;
      end
    end else begin
      if (vmem_write) $fwrite(log_file, "W %0d %h %h %h\n", write_slot, vmem_addr, vmem_strobe, vmem_data);
      if (amem_write) $fwrite(log_file, "A %0d %h %h\n", amem_slot, amem_addr, amem_data);
      if (done_valid) $fwrite(log_file, "D %0d %0d\n", done_slot, cycle_q);
      if (cmd_valid && cmd_ready) $fwrite(log_file, "C %0d %0d\n", next_slot, cycle_q);
      if (done_valid) inflight_q[done_slot] <= 1'b0;
      cleared_q <= cleared_q | (NumSlots'(clears) << random_q[19:16]);
      offered_q <= have_q && (offered_q || !hold);
      if (cmd_valid && cmd_ready) begin
        inflight_q[next_slot] <= 1'b1;
        wait_q[next_slot]     <= wait_all_q;
        cleared_q[next_slot]  <= 1'b0;
      end
      if (!have_q || (cmd_valid && cmd_ready)) begin
        got = $fread(entry, command_file);
        have_q     <= got == CmdW / 8 + 1;
        wait_all_q <= entry[CmdW];
        cmd_q      <= entry[CmdW-1:0];
        offered_q  <= !hold;
      end
      idle_q <= have_q || inflight_q != '0 ? 0 : idle_q + 1;
      if (idle_q == Quiet) begin
        $fclose(command_file);
        $fclose(log_file);
        running_q <= 1'b0;
        done_o    <= 1'b1;
      end
    end
    if (rst_ni && done_valid && !inflight_q[done_slot]) $fatal(1, "%m: slot %0d completes twice", done_slot);
  end
  /* verilator lint_on BLKSEQ */

  // ---------------------------------------------------------------- others
  logic matrix_valid_q, matrix_ready, share_valid_q, share_ready, dma_ready, yield;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || loading_q) begin
      matrix_valid_q <= 1'b0;
      share_valid_q  <= 1'b0;
      matrix_o       <= '0;
      share_o        <= '0;
    end else begin
      if (inflight_q != '0) begin
        matrix_o <= matrix_o + 32'(matrix_valid_q && matrix_ready);
        share_o  <= share_o + 32'(share_valid_q && share_ready);
      end
      matrix_valid_q <= matrix_wants || (matrix_valid_q && !matrix_ready);
      share_valid_q  <= share_wants || (share_valid_q && !share_ready);
    end
  end

  // ---------------------------------------------------------------- unit
  logic a_valid, b_valid;
  logic [AddrW-1:0] a_addr, b_addr;
  logic [WordW-1:0] a_data, b_data, share_data;

  srn_vector #(
      .PortBytes (PortBytes),
      .VmemWords (VmemWords),
      .AmemBlocks(AmemBlocks)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .cmd_valid_i   (cmd_valid),
      .cmd_ready_o   (cmd_ready),
      .cmd_i         (cmd_q),
      .clear_i       (clear),
      .done_valid_o  (done_valid),
      .done_slot_o   (done_slot),
      .vmem_yield_i  (yield),
      .vmem_a_valid_o(a_valid),
      .vmem_a_addr_o (a_addr),
      .vmem_a_data_i (a_data),
      .vmem_b_valid_o(b_valid),
      .vmem_b_addr_o (b_addr),
      .vmem_b_data_i (b_data),
      .vmem_write_o  (vmem_write),
      .vmem_addr_o   (vmem_addr),
      .vmem_data_o   (vmem_data),
      .vmem_strobe_o (vmem_strobe),
      .vmem_slot_o   (write_slot),
      .amem_write_o  (amem_write),
      .amem_addr_o   (amem_addr),
      .amem_data_o   (amem_data),
      .amem_slot_o   (amem_slot),
      .busy_o        (busy),
      .wait_clear_o  (wait_clear),
      .slot_o        (head),
      .start_o       (start),
      .finish_o      (finish),
      .wait_port_o   (wait_port)
  );

  srn_vmem #(
      .PortBytes(PortBytes),
      .VmemWords(VmemWords)
  ) u_vmem (
      .clk_i,
      .rst_ni,
      .a_valid_i      (a_valid),
      .a_addr_i       (a_addr),
      .a_data_o       (a_data),
      .b_valid_i      (b_valid),
      .b_addr_i       (b_addr),
      .b_data_o       (b_data),
      .share_valid_i  (share_valid_q),
      .share_ready_o  (share_ready),
      .share_addr_i   (Scratch),
      .share_data_o   (share_data),
      .vector_write_i (vmem_write),
      .vector_addr_i  (vmem_addr),
      .vector_data_i  (vmem_data),
      .vector_strobe_i(vmem_strobe),
      .matrix_valid_i (matrix_valid_q),
      .matrix_ready_o (matrix_ready),
      .matrix_addr_i  (Scratch),
      .matrix_data_i  ({Lanes{random_q}}),
      .matrix_strobe_i({Lanes{1'b1}}),
      .dma_valid_i    (load_valid_q),
      .dma_ready_o    (dma_ready),
      .dma_addr_i     (load_addr_q),
      .dma_data_i     (load_word_q),
      .dma_strobe_i   ({Lanes{1'b1}}),
      .yield_o        (yield)
  );

  // ---------------------------------------------------------------- no X
  known #(
      .Width(11)
  ) u_known_controls (
      .clk_i,
      .rst_ni,
      .when_i(1'b1),
      .value_i({cmd_ready, done_valid, a_valid, b_valid, vmem_write, amem_write, busy, wait_clear, wait_port, start, finish})
  );
  known #(
      .Width(AddrW)
  ) u_known_a (
      .clk_i,
      .rst_ni,
      .when_i(a_valid),
      .value_i(a_addr)
  );
  known #(
      .Width(AddrW)
  ) u_known_b (
      .clk_i,
      .rst_ni,
      .when_i(b_valid),
      .value_i(b_addr)
  );
  known #(
      .Width(SlotW + AddrW + Lanes)
  ) u_known_vmem (
      .clk_i,
      .rst_ni,
      .when_i(vmem_write),
      .value_i({write_slot, vmem_addr, vmem_strobe})
  );
  for (genvar i = 0; i < Lanes; i++) begin : gen_known_vmem
    known #(
        .Width(32)
    ) u_known_lane (
        .clk_i,
        .rst_ni,
        .when_i(vmem_write && vmem_strobe[i]),
        .value_i(vmem_data[32*i+:32])
    );
  end
  known #(
      .Width(SlotW + $clog2(AmemBlocks) + ScaleW + BlockW)
  ) u_known_amem (
      .clk_i,
      .rst_ni,
      .when_i(amem_write),
      .value_i({amem_slot, amem_addr, amem_data})
  );
  known #(
      .Width(SlotW)
  ) u_known_done (
      .clk_i,
      .rst_ni,
      .when_i(done_valid),
      .value_i(done_slot)
  );

  logic unused;
  assign unused = &{1'b0, share_data, dma_ready, head};
endmodule
