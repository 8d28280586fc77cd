"""Our DRAM beside what public simulators say of the same part: `python -m tb.dram_reference`, a minute, Verilator.

Shares of the peak rate, refresh on, from the first address to the last answer, at a port of 16 bytes; with four and eight channels
at one of 32, where the peak is that of the port or that of the channels, whichever is slower.
"""

import json
from dataclasses import dataclass

from tb import dram_presets, runner

PORT_BYTES, WIDE_BYTES = 16, 32
BEATS = 300_000


@dataclass
class Row:
    """A stream: what it is, our share of peak, the public figure or its range as text."""

    what: str
    share: float
    reference: str
    bar: float | None = None


def _linear(memory: str, beats: int = BEATS, outstanding: int = 64) -> dict:
    reads = [(0, beat, 16, 0) for beat in range(0, beats, 16)]
    return {"memory": memory, "reads": reads, "writes": [], "outstanding": outstanding}


def _outstanding(memory: str, count: int) -> dict:
    """Reads of one column access each, `count` at a time."""
    size = _access(memory)
    reads = [(0, beat, size, 0) for beat in range(0, 80_000, size)]
    return {"memory": memory, "reads": reads, "writes": [], "outstanding": count}


def _access(memory: str) -> int:
    preset = dram_presets.PRESETS[memory]
    return preset.width * preset.burst // 8 // PORT_BYTES


def _visits(memory: str, bursts: int, changes: str = "") -> dict:
    """`bursts` column accesses of a row in each of the four groups, then the next bank's or row's."""
    row = dram_presets.PRESETS[memory].row_bytes * dram_presets.GROUPS // PORT_BYTES
    beats = bursts * dram_presets.GROUPS * _access(memory)
    reads = [(0, row * i + first, min(16, beats), 0) for i in range(40_000 // beats) for first in range(0, beats, 16)]
    return {"memory": f"{memory} {changes}", "reads": reads, "writes": [], "outstanding": 64}


def _third_written(memory: str) -> dict:
    """Two bursts read for one written, both linear, far apart."""
    count = 4000
    reads = [(0, 16 * i, 16, max(0, i // 2 - 8)) for i in range(2 * count)]
    writes = [(0, (1 << 20) + 16 * i, 16, max(0, 2 * i - 16)) for i in range(count)]
    return {"memory": memory, "reads": reads, "writes": writes, "outstanding": 48}


def _channels(name: str, memory: str, bar: float) -> tuple[Row, dict]:
    """A linear read by many channels, and at which clock of the port."""
    chosen = dram_presets.settings(memory, WIDE_BYTES)
    peak = "all" if not chosen.preset.clock else "port" if chosen.peak == 1 else "channels"
    what = f"{name} x {chosen.preset.channels}, {WIDE_BYTES} bytes x {float(chosen.clock):g} GHz, peak: {peak}"
    return Row(what, 0, "", bar), _linear(memory, outstanding=128)


def rows() -> list[Row]:
    plan = [
        (Row("DDR4-2400, linear read", 0, "95.0 %", 0.945), _linear("ddr4-2400")),
        (Row("DDR4-3200, linear read", 0, ""), _linear("ddr4-3200")),
        (Row("LPDDR5-6400, linear read", 0, "99.7 %", 0.99), _linear("lpddr5")),
        (Row("HBM3, linear read, refresh per bank", 0, "99.5 %", 0.99), _linear("hbm3")),
        (Row("HBM3, linear read, refresh of all banks", 0, ""), _linear("hbm3 refresh=all-bank")),
    ]
    for bursts, said in ((1, ""), (2, ""), (4, ">= 98 % from here on"), (8, "")):
        plan.append(
            (Row(f"HBM3, {bursts} bursts a row visit, no refresh", 0, said), _visits("hbm3", bursts, "refresh=off"))
        )
    for bursts in (4, 8):
        plan.append((Row(f"HBM3, {bursts} bursts a row visit, refresh per bank", 0, ""), _visits("hbm3", bursts)))
    for memory in ("hbm3", "lpddr5", "ddr4-2400"):
        plan.append((Row(f"{memory}, one third written", 0, "9 to 30 points less than linear"), _third_written(memory)))
    for count, said in ((1, "13 %"), (4, "54 %"), (8, "95 %")):
        plan.append((Row(f"DDR4-2400, {count} reads outstanding", 0, said), _outstanding("ddr4-2400", count)))
    wide = [
        _channels("HBM3", "hbm3 channels=4", 0.99),
        _channels("HBM3", "hbm3 channels=8", 0.99),
        _channels("HBM3", "hbm3 channels=8 clock=3.2", 0.99),
        _channels("HBM3", "hbm3 channels=4 clock=4.8", 0.99),
        _channels("LPDDR5-6400", "lpddr5 channels=4", 0.99),
        _channels("LPDDR5-6400", "lpddr5 channels=8", 0.99),
        _channels("DDR4-2400", "ddr4-2400 channels=4", 0.945),
    ]
    _play(plan, {"PortBytes": PORT_BYTES})
    _play(wide, {"PortBytes": WIDE_BYTES, "NumChannels": max(dram_presets.CHANNELS)})
    return [row for row, _ in plan + wide]


def _play(plan: list[tuple[Row, dict]], parameters: dict[str, int]) -> None:
    """Fill in the shares."""
    folder = runner.BUILD / "jobs" / "dram_reference"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "streams.json").write_text(json.dumps([stream for _, stream in plan]))
    runner.build_and_run(
        "dram_reference",
        "verilator",
        parameters | {"DramBeats": 1 << 16},
        environment={"SRN_JOB": str(folder)},
        package="tb.runs",
    )
    for (row, _), found in zip(plan, json.loads((folder / "shares.json").read_text()), strict=True):
        row.share = found["share"]


def main() -> int:
    short = False
    print(
        f"{'share of peak, ' + str(PORT_BYTES) + '-byte port if no other':48}{'ours':>8}  {'bar':>8}  public simulators"
    )
    for row in rows():
        bar = f"{100 * row.bar:.1f} %" if row.bar else ""
        short |= row.bar is not None and row.share < row.bar
        print(f"{row.what:48}{100 * row.share:6.1f} %  {bar:>8}  {row.reference}")
    return int(short)


if __name__ == "__main__":
    raise SystemExit(main())
