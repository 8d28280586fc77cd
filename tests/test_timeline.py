"""The trace of a run on the RTL against what the simulator says was done, the chip's counters, and the format's documented fields; names of places."""

import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from host import driver
from host.causes import UNITS, Unexplained, causes
from host.cost import shares
from host.errors import SerranoError
from host.launch import WeightTensor, prepare_launch
from host.picture import close_up
from host.places import Places
from host.timeline import TRACKS, Event, Run, read
from host.trace import Trace, kernel
from models import isa
from models.config import CONFIGS
from models.simulator import Simulator
from tb import simulators

SIMULATORS = ["verilator"] + ["icarus"] * bool(simulators.find_icarus())
COMMANDS = ("load", "store", "store_tile", "matmul", "vector")
ROUNDS = 3


@kernel
def double(t: Trace, a, v):
    t.vector(v, v, mul=2.0)
    t.vector(v, a)


def rounds(t: Trace, x, weights, y):
    """Products of a vector that is doubled each round, so that every unit waits for another."""
    v, a, out = t.vmem(x.cols, x.rows), t.amem(x.cols, x.rows), t.vmem(y.cols, y.rows)
    t.load(v, x)
    with t.loop(ROUNDS):
        double(t, a, v)
        with t.kernel("product"):
            t.matmul(out, a, weights)
            t.store(y, out)
    with t.registers("element") as r:
        t.read(r, out.address)


@pytest.fixture(scope="module", params=SIMULATORS)
def traced(request, tmp_path_factory):
    """(job, outcome, trace, path) of the kernel on a simulator, with a memory that is not always there."""
    path = tmp_path_factory.mktemp("trace") / "rounds.json"
    rng = np.random.default_rng(3)
    inputs = [rng.normal(size=(2, 75)), WeightTensor(rng.normal(size=(45, 75)).astype(np.float32), "mxfp4")]
    job, _, _ = prepare_launch(rounds, inputs, [(2, 45)], CONFIGS["tiny"])
    outcome = driver.run(job, "rtl", simulator=request.param, trace=path)
    return job, outcome, json.loads(path.read_text()), path


def retired(job) -> list[tuple[int, str]]:
    """(pc, disassembly) of every instruction, by the simulator."""
    chip = Simulator(job.config, job.image.copy())
    chip.start(job.program_beat, job.program_length, job.args)
    found = []
    while chip.result is None:
        done = chip.step()
        found.append((done.pc, isa.disassemble(done.instruction)))
    return found


def of(trace: dict, category: str) -> list[dict]:
    return [event for event in trace["traceEvents"] if event.get("cat") == category]


def test_an_event_for_every_instruction_that_retired(traced):
    job, outcome, trace, _ = traced
    expected = retired(job)
    dispatched = sorted(of(trace, "dispatch"), key=lambda event: event["args"]["index"])
    assert [(e["args"]["pc"], e["args"]["instruction"]) for e in dispatched] == expected
    assert len(expected) == outcome.compared == outcome.counters["instructions"]
    commands = sorted(of(trace, "command"), key=lambda event: event["args"]["index"])
    assert [(e["args"]["index"], e["args"]["pc"]) for e in commands] == [
        (i, pc) for i, (pc, text) in enumerate(expected) if text.split()[0] in COMMANDS
    ]
    matmuls = [e["args"]["index"] for e in commands if e["args"]["instruction"].startswith("matmul")]
    assert sorted(e["args"]["index"] for e in of(trace, "requests")) == matmuls and len(matmuls) == ROUNDS


