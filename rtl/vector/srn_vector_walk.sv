// Walks a vector command: outer, row, word. A word a clock is issued (its addresses go to ports A and B), and in the
// next clock, with the data, its record goes out.
//
// One command is held. It is accepted when the one before issues its last word, so that a command whose clear_i is
// up by then follows without an empty clock; cmd_ready_o depends on clear_i and yield_i within the clock.
// The row's scalar s is read by port B, with the row's first word if the command has no b, else in a clock of its
// own; the word that holds it serves the rows to come until they leave it.
module srn_vector_walk
  import srn_pkg::*;
  import srn_isa_pkg::*;
  import srn_vector_pkg::*;
#(
    parameter int Lanes = 8,  // elements of a VMEM word
    parameter int VmemWords = 16384
) (
    input logic clk_i,
    input logic rst_ni,

    // commands
    input  logic                cmd_valid_i,
    output logic                cmd_ready_o,
    input  vector_cmd_t         cmd_i,
    input  logic [NumSlots-1:0] clear_i,

    // vector memory
    input  logic                         yield_i,
    output logic                         a_valid_o,
    output logic [$clog2(VmemWords)-1:0] a_addr_o,
    output logic                         b_valid_o,
    output logic [$clog2(VmemWords)-1:0] b_addr_o,

    // words, with the data that the memory returns
    output logic         word_valid_o,
    output vector_word_t word_o,

    // events
    output logic busy_o,       // something is issued
    output logic wait_clear_o,
    output logic wait_port_o,  // the issue slot is left to others, or to an earlier word's writes

    // commands as they go
    output logic [SlotW-1:0] slot_o,   // of the one that is here
    output logic             start_o,  // something of it is issued first
    output logic             finish_o  // or last
);
  localparam int LaneW = $clog2(Lanes);
  localparam int AddrW = $clog2(VmemWords);
  localparam int WordW = VmemW - LaneW;  // word address
  localparam int LimitW = VmemW + 1;
  localparam int PartW = 5 - LaneW;  // place of a word in a block of 32

  // ---------------------------------------------------------------- command
  logic        active_q, started_q;
  vector_cmd_t cmd_q;
  logic        load;
  logic        issue, read_s, row_end, outer_end, command_end;

  // Fields, named because Icarus takes no parts of a member.
  logic [VmemW-1:0] new_dst, new_a, new_b, new_s;
  logic [2:0]       new_out;
  assign new_dst = cmd_i.dst;
  assign new_a   = cmd_i.a;
  assign new_b   = cmd_i.b;
  assign new_s   = cmd_i.s;
  assign new_out = cmd_i.out;

  logic [SlotW-1:0] slot;
  logic [2:0]       x, y, out;
  logic [1:0]       f, reduce, s_step;
  logic             b_rows, mask;
  logic [15:0]      cols;
  logic [7:0]       rows;
  logic [10:0]      a_row, a_outer, dst_row, dst_outer, b_outer;
  assign slot      = cmd_q.slot;
  assign x         = cmd_q.x;
  assign y         = cmd_q.y;
  assign out       = cmd_q.out;
  assign f         = cmd_q.f;
  assign reduce    = cmd_q.reduce;
  assign s_step    = cmd_q.s_step;
  assign b_rows    = cmd_q.b_rows;
  assign mask      = cmd_q.mask;
  assign cols      = cmd_q.cols;
  assign rows      = cmd_q.rows;
  assign a_row     = cmd_q.a_row;
  assign a_outer   = cmd_q.a_outer;
  assign dst_row   = cmd_q.dst_row;
  assign dst_outer = cmd_q.dst_outer;
  assign b_outer   = cmd_q.b_outer;

  logic uses_b, uses_s, short, scatter, writes, blocks, reduces, slow_result;
  assign uses_b  = x == XB || y == YB || cmd_q.z;
  assign uses_s  = x == XS || y == YS;
  assign short   = f == SpecialPass;
  assign scatter = out == OutScatter;
  assign writes  = out == OutVmem || scatter;
  assign reduces = reduce != ReduceNone;
  assign slow_result = reduce == ReduceSum || scatter;
  assign blocks  = out == OutMxint8 || out == OutMxfp4;

  assign cmd_ready_o = !active_q || command_end;
  assign load        = cmd_valid_i && cmd_ready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q  <= 1'b0;
      started_q <= 1'b0;
    end else begin
      active_q  <= load || (active_q && !command_end);
      started_q <= !load && (started_q || issue || read_s);
    end
  end
  always_ff @(posedge clk_i) begin
    if (load) cmd_q <= cmd_i;
  end

  // ---------------------------------------------------------------- issue
  logic go, s_fresh_q, s_wanted, row_last, outer_last, command_last, port_free, word_free;

  assign go       = active_q && (started_q || clear_i[slot]);
  assign s_wanted = uses_s && !s_fresh_q;
  assign read_s   = go && s_wanted && uses_b && port_free;
  assign issue    = go && !(s_wanted && uses_b) && word_free;

  logic [15:0]      left_q, col_q;
  logic [7:0]       rows_left_q, outer_left_q;
  logic [CountW-1:0] count;

  assign row_last     = left_q <= 16'(Lanes);
  assign outer_last   = row_last && rows_left_q == 8'd1;
  assign command_last = outer_last && outer_left_q == 8'd1;
  assign row_end      = issue && row_last;
  assign outer_end    = issue && outer_last;
  assign command_end  = issue && command_last;
  assign count        = row_last ? left_q[CountW-1:0] : CountW'(Lanes);

  always_ff @(posedge clk_i) begin
    if (load) begin
      left_q       <= cmd_i.cols;
      col_q        <= '0;
      rows_left_q  <= cmd_i.rows;
      outer_left_q <= cmd_i.outer;
    end else if (row_end) begin
      left_q      <= cols;
      col_q       <= '0;
      rows_left_q <= outer_last ? rows : rows_left_q - 1'b1;
      if (outer_last) outer_left_q <= outer_left_q - 1'b1;
    end else if (issue) begin
      left_q <= left_q - 16'(Lanes);
      col_q  <= col_q + 16'(Lanes);
    end
  end

  srn_vector_pace #(
      .Lanes(Lanes)
  ) u_pace (
      .clk_i,
      .rst_ni,
      .yield_i,
      .short_i      (short),
      .writes_i     (writes),
      .scatter_i    (scatter),
      .count_i      (count),
      .result_i     (row_last && reduces),
      .slow_result_i(slow_result),
      .port_free_o  (port_free),
      .word_free_o  (word_free),
      .read_i       (read_s),
      .word_i       (issue)
  );

  // ---------------------------------------------------------------- addresses
  logic [WordW-1:0] a_addr, b_addr;
  logic [VmemW-1:0] dst_addr, s_q, r_q, dst_start, dst_row_stride, dst_outer_stride;
  logic [LaneW-1:0] s_lane;
  logic             row_only, dst_step, s_row, s_next;

  assign row_only = row_end && !outer_last;

  srn_vector_cursor #(
      .Width(WordW)
  ) u_a (
      .clk_i,
      .load_i        (load),
      .start_i       (new_a[VmemW-1:LaneW]),
      .step_i        (issue),
      .row_i         (row_only),
      .outer_i       (outer_end),
      .row_stride_i  (WordW'(a_row)),
      .outer_stride_i(WordW'(a_outer)),
      .addr_o        (a_addr)
  );

  srn_vector_cursor #(
      .Width(WordW)
  ) u_b (
      .clk_i,
      .load_i        (load),
      .start_i       (new_b[VmemW-1:LaneW]),
      .step_i        (issue),
      .row_i         (row_only),
      .outer_i       (outer_end),
      .row_stride_i  (b_rows ? WordW'(a_row) : '0),
      .outer_stride_i(WordW'(b_outer)),
      .addr_o        (b_addr)
  );

  // Words, blocks or, of a scatter, elements of column 0: there, rows follow each other.
  assign dst_start        = new_out == OutVmem ? VmemW'(new_dst[VmemW-1:LaneW]) : new_dst;
  assign dst_row_stride   = scatter ? VmemW'(1) : VmemW'(dst_row);
  assign dst_outer_stride = scatter ? VmemW'(rows) : VmemW'(dst_outer);
  assign dst_step         = issue && (blocks ? col_q[4-:PartW] == '1 : !scatter);

  srn_vector_cursor #(
      .Width(VmemW)
  ) u_dst (
      .clk_i,
      .load_i        (load),
      .start_i       (dst_start),
      .step_i        (dst_step),
      .row_i         (row_only),
      .outer_i       (outer_end),
      .row_stride_i  (dst_row_stride),
      .outer_stride_i(dst_outer_stride),
      .addr_o        (dst_addr)
  );

  assign s_lane = s_q[LaneW-1:0];
  assign s_row  = s_step == StepRow ? row_end : outer_end;
  assign s_next = s_row && s_step != StepConst;

  always_ff @(posedge clk_i) begin
    if (load) begin
      s_q <= new_s;
      r_q <= new_b;
    end else begin
      if (s_next) s_q <= s_q + 1'b1;
      if (row_end) r_q <= r_q + 1'b1;
    end
    if (load || (s_next && s_lane == '1)) s_fresh_q <= 1'b0;
    else if (read_s || issue) s_fresh_q <= 1'b1;
  end

  logic [WordW-1:0] port_b_addr;
  assign port_b_addr = s_wanted ? s_q[VmemW-1:LaneW] : b_addr;
  assign a_valid_o   = issue && !cmd_q.a_imm;
  assign a_addr_o    = a_addr[AddrW-1:0];
  assign b_valid_o   = read_s || (issue && (uses_b || s_wanted));
  assign b_addr_o    = port_b_addr[AddrW-1:0];

  // ---------------------------------------------------------------- mask
  logic [LimitW-1:0] limit_q, keep_left;
  logic [CountW-1:0] keep, keep_low;

  always_ff @(posedge clk_i) begin
    if (load) limit_q <= {1'b0, new_s};
    else if (outer_end) limit_q <= limit_q + 1'b1;
  end

  assign keep_left = limit_q - LimitW'(col_q);
  assign keep_low  = keep_left[CountW-1:0];
  always_comb begin
    keep = keep_low;
    if (limit_q < LimitW'(col_q)) keep = '0;
    else if (keep_left > LimitW'(Lanes)) keep = CountW'(Lanes);
    if (!mask) keep = CountW'(Lanes);
  end

  // ---------------------------------------------------------------- record
  vector_word_t word_d, word_q;
  logic         word_valid_q;

  assign word_d = {
    slot,
    cmd_q.a_imm,
    x,
    y,
    cmd_q.y_op,
    f,
    cmd_q.z,
    cmd_q.imm,
    s_wanted,
    4'(s_lane),
    count,
    keep,
    col_q,
    row_last,
    command_last,
    out,
    reduce,
    dst_addr,
    dst_row,
    r_q
  };

  always_ff @(posedge clk_i) begin
    if (!rst_ni) word_valid_q <= 1'b0;
    else word_valid_q <= issue;
  end
  always_ff @(posedge clk_i) word_q <= word_d;

  assign word_valid_o = word_valid_q;
  assign word_o       = word_q;

  assign busy_o       = issue || read_s;
  assign wait_clear_o = active_q && !go;
  assign wait_port_o  = go && !issue && !read_s;
  assign slot_o       = slot;
  assign start_o      = busy_o && !started_q;
  assign finish_o     = command_end;

  // Addresses within the memory and parts of a word are the decoder's promise.
  logic unused;
  assign unused = &{1'b0, a_addr, port_b_addr, new_a, cmd_q};

  // ---------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni && load) begin
      assert (cmd_i.cols != '0 && cmd_i.rows != '0 && cmd_i.outer != '0)
      else $fatal(1, "%m: a command has a count of zero");
    end
    if (rst_ni && issue) begin
      assert (!(uses_b && reduces))
      else $fatal(1, "%m: a command has both b and a reduction");
    end
  end
endmodule
