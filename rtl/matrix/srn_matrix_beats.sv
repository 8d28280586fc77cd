// Takes the beats of weights: decodes elements to lanes, keeps the k-step's scales, and says what each beat is as it goes
// down the pipeline of the rows. A beat of elements is taken in its first pass, and its lanes are held for those that
// follow, a clock each; a beat of scales is taken beside the last of those passes, and takes a clock only where there is one
// pass. Only acceptance stalls: a k-step begins when its operands are on their way and, for a tile's first, when one of the
// two banks of accumulators is free.
// A lane is a weight of 5 bits, sign-extended: twice the E2M1 value, or half an INT8 (low nibbles unsigned, even lanes).
module srn_matrix_beats
  import srn_pkg::*;
  import srn_matrix_pkg::*;
#(
    parameter int PortBytes = 16,
    parameter int Rows = 8,
    parameter int Passes = 2,
    localparam int PassW = matrix_pass_w(Passes),
    localparam int Groups = matrix_groups(PortBytes),
    localparam int ChunkW = matrix_chunk_w(PortBytes, Passes),
    localparam int EntryW = matrix_entry_w(PortBytes, Passes)
) (
    input logic clk_i,
    input logic rst_ni,

    // weights
    input  logic                   beat_valid_i,
    output logic                   beat_ready_o,
    input  logic [PortBytes*8-1:0] beat_data_i,

    // k-steps whose operands are coming
    input  logic                   kstep_valid_i,
    output logic                   kstep_take_o,
    input  kstep_t                 kstep_i,
    input  logic [Passes*Rows-1:0] mask_i,         // token rows in use: Rows of each pass

    // drain
    input  logic bank_free_i,
    output logic tile_start_o,  // a tile has taken the other bank

    // to the rows: operands move up; weights and the rows that multiply them in stage StageDot
    output logic                       swap_o,
    output logic [           Rows-1:0] dot_o,
    output logic [PortBytes*LaneW-1:0] even_o,
    output logic [PortBytes*LaneW-1:0] odd_o,
    output logic [  Groups*ChunkW-1:0] even_chunk_o,  // which part of its blocks a group's lanes meet
    output logic [  Groups*ChunkW-1:0] odd_chunk_o,

    // to the rows: the beat in stages StageCombine to StageWrite
    output logic [         Rows-1:0] combine_o,
    output logic [        PassW-1:0] combine_pass_o,
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
    output logic between_o,  // no beat meets rows, and the next would be a k-step's first
    output logic pass_o,     // a further pass of the beat that was taken before
    output logic finish_o    // a k-step's last beat meets its last rows
);

  localparam int OutputW = $clog2(PortBytes / Groups);
  localparam int ShiftW = PortBytes == 8 ? 1 : 0;  // log2 of the beats of an FP4 output

  // ---------------------------------------------------------------------------------------------------------- acceptance

  logic scales, next_scales, accept, accept_elements, last_beat;
  logic elements, last_pass;  // in this clock the beat meets the rows of pass_q, and then no others
  logic [5:0] beat_q;  // 0 scales, then elements
  logic [PassW-1:0] pass_q;
  kstep_t kstep_q;
  logic [Passes*Rows-1:0] mask_q;
  logic [Passes:0] used;  // passes that have a row
  logic bank_q;

  for (genvar p = 0; p < Passes; p++) begin : gen_used
    assign used[p] = mask_q[p*Rows];
  end
  assign used[Passes] = 1'b0;

  assign scales = beat_q == '0;
  assign next_scales = scales || (pass_o && last_pass && last_beat);
  assign pass_o = pass_q != '0;
  assign last_pass = !used[32'(pass_q)+1];
  assign last_beat = beat_q == (kstep_q.int8 ? 6'd32 : 6'd16);
  assign beat_ready_o = next_scales ? kstep_valid_i && (!kstep_i.first || bank_free_i) : !pass_o;
  assign accept = beat_valid_i && beat_ready_o;
  assign accept_elements = accept && !next_scales;
  assign elements = accept_elements || pass_o;
  assign kstep_take_o = accept && next_scales;
  assign tile_start_o = kstep_take_o && kstep_i.first;
  assign between_o = scales;
  assign finish_o = elements && last_pass && last_beat;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      pass_q <= '0;
      bank_q <= 1'b1;
      swap_o <= 1'b0;
    end else begin
      if (kstep_take_o) beat_q <= 6'd1;
      else if (elements && last_pass) beat_q <= last_beat ? '0 : beat_q + 1'b1;
      if (elements) pass_q <= last_pass ? '0 : pass_q + 1'b1;
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
  assign complete = elements && chunk == chunk_last;

  // With two groups an INT8 beat is a whole output, and even and odd outputs take turns.
  logic [Groups-1:0] write;
  if (Groups == 2) begin : gen_write
    assign write = {Groups{elements}} & (kstep_q.int8 ? {chunk[0], !chunk[0]} : '1);
  end else begin : gen_write
    assign write = complete;
  end

  logic [EntryW-1:0] entry;
  assign entry = EntryW'((32'(pass_q) * 2 + 32'(bank_q)) * (PortBytes / Groups) + 32'(place));

  srn_delay #(
      .Width (PassW + 2),
      .Clocks(StageCombine)
  ) u_combine (
      .clk_i,
      .data_i({pass_q, chunk == '0 || Groups == 2, kstep_q.int8}),
      .data_o({combine_pass_o, combine_restart_o, combine_int8_o})
  );
  srn_delay #(
      .Width (1 + EntryW),
      .Clocks(StageAdd)
  ) u_add (
      .clk_i,
      .data_i({kstep_q.first, entry}),
      .data_o({add_first_o, add_entry_o})
  );
  srn_delay #(
      .Width (Groups + EntryW),
      .Clocks(StageWrite)
  ) u_write (
      .clk_i,
      .data_i({write, entry}),
      .data_o({write_o, write_entry_o})
  );

  logic [StageWrite-1:0] half_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) half_q <= '0;
    else half_q <= {half_q[StageWrite-2:0], complete && last_pass && kstep_q.last && place[OutputW-2:0] == '1};
  end
  assign half_o = half_q[StageWrite-1];

  always_ff @(posedge clk_i) begin
    dot_o <= {Rows{elements}} & mask_q[pass_q*Rows+:Rows];
    combine_o <= dot_o;
  end

  // The operand is in chunks of as many elements as a group has bytes; FP4 blocks come with their odd elements last.
  logic [ChunkW-1:0] first_chunk;  // of the pass's block
  assign first_chunk = ChunkW'(32'(pass_q) * (BlockSize / matrix_chunk_bytes(PortBytes)));

  for (genvar g = 0; g < Groups; g++) begin : gen_chunks
    logic [ChunkW-1:0] even_chunk, odd_chunk;
    if (Groups == 2) begin : gen_wide
      assign even_chunk = kstep_q.int8 ? ChunkW'(g) : ChunkW'(0);
      assign odd_chunk  = kstep_q.int8 ? ChunkW'(g) : ChunkW'(1);
    end else begin : gen_narrow
      assign even_chunk = ChunkW'(chunk);
      assign odd_chunk  = kstep_q.int8 ? ChunkW'(chunk) : ChunkW'(chunk) + ChunkW'(1 << ShiftW);
    end
    always_ff @(posedge clk_i) begin
      if (elements) begin
        even_chunk_o[g*ChunkW+:ChunkW] <= first_chunk + even_chunk;
        odd_chunk_o[g*ChunkW+:ChunkW]  <= first_chunk + odd_chunk;
      end
    end
  end

  // -------------------------------------------------------------------------------------------------------- its scales

  // Chosen at once: in the next clock the next k-step's may be here.
  logic [Groups*ScaleW-1:0] chosen;
  for (genvar g = 0; g < Groups; g++) begin : gen_scales
    assign chosen[g*ScaleW+:ScaleW] = scales_q[(32'(place)*Groups+g)*ScaleW+:ScaleW];
  end
  srn_delay #(
      .Width (Groups * ScaleW),
      .Clocks(StageScale)
  ) u_scales (
      .clk_i,
      .data_i(chosen),
      .data_o(weight_scale_o)
  );
  always_ff @(posedge clk_i) weight_is_fp4_o <= !combine_int8_o;

endmodule
