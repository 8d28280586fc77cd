"""The shrinker alone: a made-up failure stands for the RTL, so that what is left is known."""

import json

import pytest

from models import isa
from tb.lockstep import Mismatch
from verify.random import campaign, dry
from verify.random import case as cases
from verify.random.case import MEMORY, Case, Program
from verify.random.generate import generate
from verify.random.golden import Golden
from verify.random.profile import load
from verify.random.shrink import only, replayed, shrink


def names(case: Case) -> list[str]:
    return [code.name for program in case.programs for code in program.code if not isinstance(code, bytes)]


def store_after_matmul(case: Case) -> bool:
    """Fails where a store of several rows comes after a matmul, anywhere in one program."""
    for program in case.programs:
        seen = False
        for code in program.code:
            name = "" if isinstance(code, bytes) else code.name
            if name == "store" and seen and code.fields["rows"] > 1:
                return True
            seen = seen or name == "matmul"
    return False


def search(steps, fails) -> tuple[Case, list[bool]]:
    answer, verdicts = None, []
    while True:
        try:
            candidate = steps.send(answer)
        except StopIteration as end:
            return end.value, verdicts
        answer = fails(candidate)
        verdicts.append(answer)


@pytest.fixture(scope="module")
def large() -> Case:
    return next(
        case for n in range(50) if store_after_matmul(case := generate(load("hazards"), 3, n)) and case.size() > 900
    )


def test_hundreds_of_instructions_become_the_two_that_matter(large):
    smallest, verdicts = search(shrink(large), store_after_matmul)
    assert names(smallest) == ["matmul", "store"]
    matmul, store = smallest.programs[0].code
    assert matmul == isa.make("matmul")
    assert store == isa.make("store", rows=2)
    assert smallest.memory == MEMORY and smallest.programs == (Program((matmul, store)),)
    assert len(verdicts) < 400


def test_what_the_failure_needs_stays():
    """A setting, an ending from outside, a register and a loop."""
    code = [
        *map(
            isa.assemble,
            ["signal", "scalar rd=r3 value=9", "signal ra=r1", "branch ra=r3 condition=ne value=8 target=2", "end"],
        )
    ]
    case = Case((Program(tuple(code), 100, (1, 2), (0, 0), "clear", 300),), MEMORY | {"stall": 20, "latency": 7})

    def fails(candidate: Case) -> bool:
        program = candidate.programs[0]
        back = [i for i, code in enumerate(program.code) if code.name == "branch" and code.fields["target"] <= i]
        return candidate.memory["stall"] == 20 and program.ending == "clear" and bool(back)

    smallest, _ = search(shrink(case), fails)
    assert smallest.memory == MEMORY | {"stall": 20}
    assert smallest.programs == (Program((isa.make("branch", target=0),), ending="clear", clocks=300),)


def test_a_branch_goes_to_the_next_instruction_that_is_left():
    code = [*map(isa.assemble, ["branch target=3", "signal", "signal", "scalar rd=r1", "end"])]

    def fails(candidate: Case) -> bool:
        code = candidate.programs[0].code
        at = code[0].fields["target"] if code[0].name == "branch" else len(code)
        return at < len(code) and code[at].name == "scalar"

    smallest, _ = search(shrink(Case((Program(tuple(code)),))), fails)
    assert [code.name for code in smallest.programs[0].code] == ["branch", "scalar"]
    assert smallest.programs[0].code[0].fields["target"] == 1


def test_a_search_goes_on_where_an_earlier_one_ended(large):
    smallest, verdicts = search(shrink(large), store_after_matmul)
    again, rest = search(replayed(shrink(large), verdicts[:50]), store_after_matmul)
    assert again == smallest and rest == verdicts[50:]


def test_programs_that_never_end_are_not_tried():
    code = [
        *map(
            isa.assemble,
            ["scalar rd=r1 value=2", "scalar rd=r1 ra=r1 value=-1", "branch ra=r1 condition=ne target=1", "end"],
        )
    ]
    tried = []

    def fails(candidate: Case) -> bool:
        tried.append(candidate)
        return "branch" in names(candidate)

    search(only(shrink(Case((Program(tuple(code)),))), lambda case: dry.run(case, most=1000) is not None), fails)
    assert tried and all(dry.run(case, most=1000) is not None for case in tried)


def test_a_case_is_what_its_text_says(large):
    assert cases.read(cases.write(large)) == large


@pytest.mark.parametrize(
    "text, told",
    [
        ("", "the text has no program"),
        ("program beat=0\n  lod vmem=0", "the text, line 2: no instruction is called lod"),
        ("program beet=0", "the text, line 1: a program has no beet"),
        ("program beat=0\n  code 00", "the text, line 2: 1 bytes are no instruction"),
        ("memory dram=ideal", "the text, line 1: these are dram, latency, rate, seed, stall"),
    ],
)
def test_a_text_that_is_no_case_is_told_in_a_sentence(text, told):
    with pytest.raises(cases.CaseError, match=f"^{told}$"):
        cases.read(text)


def test_what_failed_once_has_failed_though_it_passes_when_run_again(tmp_path):
    path = tmp_path / "case.asm"
    path.write_text(cases.write(Case((Program((isa.make("end"),)),), text="a case")))
    (tmp_path / "order.json").write_text(json.dumps({"kind": "files", "paths": [str(path)]}))
    golden = Golden(tmp_path)
    assert golden.next().detail is None
    golden.fail(Mismatch(0, "it differs", difference=object()), "")
    assert golden.next().detail == 0  # again, to list the words
    golden.passed(None, "")
    assert golden.next() is None
    entries = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert [entry["failed"] for entry in entries if "failed" in entry] == [True]
    assert "it differs\nrun again in the same simulation" in cases.read((tmp_path / "failed.asm").read_text()).text


def test_a_case_that_does_not_fail_alone_is_not_kept(tmp_path, monkeypatch, large):
    """A candidate may fail by what those before it left behind: then all of what failed is kept, with its message."""
    smallest = Case((Program((isa.make("end"),)),))

    def simulate(order, simulator, folder, parameters=None, bins=None, again=False):
        folder.mkdir(exist_ok=True)
        if order["kind"] == "shrink":
            (folder / "shrunk.asm").write_text(cases.write(smallest))
        return campaign.Outcome({})

    monkeypatch.setattr(campaign, "simulate", simulate)
    failed = cases.replace(large, text="profile hazards\nit differs")
    kept = campaign.shrink(failed, "verilator", tmp_path / "shrink-x")
    assert kept.programs == large.programs
    assert kept.text == f"{failed.text}\n{campaign.NOT_ALONE.format(1)}"
