// Write half of the memory port: address and data channels of bursts, and the list of those whose response is still to come.
// A burst's address and the first of its data are on the bus in the cycle after they were offered; then one beat a cycle.
// Data of a burst are taken once the burst itself has been; on the bus they may overtake its address, as AXI4 allows.
module srn_write_port
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 16,  // bytes of a beat
    parameter int MaxBurst  = 16,  // beats
    parameter int MaxWrites = 16   // bursts in flight
) (
    input logic clk_i,
    input logic rst_ni,

    // bursts
    input  logic                          write_valid_i,
    output logic                          write_ready_o,
    input  logic [             DramW-1:0] write_addr_i,
    input  logic [$clog2(MaxBurst+1)-1:0] write_beats_i,
    input  logic [             SlotW-1:0] write_slot_i,
    input  logic                          write_last_i,

    // their beats
    input  logic                   write_data_valid_i,
    output logic                   write_data_ready_o,
    input  logic [PortBytes*8-1:0] write_data_i,
    input  logic [  PortBytes-1:0] write_strobe_i,

    // the burst whose response comes next
    output logic             tag_valid_o,
    output logic [SlotW-1:0] tag_slot_o,
    output logic [DramW-1:0] tag_addr_o,
    output logic             tag_last_o,

    // trace
    output logic                   trace_valid_o,
    output logic [      SlotW-1:0] trace_slot_o,
    output logic [      DramW-1:0] trace_addr_o,
    output logic [PortBytes*8-1:0] trace_data_o,
    output logic [  PortBytes-1:0] trace_strobe_o,

    // AXI4
    output logic                   awvalid_o,
    input  logic                   awready_i,
    output logic [           39:0] awaddr_o,
    output logic [            7:0] awlen_o,
    output logic                   wvalid_o,
    input  logic                   wready_i,
    output logic [PortBytes*8-1:0] wdata_o,
    output logic [  PortBytes-1:0] wstrb_o,
    output logic                   wlast_o,
    input  logic                   bvalid_i
);
  localparam int SizeW = $clog2(PortBytes);
  localparam int BurstW = $clog2(MaxBurst + 1);

  // ---------------------------------------------------------------------------------------------- bursts
  logic [$clog2(MaxWrites+1)-1:0] tags_held, bursts_held;
  logic aw_free, aw_valid_q, tag_ready, burst_ready, accept;
  logic [ DramW-1:0] aw_addr_q;
  logic [BurstW-1:0] aw_beats_q;

  assign aw_free = !aw_valid_q || awready_i;
  assign write_ready_o = aw_free && tag_ready && burst_ready;
  assign accept = write_valid_i && write_ready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) aw_valid_q <= 1'b0;
    else if (aw_free) aw_valid_q <= accept;
  end

  always_ff @(posedge clk_i) begin
    if (accept) begin
      aw_addr_q  <= write_addr_i;
      aw_beats_q <= write_beats_i;
    end
  end

  assign awvalid_o = aw_valid_q;
  assign awaddr_o = 40'(aw_addr_q) << SizeW;
  assign awlen_o = 8'(aw_beats_q - 1'b1);

  srn_fifo #(
      .Width(DramW + SlotW + 1),
      .Depth(MaxWrites)
  ) u_tags (
      .clk_i,
      .rst_ni,
      .in_valid_i (accept),
      .in_ready_o (tag_ready),
      .in_data_i  ({write_last_i, write_slot_i, write_addr_i}),
      .out_valid_o(tag_valid_o),
      .out_ready_i(bvalid_i),
      .out_data_o ({tag_last_o, tag_slot_o, tag_addr_o}),
      .count_o    (tags_held)
  );

  // ---------------------------------------------------------------------------------------------- data
  logic burst_valid, beat_ready, beat_last, beat_accept;
  logic [ DramW-1:0] burst_addr;
  logic [BurstW-1:0] burst_beats;
  logic [ SlotW-1:0] burst_slot;
  logic [BurstW-1:0] beat_q;  // of the burst

  srn_fifo #(
      .Width(DramW + BurstW + SlotW),
      .Depth(MaxWrites)
  ) u_bursts (
      .clk_i,
      .rst_ni,
      .in_valid_i (accept),
      .in_ready_o (burst_ready),
      .in_data_i  ({write_slot_i, write_beats_i, write_addr_i}),
      .out_valid_o(burst_valid),
      .out_ready_i(beat_accept && beat_last),
      .out_data_o ({burst_slot, burst_beats, burst_addr}),
      .count_o    (bursts_held)
  );

  assign beat_last = beat_q + 1'b1 == burst_beats;
  assign write_data_ready_o = burst_valid && beat_ready;
  assign beat_accept = write_data_valid_i && write_data_ready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) beat_q <= '0;
    else if (beat_accept) beat_q <= beat_last ? '0 : beat_q + 1'b1;
  end

  srn_stream_reg #(
      .Width(PortBytes * 9 + 1)
  ) u_beats (
      .clk_i,
      .rst_ni,
      .in_valid_i (write_data_valid_i && burst_valid),
      .in_ready_o (beat_ready),
      .in_data_i  ({beat_last, write_strobe_i, write_data_i}),
      .out_valid_o(wvalid_o),
      .out_ready_i(wready_i),
      .out_data_o ({wlast_o, wstrb_o, wdata_o})
  );

  assign trace_valid_o = beat_accept;
  assign trace_slot_o = burst_slot;
  assign trace_addr_o = burst_addr + DramW'(beat_q);
  assign trace_data_o = write_data_i;
  assign trace_strobe_o = write_strobe_i;

  logic unused;
  assign unused = &{1'b0, tags_held, bursts_held};

  // ---------------------------------------------------------------------------------------------- promises
  logic waited_q;
  logic [DramW+BurstW-1:0] offered_q;

  always_ff @(posedge clk_i) begin
    waited_q  <= rst_ni && awvalid_o && !awready_i;
    offered_q <= {aw_addr_q, aw_beats_q};
  end

  always @(posedge clk_i) begin
    if (rst_ni && waited_q) begin
      assert (awvalid_o && offered_q == {aw_addr_q, aw_beats_q})
      else $fatal(1, "%m: an offered burst changed");
    end
  end
endmodule
