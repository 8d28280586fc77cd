// Reading half of the dma unit: asks the port for the beats of loads and program loads and hands them to those who place them.
// A command is taken when the requests of the one before have been made: its first burst is offered in the next cycle, and rows are asked for
// back to back. NumCommands may wait for their data. Never more is asked for than the buffer has room for.
module srn_dma_read
  import srn_isa_pkg::*;
#(
    parameter int PortBytes   = 16,  // bytes of a beat
    parameter int MaxBurst    = 16,  // beats
    parameter int DmaDepth    = 64,  // beats of buffer
    parameter int NumCommands = 4    // in flight
) (
    input logic clk_i,
    input logic rst_ni,

    // commands that are clear to start
    input  logic     start_valid_i,
    output logic     start_ready_o,
    input  dma_cmd_t start_i,

    // reads of the memory port
    output logic                          read_valid_o,
    input  logic                          read_ready_i,
    output logic [             DramW-1:0] read_addr_o,
    output logic [$clog2(MaxBurst+1)-1:0] read_beats_o,
    output logic [             SlotW-1:0] read_slot_o,
    input  logic                          read_data_valid_i,
    input  logic [       PortBytes*8-1:0] read_data_i,

    // words to VMEM
    output logic                    vmem_write_valid_o,
    input  logic                    vmem_write_ready_i,
    output logic [       VmemW-1:0] vmem_write_addr_o,
    output logic [PortBytes*16-1:0] vmem_write_data_o,
    output logic [ PortBytes/2-1:0] vmem_write_strobe_o,
    output logic [       SlotW-1:0] vmem_write_slot_o,

    // instruction memory
    output logic                    imem_write_o,
    output logic [            15:0] imem_addr_o,
    output logic [InstructionW-1:0] imem_data_o,

    // completion
    output logic             done_valid_o,
    input  logic             done_ready_i,
    output logic [SlotW-1:0] done_slot_o
);
  localparam int BurstW = $clog2(MaxBurst + 1);
  localparam int BeatsW = 18;  // of a row: four beats for each of 65535 instructions
  localparam int RoomW = $clog2(DmaDepth + 1);
  localparam int BeatLanes = PortBytes / 4;
  localparam int LaneShift = $clog2(2 * BeatLanes);
  localparam int PlaceW = 1 + SlotW + VmemW + 16 + 16 + 10;

  initial if (DmaDepth < 2 * MaxBurst) $fatal(1, "%m: the buffer must hold two bursts");

  // ---------------------------------------------------------------------------------------------- requests
  logic is_program, region_ready, place_ready, start;
  logic [BeatsW-1:0] cols, row_beats;
  logic burst_valid, burst_ready, burst_last, room;
  logic [BurstW-1:0] burst_beats;
  logic [RoomW-1:0] room_q;  // beats neither held nor asked for
  logic [SlotW-1:0] slot_q;
  logic request, beat_valid, beat_ready, pop;

  assign is_program = start_i.kind == DmaProgram;
  assign cols = BeatsW'(start_i.cols);
  assign row_beats = is_program ? cols << $clog2(InstructionW / (PortBytes * 8))
                                : (cols + BeatsW'(BeatLanes - 1)) >> (LaneShift - 1);
  assign start_ready_o = region_ready && place_ready;
  assign start = start_valid_i && start_ready_o;

  srn_burst #(
      .PortBytes(PortBytes),
      .MaxBurst(MaxBurst),
      .BeatsW(BeatsW)
  ) u_burst (
      .clk_i,
      .rst_ni,
      .region_valid_i (start_valid_i && place_ready),
      .region_ready_o (region_ready),
      .region_addr_i  (start_i.dram),
      .region_stride_i(start_i.dram_stride),
      .region_beats_i (row_beats),
      .region_runs_i  (20'(start_i.rows)),
      .burst_valid_o  (burst_valid),
      .burst_ready_i  (burst_ready),
      .burst_addr_o   (read_addr_o),
      .burst_beats_o  (burst_beats),
      .burst_last_o   (burst_last)
  );

  assign room = room_q >= RoomW'(burst_beats);
  assign read_valid_o = burst_valid && room;
  assign burst_ready = read_ready_i && room;
  assign read_beats_o = burst_beats;
  assign read_slot_o = slot_q;
  assign request = read_valid_o && read_ready_i;
  assign pop = beat_valid && beat_ready;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) room_q <= RoomW'(DmaDepth);
    else room_q <= room_q - (request ? RoomW'(burst_beats) : '0) + RoomW'(pop);
  end

  always_ff @(posedge clk_i) begin
    if (start) slot_q <= start_i.slot;
  end

  // ---------------------------------------------------------------------------------------------- places
  // where the beats go, for commands whose data are to come
  logic place_valid, place_taken, place_program;
  logic [SlotW-1:0] place_slot;
  logic [VmemW-1:0] place_word;
  logic [15:0] place_stride, place_cols;
  logic [9:0] place_rows;
  logic [$clog2(NumCommands+1)-1:0] places;

  srn_fifo #(
      .Width(PlaceW),
      .Depth(NumCommands)
  ) u_places (
      .clk_i,
      .rst_ni,
      .in_valid_i(start),
      .in_ready_o(place_ready),
      .in_data_i({
        is_program, start_i.slot, start_i.local_addr >> LaneShift, start_i.local_stride, start_i.cols, start_i.rows
      }),
      .out_valid_o(place_valid),
      .out_ready_i(place_taken),
      .out_data_o({place_program, place_slot, place_word, place_stride, place_cols, place_rows}),
      .count_o(places)
  );

  // ---------------------------------------------------------------------------------------------- data
  logic [PortBytes*8-1:0] beat_data;
  logic load_ready, load_active, load_beat_ready, load_done;
  logic program_ready, program_active, program_done;
  logic [SlotW-1:0] load_done_slot, program_done_slot;

  srn_beat_fifo #(
      .Width(PortBytes * 8),
      .Depth(DmaDepth)
  ) u_buffer (
      .clk_i,
      .rst_ni,
      .in_valid_i (read_data_valid_i),
      .in_data_i  (read_data_i),
      .out_valid_o(beat_valid),
      .out_ready_i(beat_ready),
      .out_data_o (beat_data)
  );

  assign beat_ready  = program_active || load_beat_ready;
  assign place_taken = place_program ? program_ready && !load_active : load_ready && !program_active;

  srn_dma_load #(
      .PortBytes(PortBytes)
  ) u_load (
      .clk_i,
      .rst_ni,
      .start_valid_i (place_valid && !place_program && !program_active),
      .start_ready_o (load_ready),
      .start_slot_i  (place_slot),
      .start_word_i  (place_word),
      .start_stride_i(place_stride),
      .start_cols_i  (place_cols),
      .start_rows_i  (place_rows),
      .active_o      (load_active),
      .beat_valid_i  (beat_valid && !program_active),
      .beat_ready_o  (load_beat_ready),
      .beat_data_i   (beat_data),
      .vmem_write_valid_o,
      .vmem_write_ready_i,
      .vmem_write_addr_o,
      .vmem_write_data_o,
      .vmem_write_strobe_o,
      .vmem_write_slot_o,
      .done_valid_o  (load_done),
      .done_ready_i,
      .done_slot_o   (load_done_slot)
  );

  srn_dma_program #(
      .PortBytes(PortBytes)
  ) u_program (
      .clk_i,
      .rst_ni,
      .start_valid_i(place_valid && place_program && !load_active),
      .start_ready_o(program_ready),
      .start_slot_i (place_slot),
      .start_count_i(place_cols),
      .active_o     (program_active),
      .beat_valid_i (beat_valid && program_active),
      .beat_data_i  (beat_data),
      .imem_write_o,
      .imem_addr_o,
      .imem_data_o,
      .done_valid_o (program_done),
      .done_ready_i (done_ready_i && !load_done),
      .done_slot_o  (program_done_slot)
  );

  assign done_valid_o = load_done || program_done;
  assign done_slot_o  = load_done ? load_done_slot : program_done_slot;

  logic unused;
  assign unused = &{1'b0, burst_last, places, start_i};
endmodule
