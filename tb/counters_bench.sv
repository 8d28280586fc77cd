// srn_counters with a way to begin anywhere: no simulation counts to 2 ** 32. With preset_i counter i takes the
// i-th of presets_i; count_i and clear_i are zero in that cycle.
module counters_bench #(
    parameter int NumCounters = 4
) (
    input logic clk_i,
    input logic rst_ni,

    input logic                      preset_i,
    input logic [NumCounters*64-1:0] presets_i,

    input  logic                           clear_i,
    input  logic [        NumCounters-1:0] count_i,
    input  logic                           read_i,
    input  logic [$clog2(NumCounters)-1:0] idx_i,
    output logic [                   31:0] low_o,
    output logic [                   31:0] high_o
);
  srn_counters #(
      .NumCounters(NumCounters)
  ) u_dut (
      .clk_i,
      .rst_ni,
      .clear_i,
      .count_i,
      .read_i,
      .idx_i,
      .low_o,
      .high_o
  );

  for (genvar i = 0; i < NumCounters; i++) begin : gen_preset
    /* verilator lint_off MULTIDRIVEN */  // the second driver is the purpose
    always @(posedge clk_i) if (preset_i) u_dut.gen_counter[i].count_q <= presets_i[i*64+:64];
    /* verilator lint_on MULTIDRIVEN */
  end
endmodule
