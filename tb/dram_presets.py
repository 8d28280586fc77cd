"""The DRAMs that tb/dram.sv can be: timings of JEDEC parts and what they come to in clocks of a memory port.

`settings("hbm3 tRFCpb=200 channels=2", port_bytes=32)` gives the text of the file that +dram= names. The text after the preset changes
single values: a number is in ns, `ck` behind it in clocks of the DRAM; `channels`, `refresh` (per-bank, all-bank, off) and the controller's
own numbers are as they stand in the table.

The port's clock is that at which one beat a clock is the peak rate of the channels in use, unless `clock=` gives another, in GHz: then
the slower of the two, port and channels, is the peak. Timings become clocks by rounding up, the refresh interval by rounding down, so
nothing is faster than the part.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from host.errors import SerranoError

GROUPS, BANKS = 4, 4  # of a channel: bank groups, banks of a group (tb/dram_channel.sv)
REFRESH = {"off": 0, "per-bank": 1, "all-bank": 2}
CHANNELS = (1, 2, 4, 8)  # of a port (tb/dram.sv)
BUILT = 2  # channels that every simulation has; more are built where they are asked for


@dataclass(frozen=True)
class Preset:
    """A channel. Timings are text, "16ck" or "15ns"; a column access is `burst` transfers of `width` bits."""

    name: str
    source: str
    rate: int  # MT/s
    ck: int  # transfers in a clock of the DRAM
    width: int  # bits
    burst: int
    row_bytes: int  # of a bank, across the channel
    tCL: str
    tCWL: str
    tRCD: str
    tRCDWR: str
    tRP: str
    tRAS: str
    tRC: str
    tRRDS: str
    tRRDL: str
    tFAW: str
    tCCDS: str
    tCCDL: str
    tRTP: str
    tWR: str
    tWTRS: str
    tWTRL: str
    tREFI: str
    tRFC: str
    tRTW: str = "2ck"  # gap on the data bus from reads to writes
    tPPD: str = "0ck"  # precharge to precharge
    tREFIpb: str = ""
    tRFCpb: str = ""
    tRREFD: str = "0ns"  # per-bank refresh to activate of another bank
    tREFREF: str = "0ns"  # per-bank refresh to that of another bank
    pairs: int = 0  # 1: a per-bank refresh is one of two banks, two groups apart
    shared: int = 0  # 1: row and column commands share their pins
    refresh: str = "per-bank"
    # the controller
    tCTL: str = "10ns"  # its own latency and the PHY's, both ways together
    postpone: int = 7  # refreshes owed from which on one is forced; JEDEC allows 8
    patience: str = "2000ns"  # age from which on an access goes before row hits in its bank
    high: int = 40  # writes waiting that start a drain of the write queue (of 64)
    low: int = 8  # and that end it
    idle: str = "20ns"  # without a read, that start one
    channels: int = 1
    clock: str = ""  # of the port, GHz; else that at which a beat a clock is the peak of the channels
    log: int = 0  # 1: list the commands for tb/dram_checker.py

    @property
    def transfer(self) -> Fraction:
        """ns of data of a column access."""
        return Fraction(self.burst * 1000, self.rate)

    @property
    def gigabytes(self) -> Fraction:
        """A second, at most, of a channel."""
        return Fraction(self.rate * self.width, 8 * 1000)


_RAMULATOR = "Ramulator 2 (CMU-SAFARI/ramulator2, commit 0aba1928), python/ramulator/dram/"

PRESETS = {
    preset.name: preset
    for preset in (
        # one pseudo-channel of an 8 Gb channel; tRFCpb 200 ns up to 8 Gb; tRREFD as JESD238 states it, max(3 tCK, 8 ns)
        Preset(
            name="hbm3",
            source=_RAMULATOR + "hbm3.py, HBM3_6400Mbps with HBM3_8Gb",
            rate=6400,
            ck=4,
            width=32,
            burst=8,
            row_bytes=1024,
            tCL="26ck",
            tCWL="8ck",
            tRCD="26ck",
            tRCDWR="14ck",
            tRP="26ck",
            tRAS="48ck",
            tRC="74ck",
            tRRDS="5ns",
            tRRDL="5ns",
            tFAW="15ns",
            tCCDS="2ck",
            tCCDL="4ck",
            tRTP="6ck",
            tWR="24ck",
            tWTRS="8ck",
            tWTRL="12ck",
            tPPD="2ck",
            tREFI="3900ns",
            tRFC="350ns",
            tREFIpb="243.75ns",
            tRFCpb="200ns",
            tRREFD="8ns",
            tREFREF="8ns",
        ),
        # x16, bank-group mode, BL16; a per-bank refresh takes a bank of two groups (JESD209-5), eight of them a tREFI
        Preset(
            name="lpddr5",
            source=_RAMULATOR
            + "lpddr5.py, LPDDR5_6400 with LPDDR5_8Gb_x16; tpbR2act, tpbR2pbr: src/dram/impl/LPDDR5.cpp, commit 0b89cad1",
            rate=6400,
            ck=8,
            width=16,
            burst=16,
            row_bytes=2048,
            tCL="17ck",
            tCWL="9ck",
            tRCD="15ck",
            tRCDWR="15ck",
            tRP="15ck",
            tRAS="34ck",
            tRC="49ck",
            tRRDS="5ns",
            tRRDL="5ns",
            tFAW="20ns",
            tCCDS="2ck",
            tCCDL="4ck",
            tRTP="8ck",
            tWR="28ck",
            tWTRS="5ck",
            tWTRL="10ck",
            tPPD="2ck",
            tREFI="3906ns",
            tRFC="210ns",
            tREFIpb="488ns",
            tRFCpb="120ns",
            tRREFD="8ns",
            tREFREF="90ns",
            pairs=1,
            shared=1,
        ),
        # a 64-bit channel of x8 parts; tRFC of 8 Gb as DRAMsim3 has it (420 tCK of 0.833 ns)
        Preset(
            name="ddr4-2400",
            source=_RAMULATOR
            + "ddr4.py, DDR4_2400R with DDR4_8Gb_x8; tRFC: DRAMsim3 configs/DDR4_8Gb_x8_2400.ini (MT40A1G8PM-083E)",
            rate=2400,
            ck=2,
            width=64,
            burst=8,
            row_bytes=8192,
            tCL="16ck",
            tCWL="12ck",
            tRCD="16ck",
            tRCDWR="16ck",
            tRP="16ck",
            tRAS="39ck",
            tRC="55ck",
            tRRDS="4ck",
            tRRDL="6ck",
            tFAW="26ck",
            tCCDS="4ck",
            tCCDL="6ck",
            tRTP="9ck",
            tWR="18ck",
            tWTRS="3ck",
            tWTRL="9ck",
            tREFI="7800ns",
            tRFC="350ns",
            shared=1,
            refresh="all-bank",
        ),
        Preset(
            name="ddr4-3200",
            source=_RAMULATOR + "ddr4.py, DDR4_3200AA with DDR4_8Gb_x8; tRFC: DRAMsim3 configs/DDR4_8Gb_x8_3200.ini",
            rate=3200,
            ck=2,
            width=64,
            burst=8,
            row_bytes=8192,
            tCL="22ck",
            tCWL="16ck",
            tRCD="22ck",
            tRCDWR="22ck",
            tRP="22ck",
            tRAS="52ck",
            tRC="74ck",
            tRRDS="4ck",
            tRRDL="8ck",
            tFAW="34ck",
            tCCDS="4ck",
            tCCDL="8ck",
            tRTP="12ck",
            tWR="24ck",
            tWTRS="4ck",
            tWTRL="12ck",
            tREFI="7800ns",
            tRFC="350ns",
            shared=1,
            refresh="all-bank",
        ),
    )
}
NAMES = ("ideal", *PRESETS)


@dataclass(frozen=True)
class Settings:
    """A memory at a port: the preset with its changes (None: ideal), the port's clock in GHz, and the file for +dram=.

    `peak`, in beats a clock, is what a share of peak is a share of: 1, the port's, or less, where that of the channels is.
    """

    preset: Preset | None
    port_bytes: int
    clock: Fraction | None
    text: str
    peak: Fraction = Fraction(1)

    @property
    def channels(self) -> int:
        """To be built."""
        return max(BUILT, self.preset.channels) if self.preset else BUILT

    def __str__(self) -> str:
        if self.preset is None:
            return "ideal"
        channels, port = float(self.preset.gigabytes), self.port_bytes * float(self.clock)
        text = f"{self.preset.name}, {self.preset.channels} x {channels:.1f} GB/s, refresh {self.preset.refresh}"
        if not self.preset.clock:
            return text
        limit = "port" if self.peak == 1 else "channels"
        return f"{text}; a port of {self.port_bytes} bytes at {float(self.clock):g} GHz, {port:.1f} GB/s; the peak is that of the {limit}"


def settings(memory: str, port_bytes: int) -> Settings:
    """`memory` as `make sim MEMORY=` takes it. Raises SerranoError."""
    name, *changes = memory.split() or [""]
    if name == "ideal" and not changes:
        return Settings(None, port_bytes, None, "timed 0\n")
    if name not in PRESETS:
        what = "the ideal memory has no timings to change" if name == "ideal" else f"there is no memory {name!r}"
        raise SerranoError(f"{what}; there are {', '.join(NAMES)}")
    preset = _change(PRESETS[name], changes)
    access = preset.width * preset.burst // 8
    if access % port_bytes:
        raise SerranoError(f"{name} moves {access} bytes an access, which do not fit beats of {port_bytes}")
    beats = access // port_bytes
    clock = Fraction(preset.clock or preset.gigabytes * preset.channels / port_bytes)
    busy = preset.transfer * clock
    if busy.denominator != 1:
        raise SerranoError(
            f"an access of {name} takes {float(preset.transfer):.4g} ns, which are {float(busy):.4g} clocks at {preset.clock} GHz "
            f"and must be a whole number of them: clock={float(1 / preset.transfer):.4g} or a multiple"
        )
    lines = {
        "timed": 1,
        "channels": preset.channels,
        "beats": beats,
        "columns": preset.row_bytes // access,
    }
    lines |= clocks(preset, clock, int(busy))
    lines["latency"] = max(1, lines["latency"] - (beats - 1))  # of the first beat: the last comes with the last data
    peak = min(Fraction(1), beats * preset.channels / busy)
    return Settings(preset, port_bytes, clock, "".join(f"{key} {value}\n" for key, value in lines.items()), peak)


def _change(preset: Preset, changes: list[str]) -> Preset:
    fields = {}
    for change in changes:
        key, _, value = change.partition("=")
        if key not in Preset.__dataclass_fields__ or key in ("name", "source") or not value:
            raise SerranoError(
                f"MEMORY={change!r} changes nothing of {preset.name}: write tRFCpb=200, refresh=off or channels=2"
            )
        try:
            if isinstance(getattr(preset, key), int):
                fields[key] = int(value)
            elif key == "clock":
                if Fraction(value) <= 0:
                    raise ValueError(value)
            elif key != "refresh":
                value = value if value.endswith(("ck", "ns")) else value + "ns"
                nanoseconds(value, Fraction(1))
        except (ValueError, ZeroDivisionError):
            unit = "above 0, in GHz" if key == "clock" else "in ns or with ck behind it"
            raise SerranoError(f"MEMORY={change!r}: {value} is not a number, {unit}") from None
        fields.setdefault(key, value)
    preset = replace(preset, **fields)
    if preset.refresh not in REFRESH:
        raise SerranoError(f"there is no refresh {preset.refresh!r}; there are {', '.join(REFRESH)}")
    if preset.refresh == "per-bank" and not preset.tRFCpb:
        raise SerranoError(f"{preset.name} has no per-bank refresh, only all-bank or off")
    if preset.channels not in CHANNELS:
        raise SerranoError(f"{preset.channels} channels, where a port has 1, 2, 4 or 8")
    if not 0 <= preset.low < preset.high <= 56:
        raise SerranoError(f"the write queue's marks are {preset.low} and {preset.high}: 0 <= low < high <= 56")
    return preset


def nanoseconds(value: str, tck: Fraction) -> Fraction:
    """Of a timing as the table has it, "16ck" or "15ns"; the clock's period in ns."""
    number = Fraction(value[:-2])
    if number < 0:
        raise ValueError(value)
    return number * tck if value.endswith("ck") else number


