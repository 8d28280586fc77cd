// The vector unit's writes to VMEM: a word as it comes, an element a clock of a word to be scattered (the first at once),
// and results of rows. srn_vector_pace keeps them apart; nothing waits here.
module srn_vector_store
  import srn_pkg::*;
  import srn_isa_pkg::*;
  import srn_vector_pkg::*;
#(
    parameter int Lanes = 8,  // elements of a word
    parameter int VmemWords = 16384
) (
    input logic clk_i,
    input logic rst_ni,

    // words to write, to scatter
    input logic                 word_valid_i,
    input logic                 scatter_valid_i,
    input logic                 first_i,         // word of its row
    input logic [    SlotW-1:0] slot_i,
    input logic                 command_last_i,
    input logic [   CountW-1:0] count_i,
    input logic [    Lanes-1:0] lanes_i,
    input logic [    VmemW-1:0] dst_i,           // word; scatter: element of column 0
    input logic [         10:0] stride_i,        // scatter: words between columns
    input logic [Lanes*FpW-1:0] data_i,

    // results
    input logic             result_valid_i,
    input logic [SlotW-1:0] result_slot_i,
    input logic [VmemW-1:0] result_addr_i,   // element
    input logic [  FpW-1:0] result_data_i,

    // vector memory
    output logic                         write_valid_o,
    output logic [$clog2(VmemWords)-1:0] write_addr_o,
    output logic [        Lanes*FpW-1:0] write_data_o,
    output logic [            Lanes-1:0] write_strobe_o,
    output logic [            SlotW-1:0] write_slot_o,

    // the last element of a scattered command is written
    output logic             scattered_o,
    output logic [SlotW-1:0] scattered_slot_o
);
  localparam int LaneW = $clog2(Lanes);
  localparam int AddrW = $clog2(VmemWords);

  // ---------------------------------------------------------------- scatter
  // All columns of a row lie in the same lane. The word of a row's next column is kept from word to word.
  logic [CountW-1:0]    left_q;
  logic [AddrW-1:0]     next_q, scatter_addr;
  logic [LaneW-1:0]     lane_q, scatter_lane;
  logic [10:0]          stride_q, stride;
  logic [SlotW-1:0]     slot_q;
  logic                 last_q, scatter, busy;
  logic [Lanes*FpW-1:0] elements_q;
  logic [FpW-1:0]       scatter_data;

  assign busy         = left_q != '0;
  assign scatter      = scatter_valid_i || busy;
  assign scatter_addr = scatter_valid_i && first_i ? AddrW'(dst_i >> LaneW) : next_q;
  assign scatter_lane = scatter_valid_i ? dst_i[LaneW-1:0] : lane_q;
  assign scatter_data = scatter_valid_i ? data_i[FpW-1:0] : elements_q[FpW-1:0];
  assign stride       = scatter_valid_i ? stride_i : stride_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) left_q <= '0;
    else if (scatter_valid_i) left_q <= count_i - 1'b1;
    else if (busy) left_q <= left_q - 1'b1;
  end
  always_ff @(posedge clk_i) begin
    if (scatter) next_q <= scatter_addr + AddrW'(stride);
    if (scatter_valid_i) begin
      elements_q <= data_i >> FpW;
      lane_q     <= dst_i[LaneW-1:0];
      stride_q   <= stride_i;
      slot_q     <= slot_i;
      last_q     <= command_last_i;
    end else begin
      elements_q <= elements_q >> FpW;
    end
  end

  assign scattered_o      = scatter_valid_i ? command_last_i && count_i == CountW'(1) : last_q && left_q == CountW'(1);
  assign scattered_slot_o = scatter_valid_i ? slot_i : slot_q;

  // ---------------------------------------------------------------- port
  logic [FpW-1:0]   element;
  logic [LaneW-1:0] element_lane;
  logic [Lanes-1:0] element_strobe;

  assign element        = result_valid_i ? result_data_i : scatter_data;
  assign element_lane   = result_valid_i ? result_addr_i[LaneW-1:0] : scatter_lane;
  assign element_strobe = Lanes'(1) << element_lane;

  assign write_valid_o  = word_valid_i || scatter || result_valid_i;
  assign write_data_o   = word_valid_i ? data_i : {Lanes{element}};
  assign write_strobe_o = word_valid_i ? lanes_i : element_strobe;
  always_comb begin
    write_addr_o = AddrW'(dst_i);
    write_slot_o = slot_i;
    if (result_valid_i) begin
      write_addr_o = AddrW'(result_addr_i >> LaneW);
      write_slot_o = result_slot_i;
    end else if (scatter) begin
      write_addr_o = scatter_addr;
      write_slot_o = scattered_slot_o;
    end
  end

  logic unused;
  assign unused = &{1'b0, stride};

  // ---------------------------------------------------------------- promises
  always @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(word_valid_i && result_valid_i) && !(scatter && result_valid_i) && !(word_valid_i && scatter))
      else $fatal(1, "%m: two writes in one clock");
      assert (!(scatter_valid_i && busy))
      else $fatal(1, "%m: a word to scatter comes while another is being scattered");
    end
  end
endmodule
