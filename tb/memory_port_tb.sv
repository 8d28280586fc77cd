// The memory port and DRAM alone: the clients are the bench's. events.txt has a line an event, "cycle kind numbers".
module memory_port_tb
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 16,
    parameter int MaxBurst  = 16,
    parameter int MaxReads  = 32,
    parameter int MaxWrites = 16,
    parameter int DramBeats = 16384
) (
    input logic clk_i,
    input logic rst_ni,

    // requests
    input  logic                   stream_valid_i,
    output logic                   stream_ready_o,
    input  logic [      DramW-1:0] stream_addr_i,
    input  logic [            8:0] stream_beats_i,
    input  logic [      SlotW-1:0] stream_slot_i,
    input  logic                   dma_valid_i,
    output logic                   dma_ready_o,
    input  logic [      DramW-1:0] dma_addr_i,
    input  logic [            8:0] dma_beats_i,
    input  logic [      SlotW-1:0] dma_slot_i,
    input  logic                   write_valid_i,
    output logic                   write_ready_o,
    input  logic [      DramW-1:0] write_addr_i,
    input  logic [            8:0] write_beats_i,
    input  logic [      SlotW-1:0] write_slot_i,
    input  logic                   write_last_i,
    input  logic                   beat_valid_i,
    output logic                   beat_ready_o,
    input  logic [PortBytes*8-1:0] beat_data_i,
    input  logic [  PortBytes-1:0] beat_strobe_i,
    input  logic                   stop_i,
    output logic                   port_idle_o,
    output logic                   bus_idle_o,

    // DRAM
    input  logic [31:0] seed_i,
    input  logic        load_i,
    input  logic        dump_i,
    input  logic [ 8:0] dram_rate_i,
    input  logic [ 9:0] dram_latency_i,
    input  logic        dram_interleave_i,
    input  logic [ 7:0] dram_stall_i,
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
  localparam int BurstW = $clog2(MaxBurst + 1);

  logic stream_data_valid, dma_data_valid, write_done_valid;
  logic [SlotW-1:0] write_done_slot;
  logic [DataW-1:0] read_data, peek;
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
      .MaxBurst (MaxBurst),
      .MaxReads (MaxReads),
      .MaxWrites(MaxWrites)
  ) u_port (
      .clk_i,
      .rst_ni,
      .stream_valid_i,
      .stream_ready_o,
      .stream_addr_i,
      .stream_beats_i     (stream_beats_i[BurstW-1:0]),
      .stream_slot_i,
      .stream_data_valid_o(stream_data_valid),
      .dma_valid_i,
      .dma_ready_o,
      .dma_addr_i,
      .dma_beats_i        (dma_beats_i[BurstW-1:0]),
      .dma_slot_i,
      .dma_data_valid_o   (dma_data_valid),
      .read_data_o        (read_data),
      .write_valid_i,
      .write_ready_o,
      .write_addr_i,
      .write_beats_i      (write_beats_i[BurstW-1:0]),
      .write_slot_i,
      .write_last_i,
      .write_data_valid_i (beat_valid_i),
      .write_data_ready_o (beat_ready_o),
      .write_data_i       (beat_data_i),
      .write_strobe_i     (beat_strobe_i),
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
      .dump_i       (dump_i),
      .dump_base_i  (dram_dump_base_i),
      .dump_beats_i (dram_dump_beats_i),
      .watch_base_i (dram_watch_base_i),
      .watch_size_i (dram_watch_size_i),
      .watch_o      (dram_watch_o),
      .read_beats_o (dram_read_beats_o),
      .write_beats_o(dram_write_beats_o),
      .idle_o       (bus_idle_o)
  );

  logic reading, unused;
  assign unused = &{1'b0, reading, peek, stream_beats_i, dma_beats_i, write_beats_i};

  // ---------------------------------------------------------------------------------------------- log
  int events;
  logic [31:0] cycle_q;
  logic was_reset_q;

  initial events = $fopen("events.txt", "w");

  always_ff @(posedge clk_i) begin
    if (!rst_ni) cycle_q <= '0;
    else cycle_q <= cycle_q + 1'b1;
    was_reset_q <= !rst_ni;
  end

  // at the falling edge, when all has settled: what the next rising edge will do. A reset of one edge is over by then.
  always @(negedge clk_i) begin
    if (was_reset_q) $fdisplay(events, "reset");
    if (rst_ni) begin
      if (arvalid && arready) $fdisplay(events, "%0d ar %0d %0d %0d", cycle_q, arid, araddr / 40'(PortBytes), arlen);
      if (stream_data_valid) $fdisplay(events, "%0d data %0d %h", cycle_q, 0, read_data);
      if (dma_data_valid) $fdisplay(events, "%0d data %0d %h", cycle_q, 1, read_data);
      if (bus_error) $fdisplay(events, "%0d error %0d %0d %0d", cycle_q, bus_error_client, bus_error_addr, bus_error_slot);
      if (awvalid && awready) $fdisplay(events, "%0d aw %0d %0d", cycle_q, awaddr / 40'(PortBytes), awlen);
      if (wvalid && wready) $fdisplay(events, "%0d w", cycle_q);
      if (bvalid && bready) $fdisplay(events, "%0d b", cycle_q);
      if (write_done_valid) $fdisplay(events, "%0d done %0d", cycle_q, write_done_slot);
      if (trace_valid)
        $fdisplay(events, "%0d write %0d %0d %h %h", cycle_q, trace_slot, trace_addr, trace_data, trace_strobe);
    end
    if (dump_i) $fflush(events);
  end
endmodule
