// Retire monitor: turns the slice's trace into one record an instruction, in program order, for comparison with the simulator.
//
// A record is {program counter, value}: the value is the scalar result, or the hash of every word that the instruction wrote (the sum over words of
// mix(key, word), models/simulator.py write_hash). Records leave in batches of BatchSize: batch_o is stable from a change of batch_count_o to the next.
// One record a cycle. While detail_i is high the writes of the instruction that retires as record detail_index_i are listed in detail.txt in the
// run's folder, a line a write: space, address, data, strobes; and `done CYCLE`, of those that the chip counts (tb/mismatch.py reads it).
module retire
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 16,
    parameter int BatchSize = 64,
    parameter int Depth     = 4096  // records held for order; more than can be in flight between two in-order retirements
) (
    input logic clk_i,
    input logic rst_ni,
    input logic running_i,

    // dispatch trace
    input logic             dispatch_valid_i,
    input logic             dispatch_command_i,  // completes later, under its slot
    input logic [SlotW-1:0] dispatch_slot_i,
    input logic [     15:0] dispatch_pc_i,
    input logic [     31:0] dispatch_value_i,

    // words written
    input logic                     vector_write_i,
    input logic [        SlotW-1:0] vector_slot_i,
    input logic [        VmemW-1:0] vector_addr_i,    // word
    input logic [ PortBytes*16-1:0] vector_data_i,
    input logic [  PortBytes/2-1:0] vector_strobe_i,
    input logic                     matrix_write_i,
    input logic [        SlotW-1:0] matrix_slot_i,
    input logic [        VmemW-1:0] matrix_addr_i,
    input logic [ PortBytes*16-1:0] matrix_data_i,
    input logic [  PortBytes/2-1:0] matrix_strobe_i,
    input logic                     load_write_i,
    input logic [        SlotW-1:0] load_slot_i,
    input logic [        VmemW-1:0] load_addr_i,
    input logic [ PortBytes*16-1:0] load_data_i,
    input logic [  PortBytes/2-1:0] load_strobe_i,
    input logic                     amem_write_i,
    input logic [        SlotW-1:0] amem_slot_i,
    input logic [        AmemW-1:0] amem_addr_i,
    input logic [            263:0] amem_data_i,
    input logic                     dram_write_i,
    input logic [        SlotW-1:0] dram_slot_i,
    input logic [        DramW-1:0] dram_addr_i,      // beat
    input logic [  PortBytes*8-1:0] dram_data_i,
    input logic [    PortBytes-1:0] dram_strobe_i,

    // completions
    input logic             matrix_done_i,
    input logic [SlotW-1:0] matrix_done_slot_i,
    input logic             vector_done_i,
    input logic [SlotW-1:0] vector_done_slot_i,
    input logic             dma_done_i,
    input logic [SlotW-1:0] dma_done_slot_i,

    // detail
    input logic        detail_i,
    input logic [31:0] detail_index_i,

    output logic [BatchSize*48-1:0] batch_o,        // record i at [i*48 +: 48] = {pc, value}
    output logic [            31:0] batch_count_o,  // full batches so far
    output logic [            31:0] retired_o,      // records so far; the last retired_o % BatchSize are in pending_o
    output logic [BatchSize*48-1:0] pending_o
);

  localparam int Lanes = PortBytes / 2;
  localparam int DepthW = $clog2(Depth);
  localparam logic [31:0] AmemKey = 32'h4000_0000;
  localparam logic [31:0] DramKey = 32'h8000_0000;

  function automatic logic [31:0] mix(input logic [31:0] key, input logic [31:0] value);
    logic [31:0] x;
    x = value ^ (key * 32'h9E3779B1);
    x = (x ^ (x >> 16)) * 32'h85EBCA6B;
    x = (x ^ (x >> 13)) * 32'hC2B2AE35;
    return x ^ (x >> 16);
  endfunction

  function automatic logic [31:0] hash_vmem(input logic [VmemW-1:0] addr, input logic [Lanes*32-1:0] data,
                                            input logic [Lanes-1:0] strobe);
    logic [31:0] sum;
    sum = '0;
    for (int i = 0; i < Lanes; i++) begin
      if (strobe[i]) sum = sum + mix(32'(addr) * 32'(Lanes) + 32'(i), data[i*32+:32]);
    end
    return sum;
  endfunction

  function automatic logic [31:0] hash_amem(input logic [AmemW-1:0] addr, input logic [263:0] data);
    logic [31:0] sum;
    sum = mix(AmemKey + 32'(addr) * 32'd9 + 32'd8, 32'(data[263:256]));
    for (int i = 0; i < 8; i++) begin
      sum = sum + mix(AmemKey + 32'(addr) * 32'd9 + 32'(i), data[i*32+:32]);
    end
    return sum;
  endfunction

  function automatic logic [31:0] hash_dram(input logic [DramW-1:0] addr, input logic [PortBytes*8-1:0] data,
                                            input logic [PortBytes-1:0] strobe);
    logic [31:0] sum;
    sum = '0;
    for (int i = 0; i < PortBytes; i++) begin
      if (strobe[i]) sum = sum + mix(DramKey + addr * 32'(PortBytes) + 32'(i), 32'(data[i*8+:8]));
    end
    return sum;
  endfunction

  // ---------------------------------------------------------------------------------------------- in flight
  logic [31:0] hash  [NumSlots];
  logic [31:0] index [NumSlots];
  logic [15:0] pc    [NumSlots];
  logic [NumSlots-1:0] live;

  logic [31:0] num_dispatched, num_retired, num_batches;
  logic [             47:0] record [Depth];
  logic [        Depth-1:0] record_valid;
  logic [BatchSize*48-1:0] filling, batch;

  int detail_file;
  int cycle;
  initial detail_file = 0;

  task automatic complete(input logic [SlotW-1:0] slot);
    // the program load completes too, before anything was dispatched
    if (live[slot]) begin
      record[index[slot][DepthW-1:0]] = {pc[slot], hash[slot]};
      record_valid[index[slot][DepthW-1:0]] = 1'b1;
      live[slot] = 1'b0;
      if (detail_file != 0 && index[slot] == detail_index_i) $fdisplay(detail_file, "done %0d", cycle);
    end
  endtask

  // one process in program order within a cycle: writes, completions, dispatch, retirement
  /* verilator lint_off BLKSEQ */
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      num_dispatched = '0;
      num_retired = '0;
      num_batches = '0;
      filling = '0;
      batch = '0;
      record_valid = '0;
      live = '0;
    end else begin
      if (vector_write_i) hash[vector_slot_i] = hash[vector_slot_i] + hash_vmem(vector_addr_i, vector_data_i, vector_strobe_i);
      if (matrix_write_i) hash[matrix_slot_i] = hash[matrix_slot_i] + hash_vmem(matrix_addr_i, matrix_data_i, matrix_strobe_i);
      if (load_write_i) hash[load_slot_i] = hash[load_slot_i] + hash_vmem(load_addr_i, load_data_i, load_strobe_i);
      if (amem_write_i) hash[amem_slot_i] = hash[amem_slot_i] + hash_amem(amem_addr_i, amem_data_i);
      if (dram_write_i) hash[dram_slot_i] = hash[dram_slot_i] + hash_dram(dram_addr_i, dram_data_i, dram_strobe_i);

      if (detail_file != 0) begin
        if (vector_write_i && index[vector_slot_i] == detail_index_i)
          $fdisplay(detail_file, "vmem %0d %h %b", vector_addr_i, vector_data_i, vector_strobe_i);
        if (matrix_write_i && index[matrix_slot_i] == detail_index_i)
          $fdisplay(detail_file, "vmem %0d %h %b", matrix_addr_i, matrix_data_i, matrix_strobe_i);
        if (load_write_i && index[load_slot_i] == detail_index_i)
          $fdisplay(detail_file, "vmem %0d %h %b", load_addr_i, load_data_i, load_strobe_i);
        if (amem_write_i && index[amem_slot_i] == detail_index_i) $fdisplay(detail_file, "amem %0d %h 1", amem_addr_i, amem_data_i);
        if (dram_write_i && index[dram_slot_i] == detail_index_i)
          $fdisplay(detail_file, "dram %0d %h %b", dram_addr_i, dram_data_i, dram_strobe_i);
      end

      if (matrix_done_i) complete(matrix_done_slot_i);
      if (vector_done_i) complete(vector_done_slot_i);
      if (dma_done_i) complete(dma_done_slot_i);

      if (dispatch_valid_i) begin
        if (dispatch_command_i) begin
          hash[dispatch_slot_i]  = '0;
          index[dispatch_slot_i] = num_dispatched;
          pc[dispatch_slot_i]    = dispatch_pc_i;
          live[dispatch_slot_i]  = 1'b1;
        end else begin
          record[num_dispatched[DepthW-1:0]] = {dispatch_pc_i, dispatch_value_i};
          record_valid[num_dispatched[DepthW-1:0]] = 1'b1;
          if (detail_file != 0 && num_dispatched == detail_index_i) $fdisplay(detail_file, "done %0d", cycle);
        end
        num_dispatched = num_dispatched + 1;
      end

      if (record_valid[num_retired[DepthW-1:0]]) begin
        record_valid[num_retired[DepthW-1:0]] = 1'b0;
        filling[(num_retired%BatchSize)*48+:48] = record[num_retired[DepthW-1:0]];
        num_retired = num_retired + 1;
        if (num_retired % BatchSize == 0) begin
          batch = filling;
          num_batches = num_batches + 1;
        end
      end

      assert (num_dispatched - num_retired < Depth)
      else $fatal(1, "%m: more than %0d instructions dispatched and not retired", Depth);
    end

    cycle = running_i ? cycle + 1 : 0;
    if (detail_i && detail_file == 0) detail_file = $fopen("detail.txt", "w");
    if (!detail_i && detail_file != 0) begin
      $fclose(detail_file);
      detail_file = 0;
    end
  end

  /* verilator lint_on BLKSEQ */

  assign batch_o = batch;
  assign batch_count_o = num_batches;
  assign retired_o = num_retired;
  assign pending_o = filling;

endmodule
