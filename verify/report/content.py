"""What the page says, from the records of build/results and the testplan. What has not run is red, and so is what ran
on other sources; a part that nobody here knows is shown like the others."""

import importlib.metadata
import platform
import re
import subprocess
import time
from collections.abc import Mapping, Sequence

from tb import simulators
from tb.runner import ROOT
from tests.conftest import EXPECTED_SKIPS
from verify import plan, results
from verify.report.document import BAD, GOOD, PLAIN, Page, Picture, Row, Section, Table

PARTS = {  # what a sign-off consists of, and the command that runs each
    "tests": "make test",
    "bins": "make regress",
    "coverage": "make coverage",
    "random": "make random",
    "formal": "make formal",
    "mutation": "make mutate",
    "reproduction": "make reproduce",
}
MOST_PICTURES = 24  # some 50 kB each
FOLD = 40  # rows, beyond which a table is folded and what is red in it stands before
SLOWEST = 20  # tests listed with their time
RED_WORDS = re.compile(r"fail(ed|ing)?|survived|missed|unknown|timeout|no|false|red", re.IGNORECASE)


def page() -> Page:
    records, refused = read()
    parts = [part_section(name, records.get(name), refused.get(name, "")) for name in {**PARTS, **records, **refused}]
    planned = plan_section(records)
    sections = [overview(records, refused, planned), planned, *parts, machine()]
    red = [section.title for section in sections if section.mark == BAD and section.title != "Overview"]
    summary = "all green" if not red else f"red: {', '.join(red)}"
    return Page(f"Serrano, sign-off of {time.strftime('%Y-%m-%d %H:%M')}", summary, not red, sections)


def read() -> tuple[dict[str, dict], dict[str, str]]:
    """The records by part, and the sentence for each that cannot be used."""
    records, refused = {}, {}
    for name in dict.fromkeys([*PARTS, *(file.stem for file in sorted(results.FOLDER.glob("*.json")))]):
        try:
            if record := results.read(name):
                records[name] = record
        except results.ResultsError as error:
            refused[name] = str(error)
        except (ValueError, KeyError, TypeError):
            refused[name] = f"{name}.json is no record of verify/results.py: run the part again"
    return records, refused


# ---------------------------------------------------------------- sections


def overview(records: Mapping[str, dict], refused: Mapping[str, str], planned: Section) -> Section:
    rows = [Row(["testplan", "", planned.text, ""], planned.mark)]
    for name in {**PARTS, **records, **refused}:
        if record := records.get(name):
            mark = GOOD if record["passed"] else BAD
            rows.append(Row([name, _seconds(record["seconds"]), record["summary"], record["command"]], mark))
        else:
            rows.append(Row([name, "", refused.get(name, "not run"), PARTS.get(name, "")], BAD))
    figures = [
        Row([name, figure["what"], str(figure["value"]), str(figure["bar"])], GOOD if figure["passed"] else BAD)
        for name, record in records.items()
        for figure in record["figures"]
    ]
    tables = [Table(["part", "time", "result", "command"], rows)]
    tables += [Table(["part", "figure", "value", "bar"], figures, "Figures beside their bars")] if figures else []
    mark = BAD if any(row.mark == BAD for row in rows) else GOOD
    return Section(
        "Overview",
        mark,
        "Every part runs alone, by its command; the page is made from their records.",
        "make regress",
        tables,
    )


def plan_section(records: Mapping[str, dict]) -> Section:
    try:
        points = plan.load()
    except plan.PlanError as error:
        return Section("Testplan", BAD, str(error))
    tests = records["tests"]["rows"] if "tests" in records else []
    reached = reached_bins(records.get("bins"))
    verdicts = [(point, plan.judge(point, tests, reached, EXPECTED_SKIPS)) for point in points]
    stages = []
    for stage, meaning in plan.STAGES.items():
        members = [(point, verdict) for point, verdict in verdicts if point.stage == stage]
        written = sum(bool(point.tests) for point, _ in members)
        passing = sum(verdict.state in ("passing", "covered") for _, verdict in members)
        covered = sum(verdict.green for _, verdict in members)
        mark = GOOD if covered == len(members) else BAD
        stages.append(Row([stage, meaning, *map(str, (len(members), written, passing, covered))], mark))
    tables = [Table(["stage", "", "planned", "written", "passing", "covered"], stages)]
    for feature in dict.fromkeys(point.feature for point in points):
        rows = [_point_row(point, verdict) for point, verdict in verdicts if point.feature == feature]
        head = ["testpoint", "stage", "what is shown", "tests passed", "bins hit", "state"]
        tables.append(Table(head, rows, feature.replace("_", " ")))
    green = sum(verdict.green for _, verdict in verdicts)
    said = f"{green} of {len(points)} testpoints pass and are covered"
    return Section("Testplan", GOOD if green == len(points) else BAD, said, "python -m verify.plan", tables)


