// 64-bit counters: each adds its bit of count_i in every cycle; clear_i sets all to zero. A reader of 32-bit words takes the
// low word first (read_i): high_o is then, from the next cycle on, the high word that belonged to it.
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
  logic [NumCounters-1:0][63:0] counts;
  logic [63:0] count;
  logic [31:0] high_q;

  for (genvar i = 0; i < NumCounters; i++) begin : gen_counter
    logic [63:0] count_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni || clear_i) count_q <= '0;
      else if (count_i[i]) count_q <= count_q + 1'b1;
    end
    assign counts[i] = count_q;
  end

  assign count = counts[idx_i];

  always_ff @(posedge clk_i) begin
    if (read_i) high_q <= count[63:32];
  end

  assign low_o  = count[31:0];
  assign high_o = high_q;
endmodule
