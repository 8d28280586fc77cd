// The window with the units' queues behind it, as in srn_sequencer: instructions come as they like until stop_q, each unit takes
// its commands in order when they are clear and ends them within Busy clocks. A few clocks after the last one was issued nothing
// is in flight: no order of dependences makes the queues wait for each other.
module formal_issue
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
#(
    parameter int Busy = 1,    // clocks that a command runs at least, beyond the first
    parameter int Issues = 3,  // instructions in all
    parameter int Bound = 8    // clocks from the last dispatch until nothing is in flight
) (
    input logic          clk_i,
    input logic          rst_ni,
    input logic          issue_i,
    input ranges_t       ranges_i,
    input logic    [1:0] unit_i,    // matrix, vector, dma
    input logic    [2:0] hold_i     // a unit takes no command in this clock
);
  logic [SlotW-1:0] slot;
  logic [NumSlots-1:0] conflicts, clear, stream_clear;
  logic conflict, full, empty;
  logic [8:0] awaited;
  logic [2:0] done_valid, ready, valid, push;
  logic [2:0][SlotW-1:0] done_slot;
  logic stream_valid, stream_take, fire;
  matrix_cmd_t matrix_cmd;
  stream_cmd_t stream_cmd;
  vector_cmd_t vector_cmd;
  dma_cmd_t dma_cmd;
  logic [3:0] issued_q;

  assign fire = issue_i && rst_ni && unit_i != 2'd3 && !full && ready[unit_i] && 32'(issued_q) < Issues;
  assign push = fire ? 3'd1 << unit_i : '0;

  srn_window u_window (
      .clk_i,
      .rst_ni,
      .query_valid_i      (fire),
      .ranges_i,
      .alloc_i            (fire),
      .unit_i             (push),
      .slot_o             (slot),
      .conflicts_o        (conflicts),
      .conflict_o         (conflict),
      .full_o             (full),
      .empty_o            (empty),
      .matrix_done_valid_i(done_valid[0]),
      .matrix_done_slot_i (done_slot[0]),
      .vector_done_valid_i(done_valid[1]),
      .vector_done_slot_i (done_slot[1]),
      .dma_done_valid_i   (done_valid[2]),
      .dma_done_slot_i    (done_slot[2]),
      .clear_o            (clear),
      .stream_clear_o     (stream_clear),
      .heads_i            ('0),
      .awaited_o          (awaited)
  );

  // ---------------------------------------------------------------- queues
  logic [2:0][SlotW-1:0] head;
  logic [SlotW-1:0] stream_head;
  logic [2:0] take;
  assign stream_head = stream_cmd.slot;
  assign head = {dma_cmd.slot, vector_cmd.slot, matrix_cmd.slot};

  srn_queues #(
      .Depth(2)
  ) u_queues (
      .clk_i,
      .rst_ni,
      .matmul_push_i     (push[0]),
      .matmul_ready_o    (ready[0]),
      .stream_cmd_i      ({slot, {($bits(stream_cmd_t) - SlotW) {1'b0}}}),
      .matrix_cmd_i      ({slot, {($bits(matrix_cmd_t) - SlotW) {1'b0}}}),
      .vector_push_i     (push[1]),
      .vector_ready_o    (ready[1]),
      .vector_cmd_i      ({slot, {($bits(vector_cmd_t) - SlotW) {1'b0}}}),
      .dma_push_i        (push[2]),
      .dma_ready_o       (ready[2]),
      .dma_cmd_i         ({slot, {($bits(dma_cmd_t) - SlotW) {1'b0}}}),
      .stream_cmd_valid_o(stream_valid),
      .stream_cmd_ready_i(stream_take),
      .stream_cmd_o      (stream_cmd),
      .matrix_cmd_valid_o(valid[0]),
      .matrix_cmd_ready_i(take[0]),
      .matrix_cmd_o      (matrix_cmd),
      .vector_cmd_valid_o(valid[1]),
      .vector_cmd_ready_i(take[1]),
      .vector_cmd_o      (vector_cmd),
      .dma_cmd_valid_o   (valid[2]),
      .dma_cmd_ready_i   (take[2]),
      .dma_cmd_o         (dma_cmd)
  );

  formal_reset u_reset (
      .clk_i,
      .rst_ni
  );

  // ---------------------------------------------------------------- units
  // One command at a time; the stream's is taken when its own permission is there, and the matrix unit needs its weights.
  logic [2:0] busy_q;
  logic [2:0][3:0] left_q;
  logic [3:0] weights_q;  // commands whose weights have been fetched
  assign stream_take = stream_valid && stream_clear[stream_head];

  for (genvar u = 0; u < 3; u++) begin : gen_units
    logic [SlotW-1:0] slot_q;
    assign take[u] = valid[u] && !busy_q[u] && clear[head[u]] && !hold_i[u] && (u != 0 || weights_q != '0);
    assign done_valid[u] = busy_q[u] && left_q[u] == '0;
    assign done_slot[u] = slot_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) busy_q[u] <= 1'b0;
      else if (take[u]) busy_q[u] <= 1'b1;
      else if (done_valid[u]) busy_q[u] <= 1'b0;
      if (take[u]) begin
        slot_q <= head[u];
        left_q[u] <= 4'(Busy);
      end else left_q[u] <= left_q[u] - 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) weights_q <= '0;
    else weights_q <= weights_q + 4'(stream_take) - 4'(take[0]);
  end

  // ---------------------------------------------------------------- promises
  // After the last dispatch nothing is held back any more, and the clock runs.
  logic [4:0] since_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      issued_q <= '0;
      since_q <= '0;
    end else begin
      if (fire) issued_q <= issued_q + 1'b1;
      if (32'(issued_q) == Issues && since_q != '1) since_q <= since_q + 1'b1;
    end
  end

  always @(posedge clk_i) begin
    if (32'(issued_q) == Issues) assume (hold_i == '0 && rst_ni);
    if (rst_ni) begin
      assert (32'(since_q) < Bound || (empty && valid == '0 && !stream_valid && busy_q == '0))
      else $fatal(1, "instructions wait for each other for ever");
      chain: cover (32'(issued_q) == Issues && since_q == '0 && busy_q == 3'd0 && $countones(clear) == 1 && !empty);
      ended: cover (32'(since_q) == Bound && empty);
    end
  end
endmodule
