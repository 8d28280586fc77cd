"""Run one kernel of your own, on the simulator or on the RTL, on numpy arrays.

def scale(t, x, y):
    v = t.vmem(x.cols, x.rows)
    t.load(v, x)
    t.vector(v, v, mul=3.0)
    t.store(y, v)

(y,) = launch(scale, [x], [x.shape], "tiny")
"""

from dataclasses import dataclass

import numpy as np

from host import driver
from host.errors import SerranoError
from host.layout import pack
from host.tensors import Dram, Weights, blocks
from host.trace import Program, Trace
from models import isa
from models.config import CONFIGS, Config
from models.tiles import KSTEP_BEATS


@dataclass
class WeightTensor:
    """An input that the kernel sees as weights: float32 (outputs, depth), rounded to the format."""

    values: np.ndarray
    format: str = "mxint8"


def launch(
    kernel, inputs: list, outputs: list[tuple], config: Config | str, backend: str = "simulator", **options
) -> list:
    """kernel(t, *inputs, *outputs) on handles in DRAM -> the outputs, float32 arrays of the shapes given.

    Inputs are arrays of 32-bit elements (one or two axes) or WeightTensors. The options are those of driver.run.
    Raises models.simulator.Halt when the simulated chip stops on an error.
    """
    config = CONFIGS[config] if isinstance(config, str) else config
    job, _, places = prepare_launch(kernel, inputs, outputs, config)
    outcome = driver.run(job, backend, **options)
    if outcome.halt:
        raise SerranoError(f"the kernel halted: cause, instruction, address {outcome.halt}")
    return [
        _rows(outcome.memory, place, config)[:, : place.cols].view(np.float32).reshape(shape)
        for place, shape in zip(places, outputs, strict=True)
    ]


def prepare_launch(kernel, inputs, outputs, config: Config) -> tuple[driver.Job, Program, list[Dram]]:
    """The job of a launch, its program, and where its outputs will lie."""
    port, beat = config.port_bytes, config.imem_words * isa.BYTES // config.port_bytes
    handles, data = [], []
    for array in inputs:
        if isinstance(array, WeightTensor):
            (number, depth), tile = array.values.shape, blocks(array.values.shape[1]) * KSTEP_BEATS[array.format]
            handles.append(Weights(beat, number, depth, array.format, tile))
            data.append((beat, pack(array.values, array.format, port)))
            beat += data[-1][1].size // port
            continue
        array = np.ascontiguousarray(array)
        if array.dtype.itemsize != 4:
            array = array.astype(np.float32)
        place = _place(beat, array.shape, config)
        handles.append(place)
        data.append((place, array.reshape(place.rows, place.cols).view(np.uint32)))
        beat += place.rows * place.row_stride
    places = []
    for shape in outputs:
        places.append(_place(beat, shape, config))
        beat += places[-1].rows * places[-1].row_stride

    t = Trace(config)
    with t.kernel(kernel.__name__):
        kernel(t, *handles, *places)
    t.end()
    program = t.finish()
    image = np.zeros(beat * port, np.uint8)
    image[: len(program.code)] = np.frombuffer(program.code, np.uint8)
    for place, values in data:
        if isinstance(place, Dram):
            _rows(image, place, config)[:, : place.cols] = values
        else:
            image[place * port :][: values.size] = values
    return driver.Job(config, image, 0, len(program.instructions), sources=program.sources), program, places


def _place(beat: int, shape: tuple, config: Config) -> Dram:
    rows, cols = shape if len(shape) == 2 else (1, *shape)
    return Dram(beat, cols, rows, -(-cols * 4 // config.port_bytes))


def _rows(memory: np.ndarray, place: Dram, config: Config) -> np.ndarray:
    """A view, uint32 (rows, whole beats of a row)."""
    port = config.port_bytes
    raw = memory[place.address * port :][: place.rows * place.row_stride * port]
    return raw.view(np.uint32).reshape(place.rows, -1)
