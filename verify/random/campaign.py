"""Run cases on the RTL: an order for verify/random/golden.py, a simulation, and what its journal says."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tb.runner import BUILD, BenchError, build_and_run
from verify.random import case as cases
from verify.random.case import Case

FOLDER = BUILD / "random"
COUNTS = ("instructions", "commands", "programs", "halts", "resets")
CHUNK = {"verilator": 40_000, "icarus": 2_000}  # instructions of a simulation: well below its limit of time
NOT_ALONE = "cut down to {} instructions it failed among other candidates and not in a simulation of its own, so all of it is kept"


@dataclass
class Outcome:
    """`counts` sums COUNTS and the cases. `failed`: a case that did, what was seen in its first lines."""

    counts: dict[str, int]
    failed: Case | None = None
    died: bool = False  # of that case
    said: str = ""  # of the waves, where WAVES asks for them


def simulate(
    order: dict,
    simulator: str,
    folder: Path,
    parameters: dict | None = None,
    bins: Path | None = None,
    again: bool = False,
) -> Outcome:
    """One simulation. `again` goes on from the journal that an earlier one left. Raises BenchError where no case is to blame."""
    if not again:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    (folder / "order.json").write_text(json.dumps(order))
    (folder / "image.bin").touch()
    journal = folder / "journal.jsonl"
    journal.touch()
    death, said = None, ""
    try:
        done = build_and_run(
            "cases",
            simulator,
            parameters or cases.PARAMETERS,
            seed=1,
            plusargs=[f"+image={folder / 'image.bin'}"],
            environment={"SRN_RANDOM": str(folder)} | ({"SRN_BINS": str(bins)} if bins else {}),
            package="verify.random",
            label=run_folder(simulator, folder).name,
        )
        said = done.said
    except BenchError as error:
        death = error
        said = next((line for line in str(error).splitlines() if line.startswith(("waves: ", "no waves: "))), "")
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    if death:
        if not entries or "failed" in entries[-1]:
            raise death
        entries.append({"failed": True} | dict.fromkeys(COUNTS, 0))
        with open(journal, "a") as lines:
            lines.write(json.dumps(entries[-1]) + "\n")
        case = cases.read((folder / "case.asm").read_text())
        text = f"{case.text}\nthe simulation died: {_last_words(str(death))}"
        (folder / "failed.asm").write_text(cases.write(replace(case, text=text)))
    ends = [entry for entry in entries if "failed" in entry]
    counts = {name: sum(entry[name] for entry in ends) for name in COUNTS} | {"cases": len(ends)}
    failed = folder / "failed.asm"
    return Outcome(counts, cases.read(failed.read_text()) if failed.exists() else None, death is not None, said)


def run_folder(simulator: str, folder: Path) -> Path:
    """Where the simulation of `simulate` leaves its log, and what its pictures are drawn from."""
    return BUILD / "run" / f"random-{simulator}-{folder.name}"


def _last_words(text: str) -> str:
    """The hardware's complaint, or the first line."""
    lines = text.splitlines()
    return next((line.strip() for line in lines if "FATAL" in line or "%Error" in line or "Fatal" in line), lines[0])


def campaign_folder(profile: str, seed: int, simulator: str, user: str = "campaign") -> Path:
    return FOLDER / f"{user}-{profile}-{seed}-{simulator}"


def run(
    profile: str,
    seed: int,
    instructions: int,
    simulator: str,
    bins: Path,
    progress: Callable[[dict], None] = lambda counts: None,
    user: str = "campaign",
) -> Outcome:
    """A campaign: simulations until so many instructions are compared or a case has failed. Each `user` has folders of its own."""
    total = Outcome(dict.fromkeys((*COUNTS, "cases"), 0))
    folder = campaign_folder(profile, seed, simulator, user)
    while total.counts["instructions"] < instructions and not total.failed:
        more = min(CHUNK[simulator], instructions - total.counts["instructions"])
        order = {
            "kind": "campaign",
            "profile": profile,
            "seed": seed,
            "first": total.counts["cases"],
            "instructions": more,
        }
        part = simulate(order, simulator, folder, bins=bins)
        total = replace(part, counts={name: total.counts[name] + part.counts[name] for name in total.counts})
        progress(total.counts)
    return total


def repeat(case: Case, simulator: str, folder: Path) -> Outcome:
    """Of this case alone."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder.with_suffix(".asm")
    path.write_text(cases.write(case))
    return simulate({"kind": "files", "paths": [str(path)]}, simulator, folder, case.parameters)


def shrink(case: Case, simulator: str, folder: Path) -> Case:
    """The smallest case found that fails as well, from a fresh simulation too, else the whole one; in as many simulations as
    die of a candidate and one."""
    whole = case
    folder.parent.mkdir(parents=True, exist_ok=True)
    path = folder.with_suffix(".asm")
    case = replace(case, text=case.text.partition("\n")[0])  # what was seen is told of the smallest
    path.write_text(cases.write(case))
    again = False
    while simulate({"kind": "shrink", "path": str(path)}, simulator, folder, case.parameters, again=again).died:
        again = True
    shrunk = folder / "shrunk.asm"
    smallest = cases.read(shrunk.read_text()) if shrunk.exists() else case
    if failed := repeat(smallest, simulator, shrunk_folder(folder)).failed:
        return failed
    return replace(whole, text=f"{whole.text}\n{NOT_ALONE.format(smallest.size())}")


def shrunk_folder(folder: Path) -> Path:
    """Where `shrink` runs what it found once more."""
    return folder.with_name(folder.name + "-shrunk")
