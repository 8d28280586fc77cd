"""models/tiles.py against the layout of docs/isa.md, addressed byte by byte."""

import numpy as np
import pytest

from models import mx, tiles

FORMATS = ("mxfp4", "mxint8")


def tensor(rng, format, outputs, ksteps):
    codes = rng.integers(0, 256, (outputs, ksteps, 32)).astype(np.uint8)
    elements = mx.FP4_DOUBLED[codes & 15] if format == "mxfp4" else codes.view(np.int8)
    return elements, rng.integers(0, 256, (outputs, ksteps)).astype(np.uint8)


@pytest.mark.parametrize("port_bytes", [8, 16, 32])
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("outputs, ksteps", [(1, 1), (8, 3), (33, 2), (64, 1)])
def test_every_byte_lies_where_the_page_says(format, port_bytes, outputs, ksteps):
    elements, scales = tensor(np.random.default_rng(outputs), format, outputs, ksteps)
    beats = 17 if format == "mxfp4" else 33
    packed = tiles.pack(elements, scales, format, port_bytes)
    assert packed.shape == (-(-outputs // port_bytes), ksteps * beats, port_bytes)
    flat, seen = packed.reshape(-1), 0
    for n in range(outputs):
        for k in range(ksteps):
            kstep = (n // port_bytes * ksteps * beats + k * beats) * port_bytes
            assert flat[kstep + n % port_bytes] == scales[n, k]
            data = flat[kstep + port_bytes + n % port_bytes * (beats - 1) :][: beats - 1]
            if format == "mxfp4":
                values = mx.FP4_DOUBLED[np.stack([data & 15, data >> 4], axis=-1).reshape(-1)]
            else:
                values = data.view(np.int8)
            assert np.array_equal(values, elements[n, k])
            seen += np.count_nonzero(scales[n, k]) + np.count_nonzero(data)
    assert np.count_nonzero(flat) == seen  # the rest is zero


@pytest.mark.parametrize("port_bytes", [8, 16, 32])
@pytest.mark.parametrize("format", FORMATS)
def test_unpack_undoes_pack(format, port_bytes):
    elements, scales = tensor(np.random.default_rng(1), format, 45, 3)
    back, back_scales = tiles.unpack(tiles.pack(elements, scales, format, port_bytes), format)
    assert np.array_equal(back[:45], elements) and np.array_equal(back_scales[:45], scales)
    assert len(back) % port_bytes == 0 and not back[45:].any() and not back_scales[45:].any()


@pytest.mark.parametrize("bad", [5, 7, -9, 13, -128, 127])
def test_an_integer_that_e2m1_does_not_have_is_refused(bad):
    elements = np.zeros((1, 1, 32), np.int8)
    elements[0, 0, 3] = bad
    with pytest.raises(ValueError):
        tiles.pack(elements, np.zeros((1, 1), np.uint8), "mxfp4", 8)
