"""Unrolls a transition system and asks the solver: bounded search, induction, latency, reachability."""

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from verify.formal.design import TOP, Design, FormalError

try:
    import bitwuzla
except ImportError:  # said where a solver is wanted
    bitwuzla = None

HOLDS, FAILS, UNKNOWN = "holds", "FAILS", "no answer in time"
VERDICTS = {True: FAILS, False: HOLDS, None: UNKNOWN}
WIRE, TERM = r"\{(\w+)@(\d+)\}", rf"(|{TOP}_n \1| s\2)"


@dataclass(frozen=True)
class Answer:
    verdict: str
    seconds: float
    where: str = ""  # the state in which it fails, and what leads there


class Unrolled:
    """States s0, s1, ... of a design, one a clock; assumptions hold in each."""

    def __init__(self, design: Design, limit: float):
        version()
        options = bitwuzla.Options()
        options.set(bitwuzla.Option.PRODUCE_MODELS, True)
        deadline = time.time() + limit
        self.terms = bitwuzla.TermManager()
        self.parser = bitwuzla.Parser(self.terms, options)
        self.parser.configure_terminator(lambda: time.time() > deadline)
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


def all_of(numbers: Iterable[int], state: int) -> str:
    return "(and true " + " ".join(f"(|{TOP}_a {number}| s{state})" for number in numbers) + ")"


def bounded(design: Design, depth: int, limit: float) -> dict[str, Answer]:
    """Every assertion of `design` in the first `depth` states; the search ends in the first state where one fails."""
    system = Unrolled(design, limit)
    began = time.time()
    for _ in range(depth):
        i = system.grow()
        if i == 0:
            system.require(f"(|{TOP}_i| s0)")
        everything = all_of(chain(*design.asserts.values()), i)
        violated = system.possible(f"(not {everything})")
        if violated is None:
            return {name: Answer(UNKNOWN, time.time() - began, f"state {i}") for name in design.asserts}
        if violated:
            return _each(system, design, i)
        system.require(everything)
    return {name: Answer(HOLDS, time.time() - began) for name in design.asserts}


def inductive(design: Design, k: int, limit: float) -> dict[str, Answer]:
    """Holds in the first k states, and in every state after k in which all hold: so in every state that can be reached."""
    base = bounded(design, k, limit)
    if any(answer.verdict != HOLDS for answer in base.values()):
        return base
    began = time.time()
    system = Unrolled(design, limit)
    for _ in range(k):
        system.require(f"(|{TOP}_a| s{system.grow()})")
    last = system.grow()
    if system.possible(f"(not (|{TOP}_a| s{last}))") is False:
        return {name: Answer(HOLDS, base[name].seconds + time.time() - began) for name in base}
    return _each(system, design, last)


def settled(design: Design, latency: int, limit: float) -> dict[str, Answer]:
    """Holds `latency` clocks after any state whatever: for pipelines, which forget."""
    system = Unrolled(design, limit)
    for _ in range(latency + 1):
        last = system.grow()
    checks = {name: f"(not {re.sub(WIRE, TERM, text)})" for name, text in design.checks.items()}
    return _each(system, design, last) | _ask(system, checks, last)


def _each(system: Unrolled, design: Design, last: int) -> dict[str, Answer]:
    questions = {name: f"(not {all_of(numbers, last)})" for name, numbers in design.asserts.items()}
    return _ask(system, questions, last)


def _ask(system: Unrolled, questions: Mapping[str, str], last: int) -> dict[str, Answer]:
    answers = {}
    for name, question in questions.items():
        began = time.time()
        fails = system.possible(question)
        answers[name] = Answer(VERDICTS[fails], time.time() - began, f"state {last}" if fails else "")
    return answers


def reached(design: Design, depth: int, limit: float) -> dict[str, int | None]:
    """The first state in which each cover is reached, within `depth`; None where it is not."""
    found: dict[str, int | None] = dict.fromkeys(design.covers)
    system = Unrolled(design, limit)
    for _ in range(depth):
        i = system.grow()
        if i == 0:
            system.require(f"(|{TOP}_i| s0)")
        for name, numbers in design.covers.items():
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
