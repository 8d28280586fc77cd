"""Functional coverage: groups of bins, hit while a simulation or a campaign runs, merged over all of them.

A group is the product of its axes, less what it says cannot be. Groups are declared in verify/groups.py, where the
testplan finds them, and hit where the value is seen:

    HALTS = Group("halts", "every cause is raised by every instruction that can", cause=CAUSES, opcode=OPCODES)
    HALTS.hit(cause="LENGTH", opcode="load")

A process writes its hits at its end, one file of its own in the folder SRN_BINS (the runner sets it), else nowhere.
"""

import atexit
import itertools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

GROUPS: dict[str, "Group"] = {}


class Group:
    """Bins named by one value of each axis, in the order of the axes. Raises ValueError for a second group of one name."""

    def __init__(
        self, name: str, text: str, impossible: Callable[..., str | None] | None = None, **axes: Iterable[str]
    ):
        """`impossible`, called with a value of each axis, gives the reason why that bin cannot be, or None."""
        if name in GROUPS:
            raise ValueError(f"two groups of bins are called {name}")
        self.name, self.text = name, text
        self.axes = {axis: tuple(map(str, values)) for axis, values in axes.items()}
        self.hits: Counter[tuple[str, ...]] = Counter()
        self.excluded: dict[tuple[str, ...], str] = {}
        for values in itertools.product(*self.axes.values()):
            if impossible and (reason := impossible(*values)):
                self.excluded[values] = reason
        self.bins = [v for v in itertools.product(*self.axes.values()) if v not in self.excluded]
        self._known = set(self.bins)
        GROUPS[name] = self

    def hit(self, **values: object) -> None:
        """Count one. Raises KeyError where the bin does not exist or was called impossible: the plan is wrong then."""
        found = tuple(str(values[axis]) for axis in self.axes)
        if found not in self._known or len(values) != len(self.axes):
            raise KeyError(f"{self.name} has no bin {values}: {self.excluded.get(found, 'no such value')}")
        self.hits[found] += 1

    def missing(self) -> list[tuple[str, ...]]:
        return [values for values in self.bins if not self.hits[values]]


def merge(files: Iterable[Path]) -> None:
    """Add the hits of `files` to those of this process. Raises KeyError for a bin that is no longer declared."""
    for file in files:
        for name, hits in json.loads(file.read_text()).items():
            if name not in GROUPS:
                raise KeyError(f"{file} counts the group {name}, which verify/groups.py does not declare")
            for values, count in hits:
                group = GROUPS[name]
                if tuple(values) not in group._known:
                    raise KeyError(f"{file} counts a bin {values} that {name} does not have")
                group.hits[tuple(values)] += count


def save(environment: Mapping[str, str] = os.environ) -> None:
    """Write this process's hits, if it has any, under SRN_BINS."""
    hits = {name: [[*item] for item in group.hits.items()] for name, group in GROUPS.items() if group.hits}
    if hits and (folder := environment.get("SRN_BINS")):
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"bins-{os.getpid()}.json").write_text(json.dumps(hits))


atexit.register(save)
