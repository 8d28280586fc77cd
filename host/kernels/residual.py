"""Matrix products added to the residual, and on the way the sums of squares that the next norm needs."""

from host.kernels.rmsnorm import Squares, sum_first, sum_rest
from host.tensors import Amem, Scalars, Vmem, Weights
from host.trace import Trace, kernel


@kernel
def add_products(
    t: Trace,
    x: Vmem,
    activations: list[Amem],
    first: list[Weights],
    rest: list[Weights],
    squares: Squares,
    epsilon: Scalars,
):
    """x += activations . weights, the contraction in pieces: those of the first columns of x, then of the rest.

    While the matrix unit is at the rest, the first are added and squared, so that the norm waits for little; and it is at
    the first piece while the activations of the last are still being made.
    """
    with t.scratch(on_top=True):
        products = []
        for acts, weights in [*zip(activations, first, strict=bool(first)), *zip(activations, rest, strict=True)]:
            place = t.vmem(x.row_stride * t.config.lanes, t.config.rows).take(rows=x.rows, cols=weights.outputs)
            t.matmul(place, acts, weights)
            products.append(place)
        split = first[0].outputs if first else 0
        columns = x.take(cols=split)
        for product in products[: len(first)]:
            t.vector(columns, columns, add=product)
        sum_first(t, squares, columns, x.cols, epsilon)
        columns = x.take(cols=x.cols - split).at(split)
        for product in products[len(first) :]:
            t.vector(columns, columns, add=product)
        sum_rest(t, squares, columns)
