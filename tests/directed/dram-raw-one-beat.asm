# A load of the one beat that the store before it wrote. It failed with a bug planted in rtl/control/srn_window_slot.sv
# (meet_far: other_first < last), cut down from 934 instructions:
# profile memory, seed 1, case 1
# instruction 13, pc 13, cycle 1800: the RTL differs from the simulator
#   load dram=1803 vmem=4 cols=1 rows=1
#   vmem[row 0, col 0], VMEM element 0x4: expected 0x3e66f588 (0.225546), seen 0x3f25a17e (0.6469954)
#   1 of 1 elements differ
parameters PortBytes=8 Rows=2 Passes=2 VmemWords=128 AmemBlocks=64 ImemWords=512 StreamDepth=64 MemoryBeats=8192
memory dram=ideal latency=0 rate=0 seed=1 stall=0
data 1776684524

program beat=0
  load cols=1 rows=1
  scalar rd=r12 value=-653514
  store dram=1803 vmem=r12+653722 cols=1 rows=1
  load dram=1803 vmem=4 cols=1 rows=1
