// Takes the beats of weights: decodes elements to lanes, keeps the k-step's scales, and says what each beat is as it goes
// down the pipeline of the rows. One beat a clock; only acceptance stalls: a k-step begins when its operands are on their
// way and, for a tile's first, when one of the two banks of accumulators is free.
// A lane is a weight of 5 bits, sign-extended: twice the E2M1 value, or half an INT8 (low nibbles unsigned, even lanes).
module srn_matrix_beats
  import srn_pkg::*;
  import srn_matrix_pkg::*;
#(
    parameter int PortBytes = 16,
    parameter int Rows = 8,
    localparam int Groups = matrix_groups(PortBytes),
    localparam int ChunkW = matrix_chunk_w(PortBytes),
    localparam int EntryW = matrix_entry_w(PortBytes)
) (
    input logic clk_i,
    input logic rst_ni,

    // weights
    input  logic                   beat_valid_i,
    output logic                   beat_ready_o,
    input  logic [PortBytes*8-1:0] beat_data_i,

    // k-steps whose operands are coming
    input  logic            kstep_valid_i,
    output logic            kstep_take_o,
    input  kstep_t          kstep_i,
    input  logic [Rows-1:0] mask_i,

    // drain
    input  logic bank_free_i,
    output logic tile_start_o,  // a tile has taken the other bank

    // to the rows: operands move up; weights and the rows that multiply them in stage StageDot
    output logic                       swap_o,
    output logic [           Rows-1:0] dot_o,
    output logic [PortBytes*LaneW-1:0] even_o,
    output logic [PortBytes*LaneW-1:0] odd_o,
    output logic [  Groups*ChunkW-1:0] even_chunk_o,  // which part of its block a group's lanes meet
    output logic [  Groups*ChunkW-1:0] odd_chunk_o,

    // to the rows: the beat in stages StageCombine to StageWrite
    output logic [         Rows-1:0] combine_o,
    output logic                     combine_restart_o,  // first beat of its outputs
    output logic                     combine_int8_o,
    output logic [Groups*ScaleW-1:0] weight_scale_o,
    output logic                     weight_is_fp4_o,
    output logic                     add_first_o,        // in the tile: the accumulators start at +0
    output logic [       EntryW-1:0] add_entry_o,
    output logic [       Groups-1:0] write_o,            // last beat of a group's output
    output logic [       EntryW-1:0] write_entry_o,
    output logic                     half_o,             // with it, half of the tile's results are final

    // observation
    output logic between_o,  // the next beat would be a k-step's first
    output logic finish_o    // a k-step's last beat was taken
);

  localparam int OutputW = EntryW - 1;
  localparam int ShiftW = PortBytes == 8 ? 1 : 0;  // log2 of the beats of an FP4 output

  // ---------------------------------------------------------------------------------------------------------- acceptance

  logic scales, accept, accept_elements, last_beat;
  logic [5:0] beat_q;  // 0 scales, then elements
  kstep_t kstep_q;
  logic [Rows-1:0] mask_q;
  logic bank_q;

  assign scales = beat_q == '0;
  assign last_beat = beat_q == (kstep_q.int8 ? 6'd32 : 6'd16);
  assign beat_ready_o = !scales || (kstep_valid_i && (!kstep_i.first || bank_free_i));
  assign accept = beat_valid_i && beat_ready_o;
  assign accept_elements = accept && !scales;
  assign kstep_take_o = accept && scales;
  assign tile_start_o = kstep_take_o && kstep_i.first;
  assign between_o = scales;
  assign finish_o = accept_elements && last_beat;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      bank_q <= 1'b1;
      swap_o <= 1'b0;
    end else begin
      if (accept) beat_q <= !scales && last_beat ? '0 : beat_q + 1'b1;
      if (tile_start_o) bank_q <= ~bank_q;
      swap_o <= kstep_take_o;
    end
  end

  logic [PortBytes*ScaleW-1:0] scales_q;
  always_ff @(posedge clk_i) begin
    if (kstep_take_o) begin
      scales_q <= beat_data_i;
      kstep_q  <= kstep_i;
      mask_q   <= mask_i;
    end
  end

  // ------------------------------------------------------------------------------------------------------------ decoding

  srn_mx_decode #(
      .Bytes(PortBytes)
  ) u_decode (
      .clk_i,
      .enable_i(accept_elements),
      .int8_i(kstep_q.int8),
      .bytes_i(beat_data_i),
      .even_o,
      .odd_o
  );

  // -------------------------------------------------------------------------------------------------------- what it is

  logic [4:0] element;  // beat of the k-step's elements
  logic [1:0] chunk, chunk_last;  // beat of its outputs
  logic [OutputW-1:0] place;  // of the output in its group
  logic complete;

  assign element = 5'(beat_q - 1'b1);
  assign chunk_last = kstep_q.int8 ? 2'((2 << ShiftW) - 1) : 2'((1 << ShiftW) - 1);
  assign chunk = element[1:0] & chunk_last;
  assign place = OutputW'(kstep_q.int8 ? element >> (ShiftW + 1) : element >> ShiftW);
  assign complete = accept_elements && chunk == chunk_last;

  // With two groups an INT8 beat is a whole output, and even and odd outputs take turns.
  logic [Groups-1:0] write;
  if (Groups == 2) begin : gen_write
    assign write = {Groups{accept_elements}} & (kstep_q.int8 ? {chunk[0], !chunk[0]} : '1);
  end else begin : gen_write
    assign write = complete;
  end

  srn_delay #(
      .Width (2),
      .Clocks(StageCombine)
  ) u_combine (
      .clk_i,
      .data_i({chunk == '0 || Groups == 2, kstep_q.int8}),
      .data_o({combine_restart_o, combine_int8_o})
  );
  srn_delay #(
      .Width (1 + EntryW),
      .Clocks(StageAdd)
  ) u_add (
      .clk_i,
      .data_i({kstep_q.first, bank_q, place}),
      .data_o({add_first_o, add_entry_o})
  );
  srn_delay #(
      .Width (Groups + EntryW),
      .Clocks(StageWrite)
  ) u_write (
      .clk_i,
      .data_i({write, bank_q, place}),
      .data_o({write_o, write_entry_o})
  );

  logic [StageWrite-1:0] half_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) half_q <= '0;
    else half_q <= {half_q[StageWrite-2:0], complete && kstep_q.last && place[OutputW-2:0] == '1};
  end
  assign half_o = half_q[StageWrite-1];

  always_ff @(posedge clk_i) begin
    dot_o <= {Rows{accept_elements}} & mask_q;
    combine_o <= dot_o;
  end

  // The operand is in chunks of as many elements as a group has bytes; FP4 blocks come with their odd elements last.
  for (genvar g = 0; g < Groups; g++) begin : gen_chunks
    logic [ChunkW-1:0] even_chunk, odd_chunk;
    if (Groups == 2) begin : gen_wide
      assign even_chunk = kstep_q.int8 ? ChunkW'(g) : ChunkW'(0);
      assign odd_chunk  = kstep_q.int8 ? ChunkW'(g) : ChunkW'(1);
    end else begin : gen_narrow
      assign even_chunk = chunk[ChunkW-1:0];
      assign odd_chunk  = kstep_q.int8 ? chunk[ChunkW-1:0] : chunk[ChunkW-1:0] + ChunkW'(1 << ShiftW);
    end
    always_ff @(posedge clk_i) begin
      if (accept_elements) begin
        even_chunk_o[g*ChunkW+:ChunkW] <= even_chunk;
        odd_chunk_o[g*ChunkW+:ChunkW]  <= odd_chunk;
      end
    end
  end

  // -------------------------------------------------------------------------------------------------------- its scales

  // Chosen in stage StageDot: one clock later the next k-step's may be here.
  for (genvar g = 0; g < Groups; g++) begin : gen_scales
    logic [$clog2(PortBytes)-1:0] output_q;
    logic [ScaleW-1:0] chosen_q;
    always_ff @(posedge clk_i) begin
      output_q <= $clog2(PortBytes)'(32'(place) * Groups + g);
      chosen_q <= scales_q[output_q*ScaleW+:ScaleW];
      weight_scale_o[g*ScaleW+:ScaleW] <= chosen_q;
    end
  end
  always_ff @(posedge clk_i) weight_is_fp4_o <= !combine_int8_o;

endmodule
