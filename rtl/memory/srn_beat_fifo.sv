// FIFO of DRAM beats in a RAM, first word falls through: a beat written into an empty FIFO is offered in the next cycle.
// One beat a cycle in and one out. There is no ready on the way in: the writer asks the memory for no more beats than there is room.
// The RAM's output register is the head of the queue, so out_ready_i reaches the RAM's read enable within the cycle.
// A beat that finds the queue empty goes round the RAM, which saves a cycle of latency.
module srn_beat_fifo #(
    parameter int Width = 128,  // bits of a beat
    parameter int Depth = 64    // beats held at most
) (
    input logic clk_i,
    input logic rst_ni,

    // beats in
    input logic             in_valid_i,
    input logic [Width-1:0] in_data_i,

    // beats out
    output logic             out_valid_o,
    input  logic             out_ready_i,
    output logic [Width-1:0] out_data_o
);
  localparam int IdxW = $clog2(Depth);
  localparam int CountW = $clog2(Depth + 1);

  initial if (Depth < 2) $fatal(1, "%m: Depth must be at least 2");

  // ---------------------------------------------------------------------------------------------- control
  logic [  IdxW-1:0] write_idx_q;
  logic [  IdxW-1:0] read_idx_q;
  logic [CountW-1:0] stored_q;  // beats in the RAM: not the head
  logic              head_valid_q;
  logic              round_q;   // the head went round the RAM

  logic head_free, write, read, round;

  function automatic logic [IdxW-1:0] next_idx(input logic [IdxW-1:0] idx);
    return (idx == IdxW'(Depth - 1)) ? '0 : idx + 1'b1;
  endfunction

  assign head_free = !head_valid_q || out_ready_i;
  assign read = head_free && stored_q != '0;
  assign round = head_free && stored_q == '0 && in_valid_i;
  assign write = in_valid_i && !round;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_idx_q  <= '0;
      read_idx_q   <= '0;
      stored_q     <= '0;
      head_valid_q <= 1'b0;
    end else begin
      if (write) write_idx_q <= next_idx(write_idx_q);
      if (read) read_idx_q <= next_idx(read_idx_q);
      stored_q <= stored_q + CountW'(write) - CountW'(read);
      if (head_free) head_valid_q <= read || round;
    end
  end

  // ---------------------------------------------------------------------------------------------- storage
  logic [Width-1:0] stored_data;
  logic [Width-1:0] round_data_q;

  srn_ram #(
      .Width(Width),
      .Depth(Depth)
  ) u_ram (
      .clk_i,
      .write_valid_i (write),
      .write_addr_i  (write_idx_q),
      .write_strobe_i(1'b1),
      .write_data_i  (in_data_i),
      .read_valid_i  (read),
      .read_addr_i   (read_idx_q),
      .read_data_o   (stored_data)
  );

  always_ff @(posedge clk_i) begin
    if (round) round_data_q <= in_data_i;
    if (head_free) round_q <= round;
  end

  assign out_valid_o = head_valid_q;
  assign out_data_o  = round_q ? round_data_q : stored_data;

  // ---------------------------------------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni && write) begin
      assert (stored_q != CountW'(Depth))
      else $fatal(1, "%m: a beat came for which there is no room");
    end
  end
endmodule
