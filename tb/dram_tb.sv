// A player of requests for tb/dram.sv: no Python a clock, so streams may be long.
//
// A pulse of go_i begins reads.txt and writes.txt, a request a line: "id beat beats after", hexadecimal; `after`: how many bursts of the other kind
// must have been answered. Requests of a kind go in order, as many at a time as max_*_i. Word n of all that is written (8 bytes) is
// n * 64'h9E3779B97F4A7C15, its beat's strobes all ones or, with random_strobes_i, bits of that. With log_i data.txt has a line "id response data"
// for each beat read. Where the memory stalls by stall_i, the player takes its answers as late. done_o rises when all is answered; span_o counts the clocks from the first address to the last answer.
module dram_tb #(
    parameter int PortBytes = 16,
    parameter int DramBeats = 65536,
    parameter int PoolPages = 1024,
    parameter int NumChannels = 2
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic        go_i,
    input  logic [15:0] max_reads_i,
    input  logic [15:0] max_writes_i,
    input  logic        random_strobes_i,
    input  logic        log_i,
    output logic        done_o,
    output logic [31:0] span_o,
    output logic [31:0] read_beats_o,
    output logic [31:0] write_beats_o,

    input logic        load_i,
    input logic        dump_i,
    input logic [31:0] dump_base_i,
    input logic [31:0] dump_beats_i,
    input logic [ 7:0] stall_i,
    input logic        interleave_i,
    input logic [31:0] seed_i,
    input logic [31:0] error_base_i,
    input logic [31:0] error_size_i
);
  localparam int DataW = PortBytes * 8;
  localparam int SizeW = $clog2(PortBytes);

  logic arvalid, arready, arid, rvalid, rready, rid, rlast, awvalid, awready, awid, wvalid, wready, wlast, bvalid, bready, bid;
  logic [39:0] araddr, awaddr;
  logic [7:0] arlen, awlen;
  logic [1:0] rresp, bresp;
  logic [DataW-1:0] rdata, wdata, peek;
  logic [PortBytes-1:0] wstrb;
  logic watch, idle;

  // the player's own stalls, as often as the memory's
  logic [31:0] random;
  always @(posedge clk_i) begin
    if (!rst_ni) random <= seed_i | 32'd1;
    else random <= {random[30:0], random[31] ^ random[21] ^ random[1] ^ random[0]};
    rready <= !rst_ni || random[7:0] >= stall_i;
    bready <= !rst_ni || random[23:16] >= stall_i;
  end

  /* verilator lint_off BLKSEQ */
  int reads_file, writes_file, data_file;
  logic running, reads_left, writes_left, read_held, write_held, writing;
  logic read_id, write_id;
  logic [31:0] read_beat, write_beat, read_len, write_len, read_after, write_after;
  logic [31:0] reads_sent, reads_answered, writes_sent, writes_answered, word, span, fields;
  logic [31:0] id_field, data_left;
  logic [7:0] beats_left;
  logic [63:0] value;
  logic begun;

  task automatic next_read;
    if (!read_held && reads_left) begin
      fields = $fscanf(reads_file, "%h %h %h %h", id_field, read_beat, read_len, read_after);
      read_held = fields == 4;
      reads_left = read_held;
      read_id = id_field[0];
    end
  endtask

  task automatic next_write;
    if (!write_held && writes_left) begin
      fields = $fscanf(writes_file, "%h %h %h %h", id_field, write_beat, write_len, write_after);
      write_held = fields == 4;
      writes_left = write_held;
      write_id = id_field[0];
    end
  endtask

  task automatic make_beat;
    for (int i = 0; i < PortBytes / 8; i++) begin
      value = {32'd0, word} * 64'h9E3779B97F4A7C15;
      wdata[64*i+:64] <= value;
      if (i == 0) wstrb <= random_strobes_i ? PortBytes'(value >> 24) : '1;
      word = word + 1;
    end
  endtask

  initial begin
    running   = 1'b0;
    data_file = 0;
  end

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      running = 1'b0;
      span = '0;
      arvalid <= 1'b0;
      awvalid <= 1'b0;
      wvalid <= 1'b0;
      done_o <= 1'b0;
    end else if (go_i && !running) begin
      running = 1'b1;
      reads_file = $fopen("reads.txt", "r");
      writes_file = $fopen("writes.txt", "r");
      data_file = 0;
      if (log_i) data_file = $fopen("data.txt", "w");
      reads_left = reads_file != 0;
      writes_left = writes_file != 0;
      read_held = 1'b0;
      write_held = 1'b0;
      writing = 1'b0;
      reads_sent = '0;
      reads_answered = '0;
      writes_sent = '0;
      writes_answered = '0;
      data_left = '0;
      beats_left = '0;
      word = 32'd1;
      span = '0;
      begun = 1'b0;
      done_o <= 1'b0;
    end else if (running) begin
      if (begun) span = span + 1;
      // answers
      if (rvalid && rready) begin
        if (data_file != 0) $fwrite(data_file, "%h %h %h\n", rid, rresp, rdata);
        if (rlast) reads_answered = reads_answered + 1;
      end
      if (bvalid && bready) writes_answered = writes_answered + 1;
      // addresses
      if (arvalid && arready) begun = 1'b1;
      if (awvalid && awready) begun = 1'b1;
      if (!arvalid || arready) begin
        next_read();
        arvalid <= 1'b0;
        if (read_held && reads_sent - reads_answered < 32'(max_reads_i) && writes_answered >= read_after) begin
          arvalid <= 1'b1;
          arid <= read_id;
          araddr <= 40'(read_beat) << SizeW;
          arlen <= 8'(read_len - 1);
          read_held  = 1'b0;
          reads_sent = reads_sent + 1;
        end
      end
      if (!awvalid || awready) begin
        next_write();
        awvalid <= 1'b0;
        // the data of one burst are given before the next address
        if (write_held && !writing && writes_sent - writes_answered < 32'(max_writes_i) && reads_answered >= write_after) begin
          awvalid <= 1'b1;
          awid <= write_id;
          awaddr <= 40'(write_beat) << SizeW;
          awlen <= 8'(write_len - 1);
          write_held = 1'b0;
          writes_sent = writes_sent + 1;
          writing = 1'b1;
          data_left = write_len;
        end
      end
      if (!wvalid || wready) begin
        wvalid <= writing;
        if (writing) begin
          make_beat();
          data_left = data_left - 1;
          wlast <= data_left == '0;
          writing = data_left != '0;
        end
      end
      if (!reads_left && !writes_left && !read_held && !write_held && reads_sent == reads_answered && writes_sent == writes_answered) begin
        running = 1'b0;
        done_o <= 1'b1;
        if (reads_file != 0) $fclose(reads_file);
        if (writes_file != 0) $fclose(writes_file);
        if (data_file != 0) $fclose(data_file);
      end
    end
    span_o <= span;
  end
  /* verilator lint_on BLKSEQ */

  dram #(
      .DataBytes(PortBytes),
      .Beats(DramBeats),
      .PoolPages(PoolPages),
      .NumChannels(NumChannels)
  ) u_dram (
      .clk_i,
      .rst_ni,
      .arvalid_i   (arvalid),
      .arready_o   (arready),
      .arid_i      (arid),
      .araddr_i    (araddr),
      .arlen_i     (arlen),
      .arsize_i    (3'(SizeW)),
      .arburst_i   (2'd1),
      .rvalid_o    (rvalid),
      .rready_i    (rready),
      .rid_o       (rid),
      .rdata_o     (rdata),
      .rresp_o     (rresp),
      .rlast_o     (rlast),
      .awvalid_i   (awvalid),
      .awready_o   (awready),
      .awid_i      (awid),
      .awaddr_i    (awaddr),
      .awlen_i     (awlen),
      .awsize_i    (3'(SizeW)),
      .awburst_i   (2'd1),
      .wvalid_i    (wvalid),
      .wready_o    (wready),
      .wdata_i     (wdata),
      .wstrb_i     (wstrb),
      .wlast_i     (wlast),
      .bvalid_o    (bvalid),
      .bready_i    (bready),
      .bid_o       (bid),
      .bresp_o     (bresp),
      .rate_i      (9'd0),
      .latency_i   (10'd0),
      .interleave_i,
      .stall_ar_i  (stall_i),
      .stall_r_i   (stall_i),
      .stall_aw_i  (stall_i),
      .stall_w_i   (stall_i),
      .stall_b_i   (stall_i),
      .seed_i,
      .error_base_i,
      .error_size_i,
      .peek_addr_i (32'd0),
      .peek_data_o (peek),
      .poke_i      (1'b0),
      .poke_addr_i (32'd0),
      .poke_data_i (DataW'(0)),
      .load_i,
      .dump_i,
      .dump_base_i,
      .dump_beats_i,
      .watch_base_i(32'd0),
      .watch_size_i(32'd0),
      .watch_o     (watch),
      .read_beats_o,
      .write_beats_o,
      .idle_o      (idle)
  );

  logic unused;
  assign unused = &{1'b0, peek, watch, idle, bid, bresp, rlast, read_len, write_len, id_field, beats_left};
endmodule
