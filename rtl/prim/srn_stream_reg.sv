// Register slice: two words deep, so that it passes a word every cycle and yet neither data, valid
// nor ready crosses it within a cycle. Latency is one cycle.
module srn_stream_reg #(
    parameter int Width = 8  // bits of a word
) (
    input logic clk_i,
    input logic rst_ni,

    // words in
    input  logic             in_valid_i,
    output logic             in_ready_o,
    input  logic [Width-1:0] in_data_i,

    // words out
    output logic             out_valid_o,
    input  logic             out_ready_i,
    output logic [Width-1:0] out_data_o
);
  initial if (Width < 1) $fatal(1, "%m: Width must be at least 1");

  // ---------------------------------------------------------------- control
  // The spare takes the word that arrives in the cycle in which the output first stalls.
  logic out_valid_q;
  logic spare_valid_q;
  logic take;
  logic advance;

  assign take    = in_valid_i && in_ready_o;
  assign advance = !out_valid_q || out_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) out_valid_q <= 1'b0;
    else if (advance) out_valid_q <= spare_valid_q || take;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) spare_valid_q <= 1'b0;
    else if (advance) spare_valid_q <= 1'b0;
    else if (take) spare_valid_q <= 1'b1;
  end

  assign in_ready_o  = !spare_valid_q;
  assign out_valid_o = out_valid_q;

  // ---------------------------------------------------------------- data
  logic [Width-1:0] out_data_q;
  logic [Width-1:0] spare_data_q;

  always_ff @(posedge clk_i) begin
    if (advance) out_data_q <= spare_valid_q ? spare_data_q : in_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (take) spare_data_q <= in_data_i;
  end

  assign out_data_o = out_data_q;

  // ---------------------------------------------------------------- promises
  logic             waited_q;
  logic [Width-1:0] waited_data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) waited_q <= 1'b0;
    else waited_q <= out_valid_o && !out_ready_i;
    waited_data_q <= out_data_o;
  end

  always @(posedge clk_i) begin
    if (rst_ni && waited_q) begin
      assert (out_valid_o && out_data_o == waited_data_q)
      else $fatal(1, "%m: an offered word was withdrawn or changed");
    end
    if (rst_ni) begin
      assert (!spare_valid_q || out_valid_q)
      else $fatal(1, "%m: the spare holds a word while the output is empty");
    end
  end
endmodule
