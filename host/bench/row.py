"""A row of `make bench`: a figure beside its bar, and what was measured to get it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from host import driver
from host.causes import causes
from host.estimate import estimate, memory_of
from host.workloads import Workload
from models.config import Config
from tb.dram_presets import settings
from tb.runner import BUILD

MEMORY = "hbm3"
FOLDER = BUILD / "bench"
trace = False  # write what each unit did in each workload (host/timeline.py); set by the command line


@dataclass
class Row:
    """One figure: `value` as text, and whether it reaches its bar (None: no bar, or not measured and `value` says why)."""

    what: str
    value: str
    bar: str
    reached: bool | None
    measured: list["Measured"] = field(default_factory=list)


@dataclass(frozen=True)
class Measured:
    """A workload on the RTL: cycles from doorbell to end, and shares of what an ideal machine would reach."""

    name: str
    config: str
    memory: str
    cycles: int
    bytes: float  # that had to be read
    memory_share: float
    matrix_share: float  # beats of weights, each by the share of Rows that it serves
    causes: dict[str, int]  # cycles by what they were spent on; they add up to `cycles`
    counters: dict[str, int]
    estimated: int | None = None  # cycles, by the performance model

    @property
    def error(self) -> float:
        """Of the estimate, as a share of the cycles."""
        return self.estimated / self.cycles - 1


def account(
    name: str,
    config: Config,
    memory: str,
    counters: dict[str, int],
    read: float,
    work: float,
    estimated: int | None = None,
) -> Measured:
    cycles = counters["cycles"]
    peak = float(settings(memory, config.port_bytes).peak)
    shares = read / config.port_bytes / cycles / peak, work / cycles
    return Measured(name, config.name, memory, cycles, read, *shares, causes(counters), counters, estimated)


def measure(name: str, make: Callable[[], Workload], memory: str = MEMORY) -> Measured:
    """Run the workload that `make()` gives, and estimate it."""
    workload = make()
    file = re.sub("[^0-9A-Za-z]+", "-", f"{name} {memory}")
    timeline = FOLDER / f"{file}.json" if trace else None
    outcome = driver.run(workload.job, "rtl", lockstep=False, memory=memory, trace=timeline)
    assert outcome.halt is None, f"{name} halted: {outcome.halt}"
    config = workload.job.config
    estimated = round(estimate(workload.job, memory=memory_of(memory, config.port_bytes)[0]).cycles)
    return account(name, config, memory, outcome.counters, workload.read, workload.work, estimated)


def share(value: float) -> str:
    return f"{100 * value:.1f} %"


def at_least(what: str, value: float, bar: float, *measured: Measured) -> Row:
    return Row(what, share(value), f">= {100 * bar:g} %", value >= bar, list(measured))


def times(what: str, value: float, bar: float, *measured: Measured) -> Row:
    return Row(what, f"{value:.2f} x", f">= {bar:g} x", value >= bar, list(measured))