def _point_row(point: plan.Testpoint, verdict: plan.Verdict) -> Row:
    state = verdict.state
    if verdict.failed:
        state += f": {verdict.failed} tests"
    if verdict.not_run:
        state += f": no result of {verdict.not_run[0]}" + (
            f" and {len(verdict.not_run) - 1} more" * (len(verdict.not_run) > 1)
        )
    if verdict.state == "passing":
        state += ", bins not all hit"
    if verdict.skipped:
        state += f"; skipped: {'; '.join(verdict.skipped)}"
    hit = f"{verdict.hit} of {verdict.bins}" if verdict.bins else ("not counted" if point.bins else "")
    cells = [point.name.replace("_", " "), point.stage, point.text, str(verdict.passed), hit, state]
    return Row(cells, GOOD if verdict.green else BAD)


def reached_bins(record: Mapping | None) -> dict[str, tuple[int, int]]:
    """Bins and bins hit of each group, of the part "bins"; its rows have `group`, `bins` and `hit`."""
    rows = record["rows"] if record else []
    return {row["group"]: (row["bins"], row["hit"]) for row in rows}


def part_section(name: str, record: Mapping | None, refused: str) -> Section:
    if record is None:
        return Section(name.capitalize(), BAD, refused or "not run", PARTS.get(name, ""))
    text = f"{record['summary']} ({_seconds(record['seconds'])})"
    if seeds := record["seeds"]:
        more = f" and {len(seeds) - 20} more" if len(seeds) > 20 else ""
        text += f". Seeds: {', '.join(map(str, seeds[:20]))}{more}"
    tables = [_details(record["rows"])] if record["rows"] else []
    slow = slowest(record["rows"])
    if tables and len(tables[0].rows) > FOLD:
        red = [row for row in tables[0].rows if row.mark == BAD]
        folded = Table(tables[0].head, tables[0].rows, "all of it", folded=True)
        tables = [Table(folded.head, red, "red"), folded] if red else [folded]
    tables += [slow] if slow and len(record["rows"]) > SLOWEST else []
    mark = GOOD if record["passed"] else BAD
    return Section(name.capitalize(), mark, text, record["command"], tables, _pictures(record["rows"]))


def _pictures(rows: Sequence[Mapping]) -> list[Picture]:
    """Of failures, once each, as far as they are still there: a later run in the same folder may have swept them away."""
    found = {file: str(row.get("test", "")) for row in rows for file in row.get("pictures", ())}
    there = [Picture(f"{test}: {file}", ROOT / file) for file, test in found.items() if (ROOT / file).is_file()]
    return there[:MOST_PICTURES]


def slowest(rows: Sequence[Mapping]) -> Table | None:
    """Of tests with their seconds, over all seeds."""
    timed = [row for row in rows if "test" in row and isinstance(row.get("seconds"), int | float)]
    longest = sorted(timed, key=lambda row: -row["seconds"])[:SLOWEST]
    cells = [Row([row["test"], f"{row['seconds']:.1f}"]) for row in longest]
    return Table(["test", "seconds"], cells, f"the {SLOWEST} that took longest") if cells else None


def _details(rows: Sequence[Mapping]) -> Table:
    head = [key for key in rows[0] if key != "pictures"]  # which are shown
    return Table(head, [Row([_cell(row.get(key, "")) for key in head], _mark(row)) for row in rows])


def _mark(row: Mapping) -> str:
    """Of a row whose keys nobody here knows: by `passed`, by what `failed`, or a word of its result."""
    passed, failed = row.get("passed"), row.get("failed")
    if isinstance(passed, bool):
        return GOOD if passed else BAD
    if failed is not None:
        return BAD if failed else GOOD if passed else PLAIN
    if "bins" in row and "hit" in row:
        return GOOD if row["hit"] == row["bins"] else BAD
    word = next((str(row[key]) for key in ("state", "result", "status", "outcome", "verdict") if key in row), "")
    return BAD if RED_WORDS.fullmatch(word) else PLAIN


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def machine() -> Section:
    """What it ran on: enough to repeat it."""
    commit = _git("rev-parse", "HEAD") or "no git"
    dirty = " and changes that are not committed" if _git("status", "--porcelain", "--untracked-files=no") else ""
    rows = [
        ["commit", commit + dirty],
        ["Python", platform.python_version()],
        ["system", f"{platform.system()} {platform.release()}, {platform.machine()}"],
        ["Verilator", _tool(simulators.find_verilator())],
        ["Icarus", _tool(simulators.find_icarus())],
    ]
    for name in re.findall(r"^([\w-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE):
        try:
            rows.append([name, importlib.metadata.version(name)])
        except importlib.metadata.PackageNotFoundError:
            rows.append([name, "absent"])
    rows = list({row[0]: row for row in rows}.values())
    return Section("Versions", PLAIN, "What it ran on.", "make doctor", [Table(["", ""], [Row(row) for row in rows])])


def _tool(tool: simulators.Tool | None) -> str:
    return ".".join(map(str, tool.version)) + (" (PyPI wheel)" if tool.wheel else "") if tool else "absent"


def _git(*words: str) -> str:
    try:
        return subprocess.run(["git", *words], cwd=ROOT, check=False, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
