"""A case on the golden model alone: what a program should do, without any RTL."""

from collections.abc import Iterator

from models.simulator import CAUSES, Halt
from verify.random.case import Case
from verify.random.observe import Observed

MOST_STEPS = 100_000  # of a program: more is taken as one that never ends


def _programs(case: Case, most: int) -> Iterator[tuple[int, str]]:
    """How many instructions each program retires, and its end: a cause, "end", or "never"."""
    simulator = Observed(case)
    for number, program in enumerate(case.programs):
        count, ending, length = 0, "never", simulator.place(number)
        halt = None
        try:
            simulator.start(program.beat, length, list(program.args))
            while simulator.result is None and count < most:
                simulator.step()
                count += 1
            ending = "end" if simulator.result is not None else "never"
        except Halt as stopped:
            ending, halt = CAUSES[stopped.cause], (stopped.cause, stopped.pc, stopped.address)
        simulator.see_ending(halt, program.ending)
        yield count, ending


def run(case: Case, most: int = MOST_STEPS) -> int | None:
    """How many instructions the case retires; None where a program does not end. Clears and resets are not simulated."""
    total = 0
    for count, ending in _programs(case, most):
        if ending == "never":
            return None
        total += count
    return total


def endings(case: Case) -> list[str]:
    """Of each program: "end", or the cause of its halt."""
    return [ending for _, ending in _programs(case, MOST_STEPS)]
