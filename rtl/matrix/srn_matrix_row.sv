// One row of the matrix unit, a token row in each pass: their activation blocks (and the next k-step's), the products of the
// pass's block with a beat of weights, and the accumulators of their outputs. Every input is a register of the unit's; there
// is no stall in here. One pass of a beat a clock. Stages: srn_matrix_pkg.
module srn_matrix_row
  import srn_pkg::*;
  import srn_matrix_pkg::*;
#(
    parameter int PortBytes = 16,
    parameter int Passes = 2,
    localparam int PassW = matrix_pass_w(Passes),
    localparam int Groups = matrix_groups(PortBytes),
    localparam int EntryW = matrix_entry_w(PortBytes, Passes),
    localparam int HalfW = matrix_half_w(Passes),
    localparam int ChunkBytes = matrix_chunk_bytes(PortBytes),
    localparam int ChunkW = matrix_chunk_w(PortBytes, Passes),
    localparam int Lanes = PortBytes / 2
) (
    input logic clk_i,

    // operands
    input logic [Passes-1:0] fill_i,           // the next k-step's block of a pass is here
    input logic [BlockW-1:0] fill_elements_i,
    input logic [ScaleW-1:0] fill_scale_i,
    input logic              swap_i,           // and they all are now this k-step's

    // multiply
    input logic                       dot_i,
    input logic [PortBytes*LaneW-1:0] even_i,
    input logic [PortBytes*LaneW-1:0] odd_i,
    input logic [  Groups*ChunkW-1:0] even_chunk_i,
    input logic [  Groups*ChunkW-1:0] odd_chunk_i,

    // combine
    input logic             combine_i,
    input logic [PassW-1:0] combine_pass_i,
    input logic             combine_restart_i,
    input logic             combine_int8_i,

    // scale
    input logic [Groups*ScaleW-1:0] weight_scale_i,
    input logic                     weight_is_fp4_i,

    // accumulate
    input logic              add_first_i,
    input logic [EntryW-1:0] add_entry_i,
    input logic [Groups-1:0] write_i,
    input logic [EntryW-1:0] write_entry_i,

    // drain
    input  logic                 read_i,
    input  logic [    HalfW-1:0] read_half_i,
    output logic [Lanes*FpW-1:0] word_o
);
  /* verilator no_inline_module */

  // ------------------------------------------------------------------------------------------------------------ operands

  logic [Passes*BlockSize*LaneW-1:0] blocks_q;
  logic [Passes*ScaleW-1:0] scales_q, scales_q2;

  for (genvar p = 0; p < Passes; p++) begin : gen_passes
    logic [BlockW-1:0] next_elements_q;
    logic [ScaleW-1:0] next_scale_q;

    always_ff @(posedge clk_i) begin
      if (fill_i[p]) begin
        next_elements_q <= fill_elements_i;
        next_scale_q <= fill_scale_i;
      end
      if (swap_i) scales_q[p*ScaleW+:ScaleW] <= next_scale_q;
    end
    for (genvar i = 0; i < BlockSize; i++) begin : gen_block
      always_ff @(posedge clk_i) begin
        if (swap_i) blocks_q[(p*BlockSize+i)*LaneW+:LaneW] <= LaneW'($signed(next_elements_q[i*8+:8]));
      end
    end
  end

  // ------------------------------------------------------------------------------------------------ multiply and combine

  logic [Groups*DotW-1:0] part;
  logic [       DotW-1:0] whole;  // of an INT8 beat, which is one output's

  for (genvar g = 0; g < Groups; g++) begin : gen_dot
    logic [PartW-1:0] even, odd;
    logic signed [DotW-1:0] even_wide, odd_wide;

    srn_mx_dot #(
        .Lanes (ChunkBytes),
        .Blocks(Passes)
    ) u_even (
        .clk_i,
        .enable_i(dot_i),
        .weights_i(even_i[g*ChunkBytes*LaneW+:ChunkBytes*LaneW]),
        .blocks_i(blocks_q),
        .chunk_i(even_chunk_i[g*ChunkW+:ChunkW]),
        .sum_o(even)
    );
    srn_mx_dot #(
        .Lanes (ChunkBytes),
        .Blocks(Passes)
    ) u_odd (
        .clk_i,
        .enable_i(dot_i),
        .weights_i(odd_i[g*ChunkBytes*LaneW+:ChunkBytes*LaneW]),
        .blocks_i(blocks_q),
        .chunk_i(odd_chunk_i[g*ChunkW+:ChunkW]),
        .sum_o(odd)
    );

    assign even_wide = DotW'($signed(even));
    assign odd_wide = DotW'($signed(odd));
    assign part[g*DotW+:DotW] = even_wide + (combine_int8_i ? odd_wide <<< 4 : odd_wide);
  end

  if (Groups == 2) begin : gen_whole
    assign whole = part[0+:DotW] + part[DotW+:DotW];
  end else begin : gen_whole
    assign whole = part;
  end

  // The block's scale goes along, a clock behind the block: in the next clock the next k-step's may be here.
  logic [ScaleW-1:0] activation_scale_q;
  always_ff @(posedge clk_i) begin
    scales_q2 <= scales_q;
    if (combine_i) activation_scale_q <= scales_q2[combine_pass_i*ScaleW+:ScaleW];
  end

  // ---------------------------------------------------------------------------------------------------------- accumulate

  for (genvar g = 0; g < Groups; g++) begin : gen_group
    logic [DotW-1:0] partial_q[Passes];  // of outputs that take several beats, between which other passes come
    logic [DotW-1:0] isum, isum_q;
    logic [Lanes/Groups*FpW-1:0] half;

    assign isum = (combine_restart_i ? '0 : partial_q[combine_pass_i]) +
                  (combine_int8_i ? whole : part[g*DotW+:DotW]);
    always_ff @(posedge clk_i) begin
      if (combine_i) begin
        partial_q[combine_pass_i] <= isum;
        isum_q <= isum;
      end
    end

    srn_mx_accumulate #(
        .Entries(PortBytes / Groups),
        .Passes (Passes)
    ) u_accumulate (
        .clk_i,
        .isum_i(isum_q),
        .weight_scale_i(weight_scale_i[g*ScaleW+:ScaleW]),
        .activation_scale_i(activation_scale_q),
        .weight_is_fp4_i,
        .add_first_i,
        .add_entry_i,
        .write_i(write_i[g]),
        .write_entry_i,
        .read_i,
        .read_half_i,
        .half_o(half)
    );

    // Output n is group n mod Groups's.
    for (genvar i = 0; i < Lanes / Groups; i++) begin : gen_lanes
      assign word_o[(i*Groups+g)*FpW+:FpW] = half[i*FpW+:FpW];
    end
  end

endmodule
