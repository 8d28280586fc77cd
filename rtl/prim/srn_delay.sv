// A line of Clocks registers: what goes in comes out that many clocks later. Data only; nothing is reset.
module srn_delay #(
    parameter int Width = 8,  // bits of a word
    parameter int Clocks = 1  // registers in the line; 0 is a wire
) (
    input logic clk_i,

    input  logic [Width-1:0] data_i,
    output logic [Width-1:0] data_o
);
  initial if (Width < 1) $fatal(1, "%m: Width must be at least 1");
  initial if (Clocks < 0) $fatal(1, "%m: Clocks must not be negative");

  if (Clocks == 0) begin : gen_wire
    logic unused;
    assign unused = clk_i;
    assign data_o = data_i;
  end else begin : gen_line
    for (genvar i = 0; i < Clocks; i++) begin : gen_stage
      logic [Width-1:0] word_q;
      if (i == 0) begin : gen_first
        always_ff @(posedge clk_i) word_q <= data_i;
      end else begin : gen_next
        always_ff @(posedge clk_i) word_q <= gen_stage[i-1].word_q;
      end
    end
    assign data_o = gen_stage[Clocks-1].word_q;
  end
endmodule
