"""Plays the streams of tb/dram_reference.py: streams.json of SRN_JOB in, shares.json out."""

import json
import os
from pathlib import Path

import cocotb

from tb import dram_bench
from tb.stream import parameter

TOPLEVEL = "dram_tb"


@cocotb.test()
async def streams(dut):
    """Each stream: memory, reads, writes, reads at a time -> share of the peak, and the statistics."""
    folder = Path(os.environ["SRN_JOB"])
    found = []
    for stream in json.loads((folder / "streams.json").read_text()):
        reads, writes = ([tuple(request) for request in stream[kind]] for kind in ("reads", "writes"))
        played = await dram_bench.play(
            dut, stream["memory"], parameter("PortBytes"), reads, writes, stream["outstanding"], 16
        )
        found.append({"share": played.share, "counts": played.counts})
    (folder / "shares.json").write_text(json.dumps(found))
