"""The Python side of tb/vector_feeder.sv: write the vectors and their golden results, let it run, believe the counts."""

import json
import os
from pathlib import Path

import numpy as np
from cocotb.triggers import RisingEdge, Timer


def budget() -> int:
    """As many vectors as this simulator has time for: the parameter Vectors of the top level."""
    return json.loads(os.environ["SRN_PARAMETERS"])["Vectors"]


def fields(*columns: np.ndarray) -> np.ndarray:
    """uint8 (n, bytes): the columns side by side, the first the highest, each (n,) or (n, k) with element 0 lowest."""
    parts = []
    for column in columns:
        column = np.asarray(column)
        column = column.reshape(len(column), -1)[:, ::-1]
        column = np.ascontiguousarray(column.astype(column.dtype.newbyteorder(">")))
        parts.append(column.view(np.uint8).reshape(len(column), -1))
    return np.concatenate(parts, axis=1)


async def compare(dut, vectors: np.ndarray, expected: np.ndarray) -> None:
    """Run all vectors through the pipeline; both arguments are made by `fields`."""
    assert len(vectors) == len(expected) > 0
    Path("inputs.bin").write_bytes(vectors.tobytes())
    Path("expected.bin").write_bytes(expected.tobytes())
    dut.go_i.value = 0
    await Timer(1, "ns")
    dut.go_i.value = 1
    await RisingEdge(dut.done_o)
    await Timer(1, "ns")
    compared, wrong = dut.compared_o.value.to_unsigned(), dut.mismatches_o.value.to_unsigned()
    first = dut.first_o.value.to_unsigned()
    assert compared == len(vectors), f"{compared} of {len(vectors)} vectors were compared"
    assert wrong == 0, (
        f"{wrong} of {compared} differ; the first is vector {first}: {vectors[first].tobytes().hex()} "
        f"gave {dut.got_o.value} instead of {expected[first].tobytes().hex()}"
    )
    Path("inputs.bin").unlink()
    Path("expected.bin").unlink()
