"""Root mean square norm: rows of binary32 to MX activations.

The sum of squares comes in two parts, so that the first can be taken while the last columns are still being computed.
"""

from dataclasses import dataclass

from host.tensors import Amem, Scalars, Vmem
from host.trace import Trace, kernel


@dataclass(frozen=True)
class Squares:
    """An element a row each: sum of the first columns' squares / all columns + epsilon; sum of the remaining columns'."""

    first: Vmem
    rest: Vmem


@kernel
def sum_first(t: Trace, squares: Squares, x: Vmem, columns: int, epsilon: Scalars):
    """squares.first of x, the first of `columns` columns; x may have none."""
    each = squares.first.take(cols=x.rows)
    if not x.cols:
        t.vector(0.0, each, add=epsilon)
        return
    t.vector(x, mul=x, reduce=("sum", squares.first.address))
    t.vector(each, each, mul=1 / columns, add=epsilon)


@kernel
def sum_rest(t: Trace, squares: Squares, x: Vmem):
    t.vector(x, mul=x, reduce=("sum", squares.rest.address))


@kernel
def rmsnorm(t: Trace, dst: Amem, x: Vmem, weight: Vmem, squares: Squares):
    """dst = x / sqrt(mean(x * x) + epsilon) * weight, row by row; squares.rest becomes the factor of each row."""
    t.vector(x, dst, mul=_factors(t, x, squares).each(), then_mul=weight)


@kernel
def rmsnorm_last(t: Trace, dst: Amem, x: Vmem, weight: Vmem, squares: Squares):
    """The same of the last row of x alone, whose rows are a register; dst is one row."""
    factors = _factors(t, x, squares)
    with t.registers("last", "element") as (last, element):
        t.sub(last, x.rows, 1)
        t.mul(element, last, x.row_stride * t.config.lanes)
        t.vector(x.take(rows=1).at(element), dst, mul=factors.at(last).each("const"), then_mul=weight)


def _factors(t: Trace, x: Vmem, squares: Squares) -> Vmem:
    factors = squares.rest.take(cols=x.rows)
    t.vector(factors, factors, mul=1 / x.cols, add=squares.first.take(cols=x.rows), f="rsqrt")
    return factors
