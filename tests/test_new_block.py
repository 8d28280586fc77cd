"""make new-block: four files that lint and run, a bench that fails until there is a model, and what it refuses."""

import shutil
import subprocess
import sys

import pytest

from tb.new_block import TEMPLATES, make
from tb.runner import ROOT
from tb.simulators import find_icarus

SIMULATOR = "icarus" if find_icarus() else "verilator"  # the quicker one


@pytest.fixture
def checkout(tmp_path):
    """A copy of what a bench needs, so that a run of ours is not a file of this checkout."""
    for folder in ("rtl", "tb", "models", "host"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def bench(checkout):
    command = [sys.executable, "-m", "tb.runner", "twice_more", "--sim", SIMULATOR]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=600, check=False)


def test_a_new_bench_runs_and_wants_a_model(checkout):
    files = make("vector/twice_more", checkout)
    assert len(files) == len(TEMPLATES) == 4 and all(file.exists() for file in files)
    without = bench(checkout)
    assert without.returncode == 1
    assert "4 of 4 tests failed" in without.stderr
    assert "models/twice_more.py has no model yet: write it before the RTL" in without.stderr

    model = checkout / "models" / "twice_more.py"
    text = model.read_text()
    model.write_text(text.replace(text[text.index("    raise") :], "    return words\n"))
    done = bench(checkout)
    assert done.returncode == 0 and done.stdout.count("4 tests passed") == 2, done.stderr

    model.write_text(text.replace(text[text.index("    raise") :], "    return words ^ np.uint64(1)\n"))
    wrong = bench(checkout)
    assert wrong.returncode == 1 and "4 of 4 tests failed" in wrong.stderr


def test_new_files_are_clean(checkout):
    files = make("vector/twice_more", checkout)
    python = [file for file in files if file.suffix == ".py"]
    for command in (["check"], ["format", "--diff"]):
        run = [sys.executable, "-m", "ruff", *command, "--quiet", *python]
        assert subprocess.run(run, cwd=checkout, capture_output=True, text=True, check=False).stdout == ""
    sources = [files[0], ROOT / "rtl" / "prim" / "srn_stream_reg.sv"]
    if icarus := find_icarus():
        run = [icarus.path, "-g2012", "-Wall", "-Wno-timescale", "-tnull", *sources]
        said = subprocess.run(run, capture_output=True, text=True, check=True)
        assert said.stdout + said.stderr == ""


@pytest.mark.parametrize(
    "place", ["", "twice", "Vector/twice", "vector/Twice", "vector/srn/twice", "../twice", "a/b-c"]
)
def test_a_name_that_is_none_is_refused(tmp_path, place):
    with pytest.raises(ValueError, match="is not FOLDER/NAME"):
        make(place, tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_exists_stays(checkout):
    before = (checkout / "rtl" / "prim" / "srn_fifo.sv").read_text()
    for place in ("prim/fifo", "vector/fifo"):
        with pytest.raises(ValueError, match="exists: choose another name"):
            make(place, checkout)
    assert (checkout / "rtl" / "prim" / "srn_fifo.sv").read_text() == before
    assert not (checkout / "models" / "fifo.py").exists()
