#!/usr/bin/env python3
"""GTKWave's filter process: hexadecimal in, numbers out, a line for a line. Binary32 words; of 66 digits an MX block in INT8."""

import struct
import sys

SCALE_BIAS, FRACTION_BITS = 127, 6


def show(digits: str) -> str:
    """The words of a vector, the lowest first; what is not whole words, or has an X in it, as it is."""
    try:
        data = bytes.fromhex(digits)[::-1]
    except ValueError:
        return digits
    if len(data) == 33:
        elements = struct.unpack("32b", data[:32])
        unit = 2.0 ** (data[32] - SCALE_BIAS - FRACTION_BITS)
        return " ".join("NaN" if data[32] == 0xFF else f"{unit * element:.4g}" for element in elements)
    if not data or len(data) % 4:
        return digits
    return " ".join(f"{value:.9g}" for value in struct.unpack(f"<{len(data) // 4}f", data))


if __name__ == "__main__":
    for line in sys.stdin:  # an answer for each line, at once, or GTKWave hangs
        print(show(line.strip()), flush=True)
