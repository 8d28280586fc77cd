"""A kernel of one's own, launched and compared with numpy: the README's example, and the kernels of the library alone."""

import math

import numpy as np
import pytest

from host.launch import WeightTensor, launch
from host.trace import Trace, kernel
from models.config import CONFIGS
from models.reference import mx_values
from tests.near import near


@kernel
def softmax(t: Trace, x, y):
    v, most, total = t.vmem(x.cols, x.rows), t.vmem(x.rows), t.vmem(x.rows)
    t.load(v, x)
    t.vector(v, v, mul=math.log2(math.e), reduce=("max", most.address))
    t.vector(v, v, sub=most.each(), f="exp2", reduce=("sum", total.address))
    t.vector(total, total, f="rcp")
    t.vector(v, v, mul=total.each())
    t.store(y, v)


@pytest.mark.parametrize("config", CONFIGS)
def test_softmax_of_rows(config):
    x = np.random.default_rng(1).normal(size=(5, 77)).astype(np.float32)
    (y,) = launch(softmax, [x], [x.shape], config)
    expected = np.exp(x - x.max(axis=1, keepdims=True))
    near(y, expected / expected.sum(axis=1, keepdims=True), rtol=1e-5)


def test_the_rtl_gives_the_same_bits():
    x = np.random.default_rng(1).normal(size=(5, 77)).astype(np.float32)
    results = [launch(softmax, [x], [x.shape], "tiny", backend) for backend in ("simulator", "rtl")]
    np.testing.assert_array_equal(*results)


@kernel
def product(t: Trace, x, weights, y):
    v, a, out = t.vmem(x.cols, x.rows), t.amem(x.cols, x.rows), t.vmem(y.cols, y.rows)
    t.load(v, x)
    t.vector(v, a)
    t.matmul(out, a, weights)
    t.store(y, out)


@pytest.mark.parametrize("format", ["mxfp4", "mxint8"])
@pytest.mark.parametrize("config", CONFIGS)
def test_matrix_product_of_odd_sizes(config, format):
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(2, 75)).astype(np.float32), rng.normal(size=(45, 75)).astype(np.float32)
    (y,) = launch(product, [x, WeightTensor(w, format)], [(2, 45)], config)
    near(y, mx_values(x, "mxint8") @ mx_values(w, format).T, rtol=1e-4, atol=1e-5)


def test_a_loop_and_a_condition_of_the_program():
    def countdown(t: Trace, x, y):
        v, total = t.vmem(x.cols), t.vmem(x.cols)
        t.load(v, x)
        t.vector(0.0, total)
        with t.loop(10) as i, t.when(i, "ge", 7):  # adds x three times
            t.vector(total, total, add=v)
        t.store(y, total)

    x = np.arange(9, dtype=np.float32)
    (y,) = launch(countdown, [x], [x.shape], "tiny")
    np.testing.assert_array_equal(y, 3 * x)


def test_integers_pass_through_and_partial_beats_are_kept():
    def copy(t: Trace, x, y):
        v = t.vmem(x.cols, x.rows)
        t.load(v, x)
        t.store(y, v)

    x = np.arange(21, dtype=np.uint32).reshape(3, 7) * 0x01010101
    (y,) = launch(copy, [x], [x.shape], "small")
    np.testing.assert_array_equal(y.view(np.uint32), x)


def test_what_does_not_fit_is_said():
    from host.errors import SerranoError

    with pytest.raises(SerranoError, match=r"needs \d+ of vector memory and CONFIG=tiny has 32768"):
        launch(lambda t, x, y: t.vmem(40000), [np.zeros(1)], [(1,)], "tiny")
    with pytest.raises(SerranoError, match="no scalar register is left"):
        launch(lambda t, x, y: [t.register("r") for _ in range(16)], [np.zeros(1)], [(1,)], "tiny")
    with pytest.raises(SerranoError, match="instructions and CONFIG=tiny holds 512"):
        launch(lambda t, x, y: [t.end() for _ in range(600)], [np.zeros(1)], [(1,)], "tiny")
