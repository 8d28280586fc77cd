// srn_mx_decode against the formats of OCP MX v1.0: an INT8 byte is 16 times its odd lane and its even lane; an FP4 nibble is
// sign, two bits of exponent with bias 1 and one of mantissa, and its lane twice what that is worth.
module formal_mx_decode
  import srn_matrix_pkg::*;
#(
    parameter int Bytes = 2
) (
    input logic               clk_i,
    input logic               enable_i,
    input logic               int8_i,
    input logic [Bytes*8-1:0] bytes_i
);
  logic [Bytes*LaneW-1:0] even, odd;

  srn_mx_decode #(
      .Bytes(Bytes)
  ) u_decode (
      .clk_i,
      .enable_i,
      .int8_i,
      .bytes_i,
      .even_o(even),
      .odd_o (odd)
  );

  // The input that the lanes are of.
  logic taken_q = 1'b0;
  logic int8_q;
  logic [Bytes*8-1:0] bytes_q;

  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      taken_q <= 1'b1;
      int8_q  <= int8_i;
      bytes_q <= bytes_i;
    end
  end

  // (-1)^s 2^(e - 1) (1 + m/2), subnormal (-1)^s m/2; doubled.
  function automatic logic signed [LaneW-1:0] twice(input logic [3:0] code);
    logic signed [LaneW-1:0] magnitude;
    magnitude = code[2:1] == 2'd0 ? LaneW'(code[0]) : (32'sd2 + $signed(LaneW'(code[0]))) <<< (code[2:1] - 2'd1);
    return code[3] ? -magnitude : magnitude;
  endfunction

  for (genvar i = 0; i < Bytes; i++) begin : gen_bytes
    logic signed [LaneW-1:0] low, high;
    assign low  = $signed(even[i*LaneW+:LaneW]);
    assign high = $signed(odd[i*LaneW+:LaneW]);

    always @(posedge clk_i) begin
      assert (!taken_q || !int8_q || low + 16 * high == LaneW'($signed(bytes_q[i*8+:8])))
      else $fatal(1, "the lanes of an INT8 do not make its value");
      assert (!taken_q || int8_q || (low == twice(bytes_q[i*8+:4]) && high == twice(bytes_q[i*8+4+:4])))
      else $fatal(1, "a lane is not twice its E2M1");
      assert (!taken_q || (low >= -12 && low <= 15 && high >= -12 && high <= 12))
      else $fatal(1, "a lane is wider than the dot product expects");
    end
  end

  always @(posedge clk_i) begin
    least: cover (taken_q && int8_q && bytes_q[7:0] == 8'h80);
    most: cover (taken_q && !int8_q && bytes_q[7:0] == 8'h7f);
  end
endmodule
