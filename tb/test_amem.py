"""Every port of the activation memory in every clock against an array: data, grants; reads of what is being written are frequent."""

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge

from tb.stream import parameter, rng, start
from tb.words import spread

BLOCKS = 16  # that are used, of however many
BLOCK_BITS = 264
PARAMETERS = [{"AmemBlocks": BLOCKS}, {"AmemBlocks": 16384}]
DEFINED_WHEN = {"dma_data_o": None, "matrix_data_o": None}  # from the first read on: compared in each clock
CLOCKS, DRAIN = 1500, 4  # in the last of them nobody asks for anything new


@cocotb.test()
@cocotb.parametrize(busy=[0.2, 0.6, 0.9])
async def all_ports(dut, busy):
    chance, blocks, out = rng("requests"), [None] * BLOCKS, None
    at = spread(BLOCKS, parameter("AmemBlocks"))
    await start(dut)
    matrix, near, compared, collisions, refused = None, 0, 0, 0, 0
    for clock in range(CLOCKS):
        eager = busy if clock < CLOCKS - DRAIN else 0.0
        if chance.random() < 0.3:
            near = chance.randrange(BLOCKS)
        # a few addresses more often than the others
        written, first, second = (near if chance.random() < 0.7 else chance.randrange(BLOCKS) for _ in range(3))
        filling = clock < BLOCKS
        write = (clock if filling else written, chance.getrandbits(BLOCK_BITS))
        writes = filling or chance.random() < eager
        dma = first if not filling and chance.random() < eager else None
        if matrix is None and not filling and chance.random() < eager:
            matrix = second
        dut.write_valid_i.value, dut.write_addr_i.value, dut.write_data_i.value = writes, at[write[0]], write[1]
        for port, wants in (("dma", dma), ("matrix", matrix)):
            getattr(dut, f"{port}_valid_i").value = wants is not None
            getattr(dut, f"{port}_addr_i").value = at[chance.randrange(BLOCKS) if wants is None else wants]
        await FallingEdge(dut.clk_i)

        assert int(dut.dma_ready_o.value) == 1
        assert bool(dut.matrix_ready_o.value) == (dma is None)
        if out is not None:
            assert int(dut.dma_data_o.value) == out and int(dut.matrix_data_o.value) == out
            compared += 1
        if writes:
            blocks[write[0]] = write[1]
        read = dma if dma is not None else matrix
        if read is not None:
            out = blocks[read]
            collisions += writes and read == write[0]
        refused += dma is not None and matrix is not None
        if dma is None:
            matrix = None
        await RisingEdge(dut.clk_i)
    assert compared > 1000 and collisions > 20 and refused > 20, (compared, collisions, refused)
    cocotb.log.info("%d blocks compared, %d while being written, %d times refused", compared, collisions, refused)
