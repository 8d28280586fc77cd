// Contents of the test memory: the raw binary image file, zeros behind its end, and what has been written since. No ports:
// dram calls `find` or `find_to_write` and takes, or changes, pool[place].
//
// Backed sparsely. Pages of 4096 beats come into a pool from the image file when they are first touched; a page that is written stays there, another
// is dropped when its place is needed and read again when it is, so start-up costs nothing and an image may have any size. The file must stay as it
// is until the next load, which forgets every page. A run that writes more pages than the pool has ends and says so.
module dram_contents #(
    parameter int DataBytes = 16,   // of a beat
    parameter int IndexW    = 16,   // bits of a beat's address
    parameter int PoolPages = 1024  // a power of two
);
  localparam int DataW = DataBytes * 8;
  localparam int SizeW = $clog2(DataBytes);
  localparam int OffsetW = IndexW > 12 ? 12 : IndexW - 1;
  localparam int PageW = IndexW - OffsetW;
  localparam int PageBeats = 2 ** OffsetW;
  localparam int NumSlots = PoolPages < 2 ** (PageW + 1) ? PoolPages : 2 ** (PageW + 1);
  localparam int SlotW = $clog2(NumSlots);
  localparam int StepW = 30;  // $fseek takes 31 bits: 1 GiB at a time

  initial if (NumSlots < 2 || 2 ** SlotW != NumSlots) $fatal(1, "%m: PoolPages is a power of two, at least 2");

  // ---------------------------------------------------------------------------------------------- pool
  // Slot 0 belongs to no page: it stands for "not here", and a dump reads through it.
  bit [DataW-1:0] pool[0:NumSlots*PageBeats-1];
  bit [SlotW-1:0] slot_of[0:2**PageW-1];
  bit [PageW-1:0] page_of[0:NumSlots-1];
  bit written[0:NumSlots-1];
  bit [SlotW-1:0] slot, victim;
  bit [SlotW+OffsetW-1:0] place;  // in the pool
  int file;
  string image_name, dump_name;
  logic [DataW-1:0] word;  // of the module, not of its tasks, where Verilator clears it each clock

  // A page of the file into a slot. $fread puts the first byte highest: neighbours change places, then neighbouring pairs, and so on; a byte at a
  // time takes ten times as long.
  logic [DataW-1:0] low_half[SizeW];

  task automatic read_page(input bit [PageW-1:0] page, input bit [SlotW-1:0] target);
    logic [63:0] from;
    int bytes, first, failed;
    from  = 64'(page) << (OffsetW + SizeW);
    first = int'(target) << OffsetW;
    bytes = 0;
    if (file != 0) begin
      failed = $fseek(file, int'(from[StepW-1:0]), 0);
      for (int i = 0; i < int'(from >> StepW); i++) failed = failed | $fseek(file, 1 << StepW, 1);
      if (failed != 0) $fatal(1, "%m: byte %0d of %0s cannot be found", from, image_name);
      bytes = $fread(pool, file, first, PageBeats);
    end
    for (int i = 0; i < PageBeats; i++) begin
      word = pool[first+i];
      if (i << SizeW >= bytes) pool[first+i] = '0;
      else if (word != '0) begin
        for (int j = 0; j < SizeW; j++) word = (word & low_half[j]) << (8 << j) | (word >> (8 << j) & low_half[j]);
        if (i << SizeW > bytes - DataBytes) word = word & ~('1 << 8 * (bytes % DataBytes));  // half a beat at the end
        pool[first+i] = word;
      end
    end
  endtask

  // Makes `place` that of a beat.
  task automatic find(input bit [IndexW-1:0] beat);
    slot = slot_of[beat[IndexW-1:OffsetW]];
    if (slot == '0) begin
      for (int i = 0; i < NumSlots && (i == 0 || victim == '0 || written[victim]); i++) victim = victim + 1'b1;
      if (victim == '0 || written[victim]) $fatal(1, "%m: all %0d pages of the pool are written, and one more is needed: raise PoolPages", NumSlots - 1);
      if (slot_of[page_of[victim]] == victim) slot_of[page_of[victim]] = '0;
      slot = victim;
      slot_of[beat[IndexW-1:OffsetW]] = slot;
      page_of[slot] = beat[IndexW-1:OffsetW];
      read_page(beat[IndexW-1:OffsetW], slot);
    end
    place = {slot, beat[OffsetW-1:0]};
  endtask

  task automatic find_to_write(input bit [IndexW-1:0] beat);
    find(beat);
    written[slot] = 1'b1;
  endtask

  // ---------------------------------------------------------------------------------------------- files
  task automatic load;
    for (int i = 1; i < NumSlots; i++) begin
      if (slot_of[page_of[i]] == SlotW'(i)) slot_of[page_of[i]] = '0;
      written[i] = 1'b0;
    end
    if (file != 0) $fclose(file);
    file = $fopen(image_name, "rb");
    if (file == 0) $fatal(1, "%m: cannot read %0s", image_name);
  endtask

  task automatic dump(input bit [31:0] base, input bit [31:0] beats);
    int target;
    bit [IndexW-1:0] beat;
    target = $fopen(dump_name, "wb");
    if (target == 0) $fatal(1, "%m: cannot write %0s", dump_name);
    for (bit [31:0] i = 0; i < beats; i++) begin
      beat = IndexW'(base + i);
      slot = slot_of[beat[IndexW-1:OffsetW]];
      if (slot == '0 && (i == 0 || beat[OffsetW-1:0] == '0)) read_page(beat[IndexW-1:OffsetW], slot);
      word = pool[{slot, beat[OffsetW-1:0]}];
      for (int j = 0; j < DataBytes; j += 4) $fwrite(target, "%u", word[8*j+:32]);
    end
    $fclose(target);
  endtask

  initial begin
    file = 0;
    for (int i = 0; i < SizeW; i++) begin
      for (int j = 0; j < DataBytes; j++) low_half[i][8*j+:8] = {8{(j >> i) % 2 == 0}};
    end
    if (!$value$plusargs("dump=%s", dump_name)) dump_name = "dump.bin";
    if ($value$plusargs("image=%s", image_name)) load();
    else image_name = "image.bin";
  end
endmodule
