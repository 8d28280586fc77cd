"""The host's registers: byte offsets and bits, the one home for driver and benches (RTL: rtl/control/srn_host_registers.sv).

tests/test_registers.py holds the two equal.
"""

ID, ID_VALUE = 0x000, int.from_bytes(b"SRNO", "little")
VERSION, VERSION_VALUE = 0x004, 1
SLICES = 0x008
PORT_BYTES = 0x00C
ROWS = 0x010
LANES = 0x014
VMEM_WORDS = 0x018
AMEM_BLOCKS = 0x01C
IMEM_WORDS = 0x020
STREAM_DEPTH = 0x024
NUM_EVENTS = 0x028
PASSES = 0x02C

CONTROL = 0x040
CONTROL_START = 1 << 0  # doorbell; reads as zero
CONTROL_CLEAR = 1 << 1  # ends a halt or aborts a run, and wins over a start beside it; reads as zero
CONTROL_IRQ_DONE = 1 << 8
CONTROL_IRQ_HALT = 1 << 9
CONTROL_IRQ_PROGRESS = 1 << 10

STATUS = 0x044
STATUS_RUNNING = 1 << 0
STATUS_DONE = 1 << 1  # until the next start or clear
STATUS_HALTED = 1 << 2
STATUS_REFUSED = 1 << 3  # a start came while running or halted; write 1 to clear
STATUS_IRQ_DONE = 1 << 8  # pending interrupts; write 1 to clear
STATUS_IRQ_HALT = 1 << 9
STATUS_IRQ_PROGRESS = 1 << 10
STATUS_PENDING = STATUS_IRQ_DONE | STATUS_IRQ_HALT | STATUS_IRQ_PROGRESS

CAUSE = 0x048
PC = 0x04C
FAULT_ADDRESS = 0x050
PROGRAM_ADDRESS = 0x054  # beat
PROGRAM_LENGTH = 0x058  # instructions
ARG, NUM_ARGS = 0x060, 8
RESULT = 0x080
PROGRESS = 0x084

# 64-bit counters; reading the low word of CYCLES holds all, and the other words read what is held. All start at zero with
# each run and count its cycles. The order of EVENTS is that of the bits of events_i.
CYCLES = 0x100
INSTRUCTIONS = 0x108
EVENT = 0x110
EVENTS = (
    "dispatch_window",  # an instruction waits for a slot of the window
    "dispatch_queue",  # for room in its unit's queue
    "dispatch_drain",  # `read`, `signal` or `end` waits for older instructions
    "stream_beat",  # the matrix unit takes a beat of weights
    "stream_empty",  # it waits for one
    "read_beat",  # the port takes a beat from memory
    "write_beat",  # or sends one
    "matrix_busy",  # the matrix unit has a command
    "matrix_wait",  # it has, and waits for older instructions
    "vector_busy",
    "vector_wait",
    "dma_busy",  # of reads and writes, less the wait for the last response
    "matrix_operand",  # a beat waits for activations
    "matrix_drain",  # or for the results before it to leave
    # the causes of rtl/control/srn_causes.sv; host/causes.py adds them up
    "stream_first",  # of stream_empty: nothing had come yet of what was asked for
    "stream_unasked",  # of stream_empty: nothing was asked for
    "matrix_wait_vector",  # of matrix_wait: the vector unit is at work on it
    "matrix_wait_dma",  # of matrix_wait: or the dma unit
    "matrix_last",  # the matrix unit has no command, and its last words are on their way
    "idle_outside",  # it has none, since no program is being dispatched
    "idle_drain",  # or dispatch waits for older instructions
    "idle_full",  # or for room in window or queue
    "idle_front",  # or is busy with other instructions
    "vector_port",  # the vector unit leaves its slot to others, or to an earlier word's writes
    "vector_wait_matrix",  # of vector_wait: the matrix unit is at work on it
    "vector_wait_dma",  # of vector_wait: or the dma unit
    "read_wait",  # reads are in flight and no beat came
    "read_full",  # none is, for want of room in the weight stream's buffer
    "matrix_pass",  # none is taken, one taken before meets further rows
)
COUNTERS = {"cycles": CYCLES, "instructions": INSTRUCTIONS} | {name: EVENT + 8 * i for i, name in enumerate(EVENTS)}
