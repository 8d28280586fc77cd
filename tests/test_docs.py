"""What the pages tell people to type is there."""

import re

from tb.runner import ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
SHELL = {"COVERAGE"}  # of the environment, before a command


def test_every_make_command_of_the_pages_is_in_the_makefile():
    """Target and variables; `make tb-NAME` of each bench."""
    text = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split())
    variables = set(re.findall(r"\$\(([A-Z]+)\)", text))
    benches = {path.stem.removeprefix("test_") for path in (ROOT / "tb").glob("test_*.py")} | {"NAME"}
    seen = 0
    for page in PAGES:
        for line in re.findall(
            r"^ {4}(?:\w+=\S+ )*make .*$|`(?:\w+=\S+ )*make [^`\n]*`", page.read_text(), re.MULTILINE
        ):
            before, _, rest = f" {line.strip('` ')}".partition(" make ")
            target, *words = rest.split()
            known = target.removeprefix("tb-") in benches if target.startswith("tb-") else target in targets
            assert known, f"{page.name}: make {target}"
            given = re.findall(r"(?:^| )([A-Z]+)=", " ".join(words))
            assert set(given) <= variables, f"{page.name}: {line.strip()}"
            assert set(re.findall(r"(\w+)=", before)) <= variables | SHELL, f"{page.name}: {line.strip()}"
            seen += 1
    assert seen > 100


def test_the_makefile_tells_of_every_target():
    text = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split())
    told = set(re.findall(r"^#   make ([\w-]+)", text, re.MULTILINE))
    rules = set(re.findall(r"^([a-z][\w-]*):", text, re.MULTILINE))
    assert targets - {"help"} == told - {"tb-NAME"} and targets == rules
