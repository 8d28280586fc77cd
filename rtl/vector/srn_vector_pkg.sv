// What the vector unit's stages hand on: a word of elements with all that will be done to it, and the clocks it takes.
package srn_vector_pkg;
  // No module needs all of it.
  /* verilator lint_off UNUSEDPARAM */
  import srn_pkg::*;
  import srn_isa_pkg::*;

  localparam int CountW = 5;  // of the lanes of a word: 0 to 16

  // Clocks from the issue of a word (its addresses are at the memory) to its stages.
  localparam int AtX = 1;
  localparam int AtY = AtX + LatFpMul;
  localparam int AtF = AtY + LatFpAdd;
  localparam int AtZ = AtF + LatSpecial;
  localparam int AtOut = AtZ + LatFpMul;  // the result is written
  localparam int AtOutShort = AtOut - LatSpecial;  // where f is id: the special function is passed by

  // Clocks from the last word of a row at its output to the row's result. The sum is four levels of pairs, one
  // addition to a partial sum and two levels over those. The largest is a register a level of sixteen lanes and one for
  // the row; never less than a block takes, so that a command's results are its last writes.
  localparam int LatSum = 7 * LatFpAdd;
  localparam int LatMax = 5;
  localparam int LatBlock = LatQuantise + 1;

  // One word of a row. Elements lie in the lanes below count; those from keep on become -infinity.
  typedef struct packed {
    logic [SlotW-1:0] slot;
    logic a_imm;
    logic [2:0] x;
    logic [2:0] y;
    logic [1:0] y_op;
    logic [1:0] f;
    logic z;
    logic [31:0] imm;
    logic s_load;  // port B reads the word that holds s, not b
    logic [3:0] s_lane;
    logic [CountW-1:0] count;
    logic [CountW-1:0] keep;
    logic [15:0] col;  // of lane 0
    logic row_last;
    logic command_last;
    logic [2:0] out;
    logic [1:0] reduce;
    logic [19:0] dst;  // VMEM word, AMEM block, or (scatter) VMEM element of column 0
    logic [10:0] dst_row;  // scatter: words between columns
    logic [19:0] r;  // VMEM element of the row's result
  } vector_word_t;

  localparam int VectorWordW = $bits(vector_word_t);

endpackage
