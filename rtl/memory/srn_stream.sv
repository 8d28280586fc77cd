// Weight stream: reads a matmul's weight tensor from DRAM and hands its beats, in order, to the matrix unit.
// Unit of work: a command (tiles of ksteps * 17 or 33 beats); tiles that follow each other in DRAM are one linear read.
// A command is taken when its stream_clear_i is high and the last burst of the one before has been asked for: its first burst is offered to
// the port in the next cycle, long before the former's data have arrived. One beat a cycle; a beat from the port is offered in the next cycle.
// Never more is asked for than the buffer of StreamDepth beats has room for, so data are always taken and the other client never waits.
// It reports no completion: the matrix unit, which eats the beats, does.
module srn_stream
  import srn_isa_pkg::*;
#(
    parameter int PortBytes   = 16,   // bytes of a beat
    parameter int StreamDepth = 512,  // beats of buffer
    parameter int MaxBurst    = 16    // beats
) (
    input logic clk_i,
    input logic rst_ni,

    // commands
    input  logic                cmd_valid_i,
    output logic                cmd_ready_o,
    input  stream_cmd_t         cmd_i,
    input  logic [NumSlots-1:0] stream_clear_i,

    // reads of the memory port
    output logic                          read_valid_o,
    input  logic                          read_ready_i,
    output logic [             DramW-1:0] read_addr_o,
    output logic [$clog2(MaxBurst+1)-1:0] read_beats_o,
    output logic [             SlotW-1:0] read_slot_o,
    input  logic                          read_data_valid_i,
    input  logic [       PortBytes*8-1:0] read_data_i,

    // beats to the matrix unit
    output logic                   beat_valid_o,
    input  logic                   beat_ready_i,
    output logic [PortBytes*8-1:0] beat_data_o,

    // observation
    output logic start_o,   // requests of a command begin (its slot: read_slot_o)
    output logic finish_o,  // its last burst is asked for
    output logic asked_o,   // beats are held or on their way
    output logic first_o,   // and none has come since the asking began
    output logic full_o     // a burst waits for room
);
  localparam int BurstW = $clog2(MaxBurst + 1);
  localparam int TileW = 18;  // beats of a tile: 33 * 4095 at most
  localparam int RoomW = $clog2(StreamDepth + 1);

  initial if (StreamDepth < 2 * MaxBurst) $fatal(1, "%m: the buffer must hold two bursts");

  // ---------------------------------------------------------------------------------------------- commands
  logic [SlotW-1:0] cmd_slot;
  logic [TileW-1:0] ksteps, tile_beats;
  logic clear, region_ready;
  logic [SlotW-1:0] slot_q;

  assign cmd_slot = cmd_i.slot;
  assign clear = stream_clear_i[cmd_slot];
  assign ksteps = TileW'(cmd_i.ksteps);
  assign tile_beats = (cmd_i.int8 ? ksteps << 5 : ksteps << 4) + ksteps;
  assign cmd_ready_o = clear && region_ready;

  always_ff @(posedge clk_i) begin
    if (cmd_valid_i && cmd_ready_o) slot_q <= cmd_slot;
  end

  // ---------------------------------------------------------------------------------------------- requests
  logic burst_valid, burst_ready, burst_last, room;
  logic [BurstW-1:0] burst_beats;
  logic [RoomW-1:0] room_q;  // beats neither held nor asked for
  logic request, pop;

  srn_burst #(
      .PortBytes(PortBytes),
      .MaxBurst(MaxBurst),
      .BeatsW(TileW)
  ) u_burst (
      .clk_i,
      .rst_ni,
      .region_valid_i (cmd_valid_i && clear),
      .region_ready_o (region_ready),
      .region_addr_i  (cmd_i.dram),
      .region_stride_i(cmd_i.tile_stride),
      .region_beats_i (tile_beats),
      .region_runs_i  (cmd_i.tiles),
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
  assign pop = beat_valid_o && beat_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) room_q <= RoomW'(StreamDepth);
    else room_q <= room_q - (request ? RoomW'(burst_beats) : '0) + RoomW'(pop);
  end

  // ---------------------------------------------------------------------------------------------- observation
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      start_o <= 1'b0;
      first_o <= 1'b1;
    end else begin
      start_o <= cmd_valid_i && cmd_ready_o;
      if (read_data_valid_i) first_o <= 1'b0;
      else if (!asked_o) first_o <= 1'b1;
    end
  end

  assign finish_o = request && burst_last;
  assign asked_o  = room_q != RoomW'(StreamDepth);
  assign full_o   = burst_valid && !room;

  // ---------------------------------------------------------------------------------------------- buffer
  srn_beat_fifo #(
      .Width(PortBytes * 8),
      .Depth(StreamDepth)
  ) u_buffer (
      .clk_i,
      .rst_ni,
      .in_valid_i (read_data_valid_i),
      .in_data_i  (read_data_i),
      .out_valid_o(beat_valid_o),
      .out_ready_i(beat_ready_i),
      .out_data_o (beat_data_o)
  );
endmodule
