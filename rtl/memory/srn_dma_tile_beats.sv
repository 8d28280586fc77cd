// Makes the write beats of a store_tile from AMEM blocks: the elements of each block as they come, then, after the last block of a k-step,
// one beat of all their scales with the strobes of their places, the other bytes zero. A beat a cycle.
// NumBlocks may be on their way: ask_ready_o says that one more may be asked for; its block comes the cycle after.
module srn_dma_tile_beats
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 16,  // bytes of a beat, up to 32
    parameter int NumBlocks = 4
) (
    input logic clk_i,
    input logic rst_ni,

    // blocks asked for
    input  logic                         ask_i,
    output logic                         ask_ready_o,
    input  logic                         ask_ends_i,    // last of the command
    input  logic                         ask_closes_i,  // last of its k-step
    input  logic [$clog2(PortBytes)-1:0] ask_place_i,   // output within the tile
    input  logic [                263:0] block_i,       // the cycle after

    // beats to the memory port
    output logic                   beat_valid_o,
    input  logic                   beat_ready_i,
    output logic [PortBytes*8-1:0] beat_data_o,
    output logic [  PortBytes-1:0] beat_strobe_o,
    output logic                   ends_o           // the command's last beat moves
);
  localparam int PlaceW = $clog2(PortBytes);
  localparam int Parts = 32 / PortBytes;
  localparam int PartW = $clog2(Parts + 1);
  localparam int CreditW = $clog2(NumBlocks + 1);
  localparam int NoteW = 2 + PlaceW;

  initial if (Parts < 1) $fatal(1, "%m: a beat must not be wider than a block");

  // ---------------------------------------------------------------------------------------------- blocks
  logic arrives_q, block_ready, head_valid, head_ready, head_ends, head_closes, pop;
  logic [NoteW-1:0] note_q;
  logic [PlaceW-1:0] head_place;
  logic [7:0] head_scale;
  logic [255:0] head_elements;
  logic [CreditW-1:0] credit_q, blocks;

  assign ask_ready_o = credit_q != '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      arrives_q <= 1'b0;
      credit_q  <= CreditW'(NumBlocks);
    end else begin
      arrives_q <= ask_i;
      credit_q  <= credit_q - CreditW'(ask_i) + CreditW'(pop);
    end
  end

  always_ff @(posedge clk_i) begin
    if (ask_i) note_q <= {ask_ends_i, ask_closes_i, ask_place_i};
  end

  srn_fifo #(
      .Width(NoteW + 264),
      .Depth(NumBlocks)
  ) u_blocks (
      .clk_i,
      .rst_ni,
      .in_valid_i (arrives_q),
      .in_ready_o (block_ready),
      .in_data_i  ({note_q, block_i}),
      .out_valid_o(head_valid),
      .out_ready_i(head_ready),
      .out_data_o ({head_ends, head_closes, head_place, head_scale, head_elements}),
      .count_o    (blocks)
  );

  // ---------------------------------------------------------------------------------------------- beats
  logic close_q, final_q;  // the beat of scales is due; it is the command's last
  logic [PartW-1:0] part_q;
  logic [PortBytes-1:0] given_q;
  logic [PortBytes*8-1:0] scales_q;
  logic [PortBytes*8-1:0] elements;
  logic move;

  if (Parts == 1) begin : gen_whole
    assign elements = head_elements;
  end else begin : gen_parts
    assign elements = head_elements[part_q[PartW-2:0]*(PortBytes*8)+:PortBytes*8];
  end

  assign beat_valid_o = close_q || head_valid;
  assign beat_data_o = close_q ? scales_q : elements;
  assign beat_strobe_o = close_q ? given_q : '1;
  assign move = beat_valid_o && beat_ready_i;
  assign head_ready = move && !close_q && part_q == PartW'(Parts - 1);
  assign pop = head_valid && head_ready;
  assign ends_o = move && close_q && final_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      part_q  <= '0;
      close_q <= 1'b0;
      given_q <= '0;
    end else if (move && close_q) begin
      close_q <= 1'b0;
      given_q <= '0;
    end else if (move) begin
      part_q  <= pop ? '0 : part_q + 1'b1;
      close_q <= pop && head_closes;
      if (pop) given_q <= given_q | PortBytes'(1) << head_place;
    end
  end

  always_ff @(posedge clk_i) begin
    if (pop) final_q <= head_ends;
  end

  for (genvar i = 0; i < PortBytes; i++) begin : gen_scale
    always_ff @(posedge clk_i) begin
      if (!rst_ni || (move && close_q)) scales_q[8*i+:8] <= '0;
      else if (pop && head_place == PlaceW'(i)) scales_q[8*i+:8] <= head_scale;
    end
  end

  logic unused;
  assign unused = &{1'b0, blocks};

  // ---------------------------------------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni && arrives_q) begin
      assert (block_ready)
      else $fatal(1, "%m: a block came for which there is no room");
    end
    if (rst_ni && ask_i) begin
      assert (ask_ready_o)
      else $fatal(1, "%m: a block was asked for without room");
    end
  end
endmodule
