// Writes a line into events.txt, in the run's folder, in the first clock in which a bit of now_i is high: Group|Item|bit.
module first_seen #(
    parameter Group = "",
    parameter Item = "",
    parameter int N = 1
) (
    input logic         clk_i,
    input logic         rst_ni,
    input logic [N-1:0] now_i
);
  logic [N-1:0] seen_q, fresh;
  integer file;

  assign fresh = now_i & ~seen_q;
  initial seen_q = '0;  // a reset forgets nothing

  /* verilator lint_off BLKSEQ */  // the handle lives for a moment
  always @(posedge clk_i) begin
    if (rst_ni && fresh != '0) begin
      file = $fopen("events.txt", "a");
      for (int i = 0; i < N; i++) if (fresh[i]) $fdisplay(file, "%0s|%0s|%0d", Group, Item, i);
      $fclose(file);
      seen_q <= seen_q | now_i;
    end
  end
  /* verilator lint_on BLKSEQ */
endmodule
