"""models/registers.py against rtl/control/srn_host_registers.sv and the chip: offsets, bits, the number of events."""

import re
from pathlib import Path

from models import registers

RTL = Path(__file__).resolve().parent.parent / "rtl"
TEXT = (RTL / "control" / "srn_host_registers.sv").read_text()


def offsets() -> dict[str, int]:
    return {name: int(value, 16) for name, value in re.findall(r"localparam logic \[11:0\] (\w+) = 12'h(\w+);", TEXT)}


def test_every_offset():
    found = {
        re.sub(r"(?<!^)(?=[A-Z])", "_", name.removesuffix("Reg")).upper(): value for name, value in offsets().items()
    }
    names = [n for n, v in vars(registers).items() if isinstance(v, int) and n.isupper()]
    bits = [n for n in names if n.startswith(("CONTROL_", "STATUS_")) or n.endswith("_VALUE")]
    assert found == {n: getattr(registers, n) for n in names if n not in [*bits, "NUM_ARGS", "INSTRUCTIONS", "EVENT"]}


def test_bits():
    bits = {name: int(value) for name, value in re.findall(r"localparam int (\w+) = (\d+);", TEXT)}
    assert registers.CONTROL_START == 1 << bits["ControlStart"]
    assert registers.CONTROL_CLEAR == 1 << bits["ControlClear"]
    assert registers.STATUS_REFUSED == 1 << bits["StatusRefused"]
    first = 1 << bits["FirstIrq"]
    assert registers.CONTROL_IRQ_DONE == registers.STATUS_IRQ_DONE == first
    assert registers.CONTROL_IRQ_HALT == registers.STATUS_IRQ_HALT == 2 * first
    assert registers.CONTROL_IRQ_PROGRESS == registers.STATUS_IRQ_PROGRESS == 4 * first
    assert "32'({pending_q, 4'b0, refused_q, halted_i, done_q, running_i})" in TEXT
    assert [registers.STATUS_RUNNING, registers.STATUS_DONE, registers.STATUS_HALTED] == [1, 2, 4]


def test_values():
    assert f"IdValue = 32'h{registers.ID_VALUE >> 16:04x}_{registers.ID_VALUE & 0xFFFF:04x};" in TEXT
    assert f"VersionValue = 32'd{registers.VERSION_VALUE};" in TEXT


def test_counters():
    """One after another in 64-bit steps, the chip's number of events, and none twice."""
    assert list(registers.COUNTERS.values()) == [registers.CYCLES + 8 * i for i in range(len(registers.COUNTERS))]
    assert len(set(registers.EVENTS)) == len(registers.EVENTS)
    for file in ("control/srn_host_registers.sv", "srn_chip.sv", "srn_slice.sv"):
        for number in re.findall(r"(?:parameter|localparam) int NumEvents\s*= (\d+)", (RTL / file).read_text()):
            assert int(number) == len(registers.EVENTS), file


def test_the_order_of_events():
    """The slice names its events from the last to the first."""
    text = (RTL / "srn_slice.sv").read_text()
    wires = re.search(r"assign events_o = \{([^}]*)\};", text)[1].split(",")
    assert len(wires) == len(registers.EVENTS)
    wire = dict(zip(registers.EVENTS, (" ".join(w.split()) for w in reversed(wires)), strict=True))
    assert wire["read_beat"] == "rvalid_i && rready_o" and wire["write_beat"] == "wvalid_o && wready_i"
    for name in ("dispatch_window", "dispatch_queue", "dispatch_drain"):
        assert wire[name] == name.replace("dispatch", "event")
    for name in ("matrix_busy", "vector_busy", "dma_busy"):
        assert wire[name] == name
