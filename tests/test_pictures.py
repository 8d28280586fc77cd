"""The pictures of a failure (tb/heat_map.py, host/picture.py): the tile is that of the first wrong element, under its true indices; what stops a picture
stops nothing else."""

import json

import numpy as np
import pytest
from PIL import Image

from host import picture, timeline
from models import isa
from models.config import Config
from models.simulator import Simulator
from tb import failure, heat_map
from tb.heat_map import Tile
from tb.writes import Difference
from tests import test_mismatch as planted

CONFIG = Config("bench", port_bytes=8, rows=2, vmem_words=1024, amem_blocks=256, imem_words=512, stream_depth=64)
WIDE = "load vmem=0 dram=512 cols=100 rows=3 vmem_stride=50"
LONG = "load vmem=0 dram=512 cols=300 rows=1"
TALL = "vector out=mxint8 a=0 dst=0 cols=40 rows=50 outer=1 a_row=20 dst_row=2"


def difference(line: str) -> Difference:
    """Of one instruction on memories of random numbers, whatever the RTL's record would be."""
    rng = np.random.default_rng(3)
    chip = Simulator(CONFIG, rng.normal(size=16384).astype(np.float32).view(np.uint8).copy())
    code = isa.encode(isa.assemble(line))
    chip.dram[: len(code)] = np.frombuffer(code, np.uint8)
    chip.vmem[:] = rng.normal(size=chip.vmem.size).astype(np.float32).view(np.uint32)
    chip.start(0, 1)
    done = chip.step(hashed=True)
    return Difference(7, done, (0, done.value ^ 1), chip.operands(done.instruction), CONFIG, "reply/layer[2]")


def tile(folder, line: str, change: dict) -> Tile:
    found = difference(line)
    return Tile(heat_map.keep(found, planted.detail(found.expected.writes, folder / "detail.txt", change)))


@pytest.mark.parametrize(
    "line, place, lines, cols, named, starts",
    [
        (WIDE, CONFIG.lanes * 50 + 70, range(3), range(64, 100), "row 1", "64"),
        (LONG, 270, range(5), range(64), "col 256", "+0"),
    ],
)
def test_the_tile_is_that_of_the_element(tmp_path, line, place, lines, cols, named, starts):
    """A column beyond the first tile of a wide operand; an element of a single row, which is folded."""
    bit = 1 << 31
    found = tile(tmp_path, line, {("vmem", place): (bit, 1)})
    assert (found.lines, found.cols) == (lines, cols)
    assert (found.line_name(found.place[0]), found.col_name(0)) == (named, starts)
    assert np.argwhere(found.differ).tolist() == [list(found.place)]
    assert found.seen[found.place] == -found.expected[found.place] != 0
    word = difference(line).expected.writes
    value = word.vmem[1][word.vmem[0].tolist().index(place)]
    assert found.expected_bits[found.place] == value and found.seen_bits[found.place] == value ^ bit
    assert found.words()[:3] == [
        "instruction 7, pc 0, cycle 4711",
        isa.disassemble(isa.assemble(line)),
        "in reply/layer[2]",
    ]


def test_a_block_is_a_line_and_the_tile_begins_where_its_labels_say(tmp_path):
    """Row 41, block 1 of 50 rows of two blocks: the second tile of lines, and in it line 83."""
    found = tile(tmp_path, TALL, {("amem", 2 * 41 + 1): (0x3 << 8 * 5, 1)})
    assert (found.lines, found.cols, found.place) == (range(64, 100), range(32), (83 - 64, 5))
    assert found.line_name(19) == "row 41, block 1" and found.col_name(5) == "5" and found.axes[-1] == "element"
    assert found.differ.sum() == 1 and found.differ[found.place] and not found.scales


def test_a_scale_that_differs_is_named_and_with_it_all_that_it_scales(tmp_path):
    found = tile(tmp_path, TALL, {("amem", 9): (1 << 256, 1)})
    assert found.differ[9].sum() == np.count_nonzero(found.expected[9]) and found.differ.sum() == found.differ[9].sum()
    assert "scale of row 4, block 1: expected 0x" in found.words()[-1]
    ratios = found.seen[9][found.differ[9]] / found.expected[9][found.differ[9]]
    assert len(set(ratios)) == 1 and ratios[0] in (0.5, 2)


@pytest.mark.parametrize("name", [name for name, (_, change, _) in planted.CASES.items() if isinstance(change, dict)])
def test_the_first_element_is_the_message_s(tmp_path, name):
    """Element and bits in each kind of operand: what the picture frames is what the words say."""
    at, change, lines = planted.CASES[name]
    planted.message(tmp_path, at, change)
    found = Tile(tmp_path / heat_map.FILE)
    first = lines.strip().splitlines()[0].strip()
    line, col = found.place
    axes = [*found.line_name(line).split(", "), f"{found.axes[-1]} {found.col_name(col)}"]
    if "] scale" not in first:
        assert all(axis in first for axis in axes), (axes, first)
        for word, bits in (("expected", found.expected_bits), ("seen", found.seen_bits)):
            said = first.partition(f"{word} ")[2].split()[0].strip(",")
            assert bits[found.place] == (
                int(said, 16) if said.startswith("0x") and "_" not in said else heat_map.NO_WRITE
            )


