// The memory side of a slice for its benches: weight stream, dma unit, memory port and DRAM, with plain arrays in place of VMEM, AMEM and the
// instruction memory. Everything cycle by cycle is here; Python prepares files, gives commands and reads the log.
//
// Local memories are read on a pulse of load_i from vmem.bin and amem.bin (words with the highest byte first) and written on a pulse of dump_i,
// or with every completion if dump_on_done_i, to vmem.txt and imem.txt (a hexadecimal word a line), together with the DRAM range of dram_dump_*.
// events.txt has a line an event, "cycle kind numbers"; beats.txt the beats that the matrix unit took.
module memory_tb
  import srn_isa_pkg::*;
#(
    parameter int PortBytes   = 16,
    parameter int MaxBurst    = 16,
    parameter int StreamDepth = 512,
    parameter int DmaDepth    = 64,
    parameter int DramBeats   = 16384,
    parameter int VmemWords   = 1024,
    parameter int AmemBlocks  = 1024,
    parameter int ImemWords   = 512
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic                           stream_cmd_valid_i,
    output logic                           stream_cmd_ready_o,
    input  logic [$bits(stream_cmd_t)-1:0] stream_cmd_data_i,
    input  logic [           NumSlots-1:0] stream_clear_i,
    input  logic                           dma_cmd_valid_i,
    output logic                           dma_cmd_ready_o,
    input  logic [   $bits(dma_cmd_t)-1:0] dma_cmd_data_i,
    input  logic [           NumSlots-1:0] dma_clear_i,

    // the neighbours' manners: chance in 256, each cycle, of not being ready
    input logic [ 7:0] stall_beat_i,
    input logic [ 7:0] stall_vmem_i,
    input logic [ 7:0] stall_share_i,
    input logic [ 7:0] stall_amem_i,
    input logic        hold_beats_i,  // the matrix unit takes nothing
    input logic [31:0] seed_i,
    input logic        stop_i,

    // what to wait for
    input  logic [31:0] beats_wanted_i,
    output logic        beats_reached_o,
    input  logic [31:0] dones_wanted_i,
    output logic        dones_reached_o,
    output logic [31:0] beats_o,
    output logic [31:0] span_o,           // cycles from the first to the last beat taken
    output logic [31:0] dones_o,
    output logic [31:0] errors_o,
    output logic        dma_busy_o,
    output logic        port_idle_o,
    output logic        bus_idle_o,

    // files
    input logic load_i,
    input logic dump_i,
    input logic dump_on_done_i,

    // DRAM
    input  logic [ 8:0] dram_rate_i,
    input  logic [ 9:0] dram_latency_i,
    input  logic        dram_interleave_i,
    input  logic [ 7:0] dram_stall_i,         // of every channel
    input  logic [31:0] dram_error_base_i,
    input  logic [31:0] dram_error_size_i,
    input  logic [31:0] dram_dump_base_i,
    input  logic [31:0] dram_dump_beats_i,
    input  logic [31:0] dram_watch_base_i,
    input  logic [31:0] dram_watch_size_i,
    output logic        dram_watch_o,
    output logic [31:0] dram_read_beats_o,
    output logic [31:0] dram_write_beats_o
);
  localparam int DataW = PortBytes * 8;
  localparam int WordW = PortBytes * 16;
  localparam int BurstW = $clog2(MaxBurst + 1);

  // ---------------------------------------------------------------------------------------------- design
  stream_cmd_t stream_cmd;
  dma_cmd_t dma_cmd;
  assign stream_cmd = stream_cmd_data_i;
  assign dma_cmd = dma_cmd_data_i;

  logic stream_valid, stream_ready, stream_data_valid;
  logic [DramW-1:0] stream_addr;
  logic [BurstW-1:0] stream_beats;
  logic [SlotW-1:0] stream_slot;
  logic [DataW-1:0] read_data;
  logic beat_valid, beat_ready;
  logic [DataW-1:0] beat_data;

  logic stream_start, stream_finish, stream_asked, stream_first, stream_full, reading;

  srn_stream #(
      .PortBytes(PortBytes),
      .StreamDepth(StreamDepth),
      .MaxBurst(MaxBurst)
  ) u_stream (
      .clk_i,
      .rst_ni,
      .cmd_valid_i      (stream_cmd_valid_i),
      .cmd_ready_o      (stream_cmd_ready_o),
      .cmd_i            (stream_cmd),
      .stream_clear_i,
      .read_valid_o     (stream_valid),
      .read_ready_i     (stream_ready),
      .read_addr_o      (stream_addr),
      .read_beats_o     (stream_beats),
      .read_slot_o      (stream_slot),
      .read_data_valid_i(stream_data_valid),
      .read_data_i      (read_data),
      .beat_valid_o     (beat_valid),
      .beat_ready_i     (beat_ready),
      .beat_data_o      (beat_data),
      .start_o          (stream_start),
      .finish_o         (stream_finish),
      .asked_o          (stream_asked),
      .first_o          (stream_first),
      .full_o           (stream_full)
  );

  logic done_valid;
  logic [SlotW-1:0] done_slot;
  logic dma_valid, dma_ready, dma_data_valid;
  logic [DramW-1:0] dma_addr;
  logic [BurstW-1:0] dma_beats;
  logic [SlotW-1:0] dma_slot;
  logic write_valid, write_ready, write_last, write_data_valid, write_data_ready, write_done_valid;
  logic [DramW-1:0] write_addr;
  logic [BurstW-1:0] write_beats;
  logic [SlotW-1:0] write_slot, write_done_slot;
  logic [DataW-1:0] write_data;
  logic [PortBytes-1:0] write_strobe;
  logic vmem_valid, vmem_ready, share_valid, share_ready, amem_valid, amem_ready, imem_write;
  logic [VmemW-1:0] vmem_addr, share_addr;
  logic [WordW-1:0] vmem_data, share_data;
  logic [PortBytes/2-1:0] vmem_strobe;
  logic [SlotW-1:0] vmem_slot;
  logic [AmemW-1:0] amem_addr;
  logic [263:0] amem_data;
  logic [15:0] imem_addr;
  logic [InstructionW-1:0] imem_data;

  srn_dma #(
      .PortBytes(PortBytes),
      .MaxBurst (MaxBurst),
      .DmaDepth (DmaDepth)
  ) u_dma (
      .clk_i,
      .rst_ni,
      .cmd_valid_i        (dma_cmd_valid_i),
      .cmd_ready_o        (dma_cmd_ready_o),
      .cmd_i              (dma_cmd),
      .clear_i            (dma_clear_i),
      .done_valid_o       (done_valid),
      .done_slot_o        (done_slot),
      .read_valid_o       (dma_valid),
      .read_ready_i       (dma_ready),
      .read_addr_o        (dma_addr),
      .read_beats_o       (dma_beats),
      .read_slot_o        (dma_slot),
      .read_data_valid_i  (dma_data_valid),
      .read_data_i        (read_data),
      .write_valid_o      (write_valid),
      .write_ready_i      (write_ready),
      .write_addr_o       (write_addr),
      .write_beats_o      (write_beats),
      .write_slot_o       (write_slot),
      .write_last_o       (write_last),
      .write_data_valid_o (write_data_valid),
      .write_data_ready_i (write_data_ready),
      .write_data_o       (write_data),
      .write_strobe_o     (write_strobe),
      .write_done_valid_i (write_done_valid),
      .write_done_slot_i  (write_done_slot),
      .vmem_write_valid_o (vmem_valid),
      .vmem_write_ready_i (vmem_ready),
      .vmem_write_addr_o  (vmem_addr),
      .vmem_write_data_o  (vmem_data),
      .vmem_write_strobe_o(vmem_strobe),
      .vmem_write_slot_o  (vmem_slot),
      .share_valid_o      (share_valid),
      .share_ready_i      (share_ready),
      .share_addr_o       (share_addr),
      .share_data_i       (share_data),
      .amem_valid_o       (amem_valid),
      .amem_ready_i       (amem_ready),
      .amem_addr_o        (amem_addr),
      .amem_data_i        (amem_data),
      .imem_write_o       (imem_write),
      .imem_addr_o        (imem_addr),
      .imem_data_o        (imem_data),
      .busy_o             (dma_busy_o)
  );

  logic bus_error, bus_error_client, trace_valid;
  logic [DramW-1:0] bus_error_addr, trace_addr;
  logic [SlotW-1:0] bus_error_slot, trace_slot;
  logic [DataW-1:0] trace_data;
  logic [PortBytes-1:0] trace_strobe;

  logic arvalid, arready, arid, rvalid, rready, rid, rlast, awvalid, awready, awid, wvalid, wready, wlast, bvalid, bready, bid;
  logic [39:0] araddr, awaddr;
  logic [7:0] arlen, awlen;
  logic [2:0] arsize, awsize;
  logic [1:0] arburst, awburst, rresp, bresp;
  logic [DataW-1:0] rdata, wdata;
  logic [PortBytes-1:0] wstrb;

  srn_memory_port #(
      .PortBytes(PortBytes),
      .MaxBurst (MaxBurst)
  ) u_port (
      .clk_i,
      .rst_ni,
      .stream_valid_i     (stream_valid),
      .stream_ready_o     (stream_ready),
      .stream_addr_i      (stream_addr),
      .stream_beats_i     (stream_beats),
      .stream_slot_i      (stream_slot),
      .stream_data_valid_o(stream_data_valid),
      .dma_valid_i        (dma_valid),
      .dma_ready_o        (dma_ready),
      .dma_addr_i         (dma_addr),
      .dma_beats_i        (dma_beats),
      .dma_slot_i         (dma_slot),
      .dma_data_valid_o   (dma_data_valid),
      .read_data_o        (read_data),
      .write_valid_i      (write_valid),
      .write_ready_o      (write_ready),
      .write_addr_i       (write_addr),
      .write_beats_i      (write_beats),
      .write_slot_i       (write_slot),
      .write_last_i       (write_last),
      .write_data_valid_i (write_data_valid),
      .write_data_ready_o (write_data_ready),
      .write_data_i       (write_data),
      .write_strobe_i     (write_strobe),
      .write_done_valid_o (write_done_valid),
      .write_done_slot_o  (write_done_slot),
      .stop_i,
      .bus_error_valid_o  (bus_error),
      .bus_error_client_o (bus_error_client),
      .bus_error_addr_o   (bus_error_addr),
      .bus_error_slot_o   (bus_error_slot),
      .idle_o             (port_idle_o),
      .reading_o          (reading),
      .trace_valid_o      (trace_valid),
      .trace_slot_o       (trace_slot),
      .trace_addr_o       (trace_addr),
      .trace_data_o       (trace_data),
      .trace_strobe_o     (trace_strobe),
      .arvalid_o          (arvalid),
      .arready_i          (arready),
      .arid_o             (arid),
      .araddr_o           (araddr),
      .arlen_o            (arlen),
      .arsize_o           (arsize),
      .arburst_o          (arburst),
      .rvalid_i           (rvalid),
      .rready_o           (rready),
      .rid_i              (rid),
      .rdata_i            (rdata),
      .rresp_i            (rresp),
      .rlast_i            (rlast),
      .awvalid_o          (awvalid),
      .awready_i          (awready),
      .awid_o             (awid),
      .awaddr_o           (awaddr),
      .awlen_o            (awlen),
      .awsize_o           (awsize),
      .awburst_o          (awburst),
      .wvalid_o           (wvalid),
      .wready_i           (wready),
      .wdata_o            (wdata),
      .wstrb_o            (wstrb),
      .wlast_o            (wlast),
      .bvalid_i           (bvalid),
      .bready_o           (bready),
      .bid_i              (bid),
      .bresp_i            (bresp)
  );

  // ---------------------------------------------------------------------------------------------- DRAM
  logic dump;
  logic [DataW-1:0] peek;
  assign dump = dump_i || (dump_on_done_i && done_valid);

  dram #(
      .DataBytes(PortBytes),
      .Beats(DramBeats)
  ) u_dram (
      .clk_i,
      .rst_ni,
      .arvalid_i    (arvalid),
      .arready_o    (arready),
      .arid_i       (arid),
      .araddr_i     (araddr),
      .arlen_i      (arlen),
      .arsize_i     (arsize),
      .arburst_i    (arburst),
      .rvalid_o     (rvalid),
      .rready_i     (rready),
      .rid_o        (rid),
      .rdata_o      (rdata),
      .rresp_o      (rresp),
      .rlast_o      (rlast),
      .awvalid_i    (awvalid),
      .awready_o    (awready),
      .awid_i       (awid),
      .awaddr_i     (awaddr),
      .awlen_i      (awlen),
      .awsize_i     (awsize),
      .awburst_i    (awburst),
      .wvalid_i     (wvalid),
      .wready_o     (wready),
      .wdata_i      (wdata),
      .wstrb_i      (wstrb),
      .wlast_i      (wlast),
      .bvalid_o     (bvalid),
      .bready_i     (bready),
      .bid_o        (bid),
      .bresp_o      (bresp),
      .rate_i       (dram_rate_i),
      .latency_i    (dram_latency_i),
      .interleave_i (dram_interleave_i),
      .stall_ar_i   (dram_stall_i),
      .stall_r_i    (dram_stall_i),
      .stall_aw_i   (dram_stall_i),
      .stall_w_i    (dram_stall_i),
      .stall_b_i    (dram_stall_i),
      .seed_i,
      .error_base_i (dram_error_base_i),
      .error_size_i (dram_error_size_i),
      .peek_addr_i  (32'd0),
      .peek_data_o  (peek),
      .poke_i       (1'b0),
      .poke_addr_i  (32'd0),
      .poke_data_i  (DataW'(0)),
      .load_i,
      .dump_i       (dump),
      .dump_base_i  (dram_dump_base_i),
      .dump_beats_i (dram_dump_beats_i),
      .watch_base_i (dram_watch_base_i),
      .watch_size_i (dram_watch_size_i),
      .watch_o      (dram_watch_o),
      .read_beats_o (dram_read_beats_o),
      .write_beats_o(dram_write_beats_o),
      .idle_o       (bus_idle_o)
  );

  // ---------------------------------------------------------------------------------------------- no X
  known #(
      .Width(17)
  ) u_known_controls (
      .clk_i,
      .rst_ni,
      .when_i(1'b1),
      .value_i({stream_valid, beat_valid, stream_start, stream_finish, stream_asked, stream_first, stream_full, done_valid, dma_valid,
               write_valid, write_data_valid, vmem_valid, share_valid, amem_valid, imem_write, bus_error, trace_valid})
  );
  known #(
      .Width(DramW + BurstW + SlotW)
  ) u_known_stream (
      .clk_i,
      .rst_ni,
      .when_i(stream_valid),
      .value_i({stream_addr, stream_beats, stream_slot})
  );
  known #(
      .Width(DataW)
  ) u_known_beat (
      .clk_i,
      .rst_ni,
      .when_i(beat_valid),
      .value_i(beat_data)
  );
  known #(
      .Width(DramW + BurstW + SlotW)
  ) u_known_read (
      .clk_i,
      .rst_ni,
      .when_i(dma_valid),
      .value_i({dma_addr, dma_beats, dma_slot})
  );
  known #(
      .Width(DramW + BurstW + SlotW + 1)
  ) u_known_write (
      .clk_i,
      .rst_ni,
      .when_i(write_valid),
      .value_i({write_addr, write_beats, write_slot, write_last})
  );
  known #(
      .Width(PortBytes)
  ) u_known_strobe (
      .clk_i,
      .rst_ni,
      .when_i(write_data_valid),
      .value_i(write_strobe)
  );
  for (genvar i = 0; i < PortBytes; i++) begin : gen_known_data
    known #(
        .Width(8)
    ) u_known_lane (
        .clk_i,
        .rst_ni,
        .when_i(write_data_valid && write_strobe[i]),
        .value_i(write_data[8*i+:8])
    );
  end
  known #(
      .Width(VmemW + PortBytes / 2 + SlotW)
  ) u_known_vmem (
      .clk_i,
      .rst_ni,
      .when_i(vmem_valid),
      .value_i({vmem_addr, vmem_strobe, vmem_slot})
  );
  for (genvar i = 0; i < PortBytes / 2; i++) begin : gen_known_vmem
    known #(
        .Width(32)
    ) u_known_lane (
        .clk_i,
        .rst_ni,
        .when_i(vmem_valid && vmem_strobe[i]),
        .value_i(vmem_data[32*i+:32])
    );
  end
  known #(
      .Width(VmemW)
  ) u_known_share (
      .clk_i,
      .rst_ni,
      .when_i(share_valid),
      .value_i(share_addr)
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
      .Width(16 + InstructionW)
  ) u_known_imem (
      .clk_i,
      .rst_ni,
      .when_i(imem_write),
      .value_i({imem_addr, imem_data})
  );
  known #(
      .Width(SlotW)
  ) u_known_done (
      .clk_i,
      .rst_ni,
      .when_i(done_valid),
      .value_i(done_slot)
  );
  known #(
      .Width(1 + DramW + SlotW)
  ) u_known_error (
      .clk_i,
      .rst_ni,
      .when_i(bus_error),
      .value_i({bus_error_client, bus_error_addr, bus_error_slot})
  );

  logic unused;
  assign unused = &{1'b0, peek, vmem_addr, share_addr, amem_addr, imem_addr, reading};

  // ---------------------------------------------------------------------------------------------- local memories
  localparam int VmemIdxW = $clog2(VmemWords);
  localparam int AmemIdxW = $clog2(AmemBlocks);
  localparam int ImemIdxW = $clog2(ImemWords);

  bit [WordW-1:0] vmem[0:VmemWords-1];
  bit [263:0] amem[0:AmemBlocks-1];
  bit [InstructionW-1:0] imem[0:ImemWords-1];
  logic [WordW-1:0] vmem_mask;
  logic [63:0] random_q;

  for (genvar i = 0; i < PortBytes / 2; i++) begin : gen_mask
    assign vmem_mask[32*i+:32] = {32{vmem_strobe[i]}};
  end

  always @(posedge clk_i) begin
    if (!rst_ni) random_q <= {seed_i, ~seed_i ^ 32'h5851_F42D} | 64'd1;
    else random_q <= {random_q[62:0], random_q[63] ^ random_q[62] ^ random_q[60] ^ random_q[59]} ^ {random_q[31:0], 32'd0};
    vmem_ready  <= random_q[7:0] >= stall_vmem_i;
    share_ready <= random_q[18:11] >= stall_share_i;
    amem_ready  <= random_q[29:22] >= stall_amem_i;
    beat_ready  <= random_q[40:33] >= stall_beat_i && !hold_beats_i;

    if (vmem_valid && vmem_ready) begin
      vmem[vmem_addr[VmemIdxW-1:0]] <= (vmem[vmem_addr[VmemIdxW-1:0]] & ~vmem_mask) | (vmem_data & vmem_mask);
      assert (32'(vmem_addr) < VmemWords) else $fatal(1, "%m: write beyond VMEM");
    end
    if (imem_write) begin
      imem[imem_addr[ImemIdxW-1:0]] <= imem_data;
      assert (32'(imem_addr) < ImemWords) else $fatal(1, "%m: write beyond the instruction memory");
    end
    // nothing that could be used, where nothing was asked for
    share_data <= share_valid && share_ready ? vmem[share_addr[VmemIdxW-1:0]] : {PortBytes / 2{32'hDEAD_BEEF}};
    amem_data  <= amem_valid && amem_ready ? amem[amem_addr[AmemIdxW-1:0]] : {8'hEE, {8{32'hDEAD_BEEF}}};
    if (rst_ni && share_valid) begin
      assert (32'(share_addr) < VmemWords) else $fatal(1, "%m: read beyond VMEM");
    end
    if (rst_ni && amem_valid) begin
      assert (32'(amem_addr) < AmemBlocks) else $fatal(1, "%m: read beyond AMEM");
    end
  end

  // ---------------------------------------------------------------------------------------------- files
  int events, beats, file;

  initial begin
    events = $fopen("events.txt", "w");
    beats  = $fopen("beats.txt", "w");
  end

  /* verilator lint_off BLKSEQ */
  // at the falling edge, when all has settled: what the next rising edge will do. A reset of one edge is over by then.
  logic [31:0] cycle_q, first_q;
  logic was_reset_q;

  always_ff @(posedge clk_i) was_reset_q <= !rst_ni;

  always @(negedge clk_i) begin
    if (load_i) begin
      file = $fopen("vmem.bin", "rb");
      if ($fread(vmem, file) == 0) $fatal(1, "%m: vmem.bin is empty");
      $fclose(file);
      file = $fopen("amem.bin", "rb");
      if ($fread(amem, file) == 0) $fatal(1, "%m: amem.bin is empty");
      $fclose(file);
    end
    if (dump) begin
      file = $fopen("vmem.txt", "w");
      for (int i = 0; i < VmemWords; i++) $fdisplay(file, "%h", vmem[i]);
      $fclose(file);
      file = $fopen("imem.txt", "w");
      for (int i = 0; i < ImemWords; i++) $fdisplay(file, "%h", imem[i]);
      $fclose(file);
    end
    if (was_reset_q) begin
      $fdisplay(events, "reset");
      $fdisplay(beats, "reset");
    end
    if (rst_ni) begin
      if (stream_cmd_valid_i && stream_cmd_ready_o) $fdisplay(events, "%0d stream %0d", cycle_q, stream_cmd.slot);
      if (dma_cmd_valid_i && dma_cmd_ready_o) $fdisplay(events, "%0d dma %0d", cycle_q, dma_cmd.slot);
      if (done_valid) $fdisplay(events, "%0d done %0d", cycle_q, done_slot);
      if (arvalid && arready) $fdisplay(events, "%0d ar %0d %0d %0d", cycle_q, arid, araddr / 40'(PortBytes), arlen);
      if (rvalid && rready) $fdisplay(events, "%0d r %0d", cycle_q, rid);
      if (awvalid && awready) $fdisplay(events, "%0d aw %0d %0d", cycle_q, awaddr / 40'(PortBytes), awlen);
      if (wvalid && wready) $fdisplay(events, "%0d w", cycle_q);
      if (bvalid && bready) $fdisplay(events, "%0d b", cycle_q);
      if (bus_error) $fdisplay(events, "%0d error %0d %0d %0d", cycle_q, bus_error_client, bus_error_addr, bus_error_slot);
      if (vmem_valid && vmem_ready)
        $fdisplay(events, "%0d vmem %0d %0d %h %h", cycle_q, vmem_slot, vmem_addr, vmem_data, vmem_strobe);
      if (trace_valid)
        $fdisplay(events, "%0d write %0d %0d %h %h", cycle_q, trace_slot, trace_addr, trace_data, trace_strobe);
      if (beat_valid && beat_ready) $fdisplay(beats, "%h", beat_data);
    end
    if (dump) begin
      $fflush(events);
      $fflush(beats);
    end
  end
  /* verilator lint_on BLKSEQ */

  // ---------------------------------------------------------------------------------------------- counts
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cycle_q  <= '0;
      first_q  <= '0;
      beats_o  <= '0;
      span_o   <= '0;
      dones_o  <= '0;
      errors_o <= '0;
    end else begin
      cycle_q <= cycle_q + 1'b1;
      if (beat_valid && beat_ready) begin
        beats_o <= beats_o + 1'b1;
        if (beats_o == '0) first_q <= cycle_q;
        span_o <= beats_o == '0 ? 32'd1 : cycle_q - first_q + 32'd1;
      end
      if (done_valid) dones_o <= dones_o + 1'b1;
      if (bus_error) errors_o <= errors_o + 1'b1;
    end
  end

  assign beats_reached_o = beats_o >= beats_wanted_i;
  assign dones_reached_o = dones_o >= dones_wanted_i;

  // ---------------------------------------------------------------------------------------------- rules between the blocks
  logic beat_waits_q, vmem_waits_q;
  logic [DataW-1:0] beat_q;
  logic [WordW+PortBytes/2+VmemW+SlotW-1:0] vmem_q, vmem_offer;
  assign vmem_offer = {vmem_slot, vmem_addr, vmem_strobe, vmem_data & vmem_mask};

  always @(posedge clk_i) begin
    beat_waits_q <= rst_ni && beat_valid && !beat_ready;
    vmem_waits_q <= rst_ni && vmem_valid && !vmem_ready;
    beat_q <= beat_data;
    vmem_q <= vmem_offer;
    if (rst_ni && stream_cmd_valid_i && stream_cmd_ready_o) begin
      assert (stream_clear_i[stream_cmd.slot]) else $fatal(1, "%m: the stream started a command that was not clear");
    end
    if (rst_ni && dma_cmd_valid_i && dma_cmd_ready_o) begin
      assert (dma_clear_i[dma_cmd.slot]) else $fatal(1, "%m: the dma unit started a command that was not clear");
    end
    if (rst_ni && beat_waits_q) begin
      assert (beat_valid && beat_data == beat_q) else $fatal(1, "%m: a beat was withdrawn or changed");
    end
    if (rst_ni && vmem_waits_q) begin
      assert (vmem_valid && vmem_offer == vmem_q) else $fatal(1, "%m: a VMEM write was withdrawn or changed");
    end
  end
endmodule
