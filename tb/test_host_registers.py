"""srn_host_registers against a dict of registers and a list of counters: every address, random accesses with strobes and stalls on all five channels, the doorbell and its refusals, interrupts, and counters against sums taken beside them."""

import cocotb
from cocotb.triggers import FallingEdge, Timer

from models import registers as reg
from tb.stream import parameter, rng, start
from verify.groups import HOST_CHANNELS

PARAMETERS = [
    {
        "PortBytes": 32,
        "Rows": 16,
        "Passes": 2,
        "VmemWords": 16384,
        "AmemBlocks": 4096,
        "ImemWords": 300,
        "StreamDepth": 512,
        "NumSlices": 3,
        "NumEvents": 29,
    },
    {
        "PortBytes": 8,
        "Rows": 2,
        "Passes": 1,
        "VmemWords": 64,
        "AmemBlocks": 32,
        "ImemWords": 512,
        "StreamDepth": 64,
        "NumSlices": 1,
        "NumEvents": 1,
    },
]

OKAY, SLVERR = 0, 2
PATIENCE = 200
CONSTANTS = {
    reg.ID: lambda: reg.ID_VALUE,
    reg.VERSION: lambda: reg.VERSION_VALUE,
    reg.SLICES: lambda: parameter("NumSlices"),
    reg.PORT_BYTES: lambda: parameter("PortBytes"),
    reg.ROWS: lambda: parameter("Rows"),
    reg.PASSES: lambda: parameter("Passes"),
    reg.LANES: lambda: parameter("PortBytes") // 2,
    reg.VMEM_WORDS: lambda: parameter("VmemWords"),
    reg.AMEM_BLOCKS: lambda: parameter("AmemBlocks"),
    reg.IMEM_WORDS: lambda: parameter("ImemWords"),
    reg.STREAM_DEPTH: lambda: parameter("StreamDepth"),
    reg.NUM_EVENTS: lambda: parameter("NumEvents"),
}
PLAIN = [reg.PROGRAM_ADDRESS, reg.PROGRAM_LENGTH, *(reg.ARG + 4 * i for i in range(reg.NUM_ARGS))]
OTHERS = [reg.CONTROL, reg.STATUS, reg.CAUSE, reg.PC, reg.FAULT_ADDRESS, reg.RESULT, reg.PROGRESS]


