// Takes matmul commands, and for each k-step of each tile in order reads the activation blocks of its rows from AMEM.
// A k-step's blocks are asked for while the one before is in use: rows clocks, in the 17 or more of
// each pass that its beats take.
// Offers the k-step when the last block has been asked for, so its data is here one clock after.
// Within a clock, so that blocks come without a gap: kstep_take_i to cmd_ready_o, and to amem_valid_o, for the first block of
// the command's k-step after it. The next command's first block is asked for a clock later.
module srn_matrix_fetch
  import srn_pkg::*;
  import srn_isa_pkg::*;
  import srn_matrix_pkg::*;
#(
    parameter int PortBytes = 16,
    parameter int Rows = 8,
    parameter int Passes = 2,
    localparam int MaxRows = Passes * Rows
) (
    input logic clk_i,
    input logic rst_ni,

    // commands
    input  logic        cmd_valid_i,
    output logic        cmd_ready_o,
    input  matrix_cmd_t cmd_i,
    input  logic [NumSlots-1:0] clear_i,

    // activation memory
    output logic             amem_valid_o,
    input  logic             amem_ready_i,
    output logic [AmemW-1:0] amem_addr_o,

    // to the rows: whose block AMEM returns in this clock, Rows of each pass
    output logic [MaxRows-1:0] fill_o,
    output logic               fill_int8_o,

    // to the beats
    output logic               kstep_valid_o,
    input  logic               kstep_take_i,
    output kstep_t             kstep_o,
    output tile_t              tile_o,
    output logic [MaxRows-1:0] mask_o,         // token rows in use

    // observation
    output logic active_o,           // a command is here
    output logic blocked_o,          // and waits for its conflicts
    output logic [SlotW-1:0] slot_o  // its slot
);

  localparam int Lanes = PortBytes / 2;
  localparam int LanesW = $clog2(Lanes);

  logic valid_q;
  logic [SlotW-1:0] slot_q;
  logic int8_q;
  logic [11:0] ksteps_q;
  logic [AmemW-1:0] amem_q;
  logic [11:0] amem_stride_q;
  logic [7:0] rows_q;
  logic [15:0] vmem_stride_q;
  logic [11:0] kstep_q;
  logic [19:0] left_q;  // outputs from this tile on
  logic [VmemW-1:0] addr_q;
  logic [MaxRows-1:0] mask_q;

  logic full_q;  // all blocks of the k-step are asked for
  logic [7:0] row_q;
  logic [AmemW-1:0] block_q;  // address of the next block to ask for
  logic [AmemW-1:0] base_q, next_base;  // of row 0; in the next k-step

  logic accept, leave, last_kstep, last_tile, asked, last_row;
  assign last_kstep = kstep_q == ksteps_q - 1'b1;
  assign last_tile = left_q <= 20'(PortBytes);
  assign leave = kstep_take_i && last_kstep && last_tile;
  assign cmd_ready_o = !valid_q || leave;
  assign accept = cmd_valid_i && cmd_ready_o;

  // ------------------------------------------------------------------------------------------------------------ k-steps

  function automatic logic [MaxRows-1:0] rows_mask(input logic [7:0] rows);
    logic [MaxRows-1:0] mask;
    for (int r = 0; r < MaxRows; r++) mask[r] = 8'(r) < rows;
    return mask;
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (accept) valid_q <= 1'b1;
    else if (leave) valid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (accept) begin
      slot_q <= cmd_i.slot;
      int8_q <= cmd_i.int8;
      ksteps_q <= cmd_i.ksteps;
      amem_q <= cmd_i.amem;
      amem_stride_q <= cmd_i.amem_stride;
      rows_q <= cmd_i.rows;
      vmem_stride_q <= cmd_i.vmem_stride;
      kstep_q <= '0;
      left_q <= cmd_i.outputs;
      addr_q <= cmd_i.vmem >> LanesW;
      mask_q <= rows_mask(cmd_i.rows);
      base_q <= cmd_i.amem;
    end else if (kstep_take_i) begin
      kstep_q <= last_kstep ? '0 : kstep_q + 1'b1;
      base_q <= next_base;
      if (last_kstep) begin
        left_q <= left_q - 20'(PortBytes);
        addr_q <= addr_q + VmemW'(2);
      end
    end
  end

  assign kstep_valid_o = full_q;
  assign kstep_o = {int8_q, kstep_q == '0, last_kstep};
  assign tile_o = {
    slot_q, last_tile, last_tile ? left_q[5:0] : 6'(PortBytes), rows_q, addr_q, vmem_stride_q
  };
  assign mask_o = mask_q;

  // ------------------------------------------------------------------------------------------------------------- blocks

  logic clear;
  assign clear = clear_i[slot_q];
  assign next_base = last_kstep ? amem_q : base_q + 1'b1;
  assign amem_valid_o = full_q ? kstep_take_i && !leave : valid_q && clear;
  assign amem_addr_o = full_q ? next_base : row_q == '0 ? base_q : block_q;
  assign asked = amem_valid_o && amem_ready_i;
  assign last_row = row_q == rows_q - 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      full_q <= 1'b0;
      row_q  <= '0;
    end else begin
      if (asked) full_q <= last_row;
      else if (kstep_take_i) full_q <= 1'b0;
      if (asked) row_q <= last_row ? '0 : row_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) if (asked) block_q <= amem_addr_o + AmemW'(amem_stride_q);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) fill_o <= '0;
    else begin
      for (int r = 0; r < MaxRows; r++) fill_o[r] <= asked && row_q == 8'(r);
    end
  end
  always_ff @(posedge clk_i) if (asked) fill_int8_o <= int8_q;

  assign active_o  = valid_q;
  assign slot_o    = slot_q;
  assign blocked_o = valid_q && !clear && !full_q;

  // ----------------------------------------------------------------------------------------------------------- promises

  logic waited_q;
  logic [AmemW-1:0] waited_addr_q;
  always @(posedge clk_i) begin
    waited_q <= rst_ni && amem_valid_o && !amem_ready_i;
    waited_addr_q <= amem_addr_o;
    if (rst_ni) begin
      assert (!waited_q || (amem_valid_o && amem_addr_o == waited_addr_q))
      else $fatal(1, "%m: an offered address changed");
      assert (!kstep_take_i || full_q)
      else $fatal(1, "%m: a k-step was taken that is not there");
      assert (!accept || (cmd_i.rows != '0 && cmd_i.rows <= 8'(MaxRows) && cmd_i.ksteps != '0 && cmd_i.outputs != '0))
      else $fatal(1, "%m: a count is out of range");
    end
  end

endmodule