def test_in_an_order_that_can_be(traced):
    _, outcome, trace, _ = traced
    cycles = outcome.counters["cycles"]
    assert trace["otherData"]["cycles"] == cycles
    for event in of(trace, "command"):
        about, start = event["args"], event["ts"]
        assert 0 <= about["dispatched"] < start < start + event["dur"] <= about["done"] + 1 <= cycles, event
        assert about["waited"] == start - about["dispatched"] - 1
    for track in range(len(TRACKS)):
        spans = sorted(
            (e["ts"], e["ts"] + e["dur"]) for e in trace["traceEvents"] if e["ph"] == "X" and e["tid"] == track
        )
        assert spans and all(end <= start for (_, end), (start, _) in pairwise(spans)), TRACKS[track]
    for event in of(trace, "requests"):  # weights are asked for before they are taken
        matmul = next(e for e in of(trace, "command") if e["args"]["index"] == event["args"]["index"])
        assert event["ts"] < matmul["ts"]


def test_beats_are_the_counter_s(traced):
    _, outcome, trace, _ = traced
    per_product = -(-45 // 8) * -(-75 // 32) * 17
    beats = [e["args"]["beats"] for e in of(trace, "command") if "beats" in e["args"]]
    assert beats == [per_product] * ROUNDS
    assert sum(beats) == outcome.counters["stream_beat"]
    used = Counter()
    ends = [e["ts"] for e in trace["traceEvents"] if e["ph"] == "C" and e["name"] == "port reads %"]
    ends = [*ends[1:], outcome.counters["cycles"]]
    for name, counter in (
        ("weights taken %", "stream_beat"),
        ("port reads %", "read_beat"),
        ("port writes %", "write_beat"),
    ):
        shares = [e for e in trace["traceEvents"] if e["ph"] == "C" and e["name"] == name]
        for event, end in zip(shares, ends, strict=True):
            used[counter] += round(event["args"]["%"] * (end - event["ts"]) / 100)
        assert used[counter] == outcome.counters[counter]


def test_stalls_are_the_counter_s(traced):
    _, outcome, trace, _ = traced
    stalls = Counter()
    for event in of(trace, "dispatch"):
        stalls.update(event["args"]["stalled"])
    assert stalls["older"] > 0
    counted = {"window": "dispatch_window", "queue": "dispatch_queue", "older": "dispatch_drain"}
    assert {name: stalls[name] for name in counted} == {n: outcome.counters[c] for n, c in counted.items()}


def test_waits_and_places_are_named(traced):
    _, _, trace, _ = traced
    commands = of(trace, "command")
    products = [e["args"] for e in commands if e["name"] == "product matmul"]
    assert [e["source"] for e in products] == [f"rounds/product[{i}]" for i in range(ROUNDS)]
    quantised = next(e["args"]["index"] for e in reversed(commands) if e["args"]["source"] == "rounds/double[0]")
    stores = [e["args"]["index"] for e in commands if e["name"] == "product store"]
    # the first needs the activations that a vector quantises, the others the place that a store still reads
    assert [e["waited for"] for e in products] == [f"#{quantised} on vector: rounds/double[0]"] + [
        f"#{index} on dma store: rounds/product[{i}]" for i, index in enumerate(stores[:-1])
    ]


def test_the_format(traced):
    """Fields of the Trace Event Format: every event a phase, process and thread; complete ones a time, a length, a name; counters numbers."""
    trace = traced[2]
    assert trace["displayTimeUnit"] in ("ms", "ns")
    for event in trace["traceEvents"]:
        assert (
            event["ph"] in "XMC" and isinstance(event["pid"], int) and isinstance(event["tid"], int) and event["name"]
        )
        if event["ph"] == "M":
            assert event["name"] in ("process_name", "thread_name", "thread_sort_index") and len(event["args"]) == 1
        else:
            assert isinstance(event["ts"], int) and event["ts"] >= 0
        if event["ph"] == "X":
            assert (
                isinstance(event["dur"], int) and event["dur"] > 0 and event["cat"] and isinstance(event["args"], dict)
            )
        if event["ph"] == "C":
            assert all(isinstance(value, (int, float)) for value in event["args"].values())
    names = {e["tid"]: e["args"]["name"] for e in trace["traceEvents"] if e["name"] == "thread_name"}
    assert names == dict(enumerate(TRACKS))


def test_a_picture_lies_beside_it(traced):
    assert traced[3].with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_every_cycle_has_its_cause(traced):
    counters = traced[1].counters
    for unit in UNITS:
        assert sum(causes(counters, unit).values()) == counters["cycles"]
    found = causes(counters)
    assert (
        found["beat"] == counters["stream_beat"]
        and found["wait vector"] > 0
        and found["start"] > 0
        and found["sync"] > 0
    )


@pytest.mark.parametrize("event", ["stream_beat", "matrix_last", "idle_front", "read_wait"])
def test_a_cycle_without_cause_is_refused(traced, event):
    with pytest.raises(Unexplained):
        for unit in UNITS:
            causes(traced[1].counters | {event: traced[1].counters[event] + traced[1].counters["cycles"]}, unit)
    with pytest.raises(Unexplained, match="causes add up to"):
        causes(traced[1].counters | {"idle_outside": traced[1].counters["idle_outside"] - 1})


def test_the_line_of_make_sim_leaves_nothing_out(traced):
    for unit in UNITS:
        line = shares(causes(traced[1].counters, unit), traced[1].counters)
        said = [float(part.rpartition(" ")[2]) for part in line.split(", ")]
        assert sum(said) == pytest.approx(100, abs=0.05 * len(said)) and line.split(", ")[-1].startswith("rest ")


@pytest.mark.parametrize("kind, name", [("a", "load"), ("m", "matmul"), ("v", "vector")])
def test_a_command_that_starts_twice_is_refused(kind, name):
    lines = ["R", "C 3 0 5 0000 0 0 0", f"{kind} 4 5"]
    assert read(lines, [isa.make(name)]).events[0].taken == 4
    with pytest.raises(SerranoError, match="starts twice, in cycles 4 and 6"):
        read([*lines, f"{kind} 6 5"], [isa.make(name)])


def test_the_close_up_of_a_short_run_is_a_layer():
    """A loop of many short rounds is not what the picture is about."""

    def event(name: str, start: int, end: int) -> Event:
        return Event(0, 0, "vector", start, start=start, end=end, done=end, place=name)

    rounds = [event(f"prompt/embed[{i}]/row", 20 * i, 20 * i + 10) for i in range(50)]
    layers = [event(f"prompt/layer[{i}]/norm", 1000 + 900 * i, 1800 + 900 * i) for i in range(3)]
    run = Run(rounds + layers, cycles=4000)
    assert close_up(run) == ("prompt/layer[1] of token 0", 1900, 2700)


# ---------------------------------------------------------------- places, paths


@pytest.mark.parametrize("path, said", [("trace.txt", "is a .json file"), ("{file}/trace.json", "there is no folder")])
def test_a_path_that_cannot_be_is_said_before_the_run(tmp_path, path, said):
    (tmp_path / "file").touch()
    job, _, _ = prepare_launch(lambda t, x: t.vmem(4), [np.zeros(4)], [], CONFIGS["tiny"])
    with pytest.raises(SerranoError, match=said):
        driver.run(job, "rtl", trace=path.format(file=tmp_path / "file"))


def follow(instructions: list, sources: list[str], pcs: list[int]) -> list[str]:
    places = Places(instructions, sources)
    return [places.move(pc) for pc in pcs]


def test_rounds_of_nested_loops():
    code = [isa.make("scalar")] * 5
    code[3] = isa.make("branch", target=2)  # inside the kernel
    code[4] = isa.make("branch", target=1)  # round the kernel
    sources = ["all", "all/layer", "all/layer/sum", "all/layer/sum", "all"]
    assert follow(code, sources, [0, 1, 2, 3, 2, 3, 4, 1, 2, 3, 4]) == [
        "all", "all/layer[0]", "all/layer[0]/sum[0]", "all/layer[0]/sum[0]", "all/layer[0]/sum[1]", "all/layer[0]/sum[1]",
        "all#0", "all/layer[1]", "all/layer[1]/sum[0]", "all/layer[1]/sum[0]", "all#1",
    ]  # fmt: skip
