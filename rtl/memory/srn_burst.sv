// Cuts a region of DRAM into AXI bursts: `runs` runs of `beats` beats, `stride` beats apart.
// Runs that touch (stride equals beats) are one line, and bursts pass over their seams. A burst ends at a multiple of MaxBurst beats or with
// its line; MaxBurst beats divide 4 KiB, so none crosses a 4 KiB boundary.
// The first burst is offered in the cycle after the region is taken, then one a cycle. The next region is taken with the last burst, so
// region_ready_o hangs on burst_ready_i within the cycle. Touching runs shorter than MaxBurst are joined at one run a cycle.
module srn_burst
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 16,  // bytes of a beat
    parameter int MaxBurst  = 16,  // beats, a power of two
    parameter int BeatsW    = 18   // of a run's length
) (
    input logic clk_i,
    input logic rst_ni,

    // regions in
    input  logic              region_valid_i,
    output logic              region_ready_o,
    input  logic [ DramW-1:0] region_addr_i,
    input  logic [      23:0] region_stride_i,
    input  logic [BeatsW-1:0] region_beats_i,
    input  logic [      19:0] region_runs_i,

    // bursts out
    output logic                          burst_valid_o,
    input  logic                          burst_ready_i,
    output logic [             DramW-1:0] burst_addr_o,
    output logic [$clog2(MaxBurst+1)-1:0] burst_beats_o,
    output logic                          burst_last_o    // of the region
);

  localparam int AlignW = $clog2(MaxBurst);
  localparam int BurstW = $clog2(MaxBurst + 1);
  localparam int LeftW = (BeatsW > AlignW + 1 ? BeatsW : AlignW + 1) + 1;

  initial if (MaxBurst < 2 || 2 ** AlignW != MaxBurst) $fatal(1, "%m: MaxBurst must be a power of two from 2 up");
  initial if (MaxBurst * PortBytes > 4096) $fatal(1, "%m: a burst must not be longer than 4 KiB");
  initial if (MaxBurst > 256) $fatal(1, "%m: AXI4 allows bursts of 256 beats at most");
  initial if (BeatsW > 24) $fatal(1, "%m: a run must fit its stride");

  // ---------------------------------------------------------------------------------------------- line
  logic              active_q;
  logic [ DramW-1:0] addr_q;    // of the next burst
  logic [ DramW-1:0] run_q;     // where the run began, if runs do not touch
  logic [ LeftW-1:0] left_q;    // beats of the line, as far as joined
  logic [      19:0] runs_q;    // not yet begun
  logic [BeatsW-1:0] beats_q;
  logic [      23:0] stride_q;
  logic              touch_q;

  logic more, whole, ends, issue, join_run, next_run;
  logic [BurstW-1:0] room;
  logic [BurstW-1:0] burst_beats;
  logic [ DramW-1:0] next_addr;

  assign more = runs_q != '0;
  assign room = BurstW'(MaxBurst) - BurstW'(addr_q[AlignW-1:0]);
  assign whole = left_q >= LeftW'(room);
  assign burst_beats = whole ? room : left_q[BurstW-1:0];
  assign ends = left_q == LeftW'(burst_beats);
  assign issue = burst_valid_o && burst_ready_i;
  assign join_run = touch_q && more && left_q < LeftW'(2 * MaxBurst);
  assign next_run = issue && ends && !touch_q && more;
  assign next_addr = run_q + DramW'(stride_q);

  assign burst_valid_o = active_q && (whole || !touch_q || !more);
  assign burst_addr_o = addr_q;
  assign burst_beats_o = burst_beats;
  assign burst_last_o = ends && !more;
  assign region_ready_o = !active_q || (issue && burst_last_o);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
    end else if (region_ready_o) begin
      active_q <= region_valid_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (region_ready_o) begin
      if (region_valid_i) begin
        addr_q   <= region_addr_i;
        run_q    <= region_addr_i;
        left_q   <= LeftW'(region_beats_i);
        runs_q   <= region_runs_i - 20'd1;
        beats_q  <= region_beats_i;
        stride_q <= region_stride_i;
        touch_q  <= region_stride_i == 24'(region_beats_i);
      end
    end else if (next_run) begin
      addr_q <= next_addr;
      run_q  <= next_addr;
      left_q <= LeftW'(beats_q);
      runs_q <= runs_q - 20'd1;
    end else begin
      if (issue) addr_q <= addr_q + DramW'(burst_beats);
      left_q <= left_q - (issue ? LeftW'(burst_beats) : '0) + (join_run ? LeftW'(beats_q) : '0);
      runs_q <= runs_q - 20'(join_run);
    end
  end

  // ---------------------------------------------------------------------------------------------- promises
  logic waited_q;
  logic [DramW+BurstW:0] offered_q;

  always_ff @(posedge clk_i) begin
    waited_q  <= rst_ni && burst_valid_o && !burst_ready_i;
    offered_q <= {burst_addr_o, burst_beats_o, burst_last_o};
  end

  always @(posedge clk_i) begin
    if (rst_ni && waited_q) begin
      assert (burst_valid_o && offered_q == {burst_addr_o, burst_beats_o, burst_last_o})
      else $fatal(1, "%m: an offered burst changed");
    end
    if (rst_ni && burst_valid_o) begin
      assert (burst_beats_o != '0)
      else $fatal(1, "%m: a burst of no beats");
    end
    if (rst_ni && region_valid_i) begin
      assert (region_beats_i != '0 && region_runs_i != '0)
      else $fatal(1, "%m: a region of no beats");
    end
  end
endmodule
