"""The other end of tb/lockstep.py RemoteLockstep: the golden model in a process of its own.

python -m tb.golden CONFIG IMAGE, calls on standard input, answers on standard output.
"""

import os
import pickle
import sys

import numpy as np

from models.config import CONFIGS
from models.simulator import Simulator
from tb.lockstep import DIFFERS, Lockstep


def serve(lockstep: Lockstep, calls, answers) -> None:
    """Answer the calls of a RemoteLockstep. After a difference all answers are that difference."""
    first = None
    while True:
        try:
            method, arguments = pickle.load(calls)
        except EOFError:
            return
        value = None
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
    name, image = sys.argv[1:]
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else may be written there
    # a private map: what is not touched of an image of gigabytes is not read
    serve(Lockstep(Simulator(CONFIGS[name], np.memmap(image, np.uint8, "c"))), calls, answers)
