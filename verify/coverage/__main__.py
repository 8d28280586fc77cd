"""Coverage over every bench that ran (`make coverage`): of the code under rtl/, and of the plan's bins.

Benches count while they run (tb/coverage.py); this merges what their folders under build/run hold.
"""

import argparse
import sys
import time
from pathlib import Path

import verify.groups  # noqa: F401 - declares the groups
from tb import coverage
from tb.runner import BUILD, ROOT
from verify import bins, results
from verify.coverage import report
from verify.coverage.counts import CoverageError, check_sources, merge, runs
from verify.coverage.waivers import apply, holes, load

BARS = {"line": 98.0, "branch": 95.0, "toggle": 95.0}
NAMES = {"line": "line coverage", "branch": "branch coverage", "toggle": "port toggle coverage"}
WAIVERS = Path(__file__).with_name("waivers.toml")
SHOWN = 60  # holes printed; the page has them all


def code(only: str | None) -> int:
    began = time.time()
    folders = [run for run in runs(BUILD / "run") if only is None or run.name.startswith(only)]
    if not folders:
        raise CoverageError(
            "no run has counted anything: `make test` does, and COVERAGE=toggle make test with the ports"
        )
    counts = merge(folders, ROOT)
    found = holes(counts)
    waived, idle = apply(load(WAIVERS), counts, ROOT)
    left = [hole for hole in found if hole not in waived]
    print(*report.table(counts, left), sep="\n")
    lines = list(report.listing(left, ROOT))
    if lines:
        print("\nnot covered, and not waived:", *lines[:SHOWN], sep="\n")
    if len(lines) > SHOWN:
        print(f"... and {len(lines) - SHOWN} more, on the page")
    if idle and only is None:
        print("\nwaived, and moved all the same:", *idle, sep="\n")
    page = BUILD / "coverage" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("\n".join(report.page(counts, found, waived, ROOT)))
    page.with_name("lcov.info").write_text("\n".join(report.lcov(counts, ROOT)) + "\n")

    every = report.total(counts)
    measured = [kind for kind in report.KINDS if every[kind].total]
    figures = [
        results.Figure(NAMES[kind], str(every[kind]), f">= {BARS[kind]:g} %", every[kind].percent >= BARS[kind])
        for kind in measured
    ]
    figures.append(results.Figure("holes that no waiver explains", str(len(left)), "0", not left))
    passed = all(figure.passed for figure in figures)
    summary = f"{', '.join(f'{NAMES[kind]} {every[kind]}' for kind in measured)}; {len(waived)} holes waived, {len(left)} open"
    print(f"\n{summary}; {len(folders)} runs\n{page.relative_to(ROOT)}, lcov.info beside it")
    if "toggle" not in measured:
        print("No run counted ports: COVERAGE=toggle make test")
    if only is None:
        rows = [
            {"file": name} | {kind: str(share) for kind, share in report.shares(counts[name]).items()}
            for name in report.measured(counts)
        ]
        results.write("coverage", "make coverage", began, passed, summary, figures, rows)
    return int(not passed)


def functional() -> int:
    began = time.time()
    files = []
    for manifest in sorted((BUILD / "run").glob(f"**/{coverage.MANIFEST}")):
        if found := sorted(manifest.parent.glob("bins-*.json")):
            check_sources(manifest.parent, ROOT)
            files += found
    files += sorted((BUILD / "bins").glob("**/bins-*.json"))  # of campaigns, which gather their runs' themselves
    if not files:
        raise CoverageError("no run has hit a bin: `make test` does")
    try:
        bins.merge(files)
    except KeyError as error:
        raise CoverageError(f"{error.args[0]}: run that bench again") from None
    groups = bins.GROUPS.values()
    rows = []
    for group in groups:
        missing = group.missing()
        hit, total = len(group.bins) - len(missing), len(group.bins)
        rows.append(
            {"group": group.name, "hit": hit, "bins": total, "excluded": len(group.excluded), "what": group.text}
        )
        print(f"{group.name:24} {hit:>5} of {total:<5} {group.text}")
        if not hit:
            print("    missing: all of them")
        for values in missing if hit else ():
            print(
                f"    missing: {', '.join(f'{axis}={value}' for axis, value in zip(group.axes, values, strict=True))}"
            )
    share = report.Share(sum(row["hit"] for row in rows), sum(row["bins"] for row in rows))
    passed = share.covered == share.total
    summary = f"{share.covered} of {share.total} bins of {len(rows)} groups hit ({share})"
    print(f"\n{summary}; {len(files)} files")
    results.write(
        "bins",
        "make coverage",
        began,
        passed,
        summary,
        [results.Figure("functional coverage", str(share), "100 %", passed)],
        rows,
    )
    return int(not passed)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m verify.coverage", description=__doc__.splitlines()[0])
    parser.add_argument("--bins", action="store_true", help="only functional coverage")
    parser.add_argument("--only", metavar="NAME", help="only code, of runs whose folder begins so: one bench by itself")
    options = parser.parse_args(arguments)
    status = 0
    for part in [functional] if options.bins else [code] if options.only else [code, functional]:
        try:
            status |= part(options.only) if part is code else part()
        except CoverageError as error:
            print(error, file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
