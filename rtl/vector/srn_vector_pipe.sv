// The lanes of the vector unit, and beside them the record of each word and the row's scalar.
// A word comes with the data that VMEM read for it and leaves AtOut - AtX clocks later, LatSpecial sooner where f is id;
// srn_vector_pace sees to it that no two meet. One word a clock, no stalls. Model: models/vector.py, elements.
module srn_vector_pipe
  import srn_pkg::*;
  import srn_isa_pkg::*;
  import srn_vector_pkg::*;
#(
    parameter int Lanes = 8  // elements of a word
) (
    input logic clk_i,
    input logic rst_ni,

    // words and their operands; s_load of a record counts without valid, too
    input logic                 in_valid_i,
    input vector_word_t         in_word_i,
    input logic [Lanes*FpW-1:0] a_data_i,
    input logic [Lanes*FpW-1:0] b_data_i,

    // results
    output logic                 out_valid_o,
    output vector_word_t         out_word_o,
    output logic [Lanes*FpW-1:0] out_data_o
);
  // ---------------------------------------------------------------- records
  vector_word_t y_word, f_word, late_word, z_word, out_word;
  logic         z_short, z_valid, f_valid, late_valid;
  logic [AtOut:AtX+1] valid_q;  // bit i: a word is i clocks from its issue, and not past the special function

  srn_delay #(
      .Width (VectorWordW),
      .Clocks(LatFpMul)
  ) u_y_word (
      .clk_i,
      .data_i(in_word_i),
      .data_o(y_word)
  );

  srn_delay #(
      .Width (VectorWordW),
      .Clocks(LatFpAdd)
  ) u_f_word (
      .clk_i,
      .data_i(y_word),
      .data_o(f_word)
  );

  srn_delay #(
      .Width (VectorWordW),
      .Clocks(LatSpecial)
  ) u_late_word (
      .clk_i,
      .data_i(f_word),
      .data_o(late_word)
  );

  assign z_short = f_valid && f_word.f == SpecialPass;
  assign z_word  = z_short ? f_word : late_word;
  assign z_valid = z_short || late_valid;

  srn_delay #(
      .Width (VectorWordW),
      .Clocks(LatFpMul)
  ) u_out_word (
      .clk_i,
      .data_i(z_word),
      .data_o(out_word)
  );

  assign f_valid    = valid_q[AtF];
  assign late_valid = valid_q[AtZ];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= '0;
    end else begin
      valid_q[AtF:AtX+1] <= {valid_q[AtF-1:AtX+1], in_valid_i};
      valid_q[AtZ:AtF+1] <= {valid_q[AtZ-1:AtF+1], f_valid && !z_short};
      valid_q[AtOut:AtZ+1] <= {valid_q[AtOut-1:AtZ+1], z_valid};
    end
  end

  // ---------------------------------------------------------------- scalar
  logic [Lanes*FpW-1:0] s_word, s_word_q;
  logic [FpW-1:0]       x_s, y_s;
  logic [3:0]           s_lane;

  assign s_lane = in_word_i.s_lane;
  assign s_word = in_word_i.s_load ? b_data_i : s_word_q;
  assign x_s    = s_word[s_lane*FpW+:FpW];

  always_ff @(posedge clk_i) begin
    if (in_word_i.s_load) s_word_q <= b_data_i;
  end

  srn_delay #(
      .Width (FpW),
      .Clocks(LatFpMul)
  ) u_y_s (
      .clk_i,
      .data_i(x_s),
      .data_o(y_s)
  );

  // ---------------------------------------------------------------- lanes
  // Names of packages in port lists make Icarus invent wires.
  logic y_plain, y_max, y_negate, y_reverse, f_sum;
  assign y_plain   = y_word.x == XOne;
  assign y_negate  = y_word.y_op == YSub;
  assign y_reverse = y_word.y_op == YRsub;
  assign y_max     = y_word.y != YNone && y_word.y_op == YMax;
  assign f_sum     = f_word.y != YNone && f_word.y_op != YMax;

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    srn_vector_lane u_lane (
        .clk_i,
        .x_i        (in_word_i.x),
        .x_a_imm_i  (in_word_i.a_imm),
        .x_imm_i    (in_word_i.imm),
        .x_a_i      (a_data_i[i*FpW+:FpW]),
        .x_b_i      (b_data_i[i*FpW+:FpW]),
        .x_s_i      (x_s),
        .y_plain_i  (y_plain),
        .y_i        (y_word.y),
        .y_max_i    (y_max),
        .y_negate_i (y_negate),
        .y_reverse_i(y_reverse),
        .y_imm_i    (y_word.imm),
        .y_s_i      (y_s),
        .f_sum_i    (f_sum),
        .f_mask_i   (f_word.keep <= CountW'(i)),
        .f_i        (f_word.f),
        .z_short_i  (z_short),
        .out_z_i    (out_word.z),
        .out_o      (out_data_o[i*FpW+:FpW])
    );
  end

  assign out_valid_o = valid_q[AtOut];
  assign out_word_o  = out_word;

  // ---------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(z_short && late_valid))
      else $fatal(1, "%m: a short word overtakes one from the special function");
    end
  end
endmodule
