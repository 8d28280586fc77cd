"""Waveforms read back: what the save files list is there, lanes say what the simulator says was done, windows are as asked, and bad input costs a sentence."""

import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from host import driver, run
from host.launch import WeightTensor, prepare_launch
from host.trace import Trace, kernel
from models import isa, mx
from models.config import CONFIGS
from models.simulator import Simulator
from tb import runner, simulators, wave, wave_file, wave_layout, wave_viewers
from tb.wave_text import LENGTH, Waves, around, text
from verify import outcomes
from verify.reproduce import printed

SIMULATORS = ["verilator"] + ["icarus"] * bool(simulators.find_icarus())
COMMANDS = {"load": "dma", "store": "dma", "store_tile": "dma", "matmul": "matrix", "vector": "vector"}
PERIOD = 10
ROUNDS = 3
LONG = 24  # rounds, where a window is a part
MODEL = "checkpoints/serrano-py-2m"


@kernel
def product(t: Trace, v, a, out, weights, y):
    t.vector(v, v, mul=2.0)
    t.vector(v, a)
    t.matmul(out, a, weights)
    t.store(y, out)


def rounds(number: int):
    """A kernel: products of a vector that is doubled each round, so that every unit works."""

    def rounds(t: Trace, x, weights, y):
        v, a, out = t.vmem(x.cols, x.rows), t.amem(x.cols, x.rows), t.vmem(y.cols, y.rows)
        t.load(v, x)
        with t.loop(number):
            product(t, v, a, out, weights, y)
        with t.registers("element") as r:
            t.read(r, out.address)

    return rounds


def make_job(number: int = ROUNDS):
    rng = np.random.default_rng(3)
    inputs = [rng.normal(size=(2, 75)), WeightTensor(rng.normal(size=(45, 75)).astype(np.float32), "mxfp4")]
    return prepare_launch(rounds(number), inputs, [(2, 45)], CONFIGS["tiny"])[0]


