"""Every handshake of the slice stuck in mid-run, one after the other: the watchdog (tb/watchdog.sv) must name the unit that is to blame."""

import json
import os

import cocotb
import numpy as np
from cocotb.handle import Force, Release

from models import isa, registers
from tb.programs import config_of
from tb.session import Hang, Request, Session
from tb.stream import clocks, rng, start

TOPLEVEL = "system"
SIMULATORS = {"icarus": "Verilator keeps the wires that this bench holds to itself"}
PARAMETERS = [
    {
        "PortBytes": 8,
        "Rows": 2,
        "Passes": 2,
        "VmemWords": 128,
        "AmemBlocks": 64,
        "ImemWords": 512,
        "StreamDepth": 64,
        "MemoryBeats": 8192,
        "HangLimit": 300,
    }
]
NEVER_WAITS = {"s_axil_ar": "one access at a time; the registers' own bench lets it wait"}
HOST_STALL = 0.3  # of every AXI4-Lite channel
PATIENCE = 20_000

# wire, inside the unit that drives it where both sides of a stream look at it -> (value it sticks at, the unit to blame)
STUCK = {
    "u_slice.stream_cmd_ready": (0, "stream"),
    "u_slice.matrix_cmd_ready": (0, "matrix"),
    "u_slice.vector_cmd_ready": (0, "vector"),
    "u_slice.dma_cmd_ready": (0, "dma"),
    "u_slice.matrix_done_valid": (0, "matrix"),
    "u_slice.vector_done_valid": (0, "vector"),
    "u_slice.dma_done_valid": (0, "dma"),
    "u_slice.read_ready": (0, "vmem"),
    "u_slice.stream_read_valid": (0, "stream"),
    "u_slice.u_memory_port.stream_tag_ready": (0, "port"),
    "u_slice.stream_data_valid": (0, "port"),
    "u_slice.dma_read_valid": (0, "dma"),
    "u_slice.u_memory_port.dma_tag_ready": (0, "port"),
    "u_slice.dma_data_valid": (0, "port"),
    "u_slice.write_valid": (0, "dma"),
    "u_slice.write_ready": (0, "port"),
    "u_slice.write_data_valid": (0, "dma"),
    "u_slice.u_memory_port.u_write.beat_ready": (0, "port"),
    "u_slice.write_done_valid": (0, "port"),
    "u_slice.u_stream.u_buffer.read": (0, "stream"),
    "u_slice.u_matrix.kstep_valid": (0, "matrix"),
    "u_slice.operand_valid": (0, "matrix"),
    "u_slice.operand_ready": (0, "amem"),
    "u_slice.result_valid": (0, "matrix"),
    "u_slice.result_ready": (0, "vmem"),
    "u_slice.load_valid": (0, "dma"),
    "u_slice.load_ready": (0, "vmem"),
    "u_slice.store_ready": (0, "vmem"),
    "u_slice.tile_ready": (0, "amem"),
    "u_dram.arready_o": (0, "memory"),
    "u_dram.rvalid_o": (0, "memory"),
    "u_dram.awready_o": (0, "memory"),
    "u_dram.wready_o": (0, "memory"),
    "u_dram.bvalid_o": (0, "memory"),
}

# Every unit in turn, each instruction on what the one before has made, for ever.
PROGRAM = """
    load vmem=0 dram=4096 cols=64 rows=1
    vector out=mxint8 a=0 dst=0 cols=64 rows=1 outer=1
    matmul vmem=128 amem=0 dram=5000 outputs=16 depth=64 rows=1
    vector out=vmem a=128 x=imm imm=1073741824 dst=192 cols=16 rows=1 outer=1
    store vmem=192 dram=7000 cols=16 rows=1
    store_tile amem=0 dram=7100 count=1 ksteps=1
    read rd=5 vmem=192
    branch condition=eq target=0
"""


async def run_until_stuck(dut, session: Session, wire: str | None, value: int, at: int) -> Hang | None:
    """The program from a reset; `wire` sticks at `value` after `at` clocks, or nothing does."""
    program = [isa.assemble(line) for line in PROGRAM.strip().splitlines()]
    await session.reset()
    run = cocotb.start_soon(session.run(Request(0, len(program)), None, PATIENCE))
    await clocks(dut, at)
    if wire is None:
        assert not run.done()
        run.cancel()
        return None
    handle = dut
    for name in wire.replace("u_slice", "u_chip.u_slice").split("."):
        handle = getattr(handle, name)
    handle.value = Force(value)
    try:
        await run
    except Hang as hang:
        assert await session.status() & registers.STATUS_RUNNING, "the host is told that a chip that hangs does not run"
        return hang
    finally:
        handle.value = Release()
    raise AssertionError("the program without an end has ended")


@cocotb.test()
async def stuck_wires_are_named(dut):
    config = config_of(json.loads(os.environ["SRN_PARAMETERS"]))
    await start(dut)
    session, random = Session(dut, HOST_STALL), rng("stuck")
    image = np.zeros(PARAMETERS[0]["MemoryBeats"] * config.port_bytes, np.uint8)
    code = b"".join(isa.encode(isa.assemble(line)) for line in PROGRAM.strip().splitlines())
    image[: len(code)] = np.frombuffer(code, np.uint8)
    dut.latency_i.value = 20
    await session.fill(image)
    await run_until_stuck(dut, session, None, 0, 3000)

    wrong = []
    for wire, (value, unit) in STUCK.items():
        at = random.randrange(400, 1000)  # the first load is under way
        hang = await run_until_stuck(dut, session, wire, value, at)
        named = hang.links[-1].unit
        cocotb.log.info("%s stuck at %d: %s", wire, value, hang)
        if named != unit:
            wrong.append(f"{wire} is {unit}'s, and {named} was blamed")
    await session.reset()  # from the last of them
    cocotb.log.info("%d of %d hangs named", len(STUCK) - len(wrong), len(STUCK))
    assert len(STUCK) >= 20
    assert not wrong, "; ".join(wrong)
