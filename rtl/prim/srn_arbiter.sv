// Round-robin arbiter: grants one of the requests that stand in this cycle, the next in turn after
// the last one that was taken. The grant is one-hot or zero and follows the requests within the
// cycle; the turn moves on only when `taken_i` says that the grant was used, so a grant that waits
// may go to another requester as requests come. Hold the requests to hold the grant.
module srn_arbiter #(
    parameter int NumRequests = 4  // requesters, from 1
) (
    input logic clk_i,
    input logic rst_ni,

    // requests and grant
    input  logic [NumRequests-1:0] request_i,
    output logic [NumRequests-1:0] grant_o,
    input  logic                   taken_i
);
  initial if (NumRequests < 1) $fatal(1, "%m: NumRequests must be at least 1");

  // ---------------------------------------------------------------- choice
  // `later_q` marks the requesters after the one served last: they go first. The lowest bit
  // standing is x & -x.
  logic [NumRequests-1:0] later_q;
  logic [NumRequests-1:0] later_requests;
  logic [NumRequests-1:0] candidates;

  assign later_requests = request_i & later_q;
  assign candidates     = |later_requests ? later_requests : request_i;
  assign grant_o        = candidates & (~candidates + 1'b1);

  // ---------------------------------------------------------------- turn
  // Above the granted bit: ~(g | (g - 1)).
  always_ff @(posedge clk_i) begin
    if (!rst_ni) later_q <= '0;
    else if (taken_i && |grant_o) later_q <= ~(grant_o | (grant_o - 1'b1));
  end

  // ---------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert ((grant_o & ~request_i) == '0 && $countones(grant_o) == 32'(|request_i))
      else $fatal(1, "%m: the grant is not one of the requests");
    end
  end
endmodule
