// Copies rows of VMEM to DRAM: whole beats, in the last beat of a row only the bytes of its elements.
// The first burst and the first VMEM read are asked for in the cycle after the command is taken; then a beat a cycle, two for each word read.
// Ready again with its last beat: whether the memory has it, the port tells (the burst marked last).
module srn_dma_store
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 16,  // bytes of a beat
    parameter int MaxBurst  = 16   // beats
) (
    input logic clk_i,
    input logic rst_ni,

    // commands that are clear to start
    input  logic     start_valid_i,
    output logic     start_ready_o,
    input  dma_cmd_t start_i,

    // words of VMEM, the cycle after they are asked for
    output logic                    share_valid_o,
    input  logic                    share_ready_i,
    output logic [       VmemW-1:0] share_addr_o,
    input  logic [PortBytes*16-1:0] share_data_i,

    // writes of the memory port
    output logic                          write_valid_o,
    input  logic                          write_ready_i,
    output logic [             DramW-1:0] write_addr_o,
    output logic [$clog2(MaxBurst+1)-1:0] write_beats_o,
    output logic [             SlotW-1:0] write_slot_o,
    output logic                          write_last_o,
    output logic                          write_data_valid_o,
    input  logic                          write_data_ready_i,
    output logic [       PortBytes*8-1:0] write_data_o,
    output logic [         PortBytes-1:0] write_strobe_o
);
  localparam int BeatLanes = PortBytes / 4;
  localparam int Lanes = 2 * BeatLanes;
  localparam int BeatsW = 16;
  localparam int NumWords = 4;  // on their way: two cycles from request to head of the queue
  localparam int CreditW = $clog2(NumWords + 1);
  localparam int NoteW = 2 + Lanes;

  logic busy_q, start, ends, region_ready;
  logic [SlotW-1:0] slot_q;

  assign start_ready_o = (!busy_q || ends) && region_ready;
  assign start = start_valid_i && start_ready_o;
  assign write_slot_o = slot_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) busy_q <= 1'b0;
    else if (start || ends) busy_q <= start;
  end

  always_ff @(posedge clk_i) begin
    if (start) slot_q <= start_i.slot;
  end

  // ---------------------------------------------------------------------------------------------- bursts
  logic [BeatsW-1:0] row_beats;
  assign row_beats = BeatsW'((17'(start_i.cols) + 17'(BeatLanes - 1)) >> $clog2(BeatLanes));

  srn_burst #(
      .PortBytes(PortBytes),
      .MaxBurst(MaxBurst),
      .BeatsW(BeatsW)
  ) u_burst (
      .clk_i,
      .rst_ni,
      .region_valid_i (start_valid_i && (!busy_q || ends)),
      .region_ready_o (region_ready),
      .region_addr_i  (start_i.dram),
      .region_stride_i(start_i.dram_stride),
      .region_beats_i (row_beats),
      .region_runs_i  (20'(start_i.rows)),
      .burst_valid_o  (write_valid_o),
      .burst_ready_i  (write_ready_i),
      .burst_addr_o   (write_addr_o),
      .burst_beats_o  (write_beats_o),
      .burst_last_o   (write_last_o)
  );

  // ---------------------------------------------------------------------------------------------- words asked for
  logic reading_q, ask, row_ends, pop;
  logic [VmemW-1:0] row_q, word_q, next_row;
  logic [15:0] stride_q, cols_q, left_q;  // left: elements of the row
  logic [9:0] rows_q;  // this one included
  logic [CreditW-1:0] credit_q;
  logic arrives_q;
  logic [NoteW-1:0] note_q;
  logic [Lanes-1:0] lanes;

  assign row_ends = left_q <= 16'(Lanes);
  assign share_valid_o = reading_q && credit_q != '0;
  assign share_addr_o = word_q;
  assign ask = share_valid_o && share_ready_i;
  assign next_row = row_q + VmemW'(stride_q);

  for (genvar i = 0; i < Lanes; i++) begin : gen_lanes
    assign lanes[i] = 16'(i) < left_q;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      reading_q <= 1'b0;
      arrives_q <= 1'b0;
      credit_q  <= CreditW'(NumWords);
    end else begin
      if (start) reading_q <= 1'b1;
      else if (ask && row_ends && rows_q == 10'd1) reading_q <= 1'b0;
      arrives_q <= ask;
      credit_q  <= credit_q - CreditW'(ask) + CreditW'(pop);
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) begin
      row_q    <= start_i.local_addr >> $clog2(Lanes);
      word_q   <= start_i.local_addr >> $clog2(Lanes);
      stride_q <= start_i.local_stride;
      cols_q   <= start_i.cols;
      left_q   <= start_i.cols;
      rows_q   <= start_i.rows;
    end else if (ask && row_ends) begin
      row_q  <= next_row;
      word_q <= next_row;
      left_q <= cols_q;
      rows_q <= rows_q - 10'd1;
    end else if (ask) begin
      word_q <= word_q + 1'b1;
      left_q <= left_q - 16'(Lanes);
    end
    if (ask) note_q <= {row_ends && rows_q == 10'd1, left_q <= 16'(BeatLanes), lanes};
  end

  // ---------------------------------------------------------------------------------------------- beats
  logic head_valid, head_ready, head_ends, head_short, half_q;
  logic word_ready;
  logic [Lanes-1:0] head_lanes;
  logic [BeatLanes-1:0] beat_lanes;
  logic [PortBytes*16-1:0] head_data;
  logic [CreditW-1:0] words;

  srn_fifo #(
      .Width(NoteW + PortBytes * 16),
      .Depth(NumWords)
  ) u_words (
      .clk_i,
      .rst_ni,
      .in_valid_i (arrives_q),
      .in_ready_o (word_ready),
      .in_data_i  ({note_q, share_data_i}),
      .out_valid_o(head_valid),
      .out_ready_i(head_ready),
      .out_data_o ({head_ends, head_short, head_lanes, head_data}),
      .count_o    (words)
  );

  assign write_data_valid_o = head_valid;
  assign write_data_o = half_q ? head_data[PortBytes*8+:PortBytes*8] : head_data[0+:PortBytes*8];
  assign beat_lanes = half_q ? head_lanes[BeatLanes+:BeatLanes] : head_lanes[0+:BeatLanes];
  assign head_ready = write_data_ready_i && (half_q || head_short);
  assign pop = head_valid && head_ready;
  assign ends = pop && head_ends;

  for (genvar i = 0; i < BeatLanes; i++) begin : gen_strobe
    assign write_strobe_o[4*i+:4] = {4{beat_lanes[i]}};
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) half_q <= 1'b0;
    else if (write_data_valid_o && write_data_ready_i) half_q <= !half_q && !head_short;
  end

  logic unused;
  assign unused = &{1'b0, words, start_i};

  // ---------------------------------------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni && arrives_q) begin
      assert (word_ready)
      else $fatal(1, "%m: a word came for which there is no room");
    end
  end
endmodule
