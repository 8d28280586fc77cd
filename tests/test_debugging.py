"""docs/debugging.md: each patch plants its bug in a copy, and the page's lines are what its command then prints."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tb.runner import ROOT
from verify import outcomes
from verify.random.golden import NOT_AGAIN

MOST_BYTES = 60_000  # of a picture that the repository keeps
PAGE = ROOT / "docs" / "debugging.md"
RANDOM = ["verify.random", "--profile", "quick", "--seed", "1", "--instructions", "4000", "--sim", "verilator"]
COMMANDS = {
    "rounding": RANDOM,
    "hazard": RANDOM,
    "completion": ["tb.runner", "system", "--sim", "verilator", "--test", "random_programs/stall=20"],
}


SHOWN = {"rounding": "debugging/rounding.png"}  # pictures of the page


def words(picture: Path) -> str:
    """What a picture says that it shows."""
    with Image.open(picture) as drawn:
        return drawn.text["Description"]


def lines_of(name: str) -> list[str]:
    """The lines that the page says are printed."""
    blocks = re.findall(rf"^```{name}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return [line.strip() for block in blocks for line in block.splitlines()]


def test_every_patch_has_its_story():
    assert {path.stem for path in (ROOT / "docs" / "debugging").glob("*.patch")} == COMMANDS.keys()
    assert all(lines_of(name) for name in COMMANDS)
    assert set(re.findall(r"\]\((debugging/.*?\.png)\)", PAGE.read_text())) == set(SHOWN.values())
    assert all((PAGE.parent / picture).stat().st_size <= MOST_BYTES for picture in SHOWN.values())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_is_what_is_printed(tmp_path, name):
    for folder in ("rtl", "tb", "models", "host", "verify", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    patch = ROOT / "docs" / "debugging" / f"{name}.patch"
    subprocess.run(["git", "apply", str(patch)], cwd=tmp_path, check=True)
    run = [sys.executable, "-m", *COMMANDS[name]]
    done = subprocess.run(
        run, cwd=tmp_path, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1200
    )
    assert done.returncode == 1
    missing = [line for line in lines_of(name) if line not in done.stdout]
    assert not missing, f"{name}: not printed any more: {missing}\n{done.stdout[-4000:]}"
    assert NOT_AGAIN not in done.stdout  # the cut-down program fails from whatever state the chip is in
    for picture in outcomes.pictures(done.stdout):
        assert words(tmp_path / picture)
    if name in SHOWN:
        shown = next(line for line in lines_of(name) if line.endswith("difference.png")).removeprefix("picture: ")
        assert words(tmp_path / shown) == words(PAGE.parent / SHOWN[name])