class Bench:
    """The bus and the sequencer's side, a cycle at a time; counts the events of cycles that are `running`."""

    def __init__(self, dut, stall: float):
        self.dut, self.stall, self.random = dut, stall, rng("host")
        self.falling, self.settled = FallingEdge(dut.clk_i), Timer(1, unit="ns")
        self.starts = self.clears = 0
        self.running = 0
        self.events = False  # random ones
        self.counts = [0] * (2 + parameter("NumEvents"))
        self.history = [[*self.counts]]  # by number of running cycles
        self.arguments = self.program = None  # at the last start

    async def cycle(self) -> None:
        """Let the inputs settle, look, and go past the clock."""
        dut, random = self.dut, self.random
        instruction, events = (random.getrandbits(1), random.getrandbits(28)) if self.events else (0, 0)
        events &= (1 << parameter("NumEvents")) - 1
        dut.running_i.value, dut.instruction_i.value, dut.events_i.value = self.running, instruction, events
        await self.settled
        if self.running:
            for i, one in enumerate([1, instruction, *(events >> i & 1 for i in range(len(self.counts) - 2))]):
                self.counts[i] += one
            self.history.append([*self.counts])
        self.clears += int(dut.clear_o.value)
        if int(dut.start_o.value):
            self.starts += 1
            self.arguments = int(dut.arguments_o.value)
            self.program = int(dut.program_address_o.value), int(dut.program_length_o.value)
        await self.falling

    async def _move(self, channels: dict[str, dict[str, int]]) -> None:
        """Offer each channel's fields, each after a random wait, until all have moved."""
        waiting = {name: int(self.random.expovariate(1) * 4 * self.stall) for name in channels}
        for _ in range(PATIENCE):
            for name, fields in channels.items():
                valid = name in waiting and waiting[name] <= 0
                getattr(self.dut, f"s_axil_{name}valid_i").value = int(valid)
                for field, value in fields.items():
                    width = len(getattr(self.dut, f"s_axil_{field}_i"))
                    getattr(self.dut, f"s_axil_{field}_i").value = value if valid else self.random.getrandbits(width)
            await self.settled
            moved = [n for n in waiting if waiting[n] <= 0 and int(getattr(self.dut, f"s_axil_{n}ready_o").value)]
            await self.cycle()
            waiting = {name: left - 1 for name, left in waiting.items() if name not in moved}
            for name in moved:
                getattr(self.dut, f"s_axil_{name}valid_i").value = 0
            if not waiting:
                return
        raise AssertionError(f"{sorted(waiting)} not taken")

    async def _answer(self, channel: str, *fields: str) -> list[int]:
        """Take an answer after a random wait; it must stay as it is meanwhile."""
        offered = None
        for _ in range(PATIENCE):
            ready = self.random.random() >= self.stall
            getattr(self.dut, f"s_axil_{channel}ready_i").value = int(ready)
            await self.settled
            valid = int(getattr(self.dut, f"s_axil_{channel}valid_o").value)
            values = [int(getattr(self.dut, f"s_axil_{field}_o").value) for field in fields] if valid else None
            assert offered is None or values == offered, f"an answer changed from {offered} to {values}"
            offered = values
            await self.cycle()
            if valid and ready:
                getattr(self.dut, f"s_axil_{channel}ready_i").value = 0
                return values
        raise AssertionError(f"no answer on {channel}")

    async def write(self, address: int, value: int, strobe: int = 15) -> int:
        await self._move({"aw": {"awaddr": address}, "w": {"wdata": value, "wstrb": strobe}})
        return (await self._answer("b", "bresp"))[0]

    async def read(self, address: int) -> tuple[int, int]:
        """The value and the response."""
        await self._move({"ar": {"araddr": address}})
        value, response = await self._answer("r", "rdata", "rresp")
        return value, response

    async def good(self, address: int) -> int:
        value, response = await self.read(address)
        assert response == OKAY
        return value

    async def counters(self) -> list[int]:
        values = []
        for i in range(len(self.counts)):
            low = await self.good(reg.CYCLES + 8 * i)
            values.append(low | await self.good(reg.CYCLES + 8 * i + 4) << 32)
        return values


