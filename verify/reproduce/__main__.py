"""`make reproduce`: does the line that a failure prints bring it back, with waves? docs/verification.md.

python -m verify.reproduce                       50 planted failures, then one at token 40 of the shipped model
python -m verify.reproduce --count 8 --seed 7    fewer, others
python -m verify.reproduce --token 40            only that one; --count 0 --token 0 for neither
"""

import argparse
import shlex
import signal
import sys
import time
from collections.abc import Sequence

from tb import simulators
from tb.runner import BenchError
from verify import results
from verify.mutate.campaign import CampaignError
from verify.reproduce import token, tree
from verify.reproduce.planted import Attempt, Campaign, ReproduceError

COUNT, TOKEN = 50, 40


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m verify.reproduce", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, help=f"planted failures, {COUNT}")
    parser.add_argument("--seed", type=int, default=1, help="of the choice, and of the failing tests' seeds")
    parser.add_argument("--jobs", type=int, default=2, help="failures at a time")
    parser.add_argument("--token", type=int, help=f"of the shipped model's reply, at which one bit is wrong, {TOKEN}")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = options_of(arguments)
    began = time.time()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    try:
        both = options.count is None and options.token is None
        count = COUNT if both else options.count or 0
        at = TOKEN if both else options.token or 0
        if min(count, options.seed, at) < 0 or options.jobs < 1 or at == 1:
            raise ReproduceError("--count and --seed are no less than 0, --jobs than 1, --token than 2")
        if not count + at:
            raise ReproduceError("nothing is asked for: --count 50, --token 40")
        if at and simulators.find_verilator() is None:
            raise ReproduceError("no Verilator, which runs the shipped model: `make doctor` tells what to install")
        return run(
            count, at, options, shlex.join(["python", "-m", "verify.reproduce", *(arguments or sys.argv[1:])]), began
        )
    except (ReproduceError, CampaignError, BenchError) as error:
        print(error, file=sys.stderr)
        return 2


def run(count: int, at: int, options: argparse.Namespace, command: str, began: float) -> int:
    figures, rows, said = [], [], []
    interrupted = False
    try:
        if count:
            failures(count, options, figures, rows, said, began)
        if at:
            at_token(at, figures, said)
    except KeyboardInterrupt:
        print("interrupted: what was earned is kept")
        said.append("interrupted")
        interrupted = True
    passed = not interrupted and all(figure.passed for figure in figures)
    if count < COUNT or not at:  # does not stand for the whole
        return 130 if interrupted else int(not passed)
    results.write(
        "reproduction", command, began, passed, "; ".join(said), figures, rows, [options.seed] if count else []
    )
    return 130 if interrupted else int(not passed)


# ---------------------------------------------------------------- planted failures


def failures(
    count: int,
    options: argparse.Namespace,
    figures: list[results.Figure],
    rows: list[dict],
    said: list[str],
    began: float,
) -> None:
    def say(found: Attempt) -> None:
        state = "same" if not found.missing else f"NOT REPRODUCED, {found.missing}"
        times = " + ".join(f"{seconds:.0f}" for seconds in found.seconds)
        number = len(campaign.attempts)
        print(
            f"[{number:2}/{count} {time.time() - began:4.0f} s] {state}: {found.bug.mutant.id}  {found.bug.run.bench} "
            f"seed {found.seed}, {times} s, waves {found.megabytes:.1f} MB\n"
            f"    {found.failed.test}: {found.failed.short[:150]}\n    {found.failed.line}",
            flush=True,
        )

    campaign = Campaign(count, options.seed, options.jobs, say)
    print(f"{count} failures, planted in {', '.join(campaign.units)}; seed {options.seed}", flush=True)
    try:
        campaign.go()
    finally:
        attempts = sorted(campaign.attempts, key=lambda found: found.bug.mutant.id)
        rows += [row(found) for found in attempts]
        same = sum(not found.missing for found in attempts)
        print("\nunit        failures  same first mismatch, with waves")
        for unit in campaign.units:
            mine = [found for found in attempts if found.bug.unit == unit]
            print(f"{unit:10} {len(mine):9}  {sum(not found.missing for found in mine)}")
        if campaign.passed_over:
            print(f"{len(campaign.passed_over)} more bugs made no test fail with the seeds drawn for them")
        for found in attempts:
            if found.missing:
                print(
                    f"\nnot reproduced: {found.bug.mutant.id}, {found.missing}\n  {found.failed.line}\n"
                    f"--- first\n{found.failed.first}\n--- then\n{found.repeated.first}"
                )
        value = f"{same} of {len(attempts)}"
        said.append(f"{value} planted failures brought back by the line that they print")
        print(f"\n{said[-1]}: same first mismatch, with waves")
        figures.append(
            results.Figure("planted failures reproduced", value, f"{count} of {count}", same == len(attempts) == count)
        )


def row(found: Attempt) -> dict[str, object]:
    return {
        "mutant": found.bug.mutant.id,
        "unit": found.bug.unit,
        "test": f"{found.bug.run}: {found.failed.test}",
        "seed": found.seed,
        "first mismatch": found.failed.short[:200],
        "repeated": found.missing or "same",
        "waves, MB": round(found.megabytes, 2),
        "seconds": " + ".join(f"{seconds:.1f}" for seconds in found.seconds),
        "passed": not found.missing,
    }


# ---------------------------------------------------------------- at a token


def at_token(number: int, figures: list[results.Figure], said: list[str]) -> None:
    print(f"\none wrong bit at token {number} of the shipped model", flush=True)
    what = f"token {number}, failure to waves"
    found = token.measure(number, tree.Shell())
    fails = not found.before.status and bool(found.failing.status)
    figures.append(results.Figure(f"{what}: fails there and not before", "yes" if fails else "no", "yes", fails))
    if not fails:
        said.append(f"no failure at token {number}")
        print(f"{found.before.text[-1500:]}\n{found.failing.text[-1500:]}\n{said[-1]}, or one before it: see above")
        return
    making = found.first_paste.seconds - found.paste.seconds
    for what, seconds, more in (
        ("tokens before it, all equal (the simulation is made)", found.before.seconds, ""),
        ("failing run", found.failing.seconds, ""),
        ("its line pasted", found.paste.seconds, f"{found.ratio:.2f} x"),
        (
            "the tracing simulation made, once",
            making,
            f"with it {found.first_paste.seconds / found.failing.seconds:.2f} x",
        ),
    ):
        print(f"{what:54} {seconds:6.1f} s  {more}".rstrip())
    print(f"waves: {found.megabytes:.1f} MB\nfirst mismatch: {found.failed.short}\n  {found.failed.line}")
    if not found.same:
        print(f"NOT THE SAME:\n--- first\n{found.failed.first}\n--- then\n{found.repeated.first}")
    figures += [
        results.Figure(f"{what}: same first mismatch", "yes" if found.same else "no", "yes", found.same),
        results.Figure(
            f"{what}: against the failing run",
            f"{found.ratio:.2f} x",
            f"<= {token.TIMES:g} x",
            found.ratio <= token.TIMES,
        ),
        results.Figure(
            f"{what}: wave file",
            f"{found.megabytes:.1f} MB",
            f"<= {token.MEGABYTES} MB",
            0 < found.megabytes <= token.MEGABYTES,
        ),
    ]
    said.append(
        f"at token {number} in {found.paste.seconds:.1f} s against {found.failing.seconds:.1f} s, {found.megabytes:.1f} MB"
    )
    print(said[-1])


if __name__ == "__main__":
    sys.exit(main())
