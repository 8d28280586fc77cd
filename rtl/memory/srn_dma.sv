// Moves data between DRAM and the local memories: load, store, store_tile, and the load of the program.
// Unit of work: a command (dma_cmd_t). It is taken when its clear_i is high and the half that runs it has no requests of an older one to make;
// its first request is offered in the next cycle. Commands start in order, but a load need not wait for a store's responses nor a store for a
// load's data, nor either for its own kind's, so completions may come in another order.
// done_valid_o pulses when all is visible: after the last word of a load was taken, after the last response of a store. One beat a cycle each way.
module srn_dma
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 16,  // bytes of a beat, up to 32
    parameter int MaxBurst  = 16,  // beats
    parameter int DmaDepth  = 64   // beats of read buffer
) (
    input logic clk_i,
    input logic rst_ni,

    // commands
    input  logic                cmd_valid_i,
    output logic                cmd_ready_o,
    input  dma_cmd_t            cmd_i,
    input  logic [NumSlots-1:0] clear_i,
    output logic                done_valid_o,
    output logic [   SlotW-1:0] done_slot_o,

    // reads of the memory port
    output logic                          read_valid_o,
    input  logic                          read_ready_i,
    output logic [             DramW-1:0] read_addr_o,
    output logic [$clog2(MaxBurst+1)-1:0] read_beats_o,
    output logic [             SlotW-1:0] read_slot_o,
    input  logic                          read_data_valid_i,
    input  logic [       PortBytes*8-1:0] read_data_i,

    // writes of the memory port
    output logic                          write_valid_o,
    input  logic                          write_ready_i,
    output logic [             DramW-1:0] write_addr_o,
    output logic [$clog2(MaxBurst+1)-1:0] write_beats_o,
    output logic [             SlotW-1:0] write_slot_o,
    output logic                          write_last_o,
    output logic                          write_data_valid_o,
    input  logic                          write_data_ready_i,
    output logic [       PortBytes*8-1:0] write_data_o,
    output logic [         PortBytes-1:0] write_strobe_o,
    input  logic                          write_done_valid_i,
    input  logic [             SlotW-1:0] write_done_slot_i,

    // VMEM write
    output logic                    vmem_write_valid_o,
    input  logic                    vmem_write_ready_i,
    output logic [       VmemW-1:0] vmem_write_addr_o,    // word
    output logic [PortBytes*16-1:0] vmem_write_data_o,
    output logic [ PortBytes/2-1:0] vmem_write_strobe_o,  // one a lane
    output logic [       SlotW-1:0] vmem_write_slot_o,

    // VMEM read, data the cycle after
    output logic                    share_valid_o,
    input  logic                    share_ready_i,
    output logic [       VmemW-1:0] share_addr_o,   // word
    input  logic [PortBytes*16-1:0] share_data_i,

    // AMEM read, data {scale, elements} the cycle after
    output logic             amem_valid_o,
    input  logic             amem_ready_i,
    output logic [AmemW-1:0] amem_addr_o,
    input  logic [    263:0] amem_data_i,

    // instruction memory
    output logic                    imem_write_o,
    output logic [            15:0] imem_addr_o,
    output logic [InstructionW-1:0] imem_data_o,

    // event: a command waits or is not done
    output logic busy_o
);
  localparam int BurstW = $clog2(MaxBurst + 1);

  // ---------------------------------------------------------------------------------------------- dispatch
  logic [SlotW-1:0] cmd_slot;
  logic [1:0] cmd_kind;
  logic clear, is_store, is_tile, is_read;
  logic read_ready, store_ready, tile_ready;

  assign cmd_slot = cmd_i.slot;
  assign cmd_kind = cmd_i.kind;
  assign clear = cmd_valid_i && clear_i[cmd_slot];
  assign is_store = cmd_kind == DmaStore;
  assign is_tile = cmd_kind == DmaStoreTile;
  assign is_read = !is_store && !is_tile;
  // the two that write share the way out: either starts when both have sent their last beat
  assign cmd_ready_o = clear_i[cmd_slot] && (is_read ? read_ready : store_ready && tile_ready);

  // ---------------------------------------------------------------------------------------------- reads
  logic read_done;
  logic [SlotW-1:0] read_done_slot;

  srn_dma_read #(
      .PortBytes(PortBytes),
      .MaxBurst (MaxBurst),
      .DmaDepth (DmaDepth)
  ) u_read (
      .clk_i,
      .rst_ni,
      .start_valid_i(clear && is_read),
      .start_ready_o(read_ready),
      .start_i      (cmd_i),
      .read_valid_o,
      .read_ready_i,
      .read_addr_o,
      .read_beats_o,
      .read_slot_o,
      .read_data_valid_i,
      .read_data_i,
      .vmem_write_valid_o,
      .vmem_write_ready_i,
      .vmem_write_addr_o,
      .vmem_write_data_o,
      .vmem_write_strobe_o,
      .vmem_write_slot_o,
      .imem_write_o,
      .imem_addr_o,
      .imem_data_o,
      .done_valid_o (read_done),
      .done_ready_i (!write_done_valid_i),
      .done_slot_o  (read_done_slot)
  );

  // ---------------------------------------------------------------------------------------------- writes
  logic store_valid, store_last, store_data_valid;
  logic [DramW-1:0] store_addr;
  logic [BurstW-1:0] store_beats;
  logic [SlotW-1:0] store_slot;
  logic [PortBytes*8-1:0] store_data;
  logic [PortBytes-1:0] store_strobe;
  logic tile_valid, tile_last, tile_data_valid;
  logic [DramW-1:0] tile_addr;
  logic [BurstW-1:0] tile_beats;
  logic [SlotW-1:0] tile_slot;
  logic [PortBytes*8-1:0] tile_data;
  logic [PortBytes-1:0] tile_strobe;
  logic tile_q;  // the last that started is a store_tile

  srn_dma_store #(
      .PortBytes(PortBytes),
      .MaxBurst (MaxBurst)
  ) u_store (
      .clk_i,
      .rst_ni,
      .start_valid_i     (clear && is_store && tile_ready),
      .start_ready_o     (store_ready),
      .start_i           (cmd_i),
      .share_valid_o,
      .share_ready_i,
      .share_addr_o,
      .share_data_i,
      .write_valid_o     (store_valid),
      .write_ready_i     (write_ready_i && !tile_q),
      .write_addr_o      (store_addr),
      .write_beats_o     (store_beats),
      .write_slot_o      (store_slot),
      .write_last_o      (store_last),
      .write_data_valid_o(store_data_valid),
      .write_data_ready_i(write_data_ready_i && !tile_q),
      .write_data_o      (store_data),
      .write_strobe_o    (store_strobe)
  );

  srn_dma_store_tile #(
      .PortBytes(PortBytes),
      .MaxBurst (MaxBurst)
  ) u_store_tile (
      .clk_i,
      .rst_ni,
      .start_valid_i     (clear && is_tile && store_ready),
      .start_ready_o     (tile_ready),
      .start_i           (cmd_i),
      .amem_valid_o,
      .amem_ready_i,
      .amem_addr_o,
      .amem_data_i,
      .write_valid_o     (tile_valid),
      .write_ready_i     (write_ready_i && tile_q),
      .write_addr_o      (tile_addr),
      .write_beats_o     (tile_beats),
      .write_slot_o      (tile_slot),
      .write_last_o      (tile_last),
      .write_data_valid_o(tile_data_valid),
      .write_data_ready_i(write_data_ready_i && tile_q),
      .write_data_o      (tile_data),
      .write_strobe_o    (tile_strobe)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) tile_q <= 1'b0;
    else if (cmd_valid_i && cmd_ready_o && !is_read) tile_q <= is_tile;
  end

  assign write_valid_o = tile_q ? tile_valid : store_valid;
  assign write_addr_o = tile_q ? tile_addr : store_addr;
  assign write_beats_o = tile_q ? tile_beats : store_beats;
  assign write_slot_o = tile_q ? tile_slot : store_slot;
  assign write_last_o = tile_q ? tile_last : store_last;
  assign write_data_valid_o = tile_q ? tile_data_valid : store_data_valid;
  assign write_data_o = tile_q ? tile_data : store_data;
  assign write_strobe_o = tile_q ? tile_strobe : store_strobe;

  // ---------------------------------------------------------------------------------------------- completion
  // a store's cannot wait, a load's can
  assign done_valid_o = write_done_valid_i || read_done;
  assign done_slot_o  = write_done_valid_i ? write_done_slot_i : read_done_slot;

  logic [SlotW:0] started_q;  // and not done

  always_ff @(posedge clk_i) begin
    if (!rst_ni) started_q <= '0;
    else started_q <= started_q + (SlotW + 1)'(cmd_valid_i && cmd_ready_o) - (SlotW + 1)'(done_valid_o);
  end

  assign busy_o = cmd_valid_i || started_q != '0;

  // ---------------------------------------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni && done_valid_o) begin
      assert (started_q != '0)
      else $fatal(1, "%m: a completion without a command");
    end
  end
endmodule
