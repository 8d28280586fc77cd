"""What a person sees of a regression: a bar that counts, and each failure as it comes, with the line that repeats it."""

import os
import sys
import textwrap
import time
from pathlib import Path
from typing import TextIO

from verify.outcomes import Outcome
from verify.regress.jobs import Job

WIDTH = 24
EVERY_S = 30  # between lines where there is no terminal to redraw one
LAST_LINES = 6  # of a failure's log; all of it is in the file


class Watch:
    def __init__(self, total: int, failures: Path, out: TextIO | None = None):
        # a descriptor of our own: pytest redirects the usual one
        self._out = out or os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
        self._live = self._out.isatty()
        self._total, self.done, self._said = total, 0, time.monotonic()
        self.began = time.monotonic()
        self.failed: list[Job] = []
        self.outcomes: list[Outcome] = []
        self.file = failures
        failures.parent.mkdir(parents=True, exist_ok=True)
        failures.write_text("")

    def tell(self, job: Job, outcomes: list[Outcome]) -> None:
        first = outcomes[0]
        self.done += 1
        self.outcomes += outcomes
        if first.state == "failed":
            self.failed.append(job)
            with self.file.open("a") as file:
                file.write(f"{'=' * 100}\n{title(first)}\n{first.text}\nagain: {first.again}\n")
            self.say("\n".join([f"FAILED {title(first)}", *(f"    {line}" for line in shown(first))]))
        if self._live or time.monotonic() - self._said > EVERY_S or self.done == self._total:
            self.bar()

    def bar(self) -> None:
        self._said = now = time.monotonic()
        left = self._total - self.done
        full = WIDTH * self.done // max(self._total, 1)
        to_go = f", {duration((now - self.began) / self.done * left)} to go" if self.done and left else ""
        bar = f"[{'#' * full}{'.' * (WIDTH - full)}]"
        line = f"{bar} {self.done} done, {len(self.failed)} failed, {left} left{to_go}"
        self._out.write(f"\r\x1b[K{line}" if self._live else f"{line}\n")
        self._out.flush()

    def end(self) -> None:
        if self._live:
            self._out.write("\n")
        self._out.flush()

    def say(self, text: str) -> None:
        self._out.write(f"\r\x1b[K{text}\n" if self._live else f"{text}\n")
        self._out.flush()


def title(outcome: Outcome) -> str:
    return outcome.test + (f" seed {outcome.seed}" if outcome.seed is not None else "")


def shown(outcome: Outcome) -> list[str]:
    """The reason, the last lines of the log if there is one, and the line that repeats it."""
    said = [line[1:] for line in outcome.text.splitlines() if line.startswith("E ")]
    said = (
        textwrap.dedent("\n".join(said)).splitlines() or outcome.text.splitlines()[-LAST_LINES:] or ["it says nothing"]
    )
    reason, rest = said[0], [line for line in said[1:] if not line.startswith(("again: ", "log: "))]
    return [reason, *rest[-LAST_LINES:], f"again: {outcome.again}"]


def duration(seconds: float) -> str:
    seconds = round(seconds)
    if seconds < 100:
        return f"{seconds} s"
    return f"{round(seconds / 60)} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
