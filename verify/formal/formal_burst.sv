// srn_burst: its bursts are the region, beat for beat in order; none is empty, longer than MaxBurst, or passes a multiple of it.
// Runs that touch are one line, so their length is added up here run by run, as far as the unit has joined them.
module formal_burst
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 16,
    parameter int MaxBurst  = 4,
    parameter int BeatsW    = 6,
    localparam int BurstW = $clog2(MaxBurst + 1)
) (
    input logic clk_i,
    input logic rst_ni,

    input logic              region_valid_i,
    input logic [ DramW-1:0] region_addr_i,
    input logic [      23:0] region_stride_i,
    input logic [BeatsW-1:0] region_beats_i,
    input logic [      19:0] region_runs_i,
    input logic              burst_ready_i
);
  logic region_ready, burst_valid, burst_last;
  logic [DramW-1:0] burst_addr;
  logic [BurstW-1:0] burst_beats;

  srn_burst #(
      .PortBytes(PortBytes),
      .MaxBurst (MaxBurst),
      .BeatsW   (BeatsW)
  ) u_burst (
      .clk_i,
      .rst_ni,
      .region_valid_i,
      .region_ready_o(region_ready),
      .region_addr_i,
      .region_stride_i,
      .region_beats_i,
      .region_runs_i,
      .burst_valid_o (burst_valid),
      .burst_ready_i,
      .burst_addr_o  (burst_addr),
      .burst_beats_o (burst_beats),
      .burst_last_o  (burst_last)
  );

  formal_reset u_reset (
      .clk_i,
      .rst_ni
  );

  // ---------------------------------------------------------------- the region
  logic busy_q, touch_q;
  logic [DramW-1:0] next_q;  // the address that the next burst must have
  logic [DramW-1:0] run_q;  // where its run began
  logic [23:0] stride_q;
  logic [BeatsW-1:0] beats_q;
  logic [19:0] runs_q;  // that have not begun, or are not part of the line yet
  logic [31:0] left_q;  // beats of this run, or of the line as far as joined
  logic take, issue, join_run, run_ends;

  assign take     = region_valid_i && region_ready;
  assign issue    = burst_valid && burst_ready_i;
  assign join_run = touch_q && runs_q != '0 && left_q < 2 * MaxBurst;
  assign run_ends = issue && !touch_q && left_q == 32'(burst_beats);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) busy_q <= 1'b0;
    else if (take) begin
      busy_q <= 1'b1;
      touch_q <= region_stride_i == 24'(region_beats_i);
      next_q <= region_addr_i;
      run_q <= region_addr_i;
      stride_q <= region_stride_i;
      beats_q <= region_beats_i;
      runs_q <= region_runs_i - 1'b1;
      left_q <= 32'(region_beats_i);
    end else begin
      if (issue && left_q == 32'(burst_beats) && runs_q == '0) busy_q <= 1'b0;
      if (run_ends && runs_q != '0) begin
        next_q <= run_q + DramW'(stride_q);
        run_q <= run_q + DramW'(stride_q);
        runs_q <= runs_q - 1'b1;
        left_q <= 32'(beats_q);
      end else begin
        if (issue) next_q <= next_q + DramW'(burst_beats);
        left_q <= left_q - (issue ? 32'(burst_beats) : '0) + (join_run ? 32'(beats_q) : '0);
        if (join_run) runs_q <= runs_q - 1'b1;
      end
    end
  end

  // ---------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni && region_valid_i) assume (region_beats_i != '0 && region_runs_i != '0);

    if (rst_ni) begin
      assert (!burst_valid || busy_q)
      else $fatal(1, "a burst of no region");
      assert (!burst_valid || burst_addr == next_q)
      else $fatal(1, "a burst does not begin where the last one ended");
      assert (!burst_valid || (burst_beats != '0 && 32'(burst_beats) <= left_q))
      else $fatal(1, "a burst is empty or reaches past its line");
      assert (!burst_valid || 32'(burst_addr % MaxBurst) + 32'(burst_beats) <= MaxBurst)
      else $fatal(1, "a burst passes a multiple of MaxBurst beats, so may cross 4 KiB");
      assert (!burst_valid || burst_last == (left_q == 32'(burst_beats) && runs_q == '0))
      else $fatal(1, "last is not on the last burst of the region");
      assert (!burst_valid || 32'(burst_addr % MaxBurst) + 32'(burst_beats) == MaxBurst ||
              (left_q == 32'(burst_beats) && (!touch_q || runs_q == '0)))
      else $fatal(1, "a burst ends before it must");
      assert (!busy_q || burst_valid || join_run)
      else $fatal(1, "nothing is offered and nothing is joined");
      assert (region_ready == (!busy_q || (issue && burst_last)))
      else $fatal(1, "ready does not tell that the region is done");

      assert (busy_q == u_burst.active_q)
      else $fatal(1, "helper: both are busy together");
      assert (!busy_q || (u_burst.addr_q == next_q && u_burst.runs_q == runs_q && u_burst.beats_q == beats_q &&
              u_burst.stride_q == stride_q && u_burst.touch_q == touch_q && 32'(u_burst.left_q) == left_q))
      else $fatal(1, "helper: the registers say the same");
      assert (!busy_q || touch_q || u_burst.run_q == run_q)
      else $fatal(1, "helper: both know where the run began");
      assert (!busy_q || (left_q != '0 && beats_q != '0 && left_q < 2 * MaxBurst + (1 << BeatsW)))
      else $fatal(1, "helper: there is something left, and not too much");

      joined: cover (burst_valid && touch_q && burst_last && burst_beats == MaxBurst && beats_q == 1);
      apart: cover (burst_valid && !touch_q && burst_last && run_q != next_q);
    end
  end
endmodule
