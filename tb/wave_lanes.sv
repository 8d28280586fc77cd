// Lanes of text for a waveform, and the window of cycles in which it is written. With +wave_file=FILE; without, it does nothing.
//
//   +wave_text=FILE                the program's disassembly, $readmemh: a line of TextLen characters an instruction (tb/wave_text.py)
//   +wave_from=CYCLE +wave_to=CYCLE    cycles of clk_i since the simulation began; stop_o rises after the last
//   +wave_index=INDEX              instead: from Before instructions dispatched ahead of that instruction to After cycles behind its retirement
//
// A lane shows what the last rising edge did: the instruction that was dispatched, that a unit is at, that it has completed, with its
// place in the run (which a mismatch names); each AXI transfer with the address of its burst and its beat; words written, by lane.
// $dumpvars opens the file, so nothing is dumped before the window, on either simulator; nor can it be closed, so the run ends with it.
// Lanes are there to be looked at.
/* verilator lint_off UNUSEDSIGNAL */
module wave_lanes
  import srn_isa_pkg::*;
#(
    parameter int PortBytes = 16,
    parameter int ImemWords = 512,
    parameter int TextLen   = 256,  // characters, of an instruction and its source
    parameter int Before    = 32,   // instructions
    parameter int After     = 256,  // cycles
    parameter int Bursts    = 64    // in flight, of each id and of writes: more show wrong addresses, nothing else
) (
    input logic clk_i,
    input logic rst_ni,

    // dispatch and retirement
    input logic             dispatch_valid_i,
    input logic             dispatch_command_i,
    input logic [SlotW-1:0] dispatch_slot_i,
    input logic [     15:0] dispatch_pc_i,
    input logic [      2:0] dispatch_stall_i,
    input logic [     31:0] retired_i,

    // units
    input logic             stream_start_i,
    input logic             stream_finish_i,
    input logic [SlotW-1:0] stream_slot_i,
    input logic             matrix_start_i,
    input logic             matrix_finish_i,
    input logic [SlotW-1:0] matrix_start_slot_i,
    input logic             vector_start_i,
    input logic             vector_finish_i,
    input logic [SlotW-1:0] vector_start_slot_i,
    input logic             dma_start_i,
    input logic [SlotW-1:0] dma_start_slot_i,
    input logic             matrix_done_i,
    input logic [SlotW-1:0] matrix_done_slot_i,
    input logic             vector_done_i,
    input logic [SlotW-1:0] vector_done_slot_i,
    input logic             dma_done_i,
    input logic [SlotW-1:0] dma_done_slot_i,

    // words written
    input logic                    vector_write_i,
    input logic [       SlotW-1:0] vector_slot_i,
    input logic [PortBytes*16-1:0] vector_data_i,
    input logic                    matrix_write_i,
    input logic [       SlotW-1:0] matrix_slot_i,
    input logic [PortBytes*16-1:0] matrix_data_i,
    input logic                    load_write_i,
    input logic [       SlotW-1:0] load_slot_i,
    input logic [PortBytes*16-1:0] load_data_i,
    input logic                    amem_write_i,
    input logic [       SlotW-1:0] amem_slot_i,
    input logic [           263:0] amem_data_i,

    // AXI
    input logic                   arvalid_i,
    input logic                   arready_i,
    input logic                   arid_i,
    input logic [           39:0] araddr_i,
    input logic [            7:0] arlen_i,
    input logic                   rvalid_i,
    input logic                   rready_i,
    input logic                   rid_i,
    input logic [PortBytes*8-1:0] rdata_i,
    input logic [            1:0] rresp_i,
    input logic                   rlast_i,
    input logic                   awvalid_i,
    input logic                   awready_i,
    input logic [           39:0] awaddr_i,
    input logic [            7:0] awlen_i,
    input logic                   wvalid_i,
    input logic                   wready_i,
    input logic                   wlast_i,
    input logic                   bvalid_i,
    input logic                   bready_i,
    input logic [            1:0] bresp_i,

    output logic stop_o
);

  localparam int Lanes = PortBytes / 2;
  localparam int PcAddrW = $clog2(ImemWords);
  localparam int TextW = TextLen * 8;
  localparam logic [31:0] None = '1;  // no instruction, or the program load
  localparam int BurstLen = 21;  // characters: "stream 0012345678 x16"
  localparam int BeatLen = 23;  // "stream 0012345678 01/16"
  localparam int BurstTextW = BurstLen * 8;
  localparam int BeatTextW = BeatLen * 8;

  // ---------------------------------------------------------------------------------------------- window
  reg [8*512-1:0] file_name, text_name;
  int from, to, index, cycle, after;
  logic armed, by_index, opened, opens;
  logic [31:0] num_dispatched;

  initial begin
    cycle = 0;
    after = 0;
    opened = 1'b0;
    stop_o = 1'b0;
    num_dispatched = '0;
    armed = $value$plusargs("wave_file=%s", file_name) != 0;
    if (!$value$plusargs("wave_from=%d", from)) from = 0;
    if (!$value$plusargs("wave_to=%d", to)) to = 32'h7fff_ffff;
    by_index = $value$plusargs("wave_index=%d", index) != 0;
  end

  assign opens = by_index ? rst_ni && num_dispatched + Before >= index : cycle >= from;

  /* verilator lint_off BLKSEQ */
  always @(posedge clk_i) begin
    if (armed) begin
      if (!opened && opens) begin
        opened = 1'b1;
        $dumpfile(file_name);
        $dumpvars(0, system);
      end
      cycle = cycle + 1;
      if (by_index && opened && rst_ni && retired_i > index) after = after + 1;
      if (by_index ? after > After : cycle > to) stop_o = 1'b1;
    end
  end

  // ---------------------------------------------------------------------------------------------- instructions
  logic [TextW-1:0] texts [ImemWords];
  logic [PcAddrW-1:0] slot_pc [NumSlots];
  logic [31:0] slot_index [NumSlots];

  logic [TextW-1:0] dispatch_text, stream_text, matrix_text, vector_text, dma_text;
  logic [TextW-1:0] matrix_done_text, vector_done_text, dma_done_text;
  logic [31:0] dispatch_index, stream_index, matrix_index, vector_index, dma_index;
  logic [31:0] matrix_done_index, vector_done_index, dma_done_index;
  logic [2:0] dispatch_stall;

  function automatic logic [TextW-1:0] text_of(input logic [SlotW-1:0] slot);
    return slot_index[slot] == None ? {TextLen{8'h20}} : texts[slot_pc[slot]];
  endfunction

  initial begin
    if ($value$plusargs("wave_text=%s", text_name)) $readmemh(text_name, texts);
    else for (int i = 0; i < ImemWords; i++) texts[i] = {TextLen{8'h20}};
  end

  always @(posedge clk_i) begin
    if (armed) begin
      dispatch_stall = dispatch_stall_i;
      if (stream_finish_i || !rst_ni) stream_text = {TextLen{8'h20}};
      if (matrix_finish_i || !rst_ni) matrix_text = {TextLen{8'h20}};
      if (vector_finish_i || !rst_ni) vector_text = {TextLen{8'h20}};
      if (dma_done_i || !rst_ni) dma_text = {TextLen{8'h20}};
      if (!rst_ni) begin
        num_dispatched = '0;
        dispatch_text = {TextLen{8'h20}};
        matrix_done_text = {TextLen{8'h20}};
        vector_done_text = {TextLen{8'h20}};
        dma_done_text = {TextLen{8'h20}};
        {dispatch_index, stream_index, matrix_index, vector_index, dma_index} = {5{None}};
        {matrix_done_index, vector_done_index, dma_done_index} = {3{None}};
        for (int i = 0; i < NumSlots; i++) slot_index[i] = None;
      end else begin
        // starts after ends, for a unit may do both in a cycle; dispatch last, for it may take the slot of what completes
        if (stream_start_i) begin
          stream_text  = text_of(stream_slot_i);
          stream_index = slot_index[stream_slot_i];
        end
        if (matrix_start_i) begin
          matrix_text  = text_of(matrix_start_slot_i);
          matrix_index = slot_index[matrix_start_slot_i];
        end
        if (vector_start_i) begin
          vector_text  = text_of(vector_start_slot_i);
          vector_index = slot_index[vector_start_slot_i];
        end
        if (dma_start_i) begin
          dma_text  = text_of(dma_start_slot_i);
          dma_index = slot_index[dma_start_slot_i];
        end
        if (matrix_done_i) begin
          matrix_done_text  = text_of(matrix_done_slot_i);
          matrix_done_index = slot_index[matrix_done_slot_i];
        end
        if (vector_done_i) begin
          vector_done_text  = text_of(vector_done_slot_i);
          vector_done_index = slot_index[vector_done_slot_i];
        end
        if (dma_done_i) begin
          dma_done_text  = text_of(dma_done_slot_i);
          dma_done_index = slot_index[dma_done_slot_i];
        end
        if (dispatch_valid_i) begin
          dispatch_text  = texts[dispatch_pc_i[PcAddrW-1:0]];
          dispatch_index = num_dispatched;
          if (dispatch_command_i) begin
            slot_pc[dispatch_slot_i] = dispatch_pc_i[PcAddrW-1:0];
            slot_index[dispatch_slot_i] = num_dispatched;
          end
          num_dispatched = num_dispatched + 1;
        end
      end
    end
  end

  // ---------------------------------------------------------------------------------------------- words
  logic [31:0] vector_write_index, matrix_write_index, load_write_index, amem_write_index;
  logic [7:0] amem_scale;  // E8M0

  assign vector_write_index = slot_index[vector_slot_i];
  assign matrix_write_index = slot_index[matrix_slot_i];
  assign load_write_index = slot_index[load_slot_i];
  assign amem_write_index = slot_index[amem_slot_i];
  assign amem_scale = amem_data_i[263:256];

  for (genvar i = 0; i < Lanes; i++) begin : gen_word
    logic [31:0] vector_value, matrix_value, load_value;  // binary32
    assign vector_value = vector_data_i[i*32+:32];
    assign matrix_value = matrix_data_i[i*32+:32];
    assign load_value   = load_data_i[i*32+:32];
  end

  for (genvar i = 0; i < 32; i++) begin : gen_block
    logic [7:0] amem_element;  // MXINT8
    assign amem_element = amem_data_i[i*8+:8];
  end

  for (genvar i = 0; i < PortBytes; i++) begin : gen_byte
    logic [7:0] read_int8, read_scale;
    logic [3:0] read_fp4_even, read_fp4_odd;  // E2M1
    assign read_int8 = rdata_i[i*8+:8];
    assign read_scale = rdata_i[i*8+:8];
    assign {read_fp4_odd, read_fp4_even} = rdata_i[i*8+:8];
  end

  // ---------------------------------------------------------------------------------------------- AXI
  logic [BurstTextW-1:0] read_burst, write_burst;
  logic [BeatTextW-1:0] read_beat, write_beat;
  logic [BeatTextW-1:0] write_response;
  logic [39:0] read_addr [2*Bursts];
  logic [7:0] read_len [2*Bursts];
  int read_asked[2], read_given[2], read_beats[2];
  logic [39:0] write_addr[Bursts];
  logic [7:0] write_len[Bursts];
  int write_asked, write_given, write_answered, write_beats, burst;

  function automatic logic [6*8-1:0] client(input logic id);
    return id ? "dma   " : "stream";
  endfunction

  function automatic logic [6*8-1:0] response(input logic [1:0] resp);
    return resp == 2'b00 ? "okay  " : "ERROR ";
  endfunction

  always @(posedge clk_i) begin
    if (armed) begin
      read_burst = {BurstLen{8'h20}};
      read_beat = {BeatLen{8'h20}};
      write_burst = {BurstLen{8'h20}};
      write_beat = {BeatLen{8'h20}};
      write_response = {BeatLen{8'h20}};
      if (!rst_ni) begin
        write_asked = 0;
        write_given = 0;
        write_answered = 0;
        write_beats = 0;
        for (int i = 0; i < 2; i++) begin
          read_asked[i] = 0;
          read_given[i] = 0;
          read_beats[i] = 0;
        end
      end else begin
        if (arvalid_i && arready_i) begin
          if (opened) $sformat(read_burst, "%s %h x%2d", client(arid_i), araddr_i, 32'(arlen_i) + 1);
          burst = 32'(arid_i) * Bursts + read_asked[arid_i] % Bursts;
          read_addr[burst] = araddr_i;
          read_len[burst] = arlen_i;
          read_asked[arid_i] = read_asked[arid_i] + 1;
        end
        if (rvalid_i && rready_i) begin
          read_beats[rid_i] = read_beats[rid_i] + 1;
          burst = 32'(rid_i) * Bursts + read_given[rid_i] % Bursts;
          if (opened)
            $sformat(read_beat, "%s %h %2d/%2d", rresp_i == 2'b00 ? client(rid_i) : response(rresp_i), read_addr[burst],
                     read_beats[rid_i], 32'(read_len[burst]) + 1);
          if (rlast_i) begin
            read_given[rid_i] = read_given[rid_i] + 1;
            read_beats[rid_i] = 0;
          end
        end
        if (awvalid_i && awready_i) begin
          if (opened) $sformat(write_burst, "dma    %h x%2d", awaddr_i, 32'(awlen_i) + 1);
          write_addr[write_asked%Bursts] = awaddr_i;
          write_len[write_asked%Bursts] = awlen_i;
          write_asked = write_asked + 1;
        end
        if (wvalid_i && wready_i) begin
          write_beats = write_beats + 1;
          burst = write_given % Bursts;
          if (opened) $sformat(write_beat, "dma    %h %2d/%2d", write_addr[burst], write_beats, 32'(write_len[burst]) + 1);
          if (wlast_i) begin
            write_given = write_given + 1;
            write_beats = 0;
          end
        end
        if (bvalid_i && bready_i) begin
          burst = write_answered % Bursts;
          if (opened) $sformat(write_response, "%s %h x%2d  ", response(bresp_i), write_addr[burst], 32'(write_len[burst]) + 1);
          write_answered = write_answered + 1;
        end
      end
    end
  end
  /* verilator lint_on BLKSEQ */

endmodule
