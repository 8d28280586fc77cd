// The chip with its memory and the retire monitor: what `make sim` simulates.
//
// Ports: the host's AXI4-Lite and interrupt; the memory's settings and back door (tb/dram.sv); retired instructions (tb/retire.sv).
// The memory's image comes by +image=FILE, or image.bin when load_i rises, and goes by +dump=FILE when dump_i is high.
module system
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
    parameter int MemoryBeats = 1048576,
    parameter int DramChannels = 2,     // that the memory may use (tb/dram.sv)
    parameter int BatchSize   = 64,
    parameter int HangLimit   = 8192,  // clocks without any movement after which a run has stalled; 0: never
    parameter int Events      = 0        // 1: list what happened inside, for coverage (tb/chip_events.sv)
) (
    output logic clk_o,  // made here: a clock from cocotb costs the simulation a quarter of its speed
    input  logic rst_ni,

    // AXI4-Lite
    input  logic        s_axil_awvalid_i,
    output logic        s_axil_awready_o,
    input  logic [11:0] s_axil_awaddr_i,
    input  logic [ 2:0] s_axil_awprot_i,
    input  logic        s_axil_wvalid_i,
    output logic        s_axil_wready_o,
    input  logic [31:0] s_axil_wdata_i,
    input  logic [ 3:0] s_axil_wstrb_i,
    output logic        s_axil_bvalid_o,
    input  logic        s_axil_bready_i,
    output logic [ 1:0] s_axil_bresp_o,
    input  logic        s_axil_arvalid_i,
    output logic        s_axil_arready_o,
    input  logic [11:0] s_axil_araddr_i,
    input  logic [ 2:0] s_axil_arprot_i,
    output logic        s_axil_rvalid_o,
    input  logic        s_axil_rready_i,
    output logic [31:0] s_axil_rdata_o,
    output logic [ 1:0] s_axil_rresp_o,

    output logic irq_o,

    // memory
    input  logic [           8:0] rate_i,
    input  logic [           9:0] latency_i,
    input  logic [           7:0] stall_i,        // chance in 256, each cycle, on each of the five channels
    input  logic [          31:0] seed_i,
    input  logic [          31:0] error_base_i,
    input  logic [          31:0] error_size_i,
    input  logic [          31:0] peek_addr_i,
    output logic [PortBytes*8-1:0] peek_data_o,
    input  logic                  load_i,
    input  logic                  dump_i,
    input  logic [          31:0] dump_beats_i,

    // retired instructions
    output logic [BatchSize*48-1:0] batch_o,
    output logic [            31:0] batch_count_o,
    output logic [            31:0] retired_o,
    output logic [BatchSize*48-1:0] pending_o,
    input  logic                    detail_i,
    input  logic [            31:0] detail_index_i,

    // watchdog (tb/watchdog.sv)
    input  logic                    report_i,
    output logic                    stalled_o,

    output logic wave_stop_o  // the window of the waves is over (tb/wave_lanes.sv)
);

  initial clk_o = 1'b0;
  always #5 clk_o = !clk_o;

  logic arvalid;
  logic arready;
  logic arid;
  logic [           39:0] araddr;
  logic [            7:0] arlen;
  logic [            2:0] arsize;
  logic [            1:0] arburst;
  logic rvalid;
  logic rready;
  logic rid;
  logic [PortBytes*8-1:0] rdata;
  logic [            1:0] rresp;
  logic rlast;
  logic awvalid;
  logic awready;
  logic awid;
  logic [           39:0] awaddr;
  logic [            7:0] awlen;
  logic [            2:0] awsize;
  logic [            1:0] awburst;
  logic wvalid;
  logic wready;
  logic [PortBytes*8-1:0] wdata;
  logic [  PortBytes-1:0] wstrb;
  logic wlast;
  logic bvalid;
  logic bready;
  logic bid;
  logic [            1:0] bresp;
  logic trace_rst_n;
  logic trace_dispatch;
  logic trace_command;
  logic [   SlotW-1:0] trace_dispatch_slot;
  logic [     PcW-1:0] trace_pc;
  logic [OperandW-1:0] trace_value;
  logic trace_running;
  logic [NumSlots-1:0] trace_conflicts;
  logic [2:0] trace_stall;
  logic trace_stream_start;
  logic trace_stream_finish;
  logic [SlotW-1:0] trace_stream_slot;
  logic trace_beat;
  logic trace_matrix_start;
  logic trace_matrix_finish;
  logic [SlotW-1:0] trace_matrix_start_slot;
  logic trace_vector_start;
  logic trace_vector_finish;
  logic [SlotW-1:0] trace_vector_start_slot;
  logic trace_dma_start;
  logic [SlotW-1:0] trace_dma_start_slot;
  logic trace_vector;
  logic [       SlotW-1:0] trace_vector_slot;
  logic [       VmemW-1:0] trace_vector_addr;
  logic [PortBytes*16-1:0] trace_vector_data;
  logic [ PortBytes/2-1:0] trace_vector_strobe;
  logic trace_matrix;
  logic [       SlotW-1:0] trace_matrix_slot;
  logic [       VmemW-1:0] trace_matrix_addr;
  logic [PortBytes*16-1:0] trace_matrix_data;
  logic [ PortBytes/2-1:0] trace_matrix_strobe;
  logic trace_load;
  logic [       SlotW-1:0] trace_load_slot;
  logic [       VmemW-1:0] trace_load_addr;
  logic [PortBytes*16-1:0] trace_load_data;
  logic [ PortBytes/2-1:0] trace_load_strobe;
  logic trace_amem;
  logic [       SlotW-1:0] trace_amem_slot;
  logic [       AmemW-1:0] trace_amem_addr;
  logic [           263:0] trace_amem_data;
  logic trace_dram;
  logic [       SlotW-1:0] trace_dram_slot;
  logic [       DramW-1:0] trace_dram_addr;
  logic [ PortBytes*8-1:0] trace_dram_data;
  logic [   PortBytes-1:0] trace_dram_strobe;
  logic trace_matrix_done;
  logic [SlotW-1:0] trace_matrix_done_slot;
  logic trace_vector_done;
  logic [SlotW-1:0] trace_vector_done_slot;
  logic trace_dma_done;
  logic [SlotW-1:0] trace_dma_done_slot;

  srn_chip #(
      .PortBytes  (PortBytes),
      .Rows       (Rows),
      .Passes     (Passes),
      .VmemWords  (VmemWords),
      .AmemBlocks (AmemBlocks),
      .ImemWords  (ImemWords),
      .StreamDepth(StreamDepth)
  ) u_chip (
      .clk_i(clk_o),
      .rst_ni,
      .s_axil_awvalid_i,
      .s_axil_awready_o,
      .s_axil_awaddr_i,
      .s_axil_awprot_i,
      .s_axil_wvalid_i,
      .s_axil_wready_o,
      .s_axil_wdata_i,
      .s_axil_wstrb_i,
      .s_axil_bvalid_o,
      .s_axil_bready_i,
      .s_axil_bresp_o,
      .s_axil_arvalid_i,
      .s_axil_arready_o,
      .s_axil_araddr_i,
      .s_axil_arprot_i,
      .s_axil_rvalid_o,
      .s_axil_rready_i,
      .s_axil_rdata_o,
      .s_axil_rresp_o,
      .irq_o,
      .arvalid_o(arvalid),
      .arready_i(arready),
      .arid_o(arid),
      .araddr_o(araddr),
      .arlen_o(arlen),
      .arsize_o(arsize),
      .arburst_o(arburst),
      .rvalid_i(rvalid),
      .rready_o(rready),
      .rid_i(rid),
      .rdata_i(rdata),
      .rresp_i(rresp),
      .rlast_i(rlast),
      .awvalid_o(awvalid),
      .awready_i(awready),
      .awid_o(awid),
      .awaddr_o(awaddr),
      .awlen_o(awlen),
      .awsize_o(awsize),
      .awburst_o(awburst),
      .wvalid_o(wvalid),
      .wready_i(wready),
      .wdata_o(wdata),
      .wstrb_o(wstrb),
      .wlast_o(wlast),
      .bvalid_i(bvalid),
      .bready_o(bready),
      .bid_i(bid),
      .bresp_i(bresp),
      .trace_rst_no(trace_rst_n),
      .trace_dispatch_o(trace_dispatch),
      .trace_command_o(trace_command),
      .trace_dispatch_slot_o(trace_dispatch_slot),
      .trace_pc_o(trace_pc),
      .trace_value_o(trace_value),
      .trace_running_o(trace_running),
      .trace_conflicts_o(trace_conflicts),
      .trace_stall_o(trace_stall),
      .trace_stream_start_o(trace_stream_start),
      .trace_stream_finish_o(trace_stream_finish),
      .trace_stream_slot_o(trace_stream_slot),
      .trace_beat_o(trace_beat),
      .trace_matrix_start_o(trace_matrix_start),
      .trace_matrix_finish_o(trace_matrix_finish),
      .trace_matrix_start_slot_o(trace_matrix_start_slot),
      .trace_vector_start_o(trace_vector_start),
      .trace_vector_finish_o(trace_vector_finish),
      .trace_vector_start_slot_o(trace_vector_start_slot),
      .trace_dma_start_o(trace_dma_start),
      .trace_dma_start_slot_o(trace_dma_start_slot),
      .trace_vector_o(trace_vector),
      .trace_vector_slot_o(trace_vector_slot),
      .trace_vector_addr_o(trace_vector_addr),
      .trace_vector_data_o(trace_vector_data),
      .trace_vector_strobe_o(trace_vector_strobe),
      .trace_matrix_o(trace_matrix),
      .trace_matrix_slot_o(trace_matrix_slot),
      .trace_matrix_addr_o(trace_matrix_addr),
      .trace_matrix_data_o(trace_matrix_data),
      .trace_matrix_strobe_o(trace_matrix_strobe),
      .trace_load_o(trace_load),
      .trace_load_slot_o(trace_load_slot),
      .trace_load_addr_o(trace_load_addr),
      .trace_load_data_o(trace_load_data),
      .trace_load_strobe_o(trace_load_strobe),
      .trace_amem_o(trace_amem),
      .trace_amem_slot_o(trace_amem_slot),
      .trace_amem_addr_o(trace_amem_addr),
      .trace_amem_data_o(trace_amem_data),
      .trace_dram_o(trace_dram),
      .trace_dram_slot_o(trace_dram_slot),
      .trace_dram_addr_o(trace_dram_addr),
      .trace_dram_data_o(trace_dram_data),
      .trace_dram_strobe_o(trace_dram_strobe),
      .trace_matrix_done_o(trace_matrix_done),
      .trace_matrix_done_slot_o(trace_matrix_done_slot),
      .trace_vector_done_o(trace_vector_done),
      .trace_vector_done_slot_o(trace_vector_done_slot),
      .trace_dma_done_o(trace_dma_done),
      .trace_dma_done_slot_o(trace_dma_done_slot)
  );

  // no X on the chip's outputs that are no ports of this top
  known #(
      .Width(24)
  ) u_known_controls (
      .clk_i(clk_o),
      .rst_ni,
      .when_i(1'b1),
      .value_i({arvalid, rready, awvalid, wvalid, bready, trace_rst_n, trace_dispatch, trace_running,
               trace_stream_start, trace_stream_finish, trace_beat, trace_matrix_start, trace_matrix_finish, trace_vector_start,
               trace_vector_finish, trace_dma_start, trace_vector, trace_matrix, trace_load, trace_amem, trace_dram, trace_matrix_done, trace_vector_done, trace_dma_done})
  );
  known #(
      .Width(1 + 40 + 8 + 3 + 2)
  ) u_known_ar (
      .clk_i(clk_o),
      .rst_ni,
      .when_i(arvalid),
      .value_i({arid, araddr, arlen, arsize, arburst})
  );
  known #(
      .Width(1 + 40 + 8 + 3 + 2)
  ) u_known_aw (
      .clk_i(clk_o),
      .rst_ni,
      .when_i(awvalid),
      .value_i({awid, awaddr, awlen, awsize, awburst})
  );
  known #(
      .Width(PortBytes + 1)
  ) u_known_w (
      .clk_i(clk_o),
      .rst_ni,
      .when_i(wvalid),
      .value_i({wstrb, wlast})
  );
  for (genvar i = 0; i < PortBytes; i++) begin : gen_known_w
    known #(
        .Width(8)
    ) u_known_lane (
        .clk_i(clk_o),
        .rst_ni,
        .when_i(wvalid && wstrb[i]),
        .value_i(wdata[8*i+:8])
    );
  end
  known #(
      .Width(1 + SlotW + PcW + OperandW + NumSlots)
  ) u_known_dispatch (
      .clk_i(clk_o),
      .rst_ni,
      .when_i(trace_dispatch),
      .value_i({trace_command, trace_dispatch_slot, trace_pc, trace_value, trace_conflicts})
  );
  known #(
      .Width(SlotW + VmemW + PortBytes / 2)
  ) u_known_vector (
      .clk_i(clk_o),
      .rst_ni,
      .when_i(trace_vector),
      .value_i({trace_vector_slot, trace_vector_addr, trace_vector_strobe})
  );
  for (genvar i = 0; i < PortBytes / 2; i++) begin : gen_known_vector
    known #(
        .Width(32)
    ) u_known_lane (
        .clk_i(clk_o),
        .rst_ni,
        .when_i(trace_vector && trace_vector_strobe[i]),
        .value_i(trace_vector_data[32*i+:32])
    );
  end
  known #(
      .Width(SlotW + VmemW + PortBytes / 2)
  ) u_known_matrix (
      .clk_i(clk_o),
      .rst_ni,
      .when_i(trace_matrix),
      .value_i({trace_matrix_slot, trace_matrix_addr, trace_matrix_strobe})
  );
  for (genvar i = 0; i < PortBytes / 2; i++) begin : gen_known_matrix
    known #(
        .Width(32)
    ) u_known_lane (
        .clk_i(clk_o),
        .rst_ni,
        .when_i(trace_matrix && trace_matrix_strobe[i]),
        .value_i(trace_matrix_data[32*i+:32])
    );
  end
  known #(
      .Width(SlotW + VmemW + PortBytes / 2)
  ) u_known_load (
      .clk_i(clk_o),
      .rst_ni,
      .when_i(trace_load),
      .value_i({trace_load_slot, trace_load_addr, trace_load_strobe})
  );
  for (genvar i = 0; i < PortBytes / 2; i++) begin : gen_known_load
    known #(
        .Width(32)
    ) u_known_lane (
        .clk_i(clk_o),
        .rst_ni,
        .when_i(trace_load && trace_load_strobe[i]),
        .value_i(trace_load_data[32*i+:32])
    );
  end
  known #(
      .Width(SlotW + AmemW + 264)
  ) u_known_amem (
      .clk_i(clk_o),
      .rst_ni,
      .when_i(trace_amem),
      .value_i({trace_amem_slot, trace_amem_addr, trace_amem_data})
  );
  known #(
      .Width(SlotW + DramW + PortBytes)
  ) u_known_dram (
      .clk_i(clk_o),
      .rst_ni,
      .when_i(trace_dram),
      .value_i({trace_dram_slot, trace_dram_addr, trace_dram_strobe})
  );
  for (genvar i = 0; i < PortBytes; i++) begin : gen_known_dram
    known #(
        .Width(8)
    ) u_known_lane (
        .clk_i(clk_o),
        .rst_ni,
        .when_i(trace_dram && trace_dram_strobe[i]),
        .value_i(trace_dram_data[8*i+:8])
    );
  end
  known #(
      .Width(SlotW)
  ) u_known_matrix_done (
      .clk_i(clk_o),
      .rst_ni,
      .when_i(trace_matrix_done),
      .value_i(trace_matrix_done_slot)
  );
  known #(
      .Width(SlotW)
  ) u_known_vector_done (
      .clk_i(clk_o),
      .rst_ni,
      .when_i(trace_vector_done),
      .value_i(trace_vector_done_slot)
  );
  known #(
      .Width(SlotW)
  ) u_known_dma_done (
      .clk_i(clk_o),
      .rst_ni,
      .when_i(trace_dma_done),
      .value_i(trace_dma_done_slot)
  );

  logic unused_watch, unused_idle;
  logic [31:0] unused_reads, unused_writes;

  dram #(
      .DataBytes  (PortBytes),
      .IdW        (1),
      .Beats      (MemoryBeats),
      .NumChannels(DramChannels)
  ) u_dram (
      .clk_i(clk_o),
      .rst_ni,
      .arvalid_i(arvalid),
      .arready_o(arready),
      .arid_i(arid),
      .araddr_i(araddr),
      .arlen_i(arlen),
      .arsize_i(arsize),
      .arburst_i(arburst),
      .rvalid_o(rvalid),
      .rready_i(rready),
      .rid_o(rid),
      .rdata_o(rdata),
      .rresp_o(rresp),
      .rlast_o(rlast),
      .awvalid_i(awvalid),
      .awready_o(awready),
      .awid_i(awid),
      .awaddr_i(awaddr),
      .awlen_i(awlen),
      .awsize_i(awsize),
      .awburst_i(awburst),
      .wvalid_i(wvalid),
      .wready_o(wready),
      .wdata_i(wdata),
      .wstrb_i(wstrb),
      .wlast_i(wlast),
      .bvalid_o(bvalid),
      .bready_i(bready),
      .bid_o(bid),
      .bresp_o(bresp),
      .rate_i,
      .latency_i,
      .interleave_i(1'b0),
      .stall_ar_i(stall_i),
      .stall_r_i(stall_i),
      .stall_aw_i(stall_i),
      .stall_w_i(stall_i),
      .stall_b_i(stall_i),
      .seed_i,
      .error_base_i,
      .error_size_i,
      .peek_addr_i,
      .peek_data_o,
      .poke_i(1'b0),
      .poke_addr_i('0),
      .poke_data_i('0),
      .load_i,
      .dump_i,
      .dump_base_i('0),
      .dump_beats_i,
      .watch_base_i('0),
      .watch_size_i('0),
      .watch_o(unused_watch),
      .read_beats_o(unused_reads),
      .write_beats_o(unused_writes),
      .idle_o(unused_idle)
  );

  retire #(
      .PortBytes(PortBytes),
      .BatchSize(BatchSize)
  ) u_retire (
      .clk_i(clk_o),
      .rst_ni              (rst_ni && trace_rst_n),
      .running_i           (trace_running),
      .dispatch_valid_i    (trace_dispatch),
      .dispatch_command_i  (trace_command),
      .dispatch_slot_i     (trace_dispatch_slot),
      .dispatch_pc_i       (trace_pc),
      .dispatch_value_i    (trace_value),
      .vector_write_i(trace_vector),
      .vector_slot_i(trace_vector_slot),
      .vector_addr_i(trace_vector_addr),
      .vector_data_i(trace_vector_data),
      .vector_strobe_i(trace_vector_strobe),
      .matrix_write_i(trace_matrix),
      .matrix_slot_i(trace_matrix_slot),
      .matrix_addr_i(trace_matrix_addr),
      .matrix_data_i(trace_matrix_data),
      .matrix_strobe_i(trace_matrix_strobe),
      .load_write_i(trace_load),
      .load_slot_i(trace_load_slot),
      .load_addr_i(trace_load_addr),
      .load_data_i(trace_load_data),
      .load_strobe_i(trace_load_strobe),
      .amem_write_i(trace_amem),
      .amem_slot_i(trace_amem_slot),
      .amem_addr_i(trace_amem_addr),
      .amem_data_i(trace_amem_data),
      .dram_write_i(trace_dram),
      .dram_slot_i(trace_dram_slot),
      .dram_addr_i(trace_dram_addr),
      .dram_data_i(trace_dram_data),
      .dram_strobe_i(trace_dram_strobe),
      .matrix_done_i(trace_matrix_done),
      .matrix_done_slot_i(trace_matrix_done_slot),
      .vector_done_i(trace_vector_done),
      .vector_done_slot_i(trace_vector_done_slot),
      .dma_done_i(trace_dma_done),
      .dma_done_slot_i(trace_dma_done_slot),
      .detail_i,
      .detail_index_i,
      .batch_o,
      .batch_count_o,
      .retired_o,
      .pending_o
  );

  watchdog u_watchdog (
      .clk_i(clk_o),
      .rst_ni,
      .report_i,
      .limit_i(HangLimit),
      .stalled_o
  );

  timeline u_timeline (
      .clk_i(clk_o),
      .rst_ni              (rst_ni && trace_rst_n),
      .running_i           (trace_running),
      .detail_i,
      .report_i,
      .dispatch_valid_i    (trace_dispatch),
      .dispatch_command_i  (trace_command),
      .dispatch_slot_i     (trace_dispatch_slot),
      .dispatch_pc_i       (trace_pc),
      .dispatch_value_i    (trace_value),
      .dispatch_conflicts_i(trace_conflicts),
      .dispatch_stall_i    (trace_stall),
      .stream_start_i      (trace_stream_start),
      .stream_finish_i     (trace_stream_finish),
      .stream_slot_i       (trace_stream_slot),
      .matrix_start_i      (trace_matrix_start),
      .matrix_finish_i     (trace_matrix_finish),
      .matrix_start_slot_i (trace_matrix_start_slot),
      .vector_start_i      (trace_vector_start),
      .vector_finish_i     (trace_vector_finish),
      .vector_start_slot_i (trace_vector_start_slot),
      .dma_start_i         (trace_dma_start),
      .dma_start_slot_i    (trace_dma_start_slot),
      .load_write_i        (trace_load),
      .load_slot_i         (trace_load_slot),
      .dram_write_i        (trace_dram),
      .dram_slot_i         (trace_dram_slot),
      .beat_i              (trace_beat),
      .read_beat_i         (rvalid && rready),
      .write_beat_i        (wvalid && wready),
      .matrix_done_i       (trace_matrix_done),
      .matrix_done_slot_i  (trace_matrix_done_slot),
      .vector_done_i       (trace_vector_done),
      .vector_done_slot_i  (trace_vector_done_slot),
      .dma_done_i          (trace_dma_done),
      .dma_done_slot_i     (trace_dma_done_slot)
  );

  wave_lanes #(
      .PortBytes(PortBytes),
      .ImemWords(ImemWords)
  ) u_lanes (
      .clk_i(clk_o),
      .rst_ni              (rst_ni && trace_rst_n),
      .dispatch_valid_i    (trace_dispatch),
      .dispatch_command_i  (trace_command),
      .dispatch_slot_i     (trace_dispatch_slot),
      .dispatch_pc_i       (trace_pc),
      .dispatch_stall_i    (trace_stall),
      .retired_i           (retired_o),
      .stream_start_i      (trace_stream_start),
      .stream_finish_i     (trace_stream_finish),
      .stream_slot_i       (trace_stream_slot),
      .matrix_start_i      (trace_matrix_start),
      .matrix_finish_i     (trace_matrix_finish),
      .matrix_start_slot_i (trace_matrix_start_slot),
      .vector_start_i      (trace_vector_start),
      .vector_finish_i     (trace_vector_finish),
      .vector_start_slot_i (trace_vector_start_slot),
      .dma_start_i         (trace_dma_start),
      .dma_start_slot_i    (trace_dma_start_slot),
      .matrix_done_i       (trace_matrix_done),
      .matrix_done_slot_i  (trace_matrix_done_slot),
      .vector_done_i       (trace_vector_done),
      .vector_done_slot_i  (trace_vector_done_slot),
      .dma_done_i          (trace_dma_done),
      .dma_done_slot_i     (trace_dma_done_slot),
      .vector_write_i      (trace_vector),
      .vector_slot_i       (trace_vector_slot),
      .vector_data_i       (trace_vector_data),
      .matrix_write_i      (trace_matrix),
      .matrix_slot_i       (trace_matrix_slot),
      .matrix_data_i       (trace_matrix_data),
      .load_write_i        (trace_load),
      .load_slot_i         (trace_load_slot),
      .load_data_i         (trace_load_data),
      .amem_write_i        (trace_amem),
      .amem_slot_i         (trace_amem_slot),
      .amem_data_i         (trace_amem_data),
      .arvalid_i          (arvalid),
      .arready_i          (arready),
      .arid_i             (arid),
      .araddr_i           (araddr),
      .arlen_i            (arlen),
      .rvalid_i           (rvalid),
      .rready_i           (rready),
      .rid_i              (rid),
      .rdata_i            (rdata),
      .rresp_i            (rresp),
      .rlast_i            (rlast),
      .awvalid_i          (awvalid),
      .awready_i          (awready),
      .awaddr_i           (awaddr),
      .awlen_i            (awlen),
      .wvalid_i           (wvalid),
      .wready_i           (wready),
      .wlast_i            (wlast),
      .bvalid_i           (bvalid),
      .bready_i           (bready),
      .bresp_i            (bresp),
      .stop_o              (wave_stop_o)
  );
  if (Events != 0) begin : gen_events
    chip_events u_events (
        .clk_i (clk_o),
        .rst_ni(rst_ni && trace_rst_n)
    );
  end

endmodule
