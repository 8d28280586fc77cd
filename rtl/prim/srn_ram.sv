// Synchronous RAM with one read and one write port, as block RAMs have. Read latency is one cycle;
// a read of the address that is written in the same cycle returns the OLD word. The word read
// stays on the output until the next read. Contents start undefined. Addresses are the user's to
// keep below Depth: there is no reset here that a promise could wait for.
// Writes go by strobe: strobe bit i covers bits [i*StrobeW +: StrobeW].
module srn_ram #(
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

  initial if (Depth < 2) $fatal(1, "%m: Depth must be at least 2");
  initial if (StrobeW < 1 || Width % StrobeW != 0) $fatal(1, "%m: StrobeW must divide Width");

  // ---------------------------------------------------------------- storage
  // One array a strobe bit, so that a simulator and a synthesiser both see plain words.
  for (genvar i = 0; i < NumStrobes; i++) begin : gen_strobe
    logic [StrobeW-1:0] words_q[Depth];
    logic [StrobeW-1:0] read_data_q;

    always_ff @(posedge clk_i) begin
      if (write_valid_i && write_strobe_i[i]) words_q[write_addr_i] <= write_data_i[i*StrobeW+:StrobeW];
    end

    always_ff @(posedge clk_i) begin
      if (read_valid_i) read_data_q <= words_q[read_addr_i];
    end

    assign read_data_o[i*StrobeW+:StrobeW] = read_data_q;
  end
endmodule
