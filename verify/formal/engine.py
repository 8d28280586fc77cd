"""Unrolls a transition system and asks the solver: bounded search, induction, latency, reachability.

Seconds and limits are of processor time: on a loaded machine a proof takes longer, and still comes to its end.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from verify.formal.design import TOP, Design, FormalError

try:
    import bitwuzla
except ImportError:  # said where a solver is wanted
    bitwuzla = None

HOLDS, FAILS, UNKNOWN, ASIDE = "holds", "FAILS", "no answer in time", "not judged, another fails"
NOT_KEPT = "IS NOT KEPT by a clock, perhaps where no run comes"
WIRE, TERM = r"\{(\w+)@(\d+)\}", rf"(|{TOP}_n \1| s\2)"


@dataclass(frozen=True)
class Answer:
    verdict: str
    seconds: float
    where: str  # the last state judged


class Unrolled:
    """States s0, s1, ... of a design, one a clock; assumptions hold in each."""

    def __init__(self, design: Design, limit: float):
        version()
        options = bitwuzla.Options()
        options.set(bitwuzla.Option.PRODUCE_MODELS, True)
        self.began = time.process_time()
        deadline = self.began + limit
        self.terms = bitwuzla.TermManager()
        self.parser = bitwuzla.Parser(self.terms, options)
        self.parser.configure_terminator(lambda: time.process_time() > deadline)
        self.parser.parse(design.text, True, False)
        self.solver = self.parser.bitwuzla()
        self.length = 0

    def grow(self) -> int:
        """One more state; its number."""
        i = self.length
        self.parser.parse(f"(declare-const s{i} |{TOP}_s|)", True, False)
        self.require(f"(|{TOP}_u| s{i})")
        if i:
            self.require(f"(|{TOP}_t| s{i - 1} s{i})")
        self.length += 1
        return i

    def require(self, text: str) -> None:
        self.solver.assert_formula(self.parser.parse_term(text))

    def possible(self, text: str) -> bool | None:
        result = self.solver.check_sat(self.parser.parse_term(text))
        return {bitwuzla.Result.SAT: True, bitwuzla.Result.UNSAT: False}.get(result)

    def true(self, text: str) -> bool:
        """In the state of affairs that the last `possible` found."""
        return self.solver.get_value(self.parser.parse_term(text)).value() is True


def bounded(design: Design, depth: int, limit: float) -> dict[str, Answer]:
    """Every assertion of `design` in the first `depth` states; the search ends in the first state where one fails."""
    system = Unrolled(design, limit)
    answers: dict[str, Answer] = {}
    for _ in range(depth):
        i = system.grow()
        if i == 0:
            system.require(f"(|{TOP}_i| s0)")
        answers = _judge(system, _claims(design, i), i)
        if any(answer.verdict != HOLDS for answer in answers.values()):
            break
        system.require(_all(_claims(design, i)))
    return answers


def inductive(design: Design, k: int, limit: float) -> dict[str, Answer]:
    """Holds in the first k states, and in every state after k in which all hold: so in every state that can be reached."""
    base = bounded(design, k, limit)
    if any(answer.verdict != HOLDS for answer in base.values()):
        return base
    system = Unrolled(design, limit)
    for _ in range(k):
        i = system.grow()
        system.require(_all(_claims(design, i)))
    last = system.grow()
    answers = _judge(system, _claims(design, last), last)
    return {
        name: replace(answer, verdict=NOT_KEPT if answer.verdict == FAILS else answer.verdict)
        for name, answer in answers.items()
    }


def settled(design: Design, latency: int, limit: float) -> dict[str, Answer]:
    """Holds `latency` clocks after any state whatever: for pipelines, which forget."""
    system = Unrolled(design, limit)
    for _ in range(latency + 1):
        last = system.grow()
    return _judge(system, _claims(design, last), last)


def _claims(design: Design, state: int) -> dict[str, str]:
    claims = {
        name: "(and true " + " ".join(f"(|{TOP}_a {number}| s{state})" for number in numbers) + ")"
        for name, numbers in design.asserts.items()
    }
    return claims | {name: re.sub(WIRE, TERM, text) for name, text in design.checks.items()}


def _all(claims: Mapping[str, str]) -> str:
    return "(and true " + " ".join(claims.values()) + ")"


def _judge(system: Unrolled, claims: Mapping[str, str], state: int) -> dict[str, Answer]:
    """All claims at once, which is faster than one by one; where they do not hold together, those that the counterexample breaks."""
    violated = system.possible(f"(not {_all(claims)})")
    if not violated:
        verdicts = dict.fromkeys(claims, UNKNOWN if violated is None else HOLDS)
    else:
        verdicts = {name: ASIDE if system.true(claim) else FAILS for name, claim in claims.items()}
    seconds = time.process_time() - system.began
    return {name: Answer(verdict, seconds, f"state {state}") for name, verdict in verdicts.items()}


def reached(design: Design, first: int, depth: int, limit: float) -> dict[str, int | None]:
    """A state from `first` on in which each cover is reached, within `depth` of the start; None where it is not."""
    found: dict[str, int | None] = dict.fromkeys(design.covers)
    system = Unrolled(design, limit)
    for _ in range(max(depth, first + 1)):
        i = system.grow()
        if i == 0:
            system.require(f"(|{TOP}_i| s0)")
        for name, numbers in design.covers.items() if i >= first else ():
            goal = "(or false " + " ".join(f"(|{TOP}_c {number}| s{i})" for number in numbers) + ")"
            if found[name] is None and system.possible(goal):
                found[name] = i
        if None not in found.values():
            break
    return found


def version() -> str:
    if bitwuzla is None:
        raise FormalError("there is no solver: pip install -r requirements.txt brings bitwuzla")
    return bitwuzla.version()
