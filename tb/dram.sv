// Test memory: an AXI4 slave with a latency, a bandwidth and bad manners on request. Simulated in SystemVerilog only, no Python a clock.
//
// It is ideal, or timed as a DRAM: by the file +dram=FILE (or dram.txt), which tb/dram_presets.py makes and every reset reads anew. docs/dram.md.
//
// Ideal: a read is sampled as early as it can be (when its turn comes, at once if nothing is before it) and answered `Latency` cycles after its address
// was taken; a write is performed as late as it can be, just before its response: a client that does not wait for the response reads what was before.
// Reads and writes share the bandwidth; due writes go first. Ids are served in order within an id, taking turns burst by burst, or beat by beat
// (interleave_i). Beats from `Beats` on answer DECERR, beats in the error window SLVERR; neither is written.
//
// Timed: bursts are cut in column accesses, one a clock each way, which dram_channel times. A read is sampled when its access enters the channel's
// queue; a write is performed when its access does, and posted: its response is that of the queue. Rate and latency are the DRAM's. With a dump,
// statistics go to +dram_stats=FILE (or dram_stats.txt).
//
// Contents (tb/dram_contents.sv): zero, then the raw binary file +image=FILE. A pulse of load_i begins with it again (image.bin in the run's folder,
// if no +image was given); a pulse of dump_i writes dump_beats_i beats from dump_base_i as raw binary to +dump=FILE (or dump.bin).
// A setting of 0 is the default: +dram_rate=, +dram_latency=, else full rate and the parameter.
module dram #(
    parameter int DataBytes    = 16,     // bytes of a beat
    parameter int IdW          = 1,
    parameter int Beats        = 65536,  // size; 0: the 2**32 that an address can name
    parameter int PoolPages    = 1024,   // pages of the contents that are held at a time
    parameter int Latency      = 40,     // cycles from read address to first beat, at least 1
    parameter int WriteLatency = 16,     // cycles from last write beat to response, at least 1
    parameter int NumChannels  = 2       // DRAM channels built, 1, 2, 4 or 8; how many are used, the file says
) (
    input logic clk_i,
    input logic rst_ni,

    // AXI4 read
    input  logic                   arvalid_i,
    output logic                   arready_o,
    input  logic [        IdW-1:0] arid_i,
    input  logic [           39:0] araddr_i,
    input  logic [            7:0] arlen_i,
    input  logic [            2:0] arsize_i,
    input  logic [            1:0] arburst_i,
    output logic                   rvalid_o,
    input  logic                   rready_i,
    output logic [        IdW-1:0] rid_o,
    output logic [DataBytes*8-1:0] rdata_o,
    output logic [            1:0] rresp_o,
    output logic                   rlast_o,

    // AXI4 write
    input  logic                   awvalid_i,
    output logic                   awready_o,
    input  logic [        IdW-1:0] awid_i,
    input  logic [           39:0] awaddr_i,
    input  logic [            7:0] awlen_i,
    input  logic [            2:0] awsize_i,
    input  logic [            1:0] awburst_i,
    input  logic                   wvalid_i,
    output logic                   wready_o,
    input  logic [DataBytes*8-1:0] wdata_i,
    input  logic [  DataBytes-1:0] wstrb_i,
    input  logic                   wlast_i,
    output logic                   bvalid_o,
    input  logic                   bready_i,
    output logic [        IdW-1:0] bid_o,
    output logic [            1:0] bresp_o,

    // settings
    input logic [ 8:0] rate_i,        // beats in 256 cycles, up to 256
    input logic [ 9:0] latency_i,     // up to 1000
    input logic        interleave_i,
    input logic [ 7:0] stall_ar_i,    // chance in 256, each cycle
    input logic [ 7:0] stall_r_i,
    input logic [ 7:0] stall_aw_i,
    input logic [ 7:0] stall_w_i,
    input logic [ 7:0] stall_b_i,
    input logic [31:0] seed_i,        // taken in reset
    input logic [31:0] error_base_i,  // beat
    input logic [31:0] error_size_i,  // beats, 0: no window

    // back door
    input  logic [           31:0] peek_addr_i,   // beat
    output logic [DataBytes*8-1:0] peek_data_o,   // the cycle after
    input  logic                   poke_i,
    input  logic [           31:0] poke_addr_i,
    input  logic [DataBytes*8-1:0] poke_data_i,
    input  logic                   load_i,
    input  logic                   dump_i,
    input  logic [           31:0] dump_base_i,
    input  logic [           31:0] dump_beats_i,
    input  logic [           31:0] watch_base_i,
    input  logic [           31:0] watch_size_i,
    output logic                   watch_o,       // toggles when a beat of the watched range is written

    // statistics since reset
    output logic [31:0] read_beats_o,
    output logic [31:0] write_beats_o,
    output logic        idle_o          // every burst begun has ended
);
  localparam int DataW = DataBytes * 8;
  localparam int SizeW = $clog2(DataBytes);
  localparam int IndexW = Beats == 0 ? 32 : $clog2(Beats);
  localparam logic [39:0] Size = Beats == 0 ? 40'h1_0000_0000 : 40'(Beats);
  localparam int NumIds = 2 ** IdW;
  localparam int QueueW = 6;  // bursts waiting, of an id
  localparam int QueueDepth = 2 ** QueueW;
  localparam int RingW = 10;  // read beats on their way
  localparam int WriteW = 7;  // write beats on their way
  localparam int ResponseW = 6;
  localparam logic [1:0] SlvErr = 2'd2;
  localparam logic [1:0] DecErr = 2'd3;

  initial if (Latency < 1 || Latency > 1000 || WriteLatency < 1) $fatal(1, "%m: a latency is at least 1, of a read at most 1000");
  initial if (2 ** $clog2(NumChannels) != NumChannels || NumChannels > 8) $fatal(1, "%m: NumChannels is 1, 2, 4 or 8");

  // ---------------------------------------------------------------------------------------------- contents
  dram_contents #(
      .DataBytes(DataBytes),
      .IndexW(IndexW),
      .PoolPages(PoolPages)
  ) u_contents ();

  logic loaded;
  logic [9:0] rate_default, latency_default;

  initial begin
    loaded = 1'b0;
    configured = 1'b0;
    timed = 1'b0;
    num_channels = 1;
    if (!$value$plusargs("dram_rate=%d", rate_default)) rate_default = 10'd256;
    if (!$value$plusargs("dram_latency=%d", latency_default)) latency_default = 10'(Latency);
  end

  function automatic logic [1:0] response(input logic [39:0] beat);
    if (beat >= Size) return DecErr;
    if (error_size_i != '0 && beat - 40'(error_base_i) < 40'(error_size_i)) return SlvErr;
    return '0;
  endfunction

  // ---------------------------------------------------------------------------------------------- state
  // One process; what leaves it is assigned non-blocking, the rest blocking, so that a cycle is a list of steps.
  /* verilator lint_off BLKSEQ */
  logic [31:0] now;
  logic [63:0] random;
  logic [ 9:0] tokens;  // 256 buy a beat

  // read bursts waiting: addr, len; beat of the first that is served
  logic [39:0] ar_addr[NumIds*QueueDepth];
  logic [7:0] ar_len[NumIds*QueueDepth];
  logic [QueueW-1:0] ar_first[NumIds], ar_next[NumIds];
  logic [7:0] ar_beat[NumIds];
  logic [IdW-1:0] turn;

  // read beats on their way
  logic [DataW-1:0] ring_data[2**RingW];
  logic [IdW+2:0] ring_note[2**RingW];  // id, response, last
  logic [31:0] ring_due[2**RingW];
  logic [RingW-1:0] ring_first, ring_next;

  // write bursts and beats waiting, responses
  logic [39:0] aw_addr[QueueDepth];
  logic [7:0] aw_len[QueueDepth];
  logic [IdW-1:0] aw_id[QueueDepth];
  logic [QueueW-1:0] aw_first, aw_next;
  logic [7:0] aw_beat;
  logic [1:0] aw_response;
  logic [DataW-1:0] w_data[2**WriteW];
  logic [DataBytes-1:0] w_strb[2**WriteW];
  logic [31:0] w_due[2**WriteW];
  logic [WriteW-1:0] w_first, w_next;
  logic [IdW+1:0] b_ring[2**ResponseW];  // id, response
  logic [ResponseW-1:0] b_first, b_next;

  logic [31:0] read_beats, write_beats;
  logic watch;

  // ---------------------------------------------------------------------------------------------- DRAM
  // An address, in column accesses, is from the lowest bit: channel, bank group, then column, bank and row of the group's share. The shares are a
  // quarter of a row apart, so that a linear stream opens its rows one after the other.
  localparam int ChannelW = NumChannels > 1 ? $clog2(NumChannels) : 1;
  localparam int RowW = 24;
  localparam int ColumnW = 8;
  localparam int AccessW = 8 + ChannelW;  // accesses, and beats, on their way, of an id: the more channels, the more clocks is the latency
  localparam int TagW = IdW + AccessW;
  localparam int LagClocks = 5;  // from AR to an access in its queue and from its column command to R, which are counted in the latency

  logic timed, configured;
  int num_channels, beats_bits, channel_bits, column_bits;
  logic [31:0] access_latency;  // from column command to the first beat

  task automatic configure;
    int file, fields, value;
    logic [95:0] name;
    string file_name;
    timed = 1'b0;
    if (!$value$plusargs("dram=%s", file_name)) file_name = "dram.txt";
    file = $fopen(file_name, "r");
    if (file != 0) begin
      fields = $fscanf(file, "%s %d", name, value);
      while (fields == 2) begin
        case (name)
          "timed": timed = value != 0;
          "channels": num_channels = value;
          "beats": beats_bits = $clog2(value);
          "columns": column_bits = $clog2(value);
          "latency": access_latency = value > LagClocks ? value - LagClocks : 1;
          default: ;
        endcase
        fields = $fscanf(file, "%s %d", name, value);
      end
      $fclose(file);
      channel_bits = $clog2(num_channels);
      if (timed && (num_channels > NumChannels || 2 ** channel_bits != num_channels))
        $fatal(1, "%m: %0d DRAM channels where 1 to %0d, a power of two, can be", num_channels, NumChannels);
    end
  endtask

  logic read_push[NumChannels], write_push[NumChannels];
  logic [NumChannels-1:0] read_room, write_room, done;
  logic [TagW-1:0] done_tag[NumChannels];
  logic [3:0] read_bank, write_bank;
  logic [RowW-1:0] read_row, write_row;
  logic [ColumnW-1:0] write_column;
  logic [TagW-1:0] read_tag;
  logic [31:0] channel_reads[NumChannels], channel_writes[NumChannels], channel_hits[NumChannels];
  logic [31:0] channel_activates[NumChannels], channel_refreshes[NumChannels], channel_turns[NumChannels];

  for (genvar i = 0; i < NumChannels; i++) begin : gen_channel
    logic enable;
    assign enable = timed && i < num_channels;
    dram_channel #(
        .Channel(i),
        .TagW(TagW),
        .RowW(RowW),
        .ColumnW(ColumnW)
    ) u_channel (
        .clk_i,
        .rst_ni,
        .enable_i      (enable),
        .read_i        (read_push[i]),
        .read_bank_i   (read_bank),
        .read_row_i    (read_row),
        .read_tag_i    (read_tag),
        .write_i       (write_push[i]),
        .write_bank_i  (write_bank),
        .write_row_i   (write_row),
        .write_column_i(write_column),
        .read_room_o   (read_room[i]),
        .write_room_o  (write_room[i]),
        .done_o        (done[i]),
        .done_tag_o    (done_tag[i]),
        .reads_o       (channel_reads[i]),
        .writes_o      (channel_writes[i]),
        .hits_o        (channel_hits[i]),
        .activates_o   (channel_activates[i]),
        .refreshes_o   (channel_refreshes[i]),
        .turns_o       (channel_turns[i])
    );
  end

  task automatic write_statistics;
    int file;
    string file_name;
    if (!$value$plusargs("dram_stats=%s", file_name)) file_name = "dram_stats.txt";
    file = $fopen(file_name, "w");
    for (int i = 0; i < num_channels; i++) begin
      $fwrite(file, "channel %0d clocks %0d reads %0d writes %0d hits %0d activates %0d refreshes %0d turns %0d\n", i, now, channel_reads[i],
              channel_writes[i], channel_hits[i], channel_activates[i], channel_refreshes[i], channel_turns[i]);
    end
    $fclose(file);
  endtask

  // read accesses on their way, in order within an id, and their beats
  logic [31:0] access_due[2**TagW];  // all ones: not known yet
  logic [8:0] access_beats[2**TagW];
  logic [AccessW-1:0] access_first[NumIds], access_next[NumIds], data_first[NumIds], data_next[NumIds];
  logic [8:0] access_taken[NumIds];  // beats of the first access
  logic [DataW-1:0] data[2**TagW];
  logic [2:0] data_note[2**TagW];  // response, last
  logic [IdW-1:0] answering;

  logic [39:0] access;
  logic [39:0] share;
  logic [AccessW-1:0] used;
  logic [TagW-1:0] tag;
  logic [8:0] access_size;
  logic [ChannelW-1:0] target;

  // `beat` to `target`, bank, row and column
  task automatic locate;
    access = beat >> beats_bits;
    target = ChannelW'(access) & ChannelW'(num_channels - 1);
    access = access >> channel_bits;
    share  = (access >> 2) + ((access & 40'd3) << column_bits >> 2);
  endtask

  task automatic split_read;
    for (int i = 0; i < NumChannels; i++) read_push[i] <= 1'b0;
    {some, id} = choose(turn);
    if (some) begin
      slot = {id, ar_first[id]};
      beat = ar_addr[slot] + 40'(ar_beat[id]);
      locate();
      used = data_next[id] - data_first[id];
      if (read_room[target] && used < AccessW'(2 ** AccessW - 32)) begin
        access_size = 9'd1 << beats_bits;
        access_size = access_size - (9'(beat) & (access_size - 1'b1));
        if (access_size > 9'(ar_len[slot]) - 9'(ar_beat[id]) + 1'b1) access_size = 9'(ar_len[slot]) - 9'(ar_beat[id]) + 1'b1;
        tag = {id, access_next[id]};
        access_due[tag] = '1;
        access_beats[tag] = access_size;
        access_next[id] = access_next[id] + 1'b1;
        read_push[target] <= 1'b1;
        read_bank <= {share[column_bits+:2], access[1:0]};
        read_row <= RowW'(share >> column_bits >> 2);
        read_tag <= tag;
        for (int i = 0; i < access_size; i++) begin
          code = response(beat);
          tag = {id, data_next[id]};
          if (code == DecErr) data[tag] = {DataBytes{8'hA5}};
          else begin
            u_contents.find(beat[IndexW-1:0]);
            data[tag] = u_contents.pool[u_contents.place];
          end
          data_note[tag] = {code, 9'(ar_beat[id]) + 9'(i) == 9'(ar_len[slot])};
          data_next[id] = data_next[id] + 1'b1;
          beat = beat + 1;
        end
        read_beats = read_beats + 32'(access_size);
        if (9'(ar_beat[id]) + access_size > 9'(ar_len[slot])) begin
          ar_beat[id]  = '0;
          ar_first[id] = ar_first[id] + 1'b1;
          turn = id + 1'b1;
        end else begin
          ar_beat[id] = ar_beat[id] + 8'(access_size);
          turn = interleave_i ? id + 1'b1 : id;
        end
      end
    end
  endtask

  task automatic note_done;
    for (int i = 0; i < NumChannels; i++) if (done[i]) access_due[done_tag[i]] = now + access_latency;
  endtask

  // The id that is being answered goes on while it can; `id` and whether there is one.
  function automatic logic [IdW:0] choose_answer(input logic [IdW-1:0] from);
    logic [IdW-1:0] candidate;
    for (int i = 0; i < NumIds; i++) begin
      candidate = from + IdW'(i);
      if (access_first[candidate] != access_next[candidate] && access_due[{candidate, access_first[candidate]}] <= now) return {1'b1, candidate};
    end
    return '0;
  endfunction

  task automatic answer_read;
    if (!rvalid_o || rready_i) begin
      {some, id} = choose_answer(answering);
      if (some && random[7:0] >= stall_r_i) begin
        tag = {id, data_first[id]};
        rvalid_o <= 1'b1;
        rdata_o <= data[tag];
        rid_o <= id;
        {rresp_o, rlast_o} <= data_note[tag];
        code[0] = data_note[tag][0];
        data_first[id] = data_first[id] + 1'b1;
        access_taken[id] = access_taken[id] + 1'b1;
        if (access_taken[id] == access_beats[{id, access_first[id]}]) begin
          access_taken[id] = '0;
          access_first[id] = access_first[id] + 1'b1;
        end
        answering = interleave_i || code[0] ? id + 1'b1 : id;
      end else rvalid_o <= 1'b0;
    end
  endtask

  task automatic post_write;
    for (int i = 0; i < NumChannels; i++) write_push[i] <= 1'b0;
    if (aw_first != aw_next && w_first != w_next && b_next + 1'b1 != b_first) begin
      beat = aw_addr[aw_first] + 40'(aw_beat);
      locate();
      if (write_room[target]) begin
        access_size = 9'd1 << beats_bits;
        if (aw_beat == '0 || (9'(beat) & (access_size - 1'b1)) == '0) write_push[target] <= 1'b1;
        write_bank   <= {share[column_bits+:2], access[1:0]};
        write_row    <= RowW'(share >> column_bits >> 2);
        write_column <= ColumnW'(share & (40'd1 << column_bits) - 1);
        write_beat();
      end
    end
  endtask

  // ---------------------------------------------------------------------------------------------- steps
  logic ar_room;
  logic [IdW-1:0] id;
  logic [QueueW+IdW-1:0] slot;
  logic [39:0] beat;
  logic [1:0] code;
  logic [DataW-1:0] mask;
  logic [9:0] latency;

  task automatic take_requests;
    if (arvalid_i && arready_o) begin
      slot = {arid_i, ar_next[arid_i]};
      ar_addr[slot] = araddr_i >> SizeW;
      ar_len[slot] = arlen_i;
      ar_next[arid_i] = ar_next[arid_i] + 1'b1;
    end
    if (awvalid_i && awready_o) begin
      aw_addr[aw_next] = awaddr_i >> SizeW;
      aw_len[aw_next] = awlen_i;
      aw_id[aw_next] = awid_i;
      aw_next = aw_next + 1'b1;
    end
    if (wvalid_i && wready_o) begin
      w_data[w_next] = wdata_i;
      w_strb[w_next] = wstrb_i;
      w_due[w_next] = now + 32'(WriteLatency - 1);
      w_next = w_next + 1'b1;
    end
  endtask

  task automatic write_beat;  // the first that waits, to `beat`
    code = response(beat);
    if (code == '0) begin
      u_contents.find_to_write(beat[IndexW-1:0]);
      if (&w_strb[w_first]) u_contents.pool[u_contents.place] = w_data[w_first];
      else begin
        for (int i = 0; i < DataBytes; i++) mask[8*i+:8] = {8{w_strb[w_first][i]}};
        u_contents.pool[u_contents.place] = (u_contents.pool[u_contents.place] & ~mask) | (w_data[w_first] & mask);
      end
    end
    if (beat - 40'(watch_base_i) < 40'(watch_size_i)) watch = !watch;
    if (code > aw_response) aw_response = code;
    write_beats = write_beats + 1;
    w_first = w_first + 1'b1;
    if (aw_beat == aw_len[aw_first]) begin
      b_ring[b_next] = {aw_id[aw_first], aw_response};
      b_next = b_next + 1'b1;
      aw_first = aw_first + 1'b1;
      aw_beat = '0;
      aw_response = '0;
    end else aw_beat = aw_beat + 1'b1;
  endtask

  task automatic perform_write;
    if (tokens >= 10'd256 && aw_first != aw_next && w_first != w_next && w_due[w_first] <= now &&
        b_next + 1'b1 != b_first) begin
      tokens = tokens - 10'd256;
      beat   = aw_addr[aw_first] + 40'(aw_beat);
      write_beat();
    end
  endtask

  // The id whose turn it is, or the next that has a burst; `id` and whether there is one.
  function automatic logic [IdW:0] choose(input logic [IdW-1:0] from);
    logic [IdW-1:0] candidate;
    for (int i = 0; i < NumIds; i++) begin
      candidate = from + IdW'(i);
      if (ar_first[candidate] != ar_next[candidate]) return {1'b1, candidate};
    end
    return '0;
  endfunction

  logic some;

  task automatic sample_read;
    if (tokens >= 10'd256 && ring_next + 1'b1 != ring_first) begin
      {some, id} = choose(turn);
      if (some) begin
        tokens = tokens - 10'd256;
        slot = {id, ar_first[id]};
        beat = ar_addr[slot] + 40'(ar_beat[id]);
        code = response(beat);
        if (code == DecErr) ring_data[ring_next] = {DataBytes{8'hA5}};
        else begin
          u_contents.find(beat[IndexW-1:0]);
          ring_data[ring_next] = u_contents.pool[u_contents.place];
        end
        ring_note[ring_next] = {id, code, ar_beat[id] == ar_len[slot]};
        ring_due[ring_next] = now + 32'(latency) - 1;
        ring_next = ring_next + 1'b1;
        read_beats = read_beats + 1;
        turn = interleave_i ? id + 1'b1 : id;
        if (ar_beat[id] == ar_len[slot]) begin
          ar_beat[id]  = '0;
          ar_first[id] = ar_first[id] + 1'b1;
          turn = id + 1'b1;
        end else ar_beat[id] = ar_beat[id] + 1'b1;
      end
    end
  endtask

  always @(posedge clk_i) begin
    now = now + 1;
    if (!rst_ni) begin
      if (!configured) configure();
      configured = 1'b1;
      now = '0;
      random = {~seed_i, seed_i ^ 32'h9E37_79B9} | 64'd1;
      tokens = '0;
      for (int i = 0; i < NumIds; i++) begin
        ar_first[i] = '0;
        ar_next[i]  = '0;
        ar_beat[i]  = '0;
        access_first[i] = '0;
        access_next[i] = '0;
        access_taken[i] = '0;
        data_first[i] = '0;
        data_next[i] = '0;
      end
      for (int i = 0; i < NumChannels; i++) begin
        read_push[i]  <= 1'b0;
        write_push[i] <= 1'b0;
      end
      answering = '0;
      turn = '0;
      ring_first = '0;
      ring_next = '0;
      aw_first = '0;
      aw_next = '0;
      aw_beat = '0;
      aw_response = '0;
      w_first = '0;
      w_next = '0;
      b_first = '0;
      b_next = '0;
      read_beats = '0;
      write_beats = '0;
      watch = 1'b0;
      arready_o <= 1'b0;
      awready_o <= 1'b0;
      wready_o  <= 1'b0;
      rvalid_o  <= 1'b0;
      bvalid_o  <= 1'b0;
    end else begin
      configured = 1'b0;
      if ({stall_ar_i, stall_r_i, stall_aw_i, stall_w_i, stall_b_i} != '0) begin
        random = random ^ (random << 13);
        random = random ^ (random >> 7);
        random = random ^ (random << 17);
      end
      latency = latency_i != '0 ? latency_i : latency_default;
      tokens  = tokens + (rate_i != '0 ? 10'(rate_i) : rate_default);
      if (tokens > 10'd511) tokens = 10'd511;

      take_requests();
      if (timed) begin
        post_write();
        note_done();
        split_read();
        answer_read();
      end else begin
        perform_write();
        sample_read();
      end

      if (!timed && (!rvalid_o || rready_i)) begin
        if (ring_first != ring_next && ring_due[ring_first] <= now && random[7:0] >= stall_r_i) begin
          rvalid_o <= 1'b1;
          rdata_o <= ring_data[ring_first];
          {rid_o, rresp_o, rlast_o} <= ring_note[ring_first];
          ring_first = ring_first + 1'b1;
        end else rvalid_o <= 1'b0;
      end
      if (!bvalid_o || bready_i) begin
        if (b_first != b_next && random[15:8] >= stall_b_i) begin
          bvalid_o <= 1'b1;
          {bid_o, bresp_o} <= b_ring[b_first];
          b_first = b_first + 1'b1;
        end else bvalid_o <= 1'b0;
      end

      ar_room = 1'b1;
      for (int i = 0; i < NumIds; i++) begin
        if (ar_next[i] + QueueW'(1) == ar_first[i] || ar_next[i] + QueueW'(2) == ar_first[i]) ar_room = 1'b0;
      end
      arready_o <= ar_room && random[23:16] >= stall_ar_i;
      awready_o <= aw_next + QueueW'(1) != aw_first && aw_next + QueueW'(2) != aw_first && random[31:24] >= stall_aw_i;
      wready_o  <= w_next + WriteW'(1) != w_first && w_next + WriteW'(2) != w_first && random[39:32] >= stall_w_i;
    end

    if (poke_i) begin
      u_contents.find_to_write(poke_addr_i[IndexW-1:0]);
      u_contents.pool[u_contents.place] = poke_data_i;
    end
    if (load_i && !loaded && $time > 0) u_contents.load();
    loaded = load_i;
    if (dump_i && $time > 0) begin
      u_contents.dump(dump_base_i, dump_beats_i);
      if (timed) write_statistics();
    end
    u_contents.find(peek_addr_i[IndexW-1:0]);
    peek_data_o <= u_contents.pool[u_contents.place];
  end
  /* verilator lint_on BLKSEQ */

  assign read_beats_o = read_beats;
  assign write_beats_o = write_beats;
  assign watch_o = watch;

  logic unused;
  assign unused = &{1'b0, peek_addr_i, poke_addr_i, random};

  // ---------------------------------------------------------------------------------------------- rules
  axi_check #(
      .DataBytes(DataBytes),
      .IdW(IdW)
  ) u_check (
      .clk_i,
      .rst_ni,
      .arvalid_i,
      .arready_i(arready_o),
      .arid_i,
      .araddr_i,
      .arlen_i,
      .arsize_i,
      .arburst_i,
      .rvalid_i (rvalid_o),
      .rready_i,
      .rid_i    (rid_o),
      .rdata_i  (rdata_o),
      .rresp_i  (rresp_o),
      .rlast_i  (rlast_o),
      .awvalid_i,
      .awready_i(awready_o),
      .awid_i,
      .awaddr_i,
      .awlen_i,
      .awsize_i,
      .awburst_i,
      .wvalid_i,
      .wready_i (wready_o),
      .wdata_i,
      .wstrb_i,
      .wlast_i,
      .bvalid_i (bvalid_o),
      .bready_i,
      .bid_i    (bid_o),
      .bresp_i  (bresp_o),
      .idle_o
  );
endmodule
