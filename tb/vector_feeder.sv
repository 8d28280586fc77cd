// Feeds a fixed-latency pipeline one vector a clock from inputs.bin and compares each result with expected.bin.
// Both files lie in the folder of the run, big-endian, without gaps; the bench (tb/vectors.py) writes them, raises go_i,
// and reads the counts when done_o rises. Python takes no part in a clock, so whole mantissas can be swept.
module vector_feeder #(
    parameter int InBytes = 4,   // of a vector
    parameter int OutBytes = 4,  // of a result
    parameter int Latency = 1,   // clocks from a vector to its result
    parameter int Vectors = 1    // as many as may come in one go
) (
    // pipeline
    output logic                  clk_o,
    output logic [InBytes*8-1:0]  in_o,
    input  logic [OutBytes*8-1:0] out_i,

    // bench
    input  logic                  go_i,
    output logic                  done_o,
    output logic [31:0]           compared_o,
    output logic [31:0]           mismatches_o,
    output logic [31:0]           first_o,  // index of the first mismatch, and what came instead
    output logic [OutBytes*8-1:0] got_o
);

  int inputs, answers, fed, bytes;
  logic more;
  logic [InBytes*8-1:0] vector;
  logic [OutBytes*8-1:0] expected;

  initial begin
    clk_o = 1'b0;
    forever #5 clk_o = !clk_o;
  end

  // Half a clock away from every sampling edge: what is driven here is taken at the next one.
  initial begin
    done_o = 1'b0;
    forever begin
      @(posedge go_i);
      done_o = 1'b0;
      inputs = $fopen("inputs.bin", "rb");
      answers = $fopen("expected.bin", "rb");
      if (inputs == 0 || answers == 0) $fatal(1, "%m: no inputs.bin or no expected.bin");
      fed = 0;
      compared_o = '0;
      mismatches_o = '0;
      first_o = '0;
      got_o = '0;
      more = 1'b1;
      while (more || int'(compared_o) < fed) begin
        @(negedge clk_o);
        if (int'(compared_o) + Latency == fed || !more) begin
          bytes = $fread(expected, answers);
          if (bytes != OutBytes) $fatal(1, "%m: expected.bin is short");
          if (out_i !== expected) begin
            if (mismatches_o == '0) begin
              first_o = compared_o;
              got_o = out_i;
            end
            mismatches_o = mismatches_o + 1;
          end
          compared_o = compared_o + 1;
        end
        if (more) begin
          bytes = $fread(vector, inputs);
          more = bytes == InBytes;
          if (more) begin
            in_o = vector;
            fed = fed + 1;
          end
        end
      end
      if (fed > Vectors) $fatal(1, "%m: %0d vectors, more than the bench announced", fed);
      $fclose(inputs);
      $fclose(answers);
      done_o = 1'b1;
    end
  end

endmodule
