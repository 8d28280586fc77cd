"""The page shows what ran, what did not, and what ran on other sources; as HTML without anything beside it, and as Markdown."""

import json
import re
from base64 import b64encode
from html.parser import HTMLParser

import pytest

from verify import outcomes, plan, results
from verify.outcomes import Outcome
from verify.report import content
from verify.report.content import page, slowest
from verify.report.document import BAD, GOOD, Page, Row, Section, Table
from verify.report.draw import html, markdown
from verify.results import Figure


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    return tmp_path


def passing():
    """A row for each name in the plan."""
    names = {pattern.replace("*", "any") for point in plan.load() for pattern in point.tests}
    return [
        {"test": name, "passed": 1, "failed": 0, "skipped": 0, "seconds": 0.1, "again": "", "reason": ""}
        for name in names
    ]


def section(found, title):
    return next(section for section in found.sections if section.title == title)


def cells(found, title):
    return [(list(row.cells), row.mark) for table in section(found, title).tables for row in table.rows]


def test_nothing_has_run(folder):
    found = page()
    assert not found.passed
    for part in ("Tests", "Bins", "Coverage", "Random", "Formal", "Mutation"):
        assert (section(found, part).mark, section(found, part).text) == (BAD, "not run")
    assert section(found, "Testplan").mark == BAD
    states = [row for row in cells(found, "Testplan") if row[0][-1].startswith("not run: no result of")]
    assert len(states) == len(plan.load())
    assert (["formal", "", "not run", "make formal"], BAD) in cells(found, "Overview")


def test_a_testpoint_is_green_with_its_tests_and_red_without_one(folder):
    rows = passing()
    results.write("tests", "make test", 0.0, True, "all", rows=rows)
    green = {row[0][0]: row[1] for row in cells(page(), "Testplan") if len(row[0]) == 6 and row[0][1] in plan.STAGES}
    assert green["fifo"] == GOOD
    assert all(mark == GOOD for name, mark in green.items() if not bins_of(name))

    lost = [row for row in rows if not row["test"].startswith("tb/test_fifo.py")]
    results.write("tests", "make test", 0.0, True, "all but one", rows=lost)
    found = {row[0][0]: row for row in cells(page(), "Testplan")}
    assert found["fifo"][1] == BAD and found["fifo"][0][-1] == "not run: no result of tb/test_fifo.py::*"
    assert found["ram"][1] == (BAD if bins_of("ram") else GOOD)

    broken = [row | {"passed": 0, "failed": 1} if row["test"].startswith("tb/test_fifo.py") else row for row in rows]
    results.write("tests", "make test", 0.0, False, "one failed", rows=broken)
    found = {row[0][0]: row for row in cells(page(), "Testplan")}
    assert found["fifo"][1] == BAD and found["fifo"][0][-1] == "failing: 1 tests"


def bins_of(name):
    return next(point.bins for point in plan.load() if point.name.replace("_", " ") == name)


def test_a_record_of_other_sources_is_refused(folder):
    file = results.write("formal", "make formal", 0.0, True, "all proven")
    assert section(page(), "Formal").mark == GOOD
    file.write_text(json.dumps(json.loads(file.read_text()) | {"sources": "0123"}))
    found = section(page(), "Formal")
    assert found.mark == BAD and "is of other sources than rtl/ has now: run `make formal` again" in found.text


def test_a_record_that_is_none_is_told(folder):
    (folder / "formal.json").write_text("{}")
    assert "formal.json is no record" in section(page(), "Formal").text


def test_a_part_that_nobody_knows_is_shown(folder):
    rows = [
        {"property": "order | <kept>", "state": "proven", "depth": 12, "seconds": 0.25},
        {"property": "no loss", "state": "failed", "depth": 3, "seconds": 1.0},
    ]
    figures = [Figure("properties proven", "1 of 2", "all", False)]
    results.write("power", "make power", 0.0, False, "one of two", figures, rows, seeds=[5, 6])
    found = page()
    assert cells(found, "Power") == [
        (["order | <kept>", "proven", "12", "0.25"], ""),
        (["no loss", "failed", "3", "1"], BAD),
    ]
    assert section(found, "Power").mark == BAD and "Seeds: 5, 6" in section(found, "Power").text
    assert (["power", "properties proven", "1 of 2", "all"], BAD) in cells(found, "Overview")
    drawn = html(found)
    assert "order | &lt;kept&gt;" in drawn and "<kept>" not in drawn
    assert "| RED | no loss | failed | 3 | 1 |" in markdown(found)
    assert "order \\| \\<kept>" in markdown(found)


def test_what_is_red_in_a_long_table_stands_before_it(folder):
    rows = [{"mutant": number, "result": "survived" if number == 77 else "killed"} for number in range(100)]
    results.write("mutation", "make mutate", 0.0, False, "one survived", rows=rows)
    red, whole = section(page(), "Mutation").tables
    assert [list(row.cells) for row in red.rows] == [["77", "survived"]]
    assert whole.folded and len(whole.rows) == 100


def test_all_green():
    found = Page("t", "all green", True, [Section("S", GOOD, "well", "make s", [Table(["a"], [Row(["1"], GOOD)])])])
    assert 'class="good summary"' in html(found) and "(red)" not in markdown(found) and "| ok | 1 |" in markdown(found)


def test_the_pictures_of_a_failure_are_on_the_page(folder, tmp_path, monkeypatch):
    """Once each, whatever tests name them; one that a later run swept away is not asked for."""
    monkeypatch.setattr(content, "ROOT", tmp_path)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "seen.png").write_bytes(b"\x89PNG and more")
    text = "E   a bench\nE   picture: seen.png\nE   picture: gone.png\nagain: x"
    found = [Outcome(f"t::{name}", 1, "failed", 1.0, text) for name in "ab"] + [Outcome("t::c", 1, "passed", 1.0)]
    results.write("tests", "make test", 0.0, False, "two red", rows=outcomes.rows(found))
    whole = page()
    assert [picture.file for picture in section(whole, "Tests").pictures] == [tmp_path / "seen.png"]
    assert all("pictures" not in table.head for table in section(whole, "Tests").tables)
    drawn = html(whole)
    inside = b64encode((tmp_path / "seen.png").read_bytes()).decode()
    assert drawn.count(f"data:image/png;base64,{inside}") == 1 and "gone.png" not in drawn
    assert re.search(r"!\[t::\w: seen\.png\]\(\S*seen\.png\)", markdown(whole))


def test_html_is_whole_and_needs_nothing_else(folder):
    results.write("tests", "make test", 0.0, True, "all", rows=passing())
    drawn = html(page())
    assert not re.search(r"\b(src|srcset|@import|url\()|https?:|<script|<link", drawn)
    opened = []

    class Checker(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in ("meta",):
                opened.append(tag)

        def handle_endtag(self, tag):
            assert opened.pop() == tag

    Checker().feed(drawn)
    assert not opened
    for part in ("Versions", "Verilator", "commit"):
        assert part in drawn


def test_the_page_lists_the_tests_that_took_longest():
    rows = [{"test": f"tests/test_a.py::test_{n}", "seconds": float(n)} for n in range(30)]
    table = slowest(rows)
    assert [row.cells[1] for row in table.rows] == [f"{n}.0" for n in range(29, 9, -1)]
