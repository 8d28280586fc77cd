"""Formal: the proofs that take a second hold, a planted bug is found, and what is no proof at all is red."""

import importlib.util
import json

import pytest

from tb.runner import ROOT
from verify import results
from verify.formal import __main__ as command
from verify.formal import engine, runner
from verify.formal.design import Edit, FormalError
from verify.formal.proofs import PROOFS, Proof

QUICK = [proof for proof in PROOFS if proof.quick]
FIFO = next(proof for proof in PROOFS if proof.name == "fifo")


@pytest.mark.parametrize("proof", QUICK, ids=lambda proof: proof.name)
def test_the_quick_proofs_hold(proof):
    rows = runner.prove(proof, proof.parameters[0])
    assert [row for row in rows if not row.passed] == []
    assert {"property"} <= {row.kind for row in rows}


@pytest.mark.parametrize("bug", FIFO.bugs, ids=lambda bug: bug.what)
def test_a_planted_bug_is_found(bug):
    (row,) = runner.find(FIFO, bug)
    assert row.passed and "found by" in row.verdict


def test_a_bug_that_changes_nothing_is_red():
    (row,) = runner.find(FIFO, Edit("nothing", "srn_fifo", "count_q != '0;", "(count_q != '0);"))
    assert not row.passed and row.verdict == "NOT FOUND"


def test_a_false_property_is_red(monkeypatch):
    wrong = Proof("fifo", "formal_fifo", "inductive", 2, bugs=[], sizes=[FIFO.bugs[0]])
    assert any(row.kind == "property" and not row.passed for row in runner.prove(wrong, {}))


def test_contradictory_assumptions_are_red():
    """They prove everything, and reach nothing."""
    never = Edit("never", "formal_reset", "assume (!rst_ni)", "assume (!rst_ni && rst_ni)")
    rows = runner.prove(Proof("fifo", "formal_fifo", "inductive", 2, bugs=[], sizes=[never]), {})
    assert all(row.passed for row in rows if row.kind == "property")
    assert not any(row.passed for row in rows if row.kind == "cover")


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_every_proof_has_bugs_that_find_their_place(proof):
    assert proof.bugs
    for edit in [*proof.bugs, *proof.sizes]:
        (file,) = (ROOT / "rtl").rglob(f"{edit.file}.sv")
        assert file.read_text().count(edit.old) == 1, edit.what


def test_the_page_names_every_proof():
    page = (ROOT / "docs" / "formal.md").read_text()
    assert [proof.name for proof in PROOFS if f"| {proof.name} |" not in page] == []


def test_every_harness_is_used():
    text = "\n".join(file.read_text() for file in (ROOT / "verify" / "formal").glob("*.sv"))
    unused = [
        file.stem
        for file in (ROOT / "verify" / "formal").glob("*.sv")
        if file.stem not in {proof.harness for proof in PROOFS} and f"{file.stem} #(" not in text
        if f"{file.stem} u_" not in text
    ]
    assert unused == []


def test_a_run_writes_its_rows(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "PROOFS", [FIFO])
    assert command.main([]) == 0
    record = json.loads((tmp_path / "formal.json").read_text())
    assert record["passed"] and record["part"] == "formal" and record["command"] == "make formal"
    assert {row["kind"] for row in record["rows"]} == {"property", "cover", "bug"}
    assert [figure["passed"] for figure in record["figures"]] == [True, True, True]


@pytest.mark.parametrize(
    "proof, sentence",
    [
        (Proof("x", "formal_nowhere", "inductive", 1, bugs=[]), "no file formal_nowhere.sv"),
        (Proof("x", "srn_isa_pkg", "inductive", 1, bugs=[]), "srn_isa_pkg is not read"),
        (Proof("x", "srn_delay", "inductive", 1, bugs=[]), "srn_delay asserts nothing"),
        (
            Proof("x", "formal_fifo", "inductive", 1, bugs=[], sizes=[Edit("y", "srn_fifo", "nowhere", "")]),
            "'y' finds its place 0 times in srn_fifo.sv",
        ),
        (
            Proof("x", "formal_fifo", "inductive", 1, bugs=[], sizes=[Edit("y", "srn_ram", "nowhere", "")]),
            "formal_fifo does not use srn_ram",
        ),
    ],
)
def test_what_cannot_be_tried_is_one_sentence(proof, sentence):
    with pytest.raises(FormalError, match=sentence):
        runner.prove(proof, {})


def test_an_unknown_name_is_one_sentence(capsys):
    assert command.main(["nowhere"]) == 2
    assert "there is no proof called nowhere: there are fifo" in capsys.readouterr().err


def test_a_missing_yosys_is_one_sentence(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FormalError, match="there is no Yosys"):
        runner.prove(FIFO, {})


def test_a_missing_solver_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(engine, "bitwuzla", None)
    assert command.main(["fifo"]) == 1
    assert "there is no solver" in capsys.readouterr().err
