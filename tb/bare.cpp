// tb/system.sv in a plain C++ loop, without cocotb: what simulation speed is measured against (tb/bare.py builds and runs it).
// Arguments: program beat, program length, then up to eight arguments of the program; the image comes by +image=FILE.
// Prints cycles from the doorbell to `end`, retired instructions, and seconds of processor time.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "Vtop.h"
#include "verilated.h"

// Offsets and bits as in models/registers.py; tests/test_bare.py holds them equal.
constexpr uint32_t CONTROL = 0x040, STATUS = 0x044, PROGRAM_ADDRESS = 0x054, PROGRAM_LENGTH = 0x058, ARG = 0x060;
constexpr uint32_t CONTROL_START = 1 << 0, CONTROL_IRQ_DONE = 1 << 8, CONTROL_IRQ_HALT = 1 << 9;
constexpr uint32_t STATUS_HALTED = 1 << 2;

static Vtop* top;
static uint64_t cycles = 0;

static void step() {
  Verilated::time(top->nextTimeSlot());
  top->eval();
}

// A rising edge and the falling edge after it, where inputs change and outputs are looked at. The clock is made in tb/system.sv.
static void tick() {
  step();
  step();
  ++cycles;
}

static void write(uint32_t address, uint32_t value) {
  bool address_moved = false, data_moved = false;
  top->s_axil_awaddr_i = address;
  top->s_axil_wdata_i = value;
  top->s_axil_wstrb_i = 0xf;
  top->s_axil_bready_i = 1;
  while (!address_moved || !data_moved) {
    top->s_axil_awvalid_i = !address_moved;
    top->s_axil_wvalid_i = !data_moved;
    top->eval();
    bool address_moves = top->s_axil_awvalid_i && top->s_axil_awready_o, data_moves = top->s_axil_wvalid_i && top->s_axil_wready_o;
    tick();
    address_moved |= address_moves;
    data_moved |= data_moves;
  }
  top->s_axil_awvalid_i = top->s_axil_wvalid_i = 0;
  for (bool moved = false; !moved;) {
    top->eval();
    moved = top->s_axil_bvalid_o;
    tick();
  }
}

static uint32_t read(uint32_t address) {
  top->s_axil_araddr_i = address;
  top->s_axil_rready_i = 1;
  for (bool moved = false; !moved;) {
    top->s_axil_arvalid_i = 1;
    top->eval();
    moved = top->s_axil_arready_o;
    tick();
  }
  top->s_axil_arvalid_i = 0;
  for (;;) {
    top->eval();
    uint32_t value = top->s_axil_rdata_o;
    bool moved = top->s_axil_rvalid_o;
    tick();
    if (moved) return value;
  }
}

int main(int argc, char** argv) {
  Verilated::commandArgs(argc, argv);
  top = new Vtop;
  // inputs start random, as all that nobody has set
  top->rate_i = top->latency_i = top->stall_i = top->seed_i = top->error_base_i = top->error_size_i = top->peek_addr_i = 0;
  top->load_i = top->dump_i = top->dump_beats_i = top->detail_i = top->detail_index_i = top->report_i = 0;
  top->s_axil_awvalid_i = top->s_axil_wvalid_i = top->s_axil_bready_i = top->s_axil_arvalid_i = top->s_axil_rready_i = 0;
  top->s_axil_awprot_i = top->s_axil_arprot_i = 0;
  top->rst_ni = 0;
  top->eval();
  for (int i = 0; i < 4; ++i) tick();
  top->rst_ni = 1;
  int plain = 0;
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] == '+') continue;
    uint32_t value = strtoul(argv[i], nullptr, 10);
    write(plain == 0 ? PROGRAM_ADDRESS : plain == 1 ? PROGRAM_LENGTH : ARG + 4 * (plain - 2), value);
    ++plain;
  }
  std::clock_t begun = std::clock();
  write(CONTROL, CONTROL_START | CONTROL_IRQ_DONE | CONTROL_IRQ_HALT);
  uint64_t first = cycles;
  while (!top->irq_o) tick();
  uint64_t spent = cycles - first;
  double seconds = double(std::clock() - begun) / CLOCKS_PER_SEC;
  bool halted = read(STATUS) & STATUS_HALTED;
  printf("%llu %u %.6f\n", static_cast<unsigned long long>(spent), top->retired_o, seconds);
  top->final();
  delete top;
  return halted;
}
