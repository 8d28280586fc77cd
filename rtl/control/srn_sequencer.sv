// Sequencer: runs a program (docs/isa.md). Fetches, does scalar instructions and branches, checks the others and sends them
// as commands to the units, in order, each with a slot of the window that says when it may start.
// Stages: srn_front up to y, srn_decode beside it, z: dispatch. One instruction a cycle; costs are in docs/control.md.
// A command leaves its queue in the cycle after its dispatch, and its clear_o is then already high if nothing conflicts.
// `read` waits until no live instruction writes its element; `signal` and `end` until nothing is in flight.
// Registers change ahead of dispatch: what is behind a refused instruction may have computed, but nothing shows it.
// Halts, start and clear: srn_run. Everything here but srn_run is reset by core_rst_no, as are the units.
// The trace has one instruction a cycle, in program order, at its dispatch; value: what a scalar or `read` gave, the next
// program counter of a branch, ra of `signal` and `end`, 0 of a command.
module srn_sequencer
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
#(
    parameter int PortBytes  = 16,     // width of the memory port; VMEM words have half as many elements
    parameter int Rows       = 8,
    parameter int Passes     = 2,      // a matmul has at most Passes * Rows rows
    parameter int VmemWords  = 16384,
    parameter int AmemBlocks = 4096,
    parameter int ImemWords  = 512
) (
    input logic clk_i,
    input logic rst_ni,

    // host
    input  logic                  start_i,             // when neither running nor halted
    input  logic                  clear_i,
    input  logic [          31:0] program_address_i,   // beat
    input  logic [          31:0] program_length_i,    // instructions
    input  logic [8*OperandW-1:0] arguments_i,         // r1 lowest
    output logic                  running_o,
    output logic                  done_o,              // pulse
    output logic [          31:0] result_o,            // with done
    output logic                  progress_o,          // pulse
    output logic [          31:0] progress_value_o,    // with progress
    output logic                  halted_o,
    output logic [           3:0] cause_o,
    output logic [       PcW-1:0] halt_pc_o,
    output logic [          31:0] fault_address_o,

    // program load
    input logic                    imem_write_i,
    input logic [            15:0] imem_addr_i,
    input logic [InstructionW-1:0] imem_data_i,

    // shared VMEM read
    output logic                         share_valid_o,
    input  logic                         share_ready_i,
    output logic [$clog2(VmemWords)-1:0] share_addr_o,  // word
    input  logic [     PortBytes*16-1:0] share_data_i,  // the cycle after

    // commands
    output logic        stream_cmd_valid_o,
    input  logic        stream_cmd_ready_i,
    output stream_cmd_t stream_cmd_o,
    output logic        matrix_cmd_valid_o,
    input  logic        matrix_cmd_ready_i,
    output matrix_cmd_t matrix_cmd_o,
    output logic        vector_cmd_valid_o,
    input  logic        vector_cmd_ready_i,
    output vector_cmd_t vector_cmd_o,
    output logic        dma_cmd_valid_o,
    input  logic        dma_cmd_ready_i,
    output dma_cmd_t    dma_cmd_o,

    // permission to start, and completions
    output logic [NumSlots-1:0] clear_o,
    output logic [NumSlots-1:0] stream_clear_o,
    input  logic                matrix_done_valid_i,
    input  logic [   SlotW-1:0] matrix_done_slot_i,
    input  logic                vector_done_valid_i,
    input  logic [   SlotW-1:0] vector_done_slot_i,
    input  logic                dma_done_valid_i,
    input  logic [   SlotW-1:0] dma_done_slot_i,

    // memory port
    input  logic             bus_error_valid_i,
    input  logic [SlotW-1:0] bus_error_slot_i,
    input  logic [DramW-1:0] bus_error_addr_i,
    input  logic             port_idle_i,
    output logic             stop_o,             // accept no more bursts

    output logic core_rst_no,  // reset of all units

    // trace
    output logic                trace_valid_o,
    output logic                trace_command_o,
    output logic [   SlotW-1:0] trace_slot_o,     // of a command
    output logic [     PcW-1:0] trace_pc_o,
    output logic [         3:0] trace_rd_o,       // register written, 0 if none
    output logic [OperandW-1:0] trace_value_o,
    output logic [NumSlots-1:0] trace_conflicts_o,  // slots that a command must wait for

    // events, each for a cycle in which an instruction waits at dispatch
    output logic event_window_o,  // for a slot
    output logic event_queue_o,   // for its unit's queue
    output logic event_drain_o,   // `read`, `signal` or `end` for older instructions
    output logic event_outside_o, // there is none: the program is being loaded, or stopped

    // observation: srn_window
    input  logic [3*SlotW-1:0] heads_i,
    output logic [        8:0] awaited_o
);
  localparam int LaneW = $clog2(PortBytes / 2);
  localparam int ShareW = $clog2(VmemWords);

  logic run, go, begin_run, load_valid, load, advance, fire, ends, empty;
  logic [PcW-1:0] length_q;
  logic [DramW-1:0] program_q;

  assign go = run && !bus_error_valid_i;

  always_ff @(posedge clk_i) begin
    if (begin_run) begin
      length_q  <= program_length_i[PcW-1:0];
      program_q <= program_address_i;
    end
  end

  // ---------------------------------------------------------------- front
  logic [InstructionW-1:0] x_instruction;
  operands_t x_operands;
  logic z_valid, z_past_end, z_is_read, read_fire;
  logic [PcW-1:0] z_pc;
  logic [3:0] z_rd;
  logic [2:0] z_kind;
  logic [OperandW-1:0] z_value, read_value;
  logic share_waits;

  srn_front #(
      .ImemWords(ImemWords)
  ) u_front (
      .clk_i          (clk_i),
      .rst_ni         (core_rst_no),
      .imem_write_i   (imem_write_i),
      .imem_addr_i    (imem_addr_i),
      .imem_data_i    (imem_data_i),
      .begin_i        (begin_run),
      .arguments_i    (arguments_i),
      .length_i       (length_q),
      .run_i          (run),
      .go_i           (go),
      .advance_i      (advance),
      .hold_i         (share_waits),
      .ends_i         (ends),
      .z_read_i       (z_is_read),
      .read_fire_i    (read_fire),
      .read_value_i   (read_value),
      .x_instruction_o(x_instruction),
      .x_operands_o   (x_operands),
      .z_valid_o      (z_valid),
      .z_past_end_o   (z_past_end),
      .z_pc_o         (z_pc),
      .z_rd_o         (z_rd),
      .z_value_o      (z_value)
  );

  // ---------------------------------------------------------------- decode
  logic [SlotW-1:0] slot;
  logic [3:0] decode_cause, z_cause;
  logic [OperandW-1:0] z_address;
  ranges_t z_ranges;
  stream_cmd_t z_stream_cmd;
  matrix_cmd_t z_matrix_cmd;
  dma_cmd_t z_dma_cmd, load_cmd, dma_cmd;
  vector_cmd_t z_vector_cmd;

  srn_decode #(
      .PortBytes (PortBytes),
      .Rows      (Rows),
      .Passes    (Passes),
      .VmemWords (VmemWords),
      .AmemBlocks(AmemBlocks)
  ) u_decode (
      .clk_i        (clk_i),
      .enable_i     (advance),
      .instruction_i(x_instruction),
      .operands_i   (x_operands),
      .slot_i       (slot),
      .kind_o       (z_kind),
      .cause_o      (decode_cause),
      .address_o    (z_address),
      .ranges_o     (z_ranges),
      .stream_cmd_o (z_stream_cmd),
      .matrix_cmd_o (z_matrix_cmd),
      .dma_cmd_o    (z_dma_cmd),
      .vector_cmd_o (z_vector_cmd)
  );

  assign z_is_read = z_kind == KindRead;
  assign z_cause   = z_past_end ? CauseProgram : decode_cause;

  // ---------------------------------------------------------------- dispatch
  logic z_good, full, conflict, read_asked_q;
  logic matmul_ready, vector_ready, dma_ready, queue_ready;
  logic is_command, command_fire, matmul_fire, vector_fire, dma_fire, dma_push;
  logic query_valid, fault_valid;

  assign z_good     = z_valid && z_cause == CauseNone;
  assign is_command = z_kind == KindDma || z_kind == KindMatmul || z_kind == KindVector;

  always_comb begin
    case (z_kind)
      KindMatmul: queue_ready = matmul_ready;
      KindVector: queue_ready = vector_ready;
      default: queue_ready = dma_ready;
    endcase
  end

  always_comb begin
    case (z_kind)
      KindScalar: fire = go && z_good;
      KindRead: fire = go && z_good && read_asked_q;
      KindSignal, KindEnd: fire = go && z_good && empty;
      default: fire = go && z_good && !full && queue_ready;
    endcase
  end

  // Icarus takes package names in a port connection for new wires, so these have names of their own.
  assign command_fire = fire && is_command;
  assign matmul_fire  = command_fire && z_kind == KindMatmul;
  assign vector_fire  = command_fire && z_kind == KindVector;
  assign dma_fire     = command_fire && z_kind == KindDma;
  assign query_valid  = load_valid || (z_good && (is_command || z_is_read));
  assign fault_valid  = z_valid && z_cause != CauseNone;
  assign advance      = !z_valid || fire;
  assign ends         = fire && z_kind == KindEnd;
  assign load         = load_valid && dma_ready && !full;

  assign event_window_o = go && z_good && is_command && full;
  assign event_queue_o  = go && z_good && is_command && !full && !queue_ready;
  assign event_drain_o  = go && z_good && !is_command && !fire;
  assign event_outside_o = !go;

  // ---------------------------------------------------------------- window
  ranges_t offered;

  // The program load conflicts with nothing: nothing else is in flight.
  assign offered = load_valid ? '0 : z_ranges;

  logic [2:0] unit;
  assign unit = {load_valid || z_kind == KindDma, !load_valid && z_kind == KindVector, !load_valid && z_kind == KindMatmul};

  srn_window u_window (
      .clk_i              (clk_i),
      .rst_ni             (core_rst_no),
      .query_valid_i      (query_valid),
      .ranges_i           (offered),
      .alloc_i            (command_fire || load),
      .unit_i             (unit),
      .slot_o             (slot),
      .conflicts_o        (trace_conflicts_o),
      .conflict_o         (conflict),
      .full_o             (full),
      .empty_o            (empty),
      .matrix_done_valid_i(matrix_done_valid_i),
      .matrix_done_slot_i (matrix_done_slot_i),
      .vector_done_valid_i(vector_done_valid_i),
      .vector_done_slot_i (vector_done_slot_i),
      .dma_done_valid_i   (dma_done_valid_i),
      .dma_done_slot_i    (dma_done_slot_i),
      .clear_o            (clear_o),
      .stream_clear_o     (stream_clear_o),
      .heads_i            (heads_i),
      .awaited_o          (awaited_o)
  );

  // ---------------------------------------------------------------- read
  logic [VmemW-1:0] element;
  logic [LaneW-1:0] lane_q;

  assign element       = z_ranges.a_first;
  assign share_valid_o = z_good && z_is_read && !conflict && !read_asked_q;
  assign share_waits   = share_valid_o && !share_ready_i;  // what was offered stays offered
  assign share_addr_o  = element[LaneW+:ShareW];
  assign read_value    = share_data_i[lane_q*OperandW+:OperandW];
  assign read_fire     = fire && z_is_read;

  always_ff @(posedge clk_i) begin
    if (!core_rst_no || !go) read_asked_q <= 1'b0;
    else read_asked_q <= share_valid_o && share_ready_i;
  end

  always_ff @(posedge clk_i) begin
    lane_q <= element[LaneW-1:0];
  end

  // ---------------------------------------------------------------- queues
  assign load_cmd = {slot, DmaProgram, program_q, 24'd0, 20'd0, 16'd0, length_q, 10'd1, 20'd0, 6'd0};
  assign dma_cmd  = load_valid ? load_cmd : z_dma_cmd;
  assign dma_push = load || dma_fire;

  srn_queues u_queues (
      .clk_i             (clk_i),
      .rst_ni            (core_rst_no),
      .matmul_push_i     (matmul_fire),
      .matmul_ready_o    (matmul_ready),
      .stream_cmd_i      (z_stream_cmd),
      .matrix_cmd_i      (z_matrix_cmd),
      .vector_push_i     (vector_fire),
      .vector_ready_o    (vector_ready),
      .vector_cmd_i      (z_vector_cmd),
      .dma_push_i        (dma_push),
      .dma_ready_o       (dma_ready),
      .dma_cmd_i         (dma_cmd),
      .stream_cmd_valid_o(stream_cmd_valid_o),
      .stream_cmd_ready_i(stream_cmd_ready_i),
      .stream_cmd_o      (stream_cmd_o),
      .matrix_cmd_valid_o(matrix_cmd_valid_o),
      .matrix_cmd_ready_i(matrix_cmd_ready_i),
      .matrix_cmd_o      (matrix_cmd_o),
      .vector_cmd_valid_o(vector_cmd_valid_o),
      .vector_cmd_ready_i(vector_cmd_ready_i),
      .vector_cmd_o      (vector_cmd_o),
      .dma_cmd_valid_o   (dma_cmd_valid_o),
      .dma_cmd_ready_i   (dma_cmd_ready_i),
      .dma_cmd_o         (dma_cmd_o)
  );

  // ---------------------------------------------------------------- run and halt
  logic [PcW-1:0] slot_pc_q[NumSlots];
  logic [PcW-1:0] bus_error_pc;
  logic [OperandW-1:0] fault_address;
  logic drained;

  assign bus_error_pc  = slot_pc_q[bus_error_slot_i];
  assign fault_address = z_past_end ? OperandW'(z_pc) : z_address;
  assign drained       = !z_valid;

  always_ff @(posedge clk_i) begin
    if (command_fire || load) slot_pc_q[slot] <= load ? '0 : z_pc;
  end

  srn_run #(
      .ImemWords(ImemWords)
  ) u_run (
      .clk_i            (clk_i),
      .rst_ni           (rst_ni),
      .start_i          (start_i),
      .clear_i          (clear_i),
      .program_length_i (program_length_i),
      .running_o        (running_o),
      .done_o           (done_o),
      .halted_o         (halted_o),
      .cause_o          (cause_o),
      .halt_pc_o        (halt_pc_o),
      .fault_address_o  (fault_address_o),
      .begin_o          (begin_run),
      .load_valid_o     (load_valid),
      .load_ready_i     (load),
      .run_o            (run),
      .empty_i          (empty),
      .end_i            (ends),
      .fault_valid_i    (fault_valid),
      .fault_cause_i    (z_cause),
      .fault_pc_i       (z_pc),
      .fault_address_i  (fault_address),
      .drained_i        (drained),
      .bus_error_valid_i(bus_error_valid_i),
      .bus_error_pc_i   (bus_error_pc),
      .bus_error_addr_i (bus_error_addr_i),
      .port_idle_i      (port_idle_i),
      .stop_o           (stop_o),
      .core_rst_no      (core_rst_no)
  );

  assign result_o         = z_value;
  assign progress_o       = fire && z_kind == KindSignal;
  assign progress_value_o = z_value;

  // ---------------------------------------------------------------- trace
  assign trace_valid_o   = fire;
  assign trace_command_o = is_command;
  assign trace_slot_o    = slot;
  assign trace_pc_o      = z_pc;
  assign trace_rd_o      = z_rd;
  assign trace_value_o   = read_fire ? read_value : is_command ? '0 : z_value;

  logic unused;
  assign unused = ^element;
endmodule
