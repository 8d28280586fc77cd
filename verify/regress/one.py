"""One job in a process of its own, as a farm's worker starts it (hand.py): its outcomes go to told.json.

It ends, simulators and all, when the worker dies: the job then runs elsewhere.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict

from verify.outcomes import Outcome
from verify.regress import local
from verify.regress.hand import end_session
from verify.regress.jobs import FOLDER, Job


def main(text: str, limit_s: str, worker: str) -> None:
    threading.Thread(target=_end_with, args=(int(worker),), daemon=True).start()
    local.run([Job(**json.loads(text))], _keep, workers=0, limit_s=int(limit_s))


def _keep(_: Job, outcomes: Sequence[Outcome]) -> None:
    partial = FOLDER / "told.partial"
    partial.write_text(json.dumps([asdict(outcome) for outcome in outcomes]))
    partial.rename(FOLDER / "told.json")


def _end_with(worker: int) -> None:
    while os.getppid() == worker:
        time.sleep(0.5)
    end_session(os.getpid())


if __name__ == "__main__":
    main(*sys.argv[1:])
