"""Words on wide ports: packed arrays and packed structs are one flat integer to both simulators."""

from collections.abc import Mapping, Sequence

import numpy as np


def pack(lanes: Sequence[int] | np.ndarray, width: int) -> int:
    """Lanes of `width` bits into one word, lane 0 lowest, as in `logic [N-1:0][width-1:0]`; negative lanes wrap."""
    mask = (1 << width) - 1
    word = 0
    for lane in reversed(lanes):
        word = (word << width) | (int(lane) & mask)
    return word


def unpack(word: int, width: int, count: int, signed: bool = False) -> list[int]:
    """The `count` lanes of a word, lane 0 first."""
    mask, half = (1 << width) - 1, 1 << (width - 1)
    lanes = [(word >> (width * idx)) & mask for idx in range(count)]
    return [lane - 2 * half if signed and lane & half else lane for lane in lanes]


def pack_fields(values: Mapping[str, int], layout: Mapping[str, int]) -> int:
    """A packed struct: `layout` is field -> width in the order of the declaration, the first field highest."""
    word = 0
    for name, width in layout.items():
        word = (word << width) | (int(values[name]) & ((1 << width) - 1))
    return word


def unpack_fields(word: int, layout: Mapping[str, int]) -> dict[str, int]:
    """The fields of a packed struct, unsigned."""
    values = {}
    for name, width in reversed(layout.items()):
        values[name] = word & ((1 << width) - 1)
        word >>= width
    return {name: values[name] for name in layout}


def spread(count: int, depth: int) -> list[int]:
    """`count` addresses of a memory, both ends among them, whose bits all move."""
    return [place * (depth - 1) // (count - 1) for place in range(count)]
