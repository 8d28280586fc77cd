// Scalar functions and branch conditions (docs/isa.md). Combinational. Codes beyond those listed give zero and not taken;
// srn_check refuses them.
module srn_scalar
  import srn_control_pkg::*;
(
    input  logic [         3:0] function_i,
    input  logic [         3:0] condition_i,
    input  logic [OperandW-1:0] a_i,          // ra
    input  logic [OperandW-1:0] b_i,          // r[value_reg] + value
    output logic [OperandW-1:0] result_o,
    output logic                taken_o
);
  logic equal, less;
  logic [4:0] distance;

  assign equal    = a_i == b_i;
  assign less     = $signed(a_i) < $signed(b_i);
  assign distance = b_i[4:0];

  always_comb begin
    case (function_i)
      4'd0: result_o = a_i + b_i;
      4'd1: result_o = a_i - b_i;
      4'd2: result_o = a_i * b_i;
      4'd3: result_o = a_i << distance;
      4'd4: result_o = a_i >> distance;
      4'd5: result_o = a_i & b_i;
      4'd6: result_o = a_i | b_i;
      4'd7: result_o = less ? a_i : b_i;
      4'd8: result_o = less ? b_i : a_i;
      default: result_o = '0;
    endcase
  end

  always_comb begin
    case (condition_i)
      4'd0: taken_o = equal;
      4'd1: taken_o = !equal;
      4'd2: taken_o = less;
      4'd3: taken_o = !less;
      default: taken_o = 1'b0;
    endcase
  end
endmodule
