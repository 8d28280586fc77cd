// One lane of the vector unit: multiply, add or take the larger, mask, special function, multiply.
// Four stages, each with its own control inputs, at AtX, AtY, AtF and AtZ; the result is there at AtOut, or LatSpecial
// clocks sooner where short_i takes a word past the special function. A stage not asked for passes its bits unchanged.
// One element a clock. Model: models/vector.py, elements.
module srn_vector_lane
  import srn_pkg::*;
  import srn_isa_pkg::*;
  import srn_vector_pkg::*;
(
    input logic clk_i,

    // multiply: t1
    input logic [2:0] x_i,
    input logic x_a_imm_i,
    input logic [FpW-1:0] x_imm_i,
    input logic [FpW-1:0] x_a_i,
    input logic [FpW-1:0] x_b_i,
    input logic [FpW-1:0] x_s_i,

    // add: t2
    input logic y_plain_i,  // the multiplication was not asked for
    input logic [2:0] y_i,
    input logic y_max_i,
    input logic y_negate_i,  // the operand
    input logic y_reverse_i,  // negate t1
    input logic [FpW-1:0] y_imm_i,
    input logic [FpW-1:0] y_s_i,

    // mask and special function: t3
    input logic f_sum_i,  // an addition was asked for
    input logic f_mask_i,
    input logic [1:0] f_i,

    // multiply: t4
    input logic z_short_i,
    input logic out_z_i,  // the last multiplication was asked for
    output logic [FpW-1:0] out_o
);
  localparam logic [FpW-1:0] MinusInfinity = {1'b1, FpInfinity[FpW-2:0]};

  // ---------------------------------------------------------------- multiply
  logic [FpW-1:0] x_a, x_operand, y_product, y_a, y_b, t1;

  assign x_a = x_a_imm_i ? x_imm_i : x_a_i;
  always_comb begin
    case (x_i)
      XA:      x_operand = x_a;
      XB:      x_operand = x_b_i;
      XS:      x_operand = x_s_i;
      default: x_operand = x_imm_i;
    endcase
  end

  srn_fp_mul u_mul_x (
      .clk_i,
      .a_i      (x_a),
      .b_i      (x_operand),
      .product_o(y_product)
  );

  srn_delay #(
      .Width (2 * FpW),
      .Clocks(LatFpMul)
  ) u_to_y (
      .clk_i,
      .data_i({x_a, x_b_i}),
      .data_o({y_a, y_b})
  );

  assign t1 = y_plain_i ? y_a : y_product;

  // ---------------------------------------------------------------- add
  logic [FpW-1:0] y_operand, y_other, f_sum, f_other, f_b, t2;

  always_comb begin
    case (y_i)
      YB:      y_operand = y_b;
      YS:      y_operand = y_s_i;
      default: y_operand = y_imm_i;
    endcase
  end

  srn_fp_add u_add (
      .clk_i,
      .a_i  ({t1[FpW-1] ^ y_reverse_i, t1[FpW-2:0]}),
      .b_i  ({y_operand[FpW-1] ^ y_negate_i, y_operand[FpW-2:0]}),
      .sum_o(f_sum)
  );

  assign y_other = y_max_i ? fp_max(t1, y_operand) : t1;

  srn_delay #(
      .Width (2 * FpW),
      .Clocks(LatFpAdd)
  ) u_to_f (
      .clk_i,
      .data_i({y_other, y_b}),
      .data_o({f_other, f_b})
  );

  // ---------------------------------------------------------------- special function
  logic [FpW-1:0] f_special, z_b, t3;

  always_comb begin
    t2 = f_other;
    if (f_mask_i) t2 = MinusInfinity;
    else if (f_sum_i) t2 = f_sum;
  end

  srn_special u_special (
      .clk_i,
      .function_i(f_i),
      .x_i       (t2),
      .y_o       (f_special)
  );

  logic [FpW-1:0] f_b_late;
  srn_delay #(
      .Width (FpW),
      .Clocks(LatSpecial)
  ) u_to_z (
      .clk_i,
      .data_i(f_b),
      .data_o(f_b_late)
  );

  assign t3  = z_short_i ? t2 : f_special;
  assign z_b = z_short_i ? f_b : f_b_late;

  // ---------------------------------------------------------------- multiply
  logic [FpW-1:0] out_product, out_plain;

  srn_fp_mul u_mul_z (
      .clk_i,
      .a_i      (t3),
      .b_i      (z_b),
      .product_o(out_product)
  );

  srn_delay #(
      .Width (FpW),
      .Clocks(LatFpMul)
  ) u_to_out (
      .clk_i,
      .data_i(t3),
      .data_o(out_plain)
  );

  assign out_o = out_z_i ? out_product : out_plain;
endmodule
