// Records between the parts of the matrix unit, and the stages of its pipeline.
package srn_matrix_pkg;

  import srn_pkg::*;
  import srn_isa_pkg::*;

  // Clocks after the acceptance of a beat. The pipeline behind the acceptance never stalls.
  localparam int StageDot = 1;  // multiply, and add up even and odd lanes
  localparam int StageCombine = StageDot + 1;  // one integer an output
  localparam int StageScale = StageCombine + 1;  // to binary32
  localparam int StageAdd = StageScale + LatScale;
  localparam int StageWrite = StageAdd + LatFpAdd;  // the accumulator is written

  localparam int PartW = 16;  // 16 products of a 5-bit weight and an 8-bit activation
  // A weight (5 bits) or an activation (8 bits) at the multipliers, sign-extended: 8 is enough, and what synthesis makes of
  // any width; machine words simulate three times as fast.
  localparam int LaneW = 32;

  // Outputs whose beats meet in one clock: a beat of FP4 holds PortBytes/16 of them.
  function automatic int matrix_groups(input int port_bytes);
    return port_bytes > 16 ? port_bytes / 16 : 1;
  endfunction

  // Bytes of a beat that belong to one group.
  function automatic int matrix_chunk_bytes(input int port_bytes);
    return port_bytes > 16 ? 16 : port_bytes;
  endfunction

  // Width of a pass's number.
  function automatic int matrix_pass_w(input int passes);
    return passes > 1 ? $clog2(passes) : 1;
  endfunction

  // Width of a chunk's number: the elements that meet a group's lanes in one clock are one of the chunks of a row's blocks,
  // those of pass 0 first.
  function automatic int matrix_chunk_w(input int port_bytes, input int passes);
    return $clog2(passes * BlockSize / matrix_chunk_bytes(port_bytes));
  endfunction

  // Width of an accumulator's number in its group: (pass, tile bank, output / groups), counted in this order.
  function automatic int matrix_entry_w(input int port_bytes, input int passes);
    return $clog2(passes * 2 * port_bytes / matrix_groups(port_bytes));
  endfunction

  // Width of the number of half a bank of accumulators: (pass, tile bank, half).
  function automatic int matrix_half_w(input int passes);
    return $clog2(passes * 4);
  endfunction

  // One tile of results, for the drain
  typedef struct packed {
    logic [SlotW-1:0] slot;
    logic last;                // tile of the command
    logic [5:0] outputs;       // 1 to PortBytes
    logic [7:0] rows;
    logic [VmemW-1:0] addr;    // word of row 0, output 0
    logic [15:0] stride;       // words between rows
  } tile_t;

  // One k-step, from the operand fetch to the beats
  typedef struct packed {
    logic int8;
    logic first;  // of its tile
    logic last;   // of its tile
  } kstep_t;

endpackage
