"""The other half of a random run, in a process of its own: chooses the cases, runs the golden model beside the RTL, keeps the journal.

python -m verify.random.golden FOLDER, calls on standard input (tb/golden.py). FOLDER/order.json says which cases:
{"kind": "campaign", "profile", "seed", "first", "instructions"}, {"kind": "files", "paths"} or {"kind": "shrink", "path"}.

The journal, FOLDER/journal.jsonl, has a line for each case that begins and one for each that ends, so that it tells which
case was running when a simulation died. The case that runs is FOLDER/case.asm, one that failed FOLDER/failed.asm, the smallest
so far that did FOLDER/shrunk.asm.
"""

import json
import sys
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

from tb.golden import serve
from tb.lockstep import Lockstep, Mismatch
from verify.random import case as cases
from verify.random import dry
from verify.random import profile as profiles
from verify.random.case import Case, Work
from verify.random.generate import generate
from verify.random.observe import Observed
from verify.random.shrink import only, replayed, shrink

NOT_AGAIN = "run again in the same simulation it did not differ: it depends on what the chip held before"
Cases = Generator[Case, bool, None]  # is told of each whether it failed


def campaign(golden: "Golden", profile: str, seed: int, first: int, instructions: int) -> Cases:
    """Cases from the `first` on, until so many instructions are compared or one has failed."""
    shape, index, failed = profiles.load(profile), first, False
    while golden.total < instructions and not failed:
        failed = yield generate(shape, seed, index)
        index += 1


def files(golden: "Golden", paths: list[str]) -> Cases:
    for path in paths:
        yield cases.read(Path(path).read_text(), path)


def shrinking(golden: "Golden", path: str) -> Cases:
    """Candidates; what an earlier simulation found, which died of one of them, is in the journal."""
    journal = (golden.folder / "journal.jsonl").read_text().splitlines()
    verdicts = [entry["failed"] for entry in map(json.loads, journal) if "failed" in entry]
    search = shrink(cases.read(Path(path).read_text(), path))
    return replayed(only(search, lambda case: dry.run(case) is not None), verdicts)


KINDS = {"campaign": campaign, "files": files, "shrink": shrinking}


class Golden(Lockstep):
    """A Lockstep whose simulator is made anew for each case, and which says what runs: `next`, `passed` or `fail`, and again."""

    def __init__(self, folder: Path):
        super().__init__(None)
        self.folder, self.total = folder, 0
        order = json.loads((folder / "order.json").read_text())
        self.kind = order.pop("kind")
        # a bench is begun twice (tb/bench.py): what the broken-off one ran counts for the search alone
        self.journal = open(folder / "journal.jsonl", "a" if self.kind == "shrink" else "w")  # noqa: SIM115 - for as long as this process
        self._cases = KINDS[self.kind](self, **order)
        self._case: Case | None = None
        self._work: Iterator[Work] = iter(())
        self._counts: dict[str, int] = {}
        self._place = 0  # of the program in its case
        self._repeat: tuple[int, int] | None = None  # place, instruction that are run again in detail
        self._first: AssertionError | None = None  # which made it run again
        self._verdict: bool | None = None

    def next(self) -> Work | None:
        """The next program, of the same case while there is one. None: that was all."""
        if work := next(self._work, None):
            return work
        if self._case and self._first:  # what failed once has failed
            self.fail(AssertionError(f"{self._first}\n{NOT_AGAIN}"), "")
        elif self._case:
            self._finish(False)
        return self._new_case()

    def _new_case(self) -> Work | None:
        try:
            self._case = self._cases.send(self._verdict)
        except StopIteration:
            return None
        self._counts = dict.fromkeys(("instructions", "commands", "programs", "halts", "resets"), 0)
        self._note(begins=self._case.text.partition("\n")[0])
        (self.folder / "case.asm").write_text(cases.write(self._case))
        self._work = self._programs(self._case)
        return next(self._work)

    def _finish(self, failed: bool, message: str = "") -> None:
        self._verdict = failed
        self._note(failed=failed, message=message, **self._counts)

    def _note(self, **entry) -> None:
        self.journal.write(json.dumps(entry) + "\n")
        self.journal.flush()

    def _programs(self, case: Case) -> Iterator[Work]:
        """Each of the case's programs, its memory in image.bin."""
        self.simulator = Observed(case)
        for self._place, program in enumerate(case.programs):
            length = self.simulator.place(self._place)
            self.simulator.dram.tofile(self.folder / "image.bin")
            yield Work(
                program.beat,
                length,
                list(program.args),
                None if self._place else case.memory,
                program.error,
                program.ending,
                program.clocks,
                self._repeat[1] if self._repeat and self._repeat[0] == self._place else None,
            )

    # -- what the bench tells ---------------------------------------------------------------------------------------

    def passed(self, halt: tuple | None, aborted: str) -> None:
        self.simulator.see_ending(halt, aborted)
        self.total += self.compared
        self._counts["instructions"] += self.compared
        self._counts["commands"] += self.simulator.commands
        self._counts["programs"] += 1
        self._counts["halts"] += halt is not None
        self._counts["resets"] += bool(aborted)

    def fail(self, failure: AssertionError, detail: str) -> None:
        """A difference in an instruction is repeated, to tell the first element, before the case has failed."""
        if self.kind != "shrink":
            if isinstance(failure, Mismatch) and failure.difference and self._repeat is None:
                self._repeat, self._first = (self._place, failure.index), failure
                self._work = self._programs(self._case)
                return
            if self._repeat and isinstance(failure, Mismatch) and self._repeat == (self._place, failure.index):
                failure = failure.explained(Path(detail))
            message = f"program {self._place}: {failure}" if len(self._case.programs) > 1 else str(failure)
            text = cases.write(replace(self._case, text=f"{self._case.text}\n{message}"))
            (self.folder / "failed.asm").write_text(text)
        else:
            message = str(failure).splitlines()[0]
            (self.folder / "shrunk.asm").write_text(cases.write(self._case))
        self._repeat = self._first = None
        self._work = iter(())
        self._finish(True, message)
        self._case = None


if __name__ == "__main__":
    serve(Golden(Path(sys.argv[1])))
