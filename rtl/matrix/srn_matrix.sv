// Matrix unit: dot products of activation rows in AMEM with the streamed weights of a matmul, to VMEM as binary32.
// Unit of work: a beat of weights (2 * PortBytes lanes) for up to Rows rows, one a clock; for more, up to Passes * Rows, a
// beat of elements is held for a clock each Rows of them, a pass, and a beat of scales comes beside the last one. No gap
// between passes, beats, k-steps, tiles and commands as long as AMEM answers, VMEM takes rows * 2 words a tile, and the next
// command is clear.
// First beat: rows + 1 clocks after a clear command is offered. Last word: 9 + rows clocks after the last pass, 8 more where
// 16 rows a pass of FP4 keep the write port busy, and for each pass more.
// Only the acceptance of beats ever stalls. Commands are assumed checked (docs/isa.md, halts).
// Within a clock: beat_valid_i to cmd_ready_o and amem_valid_o, write_ready_i to done_valid_o, clear_i to amem_valid_o.
// Model: models/matrix.py, matmul; weights in the order of models/tiles.py.
module srn_matrix
  import srn_pkg::*;
  import srn_isa_pkg::*;
  import srn_matrix_pkg::*;
#(
    parameter int PortBytes = 16,  // 8, 16 or 32
    parameter int Rows = 8,  // 2 to 16
    parameter int Passes = 2,  // 1 to 4
    localparam int Lanes = PortBytes / 2
) (
    input logic clk_i,
    input logic rst_ni,

    // commands
    input  logic                cmd_valid_i,
    output logic                cmd_ready_o,
    input  matrix_cmd_t         cmd_i,
    input  logic [NumSlots-1:0] clear_i,

    // weights
    input  logic                   beat_valid_i,
    output logic                   beat_ready_o,
    input  logic [PortBytes*8-1:0] beat_data_i,

    // activation memory
    output logic                     amem_valid_o,
    input  logic                     amem_ready_i,
    output logic [        AmemW-1:0] amem_addr_o,
    input  logic [ScaleW+BlockW-1:0] amem_data_i,  // {scale, elements}, the clock after acceptance

    // vector memory
    output logic                 write_valid_o,
    input  logic                 write_ready_i,
    output logic [    VmemW-1:0] write_addr_o,    // word
    output logic [Lanes*FpW-1:0] write_data_o,
    output logic [    Lanes-1:0] write_strobe_o,
    output logic [    SlotW-1:0] write_slot_o,

    // completion
    output logic             done_valid_o,
    output logic [SlotW-1:0] done_slot_o,

    // observation: in every clock one of these seven
    output logic beat_o,          // a beat was taken
    output logic pass_o,          // none was, one taken before meets further rows
    output logic wait_beat_o,     // there was none
    output logic wait_operand_o,  // activations are being read
    output logic wait_drain_o,    // both banks hold results that VMEM has not taken
    output logic wait_clear_o,    // the command has conflicts
    output logic wait_command_o,  // there is none

    // observation: commands
    output logic             busy_o,    // with one, or the last words of one
    output logic [SlotW-1:0] slot_o,    // of the one that starts or waits
    output logic             start_o,   // its first beat was taken
    output logic             finish_o   // the last beat was taken, of the one that started last
);

  localparam int Groups = matrix_groups(PortBytes);
  localparam int PassW = matrix_pass_w(Passes);
  localparam int ChunkW = matrix_chunk_w(PortBytes, Passes);
  localparam int EntryW = matrix_entry_w(PortBytes, Passes);
  localparam int HalfW = matrix_half_w(Passes);

  initial if (PortBytes != 8 && PortBytes != 16 && PortBytes != 32) $fatal(1, "%m: PortBytes must be 8, 16 or 32");
  initial if (Rows < 2 || Rows > 16) $fatal(1, "%m: Rows must be 2 to 16");
  initial if (Passes < 1 || Passes > 4) $fatal(1, "%m: Passes must be 1 to 4");

  // ------------------------------------------------------------------------------------------------------------ operands

  logic [Passes*Rows-1:0] fill, mask;
  logic fill_int8, kstep_valid, kstep_take, fetch_active, blocked;
  kstep_t kstep;
  tile_t tile;

  srn_matrix_fetch #(
      .PortBytes(PortBytes),
      .Rows(Rows),
      .Passes(Passes)
  ) u_fetch (
      .clk_i,
      .rst_ni,
      .cmd_valid_i,
      .cmd_ready_o,
      .cmd_i,
      .clear_i,
      .amem_valid_o,
      .amem_ready_i,
      .amem_addr_o,
      .fill_o(fill),
      .fill_int8_o(fill_int8),
      .kstep_valid_o(kstep_valid),
      .kstep_take_i(kstep_take),
      .kstep_o(kstep),
      .tile_o(tile),
      .mask_o(mask),
      .active_o(fetch_active),
      .blocked_o(blocked),
      .slot_o(slot_o)
  );

  // For FP4 the even elements first, then the odd: as the even and odd lanes meet them.
  logic [BlockW-1:0] apart, fill_elements;
  for (genvar i = 0; i < BlockSize; i++) begin : gen_apart
    assign apart[(i%2*BlockSize/2+i/2)*8+:8] = amem_data_i[i*8+:8];
  end
  assign fill_elements = fill_int8 ? amem_data_i[BlockW-1:0] : apart;

  // --------------------------------------------------------------------------------------------------------------- beats

  logic bank_free, tile_start, swap, between, pass, kstep_finish;
  logic [Rows-1:0] dot, combine;
  logic [PortBytes*LaneW-1:0] even, odd;
  logic [Groups*ChunkW-1:0] even_chunk, odd_chunk;
  logic [Groups*ScaleW-1:0] weight_scale;
  logic weight_is_fp4;
  logic [PassW-1:0] combine_pass;
  logic combine_restart, combine_int8, add_first, half;
  logic [EntryW-1:0] add_entry, write_entry;
  logic [Groups-1:0] write;

  srn_matrix_beats #(
      .PortBytes(PortBytes),
      .Rows(Rows),
      .Passes(Passes)
  ) u_beats (
      .clk_i,
      .rst_ni,
      .beat_valid_i,
      .beat_ready_o,
      .beat_data_i,
      .kstep_valid_i(kstep_valid),
      .kstep_take_o(kstep_take),
      .kstep_i(kstep),
      .mask_i(mask),
      .bank_free_i(bank_free),
      .tile_start_o(tile_start),
      .swap_o(swap),
      .dot_o(dot),
      .even_o(even),
      .odd_o(odd),
      .even_chunk_o(even_chunk),
      .odd_chunk_o(odd_chunk),
      .combine_o(combine),
      .combine_pass_o(combine_pass),
      .combine_restart_o(combine_restart),
      .combine_int8_o(combine_int8),
      .weight_scale_o(weight_scale),
      .weight_is_fp4_o(weight_is_fp4),
      .add_first_o(add_first),
      .add_entry_o(add_entry),
      .write_o(write),
      .write_entry_o(write_entry),
      .half_o(half),
      .between_o(between),
      .pass_o(pass),
      .finish_o(kstep_finish)
  );

  // ---------------------------------------------------------------------------------------------------------------- rows

  logic [Rows-1:0] read;
  logic [HalfW-1:0] read_half;
  logic [Rows*Lanes*FpW-1:0] words;
  logic [$clog2(Rows)-1:0] write_row;

  for (genvar r = 0; r < Rows; r++) begin : gen_rows
    logic [Passes-1:0] fill_row;
    for (genvar p = 0; p < Passes; p++) begin : gen_fill
      assign fill_row[p] = fill[p*Rows+r];
    end

    srn_matrix_row #(
        .PortBytes(PortBytes),
        .Passes(Passes)
    ) u_row (
        .clk_i,
        .fill_i(fill_row),
        .fill_elements_i(fill_elements),
        .fill_scale_i(amem_data_i[BlockW+:ScaleW]),
        .swap_i(swap),
        .dot_i(dot[r]),
        .even_i(even),
        .odd_i(odd),
        .even_chunk_i(even_chunk),
        .odd_chunk_i(odd_chunk),
        .combine_i(combine[r]),
        .combine_pass_i(combine_pass),
        .combine_restart_i(combine_restart),
        .combine_int8_i(combine_int8),
        .weight_scale_i(weight_scale),
        .weight_is_fp4_i(weight_is_fp4),
        .add_first_i(add_first),
        .add_entry_i(add_entry),
        .write_i(write),
        .write_entry_i(write_entry),
        .read_i(read[r]),
        .read_half_i(read_half),
        .word_o(words[r*Lanes*FpW+:Lanes*FpW])
    );
  end

  // ------------------------------------------------------------------------------------------------------------- results

  logic drain_active;

  srn_matrix_drain #(
      .PortBytes(PortBytes),
      .Rows(Rows),
      .Passes(Passes)
  ) u_drain (
      .clk_i,
      .rst_ni,
      .start_i(tile_start),
      .tile_i(tile),
      .half_i(half),
      .free_o(bank_free),
      .read_o(read),
      .read_half_o(read_half),
      .write_row_o(write_row),
      .write_valid_o,
      .write_ready_i,
      .write_addr_o,
      .write_strobe_o,
      .write_slot_o,
      .done_valid_o,
      .done_slot_o,
      .active_o(drain_active)
  );

  assign write_data_o = words[write_row*Lanes*FpW+:Lanes*FpW];

  // --------------------------------------------------------------------------------------------------------- observation

  logic no_bank;
  assign no_bank = kstep.first && !bank_free;
  assign busy_o = fetch_active || drain_active;
  assign beat_o = beat_valid_i && beat_ready_o;
  assign pass_o = pass && !beat_o;
  assign wait_beat_o = beat_ready_o && !beat_valid_i && !pass;
  assign wait_operand_o = between && fetch_active && !kstep_valid && !blocked;
  assign wait_clear_o = between && blocked;
  assign wait_drain_o = between && kstep_valid && no_bank;
  assign wait_command_o = between && !fetch_active;

  // The fetch goes to the next command with the first beat of this one's last k-step.
  logic started_q, leaving_q, leave;
  assign leave = kstep_take && kstep.last && tile.last;
  assign start_o = kstep_take && !started_q;
  assign finish_o = kstep_finish && leaving_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      started_q <= 1'b0;
      leaving_q <= 1'b0;
    end else if (kstep_take) begin
      started_q <= !leave;
      leaving_q <= leave;
    end
  end

  // ------------------------------------------------------------------------------------------------------------ promises

  logic waited_q;
  always @(posedge clk_i) begin
    waited_q <= rst_ni && write_valid_o && !write_ready_i;
    if (rst_ni) begin
      assert (!waited_q || write_valid_o)
      else $fatal(1, "%m: an offered word was withdrawn");
      assert (4'(beat_o) + 4'(pass_o) + 4'(wait_beat_o) + 4'(wait_operand_o) + 4'(wait_drain_o) + 4'(wait_clear_o) + 4'(wait_command_o) == 4'd1)
      else $fatal(1, "%m: a clock has no cause, or two");
    end
  end

endmodule
