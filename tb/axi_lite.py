"""AXI4-Lite master on cocotb-bus: one access at a time, awake only while it lasts.

With probability `stall` it lets a cycle go by, before each offer and before it takes an answer.
"""

from cocotb.triggers import FallingEdge, RisingEdge
from cocotb_bus.drivers import BusDriver

from tb.stream import clock_of, rng

PATIENCE = 1000  # cycles that an access may take


class AxiLiteError(AssertionError):
    """An access was answered with an error; `response` is the AXI code."""

    def __init__(self, what: str, response: int):
        super().__init__(f"{what} was answered with response {response}")
        self.response = response


class AxiLiteMaster(BusDriver):
    """`read` and `write` of 32-bit registers over the ports `PREFIX_awaddr_i` and so on."""

    _TO_SLAVE = (
        "awvalid",
        "awaddr",
        "awprot",
        "wvalid",
        "wdata",
        "wstrb",
        "bready",
        "arvalid",
        "araddr",
        "arprot",
        "rready",
    )
    _FROM_SLAVE = ("awready", "wready", "bvalid", "bresp", "arready", "rvalid", "rdata", "rresp")
    _signals = {name: f"{name}_i" for name in _TO_SLAVE} | {name: f"{name}_o" for name in _FROM_SLAVE}

    def __init__(self, dut, prefix: str = "s_axil", stall: float = 0.0):
        self._stall, self._random = stall, rng(f"master {prefix}")
        super().__init__(dut, prefix, clock_of(dut))
        self._random = rng(f"{prefix} protection")  # means nothing here
        for name in self._TO_SLAVE:
            getattr(self.bus, name).value = 0

    def _stalls(self) -> bool:
        return self._stall > 0 and self._random.random() < self._stall

    async def _handshake(self, *channels: str) -> None:
        """Offer on each of the channels until each has moved."""
        waiting, offered = set(channels), set()
        for _ in range(PATIENCE):
            offered |= {channel for channel in channels if channel in waiting and not self._stalls()}
            for channel in offered:
                getattr(self.bus, f"{channel}valid").value = 1
            await FallingEdge(self.clock)
            moved = {channel for channel in offered if int(getattr(self.bus, f"{channel}ready").value)}
            await RisingEdge(self.clock)
            for channel in moved:
                getattr(self.bus, f"{channel}valid").value = 0
            waiting -= moved
            offered -= moved
            if not waiting:
                return
        raise AssertionError(f"AXI-Lite: {sorted(waiting)} not ready for {PATIENCE} cycles")

    async def _answer(self, channel: str, *fields: str) -> list[int]:
        for _ in range(PATIENCE):
            ready = not self._stalls()
            getattr(self.bus, f"{channel}ready").value = int(ready)
            await FallingEdge(self.clock)
            if ready and int(getattr(self.bus, f"{channel}valid").value):
                values = [int(getattr(self.bus, field).value) for field in fields]
                await RisingEdge(self.clock)
                getattr(self.bus, f"{channel}ready").value = 0
                return values
            await RisingEdge(self.clock)
        raise AssertionError(f"AXI-Lite: no answer on {channel} for {PATIENCE} cycles")

    async def write(self, address: int, value: int) -> None:
        """Write 32 bits. Raises AxiLiteError."""
        await RisingEdge(self.clock)
        self.bus.awaddr.value, self.bus.awprot.value = address, self._random.getrandbits(3)
        self.bus.wdata.value = value & 0xFFFFFFFF
        self.bus.wstrb.value = 0xF
        await self._handshake("aw", "w")
        (response,) = await self._answer("b", "bresp")
        if response:
            raise AxiLiteError(f"a write to {address:#x}", response)

    async def read(self, address: int) -> int:
        """Read 32 bits. Raises AxiLiteError."""
        await RisingEdge(self.clock)
        self.bus.araddr.value, self.bus.arprot.value = address, self._random.getrandbits(3)
        await self._handshake("ar")
        value, response = await self._answer("r", "rdata", "rresp")
        if response:
            raise AxiLiteError(f"a read of {address:#x}", response)
        return value
