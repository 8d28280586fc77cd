"""Every port of the vector memory in every clock against an array: data, grants, priorities and yield; collisions are frequent."""

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge

from tb.stream import numpy_rng, parameter, rng, start
from tb.words import pack, spread

WORDS = 16  # that are used, of however many
PARAMETERS = [
    {"PortBytes": 8, "VmemWords": WORDS},
    {"PortBytes": 32, "VmemWords": WORDS},
    {"PortBytes": 8, "VmemWords": 16384},
]
CLOCKS, DRAIN = 1500, 8  # in the last of them nobody asks for anything new
DEFINED_WHEN = dict.fromkeys(["a_data_o", "b_data_o", "share_data_o"])  # from the first read on: compared in each clock
READERS = ("a", "b", "share")
WRITERS = ("vector", "matrix", "dma")  # in the order of their rights


class Memory:
    """The model: reads see the write of their clock; what was read stays."""

    def __init__(self, words: int, lanes: int):
        self.words = np.zeros((words, lanes), np.uint32)
        self.out = {"a": None, "b": None}

    def clock(self, write: tuple | None, reads: dict[str, int]) -> None:
        if write is not None:
            address, data, strobe = write
            chosen = (strobe >> np.arange(self.words.shape[1]) & 1).astype(bool)
            self.words[address, chosen] = data[chosen]
        for port, address in reads.items():
            self.out[port] = pack(self.words[address], 32)


async def fill(dut, memory: Memory, lanes: int) -> None:
    """Through the dma port: nobody else is awake."""
    data_rng = numpy_rng("fill")
    for address, place in enumerate(spread(WORDS, parameter("VmemWords"))):
        data = data_rng.integers(0, 2**32, lanes, dtype=np.uint32)
        dut.dma_valid_i.value, dut.dma_addr_i.value = 1, place
        dut.dma_data_i.value, dut.dma_strobe_i.value = pack(data, 32), 2**lanes - 1
        memory.clock((address, data, 2**lanes - 1), {})
        await FallingEdge(dut.clk_i)
        assert dut.yield_o.value == 0, "from the first clock after reset"
        await RisingEdge(dut.clk_i)
    dut.dma_valid_i.value = 0


@cocotb.test()
@cocotb.parametrize(busy=[0.2, 0.6, 0.9])
async def all_ports(dut, busy):
    lanes = parameter("PortBytes") // 2
    at = spread(WORDS, parameter("VmemWords"))
    chance, data_rng, memory = rng("requests"), numpy_rng("data"), Memory(WORDS, lanes)
    await start(dut)
    await fill(dut, memory, lanes)

    offer = dict.fromkeys((*READERS, *WRITERS))  # what each port asks for; streams keep it until it is taken
    waited, compared, collisions, taken = False, 0, 0, dict.fromkeys(offer, 0)
    near = 0
    for clock in range(CLOCKS):
        eager = busy if clock < CLOCKS - DRAIN else 0.0
        if chance.random() < 0.3:
            near = chance.randrange(WORDS)
        for port in offer:
            if port in ("a", "b", "vector"):
                offer[port] = None
            if offer[port] is None and chance.random() < (eager / 2 if port == "matrix" else eager):
                address = near if chance.random() < 0.7 else chance.randrange(WORDS)
                data = data_rng.integers(0, 2**32, lanes, dtype=np.uint32)
                offer[port] = (address, data, chance.getrandbits(lanes))
        for port, wants in offer.items():
            valid = getattr(dut, "vector_write_i" if port == "vector" else f"{port}_valid_i")
            valid.value = wants is not None
            address, data, strobe = wants or (chance.randrange(WORDS), np.zeros(lanes, np.uint32), 0)
            getattr(dut, f"{port}_addr_i").value = at[address]
            if port in WRITERS:
                getattr(dut, f"{port}_data_i").value = pack(data, 32)
                getattr(dut, f"{port}_strobe_i").value = strobe
        await FallingEdge(dut.clk_i)

        writer = next((port for port in WRITERS if offer[port]), None)
        grants = {
            "share": offer["b"] is None,
            "matrix": offer["vector"] is None,
            "dma": offer["vector"] is None and offer["matrix"] is None,
        }
        assert {port: bool(getattr(dut, f"{port}_ready_o").value) for port in grants} == grants
        assert bool(dut.yield_o.value) == waited
        for port, copy in (("a", "a"), ("b", "b"), ("share", "b")):
            if memory.out[copy] is not None:
                assert int(getattr(dut, f"{port}_data_o").value) == memory.out[copy], f"port {port}"
                compared += 1

        reads = {"a": offer["a"], "b": offer["b"] or offer["share"]}
        reads = {port: wants[0] for port, wants in reads.items() if wants}
        write = offer[writer] if writer else None
        collisions += sum(address == write[0] for address in reads.values()) if write else 0
        memory.clock(write, reads)
        waited = any(offer[port] and not grants[port] for port in grants)
        for port, wants in offer.items():
            if wants and grants.get(port, True):
                taken[port] += 1
                offer[port] = None
        await RisingEdge(dut.clk_i)
    assert compared > 4000 and collisions > 100 and all(taken.values()), (compared, collisions, taken)
    cocotb.log.info("%d words compared, %d reads of what was being written, accesses %s", compared, collisions, taken)
