// First-word-fall-through FIFO: a word written into an empty FIFO is offered in the next cycle.
// One word a cycle in and one out, except that a full FIFO takes none in the cycle in which it
// gives one. Both handshakes leave from registers: no path crosses the block within a cycle. Depth
// may be any number from 2 up. Rules of the handshake: docs/stream.md.
module srn_fifo #(
    parameter int Width = 8,  // bits of a word
    parameter int Depth = 4   // words held at most
) (
    input logic clk_i,
    input logic rst_ni,

    // words in
    input  logic             in_valid_i,
    output logic             in_ready_o,
    input  logic [Width-1:0] in_data_i,

    // words out
    output logic             out_valid_o,
    input  logic             out_ready_i,
    output logic [Width-1:0] out_data_o,

    // fill level
    output logic [$clog2(Depth+1)-1:0] count_o
);
  localparam int IdxW = $clog2(Depth);
  localparam int CountW = $clog2(Depth + 1);

  initial if (Width < 1) $fatal(1, "%m: Width must be at least 1");
  initial if (Depth < 2) $fatal(1, "%m: Depth must be at least 2");

  // ---------------------------------------------------------------- control
  logic [  IdxW-1:0] write_idx_q;
  logic [  IdxW-1:0] read_idx_q;
  logic [CountW-1:0] count_q;
  logic [CountW-1:0] count_d;
  logic              write;
  logic              read;

  function automatic logic [IdxW-1:0] next_idx(input logic [IdxW-1:0] idx);
    return (idx == IdxW'(Depth - 1)) ? '0 : idx + 1'b1;
  endfunction

  assign write   = in_valid_i && in_ready_o;
  assign read    = out_valid_o && out_ready_i;
  assign count_d = count_q + CountW'(write) - CountW'(read);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_idx_q <= '0;
      read_idx_q  <= '0;
      count_q     <= '0;
    end else begin
      if (write) write_idx_q <= next_idx(write_idx_q);
      if (read) read_idx_q <= next_idx(read_idx_q);
      count_q <= count_d;
    end
  end

  assign in_ready_o  = count_q != CountW'(Depth);
  assign out_valid_o = count_q != '0;
  assign count_o     = count_q;

  // ---------------------------------------------------------------- storage
  logic [Width-1:0] words_q[Depth];

  always_ff @(posedge clk_i) begin
    if (write) words_q[write_idx_q] <= in_data_i;
  end

  assign out_data_o = words_q[read_idx_q];

  // ---------------------------------------------------------------- promises
  logic             waited_q;
  logic [Width-1:0] waited_data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) waited_q <= 1'b0;
    else waited_q <= out_valid_o && !out_ready_i;
    waited_data_q <= out_data_o;
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(write && count_q == CountW'(Depth)))
      else $fatal(1, "%m: written while full");
      assert (!(read && count_q == '0))
      else $fatal(1, "%m: read while empty");
      assert (count_q <= CountW'(Depth))
      else $fatal(1, "%m: holds more words than it has room for");
    end
    if (rst_ni && waited_q) begin
      assert (out_valid_o && out_data_o == waited_data_q)
      else $fatal(1, "%m: an offered word was withdrawn or changed");
    end
  end
endmodule
