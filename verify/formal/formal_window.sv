// srn_window: no instruction starts while an older one that it depends on is unfinished, and none waits for what cannot end.
// The solver picks a place in VMEM, AMEM or DRAM, an older instruction and a newer one, whatever they and the others touch, and
// when each starts and ends. What depends on what is said of that one place, without a comparison of ranges.
// Two matmuls that write one place of VMEM do not depend on each other (docs/control.md).
module formal_window
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    // instructions
    input logic          query_valid_i,
    input ranges_t       ranges_i,
    input logic          alloc_i,
    input logic    [2:0] unit_i,

    // units: slots that they start and end
    input logic [NumSlots-1:0] start_i,
    input logic                matrix_done_valid_i,
    input logic [  SlotW-1:0] matrix_done_slot_i,
    input logic                vector_done_valid_i,
    input logic [  SlotW-1:0] vector_done_slot_i,
    input logic                dma_done_valid_i,
    input logic [  SlotW-1:0] dma_done_slot_i,

    // the solver's picks
    input logic       [1:0] space_i,
    input logic [DramW-1:0] place_i,
    input logic             pick_i
);
  logic [SlotW-1:0] slot;
  logic [NumSlots-1:0] conflicts, clear, stream_clear;
  logic conflict, full, empty;
  logic [8:0] awaited;

  srn_window u_window (
      .clk_i,
      .rst_ni,
      .query_valid_i,
      .ranges_i,
      .alloc_i,
      .unit_i,
      .slot_o        (slot),
      .conflicts_o   (conflicts),
      .conflict_o    (conflict),
      .full_o        (full),
      .empty_o       (empty),
      .matrix_done_valid_i,
      .matrix_done_slot_i,
      .vector_done_valid_i,
      .vector_done_slot_i,
      .dma_done_valid_i,
      .dma_done_slot_i,
      .clear_o       (clear),
      .stream_clear_o(stream_clear),
      .heads_i       ('0),
      .awaited_o     (awaited)
  );

  formal_reset u_reset (
      .clk_i,
      .rst_ni
  );

  // ---------------------------------------------------------------- units
  // A unit ends what it has started, and starts what is clear.
  logic [NumSlots-1:0] started_q, done;
  assign done = (matrix_done_valid_i ? NumSlots'(1) << matrix_done_slot_i : '0) |
                (vector_done_valid_i ? NumSlots'(1) << vector_done_slot_i : '0) |
                (dma_done_valid_i ? NumSlots'(1) << dma_done_slot_i : '0);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) started_q <= '0;
    else started_q <= (started_q | (start_i & clear)) & ~done;
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assume ((done & ~started_q) == '0);
      assume ($countones(done) == 32'(matrix_done_valid_i) + 32'(vector_done_valid_i) + 32'(dma_done_valid_i));
      assume (!alloc_i || (query_valid_i && !full));
    end
  end

  // ---------------------------------------------------------------- the place
  localparam logic [1:0] Vmem = 2'd0;
  localparam logic [1:0] Amem = 2'd1;

  logic known_q = 1'b0;
  logic [1:0] space_q;
  logic [DramW-1:0] place_q;
  always_ff @(posedge clk_i) begin
    known_q <= 1'b1;
    if (!known_q) begin
      space_q <= space_i;
      place_q <= place_i;
    end
  end

  function automatic logic lies_in(input logic [DramW-1:0] first, input logic [DramW-1:0] last);
    return first <= place_q && place_q <= last;
  endfunction

  function automatic logic writes(input ranges_t r);
    if (space_q == Vmem)
      return (r.dst_write && lies_in(DramW'(r.dst_first), DramW'(r.dst_last))) ||
             (r.b_write && lies_in(DramW'(r.b_first), DramW'(r.b_last)));
    if (space_q == Amem) return r.amem_write && lies_in(DramW'(r.amem_first), DramW'(r.amem_last));
    return r.dram_write && lies_in(r.dram_first, r.dram_last);
  endfunction

  function automatic logic reads(input ranges_t r);
    if (space_q == Vmem)
      return (r.a_read && lies_in(DramW'(r.a_first), DramW'(r.a_last))) ||
             (r.s_read && lies_in(DramW'(r.s_first), DramW'(r.s_last))) ||
             (r.b_read && lies_in(DramW'(r.b_first), DramW'(r.b_last)));
    if (space_q == Amem) return r.amem_read && lies_in(DramW'(r.amem_first), DramW'(r.amem_last));
    return r.dram_read && lies_in(r.dram_first, r.dram_last);
  endfunction

  function automatic logic matmul(input ranges_t r);
    return r.amem_read && r.dram_read;
  endfunction

  // ---------------------------------------------------------------- the two instructions
  logic old_q, new_q;  // live
  logic [SlotW-1:0] old_slot_q, new_slot_q;
  ranges_t old_ranges_q, new_ranges_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      old_q <= 1'b0;
      new_q <= 1'b0;
    end else begin
      if (old_q && done[old_slot_q]) begin
        old_q <= 1'b0;
        new_q <= 1'b0;
      end else if (!old_q && alloc_i && pick_i) begin
        old_q <= 1'b1;
        old_slot_q <= slot;
        old_ranges_q <= ranges_i;
      end else if (old_q && !new_q && alloc_i && pick_i) begin
        new_q <= 1'b1;
        new_slot_q <= slot;
        new_ranges_q <= ranges_i;
      end
      if (new_q && done[new_slot_q]) new_q <= 1'b0;
    end
  end

  logic depends, depends_stream, both, waits, waits_stream;
  assign depends = ((writes(old_ranges_q) && (reads(new_ranges_q) || writes(new_ranges_q))) ||
                    (reads(old_ranges_q) && writes(new_ranges_q))) &&
                   !(matmul(old_ranges_q) && matmul(new_ranges_q) && space_q == Vmem);
  assign depends_stream = space_q[1] && writes(old_ranges_q) && reads(new_ranges_q);
  assign both = old_q && new_q && !done[old_slot_q];

  // ---------------------------------------------------------------- insides
  logic [NumSlots-1:0] live;
  logic [NumSlots-1:0] wait_for[NumSlots], stream_wait_for[NumSlots];
  ranges_t held[NumSlots];
  for (genvar i = 0; i < NumSlots; i++) begin : gen_insides
    assign live[i] = u_window.gen_slot[i].u_slot.live_q;
    assign wait_for[i] = u_window.gen_slot[i].u_slot.wait_q;
    assign stream_wait_for[i] = u_window.gen_slot[i].u_slot.stream_wait_q;
    assign held[i] = u_window.gen_slot[i].u_slot.ranges_q;
  end
  assign waits = wait_for[new_slot_q][old_slot_q];
  assign waits_stream = stream_wait_for[new_slot_q][old_slot_q];

  logic [NumSlots-1:0] clear_q, live_q;
  always_ff @(posedge clk_i) begin
    clear_q <= rst_ni ? clear & ~done : '0;
    live_q <= rst_ni ? live & ~done : '0;
  end

  // ---------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni && known_q) begin
      assert (!(both && depends) || !clear[new_slot_q])
      else $fatal(1, "an instruction is clear while an older one that it depends on is unfinished");
      assert (!(both && depends_stream) || !stream_clear[new_slot_q])
      else $fatal(1, "a stream is clear while an older instruction writes what it reads");
      assert (!both || !waits || !wait_for[old_slot_q][new_slot_q])
      else $fatal(1, "two instructions wait for each other");
      assert (!both || !wait_for[old_slot_q][new_slot_q])
      else $fatal(1, "an instruction waits for a newer one");
      assert (!old_q || (wait_for[old_slot_q] & ~live) == '0)
      else $fatal(1, "an instruction waits for a slot that is free");
      assert (!old_q || !wait_for[old_slot_q][old_slot_q])
      else $fatal(1, "an instruction waits for itself");
      assert ((clear_q & ~clear) == '0)
      else $fatal(1, "a permission is withdrawn");
      assert (!(alloc_i && ((old_q && slot == old_slot_q) || (new_q && slot == new_slot_q))))
      else $fatal(1, "a slot is given out twice");
      assert (full == (live == '1) && empty == ((live & ~done) == '0))
      else $fatal(1, "full or empty does not tell the live slots");

      assert ((started_q & ~clear) == '0)
      else $fatal(1, "helper: what has started is clear");
      assert (!new_q || old_q)
      else $fatal(1, "helper: the newer one is followed beside the older");
      assert (!old_q || (live[old_slot_q] && held[old_slot_q] == old_ranges_q))
      else $fatal(1, "helper: the older one is in its slot");
      assert (!new_q || (live[new_slot_q] && held[new_slot_q] == new_ranges_q && new_slot_q != old_slot_q))
      else $fatal(1, "helper: the newer one is in its slot");
      assert (!(both && depends) || waits)
      else $fatal(1, "helper: the newer one waits for the older");
      assert (!(both && depends_stream) || waits_stream)
      else $fatal(1, "helper: the newer one's stream waits for the older");

      held_back: cover (both && depends && live[new_slot_q] && $countones(live) == 3);
      released: cover (old_q && new_q && depends && done[old_slot_q] && clear[new_slot_q]);
      in_dram: cover (both && depends_stream && matmul(new_ranges_q));
    end
  end
endmodule
