// Watches an AXI4 bus and stops the simulation at the first breach: offers that change before they are taken, bursts that are not aligned, full-width
// INCR or that cross 4 KiB, a WLAST or RLAST in the wrong place, responses that nobody waits for, a write response before its data, X on a control.
// idle_o: every burst begun has ended.
module axi_check #(
    parameter int DataBytes = 16,
    parameter int IdW = 1,
    parameter int MaxBursts = 256  // in flight, of each id and kind
) (
    input logic clk_i,
    input logic rst_ni,

    input logic                   arvalid_i,
    input logic                   arready_i,
    input logic [        IdW-1:0] arid_i,
    input logic [           39:0] araddr_i,
    input logic [            7:0] arlen_i,
    input logic [            2:0] arsize_i,
    input logic [            1:0] arburst_i,
    input logic                   rvalid_i,
    input logic                   rready_i,
    input logic [        IdW-1:0] rid_i,
    input logic [DataBytes*8-1:0] rdata_i,
    input logic [            1:0] rresp_i,
    input logic                   rlast_i,
    input logic                   awvalid_i,
    input logic                   awready_i,
    input logic [        IdW-1:0] awid_i,
    input logic [           39:0] awaddr_i,
    input logic [            7:0] awlen_i,
    input logic [            2:0] awsize_i,
    input logic [            1:0] awburst_i,
    input logic                   wvalid_i,
    input logic                   wready_i,
    input logic [DataBytes*8-1:0] wdata_i,
    input logic [  DataBytes-1:0] wstrb_i,
    input logic                   wlast_i,
    input logic                   bvalid_i,
    input logic                   bready_i,
    input logic [        IdW-1:0] bid_i,
    input logic [            1:0] bresp_i,

    output logic idle_o
);
  localparam int SizeW = $clog2(DataBytes);
  localparam int NumIds = 2 ** IdW;
  localparam int IdxW = $clog2(MaxBursts);

  // ---------------------------------------------------------------------------------------------- stability
  logic ar_waits_q, r_waits_q, aw_waits_q, w_waits_q, b_waits_q;
  logic [IdW+52:0] ar_q, aw_q, ar, aw;
  logic [IdW+2:0] r_q, r;
  logic [DataBytes:0] w_q, w;
  logic [DataBytes*8-1:0] rdata_q, wdata_q;
  logic [IdW+1:0] b_q, b;

  assign ar = {arid_i, araddr_i, arlen_i, arsize_i, arburst_i};
  assign aw = {awid_i, awaddr_i, awlen_i, awsize_i, awburst_i};
  assign r  = {rid_i, rresp_i, rlast_i};
  assign w  = {wstrb_i, wlast_i};
  assign b  = {bid_i, bresp_i};

  always_ff @(posedge clk_i) begin
    ar_waits_q <= rst_ni && arvalid_i && !arready_i;
    r_waits_q  <= rst_ni && rvalid_i && !rready_i;
    aw_waits_q <= rst_ni && awvalid_i && !awready_i;
    w_waits_q  <= rst_ni && wvalid_i && !wready_i;
    b_waits_q  <= rst_ni && bvalid_i && !bready_i;
    if (arvalid_i && !arready_i) ar_q <= ar;
    if (rvalid_i && !rready_i) begin
      r_q     <= r;
      rdata_q <= rdata_i;
    end
    if (awvalid_i && !awready_i) aw_q <= aw;
    if (wvalid_i && !wready_i) begin
      w_q     <= w;
      wdata_q <= wdata_i;
    end
    if (bvalid_i && !bready_i) b_q <= b;
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (^{arvalid_i, arready_i, rvalid_i, rready_i, awvalid_i, awready_i, wvalid_i, wready_i, bvalid_i, bready_i} !== 1'bx)
      else $fatal(1, "%m: X on a handshake");
      if (ar_waits_q) begin
        assert (arvalid_i && ar === ar_q) else $fatal(1, "%m: AR was withdrawn or changed");
      end
      if (r_waits_q) begin
        assert (rvalid_i && r === r_q && rdata_i === rdata_q) else $fatal(1, "%m: R was withdrawn or changed");
      end
      if (aw_waits_q) begin
        assert (awvalid_i && aw === aw_q) else $fatal(1, "%m: AW was withdrawn or changed");
      end
      if (w_waits_q) begin
        assert (wvalid_i && w === w_q && wdata_i === wdata_q) else $fatal(1, "%m: W was withdrawn or changed");
      end
      if (b_waits_q) begin
        assert (bvalid_i && b === b_q) else $fatal(1, "%m: B was withdrawn or changed");
      end
    end
  end

  // ---------------------------------------------------------------------------------------------- bursts
  function automatic logic legal(input logic [39:0] addr, input logic [7:0] len, input logic [2:0] size,
                                 input logic [1:0] kind);
    return addr % 40'(DataBytes) == '0 && size == 3'(SizeW) && kind == 2'b01 &&
        addr % 40'd4096 + (40'(len) + 40'd1) * 40'(DataBytes) <= 40'd4096;
  endfunction

  always @(posedge clk_i) begin
    if (rst_ni && arvalid_i) begin
      assert (legal(araddr_i, arlen_i, arsize_i, arburst_i))
      else $fatal(1, "%m: not an aligned full-width INCR burst within 4 KiB: AR %h len %0d", araddr_i, arlen_i);
    end
    if (rst_ni && awvalid_i) begin
      assert (legal(awaddr_i, awlen_i, awsize_i, awburst_i))
      else $fatal(1, "%m: not an aligned full-width INCR burst within 4 KiB: AW %h len %0d", awaddr_i, awlen_i);
    end
    if (rst_ni && wvalid_i) begin
      assert (^{wstrb_i, wlast_i} !== 1'bx)
      else $fatal(1, "%m: X on a strobe");
    end
  end

  // ---------------------------------------------------------------------------------------------- reads
  logic [NumIds-1:0] reads_idle;

  for (genvar i = 0; i < NumIds; i++) begin : gen_id
    logic [7:0] len[MaxBursts];
    logic [IdxW-1:0] first_q, next_q;
    logic [7:0] beat_q;
    logic begins, moves;

    assign begins = arvalid_i && arready_i && arid_i == IdW'(i);
    assign moves = rvalid_i && rready_i && rid_i == IdW'(i);
    assign reads_idle[i] = first_q == next_q;

    always @(posedge clk_i) begin
      if (!rst_ni) begin
        first_q <= '0;
        next_q  <= '0;
        beat_q  <= '0;
      end else begin
        if (begins) begin
          len[next_q] <= arlen_i;
          next_q      <= next_q + 1'b1;
          assert (next_q + 1'b1 != first_q) else $fatal(1, "%m: too many bursts for the checker");
        end
        if (moves) begin
          assert (first_q != next_q) else $fatal(1, "%m: R without AR");
          assert (rlast_i == (beat_q == len[first_q])) else $fatal(1, "%m: RLAST in the wrong place");
          beat_q <= rlast_i ? '0 : beat_q + 1'b1;
          if (rlast_i) first_q <= first_q + 1'b1;
        end
      end
    end
  end

  // ---------------------------------------------------------------------------------------------- writes
  // Data may overtake their address: lengths are compared as soon as both are known. Responses come in order.
  logic [    7:0] aw_len[MaxBursts];
  logic [IdW-1:0] aw_id[MaxBursts];
  logic [    7:0] w_len[MaxBursts];
  logic [IdxW-1:0] aw_next_q, w_next_q, compare_q, b_next_q;
  logic [7:0] w_beat_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_next_q <= '0;
      w_next_q  <= '0;
      compare_q <= '0;
      b_next_q  <= '0;
      w_beat_q  <= '0;
    end else begin
      if (awvalid_i && awready_i) begin
        aw_len[aw_next_q] <= awlen_i;
        aw_id[aw_next_q]  <= awid_i;
        aw_next_q         <= aw_next_q + 1'b1;
        assert (aw_next_q + 1'b1 != b_next_q) else $fatal(1, "%m: too many bursts for the checker");
      end
      if (wvalid_i && wready_i) begin
        w_beat_q <= wlast_i ? '0 : w_beat_q + 1'b1;
        if (wlast_i) begin
          w_len[w_next_q] <= w_beat_q;
          w_next_q        <= w_next_q + 1'b1;
        end
      end
      if (compare_q != aw_next_q && compare_q != w_next_q) begin
        compare_q <= compare_q + 1'b1;
        assert (aw_len[compare_q] == w_len[compare_q]) else $fatal(1, "%m: WLAST in the wrong place");
      end
      if (bvalid_i && bready_i) begin
        b_next_q <= b_next_q + 1'b1;
        assert (b_next_q != aw_next_q && b_next_q != w_next_q) else $fatal(1, "%m: B before its write");
        assert (bid_i == aw_id[b_next_q]) else $fatal(1, "%m: B of another id");
      end
    end
  end

  assign idle_o = &reads_idle && aw_next_q == b_next_q && w_next_q == b_next_q && w_beat_q == '0;
endmodule
