"""A copy of the sources to plant a bug in, and a shell in it that takes what a person would paste there."""

import contextlib
import os
import re
import shlex
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tb.runner import BUILD, ROOT
from verify.mutate import campaign
from verify.regress.hand import end_session

FOLDER = BUILD / "reproduce"
LIMIT_S = 300  # of wall clock, for one simulation of a bench


class Stopped(Exception):
    """By Ctrl-C: what ran here was ended."""


@dataclass(frozen=True)
class Said:
    text: str
    status: int
    seconds: float


class Shell:
    """Runs lines; `stop` ends all that run, from any thread."""

    def __init__(self):
        self._lock, self._children, self._stopped = threading.Lock(), set(), False

    def paste(self, line: str, folder: Path) -> Said:
        """Run to its end, as if typed there: nothing of `make reproduce`'s own variables reaches it."""
        began = time.time()
        with self._lock:
            if self._stopped:
                raise Stopped
            child = subprocess.Popen(
                line,
                shell=True,
                cwd=folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self._children.add(child)
        try:
            text, _ = child.communicate()
        except KeyboardInterrupt:
            end_session(child.pid)
            raise
        finally:
            with self._lock:
                self._children.discard(child)
        if self._stopped:
            raise Stopped
        return Said(text, child.returncode, time.time() - began)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for child in self._children:
                with contextlib.suppress(ProcessLookupError):
                    end_session(child.pid)


def _environment() -> dict[str, str]:
    makes = re.findall(r"^(\w+) *\?=", (ROOT / "Makefile").read_text(), re.MULTILINE)
    hidden = {*makes, "COVERAGE", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "SRN_BINS"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {"SRN_LIMIT_S": str(LIMIT_S)} | kept


def make(name: str) -> campaign.Tree:
    """A tree of the mutation campaign in which `make` works: with this Python, and nothing to be installed."""
    tree = campaign.Tree(FOLDER / name)
    for file in ("Makefile", "requirements.txt"):
        (tree.folder / file).symlink_to(ROOT / file)
    python = tree.folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    (tree.folder / ".venv" / "made").touch()
    return tree