def period(preset: Preset) -> Fraction:
    """Of the DRAM's clock, ns."""
    return Fraction(preset.ck * 1000, preset.rate)


PLAIN = (
    "tRCD",
    "tRCDWR",
    "tRP",
    "tRAS",
    "tRC",
    "tRRDS",
    "tRRDL",
    "tFAW",
    "tCCDS",
    "tCCDL",
    "tRTP",
    "tPPD",
    "tRREFD",
    "tREFREF",
)


def clocks(preset: Preset, clock: Fraction, burst: int) -> dict[str, int]:
    """What tb/dram_channel.sv reads: port clocks of `clock` GHz from command to command; `burst`, those of a column access's data."""

    def up(*names: str, extra: Fraction = Fraction(0)) -> int:
        spans = [nanoseconds(getattr(preset, name), period(preset)) for name in names]
        return math.ceil((sum(spans) + extra) * clock)

    data = Fraction(burst) / clock
    lag = nanoseconds(preset.tCL, period(preset)) - nanoseconds(preset.tCWL, period(preset))
    found = {name: up(name) for name in PLAIN}
    found["tCCDS"] = max(found["tCCDS"], burst)
    found["latency"] = up("tCL", "tCTL", extra=data)
    found["tWRP"] = up("tCWL", "tWR", extra=data)
    found["tWTRS"] = up("tCWL", "tWTRS", extra=data)
    found["tWTRL"] = up("tCWL", "tWTRL", extra=data)
    found["tRTW"] = max(up("tRTW", extra=data + lag), burst)
    found["tCMD"] = math.ceil(period(preset) * clock)
    per_bank = preset.refresh == "per-bank"
    if preset.refresh != "off":
        interval = nanoseconds(preset.tREFIpb if per_bank else preset.tREFI, period(preset))
        found["tREFI"] = math.floor(interval * clock)
        found["tRFC"] = up("tRFCpb" if per_bank else "tRFC")
    found |= {name: getattr(preset, name) for name in ("postpone", "high", "low", "pairs", "log")}
    found["refresh"] = REFRESH[preset.refresh]
    found["shared"] = int(preset.shared and period(preset) * clock >= 1)
    found |= {"patience": up("patience"), "idle_wait": up("idle")}
    return found


def each_channel(path: Path) -> list[dict[str, int]]:
    """What a dump left, channel by channel. Nothing for the ideal memory."""
    if not path.exists():
        return []
    lines = [line.split()[2:] for line in path.read_text().splitlines()]
    return [{name: int(value) for name, value in zip(words[::2], words[1::2], strict=True)} for words in lines]


def statistics(path: Path) -> dict[str, int]:
    """The same, summed over channels (clocks: of one)."""
    total = {}
    for channel in each_channel(path):
        for name, value in channel.items():
            total[name] = value if name == "clocks" else total.get(name, 0) + value
    return total
