// srn_forward_ram: the word at an address that the solver picks, kept beside it strobe by strobe, is what every read of that
// address gives in the next clock, the write of the read's own clock included; and it stays until the next read.
module formal_forward_ram #(
    parameter int Width = 8,
    parameter int Depth = 4,
    parameter int StrobeW = 4
) (
    input logic clk_i,

    input logic                     write_valid_i,
    input logic [$clog2(Depth)-1:0] write_addr_i,
    input logic [Width/StrobeW-1:0] write_strobe_i,
    input logic [        Width-1:0] write_data_i,
    input logic                     read_valid_i,
    input logic [$clog2(Depth)-1:0] read_addr_i,
    input logic [$clog2(Depth)-1:0] watch_i
);
  localparam int NumStrobes = Width / StrobeW;

  logic [Width-1:0] read_data;

  srn_forward_ram #(
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
      .read_data_o(read_data)
  );

  logic started_q = 1'b0;
  logic [$clog2(Depth)-1:0] watch_q;
  logic [NumStrobes-1:0] known_q = '0;  // written since the start: before, a RAM holds anything
  logic [Width-1:0] word_q, word;  // before and after this clock's write
  logic [NumStrobes-1:0] known;

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (!started_q) watch_q <= watch_i;
    if (started_q) known_q <= known;
    word_q <= word;
  end

  logic writes;
  assign writes = write_valid_i && write_addr_i == watch_q;

  // What the last read must have given.
  logic expects_q = 1'b0;
  logic [NumStrobes-1:0] expected_known_q;
  logic [Width-1:0] expected_q;

  always_ff @(posedge clk_i) begin
    if (read_valid_i) begin
      expects_q <= started_q && read_addr_i == watch_q;
      expected_known_q <= known;
      expected_q <= word;
    end
  end

  for (genvar i = 0; i < NumStrobes; i++) begin : gen_strobe
    assign known[i] = known_q[i] || (writes && write_strobe_i[i]);
    assign word[i*StrobeW+:StrobeW] =
        writes && write_strobe_i[i] ? write_data_i[i*StrobeW+:StrobeW] : word_q[i*StrobeW+:StrobeW];

    always @(posedge clk_i) begin
      assert (!(expects_q && expected_known_q[i]) || read_data[i*StrobeW+:StrobeW] == expected_q[i*StrobeW+:StrobeW])
      else $fatal(1, "a read does not give what was written last");
      assert (!(started_q && known_q[i]) || u_ram.u_ram.gen_strobe[i].words_q[watch_q] == word_q[i*StrobeW+:StrobeW])
      else $fatal(1, "helper: the watched word is not in its place");
    end
  end

  always @(posedge clk_i) begin
    if (started_q) assume (write_addr_i < Depth && read_addr_i < Depth && watch_q < Depth);
    both: cover (expects_q && expected_known_q == '1 && read_valid_i);
  end
endmodule
