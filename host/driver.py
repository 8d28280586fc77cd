"""One way to run a program, two back ends: the RTL under cocotb and the instruction-set simulator.

`run(job, backend)` takes a Job (a DRAM image and where the program is) and gives an Outcome (the memory afterwards, the
result, counters). The RTL back end compares every retired instruction with the simulator unless told otherwise.
"""

import json
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from host import timeline
from host.slots import Slots
from models import isa
from models.config import CONFIGS, Config
from models.simulator import Simulator
from tb import dram_presets, failure, runner, unwatched, wave_text

HOLE_BYTES = 1 << 20  # of zeros that are left out of an image's file
PATIENCE_CYCLES = 10_000_000  # without 64 retired instructions: longer than any of a layer that fits


@dataclass
class Job:
    """A program to run. `image` uint8 is the whole DRAM from beat 0; `slots` where it puts tokens, if it makes any.

    `sources`: the kernels that each instruction came from, for a trace.
    """

    config: Config
    image: np.ndarray
    program_beat: int
    program_length: int
    args: list[int] = field(default_factory=list)
    slots: Slots | None = None
    sources: list[str] | None = None


@dataclass
class Outcome:
    """What a run left: `memory` uint8 as Job.image, `result` of `end`, `halt` (cause, pc, address) or None."""

    memory: np.ndarray
    result: int | None
    halt: tuple[int, int, int] | None = None
    counters: dict[str, int] = field(default_factory=dict)
    compared: int = 0  # instructions held equal to the simulator
    seconds: float = 0.0  # of processor time that the RTL's simulation took, from doorbell to end
    elapsed: float = 0.0  # the same by the clock on the wall, the golden model's process beside it
    waves: Path | None = None
    said: str = ""  # of the waves: where they are and how to open them, or why there are none
    cut: bool = False  # at the end of the waves' window: neither memory nor counters then
    dram: dict[str, int] = field(default_factory=dict)  # statistics of a timed memory (docs/dram.md)


def run(
    job: Job,
    backend: str = "simulator",
    on_token: Callable[[int, dict], None] | None = None,
    on_step: Callable[[list, dict], None] | None = None,
    **options,
) -> Outcome:
    """Run a job on "simulator" or "rtl" (options: simulator, seed, waves, again, lockstep, watched, memory, latency of the ideal one, trace).

    `waves`, a tb.wave_text.Waves, says which cycles to write, and to what file; `again` is the command that a failure
    tells to repeat, before what it adds: the window of the waves. Without `waves`, WAVES=1 in the environment asks for all.

    Without `lockstep` nothing is compared; without `watched` there are no monitors either (tb/unwatched.py).

    `trace`, a path PATH.json, gets what each unit did when, and PATH.png a picture of it (host/timeline.py).

    `on_token(token id, counters)` is called for each token as it is made, `on_step([(sequence, token id), ...], counters)`
    for each step of a batch. Raises models.simulator.Halt or
    tb.runner.BenchError.
    """

    def made(step, counters):
        if on_step:
            on_step(step, counters)
        for _, token in step if on_token else ():
            on_token(token, counters)

    if backend == "simulator":
        return _run_on_simulator(job, made)
    return _run_on_rtl(job, made, **options)


def _run_on_simulator(job, on_step):
    slots = job.slots and Slots(**job.slots.parameters())

    def read(beat):
        first = beat * job.config.port_bytes
        return int(simulator.dram[first : first + 4].view("<u4")[0])

    def signalled(_):
        if slots:
            on_step(slots.take_step(read), {})

    simulator = Simulator(job.config, job.image.copy(), on_signal=signalled)
    result = simulator.run(job.program_beat, job.program_length, job.args)
    return Outcome(simulator.dram, result)


def parameters(config: Config, memory: str = "ideal") -> dict[str, int]:
    """The parameters of tb/system.sv for a configuration, and a memory whose channels may be more than are always built."""
    channels = dram_presets.settings(memory, config.port_bytes).channels
    return {
        "PortBytes": config.port_bytes,
        "Rows": config.rows,
        "Passes": config.passes,
        "VmemWords": config.vmem_words,
        "AmemBlocks": config.amem_blocks,
        "ImemWords": config.imem_words,
        "StreamDepth": config.stream_depth,
        "MemoryBeats": 0,  # all that an address can name
        **({"DramChannels": channels} if channels > dram_presets.BUILT else {}),
    }


def build(config: Config, simulator: str = "verilator", waves: bool = False, memory: str = "ideal") -> None:
    """Make the simulation of a configuration, if it is not made yet. Raises tb.runner.BenchError."""
    runner.build("system", simulator, parameters(config, memory), waves)


