"""Whether a list of DRAM commands keeps every timing of its preset: independent of the controller, in nanoseconds from the table.

`check(path, settings)` reads what tb/dram_channel.sv lists (clock, command, bank, row) and raises Violation at the first command that
comes too early, in a wrong state of its bank, or after too few refreshes.
"""

import math
from collections import Counter
from fractions import Fraction
from pathlib import Path

from tb.dram_presets import BANKS, GROUPS, Settings, nanoseconds, period

POSTPONED = 8  # refreshes that JEDEC lets be owed
NUM_BANKS = GROUPS * BANKS
NEVER = -(10**9)


class Violation(AssertionError):
    """A command that the DRAM would not have taken."""


class _Checker:
    def __init__(self, settings: Settings):
        self.preset, self.clock = settings.preset, settings.clock
        self.transfer = self.preset.transfer
        self.last = {}  # (command, bank) -> clock; "ACT", "group 2" and such too
        self.row = [None] * NUM_BANKS
        self.acts = [NEVER] * 4
        self.round = set()
        self.refreshes = 0
        self.taken = (NEVER, set())
        self.counts = Counter()

    def ns(self, name: str) -> Fraction:
        return nanoseconds(getattr(self.preset, name), period(self.preset))

    def apart(self, now: int, what: str, since: int, need: Fraction) -> None:
        if Fraction(now - since) / self.clock < need:
            raise Violation(
                f"clock {now}: {what} after {now - since} clocks, {float((now - since) / self.clock):.2f} ns, where {float(need):.2f} are needed"
            )

    def since(self, *key) -> int:
        return self.last.get(key, NEVER)

    def command(self, now: int, kind: str, bank: int, row: int) -> None:
        column = kind in ("RD", "WR")
        if now != self.taken[0]:
            self.taken = (now, set())
        if column in self.taken[1] or (self.preset.shared and self.clock * period(self.preset) >= 1 and self.taken[1]):
            raise Violation(f"clock {now}: {kind} in a clock whose command is given")
        self.taken[1].add(column)
        getattr(self, kind.lower())(now, bank, row)
        self.last[kind, bank] = self.last[kind, "group", bank % GROUPS] = self.last[kind,] = now
        self.counts[kind] += 1

    def act(self, now, bank, row):
        if self.row[bank] is not None:
            raise Violation(f"clock {now}: ACT of bank {bank}, which is open")
        self.apart(now, "ACT, tRC", self.since("ACT", bank), self.ns("tRC"))
        self.apart(now, "ACT, tRP", self.since("PRE", bank), self.ns("tRP"))
        self.apart(now, "ACT, tRRD_S", self.since("ACT"), self.ns("tRRDS"))
        self.apart(now, "ACT, tRRD_L", self.since("ACT", "group", bank % GROUPS), self.ns("tRRDL"))
        self.apart(now, "ACT, tFAW", self.acts[0], self.ns("tFAW"))
        self.apart(now, "ACT, tRFC", self.since("REFAB"), self.ns("tRFC"))
        if self.preset.tRFCpb:
            self.apart(now, "ACT, tRFCpb", self.since("REFPB", "of", bank), self.ns("tRFCpb"))
            self.apart(now, "ACT, tRREFD", self.since("REFPB"), self.ns("tRREFD"))
        self.acts = [*self.acts[1:], now]
        self.row[bank] = row

    def _column(self, now, bank, row, kind, other, rcd):
        if self.row[bank] != row:
            raise Violation(f"clock {now}: {kind} of row {row} in bank {bank}, where {self.row[bank]} is open")
        self.apart(now, f"{kind}, tRCD", self.since("ACT", bank), self.ns(rcd))
        self.apart(now, f"{kind}, tCCD_S", self.since(kind), max(self.ns("tCCDS"), self.transfer))
        self.apart(now, f"{kind}, tCCD_L", self.since(kind, "group", bank % GROUPS), self.ns("tCCDL"))

    def rd(self, now, bank, row):
        self._column(now, bank, row, "RD", "WR", "tRCD")
        written = self.ns("tCWL") + self.transfer
        self.apart(now, "RD, tWTR_S", self.since("WR"), written + self.ns("tWTRS"))
        self.apart(now, "RD, tWTR_L", self.since("WR", "group", bank % GROUPS), written + self.ns("tWTRL"))

    def wr(self, now, bank, row):
        self._column(now, bank, row, "WR", "RD", "tRCDWR")
        self.apart(
            now, "WR, turn-around", self.since("RD"), self.ns("tCL") + self.transfer + self.ns("tRTW") - self.ns("tCWL")
        )

    def _may_close(self, now, bank):
        self.apart(now, "PRE, tRAS", self.since("ACT", bank), self.ns("tRAS"))
        self.apart(now, "PRE, tRTP", self.since("RD", bank), self.ns("tRTP"))
        self.apart(now, "PRE, tWR", self.since("WR", bank), self.ns("tCWL") + self.transfer + self.ns("tWR"))
        self.row[bank] = None
        self.last["PRE", bank] = now

    def pre(self, now, bank, row):
        if self.row[bank] is None:
            raise Violation(f"clock {now}: PRE of bank {bank}, which is closed")
        self.apart(now, "PRE, tPPD", self.since("PRE"), self.ns("tPPD"))
        self._may_close(now, bank)

    def preab(self, now, bank, row):
        for each in range(NUM_BANKS):
            if self.row[each] is not None:
                self._may_close(now, each)

    def _refresh(self, now, banks):
        for bank in banks:
            if self.row[bank] is not None:
                raise Violation(f"clock {now}: refresh of bank {bank}, which is open")
            self.apart(now, "REF, tRP", self.since("PRE", bank), self.ns("tRP"))
            self.apart(now, "REF, tRC", self.since("ACT", bank), self.ns("tRC"))
        self.refreshes += 1

    def refab(self, now, bank, row):
        self.apart(now, "REF, tRFC", self.since("REFAB"), self.ns("tRFC"))
        self._refresh(now, range(NUM_BANKS))

    def refpb(self, now, bank, row):
        banks = {bank, bank ^ GROUPS // 2} if self.preset.pairs else {bank}
        self._refresh(now, banks)
        self.apart(now, "REF, tRRD_S", self.since("ACT"), self.ns("tRRDS"))
        self.apart(now, "REF, tREFREF", self.since("REFPB"), self.ns("tREFREF"))
        if self.round & banks:
            raise Violation(f"clock {now}: bank {bank} is refreshed again before every bank has been")
        self.round |= banks
        if len(self.round) == NUM_BANKS:
            self.round = set()
        for each in banks:
            self.apart(now, "REF, tRFCpb", self.since("REFPB", "of", each), self.ns("tRFCpb"))
            self.last["REFPB", "of", each] = now

    def owed(self, now: int) -> int:
        """Refreshes due by now and not given."""
        if self.preset.refresh == "off":
            return 0
        interval = self.ns("tREFIpb" if self.preset.refresh == "per-bank" else "tREFI")
        return math.floor(now / self.clock / interval) - self.refreshes


def check(path: Path, settings: Settings) -> Counter:
    """How many commands of each kind the list has. Raises Violation."""
    checker = _Checker(settings)
    for line in path.read_text().splitlines():
        now, kind, bank, row = line.split()
        if checker.owed(int(now)) > POSTPONED:
            raise Violation(f"clock {now}: {checker.owed(int(now))} refreshes are owed")
        checker.command(int(now), kind, int(bank), int(row))
    if checker.refreshes and checker.owed(int(now)) < -POSTPONED:
        raise Violation(f"clock {now}: {-checker.owed(int(now))} refreshes too many")
    return checker.counts
