"""Cut a failing case down: delta debugging over its instructions, then simpler operands and settings. No RTL in here.

`shrink` is a generator: it yields candidates, is told of each whether it still fails, and returns the smallest that did.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

from models import isa
from verify.random.case import MEMORY, Case, Code

SMALL = 64  # a field's value that is made less one by one
Search = Generator[Case, bool, Case]


def shrink(case: Case) -> Search:
    """Nothing of the result can be left out or made simpler, one thing at a time, so that it still fails."""
    before = None
    while case != before:
        before = case
        case = yield from _fewer(case, case.programs, lambda case, programs: replace(case, programs=tuple(programs)))
        for number in range(len(case.programs)):
            case = yield from _fewer(case, list(enumerate(case.programs[number].code)), _with_lines(case, number))
        case = yield from _simpler(case)
    return case


def only(search: Search, possible: Callable[[Case], bool]) -> Search:
    """The search without candidates that cannot be tried: they are taken not to fail."""
    answer = None
    while True:
        try:
            candidate = search.send(answer)
        except StopIteration as end:
            return end.value
        answer = (yield candidate) if possible(candidate) else False


def replayed(search: Search, verdicts: Sequence[bool]) -> Search:
    """The search behind its first verdicts, which are known."""
    answer = None
    for known in verdicts:
        search.send(answer)
        answer = known
    while True:
        try:
            candidate = search.send(answer)
        except StopIteration as end:
            return end.value
        answer = yield candidate


# ---------------------------------------------------------------- fewer


def _fewer(case: Case, parts: Sequence, build: Callable[[Case, Sequence], Case | None]) -> Search:
    """Leave out runs of parts, first half of them, then ever shorter ones."""
    parts = list(parts)
    size = len(parts) // 2
    while size:
        at = 0
        while at < len(parts):
            fewer = parts[:at] + parts[at + size :]
            candidate = build(case, fewer) if fewer else None
            if candidate is not None and (yield candidate):
                case, parts = candidate, fewer
            else:
                at += size
        size = min(size // 2, len(parts) // 2) if size > 1 else 0
    return case


def _with_lines(whole: Case, number: int) -> Callable[[Case, Sequence], Case]:
    """Builds the case with these lines of its program, given with their numbers in the `whole` one; a branch goes to the next that is left."""
    length = len(whole.programs[number].code)

    def retargeted(code: Code, kept: list[int]) -> Code:
        if isinstance(code, bytes) or code.name != "branch" or code.fields["target"] >= length:
            return code
        target = sum(line < code.fields["target"] for line in kept)
        return replace(code, fields=code.fields | {"target": target})

    def build(case: Case, lines: Sequence[tuple[int, Code]]) -> Case:
        kept = [line for line, _ in lines]
        return _changed(case, number, code=tuple(retargeted(code, kept) for _, code in lines))

    return build


def _changed(case: Case, number: int, **changes) -> Case:
    programs = list(case.programs)
    programs[number] = replace(programs[number], **changes)
    return replace(case, programs=tuple(programs))


# ---------------------------------------------------------------- simpler


def _simpler(case: Case) -> Search:
    for key, value in MEMORY.items():
        if case.memory[key] != value:
            candidate = replace(case, memory=case.memory | {key: value})
            case = candidate if (yield candidate) else case
    for number, program in enumerate(case.programs):
        for change in ({"args": ()}, {"beat": 0}, {"error": (0, 0)}, {"ending": "", "clocks": 0}):
            if any(getattr(program, key) != value for key, value in change.items()):
                candidate = _changed(case, number, **change)
                case = candidate if (yield candidate) else case
        for line in range(len(program.code)):
            case = yield from _simpler_line(case, number, line)
    return case


def _simpler_line(case: Case, number: int, line: int) -> Search:
    """Each field of the instruction zero, else one, else what is left of it after as many halvings as can be, else one less."""
    code = case.programs[number].code
    if isinstance(code[line], bytes) or code[line].name == "end":
        return case
    for key in isa.FIELDS[code[line].name]:
        value = code[line].fields[key]
        less = [value - 1] if value < SMALL else []
        for simple in dict.fromkeys([0, 1, *(value >> shift for shift in range(value.bit_length() - 1, 0, -1)), *less]):
            if simple >= value or key == "target":
                break
            changed = replace(code[line], fields=code[line].fields | {key: simple})
            candidate = _changed(case, number, code=(*code[:line], changed, *code[line + 1 :]))
            if (yield candidate):
                case, code = candidate, candidate.programs[number].code
                break
    return case