def write_image(path: Path, image: np.ndarray) -> None:
    """The file of an image, with holes where that is zero, so that empty caches of gigabytes cost no disc and no time."""
    with open(path, "wb") as file:
        file.truncate(image.size)
        for first in range(0, image.size, HOLE_BYTES):
            piece = image[first : first + HOLE_BYTES]
            if piece.any():
                file.seek(first)
                file.write(piece)


def plusargs(job: Job, folder: Path, memory: str, latency: int = 40) -> list[str]:
    """What tells the simulation its memory: contents to read and to leave, timings, statistics. Writes `folder`/dram.txt."""
    (folder / "dram.txt").write_text(dram_presets.settings(memory, job.config.port_bytes).text)
    files = {"image": "image.bin", "dump": "memory.bin", "dram": "dram.txt", "dram_stats": "dram_stats.txt"}
    return [f"+{name}={folder / file}" for name, file in files.items()] + [f"+dram_latency={latency}"]


def _run_on_rtl(
    job,
    on_step,
    simulator="verilator",
    seed=1,
    waves=None,
    again=None,
    lockstep=True,
    watched=True,
    memory="ideal",
    latency=40,
    folder=None,
    trace=None,
):
    assert CONFIGS[job.config.name] == job.config, "the RTL is built for a named configuration"
    trace = timeline.destination(trace) if trace else None
    waves = waves or (wave_text.Waves() if runner.waves_asked() else None)
    folder = Path(folder or runner.BUILD / "jobs" / f"{job.config.name}-{simulator}-{time.time_ns():x}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_image(folder / "image.bin", job.image)
    description = {
        "config": job.config.name,
        "program_beat": job.program_beat,
        "program_length": job.program_length,
        "args": list(map(int, job.args)),
        "slots": job.slots and job.slots.parameters(),
        "lockstep": lockstep,
        "patience": PATIENCE_CYCLES,
        "waves": waves is not None,
        "index": waves.index if waves else None,
        "sources": job.sources,
    }
    (folder / "job.json").write_text(json.dumps(description))
    progress = folder / "progress.jsonl"
    progress.touch()
    finished = threading.Event()
    reader = threading.Thread(target=_follow, args=(progress, finished, on_step))
    reader.start()
    lines = folder / "timeline.txt"
    arguments = plusargs(job, folder, memory, latency)
    if trace:
        arguments.append(f"+timeline={lines}")
    if waves:
        wave_text.write(folder / "text.hex", _program(job), job.sources, job.config.imem_words)
        arguments += [f"+wave_text={folder / 'text.hex'}", *waves.plusargs()]
    try:
        done = runner.build_and_run(
            "program",
            simulator,
            parameters(job.config, memory),
            waves=waves is not None,
            wave_file=waves.file if waves else None,
            seed=seed,
            plusargs=arguments,
            environment={"SRN_JOB": str(folder)},
            package="tb.runs",
            folders=runner.FOLDERS if watched else unwatched.folders(),
            again=(lambda log: f"{again} {wave_text.around(folder / 'failed.json', log)}") if again else None,
        )
    finally:
        finished.set()
        reader.join()
    result = json.loads((folder / "result.json").read_text())
    if result["cut"]:
        shutil.rmtree(folder)
        said = "\n".join([done.said, *failure.pictures(done.folder)])
        return Outcome(job.image, None, compared=result.get("compared", 0), waves=done.waves, said=said, cut=True)
    left = np.fromfile(folder / "memory.bin", np.uint8)[: job.image.size]
    dram = dram_presets.statistics(folder / "dram_stats.txt")
    if trace:
        timeline.write(trace, lines, _program(job), job.sources)
    shutil.rmtree(folder)
    halt = tuple(result["halt"]) if result["halt"] else None
    return Outcome(
        left,
        result["result"],
        halt,
        result["counters"],
        result.get("compared", 0),
        result["seconds"],
        result["elapsed"],
        waves=done.waves,
        said=done.said,
        dram=dram,
    )


def _program(job: Job) -> list[isa.Instruction]:
    first = job.program_beat * job.config.port_bytes
    code = job.image[first : first + job.program_length * isa.BYTES].tobytes()
    return [isa.decode(code[i : i + isa.BYTES]) for i in range(0, len(code), isa.BYTES)]


def _follow(path: Path, finished: threading.Event, on_step: Callable[[list, dict], None]) -> None:
    """Call on_step for each line that appears in the progress file, until finished."""
    with open(path) as lines:
        while True:
            last = finished.is_set()
            for line in iter(lines.readline, ""):
                entry = json.loads(line)
                on_step([tuple(made) for made in entry["step"]], entry["counters"])
            if last:
                return
            finished.wait(0.05)
