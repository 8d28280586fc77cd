"""Formal proofs: `make formal`, or python -m verify.formal [NAME ...]. What is proved: proofs.py, in prose docs/formal.md."""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

from verify import results
from verify.formal.design import FormalError
from verify.formal.proofs import PROOFS
from verify.formal.runner import Row, run

FIGURES = {"property": "properties proved", "cover": "covers reached", "bug": "planted bugs found"}


def figure(rows: Sequence[Row], kind: str, what: str) -> results.Figure:
    of_kind = [row for row in rows if row.kind == kind]
    passed = sum(row.passed for row in of_kind)
    return results.Figure(what, f"{passed} of {len(of_kind)}", "all", bool(of_kind) and passed == len(of_kind))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m verify.formal", description="Prove, or find a counterexample.")
    parser.add_argument("names", nargs="*", help="of proofs.py; all of them without")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    known = {proof.name: proof for proof in PROOFS}
    if unknown := [name for name in options.names if name not in known]:
        print(f"there is no proof called {', '.join(unknown)}: there are {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = [known[name] for name in options.names] or PROOFS
    began = time.time()
    if not options.names:  # a run that ends early leaves no result, and not an older one
        (results.FOLDER / "formal.json").unlink(missing_ok=True)
    try:
        rows = run(chosen, options.jobs)
    except FormalError as error:
        print(error, file=sys.stderr)
        return 1
    figures = [figure(rows, kind, what) for kind, what in FIGURES.items()]
    passed = all(row.passed for row in rows)
    summary = "; ".join(f"{item.what} {item.value}" for item in figures)
    print(f"{summary}; {time.time() - began:.0f} s")
    if not options.names:  # a part of the proofs is not the result of the part
        results.write("formal", "make formal", began, passed, summary, figures, map(asdict, rows))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
