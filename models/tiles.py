"""Weight tensors as they lie in DRAM (docs/isa.md, weight tensors): the one home of that layout.

A tile is `port_bytes` outputs; a k-step of a tile is one beat of scales (byte i for output i), then the 32 elements
of output after output: MXFP4 16 bytes an output, low nibble first; MXINT8 32 bytes. So 17 or 33 beats a k-step.
FP4 elements are held as integers, twice the E2M1 value, everywhere outside the packed bytes.
"""

import numpy as np

from models import mx

BYTES_AN_OUTPUT = {"mxfp4": 16, "mxint8": 32}  # also the beats of elements in a k-step
KSTEP_BEATS = {name: 1 + beats for name, beats in BYTES_AN_OUTPUT.items()}

_DOUBLED_LOW = int(mx.FP4_DOUBLED.min())
_NO_CODE = 0xFF
_CODE_OF_DOUBLED = np.full(int(mx.FP4_DOUBLED.max()) - _DOUBLED_LOW + 1, _NO_CODE, np.uint8)
_CODE_OF_DOUBLED[mx.FP4_DOUBLED[::-1].astype(int) - _DOUBLED_LOW] = np.arange(16, dtype=np.uint8)[::-1]


def pack(elements, scales, format: str, port_bytes: int) -> np.ndarray:
    """int8 (outputs, ksteps, 32), uint8 (outputs, ksteps) -> uint8 (tiles, ksteps * beats, port_bytes).

    The last tile is filled with zeros. Raises ValueError where an integer is not twice an E2M1 value.
    """
    elements, scales = np.asarray(elements, np.int8), np.asarray(scales, np.uint8)
    outputs, ksteps, _ = elements.shape
    if format == "mxfp4":
        place = elements.astype(np.int16) - _DOUBLED_LOW
        codes = _CODE_OF_DOUBLED[np.clip(place, 0, len(_CODE_OF_DOUBLED) - 1)]
        if np.any((codes == _NO_CODE) | (place < 0) | (place >= len(_CODE_OF_DOUBLED))):
            raise ValueError("an FP4 element is not twice an E2M1 value")
        data = mx.pack_fp4(codes)
    else:
        data = elements.view(np.uint8)
    tiles = -(-outputs // port_bytes)
    raw = np.zeros((tiles, ksteps, 1 + BYTES_AN_OUTPUT[format], port_bytes), np.uint8)
    places = raw[:, :, 1:].reshape(tiles, ksteps, port_bytes, BYTES_AN_OUTPUT[format])  # a copy
    for tile in range(tiles):
        here = slice(tile * port_bytes, min((tile + 1) * port_bytes, outputs))
        count = here.stop - here.start
        raw[tile, :, 0, :count] = scales[here].T
        places[tile, :, :count] = data[here].transpose(1, 0, 2)
    raw[:, :, 1:] = places.reshape(tiles, ksteps, BYTES_AN_OUTPUT[format], port_bytes)
    return raw.reshape(tiles, -1, port_bytes)


def unpack(beats, format: str) -> tuple[np.ndarray, np.ndarray]:
    """uint8 (tiles, ksteps * beats, port_bytes) -> int8 (outputs, ksteps, 32), uint8 (outputs, ksteps), padding included."""
    beats = np.asarray(beats, np.uint8)
    tiles, _, port_bytes = beats.shape
    raw = beats.reshape(tiles, -1, 1 + BYTES_AN_OUTPUT[format], port_bytes)
    ksteps = raw.shape[1]
    data = raw[:, :, 1:].reshape(tiles, ksteps, port_bytes, BYTES_AN_OUTPUT[format])
    data = np.ascontiguousarray(data.transpose(0, 2, 1, 3)).reshape(tiles * port_bytes, ksteps, -1)
    elements = mx.FP4_DOUBLED[mx.unpack_fp4(data)] if format == "mxfp4" else data.view(np.int8)
    return elements, np.ascontiguousarray(raw[:, :, 0].transpose(0, 2, 1)).reshape(-1, ksteps)
