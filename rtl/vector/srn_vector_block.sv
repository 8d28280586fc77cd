// Gathers the words of a row into blocks of 32 elements, the row's last padded with +0, quantises them, and writes them
// to AMEM. A word a clock, also where every word is the last of its block; the write comes LatBlock clocks after it.
// Model: models/vector.py, vector (mxint8, mxfp4).
module srn_vector_block
  import srn_pkg::*;
  import srn_isa_pkg::*;
  import srn_vector_pkg::*;
#(
    parameter int Lanes = 8  // elements of a word
) (
    input logic clk_i,
    input logic rst_ni,

    // words, in_last_i at the last of a block
    input logic                 in_valid_i,
    input logic                 in_last_i,
    input logic [          4:0] in_col_i,        // of lane 0, in its block
    input logic [    Lanes-1:0] in_lanes_i,      // that belong to the row
    input logic [Lanes*FpW-1:0] in_data_i,
    input logic                 in_fp4_i,
    input logic [    AmemW-1:0] in_addr_i,
    input logic [    SlotW-1:0] in_slot_i,
    input logic                 in_command_last_i,

    // blocks
    output logic                     write_valid_o,
    output logic [        AmemW-1:0] write_addr_o,
    output logic [ScaleW+BlockW-1:0] write_data_o,         // {scale, elements}
    output logic [        SlotW-1:0] write_slot_o,
    output logic                     write_command_last_o
);
  localparam int NumWords = BlockSize / Lanes;
  localparam int WordW = Lanes * FpW;
  localparam int TagW = AmemW + SlotW + 1;

  // ---------------------------------------------------------------- gather
  logic [BlockSize*FpW-1:0] values;
  logic [WordW-1:0]         word;
  logic                     fp4_q;
  logic [TagW-1:0]          tag_q, write_tag;
  logic [LatBlock-1:0]      valid_q;

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    assign word[i*FpW+:FpW] = in_lanes_i[i] ? in_data_i[i*FpW+:FpW] : '0;
  end

  for (genvar i = 0; i < NumWords; i++) begin : gen_word
    logic [WordW-1:0] word_q;
    always_ff @(posedge clk_i) begin
      if (in_valid_i) begin
        if (in_col_i == 5'(i * Lanes)) word_q <= word;
        else if (in_col_i == '0) word_q <= '0;
      end
    end
    assign values[i*WordW+:WordW] = word_q;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[LatBlock-2:0], in_valid_i && in_last_i};
  end
  always_ff @(posedge clk_i) begin
    fp4_q <= in_fp4_i;
    tag_q <= {in_command_last_i, in_slot_i, in_addr_i};
  end

  // ---------------------------------------------------------------- quantise
  logic [BlockW-1:0] elements;
  logic [ScaleW-1:0] scale;

  srn_quantise u_quantise (
      .clk_i,
      .values_i  (values),
      .fp4_i     (fp4_q),
      .elements_o(elements),
      .scale_o   (scale)
  );

  srn_delay #(
      .Width (TagW),
      .Clocks(LatQuantise)
  ) u_tag (
      .clk_i,
      .data_i(tag_q),
      .data_o(write_tag)
  );

  assign write_valid_o = valid_q[LatBlock-1];
  assign write_data_o  = {scale, elements};
  assign {write_command_last_o, write_slot_o, write_addr_o} = write_tag;
endmodule
