"""Proofs and planted bugs, each in a process of its own, to rows of results."""

import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace

from tb.runner import ROOT
from verify.formal import design, engine
from verify.formal.design import Edit, FormalError
from verify.formal.proofs import Proof

HELPER = "helper: "  # begins the sentence of an assertion that speaks of the insides, for the induction
FOLDER = ROOT / "build" / "formal"
LIMIT_S = 600  # for the solver, at one proof with one set of parameters
METHODS = {"bounded": "bounded, {} clocks", "inductive": "induction, k = {}", "settled": "any state, after {} clocks"}


@dataclass(frozen=True)
class Row:
    kind: str  # property, cover (that it can be reached) or bug (that it is found)
    proof: str
    block: str
    what: str
    method: str
    solver: str
    seconds: float
    verdict: str
    passed: bool


def label(proof: Proof, parameters: Mapping[str, int]) -> str:
    return " ".join([proof.name, *(f"{name}={value}" for name, value in parameters.items())])


def prove(proof: Proof, parameters: Mapping[str, int]) -> list[Row]:
    """Every assertion of the harness and of what it instantiates, and every cover."""
    name = label(proof, parameters)
    read = design.read(proof.harness, parameters, proof.checks, FOLDER / name.replace(" ", "-"), proof.sizes)
    if not read.asserts and not read.checks:
        raise FormalError(f"{proof.harness} asserts nothing")
    rows = []
    for what, answer in getattr(engine, proof.method)(read, proof.depth, LIMIT_S).items():
        method = METHODS[proof.method].format(proof.depth)
        verdict = f"{answer.verdict} in {answer.where}" if answer.verdict == engine.FAILS else answer.verdict
        rows.append(
            _row("property", name, proof, what, method, answer.seconds, verdict, answer.verdict == engine.HOLDS)
        )
    began = time.process_time()
    first = proof.depth if proof.method == "settled" else 0  # in a pipeline's first clocks its registers hold anything
    for what, state in engine.reached(read, first, proof.cover_depth, LIMIT_S).items():
        verdict = "not reached" if state is None else f"reached in state {state}"
        method = METHODS["bounded"].format(proof.cover_depth)
        rows.append(_row("cover", name, proof, what, method, time.process_time() - began, verdict, state is not None))
    return rows


def find(proof: Proof, bug: Edit) -> list[Row]:
    """Whether some assertion fails where `bug` is planted. Those that only help an induction do not count."""
    began = time.process_time()
    name = label(proof, proof.parameters[0])
    folder = FOLDER / f"{name} {bug.what}".replace(" ", "-")
    read = design.read(proof.harness, proof.parameters[0], proof.checks, folder, [*proof.sizes, bug])
    read = replace(read, asserts={what: numbers for what, numbers in read.asserts.items() if HELPER not in what})
    method, depth = ("bounded", proof.bug_depth) if proof.method == "inductive" else (proof.method, proof.depth)
    answers = getattr(engine, method)(read, depth, LIMIT_S)
    failing = [what for what, answer in answers.items() if answer.verdict == engine.FAILS]
    verdict = f"found by: {failing[0]}" if failing else "NOT FOUND"
    what = f"{bug.file}: {bug.what}"
    return [
        _row(
            "bug", name, proof, what, METHODS[method].format(depth), time.process_time() - began, verdict, bool(failing)
        )
    ]


def _row(kind, name, proof, what, method, seconds, verdict, passed) -> Row:
    return Row(
        kind,
        name,
        design.block(proof.harness),
        what,
        method,
        f"bitwuzla {engine.version()}",
        round(seconds, 2),
        verdict,
        passed,
    )


def run(proofs: Sequence[Proof], jobs: int = 2, bugs: bool = True, say: Callable[[str], None] = print) -> list[Row]:
    """All of `proofs`, each in a process of its own. Raises FormalError."""
    engine.version()  # says that there is no solver before anything is started
    tasks = [(prove, proof, parameters) for proof in proofs for parameters in proof.parameters]
    tasks += [(find, proof, bug) for proof in proofs for bug in proof.bugs if bugs]
    rows: list[Row] = []
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        try:
            for future in [pool.submit(*task) for task in tasks]:
                found = future.result()
                rows += found
                say(_line(found))
                for row in found:
                    if not row.passed:
                        say(f"  FAILED {row.what}: {row.verdict}")
        except BrokenProcessPool:
            raise FormalError("a proof's process ended without a word: is there enough memory?") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return rows


def _line(rows: Sequence[Row]) -> str:
    """What one task found."""
    first = rows[0]
    if first.kind == "bug":
        return f"{first.proof}, {first.what}: {first.verdict} ({first.seconds} s)"
    properties = [row for row in rows if row.kind == "property"]
    covers = [row for row in rows if row.kind == "cover"]
    return (
        f"{first.proof}: {sum(row.passed for row in properties)} of {len(properties)} properties, "
        f"{sum(row.passed for row in covers)} of {len(covers)} covers ({first.method}; {first.seconds} s)"
    )
