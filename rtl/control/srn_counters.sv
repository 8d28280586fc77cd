// 64-bit counters: each adds its bit of count_i in every cycle; clear_i sets all to zero. A reader of 32-bit words takes the low word of counter 0
// first (read_i): all counters are held as they are in that cycle, and what is read from then on is of that one moment, whole and in proportion.
module srn_counters #(
    parameter int NumCounters = 16
) (
    input logic clk_i,
    input logic rst_ni,

    input logic                   clear_i,
    input logic [NumCounters-1:0] count_i,

    // read
    input  logic                           read_i,
    input  logic [$clog2(NumCounters)-1:0] idx_i,
    output logic [                   31:0] low_o,
    output logic [                   31:0] high_o
);
  logic [NumCounters-1:0][63:0] counts, held_q;
  logic [63:0] held;
  logic hold;

  for (genvar i = 0; i < NumCounters; i++) begin : gen_counter
    logic [63:0] count_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni || clear_i) count_q <= '0;
      else if (count_i[i]) count_q <= count_q + 1'b1;
    end
    assign counts[i] = count_q;
  end

  assign held = held_q[idx_i];
  assign hold = read_i && idx_i == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) held_q <= '0;
    else if (hold) held_q <= counts;
  end

  assign low_o  = idx_i == '0 ? counts[0][31:0] : held[31:0];
  assign high_o = held[63:32];
endmodule
