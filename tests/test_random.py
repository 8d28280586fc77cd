"""Random programs: their profiles, how they are made, what the command line refuses, and a short slice of the campaign on both simulators."""

import json
import subprocess
import sys

import pytest

from models import isa
from models.config import BLOCK
from tb import failure
from tb.runner import ROOT, SIMULATORS, BenchError
from tb.simulators import find_icarus
from verify.random import campaign, dry, profile, record, repeat
from verify.random import case as cases
from verify.random.generate import generate

HERE = [simulator for simulator in SIMULATORS if simulator != "icarus" or find_icarus()]
SLICE = {"verilator": {"default": 3000, "hazards": 1500, "errors": 600}, "icarus": {"brief": 100}}


def command(*arguments: str) -> subprocess.CompletedProcess:
    line = [sys.executable, "-m", "verify.random", *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["--profile", "nonsense"], "there is no profile 'nonsense': there are "),
        (["--profile", "default,nonsense"], "there is no profile 'nonsense': there are "),
        (["--seed", "-3"], "a seed is a number from 1 to 4294967295, not '-3'"),
        (["--seed", "lucky"], "a seed is a number from 1 to 4294967295, not 'lucky'"),
        (["--instructions", "0"], "the number of instructions is a number from 1 to 1000000000, not '0'"),
        (["--sim", "spice"], "there is no simulator 'spice': there are verilator, icarus"),
        (["--case", "/nowhere/at.all"], "there is no file /nowhere/at.all"),
        (["--case", "Makefile"], "Makefile, line "),
    ],
)
def test_bad_input_is_one_sentence_and_status_1(arguments, told):
    done = command(*arguments)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(told) and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "entry, told",
    [
        ({"text": "", "lenght": 3}, "profile p: there is nothing called lenght"),
        ({"text": "", "endings": {"fire": 1}}, "profile p: endings has no fire"),
        ({"text": "", "mix": {"commands": {"add": 1}}}, "profile p: commands has no add"),
        ({"text": "", "mix": {"far": 1}}, "profile p: there is nothing called far"),
    ],
)
def test_a_profile_that_cannot_be_is_told_in_a_sentence(entry, told):
    with pytest.raises(profile.ProfileError, match=f"^{told}$"):
        profile.parse("p", entry)


@pytest.mark.parametrize("name", profile.names())
def test_a_case_follows_from_profile_seed_and_number(name):
    shape = profile.load(name)
    one, two = generate(shape, 7, 3), generate(shape, 7, 3)
    assert one == two != generate(shape, 8, 3) and one != generate(shape, 7, 4)
    assert cases.read(cases.write(one)) == one
    assert shape.text and all(len(program.code) < cases.PARAMETERS["ImemWords"] for program in one.programs)
    assert dry.run(one) > len(one.programs)


def test_what_the_memories_held_is_gone_before_a_case_begins():
    """A filling, a wait until it is done, and a filling with something else."""
    case = generate(profile.load("hazards"), 7, 3)
    code = cases.placed(case.programs[0], case, fresh=True)
    wait = [instruction.name for instruction in code].index("signal")
    first, second = code[:wait], code[wait + 1 : 2 * wait + 1]
    assert [i.name for i in first] == [i.name for i in second] and first[1:] == second[1:]
    assert first[0].name == "load" and first[0].fields["dram"] != second[0].fields["dram"]
    assert first[0].fields["cols"] * first[0].fields["rows"] == case.config.vmem_elements
    assert sum(i.fields["cols"] for i in first[1:]) == case.config.amem_blocks * BLOCK
    assert [i.name for i in code[2 * wait + 1 :]] == [i.name for i in case.programs[0].code]


def test_programs_end_as_their_profile_says():
    """Legal programs run to their end; in the others exactly the last instruction is refused."""
    legal = profile.parse("legal", {"text": "", "endings": {"end": 1}, "programs": 2})
    for n in range(2):
        case = generate(legal, 1, n)
        assert all(program.code[-1].name == "end" and not program.ending for program in case.programs)
        assert dry.endings(case) == ["end", "end"]
    for ending, causes in {
        "refused": {"encoding", "length", "alignment", "address", "overlap"},
        "undefined": {"encoding"},
        "runaway": {"program"},
        "beyond": {"bus"},
        "error": {"bus"},
        "program error": {"bus"},
    }.items():
        shape = profile.parse(ending, {"text": "", "endings": {ending: 1}, "programs": 1, "length": 5})
        found = {dry.endings(generate(shape, 1, n))[0] for n in range(25)} - {
            "end"
        }  # an error may lie between a transfer's rows
        assert found == causes


