"""The four files of a new block: module, golden model, bench, page. `make new-block NAME=vector/twice`

They lint, build and run on both simulators, and the bench fails, for want of a model: write that first. Nothing lists the files, so nothing else is to be changed.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from tb.runner import ROOT

MODULE = """\
// TODO: what srn_NAME does, to one word of Width bits.
// Latency one clock, one word a clock; no path crosses it within a cycle. Model: models/NAME.py.
module srn_NAME #(
    parameter int Width = 8  // bits of a word
) (
    input logic clk_i,
    input logic rst_ni,

    // words in
    input  logic             in_valid_i,
    output logic             in_ready_o,
    input  logic [Width-1:0] in_data_i,

    // words out
    output logic             out_valid_o,
    input  logic             out_ready_i,
    output logic [Width-1:0] out_data_o
);

  // ---------------------------------------------------------------- the work

  logic [Width-1:0] result;
  assign result = in_data_i;

  // ---------------------------------------------------------------- register

  srn_stream_reg #(
      .Width(Width)
  ) u_out (
      .clk_i,
      .rst_ni,
      .in_valid_i,
      .in_ready_o,
      .in_data_i (result),
      .out_valid_o,
      .out_ready_i,
      .out_data_o
  );

endmodule
"""

MODEL = '''\
"""Golden model of srn_NAME."""

import numpy as np


def NAME(words: np.ndarray, width: int) -> np.ndarray:
    """What srn_NAME makes of `words` of `width` bits: (N,) uint64 to (N,) uint64."""
    raise NotImplementedError("models/NAME.py has no model yet: write it before the RTL")
'''

BENCH = '''\
"""srn_NAME against models/NAME.py: every word, with stalls on either side."""

import cocotb
import numpy as np

from models.NAME import NAME
from tb.stream import numpy_rng, parameter, put, start, take

PARAMETERS = [{"Width": 8}, {"Width": 16}]  # each is built and run, on both simulators


@cocotb.test()
@cocotb.parametrize(stall_in=[0.0, 0.5], stall_out=[0.0, 0.5])
async def every_word_is_the_models(dut, stall_in, stall_out):
    width = parameter("Width")
    words = numpy_rng().integers(0, 1 << width, 500, dtype=np.uint64)
    expected = NAME(words, width).tolist()
    await start(dut)
    cocotb.start_soon(put(dut, "in", words.tolist(), stall_in))
    assert await take(dut, "out", len(expected), stall_out) == expected
'''

PAGE = """\
# TITLE

`rtl/FOLDER/srn_NAME.sv`, model `models/NAME.py`, bench `tb/test_NAME.py`.

TODO: the idea, its formats and timing, and what it refuses.
"""

TEMPLATES = {
    "rtl/FOLDER/srn_NAME.sv": MODULE,
    "models/NAME.py": MODEL,
    "tb/test_NAME.py": BENCH,
    "docs/NAME.md": PAGE,
}


def make(place: str, root: Path = ROOT) -> list[Path]:
    """Write the files of `place`, FOLDER/NAME. Raises ValueError, having written nothing, where that cannot be."""
    if not re.fullmatch(r"[a-z][a-z0-9]*/[a-z][a-z0-9]*(_[a-z0-9]+)*", place):
        raise ValueError(f"{place!r} is not FOLDER/NAME, both in lower case: make new-block NAME=vector/twice")
    folder, name = place.split("/")
    files = {}
    for pattern, template in TEMPLATES.items():
        words = {"FOLDER": folder, "NAME": name, "TITLE": name.replace("_", " ").capitalize()}
        text = re.sub("FOLDER|NAME|TITLE", lambda found, words=words: words[found.group()], template)
        files[root / re.sub("FOLDER|NAME", lambda found, words=words: words[found.group()], pattern)] = text
    taken = [file for file in files if file.exists()]
    taken += [file for file in (root / "rtl").rglob(f"srn_{name}.sv") if file not in files]
    if taken:
        raise ValueError(f"{', '.join(str(file.relative_to(root)) for file in taken)} exists: choose another name")
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return list(files)


def main(arguments: Sequence[str]) -> int:
    try:
        files = make(arguments[0] if len(arguments) == 1 else "")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for file in files:
        print(file.relative_to(ROOT))
    name = files[1].stem
    print(f"next: write {files[1].relative_to(ROOT)}, then make tb-{name} and make tb-{name} SIM=icarus")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
