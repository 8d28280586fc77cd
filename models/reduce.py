"""Reductions of rows of binary32 bit patterns, in the order of the vector unit.

A row is cut into groups of LANES; each group is summed by a tree of adjacent pairs, group g is added to partial sum
g mod PARTIALS, and the partial sums are added by a tree of adjacent pairs as well. The adder's latency hides behind
the partial sums, and the order depends on nothing but the length of the row.
"""

import numpy as np

from models import fp32

LANES = 16
PARTIALS = 4


def _pair_tree(x: np.ndarray) -> np.ndarray:
    """((x0 + x1) + (x2 + x3)) + ... over the last axis, whose length is a power of two."""
    while x.shape[-1] > 1:
        x = fp32.host_add(x[..., 0::2], x[..., 1::2])
    return x[..., 0]


def row_sum(x) -> np.ndarray:
    """uint32 (..., n) -> uint32 (...). Elements missing from the last group are +0; an empty row is +0."""
    x = np.asarray(x, np.uint32)
    missing = -x.shape[-1] % LANES
    x = np.concatenate([x, np.zeros((*x.shape[:-1], missing), np.uint32)], axis=-1)
    group = _pair_tree(x.reshape(*x.shape[:-1], -1, LANES))
    partial = np.zeros((*x.shape[:-1], PARTIALS), np.uint32)
    for g in range(group.shape[-1]):
        partial[..., g % PARTIALS] = fp32.host_add(partial[..., g % PARTIALS], group[..., g])
    return _pair_tree(partial)


def row_max(x) -> np.ndarray:
    """The largest in key order (any order of comparison gives the same); NaN if any element is NaN."""
    x = np.asarray(x, np.uint32)
    best = np.take_along_axis(x, fp32.key(x).argmax(axis=-1)[..., None], axis=-1)[..., 0]
    return np.where(fp32.is_nan(x).any(axis=-1), fp32.CANONICAL_NAN, best)


def row_argmax(x) -> np.ndarray:
    """Index of the largest in key order, a NaN being the smallest of all; of equals the first."""
    return fp32.key(np.asarray(x, np.uint32)).argmax(axis=-1)
