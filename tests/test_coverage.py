"""The merger of coverage, its waivers and its pages, on small files written here; each refusal; and one real run."""

import json
from fnmatch import fnmatchcase

import pytest

from tb import coverage
from tb.runner import ROOT, build_and_run
from verify import bins, results
from verify.coverage import __main__ as command
from verify.coverage import counts, report, waivers
from verify.coverage.counts import CoverageError
from verify.coverage.waivers import Hole

SOURCE = """\
module srn_a (
    input  logic [3:0] x_i,
    output logic       y_o
);
  logic inside;
  always_comb begin
    y_o = x_i[0];
    if (x_i[1]) y_o = 1'b0;  // now and then
    else y_o = 1'b1;
  end
endmodule
"""


def point(line, kind, what, count, spans="", column=3, file="rtl/srn_a.sv", instance="top.u_a"):
    fields = {"f": f"/elsewhere/{file}", "l": line, "n": column, "t": kind, "page": f"v_{kind}/srn_a", "o": what}
    fields |= ({"S": spans} if spans else {}) | {"h": instance}
    return "C '" + "".join(f"\1{key}\2{value}" for key, value in fields.items()) + f"' {count}\n"


BODY = [
    point(6, "line", "block", 9, "6-7"),
    point(8, "branch", "if", 0, "8", 5),
    point(8, "branch", "else", 9, "9", 6),
    point(8, "line", "else", 0, "", 40),  # of an `if` whose body is a $fatal
    point(2, "toggle", "x_i[0]:0->1", 5),
    point(2, "toggle", "x_i[0]:1->0", 4),
    point(2, "toggle", "x_i[3]:0->1", 0),
    point(2, "toggle", "x_i[3]:1->0", 0),
    point(2, "toggle", "x_i[2]:0->1", 1),
    point(2, "toggle", "x_i[2]:1->0", 0),
    point(70, "line", "block", 0, "70", file="tb/system.sv"),
]


@pytest.fixture
def root(tmp_path):
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "srn_a.sv").write_text(SOURCE)
    return tmp_path


def run(root, points=BODY, name="a"):
    folder = root / "build" / "run" / name
    folder.mkdir(parents=True)
    (folder / coverage.COUNTS).write_text("# SystemC::Coverage-3\n" + "".join(points))
    (folder / coverage.MANIFEST).write_text(coverage.manifest("toggle", [root / "rtl" / "srn_a.sv"], root))
    return folder


def merged(root):
    return counts.merge(counts.runs(root / "build"), root)


# ---------------------------------------------------------------- counts


def test_a_module_is_counted_once_and_the_bench_never(root):
    run(root)
    file = merged(root)["rtl/srn_a.sv"]
    assert merged(root).keys() == {"rtl/srn_a.sv"}
    assert file.lines == {6: 9, 7: 9, 8: 0, 9: 9}
    assert file.branches == {(8, 5, "if"): 0, (8, 6, "else"): 9}
    assert report.shares(file)["toggle"] == report.Share(3, 6)


def test_runs_and_instances_add_up(root):
    run(root, BODY + [point(8, "branch", "if", 2, "8", 5, instance="top.u_b")])
    run(root, [point(2, "toggle", "x_i[3]:0->1", 7)], "b")
    file = merged(root)["rtl/srn_a.sv"]
    assert file.branches[8, 5, "if"] == 2 and file.lines[8] == 2 and file.toggles[2, "x_i[3]", "0->1"] == 7


def test_only_runs_that_passed_count(root):
    (run(root) / coverage.MANIFEST).unlink()
    assert list(counts.runs(root / "build")) == []


def test_counts_of_other_sources_are_refused(root):
    run(root)
    (root / "rtl" / "srn_a.sv").write_text(SOURCE + "\n")
    with pytest.raises(CoverageError, match=r"a ran on other sources \(rtl/srn_a.sv has changed since\)"):
        merged(root)


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "is not coverage as Verilator writes it"),
        ("# SystemC::Coverage-3\nC 'nothing' 3\n", "line 2, is not a point"),
        ("# SystemC::Coverage-3\n" + BODY[0] + BODY[1][:20], "line 3, is not a point"),
        ("# SystemC::Coverage-3\n" + BODY[0].replace("' 9", "' many"), "line 2, is not a point"),
    ],
)
def test_what_verilator_did_not_write_is_refused(root, text, sentence):
    (run(root) / coverage.COUNTS).write_text(text)
    with pytest.raises(CoverageError, match=sentence):
        merged(root)


