"""The deployed number formats (OCP MX v1.0), emulated in torch on float32, with straight-through gradients.

A block is 32 consecutive values; its shared scale is 2 ** (floor(log2 amax) - emax). Elements round to nearest even
and saturate. The definition in integers is the golden model's; this one gives the same values.
"""

import torch

BLOCK = 32
FP4_MAX, FP4_EMAX = 6.0, 2
INT8_MAX = 127.0


def power_of_two_below(x: torch.Tensor) -> torch.Tensor:
    """2 ** floor(log2 x) for normal x >= 0, by clearing the mantissa; tiny x gives a tiny power."""
    return (x.clamp_min(2.0**-100).view(torch.int32) & 0x7F800000).view(torch.float32)


def mxfp4_values(w: torch.Tensor) -> torch.Tensor:
    """(..., in) float32 -> the same shape on the MXFP4 grid, blocks along the last dimension."""
    blocks = w.unflatten(-1, (-1, BLOCK))
    scale = power_of_two_below(blocks.abs().amax(-1, keepdim=True)) / 2**FP4_EMAX
    x = blocks / scale  # |x| < 8
    step = power_of_two_below(x.abs().clamp(1.0, 4.0)) / 2  # 0.5 below 2, 1 below 4, else 2
    return ((x / step).round() * step).clamp(-FP4_MAX, FP4_MAX).mul(scale).flatten(-2)


def mxint8_values(x: torch.Tensor) -> torch.Tensor:
    """(..., n) float32 -> the same shape on the MXINT8 grid, blocks along the last dimension."""
    blocks = x.unflatten(-1, (-1, BLOCK))
    step = power_of_two_below(blocks.abs().amax(-1, keepdim=True)) / 64
    return ((blocks / step).round().clamp(-INT8_MAX, INT8_MAX) * step).flatten(-2)


def straight_through(quantise, x: torch.Tensor) -> torch.Tensor:
    """quantise(x) forward, the identity backward; float32 inside, the type of x outside."""
    with torch.no_grad():
        change = quantise(x.float()) - x.float()
    return x + change.to(x.dtype)


def open_block_values(v: torch.Tensor) -> torch.Tensor:
    """(..., tokens, dim) -> (..., tokens // 32, 32 t, 32 j, dim): token j of a block as quantised when t was the newest.

    The block that is still open is quantised from the tokens present so far; token j > t gives zeros.
    """
    blocks = v.unflatten(-2, (-1, BLOCK))  # (..., block, j, dim)
    step = power_of_two_below(blocks.abs().cummax(-2).values) / 64  # (..., block, t, dim)
    step = step.unsqueeze(-2)  # (..., block, t, 1, dim)
    values = (blocks.unsqueeze(-3) / step).round().clamp(-INT8_MAX, INT8_MAX) * step
    return values * torch.ones(BLOCK, BLOCK, dtype=v.dtype).tril().unsqueeze(-1)
