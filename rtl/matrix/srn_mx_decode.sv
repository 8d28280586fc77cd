// Weight lanes of a beat: byte i gives even lane i from its low and odd lane i from its high nibble.
// FP4: twice the value of an E2M1 code. INT8: the low nibble unsigned, the high one signed, to be weighted 16.
// Latency 1, one beat a clock where enable_i, else the last stays. Model: models/mx.py, FP4_DOUBLED.
module srn_mx_decode
  import srn_matrix_pkg::*;
#(
    parameter int Bytes = 16
) (
    input logic clk_i,
    input logic enable_i,

    input logic               int8_i,
    input logic [Bytes*8-1:0] bytes_i,

    // lanes, a clock later
    output logic [Bytes*LaneW-1:0] even_o,
    output logic [Bytes*LaneW-1:0] odd_o
);

  localparam logic [31:0] Magnitude = 32'hc864_3210;  // a nibble a code

  // No branch on the sign: a simulator would guess it wrong half the time.
  function automatic logic [LaneW-1:0] doubled(input logic [3:0] code);
    return (LaneW'(Magnitude[{code[2:0], 2'b00}+:4]) ^ {LaneW{code[3]}}) + LaneW'(code[3]);
  endfunction

  for (genvar i = 0; i < Bytes; i++) begin : gen_bytes
    logic [3:0] low, high;
    assign {high, low} = bytes_i[i*8+:8];

    always_ff @(posedge clk_i) begin
      if (enable_i && int8_i) begin
        even_o[i*LaneW+:LaneW] <= {{(LaneW - 4) {1'b0}}, low};
        odd_o[i*LaneW+:LaneW]  <= {{(LaneW - 4) {high[3]}}, high};
      end else if (enable_i) begin
        even_o[i*LaneW+:LaneW] <= doubled(low);
        odd_o[i*LaneW+:LaneW]  <= doubled(high);
      end
    end
  end

endmodule
