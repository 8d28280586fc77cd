"""models/vector.py against docs/isa.md read word for word: one element after the other, in integers, writing as it goes."""

from types import SimpleNamespace

import numpy as np
import pytest

from models import fp32, mx, reduce, special
from models.isa import ENUMS
from models.vector import vector

LANES = 4
ELEMENTS = 512


def element_by_element(vmem: np.ndarray, amem: dict, c, lanes: int) -> None:
    """The loops of docs/isa.md; vmem and amem change in place."""
    name = {key: ENUMS[key][getattr(c, key)] for key in ("x", "y", "y_op", "out", "reduce", "s_step")}
    for outer in range(c.outer):
        for row in range(c.rows):
            s_index = {"const": 0, "row": outer * c.rows + row, "outer": outer}[name["s_step"]]
            t4 = []
            for col in range(c.cols):
                a = c.imm if c.a_imm else vmem[c.a + (outer * c.a_outer + row * c.a_row) * lanes + col]
                b = vmem[(c.b + (outer * c.b_outer + (row * c.a_row if c.b_rows else 0)) * lanes + col) % ELEMENTS]
                s = vmem[(c.s + s_index) % ELEMENTS]
                choice = {"a": a, "b": b, "s": s, "imm": c.imm}
                t = a if name["x"] == "one" else fp32.mul(a, choice[name["x"]])
                if name["y"] != "none":
                    y = choice[name["y"]]
                    t = {
                        "add": lambda t, y: fp32.add(t, y),
                        "sub": lambda t, y: fp32.add(t, fp32.negate(y)),
                        "rsub": lambda t, y: fp32.add(y, fp32.negate(t)),
                        "max": lambda t, y: fp32.maximum(t, y),
                    }[name["y_op"]](t, y)
                if c.mask and col >= c.s + outer:
                    t = 0xFF800000
                t = special.special(t, c.f)
                t4.append(fp32.mul(t, b) if c.z else t)
            t4 = np.array(t4, np.uint32)
            for col, t in enumerate(t4):
                if name["out"] == "vmem":
                    vmem[c.dst + (outer * c.dst_outer + row * c.dst_row) * lanes + col] = t
                elif name["out"] == "scatter":
                    vmem[c.dst + outer * c.rows + row + col * c.dst_row * lanes] = t
            if name["out"] in ("mxint8", "mxfp4"):
                quantise = mx.quantise_int8 if name["out"] == "mxint8" else mx.quantise_fp4_as_int8
                for block in range(0, c.cols, 32):
                    values = np.zeros(32, np.uint32)
                    values[: min(32, c.cols - block)] = t4[block : block + 32]
                    address = c.dst + outer * c.dst_outer + row * c.dst_row + block // 32
                    elements, scale = quantise(values)
                    amem[address] = (elements.tolist(), int(scale))
            if c.reduce:
                row_reduction = {"sum": reduce.row_sum, "max": reduce.row_max, "argmax": reduce.row_argmax}
                vmem[c.b + outer * c.rows + row] = row_reduction[name["reduce"]](t4)


def random_command(rng: np.random.Generator) -> SimpleNamespace:
    """Sources in the lower half, dst in the third quarter, r in the last; or in place on a."""
    while True:
        c = SimpleNamespace(
            x=int(rng.integers(5)),
            y=int(rng.integers(4)),
            y_op=int(rng.integers(4)),
            f=int(rng.integers(4)),
            z=int(rng.integers(2)),
            out=int(rng.integers(5)),
            reduce=int(rng.integers(4)) if rng.random() < 0.5 else 0,
            a_imm=int(rng.random() < 0.1),
            mask=int(rng.random() < 0.3),
            b_rows=int(rng.integers(2)),
            s_step=int(rng.integers(3)),
            imm=int(rng.choice([0x3F800000, 0xBFC00000, 0x7F800001, 0x40490FDB])),
            dst=4 * int(rng.integers(64, 70)),
            a=4 * int(rng.integers(8)),
            b=4 * int(rng.integers(8)),
            s=int(rng.integers(32)),
            cols=int(rng.integers(1, 40)),
            rows=int(rng.integers(1, 4)),
            outer=int(rng.integers(1, 3)),
            a_row=int(rng.integers(12)),
            a_outer=int(rng.integers(12)),
            dst_row=int(rng.integers(3)),
            dst_outer=int(rng.integers(4)),
            b_outer=int(rng.integers(12)),
        )
        uses_b = ENUMS["x"][c.x] == "b" or ENUMS["y"][c.y] == "b" or c.z
        uses_s = ENUMS["x"][c.x] == "s" or ENUMS["y"][c.y] == "s"
        if c.reduce and uses_b or c.mask and uses_s or not (c.out or c.reduce):
            continue
        if ENUMS["out"][c.out] == "scatter":
            c.cols = min(c.cols, 10)
        if c.reduce:
            c.b = 4 * 120 + int(rng.integers(20))
        return c


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_loops_of_the_isa(seed):
    rng = np.random.default_rng(seed)
    blocks = elements = 0
    for _ in range(40):
        c = random_command(rng)
        vmem = fp32.bits(rng.standard_normal(ELEMENTS).astype(np.float32))
        vmem[rng.random(ELEMENTS) < 0.05] = rng.choice(np.array([0x7FC12345, 0x7F800000, 0x80000000, 3], np.uint32))
        expected, expected_amem = vmem.copy(), {}
        element_by_element(expected, expected_amem, c, LANES)
        writes = vector(vmem, c, LANES)
        vmem[writes.vmem_addresses] = writes.vmem_values
        assert np.array_equal(vmem, expected), c
        amem = {
            address: (block.tolist(), int(scale))
            for address, block, scale in zip(
                writes.amem_addresses.tolist(), writes.amem_elements, writes.amem_scales, strict=True
            )
        }
        assert amem == expected_amem, c
        blocks += len(amem)
        elements += len(writes.vmem_addresses)
    assert blocks > 20 and elements > 300


def test_copies_integers_unchanged():
    vmem = np.arange(0x7FFFFFF0, 0x7FFFFFF0 + 64, dtype=np.uint32)  # signalling NaNs among them
    c = SimpleNamespace(**dict.fromkeys(vars(random_command(np.random.default_rng(0))), 0))
    c.out, c.cols, c.rows, c.outer, c.dst = ENUMS["out"].index("vmem"), 16, 1, 1, 32
    writes = vector(vmem, c, LANES)
    assert np.array_equal(writes.vmem_values, vmem[:16])
    assert writes.vmem_addresses.tolist() == list(range(32, 48))