def test_illegal_instructions_come_as_bytes_where_they_have_no_text():
    shape = profile.parse("undefined", {"text": "", "endings": {"undefined": 1}, "programs": 1, "length": 5})
    code = [part for n in range(20) for part in generate(shape, 1, n).programs[0].code if isinstance(part, bytes)]
    assert len(code) == 20
    for part in code:
        with pytest.raises(isa.Undefined):
            isa.decode(part)


def test_the_campaign_of_the_sign_off_is_on_record():
    """What repeats it; whether it was of these sources, and reached its bars, the report says."""
    entry = json.loads(record.SIGNED_OFF.read_text())
    assert entry["date"] and entry["sources"] and entry["rows"]
    for row in entry["rows"]:
        assert row["profile"] in profile.names() and row["sim"] in record.BARS and row["seed"] > 0
        assert row["instructions"] > 0 and not row["failed"]


@pytest.mark.parametrize("simulator, name", [(sim, name) for sim in HERE for name in SLICE[sim]])
def test_a_slice_agrees_with_the_golden_model(simulator, name, tmp_path, record_property):
    wanted = SLICE[simulator][name]
    outcome = campaign.run(name, 1, wanted, simulator, tmp_path, user="test")
    if outcome.failed:
        folder = campaign.run_folder(simulator, campaign.campaign_folder(name, 1, simulator, "test"))
        raise BenchError("\n".join([outcome.failed.text, *failure.pictures(folder)]))
    assert outcome.counts["instructions"] >= wanted
    journal = (campaign.campaign_folder(name, 1, simulator, "test") / "journal.jsonl").read_text().splitlines()
    begun = [entry["begins"] for entry in map(json.loads, journal) if "begins" in entry]
    assert begun == [f"profile {name}, seed 1, case {n}" for n in range(outcome.counts["cases"])]  # each once
    assert list(tmp_path.glob("bins-*.json"))
    record_property("cocotb_tests", outcome.counts["cases"])


@pytest.mark.parametrize("status", [0, 1])
def test_what_was_signed_off_runs_again(tmp_path, monkeypatch, status):
    """Each campaign of it once, with its seed and length; one that fails makes the whole fail."""
    rows = [
        {"profile": "default", "seed": n, "sim": "icarus", "instructions": 9 * n, "seconds": n} for n in range(1, 6)
    ]
    (tmp_path / "signed_off.json").write_text(json.dumps({"rows": rows}))
    monkeypatch.setattr(record, "SIGNED_OFF", tmp_path / "signed_off.json")
    monkeypatch.setattr(record, "write", lambda began: True)
    program = f"import sys; open({str(tmp_path / 'ran')!r}, 'a').write(' '.join(sys.argv[1:]) + chr(10)); sys.exit({status} and '=3' in sys.argv[2])"
    monkeypatch.setattr(repeat, "COMMAND", [sys.executable, "-c", program])
    assert repeat.repeat(2) == status
    ran = (tmp_path / "ran").read_text().splitlines()
    assert sorted(ran) == [f"--profile=default --seed={n} --instructions={9 * n} --sim=icarus" for n in range(1, 6)]
    assert "--seed=5" in ran[0] + ran[1]


def test_the_record_is_of_the_present_sources(tmp_path, monkeypatch):
    """Rows of other sources do not count, nor those that are signed off and did not run here; of a campaign that ran twice the
    longer does, and a failure always."""
    monkeypatch.setattr(record, "ROWS", tmp_path / "rows.jsonl")
    monkeypatch.setattr(record, "SIGNED_OFF", tmp_path / "signed_off.json")
    row = {"profile": "default", "seed": 1, "sim": "icarus", "instructions": 10, "failed": False}
    (tmp_path / "signed_off.json").write_text(json.dumps({"sources": "now", "rows": [row | {"seed": 5}]}))
    monkeypatch.setattr(record.results, "sources_hash", lambda: "before")
    record.add(row | {"instructions": 99})
    monkeypatch.setattr(record.results, "sources_hash", lambda: "now")
    assert record.rows() == []
    for more in (row, row | {"instructions": 30}, row | {"instructions": 20}, row | {"seed": 2}):
        record.add(more)
    assert [(found["seed"], found["instructions"]) for found in record.rows()] == [(1, 30), (2, 10)]
    record.add(row | {"failed": True})
    assert record.rows()[0]["failed"]
    assert record.sign_off() == 1 and not json.loads((tmp_path / "signed_off.json").read_text()).get("date")