# ---------------------------------------------------------------- waivers


def waived(root, text):
    (root / "waivers.toml").write_text(text)
    run(root)
    holes, idle = waivers.apply(waivers.load(root / "waivers.toml"), merged(root), root)
    return holes.keys(), idle


def entry(**values):
    values = {"file": "rtl/srn_a.sv", "reason": "so it is"} | values
    return "[[waiver]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def test_a_line_is_waived_by_its_text_with_its_arms(root):
    found, idle = waived(root, entry(lines=["if (x_i[1])   y_o = 1'b0;"], arm="if"))
    assert found == {Hole("rtl/srn_a.sv", "branch", 8, "if", "", 5)} and not idle


def test_bits_of_a_port_are_waived(root):
    found, idle = waived(root, entry(ports=["x_i[3]"]) + entry(ports=["x_i[2:1]"], edge="1->0"))
    assert {(hole.what, hole.edge) for hole in found} == {
        ("x_i[3]", "0->1"),
        ("x_i[3]", "1->0"),
        ("x_i[2]", "1->0"),
    }
    assert not idle


def test_what_moves_in_a_waived_range_does_not_hurt(root):
    holes, idle = waived(root, entry(ports=["x_i"], file="rtl/*"))
    assert len(holes) == 3 and not idle


def test_a_waived_port_that_moved_is_named(root):
    """And is no error: what a broken-off bench leaves moving follows the seed."""
    holes, idle = waived(root, entry(ports=["x_i[3]", "x_i[0]"], edge="0->1", file="rtl/*"))
    assert {hole.what for hole in holes} == {"x_i[3]"} and idle == ["rtl/*: x_i[0] 0->1"]


@pytest.mark.parametrize(
    "text, sentence",
    [
        (entry(lines=["y_o = x_i[0];"]), r"it is covered \(line 7, 9 times\)"),
        (entry(lines=["if (x_i[1]) y_o = 1'b0;"]), "it is covered"),  # its other arm is
        (entry(lines=["nowhere"]), "there is no such thing"),
        (entry(ports=["x_i[7:4]"]), "there is no such thing"),
        (entry(file="rtl/srn_b.sv", lines=["x"]), "there is no such file"),
        (entry(ports=["x_i[a]"]), "a port is written"),
        (entry(lines=["x"], reason=" "), "waiver 1: it needs a file and a reason"),
        (entry(lines=["x"], because="y"), "waiver 1: there is no because"),
        (entry(), "either lines or ports"),
        ("[[waiver", "waivers.toml"),
    ],
)
def test_a_waiver_that_does_not_hold_is_an_error(root, text, sentence):
    with pytest.raises(CoverageError, match=sentence):
        waived(root, text)


def test_the_waivers_that_ship_are_well_formed():
    for waiver in waivers.load(command.WAIVERS):
        files = [path for path in (ROOT / "rtl").rglob("*.sv") if fnmatchcase(str(path.relative_to(ROOT)), waiver.file)]
        assert files, waiver
        text = {waivers.trimmed(line) for file in files for line in file.read_text().splitlines()}
        assert text >= set(map(waivers.trimmed, waiver.lines)), waiver


# ---------------------------------------------------------------- pages


def test_the_pages_say_what_is_missing(root):
    run(root)
    every = merged(root)
    holes = waivers.holes(every)
    text = "\n".join(report.listing(holes, root))
    assert "rtl/srn_a.sv:8: not executed    if (x_i[1])" in text
    assert "rtl/srn_a.sv:8: if never taken" in text
    assert "x_i[3] never 0->1" in text and "x_i[3:2] never 1->0" in text
    assert "rtl/srn_a.sv    75.0 %    50.0 %    50.0 %  5" in "\n".join(report.table(every, holes))
    lines = list(report.lcov(every, root))
    assert "BRDA:8,5,if,-" in lines and "DA:8,0" in lines and "LH:3" in lines
    reason = waivers.Waiver("rtl/srn_a.sv", "bits < 4")
    page = "\n".join(report.page(every, holes, {hole: reason for hole in holes if hole.kind == "toggle"}, root))
    assert 'class="miss">    if (x_i[1])' in page and "waived: bits &lt; 4" in page


def test_all_but_one_is_not_all():
    assert str(report.Share(99_999, 100_000)) == "99.9 %"


