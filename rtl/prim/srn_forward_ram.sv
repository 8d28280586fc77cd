// srn_ram whose reads see the write of the same clock: a word written in a clock is read from that clock on.
// So whoever announces a write in its clock may let the reader start in that clock. Costs a register as wide as a word,
// an address comparison and a multiplexer after the RAM. Read latency is one cycle; the word read stays on the output
// until the next read.
module srn_forward_ram #(
    parameter int Width   = 32,    // bits of a word
    parameter int Depth   = 1024,  // words
    parameter int StrobeW = Width  // bits that a strobe bit covers; divides Width
) (
    input logic clk_i,

    // write
    input logic                     write_valid_i,
    input logic [$clog2(Depth)-1:0] write_addr_i,
    input logic [Width/StrobeW-1:0] write_strobe_i,
    input logic [        Width-1:0] write_data_i,

    // read
    input  logic                     read_valid_i,
    input  logic [$clog2(Depth)-1:0] read_addr_i,
    output logic [        Width-1:0] read_data_o    // the cycle after
);
  localparam int NumStrobes = Width / StrobeW;

  logic [     Width-1:0] old, forward_q;
  logic [NumStrobes-1:0] forwards_q;
  logic                  same;

  srn_ram #(
      .Width  (Width),
      .Depth  (Depth),
      .StrobeW(StrobeW)
  ) u_ram (
      .clk_i,
      .write_valid_i,
      .write_addr_i,
      .write_strobe_i,
      .write_data_i,
      .read_valid_i,
      .read_addr_i,
      .read_data_o(old)
  );

  assign same = write_valid_i && write_addr_i == read_addr_i;

  always_ff @(posedge clk_i) begin
    if (read_valid_i) begin
      forwards_q <= same ? write_strobe_i : '0;
      if (same) forward_q <= write_data_i;
    end
  end

  for (genvar i = 0; i < NumStrobes; i++) begin : gen_strobe
    assign read_data_o[i*StrobeW+:StrobeW] = forwards_q[i] ? forward_q[i*StrobeW+:StrobeW] : old[i*StrobeW+:StrobeW];
  end
endmodule
