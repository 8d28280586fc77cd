"""Random programs on RTL and golden model, until so many instructions are compared or one differs. docs/random.md."""

import argparse
import sys
import time
from pathlib import Path

from tb import failure
from tb.runner import ROOT, SIMULATORS, BenchError
from verify.random import campaign, profile
from verify.random import case as cases
from verify.random import record as records
from verify.random.case import Case, CaseError
from verify.random.profile import ProfileError
from verify.random.repeat import repeat

KEPT = ROOT / "tests" / "directed"
MOST_SEED = 2**32 - 1


class UsageError(Exception):
    """One sentence."""


def arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m verify.random", description=__doc__)
    parser.add_argument(
        "--profile", default="all", help=f"one of {', '.join(profile.names())}, several with commas, or all"
    )
    parser.add_argument("--seed", default="1")
    parser.add_argument("--instructions", default="20000", help="to compare, of each profile")
    parser.add_argument("--sim", default="verilator", help=f"one of {', '.join(SIMULATORS)}")
    parser.add_argument("--case", type=Path, help="repeat a case that was kept, in place of a campaign")
    parser.add_argument("--bins", action="store_true", help="only list the bins that no campaign here has hit")
    parser.add_argument(
        "--sign-off", action="store_true", help="only write what the campaigns here ran to signed_off.json"
    )
    parser.add_argument("--repeat", action="store_true", help="the campaigns of signed_off.json, instead of one")
    parser.add_argument("--jobs", default="2", help="of them at a time")
    parser.add_argument("--afresh", action="store_true", help="forget the campaigns and bins before this one")
    return parser.parse_args(given)


def number(text: str, what: str, most: int) -> int:
    if not text.isdecimal() or not 0 < int(text) <= most:
        raise UsageError(f"{what} is a number from 1 to {most}, not {text!r}")
    return int(text)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def one_case(path: Path, simulator: str) -> int:
    if not path.exists():
        raise UsageError(f"there is no file {path}")
    case = cases.read(path.read_text(), str(path))
    folder = campaign.FOLDER / f"repeat-{path.stem}"
    outcome = campaign.repeat(case, simulator, folder)
    print(outcome.failed.text if outcome.failed else f"{shown(path)}: no difference on {simulator}")
    if outcome.failed:
        print_pictures(simulator, folder)
    if outcome.said:
        print(outcome.said)
    return int(outcome.failed is not None)


def print_pictures(simulator: str, folder: Path) -> None:
    for line in failure.pictures(campaign.run_folder(simulator, folder)):
        print(line, flush=True)


def keep(failed: Case, simulator: str, name: str, folder: Path) -> None:
    """Cut the case, which failed in `folder`, down and put it among the directed tests."""
    print(failed.text, flush=True)
    print_pictures(simulator, folder)
    print(f"\ncutting down {failed.size()} instructions ...", flush=True)
    search = campaign.FOLDER / f"shrink-{name}"
    smallest = campaign.shrink(failed, simulator, search)
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"{name}.asm"
    path.write_text(cases.write(smallest))
    print(f"\n{smallest.text}\n\n{smallest.size()} of {failed.size()} instructions are left, in {shown(path)}")
    print_pictures(simulator, campaign.shrunk_folder(search))
    print(f"again: WAVES=1 .venv/bin/python -m verify.random --case {shown(path)} --sim {simulator}")


def run(names: list[str], seed: int, instructions: int, simulator: str) -> int:
    began = time.time()
    for name in names:
        start = time.time()

        def progress(counts: dict, name: str = name, start: float = start) -> None:
            spent = time.time() - start
            record(counts, spent)
            rate = counts["instructions"] / spent
            print(f"{name} {seed} {simulator}: {counts['instructions']} instructions, {rate:.0f} a second", flush=True)

        def record(counts: dict, spent: float, failed: bool = False, name: str = name) -> None:
            row = {"profile": name, "seed": seed, "sim": simulator} | counts
            records.add(row | {"seconds": round(spent), "failed": failed})
            records.write(began)

        outcome = campaign.run(name, seed, instructions, simulator, records.BINS, progress)
        if outcome.failed:
            record(outcome.counts, time.time() - start, failed=True)
            folder = campaign.campaign_folder(name, seed, simulator)
            keep(outcome.failed, simulator, f"{name}-{seed}-{outcome.counts['cases'] - 1}", folder)
            return 1
    return 0


def main(given: list[str] | None = None) -> int:
    options = arguments(given)
    try:
        if options.sim not in SIMULATORS:
            raise UsageError(f"there is no simulator {options.sim!r}: there are {', '.join(SIMULATORS)}")
        seed = number(options.seed, "a seed", MOST_SEED)
        instructions = number(options.instructions, "the number of instructions", 10**9)
        names = profile.names() if options.profile == "all" else options.profile.split(",")
        for name in names:
            profile.load(name)
        if options.afresh:
            records.forget()
        if options.repeat:
            return repeat(number(options.jobs, "the number of jobs", 64))
        if options.bins:
            return records.list_missing()
        if options.sign_off:
            return records.sign_off()
        if options.case:
            return one_case(options.case, options.sim)
        return run(names, seed, instructions, options.sim)
    except KeyboardInterrupt:
        print("interrupted: what was compared is kept", file=sys.stderr)
        return 130
    except (UsageError, ProfileError, CaseError, BenchError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
