// srn_memory_port against AXI4 and its own contract, whatever the clients ask for and however the memory answers.
// The clients cut bursts as formal_burst proves that srn_burst does; the memory answers what was asked, in order for each id.
module formal_memory_port
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 8,
    parameter int MaxBurst  = 4,
    parameter int MaxReads  = 2,
    parameter int MaxWrites = 2,
    localparam int BurstW = $clog2(MaxBurst + 1)
) (
    input logic clk_i,
    input logic rst_ni,
    input logic pick_i,

    // clients
    input logic                   stream_valid_i,
    input logic [      DramW-1:0] stream_addr_i,
    input logic [     BurstW-1:0] stream_beats_i,
    input logic [      SlotW-1:0] stream_slot_i,
    input logic                   dma_valid_i,
    input logic [      DramW-1:0] dma_addr_i,
    input logic [     BurstW-1:0] dma_beats_i,
    input logic [      SlotW-1:0] dma_slot_i,
    input logic                   write_valid_i,
    input logic [      DramW-1:0] write_addr_i,
    input logic [     BurstW-1:0] write_beats_i,
    input logic [      SlotW-1:0] write_slot_i,
    input logic                   write_last_i,
    input logic                   write_data_valid_i,
    input logic [PortBytes*8-1:0] write_data_i,
    input logic [  PortBytes-1:0] write_strobe_i,
    input logic                   stop_i,

    // memory
    input logic                   arready_i,
    input logic                   rvalid_i,
    input logic                   rid_i,
    input logic [PortBytes*8-1:0] rdata_i,
    input logic [            1:0] rresp_i,
    input logic                   awready_i,
    input logic                   wready_i,
    input logic                   bvalid_i,
    input logic [            1:0] bresp_i
);
  localparam int SizeW = $clog2(PortBytes);
  localparam int ReadsW = $clog2(MaxReads + 1);
  localparam int WritesW = $clog2(MaxWrites + 1);

  logic stream_ready, stream_data_valid, dma_ready, dma_data_valid, write_ready, write_data_ready, write_done_valid;
  logic [PortBytes*8-1:0] read_data, wdata;
  logic [SlotW-1:0] write_done_slot, bus_error_slot;
  logic bus_error_valid, bus_error_client, idle, reading, rlast;
  logic [DramW-1:0] bus_error_addr;
  logic arvalid, arid, rready, awvalid, awid, wvalid, wlast, bready;
  logic [39:0] araddr, awaddr;
  logic [7:0] arlen, awlen;
  logic [2:0] arsize, awsize;
  logic [1:0] arburst, awburst;
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
      .stream_ready_o     (stream_ready),
      .stream_addr_i,
      .stream_beats_i,
      .stream_slot_i,
      .stream_data_valid_o(stream_data_valid),
      .dma_valid_i,
      .dma_ready_o        (dma_ready),
      .dma_addr_i,
      .dma_beats_i,
      .dma_slot_i,
      .dma_data_valid_o   (dma_data_valid),
      .read_data_o        (read_data),
      .write_valid_i,
      .write_ready_o      (write_ready),
      .write_addr_i,
      .write_beats_i,
      .write_slot_i,
      .write_last_i,
      .write_data_valid_i,
      .write_data_ready_o (write_data_ready),
      .write_data_i,
      .write_strobe_i,
      .write_done_valid_o (write_done_valid),
      .write_done_slot_o  (write_done_slot),
      .stop_i,
      .bus_error_valid_o  (bus_error_valid),
      .bus_error_client_o (bus_error_client),
      .bus_error_addr_o   (bus_error_addr),
      .bus_error_slot_o   (bus_error_slot),
      .idle_o             (idle),
      .reading_o          (reading),
      .trace_valid_o      (),
      .trace_slot_o       (),
      .trace_addr_o       (),
      .trace_data_o       (),
      .trace_strobe_o     (),
      .arvalid_o          (arvalid),
      .arready_i,
      .arid_o             (arid),
      .araddr_o           (araddr),
      .arlen_o            (arlen),
      .arsize_o           (arsize),
      .arburst_o          (arburst),
      .rvalid_i,
      .rready_o           (rready),
      .rid_i,
      .rdata_i,
      .rresp_i,
      .rlast_i            (rlast),
      .awvalid_o          (awvalid),
      .awready_i,
      .awid_o             (awid),
      .awaddr_o           (awaddr),
      .awlen_o            (awlen),
      .awsize_o           (awsize),
      .awburst_o          (awburst),
      .wvalid_o           (wvalid),
      .wready_i,
      .wdata_o            (wdata),
      .wstrb_o            (wstrb),
      .wlast_o            (wlast),
      .bvalid_i,
      .bready_o           (bready),
      .bid_i              (1'b1),
      .bresp_i
  );

  formal_reset u_reset (
      .clk_i,
      .rst_ni
  );

  // ---------------------------------------------------------------- ledgers
  logic stream_taken, dma_taken, write_taken, ar_taken, aw_taken, w_taken;
  assign stream_taken = stream_valid_i && stream_ready;
  assign dma_taken    = dma_valid_i && dma_ready;
  assign write_taken  = write_valid_i && write_ready;
  assign ar_taken     = arvalid && arready_i;
  assign aw_taken     = awvalid && awready_i;
  assign w_taken      = wvalid && wready_i;

  // Reads of each id from their address on the bus to their last beat.
  logic [1:0][ReadsW-1:0] reads;
  logic [1:0] read_last;
  for (genvar id = 0; id < 2; id++) begin : gen_reads
    formal_bursts #(
        .Depth (MaxReads),
        .BeatsW(9)
    ) u_reads (
        .clk_i,
        .rst_ni,
        .push_i (ar_taken && arid == id),
        .beats_i(9'(arlen) + 9'd1),
        .beat_i (rvalid_i && rid_i == id),
        .count_o(reads[id]),
        .last_o (read_last[id])
    );
  end
  assign rlast = read_last[rid_i];

  // Writes whose data are not all on the bus yet, from the client's asking on: data may overtake their address.
  logic [WritesW-1:0] unwritten;
  logic last_beat;
  formal_bursts #(
      .Depth (MaxWrites),
      .BeatsW(BurstW)
  ) u_writes (
      .clk_i,
      .rst_ni,
      .push_i (write_taken),
      .beats_i(write_beats_i),
      .beat_i (w_taken),
      .count_o(unwritten),
      .last_o (last_beat)
  );

  // A write may be answered when its address and its last beat have been taken.
  logic [3:0] addressed_q, written_q, asked_q;  // bursts, less those answered
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      addressed_q <= '0;
      written_q <= '0;
      asked_q <= '0;
    end else begin
      addressed_q <= addressed_q + 4'(aw_taken) - 4'(bvalid_i);
      written_q <= written_q + 4'(w_taken && wlast) - 4'(bvalid_i);
      asked_q <= asked_q + 4'(write_taken) - 4'(bvalid_i);
    end
  end

  // What was asked for and is not on the bus yet.
  logic [1:0] ar_waits;
  assign ar_waits = {arvalid && arid, arvalid && !arid};

  // ---------------------------------------------------------------- what is assumed
  function automatic logic fits(input logic [DramW-1:0] addr, input logic [BurstW-1:0] beats);
    return beats != '0 && 32'(addr % MaxBurst) + 32'(beats) <= MaxBurst;
  endfunction

  always @(posedge clk_i) begin
    assume (fits(stream_addr_i, stream_beats_i) && fits(dma_addr_i, dma_beats_i) && fits(write_addr_i, write_beats_i));
    if (rst_ni && rvalid_i) assume (reads[rid_i] != '0);
    if (rst_ni && bvalid_i) assume (addressed_q != '0 && written_q != '0);
    if (!rst_ni) assume (!rvalid_i && !bvalid_i);  // the memory is reset with the port
  end

  // ---------------------------------------------------------------- order
  logic ar_held, ar_following, ar_ahead, aw_held, aw_following, aw_ahead, w_following, b_following, tag_following;
  logic [48:0] ar_word;
  logic [47:0] aw_word;
  logic [1:0] w_held, w_ahead;
  logic [PortBytes*9-1:0] w_word;
  logic [WritesW-1:0] b_held, b_ahead;
  logic [SlotW:0] b_word;
  logic [ReadsW-1:0] tag_held, tag_ahead;
  logic [SlotW+DramW-1:0] tag_word;

  formal_order #(
      .Width(1 + 40 + 8),
      .Depth(1)
  ) u_ar_order (
      .clk_i,
      .rst_ni,
      .pick_i,
      .push_i     (stream_taken || dma_taken),
      .push_data_i(dma_taken ? {1'b1, 40'(dma_addr_i) << SizeW, 8'(dma_beats_i) - 8'd1}
                             : {1'b0, 40'(stream_addr_i) << SizeW, 8'(stream_beats_i) - 8'd1}),
      .pop_i      (ar_taken),
      .pop_data_i ({arid, araddr, arlen}),
      .held_o     (ar_held),
      .following_o(ar_following),
      .ahead_o    (ar_ahead),
      .word_o     (ar_word)
  );

  formal_order #(
      .Width(40 + 8),
      .Depth(1)
  ) u_aw_order (
      .clk_i,
      .rst_ni,
      .pick_i,
      .push_i     (write_taken),
      .push_data_i({40'(write_addr_i) << SizeW, 8'(write_beats_i) - 8'd1}),
      .pop_i      (aw_taken),
      .pop_data_i ({awaddr, awlen}),
      .held_o     (aw_held),
      .following_o(aw_following),
      .ahead_o    (aw_ahead),
      .word_o     (aw_word)
  );

  formal_order #(
      .Width(PortBytes * 9),
      .Depth(2)
  ) u_w_order (
      .clk_i,
      .rst_ni,
      .pick_i,
      .push_i     (write_data_valid_i && write_data_ready),
      .push_data_i({write_strobe_i, write_data_i}),
      .pop_i      (w_taken),
      .pop_data_i ({wstrb, wdata}),
      .held_o     (w_held),
      .following_o(w_following),
      .ahead_o    (w_ahead),
      .word_o     (w_word)
  );

  // The response of a burst that was marked last, and of no other, completes its command.
  formal_order #(
      .Width(1 + SlotW),
      .Depth(MaxWrites)
  ) u_b_order (
      .clk_i,
      .rst_ni,
      .pick_i,
      .push_i     (write_taken),
      .push_data_i({write_last_i, write_last_i ? write_slot_i : SlotW'(0)}),
      .pop_i      (bvalid_i),
      .pop_data_i ({write_done_valid, write_done_valid ? write_done_slot : SlotW'(0)}),
      .held_o     (b_held),
      .following_o(b_following),
      .ahead_o    (b_ahead),
      .word_o     (b_word)
  );

  // A burst that the solver picks is the one that its errors are reported with.
  formal_order #(
      .Width(SlotW + DramW),
      .Depth(MaxReads)
  ) u_tag_order (
      .clk_i,
      .rst_ni,
      .pick_i,
      .push_i     (stream_taken),
      .push_data_i({stream_slot_i, stream_addr_i}),
      .pop_i      (rvalid_i && !rid_i && rlast),
      .pop_data_i (tag_word),
      .held_o     (tag_held),
      .following_o(tag_following),
      .ahead_o    (tag_ahead),
      .word_o     (tag_word)
  );

  // ---------------------------------------------------------------- insides
  // Beats between the client and the bus, the older one out, and which of them are a burst's last.
  logic out, spare, out_last, spare_last;
  logic [1:0] between, lasts;
  logic [WritesW-1:0] bursts;
  logic [BurstW-1:0] beat, first_beats;
  logic [31:0] first_burst, burst_idx, tag_idx, stream_tag_idx;
  logic [DramW+SlotW:0] b_tag;
  assign out         = u_port.u_write.u_beats.out_valid_q;
  assign spare       = u_port.u_write.u_beats.spare_valid_q;
  assign out_last    = out && u_port.u_write.u_beats.out_data_q[PortBytes*9];
  assign spare_last  = spare && u_port.u_write.u_beats.spare_data_q[PortBytes*9];
  assign between     = 2'(out) + 2'(spare);
  assign lasts       = 2'(out_last) + 2'(spare_last);
  assign bursts      = u_port.u_write.u_bursts.count_q;
  assign beat        = u_port.u_write.beat_q;
  assign burst_idx   = 32'(u_port.u_write.u_bursts.read_idx_q);
  assign first_beats = u_port.u_write.burst_beats;
  assign tag_idx     = (32'(u_port.u_write.u_tags.read_idx_q) + 32'(b_ahead)) % MaxWrites;
  assign b_tag       = u_port.u_write.u_tags.words_q[tag_idx];
  assign stream_tag_idx = (32'(u_port.u_stream_tags.read_idx_q) + 32'(tag_ahead)) % MaxReads;

  function automatic logic apart(input logic [31:0] depth, input logic [31:0] read_idx, input logic [31:0] write_idx,
                                 input logic [31:0] count);
    return read_idx < depth && count <= depth && write_idx == (read_idx + count) % depth;
  endfunction

  for (genvar i = 0; i < MaxWrites; i++) begin : gen_bursts
    logic [DramW+BurstW+SlotW-1:0] word;
    logic [BurstW-1:0] beats;
    assign word  = u_port.u_write.u_bursts.words_q[(burst_idx+i)%MaxWrites];
    assign beats = word[DramW+:BurstW];
    always @(posedge clk_i) begin
      if (rst_ni) begin
        assert (!(i < 32'(bursts)) || (32'(lasts) + i < MaxWrites && beats == u_writes.beats_q[32'(lasts)+i]))
        else $fatal(1, "helper: the bursts held are those of the ledger");
        assert (!(i < 32'(unwritten)) || (u_writes.beats_q[i] != '0 && 32'(u_writes.beats_q[i]) <= MaxBurst))
        else $fatal(1, "helper: the ledger has bursts of a legal length");
      end
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (apart(MaxReads, 32'(u_port.u_stream_tags.read_idx_q), 32'(u_port.u_stream_tags.write_idx_q),
                    32'(u_port.u_stream_tags.count_q)) &&
              apart(MaxReads, 32'(u_port.u_dma_tags.read_idx_q), 32'(u_port.u_dma_tags.write_idx_q),
                    32'(u_port.u_dma_tags.count_q)) &&
              apart(MaxWrites, 32'(u_port.u_write.u_tags.read_idx_q), 32'(u_port.u_write.u_tags.write_idx_q),
                    32'(u_port.u_write.u_tags.count_q)) &&
              apart(MaxWrites, burst_idx, 32'(u_port.u_write.u_bursts.write_idx_q), 32'(bursts)))
      else $fatal(1, "helper: pointers are as far apart as what is held");
      assert (32'(u_port.u_stream_tags.count_q) == 32'(reads[0]) + 32'(ar_waits[0]) &&
              32'(u_port.u_dma_tags.count_q) == 32'(reads[1]) + 32'(ar_waits[1]))
      else $fatal(1, "helper: each read in flight has its tag");
      assert (32'(u_port.u_write.u_tags.count_q) == 32'(asked_q) && asked_q == addressed_q + 4'(awvalid) &&
              asked_q == written_q + 4'(unwritten) && addressed_q <= asked_q && written_q <= asked_q)
      else $fatal(1, "helper: each write in flight has its tag");
      assert (32'(unwritten) == 32'(bursts) + 32'(lasts) && (out || !spare))
      else $fatal(1, "helper: each burst whose data are not on the bus is held or has its last beat between");
      assert (bursts == '0 ? beat == '0 : beat < first_beats)
      else $fatal(1, "helper: the beat is one of its burst");
      assert (unwritten == '0 ? u_writes.done_q == '0 && !out : u_writes.done_q < u_writes.beats_q[0])
      else $fatal(1, "helper: beats on the bus are those of the oldest burst");
      assert (lasts != '0 || BurstW'(u_writes.done_q + BurstW'(between)) == beat)
      else $fatal(1, "helper: beats between follow those on the bus");
      assert (!out_last || (u_writes.done_q + 1'b1 == u_writes.beats_q[0] &&
              (spare_last ? u_writes.beats_q[1] == 1 && beat == '0 : beat == BurstW'(spare))))
      else $fatal(1, "helper: the last beat is next");
      assert (out_last || !spare_last || (u_writes.done_q + 2'd2 == u_writes.beats_q[0] && beat == '0))
      else $fatal(1, "helper: the last beat is the one after next");
      assert (ar_held == arvalid && (!ar_following || ar_word == {arid, araddr, arlen}))
      else $fatal(1, "helper: the followed read is on the bus");
      assert (aw_held == awvalid && (!aw_following || aw_word == {awaddr, awlen}))
      else $fatal(1, "helper: the followed write is on the bus");
      assert (w_held == between && (!w_following || w_word == (w_ahead == '0 ?
              u_port.u_write.u_beats.out_data_q[PortBytes*9-1:0] : u_port.u_write.u_beats.spare_data_q[PortBytes*9-1:0])))
      else $fatal(1, "helper: the followed beat is between");
      assert (32'(b_held) == 32'(asked_q) &&
              (!b_following || b_word == {b_tag[DramW+SlotW], b_tag[DramW+SlotW] ? b_tag[DramW+:SlotW] : SlotW'(0)}))
      else $fatal(1, "helper: the followed write has its tag");
      assert (32'(tag_held) == 32'(u_port.u_stream_tags.count_q) &&
              (!tag_following || u_port.u_stream_tags.words_q[stream_tag_idx] == tag_word))
      else $fatal(1, "helper: the followed read has its tag");
    end
  end

  // ---------------------------------------------------------------- promises
  logic ar_waited_q, aw_waited_q, w_waited_q, reset_q;
  logic [1+40+8+3+2-1:0] ar_q;
  logic [1+40+8+3+2-1:0] aw_q;
  logic [PortBytes*9:0] w_q;

  always_ff @(posedge clk_i) begin
    reset_q <= !rst_ni;
    ar_waited_q <= rst_ni && arvalid && !arready_i;
    aw_waited_q <= rst_ni && awvalid && !awready_i;
    w_waited_q <= rst_ni && wvalid && !wready_i;
    ar_q <= {arid, araddr, arlen, arsize, arburst};
    aw_q <= {awid, awaddr, awlen, awsize, awburst};
    w_q <= {wlast, wstrb, wdata};
  end

  function automatic logic legal(input logic [39:0] addr, input logic [7:0] len, input logic [2:0] size,
                                 input logic [1:0] kind);
    return 32'(len) < MaxBurst && 32'(size) == SizeW && kind == 2'b01 && addr % PortBytes == '0 &&
           32'(addr[11:0]) + (32'(len) + 32'd1) * PortBytes <= 32'd4096;
  endfunction

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!ar_waited_q || (arvalid && ar_q == {arid, araddr, arlen, arsize, arburst}))
      else $fatal(1, "ARVALID or what stands beside it changes before ARREADY");
      assert (!aw_waited_q || (awvalid && aw_q == {awid, awaddr, awlen, awsize, awburst}))
      else $fatal(1, "AWVALID or what stands beside it changes before AWREADY");
      assert (!w_waited_q || (wvalid && w_q == {wlast, wstrb, wdata}))
      else $fatal(1, "WVALID or what stands beside it changes before WREADY");
      assert (!reset_q || (!arvalid && !awvalid && !wvalid))
      else $fatal(1, "a channel is valid after reset");
      assert (!arvalid || legal(araddr, arlen, arsize, arburst))
      else $fatal(1, "a read burst is too long, of another kind, unaligned or crosses 4 KiB");
      assert (!awvalid || legal(awaddr, awlen, awsize, awburst))
      else $fatal(1, "a write burst is too long, of another kind, unaligned or crosses 4 KiB");
      assert (32'(reads[0]) + 32'(ar_waits[0]) <= MaxReads && 32'(reads[1]) + 32'(ar_waits[1]) <= MaxReads)
      else $fatal(1, "more reads of an id are in flight than promised");
      assert (32'(asked_q) <= MaxWrites)
      else $fatal(1, "more writes are in flight than promised");
      assert (!wvalid || unwritten != '0)
      else $fatal(1, "a beat is written that belongs to no burst");
      assert (!wvalid || wlast == last_beat)
      else $fatal(1, "WLAST is not on the last beat of its burst");
      assert (rready && bready)
      else $fatal(1, "an answer has to wait");
      assert (stream_data_valid == (rvalid_i && !rid_i) && dma_data_valid == (rvalid_i && rid_i) && read_data == rdata_i)
      else $fatal(1, "read data do not reach the client of their id");
      assert (!stop_i || !(stream_ready || dma_ready || write_ready))
      else $fatal(1, "a burst is accepted after stop");
      assert (idle == (reads[0] == '0 && reads[1] == '0 && !arvalid && asked_q == '0))
      else $fatal(1, "idle does not tell that nothing is in flight");
      assert (reading == (reads[0] != '0 || reads[1] != '0 || arvalid))
      else $fatal(1, "reading does not tell that a read is in flight");
      assert (bus_error_valid == ((rvalid_i && rresp_i != '0) || (bvalid_i && bresp_i != '0)))
      else $fatal(1, "an error is not reported, or one that is none");
      assert (!(rvalid_i && !rid_i && rresp_i != '0 && tag_following && tag_ahead == '0) ||
              (!bus_error_client && {bus_error_slot, bus_error_addr} == tag_word))
      else $fatal(1, "an error of a stream's read is reported with another burst");

      long_read: cover (rvalid_i && rlast && rid_i && reads[0] != '0 && reads[1] != '0);
      overtaking: cover (w_taken && awvalid && wlast);
      two_writes: cover (asked_q == 4'd2 && bvalid_i && write_done_valid);
    end
  end
endmodule
