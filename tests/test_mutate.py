"""The mutator on a small module: what each kind plants, and where nothing is planted; the record of the last sign-off."""

import json
from collections import Counter

import pytest
from pyslang.syntax import SyntaxTree

from tb.runner import ROOT
from verify.mutate import __main__ as command
from verify.mutate import campaign, choose, equivalent
from verify.mutate.elaborate import Elaborator
from verify.mutate.kinds import KINDS, enum_names, mutants

FILE = "rtl/srn_small.sv"
SMALL = """\
// Comments with a + b, '0 and if (c) are left alone.
module srn_small #(
    parameter int Width = 4
) (
    input logic clk_i,
    input logic rst_ni,
    input logic [Width-1:0] a_i,
    input logic [Width-1:0] b_i,
    input logic go_i,
    output logic [Width-1:0] sum_o,
    output logic [2:0] flags_o
);
  typedef enum logic [1:0] {Idle = 2'd0, Busy = 2'd1, Done = 2'd2} state_e;
  localparam int Last = Width - 1;

  initial if (Width < 2) $fatal(1, "%m: Width - 1 must be 1 or more");

  state_e state_d, state_q;
  logic waited_q, unused;
  logic [Width-1:0] sum, wide;

  assign sum = a_i + b_i;
  assign wide = Width'($signed(a_i[1:0]));
  assign flags_o = {go_i, a_i < b_i, state_q == Busy};
  assign unused = ^{wide, Last};

  always_comb begin
    state_d = state_q;
    case (state_q)
      Idle: if (go_i) state_d = Busy;
      Busy: state_d = Done;
      default: state_d = Idle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= Idle;
      sum_o   <= '0;
    end else begin
      state_q <= state_d;
      for (int i = 0; i < Width; i++) sum_o[i] <= sum[i] ^ wide[i];
    end
  end

  srn_child u_child (
      .clk_i,
      .left_i (a_i),
      .right_i(b_i)
  );

  always_ff @(posedge clk_i) waited_q <= go_i && state_q != Idle;
  always @(posedge clk_i) begin
    if (rst_ni && waited_q) begin
      assert (state_q != Done || a_i == b_i + 1'b1)
      else $fatal(1, "%m: one + one is two");
    end
  end
endmodule
"""
PLANTED = {  # line, kind, old, new
    (22, "operator", "a_i + b_i", "(a_i - b_i)"),
    (22, "stuck_0", "a_i + b_i", "((a_i + b_i) & ~1'b1)"),
    (22, "stuck_1", "a_i + b_i", "((a_i + b_i) | 1'b1)"),
    (23, "sign", "$signed", "$unsigned"),
    (24, "swap", "go_i, a_i < b_i", "a_i < b_i, go_i"),
    (24, "swap", "a_i < b_i", "((b_i) < (a_i))"),
    (24, "off_by_one", "a_i < b_i", "(a_i <= b_i)"),
    (24, "enum", "Busy", "Done"),
    (30, "condition", "go_i", "!(go_i)"),
    (30, "case", "if (go_i) state_d = Busy;\n      Busy: state_d = Done;", "state_d = Done;\n      Busy: if (go_i) state_d = Busy;"),
    (31, "statement", "state_d = Done;", ";"),
    (38, "reset", "state_q <= Idle;", ";"),
    (39, "constant", "'0", "'1"),
    (42, "off_by_one", "Width", "(Width) - 1"),
    (48, "connection", ".left_i (a_i),\n      .right_i(b_i)", ".left_i(b_i), .right_i(a_i)"),
}  # fmt: skip
ENUMS = enum_names([SMALL])


def test_each_kind_plants_what_it_says():
    found = {(m.line, m.kind, m.old, m.new) for m in mutants(FILE, SMALL, ENUMS)}
    assert not PLANTED - found
    assert {kind for _, kind, _, _ in found} == {kind for _, kind, _, _ in PLANTED} == set(KINDS)


def test_only_what_the_design_computes_is_touched():
    lines = {mutant.line for mutant in mutants(FILE, SMALL, ENUMS)}
    silent = {number for number, line in enumerate(SMALL.splitlines(), 1) if "//" in line or "$fatal" in line}
    silent |= set(range(1, 13)) | set(range(14, 22)) | {25} | set(range(52, 60))  # ports, checks, unused, promises
    assert not lines & silent


def test_a_mutant_is_one_change_that_still_parses():
    for mutant in mutants(FILE, SMALL, ENUMS):
        text = mutant.apply(SMALL)
        assert text != SMALL
        assert text.replace(mutant.new, "", 1) != SMALL or mutant.new
        tree = SyntaxTree.fromText(text)
        assert not [d for d in tree.diagnostics if d.isError()], mutant.id


