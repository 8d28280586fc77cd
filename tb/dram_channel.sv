// One DRAM channel, timing only: the controller's two queues, its first-ready scheduler and the state of 16 banks (4 groups of 4).
//
// Column accesses come in (push_*), at most one read and one write a clock; done_o says that a read's column command has been given: its data
// have come `CL + BL` clocks later. Writes are posted, nobody waits for them. At most one row and one column command a clock; where row and column
// commands share the pins (Shared) a column command goes first. docs/dram.md gives the rules; tb/dram_presets.py the numbers, which come by file
// (see configure), in clocks. With `log` in that file the commands go to dram_commandsN.txt, a line each: clock command bank row; tb/dram_checker.py
// checks them.
module dram_channel #(
    parameter int Channel = 0,
    parameter int TagW    = 10,
    parameter int RowW    = 24,
    parameter int ColumnW = 8
) (
    input logic clk_i,
    input logic rst_ni,
    input logic enable_i,

    // accesses; a bank is {bank in its group, group}
    input  logic               read_i,
    input  logic [        3:0] read_bank_i,
    input  logic [   RowW-1:0] read_row_i,
    input  logic [   TagW-1:0] read_tag_i,
    input  logic               write_i,
    input  logic [        3:0] write_bank_i,
    input  logic [   RowW-1:0] write_row_i,
    input  logic [ColumnW-1:0] write_column_i,
    output logic               read_room_o,     // for four at least, since the answer is two clocks old
    output logic               write_room_o,

    output logic            done_o,
    output logic [TagW-1:0] done_tag_o,

    // statistics since reset
    output logic [31:0] reads_o,
    output logic [31:0] writes_o,
    output logic [31:0] hits_o,         // column commands that found their row open, by another's activate
    output logic [31:0] activates_o,
    output logic [31:0] refreshes_o,
    output logic [31:0] turns_o         // changes of the data bus's direction
);
  localparam int QueueW = 6;
  localparam int Depth = 2 ** QueueW;
  localparam logic [1:0] RefreshOff = 2'd0;
  localparam logic [1:0] RefreshAllBank = 2'd2;

  // ---------------------------------------------------------------------------------------------- settings
  // In clocks: what JEDEC calls t..., with the sums already made: RTW, WTRS, WTRL and WRP are counted from command to command.
  logic [31:0] tRCD, tRCDWR, tRP, tRAS, tRC, tRRDS, tRRDL, tFAW, tCCDS, tCCDL, tRTP, tWRP, tRTW, tWTRS, tWTRL, tPPD, tCMD;
  logic [31:0] tREFI, tRFC, tRREFD, tREFREF;
  logic [31:0] postpone, patience, high, low, idle_wait;
  logic [1:0] refresh;
  logic shared, pairs;
  int log_file;

  task automatic configure;
    int file, fields, value;
    logic [95:0] name;
    string file_name;
    logic logged;
    refresh = RefreshOff;
    logged = 1'b0;
    if (!$value$plusargs("dram=%s", file_name)) file_name = "dram.txt";
    file = $fopen(file_name, "r");
    if (file != 0) begin
      fields = $fscanf(file, "%s %d", name, value);
      while (fields == 2) begin
        case (name)
          "tRCD": tRCD = value;
          "tRCDWR": tRCDWR = value;
          "tRP": tRP = value;
          "tRAS": tRAS = value;
          "tRC": tRC = value;
          "tRRDS": tRRDS = value;
          "tRRDL": tRRDL = value;
          "tFAW": tFAW = value;
          "tCCDS": tCCDS = value;
          "tCCDL": tCCDL = value;
          "tRTP": tRTP = value;
          "tWRP": tWRP = value;
          "tRTW": tRTW = value;
          "tWTRS": tWTRS = value;
          "tWTRL": tWTRL = value;
          "tPPD": tPPD = value;
          "tCMD": tCMD = value;
          "tREFI": tREFI = value;
          "tRFC": tRFC = value;
          "tRREFD": tRREFD = value;
          "tREFREF": tREFREF = value;
          "postpone": postpone = value;
          "patience": patience = value;
          "high": high = value;
          "low": low = value;
          "idle_wait": idle_wait = value;
          "refresh": refresh = 2'(value);
          "shared": shared = value != 0;
          "log": logged = value != 0;
          "pairs": pairs = value != 0;
          default: ;
        endcase
        fields = $fscanf(file, "%s %d", name, value);
      end
      $fclose(file);
    end
    if (log_file != 0) $fclose(log_file);
    log_file = 0;
    if (logged) log_file = $fopen($sformatf("dram_commands%0d.txt", Channel), "w");
  endtask

  // ---------------------------------------------------------------------------------------------- state
  // One process, as in tb/dram.sv: what leaves it is assigned non-blocking. Index 0 is for reads, 1 for writes. A set of a queue's entries is a
  // vector, an entry's age its distance from the head; times are those from which on a command is allowed.
  /* verilator lint_off BLKSEQ */
  logic [31:0] now;
  logic configured;

  logic [3:0] entry_bank[2*Depth];
  logic [RowW-1:0] entry_row[2*Depth];
  logic [TagW-1:0] entry_tag[2*Depth];  // of a write: its column
  logic [31:0] entry_time[2*Depth];
  logic [QueueW-1:0] head[2], tail[2];
  logic [QueueW:0] count[2];
  logic [Depth-1:0] waiting[2];
  logic [Depth-1:0] open_row[2];  // those whose row is open
  logic [Depth-1:0] ready[2];  // and may be read or written
  logic [Depth-1:0] in_bank[2*16];
  logic [Depth-1:0] in_group[2*4];

  logic [15:0] bank_open, bank_used;  // used since its activate
  logic [15:0] bank_ready[2];
  logic [RowW-1:0] bank_row[16];
  logic [31:0] bank_act[16], bank_pre[16];
  logic [31:0] group_act[4], group_column[2*4], act_any, pre_any, row_any, column_any[2];
  logic [31:0] window[4];  // the four-activate window
  logic [1:0] window_next;

  logic [3:0] opening_bank[16];  // activates on their way to being ready, in order
  logic [31:0] opening_time[16];
  logic [3:0] opening_next, opening_first[2];

  logic mode, direction;  // which queue is served; which way the bus last went
  logic [31:0] idle_clocks;

  logic [31:0] refresh_timer, refresh_owed, refresh_any;
  logic refreshing;  // a refresh is waiting for its banks to close
  logic [3:0] refresh_bank[2];
  logic [15:0] refresh_banks, refreshed;  // refreshed: in this round
  logic [1:0] stream_bank[4];  // of the last column command in the group

  logic [31:0] reads, writes, hits, activates, refreshes, turns;

  // ---------------------------------------------------------------------------------------------- helpers
  function automatic logic [QueueW-1:0] lowest(input logic [Depth-1:0] set);
    return QueueW'($countones((set & (~set + 1'b1)) - 1'b1));
  endfunction

  function automatic logic [QueueW-1:0] oldest(input logic [Depth-1:0] set, input logic [QueueW-1:0] first);
    logic [Depth-1:0] upper;
    upper = set & ({Depth{1'b1}} << first);
    return lowest(upper != '0 ? upper : set);
  endfunction

  // ---------------------------------------------------------------------------------------------- queues
  logic column_given, row_given;
  logic [QueueW-1:0] slot, used;
  logic [QueueW:0] index;
  logic [Depth-1:0] bit_of_slot, set;
  logic [3:0] bank;
  logic [1:0] group;
  logic [RowW-1:0] row_wanted;

  task automatic enter(input logic to, input logic [3:0] new_bank, input logic [RowW-1:0] new_row, input logic [TagW-1:0] tag);
    slot = tail[to];
    index = {to, slot};
    entry_bank[index] = new_bank;
    entry_row[index] = new_row;
    entry_tag[index] = tag;
    entry_time[index] = now;
    bit_of_slot = Depth'(1) << slot;
    waiting[to] = waiting[to] | bit_of_slot;
    in_bank[{to, new_bank}] = in_bank[{to, new_bank}] | bit_of_slot;
    in_group[{to, new_bank[1:0]}] = in_group[{to, new_bank[1:0]}] | bit_of_slot;
    if (bank_open[new_bank] && bank_row[new_bank] == new_row) begin
      open_row[to] = open_row[to] | bit_of_slot;
      set = Depth'(bank_ready[to] >> new_bank);
      if (set[0]) ready[to] = ready[to] | bit_of_slot;
    end
    tail[to] = tail[to] + 1'b1;
    count[to] = count[to] + 1'b1;
  endtask

  task automatic accept;
    if (read_i) enter(1'b0, read_bank_i, read_row_i, read_tag_i);
    if (write_i) begin
      // parts of one column access, written one after the other, become one
      slot  = tail[1] - 1'b1;
      index = {1'b1, slot};
      set   = waiting[1] >> slot;
      if (!set[0] || entry_bank[index] != write_bank_i || entry_row[index] != write_row_i || entry_tag[index] != TagW'(write_column_i))
        enter(1'b1, write_bank_i, write_row_i, TagW'(write_column_i));
    end
  endtask

  task automatic leave(input logic from);  // the entry of `slot`
    bit_of_slot = ~(Depth'(1) << slot);
    waiting[from] = waiting[from] & bit_of_slot;
    open_row[from] = open_row[from] & bit_of_slot;
    ready[from] = ready[from] & bit_of_slot;
    in_bank[{from, bank}] = in_bank[{from, bank}] & bit_of_slot;
    in_group[{from, group}] = in_group[{from, group}] & bit_of_slot;
    count[from] = count[from] - 1'b1;
    if (count[from] == '0) head[from] = tail[from];
    else head[from] = oldest(waiting[from], head[from]);
  endtask

  // A row that was opened can be read, or written, a while later.
  task automatic open_banks(input logic for_queue);
    index = '0;
    index[3:0] = opening_first[for_queue];
    if (index[3:0] != opening_next && opening_time[index[3:0]] + (for_queue ? tRCDWR : tRCD) <= now) begin
      bank = opening_bank[index[3:0]];
      bank_ready[for_queue] = bank_ready[for_queue] | 16'd1 << bank;
      ready[for_queue] = ready[for_queue] | (open_row[for_queue] & in_bank[{for_queue, bank}]);
      opening_first[for_queue] = opening_first[for_queue] + 1'b1;
    end
  endtask

  // ---------------------------------------------------------------------------------------------- commands
  function automatic logic [31:0] later(input logic [31:0] a, input logic [31:0] b);
    return a > b ? a : b;
  endfunction

  task automatic note(input logic [47:0] command, input logic [3:0] at, input logic [RowW-1:0] at_row);
    if (log_file != 0) begin
      $fwrite(log_file, "%0d %0s %0d %0d\n", now, command, at, at_row);
      $fflush(log_file);
    end
  endtask

  task automatic activate;  // `bank`, `row_wanted`
    bank_open = bank_open | 16'd1 << bank;
    bank_used = bank_used & ~(16'd1 << bank);
    bank_row[bank] = row_wanted;
    act_any = now + tRRDS;
    group_act[bank[1:0]] = now + tRRDL;
    window[window_next] = now + tFAW;
    window_next = window_next + 1'b1;
    bank_pre[bank] = now + tRAS;
    bank_act[bank] = now + tRC;
    opening_bank[opening_next] = bank;
    opening_time[opening_next] = now;
    opening_next = opening_next + 1'b1;
    for (int i = 0; i < 2; i++) begin
      set = in_bank[{i[0], bank}];
      while (set != '0) begin
        slot = lowest(set);
        if (entry_row[{i[0], slot}] == row_wanted) open_row[i] = open_row[i] | Depth'(1) << slot;
        set = set & (set - 1'b1);
      end
    end
    activates = activates + 1;
    row_given = 1'b1;
    note("ACT", bank, row_wanted);
  endtask

  task automatic close(input logic [3:0] which);
    bank_open = bank_open & ~(16'd1 << which);
    for (int i = 0; i < 2; i++) begin
      bank_ready[i] = bank_ready[i] & ~(16'd1 << which);
      open_row[i] = open_row[i] & ~in_bank[{i[0], which}];
      ready[i] = ready[i] & ~in_bank[{i[0], which}];
    end
    bank_act[which] = later(bank_act[which], now + tRP);
  endtask

  task automatic precharge(input logic [3:0] which);
    close(which);
    pre_any   = now + tPPD;
    row_given = 1'b1;
    note("PRE", which, '0);
  endtask

  // ---------------------------------------------------------------------------------------------- columns
  logic overdue;  // the oldest has waited long: its bank serves it next
  logic [Depth-1:0] candidates;

  task automatic give_column;
    column_given = 1'b0;
    done_o <= 1'b0;
    overdue = count[mode] != '0 && now - entry_time[{mode, head[mode]}] > patience;
    if (ready[mode] != '0 && column_any[mode] <= now && !(refreshing && refresh == RefreshAllBank)) begin
      candidates = ready[mode];
      for (int i = 0; i < 4; i++) begin
        if (group_column[{mode, 2'(i)}] > now) candidates = candidates & ~in_group[{mode, 2'(i)}];
      end
      if (refreshing) candidates = candidates & ~in_bank[{mode, refresh_bank[0]}] & ~in_bank[{mode, refresh_bank[1]}];
      if (overdue) begin
        slot = head[mode];
        candidates = candidates & (~in_bank[{mode, entry_bank[{mode, slot}]}] | Depth'(1) << slot);
      end
      if (candidates != '0) begin
        slot  = oldest(candidates, head[mode]);
        bank  = entry_bank[{mode, slot}];
        group = bank[1:0];
        column_any[mode] = now + tCCDS;
        group_column[{mode, group}] = now + tCCDL;
        if (mode) begin
          column_any[0] = now + tWTRS;
          for (int i = 0; i < 4; i++) if (2'(i) == group) group_column[i] = later(group_column[i], now + tWTRL);
          bank_pre[bank] = later(bank_pre[bank], now + tWRP);
          writes = writes + 1;
          note("WR", bank, entry_row[{mode, slot}]);
        end else begin
          column_any[1]  = now + tRTW;
          bank_pre[bank] = later(bank_pre[bank], now + tRTP);
          reads = reads + 1;
          done_o <= 1'b1;
          done_tag_o <= entry_tag[{mode, slot}];
          note("RD", bank, entry_row[{mode, slot}]);
        end
        if (direction != mode) turns = turns + 1;
        direction = mode;
        if ((bank_used & 16'd1 << bank) != '0) hits = hits + 1;
        bank_used = bank_used | 16'd1 << bank;
        stream_bank[group] = bank[3:2];
        leave(mode);
        column_given = 1'b1;
      end
    end
  endtask

  // ---------------------------------------------------------------------------------------------- rows
  // For a queue's entries whose row is not open, the oldest of each bank first: close the bank, once nothing in the queue wants the open row, or open it.
  task automatic give_row(input logic for_queue);
    set = waiting[for_queue] & ~open_row[for_queue];
    if (refreshing) set = set & ~in_bank[{for_queue, refresh_bank[0]}] & ~in_bank[{for_queue, refresh_bank[1]}];
    while (set != '0 && !row_given) begin
      slot = oldest(set, head[for_queue]);
      bank = entry_bank[{for_queue, slot}];
      group = bank[1:0];
      row_wanted = entry_row[{for_queue, slot}];
      set = set & ~in_bank[{for_queue, bank}];
      if ((bank_open & 16'd1 << bank) == '0) begin
        if (bank_act[bank] <= now && act_any <= now && group_act[group] <= now && window[window_next] <= now) activate();
      end else if (bank_pre[bank] <= now && pre_any <= now && (for_queue == mode || in_bank[{mode, bank}] == '0) &&
                   ((open_row[for_queue] & in_bank[{for_queue, bank}]) == '0 || (overdue && for_queue == mode && slot == head[mode])))
        precharge(bank);
    end
  endtask

  // ---------------------------------------------------------------------------------------------- refresh
  // Writes that gather want nothing before they are drained.
  function automatic logic [Depth-1:0] wanted(input logic [3:0] of_bank);
    return in_bank[{1'b0, of_bank}] | (mode ? in_bank[{1'b1, of_bank}] : '0);
  endfunction

  // Per bank: of the banks not yet refreshed in this round that nothing wants, the one that a rising stream left last, since it comes
  // back there last. The more is owed, the further from that; at the limit any.
  task automatic choose_refresh;
    for (int distance = 1; distance <= 4; distance++) begin
      for (int i = 0; i < 4; i++) begin
        bank = {stream_bank[i] - 2'(distance), 2'(i)};
        group = bank[1:0] ^ {pairs, 1'b0};
        if (!refreshing && (refreshed & 16'd1 << bank) == '0 && (refresh_owed >= postpone || (refresh_owed * 2 >= 32'(distance - 1) * postpone &&
            (wanted(bank) | wanted({bank[3:2], group})) == '0))) begin
          refreshing = 1'b1;
          refresh_bank[0] = bank;
          refresh_bank[1] = {bank[3:2], group};
          refresh_banks = 16'd1 << bank | 16'd1 << {bank[3:2], group};
        end
      end
    end
  endtask

  task automatic refresh_some;
    logic closed, allowed;
    if (refreshing) begin
      closed  = (bank_open & refresh_banks) == '0;
      allowed = 1'b1;
      for (int i = 0; i < 16; i++) begin
        if ((refresh_banks & 16'd1 << i) != '0) begin
          if (closed ? bank_act[i] > now : ((bank_open & 16'd1 << i) != '0 && bank_pre[i] > now)) allowed = 1'b0;
        end
      end
      if (closed) begin
        if (allowed && act_any <= now && refresh_any <= now) begin
          for (int i = 0; i < 16; i++) if ((refresh_banks & 16'd1 << i) != '0) bank_act[i] = now + tRFC;
          act_any = later(act_any, now + tRREFD);
          refresh_any = now + tREFREF;
          refreshed = refreshed | refresh_banks;
          if (refreshed == '1) refreshed = '0;
          refreshing = 1'b0;
          refresh_owed = refresh_owed - 1;
          refreshes = refreshes + 1;
          row_given = 1'b1;
          note(refresh == RefreshAllBank ? "REFAB" : "REFPB", refresh_bank[0], '0);
        end
      end else if (refresh == RefreshAllBank) begin
        if (allowed) begin
          for (int i = 0; i < 16; i++) close(4'(i));
          row_given = 1'b1;
          note("PREAB", '0, '0);
        end
      end else if (pre_any <= now) begin
        for (int i = 0; i < 2; i++) begin
          bank = refresh_bank[i];
          if (!row_given && (bank_open & 16'd1 << bank) != '0 && bank_pre[bank] <= now) precharge(bank);
        end
      end
    end
  endtask

  task automatic owe_refresh;
    refresh_timer = refresh_timer + 1;
    if (refresh_timer == tREFI) begin
      refresh_timer = '0;
      refresh_owed  = refresh_owed + 1;
    end
    if (refresh_owed != '0 && !refreshing) begin
      if (refresh == RefreshAllBank) begin
        refreshing = 1'b1;
        refresh_banks = '1;
      end else choose_refresh();
    end
  endtask

  // ---------------------------------------------------------------------------------------------- clock
  // The queues are rings: what is served from their middle leaves room only when all before it has gone, so writes are also drained when their
  // ring is full, and until it is no more than `high` long.
  task automatic choose_queue;
    idle_clocks = count[0] == '0 ? idle_clocks + 1 : '0;
    used = tail[1] - head[1];
    if (!mode) begin
      if (32'(count[1]) >= high || used >= QueueW'(Depth - 4) || (count[1] != '0 && idle_clocks >= idle_wait)) mode = 1'b1;
    end else if (count[1] == '0 || (count[0] != '0 && 32'(count[1]) <= low && 32'(used) <= high)) mode = 1'b0;
  endtask

  task automatic restart;
    now = '0;
    for (int i = 0; i < 2; i++) begin
      head[i] = '0;
      tail[i] = '0;
      count[i] = '0;
      waiting[i] = '0;
      open_row[i] = '0;
      ready[i] = '0;
      bank_ready[i] = '0;
      column_any[i] = '0;
      opening_first[i] = '0;
      refresh_bank[i] = '0;
    end
    for (int i = 0; i < 32; i++) in_bank[i] = '0;
    for (int i = 0; i < 8; i++) begin
      in_group[i] = '0;
      group_column[i] = '0;
    end
    for (int i = 0; i < 16; i++) begin
      bank_act[i] = '0;
      bank_pre[i] = '0;
    end
    for (int i = 0; i < 4; i++) begin
      group_act[i] = '0;
      window[i] = '0;
      stream_bank[i] = '0;
    end
    bank_open = '0;
    bank_used = '0;
    act_any = '0;
    pre_any = '0;
    row_any = '0;
    window_next = '0;
    opening_next = '0;
    mode = 1'b0;
    direction = 1'b0;
    idle_clocks = '0;
    refresh_timer = '0;
    refresh_owed = '0;
    refresh_any = '0;
    refreshing = 1'b0;
    refresh_banks = '0;
    refreshed = '0;
    reads = '0;
    writes = '0;
    hits = '0;
    activates = '0;
    refreshes = '0;
    turns = '0;
    done_o <= 1'b0;
    read_room_o <= 1'b0;
    write_room_o <= 1'b0;
  endtask

  initial begin
    log_file   = 0;
    configured = 1'b0;
  end

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      if (!configured) configure();
      configured = 1'b1;
      restart();
    end else configured = 1'b0;
    if (rst_ni && enable_i) begin
      now = now + 1;
      accept();
      open_banks(1'b0);
      open_banks(1'b1);
      choose_queue();
      if (refresh != RefreshOff) owe_refresh();
      give_column();
      row_given = 1'b0;
      if (row_any <= now && !(shared && column_given)) begin
        refresh_some();
        if (!row_given && !(refreshing && refresh == RefreshAllBank)) begin
          give_row(mode);
          if (!row_given && (mode ? 32'(count[1]) <= low + 4 : 32'(count[1]) + 4 >= high)) give_row(!mode);
        end
        if (row_given) row_any = now + tCMD;
      end
      used = tail[0] - head[0];
      read_room_o <= used < QueueW'(Depth - 4);
      used = tail[1] - head[1];
      write_room_o <= used < QueueW'(Depth - 4);
    end
  end

  /* verilator lint_on BLKSEQ */

  assign reads_o = reads;
  assign writes_o = writes;
  assign hits_o = hits;
  assign activates_o = activates;
  assign refreshes_o = refreshes;
  assign turns_o = turns;
endmodule
