// Start, end, halt and clear of a slice, and what the host gets to know of them.
// start_i checks the program's length, asks for the program load, waits for it and lets the sequencer run. While running:
// end_i finishes; a fault at dispatch halts once nothing is in flight; a bus error stops dispatch at once and halts
// when the memory port is idle, and wins over a fault, for it is older. A halt holds cause, program counter and address until
// clear_i, which resets units and sequencer (core_rst_no, ResetCycles) and may also abort a run or come when idle.
// A start during that reset is kept. stop_o asks the memory port to accept no more bursts.
module srn_run
  import srn_isa_pkg::*;
  import srn_control_pkg::*;
#(
    parameter int ImemWords = 512
) (
    input logic clk_i,
    input logic rst_ni,

    // host
    input  logic                start_i,           // when neither running nor halted
    input  logic                clear_i,
    input  logic [OperandW-1:0] program_length_i,
    output logic                running_o,
    output logic                done_o,            // pulse
    output logic                halted_o,
    output logic [         3:0] cause_o,
    output logic [     PcW-1:0] halt_pc_o,
    output logic [OperandW-1:0] fault_address_o,

    // sequencer
    output logic                begin_o,        // pulse: registers take the arguments
    output logic                load_valid_o,   // program load to the dma queue
    input  logic                load_ready_i,
    output logic                run_o,          // instructions are dispatched
    input  logic                empty_i,        // nothing in flight
    input  logic                end_i,          // `end` is dispatched
    input  logic                fault_valid_i,  // the instruction to dispatch is refused
    input  logic [         3:0] fault_cause_i,
    input  logic [     PcW-1:0] fault_pc_i,
    input  logic [OperandW-1:0] fault_address_i,
    input  logic                drained_i,      // no access of the sequencer's own is under way

    // memory port
    input  logic                bus_error_valid_i,
    input  logic [     PcW-1:0] bus_error_pc_i,
    input  logic [OperandW-1:0] bus_error_addr_i,
    input  logic                port_idle_i,
    output logic                stop_o,

    output logic core_rst_no
);
  localparam int ResetCycles = 4;

  typedef enum logic [2:0] {
    Idle    = 3'd0,
    Load    = 3'd1,  // the program load waits for the queue
    Loading = 3'd2,
    Run     = 3'd3,
    Stop    = 3'd4,  // waits for the memory port
    Halted  = 3'd5,
    Reset   = 3'd6
  } state_e;

  logic [2:0] state_d, state_q;
  logic start, active, length_bad, bus_error, fault, abort_q, start_kept_q, stopped_q;
  logic [2:0] reset_count_q;

  assign active     = state_q == Load || state_q == Loading || state_q == Run;
  assign start      = state_q == Idle && (start_i || start_kept_q) && !clear_i;
  assign length_bad = program_length_i == '0 || program_length_i > OperandW'(ImemWords);
  assign bus_error  = active && bus_error_valid_i;
  assign fault      = state_q == Run && fault_valid_i && empty_i;

  always_comb begin
    state_d = state_q;
    case (state_q)
      Idle: if (start) state_d = length_bad ? Halted : Load;
      Load: if (load_ready_i) state_d = Loading;
      Loading: if (empty_i) state_d = Run;
      Run: if (fault) state_d = Halted;
           else if (end_i) state_d = Idle;
      Stop: if (port_idle_i && drained_i && stopped_q) state_d = abort_q ? Reset : Halted;
      Reset: if (reset_count_q == 3'(ResetCycles - 1)) state_d = Idle;
      default: state_d = state_q;
    endcase
    if (bus_error) state_d = Stop;
    if (clear_i) begin
      if (active) state_d = Stop;
      else if (state_q == Idle || state_q == Halted) state_d = Reset;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) state_q <= Reset;
    else state_q <= state_d;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      reset_count_q <= '0;
      stopped_q     <= 1'b0;
      abort_q       <= 1'b0;
      start_kept_q  <= 1'b0;
    end else begin
      reset_count_q <= state_q == Reset ? reset_count_q + 1'b1 : '0;
      stopped_q     <= state_q == Stop;
      if (clear_i) abort_q <= active || state_q == Stop;
      else if (bus_error) abort_q <= 1'b0;
      start_kept_q <= (start_kept_q || start_i) && state_q == Reset && !clear_i;
    end
  end

  // ---------------------------------------------------------------- cause
  logic [3:0] cause_q;
  logic [PcW-1:0] halt_pc_q;
  logic [OperandW-1:0] fault_address_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || state_q == Reset || start) begin
      cause_q         <= start && length_bad ? CauseProgram : CauseNone;
      halt_pc_q       <= '0;
      fault_address_q <= start && length_bad ? program_length_i : '0;
    end else if (bus_error) begin
      cause_q         <= CauseBus;
      halt_pc_q       <= bus_error_pc_i;
      fault_address_q <= bus_error_addr_i;
    end else if (fault) begin
      cause_q         <= fault_cause_i;
      halt_pc_q       <= fault_pc_i;
      fault_address_q <= fault_address_i;
    end
  end

  // ---------------------------------------------------------------- outputs
  assign running_o       = active || state_q == Stop || start_kept_q;
  assign done_o          = state_q == Run && state_d == Idle;
  assign halted_o        = state_q == Halted;
  assign cause_o         = cause_q;
  assign halt_pc_o       = halt_pc_q;
  assign fault_address_o = fault_address_q;
  assign begin_o         = start;
  assign load_valid_o    = state_q == Load;
  assign run_o           = state_q == Run;
  assign stop_o          = state_q == Stop || state_q == Halted || state_q == Reset;
  assign core_rst_no     = rst_ni && state_q != Reset;

  // ---------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(end_i && fault_valid_i))
      else $fatal(1, "%m: one instruction both ends and is refused");
      assert (!end_i || (run_o && empty_i))
      else $fatal(1, "%m: the program ends with work in flight");
    end
  end
endmodule