def test_ids_are_places_and_do_not_depend_on_what_comes_after():
    before = mutants(FILE, SMALL, ENUMS)
    longer = SMALL.replace("endmodule", "  assign sum_o = '1;\nendmodule")
    assert [m.id for m in mutants(FILE, longer, ENUMS)][: len(before)] == [m.id for m in before]
    assert f"{FILE}:22:20:operator" in {m.id for m in before}


def test_what_does_not_elaborate_is_refused():
    elaborator = Elaborator({FILE: SMALL.replace("srn_child u_child", "// ").split("// ")[0] + "endmodule\n"})
    small = next(iter(elaborator.trees))
    text = SMALL.split("  srn_child")[0] + "endmodule\n"
    assert elaborator.accepts(small, text.replace("a_i + b_i", "a_i - b_i"))
    assert not elaborator.accepts(small, text.replace("a_i + b_i", "a_i + nowhere"))


def test_the_choice_is_spread_and_repeats():
    design = command.load(["rtl"])
    assert len(design.texts) == len(list((ROOT / "rtl").rglob("*.sv")))
    small, _ = choose.choose(design.mutants, 300, 1, lambda mutant: True)
    again, _ = choose.choose(design.mutants, 300, 1, lambda mutant: True)
    other, _ = choose.choose(design.mutants, 300, 2, lambda mutant: True)
    assert small == again != other
    files = Counter(mutant.file for mutant in small)
    assert set(files) == {file for file, found in design.mutants.items() if found}
    assert min(files.values()) >= choose.FEWEST
    kinds = Counter(mutant.kind for mutant in small)
    assert set(kinds) == set(KINDS) and max(kinds.values()) < len(small) / 5
    refused = {small[0].id, small[-1].id}
    rest, discarded = choose.choose(design.mutants, 300, 1, lambda mutant: mutant.id not in refused)
    assert discarded == 2 and not refused & {mutant.id for mutant in rest}


@pytest.mark.parametrize(
    "entry, complaint",
    [
        ('id = "rtl/a.sv:1:1:swap"\nchange = "x"\nreason = "y"', "is no mutant"),
        (f'id = "{FILE}:22:20:operator"\nchange = "x"\nreason = "y"', "is now `a_i"),
        (f'id = "{FILE}:22:20:operator"\nchange = "a_i + b_i -> (a_i - b_i)"\nreason = " "', "lacks a reason"),
        (f'id = "{FILE}:23:20:operator"\nchange = "a_i + b_i -> (a_i - b_i)"\nreason = "y"', "the change is now at"),
        ("id = ", "cannot be read"),
    ],
)
def test_a_wrong_equivalent_is_one_sentence(tmp_path, entry, complaint):
    file = tmp_path / "equivalent.toml"
    file.write_text(f"[[mutant]]\n{entry}\n")
    known = {mutant.id: mutant for mutant in mutants(FILE, SMALL, ENUMS)}
    with pytest.raises(campaign.CampaignError, match=complaint):
        equivalent.read(known, file=file)


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["--files", "rtl/nowhere"], "there is no SystemVerilog in rtl/nowhere"),
        (["--only", "rtl/srn_pkg.sv:1:1:swap"], "there is no mutant"),
        (["--count", "0"], "at least 1"),
    ],
)
def test_bad_input_is_one_sentence(capsys, arguments, complaint):
    assert command.main(arguments) == 2
    assert complaint in capsys.readouterr().err


def test_without_a_simulator_it_says_so(capsys, monkeypatch):
    monkeypatch.setattr(command.simulators, "find_icarus", lambda: None)
    monkeypatch.setattr(command.simulators, "find_verilator", lambda: None)
    assert command.main(["--count", "1"]) == 2
    assert "no simulator" in capsys.readouterr().err


def test_the_equivalents_are_mutants_of_the_design():
    design = command.load(["rtl"])
    mutants = {mutant.id: mutant for found in design.mutants.values() for mutant in found}
    assert equivalent.read(mutants).keys() <= mutants.keys()


def test_the_last_sign_off_reached_its_bar():
    record = json.loads(command.SIGNED_OFF.read_text())
    verdicts = Counter(mutant["verdict"] for mutant in record["mutants"])
    killed = verdicts["killed"] + verdicts["hang"]
    assert killed + verdicts["survived"] >= 300
    assert killed >= command.BAR * (killed + verdicts["survived"])
