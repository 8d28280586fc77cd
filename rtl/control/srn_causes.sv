// Why the matrix unit took no beat of weights in this clock, and what else of the lost clocks is counted (docs/performance.md). Combinational;
// nothing in the design depends on it.
// A command that waits for older instructions may wait for a unit whose own command waits in turn: the cause is then the unit at the end of
// that chain, followed two steps. Units run their commands in order, so the command at a unit's head is what holds up those behind it.
module srn_causes (
    // units: what their next command waits for, three bits: matrix, vector, dma
    input logic       matrix_wait_i,    // the matrix unit's command has conflicts
    input logic [2:0] matrix_on_i,
    input logic       vector_wait_i,
    input logic [2:0] vector_on_i,
    input logic       dma_wait_i,
    input logic [2:0] dma_on_i,

    // matrix unit and weight stream
    input logic matrix_empty_i,   // waits for a beat
    input logic matrix_idle_i,    // no command
    input logic matrix_busy_i,    // results on their way
    input logic stream_asked_i,
    input logic stream_first_i,
    input logic stream_full_i,

    // dispatch
    input logic event_outside_i,
    input logic event_drain_i,
    input logic event_window_i,
    input logic event_queue_i,

    // port
    input logic read_beat_i,
    input logic reading_i,

    // events of that name (models/registers.py)
    output logic stream_first_o,
    output logic stream_unasked_o,
    output logic matrix_wait_vector_o,
    output logic matrix_wait_dma_o,
    output logic matrix_last_o,
    output logic idle_outside_o,
    output logic idle_drain_o,
    output logic idle_full_o,
    output logic idle_front_o,
    output logic vector_wait_matrix_o,
    output logic vector_wait_dma_o,
    output logic read_wait_o,
    output logic read_full_o
);
  localparam logic [2:0] Matrix = 3'b001;
  localparam logic [2:0] Vector = 3'b010;
  localparam logic [2:0] Dma = 3'b100;

  // ---------------------------------------------------------------- chains
  logic [2:0] behind_dma, behind_vector, behind_matrix;  // who is waited for by those that wait for the unit's head

  always_comb begin
    behind_dma = Dma;
    if (dma_wait_i && |(dma_on_i & Matrix)) behind_dma = Matrix;
    else if (dma_wait_i && |(dma_on_i & Vector)) behind_dma = Vector;

    behind_vector = Vector;
    if (vector_wait_i && |(vector_on_i & Matrix)) behind_vector = Matrix;
    else if (vector_wait_i && |(vector_on_i & Dma)) behind_vector = behind_dma;

    behind_matrix = behind_dma;
    if (|(matrix_on_i & Matrix)) behind_matrix = Matrix;
    else if (|(matrix_on_i & Vector)) behind_matrix = behind_vector;
  end

  assign matrix_wait_vector_o = matrix_wait_i && behind_matrix == Vector;
  assign matrix_wait_dma_o    = matrix_wait_i && behind_matrix == Dma;
  assign vector_wait_matrix_o = vector_wait_i && behind_vector == Matrix;
  assign vector_wait_dma_o    = vector_wait_i && behind_vector == Dma;

  // ---------------------------------------------------------------- weights
  assign stream_unasked_o = matrix_empty_i && !stream_asked_i;
  assign stream_first_o   = matrix_empty_i && stream_asked_i && stream_first_i;

  // ---------------------------------------------------------------- no command
  logic nothing, stalled;

  assign nothing        = matrix_idle_i && !matrix_busy_i;
  assign stalled        = event_window_i || event_queue_i;
  assign matrix_last_o  = matrix_idle_i && matrix_busy_i;
  assign idle_outside_o = nothing && event_outside_i;
  assign idle_drain_o   = nothing && !event_outside_i && event_drain_i;
  assign idle_full_o    = nothing && !event_outside_i && !event_drain_i && stalled;
  assign idle_front_o   = nothing && !event_outside_i && !event_drain_i && !stalled;

  // ---------------------------------------------------------------- port
  assign read_wait_o = reading_i && !read_beat_i;
  assign read_full_o = !reading_i && !read_beat_i && stream_full_i;
endmodule
