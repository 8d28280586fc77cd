// Scatters AMEM blocks into an MXINT8 weight tensor in DRAM (docs/isa.md, store_tile).
// Outputs that fall in one tile are a group. For each group and k-step the elements are one line of beats and the scales one beat with
// strobes; the elements go first, so that the scales are gathered on the way. A beat a cycle.
// The first block is asked for in the cycle after the command is taken, the first burst one later.
// Ready again with its last beat: whether the memory has it, the port tells (the burst marked last).
module srn_dma_store_tile
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 16,  // bytes of a beat, outputs of a tile
    parameter int MaxBurst  = 16   // beats
) (
    input logic clk_i,
    input logic rst_ni,

    // commands that are clear to start
    input  logic     start_valid_i,
    output logic     start_ready_o,
    input  dma_cmd_t start_i,

    // blocks of AMEM, the cycle after they are asked for
    output logic             amem_valid_o,
    input  logic             amem_ready_i,
    output logic [AmemW-1:0] amem_addr_o,
    input  logic [    263:0] amem_data_i,

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
  localparam int PlaceW = $clog2(PortBytes);
  localparam int PartShift = $clog2(32 / PortBytes);  // beats of a block
  localparam int BeatsW = 6;  // of a group's k-step: 32 at most
  localparam logic [DramW-1:0] StepBeats = 33;

  logic busy_q, start, ends;
  logic [SlotW-1:0] slot_q;

  assign start_ready_o = !busy_q || ends;
  assign start = start_valid_i && start_ready_o;
  assign write_slot_o = slot_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) busy_q <= 1'b0;
    else if (start || ends) busy_q <= start;
  end

  // ---------------------------------------------------------------------------------------------- groups
  // count: outputs of this group and after it; a group is up to the end of its tile
  logic walking_q, step, last_step, last_group;
  logic [PlaceW-1:0] place_q;  // of the group's first output
  logic [9:0] count_q, left_after;
  logic [PlaceW:0] size, room;
  logic [5:0] k_q, ksteps_q;

  assign room = (PlaceW + 1)'(PortBytes) - (PlaceW + 1)'(place_q);
  assign size = count_q < 10'(room) ? count_q[PlaceW:0] : room;
  assign left_after = count_q - 10'(size);
  assign last_step = k_q + 6'd1 == ksteps_q;
  assign last_group = left_after == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) walking_q <= 1'b0;
    else if (start) walking_q <= 1'b1;
    else if (step && last_step && last_group) walking_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (start) begin
      slot_q   <= start_i.slot;
      place_q  <= start_i.first[PlaceW-1:0];
      count_q  <= start_i.rows;
      k_q      <= '0;
      ksteps_q <= start_i.ksteps;
    end else if (step) begin
      k_q <= last_step ? '0 : k_q + 6'd1;
      if (last_step) begin
        place_q <= '0;
        count_q <= left_after;
      end
    end
  end

  // ---------------------------------------------------------------------------------------------- blocks
  logic [AmemW-1:0] block_q, step_block_q, next_group_q;  // next; first of the k-step; first of the next group
  logic [AmemW-1:0] block_after, next_group;
  logic [15:0] block_stride_q;
  logic [PlaceW:0] asked_q, asked;  // of the k-step
  logic ask, asked_all, ask_ready;

  assign amem_valid_o = walking_q && asked_q != size && ask_ready;
  assign amem_addr_o = block_q;
  assign ask = amem_valid_o && amem_ready_i;
  assign asked = asked_q + (PlaceW + 1)'(ask);
  assign asked_all = asked == size;
  assign block_after = ask ? block_q + AmemW'(block_stride_q) : block_q;
  assign next_group = k_q == '0 ? block_after : next_group_q;

  always_ff @(posedge clk_i) begin
    if (start) begin
      block_q        <= start_i.local_addr;
      step_block_q   <= start_i.local_addr;
      block_stride_q <= start_i.local_stride;
      asked_q        <= '0;
    end else if (step) begin
      block_q      <= last_step ? next_group : step_block_q + 1'b1;
      step_block_q <= last_step ? next_group : step_block_q + 1'b1;
      asked_q      <= '0;
    end else begin
      block_q <= block_after;
      asked_q <= asked;
    end
    next_group_q <= next_group;
  end

  // ---------------------------------------------------------------------------------------------- bursts
  logic based_q;  // not the first cycle, in which the first tile's address is made of its product
  logic [DramW-1:0] tile_q, step_q, dram_q, product_q;
  logic [DramW-1:0] first_tile, step_addr;
  logic [23:0] tile_stride_q;
  logic elements_q;  // the k-step's elements have been asked for, its scales have not
  logic done_q;  // both have
  logic region_valid, region_ready, region_move, burst_last, final_q;

  always_ff @(posedge clk_i) begin
    if (start) begin
      dram_q        <= start_i.dram;
      product_q     <= DramW'(start_i.first >> PlaceW) * DramW'(start_i.dram_stride);
      tile_stride_q <= start_i.dram_stride;
    end
    if (!based_q) begin
      tile_q <= first_tile;
      step_q <= first_tile;
    end else if (step) begin
      step_q <= last_step ? tile_q + DramW'(tile_stride_q) : step_q + StepBeats;
      if (last_step) tile_q <= tile_q + DramW'(tile_stride_q);
    end
  end

  assign first_tile = dram_q + product_q;
  assign step_addr = based_q ? step_q : first_tile;
  assign region_valid = walking_q && !done_q;
  assign region_move = region_valid && region_ready;
  assign step = asked_all && (done_q || (region_move && elements_q));

  always_ff @(posedge clk_i) begin
    if (!rst_ni || start) begin
      based_q    <= 1'b0;
      elements_q <= 1'b0;
      done_q     <= 1'b0;
    end else begin
      based_q <= walking_q;
      if (step) begin
        elements_q <= 1'b0;
        done_q     <= 1'b0;
      end else if (region_move) begin
        elements_q <= !elements_q;
        done_q     <= elements_q;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (region_move) final_q <= elements_q && last_step && last_group;
  end

  srn_burst #(
      .PortBytes(PortBytes),
      .MaxBurst(MaxBurst),
      .BeatsW(BeatsW)
  ) u_burst (
      .clk_i,
      .rst_ni,
      .region_valid_i (region_valid),
      .region_ready_o (region_ready),
      .region_addr_i  (elements_q ? step_addr : step_addr + DramW'(1) + (DramW'(place_q) << PartShift)),
      .region_stride_i(24'd0),
      .region_beats_i (elements_q ? BeatsW'(1) : BeatsW'(size) << PartShift),
      .region_runs_i  (20'd1),
      .burst_valid_o  (write_valid_o),
      .burst_ready_i  (write_ready_i),
      .burst_addr_o   (write_addr_o),
      .burst_beats_o  (write_beats_o),
      .burst_last_o   (burst_last)
  );

  assign write_last_o = burst_last && final_q;

  // ---------------------------------------------------------------------------------------------- beats
  srn_dma_tile_beats #(
      .PortBytes(PortBytes)
  ) u_beats (
      .clk_i,
      .rst_ni,
      .ask_i        (ask),
      .ask_ready_o  (ask_ready),
      .ask_ends_i   (asked_all && last_step && last_group),
      .ask_closes_i (asked_all),
      .ask_place_i  (place_q + asked_q[PlaceW-1:0]),
      .block_i      (amem_data_i),
      .beat_valid_o (write_data_valid_o),
      .beat_ready_i (write_data_ready_i),
      .beat_data_o  (write_data_o),
      .beat_strobe_o(write_strobe_o),
      .ends_o       (ends)
  );

  logic unused;
  assign unused = &{1'b0, start_i};
endmodule
