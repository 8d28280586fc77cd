"""What the campaigns ran: rows under build/random, bins under build/bins, the record of the sign-off beside this file, the part for the report."""

import json
import shutil
import sys
import time
from pathlib import Path

from tb.runner import BUILD
from verify import bins, groups, results
from verify.random import campaign

BINS = BUILD / "bins" / "random"  # where verify/coverage finds them
ROWS = campaign.FOLDER / "rows.jsonl"
SIGNED_OFF = Path(__file__).with_name("signed_off.json")
BARS = {"verilator": 1_000_000, "icarus": 20_000}  # instructions
KEY = ("profile", "seed", "sim")


def forget() -> None:
    shutil.rmtree(BINS, ignore_errors=True)
    ROWS.unlink(missing_ok=True)


def add(row: dict) -> None:
    ROWS.parent.mkdir(parents=True, exist_ok=True)
    with open(ROWS, "a") as lines:
        lines.write(json.dumps(row | {"sources": results.sources_hash()}) + "\n")


def rows() -> list[dict]:
    """What ran here since `forget`, of the present sources; of a campaign that ran twice the longer."""
    found: dict[tuple, dict] = {}
    here = [json.loads(line) for line in ROWS.read_text().splitlines()] if ROWS.exists() else []
    now = results.sources_hash()
    for row in here:
        key = tuple(row[name] for name in KEY)
        if row["sources"] == now and (
            key not in found or row["failed"] or row["instructions"] > found[key]["instructions"]
        ):
            found[key] = {name: value for name, value in row.items() if name != "sources"}
    return list(found.values())


def coverage() -> tuple[int, int]:
    """Bins of the instruction space hit by the campaigns here, and how many there are."""
    bins.merge(sorted(BINS.glob("*.json")))
    spaces = groups.INSTRUCTION_SPACE
    return sum(len(group.bins) - len(group.missing()) for group in spaces), sum(len(group.bins) for group in spaces)


def write(began: float) -> bool:
    """The part `random` of the report. True where each bar is reached."""
    found = rows()
    figures = []
    for simulator, bar in BARS.items():
        compared = sum(row["instructions"] for row in found if row["sim"] == simulator and not row["failed"])
        what = f"random instructions without a mismatch, {simulator}"
        figures.append(results.Figure(what, f"{compared:,}", f">= {bar:,}", compared >= bar))
    failed = [row for row in found if row["failed"]]
    figures.append(results.Figure("campaigns with a mismatch", str(len(failed)), "0", not failed))
    total = sum(row["instructions"] for row in found)
    passed = all(figure.passed for figure in figures)
    results.write(
        "random",
        "make random REPEAT=1",
        began,
        passed,
        f"{total:,} random instructions in {len(found)} campaigns compared with the golden model",
        figures,
        found,
        sorted({row["seed"] for row in found}),
    )
    return passed


def list_missing() -> int:
    hit, number = coverage()
    for group in groups.INSTRUCTION_SPACE:
        for values in group.missing():
            print(
                f"{group.name}: {', '.join(f'{axis} {value}' for axis, value in zip(group.axes, values, strict=True))}"
            )
    print(f"{hit} of {number} bins of the instruction space are hit")
    return int(hit < number)


def sign_off() -> int:
    """Keep the rows and the bins' figure for good. Status 1, and a sentence, where a bar is not reached; refused after a mismatch."""
    found, (hit, number) = rows(), coverage()
    if failed := [row for row in found if row["failed"]]:
        print(f"{len(failed)} campaigns of these sources found a mismatch: nothing is signed off", file=sys.stderr)
        return 1
    short = hit < number
    for simulator, bar in BARS.items():
        compared = sum(row["instructions"] for row in found if row["sim"] == simulator)
        if compared < bar:
            print(f"{compared:,} instructions on {simulator} are less than {bar:,}", file=sys.stderr)
            short = True
    entry = {"date": time.strftime("%Y-%m-%d"), "sources": results.sources_hash(), "bins": f"{hit} of {number}"}
    lines = ",\n  ".join(json.dumps(row) for row in found)
    head = json.dumps(entry, indent=1)[:-2]
    SIGNED_OFF.write_text(f'{head},\n "rows": [\n  {lines}\n ]\n}}\n')
    print(f"{SIGNED_OFF.name}: {len(found)} campaigns, {hit} of {number} bins")
    return int(short)
