"""The other end of tb/lockstep.py RemoteLockstep: the golden model in a process of its own.

python -m tb.golden CONFIG IMAGE [JOB, the job.json of host/driver.py, for the program's sources], calls on standard input, answers on standard output.
"""

import json
import os
import pickle
import sys
from pathlib import Path

import numpy as np

from models.config import CONFIGS
from models.simulator import Simulator
from tb.lockstep import DIFFERS, Lockstep

AFRESH = ("begin", "next", "fail")


def serve(lockstep: Lockstep) -> None:
    """Answer the calls of a RemoteLockstep. After a difference all answers are that difference, until the next run begins."""
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else may be written there
    first = None
    while True:
        try:
            method, arguments = pickle.load(calls)
        except EOFError:
            return
        value = None
        if method in AFRESH:
            first = None
        if not first:
            try:
                value = getattr(lockstep, method)(*arguments)
            except AssertionError as error:  # anything else ends this process, which the other end sees
                first = error
                if method == "take_batch":
                    answers.write(pickle.dumps(DIFFERS))
        if method != "take_batch":
            answers.write(pickle.dumps((value, first)))
        answers.flush()


if __name__ == "__main__":
    name, image, *job = sys.argv[1:]
    sources = json.loads(Path(job[0]).read_text())["sources"] or () if job else ()

    def simulator() -> Simulator:
        # a private map: what is not touched of an image of gigabytes is not read
        return Simulator(CONFIGS[name], np.memmap(image, np.uint8, "c"))

    serve(Lockstep(simulator(), sources, simulator))
