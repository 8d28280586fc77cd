"""Runs one program on the whole chip (tb/system.sv), every retired instruction compared with the simulator.

The job is a folder named by SRN_JOB: job.json and image.bin in, result.json, progress.jsonl and memory.bin out (host/driver.py
writes and reads them). A difference is repeated at once, to name the first element (tb/session.py), unless waves are written:
then the words of the instruction that they show are listed on the way. What a failure's waves should show goes to failed.json:
{"index"} of the instruction, or {"cycle"}, that of the last sign of life, where there is none.
"""

import json
import os
import time
from pathlib import Path

import cocotb
from cocotb.triggers import FallingEdge

from host.slots import Slots
from models import registers
from models.config import CONFIGS
from tb.lockstep import Mismatch, RemoteLockstep
from tb.session import Request, Session
from tb.stream import start

TOPLEVEL = "system"


def append(path: Path, entry: dict) -> None:
    with open(path, "a") as lines:
        lines.write(json.dumps(entry) + "\n")


@cocotb.test()
async def program(dut):
    """The job of SRN_JOB, from doorbell to `end` or halt."""
    folder = Path(os.environ["SRN_JOB"])
    job = json.loads((folder / "job.json").read_text())
    config = CONFIGS[job["config"]]
    size = (folder / "image.bin").stat().st_size
    lockstep = RemoteLockstep(job["config"], folder / "image.bin", folder / "job.json") if job["lockstep"] else None
    request = Request(job["program_beat"], job["program_length"], job["args"])
    await start(dut)
    session = Session(dut)
    session.image, session.sources = folder / "image.bin", job["sources"]
    if job["waves"]:
        session.keep_program(request)  # an assertion that fires ends the simulation there
    slots = job["slots"] and Slots(**job["slots"])
    steps = 0

    async def token_in(beat: int) -> int:
        dut.peek_addr_i.value = beat
        for _ in range(2):
            await FallingEdge(dut.clk_o)
        return int(dut.peek_data_o.value) & 0xFFFFFFFF

    async def progress(status: int) -> None:
        nonlocal steps
        count = await session.host.read(registers.PROGRESS)
        if slots is None or count == steps:
            return
        snapshot = await session.counters()
        while steps < count:
            steps += 1
            tokens = {beat: await token_in(beat) for beat in slots.next_step()}
            append(folder / "progress.jsonl", {"step": slots.take_step(tokens.get), "counters": snapshot})

    if job["index"] is not None:
        session.list_words(job["index"])
    begun, seen = time.process_time(), time.perf_counter()
    try:
        ending = await session.run(request, lockstep, job["patience"], progress)
    except Mismatch as mismatch:
        (folder / "failed.json").write_text(json.dumps({"index": mismatch.index}))
        if mismatch.index == job["index"]:
            raise await session.listed(mismatch, request) from None
        if job["waves"]:
            raise
        raise await session.explain(mismatch, request, None, job["patience"]) from None
    except AssertionError:
        (folder / "failed.json").write_text(json.dumps({"cycle": session.seen}))
        raise
    seconds, elapsed = time.process_time() - begun, time.perf_counter() - seen
    result = {"halt": ending.halt, "result": ending.result, "cut": ending.cut, "seconds": seconds, "elapsed": elapsed}
    if not ending.cut:
        result["counters"] = await session.counters()
        await session.dump(size // config.port_bytes)
    if lockstep:
        result["compared"] = ending.compared
        if not ending.halt and not ending.cut:
            try:
                lockstep.same_memory(folder / "memory.bin")
            except Mismatch as mismatch:  # of the instruction that wrote there, which is all that waves can show
                (folder / "failed.json").write_text(json.dumps({"index": mismatch.index}))
                raise
        lockstep.close()
    (folder / "result.json").write_text(json.dumps(result))
