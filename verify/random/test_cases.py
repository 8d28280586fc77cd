"""The whole chip against the instruction-set simulator: the cases that verify/random/golden.py chooses, in one simulation.

A case begins with a reset; its programs run one after another, each compared instruction by instruction, in how it ends, and
in the memory that it leaves.
"""

import os
from pathlib import Path

import cocotb
from cocotb.triggers import FallingEdge

from tb import dram_presets
from tb.lockstep import RemoteLockstep
from tb.session import Request, Session
from tb.stream import clocks, parameter, start
from verify.random.case import Work

TOPLEVEL = "system"
PATIENCE = 500_000  # clocks without a batch of instructions or an interrupt
BUS = 6


class RemoteGolden(RemoteLockstep):
    def __init__(self, folder: Path):
        super().__init__(folder, module="verify.random.golden")

    def __getattr__(self, method):
        return lambda *arguments: self._call(method, *arguments)


async def prepare(session: Session, memory: dict) -> None:
    """The memory's settings, and a reset in which it takes them."""
    dut = session.dut
    Path("dram.txt").write_text(dram_presets.settings(memory["dram"], parameter("PortBytes")).text)
    for name in ("latency", "rate", "seed", "stall"):
        getattr(dut, f"{name}_i").value = memory[name]
    await session.reset()


async def perform(session: Session, golden: RemoteGolden, work: Work) -> tuple[tuple | None, str]:
    """Run the program; how it halted, or what ended it in its midst."""
    dut = session.dut
    if work.memory:
        await prepare(session, work.memory)
    await session.fill()
    dut.error_base_i.value, dut.error_size_i.value = work.error
    if work.detail is not None:  # the monitor counts on from the program before
        dut.detail_index_i.value = int(dut.retired_o.value) + work.detail
        dut.detail_i.value = 1
    request = Request(work.beat, work.length, work.args)
    ending = await session.run(request, golden, PATIENCE, until=work.clocks or None)
    aborted = ending.result is None and ending.halt is None
    if aborted and work.ending == "reset":
        await session.reset()
        await clocks(dut, 2)
        assert await session.status() == 0, "the status after a reset is not idle"
    elif not aborted and not (ending.halt and ending.halt[0] == BUS):
        await session.dump(parameter("MemoryBeats"))
        golden.same_memory(Path("dump.bin"))
    if ending.halt or aborted and work.ending == "clear":
        await session.clear()
        assert await session.status() == 0 and (await session.halt())[0] == 0, "the halt is left after a clear"
    return ending.halt, work.ending if aborted else ""


@cocotb.test()
async def cases(dut):
    """All of the order's cases agree with the golden model."""
    golden = RemoteGolden(Path(os.environ["SRN_RANDOM"]))
    await start(dut)
    session = Session(dut)
    session.image = Path(os.environ["SRN_RANDOM"]) / "image.bin"
    while (work := golden.next()) is not None:
        try:
            halt, aborted = await perform(session, golden, work)
        except AssertionError as failure:
            dut.detail_i.value = 0
            await clocks(dut, 2)
            await FallingEdge(dut.clk_o)
            golden.fail(failure, str(Path("detail.txt").resolve()))
        else:
            dut.detail_i.value = 0
            golden.passed(halt, aborted)
    golden.close()
