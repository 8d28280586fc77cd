"""Which mutants a campaign plants: spread over the files in proportion to their logic, over the kinds evenly, by seed.

The choice of a file is a prefix of one order, so a larger campaign contains the smaller one.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from verify.mutate.kinds import Mutant

FEWEST = 3  # of a file, where it has as many


def shares(lines: Mapping[str, int], count: int) -> dict[str, int]:
    """How many mutants each file gets: FEWEST, and the rest in proportion to its lines that compute."""
    files = [file for file, number in lines.items() if number]
    total = sum(lines.values())
    fewest = min(FEWEST, count // len(files))
    rest = count - fewest * len(files)
    share = {file: fewest + int(rest * lines[file] / total) for file in files}
    by_remainder = sorted(files, key=lambda file: (-(rest * lines[file] / total % 1), file))
    for file in by_remainder[: count - sum(share.values())]:
        share[file] += 1
    return share


def choose(
    available: Mapping[str, Sequence[Mutant]], count: int, seed: int, accepts: Callable[[Mutant], bool]
) -> tuple[list[Mutant], int]:
    """`count` mutants, or all there are, that `accepts` lets pass, in the order of files; and how many did not."""
    share = shares({file: len({mutant.line for mutant in found}) for file, found in available.items()}, count)
    chosen: list[Mutant] = []
    discarded = 0
    for file, number in share.items():
        taken: list[Mutant] = []
        for mutant in order(available[file], random.Random(f"{seed} {file}")):
            if len(taken) == number:
                break
            if accepts(mutant):
                taken.append(mutant)
            else:
                discarded += 1
        chosen += sorted(taken, key=lambda mutant: (mutant.line, mutant.column, mutant.kind))
    return chosen, discarded


def order(found: Sequence[Mutant], rng: random.Random) -> list[Mutant]:
    """One of each kind, then a second of each, ...; a line that has one already comes last among its kind."""
    kinds: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in rng.sample(list(found), len(found)):
        kinds[mutant.kind].append(mutant)
    names = rng.sample(sorted(kinds), len(kinds))
    lines: set[int] = set()
    result = []
    while any(kinds.values()):
        for name in names:
            if kinds[name]:
                mutant = next((m for m in kinds[name] if m.line not in lines), kinds[name][0])
                kinds[name].remove(mutant)
                lines.add(mutant.line)
                result.append(mutant)
    return result
