// Writes the results of finished tiles to VMEM, half a tile at a time: a word for each token row, then the other half.
// Keeps what the two banks of accumulators belong to, and tells when a third tile may begin.
// One word a clock; the first word of a half is offered two clocks after the half's last sum is in its accumulator.
// A word without any output of the command is not written. done_valid_o follows write_ready_i within the clock.
module srn_matrix_drain
  import srn_isa_pkg::*;
  import srn_matrix_pkg::*;
#(
    parameter int PortBytes = 16,
    parameter int Rows = 8,
    parameter int Passes = 2,
    localparam int PassW = matrix_pass_w(Passes),
    localparam int HalfW = matrix_half_w(Passes),
    localparam int Lanes = PortBytes / 2,
    localparam int RowW = $clog2(Rows)
) (
    input logic clk_i,
    input logic rst_ni,

    // tiles
    input  logic  start_i,
    input  tile_t tile_i,
    input  logic  half_i,   // the next half's results are in the accumulators from the next clock on
    output logic  free_o,   // a tile may start

    // rows
    output logic [ Rows-1:0] read_o,
    output logic [HalfW-1:0] read_half_o,
    output logic [ RowW-1:0] write_row_o,  // whose word is written

    // vector memory
    output logic             write_valid_o,
    input  logic             write_ready_i,
    output logic [VmemW-1:0] write_addr_o,
    output logic [Lanes-1:0] write_strobe_o,
    output logic [SlotW-1:0] write_slot_o,

    // completion
    output logic             done_valid_o,
    output logic [SlotW-1:0] done_slot_o,

    // observation
    output logic active_o
);

  // --------------------------------------------------------------------------------------------------------------- banks

  logic start_bank_q, bank_q, half_q;
  logic [1:0] num_tiles_q;  // banks in use
  logic [2:0] num_halves_q;  // results waiting
  tile_t tile_q[2];
  tile_t tile;
  assign tile = tile_q[bank_q];

  logic step, skip, issue, end_half, end_tile;

  always_ff @(posedge clk_i) if (start_i) tile_q[start_bank_q] <= tile_i;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      start_bank_q <= 1'b0;
      bank_q <= 1'b0;
      half_q <= 1'b0;
      num_tiles_q <= '0;
      num_halves_q <= '0;
    end else begin
      if (start_i) start_bank_q <= ~start_bank_q;
      if (end_tile) bank_q <= ~bank_q;
      if (end_half) half_q <= ~half_q;
      num_tiles_q <= num_tiles_q + 2'(start_i) - 2'(end_tile);
      num_halves_q <= num_halves_q + 3'(half_i) - 3'(end_half);
    end
  end
  assign free_o = !num_tiles_q[1];
  assign active_o = num_tiles_q != '0 || write_valid_o;

  // --------------------------------------------------------------------------------------------------------------- words

  logic [7:0] number_q;  // of the token row: row row_q's in pass pass_q
  logic [RowW-1:0] row_q;
  logic [PassW-1:0] pass_q;
  logic [VmemW-1:0] addr, addr_q;
  logic last_row, end_pass;

  assign skip = half_q && tile.outputs <= 6'(Lanes);
  assign step = num_halves_q != '0 && (!write_valid_o || write_ready_i);
  assign issue = step && !skip;
  assign last_row = number_q == tile.rows - 1'b1;
  assign end_pass = last_row || row_q == RowW'(Rows - 1);
  assign end_half = step && (skip || last_row);
  assign end_tile = end_half && half_q;
  assign addr = number_q == '0 ? tile.addr + VmemW'(half_q) : addr_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      number_q <= '0;
      row_q <= '0;
      pass_q <= '0;
    end else if (issue) begin
      number_q <= last_row ? '0 : number_q + 1'b1;
      row_q <= end_pass ? '0 : row_q + 1'b1;
      pass_q <= last_row ? '0 : pass_q + PassW'(end_pass);
    end
  end
  always_ff @(posedge clk_i) if (issue) addr_q <= addr + VmemW'(tile.stride);

  assign read_half_o = HalfW'({pass_q, bank_q, half_q});
  for (genvar r = 0; r < Rows; r++) begin : gen_read
    assign read_o[r] = issue && row_q == RowW'(r);
  end

  // ---------------------------------------------------------------------------------------------------------- write port

  logic write_last_q;
  logic [Lanes-1:0] strobe;
  for (genvar l = 0; l < Lanes; l++) begin : gen_strobe
    assign strobe[l] = tile.outputs > (half_q ? 6'(Lanes + l) : 6'(l));
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) write_valid_o <= 1'b0;
    else if (issue) write_valid_o <= 1'b1;
    else if (write_ready_i) write_valid_o <= 1'b0;
  end
  always_ff @(posedge clk_i) begin
    if (issue) begin
      write_row_o <= row_q;
      write_addr_o <= addr;
      write_strobe_o <= strobe;
      write_slot_o <= tile.slot;
      write_last_q <= tile.last && end_tile;
    end
  end

  // A tile without a second half ends with no word of its own, after the last one has gone.
  logic done_without_word;
  assign done_without_word = step && skip && tile.last;
  assign done_valid_o = done_without_word || (write_valid_o && write_ready_i && write_last_q);
  assign done_slot_o = done_without_word ? tile.slot : write_slot_o;

  // ------------------------------------------------------------------------------------------------------------ promises

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || free_o)
      else $fatal(1, "%m: a third tile began");
      assert (num_halves_q <= {num_tiles_q, 1'b0})
      else $fatal(1, "%m: more results than tiles");
      assert (!(done_without_word && write_valid_o && write_last_q))
      else $fatal(1, "%m: two commands end at once");
    end
  end

endmodule
