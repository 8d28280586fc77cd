// Slice: sequencer, units, local memories and one AXI4 port. Instances and wires; see docs/architecture.md.
//
// Runs a program from start_i to done_o or halted_o (docs/isa.md). The trace ports show each instruction dispatched, each word
// written and each completion, in the manner of RVFI; nothing in the design depends on them.
module srn_slice
  import srn_pkg::*;
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
#(
    parameter int PortBytes   = 16,     // bytes of a memory beat: 8, 16 or 32
    parameter int Rows        = 8,      // token rows that meet a beat of weights in a clock
    parameter int Passes      = 2,      // clocks for which a beat may be held, for Rows token rows each
    parameter int VmemWords   = 16384,  // words of PortBytes / 2 binary32
    parameter int AmemBlocks  = 4096,   // MX blocks
    parameter int ImemWords   = 512,    // instructions
    parameter int StreamDepth = 512,    // beats of the weight stream's buffer
    parameter int NumEvents   = 29
) (
    input logic clk_i,
    input logic rst_ni,

    // host
    input  logic                  start_i,
    input  logic                  clear_i,
    input  logic [          31:0] program_address_i,
    input  logic [          31:0] program_length_i,
    input  logic [8*OperandW-1:0] arguments_i,
    output logic                  running_o,
    output logic                  done_o,
    output logic [          31:0] result_o,
    output logic                  progress_o,
    output logic [          31:0] progress_value_o,
    output logic                  halted_o,
    output logic [           3:0] cause_o,
    output logic [       PcW-1:0] halt_pc_o,
    output logic [          31:0] fault_address_o,
    output logic [ NumEvents-1:0] events_o,          // order: models/registers.py

    // AXI4 read
    output logic                   arvalid_o,
    input  logic                   arready_i,
    output logic                   arid_o,
    output logic [           39:0] araddr_o,
    output logic [            7:0] arlen_o,
    output logic [            2:0] arsize_o,
    output logic [            1:0] arburst_o,
    input  logic                   rvalid_i,
    output logic                   rready_o,
    input  logic                   rid_i,
    input  logic [PortBytes*8-1:0] rdata_i,
    input  logic [            1:0] rresp_i,
    input  logic                   rlast_i,

    // AXI4 write
    output logic                   awvalid_o,
    input  logic                   awready_i,
    output logic                   awid_o,
    output logic [           39:0] awaddr_o,
    output logic [            7:0] awlen_o,
    output logic [            2:0] awsize_o,
    output logic [            1:0] awburst_o,
    output logic                   wvalid_o,
    input  logic                   wready_i,
    output logic [PortBytes*8-1:0] wdata_o,
    output logic [  PortBytes-1:0] wstrb_o,
    output logic                   wlast_o,
    input  logic                   bvalid_i,
    output logic                   bready_o,
    input  logic                   bid_i,
    input  logic [            1:0] bresp_i,

    // trace: reset of the units, dispatch
    output logic                trace_rst_no,
    output logic                trace_dispatch_o,
    output logic                trace_command_o,
    output logic [   SlotW-1:0] trace_dispatch_slot_o,
    output logic [     PcW-1:0] trace_pc_o,
    output logic [OperandW-1:0] trace_value_o,

    // trace: commands as their units go through them
    output logic                trace_running_o,
    output logic [NumSlots-1:0] trace_conflicts_o,          // with dispatch: slots waited for
    output logic [         2:0] trace_stall_o,              // dispatch waits: for older instructions, a queue, the window
    output logic                trace_stream_start_o,
    output logic                trace_stream_finish_o,
    output logic [   SlotW-1:0] trace_stream_slot_o,
    output logic                trace_beat_o,               // the matrix unit takes a beat of weights
    output logic                trace_matrix_start_o,
    output logic                trace_matrix_finish_o,
    output logic [   SlotW-1:0] trace_matrix_start_slot_o,
    output logic                trace_vector_start_o,
    output logic                trace_vector_finish_o,
    output logic [   SlotW-1:0] trace_vector_start_slot_o,
    output logic                trace_dma_start_o,
    output logic [   SlotW-1:0] trace_dma_start_slot_o,

    // trace: words written
    output logic                    trace_vector_o,
    output logic [       SlotW-1:0] trace_vector_slot_o,
    output logic [       VmemW-1:0] trace_vector_addr_o,
    output logic [PortBytes*16-1:0] trace_vector_data_o,
    output logic [ PortBytes/2-1:0] trace_vector_strobe_o,
    output logic                    trace_matrix_o,
    output logic [       SlotW-1:0] trace_matrix_slot_o,
    output logic [       VmemW-1:0] trace_matrix_addr_o,
    output logic [PortBytes*16-1:0] trace_matrix_data_o,
    output logic [ PortBytes/2-1:0] trace_matrix_strobe_o,
    output logic                    trace_load_o,
    output logic [       SlotW-1:0] trace_load_slot_o,
    output logic [       VmemW-1:0] trace_load_addr_o,
    output logic [PortBytes*16-1:0] trace_load_data_o,
    output logic [ PortBytes/2-1:0] trace_load_strobe_o,
    output logic                    trace_amem_o,
    output logic [       SlotW-1:0] trace_amem_slot_o,
    output logic [       AmemW-1:0] trace_amem_addr_o,
    output logic [           263:0] trace_amem_data_o,
    output logic                    trace_dram_o,
    output logic [       SlotW-1:0] trace_dram_slot_o,
    output logic [       DramW-1:0] trace_dram_addr_o,
    output logic [ PortBytes*8-1:0] trace_dram_data_o,
    output logic [   PortBytes-1:0] trace_dram_strobe_o,

    // trace: completions
    output logic             trace_matrix_done_o,
    output logic [SlotW-1:0] trace_matrix_done_slot_o,
    output logic             trace_vector_done_o,
    output logic [SlotW-1:0] trace_vector_done_slot_o,
    output logic             trace_dma_done_o,
    output logic [SlotW-1:0] trace_dma_done_slot_o
);

  localparam int MaxBurst = 16;
  localparam int BurstW = $clog2(MaxBurst + 1);
  localparam int WordAddrW = $clog2(VmemWords);
  localparam int BlockAddrW = $clog2(AmemBlocks);

  initial begin
    if (PortBytes != 8 && PortBytes != 16 && PortBytes != 32) $fatal(1, "%m: PortBytes must be 8, 16 or 32");
    if (Rows < 1 || Rows > 16) $fatal(1, "%m: Rows must be 1 to 16");
    if (Passes < 1 || Passes > 4) $fatal(1, "%m: Passes must be 1 to 4");
  end

  // ------------------------------------------------------------------------------------------------ control
  logic core_rst_n;
  logic stream_cmd_valid, stream_cmd_ready, matrix_cmd_valid, matrix_cmd_ready;
  logic vector_cmd_valid, vector_cmd_ready, dma_cmd_valid, dma_cmd_ready;
  stream_cmd_t stream_cmd;
  matrix_cmd_t matrix_cmd;
  vector_cmd_t vector_cmd;
  dma_cmd_t dma_cmd;
  logic [NumSlots-1:0] clear, stream_clear;
  logic matrix_done_valid, vector_done_valid, dma_done_valid;
  logic [SlotW-1:0] matrix_done_slot, vector_done_slot, dma_done_slot;

  logic imem_write;
  logic [15:0] imem_addr;
  logic [InstructionW-1:0] imem_data;

  logic read_valid, read_ready;  // `read` at the shared VMEM port
  logic [WordAddrW-1:0] read_addr;

  logic bus_error_valid, unused_bus_error_client, port_idle, port_stop;
  logic [SlotW-1:0] bus_error_slot;
  logic [DramW-1:0] bus_error_addr;

  logic event_window, event_queue, event_drain, event_outside;
  logic [3*SlotW-1:0] heads;
  logic [8:0] awaited;
  logic [3:0] unused_trace_rd;

  logic [PortBytes*16-1:0] share_data;

  srn_sequencer #(
      .PortBytes (PortBytes),
      .Rows      (Rows),
      .Passes    (Passes),
      .VmemWords (VmemWords),
      .AmemBlocks(AmemBlocks),
      .ImemWords (ImemWords)
  ) u_sequencer (
      .clk_i,
      .rst_ni,
      .start_i,
      .clear_i,
      .program_address_i,
      .program_length_i,
      .arguments_i,
      .running_o,
      .done_o,
      .result_o,
      .progress_o,
      .progress_value_o,
      .halted_o,
      .cause_o,
      .halt_pc_o,
      .fault_address_o,
      .imem_write_i        (imem_write),
      .imem_addr_i         (imem_addr),
      .imem_data_i         (imem_data),
      .share_valid_o       (read_valid),
      .share_ready_i       (read_ready),
      .share_addr_o        (read_addr),
      .share_data_i        (share_data),
      .stream_cmd_valid_o  (stream_cmd_valid),
      .stream_cmd_ready_i  (stream_cmd_ready),
      .stream_cmd_o        (stream_cmd),
      .matrix_cmd_valid_o  (matrix_cmd_valid),
      .matrix_cmd_ready_i  (matrix_cmd_ready),
      .matrix_cmd_o        (matrix_cmd),
      .vector_cmd_valid_o  (vector_cmd_valid),
      .vector_cmd_ready_i  (vector_cmd_ready),
      .vector_cmd_o        (vector_cmd),
      .dma_cmd_valid_o     (dma_cmd_valid),
      .dma_cmd_ready_i     (dma_cmd_ready),
      .dma_cmd_o           (dma_cmd),
      .clear_o             (clear),
      .stream_clear_o      (stream_clear),
      .matrix_done_valid_i (matrix_done_valid),
      .matrix_done_slot_i  (matrix_done_slot),
      .vector_done_valid_i (vector_done_valid),
      .vector_done_slot_i  (vector_done_slot),
      .dma_done_valid_i    (dma_done_valid),
      .dma_done_slot_i     (dma_done_slot),
      .bus_error_valid_i   (bus_error_valid),
      .bus_error_slot_i    (bus_error_slot),
      .bus_error_addr_i    (bus_error_addr),
      .port_idle_i         (port_idle),
      .stop_o              (port_stop),
      .core_rst_no         (core_rst_n),
      .trace_valid_o       (trace_dispatch_o),
      .trace_command_o     (trace_command_o),
      .trace_slot_o        (trace_dispatch_slot_o),
      .trace_pc_o          (trace_pc_o),
      .trace_rd_o          (unused_trace_rd),
      .trace_value_o       (trace_value_o),
      .trace_conflicts_o   (trace_conflicts_o),
      .event_window_o      (event_window),
      .event_queue_o       (event_queue),
      .event_drain_o       (event_drain),
      .event_outside_o     (event_outside),
      .heads_i             (heads),
      .awaited_o           (awaited)
  );

  // ------------------------------------------------------------------------------------------------ memory
  logic stream_read_valid, stream_read_ready, stream_data_valid;
  logic [DramW-1:0] stream_read_addr;
  logic [BurstW-1:0] stream_read_beats;
  logic [SlotW-1:0] stream_read_slot;
  logic dma_read_valid, dma_read_ready, dma_data_valid;
  logic [DramW-1:0] dma_read_addr;
  logic [BurstW-1:0] dma_read_beats;
  logic [SlotW-1:0] dma_read_slot;
  logic [PortBytes*8-1:0] read_data;
  logic write_valid, write_ready, write_last, write_data_valid, write_data_ready, write_done_valid;
  logic [DramW-1:0] write_addr;
  logic [BurstW-1:0] write_beats;
  logic [SlotW-1:0] write_slot, write_done_slot;
  logic [PortBytes*8-1:0] write_data;
  logic [PortBytes-1:0] write_strobe;
  logic reading;

  srn_memory_port #(
      .PortBytes(PortBytes),
      .MaxBurst (MaxBurst)
  ) u_memory_port (
      .clk_i,
      .rst_ni,
      .stream_valid_i      (stream_read_valid),
      .stream_ready_o      (stream_read_ready),
      .stream_addr_i       (stream_read_addr),
      .stream_beats_i      (stream_read_beats),
      .stream_slot_i       (stream_read_slot),
      .stream_data_valid_o (stream_data_valid),
      .dma_valid_i         (dma_read_valid),
      .dma_ready_o         (dma_read_ready),
      .dma_addr_i          (dma_read_addr),
      .dma_beats_i         (dma_read_beats),
      .dma_slot_i          (dma_read_slot),
      .dma_data_valid_o    (dma_data_valid),
      .read_data_o         (read_data),
      .write_valid_i       (write_valid),
      .write_ready_o       (write_ready),
      .write_addr_i        (write_addr),
      .write_beats_i       (write_beats),
      .write_slot_i        (write_slot),
      .write_last_i        (write_last),
      .write_data_valid_i  (write_data_valid),
      .write_data_ready_o  (write_data_ready),
      .write_data_i        (write_data),
      .write_strobe_i      (write_strobe),
      .write_done_valid_o  (write_done_valid),
      .write_done_slot_o   (write_done_slot),
      .stop_i              (port_stop),
      .bus_error_valid_o   (bus_error_valid),
      .bus_error_client_o  (unused_bus_error_client),
      .bus_error_addr_o    (bus_error_addr),
      .bus_error_slot_o    (bus_error_slot),
      .idle_o              (port_idle),
      .reading_o           (reading),
      .trace_valid_o       (trace_dram_o),
      .trace_slot_o        (trace_dram_slot_o),
      .trace_addr_o        (trace_dram_addr_o),
      .trace_data_o        (trace_dram_data_o),
      .trace_strobe_o      (trace_dram_strobe_o),
      .arvalid_o,
      .arready_i,
      .arid_o,
      .araddr_o,
      .arlen_o,
      .arsize_o,
      .arburst_o,
      .rvalid_i,
      .rready_o,
      .rid_i,
      .rdata_i,
      .rresp_i,
      .rlast_i,
      .awvalid_o,
      .awready_i,
      .awid_o,
      .awaddr_o,
      .awlen_o,
      .awsize_o,
      .awburst_o,
      .wvalid_o,
      .wready_i,
      .wdata_o,
      .wstrb_o,
      .wlast_o,
      .bvalid_i,
      .bready_o,
      .bid_i,
      .bresp_i
  );

  logic beat_valid, beat_ready, stream_asked, stream_first, stream_full;
  logic [PortBytes*8-1:0] beat_data;

  srn_stream #(
      .PortBytes  (PortBytes),
      .StreamDepth(StreamDepth),
      .MaxBurst   (MaxBurst)
  ) u_stream (
      .clk_i,
      .rst_ni           (core_rst_n),
      .cmd_valid_i      (stream_cmd_valid),
      .cmd_ready_o      (stream_cmd_ready),
      .cmd_i            (stream_cmd),
      .stream_clear_i   (stream_clear),
      .read_valid_o     (stream_read_valid),
      .read_ready_i     (stream_read_ready),
      .read_addr_o      (stream_read_addr),
      .read_beats_o     (stream_read_beats),
      .read_slot_o      (stream_read_slot),
      .read_data_valid_i(stream_data_valid),
      .read_data_i      (read_data),
      .beat_valid_o     (beat_valid),
      .beat_ready_i     (beat_ready),
      .beat_data_o      (beat_data),
      .start_o          (trace_stream_start_o),
      .finish_o         (trace_stream_finish_o),
      .asked_o          (stream_asked),
      .first_o          (stream_first),
      .full_o           (stream_full)
  );

  logic load_valid, load_ready;  // dma's VMEM writes
  logic [VmemW-1:0] load_addr;
  logic [PortBytes*16-1:0] load_data;
  logic [PortBytes/2-1:0] load_strobe;
  logic [SlotW-1:0] load_slot;
  logic store_valid, store_ready;  // dma's VMEM reads
  logic [VmemW-1:0] store_addr;
  logic tile_valid, tile_ready;  // dma's AMEM reads
  logic [AmemW-1:0] tile_addr;
  logic [263:0] tile_data;
  logic dma_busy;

  srn_dma #(
      .PortBytes(PortBytes),
      .MaxBurst (MaxBurst)
  ) u_dma (
      .clk_i,
      .rst_ni             (core_rst_n),
      .cmd_valid_i        (dma_cmd_valid),
      .cmd_ready_o        (dma_cmd_ready),
      .cmd_i              (dma_cmd),
      .clear_i            (clear),
      .done_valid_o       (dma_done_valid),
      .done_slot_o        (dma_done_slot),
      .read_valid_o       (dma_read_valid),
      .read_ready_i       (dma_read_ready),
      .read_addr_o        (dma_read_addr),
      .read_beats_o       (dma_read_beats),
      .read_slot_o        (dma_read_slot),
      .read_data_valid_i  (dma_data_valid),
      .read_data_i        (read_data),
      .write_valid_o      (write_valid),
      .write_ready_i      (write_ready),
      .write_addr_o       (write_addr),
      .write_beats_o      (write_beats),
      .write_slot_o       (write_slot),
      .write_last_o       (write_last),
      .write_data_valid_o (write_data_valid),
      .write_data_ready_i (write_data_ready),
      .write_data_o       (write_data),
      .write_strobe_o     (write_strobe),
      .write_done_valid_i (write_done_valid),
      .write_done_slot_i  (write_done_slot),
      .vmem_write_valid_o (load_valid),
      .vmem_write_ready_i (load_ready),
      .vmem_write_addr_o  (load_addr),
      .vmem_write_data_o  (load_data),
      .vmem_write_strobe_o(load_strobe),
      .vmem_write_slot_o  (load_slot),
      .share_valid_o      (store_valid),
      .share_ready_i      (store_ready),
      .share_addr_o       (store_addr),
      .share_data_i       (share_data),
      .amem_valid_o       (tile_valid),
      .amem_ready_i       (tile_ready),
      .amem_addr_o        (tile_addr),
      .amem_data_i        (tile_data),
      .imem_write_o       (imem_write),
      .imem_addr_o        (imem_addr),
      .imem_data_o        (imem_data),
      .busy_o             (dma_busy)
  );

  // ------------------------------------------------------------------------------------------------ matrix
  logic operand_valid, operand_ready;
  logic [AmemW-1:0] operand_addr;
  logic [263:0] operand_data;
  logic result_valid, result_ready;
  logic [VmemW-1:0] result_addr;
  logic [PortBytes*16-1:0] result_data;
  logic [PortBytes/2-1:0] result_strobe;
  logic [SlotW-1:0] result_slot;
  logic matrix_busy, matrix_beat, matrix_pass, matrix_wait_beat, matrix_wait_operand, matrix_wait_drain, matrix_wait_clear;
  logic matrix_wait_command;
  logic [SlotW-1:0] matrix_slot;

  srn_matrix #(
      .PortBytes(PortBytes),
      .Rows     (Rows),
      .Passes   (Passes)
  ) u_matrix (
      .clk_i,
      .rst_ni        (core_rst_n),
      .cmd_valid_i   (matrix_cmd_valid),
      .cmd_ready_o   (matrix_cmd_ready),
      .cmd_i         (matrix_cmd),
      .clear_i       (clear),
      .done_valid_o  (matrix_done_valid),
      .done_slot_o   (matrix_done_slot),
      .beat_valid_i  (beat_valid),
      .beat_ready_o  (beat_ready),
      .beat_data_i   (beat_data),
      .amem_valid_o  (operand_valid),
      .amem_ready_i  (operand_ready),
      .amem_addr_o   (operand_addr),
      .amem_data_i   (operand_data),
      .write_valid_o (result_valid),
      .write_ready_i (result_ready),
      .write_addr_o  (result_addr),
      .write_data_o  (result_data),
      .write_strobe_o(result_strobe),
      .write_slot_o  (result_slot),
      .beat_o        (matrix_beat),
      .pass_o        (matrix_pass),
      .wait_beat_o   (matrix_wait_beat),
      .wait_operand_o(matrix_wait_operand),
      .wait_drain_o  (matrix_wait_drain),
      .wait_clear_o  (matrix_wait_clear),
      .wait_command_o(matrix_wait_command),
      .busy_o        (matrix_busy),
      .slot_o        (matrix_slot),
      .start_o       (trace_matrix_start_o),
      .finish_o      (trace_matrix_finish_o)
  );

  // ------------------------------------------------------------------------------------------------ vector
  logic vmem_yield, a_valid, b_valid, vector_write, amem_write;
  logic [WordAddrW-1:0] a_addr, b_addr, vector_addr;
  logic [PortBytes*16-1:0] a_data, b_data, vector_data;
  logic [PortBytes/2-1:0] vector_strobe;
  logic [SlotW-1:0] vector_slot, amem_slot;
  logic [BlockAddrW-1:0] amem_addr;
  logic [263:0] amem_data;
  logic vector_busy, vector_wait_clear, vector_wait_port;
  logic [SlotW-1:0] vector_head;

  srn_vector #(
      .PortBytes (PortBytes),
      .VmemWords (VmemWords),
      .AmemBlocks(AmemBlocks)
  ) u_vector (
      .clk_i,
      .rst_ni        (core_rst_n),
      .cmd_valid_i   (vector_cmd_valid),
      .cmd_ready_o   (vector_cmd_ready),
      .cmd_i         (vector_cmd),
      .clear_i       (clear),
      .done_valid_o  (vector_done_valid),
      .done_slot_o   (vector_done_slot),
      .vmem_yield_i  (vmem_yield),
      .vmem_a_valid_o(a_valid),
      .vmem_a_addr_o (a_addr),
      .vmem_a_data_i (a_data),
      .vmem_b_valid_o(b_valid),
      .vmem_b_addr_o (b_addr),
      .vmem_b_data_i (b_data),
      .vmem_write_o  (vector_write),
      .vmem_addr_o   (vector_addr),
      .vmem_data_o   (vector_data),
      .vmem_strobe_o (vector_strobe),
      .vmem_slot_o   (vector_slot),
      .amem_write_o  (amem_write),
      .amem_addr_o   (amem_addr),
      .amem_data_o   (amem_data),
      .amem_slot_o   (amem_slot),
      .busy_o        (vector_busy),
      .wait_clear_o  (vector_wait_clear),
      .wait_port_o   (vector_wait_port),
      .slot_o        (vector_head),
      .start_o       (trace_vector_start_o),
      .finish_o      (trace_vector_finish_o)
  );

  // ------------------------------------------------------------------------------------------------ local memories
  // The third reader of VMEM is the dma unit's store and the sequencer's `read`, which goes first: it holds up dispatch.
  logic share_valid, share_ready;
  logic [WordAddrW-1:0] share_addr;
  assign share_valid = read_valid || store_valid;
  assign share_addr  = read_valid ? read_addr : store_addr[WordAddrW-1:0];
  assign read_ready  = share_ready;
  assign store_ready = share_ready && !read_valid;

  srn_vmem #(
      .PortBytes(PortBytes),
      .VmemWords(VmemWords)
  ) u_vmem (
      .clk_i,
      .rst_ni         (core_rst_n),
      .a_valid_i      (a_valid),
      .a_addr_i       (a_addr),
      .a_data_o       (a_data),
      .b_valid_i      (b_valid),
      .b_addr_i       (b_addr),
      .b_data_o       (b_data),
      .share_valid_i  (share_valid),
      .share_ready_o  (share_ready),
      .share_addr_i   (share_addr),
      .share_data_o   (share_data),
      .vector_write_i (vector_write),
      .vector_addr_i  (vector_addr),
      .vector_data_i  (vector_data),
      .vector_strobe_i(vector_strobe),
      .matrix_valid_i (result_valid),
      .matrix_ready_o (result_ready),
      .matrix_addr_i  (result_addr[WordAddrW-1:0]),
      .matrix_data_i  (result_data),
      .matrix_strobe_i(result_strobe),
      .dma_valid_i    (load_valid),
      .dma_ready_o    (load_ready),
      .dma_addr_i     (load_addr[WordAddrW-1:0]),
      .dma_data_i     (load_data),
      .dma_strobe_i   (load_strobe),
      .yield_o        (vmem_yield)
  );

  srn_amem #(
      .AmemBlocks(AmemBlocks)
  ) u_amem (
      .clk_i,
      .write_valid_i (amem_write),
      .write_addr_i  (amem_addr),
      .write_data_i  (amem_data),
      .dma_valid_i   (tile_valid),
      .dma_ready_o   (tile_ready),
      .dma_addr_i    (tile_addr[BlockAddrW-1:0]),
      .dma_data_o    (tile_data),
      .matrix_valid_i(operand_valid),
      .matrix_ready_o(operand_ready),
      .matrix_addr_i (operand_addr[BlockAddrW-1:0]),
      .matrix_data_o (operand_data)
  );

  // ------------------------------------------------------------------------------------------------ observation
  // The window has checked every address against the size of its memory.
  logic unused;
  assign unused = &{
    1'b0, store_addr[VmemW-1:WordAddrW], result_addr[VmemW-1:WordAddrW], load_addr[VmemW-1:WordAddrW],
    tile_addr[AmemW-1:BlockAddrW], operand_addr[AmemW-1:BlockAddrW], unused_trace_rd, unused_bus_error_client
  };

  // ------------------------------------------------------------------------------------------------ lost clocks
  logic [SlotW-1:0] dma_head;
  logic dma_wait, read_beat;
  logic cause_stream_first, cause_stream_unasked, cause_matrix_wait_vector, cause_matrix_wait_dma, cause_matrix_last;
  logic cause_idle_outside, cause_idle_drain, cause_idle_full, cause_idle_front;
  logic cause_vector_wait_matrix, cause_vector_wait_dma, cause_read_wait, cause_read_full;

  assign dma_head  = dma_cmd.slot;
  assign dma_wait  = dma_cmd_valid && !clear[dma_head];
  assign heads     = {dma_head, vector_head, matrix_slot};
  assign read_beat = rvalid_i && rready_o;

  srn_causes u_causes (
      .matrix_wait_i       (matrix_wait_clear),
      .matrix_on_i         (awaited[2:0]),
      .vector_wait_i       (vector_wait_clear),
      .vector_on_i         (awaited[5:3]),
      .dma_wait_i          (dma_wait),
      .dma_on_i            (awaited[8:6]),
      .matrix_empty_i      (matrix_wait_beat),
      .matrix_idle_i       (matrix_wait_command),
      .matrix_busy_i       (matrix_busy),
      .stream_asked_i      (stream_asked),
      .stream_first_i      (stream_first),
      .stream_full_i       (stream_full),
      .event_outside_i     (event_outside),
      .event_drain_i       (event_drain),
      .event_window_i      (event_window),
      .event_queue_i       (event_queue),
      .read_beat_i         (read_beat),
      .reading_i           (reading),
      .stream_first_o      (cause_stream_first),
      .stream_unasked_o    (cause_stream_unasked),
      .matrix_wait_vector_o(cause_matrix_wait_vector),
      .matrix_wait_dma_o   (cause_matrix_wait_dma),
      .matrix_last_o       (cause_matrix_last),
      .idle_outside_o      (cause_idle_outside),
      .idle_drain_o        (cause_idle_drain),
      .idle_full_o         (cause_idle_full),
      .idle_front_o        (cause_idle_front),
      .vector_wait_matrix_o(cause_vector_wait_matrix),
      .vector_wait_dma_o   (cause_vector_wait_dma),
      .read_wait_o         (cause_read_wait),
      .read_full_o         (cause_read_full)
  );

  assign events_o = {
    matrix_pass,
    cause_read_full,
    cause_read_wait,
    cause_vector_wait_dma,
    cause_vector_wait_matrix,
    vector_wait_port,
    cause_idle_front,
    cause_idle_full,
    cause_idle_drain,
    cause_idle_outside,
    cause_matrix_last,
    cause_matrix_wait_dma,
    cause_matrix_wait_vector,
    cause_stream_unasked,
    cause_stream_first,
    matrix_wait_drain,
    matrix_wait_operand,
    dma_busy,
    vector_wait_clear,
    vector_busy,
    matrix_wait_clear,
    matrix_busy,
    wvalid_o && wready_i,
    rvalid_i && rready_o,
    matrix_wait_beat,
    matrix_beat,
    event_drain,
    event_queue,
    event_window
  };

  assign trace_rst_no = core_rst_n;
  assign trace_running_o = running_o;
  assign trace_stall_o = {event_drain, event_queue, event_window};
  assign trace_stream_slot_o = stream_read_slot;
  assign trace_beat_o = matrix_beat;
  assign trace_matrix_start_slot_o = matrix_slot;
  assign trace_vector_start_slot_o = vector_head;
  assign trace_dma_start_o = dma_cmd_valid && dma_cmd_ready;
  assign trace_dma_start_slot_o = dma_head;
  assign trace_vector_o = vector_write;
  assign trace_vector_slot_o = vector_slot;
  assign trace_vector_addr_o = VmemW'(vector_addr);
  assign trace_vector_data_o = vector_data;
  assign trace_vector_strobe_o = vector_strobe;
  assign trace_matrix_o = result_valid && result_ready;
  assign trace_matrix_slot_o = result_slot;
  assign trace_matrix_addr_o = result_addr;
  assign trace_matrix_data_o = result_data;
  assign trace_matrix_strobe_o = result_strobe;
  assign trace_load_o = load_valid && load_ready;
  assign trace_load_slot_o = load_slot;
  assign trace_load_addr_o = load_addr;
  assign trace_load_data_o = load_data;
  assign trace_load_strobe_o = load_strobe;
  assign trace_amem_o = amem_write;
  assign trace_amem_slot_o = amem_slot;
  assign trace_amem_addr_o = AmemW'(amem_addr);
  assign trace_amem_data_o = amem_data;
  assign trace_matrix_done_o = matrix_done_valid;
  assign trace_matrix_done_slot_o = matrix_done_slot;
  assign trace_vector_done_o = vector_done_valid;
  assign trace_vector_done_slot_o = vector_done_slot;
  assign trace_dma_done_o = dma_done_valid;
  assign trace_dma_done_slot_o = dma_done_slot;

endmodule
