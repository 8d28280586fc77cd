"""From a failure at a token of the shipped model to its waves: one wrong bit, the line that the failure prints, both timed."""

from dataclasses import dataclass

from tb import failure
from tb.runner import ROOT
from verify.reproduce import printed, tree
from verify.reproduce.printed import Printed

MORE = 8  # tokens asked for behind the one that is wrong
TIMES = 2.0  # the failing run's time
MEGABYTES = 200
FILE = "rtl/srn_slice.sv"
# bit 3 of the first word that the matrix unit writes for the token
DECLARED = """  logic [31:0] planted;  // tokens told, and one for the word
  logic plants;
  logic [PortBytes*16-1:0] wrong;
  assign plants = result_valid && planted == 32'd{before};
  assign wrong = result_data ^ (PortBytes*16)'({{plants, 3'b0}});
  always_ff @(posedge clk_i) planted <= !core_rst_n ? 0 : planted + 32'(progress_o) + 32'(plants && result_ready);

"""
ABOVE = "  srn_vmem #("
CHANGED = [
    (".matrix_data_i  (result_data)", ".matrix_data_i  (wrong)"),
    ("trace_matrix_data_o = result_data", "trace_matrix_data_o = wrong"),
]


@dataclass(frozen=True)
class Measured:
    token: int
    before: tree.Said  # all tokens before it, the simulation made on the way
    failing: tree.Said
    first_paste: tree.Said  # the tracing simulation made on the way
    paste: tree.Said
    failed: Printed
    repeated: Printed
    megabytes: float

    @property
    def ratio(self) -> float:
        return self.paste.seconds / self.failing.seconds

    @property
    def same(self) -> bool:
        return printed.same(self.failed, self.repeated)


def planted(token: int) -> str:
    """The slice whose matrix unit writes one wrong bit when `token` - 1 tokens have been made."""
    text = (ROOT / FILE).read_text()
    for old, new in [(ABOVE, DECLARED.format(before=token - 1) + ABOVE), *CHANGED]:
        assert text.count(old) == 1, f"{FILE} has no longer one {old!r}"
        text = text.replace(old, new)
    return text


def measure(token: int, shell: tree.Shell) -> Measured:
    place = tree.make("token")
    with place.planted({FILE: planted(token)}):
        before = shell.paste(failure.make("sim", TOKENS=token - 1), place.folder)
        failing = shell.paste(failure.make("sim", TOKENS=token + MORE), place.folder)
        failed = printed.read(failing.text)
        pasted = [shell.paste(failed.line or "false", place.folder) for _ in range(2)]
        repeated = printed.read(pasted[-1].text)
        size = repeated.waves.stat().st_size / 1e6 if repeated.waves and repeated.waves.exists() else 0.0
    return Measured(token, before, failing, *pasted, failed, repeated, size)