def test_bits_are_written_as_spans():
    assert report.spans([1, 3, 4, 5, 7, 6]) == "[7:3, 1]"


# ---------------------------------------------------------------- the command


@pytest.fixture
def elsewhere(root, monkeypatch):
    for module in (command, results):
        monkeypatch.setattr(module, "ROOT", root)
    monkeypatch.setattr(command, "BUILD", root / "build")
    monkeypatch.setattr(results, "FOLDER", root / "build" / "results")
    monkeypatch.setattr(command, "WAIVERS", root / "waivers.toml")
    (root / "waivers.toml").write_text("")
    return root


def record(root, part):
    return json.loads((root / "build" / "results" / f"{part}.json").read_text())


def test_holes_fail_the_command_and_waivers_heal_it(elsewhere, capsys):
    run(elsewhere, [*BODY, point(8, "branch", "if", 1, "8", 5)])
    assert command.main(["--only", "a"]) == 1
    command.code(None)
    assert not record(elsewhere, "coverage")["passed"]
    assert "x_i[3] never 0->1" in capsys.readouterr().out
    (elsewhere / "waivers.toml").write_text(entry(ports=["x_i[3]"]) + entry(ports=["x_i[2]"], edge="1->0"))
    command.code(None)
    figures = {figure["what"]: figure for figure in record(elsewhere, "coverage")["figures"]}
    assert figures["holes that no waiver explains"]["passed"] and figures["line coverage"]["passed"]
    assert not figures["port toggle coverage"]["passed"]  # a waiver explains, it does not count
    assert (elsewhere / "build" / "coverage" / "index.html").exists()


def test_nothing_counted_is_one_sentence(elsewhere, capsys):
    assert command.main([]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and "no run has counted anything" in said[0] and "no run has hit a bin" in said[1]


def test_bins_of_every_run_are_merged_and_the_missing_named(elsewhere, monkeypatch, capsys):
    monkeypatch.setattr(bins, "GROUPS", {})
    group = bins.Group("sizes", "both sizes", size=["small", "large"])
    folder = run(elsewhere)
    (folder / "bins-1.json").write_text(json.dumps({"sizes": [[["small"], 3]]}))
    assert command.main(["--bins"]) == 1
    assert "missing: size=large" in capsys.readouterr().out
    group.hits.clear()
    (folder / "bins-2.json").write_text(json.dumps({"sizes": [[["large"], 1]]}))
    assert command.main(["--bins"]) == 0
    assert record(elsewhere, "bins")["passed"]
    (folder / "bins-3.json").write_text(json.dumps({"shapes": [[["round"], 1]]}))
    assert command.main(["--bins"]) == 1
    assert "which verify/groups.py does not declare" in capsys.readouterr().err


# ---------------------------------------------------------------- what a simulation counts


def test_only_ports_of_what_ships_are_counted(root):
    assert coverage.declarations(SOURCE) == [5]
    (root / "tb.sv").write_text("")
    text = coverage.control("toggle", [root / "tb.sv", root / "rtl" / "srn_a.sv"], root)
    assert f'coverage_off -file "{root}/tb.sv"' in text
    assert f'coverage_off -file "{root}/rtl/srn_a.sv" -lines 5' in text
    assert coverage.control("none", [root / "tb.sv"], root) == ""


def test_an_unknown_kind_is_refused(monkeypatch):
    monkeypatch.setenv("COVERAGE", "everything")
    with pytest.raises(AssertionError, match="COVERAGE=everything: there are none, line, toggle"):
        build_and_run("fifo", parameters={"Width": 1, "Depth": 2})


def test_a_run_counts_lines_branches_and_ports(monkeypatch):
    monkeypatch.setenv("COVERAGE", "toggle")
    result = build_and_run("fifo", parameters={"Width": 1, "Depth": 2}, testcase="words", label="coverage-fifo")
    file = counts.merge([result.folder], ROOT)["rtl/prim/srn_fifo.sv"]
    every = {name: share.percent for name, share in report.shares(file).items()}
    assert every["line"] == 100 and every["branch"] == 100 and every["toggle"] > 90
    assert len(file.lines) > 15 and {bit.partition("[")[0] for _, bit, _ in file.toggles} >= {
        "in_valid_i",
        "out_data_o",
    }
    assert all(bit.partition("[")[0].endswith(("_i", "_o", "_ni")) for _, bit, _ in file.toggles)
