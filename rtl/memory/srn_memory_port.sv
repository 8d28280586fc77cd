// AXI4 master of a slice: reads of the weight stream (id 0) and of the dma unit (id 1), writes of the dma unit (id 1).
// Unit of work: a burst of 1 to MaxBurst beats that the client has cut (srn_burst). A request is on the bus in the next cycle; read data reach
// their client within their cycle, write data in the next. One request and one beat a cycle each way; the dma's reads go first.
// Clients take every beat they asked for, so RREADY and BREADY are always high and memory may interleave the ids as it likes.
// Full-width INCR bursts only; LOCK, CACHE, PROT, QOS and REGION are not driven and are tied to the system's choice outside.
// stop_i closes the port to new bursts: what was accepted is finished, then idle_o is high for good.
// write_done_valid_o tells the B response of a burst that was marked last. An error response is reported with the burst it belongs to (a
// read's first, if a read and a write fail in one cycle); its data are delivered and its completion told all the same.
module srn_memory_port
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 16,  // bytes of a beat
    parameter int MaxBurst  = 16,  // beats
    parameter int MaxReads  = 32,  // bursts of each read client in flight
    parameter int MaxWrites = 16   // bursts in flight
) (
    input logic clk_i,
    input logic rst_ni,

    // stream reads
    input  logic                          stream_valid_i,
    output logic                          stream_ready_o,
    input  logic [             DramW-1:0] stream_addr_i,
    input  logic [$clog2(MaxBurst+1)-1:0] stream_beats_i,
    input  logic [             SlotW-1:0] stream_slot_i,
    output logic                          stream_data_valid_o,

    // dma reads
    input  logic                          dma_valid_i,
    output logic                          dma_ready_o,
    input  logic [             DramW-1:0] dma_addr_i,
    input  logic [$clog2(MaxBurst+1)-1:0] dma_beats_i,
    input  logic [             SlotW-1:0] dma_slot_i,
    output logic                          dma_data_valid_o,

    output logic [PortBytes*8-1:0] read_data_o,  // to both

    // dma writes
    input  logic                          write_valid_i,
    output logic                          write_ready_o,
    input  logic [             DramW-1:0] write_addr_i,
    input  logic [$clog2(MaxBurst+1)-1:0] write_beats_i,
    input  logic [             SlotW-1:0] write_slot_i,
    input  logic                          write_last_i,         // of its command
    input  logic                          write_data_valid_i,   // bursts' beats in the order of the bursts
    output logic                          write_data_ready_o,
    input  logic [       PortBytes*8-1:0] write_data_i,
    input  logic [         PortBytes-1:0] write_strobe_i,
    output logic                          write_done_valid_o,
    output logic [             SlotW-1:0] write_done_slot_o,

    // status
    input  logic             stop_i,              // accept no more bursts
    output logic             bus_error_valid_o,
    output logic             bus_error_client_o,  // 0 stream, 1 dma
    output logic [DramW-1:0] bus_error_addr_o,    // first beat of the burst
    output logic [SlotW-1:0] bus_error_slot_o,
    output logic             idle_o,              // nothing in flight
    output logic             reading_o,           // beats are awaited

    // trace: beats on their way to DRAM
    output logic                   trace_valid_o,
    output logic [      SlotW-1:0] trace_slot_o,
    output logic [      DramW-1:0] trace_addr_o,
    output logic [PortBytes*8-1:0] trace_data_o,
    output logic [  PortBytes-1:0] trace_strobe_o,

    // AXI4 read
    output logic                   arvalid_o,
    input  logic                   arready_i,
    output logic                   arid_o,
    output logic [           39:0] araddr_o,
    output logic [            7:0] arlen_o,
    output logic [            2:0] arsize_o,
    output logic [            1:0] arburst_o,
    input  logic                   rvalid_i,
    output logic                   rready_o,
    input  logic                   rid_i,
    input  logic [PortBytes*8-1:0] rdata_i,
    input  logic [            1:0] rresp_i,
    input  logic                   rlast_i,

    // AXI4 write
    output logic                   awvalid_o,
    input  logic                   awready_i,
    output logic                   awid_o,
    output logic [           39:0] awaddr_o,
    output logic [            7:0] awlen_o,
    output logic [            2:0] awsize_o,
    output logic [            1:0] awburst_o,
    output logic                   wvalid_o,
    input  logic                   wready_i,
    output logic [PortBytes*8-1:0] wdata_o,
    output logic [  PortBytes-1:0] wstrb_o,
    output logic                   wlast_o,
    input  logic                   bvalid_i,
    output logic                   bready_o,
    input  logic                   bid_i,
    input  logic [            1:0] bresp_i
);
  localparam int SizeW = $clog2(PortBytes);
  localparam int BurstW = $clog2(MaxBurst + 1);
  localparam int TagW = DramW + SlotW;
  localparam logic [1:0] Incr = 2'b01;

  initial if (2 ** SizeW != PortBytes || PortBytes > 128) $fatal(1, "%m: PortBytes must be a power of two up to 128");

  logic stream_tag_valid, dma_tag_valid, write_tag_valid;
  logic [DramW-1:0] stream_tag_addr, dma_tag_addr, write_tag_addr;
  logic [SlotW-1:0] stream_tag_slot, dma_tag_slot, write_tag_slot;

  // ---------------------------------------------------------------------------------------------- read requests
  logic stream_tag_ready, dma_tag_ready, dma_go, stream_go;
  logic ar_free, ar_valid_q, ar_id_q;
  logic [DramW-1:0] ar_addr_q;
  logic [BurstW-1:0] ar_beats_q;

  assign ar_free = !ar_valid_q || arready_i;
  assign dma_go = dma_valid_i && dma_tag_ready && !stop_i;
  assign stream_go = stream_valid_i && stream_tag_ready && !stop_i && !dma_go;
  assign dma_ready_o = ar_free && dma_tag_ready && !stop_i;
  assign stream_ready_o = ar_free && stream_tag_ready && !stop_i && !dma_go;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) ar_valid_q <= 1'b0;
    else if (ar_free) ar_valid_q <= dma_go || stream_go;
  end

  always_ff @(posedge clk_i) begin
    if (ar_free) begin
      ar_id_q    <= dma_go;
      ar_addr_q  <= dma_go ? dma_addr_i : stream_addr_i;
      ar_beats_q <= dma_go ? dma_beats_i : stream_beats_i;
    end
  end

  assign arvalid_o = ar_valid_q;
  assign arid_o = ar_id_q;
  assign araddr_o = 40'(ar_addr_q) << SizeW;
  assign arlen_o = 8'(ar_beats_q - 1'b1);
  assign arsize_o = 3'(SizeW);
  assign arburst_o = Incr;

  // ---------------------------------------------------------------------------------------------- read data
  logic [$clog2(MaxReads+1)-1:0] stream_tags, dma_tags;  // bursts in flight

  assign rready_o = 1'b1;
  assign read_data_o = rdata_i;
  assign stream_data_valid_o = rvalid_i && !rid_i;
  assign dma_data_valid_o = rvalid_i && rid_i;

  srn_fifo #(
      .Width(TagW),
      .Depth(MaxReads)
  ) u_stream_tags (
      .clk_i,
      .rst_ni,
      .in_valid_i (stream_valid_i && stream_ready_o),
      .in_ready_o (stream_tag_ready),
      .in_data_i  ({stream_slot_i, stream_addr_i}),
      .out_valid_o(stream_tag_valid),
      .out_ready_i(stream_data_valid_o && rlast_i),
      .out_data_o ({stream_tag_slot, stream_tag_addr}),
      .count_o    (stream_tags)
  );

  srn_fifo #(
      .Width(TagW),
      .Depth(MaxReads)
  ) u_dma_tags (
      .clk_i,
      .rst_ni,
      .in_valid_i (dma_valid_i && dma_ready_o),
      .in_ready_o (dma_tag_ready),
      .in_data_i  ({dma_slot_i, dma_addr_i}),
      .out_valid_o(dma_tag_valid),
      .out_ready_i(dma_data_valid_o && rlast_i),
      .out_data_o ({dma_tag_slot, dma_tag_addr}),
      .count_o    (dma_tags)
  );

  // ---------------------------------------------------------------------------------------------- write
  logic write_tag_last, write_ready;

  assign write_ready_o = write_ready && !stop_i;

  srn_write_port #(
      .PortBytes(PortBytes),
      .MaxBurst (MaxBurst),
      .MaxWrites(MaxWrites)
  ) u_write (
      .clk_i,
      .rst_ni,
      .write_valid_i(write_valid_i && !stop_i),
      .write_ready_o(write_ready),
      .write_addr_i,
      .write_beats_i,
      .write_slot_i,
      .write_last_i,
      .write_data_valid_i,
      .write_data_ready_o,
      .write_data_i,
      .write_strobe_i,
      .tag_valid_o(write_tag_valid),
      .tag_slot_o (write_tag_slot),
      .tag_addr_o (write_tag_addr),
      .tag_last_o (write_tag_last),
      .trace_valid_o,
      .trace_slot_o,
      .trace_addr_o,
      .trace_data_o,
      .trace_strobe_o,
      .awvalid_o,
      .awready_i,
      .awaddr_o,
      .awlen_o,
      .wvalid_o,
      .wready_i,
      .wdata_o,
      .wstrb_o,
      .wlast_o,
      .bvalid_i
  );

  assign awid_o = 1'b1;
  assign awsize_o = 3'(SizeW);
  assign awburst_o = Incr;
  assign bready_o = 1'b1;
  assign write_done_valid_o = bvalid_i && write_tag_last;
  assign write_done_slot_o = write_tag_slot;

  // ---------------------------------------------------------------------------------------------- status
  logic read_error, write_error;

  assign read_error = rvalid_i && rresp_i != '0;
  assign write_error = bvalid_i && bresp_i != '0;
  assign bus_error_valid_o = read_error || write_error;
  assign bus_error_client_o = !read_error || rid_i;
  assign bus_error_addr_o = !read_error ? write_tag_addr : rid_i ? dma_tag_addr : stream_tag_addr;
  assign bus_error_slot_o = !read_error ? write_tag_slot : rid_i ? dma_tag_slot : stream_tag_slot;
  assign reading_o = stream_tags != '0 || dma_tags != '0;
  assign idle_o = !reading_o && !write_tag_valid;

  // ---------------------------------------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni && rvalid_i) begin
      assert (rid_i ? dma_tag_valid : stream_tag_valid)
      else $fatal(1, "%m: read data that nobody asked for");
    end
    if (rst_ni && bvalid_i) begin
      assert (write_tag_valid && bid_i)
      else $fatal(1, "%m: a write response that nobody waits for");
    end
  end
endmodule