async def make(dut, stall: float) -> Bench:
    await start(dut)
    bench = Bench(dut, stall)
    await bench.falling
    return bench


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.5])
async def plain_registers(dut, stall):
    """Every address of the 4 KiB, then random accesses."""
    bench = await make(dut, stall)
    random = bench.random
    last = reg.CYCLES + 8 * (2 + parameter("NumEvents"))
    counters = set(range(reg.CYCLES, last, 4))
    model = dict.fromkeys(PLAIN, 0)
    for address in range(0, 4096, 4):
        readable = address in CONSTANTS or address in model or address in OTHERS or address in counters
        value, response = await bench.read(address + random.randrange(4))
        assert response == (OKAY if readable else SLVERR), f"{address:#x}"
        if address in CONSTANTS:
            assert value == CONSTANTS[address]()
        elif readable:
            assert value == 0
        if address in model:
            continue
        writable = address in (reg.CONTROL, reg.STATUS)
        assert await bench.write(address, random.getrandbits(32) & ~3) == (OKAY if writable else SLVERR), (
            f"{address:#x}"
        )
    assert not bench.starts and not bench.clears
    for _ in range(300):
        address = random.choice(PLAIN)
        if random.random() < 0.5:
            value, strobe = random.getrandbits(32), random.getrandbits(4)
            mask = sum(255 << 8 * i for i in range(4) if strobe >> i & 1)
            assert await bench.write(address, value, strobe) == OKAY
            model[address] = model[address] & ~mask | value & mask
        else:
            assert await bench.good(address) == model[address]
    assert await bench.write(reg.CONTROL, reg.CONTROL_START) == OKAY
    await bench.cycle()
    assert bench.starts == 1
    assert bench.arguments == sum(model[reg.ARG + 4 * i] << 32 * i for i in range(8))
    assert bench.program == (model[reg.PROGRAM_ADDRESS], model[reg.PROGRAM_LENGTH])


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.5])
async def reads_follow_each_other(dut, stall):
    """An address is offered while answers still wait: it waits in turn, and each answer is that of its own address."""
    bench = await make(dut, stall)
    random, waiting, compared, offered = bench.random, [], 0, None
    for clock in range(2000):
        if offered is None and clock < 1900 and random.random() >= stall:
            offered = random.choice(list(CONSTANTS))
        dut.s_axil_arvalid_i.value = int(offered is not None)
        dut.s_axil_araddr_i.value = random.getrandbits(12) if offered is None else offered
        ready = random.random() >= max(stall, 0.2)
        dut.s_axil_rready_i.value = int(ready)
        await bench.settled
        if int(dut.s_axil_rvalid_o.value) and ready:
            assert int(dut.s_axil_rdata_o.value) == CONSTANTS[waiting.pop(0)]()
            compared += 1
        if offered is not None and int(dut.s_axil_arready_o.value):
            waiting.append(offered)
            offered = None
        await bench.cycle()
    dut.s_axil_rready_i.value = 0
    assert not waiting and offered is None and compared > 300


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.5])
async def doorbell(dut, stall):
    """A start counts once; while running or halted it is refused and remembered; a clear wins over a start."""
    bench = await make(dut, stall)
    control, status = reg.CONTROL, reg.STATUS
    assert await bench.write(control, reg.CONTROL_START, strobe=14) == OKAY
    await bench.cycle()
    assert bench.starts == 0
    assert await bench.write(control, reg.CONTROL_START | reg.CONTROL_IRQ_HALT) == OKAY
    await bench.cycle()
    assert (bench.starts, bench.clears) == (1, 0)
    assert await bench.good(control) == reg.CONTROL_IRQ_HALT
    bench.running = 1
    assert await bench.good(status) == reg.STATUS_RUNNING
    await bench.write(control, reg.CONTROL_START)
    assert bench.starts == 1
    assert await bench.good(status) == reg.STATUS_RUNNING | reg.STATUS_REFUSED
    await bench.write(status, reg.STATUS_PENDING)
    assert await bench.good(status) == reg.STATUS_RUNNING | reg.STATUS_REFUSED
    await bench.write(status, reg.STATUS_REFUSED)
    assert await bench.good(status) == reg.STATUS_RUNNING
    bench.running, dut.halted_i.value = 0, 1
    dut.cause_i.value, dut.halt_pc_i.value, dut.fault_address_i.value = 5, 0xFEDC, 0x89ABCDEF
    await bench.write(control, reg.CONTROL_START)
    pending = reg.STATUS_IRQ_HALT
    assert await bench.good(status) == reg.STATUS_HALTED | reg.STATUS_REFUSED | pending
    assert [await bench.good(r) for r in (reg.CAUSE, reg.PC, reg.FAULT_ADDRESS)] == [5, 0xFEDC, 0x89ABCDEF]
    assert (bench.starts, bench.clears) == (1, 0)
    await bench.write(control, reg.CONTROL_START | reg.CONTROL_CLEAR)
    await bench.cycle()
    dut.halted_i.value = 0
    assert (bench.starts, bench.clears) == (1, 1)
    await bench.write(control, reg.CONTROL_START)
    await bench.cycle()
    assert (bench.starts, bench.clears) == (2, 1)


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.5])
async def interrupts(dut, stall):
    """Each of done, halt and progress: pending whether enabled or not, raised if enabled, until it is cleared; results latched."""
    bench = await make(dut, stall)
    random = bench.random
    bits = {"done": reg.STATUS_IRQ_DONE, "halt": reg.STATUS_IRQ_HALT, "progress": reg.STATUS_IRQ_PROGRESS}
    enables, pending, done, result, progress = 0, 0, False, 0, 0
    for _ in range(300):
        kind = random.choice([*bits, *bits, "enable", "enable", "acknowledge", "start"])
        if kind in bits:
            value = random.getrandbits(32)
            if kind == "halt":
                dut.halted_i.value = 1
                await bench.cycle()
                await bench.cycle()
                dut.halted_i.value = 0
            else:
                name = {"done": "result_i", "progress": "progress_value_i"}[kind]
                getattr(dut, f"{kind}_i").value, getattr(dut, name).value = 1, value
                await bench.cycle()
                getattr(dut, f"{kind}_i").value, getattr(dut, name).value = 0, random.getrandbits(32)
                result, progress = (value, progress) if kind == "done" else (result, value)
                done |= kind == "done"
            pending |= bits[kind]
        elif kind == "enable":
            enables = random.getrandbits(3) << 8
            await bench.write(reg.CONTROL, enables)
        elif kind == "start":
            await bench.write(reg.CONTROL, enables | reg.CONTROL_START)
            done = False
        else:
            acknowledged = random.getrandbits(3) << 8
            await bench.write(reg.STATUS, acknowledged)
            pending &= ~acknowledged
        await bench.settled
        assert int(dut.irq_o.value) == int(bool(pending & enables))
        await bench.cycle()
        assert await bench.good(reg.STATUS) == pending | reg.STATUS_DONE * done
        assert [await bench.good(reg.RESULT), await bench.good(reg.PROGRESS)] == [result, progress]


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.5])
async def counters(dut, stall):
    """Sums of random events, only while running, from zero at a start, all as they were when the low word of cycles was read."""
    bench = await make(dut, stall)
    for _ in range(3):
        bench.events = True
        bench.running = 0
        await bench.write(reg.CONTROL, reg.CONTROL_START)
        bench.counts = [0] * len(bench.counts)
        bench.history = [[*bench.counts]]
        assert await bench.counters() == bench.counts
        bench.running = 1
        for _ in range(bench.random.randint(1, 300)):
            await bench.cycle()
        seen = await bench.counters()
        assert seen == bench.history[seen[0]] and bench.counts[0] > seen[0] > 0
        bench.running = 0
        assert await bench.counters() == bench.counts
        assert bench.counts[0] > 0


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.3, 0.7])
async def channels_overlap(dut, stall):
    """The next access is offered while the last one's answer waits, reads beside writes, address and data in either order."""
    bench = await make(dut, stall)
    random, host = bench.random, {}
    written, read = PLAIN[2:6], [*PLAIN[6:], *CONSTANTS]
    model = dict.fromkeys(PLAIN, 0)
    reads, answers = [], []  # expected values, values seen
    writes = {"aw": [], "w": []}  # accepted
    responses = 0
    offers = {"aw": None, "w": None, "ar": None}  # fields on offer
    for _ in range(1500):
        for name, fields in offers.items():
            if fields is None and random.random() >= stall:
                fields = {
                    "aw": {"awaddr": random.choice(written), "awprot": random.getrandbits(3)},
                    "w": {"wdata": random.getrandbits(32), "wstrb": 15},
                    "ar": {"araddr": random.choice(read), "arprot": random.getrandbits(3)},
                }[name]
                offers[name] = fields
            getattr(dut, f"s_axil_{name}valid_i").value = int(fields is not None)
            for field, value in (fields or {}).items():
                getattr(dut, f"s_axil_{field}_i").value = value
        dut.s_axil_bready_i.value = int(random.random() >= stall)
        dut.s_axil_rready_i.value = int(random.random() >= stall)
        await bench.settled
        for name in ("aw", "w", "b", "ar", "r"):
            forth, back = ("i", "o") if name in offers else ("o", "i")
            valid = int(getattr(dut, f"s_axil_{name}valid_{forth}").value)
            ready = int(getattr(dut, f"s_axil_{name}ready_{back}").value)
            if valid or ready:
                host[name] = host.get(name, set()) | {"moves" if valid and ready else "stalls" if valid else "starves"}
            if not (valid and ready):
                continue
            if name == "ar":
                address = offers["ar"]["araddr"]
                reads.append(CONSTANTS[address]() if address in CONSTANTS else model[address])
            elif name == "r":
                assert int(dut.s_axil_rresp_o.value) == OKAY
                answers.append(int(dut.s_axil_rdata_o.value))
            elif name == "b":
                assert int(dut.s_axil_bresp_o.value) == OKAY
                responses += 1
            else:
                writes[name].append(offers[name])
            if name in offers:
                offers[name] = None
        await bench.cycle()
        assert responses <= min(map(len, writes.values())) and len(answers) <= len(reads)
    assert answers == reads[: len(answers)] and len(reads) - len(answers) <= 1 and len(answers) > 100
    assert responses > 100 and min(map(len, writes.values())) - responses <= 1
    for address, data in zip(writes["aw"], writes["w"]):
        model[address["awaddr"]] = data["wdata"]
    for channel, events in host.items():
        for event in events:
            HOST_CHANNELS.hit(channel=channel, event=event)
    await start(dut)  # what was under way is dropped
