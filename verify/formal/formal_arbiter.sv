// srn_arbiter: one grant, to one who asks, and whoever keeps asking is passed over by each of the others once at most.
module formal_arbiter #(
    parameter int NumRequests = 4
) (
    input logic clk_i,
    input logic rst_ni,

    input logic [NumRequests-1:0] request_i,
    input logic                   taken_i,
    input logic [NumRequests-1:0] watch_i
);
  logic [NumRequests-1:0] grant;

  srn_arbiter #(
      .NumRequests(NumRequests)
  ) u_arbiter (
      .clk_i,
      .rst_ni,
      .request_i,
      .grant_o(grant),
      .taken_i
  );

  formal_reset u_reset (
      .clk_i,
      .rst_ni
  );

  // The watched requester is one that the solver picks, and keeps.
  logic [NumRequests-1:0] watch_q, served_q;
  logic started_q = 1'b0;
  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (!started_q) watch_q <= watch_i & (~watch_i + 1'b1);  // its lowest bit
  end

  // The clock before, if nothing was taken in it.
  logic idle_q;
  logic [NumRequests-1:0] request_q, grant_q;
  always_ff @(posedge clk_i) begin
    idle_q <= rst_ni && !taken_i;
    request_q <= request_i;
    grant_q <= grant;
  end

  // Who was served since the watched one began to ask.
  logic asks, waits;
  assign asks  = (request_i & watch_q) != '0;
  assign waits = asks && (grant & watch_q) == '0;

  // Between the turn and the watched one, or above the turn and below the watched one.
  logic [NumRequests-1:0] up_to_watched, to_come;
  assign up_to_watched = watch_q | (watch_q - 1'b1);
  assign to_come = (u_arbiter.later_q & watch_q) != '0 ? u_arbiter.later_q & up_to_watched : u_arbiter.later_q | up_to_watched;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || !waits) served_q <= '0;
    else if (taken_i) served_q <= served_q | grant;
  end

  always @(posedge clk_i) begin
    if (!started_q) assume (watch_i != '0);
    if (started_q) begin
      assert (watch_q != '0 && (watch_q & (watch_q - 1'b1)) == '0)
      else $fatal(1, "helper: not one is watched");
    end
    if (rst_ni && started_q) begin
      assert ((grant & (grant - 1'b1)) == '0)
      else $fatal(1, "two are granted");
      assert ((grant & ~request_i) == '0)
      else $fatal(1, "one is granted that does not ask");
      assert ((grant == '0) == (request_i == '0))
      else $fatal(1, "nobody is granted though one asks");
      assert (!idle_q || request_i != request_q || grant == grant_q)
      else $fatal(1, "a grant that was not taken moves while the requests stand");
      assert (!waits || (grant & served_q) == '0)
      else $fatal(1, "one is served twice while another waits");
      assert ((~u_arbiter.later_q & (~u_arbiter.later_q + 1'b1)) == '0)
      else $fatal(1, "helper: the later ones are not all from one place on");
      assert ((served_q & to_come) == '0)
      else $fatal(1, "helper: one was served who comes before the watched one");
      passed_by_all: cover (waits && $countones(served_q) == NumRequests - 2);
    end
  end
endmodule