class Waveform:
    """A file's variables by their path below `system`, times in cycles."""

    def __init__(self, file: Path):
        self.wave = wave_file.load(file)
        self.variables = {variable.path: variable for variable in wave_file.variables(file)}
        self.top = wave_layout.resolve([], self.variables.values(), "system")[0]
        to_ns = {"1ps": 1000, "1ns": 1}[f"{self.wave.timescale.factor}{self.wave.timescale.unit}"]
        self.cycle = PERIOD * to_ns

    def changes(self, path: str) -> list[tuple[int, int | str]]:
        return [(time // self.cycle, value) for time, value in wave_file.changes(self.wave, self.top + path)]

    def texts(self, lane: str) -> list[tuple[int, str]]:
        """(index, text) each time that the lane's index changes, less that of a reset."""
        said = dict(self.changes(f"u_lanes.{lane}_text"))
        times = sorted(said)
        found = []
        for time, index in self.changes(f"u_lanes.{lane}_index"):
            if not isinstance(index, str) and index != 0xFFFFFFFF:
                found.append((index, wave_file.text(said[max(t for t in times if t <= time)])))
        return found


@pytest.fixture(scope="module", params=SIMULATORS)
def waved(request, tmp_path_factory):
    """(simulator, job, outcome, waveform, file) of the kernel, all of it in the file."""
    file = tmp_path_factory.mktemp("waves") / runner.wave_file_name(request.param)
    job = make_job()
    outcome = driver.run(job, "rtl", simulator=request.param, waves=Waves(file))
    assert outcome.waves == file, outcome.said
    return request.param, job, outcome, Waveform(file), file


def retired(job) -> list[str]:
    """What a lane says of every instruction, by the simulator."""
    chip = Simulator(job.config, job.image.copy())
    chip.start(job.program_beat, job.program_length, job.args)
    found = []
    while chip.result is None:
        done = chip.step()
        found.append(text(done.instruction, job.sources[done.pc]))
    return found


# ---------------------------------------------------------------- lanes


def test_the_lanes_say_the_program_that_ran(waved):
    _, job, outcome, waveform, _ = waved
    expected = retired(job)
    assert waveform.texts("dispatch") == list(enumerate(expected)) and len(expected) == outcome.compared
    for unit in ("dma", "matrix", "vector"):
        commands = [(i, line) for i, line in enumerate(expected) if COMMANDS.get(line.split()[0]) == unit]
        assert waveform.texts(f"{unit}_done") == commands, unit
        assert waveform.texts(unit)[-len(commands) :] == commands, (
            unit
        )  # the program load is the first of the dma unit's
    products = [(i, line) for i, line in enumerate(expected) if line.startswith("matmul")]
    assert waveform.texts("stream") == products and len(products) == ROUNDS


def test_a_beat_is_a_transfer_and_names_its_burst(waved):
    _, _, outcome, waveform, _ = waved
    bursts = [wave_file.text(value) for _, value in waveform.changes("u_lanes.read_burst")]
    asked = [re.fullmatch(r"(stream|dma   ) ([0-9a-f]{10}) x([ \d]\d)", line).groups() for line in bursts if line]
    beats = [wave_file.text(value) for _, value in waveform.changes("u_lanes.read_beat")]
    given = [
        re.fullmatch(r"(stream|dma   ) ([0-9a-f]{10}) ([ \d]\d)/([ \d]\d)", line).groups() for line in beats if line
    ]
    assert len(given) >= outcome.counters["read_beat"] > 0
    for who in ("stream", "dma   "):
        expected = [
            (who, address, f"{beat:2}", length)
            for name, address, length in asked
            if name == who
            for beat in range(1, int(length) + 1)
        ]
        assert [beat for beat in given if beat[0] == who] == expected
    written = [wave_file.text(value) for _, value in waveform.changes("u_lanes.write_response")]
    answered = [re.fullmatch(r"okay   [0-9a-f]{10} x([ \d]\d)", line).group(1) for line in written if line]
    assert sum(map(int, answered)) == outcome.counters["write_beat"] > 0


def test_words_are_numbers(waved):
    """The words that the matrix unit writes, as the lanes split them, are those that its port carries."""
    _, job, _, waveform, _ = waved
    lanes = job.config.lanes
    whole = dict(waveform.changes("trace_matrix_data"))
    for lane in range(lanes):
        for time, value in waveform.changes(f"u_lanes.gen_word[{lane}].matrix_value"):
            if not isinstance(value, str) and not isinstance(whole.get(time), (str, type(None))):
                assert value == whole[time] >> 32 * lane & 0xFFFFFFFF


# ---------------------------------------------------------------- save files


def test_what_the_save_files_list_is_in_the_file(waved):
    _, job, _, waveform, file = waved
    groups = wave_layout.groups("system", job.config.port_bytes)
    top, shown, missing = wave_layout.resolve(groups, waveform.variables.values(), "system")
    assert missing == [] and len({group.name for group in groups}) == len(groups)
    listed = [signal.path for group in shown for signal in group.signals]
    surfer = re.findall(r"^variable_add (\S+)$", file.with_suffix(".sucl").read_text(), re.MULTILINE)
    assert surfer == [top + path for path in listed] and set(surfer) <= waveform.variables.keys()
    gtkwave = [line for line in file.with_suffix(".gtkw").read_text().splitlines() if line[0] not in "@[^-"]
    assert len(gtkwave) == len(listed)
    for line, path in zip(gtkwave, surfer, strict=True):
        alias, name, _, high = re.fullmatch(r"(?:\+\{(.*)\} )?(.*?)(\[(\d+):0\])?", line).groups()
        assert name == path and waveform.variables[path].width == int(high or 0) + 1
        assert alias == (re.sub(r".*(\[\d+\])\.(\w+)", r"\2\1", name) if "]." in name else None)


def test_every_unit_of_the_slice_is_shown_in_the_order_of_the_data():
    names = [group.name for group in wave_layout.groups("system", 8)]
    units = [name.removeprefix("u_") for name in wave_layout.instances("srn_slice")]
    assert set(units) <= set(names) and {f"u_{name}" for name in names} >= wave_layout.UNITS.keys()
    order = [names.index(name) for name in ("sequencer", "stream", "matrix", "vector", "dma", "memory_port")]
    assert order == sorted(order)


def test_the_commands_of_surfer_take_each_row_in_its_turn(waved):
    """Format and colour go to the row in focus: its letters are the count of the rows before it. A divider's name is one word."""
    rows = 0
    for before, line in pairwise(["", *waved[4].with_suffix(".sucl").read_text().splitlines()]):
        word, _, rest = line.partition(" ")
        assert "#" not in line and ";" not in line
        if word == "divider_add":
            assert re.fullmatch(r"\w+", rest)
        if word == "item_focus":
            assert before.startswith("variable_add") and rest == wave_viewers._alpha(rows - 1, 4) + "_"
        if word == "item_set_format":
            assert rest in {*wave_viewers.FORMATS.values(), *wave_layout.mappings()}
        rows += word in ("divider_add", "variable_add")


def test_stalls_have_their_colour_and_codes_their_words():
    shown = {s.path: s for g in wave_layout.groups("system", 8) for s in g.signals}
    matrix, run_ = f"{wave_layout.SLICE}.u_matrix", f"{wave_layout.SLICE}.u_sequencer.u_run"
    assert shown[f"{matrix}.wait_beat_o"].colour == "stall" and shown[f"{matrix}.beat_ready_o"].colour == "ready"
    assert shown[f"{run_}.state_q"].style == "srn_run_state_e" and shown[f"{run_}.cause_o"].style == "cause"
    assert shown[f"{wave_layout.SLICE}.u_vector.cmd_i.reduce"].style == "reduce_e"
    assert shown[f"{wave_layout.SLICE}.u_dma.cmd_i.kind"].style == "dma_kind_e"
    assert wave_layout.mappings()["srn_run_state_e"][1][5] == "Halted"
    assert wave_layout.mappings()["cause"][1][6] == "Bus"


def test_mappings_are_written_for_both_viewers(waved):
    folder = waved[4].parent
    for name, (bits, texts, _) in wave_layout.mappings().items():
        surfer = (folder / ".surfer" / "mappings" / name).read_text().splitlines()
        assert surfer[:2] == [f"Name: {name}", f"Bits: {bits}"]
        rows = [re.fullmatch(r'([01]+) "([^"]*)"( \w+)?', row).groups() for row in surfer[2:]]
        filters = [row.split(" ", 1) for row in (folder / "gtkwave" / f"{name}.txt").read_text().splitlines()]
        assert [(int(row[0], 2), row[1]) for row in rows] == list(texts.items()) and all(
            len(r[0]) == bits for r in rows
        )
        assert [(int(code, 2), re.sub(r"^\?\w+\?", "", word)) for code, word in filters] == list(texts.items())


def test_the_small_formats_are_the_models_numbers():
    numbers = {
        name: {code: float(word) for code, word in wave_layout.mappings()[name][1].items()}
        for name in ("fp4", "mxint8")
    }
    one = np.uint8(mx.SCALE_BIAS)
    codes = np.arange(16).repeat(mx.BLOCK).reshape(16, mx.BLOCK)
    fp4 = mx.dequantise_fp4(codes, np.full(16, one)).view(np.float32)[:, 0]
    assert [numbers["fp4"][code] for code in range(16)] == fp4.tolist()
    int8 = mx.dequantise_int8(np.arange(256, dtype=np.uint8).view(np.int8).reshape(8, mx.BLOCK), np.full(8, one))
    assert [numbers["mxint8"][code] for code in range(256)] == int8.view(np.float32).reshape(-1).tolist()
    scales = wave_layout.mappings()["e8m0"][1]
    assert scales[0xFF] == "NaN" and all(scales[code] == f"2^{code - 127}" for code in range(255))


def test_the_filter_process_answers_line_for_line():
    values = np.array([1.0, -2.5, 3.4028235e38, 1e-45], np.float32)
    block = np.arange(-16, 16, dtype=np.int8)
    lines = [
        f"{int.from_bytes(values.tobytes(), 'little'):032x}",
        "3f8000xx",
        "7fc00000",
        f"{127:02x}{block.tobytes()[::-1].hex()}",
        "ff",
    ]
    said = subprocess.run(
        [wave_viewers.PROCESS], check=True, input="\n".join(lines) + "\n", capture_output=True, text=True
    ).stdout.splitlines()
    assert [np.float32(word) for word in said[0].split()] == values.tolist()
    assert said[1:3] == ["3f8000xx", "nan"] and said[4] == "ff"
    assert [float(word) for word in said[3].split()] == [float(f"{value / 64:.4g}") for value in block]


# ---------------------------------------------------------------- windows


def test_the_window_of_an_instruction(waved, tmp_path):
    """In mid-program: dispatch and completion are in it, with some before and little behind, and the run ends with it."""
    job, file = make_job(LONG), tmp_path / "part.fst"
    expected = retired(job)
    index = [i for i, line in enumerate(expected) if line.startswith("matmul")][LONG // 2]
    outcome = driver.run(job, "rtl", simulator=waved[0], waves=Waves(file, index=index))
    assert outcome.cut and outcome.waves == file and index < outcome.compared < len(expected), outcome.said
    part = Waveform(file)
    assert (index, expected[index]) in part.texts("matrix_done")
    dispatched = [i for i, _ in part.texts("dispatch")]
    assert index - 33 <= dispatched[0] < index - 16 and index < dispatched[-1] < len(expected) - 1


def test_the_window_of_cycles(waved, tmp_path):
    simulator, job, _, whole, _ = waved
    first, last = 400, 700
    outcome = driver.run(job, "rtl", simulator=simulator, waves=Waves(tmp_path / "part.fst", first, last))
    assert outcome.cut and outcome.waves, outcome.said
    times = [time for time, _ in Waveform(tmp_path / "part.fst").changes("clk_o")]
    assert abs(min(times) - first) <= 1 and last <= max(times) <= last + 8
    part, all_of_it = Waveform(tmp_path / "part.fst"), dict(whole.changes("retired_o"))
    for time, value in part.changes("retired_o")[1:]:
        assert all_of_it[time] == value


# ---------------------------------------------------------------- bad input


def test_a_full_disc_costs_the_waves_and_nothing_else(waved):
    simulator, job, outcome, _, _ = waved
    full = driver.run(job, "rtl", simulator=simulator, waves=Waves(Path("/dev/full")))
    assert full.waves is None and full.said.startswith("no waves: /dev/full")
    assert full.compared == outcome.compared and np.array_equal(full.memory, outcome.memory)


def test_a_window_that_is_never_reached_is_told(waved, tmp_path):
    simulator, job, outcome, _, _ = waved
    late = driver.run(job, "rtl", simulator=simulator, waves=Waves(tmp_path / "late.fst", 10**8))
    assert late.waves is None and "ended before their first cycle" in late.said and late.compared == outcome.compared


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--around", "7"], "WAVES=1 is missing"),
        (["--waves", "1", "--from", "x"], "FROM=x is not a number"),
        (["--waves", "1", "--from", "9", "--to", "3"], "there is no cycle from FROM=9 to TO=3"),
        (["--waves", "1", "--from", "9", "--around", "3"], "do not go with it"),
        (["--waves", "no/such/folder/waves.fst"], "is not a file that can be made"),
        (["--waves", "1", "--sim", "iss"], "SIM=iss has no signals"),
    ],
)
def test_a_sentence_for_what_cannot_be(given, sentence, capsys):
    assert run.main(["--model", MODEL, *given]) == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said and said.count("\n") == 0


def test_no_waves_no_viewer_no_display(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(wave.runner, "BUILD", tmp_path)
    assert wave.main() == 1 and "no waves yet" in capsys.readouterr().err
    assert wave.main([str(tmp_path / "none.fst")]) == 1 and "there is no file" in capsys.readouterr().err
    (tmp_path / "run" / "a").mkdir(parents=True)
    file = tmp_path / "run" / "a" / "waves.fst"
    file.write_bytes(b"half")
    assert wave.main() == 1 and "is not a whole waveform" in capsys.readouterr().err


def test_without_a_viewer_or_a_display_the_commands_are_printed(waved, monkeypatch, capsys):
    file = waved[4]
    monkeypatch.setenv("PATH", "")
    assert wave.main([str(file)]) == 0
    said = capsys.readouterr().out
    assert f"cd {file.parent} && gtkwave --rcvar 'do_initial_zoom_fit yes' waves.gtkw" in said
    assert f"cd {file.parent} && surfer --command-file waves.sucl" in said


def test_a_viewer_starts_in_the_folder_and_finds_all_that_the_save_files_name(waved, monkeypatch, tmp_path):
    """A viewer of our own stands in: it is called with the name, where every relative path leads to a file."""
    file = waved[4]
    viewer = tmp_path / "gtkwave"
    viewer.write_text('#!/bin/sh\npwd > "$0.log"\nprintf "%s\\n" "$@" >> "$0.log"\n')
    viewer.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(wave.shutil, "which", lambda name: str(viewer) if name == "gtkwave" else None)
    monkeypatch.setenv("DISPLAY", ":0")
    assert wave.main([str(file)]) == 0
    given = ["--rcvar", "do_initial_zoom_fit yes", "waves.gtkw"]
    assert (tmp_path / "gtkwave.log").read_text().splitlines() == [str(file.parent), *given]
    saved = file.with_suffix(".gtkw").read_text()
    named = {
        *re.findall(r"^\^>?\d+ (\S+)$", saved, re.MULTILINE),
        *re.findall(r'^\[dumpfile\] "(.*)"$', saved, re.MULTILINE),
    }
    named |= set(re.findall(r"^load_file (\S+)$", file.with_suffix(".sucl").read_text(), re.MULTILINE))
    assert len(named) > 5 and all((file.parent / name).is_file() for name in named)


def test_a_long_text_is_cut_and_says_so():
    line = text(isa.make("end", ra=1), "x" * 300)
    assert len(line) == LENGTH and line.endswith("...")


# ---------------------------------------------------------------- a failure brought back


def test_a_failure_names_what_shows_it(tmp_path):
    failed = tmp_path / "failed.json"
    assert around(failed) == "WAVES=1"
    failed.write_text('{"index": 812}')
    assert around(failed) == "WAVES=1 AROUND=812"
    failed.write_text('{"cycle": 7000}')
    assert around(failed) == "WAVES=1 FROM=2000 TO=12000"


# ---------------------------------------------------------------- a planted failure

SOURCE = "  srn_vmem #("
COUNT = """  int planted;
  logic plants;
  assign plants = result_valid && result_ready && planted == PLACE;
  always_ff @(posedge clk_i) planted <= !core_rst_n ? 0 : planted + 32'(result_valid && result_ready);
"""
PLANTS = {
    "bit": [
        (
            SOURCE,
            "  logic [PortBytes*16-1:0] wrong;\n  assign wrong = result_data ^ (PortBytes*16)'({plants, 3'b0});\n\n"
            + SOURCE,
        ),
        (".matrix_data_i  (result_data)", ".matrix_data_i  (wrong)"),
        ("trace_matrix_data_o = result_data", "trace_matrix_data_o = wrong"),
    ],
    "promise": [
        (
            SOURCE,
            '  always @(posedge clk_i) if (core_rst_n) assert (!plants) else $fatal(1, "%m: planted");\n\n' + SOURCE,
        ),
    ],
}
HANG = [(".write_ready_i (result_ready)", ".write_ready_i (result_ready && planted < PLACE)")]
PLACE = 300  # of the matrix unit's words: in mid-program


def plant(changes: list[tuple[str, str]], folder: Path, monkeypatch) -> None:
    """Sources with a bug, which are built instead of ours."""
    for part in ("rtl", "tb"):
        shutil.copytree(runner.ROOT / part, folder / part)
    file = folder / "rtl" / "srn_slice.sv"
    source = file.read_text()
    for old, new in [(SOURCE, COUNT + SOURCE), *changes]:
        assert source.count(old) == 1
        source = source.replace(old, new)
    file.write_text(source.replace("PLACE", str(PLACE)))
    monkeypatch.setattr(runner, "ROOT", folder)
    monkeypatch.setattr(runner, "BUILD", folder / "build")


@pytest.fixture(params=PLANTS)
def planted(request, tmp_path, monkeypatch):
    """The kind of a bug: a wrong bit, or an assertion that fires."""
    plant(PLANTS[request.param], tmp_path, monkeypatch)
    return request.param


def test_a_failure_is_brought_back_by_what_it_says(planted, tmp_path):
    """The same first mismatch again, in the window that the first failure named, and its wrong word in the waves."""
    job, file = make_job(LONG), tmp_path / "failed.fst"
    simulator = SIMULATORS[-1]
    with pytest.raises(runner.BenchError) as first:
        driver.run(job, "rtl", simulator=simulator, again="make sim")
    said = re.search(r"^again: make sim WAVES=1(.*)$", str(first.value), re.MULTILINE)[1]
    window = {name: int(value) for name, value in re.findall(r" (\w+)=(\d+)", said)}
    assert window.keys() == ({"AROUND"} if planted == "bit" else {"FROM", "TO"})
    waves = Waves(file, window.get("FROM"), window.get("TO"), window.get("AROUND"))
    with pytest.raises(runner.BenchError) as second:
        driver.run(job, "rtl", simulator=simulator, waves=waves, again="make sim")
    seen, again = (printed.read(str(error.value)) for error in (first, second))
    assert printed.same(seen, again) and ("VMEM element" if planted == "bit" else "planted") in seen.first
    assert f"waves: {file}" in str(second.value)
    named = [[Path(name).name for name in outcomes.pictures(str(red.value))] for red in (first, second)]
    drawn = ["difference.png", "occupancy.png"]
    assert named == ([drawn, drawn] if planted == "bit" else [[], drawn[1:]])
    assert all(Path(name).is_file() for name in outcomes.pictures(str(second.value)))
    shown = Waveform(file)
    place = shown.changes("u_chip.u_slice.planted")
    assert place[-1][1] >= PLACE and (planted == "promise" or place[0][1] > 0)
    if planted == "bit":
        ((time, _),) = [entry for entry in shown.changes("u_chip.u_slice.plants") if entry[1] == 1]
        index = [value for when, value in shown.changes("u_lanes.matrix_write_index") if when <= time][-1]
        assert index == window["AROUND"]


def test_without_a_command_the_line_is_what_ran_it(tmp_path, monkeypatch):
    """Here pytest, of this test; with WAVES=1 before it, which is what it says."""
    plant(PLANTS["promise"], tmp_path, monkeypatch)
    test = "tests/test_wave.py::test_without_a_command_the_line_is_what_ran_it"
    with pytest.raises(runner.BenchError, match=rf"(?m)^again: SEED=1 WAVES=1 \.venv/bin/python -m pytest {test}$"):
        driver.run(make_job(LONG), "rtl", simulator=SIMULATORS[-1])
    monkeypatch.setenv("WAVES", "1")
    with pytest.raises(runner.BenchError, match=r"(?m)^waves: .*waves\.fst") as second:
        driver.run(make_job(LONG), "rtl", simulator=SIMULATORS[-1])
    assert "planted" in str(second.value)


def test_the_waves_of_a_hang_are_those_of_its_beginning(tmp_path, monkeypatch):
    plant(HANG, tmp_path, monkeypatch)
    monkeypatch.setattr(driver, "PATIENCE_CYCLES", 8_000)
    job, file = make_job(LONG), tmp_path / "hang.fst"
    with pytest.raises(runner.BenchError, match="the chip hangs") as hang:
        driver.run(job, "rtl", simulator=SIMULATORS[-1], again="make sim")
    first, last = map(
        int, re.search(r"^again: make sim WAVES=1 FROM=(\d+) TO=(\d+)$", str(hang.value), re.MULTILINE).groups()
    )
    outcome = driver.run(job, "rtl", simulator=SIMULATORS[-1], waves=Waves(file, first, last), again="make sim")
    assert outcome.cut and outcome.waves == file
    assert [Path(name).name for name in outcomes.pictures(outcome.said)] == ["occupancy.png"]
    stuck = [wave_file.text(value) for _, value in Waveform(file).changes("u_lanes.matrix_text")]
    assert stuck[-1].startswith("matmul")
