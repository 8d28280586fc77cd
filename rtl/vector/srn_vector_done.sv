// Gathers completions that may come in the same clock into one a clock. One that comes alone passes at once.
// Completions that wait leave lowest slot first; a slot cannot complete twice, so none waits longer than there are slots.
module srn_vector_done
  import srn_isa_pkg::*;
#(
    parameter int Sources = 2
) (
    input logic clk_i,
    input logic rst_ni,

    input logic [      Sources-1:0] valid_i,
    input logic [Sources*SlotW-1:0] slot_i,

    output logic             done_valid_o,
    output logic [SlotW-1:0] done_slot_o
);
  function automatic logic [SlotW-1:0] lowest(input logic [NumSlots-1:0] slots);
    for (int i = 0; i < NumSlots; i++) if (slots[i]) return SlotW'(i);
    return '0;
  endfunction

  logic [NumSlots-1:0] waiting_q, waiting;

  always_comb begin
    waiting = waiting_q;
    for (int i = 0; i < Sources; i++) begin
      if (valid_i[i]) waiting = waiting | NumSlots'(1) << slot_i[i*SlotW+:SlotW];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) waiting_q <= '0;
    else waiting_q <= waiting & (waiting - 1'b1);
  end

  assign done_valid_o = waiting != '0;
  assign done_slot_o  = lowest(waiting);
endmodule
