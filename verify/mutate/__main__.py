"""python -m verify.mutate --files rtl/prim --count 20 --seed 1 --jobs 2: plants bugs, lists what the suite did not see.

--list prints the mutants and runs nothing; --only ID runs one, whether chosen or not; --sign-off keeps the record.
"""

import argparse
import json
import re
import shlex
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tb import simulators
from tb.runner import ROOT, BenchError
from verify import results
from verify.mutate import plan
from verify.mutate.campaign import Campaign, CampaignError, Trial
from verify.mutate.choose import choose
from verify.mutate.elaborate import Elaborator
from verify.mutate.equivalent import read
from verify.mutate.kinds import Mutant, enum_names, mutants

BAR = 0.97
SIGNED_OFF = Path(__file__).parent / "signed_off.json"


@dataclass
class Design:
    texts: dict[str, str]
    mutants: dict[str, list[Mutant]]


def load(files: Sequence[str]) -> Design:
    """The design, and the mutants of the files or folders named. Raises CampaignError where one does not exist."""
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in sorted((ROOT / "rtl").rglob("*.sv"))}
    chosen: set[str] = set()
    for name in files:
        inside = {file for file in texts if file == name.rstrip("/") or file.startswith(name.rstrip("/") + "/")}
        if not inside:
            raise CampaignError(f"there is no SystemVerilog in {name}: name files or folders under rtl/")
        chosen |= inside
    enums = enum_names(list(texts.values()))
    return Design(texts, {file: mutants(file, texts[file], enums) for file in sorted(chosen)})


def names(mutant: Mutant, design: Design) -> frozenset[str]:
    """Of a package: what its line declares or uses, by which the benches are found that may see it."""
    if not mutant.file.endswith("_pkg.sv"):
        return frozenset()
    return frozenset(re.findall(r"[A-Z]\w+", design.texts[mutant.file].splitlines()[mutant.line - 1]))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m verify.mutate", description=__doc__.splitlines()[0])
    parser.add_argument("--files", nargs="+", default=["rtl"], help="files or folders under rtl/")
    parser.add_argument("--count", type=int, default=330, help="mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="simulations at a time")
    parser.add_argument("--only", nargs="+", metavar="ID", help="these mutants")
    parser.add_argument("--list", action="store_true", help="print the mutants, run nothing")
    parser.add_argument("--sign-off", action="store_true", help=f"write {SIGNED_OFF.name}")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    began = time.time()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what is known is kept and reported
    try:
        return run(options, shlex.join(["python", "-m", "verify.mutate", *(arguments or sys.argv[1:])]), began)
    except (CampaignError, BenchError) as error:
        print(error, file=sys.stderr)
        return 2


def run(options: argparse.Namespace, command: str, began: float) -> int:
    if options.count < 1 or options.jobs < 1:
        raise CampaignError("--count and --jobs are at least 1")
    design = load(options.files)
    every = {mutant.id: mutant for found in design.mutants.values() for mutant in found}
    equivalent = read(every, complete=options.files == ["rtl"])
    if not simulators.find_icarus() and not simulators.find_verilator():
        raise CampaignError("no simulator: `make doctor` tells what to install")

    elaborator = Elaborator(design.texts)
    if options.only:
        for name in options.only:
            if name not in every:
                raise CampaignError(f"there is no mutant {name}: --list prints them")
        chosen, discarded = [every[name] for name in options.only], 0
    else:
        chosen, discarded = choose(
            design.mutants,
            options.count,
            options.seed,
            lambda mutant: elaborator.accepts(mutant.file, mutant.apply(design.texts[mutant.file])),
        )
    if options.list:
        for mutant in chosen:
            print(f"{mutant.id}  {mutant.change}")
        return 0

    trials = [Trial(m, m.apply(design.texts[m.file]), list(plan.runs(m.file, names(m, design)))) for m in chosen]
    for trial in trials:
        if trial.mutant.id in equivalent:
            trial.verdict, trial.by, trial.waiting = "equivalent", equivalent[trial.mutant.id], []
    print(
        f"{len(trials)} mutants of {len({m.file for m in chosen})} files; {discarded} more did not elaborate",
        flush=True,
    )
    ended = 0

    def say(line: str) -> None:
        nonlocal ended
        ended += 1
        print(
            f"[{ended:3}/{sum(t.verdict != 'equivalent' for t in trials)} {time.time() - began:5.0f} s] {line}",
            flush=True,
        )

    campaign = Campaign(options.jobs, say)
    campaign.go(trials)
    return report(trials, options, command, began, complete=not campaign.stopping.is_set())


def report(trials: list[Trial], options: argparse.Namespace, command: str, began: float, complete: bool) -> int:
    verdicts = Counter(trial.verdict for trial in trials if not trial.waiting)
    unfinished = sum(bool(trial.waiting) for trial in trials)
    killed = verdicts["killed"] + verdicts["hang"]
    alive = [trial for trial in trials if trial.verdict == "survived" and not trial.waiting]
    judged = killed + len(alive)
    rate = killed / judged if judged else 0.0
    passed = complete and not unfinished and rate >= BAR

    blocks: dict[str, Counter[str]] = {}
    for trial in trials:
        blocks.setdefault(block(trial.mutant.file), Counter())[state(trial)] += 1
    print("\nblock       mutants  killed  hang  survived  equivalent  unbuildable")
    for name, counts in sorted(blocks.items()):
        columns = (
            counts["killed"] + counts["hang"],
            counts["hang"],
            *(counts[s] for s in ("survived", "equivalent", "unbuildable")),
        )
        print(
            f"{name:11} {sum(counts.values()):7}  {columns[0]:6}  {columns[1]:4}  {columns[2]:8}  {columns[3]:10}  {columns[4]:11}"
        )
    for trial in alive:
        print(f"\nsurvived: {trial.mutant.id}\n  {trial.mutant.change}\n  stayed green: {', '.join(trial.seen)}")
    if unfinished:
        print(f"\n{unfinished} mutants are not through; the same command goes on from here")
    summary = f"{killed} of {judged} planted bugs killed, {verdicts['equivalent']} equivalent, {unfinished} not through"
    print(f"\n{summary}: {100 * rate:.1f} %")

    rows = [
        {
            "id": trial.mutant.id,
            "kind": trial.mutant.kind,
            "block": block(trial.mutant.file),
            "verdict": state(trial),
            "killed by": trial.by if state(trial) in ("killed", "hang") else "",
            "seconds": round(trial.seconds, 1),
        }
        for trial in trials
    ]
    figures = [
        results.Figure("mutants judged", str(judged), ">= 300", judged >= 300),
        results.Figure("mutants killed", f"{100 * rate:.1f} %", f">= {100 * BAR:.0f} %", rate >= BAR),
    ]
    results.write("mutation", command, began, passed, summary, figures, rows, [options.seed])
    if options.sign_off and complete and not unfinished:
        sign_off(trials, options)
    return int(not passed)


def sign_off(trials: list[Trial], options: argparse.Namespace) -> None:
    record = {
        "sources": results.sources_hash(),
        "seed": options.seed,
        "count": options.count,
        "mutants": [
            {"id": t.mutant.id, "change": t.mutant.change, "verdict": state(t), "by": t.by} for t in trials
        ],
    }  # fmt: skip
    SIGNED_OFF.write_text(json.dumps(record, indent=1) + "\n")


def block(file: str) -> str:
    """The folder of rtl/, or `top`."""
    parts = Path(file).parts
    return parts[1] if len(parts) > 2 else "top"


def state(trial: Trial) -> str:
    return "not through" if trial.waiting else trial.verdict


if __name__ == "__main__":
    sys.exit(main())
