"""Where in its source a running instruction is: the kernels that it came from, each with the round of the loop that it is in.

A loop of the program is a branch back. `reply/layer[3]/attention#1` is an instruction of the kernel `attention` in the second round of a loop of its
own, called in the fourth round of the loop that `layer` is the body of.
"""

from collections.abc import Sequence

from models import isa

Loop = tuple[int, int]  # first and last instruction


def _encloses(outer: Loop, inner: Loop) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


class Places:
    """Follows a run: `move(pc)` at each instruction in its order gives the place's name."""

    def __init__(self, instructions: Sequence[isa.Instruction], sources: Sequence[str]):
        loops = {
            (code.fields["target"], pc)
            for pc, code in enumerate(instructions)
            if code.name == "branch" and code.fields["target"] <= pc
        }
        self._around = [sorted(l for l in loops if _encloses(l, (pc, pc))) for pc in range(len(instructions))]
        extents: dict[str, Loop] = {}
        for pc, source in enumerate(sources):
            for prefix in _prefixes(source) if instructions[pc].name != "end" else []:  # which is in no loop
                first, _ = extents.get(prefix, (pc, pc))
                extents[prefix] = first, pc
        self._parts = [self._part(loops, extents, pc, source) for pc, source in enumerate(sources)]
        self._round = dict.fromkeys(loops, 0)
        self._pc = -1

    @staticmethod
    def _part(loops: set, extents: dict, pc: int, source: str) -> tuple[list, Loop | None]:
        """(component, the loop that it is the body of) each, and the innermost loop inside the last."""
        parts, parent = [], None
        for prefix in _prefixes(source):
            extent = extents.get(prefix, (pc, pc))
            around = [l for l in loops if _encloses(l, extent) and not (parent and _encloses(l, parent))]
            own = min(around, key=lambda l: l[1] - l[0]) if around and parent else None
            parts.append((prefix.rpartition("/")[2], own))
            parent = extent
        inside = [l for l in loops if _encloses(l, (pc, pc)) and not (parent and _encloses(l, parent))]
        return parts, min(inside, key=lambda l: l[1] - l[0], default=None)

    def move(self, pc: int) -> str:
        before = self._pc
        for loop in self._around[pc]:
            if loop == (pc, before):
                self._round[loop] += 1
            elif not loop[0] <= before <= loop[1] or (pc <= before and _encloses((pc, before), loop)):
                self._round[loop] = 0
        self._pc = pc
        parts, inside = self._parts[pc]
        names = [name if loop is None else f"{name}[{self._round[loop]}]" for name, loop in parts]
        return "/".join(names) + ("" if inside is None else f"#{self._round[inside]}")


def _prefixes(source: str) -> list[str]:
    parts = source.split("/")
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]
