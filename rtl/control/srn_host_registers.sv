// The host's registers on AXI4-Lite: doorbell, status, arguments, counters, interrupt (offsets and bits: models/registers.py).
// Reads and writes each take one transfer at a time and two cycles, the answer in the cycle after the address and the data.
// SLVERR: an address without a register, a write to one that is read-only; neither has any effect. Strobes are obeyed.
// A start while running or halted is refused (STATUS.refused). Counters count while running_i and begin at zero with a start;
// the low word of the first, cycles, holds them all for the reads that follow (srn_counters).
module srn_host_registers #(
    parameter int PortBytes   = 16,
    parameter int Rows        = 8,
    parameter int Passes      = 2,
    parameter int VmemWords   = 16384,
    parameter int AmemBlocks  = 4096,
    parameter int ImemWords   = 512,
    parameter int StreamDepth = 512,
    parameter int NumSlices   = 1,
    parameter int NumEvents   = 29     // up to 64; names in models/registers.py
) (
    input logic clk_i,
    input logic rst_ni,

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

    // sequencer
    output logic         start_o,            // pulse
    output logic         clear_o,            // pulse
    output logic [ 31:0] program_address_o,
    output logic [ 31:0] program_length_o,
    output logic [255:0] arguments_o,        // r1 lowest
    input  logic         running_i,
    input  logic         done_i,             // pulse
    input  logic [ 31:0] result_i,           // with done
    input  logic         progress_i,         // pulse
    input  logic [ 31:0] progress_value_i,   // with progress
    input  logic         halted_i,
    input  logic [  3:0] cause_i,
    input  logic [ 15:0] halt_pc_i,
    input  logic [ 31:0] fault_address_i,

    // counted
    input logic                 instruction_i,  // one is dispatched
    input logic [NumEvents-1:0] events_i,

    output logic irq_o
);
  localparam logic [31:0] IdValue = 32'h4f4e_5253;  // "SRNO"
  localparam logic [31:0] VersionValue = 32'd1;
  localparam logic [1:0] Okay = 2'b00;
  localparam logic [1:0] SlaveError = 2'b10;

  // Offsets
  localparam logic [11:0] Id = 12'h000;
  localparam logic [11:0] Version = 12'h004;
  localparam logic [11:0] Slices = 12'h008;
  localparam logic [11:0] PortBytesReg = 12'h00c;
  localparam logic [11:0] RowsReg = 12'h010;
  localparam logic [11:0] Lanes = 12'h014;
  localparam logic [11:0] VmemWordsReg = 12'h018;
  localparam logic [11:0] AmemBlocksReg = 12'h01c;
  localparam logic [11:0] ImemWordsReg = 12'h020;
  localparam logic [11:0] StreamDepthReg = 12'h024;
  localparam logic [11:0] NumEventsReg = 12'h028;
  localparam logic [11:0] PassesReg = 12'h02c;
  localparam logic [11:0] Control = 12'h040;
  localparam logic [11:0] Status = 12'h044;
  localparam logic [11:0] Cause = 12'h048;
  localparam logic [11:0] Pc = 12'h04c;
  localparam logic [11:0] FaultAddress = 12'h050;
  localparam logic [11:0] ProgramAddress = 12'h054;
  localparam logic [11:0] ProgramLength = 12'h058;
  localparam logic [11:0] Arg = 12'h060;  // eight
  localparam logic [11:0] Result = 12'h080;
  localparam logic [11:0] Progress = 12'h084;
  localparam logic [11:0] Cycles = 12'h100;  // counters from here on

  // Bits
  localparam int ControlStart = 0;
  localparam int ControlClear = 1;
  localparam int StatusRefused = 3;
  localparam int FirstIrq = 8;  // done, halt, progress, in CONTROL and STATUS
  localparam int NumIrqs = 3;

  initial if (NumEvents < 1 || NumEvents > 64) $fatal(1, "%m: NumEvents must be from 1 to 64");

  // ---------------------------------------------------------------- write channel
  logic write, write_known, bvalid_q, bad_write_q;
  logic [11:0] write_addr;
  logic [31:0] write_mask, write_data;
  logic to_control, to_status, to_address, to_length, to_argument;

  assign write            = s_axil_awvalid_i && s_axil_wvalid_i && !bvalid_q;
  assign s_axil_awready_o = write;
  assign s_axil_wready_o  = write;
  assign write_addr       = {s_axil_awaddr_i[11:2], 2'b00};
  assign write_mask       = {{8{s_axil_wstrb_i[3]}}, {8{s_axil_wstrb_i[2]}}, {8{s_axil_wstrb_i[1]}}, {8{s_axil_wstrb_i[0]}}};
  assign write_data       = s_axil_wdata_i & write_mask;

  assign to_control  = write && write_addr == Control;
  assign to_status   = write && write_addr == Status;
  assign to_address  = write && write_addr == ProgramAddress;
  assign to_length   = write && write_addr == ProgramLength;
  assign to_argument = write && write_addr[11:5] == Arg[11:5];
  assign write_known = to_control || to_status || to_address || to_length || to_argument;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) bvalid_q <= 1'b0;
    else if (write) bvalid_q <= 1'b1;
    else if (s_axil_bready_i) bvalid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (write) bad_write_q <= !write_known;
  end

  assign s_axil_bvalid_o = bvalid_q;
  assign s_axil_bresp_o  = bad_write_q ? SlaveError : Okay;

  // ---------------------------------------------------------------- program and arguments
  logic [31:0] address_q, length_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      address_q <= '0;
      length_q  <= '0;
    end else begin
      if (to_address) address_q <= (address_q & ~write_mask) | write_data;
      if (to_length) length_q <= (length_q & ~write_mask) | write_data;
    end
  end

  for (genvar i = 0; i < 8; i++) begin : gen_argument
    logic [31:0] argument_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) argument_q <= '0;
      else if (to_argument && write_addr[4:2] == 3'(i)) argument_q <= (argument_q & ~write_mask) | write_data;
    end
    assign arguments_o[i*32+:32] = argument_q;
  end

  assign program_address_o = address_q;
  assign program_length_o  = length_q;

  // ---------------------------------------------------------------- control and status
  logic start, refuse, start_q, clear_q, done_q, halted_q, refused_q;
  logic [NumIrqs-1:0] enable_q, pending_q, raised;
  logic [31:0] result_q, progress_q;

  assign start   = to_control && write_data[ControlStart] && !write_data[ControlClear] && !running_i && !halted_i;
  assign refuse  = to_control && write_data[ControlStart] && !start;
  assign raised  = {progress_i, halted_i && !halted_q, done_i};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      start_q    <= 1'b0;
      clear_q    <= 1'b0;
      done_q     <= 1'b0;
      halted_q   <= 1'b0;
      refused_q  <= 1'b0;
      enable_q   <= '0;
      pending_q  <= '0;
      result_q   <= '0;
      progress_q <= '0;
    end else begin
      start_q   <= start;
      clear_q   <= to_control && write_data[ControlClear];
      done_q    <= (done_q || done_i) && !start && !clear_q;
      halted_q  <= halted_i;
      refused_q <= refuse || (refused_q && !(to_status && write_data[StatusRefused]));
      if (to_control) begin
        enable_q <= (enable_q & ~write_mask[FirstIrq+:NumIrqs]) | write_data[FirstIrq+:NumIrqs];
      end
      pending_q <= raised | (to_status ? pending_q & ~write_data[FirstIrq+:NumIrqs] : pending_q);
      if (done_i) result_q <= result_i;
      if (progress_i) progress_q <= progress_value_i;
    end
  end

  assign start_o = start_q;
  assign clear_o = clear_q;
  assign irq_o   = (pending_q & enable_q) != '0;

  // ---------------------------------------------------------------- read channel
  logic read, rvalid_q, read_known, reads_counter;
  logic [11:0] read_addr;
  logic [31:0] read_data, rdata_q;
  logic [1:0] rresp_q;
  logic [255:0] arguments;

  assign read             = s_axil_arvalid_i && !rvalid_q;
  assign s_axil_arready_o = read;
  assign read_addr        = {s_axil_araddr_i[11:2], 2'b00};
  assign reads_counter    = read_addr >= Cycles && read_addr < Cycles + 12'(8 * NumCounters);
  assign arguments        = arguments_o;

  // ---------------------------------------------------------------- counters
  localparam int NumCounters = 2 + NumEvents;
  localparam int CounterW = $clog2(NumCounters);

  logic [NumCounters-1:0] count;
  logic [CounterW-1:0] counter_idx;
  logic reads_low;
  logic [31:0] low, high;

  assign count       = running_i ? {events_i, instruction_i, 1'b1} : '0;
  assign counter_idx = CounterW'(read_addr[11:3] - Cycles[11:3]);
  assign reads_low   = read && reads_counter && !read_addr[2];

  srn_counters #(
      .NumCounters(NumCounters)
  ) u_counters (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .clear_i(start),
      .count_i(count),
      .read_i (reads_low),
      .idx_i  (counter_idx),
      .low_o  (low),
      .high_o (high)
  );

  // ---------------------------------------------------------------- answers
  logic [31:0] argument, status, control;

  assign argument = arguments[read_addr[4:2]*32+:32];
  assign status   = 32'({pending_q, 4'b0, refused_q, halted_i, done_q, running_i});
  assign control  = 32'(enable_q) << FirstIrq;

  always_comb begin
    read_known = 1'b1;
    read_data  = '0;
    case (read_addr)
      Id: read_data = IdValue;
      Version: read_data = VersionValue;
      Slices: read_data = 32'(NumSlices);
      PortBytesReg: read_data = 32'(PortBytes);
      RowsReg: read_data = 32'(Rows);
      Lanes: read_data = 32'(PortBytes / 2);
      VmemWordsReg: read_data = 32'(VmemWords);
      AmemBlocksReg: read_data = 32'(AmemBlocks);
      ImemWordsReg: read_data = 32'(ImemWords);
      StreamDepthReg: read_data = 32'(StreamDepth);
      NumEventsReg: read_data = 32'(NumEvents);
      PassesReg: read_data = 32'(Passes);
      Control: read_data = control;
      Status: read_data = status;
      Cause: read_data = 32'(cause_i);
      Pc: read_data = 32'(halt_pc_i);
      FaultAddress: read_data = fault_address_i;
      ProgramAddress: read_data = address_q;
      ProgramLength: read_data = length_q;
      Result: read_data = result_q;
      Progress: read_data = progress_q;
      default: read_known = 1'b0;
    endcase
  end

  logic reads_argument;

  assign reads_argument = read_addr[11:5] == Arg[11:5];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) rvalid_q <= 1'b0;
    else if (read) rvalid_q <= 1'b1;
    else if (s_axil_rready_i) rvalid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (read) begin
      rdata_q <= reads_counter ? (read_addr[2] ? high : low) : reads_argument ? argument : read_data;
      rresp_q <= (read_known || reads_counter || reads_argument) ? Okay : SlaveError;
    end
  end

  assign s_axil_rvalid_o = rvalid_q;
  assign s_axil_rdata_o  = rdata_q;
  assign s_axil_rresp_o  = rresp_q;

  // ---------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(running_i && halted_i))
      else $fatal(1, "%m: running and halted at once");
    end
  end

  logic unused;
  assign unused = ^{s_axil_awprot_i, s_axil_arprot_i, s_axil_awaddr_i[1:0], s_axil_araddr_i[1:0]};
endmodule
