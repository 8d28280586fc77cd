// What an instruction touches, the ADDRESS check, and whether a vector instruction may run in place (docs/isa.md, halts).
// Two stages, moved by enable_i: products from x_*, then sums from the products and y_*, which are x_* of the step before.
// Outputs are combinational in the second stage and mean something only if srn_check found nothing: the counts are then
// small, which the widths here rely on.
module srn_ranges
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
#(
    parameter int PortBytes  = 16,
    parameter int VmemWords  = 16384,  // of PortBytes / 2 elements
    parameter int AmemBlocks = 4096
) (
    input logic clk_i,
    input logic enable_i,

    // first stage
    input logic      [InstructionW-1:0] x_instruction_i,
    input operands_t                    x_operands_i,

    // second stage
    input  logic      [InstructionW-1:0] y_instruction_i,
    input  operands_t                    y_operands_i,
    output ranges_t                      ranges_o,
    output logic                         address_bad_o,
    output logic      [    OperandW-1:0] address_o,      // first address of the first bad range
    output logic                         in_place_a_o,   // dst may lie exactly on a
    output logic                         in_place_b_o,
    output logic      [            19:0] tiles_o,        // of a matmul
    output logic      [            11:0] ksteps_o
);
  localparam int LaneW = $clog2(PortBytes / 2);
  localparam int PortW = $clog2(PortBytes);
  localparam int TileW = 21 - PortW;  // a count of tiles
  localparam int FarW = TileW + 24;  // beats from the first tile or row to the last
  localparam int SumW = 40;  // beyond every sum of local units
  localparam int BeatSumW = FarW + 2;
  localparam int Elements = VmemWords * (PortBytes / 2);
  localparam logic [SumW-1:0] VmemElements = SumW'(Elements);

  initial if (Elements > 2 ** VmemW) $fatal(1, "%m: VMEM has more elements than addresses");
  initial if (AmemBlocks > 2 ** AmemW) $fatal(1, "%m: AMEM has more blocks than addresses");

  // ---------------------------------------------------------------- products
  logic [7:0] x_opcode;
  logic x_vector, x_matmul, x_tile;
  logic [15:0] x_cols;
  logic [9:0] x_rows;
  logic [19:0] x_outer, x_first;
  logic [9:0] x_rows_less;
  logic [7:0] x_outer_less;
  logic [TileW-1:0] x_tiles, x_first_tile, x_last_tile, x_far_count;
  logic [23:0] x_dram_stride;
  logic [15:0] x_local_count, x_local_stride;
  logic [11:0] x_second_stride, x_ksteps;
  logic [16:0] x_row_beats;

  assign x_opcode = x_instruction_i[7:0];
  assign x_vector = x_opcode == OpVector;
  assign x_matmul = x_opcode == OpMatmul;
  assign x_tile   = x_opcode == OpStoreTile;

  assign x_cols  = x_operands_i.cols[15:0];
  assign x_rows  = x_operands_i.rows[9:0];
  assign x_outer = x_operands_i.outer[19:0];
  assign x_first = x_operands_i.s[19:0];

  assign x_rows_less  = x_rows - 1'b1;
  assign x_outer_less = x_vector ? x_outer[7:0] - 1'b1 : '0;

  // ceil and floor by the port's width
  assign x_tiles      = TileW'((21'(x_outer) + 21'(PortBytes - 1)) >> PortW);
  assign x_first_tile = TileW'(x_first >> PortW);
  assign x_last_tile  = TileW'((21'(x_first) + 21'(x_rows_less)) >> PortW);

  assign x_dram_stride = x_instruction_i[91:68];
  assign x_far_count   = x_matmul ? x_tiles - 1'b1 : x_tile ? x_last_tile - x_first_tile : TileW'(x_rows_less);
  assign x_ksteps      = x_tile ? 12'(x_instruction_i[171:166]) : 12'((17'(x_cols) + 17'd31) >> 5);
  assign x_row_beats   = (x_matmul && !x_instruction_i[8]) ? {1'b0, x_ksteps, 4'b0} + 17'(x_ksteps) :
                         (x_matmul || x_tile) ? {x_ksteps, 5'b0} + 17'(x_ksteps) :
                         (17'(x_cols) + 17'(PortBytes / 4 - 1)) >> (PortW - 2);

  assign x_local_count   = (x_vector && x_instruction_i[22:20] == OutScatter) ? x_cols - 1'b1 : 16'(x_rows_less);
  assign x_local_stride  = x_vector ? 16'(x_instruction_i[232:222]) : x_matmul ? x_instruction_i[31:16] :
                           x_tile ? 16'(x_instruction_i[127:116]) : x_instruction_i[131:116];
  assign x_second_stride = x_vector ? 12'(x_instruction_i[210:200]) : x_instruction_i[171:160];

  logic [FarW-1:0] far_q;  // dram, first to last tile or row
  logic [FarW-1:0] near_q;  // dram to the first tile
  logic [16:0] row_beats_q;
  logic [31:0] local_q;  // rows of dst (columns, if scattered)
  logic [19:0] second_q;  // rows of a, or of matmul's amem
  logic [18:0] dst_outer_q, a_outer_q, b_outer_q;
  logic [15:0] num_rows_q;  // outer * rows
  logic [19:0] words_q;  // VMEM words of a row
  logic [11:0] ksteps_q;  // also blocks of a row
  logic [TileW-1:0] tiles_q;

  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      far_q       <= FarW'(x_far_count) * FarW'(x_dram_stride);
      near_q      <= x_tile ? FarW'(x_first_tile) * FarW'(x_dram_stride) : '0;
      row_beats_q <= x_row_beats;
      local_q     <= 32'(x_local_count) * 32'(x_local_stride);
      second_q    <= 20'(x_rows_less[7:0]) * 20'(x_second_stride);
      dst_outer_q <= 19'(x_outer_less) * 19'(x_instruction_i[243:233]);
      a_outer_q   <= 19'(x_outer_less) * 19'(x_instruction_i[221:211]);
      b_outer_q   <= 19'(x_outer_less) * 19'(x_instruction_i[254:244]);
      num_rows_q  <= 16'(x_outer[7:0]) * 16'(x_rows[7:0]);
      words_q     <= 20'((21'(x_matmul ? x_outer : 20'(x_cols)) + 21'(PortBytes / 2 - 1)) >> LaneW);
      ksteps_q    <= x_ksteps;
      tiles_q     <= x_tiles;
    end
  end

  assign tiles_o  = 20'(tiles_q);
  assign ksteps_o = ksteps_q;

  // ---------------------------------------------------------------- fields
  logic [7:0] opcode, rows, outer;
  logic is_vector, is_matmul, is_tile, is_load, is_store, is_read;
  logic [2:0] x, y, out;
  logic [1:0] s_step;
  logic [10:0] a_row, a_outer, dst_row, dst_outer, b_outer;
  logic reduces, a_imm, b_rows, uses_b, uses_s, to_vmem, to_amem, scatters;
  logic [OperandW-1:0] dst, a, b, s;

  assign opcode    = y_instruction_i[7:0];
  assign is_vector = opcode == OpVector;
  assign is_matmul = opcode == OpMatmul;
  assign is_tile   = opcode == OpStoreTile;
  assign is_load   = opcode == OpLoad;
  assign is_store  = opcode == OpStore;
  assign is_read   = opcode == OpRead;

  assign x         = y_instruction_i[10:8];
  assign y         = y_instruction_i[13:11];
  assign out       = y_instruction_i[22:20];
  assign s_step    = y_instruction_i[29:28];
  assign a_imm     = y_instruction_i[25];
  assign b_rows    = y_instruction_i[27];
  assign a_row     = y_instruction_i[210:200];
  assign a_outer   = y_instruction_i[221:211];
  assign dst_row   = y_instruction_i[232:222];
  assign dst_outer = y_instruction_i[243:233];
  assign b_outer   = y_instruction_i[254:244];

  assign reduces  = is_vector && y_instruction_i[24:23] != ReduceNone;
  assign uses_b   = is_vector && (x == XB || y == YB || y_instruction_i[19]);
  assign uses_s   = is_vector && (x == XS || y == YS);
  assign scatters = is_vector && out == OutScatter;
  assign to_vmem  = is_vector && out == OutVmem;
  assign to_amem  = is_vector && (out == OutMxint8 || out == OutMxfp4);

  assign dst   = y_operands_i.dst;
  assign a     = y_operands_i.a;
  assign b     = y_operands_i.b;
  assign s     = y_operands_i.s;
  assign rows  = y_operands_i.rows[7:0];
  assign outer = y_operands_i.outer[7:0];

  // ---------------------------------------------------------------- sums
  // Each end is the first unit beyond. Strided VMEM operands are counted in words, all others in their units.
  logic [SumW-1:0] dst_words, a_words, b_words;
  logic [SumW-1:0] dst_end, amem_end, a_end, b_end, s_end;
  logic [BeatSumW-1:0] dram_first, dram_end;

  assign dst_words = SumW'(dst_outer_q) + SumW'(local_q) + SumW'(words_q);
  assign a_words   = SumW'(a_outer_q) + SumW'(second_q) + SumW'(words_q);
  assign b_words   = SumW'(b_outer_q) + (b_rows ? SumW'(second_q) : '0) + SumW'(words_q);

  assign dst_end = SumW'(dst) + (is_read ? SumW'(1) :
                                 (to_amem || is_tile) ? SumW'(dst_outer_q) + SumW'(local_q) + SumW'(ksteps_q) :
                                 scatters ? (SumW'(local_q) << LaneW) + SumW'(num_rows_q) : dst_words << LaneW);
  assign amem_end = SumW'(s) + SumW'(second_q) + SumW'(ksteps_q);  // matmul
  assign a_end = SumW'(a) + (a_words << LaneW);
  assign b_end = SumW'(b) + (reduces ? SumW'(num_rows_q) : b_words << LaneW);
  assign s_end = SumW'(s) + (s_step == StepRow ? SumW'(num_rows_q) : s_step == StepOuter ? SumW'(outer) : SumW'(1));

  assign dram_first = BeatSumW'(b) + BeatSumW'(near_q);
  assign dram_end   = dram_first + BeatSumW'(far_q) + BeatSumW'(row_beats_q);

  // ---------------------------------------------------------------- ranges
  logic dst_write, a_read, amem_read, dram_read, dram_write, a_is_dst, amem_is_dst;
  logic [AmemW-1:0] amem_first, amem_last;
  logic [VmemW-1:0] dst_last, a_first, a_last;

  assign a_is_dst    = is_store || is_read;  // their source is in the place of dst
  assign amem_is_dst = to_amem || is_tile;

  assign dst_write  = is_load || is_matmul || to_vmem || scatters;
  assign a_read     = (is_vector && !a_imm) || a_is_dst;
  assign amem_read  = is_matmul || is_tile;
  assign dram_read  = is_load || is_matmul;
  assign dram_write = is_store || is_tile;

  assign dst_last   = VmemW'(dst_end - 1'b1);
  assign a_first    = a_is_dst ? dst[VmemW-1:0] : a[VmemW-1:0];
  assign a_last     = a_is_dst ? dst_last : VmemW'(a_end - 1'b1);
  assign amem_first = amem_is_dst ? dst[AmemW-1:0] : s[AmemW-1:0];
  assign amem_last  = amem_is_dst ? dst_last : AmemW'(amem_end - 1'b1);

  assign ranges_o = {
    {dst_write, dst[VmemW-1:0], dst_last},
    {a_read, a_first, a_last},
    {uses_s, s[VmemW-1:0], VmemW'(s_end - 1'b1)},
    {uses_b, reduces, b[VmemW-1:0], VmemW'(b_end - 1'b1)},
    {amem_read, to_amem, amem_first, amem_last},
    {dram_read, dram_write, dram_first[DramW-1:0], DramW'(dram_end - 1'b1)}
  };

  // ---------------------------------------------------------------- address check
  localparam logic [BeatSumW-1:0] DramBeats = BeatSumW'(1) << DramW;

  logic dst_bad, amem_bad, a_bad, b_bad, s_bad, dram_bad;

  assign dst_bad  = (dst_write || a_is_dst || amem_is_dst) &&
                    dst_end > (amem_is_dst ? SumW'(AmemBlocks) : VmemElements);
  assign amem_bad = is_matmul && amem_end > SumW'(AmemBlocks);
  assign a_bad    = is_vector && !a_imm && a_end > VmemElements;
  assign b_bad    = (uses_b || reduces) && b_end > VmemElements;
  assign s_bad    = uses_s && s_end > VmemElements;
  assign dram_bad = (dram_read || dram_write) && dram_end > DramBeats;

  assign address_bad_o = dst_bad || amem_bad || a_bad || b_bad || s_bad || dram_bad;
  assign address_o = dst_bad ? dst : amem_bad ? s : a_bad ? a : (b_bad && uses_b) ? b : s_bad ? s :
                     b_bad ? b : dram_first[OperandW-1:0];

  // ---------------------------------------------------------------- in place
  logic one_row, one_outer, rows_apart;

  assign one_row    = rows == 8'd1;
  assign one_outer  = outer == 8'd1;
  assign rows_apart = to_vmem && (one_row || 20'(dst_row) >= words_q) &&
                      (one_outer || SumW'(dst_outer) >= SumW'(local_q) + SumW'(words_q));

  assign in_place_a_o = rows_apart && a == dst && (one_row || a_row == dst_row) && (one_outer || a_outer == dst_outer);
  assign in_place_b_o = rows_apart && b == dst && (one_row || (a_row == dst_row && b_rows)) &&
                        (one_outer || b_outer == dst_outer);

  logic unused;
  assign unused = ^{x_instruction_i[255], x_instruction_i[199:172], x_instruction_i[165:132], x_instruction_i[115:92], x_instruction_i[67:32],
                    x_instruction_i[19:9], x_operands_i, y_instruction_i[255], y_instruction_i[199:30],
                    y_instruction_i[26], y_instruction_i[18:14], y_operands_i};
endmodule
