"""Reads a waveform back, FST or VCD, by the library that Surfer stands on."""

from dataclasses import dataclass
from pathlib import Path

import pywellen


@dataclass(frozen=True)
class Variable:
    path: str  # scopes and name, with dots
    width: int


class WaveFileError(Exception):
    """A waveform that cannot be read; one sentence."""


def load(file: Path) -> pywellen.Waveform:
    """Raises WaveFileError where there is no file, or a part of one, as a full disc leaves."""
    if not file.is_file():
        raise WaveFileError(f"{file} is not a file")
    try:
        return pywellen.Waveform(str(file))
    except RuntimeError as error:
        raise WaveFileError(f"{file} is not a whole waveform: {' '.join(str(error).split())}") from None


def variables(file: Path) -> list[Variable]:
    """Everything in the file, once under each of its names."""
    return [Variable(var.full_name, var.bitwidth or 0) for var in load(file).all_vars()]


def changes(wave: pywellen.Waveform, path: str) -> list[tuple[int, int | str]]:
    """(time, value) at each change of a variable; a value with an X or Z in it is a string. Raises KeyError."""
    for var in wave.all_vars():
        if var.full_name == path:
            return list(var.tv)
    raise KeyError(path)


def text(value: int | str) -> str:
    """The characters of a lane of text."""
    if isinstance(value, str):
        return ""
    return value.to_bytes((value.bit_length() + 7) // 8, "big").decode("ascii", "replace").rstrip()