def test_a_scalar_has_no_picture(tmp_path):
    planted.message(tmp_path, 3, 1)
    assert not (tmp_path / heat_map.FILE).exists()


def test_the_panels_show_expected_seen_and_difference(tmp_path):
    """The numbers that are drawn, the frame, and the signs of what is no number or was not written."""
    change = {("vmem", 3): (0, 0), ("vmem", 5): (1 << 31, 1)}
    found = tile(tmp_path, WIDE, change)
    found.seen[1, 7], found.expected[2, 8] = np.inf, np.nan
    expected, seen, subtracted = heat_map.figure(found).axes[:3]
    assert np.ma.allequal(expected.images[0].get_array()[:, :8], found.expected[:, :8])
    assert seen.images[0].get_array()[0, 5] == -expected.images[0].get_array()[0, 5]
    assert subtracted.images[0].get_array()[0, 5] == 2 * found.seen[0, 5]
    signs = [
        {sign.get_label(): sign.get_offsets().tolist() for sign in axes.collections[1:]}
        for axes in (expected, seen, subtracted)
    ]
    assert signs[0] == {"NaN": [[8, 2]]}
    assert signs[1] == {"inf": [[7, 1]], "no write": [[3, 0]]}
    assert signs[2] == {"inf": [[7, 1]], "NaN": [[8, 2]], "no write": [[3, 0]]}
    framed = [path.vertices.min(axis=0).tolist() for path in seen.collections[0].get_paths()]
    assert framed == [[x - 0.5, y - 0.5] for y, x in np.argwhere(found.differ)] == [[2.5, -0.5], [4.5, -0.5]]
    frame = seen.patches[-1]
    assert frame.get_xy() == (2.5, -0.5)  # of the first that differs: the one not written
    assert [text.get_text() for text in seen.get_xticklabels()][:2] == ["0", "4"]


def test_a_file_is_drawn_and_says_what_it_shows(tmp_path):
    tile(tmp_path, TALL, {("amem", 9): (1 << 256, 1)})
    lines = failure.pictures(tmp_path)
    assert lines == [f"picture: {tmp_path / heat_map.PICTURE}"]
    with Image.open(tmp_path / heat_map.PICTURE) as drawn:
        assert drawn.text["Description"].startswith("instruction 7, pc 0, cycle 4711\nvector ")


def test_what_cannot_be_drawn_hides_nothing(tmp_path):
    (tmp_path / heat_map.FILE).write_bytes(b"cut off")
    (tmp_path / "situation.txt").write_text("cycle 77")
    lines = failure.report(tmp_path, "FATAL: a promise\n", "verilator", 7, {})
    assert lines[0] == "assertion: a promise" and "  cycle 77" in lines and lines[-1].startswith("run: seed 7")
    assert lines[-2].startswith(f"no picture of {tmp_path / heat_map.FILE}: ")


def test_what_cannot_be_kept_hides_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(heat_map, "keep", lambda *_: 1 / 0)
    at, change, lines = planted.CASES["a load's element"]
    assert lines.strip().splitlines()[0].strip() in planted.message(tmp_path, at, change)


# ---------------------------------------------------------------- what each unit did

PROGRAM = [
    "load vmem=0 dram=64 cols=4 rows=1",
    "vector out=vmem x=imm imm=1 dst=8 cols=4 rows=1 outer=1 a_imm=1",
    "end",
]
TIMELINE = """R
C 100 0 3 0000 5 0 0
a 102 3
x 140 3 120 139
C 141 1 4 0000 30 0 0
v 150 4
U 256 10 20 0
U 512 0 0 0
"""


def events(folder, lines: str, index: int | None) -> timeline.Run:
    code = b"".join(isa.encode(isa.assemble(line)) for line in PROGRAM)
    (folder / "timeline.txt").write_text(lines)
    kept = {"code": code.hex(), "sources": ["reply/embed", "reply/norm", "reply"], "index": index}
    (folder / "program.json").write_text(json.dumps(kept))
    assert failure.pictures(folder) == [f"picture: {folder / 'occupancy.png'}"]
    return timeline.read(
        lines.splitlines()[: -1 if not lines.endswith("\n") else None], list(map(isa.assemble, PROGRAM))
    )


def test_a_command_that_never_ends_is_at_work_until_the_list_ends(tmp_path):
    """The last line is cut, as a simulation leaves it that died."""
    run = events(tmp_path, TIMELINE + "U 76", None)
    assert run.cycles == 512
    tracks = timeline.TRACKS
    assert [entry[:3] for entry in picture._work(run)] == [
        (tracks.index("dma load"), 102, 139),
        (tracks.index("vector"), 150, 512),
    ]
    with Image.open(tmp_path / "occupancy.png") as drawn:
        assert drawn.text["Description"] == "cycles 0 to 512 of 512"


def test_the_cycles_are_those_around_the_failing_instruction(tmp_path):
    later = TIMELINE + f"U {200_000 // 256 * 256} 0 0 0\n"
    events(tmp_path, later, 0)
    with Image.open(tmp_path / "occupancy.png") as drawn:
        said = drawn.text["Description"]
    assert said.startswith(
        f"cycles 0 to {140 + picture.AFTER} of 199936; red: instruction 0, pc 0 in reply/embed\nload "
    )
