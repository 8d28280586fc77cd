// Says when the walk may issue its next word, so that the unit never needs the VMEM's write port twice in a clock.
//
// A word is written a fixed number of clocks after its issue: one clock, or a clock an element where it is scattered.
// A row's result comes a fixed number of clocks later still, among the words of later rows or commands: its clock is
// booked when the row's last word is issued, and a word that would need a booked clock waits. A short word (f is id)
// waits until it cannot overtake. While others ask for the memory (yield_i), as many clocks are left as are taken.
module srn_vector_pace
  import srn_pkg::*;
  import srn_vector_pkg::*;
#(
    parameter int Lanes = 8  // elements of a word
) (
    input logic clk_i,
    input logic rst_ni,

    input logic yield_i,

    // the word that would be issued next
    input logic              short_i,
    input logic              writes_i,       // to VMEM
    input logic              scatter_i,      // element by element
    input logic [CountW-1:0] count_i,
    input logic              result_i,       // it ends a row with a result
    input logic              slow_result_i,  // after LatSum clocks, else LatMax

    // permission
    output logic port_free_o,  // for a read alone
    output logic word_free_o,  // for the word
    input  logic read_i,       // taken by a read alone
    input  logic word_i        // taken by the word
);
  localparam int NumClocks = AtOut + LatSum + 1;  // what can be booked
  localparam int WaitW = CountW + 2;

  initial if (LatMax < LatBlock) $fatal(1, "%m: a result would overtake the block before it");

  // ---------------------------------------------------------------- spacing
  logic [WaitW-1:0] wait_q, wait_d, wait_short_q, wait_short_d;
  logic [WaitW-1:0] taken, taken_more;
  logic             yield, yield_q;

  assign taken      = scatter_i ? WaitW'(count_i) : WaitW'(1);
  assign taken_more = result_i && writes_i ? taken + 1'b1 : taken;
  assign yield      = yield_i || yield_q;  // since the last issue

  always_comb begin
    wait_d       = wait_q == '0 ? '0 : wait_q - 1'b1;
    wait_short_d = wait_short_q == '0 ? '0 : wait_short_q - 1'b1;
    if (word_i) begin
      wait_d = yield ? taken_more + taken_more - 1'b1 : taken - 1'b1;
      if (!short_i) wait_short_d = taken + WaitW'(LatSpecial - 1);
    end else if (read_i) begin
      wait_d = WaitW'(yield);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wait_q       <= '0;
      wait_short_q <= '0;
      yield_q      <= 1'b0;
    end else begin
      wait_q       <= wait_d;
      wait_short_q <= wait_short_d;
      yield_q      <= yield_i || (yield_q && !(word_i || read_i));
    end
  end

  // ---------------------------------------------------------------- bookings
  logic [NumClocks-1:0] booked_q, booked_d;  // bit i: the write port is promised to a result i clocks from now
  logic [Lanes-1:0]     near;
  logic                 word_booked, result_booked;
  logic [NumClocks-1:0] result_clock;

  always_comb begin
    result_clock = '0;
    result_clock[AtOutShort+LatMax] = short_i && !slow_result_i;
    result_clock[AtOutShort+LatSum] = short_i && slow_result_i;
    result_clock[AtOut+LatMax]      = !short_i && !slow_result_i;
    result_clock[AtOut+LatSum]      = !short_i && slow_result_i;
  end

  assign near          = short_i ? booked_q[AtOutShort+:Lanes] : booked_q[AtOut+:Lanes];
  assign word_booked   = writes_i && (scatter_i ? near != '0 : near[0]);
  assign result_booked = result_i && (booked_q & result_clock) != '0;
  assign booked_d      = word_i && result_i ? booked_q | result_clock : booked_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) booked_q <= '0;
    else booked_q <= booked_d >> 1;
  end

  assign port_free_o = wait_q == '0;
  assign word_free_o = port_free_o && !(short_i && wait_short_q != '0) && !word_booked && !result_booked;

  // ---------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!word_i || word_free_o)
      else $fatal(1, "%m: a word was issued without permission");
      assert (!read_i || port_free_o)
      else $fatal(1, "%m: a read was issued without permission");
    end
  end
endmodule
