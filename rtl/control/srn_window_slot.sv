// One slot of the window: what a live instruction touches, and which older slots it waits for.
// conflict_o compares the ranges on offer with this slot's; only while query_valid_i, to keep the comparators quiet otherwise.
module srn_window_slot
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
(
    input logic clk_i,
    input logic rst_ni,

    // instruction on offer
    input  logic    query_valid_i,
    input  ranges_t ranges_i,
    output logic    conflict_o,         // with this slot, which is not complete
    output logic    stream_conflict_o,  // this slot writes DRAM that it reads

    // allocation
    input logic                alloc_i,
    input logic [NumSlots-1:0] conflicts_i,         // of all slots
    input logic [NumSlots-1:0] stream_conflicts_i,

    // state
    input  logic [NumSlots-1:0] done_i,          // completions of all slots, this cycle
    input  logic                done_this_i,
    output logic                live_o,
    output logic [NumSlots-1:0] waits_o,         // for these
    output logic                clear_o,
    output logic                stream_clear_o
);
  logic live_q;
  ranges_t ranges_q;
  logic [NumSlots-1:0] wait_q, stream_wait_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) live_q <= 1'b0;
    else if (alloc_i) live_q <= 1'b1;
    else if (done_this_i) live_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (alloc_i) ranges_q <= ranges_i;
  end

  // ---------------------------------------------------------------- ranges
  // Fields of ranges_t in its order: o_ the older instruction in this slot, n_ the newer on offer.
  logic o_dst_write, o_a_read, o_s_read, o_b_read, o_b_write, o_amem_read, o_amem_write, o_dram_read, o_dram_write;
  logic n_dst_write, n_a_read, n_s_read, n_b_read, n_b_write, n_amem_read, n_amem_write, n_dram_read, n_dram_write;
  logic [VmemW-1:0] o_dst_first, o_dst_last, o_a_first, o_a_last, o_s_first, o_s_last, o_b_first, o_b_last;
  logic [VmemW-1:0] n_dst_first, n_dst_last, n_a_first, n_a_last, n_s_first, n_s_last, n_b_first, n_b_last;
  logic [AmemW-1:0] o_amem_first, o_amem_last, n_amem_first, n_amem_last;
  logic [DramW-1:0] o_dram_first, o_dram_last, n_dram_first, n_dram_last;

  assign {o_dst_write, o_dst_first, o_dst_last, o_a_read, o_a_first, o_a_last, o_s_read, o_s_first, o_s_last,
          o_b_read, o_b_write, o_b_first, o_b_last, o_amem_read, o_amem_write, o_amem_first, o_amem_last,
          o_dram_read, o_dram_write, o_dram_first, o_dram_last} = ranges_q;
  assign {n_dst_write, n_dst_first, n_dst_last, n_a_read, n_a_first, n_a_last, n_s_read, n_s_first, n_s_last,
          n_b_read, n_b_write, n_b_first, n_b_last, n_amem_read, n_amem_write, n_amem_first, n_amem_last,
          n_dram_read, n_dram_write, n_dram_first, n_dram_last} = ranges_i;

  function automatic logic meet_far(input logic [DramW-1:0] first, input logic [DramW-1:0] last,
                                input logic [DramW-1:0] other_first, input logic [DramW-1:0] other_last);
    return first <= other_last && other_first <= last;
  endfunction

  function automatic logic meet_near(input logic [VmemW-1:0] first, input logic [VmemW-1:0] last,
                                     input logic [VmemW-1:0] other_first, input logic [VmemW-1:0] other_last);
    return first <= other_last && other_first <= last;
  endfunction

  // ---------------------------------------------------------------- hazards
  // Places are paired where at least one of the two is written. Two matmuls may write one place: their results leave in order.
  logic active, matmuls, dst, r, n_dst, n_r, amem, dram;

  assign active  = query_valid_i && live_q && !done_this_i;
  assign matmuls = o_amem_read && o_dram_read && n_amem_read && n_dram_read;  // nothing else reads both

  always_comb begin
    dst   = 1'b0;
    r     = 1'b0;
    n_dst = 1'b0;
    n_r   = 1'b0;
    amem  = 1'b0;
    dram  = 1'b0;
    if (active && o_dst_write) begin
      dst = (n_dst_write && !matmuls && meet_near(o_dst_first, o_dst_last, n_dst_first, n_dst_last)) ||
            (n_a_read && meet_near(o_dst_first, o_dst_last, n_a_first, n_a_last)) ||
            (n_s_read && meet_near(o_dst_first, o_dst_last, n_s_first, n_s_last)) ||
            ((n_b_read || n_b_write) && meet_near(o_dst_first, o_dst_last, n_b_first, n_b_last));
    end
    if (active && o_b_write) begin
      r = (n_dst_write && meet_near(o_b_first, o_b_last, n_dst_first, n_dst_last)) ||
          (n_a_read && meet_near(o_b_first, o_b_last, n_a_first, n_a_last)) ||
          (n_s_read && meet_near(o_b_first, o_b_last, n_s_first, n_s_last)) ||
          ((n_b_read || n_b_write) && meet_near(o_b_first, o_b_last, n_b_first, n_b_last));
    end
    if (active && n_dst_write) begin
      n_dst = (o_a_read && meet_near(n_dst_first, n_dst_last, o_a_first, o_a_last)) ||
              (o_s_read && meet_near(n_dst_first, n_dst_last, o_s_first, o_s_last)) ||
              (o_b_read && meet_near(n_dst_first, n_dst_last, o_b_first, o_b_last));
    end
    if (active && n_b_write) begin
      n_r = (o_a_read && meet_near(n_b_first, n_b_last, o_a_first, o_a_last)) ||
            (o_s_read && meet_near(n_b_first, n_b_last, o_s_first, o_s_last)) ||
            (o_b_read && meet_near(n_b_first, n_b_last, o_b_first, o_b_last));
    end
    if (active && ((o_amem_write && (n_amem_read || n_amem_write)) || (o_amem_read && n_amem_write))) begin
      amem = meet_near(o_amem_first, o_amem_last, n_amem_first, n_amem_last);
    end
    if (active && ((o_dram_write && (n_dram_read || n_dram_write)) || (o_dram_read && n_dram_write))) begin
      dram = meet_far(o_dram_first, o_dram_last, n_dram_first, n_dram_last);
    end
  end

  assign conflict_o        = dst || r || n_dst || n_r || amem || dram;
  assign stream_conflict_o = dram && n_dram_read;

  // ---------------------------------------------------------------- waiting
  always_ff @(posedge clk_i) begin
    wait_q        <= alloc_i ? conflicts_i : wait_q & ~done_i;
    stream_wait_q <= alloc_i ? stream_conflicts_i : stream_wait_q & ~done_i;
  end

  assign live_o         = live_q;
  assign waits_o        = wait_q & ~done_i;
  assign clear_o        = live_q && waits_o == '0;
  assign stream_clear_o = live_q && (stream_wait_q & ~done_i) == '0;
endmodule
