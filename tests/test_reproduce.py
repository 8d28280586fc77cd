"""The line under a red run, pasted: a real failure comes back, and where it does not that is told; the choice is spread and repeats."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tb import failure, runner, simulators
from verify.mutate import __main__ as mutate
from verify.mutate import plan
from verify.mutate.elaborate import Elaborator
from verify.reproduce import __main__ as command
from verify.reproduce import planted, printed, token, tree

SIMULATOR = "icarus" if simulators.find_icarus() else "verilator"
RED = """label-icarus-seed3: 2 of 4 tests failed
   10.00ns INFO     first words
assertion: a.sv:3: u_x: a promise
first to fail: words/stall=0.5
  expected 3
{}
  seen 4
when it failed:
  cycle 77
run: seed 3, icarus 11.0
log: build/run/label/run.log
waves: /tmp/a b/waves.fst, 0.3 MB; open them by: make wave
again: make tb-x SIM=icarus SEED=3 WAVES=1
make: *** [Makefile:90: tb-x] Error 1
""".format("  ")  # an empty line of the message


def test_what_a_red_run_printed_is_read():
    found = printed.read(RED)
    said = "assertion: a.sv:3: u_x: a promise\nfirst to fail: words/stall=0.5\n  expected 3\n  \n  seen 4"
    assert (found.first, found.line) == (said, "make tb-x SIM=icarus SEED=3 WAVES=1")
    assert (found.test, found.short) == ("words/stall=0.5", "assertion: a.sv:3: u_x: a promise")
    assert str(found.waves) == "/tmp/a b/waves.fst"
    crashed = printed.read("label-icarus: no results (x); return code: -11\nagain: make sim WAVES=1\n")
    assert (crashed.first, crashed.line, crashed.waves) == (
        "no results (x); return code: -11",
        "make sim WAVES=1",
        None,
    )


@pytest.mark.parametrize("changed", [("seen 4", "seen 5"), ("expected 3", "expected 2"), ("words/", "bits/")])
def test_another_first_mismatch_is_not_the_same(changed):
    assert printed.same(printed.read(RED), printed.read(RED.replace("0.3 MB", "0.4 MB")))
    assert not printed.same(printed.read(RED), printed.read(RED.replace(*changed)))
    assert not printed.same(printed.read(""), printed.read(""))


def test_a_line_survives_shell_and_make(tmp_path):
    """Quotes, blanks and dollars arrive as they were."""
    (tmp_path / "Makefile").write_text("show:\n\t@printf %s '$(TEST)'\n")
    for text in (r"^stall=0$", r"a b\b", "a(b|c)"):
        assert tree.Shell().paste(failure.make("show", TEST=text, SEED=None), tmp_path).text == text
    line = runner.command("fifo", "icarus", 7, "stall=0$", {"Width": 9, "Depth": 5})
    assert line == "make tb-fifo SIM=icarus SEED=7 TEST='stall=0$$' PARAMETERS='Width=9 Depth=5'"


def test_units_have_equal_shares_and_the_choice_repeats():
    found = planted.bugs()
    assert set(found) == {mutate.block(file) for file in mutate.load(["rtl"]).texts}
    share = Counter(planted.shares(list(found), command.COUNT))
    assert max(share.values()) - min(share.values()) <= 1 and sum(share.values()) == command.COUNT
    for unit, members in found.items():
        assert len(members) >= share[unit]
        once, again, other = (list(planted.spread(members, planted.random.Random(f"{n}"))) for n in (1, 1, 2))
        assert once == again != other and {bug.mutant.id for bug in once} == {bug.mutant.id for bug in members}
        files = {bug.mutant.file for bug in members}
        assert {bug.mutant.file for bug in once[: len(files)]} == files


# ---------------------------------------------------------------- a real one


STUCK = "words_q[read_idx_q] -> ((words_q[read_idx_q]) & ~1'b1)"


@pytest.fixture(scope="module")
def place(worker_id):
    """One for each worker of pytest-xdist: the tests of this file may be shared between them."""
    return tree.make(f"test-{worker_id}")


@pytest.fixture(scope="module")
def bug():
    """Of the FIFO: the lowest bit of each word."""
    design = mutate.load(["rtl/prim/srn_fifo.sv"])
    (file,) = design.mutants
    (mutant,) = (m for m in design.mutants[file] if m.change == STUCK)
    run = plan.Run("fifo", SIMULATOR, '{"Width": 32, "Depth": 4}')
    return planted.Bug(mutant, mutant.apply(design.texts[file]), run, "^words")


class Other(tree.Shell):
    """Pastes something else than the line that a failure prints."""

    def __init__(self, old: str, new: str):
        super().__init__()
        self.old, self.new = old, new

    def paste(self, line: str, folder: Path) -> tree.Said:
        return super().paste(re.sub(self.old, self.new, line) if "WAVES" in line else line, folder)


def test_a_planted_failure_comes_back_with_waves(bug, place):
    found = planted.attempt(bug, place, tree.Shell(), 1)
    assert found.missing == "" and found.megabytes > 0
    assert found.failed.first == found.repeated.first and found.failed.test
    assert f"SEED={found.seed} " in found.failed.line and found.failed.line.endswith(" WAVES=1")
    assert (place.folder / bug.mutant.file).read_text() == (runner.ROOT / bug.mutant.file).read_text()
    assert place.folder.is_relative_to(runner.BUILD)


@pytest.mark.parametrize(
    "old, new, told",
    [
        (r"SEED=\d+", "SEED=5", r"another first mismatch: assert .*"),
        (r" WAVES=1", "", "no waves"),
        (r".*", "true", "another first mismatch: none"),
    ],
)
def test_what_does_not_come_back_is_told(bug, place, old, new, told):
    assert re.fullmatch(told, planted.attempt(bug, place, Other(old, new), 1).missing)


def test_a_bug_that_nothing_sees_is_passed_over(bug, place):
    unseen = replace(bug, text=(runner.ROOT / bug.mutant.file).read_text())
    assert planted.attempt(unseen, place, tree.Shell(), 1) is None


# ---------------------------------------------------------------- at a token


def test_the_wrong_bit_is_one_place_of_the_slice():
    design = mutate.load(["rtl/prim"])
    text = token.planted(40)
    assert "planted == 32'd39" in text and Elaborator(design.texts).accepts(token.FILE, text)


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["--count", "100000"], "such bugs, not 100000"),
        (["--count", "-1"], "no less than 0"),
        (["--token", "1"], "--token than 2"),
        (["--count", "0"], "nothing is asked for"),
    ],
)
def test_bad_input_is_one_sentence(capsys, arguments, complaint):
    assert command.main(arguments) == 2
    said = capsys.readouterr().err
    assert complaint in said and said.count("\n") == 1


def test_without_a_simulator_it_says_so(capsys, monkeypatch):
    monkeypatch.setattr(planted.simulators, "find_icarus", lambda: None)
    assert command.main(["--count", "1"]) == 2
    assert "no Icarus Verilog" in capsys.readouterr().err
    monkeypatch.setattr(command.simulators, "find_verilator", lambda: None)
    assert command.main(["--token", "40"]) == 2
    assert "no Verilator" in capsys.readouterr().err
