"""The one comparison of arrays that is not exact, which cannot be wider than the data."""

import numpy as np


def near(found, expected, rtol: float = 0.0, atol: float = 0.0) -> None:
    """Every element within atol + rtol * |expected|, which the same data one place further on must not be: else what
    lies apart in the data lies within the tolerance, and it says nothing."""
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    assert found.shape == expected.shape and found.size > 1, f"shapes {found.shape} and {expected.shape}"
    assert np.isfinite(expected).all(), "what is expected is not finite"
    moved = np.roll(expected, 1)
    apart = ~np.isclose(moved, expected, rtol=rtol, atol=atol)
    assert apart.mean() > 0.5, (
        f"the tolerance is wider than the data: {1 - apart.mean():.0%} of it would do in another's place"
    )
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)
