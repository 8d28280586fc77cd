"""The campaigns of the sign-off once more (signed_off.json), a process each, so that some run side by side."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from tb.runner import ROOT
from verify import workers
from verify.random import record

COMMAND = [sys.executable, "-m", "verify.random"]


def repeat(jobs: int) -> int:
    """Status 1 where one of them found a mismatch, or a bar is not reached by what has run here."""
    began = time.time()
    signed = json.loads(record.SIGNED_OFF.read_text())["rows"]
    waiting = sorted(signed, key=lambda row: row["seconds"])  # the longest begins first
    lock, children, ended = threading.Lock(), set(), threading.Event()
    failed = []

    def work() -> None:
        while True:
            with lock:
                if ended.is_set() or not waiting:
                    return
                row = waiting.pop()
                child = subprocess.Popen([*COMMAND, *arguments(row)], cwd=ROOT)
                children.add(child)
            status = child.wait()
            with lock:
                children.discard(child)
                failed.extend([row] if status else [])

    def stop() -> None:
        ended.set()
        with lock:
            for child in children:
                child.terminate()

    workers.go([work] * jobs, stop)
    passed = record.write(began)
    return int(bool(failed) or not passed)


def arguments(row: dict) -> Sequence[str]:
    """Of `python -m verify.random`, for the same cases."""
    return [f"--{name}={row[name]}" for name in ("profile", "seed", "instructions", "sim")]
