"""Images of gigabytes: the file that the driver makes of one, and the sentence of a memory that more pages are written of than it can hold."""

import json

import numpy as np
import pytest

from host.driver import HOLE_BYTES, write_image
from tb.runner import BenchError, build_and_run
from tb.simulators import find_icarus


def test_an_image_is_written_with_holes(tmp_path):
    size, path = (3 << 30) + 40, tmp_path / "image.bin"
    image = np.zeros(size, np.uint8)  # costs what is touched
    places = [0, 5 * HOLE_BYTES - 1, (2 << 30) - 1, 2 << 30, size - 1]
    image[places] = np.arange(1, len(places) + 1)
    write_image(path, image)
    seen = np.memmap(path, np.uint8, "r")
    assert seen.size == size and np.array_equal(seen[places], image[places])
    assert all(not seen[place + 1 : place + 4096].any() for place in places[:2])
    assert path.stat().st_blocks * 512 <= (len(places) + 1) * HOLE_BYTES


def test_a_pool_full_of_written_pages_says_so(tmp_path):
    simulator = "icarus" if find_icarus() else "verilator"  # which builds longer
    writes = [(0, page * 4096, 8, 0) for page in range(4)]
    stream = {"memory": "ideal", "reads": [], "writes": writes, "outstanding": 1}
    (tmp_path / "streams.json").write_text(json.dumps([stream]))
    parameters = {"PortBytes": 16, "DramBeats": 0, "PoolPages": 4}
    said = "all 3 pages of the pool are written, and one more is needed: raise PoolPages"
    with pytest.raises(BenchError, match=said):
        build_and_run(
            "dram_reference", simulator, parameters, package="tb.runs", environment={"SRN_JOB": str(tmp_path)}
        )
