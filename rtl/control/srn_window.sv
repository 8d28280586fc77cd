// The window: 16 instructions in flight, what each touches, and which older ones it must wait for.
// An instruction on offer (query_valid_i, ranges_i) gets conflict_o, whether any live one conflicts with it, in the same
// cycle; with alloc_i it takes slot_o. From the next cycle on clear_o[slot] says that no older conflicting one is left.
// Two conflict if their ranges of a space meet and one of them writes, but not two matmuls that write the same place, since their unit writes in
// order; only the order of allocation decides who waits.
// stream_clear_o is the same for the newer one's DRAM reads alone.
// A completion works in its own cycle: on clear_o, stream_clear_o, empty_o, conflict_o, and on an allocation beside it; the
// slot itself is free from the next cycle on. So a path goes from *_done_* to clear_o, and a unit's done must not follow
// from clear_i within a cycle.
module srn_window
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    // instruction on offer
    input  logic                query_valid_i,
    input  ranges_t             ranges_i,
    input  logic                alloc_i,        // needs query_valid_i and not full_o
    input  logic    [      2:0] unit_i,         // that will run it: matrix, vector, dma
    output logic    [SlotW-1:0] slot_o,         // lowest free
    output logic [NumSlots-1:0] conflicts_o,    // with these
    output logic                conflict_o,
    output logic                full_o,
    output logic                empty_o,

    // completions
    input logic             matrix_done_valid_i,
    input logic [SlotW-1:0] matrix_done_slot_i,
    input logic             vector_done_valid_i,
    input logic [SlotW-1:0] vector_done_slot_i,
    input logic             dma_done_valid_i,
    input logic [SlotW-1:0] dma_done_slot_i,

    // permission to start
    output logic [NumSlots-1:0] clear_o,
    output logic [NumSlots-1:0] stream_clear_o,

    // observation: the units whose instructions each unit's next command, in the slot given, still waits for
    input  logic [3*SlotW-1:0] heads_i,  // matrix, vector, dma, matrix lowest
    output logic [        8:0] awaited_o  // three bits for each, in the order of unit_i
);
  logic [NumSlots-1:0] live, done, conflicts, stream_conflicts, alloc;

  // Not a shift of the valid bit: before a unit's first command its slot is undefined.
  assign done = (matrix_done_valid_i ? NumSlots'(1) << matrix_done_slot_i : '0) |
                (vector_done_valid_i ? NumSlots'(1) << vector_done_slot_i : '0) |
                (dma_done_valid_i ? NumSlots'(1) << dma_done_slot_i : '0);

  // ---------------------------------------------------------------- allocation
  logic [NumSlots-1:0] lowest_free;

  assign lowest_free = ~live & (live + 1'b1);
  assign alloc       = alloc_i ? lowest_free : '0;

  function automatic logic [SlotW-1:0] index(input logic [NumSlots-1:0] one_hot);
    logic [SlotW-1:0] idx;
    idx = '0;
    for (int i = 0; i < NumSlots; i++) if (one_hot[i]) idx = idx | SlotW'(i);
    return idx;
  endfunction

  assign slot_o     = index(lowest_free);
  assign full_o     = live == '1;
  assign empty_o    = (live & ~done) == '0;
  assign conflict_o = conflicts != '0;
  assign conflicts_o = conflicts;

  // ---------------------------------------------------------------- slots
  logic [NumSlots*NumSlots-1:0] waits;

  for (genvar i = 0; i < NumSlots; i++) begin : gen_slot
    srn_window_slot u_slot (
        .clk_i             (clk_i),
        .rst_ni            (rst_ni),
        .query_valid_i     (query_valid_i),
        .ranges_i          (ranges_i),
        .conflict_o        (conflicts[i]),
        .stream_conflict_o (stream_conflicts[i]),
        .alloc_i           (alloc[i]),
        .conflicts_i       (conflicts),
        .stream_conflicts_i(stream_conflicts),
        .done_i            (done),
        .done_this_i       (done[i]),
        .live_o            (live[i]),
        .waits_o           (waits[i*NumSlots+:NumSlots]),
        .clear_o           (clear_o[i]),
        .stream_clear_o    (stream_clear_o[i])
    );
  end

  // ---------------------------------------------------------------- who is waited for
  logic [NumSlots-1:0] of_matrix_q, of_vector_q, of_dma_q;

  always_ff @(posedge clk_i) begin
    if (alloc_i) begin
      of_matrix_q <= (of_matrix_q & ~alloc) | (unit_i[0] ? alloc : '0);
      of_vector_q <= (of_vector_q & ~alloc) | (unit_i[1] ? alloc : '0);
      of_dma_q    <= (of_dma_q & ~alloc) | (unit_i[2] ? alloc : '0);
    end
  end

  for (genvar u = 0; u < 3; u++) begin : gen_awaited
    logic [SlotW-1:0] head;
    logic [NumSlots-1:0] awaited;
    assign head    = heads_i[u*SlotW+:SlotW];
    assign awaited = waits[head*NumSlots+:NumSlots];
    assign awaited_o[u*3+:3] = {(awaited & of_dma_q) != '0, (awaited & of_vector_q) != '0, (awaited & of_matrix_q) != '0};
  end

  // ---------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!alloc_i || (query_valid_i && !full_o))
      else $fatal(1, "%m: allocation without an instruction on offer or without a free slot");
      assert ((done & ~live) == '0)
      else $fatal(1, "%m: a completion of a slot that is free");
      assert ($countones(done) == 32'(matrix_done_valid_i) + 32'(vector_done_valid_i) + 32'(dma_done_valid_i))
      else $fatal(1, "%m: two completions of one slot");
      assert ((done & ~clear_o) == '0)
      else $fatal(1, "%m: a completion of a slot that still had to wait");
    end
  end
endmodule
