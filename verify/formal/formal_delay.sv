// srn_delay: what comes out is what went in Clocks clocks ago.
module formal_delay #(
    parameter int Width = 8,
    parameter int Clocks = 3
) (
    input logic             clk_i,
    input logic [Width-1:0] data_i
);
  logic [Width-1:0] data;
  logic [(Clocks+1)*Width-1:0] past_q;  // the newest lowest, one more than is looked at

  srn_delay #(
      .Width (Width),
      .Clocks(Clocks)
  ) u_delay (
      .clk_i,
      .data_i,
      .data_o(data)
  );

  logic [(Clocks+2)*Width-1:0] history;
  assign history = {past_q, data_i};

  always_ff @(posedge clk_i) past_q <= history[(Clocks+1)*Width-1:0];

  always @(posedge clk_i) begin
    assert (data == history[Clocks*Width+:Width])
    else $fatal(1, "what comes out is not what went in that many clocks ago");
    full: cover (data == '1);
  end
endmodule
