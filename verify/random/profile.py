"""Profiles: what random programs are made of, a small JSON file each in verify/random/profiles/."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from models import isa
from tb.programs import Mix

FOLDER = Path(__file__).parent / "profiles"

# settings of tb/dram.sv by the name that profiles and bins give them; a tuple is drawn from
MEMORIES = {
    "fast": {"latency": (1, 5), "rate": (0,), "stall": (0,)},
    "stalled": {"latency": (1, 20), "rate": (0,), "stall": (20, 150)},
    "slow": {"latency": (5, 40), "rate": (160, 40), "stall": (0, 20)},
    "late": {"latency": (90, 400), "rate": (0,), "stall": (0, 20)},
    "dram": {"dram": ("hbm3", "ddr4-2400", "lpddr5"), "stall": (0, 20)},
}
ENDINGS = ("end", "refused", "undefined", "runaway", "beyond", "error", "program error", "clear", "reset")


class ProfileError(Exception):
    """No such profile, or one that cannot be; one sentence."""


@dataclass(frozen=True)
class Profile:
    name: str
    text: str  # what it is for
    mix: Mix = field(default_factory=Mix)
    length: int = 300  # instructions of a program, about
    programs: int = 4  # of a case: one after another, from a reset
    memory: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(MEMORIES, 1))  # weights of MEMORIES
    endings: Mapping[str, float] = field(default_factory=lambda: {"end": 1})  # weights of ENDINGS


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name: str) -> Profile:
    """Raises ProfileError."""
    if name not in names():
        raise ProfileError(f"there is no profile {name!r}: there are {', '.join(names())}")
    return parse(name, json.loads((FOLDER / f"{name}.json").read_text()))


def parse(name: str, entry: dict) -> Profile:
    """Raises ProfileError."""
    mix = entry.pop("mix", {})
    known = {
        "endings": ENDINGS,
        "memory": MEMORIES,
        "commands": isa.FIELDS.keys() - {"end", "scalar", "branch", "signal"},
        "body": ("command", "block", "loop", "signal"),
    }
    for part, kind in ((entry, Profile), (mix, Mix)):
        for key, value in part.items():
            if key not in {f.name for f in fields(kind)} - {"name", "mix"}:
                raise ProfileError(f"profile {name}: there is nothing called {key}")
            if wrong := sorted(set(value) - set(known[key]) if key in known else ()):
                raise ProfileError(f"profile {name}: {key} has no {', '.join(wrong)}")
    return Profile(name=name, mix=Mix(**mix), **entry)
