"""The words at the end of a red run (tb/failure.py): from its files alone, and out of a bench that fails."""

from tb import failure, watchdog

RESULTS = """<testsuites><testsuite><testcase name="fine"/>
<testcase name="second"><failure message="expected 3&#10;seen 4" type="AssertionError"/></testcase>
<testcase name="third"><failure message="a later one"/></testcase></testsuite></testsuites>"""

STATE = """cycle 77
flag running 1
flag dispatch_pc 9
slot 0 1 1 4 100 0000000000000000
slot 1 1 0 5 010 0000000000000001
slot 2 0 0 x xxx xxxxxxxxxxxxxxxx
channel beat stream matrix 1 0
channel ar port memory 0 1
owed stream_beats port 12
owed read_beats memory 0
"""


def test_what_a_folder_tells(tmp_path):
    (tmp_path / "results.xml").write_text(RESULTS)
    (tmp_path / "situation.txt").write_text("cycle 77\nin flight: matmul")
    lines = failure.report(tmp_path, "INFO x\nFATAL: a.sv:3: u_x: a promise\n", "verilator", 7, {"Rows": 2})
    assert lines[:-1] == [
        "assertion: a.sv:3: u_x: a promise",
        "first to fail: second",
        "  expected 3",
        "  seen 4",
        "when it failed:",
        "  cycle 77",
        "  in flight: matmul",
    ]
    assert lines[-1].startswith("run: seed 7, verilator ") and lines[-1].endswith(", Rows=2")


def test_a_folder_that_tells_nothing(tmp_path):
    (only,) = failure.report(tmp_path, "", "verilator", 1, {})
    assert only.startswith("run: seed 1, verilator ")


def test_the_situation_in_words(tmp_path):
    (tmp_path / "state.txt").write_text(STATE)
    text = watchdog.situation(watchdog.read(tmp_path / "state.txt"), {4: "matmul", 5: "vector", 9: "end"}.get)
    assert text.splitlines() == [
        "cycle 77, at dispatch 9: end",
        "in flight: 4: matmul (matrix)",
        "in flight: 5: vector (vector, waits for 4)",
        "stream beat, stream to matrix: a word waits",
        "owed by port: 12 stream beats",
    ]
